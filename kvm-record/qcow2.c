/*
 * What a qcow2 image says of other files; see qcow2.h.  The header's fields are
 * those of QEMU's docs/interop/qcow2.txt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qcow2.h"

#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define MAGIC 0x514649fb /* "QFI\xfb" */
#define EXTENSION_DATA_FILE 0x44415441
#define NAME_MAX_BYTES 1023
#define EXTENSIONS_MAX 32
#define VERSION_2_BYTES 72

static bool read_at(int fd, void *to, size_t bytes, uint64_t offset)
{
	return pread(fd, to, bytes, (off_t)offset) == (ssize_t)bytes;
}

static uint32_t be32_at(int fd, uint64_t offset)
{
	uint32_t n;

	return read_at(fd, &n, sizeof(n), offset) ? GUINT32_FROM_BE(n) : 0;
}

static uint64_t be64_at(int fd, uint64_t offset)
{
	uint64_t n;

	return read_at(fd, &n, sizeof(n), offset) ? GUINT64_FROM_BE(n) : 0;
}

/* A name in the image is relative to the image's directory. */
static void add_name(GPtrArray *names, int fd, const char *image,
		     uint64_t offset, uint32_t bytes)
{
	char name[NAME_MAX_BYTES + 1] = "";
	g_autofree char *dir = g_path_get_dirname(image);
	const char *plain = name;

	if (!offset || !bytes || bytes > NAME_MAX_BYTES ||
	    !read_at(fd, name, bytes, offset))
		return;
	if (g_str_has_prefix(name, "file:"))
		plain += strlen("file:");
	g_ptr_array_add(names, g_path_is_absolute(plain) ?
				       g_strdup(plain) :
				       g_build_filename(dir, plain, NULL));
}

static void add_data_file(GPtrArray *names, int fd, const char *image)
{
	uint64_t at = be32_at(fd, 4) < 3 ? VERSION_2_BYTES : be32_at(fd, 100);
	int i;

	for (i = 0; i < EXTENSIONS_MAX; i++) {
		uint32_t type = be32_at(fd, at), bytes = be32_at(fd, at + 4);

		if (!type)
			return;
		if (type == EXTENSION_DATA_FILE)
			add_name(names, fd, image, at + 8, bytes);
		at += 8 + (((uint64_t)bytes + 7) & ~7ull);
	}
}

char **qcow2_files_below(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	GPtrArray *names;

	if (fd < 0)
		return NULL;
	if (be32_at(fd, 0) != MAGIC) {
		close(fd);
		return NULL;
	}
	names = g_ptr_array_new();
	add_name(names, fd, path, be64_at(fd, 8), be32_at(fd, 16));
	add_data_file(names, fd, path);
	close(fd);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}
