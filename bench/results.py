# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of results: how to make, read and compare them.

A file is {schema, kind, set, date, commit, dirty, machine, versions, runs, timings,
scaling}.  A run is one workload (or "boot", or "total") of one way:
{batch, workload, size, way, counts, exits, trace, verified}.  A timing has lists of
seconds, one value a repetition, instead of counts.
"""

import datetime
import hashlib
import json
import os
import platform
import statistics
import subprocess

SCHEMA = 1
EXACT = 0.005           # exact counts: a larger difference is a change
ACROSS = 0.05           # the same if kernel, packages or build differ
EXACT_FIELDS = ('guest-branches', 'host-branches', 'cpu-ns', 'size-1')
# Times of single requests, measured by the guest; for real hosts only.
LATENCY = ('p50-ns', 'p90-ns', 'p99-ns', 'max-ns')
# Differences allowed to a baseline of another build: when an unrelated change of the image
# shifts them, a few timer ticks or other work of the lab's kernel fall into a short phase,
# or a frame of the log is written in it and not before (up to 95,000 host branches).
LEAST = {'guest-branches': 20000, 'host-branches': 120000, 'cpu-ns': 400000, 'size-1': 1024}


class Bad(Exception):
    pass


def said(*command):
    try:
        p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           cwd=os.path.dirname(os.path.abspath(__file__)))
        return p.stdout.decode(errors='replace').strip() if not p.returncode else ''
    except OSError:
        return ''


def versions(bench):
    v = {}
    with open(f'{bench.guest}/versions', encoding='ascii') as f:
        for line in f:
            name, version = line.split()
            v[name] = version
    v['qemu'] = said(bench.qemu, '--version').splitlines()[0].split('version ')[-1]
    v['build'] = build(bench)
    v['gcc'] = said('gcc', '-dumpfullversion')
    v['seabios'] = said('dpkg-query', '-W', '-f', '${Version}', 'seabios')
    v['host-libc6'] = said('dpkg-query', '-W', '-f', '${Version}', 'libc6')
    return v


def build(bench):
    """A hash of the lab's image with its QEMU, which also emulates the host.  The image
    does not depend on where it was built.  With two images, counts can differ by over 0.5 %."""
    with open(f'{bench.build}/lab/lab.cpio.gz', 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()[:16]


def new(bench, kind, set_name):
    cpu = ''
    with open('/proc/cpuinfo', encoding='ascii', errors='replace') as f:
        for line in f:
            if line.startswith('model name'):
                cpu = line.split(':', 1)[1].strip()
                break
    return dict(schema=SCHEMA, kind=kind, set=set_name,
                date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
                commit=said('git', 'rev-parse', 'HEAD'),
                dirty=bool(said('git', 'status', '--porcelain', '--untracked-files=no')),
                machine=dict(cpu=cpu, cpus=os.cpu_count(),
                             memory_mib=os.sysconf('SC_PHYS_PAGES')
                             * os.sysconf('SC_PAGE_SIZE') >> 20,
                             kernel=platform.release(), python=platform.python_version()),
                versions=versions(bench), runs=[], timings=[], scaling=[])


def load(path):
    try:
        with open(path, encoding='utf-8') as f:
            r = json.load(f)
    except OSError as e:
        raise Bad(f'{path}: {e.strerror}')
    except ValueError as e:
        raise Bad(f'{path}: not JSON: {e}')
    if not isinstance(r, dict) or r.get('schema') != SCHEMA:
        raise Bad(f'{path}: not results of schema {SCHEMA}')
    try:
        for run in r['runs']:
            key(run)
            if not all(isinstance(v, (int, float)) for v in run['counts'].values()):
                raise KeyError('counts')
        for t in r['timings']:
            key(t)
            t['seconds']['wall-ns'][0]
        dict(r['versions'])
        list(r['scaling'])
    except (KeyError, TypeError, IndexError, AttributeError) as e:
        raise Bad(f'{path}: malformed: {e!r}')
    if not r['runs'] and not r['timings']:
        raise Bad(f'{path}: has no runs')
    return r


def save(r, path):
    with open(path + '.new', 'w', encoding='utf-8') as f:
        json.dump(r, f, indent=1, sort_keys=True)
        f.write('\n')
    os.rename(path + '.new', path)


def key(run):
    return run['batch'], run['workload'], run['size'], run['way']


def put(runs, run):
    """Put RUN into RUNS in place of one with the same key."""
    runs[:] = [r for r in runs if key(r) != key(run)] + [run]


def spread(values):
    """The median, and half the distance from the least to the greatest."""
    return statistics.median(values), (max(values) - min(values)) / 2


def other_versions(a, b):
    """The differences in the versions that counts depend on."""
    return [f'{k}: {a["versions"].get(k, "-")}, {b["versions"].get(k, "-")}'
            for k in sorted(set(a['versions']) | set(b['versions']))
            if a['versions'].get(k) != b['versions'].get(k)]


def least_of(files):
    """Results of one build with several seeds as one: the least of each count."""
    first = files[0]
    for other in files[1:]:
        if other_versions(first, other):
            raise Bad('results of different builds are not taken together')
        counts = {key(r): r['counts'] for r in other['runs']}
        for run in first['runs']:
            for f, x in counts.get(key(run), {}).items():
                run['counts'][f] = min(x, run['counts'].get(f, x))
    return first


def compare(a, b, share=EXACT, least=False):
    """[(key, field, old, new, change)] beyond noise, and [(key, where)] only in one.

    Sizes of the log are compared for whole runs only: at the end of a workload a frame
    may be written already or not."""
    changes, alone = [], []
    runs_a, runs_b = ({key(r): r for r in x['runs']} for x in (a, b))
    for k in sorted(set(runs_a) | set(runs_b)):
        if k not in runs_a or k not in runs_b:
            alone.append((k, 'the first' if k in runs_a else 'the second'))
            continue
        old, now = runs_a[k]['counts'], runs_b[k]['counts']
        for f in EXACT_FIELDS:
            if f not in old and f not in now or f == 'size-1' and k[1] != 'total':
                continue
            x, y = old.get(f, 0), now.get(f, 0)
            if abs(y - x) > max(share * x, LEAST[f] if least else 0):
                changes.append((k, f, x, y, (y - x) / x if x else None))
    times_a, times_b = ({key(t): t['seconds'] for t in x['timings']} for x in (a, b))
    for k in sorted(set(times_a) & set(times_b)):
        for f in ('wall-ns', 'cpu-ns', *LATENCY):
            if f in times_a[k] and f in times_b[k]:
                (x, dx), (y, dy) = spread(times_a[k][f]), spread(times_b[k][f])
                if abs(y - x) > dx + dy:
                    changes.append((k, 'time ' + f, x, y, (y - x) / x if x else None))
    return changes, alone
