#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""checks.py [TREE]: docs/first-recording.md has a row for each check of check-host."""

import os
import re
import sys


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else here + '/../../..')
    with open(f'{top}/kvm-record/host/check.c', encoding='utf-8') as f:
        table = f.read().split('} checks[] = {', 1)[1].split('\n};', 1)[0]
    with open(f'{top}/docs/first-recording.md', encoding='utf-8') as f:
        rows = re.findall(r'^\| `([a-z-]+)` \|', f.read(), re.M)
    names = re.findall(r'^\t\{ "([a-z-]+)",', table, re.M)
    results = [('all checks are read', len(names) == table.count('host_check_') > 10),
               ('the page has them in their order', rows == names)]
    results += [(f'the page has: {name}', name in rows) for name in names]
    print(f'TAP version 13\n1..{len(results)}')
    for n, (name, good) in enumerate(results, 1):
        print(f'{"ok" if good else "not ok"} {n} - {name}')
    return not all(good for _, good in results)


if __name__ == '__main__':
    sys.exit(main())
