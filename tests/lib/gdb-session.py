#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""gdb-session.py SOCKET: what a debugger asks of a replay, in gdb's remote protocol.

Prints TAP without a plan.  See "Remote Serial Protocol" in gdb's manual.
"""

import socket
import sys
import time

RIP = 16  # number of the register in QEMU's x86-64 description
IOAPIC = 0xfec00000
RESET = 0xfffffff0
BIOS = 0xe0000
LINUX = 0x100000  # where the 32-bit code of a bzImage begins


class Gdb:
    """A connection to the stub."""

    def __init__(self, path):
        for _ in range(200):
            self.s = socket.socket(socket.AF_UNIX)
            try:
                self.s.connect(path)
                break
            except OSError:
                self.s.close()
                time.sleep(0.1)
        self.data = b''

    def byte(self):
        """The next byte from the stub."""
        if not self.data:
            self.data = self.s.recv(4096)
            if not self.data:
                raise EOFError
        first, self.data = self.data[:1], self.data[1:]
        return first

    def ask(self, text):
        """The answer to this packet."""
        self.s.sendall(b'$%s#%02x' % (text.encode(), sum(text.encode()) % 256))
        while self.byte() != b'$':
            pass
        answer = b''
        while (c := self.byte()) != b'#':
            answer += c
        self.byte()
        self.byte()
        self.s.sendall(b'+')
        return answer.decode()

    def rip(self):
        """The instruction pointer."""
        return int.from_bytes(bytes.fromhex(self.ask(f'p{RIP:x}')), 'little')


tests = 0


def check(good, name):
    """One line of TAP."""
    global tests
    tests += 1
    print(f'{"ok" if good else "not ok"} {tests} - {name}', flush=True)


def main():
    gdb = Gdb(sys.argv[1])
    check(gdb.ask('?').startswith('T'), 'the guest is stopped')
    check(gdb.rip() == RESET & 0xffff, f'at reset: {gdb.rip():#x}')
    answer = gdb.ask(f'm{IOAPIC:x},4')
    check(answer.startswith('E'), f"a device's memory cannot be read: {answer}")
    answer = gdb.ask('P0=0500000000000000')
    check(answer.startswith('E'), f'a register cannot be written: {answer}')
    answer = gdb.ask('M1000,4:05000000')
    check(answer.startswith('E'), f'nor memory: {answer}')
    answer = gdb.ask('Qqemu.PhyMemMode:1')
    gdb.ask(f'm{IOAPIC:x},4')
    check(gdb.ask('M1000,4:05000000').startswith('E'), f'nor physical memory ({answer})')
    gdb.ask('Qqemu.PhyMemMode:0')
    before = gdb.rip()
    check(gdb.ask('s').startswith('T05') and gdb.rip() != before, f'a step: {gdb.rip():#x}')
    answer = gdb.ask(f'm{BIOS + 0x1fff0:x},5')
    check(len(answer) == 10, f'memory can: {answer}')
    there = gdb.rip()
    for _ in range(20):
        gdb.ask('s')
    check(gdb.rip() != there, f'twenty more: {gdb.rip():#x}')
    target = LINUX
    check(gdb.ask(f'Z0,{target:x},1') == 'OK', 'a breakpoint')
    answer = gdb.ask('c')
    check(answer.startswith('T05') and gdb.rip() == target,
          f'is hit: {answer}, rip {gdb.rip():#x}')
    check(gdb.ask(f'm{IOAPIC:x},4').startswith('E'), "a device's memory there")
    check(gdb.ask(f'z0,{target:x},1') == 'OK' and gdb.ask('D') == 'OK', 'detach')


if __name__ == '__main__':
    main()
