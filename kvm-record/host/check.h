/*
 * Can this host record?  Each check tries what recording will do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_HOST_CHECK_H
#define RR_HOST_CHECK_H

#include <stdbool.h>

enum host_check_status {
	HOST_CHECK_OK,
	HOST_CHECK_FAIL, /* recording is not possible */
	HOST_CHECK_SKIP, /* depends on a check that failed */
	HOST_CHECK_WARN, /* possible, but something may spoil it */
};

struct host_check_result {
	const char *name;
	enum host_check_status status;
	char reason[400];
	char remedy[300];
	double seconds;
};

#define HOST_CHECK_MAX 32
#define HOST_CHECK_TRIES_FAST 50
#define HOST_CHECK_TRIES 1000

/**
 * Run all checks, each in a child process that is killed if it takes too long.
 * @tries: how many loops to count.  Returns the number of @results, which has
 * room for HOST_CHECK_MAX.
 */
int host_check_run(int tries, struct host_check_result *results);

/** Whether no check failed. */
bool host_check_passed(const struct host_check_result *results, int count);

#endif
