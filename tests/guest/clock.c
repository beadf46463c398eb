// SPDX-License-Identifier: GPL-2.0
/*
 * A program of the test guest.  It reads values that differ in each run, many
 * times, and prints a digest of them.  A replay that gives other values prints
 * another digest.
 *
 *	clock tsc N           N times RDTSC in a tight loop
 *	clock gettimeofday N  through the vDSO, as programs do
 *	clock rdrand N        RDRAND if CPUID shows it, else getrandom()
 *	clock unasked N       RDRAND, whatever CPUID says
 */
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <x86intrin.h>

static uint64_t digest = 1, changes, backwards, last;

static void take(uint64_t value)
{
	digest = digest * 6364136223846793005u + value;
	changes += value != last;
	backwards += value < last;
	last = value;
}

static void read_tsc(unsigned long n)
{
	while (n--)
		take(__rdtsc());
}

static void read_time(unsigned long n)
{
	struct timeval tv;

	while (n--) {
		gettimeofday(&tv, NULL);
		take(tv.tv_sec * 1000000ull + tv.tv_usec);
	}
}

__attribute__((target("rdrnd"))) static void draw(unsigned long n, int unasked)
{
	unsigned int a, b, c, d;
	unsigned long long value = 0;
	int shown;

	shown = unasked || (__get_cpuid(1, &a, &b, &c, &d) && c & bit_RDRND);
	printf("guest: RDRAND is %s\n", shown ? "there" : "hidden");
	while (n--) {
		if (shown)
			while (!_rdrand64_step(&value))
				;
		else if (getrandom(&value, sizeof(value), 0) != sizeof(value))
			exit(1);
		take(value);
	}
	backwards = 0;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;

	if (!n)
		return 2;
	if (!strcmp(argv[1], "tsc"))
		read_tsc(n);
	else if (!strcmp(argv[1], "gettimeofday"))
		read_time(n);
	else if (!strcmp(argv[1], "rdrand"))
		draw(n, 0);
	else if (!strcmp(argv[1], "unasked"))
		draw(n, 1);
	else
		return 2;
	printf("guest: %s %lu reads, %llu changes, %llu backwards, digest "
	       "%016llx\n",
	       argv[1], n, (unsigned long long)changes,
	       (unsigned long long)backwards, (unsigned long long)digest);
	return backwards != 0;
}
