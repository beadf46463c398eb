/*
 * The self-test: record a small guest of ours several times, replay each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SELF_TEST_H
#define RR_SELF_TEST_H

#include <glib.h>
#include <stdbool.h>

#include "common/cli/json.h"
#include "kvm-record/lab.h"

struct self_test_options {
	int count; /* of recordings */
	enum lab_kind lab; /* record in this lab */
	const char *silicon; /* with .lab: family of its processor, or NULL */
};

struct self_test_recording {
	int bits; /* of the guest's mode: 64 or 32 */
	int record_status, replay_status; /* exit statuses; -1: not run */
	double record_seconds, replay_seconds;
	char *report; /* lines of recorder and replayer, without paths */
};

struct self_test {
	struct self_test_recording *recordings;
	int count; /* that were begun */
	bool interrupted; /* by a signal */
};

/**
 * Run the self-test, with a line on stdout for each recording unless @quiet.
 * False and @error if it could not run; a recording that fails is a result.
 * Clear @t in any case.
 */
bool self_test_run(const struct self_test_options *o, bool quiet,
		   struct self_test *t, GError **error);

/** Whether all recordings were made and replay. */
bool self_test_passed(const struct self_test *t);

/** The exit status: enum rr_exit. */
int self_test_status(const struct self_test *t);

/**
 * Add the results to the object that @b has begun, with what they depend on: the
 * versions and the processor.
 */
void self_test_add_json(JsonBuilder *b, const struct self_test_options *o,
			const struct self_test *t);

void self_test_clear(struct self_test *t);

#endif
