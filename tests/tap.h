/*
 * TAP output for test programs, like kselftest.h: a plan, "ok" and
 * "not ok" lines, "# SKIP", and kselftest's exit codes.
 *
 *	ksft_plan(2);
 *	ksft_ok(1 + 1 == 2, "addition");
 *	ksft_skip("division: no divider");
 *	return ksft_end();
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4

static struct {
	unsigned int planned, run, passed, failed, skipped;
} ksft;

static inline void ksft_plan(unsigned int tests)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft.planned = tests;
	printf("TAP version 13\n1..%u\n", tests);
}

/** Print a comment. */
__attribute__((format(printf, 1, 2), unused)) static void
ksft_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/** Print the result of one test; returns @pass. */
__attribute__((format(printf, 2, 3), unused)) static bool
ksft_ok(bool pass, const char *format, ...)
{
	va_list args;

	ksft.run++;
	ksft.passed += pass;
	ksft.failed += !pass;
	printf("%s %u ", pass ? "ok" : "not ok", ksft.run);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return pass;
}

__attribute__((format(printf, 1, 2), unused)) static void
ksft_skip(const char *format, ...)
{
	va_list args;

	ksft.run++;
	ksft.skipped++;
	printf("ok %u # SKIP ", ksft.run);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/** End the program, which cannot go on, with a failure. */
__attribute__((format(printf, 1, 2), noreturn, unused)) static void
ksft_bail_out(const char *format, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(KSFT_FAIL);
}

/** Print the totals; returns the exit status of the program. */
static inline int ksft_end(void)
{
	printf("# Totals: pass:%u fail:%u skip:%u\n", ksft.passed, ksft.failed,
	       ksft.skipped);
	if (ksft.failed || ksft.run != ksft.planned)
		return KSFT_FAIL;
	return ksft.planned && ksft.skipped == ksft.planned ? KSFT_SKIP :
							      KSFT_PASS;
}

#endif
