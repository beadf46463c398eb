/*
 * The guest's first serial port (16550 at 0x3f8), shown on stdout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"

#define SERIAL_BASE 0x3f8
#define SERIAL_LINE_CONTROL 3
#define SERIAL_MODEM_CONTROL 4
#define LINE_CONTROL_DLAB 0x80
#define MODEM_CONTROL_LOOP 0x10

void rr_replay_console_write(uint16_t port, uint8_t value)
{
    RRConsole *c = &rr_replay.console;

    switch (port - SERIAL_BASE) {
    case 0:
        if (c->enabled && !(c->line_control & LINE_CONTROL_DLAB) &&
            !(c->modem_control & MODEM_CONTROL_LOOP)) {
            putchar_unlocked(value);
            if (value == '\n') {
                fflush(stdout);
            }
        }
        break;
    case SERIAL_LINE_CONTROL:
        c->line_control = value;
        break;
    case SERIAL_MODEM_CONTROL:
        c->modem_control = value;
        break;
    }
}
