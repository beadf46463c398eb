/*
 * WAV files: where the samples are, and what they are.
 *
 * "Multimedia Programming Interface and Data Specifications 1.0" (IBM and
 * Microsoft, 1991), chapter 3, "Waveform Audio File Format"; for format tag
 * 0xfffe the documentation of WAVEFORMATEXTENSIBLE.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_WAV_FILE_H
#define RR_WAV_FILE_H

#include <stdint.h>
#include <stdio.h>

struct rr_wav {
    unsigned channels;          /* 1 or 2 */
    unsigned rate_hz;
    unsigned bits;              /* of a sample: 8 (unsigned), 16, 32 */
    unsigned frame_bytes;       /* a sample of each channel */
    uint64_t first_byte;        /* offset of the first frame */
    uint64_t frames;            /* whole ones that the file has */
};

/*
 * Read the header of @file, and leave @file at the first frame.  A data chunk
 * that is longer than the file ends with it: programs that write into a pipe
 * cannot know how long it gets.  Returns NULL, or what is wrong with the
 * file.
 */
const char *rr_wav_read_header(struct rr_wav *wav, FILE *file);

#endif
