/*
 * Versions of pages of guest RAM.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_REPLAY_PAGES_H
#define RR_REPLAY_PAGES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rr_replay;

/** A set of pages with their bytes; g_hash_table_unref() frees it. */
GHashTable *rr_pages_new(void);
/** Add all pages of RAM that are not zero, and note writes from now on. */
void rr_pages_add_all(struct rr_replay *r, GHashTable *pages);
/** Add the pages that were written since the last call of this file. */
void rr_pages_add_written(struct rr_replay *r, GHashTable *pages);
/** So many bytes of RAM at ram_addr_t @address were written, not by TCG. */
void rr_pages_note_write(uint64_t address, uint64_t bytes);
/** The bytes that @pages takes. */
uint64_t rr_pages_bytes(const GHashTable *pages);
/** Move to @newer the pages of @older that it does not have. */
void rr_pages_merge(GHashTable *newer, GHashTable *older);
/** Note the pages as written, so that they need not be kept. */
void rr_pages_mark_written(struct rr_replay *r, GHashTable *pages);
/**
 * Make RAM what it was: of the pages that were written, and those that
 * @versions[@first] to @versions[@last] have, each becomes its last version in
 * @versions[0] to @versions[@now], or zero.
 */
void rr_pages_restore(struct rr_replay *r, GHashTable *const *versions,
                      unsigned int first, unsigned int last,
                      unsigned int now);

#endif
