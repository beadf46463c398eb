/*
 * The rules for elements of a domain that cannot be recorded as they are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_RULES_H
#define RR_LIBVIRT_RULES_H

#include <stdbool.h>

#include "kvm-record/libvirt/domain.h"
#include "kvm-record/libvirt/rewrite.h"

/**
 * Apply the rows of rules.def to @doc.  Each change is appended to @changes as
 * a text (a char *, to be freed).  @how: where the domain runs.
 * False and @error, which names the element, if something is refused.
 */
bool rr_rules_apply(xmlDoc *doc, const struct rr_rewrite *how,
		    GPtrArray *changes, GError **error);

/** Append "line N: " and the text to @changes; @node is where, or NULL. */
void rr_rules_note(GPtrArray *changes, const xmlNode *node, const char *format,
		   ...) G_GNUC_PRINTF(3, 4);

/** Remove an element, or an attribute, and all that is in it. */
void rr_rules_drop(xmlNode *node);

#endif
