/*
 * Which pages of guest memory exist.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/page-map.h"
#include <fcntl.h>
#include <unistd.h>
#include "common/logfmt/rrlog.h"

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_SWAPPED (1ull << 62)
#define PAGEMAP_EXISTS (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)

void rr_page_map_use(struct rr_page_map *map, int fd, uint64_t host_page)
{
    *map = (struct rr_page_map) { .fd = fd, .host_page = host_page };
}

void rr_page_map_open(struct rr_page_map *map, const void *host)
{
    int fd = -1;

    if (host) {
        fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    }
    rr_page_map_use(map, fd, (uintptr_t)host / RRLOG_PAGE_BYTES);
}

void rr_page_map_close(struct rr_page_map *map)
{
    if (map->fd >= 0) {
        close(map->fd);
    }
}

/* Read the entries of @page and of those that follow. */
static bool read_entries(struct rr_page_map *map, uint64_t page)
{
    ssize_t got = pread(map->fd, map->entries, sizeof(map->entries),
                        (map->host_page + page) * sizeof(uint64_t));
    uint64_t any = 0;

    if (got < (ssize_t)sizeof(uint64_t)) {
        return false;
    }
    map->first = page;
    map->count = got / sizeof(uint64_t);
    for (uint64_t i = 0; i < map->count; i++) {
        any |= map->entries[i];
    }
    map->none_exists = !(any & PAGEMAP_EXISTS);
    return true;
}

static bool has_entry(const struct rr_page_map *map, uint64_t page)
{
    return page >= map->first && page < map->first + map->count;
}

bool rr_page_exists(struct rr_page_map *map, uint64_t page)
{
    if (map->fd < 0) {
        return true;
    }
    if (!has_entry(map, page) && !read_entries(map, page)) {
        return true;
    }
    return map->entries[page - map->first] & PAGEMAP_EXISTS;
}

uint64_t rr_page_next(struct rr_page_map *map, uint64_t page, uint64_t end)
{
    while (page < end && !rr_page_exists(map, page)) {
        page = map->none_exists ? map->first + map->count : page + 1;
    }
    return page < end ? page : end;
}
