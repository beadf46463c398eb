/*
 * Disk reads that need not be in the trace: those from image files that QEMU
 * opened read-only (readonly=on, snapshot=on, the backing file of an overlay).
 *
 * The block layer shows what it read into which buffer.  A device then writes
 * the same bytes to guest RAM in the same pieces, since each element of its
 * list of RAM is mapped as a bounce buffer.  A read and a write are matched by
 * length and hash.  A write that matches no read is recorded as any other DMA.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <sys/stat.h>
#include "block/block-io.h"
#include "block/block_int.h"
#include "qemu/iov.h"
#include "common/logfmt/base/hash.h"

/* A reference to a shorter read would not be smaller than the read. */
#define MIN_READ_BYTES 512
#define RECENT_READS 4096

/* A read from an image into one buffer. */
struct image_read {
    uint64_t hash; /* XXH3-64 of the bytes */
    uint64_t bytes; /* 0: unused */
    uint64_t image_offset;
    uint32_t image;
};

struct rr_images {
    struct image_read recent[RECENT_READS]; /* by hash */
    GHashTable *ids; /* path: id + 1, or 0 if it cannot be referred to */
};

static int add_image(struct rr_recorder *r, const char *path, uint32_t *id)
{
    struct stat st;

    /* A block device has neither a size nor a time of change in st. */
    if (stat(path, &st) || !S_ISREG(st.st_mode)) {
        return -EINVAL;
    }
    return rrlog_writer_add_image(r->writer, path, st.st_size,
                                  st.st_mtim.tv_sec * 1000000000ull +
                                  st.st_mtim.tv_nsec, id);
}

static bool find_image(struct rr_recorder *r, BlockDriverState *bs,
                       uint32_t *id)
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
    if (!g_hash_table_lookup_extended(r->images->ids, path, NULL, &known)) {
        known = GUINT_TO_POINTER(add_image(r, path, id) ? 0 : *id + 1);
        g_hash_table_insert(r->images->ids, g_strdup(path), known);
    }
    *id = GPOINTER_TO_UINT(known) - 1;
    return known;
}

static void note_read(struct rr_images *im, uint32_t image,
                      uint64_t image_offset, const void *data, size_t bytes)
{
    uint64_t hash;

    if (bytes < MIN_READ_BYTES) {
        return;
    }
    hash = XXH3_64bits(data, bytes);
    im->recent[hash % RECENT_READS] = (struct image_read) {
        .hash = hash, .bytes = bytes, .image = image,
        .image_offset = image_offset,
    };
}

/*
 * The hook of the block layer: @bs was read into @qiov.  In the main loop or
 * the vCPU's thread, with the BQL, since there are no I/O threads.
 */
static void image_was_read(BlockDriverState *bs, int64_t offset, int64_t bytes,
                           QEMUIOVector *qiov, size_t qiov_offset)
{
    struct rr_recorder *r = &rr_recorder;
    uint32_t image;

    g_assert(bql_locked());
    if (r->life != RR_LIFE_RECORDING || !qiov || !find_image(r, bs, &image)) {
        return;
    }
    for (int i = 0; i < qiov->niov && bytes > 0; i++) {
        const struct iovec *iov = &qiov->iov[i];
        int64_t part;

        if (qiov_offset >= iov->iov_len) {
            qiov_offset -= iov->iov_len;
            continue;
        }
        part = MIN(bytes, (int64_t)(iov->iov_len - qiov_offset));
        note_read(r->images, image, offset, iov->iov_base + qiov_offset, part);
        offset += part;
        bytes -= part;
        qiov_offset = 0;
    }
}

bool rr_images_find(const struct rr_images *im, const void *data, size_t bytes,
                    uint32_t *image, uint64_t *image_offset)
{
    const struct image_read *read;
    uint64_t hash;

    if (bytes < MIN_READ_BYTES || !g_hash_table_size(im->ids)) {
        return false;
    }
    hash = XXH3_64bits(data, bytes);
    read = &im->recent[hash % RECENT_READS];
    if (read->hash != hash || read->bytes != bytes) {
        return false;
    }
    *image = read->image;
    *image_offset = read->image_offset;
    return true;
}

void rr_images_start(struct rr_recorder *r)
{
    if (r->images) {
        /* A trace declares its own images. */
        g_hash_table_remove_all(r->images->ids);
        memset(r->images->recent, 0, sizeof(r->images->recent));
        return;
    }
    r->images = g_new0(struct rr_images, 1);
    r->images->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                           NULL);
    rr_block_read = image_was_read;
}
