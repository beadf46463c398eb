/*
 * Recording a domain of libvirt; see record-domain.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/record-domain.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/find.h"
#include "common/cli/message.h"
#include "common/cli/qemu.h"
#include "kvm-record/libvirt/arguments.h"
#include "kvm-record/libvirt/connection.h"
#include "kvm-record/libvirt/files.h"
#include "kvm-record/libvirt/lab-network.h"
#include "kvm-record/libvirt/nvram.h"
#include "kvm-record/libvirt/rewrite.h"
#include "kvm-record/shim.h"

#define NOTE_ORIGINAL "domain.xml"
#define NOTE_RECORDED "domain-recorded.xml"
#define NVRAM "nvram.fd"

struct record_domain {
	struct record_domain_options options;
	bool is_file; /* not one of a daemon's */
	xmlDoc *doc;
	char *original;
	char *dir; /* for files that are removed at the end */
	char *notes; /* in dir */
	struct rr_libvirt *libvirt; /* opened when it is needed */
};

/* The user's daemon, as virsh chooses it. */
static const char *daemon_uri(const struct record_domain_options *o)
{
	if (o->uri)
		return o->uri;
	return geteuid() ? "qemu:///session" : "qemu:///system";
}

static bool names_file(const char *domain)
{
	return !strcmp(domain, "-") || strchr(domain, '/') ||
	       g_str_has_suffix(domain, ".xml") ||
	       g_file_test(domain, G_FILE_TEST_EXISTS);
}

static struct rr_libvirt *libvirt(struct record_domain *d, const char *uri,
				  GError **error)
{
	if (!d->libvirt)
		d->libvirt = rr_libvirt_open(uri, error);
	return d->libvirt;
}

static bool read_definition(struct record_domain *d, GError **error)
{
	const struct record_domain_options *o = &d->options;
	char *xml;

	d->is_file = names_file(o->domain);
	if (d->is_file) {
		d->doc = rr_domain_read(o->domain, error);
		return d->doc;
	}
	if (!libvirt(d, daemon_uri(o), error))
		return false;
	xml = rr_libvirt_definition(d->libvirt, o->domain, error);
	if (!xml)
		return false;
	d->doc = rr_domain_parse(xml, o->domain, error);
	free(xml);
	return d->doc;
}

static bool check(struct record_domain *d, GError **error)
{
	bool checked;

	if (!rr_domain_validate(d->doc, &checked, error)) {
		g_prefix_error(error, "%s: ", d->options.domain);
		return false;
	}
	if (!checked && !d->options.quiet)
		rr_message("warning: libvirt's schemas are not installed: %s "
			   "is not checked",
			   d->options.domain);
	return true;
}

static void tell(const struct record_domain *d, const GPtrArray *changes)
{
	guint i;

	for (i = 0; i < changes->len && !d->options.quiet; i++)
		rr_message("warning: %s, %s", d->options.domain,
			   (const char *)changes->pdata[i]);
}

/*
 * A network of libvirt's is the daemon's.  So is macvtap: libvirt 9.0 listens for its
 * events in a daemon alone, and its embedded driver crashes when it takes one away.
 */
static const char *uri_to_run(const struct record_domain *d)
{
	if (d->options.uri || !d->is_file ||
	    rr_domain_has(
		    d->doc,
		    "devices/interface[@type='network' or @type='direct']"))
		return daemon_uri(&d->options);
	return NULL;
}

static bool rewrite(struct record_domain *d, const char *const *env,
		    GError **error)
{
	const struct record_domain_options *o = &d->options;
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *emulator = o->lab ? rr_qemu_find(error) :
					     rr_shim_find(error);
	const struct rr_rewrite how = {
		.lab = o->lab,
		.daemon = uri_to_run(d),
		.one_vcpu = o->one_vcpu,
		.keep_disks = o->keep_disks,
		.display = o->display,
		.emulator = emulator,
		.env = env,
	};

	if (!emulator)
		return false;
	if (!rr_domain_rewrite(d->doc, &how, changes, error)) {
		g_prefix_error(error, "%s, ", o->domain);
		return false;
	}
	if (o->strict && changes->len) {
		rr_set_error(error, "%s, %s (--strict)", o->domain,
			     (const char *)changes->pdata[0]);
		return false;
	}
	tell(d, changes);
	return true;
}

static bool write_note(const struct record_domain *d, const char *name,
		       const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(d->notes, name, NULL);

	return g_file_set_contents(path, text, -1, error);
}

static bool write_notes(struct record_domain *d, GError **error)
{
	g_autofree char *recorded = rr_domain_text(d->doc);

	d->dir = g_dir_make_tmp("rr-domain-XXXXXX", error);
	if (!d->dir)
		return false;
	d->notes = g_build_filename(d->dir, "notes", NULL);
	if (g_mkdir(d->notes, 0700)) {
		rr_set_error_errno(error, errno, d->notes);
		return false;
	}
	return write_note(d, NOTE_ORIGINAL, d->original, error) &&
	       write_note(d, NOTE_RECORDED, recorded, error);
}

static bool open_domain(struct record_domain *d, GError **error)
{
	if (!read_definition(d, error) || !check(d, error))
		return false;
	d->original = rr_domain_text(d->doc);
	return rewrite(d, NULL, error) && write_notes(d, error);
}

struct record_domain *record_domain_open(const struct record_domain_options *o,
					 GError **error)
{
	struct record_domain *d = g_new0(struct record_domain, 1);

	d->options = *o;
	if (open_domain(d, error))
		return d;
	record_domain_close(d);
	return NULL;
}

static void remove_file(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_unlink(path);
}

void record_domain_close(struct record_domain *d)
{
	if (!d)
		return;
	rr_libvirt_close(d->libvirt);
	if (d->notes) {
		remove_file(d->notes, NOTE_ORIGINAL);
		remove_file(d->notes, NOTE_RECORDED);
		g_rmdir(d->notes);
	}
	if (d->dir) {
		remove_file(d->dir, NVRAM);
		g_rmdir(d->dir);
	}
	if (d->doc)
		xmlFreeDoc(d->doc);
	g_free(d->original);
	g_free(d->notes);
	g_free(d->dir);
	g_free(d);
}

char *record_domain_text(struct record_domain *d)
{
	return rr_domain_text(d->doc);
}

const char *record_domain_notes(const struct record_domain *d)
{
	return d->notes;
}

bool record_domain_check_files(struct record_domain *d, GError **error)
{
	struct rr_opener opener = {
		.user = rr_user_self(),
		.lab = d->options.lab,
	};
	const char *uri = uri_to_run(d);

	if (!opener.lab && !libvirt(d, uri, error))
		return false;
	if (!opener.lab && !rr_libvirt_opener(d->libvirt, uri, &opener))
		return true; /* qemu-system-rr looks, too */
	if (rr_domain_check_files(d->doc, &opener, error))
		return true;
	g_prefix_error(error, "%s, ", d->options.domain);
	return false;
}

/* ---- the lab ---- */

/* The cards are behind all that has a slot of libvirt's choice. */
static struct rr_vm *lab_machine(struct record_domain *d, const char *argv,
				 const struct rr_vm *cards, GError **error)
{
	const struct rr_vm_option *option;
	guint i;

	g_autofree char *nvram = g_build_filename(d->dir, NVRAM, NULL);
	g_autoptr(rr_vm) vm = rr_libvirt_lab_arguments(argv, error);

	if (!vm || !rr_libvirt_make_nvram(vm, nvram, error))
		return NULL;
	for (i = 0; (option = rr_vm_option(cards, i)); i++)
		rr_vm_add(vm, option->name, option->value);
	return g_steal_pointer(&vm);
}

struct rr_vm *record_domain_for_lab(struct record_domain *d, GError **error)
{
	g_autoptr(rr_vm) cards = rr_vm_new();
	g_autofree char *xml = NULL;
	struct rr_vm *vm;
	char *argv;

	rr_lab_network(d->doc, cards);
	xml = rr_domain_text(d->doc);
	/* A daemon may not see our QEMU. */
	rr_libvirt_close(g_steal_pointer(&d->libvirt));
	if (!libvirt(d, NULL, error))
		return NULL;
	argv = rr_libvirt_native(d->libvirt, xml, error);
	if (!argv)
		return NULL;
	vm = lab_machine(d, argv, cards, error);
	free(argv);
	return vm;
}

/* ---- this host ---- */

static char *options_text(const struct rr_record_options *options)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new("");
	guint i;

	rr_record_options_append_args(options, args);
	for (i = 0; i < args->len; i++) {
		g_autofree char *quoted = g_shell_quote(args->pdata[i]);

		g_string_append_printf(text, "%s%s", i ? " " : "", quoted);
	}
	return g_string_free(text, FALSE);
}

static bool add_environment(struct record_domain *d, const char *trace,
			    const struct rr_record_options *options,
			    GError **error)
{
	g_autofree char *text = options_text(options);
	g_autofree char *trace_env =
		g_strconcat(RR_SHIM_TRACE "=", trace, NULL);
	g_autofree char *options_env =
		g_strconcat(RR_SHIM_OPTIONS "=", text, NULL);
	g_autofree char *qemu = rr_qemu_find(error);
	g_autofree char *qemu_env = g_strconcat("RR_QEMU=", qemu, NULL);
	const char *const env[] = { trace_env, options_env, qemu_env, NULL };

	/* A second time: nothing is left to change but this. */
	return qemu && rewrite(d, env, error);
}

bool record_domain_run(struct record_domain *d, const char *trace,
		       const struct rr_record_options *options, bool *signalled,
		       GError **error)
{
	g_autofree char *xml = NULL;

	if (!add_environment(d, trace, options, error))
		return false;
	xml = rr_domain_text(d->doc);
	return libvirt(d, uri_to_run(d), error) &&
	       rr_libvirt_run(d->libvirt, xml, signalled, error);
}

/* ---- rr-kvm vm enable ---- */

static void set_text(xmlDoc *doc, const char *xpath, const char *text)
{
	g_autoptr(GPtrArray) found = rr_domain_find(doc, xpath);

	if (found->len)
		xmlNodeSetContent(found->pdata[0], BAD_CAST text);
}

/*
 * It is another machine to libvirt: another name and UUID, but the one that it
 * has if it was enabled before.
 */
static bool rename_domain(struct record_domain *d, GError **error)
{
	g_autofree char *name = rr_domain_get(d->doc, "name");
	g_autofree char *other = NULL, *uuid = NULL;

	if (!name || g_str_has_suffix(name, "-rr")) {
		rr_set_error(error, "%s is one that is recorded already",
			     d->options.domain);
		return false;
	}
	other = g_strconcat(name, "-rr", NULL);
	uuid = rr_libvirt_uuid(d->libvirt, other);
	if (!uuid)
		uuid = g_uuid_string_random();
	set_text(d->doc, "name", other);
	set_text(d->doc, "uuid", uuid);
	return true;
}

static bool enable(struct record_domain *d, const char *traces, GError **error)
{
	const struct rr_record_options options = { 0 };
	g_autofree char *absolute = g_canonicalize_filename(traces, NULL);
	g_autofree char *trace = g_strconcat(absolute, "/", NULL);
	g_autofree char *xml = NULL;

	if (!g_file_test(absolute, G_FILE_TEST_IS_DIR)) {
		rr_set_error(error, "%s is no directory", traces);
		return false;
	}
	if (d->is_file) {
		rr_set_error(error,
			     "%s is a file: define it first (virsh define)",
			     d->options.domain);
		return false;
	}
	if (!rename_domain(d, error) ||
	    !add_environment(d, trace, &options, error))
		return false;
	xml = rr_domain_text(d->doc);
	return rr_libvirt_define(d->libvirt, xml, error);
}

bool record_domain_enable(const struct record_domain_options *o,
			  const char *traces, GError **error)
{
	struct record_domain *d = record_domain_open(o, error);
	bool done = d && enable(d, traces, error);

	record_domain_close(d);
	return done;
}
