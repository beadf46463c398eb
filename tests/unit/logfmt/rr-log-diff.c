/*
 * rr-log diff and rr-log stats: what they find in traces that are known.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/program-util.h"

#include <json-glib/json-glib.h>

#define SEED 29
#define RECORDS 600
#define TIMED_RECORDS 200

static char other[300];

/* How the second trace is unlike the first. */
struct change {
	int64_t at; /* record to change; -1: none */
	void (*apply)(struct rrlog_record *rec);
	const char *codec;
	const char *cpu;
	unsigned int records;
	unsigned int pages;
	bool incomplete;
};

static void make(const char *path, const struct change *c)
{
	struct record_maker m = { .rng = { SEED } };
	unsigned int count = c->records ? c->records : RECORDS;
	struct rrlog_writer *w;
	struct rrlog_record rec;
	unsigned int i;
	int err;

	w = create_trace(path, c->codec, c->pages ? c->pages : 20);
	err = rrlog_writer_manifest_set(w, "start.time", path);
	if (!err)
		err = rrlog_writer_manifest_set(w, "cpu.model",
						c->cpu ? c->cpu : "max");
	if (!err)
		err = rrlog_writer_start(w);
	for (i = 0; !err && i < count; i++) {
		make_record(&m, &rec);
		if (i == c->at)
			c->apply(&rec);
		err = rrlog_writer_append(w, &rec);
		/* Other frames than those of the other trace. */
		if (!err && c->codec && i % 50 == 49)
			err = rrlog_writer_flush(w);
	}
	if (rrlog_writer_close(w, !c->incomplete) || err)
		ksft_bail_out("cannot write %s", path);
}

static struct outcome diff(const char *arguments, const struct change *c)
{
	static const struct change none = { .at = -1 };
	char command[1024];
	struct outcome o;

	make(trace, &none);
	make(other, c);
	snprintf(command, sizeof(command), "diff %s '%s' '%s'", arguments,
		 trace, other);
	o = run(command);
	remove_trace(trace);
	remove_trace(other);
	return o;
}

static void change_branches(struct rrlog_record *rec)
{
	static const struct rr_landmark zero;

	rec->stamp = RRLOG_AT_LANDMARK;
	rec->landmark = zero;
	rec->landmark.branches = 77777;
}

static void change_data(struct rrlog_record *rec)
{
	static uint8_t data[RRLOG_PAGE_BYTES];

	memset(rec, 0, sizeof(*rec));
	rec->type = RRLOG_DMA;
	data[3000] = 0x5a;
	rec->data = data;
	rec->data_bytes = sizeof(data);
}

static void test_diff(void)
{
	struct change none = { .at = -1 };
	struct change frames = { .at = -1, .codec = "none" };
	struct change cpu = { .at = -1, .cpu = "qemu64" };
	struct change fewer = { .at = -1, .records = RECORDS - 1 };
	struct change pages = { .at = -1, .pages = 22 };
	struct change open_end = { .at = -1, .incomplete = true };
	struct outcome o = diff("", &none);

	ksft_ok(!o.status && !strcmp(o.out, "equal: 600 records\n") &&
			!o.err_lines,
		"equal but for start.time");
	o = diff("", &frames);
	ksft_ok(!o.status, "other compression and frames are equal");
	o = diff("--all", &none);
	ksft_ok(o.status == 1 && strstr(o.out, "differs: start.time\n"),
		"--all");
	o = diff("", &cpu);
	ksft_ok(o.status == 1 && !o.err_lines &&
			strstr(o.out, "differs: cpu.model\n  A max\n"
				      "  B qemu64\n") &&
			strstr(o.out, "the records are equal: 600"),
		"another CPU");
	o = diff("--ignore cpu.model", &cpu);
	ksft_ok(!o.status, "--ignore");
	o = diff("", &fewer);
	ksft_ok(o.status == 1 && strstr(o.out, "differ from record 599 on") &&
			strstr(o.out, "\nB ends after 599 records (complete)"),
		"a record less");
	o = diff("", &pages);
	ksft_ok(o.status == 1 && strstr(o.out, "differs: block 3\n") &&
			strstr(o.out, "differs: start memory of block 3\n"),
		"other memory");
	o = diff("", &open_end);
	ksft_ok(o.status == 1 && strstr(o.out, "differs: state\n"),
		"incomplete");
}

static void test_diff_records(void)
{
	struct change branches = { .at = 300, .apply = change_branches };
	struct change data = { .at = 0, .apply = change_data };
	struct outcome o = diff("--context 2", &branches);

	ksft_ok(o.status == 1 && !o.err_lines &&
			strstr(o.out,
			       "the traces differ from record 300 on; the last "
			       "landmark before it is at branch ") &&
			strstr(o.out, "\n  298 ") &&
			strstr(o.out, "\n  299 ") &&
			!strstr(o.out, "\n  297 ") &&
			strstr(o.out, "\nA 300 ") &&
			strstr(o.out, "\nB 300 ") &&
			strstr(o.out, " branches=77777 "),
		"another landmark");
	o = diff("", &data);
	ksft_ok(o.status == 1 &&
			strstr(o.out, "differ from record 0 on\nA 0 ") &&
			strstr(o.out, "differs: type\n"),
		"another type");
	o = diff("--json", &branches);
	ksft_ok(o.status == 1 && strstr(o.out, "\"equal\" : false") &&
			strstr(o.out, "\"parted_at\" : 300"),
		"diff --json");
}

/* Each bit of a record of each type counts. */
static void test_every_field(void)
{
	char command[1024], expected[64];
	unsigned int type, i, wrong = 0, tried = 0;
	struct rrlog_record rec;
	struct outcome o;

	for (type = 1; type < MAX_TYPE; type++) {
		const struct rrlog_type_info *info = rrlog_type_info(type);

		if (type == RRLOG_IMAGE || type == RRLOG_DMA_IMAGE)
			continue; /* the writer makes them itself */
		for (i = 0; info && i < info->field_count; i++) {
			unsigned int j;

			for (j = 0; j < 2; j++) {
				struct rrlog_writer *w = create_trace(
					j ? other : trace, NULL, 1);

				memset(&rec, 0, sizeof(rec));
				rec.type = (uint8_t)type;
				rec.field[i] = j ? UINT64_C(1) << 63 : 0;
				if (rrlog_writer_start(w) ||
				    rrlog_writer_append(w, &rec) ||
				    rrlog_writer_close(w, true))
					ksft_bail_out("cannot write");
			}
			snprintf(command, sizeof(command), "diff '%s' '%s'",
				 trace, other);
			o = run(command);
			snprintf(expected, sizeof(expected),
				 "differs: %s\n  A 0x0\n  B "
				 "0x8000000000000000\n",
				 info->fields[i]);
			wrong += o.status != 1 || !strstr(o.out, expected);
			tried++;
			remove_trace(trace);
			remove_trace(other);
		}
	}
	ksft_ok(tried && !wrong, "each of %u fields: %u wrong", tried, wrong);
}

static void test_diff_damaged(void)
{
	static const struct change none = { .at = -1 };
	char command[1024];
	struct file_copy f;
	struct outcome o;

	make(trace, &none);
	make(other, &none);
	f = load_file(other, "events");
	f.bytes[f.size - 1] ^= 1;
	store_file(other, "events", f.bytes, f.size);
	free(f.bytes);
	snprintf(command, sizeof(command), "diff '%s' '%s'", trace, other);
	o = run(command);
	ksft_ok(o.status == 4 && o.err_lines == 1 && !o.out_lines &&
			strstr(o.err, other),
		"diff with a damaged trace: %s", strtok(o.err, "\n"));
	remove_trace(other);
	o = run(command);
	ksft_ok(o.status == 1 && o.err_lines == 1 && !o.out_lines,
		"diff with no trace: %s", strtok(o.err, "\n"));
	remove_trace(trace);
}

/* ---- stats ---- */

static JsonObject *member(JsonObject *object, const char *name)
{
	if (!object || !json_object_has_member(object, name))
		ksft_bail_out("stats --json has no \"%s\"", name);
	return json_object_get_object_member(object, name);
}

/* Records with 100 ms and more between, at two ports alternately. */
static void make_timed_trace(uint64_t *data_bytes)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 8);
	struct rrlog_record rec = { .data = "abcd" };
	unsigned int i;
	int err = rrlog_writer_start(w);

	*data_bytes = 0;
	for (i = 0; !err && i < TIMED_RECORDS; i++) {
		rec.type = i % 4 ? RRLOG_PIO_READ : RRLOG_NMI;
		rec.stamp = i % 4 ? RRLOG_AT_ACCESS : RRLOG_AT_LANDMARK;
		rec.data_bytes = i % 4;
		rec.pio_read.port = i % 4 == 1 ? 0x3f8 : 0x60;
		*data_bytes += rec.data_bytes;
		rec.landmark.branches += i % 4 ? 0 : 1000 * i;
		rec.landmark.regs[RR_REG_RIP] = i * 40;
		err = rrlog_writer_append(w, &rec);
		if (!err && i % 50 == 49)
			err = rrlog_writer_flush(w);
		if (i % 50 == 49)
			usleep(100000);
	}
	if (rrlog_writer_close(w, true) || err)
		ksft_bail_out("cannot write %s", trace);
}

static void check_intervals(JsonObject *root)
{
	JsonArray *array = json_object_get_array_member(root, "intervals");
	gint64 records = 0, stored = 0;
	guint i;

	for (i = 0; i < json_array_get_length(array); i++) {
		JsonObject *t = json_array_get_object_element(array, i);

		records += json_object_get_int_member(t, "records");
		stored += json_object_get_int_member(t, "stored_bytes");
	}
	ksft_ok(i > 1 && i <= 20 && records == TIMED_RECORDS &&
			stored == json_object_get_int_member(root,
							     "stored_bytes"),
		"%u intervals hold all", i);
}

/* An NMI is a byte and its landmark. */
static void check_landmarks(JsonObject *root)
{
	JsonObject *nmi = member(member(root, "types"), "nmi");
	gint64 count = json_object_get_int_member(nmi, "landmarks");
	gint64 bytes = json_object_get_int_member(nmi, "landmark_bytes");

	ksft_ok(count == TIMED_RECORDS / 4 &&
			bytes == json_object_get_int_member(nmi,
							    "encoded_bytes") -
					 count,
		"landmarks: %lld in %lld bytes", (long long)count,
		(long long)bytes);
}

static void check_top(JsonObject *root)
{
	JsonArray *ports =
		json_object_get_array_member(member(root, "top"), "pio-read");
	JsonObject *first = json_array_get_object_element(ports, 0);

	ksft_ok(json_array_get_length(ports) == 2 &&
			!strcmp(json_object_get_string_member(first, "address"),
				"0x60") &&
			json_object_get_int_member(first, "records") ==
				TIMED_RECORDS / 2,
		"the most used port");
}

static void test_stats(void)
{
	JsonParser *parser = json_parser_new();
	uint64_t data_bytes;
	JsonObject *root;
	struct outcome o;

	make_timed_trace(&data_bytes);
	o = run_on_trace("stats --json");
	if (!json_parser_load_from_data(parser, o.out, -1, NULL))
		ksft_bail_out("stats --json is not JSON");
	root = json_node_get_object(json_parser_get_root(parser));
	ksft_ok(json_object_get_int_member(member(root, "all"), "records") ==
				TIMED_RECORDS &&
			json_object_get_int_member(member(root, "all"),
						   "data_bytes") ==
				(gint64)data_bytes &&
			json_object_get_int_member(member(root, "all"),
						   "encoded_bytes") ==
				json_object_get_int_member(root, "raw_bytes"),
		"stats --json: records and bytes add up");
	check_intervals(root);
	check_landmarks(root);
	check_top(root);
	o = run_on_trace("stats");
	ksft_ok(!o.status && strstr(o.out, "\nports read, of 2:") &&
			strstr(o.out, "\nby host time, ") && !o.err_lines,
		"stats in words, quiet");
	g_object_unref(parser);
	remove_trace(trace);
}

int main(int argc, char **argv)
{
	setup_program(argc, argv);
	snprintf(other, sizeof(other), "%s/u.rrt", dir);
	ksft_plan(8 + 3 + 1 + 2 + 5);
	test_diff();
	test_diff_records();
	test_every_field();
	test_diff_damaged();
	test_stats();
	clean_up();
	return ksft_end();
}
