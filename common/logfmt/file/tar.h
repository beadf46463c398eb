/*
 * The members of a packed trace, a tar file (FORMAT.md, "Packed traces").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TAR_H
#define RRLOG_TAR_H

#include <stdint.h>

#include "common/logfmt/base/error.h"

/* A file with more members is not a packed trace. */
#define RRLOG_TAR_MAX_MEMBERS 1024
#define RRLOG_TAR_NAME_BYTES 101 /* of a member, with the final 0 */

struct rrlog_tar_member {
	char name[RRLOG_TAR_NAME_BYTES];
	uint64_t offset; /* of its content in the tar file */
	uint64_t bytes;
};

struct rrlog_tar {
	struct rrlog_tar_member *members;
	unsigned int member_count;
};

/**
 * Fill @tar with the members of the tar file @fd of @file_bytes; free it in any
 * case.  @path: the name of the file, for @error.
 */
int rrlog_tar_scan(struct rrlog_tar *tar, int fd, uint64_t file_bytes,
		   const char *path, struct rrlog_error *error);
/** The member of that name, or NULL. */
const struct rrlog_tar_member *rrlog_tar_find(const struct rrlog_tar *tar,
					      const char *name);
void rrlog_tar_free(struct rrlog_tar *tar);

#endif
