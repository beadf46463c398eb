/*
 * The files of this host that a machine needs in the lab; see lab-files.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/lab-files.h"

#include <ftw.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "kvm-record/vm/qemu-options.h"

void lab_files_init(struct lab_files *files)
{
	files->paths =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	files->bytes = 0;
}

void lab_files_clear(struct lab_files *files)
{
	g_clear_pointer(&files->paths, g_hash_table_unref);
}

/* nftw() passes no pointer of the caller's. */
static uint64_t tree_bytes;

static int add_size(const char *path, const struct stat *st, int type,
		    struct FTW *ftw)
{
	(void)path;
	(void)ftw;
	if (type == FTW_F && S_ISREG(st->st_mode))
		tree_bytes += (uint64_t)st->st_size;
	return 0;
}

static uint64_t measure(const char *path)
{
	tree_bytes = 0;
	nftw(path, add_size, 16, 0);
	return tree_bytes;
}

static bool is_of_system(const char *path)
{
	return !strcmp(path, "/") || g_str_has_prefix(path, "/dev/") ||
	       g_str_has_prefix(path, "/proc/") ||
	       g_str_has_prefix(path, "/sys/");
}

/*
 * If @text names a file or directory of this host, collect it and return its
 * absolute path, which it also has in the lab; else NULL.  Text that need not
 * be a path must have a "/".
 */
static char *collect(struct lab_files *files, const char *text, bool is_path)
{
	g_autofree char *path = NULL;
	struct stat st;

	if (!*text || (!is_path && !strchr(text, '/')) || stat(text, &st) ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return NULL;
	path = g_canonicalize_filename(text, NULL);
	if (is_of_system(path))
		return NULL;
	if (g_hash_table_add(files->paths, g_strdup(path)))
		files->bytes += measure(path);
	return g_steal_pointer(&path);
}

/* A part of a list: "text" or "key=value". */
static char *collect_part(struct lab_files *files, const char *part,
			  bool is_path)
{
	const char *eq = strchr(part, '=');
	g_autofree char *key = NULL;
	g_autofree char *path = NULL;

	if (!eq) {
		path = collect(files, part, is_path);
		return path ? g_steal_pointer(&path) : g_strdup(part);
	}
	key = g_strndup(part, (gsize)(eq - part));
	path = collect(files, eq + 1, qemu_key_is_path(key));
	return path ? g_strconcat(key, "=", path, NULL) : g_strdup(part);
}

static char *collect_value(struct lab_files *files, enum qemu_option_value kind,
			   const char *value)
{
	g_auto(GStrv) parts = NULL;
	char *path, **p;

	if (kind == QEMU_OPTION_TEXT)
		return g_strdup(value);
	path = collect(files, value, kind == QEMU_OPTION_PATH);
	if (path)
		return path;
	parts = g_strsplit(value, ",", -1);
	for (p = parts; *p; p++) {
		char *part = collect_part(
			files, *p, p == parts && kind == QEMU_OPTION_PATH);

		g_free(*p);
		*p = part;
	}
	return g_strjoinv(",", parts);
}

static enum qemu_option_value kind_of(const char *name)
{
	const struct qemu_option *row = name ? qemu_option_find(name) : NULL;

	/* Without a name it is a disk image. */
	if (!name)
		return QEMU_OPTION_PATH;
	return row ? row->value : QEMU_OPTION_LIST;
}

struct rr_vm *lab_files_collect(struct lab_files *files, const struct rr_vm *vm)
{
	struct rr_vm *inside = rr_vm_new();
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		g_autofree char *value = NULL;

		if (option->value)
			value = collect_value(files, kind_of(option->name),
					      option->value);
		rr_vm_add(inside, option->name, value);
	}
	return inside;
}
