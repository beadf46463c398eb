#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual pages against the programs: commands, options, warnings of mandoc.

Each command has a section ".Ss COMMAND" that lists, with ".It Fl", the options
that "PROGRAM COMMAND --help" lists, and its lines in SYNOPSIS have them too.
"""

import os
import re
import subprocess
import sys

top = os.environ.get('RR_TOP') or os.path.join(os.path.dirname(__file__), '../../..')
build = os.environ.get('RR_BUILD') or os.path.join(top, 'build')
PAGES = {
    'rr-kvm': 'kvm-record/rr-kvm.1',
    'rr-tcg': 'tcg-replay/rr-tcg.1',
    'rr-log': 'common/logfmt/rr-log.1',
}
count = failed = 0


def ok(good, name, *notes):
    global count, failed
    count += 1
    failed += not good
    print(f'{"ok" if good else "not ok"} {count} - {name}')
    if not good:
        for note in notes:
            print(f'# {note}')


def run(program, *args):
    done = subprocess.run([os.path.join(build, 'bin', program), *args],
                          capture_output=True, text=True, check=True,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8'})
    return done.stdout


def commands_of(program):
    text = run(program, '--help')
    listed = text.split('Commands:\n')[1].split('\n\n')[0]
    return re.findall(r'^  ([a-z-]+) ', listed, re.M)


def options_of(program, command):
    """{('j', 'json'), ...}, '' for what an option does not have."""
    text = run(program, command, '--help')
    found = re.findall(r'^  (?:-(\w), )?--([a-z-]+)', text, re.M)
    return {o for o in found if o[1] != 'help'}


def sections(page, macro):
    """{title: text} of the parts that begin with this macro."""
    parts = re.split(r'^\.(Sh|Ss) (.*)\n', page, flags=re.M)
    return {title: text for kind, title, text
            in zip(parts[1::3], parts[2::3], parts[3::3]) if kind == macro}


def listed_options(text):
    found = set()
    for line in re.findall(r'^\.It (Fl .*)', text, re.M):
        short = re.search(r'Fl (\w)(?: |$)', line)
        long = re.search(r'Fl -([a-z-]+)', line)
        found.add((short.group(1) if short else '', long.group(1) if long else ''))
    return found


def synopsis_flags(text, command):
    """The flags in a command's lines: 'v', '-json' ..."""
    for part in text.split('.Nm\n'):
        if part.startswith(f'.Cm {command}\n'):
            words = re.findall(r'Fl (\S+)', part)
            return {w for word in words
                    for w in ([word] if word.startswith('-') else word)} - {'-'}
    return None


def check_command(program, command, page):
    text = sections(page, 'Ss').get(command, '')
    options = options_of(program, command)
    listed = listed_options(text)
    ok(listed == options, f'{program}(1), {command}: the options of --help',
       f'in the manual page only: {sorted(listed - options)}',
       f'in --help only: {sorted(options - listed)}')
    flags = synopsis_flags(sections(page, 'Sh')['SYNOPSIS'], command)
    missing = {o for o in options if flags is None or
               not ({o[0], '-' + o[1]} & flags)}
    known = {o[0] for o in options} | {'-' + o[1] for o in options}
    ok(not missing and flags <= known,
       f'{program}(1), {command}: the options in SYNOPSIS',
       f'missing: {sorted(missing)}', f'unknown: {sorted((flags or set()) - known)}')


def check_warnings(path):
    done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', path],
                          capture_output=True, text=True)
    ok(done.returncode == 0 and not done.stdout,
       f'{os.path.basename(path)}: mandoc does not warn', done.stdout.strip())


def check_page(program, path):
    with open(path, encoding='utf-8') as f:
        page = f.read()
    commands = commands_of(program)
    described = set(sections(page, 'Ss'))
    ok(described == set(commands), f'{program}(1): the commands of --help',
       f'differ: {sorted(described ^ set(commands))}')
    for command in commands:
        check_command(program, command, page)
    check_warnings(path)


print('TAP version 13')
for name, file in PAGES.items():
    check_page(name, os.path.join(top, file))
print(f'1..{count}')
sys.exit(failed > 0)
