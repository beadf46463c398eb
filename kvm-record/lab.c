/*
 * Recording in the lab: which files go there, and how big it must be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm-record/lab.h"
#include "kvm-record/vm/qemu-args.h"
#include "common/cli/find.h"
#include "common/cli/message.h"
#include "common/cli/qemu.h"

#define LAB_SYSTEM_MIB 512
#define LAB_OUT_MIB 256 /* deterministic: the trace is in memory first */

struct files {
	GHashTable *paths; /* absolute paths to take along */
	uint64_t bytes;
};

/* Options whose whole argument is a path, and keys whose value is one. */
static const char *const path_options[] = {
	"kernel", "initrd", "bios", "hda", "hdb",    "hdc", "hdd",
	"cdrom",  "fda",    "fdb",  "dtb", "pflash", "L",
};
static const char *const path_keys[] = {
	"file", "path",	  "filename", "file.filename", "tftp",	 "romfile",
	"dir",	"script", "image",    "initrd",	       "kernel",
};
/* Options whose argument never is one, whatever file has its name. */
static const char *const text_options[] = {
	"append", "name",    "m",    "smp", "cpu",  "machine", "M",
	"vga",	  "display", "uuid", "rtc", "boot", "global",
};

static bool in(const char *word, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(word, list[i]))
			return true;
	return false;
}
#define IN(word, list) in(word, list, G_N_ELEMENTS(list))

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

static bool is_of_system(const char *path)
{
	return !strcmp(path, "/") || g_str_has_prefix(path, "/dev/") ||
	       g_str_has_prefix(path, "/proc/") ||
	       g_str_has_prefix(path, "/sys/");
}

/* The path in the lab if @text names a file or folder of this host. */
static char *take(struct files *f, const char *text, bool is_path)
{
	g_autofree char *path = NULL;
	struct stat st;

	if (!*text || (!is_path && !strchr(text, '/')) || stat(text, &st) ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return NULL;
	path = g_canonicalize_filename(text, NULL);
	if (is_of_system(path))
		return NULL;
	if (g_hash_table_add(f->paths, g_strdup(path))) {
		tree_bytes = 0;
		nftw(path, add_size, 16, 0);
		f->bytes += tree_bytes;
	}
	return g_steal_pointer(&path);
}

static char *take_part(struct files *f, const char *option, const char *part,
		       bool first)
{
	const char *eq = strchr(part, '=');
	g_autofree char *key = NULL;
	g_autofree char *path = NULL;

	if (!eq) {
		path = take(f, part, first && IN(option, path_options));
		return path ? g_steal_pointer(&path) : g_strdup(part);
	}
	key = g_strndup(part, (gsize)(eq - part));
	path = take(f, eq + 1, IN(key, path_keys));
	return path ? g_strconcat(key, "=", path, NULL) : g_strdup(part);
}

static char *take_value(struct files *f, const char *option, const char *value)
{
	g_auto(GStrv) parts = NULL;
	char *path, **p;

	if (IN(option, text_options))
		return g_strdup(value);
	path = take(f, value, IN(option, path_options));
	if (path)
		return path;
	parts = g_strsplit(value, ",", -1);
	for (p = parts; *p; p++) {
		char *part = take_part(f, option, *p, p == parts);

		g_free(*p);
		*p = part;
	}
	return g_strjoinv(",", parts);
}

/* The arguments as the lab's QEMU gets them. */
static GPtrArray *take_files(struct files *f, char *const *args)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);

	for (; *args; args++) {
		const char *option = qemu_args_option(*args);

		if (!option && out->len == 0) {
			/* a disk image, as QEMU has it */
			g_ptr_array_add(out, take_value(f, "hda", *args));
			continue;
		}
		g_ptr_array_add(out, g_strdup(*args));
		if (option && args[1] && !qemu_args_option(args[1]))
			g_ptr_array_add(out, take_value(f, option, *++args));
	}
	return out;
}

static uint64_t available_mib(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	if (!f)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	fclose(f);
	return kib ? kib >> 10 : UINT64_MAX;
}

static uint64_t lab_memory(const struct lab_options *o, const struct files *f,
			   char *const *args)
{
	uint64_t mib = (uint64_t)o->memory_mib;

	if (mib)
		return mib;
	/* The files are there twice while the lab boots. */
	mib = qemu_args_memory_mib(args) + 2 * (f->bytes >> 20) +
	      LAB_SYSTEM_MIB + (o->deterministic ? LAB_OUT_MIB : 0);
	return mib;
}

static void add(GPtrArray *out, const char *a, const char *b)
{
	g_ptr_array_add(out, g_strdup(a));
	if (b)
		g_ptr_array_add(out, g_strdup(b));
}

static bool add_pieces(GPtrArray *out, GError **error)
{
	g_autofree char *lab = rr_find_file("RR_LAB_DIR", "../lab", error);
	g_autofree char *qemu = NULL, *run = NULL, *kernel = NULL,
			*image = NULL;
	const char *missing;

	if (!lab)
		return false;
	qemu = rr_qemu_find(error);
	if (!qemu)
		return false;
	run = g_build_filename(lab, "run.sh", NULL);
	kernel = g_build_filename(lab, "vmlinuz", NULL);
	image = g_build_filename(lab, "lab.cpio.gz", NULL);
	missing = access(run, R_OK)    ? run :
		  access(kernel, R_OK) ? kernel :
		  access(image, R_OK)  ? image :
					 NULL;
	if (missing) {
		rr_set_error(error,
			     "the lab is not there (no %s): run "
			     "make with the lab on",
			     missing);
		return false;
	}
	add(out, "/bin/sh", run);
	add(out, "--qemu", qemu);
	add(out, "--kernel", kernel);
	add(out, "--image", image);
	add(out, "--pmu", NULL);
	return true;
}

static void add_options(GPtrArray *out, const struct lab_options *o)
{
	struct stat st;
	char **arg;

	for (arg = o->args; arg && *arg; arg++)
		add(out, *arg, NULL);
	if (o->seed) {
		g_autofree char *seed = g_strdup_printf("%d", o->seed);

		add(out, "--seed", seed);
	} else if (o->deterministic) {
		add(out, "--deterministic", NULL);
	} else if (!fstat(0, &st) &&
		   (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode))) {
		add(out, "--stdin", NULL);
	}
}

static void add_files(GPtrArray *out, const struct files *f)
{
	GList *list = g_list_sort(g_hash_table_get_keys(f->paths),
				  (GCompareFunc)strcmp);
	GList *l;

	for (l = list; l; l = l->next)
		add(out, "--file", l->data);
	g_list_free(list);
}

static bool add_memory(GPtrArray *out, uint64_t mib, GError **error)
{
	uint64_t there = available_mib();
	g_autofree char *text =
		g_strdup_printf("%llu", (unsigned long long)mib);

	if (mib > there) {
		rr_set_error(error,
			     "the lab needs %s MiB of memory, and "
			     "%llu MiB are free (--memory-lab sets it)",
			     text, (unsigned long long)there);
		return false;
	}
	add(out, "--mem", text);
	return true;
}

static void add_command(GPtrArray *out, const char *trace,
			const struct record_how *how, GPtrArray *args)
{
	g_autofree char *absolute = g_canonicalize_filename(trace, NULL);
	g_autofree char *dir = g_path_get_dirname(absolute);
	g_autofree char *name = g_path_get_basename(absolute);
	g_autofree char *inside = g_strconcat("/out/", name, NULL);
	char number[16];
	guint i;

	add(out, "--out", dir);
	add(out, "--", "/opt/rr/bin/rr-kvm");
	add(out, "record", "--quiet");
	if (how->fsync)
		add(out, "--fsync", NULL);
	if (how->refer_to_images)
		add(out, "--refer-to-images", NULL);
	if (how->clock)
		add(out, "--clock", how->clock);
	if (how->epoch_us) {
		g_snprintf(number, sizeof(number), "%d", how->epoch_us);
		add(out, "--epoch-us", number);
	}
	add(out, "-o", inside);
	add(out, "--", NULL);
	for (i = 0; i < args->len; i++)
		add(out, g_ptr_array_index(args, i), NULL);
	g_ptr_array_add(out, NULL);
}

GPtrArray *lab_command(const struct lab_options *options, const char *trace,
		       char *const *args, GError **error)
{
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) paths =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct files files = { .paths = paths };
	g_autoptr(GPtrArray) inner = take_files(&files, args);

	if (!add_pieces(out, error) ||
	    !add_memory(out, lab_memory(options, &files, args), error))
		return NULL;
	add_options(out, options);
	add_files(out, &files);
	add_command(out, trace, &options->how, inner);
	if (g_hash_table_size(paths))
		rr_message("the lab works on copies of %u files and folders; "
			   "what the guest writes to them is gone at the end",
			   g_hash_table_size(paths));
	return g_steal_pointer(&out);
}
