#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare.py: generated instructions on this processor and under TCG.

It runs BUILD/tests/silicon/run natively and under BUILD/bin/qemu-x86_64 with the
family of this processor, and compares the hash of each block of executions.  A
block whose hash differs is run again, and its results are compared one by one.
Differences that known.txt lists are counted; any other fails, and so does a
listed one that shows no more.  The results are TAP.

With --blocks FAMILY both sides are TCG, and one of them ends a block behind each
instruction: whatever an instruction leaves must not depend on where a block ends,
since an interrupt may come there.  Nothing is known and listed then.
"""
import argparse
import collections
import fnmatch
import itertools
import os
import subprocess
import sys
import tempfile

FLAGS = {0x1: 'CF', 0x4: 'PF', 0x10: 'AF', 0x40: 'ZF', 0x80: 'SF', 0x400: 'DF',
         0x800: 'OF'}
STATUS = {1: 'IE', 2: 'DE', 4: 'ZE', 8: 'OE', 16: 'UE', 32: 'PE', 64: 'SF', 128: 'ES',
          0x100: 'C0', 0x200: 'C1', 0x400: 'C2', 0x3800: 'TOP', 0x4000: 'C3', 0x8000: 'B'}
MXCSR = {1: 'IE', 2: 'DE', 4: 'ZE', 8: 'OE', 16: 'UE', 32: 'PE'}
ALL_ROUNDS = 4          # rounds that also run the forms with known differences
MORE_ROUNDS = 400       # for listed differences that are rare
SHOWN = 20              # unexplained blocks that are printed
SHOWN_OF_FORM = 2


class Side:
    """One of the two processors."""

    def __init__(self, name, command):
        self.name = name
        self.command = command

    def start(self, *args):
        return subprocess.Popen(self.command + [str(a) for a in args], text=True,
                                stdout=subprocess.PIPE)

    def run(self, *args):
        """The lines of output."""
        process = self.start(*args)
        lines = process.stdout.read().splitlines()
        if process.wait():
            raise SystemExit(f'Bail out! {self.name}: run {" ".join(map(str, args))}'
                             f' ended with {process.returncode}')
        return lines


class Known:
    """A row of known.txt: FAMILY : FORM : COMPONENT : REASON."""

    def __init__(self, line):
        fields = [f.strip() for f in line.split(':', 3)]
        self.family, self.form, self.component, self.reason = fields
        self.blocks = 0

    def fits(self, form, component):
        return fnmatch.fnmatchcase(form, self.form) and \
            fnmatch.fnmatchcase(component, self.component)


def table_lines(path):
    with open(path, encoding='utf-8') as f:
        return [line for line in f if line.strip() and line[0] != '#']


def is_measured(path, family):
    """Whether the table was completed on a processor of the family."""
    fields = [[field.strip() for field in line.split(':')] for line in table_lines(path)]
    return any(f[0] == 'measured' and f[1] == family for f in fields)


def read_known(path, family):
    rows = [Known(line) for line in table_lines(path) if not line.startswith('measured')]
    return [r for r in rows if fnmatch.fnmatchcase(family, r.family)]


def bits(value, names):
    return [name for mask, name in names.items() if value & mask]


def components(column, a, b):
    """The names of what differs between two values of a column."""
    a, b = int(a, 16), int(b, 16)
    difference = a ^ b
    if not difference:
        return []
    if column == 'lahf':
        difference = (difference >> 8 & 0xd5) | (difference & 1) << 11
        column = 'flags'
    if column == 'flags':
        return ['flags.' + n for n in bits(difference, FLAGS)]
    if column == 'mxcsr':
        return ['mxcsr.' + n for n in bits(difference, MXCSR)]
    if column == 'status':
        return ['status.' + n for n in bits(difference, STATUS)]
    if column == 'tags':
        return ['tags']
    if column.startswith('st.'):
        return ['stack']
    if column.startswith(('ymm', 'mm')):
        return ['vector']
    if column.startswith('mem'):
        return ['memory']
    return ['signal' if column == 'signal' else 'register']


def disassemble(mode, code):
    machine = {'64': 'i386:x86-64', '32': 'i386', '16': 'i8086'}[mode]
    with tempfile.NamedTemporaryFile() as f:
        f.write(bytes.fromhex(code))
        f.flush()
        out = subprocess.run(['objdump', '-D', '-b', 'binary', '-m', machine, f.name],
                             stdout=subprocess.PIPE, text=True, check=False).stdout
    lines = [line.split('\t')[-1] for line in out.splitlines() if line.startswith(' ')]
    return '; '.join(lines)


class Suite:
    """The two sides, and what was found so far."""

    def __init__(self, args):
        run = f'{args.build}/tests/silicon/run'
        self.args = args
        native = Side('native', [run])
        bits_first, self.family, self.nearest, modes = native.run('features')[0].split()
        self.known_family = self.family != 'unknown'
        if '32' not in modes:
            print('# this system has no segments for 32- and 16-bit code: 64-bit blocks alone')
        silicon = args.blocks or (self.family if self.known_family else 'tcg')
        qemu = [f'{args.build}/bin/qemu-x86_64', '-cpu', f'max,x-silicon={silicon}']
        self.sides = (native, Side('TCG', qemu + [run]))
        bits_second = self.sides[1].run('features')[0].split()[0]
        if args.blocks:
            short = Side('TCG with short blocks', qemu + ['-one-insn-per-tb', run])
            self.sides = (self.sides[1], short)
            bits_first = bits_second
        self.features = hex(int(bits_first, 16) & int(bits_second, 16))
        self.forms = native.run('forms')
        self.measured = is_measured(args.known, self.family)
        self.known = []
        if self.known_family and not args.blocks:
            self.known = read_known(args.known, self.family)
        self.executions = 0
        self.ran = set()
        self.found = collections.Counter()     # (form, components): blocks
        self.shown = 0

    def both(self, *args):
        """Pairs of lines of the two sides."""
        processes = [s.start(*args) for s in self.sides]
        for pair in itertools.zip_longest(*(p.stdout for p in processes), fillvalue=''):
            yield [line.rstrip('\n') for line in pair]
        for side, process in zip(self.sides, processes):
            if process.wait():
                raise SystemExit(f'Bail out! {side.name}: run {" ".join(map(str, args))}'
                                 f' ended with {process.returncode}')

    def detail(self, round_, form):
        """Compare the executions of one block one by one."""
        args = (self.args.seed, round_, form, self.args.rows, self.features)
        pairs = list(self.both('detail', *args))
        columns = pairs[2][0].split()[1:]
        different, example = set(), None
        for row, (a, b) in enumerate(pairs[3:]):
            here = set()
            for column, x, y in zip(columns, a.split(), b.split()):
                here.update(components(column, x, y))
            if here - different:
                different |= here
                example = example or (row, a, b)
        if len(set(map(len, (a.split() for a, _ in pairs[3:])))) > 1:
            different.add('signal')
        return pairs[0][0].split(maxsplit=3), columns, different or {'hash'}, example

    def explain(self, round_, form):
        insn, columns, different, example = self.detail(round_, form)
        name = self.forms[form]
        rest = set(different)
        for component in different:
            for row in self.known:
                if row.fits(name, component):
                    row.blocks += 1
                    rest.discard(component)
        if rest:
            self.show(round_, form, insn, columns, rest, example)

    def show(self, round_, form, insn, columns, rest, example):
        """Report an unexplained difference."""
        key = (self.forms[form], ' '.join(sorted(rest)))
        self.found[key] += 1
        if self.found[key] > SHOWN_OF_FORM or self.shown >= SHOWN:
            return
        self.shown += 1
        print(f'# {insn[3]}: {key[1]}: round {round_}, {insn[1]} bits, {insn[2]}: '
              f'{disassemble(insn[1], insn[2])}')
        if not example:
            return
        row, a, b = example
        inputs = self.sides[0].run('inputs', self.args.seed, round_, form, self.args.rows,
                                 self.features)
        given = inputs[3 + row].split() if len(inputs) > 3 + row else []
        for column, x, y, z in itertools.zip_longest(columns, a.split(), b.split(), given,
                                                     fillvalue='-'):
            if x != y:
                print(f'#   {column}: {self.sides[0].name} {x}, {self.sides[1].name} {y}, '
                      f'before {z}')
        print('#   before: ' + ' '.join(f'{c}={v}' for c, v in zip(columns, given)))

    def rounds(self, first, last, forms):
        """Run these rounds, and look into each block that differs."""
        different = []
        for a, b in self.both('blocks', self.args.seed, first, last, self.args.rows,
                              self.features, *forms):
            fields = a.split()
            self.executions += int(fields[2])
            self.ran.add(int(fields[1]))
            if a != b:
                different.append((int(fields[0]), int(fields[1])))
        for block in different:
            self.explain(*block)
        return len(different)

    def run(self):
        """Run as many executions as asked for."""
        wanted = float(self.args.executions)
        listed = {i for i, name in enumerate(self.forms)
                  if any(fnmatch.fnmatchcase(name, r.form) for r in self.known)}
        chosen = [i for i, name in enumerate(self.forms)
                  if fnmatch.fnmatchcase(name, self.args.forms)]
        others = [i for i in chosen if i not in listed]
        round_ = 0
        while self.executions < wanted:
            forms = chosen if round_ < ALL_ROUNDS else others
            count = 1 if round_ < ALL_ROUNDS else 16
            self.rounds(round_, round_ + count - 1, forms)
            round_ += count
            if self.args.progress:
                print(f'# {self.executions:.3g} executions', flush=True)
        self.look_for_rare(round_)

    def look_for_rare(self, first):
        """Run the forms of listed differences that have not shown yet."""
        for round_ in range(first, first + MORE_ROUNDS):
            rows = [r for r in self.known if not r.blocks]
            forms = [i for i in sorted(self.ran)
                     if any(fnmatch.fnmatchcase(self.forms[i], r.form) for r in rows)]
            if not forms:
                return
            self.rounds(round_, round_, forms)


def report_blocks(suite):
    """Print the result with --blocks; the exit status."""
    print('TAP version 13\n1..1')
    for (form, what), blocks in sorted(suite.found.items()):
        print(f'# depends on the block: {form}: {what} ({blocks} blocks)')
    print(f'{"not " if suite.found else ""}ok 1 {suite.args.blocks}: {suite.executions} '
          f'executions of {len(suite.ran)} forms do not depend on where a block ends')
    return 1 if suite.found else 0


def report(suite):
    """Print the results; the exit status."""
    if suite.args.blocks:
        return report_blocks(suite)
    print('TAP version 13\n1..2')
    print(f'# this processor: {suite.family}; {len(suite.ran)} forms, '
          f'{suite.executions} executions, seed {suite.args.seed}')
    for (form, what), blocks in sorted(suite.found.items()):
        print(f'# differs: {form}: {what} ({blocks} blocks)')
    for row in suite.known:
        print(f'# known: {row.form}: {row.component} ({row.blocks} blocks): {row.reason}')
    if not suite.known_family:
        forms = len({form for form, _ in suite.found})
        print(f'ok 1 # SKIP no family has the rules of this processor (nearest: '
              f'{suite.nearest}): {forms} forms differ from TCG and are not known')
        print('ok 2 # SKIP no known differences of an unknown family')
        return 4
    if not suite.measured:
        print(f'ok 1 # SKIP known.txt is not complete for the family {suite.family}: '
              f'{len(suite.found)} differences')
        print('ok 2 # SKIP no known differences of this family')
        return 4
    names = {suite.forms[i] for i in suite.ran}
    stale = [r for r in suite.known if not r.blocks and fnmatch.filter(names, r.form)]
    print(f'{"not " if suite.found else ""}ok 1 {suite.executions} executions of '
          f'{len(suite.ran)} forms: {len(suite.found)} unexplained differences')
    print(f'{"not " if stale else ""}ok 2 each difference that known.txt lists shows'
          + ''.join(f'; not: {r.form}: {r.component}' for r in stale))
    return 1 if suite.found or stale else 0


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description='compare TCG with this processor')
    parser.add_argument('--build', default='build')
    parser.add_argument('--executions', default='1e7')
    parser.add_argument('--seed', default=1, type=int)
    parser.add_argument('--rows', default=4096, type=int,
                        help='executions of one instruction')
    parser.add_argument('--forms', default='*', help='only these: a pattern')
    parser.add_argument('--known', default=os.path.join(here, 'known.txt'))
    parser.add_argument('--blocks', metavar='FAMILY',
                        help='compare TCG with TCG whose blocks are one instruction')
    parser.add_argument('--progress', action='store_true')
    suite = Suite(parser.parse_args())
    suite.run()
    return report(suite)


if __name__ == '__main__':
    sys.exit(main())
