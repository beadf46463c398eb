/*
 * What a VMDK image says of other files; see vmdk.h.  The descriptor is text, as
 * VMware's "Virtual Disk Format 5.0" has it: a file of its own, or embedded in a
 * sparse extent, whose header tells where.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vmdk.h"

#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define SECTOR_BYTES 512
#define DESCRIPTOR_OFFSET 28 /* in sectors */
#define DESCRIPTOR_MAX_BYTES 65536
#define TEXT_MAGIC "# Disk DescriptorFile"

static char *read_descriptor(int fd)
{
	g_autofree char *text = g_malloc0(DESCRIPTOR_MAX_BYTES + 1);
	char magic[4];
	uint64_t at;

	if (pread(fd, magic, sizeof(magic), 0) != sizeof(magic))
		return NULL;
	if (memcmp(magic, "KDMV", sizeof(magic)))
		at = 0;
	else if (pread(fd, &at, sizeof(at), DESCRIPTOR_OFFSET) != sizeof(at))
		return NULL;
	at = GUINT64_FROM_LE(at);
	if (at > INT64_MAX / SECTOR_BYTES ||
	    pread(fd, text, DESCRIPTOR_MAX_BYTES, (off_t)(at * SECTOR_BYTES)) <
		    0 ||
	    !g_str_has_prefix(text, TEXT_MAGIC))
		return NULL;
	return g_steal_pointer(&text);
}

/* The extents ("RW 2048 FLAT "a-flat.vmdk" 0") and the parent. */
char **vmdk_files_below(const char *path)
{
	g_autoptr(GRegex) regex = g_regex_new(
		"^(?:(?:RW|RDONLY)\\s[^\"]*|parentFileNameHint\\s*=\\s*)\"([^\"]+)\"",
		G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *dir = g_path_get_dirname(path), *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	GPtrArray *names;

	if (fd < 0)
		return NULL;
	text = read_descriptor(fd);
	close(fd);
	if (!text)
		return NULL;
	names = g_ptr_array_new();
	g_regex_match(regex, text, 0, &match);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
		g_autofree char *name = g_match_info_fetch(match, 1);

		g_ptr_array_add(names, g_canonicalize_filename(name, dir));
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}
