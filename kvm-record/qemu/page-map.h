/*
 * Which pages of guest memory exist.
 *
 * Guest RAM is anonymous memory, and a page that nobody has touched is zero.
 * Reading such a page would make it exist, as a small page: the guest would
 * take a nested page fault for each, and the host's huge pages would be lost
 * for good.
 *
 * Plain C without QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_PAGE_MAP_H
#define RR_PAGE_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct rr_page_map {
    /*
     * The kernel's Documentation/admin-guide/mm/pagemap.rst; -1: nothing is
     * known, so every page may exist.
     */
    int fd;
    uint64_t host_page; /* the number of page 0 in the process */
    uint64_t entries[512]; /* those of the pages from first on */
    uint64_t first, count;
    bool none_exists; /* none of the pages first .. first + count - 1 does */
};

/**
 * The pages of anonymous memory at @host in this process, whose pages have
 * RRLOG_PAGE_BYTES; NULL: nothing is known about them.  Pages are numbered from
 * 0.
 */
void rr_page_map_open(struct rr_page_map *map, const void *host);

/** The same, from the open file @fd in place of the process's pagemap. */
void rr_page_map_use(struct rr_page_map *map, int fd, uint64_t host_page);

/** Closes the file. */
void rr_page_map_close(struct rr_page_map *map);

/** False if page number @page does not exist; true if it does, or may. */
bool rr_page_exists(struct rr_page_map *map, uint64_t page);

/** The first of pages @page .. @end - 1 that exists, or may; @end if none. */
uint64_t rr_page_next(struct rr_page_map *map, uint64_t page, uint64_t end);

#endif
