/*
 * Text that a stranger may have written, as the names in a trace.
 *
 * Depends on GLib alone: the replayer in QEMU uses it too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SAFE_TEXT_H
#define RR_SAFE_TEXT_H

/**
 * A copy of @text for a terminal.  What a terminal obeys, a new line included, is
 * spelled out, as "\u{9b}"; bytes that are not UTF-8 are replaced.  Free it with
 * g_free().
 */
char *rr_safe_text(const char *text);

#endif
