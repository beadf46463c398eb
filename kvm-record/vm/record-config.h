/*
 * The values of the recorder's options, as the recorder has them.
 *
 * Includes no header of QEMU's or GLib's: rr-kvm and the recorder share it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_CONFIG_H
#define RR_RECORD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/* How the guest's reads of its clock are recorded: X(enumerator, "name"). */
#define RR_NAMES_clock(X)                                             \
	X(RR_CLOCK_RING, "ring") /* exactly, through KVM's ring */    \
	X(RR_CLOCK_EXIT, "exit") /* exactly, with an exit for each */ \
	X(RR_CLOCK_EPOCH, "epoch") /* it stands still between its steps */

#define RR_ENUMERATOR(id, name) id,

enum rr_record_clock { RR_NAMES_clock(RR_ENUMERATOR) };

/* How accessed and dirty bits, and stale TLB entries, are recorded. */
#define RR_NAMES_paging(X)                                            \
	X(RR_PAGING_FLUSH, "flush") /* the TLB is empty at records */ \
	X(RR_PAGING_SHADOW, "shadow") /* KVM sets the bits */         \
	X(RR_PAGING_NONE, "none") /* not at all */

enum rr_record_paging { RR_NAMES_paging(RR_ENUMERATOR) };

/* What becomes of writes of QEMU to guest RAM that no hook reports. */
#define RR_NAMES_paranoid(X)                                     \
	X(RR_PARANOID_OFF, "off") /* nobody looks for them */    \
	X(RR_PARANOID_STOP, "stop") /* one ends the recording */ \
	X(RR_PARANOID_WARN, "warn") /* they are told and logged */

enum rr_record_paranoid { RR_NAMES_paranoid(RR_ENUMERATOR) };

#undef RR_ENUMERATOR

struct rr_record_config {
#define RR_FLAG(field, ...) bool field;
#define RR_CHOICE(field, ...) enum rr_record_##field field;
#define RR_NUMBER(field, ...) uint32_t field;
#include "kvm-record/vm/options.def"
};

/* RR_DEFAULT_epoch_us and so on: the defaults of the numbers. */
#define RR_FLAG(field, ...)
#define RR_CHOICE(field, ...)
#define RR_NUMBER(field, option, argument, property, manifest_key, min, max, \
		  default_value, ...)                                        \
	enum { RR_DEFAULT_##field = default_value };
#include "kvm-record/vm/options.def"

#endif
