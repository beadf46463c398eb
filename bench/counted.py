# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a batch in one way, counted by bench/count, in the lab or on this host."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile

import workload
from ways import WAYS

EXITS = {   # the numbers are SVM's
    0x40: 'exception', 0x60: 'interrupt', 0x61: 'nmi', 0x64: 'irq-window',
    0x65: 'cr-write', 0x6e: 'rdtsc', 0x6f: 'rdpmc', 0x72: 'cpuid', 0x76: 'invd',
    0x78: 'halt', 0x7b: 'port', 0x7c: 'msr', 0x7f: 'shutdown', 0x81: 'vmmcall',
    0x87: 'rdtscp', 0x89: 'wbinvd', 0x8d: 'xsetbv', 0x400: 'nested-page', 0x401: 'avic',
}


class Failed(Exception):
    pass


class Stalled(Failed):
    pass


SILENCE = 240       # seconds, by the lab's clock; a guest silent for longer hangs


def exit_name(number):
    if number in ('start', 'called-off'):
        return number
    n = int(number, 16)
    if n in EXITS:
        return EXITS[n]
    return f'cr-{n:#x}' if n < 0x20 else 'exception' if 0x40 <= n < 0x60 else f'{n:#x}'


def parse(path):
    """count's file: [(mark, {name: value}, {(reason, where): [n, branches]})]"""
    marks = []
    with open(path, encoding='ascii', errors='replace') as f:
        for line in f:
            words = line.split()
            if words[0] == 'mark':
                marks.append((line[5:].strip(), {}, {}))
            elif words[0] in ('exit', 'port'):
                name = exit_name(words[1]) if words[0] == 'exit' else 'port ' + words[1]
                cell = marks[-1][2].setdefault(f'{name} {words[2]}', [0, 0])
                cell[0] += int(words[3])
                cell[1] += int(words[4])
            else:
                marks[-1][1][words[0]] = int(words[1])
    return marks


def phases(marks):
    """{phase: (values, exits)}; a phase is boot, a workload or total."""
    def minus(a, b):
        values = {k: v - b[1].get(k, 0) for k, v in a[1].items()
                  if k not in ('peak-kib', 'status', 'lost')}
        exits = {}
        for k, v in a[2].items():
            before = b[2].get(k, [0, 0])
            if v[0] > before[0]:
                exits[k] = [v[0] - before[0], v[1] - before[1]]
        return values, exits
    start = ('start', {}, {})
    out, begun = {}, {}
    for m in marks:
        word, _, name = m[0].partition(' ')
        if word == 'FAILED':
            raise Failed(f'the guest says: {m[0]}')
        if word == 'up':
            out['boot'] = minus(m, start)
        elif word == 'begin':
            begun[name] = m
        elif word == 'end':
            out[name] = minus(m, begun[name])
        elif word == 'latency':
            name, *figures = name.split()
            out[name][0].update((k, int(v)) for k, v in (f.split('=') for f in figures))
        elif word == 'exit':
            out['total'] = minus(m, start)
            for k in ('peak-kib', 'status', 'lost'):
                if k in m[1]:
                    out['total'][0][k] = m[1][k]
    if not any(m[0] == 'done' for m in marks):
        raise Failed('the guest did not finish')
    return out


def tail(path, n=8):
    try:
        with open(path, encoding='utf-8', errors='replace') as f:
            return ''.join(f.readlines()[-n:])
    except OSError:
        return ''


class Bench:
    """The paths of the build."""

    def __init__(self, build):
        self.build = os.path.realpath(build)
        self.bin = f'{self.build}/bin'
        self.qemu = f'{self.bin}/qemu-system-x86_64'
        self.guest = f'{self.build}/bench-guest'
        self.out = f'{self.build}/bench'
        self.count = f'{self.out}/count'
        os.makedirs(self.out, exist_ok=True)
        self.make_count()

    def make_count(self):
        subprocess.run(['gcc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-D_GNU_SOURCE',
                        '-static', '-o', f'{self.count}.{os.getpid()}',
                        os.path.join(workload.HERE, 'count.c')], check=True)
        os.rename(f'{self.count}.{os.getpid()}', self.count)

    def temporary(self):
        return tempfile.TemporaryDirectory(prefix='run-', dir=self.out)

    def stats(self, trace):
        p = subprocess.run([f'{self.bin}/rr-log', 'stats', '--json', trace],
                           stdout=subprocess.PIPE)
        if p.returncode:
            raise Failed('rr-log stats failed')
        s = json.loads(p.stdout)
        return dict(records=s['records'], raw=s['raw_bytes'], stored=s['stored_bytes'],
                    blobs=os.path.getsize(f'{trace}/blobs'),
                    pages=s['pages_bytes'], branches=s['branches'],
                    seconds=s['host_time_ns'] / 1e9,
                    types={k: dict(records=v['records'], bytes=v['encoded_bytes'])
                           for k, v in s['types'].items()})

    def in_lab(self, batch, way, exits=False, mem=256, keep=None, replay_of=None,
               seed=1, timeout=1800):
        """The counts of one run in the deterministic lab.  KEEP: the trace's path."""
        how = WAYS[way]
        machine = workload.Machine(batch, self.guest, mem)
        with self.temporary() as tmp:
            out, files = f'{tmp}/out', f'{tmp}/guest'
            os.mkdir(out)
            take = ['--file', f'{self.count}:/bench/count', '--file', f'{tmp}/run:/bench/run']
            trace = '/tmp/t.rrt' if exits else '/out/t.rrt'
            command = ['/bench/count', '-o', '/out/count', '-s', str(SILENCE)]
            if exits:
                command.append('-x')
            if replay_of:
                take += ['--file', f'{replay_of}:/trace',
                         '--file', f'{self.bin}/rr-tcg:/opt/rr/bin/rr-tcg']
                command += ['/opt/rr/bin/rr-tcg', 'replay', '--trace', '/trace', '--console']
                mem_lab = mem + 1536 + size_of(replay_of) * 2 // (1 << 20)
            else:
                machine.put(files)
                take += ['--file', f'{files}:/guest']
                if how.get('trace'):
                    command += ['-f', f'{trace}/events', '-f', f'{trace}/blobs']
                command += ['/opt/rr/bin/qemu-system-x86_64']
                command += workload.qemu_arguments(how, machine, '/guest', trace)
                mem_lab = mem + 1664 + 2 * size_of(files) // (1 << 20)
            with open(f'{tmp}/run', 'w') as f:
                f.write('exec ' + shlex.join(command)
                        + ' </dev/null >/out/console 2>/out/stderr\n')
            lab = f'{self.build}/lab'
            status, said = stoppable(
                ['sh', f'{lab}/run.sh', '--qemu', self.qemu, '--kernel', f'{lab}/vmlinuz',
                 '--image', f'{lab}/lab.cpio.gz', '--pmu', '--seed', str(seed),
                 '--mem', str(mem_lab), '--out', out, *take, '--', 'sh', '/bench/run'],
                timeout)
            if status == 99:
                raise Stalled(f'{way}: the guest hangs\n' + tail(f'{out}/console', 2))
            if status or not os.path.exists(f'{out}/count'):
                raise Failed(f'{way}: the lab says {status}\n' + said[-800:]
                             + tail(f'{out}/stderr') + tail(f'{out}/console'))
            marks = parse(f'{out}/count')
            try:
                result = phases(marks)
            except Failed as e:
                raise Failed(f'{way}: {e}\n' + tail(f'{out}/stderr') + tail(f'{out}/console'))
            if result['total'][0].get('lost'):
                raise Failed(f'{way}: exits were lost in tracing')
            stats = None
            if how.get('trace') and not exits and os.path.exists(f'{out}/t.rrt/manifest'):
                stats = self.stats(f'{out}/t.rrt')
                if keep:
                    shutil.rmtree(keep, ignore_errors=True)
                    os.makedirs(os.path.dirname(keep), exist_ok=True)
                    shutil.move(f'{out}/t.rrt', keep)
            return result, stats

    def here(self, batch, way, directory, trace=None, generic=False, timeout=1800):
        """Time one run on this host."""
        how = WAYS[way]
        machine = workload.Machine(batch, self.guest)
        command = [self.count, '-o', f'{directory}/count']
        if generic:
            command.append('-g')
        if way == 'replay':
            command += [f'{self.bin}/rr-tcg', 'replay', '--trace', trace, '--console']
        else:
            machine.put(f'{directory}/guest')
            if how.get('icount'):
                command += ['-f', trace]
            elif how.get('trace'):
                command += ['-f', f'{trace}/events', '-f', f'{trace}/blobs']
            command += [self.qemu]
            command += workload.qemu_arguments(how, machine, f'{directory}/guest', trace or '',
                                               latency=generic)
        with open(f'{directory}/console', 'wb') as console, open(f'{directory}/stderr', 'wb') as err:
            try:
                p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=console,
                                   stderr=err, timeout=timeout)
            except subprocess.TimeoutExpired:
                raise Failed(f'{way}: no end after {timeout} s\n' + tail(f'{directory}/stderr')
                             + tail(f'{directory}/console'))
        if p.returncode:
            raise Failed(f'{way}: exit status {p.returncode}\n' + tail(f'{directory}/stderr')
                         + tail(f'{directory}/console'))
        return phases(parse(f'{directory}/count'))


def stoppable(command, timeout):
    """Status and stderr of run.sh.  After the timeout it is stopped, then its lab."""
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE)
    for seconds in (timeout, 60, 10):
        try:
            said = p.communicate(timeout=seconds)[1].decode(errors='replace')
            break
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGINT)
    else:
        p.kill()
        said = p.communicate()[1].decode(errors='replace')
    if seconds != timeout:
        return 'no end', f'stopped after {timeout} s\n' + said
    return p.returncode, said


def size_of(directory):
    return sum(os.path.getsize(os.path.join(d, f))
               for d, _, fs in os.walk(directory) for f in fs)
