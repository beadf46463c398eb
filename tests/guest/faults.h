/*
 * What a processor reports to a program: page faults, flags, single steps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_TESTS_GUEST_FAULTS_H
#define RR_TESTS_GUEST_FAULTS_H

/* Print a line for each subject; it needs no devices and no files. */
void print_faults(void);

/* The same for segment limits, in 16- and 32-bit code. */
void print_limits(void);

#endif
