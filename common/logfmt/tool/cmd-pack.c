/*
 * rr-log pack: one file of a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/tool.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/logfmt/tool/age.h"
#include "common/logfmt/tool/extents.h"
#include "common/logfmt/tool/leftovers.h"
#include "common/logfmt/file/store.h"

static gboolean with_images;
static gboolean force;
static char **recipients;

static const GOptionEntry options[] = {
	{ "with-images", 'i', 0, G_OPTION_ARG_NONE, &with_images,
	  "Put in what records need of disk images", NULL },
	{ "encrypt-to", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &recipients,
	  "Encrypt with age to this recipient (may be repeated)", "RECIPIENT" },
	{ "force", 'f', 0, G_OPTION_ARG_NONE, &force,
	  "Replace FILE if there is one", NULL },
	G_OPTION_ENTRY_NULL,
};

struct pack {
	const char *file;
	char *temporary; /* NULL: it has no name */
	int fd;
	int pipe_fd; /* to age; -1: there is none */
	struct age age;
	struct archive *tar;
	struct rrlog_reader *reader;
	struct rrlog_store store;
	struct rrlog_error error;
	struct extents extents;
	uint8_t *buffer;
	uint64_t done_bytes, total_bytes;
};

static int fail(const char *what, const char *why)
{
	end_progress();
	fprintf(stderr, "rr-log: %s: %s\n", what, why);
	return TOOL_FAILED;
}

static int fail_tar(struct pack *p)
{
	return fail(p->file, archive_error_string(p->tar));
}

/* ---- the file ---- */

static bool start_age(struct pack *p)
{
	GPtrArray *argv;
	bool good;
	char **i;

	if (!recipients)
		return true;
	argv = g_ptr_array_new();
	g_ptr_array_add(argv, (char *)"age");
	for (i = recipients; *i; i++) {
		g_ptr_array_add(argv, (char *)"-r");
		g_ptr_array_add(argv, *i);
	}
	g_ptr_array_add(argv, NULL);
	good = age_start(&p->age, (char **)argv->pdata, -1, p->fd, &p->pipe_fd);
	g_ptr_array_unref(argv);
	return good;
}

/* With a name, which is taken away if a signal ends us. */
static int make_named(struct pack *p)
{
	int fd;

	p->temporary = g_strdup_printf("%s.XXXXXX", p->file);
	leftovers_hold(true);
	fd = g_mkstemp_full(p->temporary, O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		leftovers_set(p->temporary, -1);
	leftovers_hold(false);
	if (fd < 0) {
		g_free(p->temporary);
		p->temporary = NULL;
	}
	return fd;
}

/* Without a name, where the file system can do that: then nothing is left even
 * by SIGKILL. */
static void open_temporary(struct pack *p)
{
	char *folder = g_path_get_dirname(p->file);

	p->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	g_free(folder);
	if (p->fd < 0)
		p->fd = make_named(p);
}

static int create(struct pack *p)
{
	if (!force && !faccessat(AT_FDCWD, p->file, F_OK, AT_SYMLINK_NOFOLLOW))
		return fail(p->file, "exists; replace it with --force");
	open_temporary(p);
	if (p->fd < 0)
		return fail(p->file, g_strerror(errno));
	/* The umask may have taken away too much. */
	if (fchmod(p->fd, 0600))
		return fail(p->file, g_strerror(errno));
	if (!start_age(p))
		return TOOL_FAILED;
	p->tar = archive_write_new();
	archive_write_set_format_pax_restricted(p->tar);
	archive_write_set_bytes_in_last_block(p->tar, 1);
	if (archive_write_open_fd(p->tar, p->pipe_fd >= 0 ? p->pipe_fd : p->fd))
		return fail_tar(p);
	return TOOL_OK;
}

/* Give the file without a name the final one; with --force it replaces one. */
static int name_file(struct pack *p)
{
	char *own = g_strdup_printf("/proc/self/fd/%d", p->fd);
	int ret, placeholder;

	if (!force) {
		ret = linkat(AT_FDCWD, own, AT_FDCWD, p->file,
			     AT_SYMLINK_FOLLOW);
		goto out;
	}
	/* A link replaces nothing: it needs a name first, to be renamed. */
	placeholder = make_named(p);
	ret = placeholder < 0 ? -1 : close(placeholder);
	leftovers_hold(true);
	if (!ret && !unlink(p->temporary))
		ret = linkat(AT_FDCWD, own, AT_FDCWD, p->temporary,
			     AT_SYMLINK_FOLLOW);
	leftovers_hold(false);
	if (!ret)
		ret = rename(p->temporary, p->file);
out:
	g_free(own);
	return ret;
}

static int rename_file(struct pack *p)
{
	return renameat2(AT_FDCWD, p->temporary, AT_FDCWD, p->file,
			 force ? 0 : RENAME_NOREPLACE);
}

/* All is written: give it its name. */
static int finish(struct pack *p)
{
	if (archive_write_close(p->tar))
		return fail_tar(p);
	if (p->pipe_fd >= 0)
		close(p->pipe_fd);
	p->pipe_fd = -1;
	if (!age_finish(&p->age))
		return TOOL_FAILED;
	if (fsync(p->fd))
		return fail(p->file, g_strerror(errno));
	if (p->temporary ? rename_file(p) : name_file(p))
		return fail(p->file, g_strerror(errno));
	leftovers_set(NULL, -1);
	g_free(p->temporary);
	p->temporary = NULL;
	return TOOL_OK;
}

/* ---- the members ---- */

static int begin_member(struct pack *p, const char *name, uint64_t bytes)
{
	struct archive_entry *entry = archive_entry_new();
	int ret;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, (la_int64_t)bytes);
	ret = archive_write_header(p->tar, entry);
	archive_entry_free(entry);
	return ret ? fail_tar(p) : TOOL_OK;
}

static int put(struct pack *p, const void *bytes, size_t count)
{
	if (archive_write_data(p->tar, bytes, count) != (la_ssize_t)count)
		return fail_tar(p);
	p->done_bytes += count;
	tell_progress(p->done_bytes, p->total_bytes);
	return TOOL_OK;
}

static int copy_member(struct pack *p, const char *name)
{
	struct rrlog_member member;
	uint64_t at;
	int status, err;

	err = rrlog_store_find(&p->store, name, &member);
	if (err == -ENOENT)
		return TOOL_OK; /* what must be there was there at the start */
	if (err)
		return fail(name, g_strerror(-err));
	status = begin_member(p, name, member.bytes);
	for (at = 0; !status && at < member.bytes; at += COPY_BYTES) {
		size_t part = (size_t)MIN(COPY_BYTES, member.bytes - at);

		err = rrlog_member_read(&member, p->buffer, part, at);
		status = err ? fail(name, g_strerror(-err)) :
			       put(p, p->buffer, part);
	}
	rrlog_member_close(&member);
	return status;
}

static int copy_extent(struct pack *p, uint32_t id,
		       const struct rrlog_image_extent *e)
{
	uint64_t at;
	int status = TOOL_OK;

	for (at = 0; !status && at < e->bytes; at += COPY_BYTES) {
		size_t part = (size_t)MIN(COPY_BYTES, e->bytes - at);
		int err = rrlog_reader_read_image(
			p->reader, id, e->image_offset + at, p->buffer, part);

		status = err ? tool_fail(p->reader, err) :
			       put(p, p->buffer, part);
	}
	return status;
}

/* The file image-N: from the image, or from the one of an earlier packing. */
static int put_image(struct pack *p, uint32_t id)
{
	const GArray *extents = p->extents.of_image[id];
	char name[32];
	size_t bytes;
	void *start;
	int status;
	guint i;

	g_snprintf(name, sizeof(name), "image-%u", id);
	if (!extents)
		return copy_member(p, name);
	status = begin_member(p, name, extents_file_bytes(extents));
	start = extents_start(extents, &bytes);
	if (!status)
		status = put(p, start, bytes);
	g_free(start);
	for (i = 0; !status && i < extents->len; i++)
		status = copy_extent(
			p, id,
			&g_array_index(extents, struct rrlog_image_extent, i));
	return status;
}

static const char *const members[] = { RRLOG_FILE_MANIFEST, RRLOG_FILE_PAGES,
				       RRLOG_FILE_BLOBS, RRLOG_FILE_EVENTS,
				       RRLOG_FILE_INDEX };

static void count_bytes(struct pack *p)
{
	struct rrlog_member member;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(members); i++) {
		if (rrlog_store_find(&p->store, members[i], &member))
			continue;
		p->total_bytes += member.bytes;
		rrlog_member_close(&member);
	}
	for (i = 0; i < RRLOG_MAX_IMAGES; i++) {
		if (p->extents.of_image[i])
			p->total_bytes +=
				extents_file_bytes(p->extents.of_image[i]);
	}
}

static int write_all(struct pack *p)
{
	int status = TOOL_OK;
	uint32_t i;

	count_bytes(p);
	for (i = 0; !status && i < G_N_ELEMENTS(members); i++)
		status = copy_member(p, members[i]);
	for (i = 0; !status && i < RRLOG_MAX_IMAGES; i++)
		status = put_image(p, i);
	return status;
}

static int pack(struct pack *p, const char *trace)
{
	int status, err;

	p->reader = tool_open(trace, &status);
	if (!p->reader)
		return status;
	err = rrlog_store_open(&p->store, trace, &p->error);
	if (err)
		return fail(trace, g_strerror(-err));
	err = with_images ? extents_collect(&p->extents, p->reader) : 0;
	if (err)
		return tool_fail(p->reader, err);
	status = create(p);
	if (!status)
		status = write_all(p);
	if (!status)
		status = finish(p);
	end_progress();
	return status;
}

int tool_pack(int argc, char **argv)
{
	struct pack *p;
	char *args[2];
	int status;

	if (!tool_parse_many(
		    argc, argv, options,
		    "Makes one file of a trace, which replays as it is; "
		    "or, encrypted, after\nrr-log unpack.",
		    "TRACE FILE", 2, args))
		return TOOL_FAILED;
	/* An age that gave up shows as an error of writing. */
	signal(SIGPIPE, SIG_IGN);
	p = g_new0(struct pack, 1);
	p->fd = p->pipe_fd = p->store.dir_fd = p->store.pack_fd = -1;
	p->file = args[1];
	p->buffer = g_malloc(COPY_BYTES);
	status = pack(p, args[0]);
	if (p->tar)
		archive_write_free(p->tar);
	if (p->pipe_fd >= 0)
		close(p->pipe_fd);
	if (!age_finish(&p->age))
		status = TOOL_FAILED;
	if (p->temporary)
		unlink(p->temporary);
	if (p->fd >= 0)
		close(p->fd);
	rrlog_store_close(&p->store);
	rrlog_reader_close(p->reader);
	extents_free(&p->extents);
	g_free(p->temporary);
	g_free(p->buffer);
	g_free(p);
	return status;
}
