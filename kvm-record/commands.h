/*
 * The commands of rr-kvm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_KVM_COMMANDS_H
#define RR_KVM_COMMANDS_H

/* Each takes @argv[0] "rr-kvm NAME" and returns an enum rr_exit. */
int cmd_record(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_vm(int argc, char **argv);
int cmd_check_host(int argc, char **argv);

#endif
