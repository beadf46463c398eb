#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""run.py [OPTION]... [SET]: measure, and write BUILD/bench/results-SET.json.

SET is check, short or full (ways.py).  Recording ways are counted in the deterministic
lab.  With --verify they are counted twice; if one count differs, the bench says so and
ends with status 1.  Replays are timed on this host, alternating with plain TCG.  With
--host this host's KVM is timed, and nothing is counted in the lab.

Exit status: 0 all well, 1 failed runs or counts that differ, 2 wrong use."""

import argparse
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import counted
import results
import workload
from ways import RECORDING, SCALING, SCALING_WAYS, SETS, WAYS

lock = threading.Lock()


def say(*words):
    with lock:
        print('bench:', *words, file=sys.stderr, flush=True)


class Session:
    def __init__(self, options, bench, result, path):
        self.o, self.bench, self.result, self.path = options, bench, result, path
        self.failed = 0
        self.traces = {}

    def save(self):
        with lock:
            results.save(self.result, self.path)

    def fail(self, text):
        with lock:
            self.failed += 1
        say('FAILED', text)

    def add(self, batch_name, sizes, way, phases, **more):
        with lock:
            for phase, (counts, exits) in phases.items():
                run = dict(batch=batch_name, workload=phase, size=sizes.get(phase, 0),
                           way=way, counts=counts, **more)
                if exits:
                    run['exits'] = exits
                results.put(self.result['runs'], run)

    # ---- counts in the lab --------------------------------------------------

    def lab_run(self, batch_name, batch, way, mode, **more):
        """mode: count, again or exits."""
        what = f'{batch_name}, {way}' + ('' if mode == 'count' else f', {mode}')
        for seed in range(self.o.seed, self.o.seed + 3):
            try:
                got = self.bench.in_lab(batch, way, exits=mode == 'exits', seed=seed, **more)
                break
            except counted.Stalled as e:
                # Seen with plain KVM and virtio-blk: RESULTS.md.
                say(f'{what}, seed {seed}: {e}'.strip() + '; again, with another seed')
            except counted.Failed as e:
                self.fail(f'{what}: {e}')
                return None
        else:
            self.fail(f'{what}: hangs with three seeds')
            return None
        if seed != self.o.seed:
            with lock:
                self.result.setdefault('seeds', {})[what] = seed
        say(f'{what}: done')
        return got

    def count(self, batches):
        """All ways of some batches."""
        o, jobs = self.o, []
        with ThreadPoolExecutor(o.jobs) as pool:
            for batch_name, batch in batches.items():
                for way in o.ways:
                    keep = None
                    if WAYS[way].get('trace') and (way == RECORDING or o.keep):
                        keep = f'{self.bench.out}/traces/{batch_name}-{way}.rrt'
                        self.traces[batch_name] = (batch, keep)
                    futures = {'count': pool.submit(self.lab_run, batch_name, batch, way,
                                                    'count', keep=keep)}
                    if o.verify:
                        futures['again'] = pool.submit(self.lab_run, batch_name, batch, way,
                                                       'again')
                    if o.exits:
                        futures['exits'] = pool.submit(self.lab_run, batch_name, batch, way,
                                                       'exits')
                    jobs.append((batch_name, batch, way, futures))
            for batch_name, batch, way, futures in jobs:
                self.collect(batch_name, batch, way,
                             {k: f.result() for k, f in futures.items()})

    def collect(self, batch_name, batch, way, got):
        if not got['count']:
            return
        phases, trace = got['count']
        more = {}
        if 'again' in got:
            differ = got['again'] and differences(got['count'], got['again'])
            for d in differ or []:
                self.fail(f'{batch_name}, {way}: not repeatable: {d}')
            more['verified'] = bool(got['again']) and not differ
        exits = got.get('exits')
        if exits:
            # For Figures.tracing(): how much the tracing itself costs.
            for phase, (counts, kinds) in exits[0].items():
                if phase in phases:
                    phases[phase][1].update(kinds)
                    phases[phase][0]['traced-vcpu-host-branches'] = \
                        counts.get('vcpu-host-branches', 0)
        self.add(batch_name, dict(batch), way, phases, **more)
        if trace:
            with lock:
                for run in self.result['runs']:
                    if (run['batch'], run['way'], run['workload']) == (batch_name, way, 'total'):
                        run['trace'] = trace
        self.save()

    # ---- replay, timed here --------------------------------------------------

    def time_replays(self, ways):
        for batch_name, (batch, trace) in sorted(self.traces.items()):
            if os.path.exists(f'{trace}/manifest'):
                self.time(batch_name, batch, ways, trace)

    def time(self, batch_name, batch, ways, trace, generic=False):
        """Time the ways, alternating: A B A B."""
        series, skipped = {w: [] for w in ways}, {}
        for i in range(self.o.pairs):
            for way in ways:
                if way in skipped:
                    continue
                with self.bench.temporary() as tmp:
                    own = f'{self.bench.out}/rrfile' if 'icount' in WAYS[way] else trace
                    if WAYS[way].get('trace') and 'icount' not in WAYS[way]:
                        own = f'{tmp}/t.rrt'
                    try:
                        series[way].append(self.bench.here(batch, way, tmp, own, generic,
                                                           timeout=self.o.timeout))
                        say(f'{batch_name}, {way}, run {i + 1} here: done')
                    except counted.Failed as e:
                        skipped[way] = str(e)
                        if 'icount' in WAYS[way]:
                            say(f'{batch_name}: {way} does not work and is left out:',
                                str(e).strip().splitlines()[0])
                        else:
                            self.fail(f'{batch_name}, {way} here: {e}')
        for way, runs in series.items():
            for phase in runs[0] if runs and way not in skipped else ():
                seconds = {f: [r[phase][0][f] for r in runs if f in r[phase][0]]
                           for f in ('wall-ns', 'cpu-ns', 'peak-kib', 'size-1',
                                     *results.LATENCY)}
                results.put(
                    self.result['timings'], dict(batch=batch_name, workload=phase, size=dict(batch).get(phase, 0),
                         way=way, seconds={k: v for k, v in seconds.items() if v}))
        self.save()
        if skipped:
            self.result.setdefault('skipped', []).extend(
                dict(batch=batch_name, way=w, why=why.strip().splitlines()[0])
                for w, why in skipped.items())

    # ---- replay, counted in the lab ------------------------------------------

    def count_replay(self):
        """Count a boot in plain TCG and replayed, both in the lab.  Exact, but slow."""
        keep = f'{self.bench.out}/traces/boot-{RECORDING}.rrt'
        if not self.lab_run('boot', [], RECORDING, 'count', keep=keep):
            return
        with ThreadPoolExecutor(self.o.jobs) as pool:
            tcg = pool.submit(self.lab_run, 'boot', [], 'tcg', 'count')
            replay = pool.submit(self.lab_run, 'boot', [], 'replay', 'count', replay_of=keep)
            for way, f in (('tcg', tcg), ('replay', replay)):
                if f.result():
                    self.add('boot', {}, way, f.result()[0])

    # ---- scaling --------------------------------------------------------------

    def scale(self):
        work = [(f'{s["workload"]}.{i}', s['workload'], k, point)
                for k, s in SCALING.items() if s['workload']
                for i, point in enumerate(s['points'])]
        jobs = []
        with ThreadPoolExecutor(self.o.jobs) as pool:
            for way in SCALING_WAYS:
                batch = [(item, point) for item, _, _, point in work]
                jobs.append((way, None, pool.submit(self.lab_run, 'scaling', batch, way, 'count')))
                for mem in SCALING['memory']['points']:
                    jobs.append((way, mem, pool.submit(
                        self.lab_run, f'scaling memory {mem}', [], way, 'count', mem=mem)))
            for way, mem, f in jobs:
                if not f.result():
                    continue
                phases = f.result()[0]
                if mem:
                    self.scaled('memory', mem, way, phases['total'][0])
                else:
                    for item, _, knob, point in work:
                        self.scaled(knob, point, way, phases[item][0])
                self.save()

    def scaled(self, knob, point, way, counts):
        self.result['scaling'] = [x for x in self.result['scaling']
                                  if (x['knob'], x['point'], x['way']) != (knob, point, way)]
        self.result['scaling'].append(dict(knob=knob, point=point, way=way, counts=counts))


def differences(a, b):
    out = []
    for phase in sorted(set(a[0]) | set(b[0])):
        for f in sorted(set(a[0].get(phase, ({},))[0]) | set(b[0].get(phase, ({},))[0])):
            x, y = (r[0].get(phase, ({},))[0].get(f) for r in (a, b))
            if x != y and f != 'peak-kib':
                out.append(f'{phase}: {f} {x}, then {y}')
    return out


def choose_batches(p, o, s):
    """The batches {NAME: [(WORKLOAD, SIZE)]} that the options @o leave of the set @s."""
    if o.workloads:
        batches = {'own': [w for w in o.workloads.split(',') if w != 'boot']}
    else:
        wanted = o.batches.split(',') if o.batches else list(s['batches'])
        for b in wanted:
            if b not in s['batches']:
                p.error(f'no batch {b} in the set {o.set}: {", ".join(s["batches"])}')
        batches = {b: names for b, names in s['batches'].items() if b in wanted}

    def size(name):
        sizes = workload.read(name)['size']
        return o.size or sizes.get(s['size'], sizes['short'])
    return {b: [(n, size(n)) for n in names] for b, names in batches.items()}


def check_options(p, o):
    for w in o.ways:
        if w not in WAYS:
            p.error(f'no way {w}: {", ".join(WAYS)}')
        if WAYS[w]['where'] != 'kvm' and not (o.host and w == 'tcg'):
            p.error(f'{w} is not counted like recording: --replay times it, '
                    '--count-replay counts it')
    if o.no_count and not (o.host or o.replay or o.count_replay or o.scaling):
        p.error('--no-count leaves nothing to do: add --replay, --count-replay or --scaling')


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('set', nargs='?', default='short', choices=sorted(SETS))
    p.add_argument('--build', default=os.environ.get('RR_BUILD', 'build'))
    p.add_argument('-o', '--output', help='the file of results')
    p.add_argument('--add', action='store_true', help='add to that file, in place of equal runs')
    which = p.add_mutually_exclusive_group()
    which.add_argument('-b', '--batches', help='only these of the set, such as "io,e1000"')
    which.add_argument('-w', '--workloads',
                       help='these instead of the set\'s, such as "hash,idle"')
    p.add_argument('--ways', help='these instead of the set\'s')
    p.add_argument('--size', type=int, help='of all workloads')
    p.add_argument('--verify', action='store_true', help='count twice')
    p.add_argument('--no-exits', action='store_true', help='do not trace exits')
    p.add_argument('--no-count', action='store_true', help='no counts in the lab')
    p.add_argument('--replay', action='store_true', help='also time replays')
    p.add_argument('--count-replay', action='store_true', help='also count a replay, in the lab')
    p.add_argument('--scaling', action='store_true', help='also the scaling runs')
    p.add_argument('--host', action='store_true', help="time this host's KVM, no lab")
    p.add_argument('--pairs', type=int, default=3, help='repetitions of a timed run')
    p.add_argument('--timeout', type=int, default=900, help='of a timed run, in seconds')
    p.add_argument('--seed', type=int, default=1, help="of the lab's random numbers")
    p.add_argument('-j', '--jobs', type=int, default=os.cpu_count(), help='labs at once')
    p.add_argument('--keep', action='store_true', help='keep the traces of all ways')
    o = p.parse_args()
    s = SETS[o.set]
    o.exits = s['exits'] and not o.no_exits
    o.ways = o.ways.split(',') if o.ways else s['ways']
    check_options(p, o)
    batches = choose_batches(p, o, s)
    bench = counted.Bench(o.build)
    path = o.output or f'{bench.out}/results-{o.set}.json'
    result = results.new(bench, 'host' if o.host else 'lab', o.set)
    if o.add and os.path.exists(path):
        try:
            result = results.load(path)
        except results.Bad as e:
            p.error(str(e))
    session = Session(o, bench, result, path)
    if o.host:
        # Only tried with plain TCG: there was no host with KVM and a PMU.
        for name, batch in batches.items():
            session.time(name, batch, o.ways, None, generic=True)
    elif not o.no_count:
        session.count(batches)
    else:
        session.traces = {b: (batch, f'{bench.out}/traces/{b}-{RECORDING}.rrt')
                          for b, batch in batches.items()}
    if o.replay:
        session.time_replays(['tcg', 'replay'])
        session.time('boot', [], ['tcg', 'tcg-rr', 'tcg-rr-replay'], None)
    if o.count_replay:
        session.count_replay()
    if o.scaling:
        session.scale()
    session.save()
    say(f'results in {os.path.relpath(path)}')
    if session.failed:
        say(f'{session.failed} failures')
    return 1 if session.failed else 0


if __name__ == '__main__':
    sys.exit(main())
