/*
 * Names of functions of this program, for reports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SYMBOLS_H
#define RR_SYMBOLS_H

/**
 * The function of this program that has the code at @address, for example
 * "vga_ioport_write"; NULL if there is none.  Reads the program's file at each
 * call.  The caller frees the result.  Any thread.
 */
char *rr_symbol_name(uintptr_t address);

/** The same, if @address follows a call in this program. */
char *rr_symbol_caller(uintptr_t address);

#endif
