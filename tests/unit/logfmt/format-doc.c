/*
 * FORMAT.md says what the library does: the table of record types, the layout
 * of the CPU state, and the hex dump of a small trace, which this test writes
 * again.  "format-doc --dump" prints that file.
 *
 * The trace id and the time are this program's getrandom() and clock_gettime(),
 * which stand before libc's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include <glib.h>
#include <sys/random.h>
#include <time.h>

#include "common/landmark/landmark.h"
#include "common/logfmt/file/format.h"

/* The CPU state: the number of entries, and the index of some of them. */
#define STATE_ENTRIES 165
#define CR0 54
#define CR0_ET (1u << 4)
#define DR6 78
#define DR6_ONES 0xff0u
#define MXCSR 83
#define MXCSR_DEFAULT 0x1f80u
/* The clock of this program. */
#define TICK_NS 1000000

static char *document;

/* The trace id is 00 01 02 ... 0f. */
ssize_t getrandom(void *buffer, size_t bytes, unsigned int flags)
{
	size_t i;

	(void)flags;
	for (i = 0; i < bytes; i++)
		((uint8_t *)buffer)[i] = (uint8_t)i;
	return (ssize_t)bytes;
}

/* Each look at the clock takes a tick. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	static _Atomic long ticks;

	(void)clock;
	ts->tv_sec = INT32_MAX; /* the writer's thread waits for its flush */
	ts->tv_nsec = ticks++ % 1000 * TICK_NS;
	return 0;
}

/* ---- the hex dump ---- */

static int append_example(struct rrlog_writer *w)
{
	static const uint8_t key[] = { 0x1c };
	struct rrlog_record read = {
		.type = RRLOG_PIO_READ,
		.pio_read = { .port = 0x60, .size = 1, .count = 1 },
		.data = key,
		.data_bytes = 1,
	};
	struct rrlog_record interrupt = {
		.type = RRLOG_INTERRUPT,
		.stamp = RRLOG_AT_LANDMARK,
		.output_bytes = 2,
		.output_hash = 0x11223344,
		.landmark = { .branches = 1000,
			      .regs = { [RR_REG_RAX] = 5,
					[RR_REG_RIP] = 0xfff0 } },
		.interrupt = { .vector = 0x21 },
	};
	int err = rrlog_writer_append(w, &read);

	if (!err)
		err = rrlog_writer_append(w, &interrupt);
	read.output_bytes = 2;
	if (!err)
		err = rrlog_writer_append(w, &read);
	return err;
}

/* The file "events" of the example. */
static GByteArray *write_example(void)
{
	char dir[256], path[320], file[400];
	struct rrlog_block block = { .name = "pc.ram",
				     .size_bytes = RRLOG_PAGE_BYTES };
	struct rrlog_writer *w = NULL;
	GByteArray *out = g_byte_array_new();
	char *content = NULL;
	gsize bytes = 0;
	int err;

	make_temp_dir(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/example.rrt", dir);
	err = rrlog_writer_create(path, "none", &w);
	if (!err)
		err = rrlog_writer_add_block(w, &block);
	if (!err)
		err = rrlog_writer_start(w);
	if (!err)
		err = append_example(w);
	if (rrlog_writer_close(w, true) || err)
		ksft_bail_out("cannot write the example");
	snprintf(file, sizeof(file), "%s/%s", path, RRLOG_FILE_EVENTS);
	if (g_file_get_contents(file, &content, &bytes, NULL))
		g_byte_array_append(out, (guint8 *)content, (guint)bytes);
	g_free(content);
	remove_trace(path);
	rmdir(dir);
	return out;
}

/* Add the bytes of a line "OFFSET  BYTES  text" of the dump. */
static void parse_dump_line(const char *line, GByteArray *dump)
{
	char *end;
	unsigned long offset = strtoul(line, &end, 16);

	if (end != line + 4 || strncmp(end, "  ", 2) || offset != dump->len)
		return;
	for (line = end + 2;
	     g_ascii_isxdigit(line[0]) && g_ascii_isxdigit(line[1]) &&
	     (line[2] == ' ' || !line[2]);
	     line += line[2] ? 3 : 2) {
		guint8 byte = (guint8)(g_ascii_xdigit_value(line[0]) << 4 |
				       g_ascii_xdigit_value(line[1]));

		g_byte_array_append(dump, &byte, 1);
	}
}

/* All of the dump in the document. */
static GByteArray *parse_dump(void)
{
	GByteArray *dump = g_byte_array_new();
	char **lines = g_strsplit(document, "\n", -1);
	size_t i;

	for (i = 0; lines[i]; i++) {
		if (g_str_has_prefix(lines[i], "    "))
			parse_dump_line(lines[i] + 4, dump);
	}
	g_strfreev(lines);
	return dump;
}

static void print_dump(const GByteArray *bytes)
{
	guint i;

	for (i = 0; i < bytes->len; i++)
		printf("%s%02x", i % 16 ? " " : i ? "\n" : "", bytes->data[i]);
	printf("\n");
}

static void test_dump(void)
{
	GByteArray *real = write_example(), *shown = parse_dump();
	guint i = 0;

	while (i < real->len && i < shown->len &&
	       real->data[i] == shown->data[i])
		i++;
	ksft_ok(real->len > RRLOG_FRAMES_OFFSET && real->len == shown->len &&
			i == real->len,
		"the hex dump: %u bytes of %u, the same up to %u", shown->len,
		real->len, i);
	g_byte_array_unref(real);
	g_byte_array_unref(shown);
}

/* ---- tables ---- */

/* The columns of the table row at *@at, which moves on; NULL after the last. */
static char **next_row(const char **at)
{
	const char *end = strchr(*at, '\n');
	char *line, **columns;
	size_t i;

	if (**at != '|' || !end)
		return NULL;
	line = g_strndup(*at, (size_t)(end - *at));
	*at = end + 1;
	columns = g_strsplit(line, "|", -1);
	for (i = 0; columns[i]; i++)
		g_strstrip(columns[i]);
	g_free(line);
	return columns;
}

/*
 * The first row of the first table after @heading, past the table's own head.
 */
static const char *find_table(const char *heading)
{
	const char *at = strstr(document, heading);

	at = at ? strstr(at, "\n|--") : NULL;
	return at ? strchr(at + 1, '\n') + 1 : "";
}

static bool row_fits(const struct rrlog_type_info *info, char **columns)
{
	char *fields[RRLOG_MAX_FIELDS + 1] = { NULL };
	char *list;
	unsigned int i;
	bool fits;

	for (i = 0; i < info->field_count; i++)
		fields[i] = (char *)info->fields[i];
	list = g_strjoinv(", ", fields);
	fits = !strcmp(columns[2], info->name) && !strcmp(columns[3], list) &&
	       !strcmp(columns[4], info->has_data ? "yes" : "") && *columns[5];
	g_free(list);
	return fits;
}

static void test_types(void)
{
	const char *at = find_table("\n### Record types\n");
	unsigned int type, documented = 0, known = 0, wrong = 0;
	char **columns;

	for (type = 0; type < 256; type++)
		known += rrlog_type_info(type) != NULL;
	while ((columns = next_row(&at))) {
		const struct rrlog_type_info *info =
			g_strv_length(columns) == 7 ?
				rrlog_type_info(
					(unsigned int)atoi(columns[1])) :
				NULL;

		if (!info || !row_fits(info, columns)) {
			ksft_note("wrong: %s %s", columns[1], columns[2]);
			wrong++;
		}
		documented++;
		g_strfreev(columns);
	}
	ksft_ok(known && documented == known && !wrong,
		"%u record types, %u documented, %u wrong", known, documented,
		wrong);
}

/*
 * How many entries the table of the CPU state has; its rows begin "18 .. 49".
 */
static unsigned int count_state_entries(bool *good)
{
	const char *at = find_table("\n### CPU state\n");
	unsigned int next = 0;
	char **columns;

	*good = true;
	while ((columns = next_row(&at))) {
		unsigned int first, last;
		int n = sscanf(columns[1], "%u .. %u", &first, &last);

		if (n == 1)
			last = first;
		*good = *good && n > 0 && first == next && last >= first;
		next = last + 1;
		g_strfreev(columns);
	}
	return next;
}

/* The CPU state in a record "end", and the landmark of that record. */
static bool read_end(const char *trace, struct rr_landmark *lm, uint64_t *state,
		     size_t *bytes)
{
	struct rrlog_reader *r = NULL;
	struct rrlog_record rec;
	bool found = false;

	if (!rrlog_reader_open(trace, &r)) {
		while (!found && rrlog_reader_next(r, &rec) > 0)
			found = rec.type == RRLOG_END;
	}
	if (found) {
		*lm = rec.landmark;
		*bytes = rec.data_bytes;
		memcpy(state, rec.data,
		       MIN(*bytes, STATE_ENTRIES * sizeof(*state)));
	}
	rrlog_reader_close(r);
	return found;
}

static void test_cpu_state(const char *top)
{
	char *golden = g_build_filename(top, "tests/golden/v1-bios.tar", NULL);
	uint64_t state[STATE_ENTRIES] = { 0 };
	struct rr_landmark lm = { 0 };
	size_t bytes = 0;
	bool good;
	unsigned int entries = count_state_entries(&good);

	ksft_ok(good && entries == STATE_ENTRIES,
		"the table of the CPU state has all of %u entries", entries);
	good = read_end(golden, &lm, state, &bytes);
	ksft_ok(good && bytes == entries * sizeof(uint64_t),
		"the golden trace has as many: %zu bytes", bytes);
	/* Values that these registers have in every guest. */
	ksft_ok(!memcmp(lm.regs, state, sizeof(lm.regs)) &&
			state[CR0] & CR0_ET && !state[CR0 + 1] &&
			(state[DR6] & DR6_ONES) == DR6_ONES &&
			state[MXCSR] == MXCSR_DEFAULT,
		"and they are where the table says");
	g_free(golden);
}

/* Each manifest entry of the golden trace is in the document. */
static void test_manifest_keys(const char *top)
{
	char *golden = g_build_filename(top, "tests/golden/v1-bios.tar", NULL);
	const char *table = strstr(document, "\n| key | value |\n");
	struct rrlog_reader *r = NULL;
	unsigned int missing = 0;
	size_t i, count = 0;

	if (table && !rrlog_reader_open(golden, &r))
		count = rrlog_reader_manifest_count(r);
	for (i = 0; i < count; i++) {
		char *key = g_strdup_printf("`%s`",
					    rrlog_reader_manifest_key(r, i));

		if (!strstr(table, key)) {
			ksft_note("not documented: %s", key);
			missing++;
		}
		g_free(key);
	}
	ksft_ok(count && !missing, "%zu manifest entries, %u not documented",
		count, missing);
	rrlog_reader_close(r);
	g_free(golden);
}

int main(int argc, char **argv)
{
	const char *top = getenv("RR_TOP") ? getenv("RR_TOP") : ".";
	char *path = g_build_filename(top, "FORMAT.md", NULL);

	if (argc == 2 && !strcmp(argv[1], "--dump")) {
		print_dump(write_example());
		return 0;
	}
	ksft_plan(6);
	if (!g_file_get_contents(path, &document, NULL, NULL))
		ksft_bail_out("cannot read %s", path);
	test_types();
	test_manifest_keys(top);
	test_cpu_state(top);
	test_dump();
	g_free(document);
	g_free(path);
	return ksft_end();
}
