/*
 * Measure how long it takes to open a large trace and to seek to its middle.
 * The trace is sparse: every frame is valid and holds one record in an envelope
 * that readers skip.  The rest of the FRAME_BYTES of a frame is zeros, a hole in
 * the file.
 *
 *	logfmt-seek DIRECTORY [GIGABYTES]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/base/io.h"
#include "common/logfmt/file/frame-reader.h"
#include "common/logfmt/file/index-writer.h"
#include "common/logfmt/base/varint.h"

/* The size of a full, compressed frame of records, roughly. */
#define FRAME_BYTES 65536
#define NS_PER_FRAME 1000000
#define BRANCHES_PER_FRAME 50000

static void die(const char *what, int err)
{
	fprintf(stderr, "logfmt-seek: %s: %s\n", what, strerror(-err));
	exit(1);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void make_start(const char *trace)
{
	struct rrlog_block block = { 0, "pc.ram", 1 << 20 };
	struct rrlog_writer *w;
	int err = rrlog_writer_create(trace, "none", &w);

	if (!err)
		err = rrlog_writer_add_block(w, &block);
	if (!err)
		err = rrlog_writer_start(w);
	if (err)
		die(trace, err);
	rrlog_writer_close(w, false);
}

/* Head 0 (an envelope), type 1, optional, size; zeros follow. */
static size_t put_envelope(uint8_t *frame)
{
	uint8_t *out = frame;

	*out++ = 0;
	out = rrlog_put_varint(out, 1);
	out = rrlog_put_varint(out, 1);
	out = rrlog_put_varint(out, FRAME_BYTES - 3 - 3);
	if (out - frame != 6)
		abort();
	return 6;
}

static void append_frames(int dir_fd, uint64_t count)
{
	struct rrlog_index_writer *index = calloc(1, sizeof(*index));
	static uint8_t frame[RRLOG_HEADER_BYTES + FRAME_BYTES];
	uint8_t *raw = frame + RRLOG_HEADER_BYTES;
	struct rrlog_frame_header h = { .magic = RRLOG_FRAME_MAGIC, .kind = 1 };
	size_t head_bytes = RRLOG_HEADER_BYTES + put_envelope(raw);
	struct rrlog_frame_writer events = { .offset = RRLOG_FRAMES_OFFSET };
	struct rrlog_file_header start;
	uint64_t i;
	int err;

	events.fd = openat(dir_fd, RRLOG_FILE_EVENTS, O_RDWR);
	err = rrlog_read_all(events.fd, &start, sizeof(start), 0);
	unlinkat(dir_fd, RRLOG_FILE_INDEX, 0);
	if (!err)
		err = rrlog_index_writer_create(index, dir_fd, start.trace_id);
	events.chain = start.checksum;
	h.raw_bytes = h.stored_bytes = FRAME_BYTES;
	h.item_count = 1;
	h.stored_checksum = rrlog_checksum(raw, FRAME_BYTES);
	h.salt = rrlog_frame_salt(start.trace_id);
	for (i = 0; !err && i < count; i++) {
		struct rrlog_frame_ref ref;

		h.first_ordinal = i;
		h.time_ns = i * NS_PER_FRAME;
		h.first_branches = i * BRANCHES_PER_FRAME;
		h.chain = events.chain;
		h.checksum = rrlog_checksum_continue(h.chain, &h,
						     RRLOG_CHECKED_BYTES);
		ref = (struct rrlog_frame_ref){ events.offset,	  i,
						h.first_branches, h.time_ns,
						h.chain,	  0 };
		memcpy(frame, &h, sizeof(h));
		err = rrlog_write_all(events.fd, frame, head_bytes,
				      events.offset);
		rrlog_index_note(index, RRLOG_FRAME_EVENT_INDEX, &ref);
		events.offset += sizeof(frame);
		events.chain = h.checksum;
	}
	if (!err && ftruncate(events.fd, (off_t)events.offset))
		err = -errno;
	events.item_count = count;
	if (!err)
		err = rrlog_frame_writer_complete(&events);
	if (err)
		die("cannot write", err);
	rrlog_index_writer_close(index, true);
	rrlog_frame_writer_close(&events);
	free(index);
}

static void drop_cache(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY);

	if (fd < 0)
		return;
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static void measure(const char *trace, int dir_fd, uint64_t frames,
		    const char *what, bool cold)
{
	struct rrlog_reader_position p;
	struct rrlog_reader *r;
	struct rrlog_record rec;
	double begin, opened, sought;
	int err;

	if (cold) {
		drop_cache(dir_fd, RRLOG_FILE_EVENTS);
		drop_cache(dir_fd, RRLOG_FILE_INDEX);
	}
	begin = now_ms();
	err = rrlog_reader_open(trace, &r);
	opened = now_ms();
	if (!err)
		err = rrlog_reader_seek_branches(
			r, frames / 2 * BRANCHES_PER_FRAME + 1);
	rrlog_reader_position(r, &p);
	sought = now_ms();
	if (err || p.record_count != frames / 2)
		die(rrlog_reader_error(r), err);
	if (!err)
		err = rrlog_reader_seek_record(r, frames - 1);
	if (!err && rrlog_reader_next(r, &rec) != 0)
		err = -EIO;
	if (err)
		die(rrlog_reader_error(r), err);
	printf("%-28s open %8.2f ms, seek to the middle %8.2f ms, read at the "
	       "end %8.2f ms\n",
	       what, opened - begin, sought - opened, now_ms() - sought);
	rrlog_reader_close(r);
}

int main(int argc, char **argv)
{
	uint64_t gigabytes = argc > 2 ? strtoull(argv[2], NULL, 10) : 10;
	uint64_t frames =
		(gigabytes << 30) / (FRAME_BYTES + RRLOG_HEADER_BYTES);
	char path[4096];
	int dir_fd;

	if (argc < 2 || !frames) {
		fprintf(stderr, "Usage: logfmt-seek DIRECTORY [GIGABYTES]\n");
		return 1;
	}
	snprintf(path, sizeof(path), "%s/seek.rrt", argv[1]);
	make_start(path);
	dir_fd = open(path, O_RDONLY | O_DIRECTORY);
	append_frames(dir_fd, frames);
	printf("%llu frames, %llu GB\n", (unsigned long long)frames,
	       (unsigned long long)gigabytes);
	measure(path, dir_fd, frames, "index, files not cached:", true);
	measure(path, dir_fd, frames, "index, files cached:", false);
	unlinkat(dir_fd, RRLOG_FILE_INDEX, 0);
	measure(path, dir_fd, frames, "no index, files not cached:", true);
	measure(path, dir_fd, frames, "no index, files cached:", false);
	unlinkat(dir_fd, RRLOG_FILE_EVENTS, 0);
	unlinkat(dir_fd, RRLOG_FILE_PAGES, 0);
	unlinkat(dir_fd, RRLOG_FILE_BLOBS, 0);
	unlinkat(dir_fd, RRLOG_FILE_MANIFEST, 0);
	close(dir_fd);
	return rmdir(path);
}
