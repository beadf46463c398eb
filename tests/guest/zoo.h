/*
 * What the zoo's guest does with its display devices, each named by its place
 * on PCI bus 0 ("02.0").  They return 0, or 1 after a message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ZOO_H
#define ZOO_H

/* Write noise into the memory behind BAR 0 and read it back. */
int use_vram(const char *slot);

/* Let vmware-svga fill a rectangle and copy it. */
int use_svga(const char *slot);

/* Let ati-vga (Rage 128) write a word, fill a rectangle and copy it. */
int use_ati(const char *slot);

#endif
