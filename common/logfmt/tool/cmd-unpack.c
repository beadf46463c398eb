/*
 * rr-log unpack: make a trace directory of a packed file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/progress.h"
#include "common/cli/trace.h"
#include "common/logfmt/base/io.h"
#include "common/logfmt/file/format.h"
#include "common/logfmt/tool/age.h"
#include "common/logfmt/tool/commands.h"
#include "common/logfmt/tool/leftovers.h"

#define AGE_MAGIC "age-encryption.org/"

static char *identity;
static gboolean force;

static const GOptionEntry entries[] = {
	{ "identity", 'i', 0, G_OPTION_ARG_FILENAME, &identity,
	  "Decrypt with the age key in this file", "FILE" },
	{ "force", 'f', 0, G_OPTION_ARG_NONE, &force,
	  "Replace TRACE if it is a trace directory", NULL },
	G_OPTION_ENTRY_NULL,
};

static const struct rr_options options = {
	.entries = entries,
	.arguments = "FILE TRACE",
	.argument_count = 2,
	.summary = "Makes a trace directory of a file that rr-log pack made.",
};

struct unpack {
	const char *file;
	char *temporary; /* directory */
	int dir_fd;
	bool replace; /* a trace of that name exists */
	int file_fd, pipe_fd;
	uint64_t done_bytes, file_bytes;
	struct age age;
	struct archive *tar;
	uint8_t *buffer;
};

static struct rr_progress progress;

static int fail(const char *what, const char *why)
{
	rr_progress_end(&progress);
	return rr_fail("%s: %s", what, why);
}

static int damaged(struct unpack *u, const char *why)
{
	rr_progress_end(&progress);
	rr_message("%s: offset %lld: %s", u->file,
		   (long long)archive_filter_bytes(u->tar, -1), why);
	return RR_EXIT_DAMAGED;
}

static int open_file(struct unpack *u)
{
	char magic[sizeof(AGE_MAGIC)] = { 0 };
	char *argv[] = { (char *)"age", (char *)"-d", (char *)"-i", identity,
			 NULL };
	struct stat st;

	u->file_fd = open(u->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (u->file_fd < 0 || fstat(u->file_fd, &st))
		return fail(u->file, g_strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(u->file, "not a packed trace");
	u->file_bytes = (uint64_t)st.st_size;
	if (pread(u->file_fd, magic, strlen(AGE_MAGIC), 0) < 0)
		return fail(u->file, g_strerror(errno));
	if (!strcmp(magic, AGE_MAGIC) != !!identity)
		return fail(u->file,
			    identity ? "not encrypted: omit --identity" :
				       "encrypted: needs --identity FILE");
	if (identity && !age_start(&u->age, argv, u->file_fd, -1, &u->pipe_fd))
		return RR_EXIT_FAILURE;
	u->tar = archive_read_new();
	archive_read_support_format_tar(u->tar);
	if (archive_read_open_fd(u->tar, identity ? u->pipe_fd : u->file_fd,
				 COPY_BYTES))
		return fail(u->file, identity ? "cannot be decrypted, or is "
						"not a packed trace" :
						"not a packed trace");
	return RR_EXIT_OK;
}

/*
 * --force may remove a directory that holds the files of a trace and no others.
 */
static bool is_trace_dir(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	bool good = dir && !g_file_test(path, G_FILE_TEST_IS_SYMLINK);
	bool has_events = false;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		good = good && leftovers_is_known(name);
		has_events = has_events || !strcmp(name, RRLOG_FILE_EVENTS);
	}
	if (dir)
		g_dir_close(dir);
	return good && has_events;
}

static int create_dir(struct unpack *u, const char *trace)
{
	u->replace = !faccessat(AT_FDCWD, trace, F_OK, AT_SYMLINK_NOFOLLOW);
	if (u->replace && !force)
		return fail(trace, "exists; --force replaces it");
	if (u->replace && !is_trace_dir(trace))
		return fail(trace, "exists, and holds other files than a "
				   "trace: it is not replaced");
	u->temporary = g_strdup_printf("%s.XXXXXX", trace);
	leftovers_hold(true);
	if (!g_mkdtemp_full(u->temporary, 0700)) {
		leftovers_hold(false);
		g_free(u->temporary);
		u->temporary = NULL;
		return fail(trace, g_strerror(errno));
	}
	u->dir_fd = open(u->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	leftovers_set(u->temporary, u->dir_fd);
	leftovers_hold(false);
	return u->dir_fd < 0 ? fail(u->temporary, g_strerror(errno)) :
			       RR_EXIT_OK;
}

static int copy_data(struct unpack *u, int fd, const char *name)
{
	uint64_t at = 0;

	for (;;) {
		la_ssize_t n = archive_read_data(u->tar, u->buffer, COPY_BYTES);
		int err;

		if (n < 0)
			return damaged(u, archive_error_string(u->tar));
		if (!n)
			return RR_EXIT_OK;
		err = rrlog_write_all(fd, u->buffer, (size_t)n, at);
		if (err)
			return fail(name, g_strerror(-err));
		at += (uint64_t)n;
		u->done_bytes += (uint64_t)n;
		rr_progress_show(&progress, u->done_bytes, u->file_bytes);
	}
}

/*
 * A stranger may have made the file.  Traces have no holes, whose size would be
 * unlimited.
 */
static bool is_plain_file(const char *name, struct archive_entry *entry)
{
	return name && *name && *name != '.' && !strchr(name, '/') &&
	       archive_entry_filetype(entry) == AE_IFREG &&
	       !archive_entry_hardlink(entry) &&
	       !archive_entry_sparse_count(entry);
}

static int extract(struct unpack *u, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	int status, fd;

	if (!is_plain_file(name, entry))
		return damaged(u, "a member is not a file of a trace");
	if (!leftovers_is_known(name)) {
		rr_progress_end(&progress);
		rr_message("%s: left out '%s', which is not a file of a trace",
			   u->file, name);
		return RR_EXIT_OK;
	}
	fd = rrlog_create_file(u->dir_fd, name);
	if (fd == -EEXIST)
		return damaged(u, "two members have the same name");
	if (fd < 0)
		return fail(name, g_strerror(-fd));
	status = copy_data(u, fd, name);
	if (fsync(fd) && !status)
		status = fail(name, g_strerror(errno));
	close(fd);
	return status;
}

static int extract_all(struct unpack *u)
{
	struct archive_entry *entry;
	int status = RR_EXIT_OK;
	int ret;

	for (;;) {
		ret = archive_read_next_header(u->tar, &entry);
		if (ret != ARCHIVE_OK || status)
			break;
		status = extract(u, entry);
	}
	if (status || ret == ARCHIVE_EOF)
		return status;
	return damaged(u, archive_error_string(u->tar));
}

/*
 * A directory that is replaced changes places with the new one, and is removed.
 */
static int rename_dir(struct unpack *u, const char *trace)
{
	int ret;

	leftovers_hold(true);
	ret = renameat2(AT_FDCWD, u->temporary, AT_FDCWD, trace,
			u->replace ? RENAME_EXCHANGE : RENAME_NOREPLACE);
	if (!ret) {
		close(u->dir_fd);
		u->dir_fd = u->replace ? open(u->temporary,
					      O_RDONLY | O_DIRECTORY |
						      O_NOFOLLOW | O_CLOEXEC) :
					 -1;
		leftovers_set(u->replace ? u->temporary : NULL, u->dir_fd);
		if (!u->replace) {
			g_free(u->temporary);
			u->temporary = NULL;
		}
	}
	leftovers_hold(false);
	return ret;
}

/* Give the trace its name if it can be opened. */
static int finish(struct unpack *u, const char *trace)
{
	struct rrlog_reader *r;
	int status;

	if (!age_finish(&u->age))
		return RR_EXIT_FAILURE;
	r = rr_trace_open(u->temporary, &status);
	if (!r)
		return status;
	rrlog_reader_close(r);
	if (rename_dir(u, trace))
		return fail(trace, g_strerror(errno));
	return RR_EXIT_OK;
}

static void free_unpack(struct unpack *u)
{
	if (u->tar)
		archive_read_free(u->tar);
	if (u->pipe_fd >= 0)
		close(u->pipe_fd);
	if (u->file_fd >= 0)
		close(u->file_fd);
	if (u->temporary && u->dir_fd >= 0)
		leftovers_remove_dir(u->temporary, u->dir_fd);
	leftovers_set(NULL, -1);
	if (u->dir_fd >= 0)
		close(u->dir_fd);
	g_free(u->temporary);
	g_free(u->buffer);
	g_free(u);
}

int cmd_unpack(int argc, char **argv)
{
	struct unpack *u;
	int status;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	u = g_new0(struct unpack, 1);
	u->dir_fd = u->file_fd = u->pipe_fd = -1;
	u->file = argv[1];
	rr_progress_begin(&progress, "rr-log unpack");
	u->buffer = g_malloc(COPY_BYTES);
	status = open_file(u);
	if (!status)
		status = create_dir(u, argv[2]);
	if (!status)
		status = extract_all(u);
	if (!status)
		status = finish(u, argv[2]);
	rr_progress_end(&progress);
	/* An age that is still writing then gives up. */
	if (u->pipe_fd >= 0)
		close(u->pipe_fd);
	u->pipe_fd = -1;
	if (u->age.pid && !age_finish(&u->age))
		status = RR_EXIT_FAILURE;
	free_unpack(u);
	return status;
}
