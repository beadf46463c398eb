// SPDX-License-Identifier: GPL-2.0
/*
 * main() for a test of the kernel's selftests that reports its result with its exit
 * status only: it runs the test and reports the result as TAP.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tap.h"

int selftest_main(int argc, char **argv);

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	ksft_plan(1);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		exit(selftest_main(argc, argv));
	if (waitpid(pid, &status, 0) != pid)
		return KSFT_FAIL;
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		ksft_skip("the selftest skips");
	else
		ksft_ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
			"selftest: status %#x", status);
	return ksft_end();
}
