// SPDX-License-Identifier: GPL-2.0
/*
 * A program that swaps: hot pages, which it reads again and again, beside cold
 * ones that do not fit into memory.  The kernel chooses by accessed bits what
 * it swaps out, and clears them without a TLB flush.
 *
 *   hot COLD-MIB ROUNDS
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096u
#define HOT_PAGES 200

static volatile uint32_t *get_pages(size_t count)
{
	void *p = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int main(int argc, char **argv)
{
	size_t cold_pages = (argc > 1 ? atoi(argv[1]) : 72) * 256, i;
	int rounds = argc > 2 ? atoi(argv[2]) : 1500;
	volatile uint32_t *hot = get_pages(HOT_PAGES);
	volatile uint32_t *cold = get_pages(cold_pages);
	uint32_t random = 1, sum = 0;

	if (!hot || !cold)
		return 1;
	for (i = 0; i < HOT_PAGES; i++)
		hot[i * PAGE / 4] = i;
	for (i = 0; i < cold_pages; i++)
		cold[i * PAGE / 4] = i * 2654435761u;
	while (rounds-- > 0) {
		random = random * 69069 + 1;
		sum += cold[(random >> 8) % cold_pages * (PAGE / 4)];
		for (i = 0; i < HOT_PAGES; i++)
			sum += hot[i * PAGE / 4];
	}
	printf("hot: sum %08x\n", sum);
	return 0;
}
