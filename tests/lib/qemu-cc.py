#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""qemu-cc.py BUILD OUT TEST SOURCE... -- ARGUMENT...: build the unit test TEST of
SOURCEs that need QEMU's headers, which are compiled as in QEMU.

The flags come from BUILD/qemu/compile_commands.json.  ninja makes the first
SOURCE's object, and so the headers that QEMU generates.  ARGUMENTs go to the
compiler: flags for all files, archives and libraries.
"""

import fcntl
import json
import os
import shlex
import subprocess
import sys


def qemu_command(qemu, source):
    """The entry of compile_commands.json for SOURCE."""
    with open(f'{qemu}/compile_commands.json', encoding='utf-8') as f:
        for entry in json.load(f):
            if entry['file'].endswith('/' + source):
                return entry
    raise SystemExit(f'qemu-cc.py: QEMU does not compile {source}')


def flags_of(entry):
    """Its arguments without the files that it reads and writes."""
    flags, words = [], iter(shlex.split(entry['command']))
    for word in words:
        if word in ('-o', '-c', '-MQ', '-MF'):
            next(words)
        elif word != '-MD':
            flags.append(word)
    return flags


def main():
    build, out, test, *rest = sys.argv[1:]
    sources, extra = rest[:rest.index('--')], rest[rest.index('--') + 1:]
    top = os.getcwd()
    qemu = os.path.abspath(f'{build}/qemu')
    entry = qemu_command(qemu, sources[0])
    with open(f'{build}/.qemu-lock', 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(['ninja', '-C', qemu, entry['output']], check=True,
                       stdout=subprocess.DEVNULL)
    extra = [os.path.abspath(a) if a.endswith('.a') else a for a in extra]
    os.makedirs(os.path.dirname(out), exist_ok=True)
    out = os.path.abspath(out)
    files = [f'{top}/{f}' for f in [test] + sources]
    return subprocess.run([*flags_of(entry), '-iquote', top, '-o', out, *files, *extra],
                          cwd=qemu, check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
