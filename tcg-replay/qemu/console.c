/*
 * The guest's first serial port (16550 at 0x3f8), shown on stdout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"

#define SERIAL_BASE 0x3f8
#define SERIAL_DATA 0
#define SERIAL_LINE_CONTROL 3
#define SERIAL_MODEM_CONTROL 4
#define LINE_CONTROL_DLAB 0x80 /* the data register is the divisor */
#define MODEM_CONTROL_LOOP 0x10 /* nothing leaves the port */

static void show_byte(uint8_t value)
{
    putchar_unlocked(value);
    if (value == '\n') {
        fflush(stdout);
    }
}

void rr_replay_console_write(struct rr_replay *r, uint16_t port,
                             uint8_t value)
{
    struct rr_position *pos = &r->position;

    switch (port - SERIAL_BASE) {
    case SERIAL_DATA:
        if (r->config.console &&
            !(pos->serial.line_control & LINE_CONTROL_DLAB) &&
            !(pos->serial.modem_control & MODEM_CONTROL_LOOP)) {
            show_byte(value);
        }
        break;
    case SERIAL_LINE_CONTROL:
        pos->serial.line_control = value;
        break;
    case SERIAL_MODEM_CONTROL:
        pos->serial.modem_control = value;
        break;
    }
}
