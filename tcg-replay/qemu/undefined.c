/*
 * Undefined results as the cause of a divergence.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "exec/cpu-common.h"
#include "common/core/silicon.h"

#define INSN_BYTES 15 /* the longest instruction */

/* The names of the status flags in @flags: "PF ZF". */
static char *flag_names(uint64_t flags)
{
    static const struct {
        uint32_t mask;
        const char *name;
    } names[] = {
        { SILICON_CF, "CF" }, { SILICON_PF, "PF" }, { SILICON_AF, "AF" },
        { SILICON_ZF, "ZF" }, { SILICON_SF, "SF" }, { SILICON_OF, "OF" },
    };
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (flags & names[i].mask) {
            g_string_append_printf(text, "%s%s", text->len ? " " : "",
                                   names[i].name);
        }
    }
    return g_string_free(text, FALSE);
}

/* ", code 0f 01 ...", and the end of the line. */
static void print_code(struct rr_replay *r, uint64_t eip)
{
    uint64_t at = eip + r->host.env->segs[R_CS].base;
    uint8_t bytes[INSN_BYTES];

    if (!cpu_memory_rw_debug(r->host.cpu, at, bytes, sizeof(bytes), false)) {
        fprintf(stderr, ", code");
        for (size_t i = 0; i < sizeof(bytes); i++) {
            fprintf(stderr, " %02x", bytes[i]);
        }
    }
    fputc('\n', stderr);
}

static void print_instruction(struct rr_replay *r,
                              const struct rr_silicon_note *note)
{
    fprintf(stderr, "rr-replay: the last instruction before it that leaves "
            "flags undefined: %s at 0x%" PRIx64,
            silicon_form_name(note->form), note->eip);
    print_code(r, note->eip);
}

void rr_replay_report_illegal(struct rr_replay *r)
{
    if (rr_illegal_eip) {
        fprintf(stderr, "rr-replay: the last instruction before it that is "
                "not valid here, but may be on the recording processor: at "
                "0x%" PRIx64, rr_illegal_eip);
        print_code(r, rr_illegal_eip);
    }
}

void rr_replay_report_undefined(struct rr_replay *r, uint64_t differing)
{
    const char *given = rr_silicon ? rr_silicon->name : "tcg";
    const char *recorded = r->config.silicon;
    const struct rr_silicon_note *note = r->report.near_miss_valid
                                         ? &r->report.near_miss_note
                                         : &rr_silicon_note;
    g_autofree char *names = flag_names(differing);

    if (!*names && !strcmp(given, recorded)) {
        return;
    }
    if (*names) {
        fprintf(stderr, "rr-replay: flags that differ: %s\n", names);
    }
    fprintf(stderr, "rr-replay: undefined results: the recording has those of "
            "%s, this replay gives those of %s\n", recorded, given);
    if (note->form != SILICON_FORMS) {
        print_instruction(r, note);
    }
}
