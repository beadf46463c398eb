/*
 * What a command prints on stdout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_OUTPUT_H
#define RR_OUTPUT_H

/**
 * Flush stdout.  Returns RR_EXIT_OK or, after a message, RR_EXIT_FAILURE where
 * anything printed so far could not be written.
 */
int rr_output_finish(void);

/**
 * Print text that a stranger may have written.  Characters that a terminal
 * obeys are printed as "\u{9b}".
 */
void rr_print_safe(const char *text);

#endif
