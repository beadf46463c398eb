/*
 * Measure how fast librrlog writes and reads records on one core, which the
 * caller and the writer's thread share.
 *
 *	logfmt-speed DIRECTORY [TRACE...]
 *
 * Without a TRACE the records are made up, in the proportions of a Linux boot
 * from disk.  With one, the second half of its records is repeated (the first
 * half has more of the firmware).  A second is a second of CPU time of all
 * threads, in the kernel too, so other programs do not count.  The best of TRIES
 * is shown, with the part of the CPU that it got.  Two figures:
 *
 *	encoded	bytes of frames before compression: the records as they are in
 *		the trace and, when writing, blobs that were not there already
 *	plain	bytes of the same records in a fixed layout, as the caller has
 *		them: u8 type, u8 stamp, u64 output_bytes; with a landmark u32
 *		output_hash, u64 branches, 18 u64 registers; a u64 for each field
 *		of the type; if it may have data, u32 size and the data, even if
 *		the trace names blobs instead
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/logfmt/rrlog.h"

#define RECORDS 190000 /* repeated; fewer would compress too well */
#define TOTAL 4000000 /* records to write, about */
#define TRIES 3
#define DISK_BYTES (8u << 20)

/*
 * Records in the plain layout.  An array of struct rrlog_record, 248 bytes each,
 * would measure the speed of memory.
 */
static uint8_t *records;
static size_t records_bytes, record_count;
static const struct rrlog_type_info *infos[256];
static uint8_t *disk;
static uint64_t seed = 1;

static void die(const char *what, int err)
{
	fprintf(stderr, "logfmt-speed: %s: %s\n", what, strerror(-err));
	exit(1);
}

static double now_s(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

struct stopwatch {
	double cpu_s, wall_s;
};

static struct stopwatch begin_timing(void)
{
	return (struct stopwatch){ now_s(CLOCK_PROCESS_CPUTIME_ID),
				   now_s(CLOCK_MONOTONIC) };
}

static struct stopwatch end_timing(struct stopwatch begin)
{
	struct stopwatch end = begin_timing();

	end.cpu_s -= begin.cpu_s;
	end.wall_s -= begin.wall_s;
	return end;
}

/* The result of one try. */
struct result {
	struct stopwatch time;
	uint64_t records, encoded_bytes, stored_bytes, plain_bytes, wait_ns;
};

static void keep_bytes(const void *bytes, size_t count)
{
	static size_t capacity_bytes;

	if (records_bytes + count > capacity_bytes) {
		capacity_bytes = 2 * (records_bytes + count);
		records = realloc(records, capacity_bytes);
		if (!records)
			die("memory", -ENOMEM);
	}
	if (count)
		memcpy(records + records_bytes, bytes, count);
	records_bytes += count;
}

static void keep_record(const struct rrlog_record *rec)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);
	uint32_t data_bytes = (uint32_t)rec->data_bytes;

	keep_bytes(&rec->type, 1);
	keep_bytes(&rec->stamp, 1);
	keep_bytes(&rec->output_bytes, 8);
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		keep_bytes(&rec->output_hash, 4);
		keep_bytes(&rec->landmark, sizeof(rec->landmark));
	}
	keep_bytes(rec->field, 8 * info->field_count);
	if (info->has_data) {
		keep_bytes(&data_bytes, 4);
		keep_bytes(rec->data, data_bytes);
	}
	record_count++;
}

static inline void take_bytes(const uint8_t **in, void *bytes, size_t count)
{
	memcpy(bytes, *in, count);
	*in += count;
}

/* Fill in a record, as a recorder does on its stack.  Its time is measured. */
static inline void take_record(const uint8_t **in, struct rrlog_record *rec)
{
	const struct rrlog_type_info *info;
	uint32_t data_bytes = 0;
	unsigned int i;

	take_bytes(in, &rec->type, 1);
	take_bytes(in, &rec->stamp, 1);
	take_bytes(in, &rec->output_bytes, 8);
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		take_bytes(in, &rec->output_hash, 4);
		take_bytes(in, &rec->landmark, sizeof(rec->landmark));
	}
	info = infos[rec->type];
	for (i = 0; i < info->field_count; i++)
		take_bytes(in, &rec->field[i], 8);
	if (info->has_data)
		take_bytes(in, &data_bytes, 4);
	rec->data = *in;
	rec->data_bytes = data_bytes;
	*in += data_bytes;
}

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Like text: half the entropy of noise. */
static void make_disk(void)
{
	size_t i;

	disk = malloc(DISK_BYTES);
	for (i = 0; i < DISK_BYTES; i++)
		disk[i] = (uint8_t)(rnd() >> 20 & rnd() >> 40 & 0x7f);
}

static void set_landmark(struct rrlog_record *rec, struct rr_landmark *lm)
{
	unsigned int i;

	lm->branches += rnd() % 20000;
	for (i = 0; i < 8; i++) {
		unsigned int reg = rnd() % RR_REG_COUNT;

		lm->regs[reg] = 0xffffffff81000000 + rnd() % 0x1000000;
	}
	rec->stamp = RRLOG_AT_LANDMARK;
	rec->landmark = *lm;
}

static void make_record(struct rrlog_record *rec, size_t i)
{
	static struct rr_landmark lm;
	static uint64_t output, tsc;
	uint64_t kind = rnd() % 1000;

	rec->output_bytes = output += rnd() % 2 * 4;
	rec->output_hash = (uint32_t)(output * 2654435761u);
	rec->data = disk + i % (DISK_BYTES / 2);
	if (kind < 350) {
		rec->type = RRLOG_RDTSC;
		rec->rdtsc.value = tsc += rnd() % 100000;
	} else if (kind < 600) {
		rec->type = RRLOG_MMIO_READ;
		rec->mmio_read.gpa = 0xfee00000 + rnd() % 16 * 16;
		rec->mmio_read.size = rec->data_bytes = 4;
	} else if (kind < 850) {
		rec->type = RRLOG_PIO_READ;
		rec->pio_read.port = rnd() % 4 ? 0x608 : 0x1f7;
		rec->pio_read.size = rec->data_bytes = rnd() % 4 ? 4 : 1;
		rec->pio_read.count = 1;
	} else if (kind < 990) {
		rec->type = RRLOG_INTERRUPT;
		rec->interrupt.vector = rnd() % 8 ? 0xec : 0x21;
		set_landmark(rec, &lm);
	} else {
		rec->type = RRLOG_DMA;
		rec->dma.offset = rnd() % 4096 * 4096;
		rec->data = disk + rnd() % (DISK_BYTES / 4096 - 32) * 4096;
		rec->data_bytes = (rnd() % 8 + 1) * 4096;
	}
}

static void make_records(void)
{
	struct rrlog_record rec;
	size_t i;

	for (i = 0; i < RECORDS; i++) {
		memset(&rec, 0, sizeof(rec));
		make_record(&rec, i);
		keep_record(&rec);
	}
}

static void load_records(const char *trace)
{
	size_t limit = record_count + RECORDS;
	struct rrlog_reader *r;
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	int ret = rrlog_reader_open(trace, &r);

	rrlog_reader_position(r, &p);
	if (!ret)
		ret = rrlog_reader_seek_record(r, p.total_records / 2);
	while (!ret && record_count < limit &&
	       (ret = rrlog_reader_next(r, &rec)) > 0) {
		keep_record(&rec);
		ret = 0;
	}
	if (ret < 0)
		die(rrlog_reader_error(r), ret);
	rrlog_reader_close(r);
}

static uint64_t append_all(struct rrlog_writer *w, bool dma, int *err)
{
	const uint8_t *in = records, *end = records + records_bytes, *begin;
	struct rrlog_record rec = { .type = 0 };
	uint64_t plain_bytes = 0;

	while (in != end && !*err) {
		begin = in;
		take_record(&in, &rec);
		if (!dma && rec.data_bytes >= 512)
			continue;
		*err = rrlog_writer_append(w, &rec);
		plain_bytes += (uint64_t)(in - begin);
	}
	return plain_bytes;
}

/* The part of the writing time that the bench itself takes. */
static void report_filling(unsigned int rounds)
{
	const uint8_t *in, *end = records + records_bytes;
	struct rrlog_record rec = { .type = 0 };
	struct stopwatch time = begin_timing();
	unsigned int round;

	for (round = 0; round < rounds; round++) {
		for (in = records; in != end;) {
			take_record(&in, &rec);
			__asm__ volatile("" : : "m"(rec));
		}
	}
	time = end_timing(time);
	printf("%zu records; filling one in takes %.1f ns of the writer's "
	       "time below\n",
	       record_count, time.cpu_s * 1e9 / rounds / (double)record_count);
}

static struct result write_trace(const char *path, const char *codec, bool dma,
				 unsigned int rounds)
{
	struct rrlog_block block = { 0, "pc.ram", 1 << 20 };
	struct result result = { .plain_bytes = 0 };
	struct rrlog_writer *w;
	struct stopwatch begin;
	unsigned int round;
	int err = rrlog_writer_create(path, codec, &w);

	if (!err)
		err = rrlog_writer_add_block(w, &block);
	if (!err)
		err = rrlog_writer_start(w);
	begin = begin_timing();
	for (round = 0; !err && round < rounds; round++)
		result.plain_bytes += append_all(w, dma, &err);
	if (!err)
		err = rrlog_writer_flush(w);
	if (err)
		die(path, err);
	result.time = end_timing(begin);
	rrlog_writer_stats(w, &result.records, &result.encoded_bytes,
			   &result.stored_bytes);
	result.wait_ns = rrlog_writer_wait_ns(w);
	rrlog_writer_close(w, true);
	return result;
}

static struct result read_trace(const char *path, uint64_t written_plain_bytes)
{
	struct result result = { .plain_bytes = written_plain_bytes };
	struct rrlog_reader_position p;
	struct rrlog_reader *r;
	struct rrlog_record rec;
	struct stopwatch begin = begin_timing();
	uint64_t sum = 0;
	int ret = rrlog_reader_open(path, &r);

	while (!ret && (ret = rrlog_reader_next(r, &rec)) > 0) {
		sum += rec.data_bytes + *rec.field;
		ret = 0;
	}
	if (ret)
		die(rrlog_reader_error(r), ret);
	result.time = end_timing(begin);
	seed ^= sum; /* the compiler must not drop the sum */
	rrlog_reader_position(r, &p);
	result.records = p.record_count;
	result.encoded_bytes = p.raw_bytes;
	result.stored_bytes = p.stored_bytes;
	rrlog_reader_close(r);
	return result;
}

static void report(const char *codec, bool dma, const char *what,
		   const struct result *r)
{
	double s = r->time.cpu_s;

	printf("%-5s%-4s %-6s%5.0f MB/s encoded%6.0f plain,%6.2f million "
	       "records/s, %5.1f bytes each,%5.1f plain; %.1f to 1; CPU %.0f "
	       "%%, waited %.0f %%\n",
	       codec, dma ? " dma" : "", what,
	       (double)r->encoded_bytes / 1e6 / s,
	       (double)r->plain_bytes / 1e6 / s, (double)r->records / 1e6 / s,
	       (double)r->encoded_bytes / (double)r->records,
	       (double)r->plain_bytes / (double)r->records,
	       (double)r->encoded_bytes / (double)r->stored_bytes,
	       100 * s / r->time.wall_s,
	       (double)r->wait_ns / 1e7 / r->time.wall_s);
	fflush(stdout);
}

static void keep_best(struct result *best, struct result result)
{
	if (!best->records || result.time.cpu_s < best->time.cpu_s)
		*best = result;
}

static void bench_codec(const char *directory, const char *codec, bool dma,
			unsigned int rounds)
{
	struct result written = { .records = 0 }, read = { .records = 0 };
	char path[4096], command[4200];
	unsigned int i;

	snprintf(path, sizeof(path), "%s/speed.rrt", directory);
	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	for (i = 0; i <= TRIES; i++) {
		if (system(command))
			exit(1);
		if (i == TRIES)
			break;
		keep_best(&written, write_trace(path, codec, dma, rounds));
		keep_best(&read, read_trace(path, written.plain_bytes));
	}
	report(codec, dma, "write", &written);
	report(codec, dma, "read", &read);
}

int main(int argc, char **argv)
{
	static const char *const codecs[] = { "none", "zlib", "zstd" };
	unsigned int rounds;
	cpu_set_t one;
	int i;

	if (argc < 2) {
		fprintf(stderr, "Usage: logfmt-speed DIRECTORY [TRACE...]\n");
		return 1;
	}
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (i = 0; i < 256; i++)
		infos[i] = rrlog_type_info((unsigned int)i);
	make_disk();
	for (i = 2; i < argc; i++)
		load_records(argv[i]);
	if (!record_count)
		make_records();
	rounds = (unsigned int)(TOTAL / (record_count + 1)) + 1;
	report_filling(rounds);
	for (i = 0; i < 6; i++)
		bench_codec(argv[1], codecs[i / 2], i % 2, rounds);
	return 0;
}
