/*
 * Encoding and decoding records: each type with random values, damaged bytes,
 * and records of later versions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include "common/logfmt/data/record-codec.h"
#include "common/logfmt/base/varint.h"

#define ROUNDS 5000

static uint8_t encoded[RRLOG_RECORD_MAX_BYTES + MAX_TEST_DATA_BYTES];
static struct rrlog_prediction writer, reader;

static bool round_trip(struct record_maker *m,
		       const struct rrlog_type_info *info)
{
	const uint8_t *in = encoded;
	struct rrlog_record rec, out;
	size_t bytes;

	fill_record(m, info, &rec);
	if (rrlog_record_check(&rec))
		return false;
	bytes = rrlog_record_encode(&writer, &rec, encoded);
	if (bytes > RRLOG_RECORD_MAX_BYTES + rec.data_bytes)
		return false;
	return rrlog_record_decode(&reader, &in, encoded + bytes, &out) == 1 &&
	       in == encoded + bytes && same_record(&rec, &out);
}

static void test_type(const char *name, unsigned int type)
{
	const struct rrlog_type_info *info = rrlog_type_info(type);
	struct record_maker m = { .rng = { type } };
	unsigned int i, wrong = 0;

	rrlog_prediction_reset(&writer);
	rrlog_prediction_reset(&reader);
	for (i = 0; i < ROUNDS; i++)
		wrong += !round_trip(&m, info);
	ksft_ok(!wrong && !strcmp(info->name, name) && info->type == type,
		"%s: %u wrong", name, wrong);
}

static void test_all_mixed(void)
{
	struct record_maker m = { .rng = { 99 } };
	unsigned int i, type, wrong = 0;

	rrlog_prediction_reset(&writer);
	rrlog_prediction_reset(&reader);
	for (i = 0; i < ROUNDS * 10; i++) {
		type = rng_next(&m.rng) % MAX_TYPE;
		if (rrlog_type_info(type))
			wrong += !round_trip(&m, rrlog_type_info(type));
	}
	ksft_ok(!wrong, "all types mixed: %u wrong", wrong);
}

/* A record that is cut is an error at every length. */
static void test_cut(void)
{
	struct record_maker m = { .rng = { 5 } };
	unsigned int i, wrong = 0;

	rrlog_prediction_reset(&writer);
	rrlog_prediction_reset(&reader);
	for (i = 0; i < 500; i++) {
		struct rrlog_prediction before = reader, scratch;
		struct rrlog_record rec, out;
		const uint8_t *in = encoded;
		size_t bytes, cut;

		make_record(&m, &rec);
		bytes = rrlog_record_encode(&writer, &rec, encoded);
		for (cut = 0; cut < bytes; cut++) {
			uint8_t *copy = malloc(cut + !cut);

			memcpy(copy, encoded, cut);
			in = copy;
			scratch = before;
			wrong += rrlog_record_decode(&scratch, &in, copy + cut,
						     &out) != -EBADMSG;
			free(copy);
		}
		in = encoded;
		wrong += rrlog_record_decode(&reader, &in, encoded + bytes,
					     &out) != 1;
	}
	ksft_ok(!wrong, "records cut short: %u wrong", wrong);
}

/* Random bytes decode to a record or an error; nothing outside is read. */
static void test_noise(void)
{
	struct rng rng = { 6 };
	unsigned int i, j, good = 0;

	for (i = 0; i < 200000; i++) {
		size_t bytes = rng_next(&rng) % 64 + 1;
		uint8_t *noise = malloc(bytes);
		const uint8_t *in = noise;
		struct rrlog_record out;

		for (j = 0; j < bytes; j++)
			noise[j] = (uint8_t)rng_next(&rng);
		rrlog_prediction_reset(&reader);
		while (in != noise + bytes &&
		       rrlog_record_decode(&reader, &in, noise + bytes, &out) >=
			       0)
			good++;
		free(noise);
	}
	ksft_ok(good > 0, "random bytes: %u records in them", good);
}

static int decode_envelope(uint8_t flags, uint8_t bytes, size_t have)
{
	uint8_t envelope[16] = { 0, 99, flags, bytes };
	const uint8_t *in = envelope;
	struct rrlog_record out;
	int ret = rrlog_record_decode(&reader, &in, envelope + 4 + have, &out);

	return ret ? ret : (int)(in - envelope);
}

static void test_later_records(void)
{
	static const uint8_t unknown[] = { 63, 0 };
	const uint8_t *in = unknown;
	struct rrlog_record out;

	ksft_ok(decode_envelope(1, 5, 5) == 4 + 5 &&
			decode_envelope(1, 5, 6) == 4 + 5,
		"an unknown optional record is skipped");
	ksft_ok(decode_envelope(0, 5, 5) == -EPROTONOSUPPORT,
		"an unknown record that is not optional is refused");
	ksft_ok(decode_envelope(1, 6, 5) == -EBADMSG &&
			decode_envelope(2, 5, 5) == -EBADMSG,
		"an impossible envelope is damage");
	ksft_ok(rrlog_record_decode(&reader, &in, unknown + 2, &out) ==
			-EPROTONOSUPPORT,
		"an unknown type is refused");
}

static void test_check(void)
{
	struct rrlog_record rec = { .type = RRLOG_NMI };
	uint8_t byte = 0;

	ksft_ok(!rrlog_record_check(&rec), "nmi");
	rec.data = &byte;
	rec.data_bytes = 1;
	ksft_ok(rrlog_record_check(&rec) == -EINVAL, "data where none belongs");
	rec.type = RRLOG_DMA;
	ksft_ok(!rrlog_record_check(&rec), "dma");
	rec.stamp = 2;
	ksft_ok(rrlog_record_check(&rec) == -EINVAL, "unknown stamp");
	rec.stamp = 0;
	rec.type = 0;
	ksft_ok(rrlog_record_check(&rec) == -EINVAL, "no type");
}

static void test_varint(void)
{
	static const uint8_t too_large[] = { 255, 255, 255, 255, 255,
					     255, 255, 255, 255, 2 };
	static const uint8_t too_long[] = { 0x80, 0 };
	struct rng rng = { 1 };
	uint8_t bytes[RRLOG_VARINT_MAX_BYTES];
	unsigned int i, wrong = 0;
	const uint8_t *in;
	uint64_t value, got;

	for (i = 0; i < 100000; i++) {
		uint8_t *end;

		value = rng_value(&rng);
		end = rrlog_put_varint(bytes, rrlog_zigzag(value));
		in = bytes;
		wrong += rrlog_get_varint(&in, end, &got) || in != end ||
			 rrlog_unzigzag(got) != value;
	}
	ksft_ok(!wrong, "varints: %u wrong", wrong);
	in = too_large;
	ksft_ok(rrlog_get_varint(&in, too_large + 10, &got) == -EBADMSG,
		"more than 64 bits");
	in = too_long;
	ksft_ok(rrlog_get_varint(&in, too_long + 2, &got) == -EBADMSG,
		"longer than needed");
	ksft_ok(rrlog_zigzag(0) == 0 && rrlog_zigzag(UINT64_MAX) == 1 &&
			rrlog_zigzag(1) == 2,
		"zigzag");
}

/* The member with the name of a field is its element of .field. */
static void test_typed_fields(void)
{
	unsigned int i, wrong = 0;
	struct rrlog_record rec;

#define F(member)                                                              \
	wrong += &fields->member != &rec.field[i] || i >= info->field_count || \
		 strcmp(info->fields[i], #member);                             \
	i++;
#define X(ID, number, id, name, has_data, checks)                             \
	{                                                                     \
		const struct rrlog_type_info *info = rrlog_type_info(number); \
		const struct rrlog_##id##_fields *fields = &rec.id;           \
                                                                              \
		(void)fields;                                                 \
		i = 0;                                                        \
		checks wrong += i != info->field_count;                       \
	}
	RRLOG_RECORDS(X, F)
#undef X
#undef F
	ksft_ok(!wrong, "fields by name: %u wrong", wrong);
}

int main(void)
{
	unsigned int types = 0;

#define X(...) types++;
	RRLOG_RECORDS(X, RRLOG_NO_FIELD)
#undef X
	ksft_plan(types + 1 + 3 + 4 + 5 + 4);
#define X(ID, number, id, name, ...) test_type(name, number);
	RRLOG_RECORDS(X, RRLOG_NO_FIELD)
#undef X
	test_typed_fields();
	test_all_mixed();
	test_cut();
	test_noise();
	test_later_records();
	test_check();
	test_varint();
	return ksft_end();
}
