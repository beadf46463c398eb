/*
 * Whether the user that QEMU runs as can open a file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_ACCESS_H
#define RR_ACCESS_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

enum rr_access {
	RR_ACCESS_EXISTS = 0, /* and each folder on the way can be entered */
	RR_ACCESS_READ = 1,
	RR_ACCESS_WRITE = 2,
	RR_ACCESS_ALONE = 4, /* no other QEMU writes to it */
};

struct rr_user {
	uid_t uid;
	gid_t gid;
	bool other; /* not this process' user: only root can ask for one */
	bool plain; /* without capabilities, as libvirt starts QEMU */
};

/** The user of this process, as it is. */
struct rr_user rr_user_self(void);

/**
 * Can @user do with the file @path (absolute) what @wanted says (RR_ACCESS_*,
 * or-ed)?  False and @error, in one line with user, path and remedy, if not.
 */
bool rr_access_check(const struct rr_user *user, const char *path,
		     unsigned int wanted, GError **error);

#endif
