#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare.py [--json] [--baseline] A B...: print what changed from A to B.

Several B are one build's, with a seed each: of each count the least is compared.
Exact counts have changed if they differ by more than 0.5 %, timings if their medians
differ by more than both spreads.  With --baseline A is a baseline: then a run that only
one file has is a change; and if the build, or the versions of kernel, packages or
compiler differ, 5 % and a few timer ticks may differ, what became cheaper is printed
but is no failure, and the output says so.  Exit status: 0 nothing changed, 1 something
did, 2 wrong use, or not a file of results."""

import argparse
import json
import sys

import results


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--json', action='store_true')
    p.add_argument('--baseline', action='store_true')
    p.add_argument('a')
    p.add_argument('b', nargs='+')
    o = p.parse_args()
    try:
        a, b = results.load(o.a), results.least_of([results.load(b) for b in o.b])
    except results.Bad as e:
        print(f'bench-compare: {e}', file=sys.stderr)
        return 2
    versions = results.other_versions(a, b)
    across = bool(o.baseline and versions)
    share = results.ACROSS if across else results.EXACT
    changes, alone = results.compare(a, b, share, least=across)
    failures = [c for c in changes if c[3] > c[2]] if across else changes
    status = 1 if failures or o.baseline and alone else 0
    if o.json:
        json.dump(dict(changes=[dict(zip(('batch', 'workload', 'size', 'way'), k), field=f,
                                     old=x, new=y, change=c)
                                for k, f, x, y, c in changes],
                       alone=[dict(zip(('batch', 'workload', 'size', 'way'), k), only_in=w)
                              for k, w in alone], versions=versions,
                       commits=[a['commit'], b['commit']], tolerance=share), sys.stdout, indent=1)
        print()
        return status
    for r, name in ((a, o.a), (b, ', '.join(o.b))):
        print(f'{name}: {r["commit"][:12]}{" and changes" if r["dirty"] else ""}, {r["date"]}')
    for v in versions:
        print(f'other version: {v}')
    for k, where in alone:
        print(f'only in {where}: {k[1]} of {k[0]}, {k[3]}')
    if changes:
        print(f'{"workload":<14} {"way":<17} {"figure":<15} {"old":>15} {"new":>15} {"change":>9}')
    for (_, workload, _, way), f, x, y, c in changes:
        print(f'{workload:<14} {way:<17} {f:<15} {x:>15,.0f} {y:>15,.0f} '
              + (f'{c:>+9.2%}' if c is not None else '        -'))
    if share != results.EXACT:
        print(f'Compared across builds or versions: up to {share:.0%} may differ, '
              'and what became cheaper passes.')
    print(f'{len(changes)} changes beyond noise')
    return status


if __name__ == '__main__':
    sys.exit(main())
