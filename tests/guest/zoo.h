/*
 * What the zoo's guest does with devices that have no file to read and write.
 * A display is named by its place on PCI bus 0 ("02.0").  The functions return 0, or
 * 1 after a message.
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

/*
 * Encrypt and decrypt a megabyte with this driver of the kernel, which has a key of
 * 16 bytes and AES-CBC, and compare.
 */
int use_cipher(const char *driver);

/*
 * Print what comes from the input device whose name has @part, as "event TYPE CODE VALUE",
 * until Escape or the right button is released.
 */
int use_events(const char *part);

/* Play numbered frames. */
int use_play(const char *dsp);

/* Record, and compare with numbered frames. */
int use_hear(const char *dsp);

#endif
