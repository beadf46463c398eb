/*
 * A connection to libvirt.
 *
 * libvirt is loaded when it is needed: rr-kvm runs without it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_CONNECTION_H
#define RR_LIBVIRT_CONNECTION_H

#include <glib.h>
#include <stdbool.h>

#include "kvm-record/libvirt/files.h"

struct rr_libvirt;

/**
 * Connect to @uri, or, if it is NULL, to a libvirt inside of this process
 * (qemu:///embed), whose files are in a directory of its own.  NULL and @error
 * on failure.  One connection at a time, for it needs libvirt's event loop.
 */
struct rr_libvirt *rr_libvirt_open(const char *uri, GError **error);
void rr_libvirt_close(struct rr_libvirt *v);

/**
 * The definition of the domain called @name, which may be a UUID, as XML, to be
 * freed with free().  NULL and @error if there is none, if it runs, or if it
 * would begin from a saved state.
 */
char *rr_libvirt_definition(struct rr_libvirt *v, const char *name,
			    GError **error);

/**
 * The command line of QEMU for @xml, to be freed with free(); NULL and @error.
 */
char *rr_libvirt_native(struct rr_libvirt *v, const char *xml, GError **error);

/**
 * Who runs QEMU, and so opens a domain's files.  False if that cannot be known, or
 * asked for, here: a daemon of another host's, or root's for somebody else.
 */
bool rr_libvirt_opener(struct rr_libvirt *v, const char *uri,
		       struct rr_opener *opener);

/** The UUID of the domain @name, to be freed with g_free(); NULL: there is none. */
char *rr_libvirt_uuid(struct rr_libvirt *v, const char *name);

/** Define the domain @xml, and so replace one of its name and UUID. */
bool rr_libvirt_define(struct rr_libvirt *v, const char *xml, GError **error);

/**
 * Start the domain @xml and wait until it has stopped.  SIGINT, SIGTERM and
 * SIGHUP end QEMU as a signal to it would; *@signalled: whether one came.
 * False and @error if it did not start.
 */
bool rr_libvirt_run(struct rr_libvirt *v, const char *xml, bool *signalled,
		    GError **error);

#endif
