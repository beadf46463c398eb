/*
 * Which pages of guest memory exist.
 *
 * Guest RAM is anonymous memory, and what nobody has touched is zero.  To read it
 * would make it exist, as a small page: the guest would take a nested page fault
 * for each, and host huge pages would be lost for good.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_PAGE_MAP_H
#define RR_PAGE_MAP_H

#include "qemu/osdep.h"
#include "exec/ramblock.h"

typedef struct RRPageMap {
    const RAMBlock *block;
    int fd; /* of the kernel's Documentation/admin-guide/mm/pagemap.rst */
    uint64_t entries[512];
    uint64_t first, count; /* the pages of @entries */
    bool none;             /* of these exists */
} RRPageMap;

void rr_page_map_open(RRPageMap *map, const RAMBlock *block);
void rr_page_map_close(RRPageMap *map);

/* True if page number @page of the block exists, or may. */
bool rr_page_exists(RRPageMap *map, uint64_t page);

/* The first page from @page on of which this is true; @end if none is before. */
uint64_t rr_page_next(RRPageMap *map, uint64_t page, uint64_t end);

#endif
