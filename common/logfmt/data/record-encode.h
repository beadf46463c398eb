/*
 * Encoding a record.  This is inline code because a writer does little else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_RECORD_ENCODE_H
#define RRLOG_RECORD_ENCODE_H

#include "common/logfmt/data/record-layout-internal.h"

/*
 * The slot of the landmark to predict from: the last one at the same RIP, which
 * helps in an idle loop; else the last one of all.
 */
static inline unsigned int choose_landmark(const struct rrlog_prediction *p,
					   const struct rr_landmark *lm)
{
	unsigned int slot = slot_of(lm->regs[RR_REG_RIP]);

	if (p->landmark[slot].regs[RR_REG_RIP] == lm->regs[RR_REG_RIP])
		return slot;
	return p->last_landmark;
}

static inline uint8_t *put_landmark(struct rrlog_prediction *p,
				    const struct rrlog_record *rec,
				    uint8_t *out)
{
	const struct rr_landmark *lm = &rec->landmark;
	unsigned int i, slot = choose_landmark(p, lm);
	const struct rr_landmark *old = &p->landmark[slot];
	uint32_t hash_le = htole32(rec->output_hash);
	uint32_t changes = 0, left;

	for (i = 0; i < RR_REG_COUNT; i++)
		changes |= (uint32_t)(lm->regs[i] != old->regs[i]) << i;
	left = changes;
	if (rec->output_hash != p->output_hash)
		changes |= OUTPUT_HASH_CHANGED;
	out = rrlog_put_varint_fast(out, lm->branches - p->branches);
	*out++ = (uint8_t)slot;
	out = rrlog_put_varint_fast(out, changes);
	for (; left; left &= left - 1) {
		i = (unsigned int)__builtin_ctz(left);
		out = rrlog_put_varint_fast(
			out, rrlog_zigzag(lm->regs[i] - old->regs[i]));
	}
	p->branches = lm->branches;
	p->last_landmark = (uint8_t)slot_of(lm->regs[RR_REG_RIP]);
	copy_landmark(&p->landmark[p->last_landmark], lm);
	if (!(changes & OUTPUT_HASH_CHANGED))
		return out;
	memcpy(out, &hash_le, sizeof(hash_le));
	p->output_hash = rec->output_hash;
	return out + sizeof(hash_le);
}

static inline uint8_t *put_bytes(const struct rrlog_record *rec,
				 unsigned int size_flags, uint8_t *out)
{
	out = rrlog_put_varint_fast(out, rec->data_bytes << 1 | size_flags);
	if (rec->data_bytes)
		memcpy(out, rec->data, rec->data_bytes);
	return out + rec->data_bytes;
}

static inline uint8_t *put_data(struct rrlog_prediction *p,
				const struct rrlog_record *rec,
				unsigned int *changes, uint8_t *out)
{
	struct rrlog_predicted_scalar *old = predicted_scalar(p, rec);
	uint64_t value, before = le64toh(old->le);

	if (rec->in_blobs)
		return put_bytes(rec, SIZE_IN_BLOBS, out);
	if (!rec->data_bytes || rec->data_bytes > RRLOG_SCALAR_MAX_BYTES)
		return put_bytes(rec, 0, out);
	value = load_scalar(rec->data, rec->data_bytes);
	if (rec->data_bytes != old->bytes) {
		out = put_bytes(rec, 0, out);
	} else if (value == before) {
		*changes |= SCALAR_SAME;
		return out;
	} else {
		*changes |= SCALAR_OTHER;
		out = rrlog_put_varint_fast(out, rrlog_zigzag(value - before));
	}
	remember_scalar(old, value, rec->data_bytes);
	return out;
}

/* Put the fields that are not as predicted; set a bit of *changes for each. */
static inline uint8_t *put_fields(struct rrlog_prediction *p, unsigned int type,
				  unsigned int layout, const uint64_t *field,
				  unsigned int *changes, uint8_t *out)
{
	uint64_t *old = predicted_fields(p, type);
	unsigned int i;

	for (i = 0; (layout & RRLOG_LAYOUT_FIELDS) >> i; i++) {
		uint64_t difference = field[i] - old[i];

		if (!difference)
			continue;
		*changes |= 1u << i;
		out = rrlog_put_varint_fast(out, rrlog_zigzag(difference));
		old[i] = field[i];
	}
	remember_fields(p, type);
	return out;
}

/* Put the output count, if it changed, after the head. */
static inline uint8_t *put_output(struct rrlog_prediction *p,
				  uint64_t output_bytes, uint8_t *head,
				  uint8_t *out)
{
	if (output_bytes == p->output_bytes)
		return out;
	*head |= HEAD_OUTPUT;
	out = rrlog_put_varint_fast(out, output_bytes - p->output_bytes);
	p->output_bytes = output_bytes;
	return out;
}

/** rrlog_record_encode() */
static inline size_t rrlog_encode(struct rrlog_prediction *p,
				  const struct rrlog_record *rec, uint8_t *out)
{
	unsigned int layout = rrlog_layouts[rec->type];
	uint8_t *start = out;
	uint8_t *head = out++;

	*head = rec->type;
	out = put_output(p, rec->output_bytes, head, out);
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		*head |= HEAD_LANDMARK;
		out = put_landmark(p, rec, out);
	}
	if (layout & (RRLOG_LAYOUT_FIELDS | RRLOG_LAYOUT_DATA)) {
		unsigned int changes = 0;
		uint8_t *changes_at = out++;

		out = put_fields(p, rec->type, layout, rec->field, &changes,
				 out);
		if (layout & RRLOG_LAYOUT_DATA)
			out = put_data(p, rec, &changes, out);
		*changes_at = (uint8_t)changes;
	}
	return (size_t)(out - start);
}

/* As rrlog_encode() for the record of a result; returns its end. */
static inline uint8_t *rrlog_encode_result(struct rrlog_prediction *p,
					   const struct rrlog_result *result,
					   uint64_t output_bytes, uint8_t *out)
{
	unsigned int changes = 0, layout = rrlog_layouts[result->type];
	uint8_t *head = out++, *changes_at;

	*head = result->type;
	out = put_output(p, output_bytes, head, out);
	if (!(layout & RRLOG_LAYOUT_FIELDS))
		return out;
	changes_at = out++;
	out = put_fields(p, result->type, layout, result->field, &changes, out);
	*changes_at = (uint8_t)changes;
	return out;
}

#endif
