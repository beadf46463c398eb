/*
 * Which pages of guest memory exist.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/page-map.h"
#include "exec/cpu-common.h"
#include "common/logfmt/rrlog.h"

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_SWAPPED (1ull << 62)

static bool is_anonymous(const RAMBlock *block)
{
    return !qemu_ram_is_shared((RAMBlock *)block) && block->fd < 0;
}

void rr_page_map_open(RRPageMap *map, const RAMBlock *block)
{
    *map = (RRPageMap) { .block = block, .fd = -1 };
    if (is_anonymous(block) &&
        qemu_real_host_page_size() == RRLOG_PAGE_BYTES) {
        map->fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    }
}

void rr_page_map_close(RRPageMap *map)
{
    if (map->fd >= 0) {
        close(map->fd);
    }
}

/* Read the entries from that of @page on. */
static bool read_entries(RRPageMap *map, uint64_t page)
{
    uintptr_t host = (uintptr_t)map->block->host / RRLOG_PAGE_BYTES + page;
    ssize_t got = pread(map->fd, map->entries, sizeof(map->entries),
                        host * sizeof(uint64_t));
    uint64_t any = 0;

    if (got < (ssize_t)sizeof(uint64_t)) {
        return false;
    }
    map->first = page;
    map->count = got / sizeof(uint64_t);
    for (uint64_t i = 0; i < map->count; i++) {
        any |= map->entries[i];
    }
    map->none = !(any & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED));
    return true;
}

static bool has_entry(RRPageMap *map, uint64_t page)
{
    return page >= map->first && page < map->first + map->count;
}

bool rr_page_exists(RRPageMap *map, uint64_t page)
{
    if (map->fd < 0) {
        return true;
    }
    if (!has_entry(map, page) && !read_entries(map, page)) {
        return true;
    }
    return map->entries[page - map->first] &
           (PAGEMAP_PRESENT | PAGEMAP_SWAPPED);
}

uint64_t rr_page_next(RRPageMap *map, uint64_t page, uint64_t end)
{
    while (page < end && !rr_page_exists(map, page)) {
        page = map->none ? map->first + map->count : page + 1;
    }
    return MIN(page, end);
}
