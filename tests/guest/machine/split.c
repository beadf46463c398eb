// SPDX-License-Identifier: GPL-2.0
/*
 * Stores across two pages, each of them new to the host: it faults in the host's page
 * tables twice, with the dirty bit of the first page set before the second fault.
 */
#include "bare.h"

#define PAGE_BYTES 4096u
#define TABLES 0x800000u /* 1 MiB of page tables, for 1 GiB */
#define FIRST 0x1000000u
#define LAST 0x1f000000u
#define DIRTY 0x60u

static uint32_t directory[1024] __attribute__((aligned(4096)));

static void make_pages(void)
{
	volatile uint32_t *entry = (volatile uint32_t *)TABLES;
	uint32_t i;

	for (i = 0; i < 1024; i++)
		directory[i] = i << 22 | 0x83; /* 4 MiB, present, writable */
	for (i = 0; i < 256; i++)
		directory[i] = (TABLES + i * PAGE_BYTES) | 3;
	for (i = 0; i < 256 * 1024; i++)
		entry[i] = i * PAGE_BYTES | 3;
	start_paging(directory);
}

static void scenario(void)
{
	volatile uint32_t *entry = (volatile uint32_t *)TABLES;
	uint32_t at;

	make_pages();
	print("split: ready\n");
	for (;;) {
		for (at = FIRST; at < LAST; at += 2 * PAGE_BYTES)
			*(volatile uint32_t *)(at + PAGE_BYTES - 2) = at;
		for (at = FIRST; at < LAST; at += PAGE_BYTES)
			entry[at / PAGE_BYTES] &= ~DIRTY;
	}
}
