/*
 * How fast librrlog writes and reads records, on the one core it is run on:
 * the caller's encoding and the writer's thread share it.
 *
 *	logfmt-speed FOLDER [TRACE]
 *
 * Without a trace the records are made up in the proportions of a Linux boot
 * from disk; with one its records are repeated.
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

#include "rrlog.h"

#define RECORDS 190000 /* in memory; fewer, repeated, would compress too well \
			*/
#define ROUNDS 20
#define DISK_BYTES (8u << 20)

static struct rrlog_record *records;
static size_t record_count;
static uint8_t *disk;
static uint64_t seed = 1;

static void die(const char *what, int err)
{
	fprintf(stderr, "logfmt-speed: %s: %s\n", what, strerror(-err));
	exit(1);
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Text-like: half of the entropy of noise. */
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
		rec->field[0] = tsc += rnd() % 100000;
	} else if (kind < 600) {
		rec->type = RRLOG_MMIO_READ;
		rec->field[0] = 0xfee00000 + rnd() % 16 * 16;
		rec->field[1] = rec->data_bytes = 4;
	} else if (kind < 850) {
		rec->type = RRLOG_PIO_READ;
		rec->field[0] = rnd() % 4 ? 0x608 : 0x1f7;
		rec->field[1] = rec->data_bytes = rnd() % 4 ? 4 : 1;
		rec->field[2] = 1;
	} else if (kind < 990) {
		rec->type = RRLOG_INTERRUPT;
		rec->field[0] = rnd() % 8 ? 0xec : 0x21;
		set_landmark(rec, &lm);
	} else {
		rec->type = RRLOG_DMA;
		rec->field[1] = rnd() % 4096 * 4096;
		rec->data = disk + rnd() % (DISK_BYTES / 4096 - 32) * 4096;
		rec->data_bytes = (rnd() % 8 + 1) * 4096;
	}
}

static void make_records(void)
{
	size_t i;

	record_count = RECORDS;
	records = calloc(record_count, sizeof(*records));
	for (i = 0; i < record_count; i++)
		make_record(&records[i], i);
}

static void load_records(const char *trace)
{
	struct rrlog_reader *r;
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	size_t capacity = 0;
	int ret = rrlog_reader_open(trace, &r);

	/* Not the firmware, but what comes after it. */
	rrlog_reader_position(r, &p);
	if (!ret)
		ret = rrlog_reader_seek_record(r, p.total_records / 2);
	while (!ret && record_count < RECORDS &&
	       (ret = rrlog_reader_next(r, &rec)) > 0) {
		void *data = malloc(rec.data_bytes + 1);

		if (rec.data_bytes)
			memcpy(data, rec.data, rec.data_bytes);
		rec.data = data;
		if (record_count == capacity) {
			capacity = capacity ? 2 * capacity : 4096;
			records = realloc(records, capacity * sizeof(rec));
		}
		records[record_count++] = rec;
		ret = 0;
	}
	if (ret < 0)
		die(rrlog_reader_error(r), ret);
	rrlog_reader_close(r);
}

static void write_trace(const char *path, const char *codec, bool dma,
			unsigned int rounds)
{
	struct rrlog_block block = {0, "pc.ram", 1 << 20};
	struct rrlog_writer *w;
	uint64_t n, raw, stored;
	double begin, seconds;
	unsigned int round;
	size_t i;
	int err = rrlog_writer_create(path, codec, &w);

	if (!err)
		err = rrlog_writer_add_block(w, &block);
	if (!err)
		err = rrlog_writer_start(w);
	begin = now_s();
	for (round = 0; !err && round < rounds; round++) {
		for (i = 0; !err && i < record_count; i++) {
			if (dma || records[i].data_bytes < 512)
				err = rrlog_writer_append(w, &records[i]);
		}
	}
	if (!err)
		err = rrlog_writer_flush(w);
	if (err)
		die(path, err);
	seconds = now_s() - begin;
	rrlog_writer_stats(w, &n, &raw, &stored);
	printf("%-6s %-9s write %7.0f MB/s %6.2f million records/s, %5.1f "
	       "bytes each, waited %3.0f %%, %4.1f to 1\n",
	       codec, dma ? "with dma" : "no dma", (double)raw / 1e6 / seconds,
	       (double)n / 1e6 / seconds, (double)raw / (double)n,
	       (double)rrlog_writer_wait_ns(w) / 1e7 / seconds,
	       (double)raw / (double)stored);
	rrlog_writer_close(w, true);
}

static void read_trace(const char *path, const char *codec, bool dma)
{
	struct rrlog_reader_position p;
	struct rrlog_reader *r;
	struct rrlog_record rec;
	uint64_t data_bytes = 0;
	double begin = now_s(), seconds;
	int ret = rrlog_reader_open(path, &r);

	while (!ret && (ret = rrlog_reader_next(r, &rec)) > 0) {
		data_bytes += rec.data_bytes;
		ret = 0;
	}
	if (ret)
		die(rrlog_reader_error(r), ret);
	seconds = now_s() - begin;
	rrlog_reader_position(r, &p);
	printf("%-6s %-9s read  %7.0f MB/s %6.2f million records/s; data "
	       "given: %.0f MB/s\n",
	       codec, dma ? "with dma" : "no dma",
	       (double)p.raw_bytes / 1e6 / seconds,
	       (double)p.record_count / 1e6 / seconds,
	       (double)data_bytes / 1e6 / seconds);
	rrlog_reader_close(r);
}

int main(int argc, char **argv)
{
	static const char *const codecs[] = {"none", "zlib", "zstd"};
	char path[4096], command[4200];
	unsigned int i, dma, rounds;
	cpu_set_t one;

	if (argc < 2) {
		fprintf(stderr, "Usage: logfmt-speed FOLDER [TRACE]\n");
		return 1;
	}
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	make_disk();
	if (argc > 2)
		load_records(argv[2]);
	else
		make_records();
	rounds = (unsigned int)(ROUNDS * RECORDS / (record_count + 1)) + 1;
	snprintf(path, sizeof(path), "%s/speed.rrt", argv[1]);
	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (system(command))
		return 1;
	for (i = 0; i < 6; i++) {
		dma = i % 2;
		write_trace(path, codecs[i / 2], dma, rounds);
		read_trace(path, codecs[i / 2], dma);
		if (system(command))
			return 1;
	}
	return 0;
}
