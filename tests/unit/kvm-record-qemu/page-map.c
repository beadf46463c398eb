/*
 * Which pages exist: a file with made-up entries instead of the kernel's
 * pagemap, and real memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links: kvm-record/qemu/page-map.c */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm-record/qemu/page-map.h"

#include "tests/tap.h"

#define PRESENT (1ull << 63)
#define SWAPPED (1ull << 62)
#define PAGE_BYTES 4096
/* More than the map reads at a time, and not a multiple of it. */
#define PAGES 1700
#define HOST_PAGE 77

/* A file with @entries where the kernel's has those of the pages. */
static int entries_file(const uint64_t *entries, uint64_t count)
{
	char name[] = "/tmp/page-map-XXXXXX";
	int fd = mkstemp(name);
	size_t bytes = count * sizeof(*entries);

	if (fd < 0 || unlink(name))
		ksft_bail_out("no temporary file");
	if (pwrite(fd, entries, bytes, HOST_PAGE * sizeof(*entries)) !=
	    (ssize_t)bytes)
		ksft_bail_out("cannot write the entries");
	return fd;
}

static unsigned int wrong_pages(struct rr_page_map *map,
				const uint64_t *entries)
{
	unsigned int wrong = 0;
	uint64_t i;

	for (i = 0; i < PAGES; i++)
		wrong += rr_page_exists(map, i) !=
			 !!(entries[i] & (PRESENT | SWAPPED));
	return wrong;
}

/* rr_page_next() from each page on, compared with a plain search. */
static unsigned int wrong_next(struct rr_page_map *map, const uint64_t *entries,
			       uint64_t end)
{
	unsigned int wrong = 0;
	uint64_t i, next = end;

	for (i = end; i-- > 0;) {
		if (entries[i] & (PRESENT | SWAPPED))
			next = i;
		wrong += rr_page_next(map, i, end) != next;
	}
	return wrong;
}

static void test_entries(const char *what, const uint64_t *entries)
{
	struct rr_page_map map;

	rr_page_map_use(&map, entries_file(entries, PAGES), HOST_PAGE);
	ksft_ok(!wrong_pages(&map, entries), "%s: each page", what);
	ksft_ok(!wrong_next(&map, entries, PAGES) &&
			!wrong_next(&map, entries, 600),
		"%s: the next page from each on", what);
	rr_page_map_close(&map);
}

static void test_patterns(void)
{
	uint64_t entries[PAGES] = { 0 };
	uint64_t i;

	test_entries("none exists", entries);
	entries[0] = PRESENT;
	entries[511] = SWAPPED;
	entries[512] = PRESENT | 12345;
	entries[PAGES - 1] = SWAPPED | PRESENT;
	test_entries("the edges exist", entries);
	for (i = 0; i < PAGES; i++)
		entries[i] = i % 7 == 3 ? PRESENT : 12345;
	test_entries("each seventh exists", entries);
}

static void test_unknown(void)
{
	uint64_t entries[3] = { 0 };
	struct rr_page_map map;
	char page;

	rr_page_map_open(&map, NULL);
	ksft_ok(rr_page_exists(&map, 0) && rr_page_next(&map, 5, 9) == 5,
		"unknown memory: every page may exist");
	rr_page_map_close(&map);
	rr_page_map_use(&map, entries_file(entries, 3), HOST_PAGE);
	ksft_ok(!rr_page_exists(&map, 2) && rr_page_exists(&map, 3) &&
			rr_page_next(&map, 0, 10) == 3,
		"a page without an entry may exist");
	rr_page_map_close(&map);
	rr_page_map_open(&map, &page);
	ksft_ok(rr_page_next(&map, 9, 9) == 9 && rr_page_next(&map, 9, 3) == 3,
		"an empty range");
	rr_page_map_close(&map);
}

static void test_real_memory(void)
{
	size_t pages = 1000, touched = 123;
	char *memory = mmap(NULL, pages * PAGE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rr_page_map map;

	if (memory == MAP_FAILED || sysconf(_SC_PAGESIZE) != PAGE_BYTES)
		ksft_bail_out("no memory in pages of 4 KiB");
	madvise(memory, pages * PAGE_BYTES, MADV_NOHUGEPAGE);
	memory[touched * PAGE_BYTES] = 1;
	rr_page_map_open(&map, memory);
	ksft_ok(map.fd >= 0 && rr_page_next(&map, 0, pages) == touched &&
			rr_page_next(&map, touched + 1, pages) == pages,
		"the page of this process that was written");
	rr_page_map_close(&map);
	munmap(memory, pages * PAGE_BYTES);
}

int main(void)
{
	ksft_plan(10);
	test_patterns();
	test_unknown();
	test_real_memory();
	return ksft_end();
}
