#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""help.py [TREE]: "make help" lists each public target, and only targets."""

import os
import re
import subprocess
import sys

# Steps of other targets.
INTERNAL = {'check-built', 'bench-guest'}


def phony(top):
    """The .PHONY targets of the Makefile and of the fragments it includes."""
    targets, paths = set(), ['Makefile']
    for path in paths:
        with open(f'{top}/{path}', encoding='utf-8') as f:
            text = f.read().replace('\\\n', ' ')
        paths += re.findall(r'^include ([\w/.-]+)$', text, re.M)
        for line in re.findall(r'^\.PHONY:(.*)$', text, re.M):
            targets |= set(line.split())
    return targets


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else here + '/../../..')
    text = subprocess.run(['make', '-s', '-C', top, 'help'], check=True, text=True,
                          capture_output=True).stdout
    listed = set(re.findall(r'^  ([a-z][a-z-]*) ', text, re.M))
    public = phony(top) - INTERNAL - {'help'}
    results = [('the help lists the usual targets', {'all', 'check', 'demo'} - listed),
               ('each public target is in the help', public - listed),
               ('the help lists nothing else', listed - public)]
    print(f'TAP version 13\n1..{len(results)}')
    for n, (name, wrong) in enumerate(results, 1):
        print(f'{"not ok" if wrong else "ok"} {n} - {name}')
        for w in sorted(wrong):
            print(f'# {w}')
    return any(wrong for _, wrong in results)


if __name__ == '__main__':
    sys.exit(main())
