/*
 * A writer is killed at a random time; the disk is full.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define KILLS 200
#define AT_ONCE 4 /* writers at a time */
#define SEED 23
#define MAX_RECORDS 200000
#define MAX_DELAY_US 300000
/*
 * How much may be lost.  The timer of the writer has 90 ms, the rest is for
 * writing.  On a busy machine the threads of the writer wait for a processor:
 * the time that the kernel reports for this is allowed as well, up to a limit
 * and not often.
 */
#define LOSS_US 100000
#define MAX_WAIT_US 200000
#define MAX_LATE_KILLS (KILLS / 4)

static char dir[256], trace[300];

/* What a writer does: bursts of records with pauses between them. */
struct pace {
	unsigned int burst, pause_us;
	unsigned int flush_every; /* number of bursts; 0: never */
};

static const struct pace paces[] = {
	{ 5, 5000, 0 }, /* the timer writes */
	{ 50, 500, 0 }, /* full frames, and the timer */
	{ 10000, 20000, 0 }, /* several frames at once */
	{ 50, 500, 100 },
};

/* Shared memory in which a writer reports its progress until it is killed. */
struct progress {
	volatile uint64_t start_us; /* after rrlog_writer_start() */
	volatile uint64_t flushed;
	volatile uint64_t appended;
	volatile uint64_t appended_us[MAX_RECORDS]; /* by ordinal */
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The total time that the threads of a process have waited for a processor. */
static uint64_t waited_us(pid_t pid)
{
	unsigned long long run_ns, wait_ns;
	uint64_t sum_ns = 0;
	char path[512];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat",
			 (int)pid, entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue; /* "." or "..", or it is not reported */
		if (fscanf(file, "%llu %llu", &run_ns, &wait_ns) == 2)
			sum_ns += wait_ns;
		fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return sum_ns / 1000;
}

static void write_for_ever(struct progress *p, const struct pace *pace,
			   const char *path)
{
	struct record_maker m = { .rng = { SEED } };
	struct rrlog_writer *w;
	struct rrlog_record rec;
	unsigned int bursts = 0;
	uint64_t n = 0;

	w = create_trace(path, NULL, 40);
	if (rrlog_writer_start(w))
		_exit(1);
	p->start_us = now_us();
	while (n < MAX_RECORDS) {
		make_record(&m, &rec);
		if (rrlog_writer_append(w, &rec))
			_exit(1);
		p->appended_us[n] = now_us();
		p->appended = ++n;
		if (n % pace->burst)
			continue;
		if (pace->flush_every && ++bursts % pace->flush_every == 0) {
			rrlog_writer_flush(w);
			p->flushed = n;
		}
		usleep(pace->pause_us);
	}
	pause();
}

/* One of the writers. */
struct victim {
	char *path;
	struct progress *progress;
	const struct pace *pace;
	uint64_t kill_us; /* when it is to be killed, then when it was */
	uint64_t waited_us; /* time without a processor */
	pid_t pid;
};

/* Results of all kills. */
struct losses {
	unsigned int wrong, late, before_start;
	uint64_t read_count, lost_count;
	uint64_t worst_us; /* highest age of a lost record */
};

static void begin_victim(struct victim *v, struct rng *rng)
{
	uint64_t delay_us = rng_next(rng) % MAX_DELAY_US;

	if (rng_next(rng) % 4 == 0)
		delay_us /= 50; /* around the start */
	/* Not memset(), which would touch pages that are never used. */
	v->progress->start_us = v->progress->flushed = 0;
	v->progress->appended = 0;
	v->pace = &paces[rng_next(rng) % (sizeof(paces) / sizeof(paces[0]))];
	v->kill_us = now_us() + delay_us;
	v->pid = fork();
	if (!v->pid)
		write_for_ever(v->progress, v->pace, v->path);
	if (v->pid < 0)
		ksft_bail_out("fork: %s", strerror(errno));
}

static void kill_victim(struct victim *v)
{
	uint64_t now = now_us();
	int status;

	if (now < v->kill_us)
		usleep((useconds_t)(v->kill_us - now));
	v->waited_us = waited_us(v->pid);
	v->kill_us = now_us();
	kill(v->pid, SIGKILL);
	waitpid(v->pid, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		ksft_bail_out("a writer ended by itself: %d", status);
}

/* May all records from number @count on be lost? */
static bool judge_loss(const struct victim *v, uint64_t count, struct losses *l)
{
	const struct progress *p = v->progress;
	uint64_t age_us;

	l->read_count += count;
	if (count < p->flushed)
		return false;
	if (count >= p->appended)
		return true;
	l->lost_count += p->appended - count;
	if (v->kill_us < p->appended_us[count])
		return true; /* appended while the signal was on its way */
	age_us = v->kill_us - p->appended_us[count];
	if (age_us > l->worst_us)
		l->worst_us = age_us;
	if (age_us <= LOSS_US)
		return true;
	l->late++;
	ksft_note("a record of %llu us before the kill was lost; the writer "
		  "had waited %llu us for a processor",
		  (unsigned long long)age_us, (unsigned long long)v->waited_us);
	return age_us <= LOSS_US + MIN(v->waited_us, MAX_WAIT_US);
}

static bool judge_victim(const struct victim *v, struct losses *l)
{
	bool complete = false;
	uint64_t count;
	int err = read_prefix(v->path, SEED, &count, &complete);

	remove_trace(v->path);
	if (!v->progress->start_us) {
		l->before_start++;
		return !err || err == -EBADMSG || err == -ENOENT ||
		       err == -EINVAL;
	}
	if (!err && !complete)
		return judge_loss(v, count, l);
	ksft_note("error %d, %s", err, complete ? "complete" : "incomplete");
	return false;
}

/* Use memory if possible: a slow disk is not the matter of this test. */
static void setup_victims(struct victim *victims, const char *kill_dir)
{
	unsigned int i;

	for (i = 0; i < AT_ONCE; i++) {
		struct victim *v = &victims[i];

		if (asprintf(&v->path, "%s/kill-%u.rrt", kill_dir, i) < 0)
			ksft_bail_out("out of memory");
		v->progress = mmap(NULL, sizeof(*v->progress),
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (v->progress == MAP_FAILED)
			ksft_bail_out("mmap: %s", strerror(errno));
	}
}

static int compare_kills(const void *a, const void *b)
{
	const struct victim *x = a, *y = b;

	return x->kill_us < y->kill_us ? -1 : x->kill_us > y->kill_us;
}

static void test_kill(void)
{
	struct victim victims[AT_ONCE];
	struct losses l = { 0 };
	struct rng rng = { 3 };
	unsigned int i, kills;
	char kill_dir[300];

	if (!getenv("TMPDIR") && !access("/dev/shm", W_OK))
		strcpy(kill_dir, "/dev/shm/rrlog-test-XXXXXX");
	else
		snprintf(kill_dir, sizeof(kill_dir), "%s/kill-XXXXXX", dir);
	if (!mkdtemp(kill_dir))
		ksft_bail_out("%s: %s", kill_dir, strerror(errno));
	setup_victims(victims, kill_dir);
	for (kills = 0; kills < KILLS; kills += AT_ONCE) {
		for (i = 0; i < AT_ONCE; i++)
			begin_victim(&victims[i], &rng);
		qsort(victims, AT_ONCE, sizeof(victims[0]), compare_kills);
		for (i = 0; i < AT_ONCE; i++)
			kill_victim(&victims[i]);
		for (i = 0; i < AT_ONCE; i++)
			l.wrong += !judge_victim(&victims[i], &l);
	}
	ksft_note("%u kills before the first record could be written; %llu "
		  "records read, %llu lost, the oldest of %llu us before the "
		  "kill",
		  l.before_start, (unsigned long long)l.read_count,
		  (unsigned long long)l.lost_count,
		  (unsigned long long)l.worst_us);
	ksft_ok(!l.wrong && l.read_count && l.lost_count &&
			l.before_start < KILLS / 2,
		"killed %u times: %u wrong", kills, l.wrong);
	ksft_ok(l.late <= MAX_LATE_KILLS,
		"more than 100 ms lost, as the machine was busy: %u times",
		l.late);
	for (i = 0; i < AT_ONCE; i++) {
		munmap(victims[i].progress, sizeof(*victims[i].progress));
		free(victims[i].path);
	}
	rmdir(kill_dir);
}

/* Append until the disk is full; then read. */
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

/* The disk is full before the first record: the trace never began. */
static int fill_disk_at_start(const char *path)
{
	struct rrlog_block block = { 3, "pc.ram", 64 * RRLOG_PAGE_BYTES };
	uint64_t page[RRLOG_PAGE_BYTES / 8], i;
	struct rng rng = { SEED };
	struct rrlog_writer *w;
	struct rrlog_record rec = { .type = RRLOG_NMI };
	bool complete = false;
	uint64_t count;
	int err = rrlog_writer_create(path, "none", &w);
	size_t j;

	if (err)
		return err == -ENOSPC ? 0 : 20;
	if (rrlog_writer_add_block(w, &block))
		return 21;
	for (i = 0; !err && i < 64; i++) {
		for (j = 0; j < sizeof(page) / sizeof(page[0]); j++)
			page[j] = rng_next(&rng);
		err = rrlog_writer_put_page(w, 3, i, page);
	}
	if (!err)
		err = rrlog_writer_start(w);
	if (err != -ENOSPC || !rrlog_writer_error(w)[0])
		return 22;
	if (rrlog_writer_append(w, &rec) != err)
		return 23;
	if (rrlog_writer_close(w, true) != err)
		return 24;
	return read_prefix(path, SEED, &count, &complete) < 0 ? 0 : 25;
}

static void run_on_small_disk(const char *options, const char *what,
			      int (*fill)(const char *path))
{
	char path[512];
	int status;
	pid_t child;

	if (mount("tmpfs", dir, "tmpfs", 0, options)) {
		ksft_skip("%s: cannot mount a tmpfs: %s", what,
			  strerror(errno));
		return;
	}
	snprintf(path, sizeof(path), "%s/full.rrt", dir);
	child = fork();
	if (!child)
		_exit(fill(path));
	status = wait_status(child);
	ksft_ok(!status, "%s: %d", what, status);
	umount(dir);
}

int main(void)
{
	ksft_plan(2 + 1 + 2);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	test_kill();
	test_file_size_limit();
	run_on_small_disk("size=1m", "full disk", fill_disk);
	run_on_small_disk("size=64k", "full disk before the first record",
			  fill_disk_at_start);
	rmdir(dir);
	return ksft_end();
}
