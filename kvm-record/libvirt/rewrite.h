/*
 * From a domain to one that can be recorded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_REWRITE_H
#define RR_LIBVIRT_REWRITE_H

#include <stdbool.h>

#include "kvm-record/libvirt/domain.h"
#include "kvm-record/vm/display.h"

struct rr_rewrite {
	bool lab; /* for a recording in the lab */
	bool daemon; /* one of libvirt's runs it */
	bool one_vcpu; /* a domain with more becomes one with one */
	bool keep_disks; /* what the guest writes to disks is thrown away */
	const struct rr_display *display; /* in place of its own, or NULL */
	/* Of the recording on this host; not used for the lab. */
	const char *emulator; /* the path of qemu-system-rr */
	/* Variables for it: "NAME=VALUE", NULL-terminated; or NULL. */
	const char *const *env;
};

/**
 * Change @doc so that it can be recorded.  What is changed is appended to
 * @changes, one text (char *) each.  False and @error, which names the element,
 * if something in it cannot be recorded.
 */
bool rr_domain_rewrite(xmlDoc *doc, const struct rr_rewrite *how,
		       GPtrArray *changes, GError **error);

#endif
