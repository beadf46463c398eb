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

static uint64_t *predicted_field(struct rrlog_prediction *p, unsigned int type,
				 unsigned int i)
{
	if (type == RRLOG_RDTSCP && i == 0)
		type = RRLOG_RDTSC;
	return &p->field[type][i];
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

static uint64_t number_value(const uint8_t *le, size_t bytes)
{
	uint64_t value_le = 0;

	memcpy(&value_le, le, bytes);
	return le64toh(value_le);
}

static void remember_data(struct rrlog_prediction *p,
			  const struct rrlog_record *rec)
{
	struct rrlog_predicted_number *number = predicted_number(p, rec);

	if (!rec->data_bytes || rec->data_bytes > RRLOG_NUMBER_MAX_BYTES)
		return;
	memcpy(number->le, rec->data, rec->data_bytes);
	number->bytes = (uint8_t)rec->data_bytes;
}

static void remember_landmark(struct rrlog_prediction *p,
			      const struct rr_landmark *lm)
{
	p->branches = lm->branches;
	p->last_landmark = (uint8_t)entry_of(lm->regs[RR_REG_RIP]);
	p->landmark[p->last_landmark] = *lm;
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
	uint32_t map = 0;

	for (i = 0; i < RR_REG_COUNT; i++) {
		if (lm->regs[i] != old->regs[i])
			map |= 1u << i;
	}
	if (rec->output_hash != p->output_hash)
		map |= REGISTERS_OUTPUT_HASH;
	out = rrlog_put_varint(out, lm->branches - p->branches);
	*out++ = (uint8_t)entry;
	out = rrlog_put_varint(out, map);
	for (i = 0; i < RR_REG_COUNT; i++) {
		if (!(map & (1u << i)))
			continue;
		out = rrlog_put_varint(
			out, rrlog_zigzag(lm->regs[i] - old->regs[i]));
	}
	remember_landmark(p, lm);
	if (!(map & REGISTERS_OUTPUT_HASH))
		return out;
	memcpy(out, &hash_le, sizeof(hash_le));
	p->output_hash = rec->output_hash;
	return out + sizeof(hash_le);
}

static uint8_t *put_bytes(const struct rrlog_record *rec, unsigned int place,
			  uint8_t *out)
{
	out = rrlog_put_varint(out, rec->data_bytes << 1 | place);
	if (rec->data_bytes)
		memcpy(out, rec->data, rec->data_bytes);
	return out + rec->data_bytes;
}

static uint8_t *put_data(struct rrlog_prediction *p,
			 const struct rrlog_record *rec, uint8_t *map,
			 uint8_t *out)
{
	const struct rrlog_predicted_number *old = predicted_number(p, rec);

	if (rec->in_blobs)
		return put_bytes(rec, SIZE_IN_BLOBS, out);
	if (!rec->data_bytes || rec->data_bytes != old->bytes) {
		out = put_bytes(rec, 0, out);
	} else if (!memcmp(rec->data, old->le, old->bytes)) {
		*map |= MAP_SAME_DATA;
	} else {
		*map |= MAP_NUMBER;
		out = rrlog_put_varint(
			out, rrlog_zigzag(number_value(rec->data, old->bytes) -
					  number_value(old->le, old->bytes)));
	}
	remember_data(p, rec);
	return out;
}

static uint8_t *put_fields(struct rrlog_prediction *p,
			   const struct rrlog_type_info *info,
			   const struct rrlog_record *rec, uint8_t *out)
{
	uint8_t *map = out++;
	unsigned int i;

	*map = 0;
	for (i = 0; i < info->field_count; i++) {
		uint64_t *old = predicted_field(p, rec->type, i);

		if (rec->field[i] == *old)
			continue;
		*map |= (uint8_t)(1u << i);
		out = rrlog_put_varint(out, rrlog_zigzag(rec->field[i] - *old));
		*old = rec->field[i];
	}
	return info->has_data ? put_data(p, rec, map, out) : out;
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
		out = rrlog_put_varint(out,
				       rec->output_bytes - p->output_bytes);
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

	if (rrlog_get_varint(in, end, &delta))
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
	struct rr_landmark *lm = &rec->landmark;
	uint64_t branches, map, delta;
	unsigned int i;

	if (rrlog_get_varint(in, end, &branches) || *in == end)
		return -EBADMSG;
	*lm = p->landmark[*(*in)++];
	lm->branches = p->branches + branches;
	if (rrlog_get_varint(in, end, &map) || map >> (RR_REG_COUNT + 1))
		return -EBADMSG;
	for (i = 0; i < RR_REG_COUNT; i++) {
		if (!(map & (UINT64_C(1) << i)))
			continue;
		if (rrlog_get_varint(in, end, &delta))
			return -EBADMSG;
		lm->regs[i] += rrlog_unzigzag(delta);
	}
	remember_landmark(p, lm);
	if ((map & REGISTERS_OUTPUT_HASH) && get_output_hash(p, in, end))
		return -EBADMSG;
	rec->stamp = RRLOG_AT_LANDMARK;
	rec->output_hash = p->output_hash;
	return 0;
}

static int get_number(struct rrlog_prediction *p, uint8_t map,
		      const uint8_t **in, const uint8_t *end,
		      struct rrlog_record *rec)
{
	struct rrlog_predicted_number *number = predicted_number(p, rec);
	uint64_t delta = 0, value_le;

	if (!number->bytes || (map & MAP_SAME_DATA && map & MAP_NUMBER))
		return -EBADMSG;
	if ((map & MAP_NUMBER) && rrlog_get_varint(in, end, &delta))
		return -EBADMSG;
	value_le = htole64(number_value(number->le, number->bytes) +
			   rrlog_unzigzag(delta));
	memcpy(number->le, &value_le, number->bytes);
	rec->data = number->le;
	rec->data_bytes = number->bytes;
	return 0;
}

static int get_data(struct rrlog_prediction *p, uint8_t map, const uint8_t **in,
		    const uint8_t *end, struct rrlog_record *rec)
{
	uint64_t bytes_and_place, bytes;

	if (map & (MAP_SAME_DATA | MAP_NUMBER))
		return get_number(p, map, in, end, rec);
	if (rrlog_get_varint(in, end, &bytes_and_place))
		return -EBADMSG;
	bytes = bytes_and_place >> 1;
	if (bytes > RRLOG_MAX_DATA_BYTES || bytes > (size_t)(end - *in))
		return -EBADMSG;
	rec->data = *in;
	rec->data_bytes = (size_t)bytes;
	*in += bytes;
	rec->in_blobs = bytes_and_place & SIZE_IN_BLOBS;
	if (!rec->in_blobs)
		remember_data(p, rec);
	return 0;
}

static int get_fields(struct rrlog_prediction *p,
		      const struct rrlog_type_info *info, const uint8_t **in,
		      const uint8_t *end, struct rrlog_record *rec)
{
	uint64_t delta;
	unsigned int i;
	uint8_t map;

	if (*in == end)
		return -EBADMSG;
	map = *(*in)++;
	if ((map & (MAP_SAME_DATA - 1)) >> info->field_count)
		return -EBADMSG;
	if ((map & (MAP_SAME_DATA | MAP_NUMBER)) && !info->has_data)
		return -EBADMSG;
	for (i = 0; i < info->field_count; i++) {
		uint64_t *old = predicted_field(p, rec->type, i);

		if (map & (1u << i)) {
			if (rrlog_get_varint(in, end, &delta))
				return -EBADMSG;
			*old += rrlog_unzigzag(delta);
		}
		rec->field[i] = *old;
	}
	return info->has_data ? get_data(p, map, in, end, rec) : 0;
}

/* A record of a later minor version: skipped whole if it is optional. */
static int skip_envelope(const uint8_t **in, const uint8_t *end)
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

int rrlog_record_decode(struct rrlog_prediction *p, const uint8_t **in,
			const uint8_t *end, struct rrlog_record *rec)
{
	const struct rrlog_type_info *info;
	const uint8_t *start;
	uint8_t head;

	/* GCC makes of memset() here a "rep stos", which takes 15 ns. */
	explicit_bzero(rec, sizeof(*rec));
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
	start = *in;
	if ((head & HEAD_LANDMARK) && get_landmark(p, in, end, rec))
		return -EBADMSG;
	p->landmark_bytes = (size_t)(*in - start);
	if (!info->field_count && !info->has_data)
		return 1;
	return get_fields(p, info, in, end, rec) ? -EBADMSG : 1;
}
