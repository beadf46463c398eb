#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""libvirt-corpus.py [--all] DIRECTORY...: what becomes of the domains there.

Prints a line for each domain of KVM on x86-64, or with --all for each x86 domain:
its name, and what "rr-kvm record --lab --vm" makes of it: arguments, how many
changes, or why not.
"""

import glob
import os
import re
import subprocess
import sys


# libvirt takes these if the machine's TSC has the right frequency or can be scaled.
OF_THIS_TSC = ('cpu-tsc-frequency',)


def wanted(text, everything):
    """Whether it is such a domain."""
    arch = 'x86_64|i686' if everything else 'x86_64'
    kind = 'kvm|qemu' if everything else 'kvm'
    return (re.search(rf"<type[^>]*arch=['\"]({arch})", text)
            and re.search(rf"<domain[^>]*type=['\"]({kind})", text))


def reason(path, text):
    """The last line without what differs between hosts."""
    line = text.strip().split('\n')[-1]
    line = line.replace(path, '').removeprefix('rr-kvm: ')
    line = re.sub(r'^, line \d+: |^: ', '', line)
    if line.startswith('libvirt: '):
        return 'libvirt does not accept it here'
    if 'schema' in line:
        return 'not valid'
    return line


def outcome(path):
    """What becomes of the domain in this file; None if it is a failure of ours."""
    rr_kvm = os.environ['RR_BIN'] + '/rr-kvm'
    p = subprocess.run([rr_kvm, 'record', '--lab', '--vm', path, '--vcpus', '1',
                        '--print-args'], capture_output=True, text=True,
                       errors='replace', check=False)
    lines = p.stderr.splitlines()
    if p.returncode == 0 and '-machine\n' in p.stdout:
        return f'arguments, {len(lines)} changes' if lines else 'arguments'
    if p.returncode == 1 and not p.stdout and lines and 'warning' not in lines[-1]:
        return reason(path, p.stderr)
    print(f'{path}: exit status {p.returncode}\n{p.stderr}', file=sys.stderr)
    return None


def main():
    everything = sys.argv[1] == '--all'
    failures = 0
    for directory in sys.argv[1 + everything:]:
        for path in sorted(glob.glob(directory + '/*.xml')):
            with open(path, encoding='utf-8', errors='replace') as f:
                if not wanted(f.read(), everything):
                    continue
            name = os.path.basename(path)[:-4]
            result = outcome(path)
            failures += result is None
            if result and name in OF_THIS_TSC:
                result = 'as the TSC is here'
            print(f'{name}: {result}', flush=True)
    return failures > 0


if __name__ == '__main__':
    sys.exit(main())
