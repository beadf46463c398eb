/*
 * The display of a machine while it is recorded: --display.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_DISPLAY_H
#define RR_DISPLAY_H

#include <glib.h>
#include <stdbool.h>

#include "kvm-record/vm/vm.h"

enum rr_display_kind {
	RR_DISPLAY_AS_IT_IS, /* what the arguments of QEMU or the domain say */
	RR_DISPLAY_NONE,
	RR_DISPLAY_VNC,
	RR_DISPLAY_GTK,
};

struct rr_display {
	enum rr_display_kind kind;
	char *host; /* of VNC: where it listens; without [] */
	char *socket; /* of VNC: a Unix socket in place of host and port */
	unsigned int port; /* of VNC */
};

/**
 * Read @text, the value of --display: "none", "gtk", "vnc=[HOST]:NUMBER" or
 * "vnc=unix:PATH"; NULL is RR_DISPLAY_AS_IT_IS.  Without a host VNC listens on
 * this host alone (127.0.0.1).  False and @error for another text.  Clear *@d
 * with rr_display_clear() in any case.
 */
bool rr_display_parse(const char *text, struct rr_display *d, GError **error);
void rr_display_clear(struct rr_display *d);

/**
 * False and @error if the machine @vm has a display by its own arguments, which
 * @d is to replace.
 */
bool rr_display_check_alone(const struct rr_display *d, const struct rr_vm *vm,
			    GError **error);

/** False and @error if @qemu, a path, is built without this display. */
bool rr_display_check_qemu(const struct rr_display *d, const char *qemu,
			   GError **error);

/** Add the display to @vm. */
void rr_display_add(const struct rr_display *d, struct rr_vm *vm);

#endif
