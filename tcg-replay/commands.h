/*
 * The commands of rr-tcg: what must execute the guest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_TCG_COMMANDS_H
#define RR_TCG_COMMANDS_H

/* Each takes @argv[0] "rr-tcg replay" or the like, and returns an enum rr_exit. */
int cmd_replay(int argc, char **argv);
int cmd_gdb(int argc, char **argv);

#endif
