// SPDX-License-Identifier: GPL-2.0
/*
 * A program that reads accessed bits: it has Linux clear those of its pages,
 * which Linux does without a TLB flush, touches the pages, and prints how much
 * Linux finds referenced.  That depends on what the TLB holds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 200
#define PAGE 4096
#define ROUNDS 10

static volatile char *pages;

static void touch(void)
{
	int i;

	for (i = 0; i < PAGES; i++)
		pages[i * PAGE]++;
}

static int clear_refs(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);
	int ok = fd >= 0 && write(fd, "1", 1) == 1;

	close(fd);
	return ok;
}

static long referenced_kib(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	long kib = -1;

	while (f && kib < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "Referenced: %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;

	pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pages == MAP_FAILED)
		return 1;
	while (rounds-- > 0) {
		touch();
		if (!clear_refs())
			return 1;
		touch();
		printf("refs: referenced %ld kB\n", referenced_kib());
	}
	return 0;
}
