/*
 * Which pages of guest memory exist.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "page-map.h"
#include "exec/cpu-common.h"
#include "rr/logfmt/rrlog.h"

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

bool rr_page_exists(RRPageMap *map, uint64_t page)
{
    if (map->fd < 0) {
        return true;
    }
    if (page < map->first || page >= map->first + map->count) {
        uintptr_t host = (uintptr_t)map->block->host / RRLOG_PAGE_BYTES + page;
        ssize_t got = pread(map->fd, map->entries, sizeof(map->entries),
                            host * sizeof(uint64_t));

        if (got < (ssize_t)sizeof(uint64_t)) {
            return true;
        }
        map->first = page;
        map->count = got / sizeof(uint64_t);
    }
    return map->entries[page - map->first] &
           (PAGEMAP_PRESENT | PAGEMAP_SWAPPED);
}
