/*
 * Appending records: where in the guest's life they take effect, and the
 * writer's errors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "kvm-record/qemu/trace.h"

static bool is_recording(const struct rr_recorder *r)
{
    g_assert(bql_locked());
    return r->life == RR_LIFE_RECORDING;
}

/* @ret is the writer's. */
static bool check_writer(struct rr_recorder *r, int ret)
{
    if (ret) {
        g_autofree char *why = g_strdup(rrlog_writer_error(r->writer));

        rr_recorder_fail(r, "%s", why);
    }
    return !ret;
}

static void stamp_at_access(const struct rr_recorder *r,
                            struct rrlog_record *rec)
{
    rec->output_bytes = r->output_bytes;
    rec->output_hash = r->output_hash;
    rec->stamp = RRLOG_AT_ACCESS;
}

static void stamp_at_landmark(const struct rr_recorder *r,
                              struct rrlog_record *rec,
                              const struct rr_landmark *lm)
{
    rec->output_bytes = r->output_bytes;
    rec->output_hash = r->output_hash;
    rec->stamp = RRLOG_AT_LANDMARK;
    rec->landmark = *lm;
}

/* The stamp may have found that the branch counter is lost. */
static bool append(struct rr_recorder *r, const struct rrlog_record *rec)
{
    return is_recording(r) &&
           check_writer(r, rrlog_writer_append(r->writer, rec));
}

/* The content of @part, as if the environment wrote it there. */
static void log_memory(struct rr_recorder *r, const struct rr_landmark *lm,
                       const struct rr_loop_memory *part)
{
    int block = rr_block_id(r, part->block);
    struct rrlog_record rec = {
        .type = RRLOG_DMA,
        .dma = { .block = block, .offset = part->offset },
        .data = part->block->host + part->offset,
        .data_bytes = part->bytes,
    };

    if (block >= 0) {
        stamp_at_landmark(r, &rec, lm);
        append(r, &rec);
    }
}

/* Here these words have these values. */
static void log_words(struct rr_recorder *r, const struct rr_landmark *lm,
                      const struct rr_loop_place *place)
{
    int block = rr_block_id(r, place->word_block);
    struct rrlog_record rec = {
        .type = RRLOG_WORDS,
        .words = { .block = block, .size = place->word_bytes },
        .data = place->words,
        .data_bytes = place->word_count * RRLOG_WORD_BYTES,
    };

    if (block >= 0) {
        stamp_at_landmark(r, &rec, lm);
        append(r, &rec);
    }
}

/* A halted guest stays where it is until an interrupt comes. */
static bool is_halted(const struct rr_vcpu *v)
{
    return v->cpu->kvm_run->exit_reason == KVM_EXIT_HLT;
}

void rr_log_loop(struct rr_vcpu *v)
{
    const struct rr_landmark *lm = &v->landmark;
    struct rr_loop_place place;

    g_assert(v->landmark_state != RR_LANDMARK_NONE);
    if (v->landmark_state == RR_LANDMARK_UNIQUE ||
        !is_recording(v->recorder)) {
        return;
    }
    v->landmark_state = RR_LANDMARK_UNIQUE;
    if (is_halted(v)) {
        return;
    }
    rr_loop_memory(v, lm, &place);
    if (place.word_count) {
        log_words(v->recorder, lm, &place);
    }
    for (size_t i = 0; i < place.part_count; i++) {
        log_memory(v->recorder, lm, &place.parts[i]);
    }
    if (place.word_count + place.part_count) {
        rr_kvm_cap_flush_tlb(v);
    }
    trace_rr_record_loop(v->cpu->cpu_index, lm->regs[RR_REG_RIP],
                         place.part_count, place.word_count);
}

static void stamp_here(struct rr_vcpu *v, struct rrlog_record *rec)
{
    if (rr_vcpu_stamps_at_access(v->state)) {
        stamp_at_access(v->recorder, rec);
    } else {
        const struct rr_landmark *lm = rr_landmark_now(v);

        rr_log_loop(v);
        stamp_at_landmark(v->recorder, rec, lm);
        rr_kvm_cap_flush_tlb(v);
    }
}

bool rr_log_at_access(struct rr_recorder *r, struct rrlog_record *rec)
{
    stamp_at_access(r, rec);
    return append(r, rec);
}

bool rr_log_at_landmark(struct rr_recorder *r, struct rrlog_record *rec,
                        const struct rr_landmark *lm)
{
    stamp_at_landmark(r, rec, lm);
    return append(r, rec);
}

bool rr_log_here(struct rr_vcpu *v, struct rrlog_record *rec)
{
    if (!is_recording(v->recorder)) {
        return false;
    }
    stamp_here(v, rec);
    return append(v->recorder, rec);
}

bool rr_log_dma(struct rr_vcpu *v, struct rrlog_record *rec)
{
    struct rr_recorder *r = v->recorder;
    uint64_t image_offset;
    uint32_t image;

    if (!is_recording(r)) {
        return false;
    }
    stamp_here(v, rec);
    if (r->images && rr_images_find(r->images, rec->data, rec->data_bytes,
                                    &image, &image_offset)) {
        return is_recording(r) &&
               check_writer(r, rrlog_writer_append_from_image(
                                   r->writer, rec, image, image_offset));
    }
    return append(r, rec);
}

int rr_block_id(const struct rr_recorder *r, const RAMBlock *ram)
{
    for (uint32_t i = 0; i < r->block_count; i++) {
        if (r->blocks[i].ram == ram) {
            return i;
        }
    }
    return -1;
}

void rr_log_ram_write(struct rr_recorder *r, RAMBlock *ram, uint64_t addr,
                      uint64_t len)
{
    int id = rr_block_id(r, ram);

    if (id < 0) {
        return; /* not guest memory; a slot with it is an error */
    }
    while (len) {
        hwaddr part = MIN(len, RRLOG_MAX_DATA_BYTES);
        struct rrlog_record rec = {
            .type = RRLOG_DMA,
            .dma = { .block = id, .offset = addr },
            .data = ram->host + addr,
            .data_bytes = part,
        };

        rr_log_dma(rr_recorder_vcpu(r), &rec);
        addr += part;
        len -= part;
    }
}

bool rr_log_results(struct rr_recorder *r, const struct rrlog_result *results,
                    size_t count)
{
    return is_recording(r) &&
           check_writer(r, rrlog_writer_append_results(
                               r->writer, r->output_bytes, results, count));
}
