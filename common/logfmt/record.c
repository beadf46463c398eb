/*
 * Records to bytes and back.  The layout of each type follows from its row in
 * RRLOG_RECORDS; nothing here knows a type, save that the time stamp counters
 * of RDTSC and RDTSCP predict each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "record.h"

#include <endian.h>
#include <string.h>

#include "varint.h"

/* First byte of a record. */
#define HEAD_TYPE 0x3f
#define HEAD_LANDMARK 0x40
#define HEAD_OUTPUT 0x80
#define HEAD_ENVELOPE 0x00

/* Byte before the fields: one bit for each that changed, and: */
#define MAP_SAME_DATA 0x40 /* the number that was predicted */
#define MAP_NUMBER 0x80 /* a number of the predicted size */

/* Map of registers: one bit for each that changed, and: */
#define REGISTERS_OUTPUT_HASH (1u << RR_REG_COUNT)

/* Lowest bit of the size of data that is given in full. */
#define SIZE_IN_BLOBS 1

#define ENVELOPE_OPTIONAL 1

_Static_assert((1 << RRLOG_MAX_FIELDS) <= MAP_SAME_DATA, "field map too small");
_Static_assert(RR_REG_COUNT < 21, "register map takes over three bytes");
_Static_assert(1 + RRLOG_VARINT_MAX_BYTES * (RR_REG_COUNT + 4) + 6 +
			       RRLOG_VARINT_MAX_BYTES * (RRLOG_MAX_FIELDS + 1) <
		       RRLOG_RECORD_MAX_BYTES,
	       "RRLOG_RECORD_MAX_BYTES");

void rrlog_prediction_reset(struct rrlog_prediction *p)
{
	memset(p, 0, sizeof(*p));
}

int rrlog_record_check(const struct rrlog_record *rec)
{
	const struct rrlog_type_info *info = rrlog_find_type(rec->type);

	if (!info || rec->stamp > RRLOG_AT_LANDMARK)
		return -EINVAL;
	if (rec->data_bytes > RRLOG_MAX_DATA_BYTES)
		return -EINVAL;
	if (rec->data_bytes && (!info->has_data || !rec->data))
		return -EINVAL;
	if (rec->in_blobs && !info->has_data)
		return -EINVAL;
	return 0;
}

/* RDTSCP's first field is predicted from RDTSC's, and the other way. */
static uint64_t *predicted_fields(struct rrlog_prediction *p, unsigned int type)
{
	if (type == RRLOG_RDTSCP)
		p->field[RRLOG_RDTSCP][0] = p->field[RRLOG_RDTSC][0];
	return p->field[type];
}

static void remember_fields(struct rrlog_prediction *p, unsigned int type)
{
	if (type == RRLOG_RDTSCP)
		p->field[RRLOG_RDTSC][0] = p->field[RRLOG_RDTSCP][0];
}

/* Entries are found by the top bits of a product (Knuth, TAOCP 3, 6.4). */
static unsigned int entry_of(uint64_t key)
{
	return (unsigned int)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static struct rrlog_predicted_number *
predicted_number(struct rrlog_prediction *p, const struct rrlog_record *rec)
{
	return &p->number[entry_of(rec->field[0] + rec->type)];
}

/* Of 1 to 8 bytes, little-endian, without a loop and without a call. */
static uint64_t load_number(const void *data, size_t bytes)
{
	const uint8_t *byte = data;
	uint32_t low_le, high_le;

	if (bytes < sizeof(low_le))
		return byte[0] | (uint64_t)byte[bytes / 2] << bytes / 2 * 8 |
		       (uint64_t)byte[bytes - 1] << (bytes - 1) * 8;
	memcpy(&low_le, byte, sizeof(low_le));
	memcpy(&high_le, byte + bytes - sizeof(high_le), sizeof(high_le));
	return le32toh(low_le) | (uint64_t)le32toh(high_le)
					 << (bytes - sizeof(high_le)) * 8;
}

static void remember_number(struct rrlog_predicted_number *number,
			    uint64_t value, size_t bytes)
{
	number->le = htole64(value);
	number->bytes = bytes;
}

/* GCC makes "rep movs" and "rep stos" of more in one piece, which take 15 ns. */
static void copy_landmark(struct rr_landmark *to,
			  const struct rr_landmark *from)
{
	enum { PART = 64 };
	uint8_t *out = (uint8_t *)to;
	const uint8_t *in = (const uint8_t *)from;

	_Static_assert(sizeof(*to) > 2 * PART && sizeof(*to) < 3 * PART, "");
	memcpy(out, in, PART);
	memcpy(out + PART, in + PART, PART);
	memcpy(out + 2 * PART, in + 2 * PART, sizeof(*to) - 2 * PART);
}

static void clear_landmark(struct rr_landmark *lm)
{
	static const struct rr_landmark zero;

	copy_landmark(lm, &zero);
}

/* ---- encoding ---- */

/* The last landmark at the same RIP, as in an idle loop; else the last one. */
static unsigned int choose_landmark(const struct rrlog_prediction *p,
				    const struct rr_landmark *lm)
{
	unsigned int entry = entry_of(lm->regs[RR_REG_RIP]);

	if (p->landmark[entry].regs[RR_REG_RIP] == lm->regs[RR_REG_RIP])
		return entry;
	return p->last_landmark;
}

static uint8_t *put_landmark(struct rrlog_prediction *p,
			     const struct rrlog_record *rec, uint8_t *out)
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

static uint8_t *put_bytes(const struct rrlog_record *rec, unsigned int place,
			  uint8_t *out)
{
	out = rrlog_put_varint_fast(out, rec->data_bytes << 1 | place);
	if (rec->data_bytes)
		memcpy(out, rec->data, rec->data_bytes);
	return out + rec->data_bytes;
}

static uint8_t *put_data(struct rrlog_prediction *p,
			 const struct rrlog_record *rec, unsigned int *map,
			 uint8_t *out)
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

static uint8_t *put_fields(struct rrlog_prediction *p,
			   const struct rrlog_type_info *info,
			   const struct rrlog_record *rec, uint8_t *out)
{
	uint64_t *old = predicted_fields(p, rec->type);
	uint8_t *map_at = out++;
	unsigned int i, map = 0;

	for (i = 0; i < info->field_count; i++) {
		uint64_t difference = rec->field[i] - old[i];

		if (!difference)
			continue;
		map |= 1u << i;
		out = rrlog_put_varint_fast(out, rrlog_zigzag(difference));
		old[i] = rec->field[i];
	}
	remember_fields(p, rec->type);
	if (info->has_data)
		out = put_data(p, rec, &map, out);
	*map_at = (uint8_t)map;
	return out;
}

size_t rrlog_record_encode(struct rrlog_prediction *p,
			   const struct rrlog_record *rec, uint8_t *out)
{
	const struct rrlog_type_info *info = rrlog_find_type(rec->type);
	uint8_t *start = out;
	uint8_t *head = out++;

	*head = rec->type;
	if (rec->output_bytes != p->output_bytes) {
		*head |= HEAD_OUTPUT;
		out = rrlog_put_varint_fast(out, rec->output_bytes -
							 p->output_bytes);
		p->output_bytes = rec->output_bytes;
	}
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		*head |= HEAD_LANDMARK;
		out = put_landmark(p, rec, out);
	}
	if (info->field_count || info->has_data)
		out = put_fields(p, info, rec, out);
	return (size_t)(out - start);
}

/* ---- decoding ---- */

static int get_output(struct rrlog_prediction *p, const uint8_t **in,
		      const uint8_t *end)
{
	uint64_t delta;

	if (rrlog_get_varint_fast(in, end, &delta))
		return -EBADMSG;
	p->output_bytes += delta;
	return 0;
}

static int get_output_hash(struct rrlog_prediction *p, const uint8_t **in,
			   const uint8_t *end)
{
	uint32_t hash_le;

	if ((size_t)(end - *in) < sizeof(hash_le))
		return -EBADMSG;
	memcpy(&hash_le, *in, sizeof(hash_le));
	*in += sizeof(hash_le);
	p->output_hash = le32toh(hash_le);
	return 0;
}

static int get_landmark(struct rrlog_prediction *p, const uint8_t **in,
			const uint8_t *end, struct rrlog_record *rec)
{
	struct rr_landmark *lm = &rec->landmark, *old, *next;
	uint64_t branches, map, delta;
	uint32_t left;

	if (rrlog_get_varint_fast(in, end, &branches) || *in == end)
		return -EBADMSG;
	old = &p->landmark[*(*in)++];
	copy_landmark(lm, old);
	lm->branches = p->branches += branches;
	if (rrlog_get_varint_fast(in, end, &map) || map >> (RR_REG_COUNT + 1))
		return -EBADMSG;
	for (left = map & (REGISTERS_OUTPUT_HASH - 1); left; left &= left - 1) {
		if (rrlog_get_varint_fast(in, end, &delta))
			return -EBADMSG;
		lm->regs[__builtin_ctz(left)] += rrlog_unzigzag(delta);
	}
	p->last_landmark = (uint8_t)entry_of(lm->regs[RR_REG_RIP]);
	next = &p->landmark[p->last_landmark];
	if (next != old)
		copy_landmark(next, old);
	/* One by one: a copy of all would have to wait for what is above. */
	for (left = map & (REGISTERS_OUTPUT_HASH - 1); left; left &= left - 1)
		next->regs[__builtin_ctz(left)] = lm->regs[__builtin_ctz(left)];
	if ((map & REGISTERS_OUTPUT_HASH) && get_output_hash(p, in, end))
		return -EBADMSG;
	rec->output_hash = p->output_hash;
	return 0;
}

static int get_number(struct rrlog_prediction *p, unsigned int map,
		      const uint8_t **in, const uint8_t *end,
		      struct rrlog_record *rec)
{
	struct rrlog_predicted_number *number = predicted_number(p, rec);
	uint64_t delta, value;

	if (!number->bytes || (map & MAP_SAME_DATA && map & MAP_NUMBER))
		return -EBADMSG;
	if (map & MAP_NUMBER) {
		if (rrlog_get_varint_fast(in, end, &delta))
			return -EBADMSG;
		value = le64toh(number->le) + rrlog_unzigzag(delta);
		number->le = htole64(value &
				     UINT64_MAX >> (64 - 8 * number->bytes));
	}
	rec->data = &number->le;
	rec->data_bytes = number->bytes;
	return 0;
}

static int get_data(struct rrlog_prediction *p, unsigned int map,
		    const uint8_t **in, const uint8_t *end,
		    struct rrlog_record *rec)
{
	uint64_t bytes_and_place, bytes;

	if (map & (MAP_SAME_DATA | MAP_NUMBER))
		return get_number(p, map, in, end, rec);
	if (rrlog_get_varint_fast(in, end, &bytes_and_place))
		return -EBADMSG;
	bytes = bytes_and_place >> 1;
	if (bytes > RRLOG_MAX_DATA_BYTES || bytes > (size_t)(end - *in))
		return -EBADMSG;
	rec->data = *in;
	rec->data_bytes = (size_t)bytes;
	*in += bytes;
	rec->in_blobs = bytes_and_place & SIZE_IN_BLOBS;
	if (!rec->in_blobs && bytes && bytes <= RRLOG_NUMBER_MAX_BYTES)
		remember_number(predicted_number(p, rec),
				load_number(rec->data, rec->data_bytes),
				rec->data_bytes);
	return 0;
}

static int get_fields(struct rrlog_prediction *p,
		      const struct rrlog_type_info *info, const uint8_t **in,
		      const uint8_t *end, struct rrlog_record *rec)
{
	uint64_t *old = predicted_fields(p, rec->type);
	unsigned int i, map, left;
	uint64_t delta;

	if (*in == end)
		return -EBADMSG;
	map = *(*in)++;
	left = map & (MAP_SAME_DATA - 1);
	if (left >> info->field_count)
		return -EBADMSG;
	if ((map & (MAP_SAME_DATA | MAP_NUMBER)) && !info->has_data)
		return -EBADMSG;
	for (i = 0; i < info->field_count; i++)
		rec->field[i] = old[i];
	for (; left; left &= left - 1) {
		if (rrlog_get_varint_fast(in, end, &delta))
			return -EBADMSG;
		i = (unsigned int)__builtin_ctz(left);
		rec->field[i] = old[i] += rrlog_unzigzag(delta);
	}
	remember_fields(p, rec->type);
	return info->has_data ? get_data(p, map, in, end, rec) : 0;
}

/* A record of a later minor version: skipped whole if it is optional. */
static int skip_envelope(const uint8_t **in, const uint8_t *end)
{
	uint64_t type, flags, bytes;

	if (rrlog_get_varint_fast(in, end, &type) ||
	    rrlog_get_varint_fast(in, end, &flags) ||
	    rrlog_get_varint_fast(in, end, &bytes))
		return -EBADMSG;
	if (!type || flags > ENVELOPE_OPTIONAL || bytes > (size_t)(end - *in))
		return -EBADMSG;
	if (!(flags & ENVELOPE_OPTIONAL))
		return -EPROTONOSUPPORT;
	*in += bytes;
	return 0;
}

/* All but what is set for each record. */
static void clear_rest(struct rrlog_record *rec)
{
	memset(rec->field, 0, sizeof(rec->field));
	rec->data = NULL;
	rec->data_bytes = 0;
	rec->in_blobs = false;
}

int rrlog_record_decode(struct rrlog_prediction *p, const uint8_t **in,
			const uint8_t *end, struct rrlog_record *rec)
{
	const struct rrlog_type_info *info;
	const uint8_t *start;
	uint8_t head;

	if (*in == end)
		return -EBADMSG;
	head = *(*in)++;
	if (head == HEAD_ENVELOPE)
		return skip_envelope(in, end);

	rec->type = head & HEAD_TYPE;
	if (!rec->type)
		return -EBADMSG;
	info = rrlog_find_type(rec->type);
	if (!info)
		return -EPROTONOSUPPORT;
	if ((head & HEAD_OUTPUT) && get_output(p, in, end))
		return -EBADMSG;
	rec->output_bytes = p->output_bytes;
	clear_rest(rec);
	start = *in;
	if (!(head & HEAD_LANDMARK)) {
		rec->stamp = RRLOG_AT_ACCESS;
		rec->output_hash = 0;
		clear_landmark(&rec->landmark);
	} else {
		rec->stamp = RRLOG_AT_LANDMARK;
		if (get_landmark(p, in, end, rec))
			return -EBADMSG;
	}
	p->landmark_bytes = (size_t)(*in - start);
	if (!info->field_count && !info->has_data)
		return 1;
	return get_fields(p, info, in, end, rec) ? -EBADMSG : 1;
}
