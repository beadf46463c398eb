/*
 * What a recording says of its processor, at its start and at its end: a probe
 * of a made-up processor, which may be another one at the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: kvm-record/qemu/manifest.c */
#include "kvm-record/qemu/recorder.h"
#include "hw/boards.h"
#include "qemu/error-report.h"
#include "common/silicon/probe.h"
#include "kvm-record/host/pmu-event.h"
#include "tests/tap.h"

#define BEFORE 0x1111111111111111
#define AFTER 0x2222222222222222

/* ---- stand-ins ---- */

MachineState *current_machine;
static struct silicon_probe processor;
static bool probed_where_vcpu_runs;
static char *warning;

void silicon_probe(struct silicon_probe *probe)
{
	*probe = processor;
}

bool rr_pmu_event_bind(pid_t thread, struct rr_pmu_event *event, GError **error)
{
	probed_where_vcpu_runs = thread == 0;
	return true;
}

const char *rr_pmu_event_name(void)
{
	return "none";
}

const char *object_get_typename(const Object *obj)
{
	return "a processor";
}

void warn_report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_free(warning);
	warning = g_strdup_vprintf(fmt, ap);
	va_end(ap);
}

/* ---- the tests ---- */

static const struct silicon_family family = { .name = "made-up" };

static void set_processor(uint64_t fingerprint)
{
	processor = (struct silicon_probe){ .fingerprint = fingerprint,
					    .family = &family };
}

/* A recording without records, whose processor is @before and then @after. */
static void write_trace(const char *path, uint64_t before, uint64_t after)
{
	static CPUState cpu;
	struct rr_recorder recorder = { 0 };
	struct rrlog_record end = { .type = RRLOG_END };

	g_clear_pointer(&warning, g_free);
	if (rrlog_writer_create(path, NULL, &recorder.writer))
		ksft_bail_out("cannot create %s", path);
	set_processor(before);
	rr_manifest_write_host(&recorder);
	rr_manifest_write_machine(&recorder, &cpu);
	if (rrlog_writer_start(recorder.writer) ||
	    rrlog_writer_append(recorder.writer, &end))
		ksft_bail_out("cannot write %s", path);
	set_processor(after);
	rr_manifest_write_end(&recorder);
	if (rrlog_writer_close(recorder.writer, true))
		ksft_bail_out("cannot close %s", path);
}

static bool has_fingerprints(const char *path, const char *start,
			     const char *end)
{
	struct rrlog_reader *r;
	bool has = !rrlog_reader_open(path, &r) &&
		   !g_strcmp0(rrlog_reader_manifest(r, "cpu.fingerprint"),
			      start) &&
		   !g_strcmp0(rrlog_reader_end(r, "cpu.fingerprint"), end);

	rrlog_reader_close(r);
	return has;
}

int main(void)
{
	g_autofree char *dir = g_dir_make_tmp("manifest-XXXXXX", NULL);
	g_autofree char *same = g_build_filename(dir, "same.rrt", NULL);
	g_autofree char *other = g_build_filename(dir, "other.rrt", NULL);
	g_autofree char *remove = g_strdup_printf("rm -r %s", dir);

	current_machine = g_new0(MachineState, 1);
	ksft_plan(5);
	write_trace(same, BEFORE, BEFORE);
	ksft_ok(!warning, "the same processor at the end: no warning");
	ksft_ok(has_fingerprints(same, "1111111111111111", "1111111111111111"),
		"the trace has its fingerprint twice");
	ksft_ok(probed_where_vcpu_runs, "it was probed where the vCPU runs");

	write_trace(other, BEFORE, AFTER);
	ksft_ok(warning &&
			strstr(warning, "the processor changed during the "
					"recording") &&
			strstr(warning, "was 1111111111111111 and is now "
					"2222222222222222"),
		"another processor at the end: %s", warning ? warning : "-");
	ksft_ok(has_fingerprints(other, "1111111111111111", "2222222222222222"),
		"the trace has both fingerprints");
	g_free(warning);
	g_free(current_machine);
	return system(remove) || ksft_end();
}
