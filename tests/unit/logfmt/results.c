/*
 * Results that are appended together give the same records as one by one: of
 * any number, across the ends of frames, between other records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#define SEED 7
#define RUNS 4000
#define LONGEST 300 /* all results together make several frames */

static char dir[256], together[300], one_by_one[300];

static void make_result(struct rng *rng, uint64_t *clock,
			struct rrlog_result *a)
{
	static const uint8_t types[] = { RRLOG_RDTSC,  RRLOG_RDTSC,
					 RRLOG_RDTSC,  RRLOG_RDTSCP,
					 RRLOG_RDTSCP, RRLOG_RDPMC,
					 RRLOG_RDMSR,  RRLOG_WRMSR };

	uint64_t values[RRLOG_RESULT_FIELDS];

	*clock += rng_next(rng) % 5000;
	a->type = types[rng_next(rng) % sizeof(types)];
	values[0] = rng_next(rng) % 16 ? *clock : rng_value(rng);
	values[1] = rng_next(rng) % 4;
	values[2] = rng_next(rng) % 2;
	memcpy(a->field, values, sizeof(values));
}

static int append_singly(struct rrlog_writer *w, uint64_t output_bytes,
			 const struct rrlog_result *results, size_t count)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < count; i++) {
		const struct rrlog_type_info *info =
			rrlog_type_info(results[i].type);
		struct rrlog_record rec = {
			.type = results[i].type,
			.output_bytes = output_bytes,
		};

		memcpy(rec.field, results[i].field,
		       info->field_count * sizeof(*rec.field));
		err = rrlog_writer_append(w, &rec);
	}
	return err;
}

static int write_trace(const char *trace,
		       int (*append)(struct rrlog_writer *, uint64_t,
				     const struct rrlog_result *, size_t),
		       uint64_t *records)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	struct record_maker m = { .rng = { SEED } };
	uint64_t raw, stored, clock = 0;
	int err = rrlog_writer_start(w), run;

	for (run = 0; !err && run < RUNS; run++) {
		struct rrlog_result results[LONGEST];
		struct rrlog_record other;
		size_t i, count = rng_next(&m.rng) % LONGEST;

		for (i = 0; i < count; i++)
			make_result(&m.rng, &clock, &results[i]);
		err = append(w, m.output_bytes, results, count);
		if (err || run % 3)
			continue;
		make_record(&m, &other);
		err = rrlog_writer_append(w, &other);
	}
	rrlog_writer_stats(w, records, &raw, &stored);
	if (rrlog_writer_close(w, true) && !err)
		err = -EIO;
	return err;
}

static uint64_t compare(const char *a, const char *b, int *err)
{
	struct rrlog_reader *reader[2] = { NULL, NULL };
	struct rrlog_record rec[2];
	uint64_t count = 0;
	int more;

	*err = rrlog_reader_open(a, &reader[0]);
	if (!*err)
		*err = rrlog_reader_open(b, &reader[1]);
	while (!*err) {
		more = rrlog_reader_next(reader[0], &rec[0]);
		if (rrlog_reader_next(reader[1], &rec[1]) != more || more < 0)
			*err = -EBADMSG;
		if (*err || !more)
			break;
		if (!same_record(&rec[0], &rec[1]))
			*err = -EILSEQ;
		count++;
	}
	rrlog_reader_close(reader[0]);
	rrlog_reader_close(reader[1]);
	return count;
}

static void test_same(void)
{
	uint64_t records[2], count;
	int err =
		write_trace(together, rrlog_writer_append_results, &records[0]);

	ksft_ok(!err && records[0] > RUNS * (uint64_t)LONGEST / 3,
		"appended together: %llu", (unsigned long long)records[0]);
	err = write_trace(one_by_one, append_singly, &records[1]);
	ksft_ok(!err && records[0] == records[1], "and one by one");
	count = compare(together, one_by_one, &err);
	ksft_ok(!err && count == records[0], "the same records: %d after %llu",
		err, (unsigned long long)count);
	remove_trace(together);
	remove_trace(one_by_one);
}

static void test_refused(const char *what, uint8_t type)
{
	struct rrlog_writer *w = create_trace(together, NULL, 1);
	struct rrlog_result results[] = { { .type = RRLOG_RDTSC },
					  { .type = type } };
	uint64_t records = 1, raw, stored;
	int err = rrlog_writer_start(w);

	if (!err)
		err = rrlog_writer_append_results(w, 0, results, 2);
	rrlog_writer_stats(w, &records, &raw, &stored);
	ksft_ok(err == -EINVAL && !records, "%s is refused, and all with it",
		what);
	rrlog_writer_close(w, false);
	remove_trace(together);
}

int main(void)
{
	ksft_plan(8);
	make_temp_dir(dir, sizeof(dir));
	snprintf(together, sizeof(together), "%s/together", dir);
	snprintf(one_by_one, sizeof(one_by_one), "%s/one", dir);
	test_same();
	test_refused("a type that is none", 63);
	test_refused("a number that is no type's", 200);
	test_refused("type 0", 0);
	test_refused("a type with data", RRLOG_PIO_READ);
	test_refused("a type with more fields", RRLOG_SLOT);
	rmdir(dir);
	return ksft_end();
}
