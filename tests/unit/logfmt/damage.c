/*
 * Damaged traces: each byte flipped, each length cut, files missing, hostile
 * manifests.  A reader returns -EBADMSG with a text that names file and offset,
 * or, if an incomplete trace is cut, exactly a prefix of the records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include "common/logfmt/file/format.h"
#include "common/logfmt/data/manifest.h"

#define SEED 17
#define FRAMES 4
#define FRAME_RECORDS 12
#define PAGES 12

static char dir[256], trace[300];
static const char *const files[] = { "manifest", "pages", "events", "blobs" };
#define FILES 4

static void make_trace(bool complete)
{
	struct record_maker m = { .rng = { SEED } };
	struct rrlog_writer *w = create_trace(trace, NULL, PAGES);
	struct rrlog_record rec;
	unsigned int i;
	int err = rrlog_writer_start(w);

	for (i = 0; !err && i < FRAMES * FRAME_RECORDS; i++) {
		make_record(&m, &rec);
		err = rrlog_writer_append(w, &rec);
		if (!err && i % FRAME_RECORDS == FRAME_RECORDS - 1)
			err = rrlog_writer_flush(w);
	}
	if (err)
		ksft_bail_out("cannot write %s: %s", trace, strerror(-err));
	rrlog_writer_close(w, complete);
}

static void store_byte(const char *name, size_t at, uint8_t byte)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", trace, name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || pwrite(fd, &byte, 1, (off_t)at) != 1)
		ksft_bail_out("%s: %s", path, strerror(errno));
	close(fd);
}

static void test_flips(bool complete)
{
	static const uint8_t masks[] = { 0x01, 0x80 };
	unsigned int wrong, i, j;
	uint64_t count;
	bool done;

	make_trace(complete);
	for (i = 0; i < FILES; i++) {
		struct file_copy f = load_file(trace, files[i]);
		size_t at;

		wrong = 0;
		for (at = 0; at < f.size; at++) {
			for (j = 0; j < sizeof(masks); j++) {
				f.bytes[at] ^= masks[j];
				store_byte(files[i], at, f.bytes[at]);
				if (read_prefix(trace, SEED, &count, &done) !=
					    -EBADMSG &&
				    !wrong++)
					ksft_note("%s: offset %zu mask %02x",
						  files[i], at, masks[j]);
				f.bytes[at] ^= masks[j];
			}
			store_byte(files[i], at, f.bytes[at]);
		}
		free(f.bytes);
		ksft_ok(!wrong, "%s trace, each of %zu bytes of %s flipped",
			complete ? "complete" : "incomplete", f.size, files[i]);
	}
	ksft_ok(!read_prefix(trace, SEED, &count, &done) &&
			count == FRAMES * FRAME_RECORDS && done == complete,
		"and whole again");
	remove_trace(trace);
}

/* Whatever is in the index, all records are found. */
static bool all_are_found(bool complete)
{
	const uint64_t records = FRAMES * FRAME_RECORDS;
	struct rrlog_record rec;
	struct rrlog_reader *r;
	uint64_t count;
	bool done, good;

	if (read_prefix(trace, SEED, &count, &done) || count != records ||
	    done != complete || rrlog_reader_open(trace, &r))
		return false;
	good = !rrlog_reader_seek_record(r, records - 1) &&
	       rrlog_reader_next(r, &rec) == 1 &&
	       rrlog_reader_next(r, &rec) == 0;
	rrlog_reader_close(r);
	return good;
}

static void test_index(bool complete)
{
	unsigned int wrong = 0;
	struct file_copy f;
	size_t at;

	make_trace(complete);
	f = load_file(trace, "index");
	for (at = 0; at < f.size; at++) {
		store_byte("index", at, f.bytes[at] ^ 0x40);
		wrong += !all_are_found(complete);
		store_byte("index", at, f.bytes[at]);
	}
	for (at = 0; at < f.size; at++) {
		store_file(trace, "index", f.bytes, at);
		wrong += !all_are_found(complete);
	}
	free(f.bytes);
	ksft_ok(!wrong,
		"%s: each of %zu bytes of index flipped, and cut: %u wrong",
		complete ? "complete" : "incomplete", f.size, wrong);
	remove_trace(trace);
}

static void test_cut_complete(void)
{
	unsigned int i, wrong = 0;
	uint64_t count;
	bool done;

	make_trace(true);
	for (i = 0; i < FILES; i++) {
		struct file_copy f = load_file(trace, files[i]);
		size_t size;

		for (size = 0; size < f.size; size++) {
			store_file(trace, files[i], f.bytes, size);
			wrong += read_prefix(trace, SEED, &count, &done) !=
				 -EBADMSG;
		}
		f.bytes = realloc(f.bytes, f.size + 1);
		f.bytes[f.size] = '\n';
		store_file(trace, files[i], f.bytes, f.size + 1);
		wrong += read_prefix(trace, SEED, &count, &done) != -EBADMSG;
		store_file(trace, files[i], f.bytes, f.size);
		free(f.bytes);
	}
	ksft_ok(!wrong, "complete trace, cut anywhere or a byte longer: %u",
		wrong);
	remove_trace(trace);
}

/* The number of records in frames that end within @size bytes of "events". */
static uint64_t whole_records(const struct file_copy *f, size_t size)
{
	size_t at = RRLOG_FRAMES_OFFSET;
	uint64_t count = 0;

	while (at + RRLOG_HEADER_BYTES <= size) {
		struct rrlog_frame_header h;

		memcpy(&h, f->bytes + at, sizeof(h));
		at += sizeof(h) + h.stored_bytes;
		if (at > size)
			break;
		count += h.item_count;
	}
	return count;
}

static void test_cut_incomplete(void)
{
	unsigned int wrong = 0;
	struct file_copy f;
	uint64_t count;
	size_t size;
	bool done;
	int err;

	make_trace(false);
	f = load_file(trace, "events");
	for (size = 0; size <= f.size; size++) {
		store_file(trace, "events", f.bytes, size);
		err = read_prefix(trace, SEED, &count, &done);
		if (size < RRLOG_FRAMES_OFFSET)
			wrong += err != -EBADMSG;
		else
			wrong += err || done ||
				 count != whole_records(&f, size);
	}
	ksft_ok(!wrong && count == FRAMES * FRAME_RECORDS,
		"incomplete trace, cut anywhere: a prefix: %u wrong", wrong);
	free(f.bytes);
	remove_trace(trace);
}

static void test_torn_size(void)
{
	struct rrlog_record rec;
	struct rrlog_reader *r;
	struct file_copy f;
	int err;

	make_trace(false);
	f = load_file(trace, "events");
	store_file(trace, "events", f.bytes, f.size - 3);
	free(f.bytes);
	err = rrlog_reader_open(trace, &r);
	while (!err && rrlog_reader_next(r, &rec) > 0)
		;
	ksft_ok(rrlog_reader_torn_bytes(r) > RRLOG_HEADER_BYTES &&
			!rrlog_reader_is_complete(r),
		"the torn frame is told: %llu bytes",
		(unsigned long long)rrlog_reader_torn_bytes(r));
	ksft_ok(rrlog_reader_next(r, &rec) == 0, "the end is the end");
	rrlog_reader_close(r);
	remove_trace(trace);
}

/* A frame or a file of another trace is refused. */
static void test_mixed_files(void)
{
	struct file_copy first[FILES], second;
	unsigned int i;
	uint64_t count;
	bool done;

	make_trace(true);
	for (i = 0; i < FILES; i++)
		first[i] = load_file(trace, files[i]);
	remove_trace(trace);
	make_trace(true);
	for (i = 0; i < FILES; i++) {
		second = load_file(trace, files[i]);
		store_file(trace, files[i], first[i].bytes, first[i].size);
		ksft_ok(read_prefix(trace, SEED, &count, &done) == -EBADMSG,
			"%s of another trace", files[i]);
		store_file(trace, files[i], second.bytes, second.size);
		free(second.bytes);
	}
	for (i = 0; i < FILES; i++)
		free(first[i].bytes);
	remove_trace(trace);
}

/* These frames are valid, but do not continue the chain. */
static void test_mixed_frames(bool complete)
{
	struct file_copy first, second;
	uint64_t count;
	bool done;

	make_trace(complete);
	first = load_file(trace, "events");
	remove_trace(trace);
	make_trace(complete);
	second = load_file(trace, "events");
	memcpy(second.bytes + RRLOG_FRAMES_OFFSET,
	       first.bytes + RRLOG_FRAMES_OFFSET,
	       first.size - RRLOG_FRAMES_OFFSET);
	store_file(trace, "events", second.bytes, second.size);
	ksft_ok(read_prefix(trace, SEED, &count, &done) == -EBADMSG,
		"frames of another %s trace",
		complete ? "complete" : "incomplete");
	free(first.bytes);
	free(second.bytes);
	remove_trace(trace);
}

static void test_lost_files(void)
{
	char path[512];
	unsigned int i;
	uint64_t count;
	bool done;

	for (i = 0; i < FILES; i++) {
		make_trace(true);
		snprintf(path, sizeof(path), "%s/%s", trace, files[i]);
		unlink(path);
		ksft_ok(read_prefix(trace, SEED, &count, &done) == -EBADMSG,
			"%s lost", files[i]);
		if (mkfifo(path, 0600))
			ksft_bail_out("mkfifo: %s", strerror(errno));
		ksft_ok(read_prefix(trace, SEED, &count, &done) < 0,
			"%s a pipe", files[i]);
		remove_trace(trace);
	}
	ksft_ok(read_prefix(trace, SEED, &count, &done) == -ENOENT, "no trace");
	ksft_ok(read_prefix(dir, SEED, &count, &done) == -EINVAL,
		"a directory without a trace");
}

/* The words, not those of an errno value. */
static void test_link(void)
{
	char path[512];
	struct rrlog_reader *r;
	int err;

	make_trace(true);
	snprintf(path, sizeof(path), "%s/blobs", trace);
	unlink(path);
	if (symlink("/etc/passwd", path))
		ksft_bail_out("symlink: %s", strerror(errno));
	err = rrlog_reader_open(trace, &r);
	ksft_ok(err && strstr(rrlog_reader_error(r), "not a plain file"),
		"a link: %s", rrlog_reader_error(r));
	rrlog_reader_close(r);
	remove_trace(trace);
}

static int parse(const char *text)
{
	struct rrlog_error error = { "" };
	struct rrlog_manifest m;
	int err;

	rrlog_manifest_init(&m);
	err = rrlog_manifest_parse(&m, text, strlen(text), "t", &error);
	rrlog_manifest_free(&m);
	return err;
}

#define HEAD                                                           \
	"{\"format\":\"rr trace\",\"version\":1,\"trace_id\":"         \
	"\"00112233445566778899aabbccddeeff\",\"pages\":{\"bytes\":1," \
	"\"checksum\":\"00112233\"},"

static void test_manifests(void)
{
	char *deep = malloc(RRLOG_MANIFEST_MAX_BYTES);

	memset(deep, '[', RRLOG_MANIFEST_MAX_BYTES);
	deep[RRLOG_MANIFEST_MAX_BRACKETS] = 0;
	ksft_ok(!parse(HEAD "\"blocks\":[],\"entries\":{},\"later\":[{}]}"),
		"unknown members are ignored");
	ksft_ok(parse(deep) == -EBADMSG, "deep nesting");
	memset(deep, '[', RRLOG_MANIFEST_MAX_BYTES - 1);
	deep[RRLOG_MANIFEST_MAX_BYTES - 1] = 0;
	ksft_ok(parse(deep) == -EBADMSG, "deeper nesting");
	free(deep);
	ksft_ok(parse("") == -EBADMSG && parse("[]") == -EBADMSG &&
			parse("{}") == -EBADMSG && parse("{") == -EBADMSG &&
			parse("1") == -EBADMSG,
		"other JSON");
	ksft_ok(parse(HEAD "\"blocks\":{},\"entries\":{}}") == -EBADMSG &&
			parse(HEAD "\"blocks\":[3],\"entries\":{}}") ==
				-EBADMSG &&
			parse(HEAD
			      "\"blocks\":[{\"id\":\"1\",\"name\":\"x\","
			      "\"bytes\":4096}],\"entries\":{}}") == -EBADMSG &&
			parse(HEAD "\"blocks\":[{\"id\":1,\"name\":\"x\","
				   "\"bytes\":-4096}],\"entries\":{}}") ==
				-EBADMSG &&
			parse(HEAD
			      "\"blocks\":[{\"id\":256,\"name\":\"x\","
			      "\"bytes\":4096}],\"entries\":{}}") == -EBADMSG &&
			parse(HEAD "\"blocks\":[],\"entries\":{\"a\":1}}") ==
				-EBADMSG,
		"wrong types and numbers");
	ksft_ok(parse("{\"format\":\"rr trace\",\"version\":2}") ==
			-EPROTONOSUPPORT,
		"a later version is refused by name");
}

int main(void)
{
	ksft_plan(5 + 5 + 2 + 1 + 1 + 2 + 6 + 10 + 6 + 1);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	test_flips(true);
	test_flips(false);
	test_index(true);
	test_index(false);
	test_cut_complete();
	test_cut_incomplete();
	test_torn_size();
	test_mixed_files();
	test_mixed_frames(true);
	test_mixed_frames(false);
	test_lost_files();
	test_link();
	test_manifests();
	rmdir(dir);
	return ksft_end();
}
