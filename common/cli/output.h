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

/** Print rr_safe_text(@text): text that a stranger may have written. */
void rr_print_safe(const char *text);

#endif
