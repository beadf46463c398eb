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
#define MAP_SAME_DATA 0x40
#define MAP_IN_BLOBS 0x80

#define ENVELOPE_OPTIONAL 1

_Static_assert((1 << RRLOG_MAX_FIELDS) <= MAP_SAME_DATA, "field map too small");
_Static_assert(RR_REG_COUNT <= 21, "register map takes over three bytes");
_Static_assert(1 + 14 + RRLOG_VARINT_MAX_BYTES * (RR_REG_COUNT + 2) + 1 +
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

static void remember_data(struct rrlog_prediction *p, unsigned int type,
			  const void *data, size_t data_bytes)
{
	if (!data_bytes || data_bytes > RRLOG_PREDICTED_DATA_BYTES)
		return;
	memmove(p->data[type], data, data_bytes);
	p->data_bytes[type] = (uint8_t)data_bytes;
}

/* ---- encoding ---- */

static uint8_t *put_output(struct rrlog_prediction *p,
			   const struct rrlog_record *rec, uint8_t *out)
{
	uint32_t hash_le = htole32(rec->output_hash);

	out = rrlog_put_varint(out, rec->output_bytes - p->output_bytes);
	memcpy(out, &hash_le, sizeof(hash_le));
	p->output_bytes = rec->output_bytes;
	p->output_hash = rec->output_hash;
	return out + sizeof(hash_le);
}

static uint8_t *put_landmark(struct rrlog_prediction *p,
			     const struct rr_landmark *lm, uint8_t *out)
{
	const struct rr_landmark *old = &p->landmark;
	uint32_t map = 0;
	unsigned int i;

	for (i = 0; i < RR_REG_COUNT; i++) {
		if (lm->regs[i] != old->regs[i])
			map |= 1u << i;
	}
	out = rrlog_put_varint(out, lm->branches - old->branches);
	out = rrlog_put_varint(out, map);
	for (i = 0; i < RR_REG_COUNT; i++) {
		if (!(map & (1u << i)))
			continue;
		out = rrlog_put_varint(
			out, rrlog_zigzag(lm->regs[i] - old->regs[i]));
	}
	p->landmark = *lm;
	return out;
}

static bool is_same_data(const struct rrlog_prediction *p,
			 const struct rrlog_record *rec)
{
	return rec->data_bytes && rec->data_bytes == p->data_bytes[rec->type] &&
	       !memcmp(rec->data, p->data[rec->type], rec->data_bytes);
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
	if (rec->in_blobs)
		*map |= MAP_IN_BLOBS;
	else if (info->has_data && is_same_data(p, rec))
		*map |= MAP_SAME_DATA;
	if (!info->has_data || (*map & MAP_SAME_DATA))
		return out;

	out = rrlog_put_varint(out, rec->data_bytes);
	if (rec->data_bytes)
		memcpy(out, rec->data, rec->data_bytes);
	if (!rec->in_blobs)
		remember_data(p, rec->type, out, rec->data_bytes);
	return out + rec->data_bytes;
}

size_t rrlog_record_encode(struct rrlog_prediction *p,
			   const struct rrlog_record *rec, uint8_t *out)
{
	const struct rrlog_type_info *info = rrlog_find_type(rec->type);
	uint8_t *start = out;
	uint8_t *head = out++;

	*head = rec->type;
	if (rec->output_bytes != p->output_bytes ||
	    rec->output_hash != p->output_hash) {
		*head |= HEAD_OUTPUT;
		out = put_output(p, rec, out);
	}
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		*head |= HEAD_LANDMARK;
		out = put_landmark(p, &rec->landmark, out);
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
	uint32_t hash_le;

	if (rrlog_get_varint(in, end, &delta))
		return -EBADMSG;
	if ((size_t)(end - *in) < sizeof(hash_le))
		return -EBADMSG;
	memcpy(&hash_le, *in, sizeof(hash_le));
	*in += sizeof(hash_le);
	p->output_bytes += delta;
	p->output_hash = le32toh(hash_le);
	return 0;
}

static int get_landmark(struct rrlog_prediction *p, const uint8_t **in,
			const uint8_t *end)
{
	struct rr_landmark *lm = &p->landmark;
	uint64_t delta, map;
	unsigned int i;

	if (rrlog_get_varint(in, end, &delta) ||
	    rrlog_get_varint(in, end, &map) || map >> RR_REG_COUNT)
		return -EBADMSG;
	lm->branches += delta;
	for (i = 0; i < RR_REG_COUNT; i++) {
		if (!(map & (UINT64_C(1) << i)))
			continue;
		if (rrlog_get_varint(in, end, &delta))
			return -EBADMSG;
		lm->regs[i] += rrlog_unzigzag(delta);
	}
	return 0;
}

static int get_data(struct rrlog_prediction *p, uint8_t map, const uint8_t **in,
		    const uint8_t *end, struct rrlog_record *rec)
{
	uint64_t bytes;

	if (map & MAP_SAME_DATA) {
		rec->data = p->data[rec->type];
		rec->data_bytes = p->data_bytes[rec->type];
		return rec->data_bytes ? 0 : -EBADMSG;
	}
	if (rrlog_get_varint(in, end, &bytes))
		return -EBADMSG;
	if (bytes > RRLOG_MAX_DATA_BYTES || bytes > (size_t)(end - *in))
		return -EBADMSG;
	rec->data = *in;
	rec->data_bytes = (size_t)bytes;
	*in += bytes;
	rec->in_blobs = map & MAP_IN_BLOBS;
	if (!rec->in_blobs)
		remember_data(p, rec->type, rec->data, rec->data_bytes);
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
	if ((map & (MAP_SAME_DATA | MAP_IN_BLOBS)) && !info->has_data)
		return -EBADMSG;
	if ((map & MAP_SAME_DATA) && (map & MAP_IN_BLOBS))
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
	rec->output_hash = p->output_hash;
	if (head & HEAD_LANDMARK) {
		if (get_landmark(p, in, end))
			return -EBADMSG;
		rec->stamp = RRLOG_AT_LANDMARK;
		rec->landmark = p->landmark;
	}
	if (!info->field_count && !info->has_data)
		return 1;
	return get_fields(p, info, in, end, rec) ? -EBADMSG : 1;
}
