/*
 * The files that a domain, or the QEMU arguments that libvirt made of it, names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_FILES_H
#define RR_LIBVIRT_FILES_H

#include "kvm-record/libvirt/domain.h"
#include "kvm-record/vm/access.h"
#include "kvm-record/vm/vm.h"

/* Who opens the files of a domain. */
struct rr_opener {
	struct rr_user user;
	bool lab; /* they are copied into the lab, so only read */
	bool owns; /* libvirt makes the user their owner before QEMU starts */
};

/**
 * Can the files that @doc names be opened?  False and @error, with line, user,
 * path and remedy, if one cannot be.  What is left to libvirt, as volumes of
 * storage pools and labels of the domain's own, is not looked at.
 */
bool rr_domain_check_files(xmlDoc *doc, const struct rr_opener *opener,
			   GError **error);

/** Can this process open the files in @vm, which libvirt has made? */
bool rr_arguments_check_files(const struct rr_vm *vm, GError **error);

#endif
