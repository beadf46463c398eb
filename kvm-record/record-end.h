/*
 * What is said at the end of a recording, and its exit status.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_END_H
#define RR_RECORD_END_H

#include <stdbool.h>

struct record_end {
	const char *trace;
	bool in_lab, quiet;
	int status; /* the exit status of QEMU, or of the lab's run.sh */
	bool signalled; /* somebody ended it */
	double seconds; /* how long it took */
};

/**
 * The recorder has ended: print a summary of the trace that it left, or what
 * went wrong.  Returns the exit status of rr-kvm record.
 */
int record_end(const struct record_end *end);

#endif
