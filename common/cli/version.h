/*
 * The version of the project: of all its programs, and of the recorder.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_VERSION_H
#define RR_VERSION_H

#define RR_VERSION "0.1"

#endif
