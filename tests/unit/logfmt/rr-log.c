/*
 * The program rr-log: output, exit statuses, one line of reason.  The program
 * is the one argument, or $RR_LOG, or build/bin/rr-log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/program-util.h"

#define SEED 5
#define RECORDS 1000
/* What terminals obey, in one, two, three and four bytes. */
#define EVIL "a\033[2Jb\302\233c\342\200\256\363\240\200\201"
#define CUTS 20 /* of each file */

static void make_trace(bool complete)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 20);
	int err = rrlog_writer_manifest_set(w, "evil", EVIL);

	if (!err)
		err = rrlog_writer_start(w);
	if (!err)
		err = append_records(w, SEED, RECORDS);
	if (rrlog_writer_close(w, complete) || err)
		ksft_bail_out("cannot write %s", trace);
}

static void check_wrong_use(const char *arguments)
{
	struct outcome o = run(arguments);

	ksft_ok(o.status == 1 && o.err_lines == 1 && !o.out_lines,
		"wrong use \"%s\": %d: %s", arguments, o.status,
		strtok(o.err, "\n"));
}

static void test_commands(void)
{
	struct outcome o;

	make_trace(true);
	o = run_on_trace("info");
	ksft_ok(!o.status && strstr(o.out, "state: complete, 1000 records\n") &&
			strstr(o.out, "block 3: pc.ram, 81920 bytes\n") &&
			strstr(o.out,
			       "evil: "
			       "a\\u{1b}[2Jb\\u{9b}c\\u{202e}\\u{e0001}\n"),
		"info");
	o = run_on_trace("info --json");
	ksft_ok(!o.status && strstr(o.out, "\"complete\" : true") &&
			strstr(o.out, "a\\u001b[2Jb\\u009bc\\u202e"
				      "\\udb40\\udc01"),
		"info --json");
	o = run_on_trace("verify --form");
	ksft_ok(!o.status && strstr(o.out, "complete: 1000 records"), "verify");
	o = run_on_trace("stats");
	ksft_ok(!o.status && strstr(o.out, "\nram-digest "), "stats");
	o = run_on_trace("stats --json");
	ksft_ok(!o.status && strstr(o.out, "\"records\" : 1000,"),
		"stats --json");
	o = run_on_trace("dump");
	ksft_ok(!o.status && o.out_lines == RECORDS && o.out[0] == '0', "dump");
	o = run_on_trace("dump --count 7 --type dma");
	ksft_ok(!o.status && o.out_lines == 7 && strstr(o.out, " dma output="),
		"dump --count --type");
	o = run_on_trace("dump --from 998");
	ksft_ok(!o.status && o.out_lines == 2 && !strncmp(o.out, "998 ", 4),
		"dump --from");
	remove_trace(trace);
}

static void make_trace_with_end(const char *microcode)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 20);
	int err = rrlog_writer_manifest_set(w, "host.microcode", "0x10");

	if (!err)
		err = rrlog_writer_start(w);
	if (!err)
		err = rrlog_writer_end_set(w, "host.microcode", microcode);
	if (rrlog_writer_close(w, true) || err)
		ksft_bail_out("cannot write %s", trace);
}

/* What the recorder noted when the recording ended. */
static void test_end(void)
{
	struct file_copy f;
	struct outcome o;
	size_t at;

	make_trace_with_end("0x10");
	o = run_on_trace("info");
	ksft_ok(!o.status &&
			strstr(o.out, "at the end, host.microcode: 0x10\n") &&
			!strstr(o.out, "changed"),
		"info of the end of a recording");
	remove_trace(trace);
	make_trace_with_end("0x11");
	o = run_on_trace("info");
	ksft_ok(!o.status &&
			strstr(o.out, "the processor changed: host.microcode "
				      "0x10, at the end 0x11\n"),
		"info names what changed");
	o = run_on_trace("info --json");
	ksft_ok(!o.status && strstr(o.out, "\"processor_changed\" : true"),
		"info --json too");
	o = run_on_trace("verify --form");
	ksft_ok(!o.status && strstr(o.out, "the processor changed"),
		"verify names it");
	f = load_file(trace, "manifest-end");
	at = (size_t)((uint8_t *)memmem(f.bytes, f.size, "0x11", 4) - f.bytes);
	f.bytes[at + 3] = '0';
	store_file(trace, "manifest-end", f.bytes, f.size);
	free(f.bytes);
	o = run_on_trace("verify");
	ksft_ok(o.status == 4 && strstr(o.err, "manifest-end: offset 0"),
		"a changed byte in it is damage: %s", strtok(o.err, "\n"));
	remove_trace(trace);
}

/* A wrong index is named, is no damage, and can be made anew. */
static void test_index(void)
{
	struct file_copy f;
	struct outcome o;

	make_trace(true);
	f = load_file(trace, "index");
	f.bytes[f.size - 1] ^= 1;
	store_file(trace, "index", f.bytes, f.size);
	free(f.bytes);
	o = run_on_trace("verify --form");
	ksft_ok(!o.status && strstr(o.out, "t.rrt/index: offset") &&
			strstr(o.out, "rr-log index"),
		"verify names a wrong index");
	o = run_on_trace("verify --form --json");
	ksft_ok(!o.status && strstr(o.out, "\"index\" : "),
		"verify --json too");
	o = run_on_trace("index");
	ksft_ok(!o.status && !o.out_lines && !o.err_lines, "index");
	o = run_on_trace("verify --form");
	ksft_ok(!o.status && o.out_lines == 1, "nothing is wrong with it");
	remove_trace(trace);
}

static void test_incomplete(void)
{
	struct file_copy f;
	struct outcome o;

	make_trace(false);
	f = load_file(trace, "events");
	store_file(trace, "events", f.bytes, f.size - 1);
	free(f.bytes);
	o = run_on_trace("verify --form");
	ksft_ok(!o.status && strstr(o.out, "incomplete: 0 records") &&
			strstr(o.out, "torn at the end: "),
		"verify of an incomplete trace");
	o = run_on_trace("dump");
	ksft_ok(!o.status && !o.out_lines && o.err_lines == 1,
		"dump of an incomplete trace");
	remove_trace(trace);
}

static void test_damaged(void)
{
	static const char *const names[] = { "manifest", "pages", "events" };
	struct file_copy f;
	struct outcome o;
	unsigned int i;

	make_trace(true);
	for (i = 0; i < 3; i++) {
		f = load_file(trace, names[i]);
		f.bytes[f.size / 2] ^= 4;
		store_file(trace, names[i], f.bytes, f.size);
		o = run_on_trace("verify --form");
		ksft_ok(o.status == 4 && o.err_lines == 1 &&
				strstr(o.err, names[i]) &&
				strstr(o.err, ": offset "),
			"a flipped bit in %s: %s", names[i],
			strtok(o.err, "\n"));
		f.bytes[f.size / 2] ^= 4;
		store_file(trace, names[i], f.bytes, f.size);
		free(f.bytes);
	}
	remove_trace(trace);
}

/* Bytes of "blobs" that no record names: the record was cut off. */
static void test_unnamed_blobs(void)
{
	struct rrlog_writer *w = create_trace(trace, "none", 20);
	struct rrlog_record rec = { .type = RRLOG_DMA };
	uint8_t data[4096] = { 1 };
	struct file_copy f, before;
	struct outcome o;
	int err = rrlog_writer_start(w);

	if (!err)
		err = append_records(w, SEED, RECORDS);
	if (!err)
		err = rrlog_writer_flush(w);
	before = load_file(trace, "events");
	rec.data = data;
	rec.data_bytes = sizeof(data);
	if (!err)
		err = rrlog_writer_append(w, &rec);
	if (rrlog_writer_close(w, false) || err)
		ksft_bail_out("cannot write %s", trace);
	store_file(trace, "events", before.bytes, before.size);
	o = run_on_trace("verify --form");
	ksft_ok(!o.status && strstr(o.out, " 4096 bytes of blobs;"),
		"verify: %s", strtok(o.out, "\n"));
	f = load_file(trace, "blobs");
	f.bytes[f.size - 1] ^= 1;
	store_file(trace, "blobs", f.bytes, f.size);
	o = run_on_trace("verify --form --json");
	ksft_ok(o.status == 4 && o.err_lines == 1 &&
			strstr(o.err, "/blobs: offset 128: ") &&
			strstr(o.out, "/blobs: offset 128: "),
		"a flipped bit in blobs that no record names: %s",
		strtok(o.err, "\n"));
	free(f.bytes);
	free(before.bytes);
	remove_trace(trace);
}

/* Files that are no traces. */
static void test_not_a_trace(void)
{
	static const char *const texts[] = { "", "hello\n", "\x89RRTEVT\n" };
	struct outcome o;
	unsigned int i, wrong = 0;
	char text[1000] = "";
	char command[512];

	snprintf(command, sizeof(command), "info '%s/plain'", dir);
	for (i = 0; i < 3; i++) {
		memcpy(text, texts[i], strlen(texts[i]));
		store_file(dir, "plain", text, i ? sizeof(text) : 0);
		o = run(command);
		wrong += o.status != 1 || o.err_lines != 1 || o.out_lines ||
			 !strstr(o.err, "not a trace: ") ||
			 !strstr(o.err, "rr-log pack");
	}
	ksft_ok(!wrong, "info of a file that is no trace: %s",
		strtok(o.err, "\n"));
	snprintf(command, sizeof(command), "%s/plain", dir);
	unlink(command);
}

/* The directory of a flight: the message names the newest of its segments. */
static void test_flight(void)
{
	static const char *const names[] = { "segment-000009.rrt",
					     "segment-000010.rrt", "other" };
	char command[512], path[512], newest[512];
	struct outcome o;
	unsigned int i;

	snprintf(path, sizeof(path), "%s/flight", dir);
	snprintf(newest, sizeof(newest), "%.400s/%s", path, names[1]);
	snprintf(command, sizeof(command), "info '%.400s'", path);
	mkdir(path, 0700);
	for (i = 0; i < 3; i++)
		store_file(path, names[i], "", 0);
	o = run(command);
	ksft_ok(o.status == 1 && o.err_lines == 1 && !o.out_lines &&
			strstr(o.err, "is a flight") && strstr(o.err, newest),
		"info of a flight: %s", strtok(o.err, "\n"));
	for (i = 0; i < 3; i++) {
		snprintf(newest, sizeof(newest), "%.400s/%s", path, names[i]);
		unlink(newest);
	}
	rmdir(path);
}

/* A complete trace that was cut: status 4, and one line with file and offset.
 */
static void test_cut(void)
{
	static const char *const names[] = { "manifest", "pages", "events" };
	unsigned int i, j, wrong = 0;
	char place[64];

	make_trace(true);
	for (i = 0; i < 3; i++) {
		struct file_copy f = load_file(trace, names[i]);

		snprintf(place, sizeof(place), "t.rrt/%s: offset ", names[i]);
		for (j = 0; j < CUTS; j++) {
			struct outcome o;

			store_file(trace, names[i], f.bytes, f.size * j / CUTS);
			o = run_on_trace("verify --form");
			wrong += o.status != 4 || o.err_lines != 1 ||
				 o.out_lines || !strstr(o.err, place);
		}
		store_file(trace, names[i], f.bytes, f.size);
		free(f.bytes);
	}
	ksft_ok(!wrong && !run_on_trace("verify --form").status,
		"verify of %u cuts: %u wrong", 3 * CUTS, wrong);
	remove_trace(trace);
}

/* One JSON object a line, each with its number; data and registers in full. */
static void test_dump_json(void)
{
	struct outcome o;

	make_trace(true);
	o = run_on_trace("dump --json --from 10 --count 5");
	ksft_ok(!o.status && o.out_lines == 5 &&
			!strncmp(o.out, "{\"record\":10,", 13) &&
			strstr(o.out, "\n{\"record\":14,"),
		"dump --json");
	o = run_on_trace("dump --json --type interrupt,nmi");
	ksft_ok(!o.status && strstr(o.out, "\"type\":\"interrupt\"") &&
			strstr(o.out, "\"type\":\"nmi\"") &&
			!strstr(o.out, "\"type\":\"dma\"") &&
			strstr(o.out, "\"r15\":\"0x"),
		"dump --json --type with two types");
	remove_trace(trace);
}

static void test_verify_json(void)
{
	struct file_copy f;
	struct outcome o;

	make_trace(true);
	o = run_on_trace("verify --form --json");
	ksft_ok(!o.status && strstr(o.out, "\"state\" : \"complete\"") &&
			strstr(o.out, "\"records\" : 1000,"),
		"verify --json");
	f = load_file(trace, "events");
	f.bytes[f.size - 1] ^= 1;
	store_file(trace, "events", f.bytes, f.size);
	free(f.bytes);
	o = run_on_trace("verify --form --json");
	ksft_ok(o.status == 4 && o.err_lines == 1 &&
			strstr(o.out, "\"state\" : \"damaged\"") &&
			strstr(o.out, "/events: offset "),
		"verify --json of a damaged trace");
	remove_trace(trace);
}

/* Whoever reads less than all, and a disk that is full. */
static void test_outputs(void)
{
	struct outcome o;
	char command[1024];

	make_trace(true);
	o = run_on_trace("dump 2>/dev/full >/dev/full --count 1");
	ksft_ok(o.status == 1, "output to a full disk, with nowhere to say so");
	snprintf(command, sizeof(command), "dump '%s' >/dev/full", trace);
	o = run(command);
	ksft_ok(o.status == 1 && o.err_lines == 1 &&
			strstr(o.err, "No space left on device"),
		"dump to a full disk: %s", strtok(o.err, "\n"));
	snprintf(command, sizeof(command), "stats --json '%s' >/dev/full",
		 trace);
	o = run(command);
	ksft_ok(o.status == 1 && o.err_lines == 1, "stats to a full disk: %s",
		strtok(o.err, "\n"));
	snprintf(command, sizeof(command), "dump '%s' | head -n 1", trace);
	o = run(command);
	ksft_ok(!o.status && o.out_lines == 1 && !o.err_lines,
		"a closed pipe: no complaint");
	remove_trace(trace);
}

static void check_from_beyond(void)
{
	struct outcome o;

	make_trace(true);
	o = run_on_trace("dump --from 1000");
	ksft_ok(!o.status && !o.out_lines && !o.err_lines, "dump from the end");
	o = run_on_trace("dump --from 1001");
	ksft_ok(o.status == 1 && strstr(o.err, "has only 1000 records"),
		"dump from beyond the end");
	remove_trace(trace);
}

int main(int argc, char **argv)
{
	struct outcome o;

	setup_program(argc, argv);
	ksft_plan(8 + 5 + 4 + 2 + 3 + 3 + 1 + 1 + 2 + 2 + 4 + 15);
	test_commands();
	test_end();
	test_index();
	test_incomplete();
	test_damaged();
	test_unnamed_blobs();
	test_not_a_trace();
	test_flight();
	test_cut();
	test_dump_json();
	test_verify_json();
	test_outputs();
	check_wrong_use("");
	check_wrong_use("frobnicate");
	check_wrong_use("info");
	check_wrong_use("info a b");
	check_wrong_use("diff a");
	check_wrong_use("diff a b c");
	check_wrong_use("dump --nonsense x");
	check_wrong_use("dump --count many x");
	check_wrong_use("dump --type nonsense x");
	check_wrong_use("verify /nonexistent");
	check_wrong_use("help frobnicate");
	check_from_beyond();
	o = run("help diff");
	ksft_ok(!o.status && strstr(o.out, "--context") && !o.err_lines,
		"help diff");
	o = run("--help");
	ksft_ok(!o.status && strstr(o.out, "Exit status") && !o.err_lines,
		"--help");
	clean_up();
	return ksft_end();
}
