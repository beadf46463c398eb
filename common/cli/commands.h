/*
 * A program that is made of commands: rr-kvm, rr-tcg, rr-log.
 *
 * Where a new command goes: what needs the log alone is a command of rr-log;
 * what must execute the guest is one of rr-tcg; what makes or watches a
 * recording is one of rr-kvm.  A command is a file cmd-NAME.c with a function
 * cmd_NAME() and a row in the table of its program's main.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_COMMANDS_H
#define RR_COMMANDS_H

#include "common/cli/exit-status.h"

struct rr_command {
	const char *name;
	const char *summary; /* a line in the program's --help */
	/* @argv[0] is "PROGRAM NAME"; returns an enum rr_exit. */
	int (*run)(int argc, char **argv);
};

struct rr_program {
	const char *name;
	const char *summary;
	const char *exit_statuses; /* the last lines of --help */
	const char *version_note; /* printed behind the version, or NULL */
	const struct rr_command *commands; /* the last one's name is NULL */
};

/**
 * The main() of a program: runs the command that @argv[1] names, or does what
 * --help, --version, "help" and "help COMMAND" ask for.  Returns the exit
 * status: RR_EXIT_FAILURE also where stdout could not be written.
 */
int rr_commands_main(const struct rr_program *program, int argc, char **argv);

#endif
