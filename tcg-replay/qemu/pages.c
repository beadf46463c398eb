/*
 * Versions of pages of guest RAM.  QEMU's dirty bits tell which were written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg-replay/qemu/pages.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "qemu/cutils.h"

#define PAGE_BYTES RRLOG_PAGE_BYTES
#define ENTRY_BYTES 64 /* of a hash table, about */
#define BLOCK_SHIFT 40 /* a key: the block, then the page in it */

static gpointer make_key(uint32_t block, uint64_t page)
{
    return (gpointer)(uintptr_t)((uint64_t)block << BLOCK_SHIFT | page);
}

/* g_direct_hash() drops the block. */
static guint hash(gconstpointer key)
{
    uint64_t k = (uintptr_t)key;

    return (k * 0x9e3779b97f4a7c15ull) >> 32;
}

GHashTable *rr_pages_new(void)
{
    return g_hash_table_new_full(hash, g_direct_equal, NULL, g_free);
}

uint64_t rr_pages_bytes(const GHashTable *pages)
{
    return (uint64_t)g_hash_table_size((GHashTable *)pages) *
           (PAGE_BYTES + ENTRY_BYTES);
}

static uint64_t block_pages(const struct rr_replay *r, uint32_t block)
{
    return memory_region_size(&r->host.blocks[block]) / PAGE_BYTES;
}

static uint8_t *page_bytes(const struct rr_replay *r, uint32_t block,
                           uint64_t page)
{
    return (uint8_t *)memory_region_get_ram_ptr(&r->host.blocks[block]) +
           page * PAGE_BYTES;
}

static ram_addr_t page_address(const struct rr_replay *r, uint32_t block,
                               uint64_t page)
{
    return memory_region_get_ram_addr(&r->host.blocks[block]) +
           page * PAGE_BYTES;
}

/* TCG notes the next write to each page. */
static void forget_writes(struct rr_replay *r)
{
    for (uint32_t i = 0; i < r->host.block_count; i++) {
        cpu_physical_memory_test_and_clear_dirty(
            page_address(r, i, 0), memory_region_size(&r->host.blocks[i]),
            DIRTY_MEMORY_MIGRATION);
    }
}

void rr_pages_note_write(uint64_t address, uint64_t bytes)
{
    cpu_physical_memory_set_dirty_range(address, bytes, DIRTY_CLIENTS_NOCODE);
}

static void add(struct rr_replay *r, GHashTable *pages, uint32_t block,
                uint64_t page)
{
    g_hash_table_insert(pages, make_key(block, page),
                        g_memdup2(page_bytes(r, block, page), PAGE_BYTES));
}

void rr_pages_add_all(struct rr_replay *r, GHashTable *pages)
{
    for (uint32_t i = 0; i < r->host.block_count; i++) {
        for (uint64_t k = 0; k < block_pages(r, i); k++) {
            if (!buffer_is_zero(page_bytes(r, i, k), PAGE_BYTES)) {
                add(r, pages, i, k);
            }
        }
    }
    forget_writes(r);
}

static bool is_written(struct rr_replay *r, uint32_t block, uint64_t page)
{
    return cpu_physical_memory_get_dirty_flag(page_address(r, block, page),
                                              DIRTY_MEMORY_MIGRATION);
}

void rr_pages_add_written(struct rr_replay *r, GHashTable *pages)
{
    for (uint32_t i = 0; i < r->host.block_count; i++) {
        for (uint64_t k = 0; k < block_pages(r, i); k++) {
            if (is_written(r, i, k)) {
                add(r, pages, i, k);
            }
        }
    }
    forget_writes(r);
}

void rr_pages_merge(GHashTable *newer, GHashTable *older)
{
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, older);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (!g_hash_table_contains(newer, key)) {
            g_hash_table_iter_steal(&iter);
            g_hash_table_insert(newer, key, value);
        }
    }
}

static uint32_t key_block(gpointer key)
{
    return (uint64_t)(uintptr_t)key >> BLOCK_SHIFT;
}

static uint64_t key_page(gpointer key)
{
    return (uintptr_t)key & (((uint64_t)1 << BLOCK_SHIFT) - 1);
}

void rr_pages_mark_written(struct rr_replay *r, GHashTable *pages)
{
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, pages);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        cpu_physical_memory_set_dirty_flag(
            page_address(r, key_block(key), key_page(key)),
            DIRTY_MEMORY_MIGRATION);
    }
}

static const void *find_version(GHashTable *const *versions, unsigned int now,
                                gpointer key)
{
    static const uint8_t zero[PAGE_BYTES];

    for (unsigned int i = now + 1; i--;) {
        const void *bytes = g_hash_table_lookup(versions[i], key);

        if (bytes) {
            return bytes;
        }
    }
    return zero;
}

static void restore_page(struct rr_replay *r, gpointer key, const void *bytes)
{
    uint32_t block = key_block(key);
    uint64_t page = key_page(key);
    ram_addr_t addr = page_address(r, block, page);
    uint8_t *to = page_bytes(r, block, page);

    if (memcmp(to, bytes, PAGE_BYTES)) {
        memcpy(to, bytes, PAGE_BYTES);
        tb_invalidate_phys_range(addr, addr + PAGE_BYTES - 1);
    }
}

void rr_pages_restore(struct rr_replay *r, GHashTable *const *versions,
                      unsigned int first, unsigned int last, unsigned int now)
{
    g_autoptr(GHashTable) keys = g_hash_table_new(hash, g_direct_equal);
    GHashTableIter iter;
    gpointer key;

    for (uint32_t i = 0; i < r->host.block_count; i++) {
        for (uint64_t k = 0; k < block_pages(r, i); k++) {
            if (is_written(r, i, k)) {
                g_hash_table_add(keys, make_key(i, k));
            }
        }
    }
    for (unsigned int i = first; i <= last; i++) {
        g_hash_table_iter_init(&iter, versions[i]);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
            g_hash_table_add(keys, key);
        }
    }
    forget_writes(r);
    g_hash_table_iter_init(&iter, keys);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        restore_page(r, key, find_version(versions, now, key));
    }
}
