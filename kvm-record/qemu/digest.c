/*
 * Digests of guest RAM at the end of a recording.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "common/logfmt/base/hash.h"
#include "kvm-record/qemu/page-map.h"

/* XXH3-64 of @count pages from @first on; what does not exist is zero. */
static uint64_t digest_region(RRPageMap *map, uint64_t first, uint64_t count,
                              XXH3_state_t *state)
{
    static const uint8_t zeros[RRLOG_PAGE_BYTES];
    const uint8_t *host = map->block->host;

    XXH3_64bits_reset(state);
    for (uint64_t i = first; i < first + count; i++) {
        const uint8_t *page = rr_page_exists(map, i)
                              ? host + i * RRLOG_PAGE_BYTES : zeros;

        XXH3_64bits_update(state, page, RRLOG_PAGE_BYTES);
    }
    return XXH3_64bits_digest(state);
}

static void append_digests(uint32_t id)
{
    const uint64_t region_pages = RRLOG_REGION_BYTES / RRLOG_PAGE_BYTES;
    const RAMBlock *block = rr_recorder.blocks[id];
    uint64_t pages = block->used_length / RRLOG_PAGE_BYTES;
    uint64_t regions = DIV_ROUND_UP(pages, region_pages);
    g_autofree uint64_t *digest = g_new(uint64_t, regions);
    struct rrlog_record rec = {
        .type = RRLOG_RAM_DIGEST,
        .ram_digest = { .block = id, .first = 0 },
        .data = digest,
        .data_bytes = regions * sizeof(*digest),
    };
    XXH3_state_t *state = XXH3_createState();
    uint64_t zeros = 0; /* the digest of a whole region that does not exist */
    RRPageMap map;

    rr_page_map_open(&map, block);
    for (uint64_t i = 0; i < regions; i++) {
        uint64_t first = i * region_pages;
        uint64_t count = MIN(region_pages, pages - first);
        bool nothing = count == region_pages &&
                       rr_page_next(&map, first, first + count) == first + count;

        digest[i] = nothing && zeros ? zeros
                    : digest_region(&map, first, count, state);
        if (nothing) {
            zeros = digest[i];
        }
    }
    rr_page_map_close(&map);
    XXH3_freeState(state);
    rr_record_append(&rec);
}

void rr_record_memory_digests(void)
{
    for (uint32_t i = 0; i < rr_recorder.block_count; i++) {
        append_digests(i);
    }
}
