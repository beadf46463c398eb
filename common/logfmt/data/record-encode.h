/*
 * Encoding a record, in a header because the writer does little else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_RECORD_ENCODE_H
#define RRLOG_RECORD_ENCODE_H

#include "common/logfmt/data/record-codec-internal.h"

/* The last landmark at the same RIP, as in an idle loop; else the last one. */
static inline unsigned int choose_landmark(const struct rrlog_prediction *p,
					   const struct rr_landmark *lm)
{
	unsigned int entry = entry_of(lm->regs[RR_REG_RIP]);

	if (p->landmark[entry].regs[RR_REG_RIP] == lm->regs[RR_REG_RIP])
		return entry;
	return p->last_landmark;
}

static inline uint8_t *put_landmark(struct rrlog_prediction *p,
				    const struct rrlog_record *rec,
				    uint8_t *out)
{
	const struct rr_landmark *lm = &rec->landmark;
	unsigned int i, entry = choose_landmark(p, lm);
	const struct rr_landmark *old = &p->landmark[entry];
	uint32_t hash_le = htole32(rec->output_hash);
	uint32_t map = 0, left;

	for (i = 0; i < RR_REG_COUNT; i++)
		map |= (uint32_t)(lm->regs[i] != old->regs[i]) << i;
	left = map;
	if (rec->output_hash != p->output_hash)
		map |= REGISTERS_OUTPUT_HASH;
	out = rrlog_put_varint_fast(out, lm->branches - p->branches);
	*out++ = (uint8_t)entry;
	out = rrlog_put_varint_fast(out, map);
	for (; left; left &= left - 1) {
		i = (unsigned int)__builtin_ctz(left);
		out = rrlog_put_varint_fast(
			out, rrlog_zigzag(lm->regs[i] - old->regs[i]));
	}
	p->branches = lm->branches;
	p->last_landmark = (uint8_t)entry_of(lm->regs[RR_REG_RIP]);
	copy_landmark(&p->landmark[p->last_landmark], lm);
	if (!(map & REGISTERS_OUTPUT_HASH))
		return out;
	memcpy(out, &hash_le, sizeof(hash_le));
	p->output_hash = rec->output_hash;
	return out + sizeof(hash_le);
}

static inline uint8_t *put_bytes(const struct rrlog_record *rec,
				 unsigned int place, uint8_t *out)
{
	out = rrlog_put_varint_fast(out, rec->data_bytes << 1 | place);
	if (rec->data_bytes)
		memcpy(out, rec->data, rec->data_bytes);
	return out + rec->data_bytes;
}

static inline uint8_t *put_data(struct rrlog_prediction *p,
				const struct rrlog_record *rec,
				unsigned int *map, uint8_t *out)
{
	struct rrlog_predicted_number *old = predicted_number(p, rec);
	uint64_t value, before = le64toh(old->le);

	if (rec->in_blobs)
		return put_bytes(rec, SIZE_IN_BLOBS, out);
	if (!rec->data_bytes || rec->data_bytes > RRLOG_NUMBER_MAX_BYTES)
		return put_bytes(rec, 0, out);
	value = load_number(rec->data, rec->data_bytes);
	if (rec->data_bytes != old->bytes) {
		out = put_bytes(rec, 0, out);
	} else if (value == before) {
		*map |= MAP_SAME_DATA;
		return out;
	} else {
		*map |= MAP_NUMBER;
		out = rrlog_put_varint_fast(out, rrlog_zigzag(value - before));
	}
	remember_number(old, value, rec->data_bytes);
	return out;
}

/* Those that are not as predicted; *map gets a bit for each. */
static inline uint8_t *put_fields(struct rrlog_prediction *p, unsigned int type,
				  unsigned int shape, const uint64_t *field,
				  unsigned int *map, uint8_t *out)
{
	uint64_t *old = predicted_fields(p, type);
	unsigned int i;

	for (i = 0; (shape & RRLOG_SHAPE_FIELDS) >> i; i++) {
		uint64_t difference = field[i] - old[i];

		if (!difference)
			continue;
		*map |= 1u << i;
		out = rrlog_put_varint_fast(out, rrlog_zigzag(difference));
		old[i] = field[i];
	}
	remember_fields(p, type);
	return out;
}

/* After the head. */
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
	unsigned int shape = rrlog_shapes[rec->type];
	uint8_t *start = out;
	uint8_t *head = out++;

	*head = rec->type;
	out = put_output(p, rec->output_bytes, head, out);
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		*head |= HEAD_LANDMARK;
		out = put_landmark(p, rec, out);
	}
	if (shape & (RRLOG_SHAPE_FIELDS | RRLOG_SHAPE_DATA)) {
		unsigned int map = 0;
		uint8_t *map_at = out++;

		out = put_fields(p, rec->type, shape, rec->field, &map, out);
		if (shape & RRLOG_SHAPE_DATA)
			out = put_data(p, rec, &map, out);
		*map_at = (uint8_t)map;
	}
	return (size_t)(out - start);
}

/* The same of an result; returns its end. */
static inline uint8_t *rrlog_encode_result(struct rrlog_prediction *p,
					   const struct rrlog_result *result,
					   uint64_t output_bytes, uint8_t *out)
{
	unsigned int map = 0, shape = rrlog_shapes[result->type];
	uint8_t *head = out++, *map_at;

	*head = result->type;
	out = put_output(p, output_bytes, head, out);
	if (!(shape & RRLOG_SHAPE_FIELDS))
		return out;
	map_at = out++;
	out = put_fields(p, result->type, shape, result->field, &map, out);
	*map_at = (uint8_t)map;
	return out;
}

#endif
