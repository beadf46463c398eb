/*
 * What rr-kvm knows of QEMU's options: the only place that knows it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_QEMU_OPTIONS_H
#define RR_QEMU_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* What follows an option on QEMU's command line. */
enum qemu_option_value {
	QEMU_OPTION_NONE, /* nothing */
	QEMU_OPTION_TEXT, /* text that never is a path */
	QEMU_OPTION_PATH, /* a path */
	QEMU_OPTION_LIST, /* "text,key=value,..."; a value may be a path */
};

struct qemu_option {
	const char *name; /* without "-" */
	enum qemu_option_value value;
	const char *refused; /* why it cannot be recorded; NULL: it can */
};

/** The row of an option; NULL for one that is not in the table. */
const struct qemu_option *qemu_option_find(const char *name);

/** Row @i of the table; NULL behind the last. */
const struct qemu_option *qemu_option_at(size_t i);

/** Whether the value of @key, in the list of any option, is a path. */
bool qemu_key_is_path(const char *key);

/**
 * Why @part ("key=value") in the list of option @name cannot be recorded; NULL
 * if it can.
 */
const char *qemu_part_refused(const char *name, const char *part);

/** Why -device @driver cannot be recorded; NULL if it can. */
const char *qemu_device_refused(const char *driver);

#endif
