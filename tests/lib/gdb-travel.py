#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""gdb-travel.py SOCKET: a debugger that goes back in a replay, in gdb's remote protocol.

Prints TAP without a plan.  Registers and memory of a place are compared with what they were
the first time.
"""

import importlib.util
import os
import random
import sys
import time
import zlib

spec = importlib.util.spec_from_file_location(
    'session', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'gdb-session.py'))
session = importlib.util.module_from_spec(spec)
spec.loader.exec_module(session)

STEPS = int(os.environ.get('RR_STEPS', '100'))
SEEKS = int(os.environ.get('RR_SEEKS', '12'))
# Shortly before an interrupt, in real mode; of tests/golden/v1-bios.tar.
INTERRUPT = int(os.environ.get('RR_INTERRUPT', '249078'))
RSP, SS = 7, 19  # numbers of the registers in QEMU's x86-64 description
PUSHED = 6  # bytes, by an interrupt in real mode

random.seed(7)


class Traveller(session.Gdb):
    """What a session asks of the stub."""

    def monitor(self, text):
        """The answer to a monitor command."""
        answer = self.ask('qRcmd,' + text.encode().hex())
        return bytes.fromhex(answer).decode() if answer not in ('', 'OK') else answer

    def where(self):
        """Registers, place in the log, and a sum of low memory."""
        memory = zlib.crc32(''.join(
            self.ask(f'm{a:x},800') for a in range(0, 0x10000, 0x800)).encode())
        return self.ask('g'), self.monitor('rr when'), memory

    def register(self, number):
        """A register."""
        return int.from_bytes(bytes.fromhex(self.ask(f'p{number:x}')), 'little')

    def branches(self):
        """The count of branches here."""
        return int(self.monitor('rr when').split()[1].rstrip(','))

    def records(self):
        """The count of records here."""
        return int(self.monitor('rr when').split()[3].rstrip(','))

    def seek(self, branches):
        """Go to a count of branches."""
        self.monitor(f'rr seek {branches}')
        return self.ask('s')


def check(good, name):
    """One line of TAP; says whether it is good."""
    session.check(good, name)
    return good


def step_about(gdb, what):
    """Forward and back, by single steps."""
    places = [gdb.where()]
    for _ in range(STEPS):
        gdb.ask('s')
        places.append(gdb.where())
    wrong, times = 0, []
    while places:
        now, before = gdb.where(), places.pop()
        wrong += now[0] != before[0] or now[2] != before[2]
        begin = time.time()
        if places:
            gdb.ask('bs')
            times.append(time.time() - begin)
    check(not wrong, f'{what}: {STEPS} steps and back, {wrong} wrong')
    print(f'# the first step back took {times[0] * 1e3:.0f} ms, '
          f'the others {sum(times[1:]) / (STEPS - 1) * 1e3:.1f} ms')


def go_on(gdb):
    """Continue from a breakpoint, as gdb does."""
    gdb.ask('s')
    return gdb.ask('c')


def find_loop(gdb, targets):
    """Break where the guest comes three times; the places."""
    for target in targets:
        gdb.seek(target)
        here = gdb.rip()
        gdb.ask(f'Z0,{here:x},1')
        places = [gdb.where()]
        while len(places) < 4 and 'replaylog' not in go_on(gdb):
            places.append(gdb.where())
        if len(places) == 4:
            return here, places
        gdb.ask(f'z0,{here:x},1')
    raise LookupError('no loop')


def watch_about(gdb, targets):
    """Forward to a write to the stack, and back to before it."""
    for target in targets:
        gdb.seek(target)
        at = gdb.register(RSP) - 4
        if gdb.ask(f'Z2,{at:x},4') != 'OK':
            continue
        answer = gdb.ask('c')
        after, there = gdb.where(), gdb.ask(f'm{at:x},4')
        if 'watch' in answer:
            break
        gdb.ask(f'z2,{at:x},4')
    else:
        raise LookupError('no write')
    answer = gdb.ask('bc')
    before = gdb.where()
    gdb.ask(f'z2,{at:x},4')
    gdb.ask('s')
    check('watch' in answer and before != after and gdb.where() == after,
          f'a watchpoint backwards: {answer} {before[1].strip()}, then {there}')


def step_to_interrupt(gdb):
    """Step until the guest, in real mode, takes an interrupt; the address of what it pushed."""
    for _ in range(500):
        records, top = gdb.records(), gdb.register(RSP)
        gdb.ask('s')
        if gdb.records() > records and top - gdb.register(RSP) == PUSHED:
            return 16 * gdb.register(SS) + gdb.register(RSP)
    raise LookupError('no interrupt')


def watch_interrupt(gdb, branches):
    """The pushes of an interrupt are seen, and it is not lost for that."""
    gdb.seek(branches)
    pushed = step_to_interrupt(gdb)
    handler = gdb.where()
    gdb.ask('bs')
    gdb.ask(f'Z2,{pushed:x},{PUSHED}')
    answer = gdb.ask('c')
    check('watch' in answer and gdb.where() == handler, f'an interrupt writes to memory: {answer}')
    gdb.ask(f'z2,{pushed:x},{PUSHED}')


def main():
    gdb = Traveller(sys.argv[1])
    check('ReverseStep+;ReverseContinue+' in gdb.ask('qSupported'), 'the stub can go back')
    start = gdb.where()
    step_about(gdb, 'from reset')
    check(gdb.where()[0] == start[0], 'at reset again')
    answer = gdb.ask('bs')
    check('replaylog:begin' in answer, f'there is nothing before: {answer}')
    answer = gdb.ask('c')
    check('replaylog:end' in answer, f'the debugger stays at the end: {answer}')
    end = gdb.where()
    total = gdb.branches()
    gdb.ask('bs')
    check(gdb.where()[0] != end[0], f'a step back from there: {gdb.monitor("rr when").strip()}')
    print('# ' + gdb.monitor('rr checkpoints').strip())
    # Each place twice, from other directions.
    targets = [random.randrange(1, total) for _ in range(SEEKS)]
    seen, times = {}, []
    for target in targets + random.sample(targets, len(targets)):
        begin = time.time()
        gdb.seek(target)
        times.append(time.time() - begin)
        seen.setdefault(target, []).append(gdb.where())
    check(all(p[0] == p[1] for p in seen.values()), f'{2 * SEEKS} seeks, each place twice')
    check(all(int(p[0][1].split()[1].rstrip(',')) == t for t, p in seen.items()),
          'each is where it was to be')
    times.sort()
    print(f'# a seek takes {times[len(times) // 2]:.2f} s, at most {times[-1]:.2f} s')
    middle = targets[0]
    gdb.seek(middle)
    step_about(gdb, 'in the middle')
    here, places = find_loop(gdb, targets)
    back, begin = [], time.time()
    for _ in range(3):
        gdb.ask('bc')
        back.append(gdb.where())
    times = (time.time() - begin) / 3
    check(back == places[2::-1], f'a breakpoint backwards: {back[2][1].strip()}')
    print(f'# reverse-continue took {times:.2f} s')
    gdb.ask(f'z0,{here:x},1')
    watch_about(gdb, targets)
    watch_interrupt(gdb, INTERRUPT)
    answer = gdb.ask('c')
    check('replaylog:end' in answer and gdb.where() == end, f'the end is the same: {answer}')
    try:
        gdb.ask('D')
    except (EOFError, OSError):
        pass  # QEMU ends


if __name__ == '__main__':
    main()
