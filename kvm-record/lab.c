/*
 * Recording in the lab; see lab.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/lab.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli/find.h"
#include "common/cli/message.h"
#include "common/cli/qemu.h"
#include "kvm-record/lab-check.h"
#include "kvm-record/lab-files.h"
#include "kvm-record/vm/memory.h"

#define SYSTEM_MIB 512
#define OUTPUT_MIB 256 /* the deterministic lab keeps the trace in memory */
/* Files of at least this size are not copied into the lab's memory. */
#define BIG_BYTES (64u << 20)
#define RR_KVM_IN_LAB "/opt/rr/bin/rr-kvm"

static uint64_t available_mib(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	if (!f)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	fclose(f);
	return kib ? kib >> 10 : UINT64_MAX;
}

/* Bochs knows no other way. */
static bool is_deterministic(const struct lab_options *o)
{
	return o->deterministic || o->kind == LAB_INTEL;
}

/*
 * The host takes a different time for each access to its files, and Bochs has no
 * way to them: such a lab gets copies.
 */
static bool sees_host(const struct lab_options *o)
{
	return !is_deterministic(o);
}

/* On a copy the guest can write without the lab's memory, and with O_DIRECT. */
static bool goes_to_disk(const struct lab_file *file)
{
	return !file->is_dir && (file->direct || file->bytes >= BIG_BYTES);
}

/* What the lab's memory takes of the files, if the guest writes to all. */
static uint64_t file_bytes(const struct lab_options *o,
			   const struct lab_files *files)
{
	GHashTableIter iter;
	uint64_t bytes = 0;
	void *file;

	/* While the lab boots, its memory holds the files twice. */
	if (!sees_host(o))
		return 2 * lab_files_bytes(files);
	g_hash_table_iter_init(&iter, files->paths);
	while (g_hash_table_iter_next(&iter, NULL, &file))
		if (!goes_to_disk(file))
			bytes += ((struct lab_file *)file)->bytes;
	return bytes;
}

/* How much memory the lab needs. */
static uint64_t lab_memory_mib(const struct lab_options *o,
			       const struct lab_files *files,
			       const struct rr_vm *vm)
{
	if (o->memory_mib)
		return (uint64_t)o->memory_mib;
	return rr_vm_memory_mib(vm) + (file_bytes(o, files) >> 20) +
	       SYSTEM_MIB + (is_deterministic(o) ? OUTPUT_MIB : 0);
}

static void add_args(GPtrArray *out, const char *a, const char *b)
{
	g_ptr_array_add(out, g_strdup(a));
	if (b)
		g_ptr_array_add(out, g_strdup(b));
}

bool lab_kind_parse(const char *value, enum lab_kind *kind, GError **error)
{
	*kind = !value || !strcmp(value, "amd") ? LAB_AMD :
		!strcmp(value, "intel")		? LAB_INTEL :
						  LAB_NONE;
	if (*kind != LAB_NONE)
		return true;
	rr_set_error(error, "--lab takes amd or intel, not '%s'", value);
	return false;
}

/* The emulator of the host: Bochs is where its run.sh is. */
static bool add_emulator(GPtrArray *out, enum lab_kind kind, GError **error)
{
	g_autofree char *qemu = NULL;

	if (kind == LAB_INTEL)
		return true;
	qemu = rr_qemu_find(error);
	if (!qemu)
		return false;
	add_args(out, "--qemu", qemu);
	add_args(out, "--pmu", NULL);
	return true;
}

static bool add_parts(GPtrArray *out, enum lab_kind kind, GError **error)
{
	g_autofree char *lab = rr_find_file("RR_LAB_DIR", "../lab", error);
	g_autofree char *run = NULL, *kernel = NULL, *image = NULL;
	const char *missing;

	if (!lab)
		return false;
	run = g_build_filename(
		lab, kind == LAB_INTEL ? "intel/run.sh" : "run.sh", NULL);
	kernel = g_build_filename(lab, "vmlinuz", NULL);
	image = g_build_filename(lab, "lab.cpio.gz", NULL);
	missing = access(run, R_OK)    ? run :
		  access(kernel, R_OK) ? kernel :
		  access(image, R_OK)  ? image :
					 NULL;
	if (missing) {
		rr_set_error(error,
			     "the lab is not there (no %s): turn "
			     "CONFIG_LAB%s on and run make",
			     missing, kind == LAB_INTEL ? "_INTEL" : "");
		return false;
	}
	add_args(out, "/bin/sh", run);
	add_args(out, "--kernel", kernel);
	add_args(out, "--image", image);
	return add_emulator(out, kind, error);
}

/*
 * What is typed on a terminal goes to the lab, unless we are in the background:
 * then it is for somebody else.
 */
static bool has_input(void)
{
	struct stat st;

	if (isatty(0))
		return tcgetpgrp(0) == getpgrp();
	return !fstat(0, &st) && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode));
}

static void add_options(GPtrArray *out, const struct lab_options *o)
{
	char *const *arg;

	if (o->silicon)
		add_args(out, "--silicon", o->silicon);
	for (arg = o->args; arg && *arg; arg++)
		add_args(out, *arg, NULL);
	if (o->seed) {
		g_autofree char *seed = g_strdup_printf("%d", o->seed);

		add_args(out, "--seed", seed);
	} else if (is_deterministic(o)) {
		add_args(out, "--deterministic", NULL);
	} else if (has_input()) {
		add_args(out, "--stdin", NULL);
	}
}

static const struct rr_display *vnc_of(const struct lab_options *o)
{
	return o->display && o->display->kind == RR_DISPLAY_VNC ? o->display :
								  NULL;
}

/* A person is no part of a deterministic run. */
static bool check_display(const struct lab_options *o, GError **error)
{
	const struct rr_display *display = vnc_of(o);
	const char *why = NULL;

	if (o->display && o->display->kind == RR_DISPLAY_GTK)
		why = "--display gtk: the lab has no screen of its own; "
		      "--display vnc=:1 shows the machine to a VNC viewer";
	else if (display && o->kind == LAB_INTEL)
		why = "--display vnc: --lab=intel has no network; --lab=amd "
		      "has";
	else if (display && is_deterministic(o))
		why = "--display vnc and --deterministic exclude each other";
	else if (display && display->socket)
		why = "--display vnc=unix: the lab passes on a TCP port only: "
		      "--display vnc=:1";
	else if (display && strchr(display->host, ':'))
		why = "--display vnc: the lab passes on ports of IPv4 only";
	if (why)
		rr_set_error(error, "%s", why);
	return !why;
}

/* run.sh passes on what connects to the port. */
static void add_forward(GPtrArray *out, const struct lab_options *o)
{
	const struct rr_display *display = vnc_of(o);
	g_autofree char *from = NULL;

	if (!display)
		return;
	from = g_strdup_printf("%s:%u", display->host, display->port);
	add_args(out, "--forward", from);
}

static void add_display(GPtrArray *out, const struct lab_options *o)
{
	g_autoptr(rr_vm) vm = rr_vm_new();
	struct rr_display inside = { RR_DISPLAY_AS_IT_IS };

	if (!o->display)
		return;
	inside = *o->display;
	if (inside.kind == RR_DISPLAY_VNC)
		inside.host = "0.0.0.0"; /* of the lab */
	rr_display_add(&inside, vm);
	rr_vm_append_args(vm, out);
}

static void add_files(GPtrArray *out, const struct lab_options *o,
		      const struct lab_files *files)
{
	GList *list = lab_files_paths(files);
	GList *l;

	add_args(out, "--here", sees_host(o) ? "--host-files" : NULL);
	for (l = list; l; l = l->next)
		if (!sees_host(o))
			add_args(out, "--file", l->data);
		else if (goes_to_disk(
				 g_hash_table_lookup(files->paths, l->data)))
			add_args(out, "--writable", l->data);
	g_list_free(list);
}

static bool add_memory(GPtrArray *out, uint64_t mib, GError **error)
{
	uint64_t there = available_mib();
	g_autofree char *text =
		g_strdup_printf("%llu", (unsigned long long)mib);

	if (mib > there) {
		rr_set_error(error,
			     "the lab needs %s MiB of memory, and "
			     "%llu MiB are free (--memory-lab sets it)",
			     text, (unsigned long long)there);
		return false;
	}
	add_args(out, "--mem", text);
	return true;
}

/* What the lab runs. */
static void add_command(GPtrArray *out, const char *trace,
			const struct rr_record_options *options,
			const struct rr_vm *vm, const struct lab_options *lab)
{
	g_autofree char *absolute = g_canonicalize_filename(trace, NULL);
	g_autofree char *dir = g_path_get_dirname(absolute);
	g_autofree char *name = g_path_get_basename(absolute);
	g_autofree char *inside = g_strconcat("/out/", name, NULL);

	add_args(out, "--out", dir);
	add_args(out, "--", RR_KVM_IN_LAB);
	/* The trace's lock is on the host, where our process id means us. */
	add_args(out, "record", "--quiet");
	add_args(out, "--locked", NULL);
	rr_record_options_append_args(options, out);
	add_args(out, "-o", inside);
	add_args(out, "--", NULL);
	rr_vm_append_args(vm, out);
	add_display(out, lab);
	g_ptr_array_add(out, NULL);
}

static GPtrArray *make_command(const struct lab_options *lab, const char *trace,
			       const struct rr_record_options *options,
			       const struct rr_vm *vm,
			       const struct lab_files *files, GError **error)
{
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(g_free);

	if (!add_parts(out, lab->kind, error) ||
	    !add_memory(out, lab_memory_mib(lab, files, vm), error))
		return NULL;
	add_options(out, lab);
	add_forward(out, lab);
	add_files(out, lab, files);
	add_command(out, trace, options, vm, lab);
	return g_steal_pointer(&out);
}

GPtrArray *lab_command(const struct lab_options *lab, const char *trace,
		       const struct rr_record_options *options,
		       const struct rr_vm *vm, GError **error)
{
	struct lab_files files;
	GPtrArray *out;
	bool lost;

	if (!lab_check(vm, error) || !check_display(lab, error))
		return NULL;
	lab_files_init(&files);
	lab_files_collect(&files, vm);
	lost = g_hash_table_size(files.paths);
	if (options->notes)
		lab_files_add(&files, options->notes);
	out = make_command(lab, trace, options, vm, &files, error);
	if (out && lost)
		rr_message(
			"what the machine writes to files and disks stays in "
			"the lab, and is lost at the end");
	lab_files_clear(&files);
	return out;
}
