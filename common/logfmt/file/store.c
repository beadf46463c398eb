/*
 * The files of a trace, which are in a directory or in one packed file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/logfmt/base/io.h"
#include "common/logfmt/file/format.h"

/* The highest number of the segments in the directory of a flight; 0: none. */
static unsigned int newest_segment(const char *path)
{
	unsigned int number, newest = 0;
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "segment-%u.rrt", &number) == 1 &&
		    number > newest)
			newest = number;
	if (dir)
		closedir(dir);
	return newest;
}

static int open_dir(struct rrlog_store *s, struct rrlog_error *error)
{
	unsigned int segment;

	if (!faccessat(s->dir_fd, RRLOG_FILE_PAGES, F_OK, 0) ||
	    !faccessat(s->dir_fd, RRLOG_FILE_MANIFEST, F_OK, 0) ||
	    !faccessat(s->dir_fd, RRLOG_FILE_EVENTS, F_OK, 0))
		return 0;
	segment = newest_segment(s->path);
	if (segment)
		return rrlog_fail(error, -EINVAL,
				  "%s is a flight, whose segments are the "
				  "traces; the newest is %s/segment-%06u.rrt",
				  s->path, s->path, segment);
	return rrlog_fail(error, -EINVAL, "%s: not a trace", s->path);
}

int rrlog_store_open(struct rrlog_store *s, const char *path,
		     struct rrlog_error *error)
{
	struct stat st;
	int fd;

	*s = (struct rrlog_store){ .dir_fd = -1, .pack_fd = -1 };
	s->path = strdup(path);
	if (!s->path)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return rrlog_fail(error, -ENOENT,
				  "there is no trace %s (rr-kvm record -o "
				  "makes one)",
				  path);
	if (fd < 0)
		return rrlog_fail(error, -errno, "%s: %s", path,
				  strerror(errno));
	s->pack_fd = fd;
	if (fstat(fd, &st))
		return rrlog_fail(error, -errno, "%s: %s", path,
				  strerror(errno));
	if (S_ISREG(st.st_mode))
		return rrlog_tar_scan(&s->tar, fd, (uint64_t)st.st_size, path,
				      error);
	if (!S_ISDIR(st.st_mode))
		return rrlog_fail(error, -EINVAL, "%s: not a trace", path);
	s->dir_fd = fd;
	s->pack_fd = -1;
	return open_dir(s, error);
}

void rrlog_store_close(struct rrlog_store *s)
{
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	if (s->pack_fd >= 0)
		close(s->pack_fd);
	rrlog_tar_free(&s->tar);
	free(s->path);
	*s = (struct rrlog_store){ .dir_fd = -1, .pack_fd = -1 };
}

int rrlog_store_find(const struct rrlog_store *s, const char *name,
		     struct rrlog_member *member)
{
	const struct rrlog_tar_member *packed;

	*member = RRLOG_NO_MEMBER;
	if (s->dir_fd >= 0) {
		member->fd = rrlog_open_file(s->dir_fd, name, &member->bytes);
		member->owns_fd = true;
		return member->fd < 0 ? member->fd : 0;
	}
	packed = rrlog_tar_find(&s->tar, name);
	if (!packed)
		return -ENOENT;
	member->fd = s->pack_fd;
	member->base_offset = packed->offset;
	member->bytes = packed->bytes;
	return 0;
}

int rrlog_member_read(const struct rrlog_member *member, void *data,
		      size_t bytes, uint64_t offset)
{
	if (offset > member->bytes || bytes > member->bytes - offset)
		return -EBADMSG;
	return rrlog_read_all(member->fd, data, bytes,
			      member->base_offset + offset);
}

void rrlog_member_close(struct rrlog_member *member)
{
	if (member->owns_fd && member->fd >= 0)
		close(member->fd);
	*member = RRLOG_NO_MEMBER;
}

const char *rrlog_store_why(int err)
{
	/* A link could lead anywhere, and a pipe has no end. */
	return err == -EINVAL ? "it is not a plain file" : strerror(-err);
}
