/*
 * The display of a machine while it is recorded; see display.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/display.h"

#include <string.h>

#include "common/cli/message.h"
#include "common/cli/qemu.h"

/* RFC 6143, 1: display number N is at port 5900 + N. */
#define FIRST_PORT 5900
#define LAST_NUMBER (65535 - FIRST_PORT)
#define HERE "127.0.0.1"

static bool fail(const char *text, GError **error)
{
	rr_set_error(error,
		     "--display takes none, gtk, vnc=[HOST]:NUMBER or "
		     "vnc=unix:PATH, not '%s'",
		     text);
	return false;
}

/* "[HOST]:NUMBER"; an address of IPv6 is in []. */
static bool parse_address(const char *address, struct rr_display *d)
{
	const char *colon = strrchr(address, ':');
	size_t length = colon ? (size_t)(colon - address) : 0;
	guint64 number;

	if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, LAST_NUMBER,
						  &number, NULL))
		return false;
	d->port = FIRST_PORT + (unsigned int)number;
	if (length >= 2 && address[0] == '[' && colon[-1] == ']')
		d->host = g_strndup(address + 1, length - 2);
	else
		d->host = length ? g_strndup(address, length) : g_strdup(HERE);
	return true;
}

static bool parse_vnc(const char *text, struct rr_display *d, GError **error)
{
	const char *address = text + strlen("vnc=");

	d->kind = RR_DISPLAY_VNC;
	if (strchr(address, ',')) {
		rr_set_error(error,
			     "--display vnc= takes no options: use -vnc of "
			     "QEMU, after --");
		return false;
	}
	if (g_str_has_prefix(address, "unix:") && address[strlen("unix:")]) {
		d->socket = g_canonicalize_filename(address + strlen("unix:"),
						    NULL);
		return true;
	}
	return parse_address(address, d) || fail(text, error);
}

bool rr_display_parse(const char *text, struct rr_display *d, GError **error)
{
	*d = (struct rr_display){ RR_DISPLAY_AS_IT_IS };
	if (!text)
		return true;
	if (g_str_has_prefix(text, "vnc="))
		return parse_vnc(text, d, error);
	if (!strcmp(text, "none"))
		d->kind = RR_DISPLAY_NONE;
	else if (!strcmp(text, "gtk"))
		d->kind = RR_DISPLAY_GTK;
	else
		return fail(text, error);
	return true;
}

void rr_display_clear(struct rr_display *d)
{
	g_clear_pointer(&d->host, g_free);
	g_clear_pointer(&d->socket, g_free);
}

bool rr_display_check_alone(const struct rr_display *d, const struct rr_vm *vm,
			    GError **error)
{
	static const char *const others[] = { "display", "vnc", "spice",
					      "nographic", NULL };
	const struct rr_vm_option *option;
	guint i;

	if (d->kind == RR_DISPLAY_AS_IT_IS)
		return true;
	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		if (!option->name || !g_strv_contains(others, option->name))
			continue;
		rr_set_error(error, "--display and -%s exclude each other",
			     option->name);
		return false;
	}
	return true;
}

bool rr_display_check_qemu(const struct rr_display *d, const char *qemu,
			   GError **error)
{
	const char *const argv[] = { qemu, "-display", "help", NULL };
	g_autofree char *displays = NULL;

	if (d->kind != RR_DISPLAY_GTK)
		return true;
	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL,
			  NULL, NULL, &displays, NULL, NULL, error))
		return false;
	if (g_regex_match_simple("^gtk$", displays, G_REGEX_MULTILINE, 0))
		return true;
	rr_set_error(error,
		     "--display gtk: %s is built without GTK; --display "
		     "vnc=:1 shows the same to a VNC viewer",
		     qemu);
	return false;
}

static char *vnc_value(const struct rr_display *d)
{
	g_autofree char *socket = NULL;

	if (!d->socket)
		return g_strdup_printf(strchr(d->host, ':') ? "[%s]:%u" :
							      "%s:%u",
				       d->host, d->port - FIRST_PORT);
	socket = rr_qemu_escape(d->socket);
	return g_strconcat("unix:", socket, NULL);
}

void rr_display_add(const struct rr_display *d, struct rr_vm *vm)
{
	g_autofree char *vnc = NULL;

	if (d->kind == RR_DISPLAY_NONE)
		rr_vm_add(vm, "display", "none");
	else if (d->kind == RR_DISPLAY_GTK)
		rr_vm_add(vm, "display", "gtk");
	if (d->kind != RR_DISPLAY_VNC)
		return;
	vnc = vnc_value(d);
	rr_vm_add(vm, "vnc", vnc);
}
