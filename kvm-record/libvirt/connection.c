/*
 * A connection to libvirt; see connection.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/connection.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "kvm-record/libvirt/api.h"

/* How often the waiting thread looks for a signal. */
#define POLL_US 100000

/*
 * qemu.conf of the libvirt inside: QEMU stays this process' user, and nothing
 * is asked of a daemon that is not there.  With another user libvirt waits 28 s
 * for QEMU's answers.
 */
#define CONFIG                         \
	"user = \"+%u\"\n"             \
	"group = \"+%u\"\n"            \
	"dynamic_ownership = 0\n"      \
	"remember_owner = 0\n"         \
	"security_driver = \"none\"\n" \
	"namespaces = []\n"            \
	"cgroup_controllers = []\n"    \
	"stdio_handler = \"file\"\n"   \
	"vnc_listen = \"127.0.0.1\"\n"

struct rr_libvirt {
	const struct rr_libvirt_api *api;
	virConnectPtr connection;
	char *root; /* of the libvirt inside, or NULL */
	GThread *loop;
	gint quit, stopped; /* atomic */
};

static volatile sig_atomic_t signal_seen;

static void on_signal(int sig)
{
	signal_seen = sig;
}

/* The caller gets the text of the last error; nothing goes to stderr. */
static void on_error(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

static void set_error(const struct rr_libvirt *v, GError **error)
{
	rr_set_error(error, "libvirt: %s", v->api->virGetLastErrorMessage());
}

static void on_timeout(int timer, void *data)
{
	(void)timer;
	(void)data;
}

static gpointer run_loop(gpointer data)
{
	struct rr_libvirt *v = data;

	while (!g_atomic_int_get(&v->quit))
		if (v->api->virEventRunDefaultImpl() < 0)
			g_usleep(POLL_US);
	return NULL;
}

/*
 * What libvirt has found out about QEMU, which takes seconds, is kept between
 * runs where that is possible.
 */
static void keep_cache(const char *root)
{
	g_autofree char *kept = g_build_filename(g_get_user_cache_dir(),
						 "rr-kvm", "libvirt", NULL);
	g_autofree char *cache = g_build_filename(root, "cache", NULL);

	if (g_mkdir_with_parents(kept, 0700) || access(kept, W_OK) ||
	    symlink(kept, cache))
		g_debug("no cache of libvirt's: %s", g_strerror(errno));
}

static bool make_root(struct rr_libvirt *v, GError **error)
{
	g_autofree char *etc = NULL, *conf = NULL, *text = NULL, *log = NULL;

	v->root = g_dir_make_tmp("rr-libvirt-XXXXXX", error);
	if (!v->root)
		return false;
	etc = g_build_filename(v->root, "etc", NULL);
	conf = g_build_filename(etc, "qemu.conf", NULL);
	text = g_strdup_printf(CONFIG, (unsigned int)geteuid(),
			       (unsigned int)getegid());
	if (g_mkdir(etc, 0700)) {
		rr_set_error_errno(error, errno, etc);
		return false;
	}
	if (!g_file_set_contents(conf, text, -1, error))
		return false;
	keep_cache(v->root);
	log = g_strdup_printf("1:file:%s/libvirt.log", v->root);
	g_setenv("LIBVIRT_LOG_OUTPUTS", log, FALSE);
	return true;
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *entry = g_build_filename(path, name, NULL);

		if (g_file_test(entry, G_FILE_TEST_IS_DIR) &&
		    !g_file_test(entry, G_FILE_TEST_IS_SYMLINK))
			remove_tree(entry);
		else
			g_unlink(entry);
	}
	g_rmdir(path);
}

/* As root it looks for this user, whatever its configuration says. */
static bool check_user(GError **error)
{
	if (geteuid() || getpwnam("libvirt-qemu"))
		return true;
	rr_set_error(error,
		     "libvirt needs the user libvirt-qemu when root uses "
		     "it: the package libvirt-daemon-system makes it, "
		     "or adduser --system libvirt-qemu");
	return false;
}

static bool connect_to(struct rr_libvirt *v, const char *uri, GError **error)
{
	g_autofree char *own = NULL;

	v->api = rr_libvirt_api(error);
	if (!v->api || (!uri && (!check_user(error) || !make_root(v, error))))
		return false;
	v->api->virSetErrorFunc(NULL, on_error);
	v->api->virEventRegisterDefaultImpl();
	/* So that the loop looks at v->quit. */
	v->api->virEventAddTimeout(POLL_US / 1000, on_timeout, NULL, NULL);
	v->loop = g_thread_new("libvirt", run_loop, v);
	if (!uri)
		own = g_strdup_printf("qemu:///embed?root=%s", v->root);
	v->connection = v->api->virConnectOpen(uri ? uri : own);
	if (!v->connection)
		set_error(v, error);
	return v->connection;
}

struct rr_libvirt *rr_libvirt_open(const char *uri, GError **error)
{
	struct rr_libvirt *v = g_new0(struct rr_libvirt, 1);

	if (connect_to(v, uri, error))
		return v;
	rr_libvirt_close(v);
	return NULL;
}

void rr_libvirt_close(struct rr_libvirt *v)
{
	if (!v)
		return;
	if (v->connection)
		v->api->virConnectClose(v->connection);
	g_atomic_int_set(&v->quit, 1);
	if (v->loop)
		g_thread_join(v->loop);
	if (v->root)
		remove_tree(v->root);
	g_free(v->root);
	g_free(v);
}

static virDomainPtr look_up(const struct rr_libvirt *v, const char *name)
{
	virDomainPtr domain =
		v->api->virDomainLookupByName(v->connection, name);

	if (!domain && g_uuid_string_is_valid(name))
		domain = v->api->virDomainLookupByUUIDString(v->connection,
							     name);
	return domain;
}

static bool can_begin(const struct rr_libvirt *v, virDomainPtr domain,
		      const char *name, GError **error)
{
	if (v->api->virDomainIsActive(domain) == 1) {
		rr_set_error(error,
			     "the domain %s runs: a recording starts at reset; "
			     "shut it down first (virsh shutdown %s)",
			     name, name);
		return false;
	}
	if (v->api->virDomainHasManagedSaveImage(domain, 0) == 1) {
		rr_set_error(error,
			     "the domain %s has a saved state: a recording "
			     "starts at reset (virsh managedsave-remove %s)",
			     name, name);
		return false;
	}
	return true;
}

char *rr_libvirt_definition(struct rr_libvirt *v, const char *name,
			    GError **error)
{
	const unsigned int flags = VIR_DOMAIN_XML_INACTIVE |
				   VIR_DOMAIN_XML_SECURE;
	virDomainPtr domain = look_up(v, name);
	char *xml = NULL;

	if (!domain) {
		rr_set_error(error,
			     "there is no file and no domain called '%s' "
			     "(virsh list --all lists the domains)",
			     name);
		return NULL;
	}
	if (can_begin(v, domain, name, error)) {
		xml = v->api->virDomainGetXMLDesc(domain, flags);
		if (!xml)
			set_error(v, error);
	}
	v->api->virDomainFree(domain);
	return xml;
}

char *rr_libvirt_native(struct rr_libvirt *v, const char *xml, GError **error)
{
	char *argv = v->api->virConnectDomainXMLToNative(v->connection,
							 "qemu-argv", xml, 0);

	if (!argv)
		set_error(v, error);
	return argv;
}

/* The user of the daemon's QEMU: "+64055:+64055", or names. */
static bool parse_owner(const char *label, struct rr_user *user)
{
	g_auto(GStrv) parts = g_strsplit(label, ":", 2);

	if (!parts[0] || !parts[1] || *parts[0] != '+' || *parts[1] != '+')
		return false;
	user->uid = (uid_t)strtoul(parts[0] + 1, NULL, 10);
	user->gid = (gid_t)strtoul(parts[1] + 1, NULL, 10);
	user->other = user->uid != geteuid();
	user->plain = !user->uid;
	return true;
}

static bool system_opener(struct rr_libvirt *v, struct rr_opener *opener)
{
	static const char label[] = "host/secmodel[model='dac']/baselabel"
				    "[@type='kvm']";
	char *text = v->api->virConnectGetCapabilities(v->connection);
	xmlDoc *doc =
		text ? xmlReadDoc(BAD_CAST text, NULL, NULL, XML_PARSE_NONET) :
		       NULL;
	g_autofree char *owner = doc ? rr_domain_get(doc, label) : NULL;

	if (doc)
		xmlFreeDoc(doc);
	free(text);
	opener->owns = true;
	return owner && parse_owner(owner, &opener->user);
}

bool rr_libvirt_opener(struct rr_libvirt *v, const char *uri,
		       struct rr_opener *opener)
{
	/* libvirt takes QEMU's capabilities away. */
	opener->user = rr_user_self();
	opener->user.plain = !geteuid();
	if (!uri || !strcmp(uri, "qemu:///session"))
		return true;
	return !strcmp(uri, "qemu:///system") && !geteuid() &&
	       system_opener(v, opener);
}

char *rr_libvirt_uuid(struct rr_libvirt *v, const char *name)
{
	virDomainPtr domain = look_up(v, name);
	char uuid[VIR_UUID_STRING_BUFLEN] = "";

	if (!domain)
		return NULL;
	v->api->virDomainGetUUIDString(domain, uuid);
	v->api->virDomainFree(domain);
	return g_strdup(uuid);
}

bool rr_libvirt_define(struct rr_libvirt *v, const char *xml, GError **error)
{
	virDomainPtr domain = v->api->virDomainDefineXMLFlags(
		v->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);

	if (!domain) {
		set_error(v, error);
		return false;
	}
	v->api->virDomainFree(domain);
	return true;
}

/* ---- a domain that runs ---- */

/* One connection inside has one domain; at a daemon it is ours by its object. */
static int on_lifecycle(virConnectPtr connection, virDomainPtr domain,
			int event, int detail, void *data)
{
	struct rr_libvirt *v = data;

	(void)connection;
	(void)domain;
	(void)detail;
	if (event == VIR_DOMAIN_EVENT_STOPPED)
		g_atomic_int_set(&v->stopped, 1);
	return 0;
}

static void wait_for_end(struct rr_libvirt *v, virDomainPtr domain)
{
	bool told = false;

	while (!g_atomic_int_get(&v->stopped)) {
		if (v->api->virDomainIsActive(domain) == 0)
			return;
		if (signal_seen && !told)
			told = !v->api->virDomainDestroyFlags(
				domain, VIR_DOMAIN_DESTROY_GRACEFUL);
		g_usleep(POLL_US);
	}
}

static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };

	signal_seen = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool rr_libvirt_run(struct rr_libvirt *v, const char *xml, bool *signalled,
		    GError **error)
{
	virDomainPtr domain;

	catch_signals();
	domain = v->api->virDomainCreateXML(
		v->connection, xml,
		VIR_DOMAIN_START_VALIDATE |
			(v->root ? 0 : VIR_DOMAIN_START_AUTODESTROY));
	*signalled = signal_seen;
	if (!domain) {
		set_error(v, error);
		return false;
	}
	v->api->virConnectDomainEventRegisterAny(
		v->connection, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), v, NULL);
	wait_for_end(v, domain);
	*signalled = signal_seen;
	v->api->virDomainFree(domain);
	return true;
}
