/*
 * The machine of a replay: a CPU, the RAM blocks of the trace, and regions that
 * catch accesses to the environment.  It has no devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "common/cli/record-text.h"
#include "common/cli/safe-text.h"
#include "common/core/cpuid-features.h"
#include "common/core/silicon.h"
#include "hw/boards.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "system/system.h"
#include "system/tcg.h"
#include "tcg/rr-count.h"

#define TYPE_RR_REPLAY_MACHINE MACHINE_TYPE_NAME("rr-replay")
OBJECT_DECLARE_SIMPLE_TYPE(RRReplayMachine, RR_REPLAY_MACHINE)

/* The options of -machine rr-replay. */
struct RRReplayMachine {
    MachineState parent_obj;
    char *trace;
    char *images;
    char *silicon; /* NULL: the trace's */
    char *screen; /* NULL: is not saved */
    bool console;
    bool progress;
    bool trust_images;
    bool sandbox;
    uint64_t corrupt_record;
    uint32_t patience_s;
    uint64_t other_x87;
    uint64_t checkpoint_mib; /* a debugger comes; 0: none does */
};

/*
 * Setting up: each function returns 0 or a negative errno value with @errp set;
 * -EBADMSG means that the trace is damaged.
 */

/* Returns @ret. */
static int fail_reading(const char *path, const struct rrlog_reader *reader,
                        int ret, Error **errp)
{
    const char *why = reader ? rrlog_reader_error(reader) : "";
    g_autofree char *text = rr_safe_text(*why ? why : strerror(-ret));

    error_setg(errp, "rr-replay: %s: %s", path, text);
    return ret;
}

static int open_reader(const char *path, struct rrlog_reader **reader,
                       Error **errp)
{
    int ret = rrlog_reader_open(path, reader);

    return ret ? fail_reading(path, *reader, ret, errp) : 0;
}

static int open_trace(struct rr_replay *r, const char *path, Error **errp)
{
    struct rr_log *log = &r->host.log;
    int ret = open_reader(path, &log->next.reader, errp);

    if (!ret) {
        ret = open_reader(path, &log->ahead.reader, errp);
    }
    if (!ret) {
        rrlog_reader_set_fetch(log->ahead.reader, 0);
    }
    r->host.reader = log->next.reader;
    return ret;
}

/* From here on the readers go from the first record to the last. */
static int check_records(struct rr_replay *r, const char *path, Error **errp)
{
    struct rr_log *log = &r->host.log;
    int ret = rrlog_reader_check(log->next.reader);

    if (!ret) {
        ret = rrlog_reader_check(log->ahead.reader);
    }
    return ret ? fail_reading(path, log->next.reader, ret, errp) : 0;
}

static int load_page(void *opaque, uint32_t block, uint64_t page_index,
                     const void *page)
{
    struct rr_replay *r = opaque;
    MemoryRegion *mr;

    if (block >= r->host.block_count) {
        return -EBADMSG;
    }
    mr = &r->host.blocks[block];
    if (page_index >= memory_region_size(mr) / RRLOG_PAGE_BYTES) {
        return -EBADMSG;
    }
    memcpy((uint8_t *)memory_region_get_ram_ptr(mr) +
           page_index * RRLOG_PAGE_BYTES, page, RRLOG_PAGE_BYTES);
    return 0;
}

static int create_blocks(struct rr_replay *r, Object *owner, Error **errp)
{
    uint32_t n = rrlog_reader_block_count(r->host.reader);

    r->host.blocks = g_new0(MemoryRegion, n);
    r->host.block_count = n;
    for (uint32_t i = 0; i < n; i++) {
        const struct rrlog_block *b = rrlog_reader_block(r->host.reader, i);

        if (!memory_region_init_ram_nomigrate(&r->host.blocks[i], owner,
                                              b->name, b->size_bytes, errp)) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int load_pages(struct rr_replay *r, const char *path, Error **errp)
{
    int ret = rrlog_reader_for_each_page(r->host.reader, load_page, r);

    return ret ? fail_reading(path, r->host.reader, ret, errp) : 0;
}

static int load_cpuid(struct rr_replay *r, Error **errp)
{
    RRCpuidTable *t = &r->config.cpuid;
    void *data = NULL;
    size_t bytes = 0;
    int ret = rrlog_reader_manifest_bytes(r->host.reader, "cpu.cpuid", &data,
                                          &bytes);

    if (ret || !bytes || bytes % sizeof(RRCpuidEntry)) {
        free(data);
        error_setg(errp, "rr-replay: the trace has no CPUID table");
        return -EBADMSG;
    }
    t->entries = g_memdup2(data, bytes);
    t->count = bytes / sizeof(RRCpuidEntry);
    free(data);
    return 0;
}

static void tell_processor_change(struct rr_replay *r)
{
    g_autofree char *change = rr_processor_change_text(r->host.reader);
    g_autofree char *safe = change ? rr_safe_text(change) : NULL;

    if (change) {
        warn_report("rr-replay: the processor changed during the recording: "
                    "%s; the replay gives the undefined results of the first",
                    safe);
    }
}

/* What CPUID hides, the processor may execute, or may not have. */
static bool select_unknown(Error **errp)
{
    bool done = rr_silicon_select("tcg", errp);

    rr_silicon_executes = SILICON_SHOW_XINUSE | SILICON_CLZERO;
    rr_silicon_unknown_results = rr_silicon_executes;
    return done;
}

/*
 * The replay gives undefined results as the recording processor did.  A trace
 * from before they were noted is from the lab, whose processor is TCG.
 */
static bool select_silicon(struct rr_replay *r, const char *name, Error **errp)
{
    struct rrlog_reader *reader = r->host.reader;
    const char *fingerprint = rrlog_reader_manifest(reader, "cpu.fingerprint");
    const char *recorded = rrlog_reader_manifest(reader, "cpu.silicon");
    g_autofree char *safe = rr_safe_text(fingerprint ? fingerprint : "missing");

    r->config.silicon = recorded ? recorded : "tcg";
    r->config.ignored_rflags = RR_RFLAGS_IGNORED;
    r->config.landmarks_have_rf =
        rrlog_reader_manifest(reader, "landmark.rf") != NULL;
    rr_silicon_is_noting = true;
    rr_hidden_stop = rr_replay_hidden_differs;
    if (!name) {
        name = r->config.silicon;
    }
    if (!strcmp(name, "unknown")) {
        warn_report("rr-replay: this QEMU does not know the undefined results "
                    "of the recording processor (fingerprint %s); where the "
                    "guest used them, the replay diverges. Send the project "
                    "what rr-log info prints, and what rr-kvm check-host says "
                    "on the recording host", safe);
        return select_unknown(errp);
    }
    if (rrlog_reader_manifest(reader, "landmark.af")) {
        r->config.ignored_rflags = RR_RFLAGS_RF;
    }
    return rr_silicon_select(name, errp);
}

/*
 * x87's transcendentals have no rules: this machine's processor executes them
 * if its results are the recorded ones, and else the replay stops there.  A
 * trace without their fingerprint may be from the lab, whose processor was TCG.
 */
static void select_x87(struct rr_replay *r, const char *name, bool is_other)
{
    const char *recorded = rrlog_reader_manifest(r->host.reader,
                                                 "cpu.x87_fingerprint");
    g_autofree char *own = NULL;

    if (!strcmp(name ? name : r->config.silicon, "tcg") || !recorded) {
        rr_x87_is_native = false;
        return;
    }
    own = g_strdup_printf("%016" PRIx64, silicon_x87_fingerprint());
    rr_x87_is_native = !is_other && !strcmp(own, recorded);
    rr_x87_stop = rr_x87_is_native ? NULL : rr_replay_x87_differs;
}

/*
 * SYSCALL in compatibility mode and SYSENTER in long mode are instructions of
 * one vendor each (APM volume 3, SYSCALL and SYSENTER; SDM volume 2).  The
 * guest has them if its CPUID's vendor has, since KVM emulates them then, or if
 * the processor has.
 */
static void select_vendor(struct rr_replay *r)
{
    const char *vendor = rrlog_reader_manifest(r->host.reader, "host.vendor");

    if (!vendor) {
        return; /* an older trace: as the guest's CPUID says */
    }
    r->host.env->rr_has_syscall = !strcmp(vendor, CPUID_VENDOR_AMD) ||
                                  !strcmp(vendor, CPUID_VENDOR_HYGON);
    r->host.env->rr_has_sysenter = !strcmp(vendor, CPUID_VENDOR_INTEL);
    /* VMX operation asks for CR0.NE (SDM volume 3, A.7). */
    r->host.env->rr_has_ne = !strcmp(vendor, CPUID_VENDOR_INTEL);
    r->host.env->rr_keeps_pdptes = !strcmp(vendor, CPUID_VENDOR_INTEL);
}

static int create_cpu(struct rr_replay *r, Error **errp)
{
    /* It has no model: its features are the trace's, once it is realized. */
    Object *obj = object_new("base-" TYPE_X86_CPU);
    X86CPU *cpu = X86_CPU(obj);

    if (!object_property_set_uint(obj, "apic-id", 0, errp) ||
        !qdev_realize(DEVICE(obj), NULL, errp)) {
        object_unref(obj);
        return -EINVAL;
    }
    r->host.cpu = CPU(obj);
    r->host.env = &cpu->env;
    rr_cpuid_apply(&r->config.cpuid, cpu);
    select_vendor(r);
    if (r->config.tlb_flushes) {
        rr_tlb_init(r->host.env, false);
    }
    rr_tlb_bits_are_logged = rrlog_reader_has_pte_bits(r->host.reader);
    return 0;
}

/* "0=/a/disk.img": where image 0 is; or a directory that has images. */
static bool set_image_path(struct rrlog_reader *reader, const char *line)
{
    const char *path;
    uint64_t id;

    if (!parse_uint(line, &path, 10, &id) && *path == '=') {
        return path[1] && id <= UINT32_MAX &&
               !rrlog_reader_set_image_path(reader, id, path + 1);
    }
    if (!g_file_test(line, G_FILE_TEST_IS_DIR)) {
        return false;
    }
    rrlog_reader_add_image_dir(reader, line);
    return true;
}

static int set_image_paths(struct rr_replay *r, const char *text, Error **errp)
{
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

    for (char **line = lines; *line; line++) {
        if (**line && !set_image_path(r->host.reader, *line)) {
            error_setg(errp, "rr-replay: '%s' does not name an image: use "
                       "NUMBER=PATH or the path of a directory", *line);
            return -EINVAL;
        }
    }
    return 0;
}

/* The last landmark, for the progress; it is in one of the last frames. */
static uint64_t find_total_branches(struct rrlog_reader *reader)
{
    struct rrlog_record rec;
    uint64_t branches = 0;

    rrlog_reader_set_fetch(reader, 0);
    if (!rrlog_reader_seek_branches(reader, UINT64_MAX)) {
        while (rrlog_reader_next(reader, &rec) > 0) {
            if (rec.stamp == RRLOG_AT_LANDMARK) {
                branches = rec.landmark.branches;
            }
        }
    }
    rrlog_reader_set_fetch(reader, RRLOG_FETCH_BLOBS | RRLOG_FETCH_IMAGES);
    rrlog_reader_rewind(reader); /* damage shows again when it is reached */
    return branches;
}

static void configure(struct rr_replay *r, const RRReplayMachine *m)
{
    const char *clock = rrlog_reader_manifest(r->host.reader, "clock.mode");

    r->config.console = m->console;
    r->config.progress = m->progress;
    r->config.corrupt_record = m->corrupt_record;
    r->config.tlb_flushes = rrlog_reader_has_tlb_flushes(r->host.reader);
    r->config.patience_s = m->patience_s;
    r->config.sandbox = m->sandbox;
    if (m->checkpoint_mib) {
        rr_travel_init(r, m->checkpoint_mib * MiB);
    }
    r->config.epoch_clock = clock && !strcmp(clock, "epoch");
    if (m->progress) {
        r->config.total_branches = find_total_branches(r->host.reader);
    }
}

static int set_up(struct rr_replay *r, RRReplayMachine *m, Error **errp)
{
    int ret;

    if (!tcg_enabled()) {
        error_setg(errp, "rr-replay: needs -accel tcg");
        return -EINVAL;
    }
    if (!m->trace) {
        error_setg(errp, "rr-replay: needs -machine rr-replay,trace=DIRECTORY");
        return -EINVAL;
    }
    if (m->sandbox && !rr_sandbox_is_there()) {
        error_setg(errp, "rr-replay: no sandbox: this QEMU was built without "
                   "libseccomp");
        return -EINVAL;
    }
    ret = open_trace(r, m->trace, errp);
    if (!ret) {
        ret = set_image_paths(r, m->images, errp);
    }
    if (ret) {
        return ret;
    }
    if (m->trust_images) {
        rrlog_reader_trust_images(r->host.reader);
    }
    if (m->sandbox) {
        rrlog_reader_open_images(r->host.reader);
    }
    configure(r, m);
    ret = check_records(r, m->trace, errp);
    if (ret) {
        return ret;
    }
    rr_branches_are_counted = true;
    rr_budget_env_offset = offsetof(CPUX86State, rr.cond_left[0]) + 4;
    tell_processor_change(r);
    if (!select_silicon(r, m->silicon, errp)) {
        return -EINVAL;
    }
    select_x87(r, m->silicon, m->other_x87);
    ret = load_cpuid(r, errp);
    if (!ret) {
        ret = create_blocks(r, OBJECT(m), errp);
    }
    if (!ret) {
        ret = load_pages(r, m->trace, errp);
    }
    if (ret) {
        return ret;
    }
    rr_replay_io_init(r, OBJECT(m));
    if (m->screen && !rr_replay_screen_init(r, m->screen, OBJECT(m), errp)) {
        return -EINVAL;
    }
    return create_cpu(r, errp);
}

/* SDM volume 3, 11.4.4; 0 if the machine was made without a local APIC. */
static uint64_t reset_apic_base(const RRCpuidTable *cpuid)
{
    const RRCpuidEntry *e = rr_cpuid_find(cpuid, 1, 0);

    return e && (e->edx & CPUID_APIC)
           ? APIC_DEFAULT_ADDRESS | MSR_IA32_APICBASE_BSP |
             MSR_IA32_APICBASE_ENABLE : 0;
}

/* The CPU has been reset: from here on the log determines what happens. */
static void machine_done(Notifier *n, void *data)
{
    struct rr_replay *r = rr_replay_get();

    r->report.start_ns = get_clock();
    r->host.cpu->halted = 0;
    r->position.apic_base = reset_apic_base(&r->config.cpuid);
    r->host.env->rr.cond_base[0] = -1;
    r->host.env->rr.cond_left[0] = -1;
    rr_replaying = true;
    rr_replay_start_watch(r);
}

/* A signal, or the monitor.  QEMU would end with 0, which says "equal". */
static void stopped_by_user(Notifier *n, void *data)
{
    struct rr_replay *r = rr_replay_get();

    if (rr_replaying && !rr_replay_is_over(r)) {
        error_report("rr-replay: stopped before the end, after %" PRIu64
                     " records", r->position.records);
        qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_HOST_SIGNAL,
                                               RR_EXIT_FAILURE);
    }
}

/* Of a replay that somebody stopped, too. */
static void save_screen(Notifier *n, void *data)
{
    rr_replay_screen_save(rr_replay_get());
}

/* TCG asks for a reset of the machine when the guest takes a triple fault. */
static void machine_reset(MachineState *ms, ResetType type)
{
    if (rr_replaying) {
        rr_replay_shut_down(rr_replay_get());
    } else {
        qemu_devices_reset(type);
    }
}

static void machine_init(MachineState *ms)
{
    static Notifier done_notifier = { .notify = machine_done };
    static Notifier shutdown_notifier = { .notify = stopped_by_user };
    static Notifier exit_notifier = { .notify = save_screen };
    struct rr_replay *r = rr_replay_get();
    Error *err = NULL;
    int ret;

    ret = set_up(r, RR_REPLAY_MACHINE(ms), &err);
    if (ret) {
        g_autofree char *safe = rr_safe_text(error_get_pretty(err));

        error_report("%s", safe); /* some of it may be the trace's */
        exit(ret == -EBADMSG ? RR_EXIT_DAMAGED : RR_EXIT_FAILURE);
    }
    qemu_add_machine_init_done_notifier(&done_notifier);
    qemu_register_shutdown_notifier(&shutdown_notifier);
    qemu_add_exit_notifier(&exit_notifier);
}

#define STRING_PROPERTY(name)                                                \
    static char *get_##name(Object *obj, Error **errp)                       \
    {                                                                        \
        return g_strdup(RR_REPLAY_MACHINE(obj)->name);                       \
    }                                                                        \
    static void set_##name(Object *obj, const char *value, Error **errp)     \
    {                                                                        \
        RRReplayMachine *m = RR_REPLAY_MACHINE(obj);                         \
                                                                             \
        g_free(m->name);                                                     \
        m->name = g_strdup(value);                                           \
    }

STRING_PROPERTY(trace)
STRING_PROPERTY(images)
STRING_PROPERTY(silicon)
STRING_PROPERTY(screen)

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
BOOL_PROPERTY(trust_images)
BOOL_PROPERTY(sandbox)

static void machine_instance_init(Object *obj)
{
    RRReplayMachine *m = RR_REPLAY_MACHINE(obj);

    object_property_add_uint64_ptr(obj, "x-other-x87", &m->other_x87,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_set_description(obj, "x-other-x87",
        "1: take this processor's x87 for another than the recording's; for "
        "tests");
    object_property_add_uint64_ptr(obj, "x-corrupt-record", &m->corrupt_record,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(obj, "checkpoint-memory", &m->checkpoint_mib,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_set_description(obj, "checkpoint-memory",
        "A debugger goes back in time: MiB for checkpoints; 0: none does");
    m->sandbox = rr_sandbox_is_there();
    m->patience_s = 30;
    object_property_add_uint32_ptr(obj, "patience", &m->patience_s,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_set_description(obj, "patience",
        "End the replay when the guest is stuck for so many seconds; 0: never");
    object_property_set_description(obj, "x-corrupt-record",
        "For tests: change the landmark of this record, or the first result "
        "from there on");
}

static void machine_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "Replay of a recording made by rr-kvm";
    mc->init = machine_init;
    mc->reset = machine_reset;
    mc->max_cpus = 1;
    mc->default_ram_size = 0;
    mc->default_ram_id = NULL;
    mc->no_serial = 1;
    mc->no_parallel = 1;
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
    object_class_property_add_str(oc, "trace", get_trace, set_trace);
    object_class_property_set_description(oc, "trace",
        "Trace: a directory or a packed file");
    object_class_property_add_str(oc, "images", get_images, set_images);
    object_class_property_set_description(oc, "images",
        "Where the images are that the trace refers to: lines of NUMBER=PATH, "
        "or directories");
    object_class_property_add_str(oc, "screen", get_screen, set_screen);
    object_class_property_set_description(oc, "screen",
        "The PNG file to save the guest's screen in at the end");
    object_class_property_add_bool(oc, "trust-images", get_trust_images,
                                   set_trust_images);
    object_class_property_set_description(oc, "trust-images",
        "Read images where the trace says that they are");
    object_class_property_add_bool(oc, "sandbox", get_sandbox, set_sandbox);
    object_class_property_set_description(oc, "sandbox",
        "Take from QEMU the system calls that a replay does not need");
    object_class_property_add_str(oc, "silicon", get_silicon, set_silicon);
    object_class_property_set_description(oc, "silicon",
        "Family of processors whose undefined results the replay gives");
    object_class_property_add_bool(oc, "console", get_console, set_console);
    object_class_property_set_description(oc, "console",
        "Print what the guest writes to serial and debug ports");
    object_class_property_add_bool(oc, "progress", get_progress, set_progress);
    object_class_property_set_description(oc, "progress",
        "Show progress on stderr");
}

static const TypeInfo machine_type = {
    .name = TYPE_RR_REPLAY_MACHINE,
    .parent = TYPE_MACHINE,
    .instance_size = sizeof(RRReplayMachine),
    .instance_init = machine_instance_init,
    .class_init = machine_class_init,
};

static void register_types(void)
{
    type_register_static(&machine_type);
}

type_init(register_types)
