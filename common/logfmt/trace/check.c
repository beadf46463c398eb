/*
 * What records may say.  See check-internal.h.
 *
 * The decoder makes sure that a record has the form of its type.  This makes
 * sure that it has a meaning: that its numbers lie within the machine of the
 * manifest, and that it may stand behind the records before it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/trace/check-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
#define MAX_GPA (UINT64_C(1) << 52) /* SDM vol. 3, 4.1.4: MAXPHYADDR */
#define OUTPUT_NAME "output_bytes"
#define PTE_BITS UINT64_C(0x60) /* accessed, dirty: SDM vol. 3, 4.8 */
#define MAX_FOP 0x7ff /* SDM vol. 1, 8.1.9 */
#define MAX_XINUSE 7 /* x87, SSE, AVX: SDM vol. 1, 13.6 */

struct slot {
	uint64_t gpa, bytes; /* 0 bytes: the slot is empty */
};

struct rrlog_check {
	const struct rrlog_manifest *manifest;
	bool has_epoch_clock, has_tlb_flushes, has_pte_bits, has_late_start;
	bool has_words;
	uint64_t output_bytes;
	uint64_t branches; /* of the last landmark ... */
	uint64_t branches_time_ns; /* ... and the time of its frame */
	struct slot slots[RRLOG_MAX_SLOTS];
	bool image_declared[RRLOG_MAX_IMAGES];
	bool ended;
	struct rrlog_record end;
	uint64_t digested_bytes[RRLOG_MAX_BLOCKS];
};

static int __attribute__((format(printf, 2, 3)))
wrong(char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, RRLOG_CHECK_TEXT_BYTES, format, args);
	va_end(args);
	return -EBADMSG;
}

static int at_most(char *text, const char *field, uint64_t value,
		   uint64_t limit)
{
	if (value <= limit)
		return 0;
	return wrong(text, "%s %" PRIu64 " is over %" PRIu64, field, value,
		     limit);
}

/* ---- RAM ---- */

/* The range must lie in a block. */
static int check_range(const struct rrlog_check *c, uint64_t id,
		       uint64_t offset, uint64_t bytes, char *text)
{
	uint64_t block_bytes;

	if (id >= c->manifest->block_count)
		return wrong(text, "there is no RAM block %" PRIu64, id);
	block_bytes = c->manifest->blocks[id].size_bytes;
	if (offset > block_bytes || bytes > block_bytes - offset)
		return wrong(text,
			     "%" PRIu64 " bytes at offset 0x%" PRIx64
			     " are not within RAM block %" PRIu64 " (%" PRIu64
			     " bytes)",
			     bytes, offset, id, block_bytes);
	return 0;
}

/* Each word must lie in the block, and its value must fit. */
static int check_words(const struct rrlog_check *c,
		       const struct rrlog_record *rec, char *text)
{
	const uint64_t size = rec->words.size;
	const uint8_t *data = rec->data;
	uint64_t word[2];
	size_t at;
	int err = 0;

	if (!c->has_words)
		return wrong(text, "the file has no feature for it");
	if (size != 2 && size != 4 && size != 8)
		return wrong(text, "words of %" PRIu64 " bytes", size);
	if (!rec->data_bytes || rec->data_bytes % RRLOG_WORD_BYTES ||
	    rec->data_bytes > RRLOG_MAX_WORDS * RRLOG_WORD_BYTES)
		return wrong(text, "words in %zu bytes", rec->data_bytes);
	/* A reader without data checks the rest of it alone. */
	for (at = 0; !err && data && at < rec->data_bytes; at += sizeof(word)) {
		memcpy(word, data + at, sizeof(word));
		err = check_range(c, rec->words.block, word[0], size, text);
		if (!err && size < 8 && word[1] >> 8 * size)
			err = wrong(text,
				    "a word of %" PRIu64
				    " bytes with 0x%" PRIx64,
				    size, word[1]);
	}
	return err;
}

static int check_overlap(const struct rrlog_check *c,
			 const struct rrlog_slot_fields *s, char *text)
{
	unsigned int i;

	for (i = 0; i < RRLOG_MAX_SLOTS; i++) {
		const struct slot *other = &c->slots[i];

		if (i == s->slot || !other->bytes ||
		    s->gpa >= other->gpa + other->bytes ||
		    other->gpa >= s->gpa + s->size)
			continue;
		return wrong(text, "slot %" PRIu64 " overlaps slot %u", s->slot,
			     i);
	}
	return 0;
}

static int check_slot(struct rrlog_check *c, const struct rrlog_slot_fields *s,
		      char *text)
{
	const uint64_t all = s->gpa | s->size | s->offset;
	int err;

	if (s->slot >= RRLOG_MAX_SLOTS)
		return wrong(text, "there is no slot %" PRIu64, s->slot);
	c->slots[s->slot].bytes = 0;
	if (!s->size)
		return 0;
	if (all % RRLOG_PAGE_BYTES)
		return wrong(text, "slot %" PRIu64 " is not of whole pages",
			     s->slot);
	if (s->gpa > MAX_GPA || s->size > MAX_GPA - s->gpa)
		return wrong(text, "slot %" PRIu64 " ends beyond 2^52",
			     s->slot);
	err = at_most(text, "flags", s->flags, 1);
	if (!err)
		err = check_range(c, s->block, s->offset, s->size, text);
	if (!err)
		err = check_overlap(c, s, text);
	if (!err)
		c->slots[s->slot] = (struct slot){ s->gpa, s->size };
	return err;
}

/* A page table is in RAM. */
static int check_start(const struct rrlog_check *c,
		       const struct rrlog_start_fields *s, char *text)
{
	if (!c->has_late_start)
		return wrong(text, "the file has no feature for it");
	if (s->fop > MAX_FOP)
		return at_most(text, "fop", s->fop, MAX_FOP);
	return at_most(text, "xinuse", s->xinuse, MAX_XINUSE);
}

static int check_pte_bits(const struct rrlog_check *c,
			  const struct rrlog_pte_bits_fields *p, char *text)
{
	unsigned int i;

	if (!c->has_pte_bits)
		return wrong(text, "the file has no feature for it");
	if (!p->bits || p->bits & ~PTE_BITS)
		return wrong(text, "bits 0x%" PRIx64, p->bits);
	for (i = 0; i < RRLOG_MAX_SLOTS; i++)
		if (p->gpa >= c->slots[i].gpa &&
		    p->gpa - c->slots[i].gpa < c->slots[i].bytes)
			return 0;
	return wrong(text, "no slot has the address 0x%" PRIx64, p->gpa);
}

static int check_dma_image(const struct rrlog_check *c,
			   const struct rrlog_dma_image_fields *d, char *text)
{
	if (d->image >= RRLOG_MAX_IMAGES || !c->image_declared[d->image])
		return wrong(text, "no record declares image %" PRIu64,
			     d->image);
	if (!d->bytes || d->bytes > RRLOG_MAX_DATA_BYTES)
		return wrong(text, "a reference to %" PRIu64 " bytes",
			     d->bytes);
	return check_range(c, d->block, d->offset, d->bytes, text);
}

static int check_image(struct rrlog_check *c,
		       const struct rrlog_image_fields *i, char *text)
{
	if (i->image >= RRLOG_MAX_IMAGES)
		return wrong(text, "there is no image %" PRIu64, i->image);
	if (c->image_declared[i->image])
		return wrong(text, "image %" PRIu64 " is declared twice",
			     i->image);
	c->image_declared[i->image] = true;
	return 0;
}

/* ---- results of instructions ---- */

static int check_pio_read(const struct rrlog_record *rec, char *text)
{
	const struct rrlog_pio_read_fields *p = &rec->pio_read;
	int err = at_most(text, "port", p->port, UINT16_MAX);

	if (err)
		return err;
	if (p->size != 1 && p->size != 2 && p->size != 4)
		return wrong(text, "a port read of %" PRIu64 " bytes", p->size);
	if (!rec->data_bytes || rec->data_bytes % p->size ||
	    rec->data_bytes / p->size != p->count)
		return wrong(text,
			     "%zu bytes of data for %" PRIu64
			     " reads of %" PRIu64 " bytes",
			     rec->data_bytes, p->count, p->size);
	return 0;
}

static int check_mmio_read(const struct rrlog_record *rec, char *text)
{
	if (!rec->mmio_read.size || rec->mmio_read.size > sizeof(uint64_t))
		return wrong(text, "an MMIO read of %" PRIu64 " bytes",
			     rec->mmio_read.size);
	if (rec->data_bytes != rec->mmio_read.size)
		return wrong(text,
			     "%zu bytes of data for an MMIO read of %" PRIu64
			     " bytes",
			     rec->data_bytes, rec->mmio_read.size);
	return 0;
}

static int check_random(const struct rrlog_rdrand_fields *random, char *text)
{
	if (random->size != 2 && random->size != 4 && random->size != 8)
		return wrong(text, "an operand of %" PRIu64 " bytes",
			     random->size);
	return at_most(text, "flags", random->flags, 3);
}

static int check_result(const struct rrlog_record *rec, char *text)
{
	switch (rec->type) {
	case RRLOG_PIO_READ:
		return check_pio_read(rec, text);
	case RRLOG_MMIO_READ:
		return check_mmio_read(rec, text);
	case RRLOG_RDTSC:
		return at_most(text, "flags", rec->rdtsc.flags, 3);
	case RRLOG_RDTSCP:
		return at_most(text, "flags", rec->rdtscp.flags, 3);
	case RRLOG_RDPMC:
		return at_most(text, "flags", rec->rdpmc.flags, 3);
	case RRLOG_RDRAND:
	case RRLOG_RDSEED: /* has the same fields */
		return check_random(&rec->rdrand, text);
	case RRLOG_RDMSR:
		return at_most(text, "fault", rec->rdmsr.fault, 1);
	default:
		return at_most(text, "fault", rec->wrmsr.fault, 1);
	}
}

/* ---- the end ---- */

static int check_end_record(struct rrlog_check *c,
			    const struct rrlog_record *rec, char *text)
{
	if (!rec->end.reason || rec->end.reason > RRLOG_END_ERROR)
		return wrong(text, "there is no reason %" PRIu64,
			     rec->end.reason);
	if (rec->data_bytes != RRLOG_CPU_STATE_BYTES)
		return wrong(text, "a CPU state of %zu bytes, not %u",
			     rec->data_bytes, RRLOG_CPU_STATE_BYTES);
	c->ended = true;
	c->end = *rec;
	return 0;
}

static bool is_at_end(const struct rrlog_check *c,
		      const struct rrlog_record *rec)
{
	return rec->stamp == RRLOG_AT_LANDMARK &&
	       rec->output_bytes == c->end.output_bytes &&
	       rec->output_hash == c->end.output_hash &&
	       !memcmp(&rec->landmark, &c->end.landmark, sizeof(rec->landmark));
}

/* The digests of a block are in order, without gaps. */
static int check_digest(struct rrlog_check *c, const struct rrlog_record *rec,
			char *text)
{
	const struct rrlog_ram_digest_fields *d = &rec->ram_digest;
	uint64_t count = rec->data_bytes / sizeof(uint64_t);
	uint64_t *done_bytes, left_bytes;
	int err;

	if (!c->ended || !is_at_end(c, rec))
		return wrong(text, "it is not where the recording ended");
	err = check_range(c, d->block, 0, 0, text);
	if (err)
		return err;
	done_bytes = &c->digested_bytes[d->block];
	left_bytes = c->manifest->blocks[d->block].size_bytes - *done_bytes;
	if (!count || rec->data_bytes % sizeof(uint64_t))
		return wrong(text, "digests of %zu bytes", rec->data_bytes);
	if (!left_bytes || d->first != *done_bytes / RRLOG_REGION_BYTES ||
	    count > (left_bytes - 1) / RRLOG_REGION_BYTES + 1)
		return wrong(text,
			     "%" PRIu64 " regions from %" PRIu64
			     " on are not the next ones of RAM block %" PRIu64,
			     count, d->first, d->block);
	*done_bytes += MIN(count * RRLOG_REGION_BYTES, left_bytes);
	return 0;
}

int rrlog_check_end(const struct rrlog_check *c, char *text)
{
	unsigned int i;

	if (!c->ended)
		return wrong(text, "the trace is complete, but it has no end "
				   "record");
	for (i = 0; i < c->manifest->block_count; i++) {
		if (c->digested_bytes[i] == c->manifest->blocks[i].size_bytes)
			continue;
		return wrong(text,
			     "there is no digest of RAM block %u from offset "
			     "0x%" PRIx64 " on",
			     i, c->digested_bytes[i]);
	}
	return 0;
}

uint64_t rrlog_check_digested_bytes(const struct rrlog_check *c)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < c->manifest->block_count; i++)
		bytes += c->digested_bytes[i];
	return bytes;
}

/* ---- each record ---- */

static int check_fields(struct rrlog_check *c, const struct rrlog_record *rec,
			char *text)
{
	switch (rec->type) {
	case RRLOG_DMA:
		return check_range(c, rec->dma.block, rec->dma.offset,
				   rec->data_bytes, text);
	case RRLOG_SLOT:
		return check_slot(c, &rec->slot, text);
	case RRLOG_INTERRUPT:
		return at_most(text, "vector", rec->interrupt.vector, 255);
	case RRLOG_CR8:
		return at_most(text, "value", rec->cr8.value, 15);
	case RRLOG_CPU_STATE:
		if (rec->data_bytes != RRLOG_CPU_STATE_BYTES)
			return wrong(text, "a CPU state of %zu bytes, not %u",
				     rec->data_bytes, RRLOG_CPU_STATE_BYTES);
		return at_most(text, "halted", rec->cpu_state.halted, 1);
	case RRLOG_END:
		return check_end_record(c, rec, text);
	case RRLOG_RAM_DIGEST:
		return check_digest(c, rec, text);
	case RRLOG_IMAGE:
		return check_image(c, &rec->image, text);
	case RRLOG_DMA_IMAGE:
		return check_dma_image(c, &rec->dma_image, text);
	case RRLOG_CLOCK:
		return c->has_epoch_clock ? 0 :
					    wrong(text, "the manifest has no "
							"epoch clock");
	case RRLOG_NMI:
		return 0;
	case RRLOG_TLB_FLUSH:
		return c->has_tlb_flushes ?
			       0 :
			       wrong(text, "the file has no feature for it");
	case RRLOG_PTE_BITS:
		return check_pte_bits(c, &rec->pte_bits, text);
	case RRLOG_START:
		return check_start(c, &rec->start, text);
	case RRLOG_WORDS:
		return check_words(c, rec, text);
	default:
		return check_result(rec, text);
	}
}

/* Results belong to accesses, and interrupts come between instructions. */
static int check_stamp(const struct rrlog_record *rec, char *text)
{
	switch (rec->type) {
	case RRLOG_DMA:
	case RRLOG_SLOT:
	case RRLOG_CR8:
	case RRLOG_CPU_STATE:
	case RRLOG_IMAGE:
	case RRLOG_DMA_IMAGE:
		return 0;
	case RRLOG_INTERRUPT:
	case RRLOG_NMI:
	case RRLOG_CLOCK:
	case RRLOG_TLB_FLUSH:
	case RRLOG_PTE_BITS:
	case RRLOG_WORDS:
	case RRLOG_END:
	case RRLOG_RAM_DIGEST:
		return rec->stamp == RRLOG_AT_LANDMARK ?
			       0 :
			       wrong(text, "it needs a landmark");
	case RRLOG_START:
		return rec->stamp == RRLOG_AT_ACCESS ?
			       0 :
			       wrong(text, "it has no landmark");
	default:
		return rec->stamp == RRLOG_AT_ACCESS ?
			       0 :
			       wrong(text, "the result of an instruction has "
					   "no landmark");
	}
}

/*
 * A guest cannot retire branches faster than any processor.  Without this
 * limit a wrong count would keep a replay busy for years.
 */
static int check_branches(struct rrlog_check *c, uint64_t branches,
			  uint64_t time_ns, char *text)
{
	uint64_t passed_ns = time_ns - c->branches_time_ns;
	uint64_t limit;

	if (branches < c->branches)
		return wrong(text,
			     "its landmark has %" PRIu64 " branches, one "
			     "before it has %" PRIu64,
			     branches, c->branches);
	if (passed_ns < UINT64_MAX / RRLOG_MAX_BRANCHES_PER_NS - NS_PER_S) {
		limit = (passed_ns + NS_PER_S) * RRLOG_MAX_BRANCHES_PER_NS;
		if (branches - c->branches > limit)
			return wrong(text,
				     "%" PRIu64 " branches in %" PRIu64 " ns",
				     branches - c->branches, passed_ns);
	}
	c->branches = branches;
	c->branches_time_ns = time_ns;
	return 0;
}

static int check_order(struct rrlog_check *c, const struct rrlog_record *rec,
		       uint64_t time_ns, char *text)
{
	if (c->ended && rec->type != RRLOG_RAM_DIGEST)
		return wrong(text, "it is behind the end record");
	if (rec->output_bytes < c->output_bytes)
		return wrong(text,
			     OUTPUT_NAME " falls from %" PRIu64 " to %" PRIu64,
			     c->output_bytes, rec->output_bytes);
	c->output_bytes = rec->output_bytes;
	if (rec->stamp != RRLOG_AT_LANDMARK)
		return 0;
	return check_branches(c, rec->landmark.branches, time_ns, text);
}

int rrlog_check_record(struct rrlog_check *c, const struct rrlog_record *rec,
		       uint64_t frame_time_ns, char *text)
{
	int err = check_stamp(rec, text);

	if (!err)
		err = check_order(c, rec, frame_time_ns, text);
	return err ? err : check_fields(c, rec, text);
}

static bool has_epoch_clock(const struct rrlog_manifest *m)
{
	const char *mode = g_hash_table_lookup(m->values, "clock.mode");

	return mode && !strcmp(mode, "epoch");
}

/* Linux's struct kvm_cpuid_entry2: 10 u32. */
#define CPUID_ENTRY_BYTES 40

static bool has_cpuid_table(const struct rrlog_manifest *m)
{
	const char *text = g_hash_table_lookup(m->values, "cpu.cpuid");
	gsize bytes = 0;

	if (text)
		g_free(g_base64_decode(text, &bytes));
	return bytes && bytes % CPUID_ENTRY_BYTES == 0;
}

int rrlog_check_new(const struct rrlog_manifest *m, uint64_t features,
		    struct rrlog_check **check, char *text)
{
	struct rrlog_check *c;
	unsigned int i;

	*check = NULL;
	for (i = 0; i < m->block_count; i++)
		if (m->blocks[i].id != i)
			return wrong(text,
				     "the RAM blocks are not numbered 0, 1, 2 "
				     "...");
	if (!has_cpuid_table(m))
		return wrong(text, "entry cpu.cpuid: there is no CPUID table");
	c = calloc(1, sizeof(*c));
	if (!c)
		return wrong(text, "out of memory"), -ENOMEM;
	c->manifest = m;
	c->has_epoch_clock = has_epoch_clock(m);
	c->has_tlb_flushes = features & RRLOG_MUST_TLB_FLUSHES;
	c->has_pte_bits = features & RRLOG_MUST_PTE_BITS;
	c->has_late_start = features & RRLOG_MUST_LATE_START;
	c->has_words = features & RRLOG_MUST_WORDS;
	*check = c;
	return 0;
}

void rrlog_check_free(struct rrlog_check *c)
{
	free(c);
}

struct rrlog_check *rrlog_check_copy(const struct rrlog_check *c)
{
	struct rrlog_check *copy = malloc(sizeof(*copy));

	if (copy)
		*copy = *c;
	return copy;
}
