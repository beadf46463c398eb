/*
 * The commands of rr-tcg.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_TCG_COMMANDS_H
#define RR_TCG_COMMANDS_H

int cmd_replay(int argc, char **argv);

#endif
