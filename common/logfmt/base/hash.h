/*
 * XXH3, by the widest vectors that the processor has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_HASH_H
#define RRLOG_HASH_H

#ifdef __x86_64__
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

#endif
