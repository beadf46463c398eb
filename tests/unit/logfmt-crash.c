/*
 * kill -9 of a writer at any instant; a full disk.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "trace-util.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define KILLS 50
#define SEED 23
#define SLOTS 1000 /* of a millisecond */
/* What may be lost: 100 ms, and as much again for a busy machine. */
#define LOSS_MS 200

static char dir[256], trace[300];

/* What the writer tells about itself before it is killed. */
struct progress {
	volatile uint64_t start_ms; /* after rrlog_writer_start() */
	volatile uint64_t flushed;
	bool may_flush; /* else only the timer writes */
	volatile uint64_t appended[SLOTS]; /* by ms since start_ms */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void write_for_ever(struct progress *p)
{
	struct record_maker m = { .rng = { SEED } };
	struct rrlog_writer *w = create_trace(trace, NULL, 40);
	struct rrlog_record rec;
	uint64_t n = 0;

	if (rrlog_writer_start(w))
		_exit(1);
	p->start_ms = now_ms();
	for (;;) {
		uint64_t slot = now_ms() - p->start_ms;

		if (slot >= SLOTS)
			pause();
		make_record(&m, &rec);
		if (rrlog_writer_append(w, &rec))
			_exit(1);
		p->appended[slot] = ++n;
		if (p->may_flush && n % 5000 == 0) {
			rrlog_writer_flush(w);
			p->flushed = n;
		}
		/* Slowly, the timer writes; fast, full frames do. */
		if (n % 50 == 0)
			usleep(p->may_flush ? 500 : 5000);
	}
}

/* Records appended at least LOSS_MS before @kill_ms. */
static uint64_t must_have(const struct progress *p, uint64_t kill_ms)
{
	uint64_t end = kill_ms - p->start_ms;
	uint64_t i, n = p->flushed;

	for (i = 0; i + LOSS_MS < end && i < SLOTS; i++) {
		if (p->appended[i] > n)
			n = p->appended[i];
	}
	return n;
}

static bool kill_once(struct rng *rng, struct progress *p, uint64_t *count)
{
	uint64_t delay_us = rng_next(rng) % 500000;
	uint64_t kill_ms;
	bool complete = false;
	pid_t child;
	int err;

	if (rng_next(rng) % 4 == 0)
		delay_us /= 100; /* around the start */
	memset((void *)p, 0, sizeof(*p));
	p->may_flush = rng_next(rng) % 2;
	child = fork();
	if (!child)
		write_for_ever(p);
	usleep((useconds_t)delay_us);
	kill_ms = now_ms();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);

	err = read_prefix(trace, SEED, count, &complete);
	remove_trace(trace);
	if (!p->start_ms)
		return !err || err == -EBADMSG || err == -ENOENT ||
		       err == -EINVAL;
	if (!err && !complete && *count >= must_have(p, kill_ms))
		return true;
	ksft_note("after %llu us: error %d, %llu records of %llu",
		  (unsigned long long)delay_us, err, (unsigned long long)*count,
		  (unsigned long long)must_have(p, kill_ms));
	return false;
}

static void test_kill(void)
{
	struct progress *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rng rng = { 3 };
	unsigned int i, wrong = 0;
	uint64_t count, sum = 0;

	for (i = 0; i < KILLS; i++) {
		wrong += !kill_once(&rng, p, &count);
		sum += count;
	}
	ksft_ok(!wrong && sum, "killed %d times: %u wrong, %llu records read",
		KILLS, wrong, (unsigned long long)sum);
	munmap(p, sizeof(*p));
}

/* Append until it fails, as the disk is full; then read. */
static int fill_disk(const char *path)
{
	struct rrlog_writer *w = create_trace(path, "none", 4);
	uint64_t count, records;
	bool complete = true;
	int err = rrlog_writer_start(w);
	int again;

	if (err)
		return 10;
	err = append_records(w, SEED, 1000000);
	again = rrlog_writer_flush(w);
	if (err != -EFBIG && err != -ENOSPC)
		return 11;
	if (again != err || !strstr(rrlog_writer_error(w), "/events: "))
		return 12;
	rrlog_writer_stats(w, &records, NULL, NULL);
	if (rrlog_writer_close(w, true) != err)
		return 13;
	if (read_prefix(path, SEED, &count, &complete))
		return 14;
	return !complete && count && count < records ? 0 : 15;
}

static int wait_status(pid_t child)
{
	int status;

	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void test_file_size_limit(void)
{
	struct rlimit limit = { 1000001, 1000001 };
	pid_t child = fork();
	int status;

	if (!child) {
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(fill_disk(trace));
	}
	status = wait_status(child);
	ksft_ok(!status, "limit of the file size: %d", status);
	remove_trace(trace);
}

static void test_full_disk(void)
{
	char path[512];
	int status;
	pid_t child;

	if (mount("tmpfs", dir, "tmpfs", 0, "size=1m")) {
		ksft_skip("full disk: cannot mount a tmpfs: %s",
			  strerror(errno));
		return;
	}
	snprintf(path, sizeof(path), "%s/full.rrt", dir);
	child = fork();
	if (!child)
		_exit(fill_disk(path));
	status = wait_status(child);
	ksft_ok(!status, "full disk: %d", status);
	umount(dir);
}

int main(void)
{
	ksft_plan(3);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	test_kill();
	test_file_size_limit();
	test_full_disk();
	rmdir(dir);
	return ksft_end();
}
