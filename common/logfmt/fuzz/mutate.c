/*
 * Copies of traces that mean something else; see mutate.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/mutate.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "common/logfmt/rrlog.h"

enum kind {
	FIELD, /* a field of a record */
	LANDMARK, /* a register or the branches of a landmark */
	OUTPUT, /* the guest's output, as a record with a landmark has it */
	DATA, /* bytes or size of a record's data */
	STAMP, /* a landmark is there or not */
	TYPE,
	DROP,
	DOUBLE,
	SWAP, /* with the record before it */
	END, /* the end record or a digest: its data, or it is not there */
	PAGE, /* a byte of the memory at the start */
	BLOCK, /* size or name of a RAM block */
	ENTRY, /* an entry of the manifest */
	SPIN, /* the guest's first instruction jumps to itself */
	SLOTS, /* 100,000 records that make a slot and take it away */
	HEAVY, /* 300 dma records that all name the same 8 MiB of "blobs" */
	KINDS
};

static const char *const names[KINDS] = {
	"field", "landmark", "output", "data",	"stamp", "type",
	"drop",	 "double",   "swap",   "end",	"page",	 "block",
	"entry", "spin",     "slots",  "heavy",
};

/* What must not reach a terminal. */
#define FORGED "\033[2Jx\nrr-replay: complete"
#define HEAVY_BYTES (UINT64_C(8) << 20)

/* Where the first instruction is in the last page of the firmware. */
#define RESET_OFFSET 0xff0
static const uint8_t jump_to_itself[] = { 0xeb, 0xfe };

struct mutation {
	enum kind kind;
	GRand *random;
	struct rrlog_reader *reader;
	struct rrlog_writer *writer;
	uint64_t chosen; /* ordinal of the record or page */
	uint64_t page_count; /* so far */
	struct rrlog_record before; /* for SWAP, with a copy of its data */
	bool has_before, done;
	uint8_t *changed_data; /* of a record, or NULL */
	char *text; /* what was changed */
	int err;
};

static uint64_t random_u64(GRand *random)
{
	return (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
}

/* Extremes, near misses and anything. */
static uint64_t any_value(GRand *random, uint64_t value)
{
	switch (g_rand_int_range(random, 0, 8)) {
	case 0:
		return value + 1;
	case 1:
		return value - 1;
	case 2:
		return UINT64_MAX;
	case 3:
		return UINT64_C(1) << 62;
	case 4:
		return value ? 0 : 4096;
	case 5:
		return value ^ UINT64_C(1) << g_rand_int_range(random, 0, 64);
	case 6:
		return value + 4096;
	default:
		return random_u64(random) >> g_rand_int_range(random, 0, 64);
	}
}

static uint64_t changed(GRand *random, uint64_t value)
{
	uint64_t other = any_value(random, value);

	return other == value ? value + 1 : other;
}

static void say(struct mutation *m, const char *what, uint64_t where)
{
	m->done = true;
	snprintf(m->text, RRLOG_MUTATE_TEXT_BYTES, "%s: %.60s, number %llu",
		 names[m->kind], what, (unsigned long long)where);
}

/* ---- records ---- */

static void change_field(struct mutation *m, struct rrlog_record *rec)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);
	unsigned int i;

	if (!info->field_count)
		return;
	i = (unsigned int)g_rand_int_range(m->random, 0,
					   (gint)info->field_count);
	rec->field[i] = changed(m->random, rec->field[i]);
	say(m, info->fields[i], m->chosen);
}

/* Not rflags, of which bits are ignored. */
static void change_landmark(struct mutation *m, struct rrlog_record *rec)
{
	int i = g_rand_int_range(m->random, 0, RR_REG_RFLAGS + 1);
	uint64_t *value = i == RR_REG_RFLAGS ? &rec->landmark.branches :
					       &rec->landmark.regs[i];

	if (rec->stamp != RRLOG_AT_LANDMARK)
		return;
	*value = changed(m->random, *value);
	say(m, i == RR_REG_RFLAGS ? "branches" : rr_reg_name(i), m->chosen);
}

static void change_output(struct mutation *m, struct rrlog_record *rec)
{
	if (rec->stamp != RRLOG_AT_LANDMARK)
		return;
	if (g_rand_boolean(m->random))
		rec->output_hash ^= 1u << g_rand_int_range(m->random, 0, 32);
	else
		rec->output_bytes = changed(m->random, rec->output_bytes);
	say(m, "output", m->chosen);
}

static void change_bytes(struct mutation *m, struct rrlog_record *rec)
{
	uint8_t *copy;

	if (!rec->data_bytes)
		return;
	copy = m->changed_data = g_memdup2(rec->data, rec->data_bytes);
	if (g_rand_boolean(m->random))
		rec->data_bytes = (size_t)g_rand_int_range(
			m->random, 0, (gint)MIN(rec->data_bytes, 1 << 20));
	else
		copy[g_rand_int_range(m->random, 0,
				      (gint)MIN(rec->data_bytes, 1 << 20))] ^=
			1 << g_rand_int_range(m->random, 0, 8);
	rec->data = copy;
	say(m, "data", m->chosen);
}

static void change_stamp(struct mutation *m, struct rrlog_record *rec)
{
	rec->stamp = !rec->stamp;
	if (rec->stamp == RRLOG_AT_ACCESS) {
		memset(&rec->landmark, 0, sizeof(rec->landmark));
		rec->output_hash = 0;
	}
	say(m, "landmark there or not", m->chosen);
}

static void change_type(struct mutation *m, struct rrlog_record *rec)
{
	uint8_t type = (uint8_t)g_rand_int_range(m->random, 1, 23);
	const struct rrlog_type_info *info = rrlog_type_info(type);
	unsigned int i;

	if (type == rec->type || !info)
		return;
	rec->type = type;
	if (!info->has_data)
		rec->data_bytes = 0;
	for (i = info->field_count; i < RRLOG_MAX_FIELDS; i++)
		rec->field[i] = 0;
	say(m, info->name, m->chosen);
}

/* False: the record is left out. */
static bool change_end(struct mutation *m, struct rrlog_record *rec)
{
	if (rec->type != RRLOG_END && rec->type != RRLOG_RAM_DIGEST)
		return true;
	if (g_rand_int_range(m->random, 0, 3)) /* any of them */
		return true;
	if (g_rand_int_range(m->random, 0, 3) == 0) {
		say(m, "left out", m->chosen);
		return false;
	}
	change_bytes(m, rec);
	return true;
}

/* Copies of @rec, which takes effect at the same place, with other contents. */
static void add_slots(struct mutation *m, struct rrlog_record rec)
{
	unsigned int i;

	rec.type = RRLOG_SLOT;
	rec.data_bytes = 0;
	for (i = 0; !m->err && i < 100000; i++) {
		memset(rec.field, 0, sizeof(rec.field));
		rec.slot.slot = RRLOG_MAX_SLOTS - 1;
		rec.slot.gpa = UINT64_C(1) << 40;
		rec.slot.size = i % 2 ? 0 : RRLOG_PAGE_BYTES;
		m->err = rrlog_writer_append(m->writer, &rec);
	}
	say(m, "slots", m->chosen);
}

static void add_dma(struct mutation *m, struct rrlog_record rec)
{
	const struct rrlog_block *block = rrlog_reader_block(m->reader, 0);
	size_t bytes = (size_t)MIN(block->size_bytes / 2, HEAVY_BYTES);
	g_autofree uint8_t *zeros = g_malloc0(bytes);
	unsigned int i;

	rec.type = RRLOG_DMA;
	memset(rec.field, 0, sizeof(rec.field));
	/* In the middle, which the firmware does not use. */
	rec.dma.offset = block->size_bytes / 4;
	rec.data = zeros;
	rec.data_bytes = bytes;
	for (i = 0; !m->err && i < 300; i++)
		m->err = rrlog_writer_append(m->writer, &rec);
	say(m, "dma", m->chosen);
}

static bool change_record(struct mutation *m, struct rrlog_record *rec)
{
	switch (m->kind) {
	case FIELD:
		change_field(m, rec);
		break;
	case LANDMARK:
		change_landmark(m, rec);
		break;
	case OUTPUT:
		change_output(m, rec);
		break;
	case DATA:
		change_bytes(m, rec);
		break;
	case STAMP:
		change_stamp(m, rec);
		break;
	case TYPE:
		change_type(m, rec);
		break;
	case END:
		return change_end(m, rec);
	case SLOTS:
		add_slots(m, *rec);
		break;
	case HEAVY:
		add_dma(m, *rec);
		break;
	case DROP:
		say(m, "left out", m->chosen);
		return false;
	case DOUBLE:
		say(m, "twice", m->chosen);
		return !rrlog_writer_append(m->writer, rec);
	default:
		break;
	}
	return true;
}

static int append(struct mutation *m, struct rrlog_record *rec, uint64_t at)
{
	bool keep = true;

	if (!m->done && at >= m->chosen) {
		m->chosen = at;
		if (m->kind == SWAP && !m->has_before) {
			m->before = *rec;
			m->before.data = g_memdup2(rec->data, rec->data_bytes);
			m->has_before = true;
			return 0;
		}
		keep = change_record(m, rec);
	}
	if (m->has_before) {
		int err = rrlog_writer_append(m->writer, rec);

		m->has_before = false;
		say(m, "in the other order", m->chosen);
		return err ? err : rrlog_writer_append(m->writer, &m->before);
	}
	return keep ? rrlog_writer_append(m->writer, rec) : 0;
}

/* ---- what is before the records ---- */

static int put_page(void *opaque, uint32_t block, uint64_t page_index,
		    const void *page)
{
	struct mutation *m = opaque;
	const struct rrlog_block *b = rrlog_reader_block(m->reader, block);
	uint8_t copy[RRLOG_PAGE_BYTES];

	memcpy(copy, page, sizeof(copy));
	if (m->kind == PAGE && m->page_count++ == m->chosen) {
		copy[g_rand_int_range(m->random, 0, sizeof(copy))] ^= 1;
		say(m, b->name, page_index);
	}
	if (m->kind == SPIN && !strcmp(b->name, "pc.bios") &&
	    page_index == b->size_bytes / RRLOG_PAGE_BYTES - 1) {
		memcpy(copy + RESET_OFFSET, jump_to_itself,
		       sizeof(jump_to_itself));
		say(m, b->name, page_index);
	}
	return rrlog_writer_put_page(m->writer, block, page_index, copy);
}

static int copy_blocks(struct mutation *m)
{
	size_t i, count = rrlog_reader_block_count(m->reader);
	int err = 0;

	for (i = 0; !err && i < count; i++) {
		struct rrlog_block b = *rrlog_reader_block(m->reader, i);

		if (m->kind == BLOCK && i == m->chosen % count) {
			if (g_rand_boolean(m->random))
				b.size_bytes = changed(m->random, b.size_bytes);
			else
				strcpy(b.name, FORGED);
			say(m, "block", i);
		}
		err = rrlog_writer_add_block(m->writer, &b);
	}
	return err;
}

static int copy_entries(struct mutation *m)
{
	size_t i, count = rrlog_reader_manifest_count(m->reader);
	int err = 0;

	for (i = 0; !err && i < count; i++) {
		const char *key = rrlog_reader_manifest_key(m->reader, i);
		g_autofree char *value =
			g_strdup(rrlog_reader_manifest(m->reader, key));
		size_t at = (size_t)g_rand_int_range(
			m->random, 0, (gint)MAX(strlen(value), 1));

		if (m->kind == ENTRY && i == m->chosen % count) {
			say(m, key, at);
			if (g_rand_boolean(m->random))
				continue;
			if (g_rand_boolean(m->random)) {
				g_free(value);
				value = g_strdup(FORGED);
			} else
				value[at] = (char)g_rand_int_range(m->random,
								   32, 127);
		}
		err = rrlog_writer_manifest_set(m->writer, key, value);
	}
	return err;
}

static uint64_t count_records(struct rrlog_reader *r)
{
	struct rrlog_reader_position p;

	rrlog_reader_position(r, &p);
	return p.total_records;
}

static int count_page(void *opaque, uint32_t block, uint64_t page_index,
		      const void *page)
{
	(void)block, (void)page_index, (void)page;
	++*(uint64_t *)opaque;
	return 0;
}

static int choose(struct mutation *m)
{
	uint64_t pages = 0, count;
	int err = rrlog_reader_for_each_page(m->reader, count_page, &pages);

	count = m->kind == PAGE ? pages : count_records(m->reader);
	if (m->chosen == RRLOG_MUTATE_ANY)
		m->chosen = count ? random_u64(m->random) % count : 0;
	return err;
}

static int copy(struct mutation *m)
{
	struct rrlog_record rec;
	uint64_t at = 0;
	int err = choose(m);

	if (!err)
		err = copy_blocks(m);
	if (!err)
		err = copy_entries(m);
	if (!err && rrlog_reader_has_tlb_flushes(m->reader))
		err = rrlog_writer_set_tlb_flushes(m->writer);
	if (!err && rrlog_reader_has_pte_bits(m->reader))
		err = rrlog_writer_set_pte_bits(m->writer);
	if (!err && rrlog_reader_has_late_start(m->reader))
		err = rrlog_writer_set_late_start(m->writer);
	if (!err && rrlog_reader_has_words(m->reader))
		err = rrlog_writer_set_words(m->writer);
	if (!err)
		err = rrlog_reader_for_each_page(m->reader, put_page, m);
	if (!err)
		err = rrlog_writer_start(m->writer);
	rrlog_reader_set_fetch(m->reader, RRLOG_FETCH_BLOBS);
	while (!err && (err = rrlog_reader_next(m->reader, &rec)) > 0)
		err = append(m, &rec, at++);
	return err;
}

static enum kind find_kind(const char *name)
{
	enum kind kind = 0;

	while (kind < KINDS && strcmp(names[kind], name))
		kind++;
	return kind;
}

const char *rrlog_mutate_kind(unsigned int i)
{
	return i < KINDS ? names[i] : NULL;
}

static int mutate(struct mutation *m, const char *in, const char *out)
{
	int closed, err = rrlog_reader_open(in, &m->reader);

	if (!err)
		err = rrlog_writer_create(out, NULL, &m->writer);
	if (!err)
		err = copy(m);
	if (!err)
		err = m->err;
	closed = rrlog_writer_close(m->writer, true);
	rrlog_reader_close(m->reader);
	/* A mutation that no writer accepts is not one. */
	if (err == -EINVAL || !m->done)
		return 0;
	return err || closed ? err ? err : closed : 1;
}

int rrlog_mutate(const char *in, const char *out, const char *kind,
		 uint32_t seed, uint64_t record, char *text)
{
	struct mutation m = { .kind = find_kind(kind),
			      .text = text,
			      .chosen = record };
	int ret;

	if (m.kind == KINDS)
		return -ENOENT;
	m.random = g_rand_new_with_seed(seed);
	ret = mutate(&m, in, out);
	g_rand_free(m.random);
	g_free(m.changed_data);
	g_free((void *)m.before.data);
	return ret;
}
