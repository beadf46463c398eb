/*
 * Can this machine be recorded?  Asked of the machine that was built, since
 * many words build the same one: -smp and -M smp.cpus, -device and JSON,
 * -readconfig, -set, -global.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "system/system.h"
#include "hw/boards.h"
#include "hw/i386/pc.h"
#include "hw/i386/x86.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qom/object.h"

#define VHOST "others write guest memory for it"

/* Objects of a type whose name begins so. */
static const struct {
    const char *prefix, *why;
} refused_types[] = {
    { "iothread", "device code would run while the guest runs" },
    { "vhost-", VHOST },
    { "vfio-", VHOST },
    { "ivshmem-", VHOST },
    { "x-remote-", VHOST },
    { "x-vfio-", VHOST },
};

static const char *why_refused(const char *type)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused_types); i++) {
        if (g_str_has_prefix(type, refused_types[i].prefix)) {
            return refused_types[i].why;
        }
    }
    return NULL;
}

static bool is_on(Object *obj, const char *property)
{
    return object_property_find(obj, property) &&
           object_property_get_bool(obj, property, NULL);
}

static int check_object(Object *obj, void *opaque)
{
    const char *type = object_get_typename(obj);
    const char *why = why_refused(type);
    Error **errp = opaque;

    if (why) {
        error_setg(errp, "%s cannot be recorded: %s", type, why);
    } else if (object_dynamic_cast(obj, "apic-common") &&
               is_on(obj, "vapic")) {
        error_setg(errp, "the APIC's vapic=on cannot be recorded: it writes "
                   "guest memory without a record");
    } else if (object_dynamic_cast(obj, "nvme") &&
               object_property_get_link(obj, "pmrdev", NULL)) {
        error_setg(errp, "nvme with pmrdev cannot be recorded: its threads "
                   "read disks into memory that the guest sees");
    }
    return *errp != NULL;
}

/* A property that the machine has, and nobody has chosen. */
static void choose_off(Object *machine, const char *property)
{
    g_autofree char *value = object_property_find(machine, property) ?
        object_property_get_str(machine, property, NULL) : NULL;

    if (!g_strcmp0(value, "auto")) {
        object_property_set_str(machine, property, "off", &error_abort);
    }
}

void rr_machine_prepare(Error **errp)
{
    if (!object_dynamic_cast(OBJECT(current_machine), TYPE_X86_MACHINE)) {
        error_setg(errp, "the machine '%s' cannot be recorded: it has none of "
                   "an x86 machine's devices (pc, q35, isapc and microvm can "
                   "be recorded)", MACHINE_GET_CLASS(current_machine)->name);
        return;
    }
    choose_off(OBJECT(current_machine), "smm");
    choose_off(OBJECT(current_machine), "vmport");
}

static bool check_machine(MachineState *ms, Error **errp)
{
    if (ms->smp.max_cpus > RR_MAX_VCPUS) {
        error_setg(errp, "no more than %d vCPU can be recorded, and the "
                   "machine has room for %u (-smp maxcpus, or one of the "
                   "machine's own)", RR_MAX_VCPUS, ms->smp.max_cpus);
    } else if (object_dynamic_cast(OBJECT(ms), TYPE_X86_MACHINE) &&
               x86_machine_is_smm_enabled(X86_MACHINE(ms))) {
        error_setg(errp, "system management mode is not recorded: give the "
                   "machine smm=off");
    } else if (object_dynamic_cast(OBJECT(ms), TYPE_PC_MACHINE) &&
               PC_MACHINE(ms)->vmport == ON_OFF_AUTO_ON) {
        error_setg(errp, "vmport changes registers without a record: give the "
                   "machine vmport=off");
    }
    return !*errp;
}

static bool check_cpu(const X86CPU *cpu, Error **errp)
{
    if (cpu->hyperv_features || cpu->hyperv_passthrough) {
        error_setg(errp, "hv-* features of -cpu cannot be recorded: KVM "
                   "itself writes guest memory for them");
    } else if (enable_cpu_pm) {
        error_setg(errp, "-overcommit cpu-pm=on cannot be recorded: the guest "
                   "would halt without an exit");
    }
    return !*errp;
}

bool rr_machine_check(CPUState *cpu, Error **errp)
{
    ERRP_GUARD();

    return check_machine(current_machine, errp) &&
           check_cpu(X86_CPU(cpu), errp) &&
           !object_child_foreach_recursive(object_get_root(), check_object,
                                           errp);
}

/* A device was plugged while the guest runs. */
static void device_realized(DeviceListener *listener, DeviceState *dev)
{
    const char *type = object_get_typename(OBJECT(dev));
    const char *why = why_refused(type);

    if (why) {
        rr_recorder_fail(&rr_recorder, "%s was plugged: %s", type, why);
    }
}

void rr_machine_watch(void)
{
    static DeviceListener listener = { .realize = device_realized };

    device_listener_register(&listener);
}
