/*
 * A disk that is slower than the guest: memory is bounded, appending waits no
 * longer than it takes to write the queue, the wait is counted, and nothing is
 * lost.  With fsync, each frame is on the disk before the next one is written.
 *
 * This program has its own pwrite(), in place of that of libc, as the disk.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include <malloc.h>
#include <sys/syscall.h>
#include <time.h>

#define DISK_BYTES_PER_S 4000000.0
#define DATA_BYTES 65536
#define RECORDS 480 /* 30 MiB: more than the queue, 8 s of this disk */
#define QUEUE_BYTES (8u << 20)
/* The time to write a full queue, and 2 s more. */
#define LONGEST_WAIT_S (QUEUE_BYTES / DISK_BYTES_PER_S + 2)

static char dir[256], trace[300];
static double disk_bytes_per_s; /* 0: no limit */
static unsigned int sync_count;

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
	struct timespec ts;

	if (disk_bytes_per_s > 0) {
		double s = (double)bytes / disk_bytes_per_s;

		ts.tv_sec = (time_t)s;
		ts.tv_nsec = (long)((s - (double)ts.tv_sec) * 1e9);
		nanosleep(&ts, NULL);
	}
	return syscall(SYS_pwrite64, fd, data, bytes, offset);
}

int fdatasync(int fd)
{
	sync_count++;
	return (int)syscall(SYS_fdatasync, fd);
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static size_t heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* All data is different, so that all of it is written. */
static void make_data(unsigned int n, uint8_t *data)
{
	struct rng rng = { n + 1 };
	size_t i;

	for (i = 0; i < DATA_BYTES; i += sizeof(uint64_t)) {
		uint64_t value = rng_next(&rng) << 32 ^ rng_next(&rng);

		memcpy(data + i, &value, sizeof(value));
	}
}

static void write_fast(struct rrlog_writer *w, double *longest_s,
		       size_t *peak_bytes)
{
	static uint8_t data[DATA_BYTES];
	struct rrlog_record rec = {
		.type = RRLOG_DMA,
		.dma = { .block = 3 },
		.data = data,
		.data_bytes = DATA_BYTES,
	};
	unsigned int i;

	for (i = 0; i < RECORDS; i++) {
		double start_s, took_s;
		size_t heap;

		make_data(i, data);
		start_s = now_s();
		if (rrlog_writer_append(w, &rec))
			ksft_bail_out("%s", rrlog_writer_error(w));
		took_s = now_s() - start_s;
		heap = heap_bytes();
		if (took_s > *longest_s)
			*longest_s = took_s;
		if (heap > *peak_bytes)
			*peak_bytes = heap;
	}
}

static unsigned int read_back(void)
{
	static uint8_t data[DATA_BYTES];
	struct rrlog_reader *r;
	struct rrlog_record rec;
	unsigned int good = 0;

	if (rrlog_reader_open(trace, &r))
		ksft_bail_out("%s", rrlog_reader_error(r));
	while (rrlog_reader_next(r, &rec) > 0) {
		make_data(good, data);
		if (rec.data_bytes != DATA_BYTES ||
		    memcmp(rec.data, data, DATA_BYTES))
			break;
		good++;
	}
	rrlog_reader_close(r);
	return good;
}

static void test_slow(void)
{
	struct rrlog_writer *w = create_trace(trace, "zlib", 1);
	double longest_s = 0, start_s, all_s, wait_s;
	size_t before, peak = 0;

	if (rrlog_writer_start(w))
		ksft_bail_out("%s", rrlog_writer_error(w));
	before = heap_bytes();
	disk_bytes_per_s = DISK_BYTES_PER_S;
	start_s = now_s();
	write_fast(w, &longest_s, &peak);
	all_s = now_s() - start_s;
	wait_s = (double)rrlog_writer_wait_ns(w) / 1e9;
	if (rrlog_writer_close(w, true))
		ksft_bail_out("cannot close");
	disk_bytes_per_s = 0;
	ksft_ok(all_s > 1, "the writer was slowed down: %.1f s", all_s);
	ksft_ok(wait_s > all_s * 0.5 && wait_s <= all_s,
		"of these %.1f s were counted as waiting for the disk", wait_s);
	ksft_ok(longest_s < LONGEST_WAIT_S,
		"no record waited longer than %.2f s", longest_s);
	if (peak <= before) /* the allocator of ASan does not report it */
		ksft_skip("memory stays bounded: mallinfo2() says nothing");
	else
		ksft_ok(peak < before + 3 * QUEUE_BYTES,
			"memory stays bounded: %zu KiB more at the peak",
			(peak - before) >> 10);
	ksft_ok(read_back() == RECORDS, "nothing is lost");
	remove_trace(trace);
}

static unsigned int syncs(bool fsync)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	struct rrlog_record rec = { .type = RRLOG_NMI };
	unsigned int i, before;

	rrlog_writer_set_fsync(w, fsync);
	if (rrlog_writer_start(w))
		ksft_bail_out("%s", rrlog_writer_error(w));
	before = sync_count;
	for (i = 0; i < 20; i++) {
		rec.output_bytes = i;
		if (rrlog_writer_append(w, &rec) || rrlog_writer_flush(w))
			ksft_bail_out("%s", rrlog_writer_error(w));
	}
	before = sync_count - before;
	rrlog_writer_close(w, true);
	remove_trace(trace);
	return before;
}

static void test_fsync(void)
{
	unsigned int with = syncs(true), without = syncs(false);

	ksft_ok(with >= 20, "fsync: 20 frames, %u syncs", with);
	ksft_ok(!without, "without: %u syncs", without);
}

int main(void)
{
	ksft_plan(7);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	test_slow();
	test_fsync();
	rmdir(dir);
	return ksft_end();
}
