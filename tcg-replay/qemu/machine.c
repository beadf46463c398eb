/*
 * The machine of a replay: a CPU, the RAM blocks of the trace, and the outside
 * world.  It has no devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "system/system.h"
#include "system/tcg.h"
#include "tcg/rr-count.h"

struct RRReplayMachine {
    MachineState parent_obj;
    char *trace;
    char *images;
    bool console;
    bool progress;
    uint64_t corrupt_record;
};

static G_NORETURN void fail_to_start(int err)
{
    error_report("rr-replay: %s: %s", rr_replay.machine->trace,
                 rr_replay.reader && rrlog_reader_error(rr_replay.reader)
                 ? rrlog_reader_error(rr_replay.reader) : strerror(-err));
    exit(err == -EBADMSG ? RR_EXIT_DAMAGED : RR_EXIT_FAILURE);
}

static int load_page(void *opaque, uint32_t block, uint64_t page_index,
                     const void *page)
{
    MemoryRegion *mr;

    if (block >= rr_replay.block_count) {
        return -EBADMSG;
    }
    mr = &rr_replay.blocks[block];
    if (page_index >= memory_region_size(mr) / RRLOG_PAGE_BYTES) {
        return -EBADMSG;
    }
    memcpy((uint8_t *)memory_region_get_ram_ptr(mr) +
           page_index * RRLOG_PAGE_BYTES, page, RRLOG_PAGE_BYTES);
    return 0;
}

static void create_memory(Object *owner)
{
    uint32_t n = rrlog_reader_block_count(rr_replay.reader);
    int ret;

    rr_replay.blocks = g_new0(MemoryRegion, n);
    rr_replay.block_count = n;
    for (uint32_t i = 0; i < n; i++) {
        const struct rrlog_block *b = rrlog_reader_block(rr_replay.reader, i);

        if (b->id != i) {
            error_report("rr-replay: RAM blocks out of order");
            exit(RR_EXIT_DAMAGED);
        }
        memory_region_init_ram_nomigrate(&rr_replay.blocks[i], owner, b->name,
                                         b->size_bytes, &error_fatal);
    }
    ret = rrlog_reader_for_each_page(rr_replay.reader, load_page, NULL);
    if (ret) {
        fail_to_start(ret);
    }
}

static void load_cpuid(void)
{
    RRCpuidTable *t = &rr_replay.cpuid;
    void *data = NULL;
    size_t bytes = 0;
    int ret = rrlog_reader_manifest_bytes(rr_replay.reader, "cpu.cpuid", &data,
                                          &bytes);

    if (ret || !bytes || bytes % sizeof(RRCpuidEntry)) {
        error_report("rr-replay: the trace has no CPUID table");
        exit(RR_EXIT_DAMAGED);
    }
    t->entries = g_memdup2(data, bytes);
    t->count = bytes / sizeof(RRCpuidEntry);
    free(data);
}

static void create_cpu(void)
{
    /* Of no model: the features are the trace's, once it is realized. */
    Object *obj = object_new("base-" TYPE_X86_CPU);
    X86CPU *cpu = X86_CPU(obj);

    object_property_set_uint(obj, "apic-id", 0, &error_fatal);
    qdev_realize(DEVICE(obj), NULL, &error_fatal);
    rr_replay.cpu = CPU(obj);
    rr_replay.env = &cpu->env;
    rr_cpuid_apply(&rr_replay.cpuid, cpu);
}

/* The CPU has been reset: from here on the log has the word. */
static void machine_done(Notifier *n, void *data)
{
    rr_replay.start_ns = get_clock();
    rr_replay.cpu->halted = 0;
    rr_replay.apic_base = APIC_DEFAULT_ADDRESS | MSR_IA32_APICBASE_BSP |
                          MSR_IA32_APICBASE_ENABLE;
    rr_replay.env->rr.cond_base[0] = -1;
    rr_replay.env->rr.cond_left[0] = -1;
    rr_replaying = true;
}

static Notifier done_notifier = { .notify = machine_done };

/* "0=/a/disk.img", more after newlines: where images are now. */
static void place_images(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

    for (char **line = lines; *line; line++) {
        const char *path;
        uint64_t id;

        if (!**line) {
            continue;
        }
        if (parse_uint(*line, &path, 10, &id) || *path != '=' || !path[1] ||
            id > UINT32_MAX ||
            rrlog_reader_set_image_path(rr_replay.reader, id, path + 1)) {
            error_report("rr-replay: '%s' is no image: it is NUMBER=PATH",
                         *line);
            exit(RR_EXIT_FAILURE);
        }
    }
}

/* The last landmark, for "how far": it is in one of the last frames. */
static void find_total(void)
{
    struct rrlog_reader *r = rr_replay.reader;
    struct rrlog_record rec;

    rrlog_reader_set_fetch(r, 0);
    if (!rrlog_reader_seek_branches(r, UINT64_MAX)) {
        while (rrlog_reader_next(r, &rec) > 0) {
            if (rec.stamp == RRLOG_AT_LANDMARK) {
                rr_replay.total_branches = rec.landmark.branches;
            }
        }
    }
    rrlog_reader_set_fetch(r, RRLOG_FETCH_BLOBS | RRLOG_FETCH_IMAGES);
    rrlog_reader_rewind(r); /* damage shows again when it is reached */
}

static void machine_init(MachineState *ms)
{
    RRReplayMachine *m = RR_REPLAY_MACHINE(ms);
    const char *clock;
    int ret;

    if (!tcg_enabled()) {
        error_report("rr-replay: needs -accel tcg");
        exit(RR_EXIT_FAILURE);
    }
    if (!m->trace) {
        error_report("rr-replay: needs -machine rr-replay,trace=FOLDER");
        exit(RR_EXIT_FAILURE);
    }
    rr_replay.machine = m;
    rr_replay.console.enabled = m->console;
    rr_replay.progress = m->progress;
    rr_replay.corrupt_record = m->corrupt_record;
    g_queue_init(&rr_replay.queue);
    g_queue_init(&rr_replay.recent);
    ret = rrlog_reader_open(m->trace, &rr_replay.reader);
    if (ret) {
        fail_to_start(ret);
    }
    place_images(m->images);
    if (m->progress) {
        find_total();
    }
    clock = rrlog_reader_manifest(rr_replay.reader, "clock.mode");
    rr_replay.epoch_clock = clock && !strcmp(clock, "epoch");
    rr_branches_are_counted = true;
    rr_budget_env_offset = offsetof(CPUX86State, rr.cond_left[0]) + 4;
    load_cpuid();
    create_memory(OBJECT(ms));
    rr_replay_io_init(OBJECT(ms));
    create_cpu();
    qemu_add_machine_init_done_notifier(&done_notifier);
}

static char *get_trace(Object *obj, Error **errp)
{
    return g_strdup(RR_REPLAY_MACHINE(obj)->trace);
}

static void set_trace(Object *obj, const char *value, Error **errp)
{
    RRReplayMachine *m = RR_REPLAY_MACHINE(obj);

    g_free(m->trace);
    m->trace = g_strdup(value);
}

static char *get_images(Object *obj, Error **errp)
{
    return g_strdup(RR_REPLAY_MACHINE(obj)->images);
}

static void set_images(Object *obj, const char *value, Error **errp)
{
    RRReplayMachine *m = RR_REPLAY_MACHINE(obj);

    g_free(m->images);
    m->images = g_strdup(value);
}

#define BOOL_PROPERTY(name)                                                  \
    static bool get_##name(Object *obj, Error **errp)                        \
    {                                                                        \
        return RR_REPLAY_MACHINE(obj)->name;                                 \
    }                                                                        \
    static void set_##name(Object *obj, bool value, Error **errp)            \
    {                                                                        \
        RR_REPLAY_MACHINE(obj)->name = value;                                \
    }

BOOL_PROPERTY(console)
BOOL_PROPERTY(progress)

static void get_corrupt_record(Object *obj, Visitor *v, const char *name,
                               void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &RR_REPLAY_MACHINE(obj)->corrupt_record, errp);
}

static void machine_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "Replay of a recording made by rr-kvm";
    mc->init = machine_init;
    mc->max_cpus = 1;
    mc->default_ram_size = 0;
    mc->default_ram_id = NULL;
    mc->no_serial = 1;
    mc->no_parallel = 1;
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
    object_class_property_add_str(oc, "trace", get_trace, set_trace);
    object_class_property_set_description(oc, "trace", "Trace folder");
    object_class_property_add_str(oc, "images", get_images, set_images);
    object_class_property_set_description(oc, "images",
        "Where images are that the trace refers to: NUMBER=PATH lines");
    object_class_property_add_bool(oc, "console", get_console, set_console);
    object_class_property_set_description(oc, "console",
        "Print what the guest writes to its first serial port");
    object_class_property_add_bool(oc, "progress", get_progress, set_progress);
    object_class_property_set_description(oc, "progress",
        "Show progress on stderr");
    object_class_property_add(oc, "x-corrupt-record", "uint64",
                              get_corrupt_record, get_corrupt_record, NULL,
                              NULL);
    object_class_property_set_description(oc, "x-corrupt-record",
        "For tests: change this record's landmark, or the first answer from there");
}

static const TypeInfo machine_type = {
    .name = TYPE_RR_REPLAY_MACHINE,
    .parent = TYPE_MACHINE,
    .instance_size = sizeof(RRReplayMachine),
    .class_init = machine_class_init,
};

static void register_types(void)
{
    type_register_static(&machine_type);
}

type_init(register_types)
