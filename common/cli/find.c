/*
 * The files that belong to the programs; see find.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "common/cli/find.h"
#include "common/cli/message.h"

static char *program_dir(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);

	return self ? g_path_get_dirname(self) : g_strdup(".");
}

/* "../lab/run.sh" -> LIBEXEC/lab/run.sh, "qemu" -> LIBEXEC/qemu */
static char *installed(const char *relative)
{
#ifdef RR_LIBEXEC_DIR
	if (g_str_has_prefix(relative, "../"))
		relative += 3;
	return g_build_filename(RR_LIBEXEC_DIR, relative, NULL);
#else
	(void)relative;
	return NULL;
#endif
}

char *rr_find_file(const char *variable, const char *relative, GError **error)
{
	const char *set = variable ? g_getenv(variable) : NULL;
	g_autofree char *dir = program_dir();
	g_autofree char *beside = g_build_filename(dir, relative, NULL);
	g_autofree char *other = installed(relative);

	if (set && *set) {
		if (g_file_test(set, G_FILE_TEST_EXISTS))
			return g_canonicalize_filename(set, NULL);
		rr_set_error(error, "%s names %s, which does not exist",
			     variable, set);
		return NULL;
	}
	if (g_file_test(beside, G_FILE_TEST_EXISTS))
		return g_canonicalize_filename(beside, NULL);
	if (other && g_file_test(other, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&other);
	rr_set_error(error, "there is no %s: run make%s%s", beside,
		     variable ? ", or set " : "", variable ? variable : "");
	return NULL;
}
