/*
 * What the lab cannot run; see lab-check.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/lab-check.h"

#include <string.h>

#include "common/cli/message.h"
#include "kvm-record/vm/option-parts.h"

/* Options that wait for somebody, or that somebody outside has to use. */
static const char *const waiting[] = { "s",	    "S",     "gdb",
				       "preconfig", "spice", NULL };

/* Options whose values have the sockets of the host that QEMU runs on. */
static const char *const channels[] = { "serial",     "parallel", "debugcon",
					"monitor",    "mon",	  "qmp",
					"qmp-pretty", "chardev",  "netdev",
					"nic",	      "net",	  NULL };

/* How the parts of those values begin that name one. */
static const char *const sockets[] = {
	"tcp:",	   "telnet:",  "websocket:", "tn3270:", "udp:",	    "unix:",
	"mon:tcp", "mon:unix", "mon:telnet", "socket",	"hostfwd=", "pty"
};

static bool fail(const struct rr_vm_option *o, GError **error)
{
	rr_set_error(error,
		     "-%s %s: the lab has no network, nobody outside can reach "
		     "it; a real host can record this machine",
		     o->name, o->value ? o->value : "");
	return false;
}

static bool names_socket(const char *value)
{
	g_auto(GStrv) parts = rr_option_parts(value);
	char **part;
	size_t i;

	for (part = parts; *part; part++)
		for (i = 0; i < G_N_ELEMENTS(sockets); i++)
			if (g_str_has_prefix(*part, sockets[i]))
				return true;
	return false;
}

static bool is_vnc(const struct rr_vm_option *o)
{
	if (!g_strcmp0(o->name, "vnc"))
		return g_strcmp0(o->value, "none");
	return !g_strcmp0(o->name, "display") && o->value &&
	       g_str_has_prefix(o->value, "vnc");
}

static bool check_option(const struct rr_vm_option *o, GError **error)
{
	if (!o->name)
		return true;
	if (is_vnc(o)) {
		rr_set_error(error,
			     "-%s %s: nobody outside can reach it in the lab; "
			     "--display vnc=:1 of rr-kvm passes a port on",
			     o->name, o->value ? o->value : "");
		return false;
	}
	if (g_strv_contains(waiting, o->name) && g_strcmp0(o->value, "none"))
		return fail(o, error);
	if (o->value && g_strv_contains(channels, o->name) &&
	    names_socket(o->value))
		return fail(o, error);
	return true;
}

bool lab_check(const struct rr_vm *vm, GError **error)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++)
		if (!check_option(option, error))
			return false;
	return true;
}
