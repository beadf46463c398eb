/*
 * rrlog_reader_check(): a trace of a small machine that means something, and
 * for each limit of FORMAT.md the same trace with one record that breaks it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#define RAM_BYTES ((3u << 20) + 4096) /* two regions, the last one small */
#define MAX_RECORDS 32
#define CPU_STATE_BYTES RRLOG_CPU_STATE_BYTES

static char dir[256], trace[300];
static uint8_t data[8192]; /* zeros, for all records */
static const uint64_t words[2][2] = { { RAM_BYTES - 4, UINT32_MAX }, { 8, 0 } };

/* Where each record of the trace stands in it. */
enum at {
	SLOT,
	SLOT_ABOVE,
	PIO_READ,
	MMIO_READ,
	RDTSC,
	RDRAND,
	RDMSR,
	DMA,
	INTERRUPT,
	WORDS,
	NMI,
	CR8,
	CPU_STATE,
	END,
	DIGEST,
	DIGEST_REST,
	DIGEST_ROM,
	COUNT,
};

#define LANDMARK .stamp = RRLOG_AT_LANDMARK, .landmark.branches = 1000

static const struct rrlog_record valid[COUNT] = {
	[SLOT] = { .type = RRLOG_SLOT,
		   .slot = { .slot = 0, .gpa = 0, .size = 1 << 20 } },
	[SLOT_ABOVE] = { .type = RRLOG_SLOT,
			 .slot = { .slot = 1,
				   .gpa = 1 << 20,
				   .size = 4096,
				   .block = 1,
				   .flags = 1 } },
	[PIO_READ] = { .type = RRLOG_PIO_READ,
		       .pio_read = { .port = 0x60, .size = 2, .count = 3 },
		       .data = data,
		       .data_bytes = 6 },
	[MMIO_READ] = { .type = RRLOG_MMIO_READ,
			.mmio_read = { .gpa = 0xfee00000, .size = 4 },
			.data = data,
			.data_bytes = 4 },
	[RDTSC] = { .type = RRLOG_RDTSC, .output_bytes = 5 },
	[RDRAND] = { .type = RRLOG_RDRAND,
		     .output_bytes = 5,
		     .rdrand = { .size = 8 } },
	[RDMSR] = { .type = RRLOG_RDMSR, .output_bytes = 5 },
	[DMA] = { .type = RRLOG_DMA,
		  .output_bytes = 5,
		  .dma = { .block = 0, .offset = RAM_BYTES - 6000 },
		  .data = data,
		  .data_bytes = 6000 },
	[INTERRUPT] = { .type = RRLOG_INTERRUPT,
			LANDMARK,
			.output_bytes = 5,
			.interrupt = { .vector = 255 } },
	[WORDS] = { .type = RRLOG_WORDS,
		    LANDMARK,
		    .output_bytes = 5,
		    .words = { .block = 0, .size = 4 },
		    .data = words,
		    .data_bytes = sizeof(words) },
	[NMI] = { .type = RRLOG_NMI, LANDMARK, .output_bytes = 5 },
	[CR8] = { .type = RRLOG_CR8, .output_bytes = 5, .cr8 = { 15 } },
	[CPU_STATE] = { .type = RRLOG_CPU_STATE,
			.output_bytes = 5,
			.data = data,
			.data_bytes = CPU_STATE_BYTES },
	[END] = { .type = RRLOG_END,
		  LANDMARK,
		  .output_bytes = 5,
		  .end = { RRLOG_END_STOPPED },
		  .data = data,
		  .data_bytes = CPU_STATE_BYTES },
	[DIGEST] = { .type = RRLOG_RAM_DIGEST,
		     LANDMARK,
		     .output_bytes = 5,
		     .data = data,
		     .data_bytes = 8 },
	[DIGEST_REST] = { .type = RRLOG_RAM_DIGEST,
			  LANDMARK,
			  .output_bytes = 5,
			  .ram_digest = { .block = 0, .first = 1 },
			  .data = data,
			  .data_bytes = 8 },
	[DIGEST_ROM] = { .type = RRLOG_RAM_DIGEST,
			 LANDMARK,
			 .output_bytes = 5,
			 .ram_digest = { .block = 1 },
			 .data = data,
			 .data_bytes = 8 },
};

/* What a change puts into a record. */
enum what {
	FIELD0,
	FIELD1,
	FIELD2,
	FIELD3,
	FIELD4,
	FIELD5,
	TYPE,
	STAMP,
	BRANCHES,
	RAX,
	OUTPUT,
	DATA,
	GONE,
	FEATURE,
};

struct change {
	enum at at;
	enum what what;
	uint64_t value;
	const char *says; /* part of the error's text */
};

static const struct change changes[] = {
	{ SLOT, FIELD0, 1024, "record 0 (slot): there is no slot 1024" },
	{ SLOT, FIELD1, 1, "not of whole pages" },
	{ SLOT, FIELD2, 4095, "not of whole pages" },
	{ SLOT, FIELD4, 2048, "not of whole pages" },
	{ SLOT, FIELD2, RAM_BYTES + 4096, "not within RAM block 0" },
	{ SLOT, FIELD4, RAM_BYTES - 4096, "not within RAM block 0" },
	{ SLOT, FIELD3, 2, "there is no RAM block 2" },
	{ SLOT, FIELD1, UINT64_MAX - 4095, "ends beyond 2^52" },
	{ SLOT, FIELD5, 2, "flags 2 is over 1" },
	{ SLOT_ABOVE, FIELD1, (1 << 20) - 4096, "slot 1 overlaps slot 0" },
	{ PIO_READ, FIELD0, 0x10000, "port 65536 is over 65535" },
	{ PIO_READ, FIELD1, 3, "a port read of 3 bytes" },
	{ PIO_READ, FIELD1, 0, "a port read of 0 bytes" },
	{ PIO_READ, FIELD2, 4, "6 bytes of data for 4 reads of 2 bytes" },
	{ PIO_READ, DATA, 0, "0 bytes of data" },
	{ PIO_READ, STAMP, 1, "has no landmark" },
	{ MMIO_READ, FIELD1, 9, "an MMIO read of 9 bytes" },
	{ MMIO_READ, DATA, 5, "5 bytes of data for an MMIO read of 4" },
	{ RDTSC, FIELD1, 4, "flags 4 is over 3" },
	{ RDTSC, OUTPUT, 6, "output_bytes falls from 6 to 5" },
	{ RDRAND, FIELD1, 3, "an operand of 3 bytes" },
	{ RDMSR, FIELD2, 2, "fault 2 is over 1" },
	{ DMA, FIELD0, 2, "there is no RAM block 2" },
	{ DMA, FIELD1, RAM_BYTES - 5999, "not within RAM block 0" },
	{ DMA, FIELD1, UINT64_MAX, "not within RAM block 0" },
	{ DMA, TYPE, RRLOG_CLOCK, "it needs a landmark" },
	{ INTERRUPT, FIELD0, 256, "vector 256 is over 255" },
	{ INTERRUPT, STAMP, 0, "it needs a landmark" },
	{ INTERRUPT, TYPE, RRLOG_CLOCK, "the manifest has no epoch clock" },
	{ INTERRUPT, TYPE, RRLOG_TLB_FLUSH, "no feature for it" },
	{ INTERRUPT, TYPE, RRLOG_PTE_BITS, "no feature for it" },
	{ DMA, TYPE, RRLOG_START, "no feature for it" },
	{ INTERRUPT, TYPE, RRLOG_START, "it has no landmark" },
	{ INTERRUPT, BRANCHES, 1001, "1000 branches, one before it has 1001" },
	{ INTERRUPT, BRANCHES, UINT64_C(1) << 62, "branches in " },
	{ INTERRUPT, TYPE, RRLOG_WORDS, "words of 0 bytes" },
	{ WORDS, FEATURE, 0, "the file has no feature for it" },
	{ WORDS, STAMP, 0, "it needs a landmark" },
	{ WORDS, FIELD0, 2, "there is no RAM block 2" },
	{ WORDS, FIELD0, 1, "not within RAM block 1" },
	{ WORDS, FIELD1, 2, "a word of 2 bytes with 0xffffffff" },
	{ WORDS, FIELD1, 3, "words of 3 bytes" },
	{ WORDS, FIELD1, 8, "not within RAM block 0" },
	{ WORDS, DATA, 0, "words in 0 bytes" },
	{ WORDS, DATA, 24, "words in 24 bytes" },
	{ NMI, STAMP, 0, "it needs a landmark" },
	{ CR8, FIELD0, 16, "value 16 is over 15" },
	{ CPU_STATE, FIELD0, 2, "halted 2 is over 1" },
	{ CPU_STATE, DATA, 8, "a CPU state of 8 bytes, not 1320" },
	{ END, FIELD0, 0, "there is no reason 0" },
	{ END, FIELD0, 4, "there is no reason 4" },
	{ END, DATA, 1312, "a CPU state of 1312 bytes" },
	{ END, STAMP, 0, "it needs a landmark" },
	{ END, GONE, 0, "it is not where the recording ended" },
	{ DIGEST, TYPE, RRLOG_NMI, "it is behind the end record" },
	{ DIGEST, RAX, 1, "it is not where the recording ended" },
	{ DIGEST, BRANCHES, 1001, "it is not where the recording ended" },
	{ DIGEST, FIELD0, 2, "there is no RAM block 2" },
	{ DIGEST, FIELD1, 1, "not the next ones of RAM block 0" },
	{ DIGEST, DATA, 0, "digests of 0 bytes" },
	{ DIGEST, DATA, 7, "digests of 7 bytes" },
	{ DIGEST, DATA, 24, "not the next ones of RAM block 0" },
	{ DIGEST_REST, FIELD1, 0, "not the next ones of RAM block 0" },
	{ DIGEST_REST, GONE, 0,
	  "no digest of RAM block 0 from offset 0x200000" },
	{ DIGEST_ROM, GONE, 0, "no digest of RAM block 1 from offset 0x0 on" },
};

static void apply_change(const struct change *c, struct rrlog_record *rec)
{
	switch (c->what) {
	case TYPE:
		rec->type = (uint8_t)c->value;
		rec->data_bytes = 0;
		memset(rec->field, 0, sizeof(rec->field));
		break;
	case FEATURE: /* of the file */
		break;
	case STAMP:
		rec->stamp = (uint8_t)c->value;
		if (!rec->stamp)
			memset(&rec->landmark, 0, sizeof(rec->landmark));
		break;
	case BRANCHES:
		rec->landmark.branches = c->value;
		break;
	case RAX:
		rec->landmark.regs[0] = c->value;
		break;
	case OUTPUT:
		rec->output_bytes = c->value;
		break;
	case DATA:
		rec->data_bytes = c->value;
		break;
	default:
		rec->field[c->what] = c->value;
	}
}

static const uint8_t cpuid[3 * 40];
static size_t cpuid_bytes = sizeof(cpuid);

static void write_trace(const struct change *change, unsigned int records,
			bool complete)
{
	const struct rrlog_block blocks[] = {
		{ .id = 0, .name = "pc.ram", .size_bytes = RAM_BYTES },
		{ .id = 1, .name = "rom", .size_bytes = 4096 },
	};
	struct rrlog_writer *w;
	unsigned int i;
	int err = rrlog_writer_create(trace, NULL, &w);

	for (i = 0; !err && i < 2; i++)
		err = rrlog_writer_add_block(w, &blocks[i]);
	if (!err)
		err = rrlog_writer_manifest_set_bytes(w, "cpu.cpuid", cpuid,
						      cpuid_bytes);
	if (!err && !(change && change->what == FEATURE))
		err = rrlog_writer_set_words(w);
	if (!err)
		err = rrlog_writer_start(w);
	for (i = 0; !err && i < records; i++) {
		struct rrlog_record rec = valid[i];

		if (change && change->at == i && change->what == GONE)
			continue;
		if (change && change->at == i)
			apply_change(change, &rec);
		err = rrlog_writer_append(w, &rec);
	}
	if (rrlog_writer_close(w, complete) || err)
		ksft_bail_out("cannot write %s: %s", trace, strerror(-err));
}

/* Reads all; returns the reader's last answer and, in @text, its words. */
static int read_trace(unsigned int fetch, char *text, size_t bytes,
		      uint64_t *digested_bytes)
{
	struct rrlog_record rec;
	struct rrlog_reader *r;
	int ret = rrlog_reader_open(trace, &r);

	if (!ret)
		ret = rrlog_reader_check(r);
	rrlog_reader_set_fetch(r, fetch);
	while (!ret && (ret = rrlog_reader_next(r, &rec)) > 0)
		ret = 0;
	snprintf(text, bytes, "%s", rrlog_reader_error(r));
	*digested_bytes = rrlog_reader_digested_bytes(r);
	rrlog_reader_close(r);
	return ret;
}

static void check_changes(void)
{
	char text[1024];
	uint64_t digested_bytes;
	unsigned int i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *c = &changes[i];
		int with_data, without;

		write_trace(c, COUNT, true);
		without = read_trace(0, text, sizeof(text), &digested_bytes);
		with_data = read_trace(RRLOG_FETCH_BLOBS, text, sizeof(text),
				       &digested_bytes);
		ksft_ok(with_data == -EBADMSG && without == -EBADMSG &&
				strstr(text, c->says) && strstr(text, "events"),
			"%s",
			strstr(text, "events: ") ? strstr(text, "events: ") :
						   c->says);
		remove_trace(trace);
	}
}

static void check_whole(void)
{
	char text[1024];
	uint64_t digested_bytes;
	int ret;

	write_trace(NULL, COUNT, true);
	ret = read_trace(RRLOG_FETCH_BLOBS, text, sizeof(text),
			 &digested_bytes);
	ksft_ok(!ret && digested_bytes == RAM_BYTES + 4096, "a whole trace: %s",
		text);
	remove_trace(trace);
	write_trace(NULL, DIGEST_REST, false);
	ret = read_trace(RRLOG_FETCH_BLOBS, text, sizeof(text),
			 &digested_bytes);
	ksft_ok(!ret && digested_bytes == RRLOG_REGION_BYTES,
		"one that was cut off among its digests: %s", text);
	remove_trace(trace);
	write_trace(NULL, END, true);
	ret = read_trace(RRLOG_FETCH_BLOBS, text, sizeof(text),
			 &digested_bytes);
	ksft_ok(ret == -EBADMSG && strstr(text, "it has no end record"),
		"one without an end: %s", text);
	remove_trace(trace);
	cpuid_bytes = 41;
	write_trace(NULL, COUNT, true);
	ret = read_trace(RRLOG_FETCH_BLOBS, text, sizeof(text),
			 &digested_bytes);
	ksft_ok(ret == -EBADMSG && strstr(text, "there is no CPUID table"),
		"one with half an entry of CPUID: %s", text);
	cpuid_bytes = sizeof(cpuid);
	remove_trace(trace);
}

static void check_moves(void)
{
	struct change change = { SLOT, FIELD0, 1024, NULL };
	struct rrlog_record rec;
	struct rrlog_reader *r;
	int rewound, moved;

	write_trace(NULL, COUNT, true);
	rewound = rrlog_reader_open(trace, &r);
	if (!rewound)
		rewound = rrlog_reader_check(r);
	while (!rewound && rrlog_reader_next(r, &rec) > 0)
		continue;
	if (!rewound)
		rewound = rrlog_reader_rewind(r);
	while (!rewound && (rewound = rrlog_reader_next(r, &rec)) > 0)
		rewound = 0;
	ksft_ok(!rewound, "after a rewind it begins anew: %s",
		rrlog_reader_error(r));
	rrlog_reader_close(r);
	remove_trace(trace);
	write_trace(&change, COUNT, true);
	moved = rrlog_reader_open(trace, &r);
	if (!moved)
		moved = rrlog_reader_check(r);
	if (!moved)
		moved = rrlog_reader_seek_record(r, 0);
	while (!moved && (moved = rrlog_reader_next(r, &rec)) > 0)
		moved = 0;
	ksft_ok(!moved, "after a seek there is no check");
	rrlog_reader_close(r);
	remove_trace(trace);
}

/* A few bytes could name the same content millions of times. */
static void check_page_twice(bool same_content)
{
	const struct rrlog_block block = { .name = "pc.ram",
					   .size_bytes = RAM_BYTES };
	uint8_t page[RRLOG_PAGE_BYTES] = { 1 };
	struct rrlog_writer *w;
	struct rrlog_reader *r;
	int err = rrlog_writer_create(trace, NULL, &w);

	if (!err)
		err = rrlog_writer_add_block(w, &block);
	if (!err)
		err = rrlog_writer_put_page(w, 0, 5, page);
	page[0] += !same_content;
	if (!err)
		err = rrlog_writer_put_page(w, 0, 5, page);
	if (!err)
		err = rrlog_writer_start(w);
	if (rrlog_writer_close(w, true) || err)
		ksft_bail_out("cannot write %s: %s", trace, strerror(-err));
	err = rrlog_reader_open(trace, &r);
	if (!err)
		err = rrlog_reader_for_each_page(r, ignore_page, NULL);
	ksft_ok(err == -EBADMSG &&
			strstr(rrlog_reader_error(r), "for the second time"),
		"a page twice: %s", rrlog_reader_error(r));
	rrlog_reader_close(r);
	remove_trace(trace);
}

int main(void)
{
	ksft_plan(sizeof(changes) / sizeof(changes[0]) + 8);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	check_changes();
	check_whole();
	check_moves();
	check_page_twice(true);
	check_page_twice(false);
	rmdir(dir);
	return ksft_end();
}
