/*
 * From a domain of libvirt to one that can be recorded, without libvirt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "kvm-record/libvirt/lab-network.h"
#include "kvm-record/libvirt/machine-names.h"
#include "kvm-record/libvirt/rewrite.h"
#include "tests/tap.h"

#define HEAD                                                      \
	"<domain type='kvm'><name>n</name><memory>65536</memory>" \
	"<vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>"
#define TAIL "</domain>"

struct rewritten {
	xmlDoc *doc;
	GPtrArray *changes;
	GError *error;
	bool done;
};

static struct rewritten rewrite(const char *body, const struct rr_rewrite *how)
{
	struct rewritten r = {
		.changes = g_ptr_array_new_with_free_func(g_free),
	};
	g_autofree char *text = g_strconcat(HEAD, body, TAIL, NULL);

	r.doc = rr_domain_parse(text, "test", &r.error);
	r.done = r.doc && rr_domain_rewrite(r.doc, how, r.changes, &r.error);
	return r;
}

static void clear(struct rewritten *r)
{
	xmlFreeDoc(r->doc);
	g_ptr_array_unref(r->changes);
	g_clear_error(&r->error);
}

static const struct rr_rewrite here = { .emulator = "/rr" };
static const struct rr_rewrite lab = { .lab = true, .emulator = "/q" };

static bool told(const struct rewritten *r, const char *what)
{
	guint i;

	for (i = 0; i < r->changes->len; i++)
		if (strstr(r->changes->pdata[i], what))
			return true;
	return false;
}

/* What @xpath finds is gone afterwards, and one change says @what. */
static void check_dropped(const char *body, const char *xpath, const char *what,
			  const struct rr_rewrite *how)
{
	struct rewritten r = rewrite(body, how);

	ksft_ok(r.done && !rr_domain_has(r.doc, xpath) && told(&r, what),
		"%s is left out of %s: %s", xpath, body,
		r.changes->len ? (char *)r.changes->pdata[0] : "not told");
	clear(&r);
}

/* @xpath has the text @value afterwards; @what NULL: nobody is told. */
static void check_set(const char *body, const char *xpath, const char *value,
		      const char *what, const struct rr_rewrite *how)
{
	struct rewritten r = rewrite(body, how);
	g_autofree char *found = r.done ? rr_domain_get(r.doc, xpath) : NULL;

	ksft_ok(!g_strcmp0(found, value) &&
			(what ? told(&r, what) : !r.changes->len),
		"%s becomes %s in %s: %s", xpath, found ? found : "nothing",
		body,
		r.changes->len ? (char *)r.changes->pdata[0] : "not told");
	clear(&r);
}

static void check_refused_by(const struct rr_rewrite *how, const char *body,
			     const char *why)
{
	struct rewritten r = rewrite(body, how);

	ksft_ok(!r.done && r.error && strstr(r.error->message, why),
		"refused: %s: %s", body,
		r.error ? r.error->message : "not refused");
	clear(&r);
}

static void check_refused(const char *body, const char *why)
{
	check_refused_by(&here, body, why);
}

/* With a daemon it is not refused. */
static void check_secret(const char *disk, const char *why)
{
	const struct rr_rewrite daemon = { .daemon = true, .emulator = "/rr" };
	g_autofree char *body =
		g_strdup_printf("<devices><disk>%s</disk></devices>", disk);
	struct rewritten r = rewrite(body, &daemon);

	ksft_ok(r.done && !r.changes->len, "a daemon has the secret of %s",
		disk);
	clear(&r);
	check_refused(body, why);
}

static void check_machine(const char *name, const char *expected)
{
	g_autofree char *nearest = rr_machine_nearest(name);

	ksft_ok(!g_strcmp0(nearest, expected), "%s: %s", name,
		nearest ? nearest : "as it is");
}

static void check_parse_error(const char *text, const char *why)
{
	GError *error = NULL;
	xmlDoc *doc = rr_domain_parse(text, "f.xml", &error);

	ksft_ok(!doc && error && strstr(error->message, why), "\"%s\": %s",
		text, error ? error->message : "accepted");
	g_clear_error(&error);
}

static void test_parse(void)
{
	check_parse_error("<domain>", "f.xml, line 1: ");
	check_parse_error("<network/>", "it begins with <network>");
	check_parse_error("", "f.xml, line");
	/* No file is read for an entity. */
	check_parse_error("<!DOCTYPE d [<!ENTITY e SYSTEM '/etc/passwd'>]>"
			  "<network>&e;</network>",
			  "it begins with <network>");
}

static void test_dropped(void)
{
	check_dropped("<features><hyperv/><acpi/></features>",
		      "features/hyperv", "line 1: <hyperv>", &here);
	check_dropped("<features><ioapic driver='kvm'/></features>",
		      "features/ioapic", "<ioapic>", &here);
	check_dropped("<devices><tpm/></devices>", "devices/tpm", "<tpm>",
		      &here);
	check_dropped("<devices><disk><driver iothread='1' ioeventfd='on'/>"
		      "</disk></devices>",
		      "devices/disk/driver/@*", "ioeventfd", &here);
	check_dropped("<devices><video><model type='vga'/></video><video>"
		      "<model type='qxl'/></video></devices>",
		      "devices/video[2]", "a second <video>", &here);
	check_dropped("<devices><graphics type='spice'/></devices>",
		      "devices/graphics", "nobody outside", &lab);
	check_dropped("<devices><graphics type='sdl'/></devices>",
		      "devices/graphics[@type='sdl']", "<graphics>", &here);
	check_dropped("<devices><interface type='bridge'><source bridge='b'/>"
		      "</interface></devices>",
		      "devices/interface/source", "type 'user'", &lab);
	check_dropped("<devices><redirdev type='spicevmc'/><redirfilter/>"
		      "</devices>",
		      "devices/redirdev|devices/redirfilter", "SPICE", &here);
	check_dropped("<devices><redirdev type='tcp'/></devices>",
		      "devices/redirdev", "nobody outside", &lab);
}

static void test_set(void)
{
	check_set("<devices><audio id='1' type='spice' x='1'/></devices>",
		  "devices/audio/@type", "none", "sound", &here);
	check_set("<os><loader secure='yes'>/A_CODE.secboot.fd</loader></os>",
		  "os/loader", "/A_CODE.fd", "secure boot", &here);
	check_set("<devices><graphics type='spice' tlsPort='1'><gl/></graphics>"
		  "</devices>",
		  "devices/graphics/@type", "vnc", "SPICE", &here);
	check_set("<devices><video><model type='qxl' ram='1'/></video>"
		  "</devices>",
		  "devices/video/model/@type", "vga", "qxl", &here);
	check_set("<cpu mode='host-model'/>", "cpu/@mode", "maximum",
		  "host-model", &here);
	check_set("<cpu mode='host-passthrough'/>", "cpu/@mode",
		  "host-passthrough", NULL, &here);
	check_set("<cpu mode='host-passthrough'/>", "cpu/@check", "none", NULL,
		  &here);
	check_set("<devices><interface type='bridge'><model type='virtio'/>"
		  "</interface></devices>",
		  "devices/interface/driver/@name", "qemu", "vhost", &here);
	check_set("<devices><interface type='bridge'><model type='e1000'/>"
		  "</interface></devices>",
		  "devices/interface/@type", "bridge", NULL, &here);
	check_set("<devices><hostdev type='usb'/></devices>",
		  "devices/hostdev/@type", "usb", NULL, &here);
	check_set("<devices><redirdev type='tcp'/><redirfilter>f</redirfilter>"
		  "</devices>",
		  "devices/redirfilter", "f", NULL, &here);
	check_set("<devices><audio type='pipewire'/></devices>",
		  "devices/audio/@type", "pipewire", NULL, &here);
	check_set("<devices><audio type='pipewire'/></devices>",
		  "devices/audio/@type", "none", "PipeWire", &lab);
	check_set("", "devices/emulator", "/rr", NULL, &here);
	check_set("", "@type", "qemu", NULL, &lab);
}

static void test_refused(void)
{
	check_refused("<devices><shmem/></devices>", "<shmem> cannot be");
	check_refused("<devices><hostdev type='pci'/></devices>", "<hostdev>");
	check_refused_by(&lab, "<devices><hostdev type='usb'/></devices>",
			 "the lab does not have");
	check_refused("<devices><vsock/></devices>", "<vsock>");
	check_refused("<launchSecurity/>", "<launchSecurity>");
	check_secret("<encryption><secret/></encryption>",
		     "<encryption> of a disk cannot be");
	check_secret("<source><encryption><secret/></encryption></source>",
		     "<encryption> of a disk cannot be");
	check_secret("<source><auth/></source>", "<auth> of a disk");
	check_secret("<source><cookies/></source>", "<cookies> of a disk");
	check_refused("<q:override xmlns:q='" RR_DOMAIN_QEMU_NS "'/>",
		      "<qemu:override>");
}

static void test_vcpus(void)
{
	const char *text = "<domain type='kvm'><os><type>hvm</type></os>"
			   "<vcpu current='2'>4</vcpu><cpu><topology/></cpu>"
			   "</domain>";
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(g_free);
	const struct rr_rewrite one = { .one_vcpu = true };
	const struct rr_rewrite all = { .one_vcpu = false };
	xmlDoc *doc = rr_domain_parse(text, "test", NULL);
	g_autofree char *count = NULL;
	GError *error = NULL;
	bool done = rr_domain_rewrite(doc, &all, changes, &error);

	ksft_ok(!done && strstr(error->message, "--vcpus 1"), "%s",
		error ? error->message : "four vCPUs are accepted");
	g_clear_error(&error);
	done = rr_domain_rewrite(doc, &one, changes, NULL);
	count = rr_domain_get(doc, "vcpu");
	ksft_ok(done && !strcmp(count, "1") &&
			!rr_domain_has(doc, "cpu/topology|vcpu/@current"),
		"of four vCPUs one is left, and no topology");
	xmlFreeDoc(doc);
}

static void test_environment(void)
{
	const char *const env[] = { "RR_KVM_TRACE=/a=b", NULL };
	const struct rr_rewrite how = { .emulator = "/rr", .env = env };
	struct rewritten r = rewrite("", &how);
	g_autofree char *value = rr_domain_get(
		r.doc,
		"qemu:commandline/qemu:env[@name='RR_KVM_TRACE']/@value");

	ksft_ok(r.done && !g_strcmp0(value, "/a=b"),
		"the environment is in the domain: %s", value ? value : "no");
	clear(&r);
}

static void test_display(void)
{
	const char *body = "<devices><graphics type='spice' keymap='de'/>"
			   "</devices>";
	struct rr_display display;
	struct rr_rewrite how = { .display = &display };
	bool parsed = rr_display_parse("vnc=[::1]:7", &display, NULL);

	ksft_ok(parsed, "an address of IPv6");
	check_set(body, "devices/graphics[@keymap='de'][@listen='::1']/@port",
		  "5907", NULL, &how);
	how.lab = true;
	check_set(body, "devices[not(graphics)]/video", "", NULL, &how);
	rr_display_clear(&display);
	parsed = rr_display_parse("none", &display, NULL);
	how.lab = false;
	check_set(body, "devices[not(graphics)]/video", "", NULL, &how);
	ksft_ok(parsed && !rr_display_parse("vnc=:59636", &display, NULL),
		"a port above 65535 is none");
	rr_display_clear(&display);
}

static void test_lab_network(void)
{
	struct rewritten r = rewrite(
		"<devices><interface type='network'><mac address='5'/>"
		"<model type='virtio'/><boot order='2'/></interface></devices>",
		&lab);
	g_autoptr(rr_vm) cards = rr_vm_new();
	const struct rr_vm_option *card;

	rr_lab_network(r.doc, cards);
	card = rr_vm_option(cards, 1);
	ksft_ok(card &&
			!strcmp(card->value,
				"{\"driver\":\"virtio-net-pci\",\"netdev\":"
				"\"rrnet0\",\"mac\":\"5\",\"bootindex\":2}") &&
			!rr_domain_has(r.doc, "devices/interface"),
		"the lab's card: %s", card ? card->value : "none");
	clear(&r);
}

/*
 * Each kind of <interface>, of virtio: what it becomes on this host (@driver NULL:
 * as it is), and in the lab.
 */
static void check_kind(const char *kind, const char *driver)
{
	g_autofree char *body = g_strdup_printf(
		"<devices><interface type='%s'><source x='1'/><model "
		"type='virtio'/></interface></devices>",
		kind);
	bool is_user = !strcmp(kind, "user");

	check_set(body, "devices/interface/@type", kind,
		  driver ? "without vhost" : NULL, &here);
	check_set(body, "devices/interface/driver/@name", driver,
		  driver ? "without vhost" : NULL, &here);
	check_set(body, "devices/interface[not(driver)]/@type", "user",
		  is_user ? NULL : "type 'user'", &lab);
}

static void check_kind_refused(const char *kind, const char *why)
{
	g_autofree char *body = g_strdup_printf(
		"<devices><interface type='%s'/></devices>", kind);

	check_refused(body, why);
}

static void test_networks(void)
{
	static const char *const taps[] = { "network", "bridge", "ethernet",
					    "direct" };
	static const char *const sockets[] = { "server", "client", "mcast",
					       "udp" };
	size_t i;

	check_kind("user", NULL);
	for (i = 0; i < G_N_ELEMENTS(taps); i++)
		check_kind(taps[i], "qemu");
	for (i = 0; i < G_N_ELEMENTS(sockets); i++)
		check_kind(sockets[i], NULL);
	check_kind_refused("hostdev", "<interface> of a device of the host");
	check_kind_refused("vdpa", "<interface> of a device of the host");
	check_kind_refused("vhostuser", "<interface type='vhostuser'>");
	check_set("<devices><interface type='bridge'><driver name='qemu'/>"
		  "<model type='virtio'/></interface></devices>",
		  "devices/interface/driver/@name", "qemu", NULL, &here);
}

static void test_machines(void)
{
	check_machine("pc", NULL);
	check_machine("q35", NULL);
	check_machine("microvm", NULL);
	check_machine("pc-q35-7.2", NULL);
	check_machine("pc-q35-4.0.1", NULL);
	check_machine("pc-i440fx-focal", "pc-i440fx-4.2");
	check_machine("pc-q35-jammy-hpb", "pc-q35-6.2");
	check_machine("pc-q35-rhel9.2.0", "pc-q35-7.2");
	check_machine("pc-i440fx-rhel7.6.0", "pc-i440fx-2.12");
	check_machine("pc-0.13", "pc-i440fx-2.4");
	check_machine("pc-i440fx-1.5", "pc-i440fx-2.4");
	check_machine("pc-q35-11.1", "pc-q35-10.0");
	check_machine("pc-i440fx-8.3", "pc-i440fx-8.2");
	check_machine("pc-q35-nobody", "pc-q35-10.0");
}

int main(void)
{
	ksft_plan(97);
	test_parse();
	test_dropped();
	test_set();
	test_refused();
	test_vcpus();
	test_environment();
	test_display();
	test_lab_network();
	test_networks();
	test_machines();
	return ksft_end();
}
