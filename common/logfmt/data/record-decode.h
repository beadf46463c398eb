/*
 * Decoding a record.  This is inline code because a reader does little else: it
 * is compiled into the loop of the reader.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_RECORD_DECODE_H
#define RRLOG_RECORD_DECODE_H

#include "common/logfmt/data/record-layout-internal.h"

/*
 * Each function reads at @in and returns the end of what it has read, or NULL
 * for damage.
 */

static inline const uint8_t *get_landmark(struct rrlog_prediction *p,
					  const uint8_t *in, const uint8_t *end,
					  struct rrlog_record *rec)
{
	struct rr_landmark *lm = &rec->landmark, *old, *next;
	uint32_t changes, left, hash_le;
	struct rrlog_varint v = rrlog_decode_varint(in, end);

	if (!v.next || v.next == end)
		return NULL;
	old = &p->landmark[*v.next];
	copy_landmark(lm, old);
	lm->branches = p->branches += v.value;
	v = rrlog_decode_varint(v.next + 1, end);
	if (!v.next || v.value >> (RR_REG_COUNT + 1))
		return NULL;
	changes = (uint32_t)v.value;
	in = v.next;
	for (left = changes & (OUTPUT_HASH_CHANGED - 1); left;
	     left &= left - 1) {
		v = rrlog_decode_varint(in, end);
		in = v.next;
		if (!in)
			return NULL;
		lm->regs[__builtin_ctz(left)] += rrlog_unzigzag(v.value);
	}
	p->last_landmark = (uint8_t)slot_of(lm->regs[RR_REG_RIP]);
	next = &p->landmark[p->last_landmark];
	if (next != old)
		copy_landmark(next, old);
	/* Not as one copy: that would have to wait for the stores above. */
	for (left = changes & (OUTPUT_HASH_CHANGED - 1); left; left &= left - 1)
		next->regs[__builtin_ctz(left)] = lm->regs[__builtin_ctz(left)];
	if (changes & OUTPUT_HASH_CHANGED) {
		if (end - in < (ptrdiff_t)sizeof(hash_le))
			return NULL;
		memcpy(&hash_le, in, sizeof(hash_le));
		p->output_hash = le32toh(hash_le);
		in += sizeof(hash_le);
	}
	rec->output_hash = p->output_hash;
	return in;
}

static inline const uint8_t *get_scalar(struct rrlog_prediction *p,
					unsigned int changes, const uint8_t *in,
					const uint8_t *end,
					struct rrlog_record *rec)
{
	struct rrlog_predicted_scalar *scalar = predicted_scalar(p, rec);
	struct rrlog_varint v;
	uint64_t value;

	if (!scalar->bytes || (changes & SCALAR_SAME && changes & SCALAR_OTHER))
		return NULL;
	if (changes & SCALAR_OTHER) {
		v = rrlog_decode_varint(in, end);
		in = v.next;
		value = le64toh(scalar->le) + rrlog_unzigzag(v.value);
		scalar->le =
			htole64(value & UINT64_MAX >> (64 - 8 * scalar->bytes));
	}
	rec->data = &scalar->le;
	rec->data_bytes = scalar->bytes;
	return in;
}

static inline const uint8_t *get_data(struct rrlog_prediction *p,
				      unsigned int changes, const uint8_t *in,
				      const uint8_t *end,
				      struct rrlog_record *rec)
{
	struct rrlog_varint v;
	uint64_t bytes;

	if (changes & (SCALAR_SAME | SCALAR_OTHER))
		return get_scalar(p, changes, in, end, rec);
	v = rrlog_decode_varint(in, end);
	bytes = v.value >> 1;
	if (!v.next || bytes > RRLOG_MAX_DATA_BYTES ||
	    bytes > (size_t)(end - v.next))
		return NULL;
	rec->data = v.next;
	rec->data_bytes = (size_t)bytes;
	rec->in_blobs = v.value & SIZE_IN_BLOBS;
	if (!rec->in_blobs && bytes && bytes <= RRLOG_SCALAR_MAX_BYTES)
		remember_scalar(predicted_scalar(p, rec),
				load_scalar(rec->data, rec->data_bytes),
				rec->data_bytes);
	return v.next + bytes;
}

static inline const uint8_t *get_fields(struct rrlog_prediction *p,
					unsigned int layout, const uint8_t *in,
					const uint8_t *end,
					struct rrlog_record *rec)
{
	uint64_t *old = predicted_fields(p, rec->type);
	unsigned int i, changes, left;
	struct rrlog_varint v;

	if (in == end)
		return NULL;
	changes = *in++;
	if (changes &
	    ~((layout & RRLOG_LAYOUT_FIELDS) |
	      (layout & RRLOG_LAYOUT_DATA) * (1 | SCALAR_OTHER / SCALAR_SAME)))
		return NULL;
	/* Fields that the type does not have are zero in the prediction. */
	for (i = 0; i < RRLOG_MAX_FIELDS; i++)
		rec->field[i] = old[i];
	for (left = changes & RRLOG_LAYOUT_FIELDS; left; left &= left - 1) {
		v = rrlog_decode_varint(in, end);
		in = v.next;
		if (!in)
			return NULL;
		i = (unsigned int)__builtin_ctz(left);
		rec->field[i] = old[i] += rrlog_unzigzag(v.value);
	}
	remember_fields(p, rec->type);
	return layout & RRLOG_LAYOUT_DATA ? get_data(p, changes, in, end, rec) :
					    in;
}

/* An envelope holds a record that later versions added. */
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
	unsigned int head, type, layout;
	struct rrlog_varint v;

	if (in == end)
		return -EBADMSG;
	head = *in++;
	if (head == HEAD_ENVELOPE) {
		*input = in;
		return skip_envelope(input, end);
	}
	type = head & HEAD_TYPE;
	layout = rrlog_layouts[type];
	if (!layout)
		return type ? -EPROTONOSUPPORT : -EBADMSG;
	if (head & HEAD_OUTPUT) {
		v = rrlog_decode_varint(in, end);
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
	if (layout & (RRLOG_LAYOUT_FIELDS | RRLOG_LAYOUT_DATA))
		in = get_fields(p, layout, in, end, rec);
	else
		memset(rec->field, 0, sizeof(rec->field));
	if (!in)
		return -EBADMSG;
	*input = in;
	return 1;
}

#endif
