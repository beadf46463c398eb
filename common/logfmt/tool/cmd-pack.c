/*
 * rr-log pack: make one file of a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/progress.h"
#include "common/cli/trace.h"
#include "common/logfmt/tool/age.h"
#include "common/logfmt/tool/commands.h"
#include "common/logfmt/tool/extents.h"
#include "common/logfmt/tool/leftovers.h"
#include "common/logfmt/file/store.h"

static gboolean with_images;
static gboolean trust_images;
static gboolean force;
static char **recipients;

static const GOptionEntry entries[] = {
	{ "with-images", 'i', 0, G_OPTION_ARG_NONE, &with_images,
	  "Include the bytes of disk images that records refer to", NULL },
	{ "trust-images", 0, 0, G_OPTION_ARG_NONE, &trust_images,
	  "Read images where the trace says, not only beside the trace", NULL },
	{ "encrypt-to", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &recipients,
	  "Encrypt with age to this recipient; may be repeated", "RECIPIENT" },
	{ "force", 'f', 0, G_OPTION_ARG_NONE, &force,
	  "Replace FILE if it exists", NULL },
	G_OPTION_ENTRY_NULL,
};

static const struct rr_options options = {
	.entries = entries,
	.arguments = "TRACE FILE",
	.argument_count = 2,
	.summary = "Makes one file of a trace.  rr-tcg replays such a file as "
		   "it is, or, if it is\nencrypted, after rr-log unpack.",
};

struct pack {
	const char *file;
	char *temporary; /* its name for now; NULL: it has none */
	int fd;
	int pipe_fd; /* to age, or -1 */
	struct age age;
	struct archive *tar;
	struct rrlog_reader *reader;
	struct rrlog_store store;
	struct rrlog_error error;
	struct extents extents;
	uint8_t *buffer;
	uint64_t done_bytes, total_bytes;
};

static struct rr_progress progress;

static int fail(const char *what, const char *why)
{
	rr_progress_end(&progress);
	return rr_fail("%s: %s", what, why);
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

/* Make a file with a name, which is removed if a signal ends the program. */
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

/*
 * A file without a name leaves nothing behind, even after SIGKILL.  Some file
 * systems cannot make one.
 */
static void open_temporary(struct pack *p)
{
	char *directory = g_path_get_dirname(p->file);

	p->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	g_free(directory);
	if (p->fd < 0)
		p->fd = make_named(p);
}

static int create(struct pack *p)
{
	if (!force && !faccessat(AT_FDCWD, p->file, F_OK, AT_SYMLINK_NOFOLLOW))
		return fail(p->file, "exists; --force replaces it");
	open_temporary(p);
	if (p->fd < 0)
		return fail(p->file, g_strerror(errno));
	/* The umask may have removed a permission that the owner needs. */
	if (fchmod(p->fd, 0600))
		return fail(p->file, g_strerror(errno));
	if (!start_age(p))
		return RR_EXIT_FAILURE;
	p->tar = archive_write_new();
	archive_write_set_format_pax_restricted(p->tar);
	archive_write_set_bytes_in_last_block(p->tar, 1);
	if (archive_write_open_fd(p->tar, p->pipe_fd >= 0 ? p->pipe_fd : p->fd))
		return fail_tar(p);
	return RR_EXIT_OK;
}

/* Give the file without a name its final one; --force replaces a file. */
static int name_file(struct pack *p)
{
	char *own = g_strdup_printf("/proc/self/fd/%d", p->fd);
	int ret, placeholder;

	if (!force) {
		ret = linkat(AT_FDCWD, own, AT_FDCWD, p->file,
			     AT_SYMLINK_FOLLOW);
		goto out;
	}
	/*
	 * A link replaces no file, but a rename does: give it another name
	 * first.
	 */
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

/* Everything is written: give the file its name. */
static int finish(struct pack *p)
{
	if (archive_write_close(p->tar))
		return fail_tar(p);
	if (p->pipe_fd >= 0)
		close(p->pipe_fd);
	p->pipe_fd = -1;
	if (!age_finish(&p->age))
		return RR_EXIT_FAILURE;
	if (fsync(p->fd))
		return fail(p->file, g_strerror(errno));
	if (p->temporary ? rename_file(p) : name_file(p))
		return fail(p->file, g_strerror(errno));
	leftovers_set(NULL, -1);
	g_free(p->temporary);
	p->temporary = NULL;
	return RR_EXIT_OK;
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
	return ret ? fail_tar(p) : RR_EXIT_OK;
}

static int put(struct pack *p, const void *bytes, size_t count)
{
	if (archive_write_data(p->tar, bytes, count) != (la_ssize_t)count)
		return fail_tar(p);
	p->done_bytes += count;
	rr_progress_show(&progress, p->done_bytes, p->total_bytes);
	return RR_EXIT_OK;
}

static int copy_member(struct pack *p, const char *name)
{
	struct rrlog_member member;
	uint64_t at;
	int status, err;

	err = rrlog_store_find(&p->store, name, &member);
	if (err == -ENOENT)
		return RR_EXIT_OK; /* optional: the reader needs the others */
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
	int status = RR_EXIT_OK;

	for (at = 0; !status && at < e->bytes; at += COPY_BYTES) {
		size_t part = (size_t)MIN(COPY_BYTES, e->bytes - at);
		int err = rrlog_reader_read_image(
			p->reader, id, e->image_offset + at, p->buffer, part);

		status = err ? rr_trace_fail(p->reader, err) :
			       put(p, p->buffer, part);
	}
	return status;
}

/* Write the member image-N, from the image or from a packed trace. */
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

static const char *const members[] = {
	RRLOG_FILE_MANIFEST, RRLOG_FILE_PAGES, RRLOG_FILE_BLOBS,
	RRLOG_FILE_EVENTS,   RRLOG_FILE_INDEX, RRLOG_FILE_MANIFEST_END
};

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
	int status = RR_EXIT_OK;
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

	p->reader = rr_trace_open(trace, &status);
	if (p->reader && trust_images)
		rrlog_reader_trust_images(p->reader);
	if (!p->reader)
		return status;
	err = rrlog_store_open(&p->store, trace, &p->error);
	if (err)
		return fail(trace, g_strerror(-err));
	err = with_images ? extents_collect(&p->extents, p->reader) : 0;
	if (err)
		return rr_trace_fail(p->reader, err);
	status = create(p);
	if (!status)
		status = write_all(p);
	if (!status)
		status = finish(p);
	rr_progress_end(&progress);
	return status;
}

int cmd_pack(int argc, char **argv)
{
	struct pack *p;
	int status;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	/* If age has ended, writing to it must return an error. */
	signal(SIGPIPE, SIG_IGN);
	p = g_new0(struct pack, 1);
	p->fd = p->pipe_fd = p->store.dir_fd = p->store.pack_fd = -1;
	p->file = argv[2];
	rr_progress_begin(&progress, "rr-log pack");
	p->buffer = g_malloc(COPY_BYTES);
	status = pack(p, argv[1]);
	if (p->tar)
		archive_write_free(p->tar);
	if (p->pipe_fd >= 0)
		close(p->pipe_fd);
	if (!age_finish(&p->age))
		status = RR_EXIT_FAILURE;
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
