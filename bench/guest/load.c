// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load WHAT [ARGUMENT]...: the parts of the workloads that a shell cannot do.
 * Each is one loop of a stated length; its output is the same in every run.  With
 * LATENCY in the environment single requests are timed.  That is for real hosts:
 * it reads the clock, and recording makes clock reads slower.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *self;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the time of each request, with LATENCY ---- */

static uint64_t *taken, begun_ns;
static long taken_count;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void time_requests(long n)
{
	if (!getenv("LATENCY") || n <= 0)
		return;
	taken = calloc((size_t)n, sizeof(*taken));
	if (!taken)
		die("calloc");
}

static void request_begins(void)
{
	if (taken)
		begun_ns = now_ns();
}

static void request_ends(void)
{
	if (taken)
		taken[taken_count++] = now_ns() - begun_ns;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void tell_times(void)
{
	static const int percent[] = { 50, 90, 99 };

	if (!taken_count)
		return;
	qsort(taken, (size_t)taken_count, sizeof(*taken), by_size);
	printf("latency");
	for (size_t i = 0; i < sizeof(percent) / sizeof(*percent); i++)
		printf(" p%d-ns=%llu", percent[i],
		       (unsigned long long)
			       taken[(taken_count - 1) * percent[i] / 100]);
	printf(" max-ns=%llu\n", (unsigned long long)taken[taken_count - 1]);
}

/* ---- the loops ---- */

static void syscalls(long n)
{
	while (n-- > 0)
		syscall(SYS_getppid);
}

/* Through the vDSO, which reads the TSC if that is the clock. */
static void clock_reads(long n)
{
	struct timespec t;
	struct timeval v;

	while (n-- > 0) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		gettimeofday(&v, NULL);
	}
}

static void faults(long mib)
{
	size_t size = 4UL << 20, i;

	for (; mib > 0; mib -= 4) {
		char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			die("mmap");
		madvise(p, size, MADV_NOHUGEPAGE);
		for (i = 0; i < size; i += 4096)
			p[i] = 1;
		munmap(p, size);
	}
}

static void forks(long n)
{
	while (n-- > 0) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			execl(self, self, "nothing", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

static void timer(long hz, long seconds)
{
	struct itimerspec every = {
		.it_interval.tv_nsec = 1000000000 / hz,
		.it_value.tv_nsec = 1000000000 / hz,
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t sum = 0, n;

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL))
		die("timerfd");
	while (sum < (uint64_t)(hz * seconds) && read(fd, &n, sizeof(n)) > 0)
		sum += n;
}

static uint64_t noise(void)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* Access 4 KiB at a time past the page cache; every fourth access is a write. */
static void disk_random(const char *device, long n)
{
	int fd = open(device, O_RDWR | O_DIRECT);
	long pages = lseek(fd, 0, SEEK_END) / 4096;
	void *p;

	if (fd < 0 || pages <= 0 || posix_memalign(&p, 4096, 4096))
		die(device);
	memset(p, 0x5a, 4096);
	time_requests(n);
	for (long i = 0; i < n; i++) {
		off_t at = (off_t)(noise() % (uint64_t)pages) * 4096;

		request_begins();
		if ((i % 4 == 3 ? pwrite(fd, p, 4096, at) :
				  pread(fd, p, 4096, at)) != 4096)
			die(device);
		request_ends();
	}
}

static void disk_fsync(const char *device, long n)
{
	int fd = open(device, O_RDWR);
	static char page[4096];

	if (fd < 0)
		die(device);
	time_requests(n);
	for (long i = 0; i < n; i++) {
		page[0] = (char)i;
		request_begins();
		if (pwrite(fd, page, 4096, i % 64 * 4096) != 4096 || fsync(fd))
			die(device);
		request_ends();
	}
}

static int dial(const char *ip, long port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons((uint16_t)port);
	inet_pton(AF_INET, ip, &a.sin_addr);
	if (connect(fd, (void *)&a, sizeof(a)))
		die(ip);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* Send 64 bytes and receive them again, N times. */
static void echo(const char *ip, long port, long n)
{
	int fd = dial(ip, port);
	char c[64] = "request";
	ssize_t got, r;

	time_requests(n);
	while (n-- > 0) {
		request_begins();
		if (write(fd, c, sizeof(c)) != sizeof(c))
			die("write");
		for (got = 0; got < (ssize_t)sizeof(c); got += r)
			if ((r = read(fd, c, sizeof(c) - (size_t)got)) <= 0)
				die("read");
		request_ends();
	}
}

static void receive(const char *ip, long port, long bytes)
{
	static char buffer[65536];
	int fd = dial(ip, port);
	ssize_t r;

	while (bytes > 0 && (r = read(fd, buffer, sizeof(buffer))) > 0)
		bytes -= r;
	if (bytes > 0)
		die("the transfer ended early");
}

static void transmit(const char *ip, long port, long bytes)
{
	static char buffer[65536];
	int fd = dial(ip, port);

	for (; bytes > 0; bytes -= (long)sizeof(buffer))
		if (write(fd, buffer, sizeof(buffer)) != sizeof(buffer))
			die("write");
}

/* N requests to a web server on this machine, 100 in each connection. */
static void http(long port, long n)
{
	static const char request[] =
		"GET /page.html HTTP/1.1\r\nHost: guest\r\n\r\n";
	char answer[16384], *body;
	int fd = -1;

	time_requests(n);
	for (long i = 0; i < n; i++) {
		size_t have = 0, whole = 0;

		request_begins();
		if (i % 100 == 0) {
			close(fd);
			fd = dial("127.0.0.1", port);
		}
		if (write(fd, request, sizeof(request) - 1) < 0)
			die("write");
		while (!whole || have < whole) {
			ssize_t r = read(fd, answer + have,
					 sizeof(answer) - 1 - have);

			if (r <= 0)
				die("the web server hung up");
			have += (size_t)r;
			answer[have] = 0;
			body = strstr(answer, "\r\n\r\n");
			if (!whole && body) {
				char *l = strstr(answer, "Content-Length: ");

				if (!l || !strstr(answer, " 200 "))
					die("not the page");
				whole = (size_t)(body + 4 - answer) +
					strtoul(l + 16, NULL, 10);
			}
		}
		request_ends();
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long n[5] = { 0 };

	self = argv[0];
	for (int i = 2; i < argc && i < 5; i++)
		n[i] = atol(argv[i]);
	if (!strcmp(what, "nothing"))
		return 0;
	if (!strcmp(what, "syscalls"))
		syscalls(n[2]);
	else if (!strcmp(what, "clock"))
		clock_reads(n[2]);
	else if (!strcmp(what, "faults"))
		faults(n[2]);
	else if (!strcmp(what, "forks"))
		forks(n[2]);
	else if (!strcmp(what, "timer"))
		timer(n[2], n[3]);
	else if (!strcmp(what, "disk-random"))
		disk_random(argv[2], n[3]);
	else if (!strcmp(what, "disk-fsync"))
		disk_fsync(argv[2], n[3]);
	else if (!strcmp(what, "echo"))
		echo(argv[2], n[3], n[4]);
	else if (!strcmp(what, "receive"))
		receive(argv[2], n[3], n[4]);
	else if (!strcmp(what, "transmit"))
		transmit(argv[2], n[3], n[4]);
	else if (!strcmp(what, "http"))
		http(n[2], n[3]);
	else
		return 2;
	tell_times();
	return 0;
}
