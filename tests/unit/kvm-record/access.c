/*
 * Who can open a file: each refusal names user, path and remedy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm-record/vm/access.h"
#include "tests/tap.h"

#define NOBODY 65534

static char *dir, *file;

static void check(const struct rr_user *user, const char *path,
		  unsigned int wanted, const char *expected)
{
	g_autoptr(GError) error = NULL;
	bool good = rr_access_check(user, path, wanted, &error);

	ksft_ok(expected ? !good && strstr(error->message, expected) : good,
		"%s", good ? path : error->message);
}

static void test_missing(const struct rr_user *self)
{
	g_autofree char *none = g_build_filename(dir, "none", NULL);
	g_autofree char *below = g_build_filename(none, "disk", NULL);
	g_autofree char *under_file = g_build_filename(file, "disk", NULL);

	check(self, file, RR_ACCESS_READ | RR_ACCESS_WRITE, NULL);
	check(self, none, RR_ACCESS_EXISTS, "none: No such file");
	check(self, below, RR_ACCESS_READ, "none: No such file");
	check(self, under_file, RR_ACCESS_READ, "Not a directory");
	check(self, "/", RR_ACCESS_READ, NULL);
}

/* As QEMU locks an image: one byte for each permission. */
static void test_lock(const struct rr_user *self)
{
	const unsigned int wanted = RR_ACCESS_READ | RR_ACCESS_ALONE;
	struct flock lock = {
		.l_type = F_RDLCK,
		.l_start = 101,
		.l_len = 1,
	};
	int fd = open(file, O_RDWR | O_CLOEXEC);

	check(self, file, wanted | RR_ACCESS_WRITE, NULL);
	if (fcntl(fd, F_OFD_SETLK, &lock))
		ksft_bail_out("cannot lock %s", file);
	check(self, file, wanted, "a machine that runs has it");
	check(self, file, RR_ACCESS_READ | RR_ACCESS_WRITE, NULL);
	close(fd);
	/* Another reader that wants no writer. */
	lock.l_start = 201;
	fd = open(file, O_RDWR | O_CLOEXEC);
	if (fcntl(fd, F_OFD_SETLK, &lock))
		ksft_bail_out("cannot lock %s", file);
	check(self, file, wanted, NULL);
	check(self, file, wanted | RR_ACCESS_WRITE, "virsh shutdown");
	close(fd);
}

/* What only root can test: another user, and root without its capabilities. */
static void test_others(void)
{
	const struct rr_user nobody = { NOBODY, NOBODY, true, false };
	const struct rr_user plain = { .plain = true };
	const struct passwd *entry = getpwuid(NOBODY);
	g_autofree char *remedy = g_strdup_printf(
		"(setfacl -m u:%s:", entry ? entry->pw_name : "65534");

	if (geteuid()) {
		ksft_skip("other users: this is not root");
		return;
	}
	g_chmod(dir, 0700);
	check(&nobody, file, RR_ACCESS_READ, "it may not enter the folder");
	check(&nobody, file, RR_ACCESS_READ, remedy);
	g_chmod(dir, 0711);
	g_chmod(file, 0600);
	check(&nobody, file, RR_ACCESS_EXISTS, NULL);
	check(&nobody, file, RR_ACCESS_READ, "may not read");
	g_chmod(file, 0644);
	check(&nobody, file, RR_ACCESS_READ, NULL);
	check(&nobody, file, RR_ACCESS_READ | RR_ACCESS_WRITE,
	      "may not write to");
	if (chown(file, NOBODY, NOBODY) || g_chmod(file, 0600))
		ksft_bail_out("cannot give %s away", file);
	check(&nobody, file, RR_ACCESS_READ | RR_ACCESS_WRITE, NULL);
	check(&plain, file, RR_ACCESS_READ, "the user root may not read");
	/* This process is as it was. */
	check(&(struct rr_user){ 0 }, file, RR_ACCESS_WRITE, NULL);
}

int main(void)
{
	const struct rr_user self = rr_user_self();

	ksft_plan(geteuid() ? 11 : 19);
	dir = g_dir_make_tmp("rr-access-XXXXXX", NULL);
	file = g_build_filename(dir, "disk.img", NULL);
	if (!g_file_set_contents(file, "1", 1, NULL))
		ksft_bail_out("cannot write %s", file);
	test_missing(&self);
	test_lock(&self);
	test_others();
	g_unlink(file);
	g_rmdir(dir);
	g_free(file);
	g_free(dir);
	return ksft_end();
}
