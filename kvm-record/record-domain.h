/*
 * Recording a domain of libvirt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_DOMAIN_H
#define RR_RECORD_DOMAIN_H

#include <glib.h>
#include <stdbool.h>

#include "kvm-record/vm/display.h"
#include "kvm-record/vm/record-options.h"
#include "kvm-record/vm/vm.h"

struct record_domain_options {
	const char *domain; /* a file, "-", or a name or UUID that libvirt has */
	const char *uri; /* of libvirt; NULL: the usual one */
	bool lab; /* for the lab */
	bool strict; /* a domain that has to be changed is an error */
	bool one_vcpu; /* it gets one vCPU */
	bool keep_disks; /* what the guest writes to disks is thrown away */
	const struct rr_display *display; /* in place of its own, or NULL */
	bool quiet; /* changes are not told */
};

struct record_domain;

/**
 * Read the domain, check it, and change what cannot be recorded; each change is
 * told on stderr.  NULL and @error if it cannot be recorded.
 */
struct record_domain *record_domain_open(const struct record_domain_options *o,
					 GError **error);
void record_domain_close(struct record_domain *d);

/** The changed domain as XML; free it with g_free(). */
char *record_domain_text(struct record_domain *d);

/**
 * A directory with the domain as it was and as it is recorded, for the trace's
 * manifest; it is removed with @d.
 */
const char *record_domain_notes(const struct record_domain *d);

/**
 * Can the files that the domain names be opened?  False and @error, with user, path
 * and remedy, if one cannot be.
 */
bool record_domain_check_files(struct record_domain *d, GError **error);

/**
 * The machine for the lab; NULL and @error if libvirt cannot make one.  Free it
 * with rr_vm_free() before @d is closed.
 */
struct rr_vm *record_domain_for_lab(struct record_domain *d, GError **error);

/**
 * Start it on this host, record it into @trace (an absolute path) and wait for
 * its end.  *@signalled: whether a signal ended it.  False and @error if it did
 * not start.
 */
bool record_domain_run(struct record_domain *d, const char *trace,
		       const struct rr_record_options *options, bool *signalled,
		       GError **error);

/**
 * Define the domain NAME-rr: the domain @o->domain of a daemon's, changed, with
 * traces in the directory @traces.  False and @error on failure.
 */
bool record_domain_enable(const struct record_domain_options *o,
			  const char *traces, GError **error);

#endif
