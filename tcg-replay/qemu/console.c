/*
 * What the guest prints on serial ports (16550) and debug ports, shown on
 * stdout: of the first serial port each byte as it comes, of the others whole
 * lines with their name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"

#define SERIAL_DATA 0
#define SERIAL_LINE_CONTROL 3
#define SERIAL_MODEM_CONTROL 4
#define SERIAL_PORTS 8
#define LINE_CONTROL_DLAB 0x80 /* the data register is the divisor */
#define MODEM_CONTROL_LOOP 0x10 /* nothing leaves the port */

#define ASKED 5 /* the console that guests ask whether it is there */
#define DEBUG_PORT_ANSWER 0xe9 /* isa-debugcon's, to a read */

/*
 * The first is shown raw, the last once it has answered: until SeaBIOS has
 * asked whether it is there, it writes to it anyway.
 */
static const struct {
    const char *name;
    uint16_t base;
    uint16_t ports; /* 1: a debug port */
} consoles[RR_CONSOLES] = {
    { "ttyS0", 0x3f8, SERIAL_PORTS },
    { "ttyS1", 0x2f8, SERIAL_PORTS },
    { "ttyS2", 0x3e8, SERIAL_PORTS },
    { "ttyS3", 0x2e8, SERIAL_PORTS },
    { "port 0xe9", 0xe9, 1 },
    { "port 0x402", 0x402, 1 },
};

/* @again: a debugger went back, and this was shown before. */
static void show_raw(struct rr_console *c, uint8_t value, bool again)
{
    c->is_inside_line = value != '\n';
    if (again) {
        return;
    }
    putchar_unlocked(value);
    if (value == '\n') {
        fflush(stdout);
    }
}

static void show_line(struct rr_console *first, struct rr_console *c,
                      const char *name, bool again)
{
    if (!again) {
        printf("%s[%s] %.*s\n", first->is_inside_line ? "\n" : "", name,
               (int)c->line_bytes, c->line);
        fflush(stdout);
    }
    first->is_inside_line = false;
    c->line_bytes = 0;
}

static void show_byte(struct rr_replay *r, int i, uint8_t value)
{
    struct rr_position *pos = &r->position;
    bool again = pos->output_bytes < r->debugger.shown_bytes;
    struct rr_console *c = &pos->consoles[i];

    c->has_output = true;
    if (i == 0) {
        show_raw(c, value, again);
        return;
    }
    if (value != '\n' && value != '\r') {
        c->line[c->line_bytes++] = value;
    }
    if (value == '\n' || c->line_bytes == sizeof(c->line)) {
        show_line(&pos->consoles[0], c, consoles[i].name, again);
    }
}

static void write_to(struct rr_replay *r, int i, uint16_t offset,
                     uint8_t value)
{
    struct rr_console *c = &r->position.consoles[i];

    switch (offset) {
    case SERIAL_DATA:
        if (r->config.console && (i != ASKED || c->has_answered) &&
            !(c->line_control & LINE_CONTROL_DLAB) &&
            !(c->modem_control & MODEM_CONTROL_LOOP)) {
            show_byte(r, i, value);
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

void rr_replay_console_write(struct rr_replay *r, uint16_t port,
                             uint8_t value)
{
    for (int i = 0; i < RR_CONSOLES; i++) {
        if (port >= consoles[i].base &&
            port < consoles[i].base + consoles[i].ports) {
            write_to(r, i, port - consoles[i].base, value);
            return;
        }
    }
}

void rr_replay_console_read(struct rr_replay *r, uint16_t port, uint8_t value)
{
    if (port == consoles[ASKED].base) {
        r->position.consoles[ASKED].has_answered = value == DEBUG_PORT_ANSWER;
    }
}

void rr_replay_console_end(struct rr_replay *r)
{
    struct rr_position *pos = &r->position;
    bool has_output = pos->consoles[0].has_output;

    if (!r->config.console) {
        return;
    }
    for (int i = 1; i < RR_CONSOLES; i++) {
        has_output |= pos->consoles[i].has_output;
        if (pos->consoles[i].line_bytes) {
            show_line(&pos->consoles[0], &pos->consoles[i], consoles[i].name,
                      r->debugger.is_moving);
        }
    }
    if (!has_output) {
        fprintf(stderr, "rr-replay: the guest printed nothing on a serial "
                "port of the PC or a debug port (0xe9, 0x402); virtio "
                "consoles are not shown, and a display is with --screen\n");
    }
}
