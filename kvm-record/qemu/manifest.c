/*
 * The manifest: the host, the command line, the guest's processor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <sys/utsname.h>
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

static char *host_cpu(void)
{
    g_autofree char *text = NULL;
    char *at;

    if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL)) {
        return g_strdup("unknown");
    }
    at = strstr(text, "model name");
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
    g_autofree char *cpu = host_cpu();
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *start = g_date_time_format_iso8601(now);
    struct utsname uts;

    uname(&uts);
    rrlog_writer_manifest_set(w, "tool.version", "rr-kvm " RR_VERSION);
    rrlog_writer_manifest_set(w, "qemu.version", QEMU_FULL_VERSION);
    rrlog_writer_manifest_set(w, "host.kernel", uts.release);
    rrlog_writer_manifest_set(w, "host.cpu", cpu);
    rrlog_writer_manifest_set(w, "command_line", cmdline);
    rrlog_writer_manifest_set(w, "start.time", start);
    rrlog_writer_manifest_set(w, "pmu.event", rr_pmu_event_name());
}

/* What the processor gives where the manuals leave results undefined. */
static void write_silicon(struct rrlog_writer *w)
{
    struct silicon_probe probe;
    g_autofree char *fingerprint = NULL;

    silicon_probe(&probe);
    fingerprint = g_strdup_printf("%016" PRIx64, probe.fingerprint);
    rrlog_writer_manifest_set(w, "cpu.silicon",
                              probe.family ? probe.family->name : "unknown");
    rrlog_writer_manifest_set(w, "cpu.fingerprint", fingerprint);
}

void rr_manifest_write_machine(const struct rr_recorder *r, CPUState *cpu)
{
    struct rrlog_writer *w = r->writer;

    rrlog_writer_manifest_set_u64(w, "machine.ram_bytes",
                                  current_machine->ram_size);
    rrlog_writer_manifest_set(w, "cpu.model",
                              object_get_typename(OBJECT(cpu)));
    rrlog_writer_manifest_set_bytes(w, "cpu.cpuid", r->cpuid, r->cpuid_bytes);
    write_silicon(w);
}
