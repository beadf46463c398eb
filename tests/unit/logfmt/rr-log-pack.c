/*
 * rr-log pack and unpack: packed traces read as they are, with images, with
 * age; hostile tar files.  The program is the one argument, or $RR_LOG, or
 * build/bin/rr-log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#define SEED 41
#define RECORDS 2000
#define BLOCK_BYTES 4096
#define BLOCKS 64
#define BIG_RECORDS 8000 /* of BLOCK_BYTES each */
#define KILLS 20 /* of each kind */
#define KILL_US 60000

static char dir[256], trace[300], packed[300], image[300];
static uint8_t disk[BLOCKS * BLOCK_BYTES];
static const char *program;
static char error[4096];

static int run(const char *command)
{
	char full[4096];
	struct file_copy f;
	int status;

	snprintf(full, sizeof(full), "cd '%s' && { %s\n} >out 2>err", dir,
		 command);
	status = system(full);
	f = load_file(dir, "err");
	snprintf(error, sizeof(error), "%.*s", (int)f.size, (char *)f.bytes);
	free(f.bytes);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_log(const char *arguments)
{
	char command[2048];

	snprintf(command, sizeof(command), "'%s' %s", program, arguments);
	return run(command);
}

static void make_dma(unsigned int i, struct rrlog_record *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = RRLOG_DMA;
	rec->dma.block = 3;
	rec->dma.offset = i * 8;
	rec->data = disk + i % 7 * 512 + i % (BLOCKS / 2) * BLOCK_BYTES;
	rec->data_bytes = 512 + i % 3 * 2000;
}

/* From an image, from blobs, and small ones, in turn. */
static void make_trace(bool use_image)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 30);
	struct rrlog_record rec;
	uint32_t id = 0;
	unsigned int i;
	int err = rrlog_writer_start(w);

	if (!err)
		err = rrlog_writer_add_image(w, image, sizeof(disk), 7, &id);
	for (i = 0; !err && i < RECORDS; i++) {
		make_dma(i, &rec);
		if (use_image && i % 3)
			err = rrlog_writer_append_from_image(
				w, &rec, id,
				(uint64_t)((const uint8_t *)rec.data - disk));
		else
			err = rrlog_writer_append(w, &rec);
	}
	if (rrlog_writer_close(w, true) || err)
		ksft_bail_out("cannot write %s: %s", trace, strerror(-err));
}

static int read_all(const char *path)
{
	struct rrlog_record rec, expected;
	struct rrlog_reader *r;
	unsigned int i = 0;
	int ret = rrlog_reader_open(path, &r);

	if (!ret)
		ret = rrlog_reader_for_each_page(r, ignore_page, NULL);
	while (!ret && rrlog_reader_next(r, &rec) == 1) {
		make_dma(i++, &expected);
		if (!same_record(&rec, &expected))
			ret = -EILSEQ;
	}
	if (!ret)
		ret = rrlog_reader_next(r, &rec); /* the error, again */
	if (!ret && i != RECORDS)
		ret = -ENODATA;
	if (!ret && (rrlog_reader_seek_record(r, RECORDS / 2) ||
		     rrlog_reader_next(r, &rec) != 1))
		ret = -ESPIPE;
	snprintf(error, sizeof(error), "%s", rrlog_reader_error(r));
	rrlog_reader_close(r);
	return ret;
}

static void store_image(void)
{
	store_file(dir, "disk.img", disk, sizeof(disk));
}

/* No file of ours stays but those named. */
static unsigned int count_files(void)
{
	DIR *d = opendir(dir);
	unsigned int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_plain(void)
{
	struct stat st = { 0 };

	make_trace(false);
	umask(0);
	ksft_ok(!run_log("pack t.rrt p") && !*error, "pack: %s", error);
	umask(0777);
	ksft_ok(run_log("pack t.rrt p") == 1 && strstr(error, "--force"),
		"never over a file");
	ksft_ok(!run_log("pack --force t.rrt p"), "but with --force");
	umask(022);
	ksft_ok(!stat(packed, &st) && (st.st_mode & 07777) == 0600,
		"only for the user");
	ksft_ok(!read_all(packed), "read where it is: %s", error);
	ksft_ok(!run_log("verify --form p") && !run_log("stats p") &&
			!run_log("dump --from 1990 p") && !run_log("info p"),
		"all commands");
	ksft_ok(!run("tar tvf p && tar xf p manifest && cmp manifest "
		     "t.rrt/manifest"),
		"other tools open it: %s", error);
	run("rm -f manifest");
	ksft_ok(!run_log("unpack p u.rrt") && !run("diff -r t.rrt u.rrt") &&
			!run("test $(stat -c %a u.rrt u.rrt/events | "
			     "tr '\\n' -) = 700-600-"),
		"unpacked: %s", error);
	ksft_ok(run_log("unpack p u.rrt") == 1 && strstr(error, "--force"),
		"never over a directory");
	run("ls -di u.rrt >before; rm u.rrt/index");
	ksft_ok(!run_log("unpack --force p u.rrt") &&
			!run("diff -r t.rrt u.rrt && ls -di u.rrt >after && "
			     "! cmp -s before after"),
		"but with --force: %s", error);
	run("rm before after; touch u.rrt/mine; mkdir v; ln -s u.rrt w");
	ksft_ok(run_log("unpack --force p u.rrt") == 1 &&
			strstr(error, "not replaced") &&
			run_log("unpack --force p v") == 1 &&
			run_log("unpack --force p w") == 1 &&
			run_log("unpack --force p disk.img") == 1 &&
			!run("test -e u.rrt/mine -a -L w && rm -r v w"),
		"never over what is not a trace alone: %s", error);
	ksft_ok(!run_log("pack p p2") && !run("cmp p p2"), "packed again");
	ksft_ok(run_log("pack t.rrt /nonexistent/p") == 1 &&
			run_log("pack nothing q") == 1 &&
			run_log("unpack disk.img u2") == 1 &&
			run_log("unpack nothing u2") == 1 &&
			run_log("pack t.rrt") == 1,
		"wrong use");
	run("rm -r u.rrt p2");
	/* t.rrt p disk.img out err */
	ksft_ok(count_files() == 5, "nothing else stays");
}

/* ---- killed ---- */

/* Is the directory as it was, when it has run for some milliseconds? */
static bool is_clean_after(const char *command, int number)
{
	unsigned int before = count_files();
	char full[1024];
	int status;
	pid_t pid = fork();

	if (!pid) {
		snprintf(full, sizeof(full), "cd '%s' && exec '%s' %s", dir,
			 program, command);
		execl("/bin/sh", "sh", "-c", full, NULL);
		_exit(127);
	}
	usleep((useconds_t)(rand() % KILL_US)); /* in different places */
	kill(pid, number);
	waitpid(pid, &status, 0);
	run("rm -rf k k.rrt");
	if (count_files() == before)
		return true;
	run("ls >&2");
	ksft_note("left after signal %d: %s", number, error);
	return false;
}

static void test_killed(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGKILL };
	unsigned int wrong = 0, i;

	for (i = 0; i < KILLS; i++) {
		wrong += !is_clean_after("pack big.rrt k", numbers[i % 4]);
		wrong += !is_clean_after("pack --force big.rrt k",
					 numbers[i % 3]);
		wrong += !is_clean_after("unpack big k.rrt", numbers[i % 3]);
	}
	ksft_ok(!wrong, "%u times killed: %u times something stayed", 3 * KILLS,
		wrong);
}

/* A trace that takes long to copy, and its packed form. */
static void make_big(void)
{
	struct rrlog_writer *w;
	struct rrlog_record rec;
	char path[320];
	unsigned int i;
	int err;

	snprintf(path, sizeof(path), "%s/big.rrt", dir);
	w = create_trace(path, "none", 30);
	err = rrlog_writer_start(w);
	for (i = 0; !err && i < BIG_RECORDS; i++) {
		memset(&rec, 0, sizeof(rec));
		rec.type = RRLOG_DMA;
		memcpy(disk, &i, sizeof(i));
		rec.data = disk;
		rec.data_bytes = BLOCK_BYTES;
		err = rrlog_writer_append(w, &rec);
	}
	if (rrlog_writer_close(w, true) || err || run_log("pack big.rrt big"))
		ksft_bail_out("cannot write %s: %s", path, strerror(-err));
}

/* ---- hostile files ---- */

static void fix_checksum(uint8_t *header)
{
	unsigned int sum = 0, i;
	char text[8];

	memset(header + 148, ' ', 8);
	for (i = 0; i < 512; i++)
		sum += header[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(header + 148, text, 7);
}

/* The first header with @bytes at @offset; how reader and unpack see it. */
static bool is_refused(const struct file_copy *f, size_t offset,
		       const char *bytes, size_t count)
{
	uint8_t *copy = malloc(f->size);
	char path[320];
	int ret, status;

	memcpy(copy, f->bytes, f->size);
	memcpy(copy + offset, bytes, count);
	fix_checksum(copy);
	store_file(dir, "q", copy, f->size);
	free(copy);
	snprintf(path, sizeof(path), "%s/q", dir);
	ret = read_all(path);
	status = run_log("unpack q u");
	if ((ret == -EBADMSG || ret == -EINVAL) && (status == 4 || status == 1))
		return true;
	ksft_note("at %zu: reader %d, unpack %d", offset, ret, status);
	return false;
}

static void test_hostile(void)
{
	struct file_copy f = load_file(dir, "p");
	unsigned int wrong = 0;
	char path[320];
	size_t at;
	int ret;

	snprintf(path, sizeof(path), "%s/q", dir);
	for (at = 0; at < f.size - 1024; at += at < 4096 ? 97 : 9973) {
		store_file(dir, "q", f.bytes, at);
		ret = read_all(path);
		wrong += ret != (at < 512 ? -EINVAL : -EBADMSG);
		wrong += at >= 512 && !strstr(error, ": offset ");
	}
	ksft_ok(!wrong, "cut short: %u wrong", wrong);
	for (at = 0, wrong = 0; at < 512; at++) {
		f.bytes[at] ^= 1;
		store_file(dir, "q", f.bytes, f.size);
		ret = read_all(path);
		wrong += ret != -EBADMSG && ret != -EINVAL;
		f.bytes[at] ^= 1;
	}
	ksft_ok(!wrong, "flipped bits of a header: %u wrong", wrong);
	ksft_ok(is_refused(&f, 0, "../../evil", 11) &&
			is_refused(&f, 0, "/evil", 6) &&
			is_refused(&f, 0, "pages", 6),
		"names of other files");
	ksft_ok(is_refused(&f, 156, "2", 1) && is_refused(&f, 156, "5", 1) &&
			is_refused(&f, 156, "1", 1) &&
			is_refused(&f, 156, "3", 1),
		"links, directories, devices");
	ksft_ok(is_refused(&f, 124, "77777777777", 11) &&
			is_refused(&f, 124,
				   "\xff\xff\xff\xff\xff\xff\xff\xff"
				   "\xff\xff\xff",
				   11) &&
			is_refused(&f, 124, "99999999999", 11),
		"impossible sizes");
	free(f.bytes);
	run("rm -f q");
	ksft_ok(count_files() == 5, "nothing stays of a refused file");
	unlink(packed);
	remove_trace(trace);
}

/* ---- images ---- */

static void test_images(void)
{
	char path[320];

	make_trace(true);
	ksft_ok(!read_all(trace), "images: %s", error);
	ksft_ok(!run_log("pack t.rrt p") &&
			!run_log("pack --with-images t.rrt full"),
		"packed without and with images: %s", error);
	snprintf(path, sizeof(path), "%s/full", dir);
	unlink(image);
	ksft_ok(read_all(packed) == -EACCES && strstr(error, "image 0 (") &&
			strstr(error, image),
		"without, on a machine that lacks the image: %s", error);
	ksft_ok(!read_all(path), "with: %s", error);
	ksft_ok(!run_log("verify --form t.rrt") &&
			run_log("verify --form --with-images t.rrt") == 1 &&
			strstr(error, "image 0") &&
			!run_log("verify --form --with-images full"),
		"verify --with-images: %s", error);
	ksft_ok(run_log("pack --with-images t.rrt q") == 1 &&
			strstr(error, "image 0"),
		"no packing with an image that is missing");
	ksft_ok(!run_log("pack --with-images full q") && !run("cmp full q"),
		"packed again: %s", error);
	ksft_ok(!run_log("unpack full u.rrt"), "unpacked: %s", error);
	snprintf(path, sizeof(path), "%s/u.rrt", dir);
	ksft_ok(!read_all(path), "read from the directory: %s", error);
	run("rm -rf u.rrt q full");
	store_image();
}

/* ---- age ---- */

static void test_age(void)
{
	if (run("age-keygen -o key1 && age-keygen -o key2")) {
		ksft_skip("age is not installed");
		ksft_skip("age is not installed");
		ksft_skip("age is not installed");
		ksft_skip("age is not installed");
		return;
	}
	ksft_ok(!run_log("pack --encrypt-to $(age-keygen -y key1) "
			 "--encrypt-to $(age-keygen -y key2) t.rrt secret"),
		"encrypted: %s", error);
	ksft_ok(!run_log("unpack --identity key2 secret u.rrt") &&
			!run("diff -r t.rrt u.rrt"),
		"decrypted: %s", error);
	run("rm -r u.rrt; age-keygen -o key3");
	ksft_ok(run_log("unpack --identity key3 secret u.rrt") == 1 &&
			run_log("unpack secret u.rrt") == 1 &&
			strstr(error, "--identity") &&
			run_log("verify --form secret") == 1 &&
			strstr(error, "--identity") &&
			run_log("unpack --identity key1 p u.rrt") == 1,
		"not with another key, and not without");
	run("head -c -1000 secret >cut");
	ksft_ok(run_log("unpack --identity key1 cut u.rrt") == 1 &&
			run_log("pack --encrypt-to nobody t.rrt x") == 1 &&
			run("test -e x -o -e u.rrt") == 1,
		"cut short; no recipient");
	run("rm -f key1 key2 key3 secret cut");
}

int main(int argc, char **argv)
{
	struct rng rng = { SEED };
	size_t i;

	program = argc > 1 ? argv[1] : getenv("RR_LOG");
	if (!program)
		ksft_bail_out("RR_LOG is not set");
	ksft_plan(14 + 6 + 9 + 4 + 1 + 1);
	for (i = 0; i < sizeof(disk); i++)
		disk[i] = (uint8_t)(rng_next(&rng) % 5);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	snprintf(packed, sizeof(packed), "%s/p", dir);
	snprintf(image, sizeof(image), "%s/disk.img", dir);
	store_image();
	test_plain();
	test_hostile();
	test_images();
	test_age();
	ksft_ok(count_files() == 5, "nothing else stays");
	make_big();
	test_killed();
	snprintf(error, sizeof(error), "rm -r '%s'", dir);
	return system(error) ? 1 : ksft_end();
}
