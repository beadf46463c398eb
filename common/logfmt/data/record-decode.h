/*
 * Decoding a record, in a header because the reader does little else: it is
 * compiled into its loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_RECORD_DECODE_H
#define RRLOG_RECORD_DECODE_H

#include "common/logfmt/data/record-codec-internal.h"

/*
 * Each function takes what is left of the input and returns what is left after
 * it, NULL for damage.
 */

static inline const uint8_t *get_landmark(struct rrlog_prediction *p,
					  const uint8_t *in, const uint8_t *end,
					  struct rrlog_record *rec)
{
	struct rr_landmark *lm = &rec->landmark, *old, *next;
	uint32_t map, left, hash_le;
	struct rrlog_varint v = rrlog_take_varint(in, end);

	if (!v.next || v.next == end)
		return NULL;
	old = &p->landmark[*v.next];
	copy_landmark(lm, old);
	lm->branches = p->branches += v.value;
	v = rrlog_take_varint(v.next + 1, end);
	if (!v.next || v.value >> (RR_REG_COUNT + 1))
		return NULL;
	map = (uint32_t)v.value;
	in = v.next;
	for (left = map & (REGISTERS_OUTPUT_HASH - 1); left; left &= left - 1) {
		v = rrlog_take_varint(in, end);
		in = v.next;
		if (!in)
			return NULL;
		lm->regs[__builtin_ctz(left)] += rrlog_unzigzag(v.value);
	}
	p->last_landmark = (uint8_t)entry_of(lm->regs[RR_REG_RIP]);
	next = &p->landmark[p->last_landmark];
	if (next != old)
		copy_landmark(next, old);
	/* One by one: a copy of all would have to wait for what is above. */
	for (left = map & (REGISTERS_OUTPUT_HASH - 1); left; left &= left - 1)
		next->regs[__builtin_ctz(left)] = lm->regs[__builtin_ctz(left)];
	if (map & REGISTERS_OUTPUT_HASH) {
		if (end - in < (ptrdiff_t)sizeof(hash_le))
			return NULL;
		memcpy(&hash_le, in, sizeof(hash_le));
		p->output_hash = le32toh(hash_le);
		in += sizeof(hash_le);
	}
	rec->output_hash = p->output_hash;
	return in;
}

static inline const uint8_t *get_number(struct rrlog_prediction *p,
					unsigned int map, const uint8_t *in,
					const uint8_t *end,
					struct rrlog_record *rec)
{
	struct rrlog_predicted_number *number = predicted_number(p, rec);
	struct rrlog_varint v;
	uint64_t value;

	if (!number->bytes || (map & MAP_SAME_DATA && map & MAP_NUMBER))
		return NULL;
	if (map & MAP_NUMBER) {
		v = rrlog_take_varint(in, end);
		in = v.next;
		value = le64toh(number->le) + rrlog_unzigzag(v.value);
		number->le =
			htole64(value & UINT64_MAX >> (64 - 8 * number->bytes));
	}
	rec->data = &number->le;
	rec->data_bytes = number->bytes;
	return in;
}

static inline const uint8_t *get_data(struct rrlog_prediction *p,
				      unsigned int map, const uint8_t *in,
				      const uint8_t *end,
				      struct rrlog_record *rec)
{
	struct rrlog_varint v;
	uint64_t bytes;

	if (map & (MAP_SAME_DATA | MAP_NUMBER))
		return get_number(p, map, in, end, rec);
	v = rrlog_take_varint(in, end);
	bytes = v.value >> 1;
	if (!v.next || bytes > RRLOG_MAX_DATA_BYTES ||
	    bytes > (size_t)(end - v.next))
		return NULL;
	rec->data = v.next;
	rec->data_bytes = (size_t)bytes;
	rec->in_blobs = v.value & SIZE_IN_BLOBS;
	if (!rec->in_blobs && bytes && bytes <= RRLOG_NUMBER_MAX_BYTES)
		remember_number(predicted_number(p, rec),
				load_number(rec->data, rec->data_bytes),
				rec->data_bytes);
	return v.next + bytes;
}

static inline const uint8_t *get_fields(struct rrlog_prediction *p,
					unsigned int shape, const uint8_t *in,
					const uint8_t *end,
					struct rrlog_record *rec)
{
	uint64_t *old = predicted_fields(p, rec->type);
	unsigned int i, map, left;
	struct rrlog_varint v;

	if (in == end)
		return NULL;
	map = *in++;
	if (map &
	    ~((shape & RRLOG_SHAPE_FIELDS) |
	      (shape & RRLOG_SHAPE_DATA) * (1 | MAP_NUMBER / MAP_SAME_DATA)))
		return NULL;
	/* Those that the type does not have are zero. */
	for (i = 0; i < RRLOG_MAX_FIELDS; i++)
		rec->field[i] = old[i];
	for (left = map & RRLOG_SHAPE_FIELDS; left; left &= left - 1) {
		v = rrlog_take_varint(in, end);
		in = v.next;
		if (!in)
			return NULL;
		i = (unsigned int)__builtin_ctz(left);
		rec->field[i] = old[i] += rrlog_unzigzag(v.value);
	}
	remember_fields(p, rec->type);
	return shape & RRLOG_SHAPE_DATA ? get_data(p, map, in, end, rec) : in;
}

/* A record of a later minor version: skipped whole if it is optional. */
static inline int skip_envelope(const uint8_t **in, const uint8_t *end)
{
	uint64_t type, flags, bytes;

	if (rrlog_get_varint(in, end, &type) ||
	    rrlog_get_varint(in, end, &flags) ||
	    rrlog_get_varint(in, end, &bytes))
		return -EBADMSG;
	if (!type || flags > ENVELOPE_OPTIONAL || bytes > (size_t)(end - *in))
		return -EBADMSG;
	if (!(flags & ENVELOPE_OPTIONAL))
		return -EPROTONOSUPPORT;
	*in += bytes;
	return 0;
}

/** rrlog_record_decode() */
static inline int rrlog_decode(struct rrlog_prediction *p,
			       const uint8_t **input, const uint8_t *end,
			       struct rrlog_record *rec)
{
	const uint8_t *in = *input, *start;
	unsigned int head, type, shape;
	struct rrlog_varint v;

	if (in == end)
		return -EBADMSG;
	head = *in++;
	if (head == HEAD_ENVELOPE) {
		*input = in;
		return skip_envelope(input, end);
	}
	type = head & HEAD_TYPE;
	shape = rrlog_shapes[type];
	if (!shape)
		return type ? -EPROTONOSUPPORT : -EBADMSG;
	if (head & HEAD_OUTPUT) {
		v = rrlog_take_varint(in, end);
		in = v.next;
		if (!in)
			return -EBADMSG;
		p->output_bytes += v.value;
	}
	rec->type = (uint8_t)type;
	rec->output_bytes = p->output_bytes;
	rec->data = NULL;
	rec->data_bytes = 0;
	rec->in_blobs = false;
	start = in;
	if (head & HEAD_LANDMARK) {
		rec->stamp = RRLOG_AT_LANDMARK;
		in = get_landmark(p, in, end, rec);
		if (!in)
			return -EBADMSG;
	} else {
		rec->stamp = RRLOG_AT_ACCESS;
		rec->output_hash = 0;
		clear_landmark(&rec->landmark);
	}
	p->landmark_bytes = (size_t)(in - start);
	if (shape & (RRLOG_SHAPE_FIELDS | RRLOG_SHAPE_DATA))
		in = get_fields(p, shape, in, end, rec);
	else
		memset(rec->field, 0, sizeof(rec->field));
	if (!in)
		return -EBADMSG;
	*input = in;
	return 1;
}

#endif
