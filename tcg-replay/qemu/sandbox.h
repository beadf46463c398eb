/*
 * The sandbox of a replay: what the process may still ask of the kernel.
 *
 * Plain C without QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_REPLAY_SANDBOX_H
#define RR_REPLAY_SANDBOX_H

#include <stdbool.h>

/** This program was built with libseccomp. */
bool rr_sandbox_is_there(void);

/**
 * Take from all threads of this process, for good, the system calls that a
 * replay does not need once its files are open: it cannot open a file, start a
 * program or make a connection.  @draws: leave it the anonymous files in which
 * QEMU keeps a picture.  Returns 0, or a negative errno value: -EOPNOTSUPP
 * without libseccomp.
 */
int rr_sandbox_enter(bool draws);

#endif
