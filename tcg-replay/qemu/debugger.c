/*
 * gdb's "monitor rr ...".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "qemu/cutils.h"

static char *say_when(struct rr_replay *r)
{
    return g_strdup_printf("branch %" PRIu64 ", record %" PRIu64 ", rip 0x%"
                           PRIx64 "%s\n", rr_replay_branches(r),
                           r->position.records, (uint64_t)r->host.env->eip,
                           rr_replay_is_over(r) ? ", at the end" : "");
}

static char *say_checkpoints(struct rr_replay *r)
{
    uint64_t bytes, count = rr_travel_checkpoints(r, &bytes);

    return g_strdup_printf("%" PRIu64 " checkpoints, %" PRIu64 " KiB\n", count,
                           bytes >> 10);
}

static char *seek(struct rr_replay *r, const char *to)
{
    uint64_t branches;

    if (parse_uint_full(to, 10, &branches)) {
        return g_strdup("rr seek takes a number of branches\n");
    }
    rr_travel_seek(r, branches);
    return g_strdup("the next stepi goes there\n");
}

char *rr_replay_monitor(const char *command)
{
    struct rr_replay *r = rr_replay_get();

    if (!rr_replay_can_go_back() || !g_str_has_prefix(command, "rr ")) {
        return NULL;
    }
    command += strlen("rr ");
    if (!strcmp(command, "when")) {
        return say_when(r);
    }
    if (!strcmp(command, "checkpoints")) {
        return say_checkpoints(r);
    }
    if (g_str_has_prefix(command, "seek ")) {
        return seek(r, command + strlen("seek "));
    }
    return g_strdup("monitor rr when | checkpoints | seek BRANCHES\n");
}
