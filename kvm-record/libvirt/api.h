/*
 * The functions of libvirt's C API that rr-kvm uses, loaded at run time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_API_H
#define RR_LIBVIRT_API_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define RR_LIBVIRT_FUNCTIONS(X)             \
	X(virConnectClose)                  \
	X(virConnectDomainEventRegisterAny) \
	X(virConnectDomainXMLToNative)      \
	X(virConnectGetCapabilities)        \
	X(virConnectOpen)                   \
	X(virDomainCreateXML)               \
	X(virDomainDefineXMLFlags)          \
	X(virDomainDestroyFlags)            \
	X(virDomainFree)                    \
	X(virDomainGetUUIDString)           \
	X(virDomainGetXMLDesc)              \
	X(virDomainHasManagedSaveImage)     \
	X(virDomainIsActive)                \
	X(virDomainLookupByName)            \
	X(virDomainLookupByUUIDString)      \
	X(virEventAddTimeout)               \
	X(virEventRegisterDefaultImpl)      \
	X(virEventRunDefaultImpl)           \
	X(virGetLastErrorMessage)           \
	X(virSetErrorFunc)

struct rr_libvirt_api {
#define X(function) __typeof__(function) *function;
	RR_LIBVIRT_FUNCTIONS(X)
#undef X
};

/** Load them; NULL and @error if libvirt is not installed.  Never unloaded. */
const struct rr_libvirt_api *rr_libvirt_api(GError **error);

#endif
