#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-series.py TOP [QEMU-SRC]: check the patches for QEMU.

- Each has a subject of at most 72 columns and a message that says why.
- Those in 1-tcg-mends apply to plain QEMU: they name nothing of this project.
- Those in 3-record and after it only add hooks: no file, no loop, no function
  of more than 10 lines, at most 40 lines a patch, all behind rr_recording,
  rr_replaying, another variable of hooks.h or an option of the patch's own.
- With QEMU-SRC, the patched source: the patches can be taken back in reverse order
  and applied again, which gives the same files.

Prints a line for each error; the exit status is 1 if there are any.
"""
import email
import email.policy
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

DIRECTORIES = ['1-tcg-mends', '2-lab', '3-record', '4-replay', '5-silicon',
               '6-paging']
MAX_SUBJECT = 72
MAX_HOOK_LINES = 40
MAX_FUNCTION_LINES = 10
GUARDS = ('rr_recording', 'rr_replaying', 'rr_budget_env_offset', 'rr_block_read',
          'rr_timers_in_vcpu_thread', 'rr_kvm_bql_lock', 'rr_replay_due',
          'rr_record_add_property', 'rr_silicon',
          'rr_tlb_of', 'rr_tlb_bits_are_logged', 'u.wav.in_path')


class Patch:
    def __init__(self, path):
        self.path = path
        self.directory = path.parent.name
        self.name = f'{self.directory}/{path.name}'
        text = path.read_text()
        head, self.diff = text[:text.index('\ndiff --git ')], \
            text[text.index('\ndiff --git ') + 1:]
        message = email.message_from_string(
            head, policy=email.policy.default.clone(max_line_length=0))
        self.subject = re.sub(r'\s*\n\s*', ' ', message['Subject'])
        self.subject = self.subject.removeprefix('[PATCH] ')
        self.why = message.get_payload().split('\n---\n')[0].strip()
        self.files = re.findall(r'^\+\+\+ b/(.*)$', self.diff, re.M)
        self.added = [line[1:] for line in self.diff.splitlines()
                      if line.startswith('+') and not line.startswith('+++')]


def check_message(p):
    if len(p.subject) > MAX_SUBJECT:
        yield f'{p.name}: a subject of {len(p.subject)} columns'
    if len(p.why.split()) < 10:
        yield f'{p.name}: the message does not say why'
    for line in p.why.splitlines():
        if len(line) > 75:
            yield f'{p.name}: a line of {len(line)} columns in the message'


def check_upstream(p):
    for line in [p.subject] + p.why.splitlines() + p.added:
        if re.search(r'\brr[-_]|common/core|kernel-patch|recorder|replayer', line):
            yield f'{p.name}: names this project: {line.strip()}'


def functions(added):
    """Added function bodies: (first line, number of lines)."""
    start = None
    for n, line in enumerate(added):
        if line == '{':
            start = n
        elif line == '}' and start is not None:
            yield added[start - 1].strip(), n - start - 1
            start = None


def check_hooks(p):
    if re.search(r'^new file mode', p.diff, re.M):
        yield f'{p.name}: adds a file: code belongs into our directories'
    if len(p.added) > MAX_HOOK_LINES:
        yield f'{p.name}: {len(p.added)} lines are more than hooks'
    for line in p.added:
        if re.match(r'\s*(for|while|do|switch)\b.*[({]', line):
            yield f'{p.name}: adds a loop or a switch: {line.strip()}'
    for name, lines in functions(p.added):
        if lines > MAX_FUNCTION_LINES:
            yield f'{p.name}: a function of {lines} lines: {name}'
    code = [line for line in p.added if re.search(r'\brr_\w+\(', line)]
    if code and not any(guard in line for line in p.added for guard in GUARDS):
        yield f'{p.name}: its calls are behind no variable of hooks.h'


def run_patch(src, patch, *options):
    done = subprocess.run(
        ['patch', '-p1', '-f', '--no-backup-if-mismatch', '-d', src, *options,
         '-i', patch.path.resolve()], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


def check_order(patches, src):
    with tempfile.TemporaryDirectory() as tmp:
        files = sorted({f for p in patches for f in p.files})
        for f in files:
            target = pathlib.Path(tmp, f)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(src / f, target)
        for back in (True, False):
            for p in reversed(patches) if back else patches:
                ok, text = run_patch(tmp, p, *(['-R'] if back else []))
                if not ok:
                    yield (f'{p.name}: cannot be '
                           + ('taken back' if back else 'applied again') + ': '
                           + ' '.join(text.split()))
                    return
        for f in files:
            if pathlib.Path(tmp, f).read_bytes() != (src / f).read_bytes():
                yield f'{f}: not the same after all patches are applied again'


def check(top, src):
    root = top / 'common/qemu/patches'
    for directory in sorted(root.iterdir()):
        if directory.name not in DIRECTORIES:
            yield f'{directory.name}: not a directory of the series'
    patches = [Patch(p) for f in DIRECTORIES for p in sorted((root / f).glob('*.patch'))]
    subjects = [p.subject for p in patches]
    for directory in DIRECTORIES:
        numbers = [p.path.name[:4] for p in patches if p.directory == directory]
        if not numbers or numbers != [f'{n + 1:04}' for n in range(len(numbers))]:
            yield f'{directory}: the numbers are {" ".join(numbers)}'
    for p in patches:
        yield from check_message(p)
        if subjects.count(p.subject) > 1:
            yield f'{p.name}: another patch has this subject'
        if p.directory == '1-tcg-mends':
            yield from check_upstream(p)
        if p.directory in ('3-record', '4-replay', '5-silicon', '6-paging'):
            yield from check_hooks(p)
    if src:
        yield from check_order(patches, src)


def main():
    errors = list(check(pathlib.Path(sys.argv[1]),
                        pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None))
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == '__main__':
    sys.exit(main())
