/*
 * The exit statuses of rr-kvm, rr-tcg, rr-log and of QEMU as the replayer.
 *
 * Includes nothing, so that code of QEMU's can use it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_EXIT_STATUS_H
#define RR_EXIT_STATUS_H

/* The manual pages promise these numbers. */
enum rr_exit {
	RR_EXIT_OK = 0,
	RR_EXIT_FAILURE = 1, /* wrong use, or a failure; diff: not equal */
	RR_EXIT_DIVERGED = 3, /* the replay differs from the recording */
	RR_EXIT_DAMAGED = 4, /* the trace is damaged */
};

#endif
