/*
 * What is looked at before a recording.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_CHECK_H
#define RR_RECORD_CHECK_H

#include <glib.h>
#include <stdbool.h>

/**
 * Can this host record?  Prints what is wrong, and warnings.  If it cannot, @error
 * names @instead, which needs no KVM.
 */
bool record_check_host(const char *instead, GError **error);

/**
 * Can the trace @trace be made?  Its directory must be there, and it must not
 * exist itself unless @force is set.
 */
bool record_check_output(const char *trace, bool force, GError **error);

/** Remove the trace @trace, if it exists; nothing but a trace is removed. */
bool record_remove_trace(const char *trace, GError **error);

#endif
