/*
 * The functions of libvirt's C API; see api.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/api.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "common/cli/message.h"

#define LIBRARY "libvirt.so.0"

static bool load(void *library, const char *name, void *function,
		 GError **error)
{
	void *found = dlsym(library, name);

	if (!found) {
		rr_set_error(error, "this libvirt is too old: it has no %s",
			     name);
		return false;
	}
	memcpy(function, &found, sizeof(found));
	return true;
}

const struct rr_libvirt_api *rr_libvirt_api(GError **error)
{
	static struct rr_libvirt_api api;
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_GLOBAL);

	if (!library) {
		rr_set_error(error,
			     "libvirt is not installed (%s): install the "
			     "packages libvirt0 and libvirt-daemon-driver-qemu",
			     dlerror());
		return NULL;
	}
#define X(function)                                          \
	if (!load(library, #function, &api.function, error)) \
		return NULL;
	RR_LIBVIRT_FUNCTIONS(X)
#undef X
	return &api;
}
