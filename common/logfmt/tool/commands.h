/*
 * The commands of rr-log: what needs the log alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TOOL_COMMANDS_H
#define RRLOG_TOOL_COMMANDS_H

/* Each takes @argv[0] "rr-log NAME" and returns an enum rr_exit. */
int cmd_info(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_pack(int argc, char **argv);
int cmd_unpack(int argc, char **argv);
int cmd_index(int argc, char **argv);

#endif
