/*
 * The files of a trace, which are in a directory or in one packed file
 * (FORMAT.md, "Packed traces").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_STORE_H
#define RRLOG_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/logfmt/base/error.h"
#include "common/logfmt/file/tar.h"

/* One file of a trace. */
struct rrlog_member {
	int fd;
	bool owns_fd;
	uint64_t base_offset; /* of the member in .fd */
	uint64_t bytes; /* its size */
};

#define RRLOG_NO_MEMBER ((struct rrlog_member){ .fd = -1 })

struct rrlog_store {
	char *path;
	int dir_fd; /* -1 for a packed trace */
	int pack_fd; /* -1 for a directory */
	struct rrlog_tar tar; /* the members of a packed file */
};

/** Open the directory or packed file @path; close it in any case. */
int rrlog_store_open(struct rrlog_store *s, const char *path,
		     struct rrlog_error *error);
void rrlog_store_close(struct rrlog_store *s);

/**
 * Open the file @name of the trace; the caller closes it.  -ENOENT if there is
 * none.  Sets no error text.
 */
int rrlog_store_find(const struct rrlog_store *s, const char *name,
		     struct rrlog_member *member);

/** Read all @bytes at @offset; -EBADMSG if the member ends before. */
int rrlog_member_read(const struct rrlog_member *member, void *data,
		      size_t bytes, uint64_t offset);
void rrlog_member_close(struct rrlog_member *member);

/** What @err, from opening a file of a trace or an image, means. */
const char *rrlog_store_why(int err);

#endif
