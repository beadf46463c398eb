/*
 * Disk reads that need not be in the trace: those from image files that QEMU
 * opened read-only (readonly=on, snapshot=on, the backing file of an overlay).
 *
 * The block layer shows what it read into which buffer; a device then writes the
 * same bytes to guest RAM, in the same pieces, since mapped RAM is a bounce
 * buffer for each element of its list.  The two meet by length and hash.  What
 * does not meet is recorded as any other DMA.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <sys/stat.h>
#include "block/block-io.h"
#include "block/block_int.h"
#include "qemu/iov.h"
#include "common/logfmt/base/hash.h"

/* Shorter pieces are no smaller as references. */
#define MIN_PIECE_BYTES 512
#define RECENT_PIECES 4096

typedef struct Piece {
    uint64_t hash;
    uint64_t bytes; /* 0: none */
    uint64_t image_offset;
    uint32_t image;
} Piece;

static struct {
    Piece piece[RECENT_PIECES]; /* by hash */
    GHashTable *images; /* path: id + 1, or 0 if it cannot be referred to */
} seen;

static int add_image(const char *path, uint32_t *id)
{
    struct stat st;

    /* Not a block device: it has neither size nor time of change here. */
    if (stat(path, &st) || !S_ISREG(st.st_mode)) {
        return -EINVAL;
    }
    return rrlog_writer_add_image(rr_recorder.writer, path, st.st_size,
                                  st.st_mtim.tv_sec * 1000000000ull +
                                  st.st_mtim.tv_nsec, id);
}

static bool find_image(BlockDriverState *bs, uint32_t *id)
{
    g_autofree char *path = NULL;
    gpointer known;

    if (!bs->drv || g_strcmp0(bs->drv->format_name, "file") ||
        !bdrv_is_read_only(bs)) {
        return false;
    }
    path = realpath(bs->filename, NULL);
    if (!path) {
        return false;
    }
    if (!g_hash_table_lookup_extended(seen.images, path, NULL, &known)) {
        known = GUINT_TO_POINTER(add_image(path, id) ? 0 : *id + 1);
        g_hash_table_insert(seen.images, g_strdup(path), known);
    }
    *id = GPOINTER_TO_UINT(known) - 1;
    return known;
}

static void image_was_read(BlockDriverState *bs, int64_t offset, int64_t bytes,
                           QEMUIOVector *qiov, size_t qiov_offset)
{
    uint32_t id;

    if (!rr_recorder.started || !qiov || !find_image(bs, &id)) {
        return;
    }
    for (int i = 0; i < qiov->niov && bytes > 0; i++) {
        const struct iovec *v = &qiov->iov[i];
        int64_t piece;

        if (qiov_offset >= v->iov_len) {
            qiov_offset -= v->iov_len;
            continue;
        }
        piece = MIN(bytes, (int64_t)(v->iov_len - qiov_offset));
        if (piece >= MIN_PIECE_BYTES) {
            uint64_t hash = XXH3_64bits((char *)v->iov_base + qiov_offset,
                                        piece);

            seen.piece[hash % RECENT_PIECES] = (Piece) {
                .hash = hash, .bytes = piece, .image = id,
                .image_offset = offset,
            };
        }
        offset += piece;
        bytes -= piece;
        qiov_offset = 0;
    }
}

bool rr_record_append_from_image(struct rrlog_record *rec)
{
    const Piece *piece;
    uint64_t hash;

    if (rec->data_bytes < MIN_PIECE_BYTES || !seen.images ||
        !g_hash_table_size(seen.images)) {
        return false;
    }
    hash = XXH3_64bits(rec->data, rec->data_bytes);
    piece = &seen.piece[hash % RECENT_PIECES];
    if (piece->hash != hash || piece->bytes != rec->data_bytes) {
        return false;
    }
    rr_record_stamp(rec);
    rr_record_check(rrlog_writer_append_from_image(rr_recorder.writer, rec,
                                                   piece->image,
                                                   piece->image_offset));
    return true;
}

void rr_record_images_start(void)
{
    seen.images = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    rr_block_read = image_was_read;
}
