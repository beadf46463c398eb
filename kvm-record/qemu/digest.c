/*
 * Digests of guest RAM at the end of a recording.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "common/logfmt/base/hash.h"
#include "kvm-record/qemu/page-map.h"

#define REGION_PAGES (RRLOG_REGION_BYTES / RRLOG_PAGE_BYTES)

/* XXH3-64 of @count pages from @first on; one that does not exist is zero. */
static uint64_t digest_region(struct rr_page_map *map, const uint8_t *host,
                              uint64_t first, uint64_t count,
                              XXH3_state_t *state)
{
    static const uint8_t zeros[RRLOG_PAGE_BYTES];

    XXH3_64bits_reset(state);
    for (uint64_t i = first; i < first + count; i++) {
        const uint8_t *page = rr_page_exists(map, i)
                              ? host + i * RRLOG_PAGE_BYTES : zeros;

        XXH3_64bits_update(state, page, RRLOG_PAGE_BYTES);
    }
    return XXH3_64bits_digest(state);
}

static void digest_block(const struct rr_block *block, uint64_t *digest)
{
    const uint8_t *host = block->ram->host;
    uint64_t pages = block->ram->used_length / RRLOG_PAGE_BYTES;
    XXH3_state_t *state = XXH3_createState();
    uint64_t empty = 0; /* the digest of a whole region that does not exist */
    struct rr_page_map map;

    rr_page_map_open(&map, block->has_page_map ? host : NULL);
    for (uint64_t first = 0; first < pages; first += REGION_PAGES) {
        uint64_t count = MIN(REGION_PAGES, pages - first);
        uint64_t end = first + count;
        bool is_empty = count == REGION_PAGES &&
                        rr_page_next(&map, first, end) == end;

        *digest = is_empty && empty ? empty
                  : digest_region(&map, host, first, count, state);
        if (is_empty) {
            empty = *digest;
        }
        digest++;
    }
    rr_page_map_close(&map);
    XXH3_freeState(state);
}

/* The digests of all regions, *@count of them; g_free() it. */
static uint64_t *get_digests(const struct rr_block *block, uint64_t *count)
{
    uint64_t *digests;

    *count = DIV_ROUND_UP(block->ram->used_length, RRLOG_REGION_BYTES);
    digests = g_new(uint64_t, *count);
    digest_block(block, digests);
    return digests;
}

void rr_keep_digests(struct rr_block *block)
{
    g_free(block->digests);
    block->digests = get_digests(block, &block->digest_count);
}

static bool log_digests(struct rr_vcpu *v, uint32_t id, const uint64_t *digests,
                        uint64_t count)
{
    struct rrlog_record rec = {
        .type = RRLOG_RAM_DIGEST,
        .ram_digest = { .block = id, .first = 0 },
        .data = digests,
        .data_bytes = count * sizeof(*digests),
    };

    return rr_log_here(v, &rec);
}

static bool log_block(struct rr_vcpu *v, uint32_t id)
{
    const struct rr_block *block = &v->recorder->blocks[id];
    g_autofree uint64_t *digests = NULL;
    uint64_t count;

    if (!block->ram) {
        return log_digests(v, id, block->digests, block->digest_count);
    }
    digests = get_digests(block, &count);
    return log_digests(v, id, digests, count);
}

bool rr_log_digests(struct rr_vcpu *v)
{
    for (uint32_t i = 0; i < v->recorder->block_count; i++) {
        if (!log_block(v, i)) {
            return false;
        }
    }
    return true;
}
