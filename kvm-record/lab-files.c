/*
 * The files of this host that a machine needs in the lab; see lab-files.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/lab-files.h"

#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "kvm-record/qcow2.h"
#include "kvm-record/vm/qemu-options.h"
#include "kvm-record/vmdk.h"

void lab_files_init(struct lab_files *files)
{
	files->paths =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void lab_files_clear(struct lab_files *files)
{
	g_clear_pointer(&files->paths, g_hash_table_unref);
}

GList *lab_files_paths(const struct lab_files *files)
{
	return g_list_sort(g_hash_table_get_keys(files->paths),
			   (GCompareFunc)strcmp);
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

uint64_t lab_files_bytes(const struct lab_files *files)
{
	GHashTableIter iter;
	void *path;

	tree_bytes = 0;
	g_hash_table_iter_init(&iter, files->paths);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		nftw(path, add_size, 16, 0);
	return tree_bytes;
}

static bool is_of_system(const char *path)
{
	return !strcmp(path, "/") || g_str_has_prefix(path, "/dev/") ||
	       g_str_has_prefix(path, "/proc/") ||
	       g_str_has_prefix(path, "/sys/");
}

static bool collect(struct lab_files *files, const char *text, bool is_path,
		    bool direct);

/* @paths: NULL, or NULL at its end. */
static void collect_all(struct lab_files *files, char **paths, bool direct)
{
	for (; paths && *paths; paths++)
		collect(files, *paths, true, direct);
}

/*
 * If @text names a file or directory of this host, collect it, and the files
 * below it if it is an image.  Text that need not be a path must have a "/".
 */
static bool collect(struct lab_files *files, const char *text, bool is_path,
		    bool direct)
{
	g_autofree char *path = NULL;
	g_auto(GStrv) qcow2 = NULL, vmdk = NULL;
	struct lab_file *file;
	struct stat st;

	if (!*text || (!is_path && !strchr(text, '/')) || stat(text, &st) ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return false;
	path = g_canonicalize_filename(text, NULL);
	if (is_of_system(path))
		return false;
	file = g_hash_table_lookup(files->paths, path);
	if (file) {
		file->direct |= direct;
		return true;
	}
	file = g_new0(struct lab_file, 1);
	file->is_dir = S_ISDIR(st.st_mode);
	file->direct = direct;
	file->bytes = file->is_dir ? 0 : (uint64_t)st.st_size;
	g_hash_table_insert(files->paths, g_strdup(path), file);
	if (file->is_dir)
		return true;
	qcow2 = qcow2_files_below(path);
	collect_all(files, qcow2, direct);
	vmdk = vmdk_files_below(path);
	collect_all(files, vmdk, direct);
	return true;
}

/* Without what QEMU takes before a path: "fat:rw:dir", "file:disk.img". */
static const char *without_protocol(const char *text)
{
	static const char *const prefixes[] = { "file:", "fat:", "floppy:",
						"rw:",	 "raw:", "blkdebug:" };
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(text, prefixes[i]))
			text += strlen(prefixes[i]);
	return text;
}

/* The strings in JSON, those of "json:{...}" too. */
static void collect_json(struct lab_files *files, const char *text, bool direct)
{
	g_autoptr(GRegex)
		regex = g_regex_new("\"((?:[^\"\\\\]|\\\\.)*)\"", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	g_regex_match(regex, text, 0, &match);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
		g_autofree char *escaped = g_match_info_fetch(match, 1);
		g_autofree char *string = g_strcompress(escaped);

		/* "file" is a driver, and may be a directory here. */
		if (!g_file_test(string, G_FILE_TEST_IS_DIR) ||
		    strchr(string, '/'))
			collect(files, without_protocol(string), true, direct);
	}
}

/* "text", "key=value", or a multiboot module: "path argument..." */
static void collect_part(struct lab_files *files, const char *part,
			 bool is_path, bool direct)
{
	const char *eq = strchr(part, '=');
	g_autofree char *first = NULL, *key = NULL;

	if (collect(files, without_protocol(part), is_path, direct))
		return;
	first = g_strndup(part, strcspn(part, " "));
	if (is_path && collect(files, first, true, direct))
		return;
	if (!eq)
		return;
	key = g_strndup(part, (gsize)(eq - part));
	collect(files, without_protocol(eq + 1), qemu_key_is_path(key), direct);
}

/* The parts between commas; ",," is one comma in a part. */
static GPtrArray *split(const char *value)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	GString *part = g_string_new("");

	for (; *value; value++) {
		if (value[0] == ',' && value[1] != ',') {
			g_ptr_array_add(parts, g_string_free(part, FALSE));
			part = g_string_new("");
			continue;
		}
		g_string_append_c(part, *value);
		value += value[0] == ',';
	}
	g_ptr_array_add(parts, g_string_free(part, FALSE));
	return parts;
}

/* Whether the words of a disk ask for O_DIRECT. */
static bool asks_direct(const char *value)
{
	return g_regex_match_simple("cache=(none|directsync)|"
				    "direct\"?\\s*[:=]\\s*\"?(on|true)",
				    value, 0, 0);
}

static void collect_value(struct lab_files *files, const char *name,
			  enum qemu_option_value kind, const char *value)
{
	bool direct = asks_direct(value);
	g_autoptr(GPtrArray) parts = NULL;
	guint i;

	if (kind == QEMU_OPTION_TEXT ||
	    collect(files, value, kind == QEMU_OPTION_PATH, direct))
		return;
	if (strchr(value, '{')) {
		collect_json(files, value, direct);
		return;
	}
	parts = split(value);
	for (i = 0; i < parts->len; i++)
		collect_part(files, parts->pdata[i],
			     kind == QEMU_OPTION_PATH &&
				     (!i || !g_strcmp0(name, "initrd")),
			     direct);
}

/* The values of a file for -readconfig: key = "value". */
static void collect_config(struct lab_files *files, const char *path)
{
	g_autoptr(GRegex) regex = g_regex_new(
		"^\\s*([\\w.-]+)\\s*=\\s*\"(.*)\"", G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    !g_utf8_validate(text, -1, NULL))
		return;
	g_regex_match(regex, text, 0, &match);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
		g_autofree char *key = g_match_info_fetch(match, 1);
		g_autofree char *value = g_match_info_fetch(match, 2);

		collect(files, without_protocol(value), qemu_key_is_path(key),
			asks_direct(text));
	}
}

static enum qemu_option_value kind_of(const char *name)
{
	const struct qemu_option *row = name ? qemu_option_find(name) : NULL;

	/* Without a name it is a disk image. */
	if (!name)
		return QEMU_OPTION_PATH;
	return row ? row->value : QEMU_OPTION_LIST;
}

void lab_files_collect(struct lab_files *files, const struct rr_vm *vm)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		if (!option->value)
			continue;
		collect_value(files, option->name, kind_of(option->name),
			      option->value);
		if (!g_strcmp0(option->name, "readconfig"))
			collect_config(files, option->value);
	}
}

void lab_files_add(struct lab_files *files, const char *path)
{
	collect(files, path, true, false);
}
