/*
 * Checkpoints in memory: all of a replay at some place, to go back to.
 *
 * RAM is kept as versions of pages: a checkpoint has the pages that were
 * written since the one before it, the first one all that are not zero.  Going
 * to a checkpoint compares the pages that may differ and copies those that do,
 * so that translations of the others stay.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_REPLAY_CHECKPOINT_H
#define RR_REPLAY_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rr_replay;
struct rr_checkpoints;

/* What others need to know of a checkpoint. */
struct rr_checkpoint_place {
    uint64_t branches, records;
    bool is_first;
};

/** @limit_bytes: of all checkpoints but the first one. */
struct rr_checkpoints *rr_checkpoints_new(uint64_t limit_bytes);

/**
 * Make a checkpoint here, between two instructions, unless there is one or the
 * CPU is in no state to be kept.  BQL held, in the vCPU thread.
 */
void rr_checkpoint_take(struct rr_replay *r, struct rr_checkpoints *all);
/** Likewise if the last one before is far away; cheap if it is not. */
void rr_checkpoint_take_if_due(struct rr_replay *r,
                               struct rr_checkpoints *all);
/**
 * Go to the last checkpoint whose count of branches is at most @branches, or to
 * the first one.  *@place gets where that is.  False: the log cannot be read
 * there, which was reported.  In the vCPU thread, outside of cpu_exec(), BQL
 * held.
 */
bool rr_checkpoint_return(struct rr_replay *r, struct rr_checkpoints *all,
                          uint64_t branches,
                          struct rr_checkpoint_place *place);
/** There is one. */
bool rr_checkpoint_is_there(const struct rr_checkpoints *all);
/** How many there are, and the bytes that they take, the first one's too. */
unsigned int rr_checkpoint_count(const struct rr_checkpoints *all,
                                 uint64_t *bytes);

#endif
