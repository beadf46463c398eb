/*
 * A TCG plugin that asks the kernel for what a sandbox forbids, from where the
 * guest's first instruction is executed: a guest that broke out of TCG would do
 * so there.  Prints one line for each: the name, and the error or "done".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <qemu-plugin.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static const char *path;

static void tell(const char *name, long ret)
{
	fprintf(stderr, "probe: %s: %s\n", name,
		ret < 0 ? strerror(errno) : "done");
}

static void *probe_thread(void *unused)
{
	(void)unused;
	tell("open in a new thread", open("/etc/passwd", O_RDONLY));
	return NULL;
}

static int run_program(void)
{
	char *argv[] = { (char *)"true", NULL };
	pid_t child = fork();

	if (child == 0) {
		execv("/bin/true", argv);
		_exit(1);
	}
	return child < 0 ? -1 : (int)waitpid(child, NULL, 0);
}

static void probe(void)
{
	char *argv[] = { (char *)"false", NULL };
	pthread_t thread;

	tell("open", open("/etc/passwd", O_RDONLY));
	tell("create", creat(path, 0600));
	tell("socket", socket(AF_INET, SOCK_STREAM, 0));
	tell("fork", run_program());
	tell("unlink", unlink(path));
	tell("mkdir", mkdir(path, 0700));
	tell("rmdir", rmdir(path));
	tell("kill", kill(getppid(), 0));
	tell("memfd", (int)syscall(SYS_memfd_create, "x", 0));
	errno = pthread_create(&thread, NULL, probe_thread, NULL);
	tell("thread", errno ? -1 : 0);
	if (!errno)
		pthread_join(thread, NULL);
	if (getenv("RR_PROBE_EXEC")) /* this may be the last one */
		tell("exec", execv("/bin/false", argv));
}

static void at_first(unsigned int cpu, void *unused)
{
	static bool done;

	(void)cpu, (void)unused;
	if (!done)
		probe();
	done = true;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, at_first,
					     QEMU_PLUGIN_CB_NO_REGS, NULL);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const qemu_info_t *info, int argc,
					   char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "path=", 5))
		return -1;
	path = strdup(argv[0] + 5);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
