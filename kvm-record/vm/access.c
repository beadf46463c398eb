/*
 * Whether the user that QEMU runs as can open a file; see access.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/access.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cli/message.h"

/*
 * QEMU locks a byte of an image for each permission that it has, and for each
 * that it leaves to nobody else; bit 1 is BLK_PERM_WRITE (block/file-posix.c).
 */
#define LOCK_WRITES (100 + 1)
#define LOCK_NO_WRITER (200 + 1)

#define MAX_GROUPS 1024

/* What a look at a path found. */
struct finding {
	int err; /* of errno.h; 0: nothing is wrong */
	unsigned int lacks; /* RR_ACCESS_*; 0: it is no matter of the file */
	size_t length; /* of the part of the path that is meant */
};

struct rr_user rr_user_self(void)
{
	return (struct rr_user){ .uid = geteuid(), .gid = getegid() };
}

static bool is_locked(int fd, off_t byte)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1,
	};

	return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

static bool has_writer(const char *path, unsigned int wanted)
{
	struct stat st;
	bool found;
	int fd;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	found = is_locked(fd, LOCK_WRITES) ||
		(wanted & RR_ACCESS_WRITE && is_locked(fd, LOCK_NO_WRITER));
	close(fd);
	return found;
}

static struct finding look_at_file(const char *path, unsigned int wanted)
{
	struct finding f = { .length = strlen(path) };

	if (faccessat(AT_FDCWD, path, F_OK, AT_EACCESS)) {
		f.err = errno;
	} else if (wanted & RR_ACCESS_READ &&
		   faccessat(AT_FDCWD, path, R_OK, AT_EACCESS)) {
		f.err = errno;
		f.lacks = RR_ACCESS_READ;
	} else if (wanted & RR_ACCESS_WRITE &&
		   faccessat(AT_FDCWD, path, W_OK, AT_EACCESS)) {
		f.err = errno;
		f.lacks = RR_ACCESS_WRITE;
	} else if (wanted & RR_ACCESS_ALONE && has_writer(path, wanted)) {
		f.err = EBUSY;
		f.lacks = RR_ACCESS_ALONE;
	}
	return f;
}

/* From the first folder on.  Async-signal-safe: a child of fork() runs it. */
static struct finding look(const char *path, unsigned int wanted)
{
	struct finding f = { 0 };
	char part[PATH_MAX];
	size_t i;

	for (i = 1; path[i] && i + 1 < sizeof(part); i++) {
		if (path[i] != '/')
			continue;
		/* With the slash: a file is no folder. */
		memcpy(part, path, i + 1);
		part[i + 1] = 0;
		if (faccessat(AT_FDCWD, part, X_OK, AT_EACCESS)) {
			f.err = errno;
			f.length = i;
			return f;
		}
	}
	return look_at_file(path, wanted);
}

static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { 0 };

	return !syscall(SYS_capset, &header, none);
}

/* setuid() of the C library asks all threads; this is the only one. */
static bool become(const struct rr_user *user, const gid_t *groups, int count)
{
	if (user->other &&
	    (syscall(SYS_setgroups, (size_t)count, groups) ||
	     syscall(SYS_setresgid, user->gid, user->gid, user->gid) ||
	     syscall(SYS_setresuid, user->uid, user->uid, user->uid)))
		return false;
	return !user->plain || drop_capabilities();
}

static int groups_of(const struct rr_user *user, gid_t *groups)
{
	const struct passwd *entry = getpwuid(user->uid);
	int count = MAX_GROUPS;

	groups[0] = user->gid;
	if (!entry ||
	    getgrouplist(entry->pw_name, user->gid, groups, &count) < 0)
		return 1;
	return count;
}

/* In a child, which becomes the user. */
static struct finding look_as(const struct rr_user *user, const char *path,
			      unsigned int wanted)
{
	struct finding f = { 0 };
	gid_t groups[MAX_GROUPS];
	int count = groups_of(user, groups);
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return f;
	pid = fork();
	if (!pid) {
		if (become(user, groups, count))
			f = look(path, wanted);
		_exit(write(fds[1], &f, sizeof(f)) != sizeof(f));
	}
	close(fds[1]);
	/* Who cannot be asked does not stop a recording: QEMU will tell. */
	if (pid < 0 || read(fds[0], &f, sizeof(f)) != sizeof(f))
		f = (struct finding){ 0 };
	close(fds[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return f;
}

static char *name_of(const struct rr_user *user)
{
	const struct passwd *entry = getpwuid(user->uid);

	if (entry)
		return g_strdup(entry->pw_name);
	return g_strdup_printf("%u", (unsigned int)user->uid);
}

static void tell_of_folder(const char *name, const char *path,
			   const struct finding *f, GError **error)
{
	g_autofree char *folder = g_strndup(path, f->length);

	if (f->err == EACCES)
		rr_set_error(error,
			     "the user %s cannot open %s: it may not enter the "
			     "folder %s (setfacl -m u:%s:x %s)",
			     name, path, folder, name, folder);
	else
		rr_set_error(error,
			     "the user %s cannot open %s: the folder %s: %s; "
			     "make it, or name another file in the domain",
			     name, path, folder, g_strerror(f->err));
}

static void tell_of_file(const char *name, const char *path,
			 const struct finding *f, GError **error)
{
	bool writes = f->lacks == RR_ACCESS_WRITE;

	if (!f->lacks)
		rr_set_error(error,
			     "the user %s cannot open %s: %s; make it, or name "
			     "another file in the domain",
			     name, path, g_strerror(f->err));
	else if (f->err == EBUSY)
		rr_set_error(error,
			     "the user %s cannot use %s: a machine that runs "
			     "has it; shut that down first (virsh shutdown)",
			     name, path);
	else if (f->err == EACCES)
		rr_set_error(
			error,
			"the user %s may not %s %s (setfacl -m u:%s:%s %s)",
			name, writes ? "write to" : "read", path, name,
			writes ? "rw" : "r", path);
	else
		rr_set_error(error,
			     "the user %s cannot %s %s: %s; use a copy, or say "
			     "<readonly/> in the domain",
			     name, writes ? "write to" : "read", path,
			     g_strerror(f->err));
}

bool rr_access_check(const struct rr_user *user, const char *path,
		     unsigned int wanted, GError **error)
{
	struct finding f = user->other || user->plain ?
				   look_as(user, path, wanted) :
				   look(path, wanted);
	g_autofree char *name = NULL;

	if (!f.err)
		return true;
	name = name_of(user);
	if (f.length < strlen(path))
		tell_of_folder(name, path, &f, error);
	else
		tell_of_file(name, path, &f, error);
	return false;
}
