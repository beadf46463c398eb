/*
 * The manifest: the host, the command line, the guest's processor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <sys/utsname.h>
#include "qemu/error-report.h"
#include "qemu-version.h"
#include "hw/boards.h"
#include "common/cli/version.h"
#include "common/silicon/probe.h"
#include "kvm-record/host/pmu-event.h"

static char *command_line(void)
{
    g_autofree char *text = NULL;
    gsize bytes = 0;

    if (!g_file_get_contents("/proc/self/cmdline", &text, &bytes, NULL)) {
        return g_strdup("");
    }
    for (gsize i = 0; i + 1 < bytes; i++) {
        text[i] = text[i] ? text[i] : ' ';
    }
    return g_steal_pointer(&text);
}

/* The value of the first line "NAME : VALUE" of /proc/cpuinfo. */
static char *cpuinfo(const char *name)
{
    g_autofree char *text = NULL;
    char *at;

    if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL)) {
        return g_strdup("unknown");
    }
    at = strstr(text, name);
    at = at ? strchr(at, ':') : NULL;
    if (!at) {
        return g_strdup("unknown");
    }
    at[strcspn(at, "\n")] = 0;
    return g_strdup(at + 2);
}

void rr_manifest_write_host(const struct rr_recorder *r)
{
    struct rrlog_writer *w = r->writer;
    g_autofree char *cmdline = command_line();
    g_autofree char *cpu = cpuinfo("model name");
    g_autofree char *vendor = cpuinfo("vendor_id");
    g_autofree char *microcode = cpuinfo("microcode");
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *start = g_date_time_format_iso8601(now);
    struct utsname uts;

    uname(&uts);
    rrlog_writer_manifest_set(w, "tool.version", "rr-kvm " RR_VERSION);
    rrlog_writer_manifest_set(w, "qemu.version", QEMU_FULL_VERSION);
    rrlog_writer_manifest_set(w, "host.kernel", uts.release);
    rrlog_writer_manifest_set(w, "host.cpu", cpu);
    rrlog_writer_manifest_set(w, "host.vendor", vendor);
    rrlog_writer_manifest_set(w, "host.microcode", microcode);
    rrlog_writer_manifest_set(w, "command_line", cmdline);
    rrlog_writer_manifest_set(w, "start.time", start);
    rrlog_writer_manifest_set(w, "pmu.event", rr_pmu_event_name());
}

/* What the processor gives where the manuals leave results undefined. */
static void write_silicon(struct rr_recorder *r)
{
    struct rrlog_writer *w = r->writer;
    struct silicon_probe probe;
    g_autofree char *fingerprint = NULL, *x87 = NULL;

    silicon_probe(&probe);
    r->fingerprint = probe.fingerprint;
    fingerprint = g_strdup_printf("%016" PRIx64, probe.fingerprint);
    rrlog_writer_manifest_set(w, "cpu.silicon",
                              probe.family ? probe.family->name : "unknown");
    rrlog_writer_manifest_set(w, "cpu.fingerprint", fingerprint);
    x87 = g_strdup_printf("%016" PRIx64, probe.x87_fingerprint);
    rrlog_writer_manifest_set(w, "cpu.x87_fingerprint", x87);
    if (!probe.family) {
        warn_report("rr-record: no known family gives the undefined results "
                    "of this processor (fingerprint %s); where the guest uses "
                    "them, a replay diverges; rr-kvm check-host says what to "
                    "send in", fingerprint);
    }
}

void rr_manifest_write_end(struct rr_recorder *r)
{
    struct rrlog_writer *w = r->writer;
    g_autofree char *cpu = cpuinfo("model name");
    g_autofree char *microcode = cpuinfo("microcode");
    g_autofree char *fingerprint = NULL;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format_iso8601(now);
    struct silicon_probe probe;
    struct rr_pmu_event event;

    /* Of two kinds of core, which give other results, ask the vCPU's. */
    rr_pmu_event_bind(0, &event, NULL);
    silicon_probe(&probe);
    fingerprint = g_strdup_printf("%016" PRIx64, probe.fingerprint);
    rrlog_writer_end_set(w, "end.time", time);
    rrlog_writer_end_set(w, "host.cpu", cpu);
    rrlog_writer_end_set(w, "host.microcode", microcode);
    rrlog_writer_end_set(w, "cpu.silicon",
                         probe.family ? probe.family->name : "unknown");
    rrlog_writer_end_set(w, "cpu.fingerprint", fingerprint);
    if (probe.fingerprint != r->fingerprint) {
        warn_report("rr-record: the processor changed during the recording: "
                    "its fingerprint was %016" PRIx64 " and is now %s (was "
                    "this host moved, or its microcode updated?); a replay "
                    "follows the first", r->fingerprint, fingerprint);
    }
}

void rr_manifest_write_machine(struct rr_recorder *r, CPUState *cpu)
{
    struct rrlog_writer *w = r->writer;

    rrlog_writer_manifest_set_u64(w, "machine.ram_bytes",
                                  current_machine->ram_size);
    rrlog_writer_manifest_set(w, "cpu.model",
                              object_get_typename(OBJECT(cpu)));
    rrlog_writer_manifest_set_bytes(w, "cpu.cpuid", r->cpuid, r->cpuid_bytes);
    /* Landmarks have AF and RF. */
    rrlog_writer_manifest_set(w, "landmark.af", "1");
    rrlog_writer_manifest_set(w, "landmark.rf", "1");
    if (r->segment) {
        rrlog_writer_manifest_set_u64(w, "flight.segment", r->segment);
    }
    write_silicon(r);
}
