/*
 * Messages and errors of the command-line programs; see message.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/message.h"

#include <stdio.h>

#include "common/cli/safe-text.h"

GQuark rr_error_quark(void)
{
	return g_quark_from_static_string("rr-error");
}

void rr_set_error(GError **error, const char *fmt, ...)
{
	va_list ap;

	if (!error)
		return;
	va_start(ap, fmt);
	*error = g_error_new_valist(rr_error_quark(), 0, fmt, ap);
	va_end(ap);
}

void rr_set_error_errno(GError **error, int number, const char *what)
{
	rr_set_error(error, "%s: %s", what, g_strerror(number));
}

static void print(const char *fmt, va_list ap, const char *tail)
{
	g_autofree char *text = g_strdup_vprintf(fmt, ap);
	g_autofree char *safe = NULL;

	/* GLib's own texts may end in a newline. */
	g_strchomp(text);
	safe = rr_safe_text(text); /* it may have names from a trace */
	fflush(stdout);
	fprintf(stderr, "%s: %s%s\n", g_get_application_name(), safe, tail);
}

void rr_message(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(fmt, ap, "");
	va_end(ap);
}

int rr_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(fmt, ap, "");
	va_end(ap);
	return RR_EXIT_FAILURE;
}

int rr_fail_error(GError *error)
{
	rr_message("%s", error->message);
	g_error_free(error);
	return RR_EXIT_FAILURE;
}

int rr_fail_usage(const char *fmt, ...)
{
	g_autofree char *tail =
		g_strdup_printf("; see %s --help", g_get_prgname());
	va_list ap;

	va_start(ap, fmt);
	print(fmt, ap, tail);
	va_end(ap);
	return RR_EXIT_FAILURE;
}
