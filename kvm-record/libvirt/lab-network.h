/*
 * The network of a domain in the lab.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_LAB_NETWORK_H
#define RR_LIBVIRT_LAB_NETWORK_H

#include "kvm-record/libvirt/domain.h"
#include "kvm-record/vm/vm.h"

/**
 * Take the interfaces out of @doc, and add the same cards, with QEMU's own
 * network, to @cards.  virConnectDomainXMLToNative() would make a tap device on
 * this host of each, whatever its type.
 */
void rr_lab_network(xmlDoc *doc, struct rr_vm *cards);

#endif
