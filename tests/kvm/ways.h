/* SPDX-License-Identifier: GPL-2.0 */
/* The ways in which KVM_CAP_X86_RECORD reports the guest's reads. */
#ifndef KVM_WAYS_H
#define KVM_WAYS_H

#include "tests/kvm/vm.h"

enum way { EXIT, RING, EPOCH, WAYS };

static const struct {
	const char *name;
	uint64_t flags;
} ways[WAYS] = {
	{ "exit", KVM_X86_RECORD_ENABLE },
	{ "ring", KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING },
	{ "epoch",
	  KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING | KVM_X86_RECORD_EPOCH },
};

#endif
