/*
 * WAV files; see wav-file.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/wav-file.h"
#include <stdbool.h>
#include <string.h>

#define TAG_PCM 1
#define TAG_EXTENSIBLE 0xfffe
#define PCM_BYTES 16            /* a format chunk at least has these */
#define EXTENSIBLE_BYTES 26     /* up to the tag at the start of SubFormat */
#define MAX_RATE_HZ 768000

static unsigned le16(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | (uint32_t)le16(p + 2) << 16;
}

/* @bytes: of the chunk; @p has as many of them as an extensible one needs */
static const char *read_format(struct rr_wav *wav, const uint8_t *p,
                               uint32_t bytes)
{
    unsigned tag;

    if (bytes < PCM_BYTES) {
        return "its format is cut off";
    }
    tag = le16(p);
    if (tag == TAG_EXTENSIBLE && bytes >= EXTENSIBLE_BYTES) {
        tag = le16(p + 24);
    }
    wav->channels = le16(p + 2);
    wav->rate_hz = le32(p + 4);
    wav->frame_bytes = le16(p + 12);
    wav->bits = le16(p + 14);
    if (tag != TAG_PCM) {
        return "its samples are not plain numbers (PCM)";
    }
    if (wav->channels != 1 && wav->channels != 2) {
        return "it has neither one channel nor two";
    }
    if (wav->bits != 8 && wav->bits != 16 && wav->bits != 32) {
        return "its samples have neither 8, 16 nor 32 bits";
    }
    if (!wav->rate_hz || wav->rate_hz > MAX_RATE_HZ) {
        return "nobody plays at its rate";
    }
    if (wav->frame_bytes != wav->channels * wav->bits / 8) {
        return "its frames are not those of its samples";
    }
    return NULL;
}

static const char *find_data(struct rr_wav *wav, FILE *file, uint32_t bytes)
{
    off_t first = ftello(file), end;

    if (first < 0 || fseeko(file, 0, SEEK_END)) {
        return "it is no file that one can seek in";
    }
    end = ftello(file);
    if (end - first < bytes) {
        bytes = end - first;
    }
    wav->first_byte = first;
    wav->frames = bytes / wav->frame_bytes;
    return fseeko(file, first, SEEK_SET) ? "it cannot be read" : NULL;
}

const char *rr_wav_read_header(struct rr_wav *wav, FILE *file)
{
    uint8_t head[12], chunk[8], format[EXTENSIBLE_BYTES];
    bool has_format = false;

    *wav = (struct rr_wav) {};
    if (fread(head, sizeof(head), 1, file) != 1 || memcmp(head, "RIFF", 4) ||
        memcmp(head + 8, "WAVE", 4)) {
        return "it is not a WAV file";
    }
    while (fread(chunk, sizeof(chunk), 1, file) == 1) {
        uint32_t bytes = le32(chunk + 4), have = 0;

        if (!memcmp(chunk, "data", 4)) {
            return has_format ? find_data(wav, file, bytes)
                              : "its samples come before their format";
        }
        if (!memcmp(chunk, "fmt ", 4)) {
            const char *wrong;

            have = bytes < sizeof(format) ? bytes : sizeof(format);
            if (fread(format, 1, have, file) != have) {
                return "its format is cut off";
            }
            wrong = read_format(wav, format, bytes);
            if (wrong) {
                return wrong;
            }
            has_format = true;
        }
        /* A chunk of an odd size is followed by one more byte. */
        if (fseeko(file, (off_t)bytes + (bytes & 1) - have, SEEK_CUR)) {
            return "it cannot be read";
        }
    }
    return "it has no samples";
}
