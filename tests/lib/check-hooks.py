#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-hooks.py TOP: compare the hooks' table with the code.

docs/hooks.md has a row for each name that common/core/hooks.h declares, with the
files of QEMU that the patches of the recorder and the replayer make use it.
Further:

- the patches use no rr_ name that the header does not declare;
- each function of the header is defined once, in kvm-record/qemu or
  tcg-replay/qemu, or in the header itself;
- the columns "thread" and "BQL" have one of a few known values, and a function
  that asserts the state of the BQL agrees with its row.

Prints a line for each difference; the exit status is 1 if there are any.
"""
import pathlib
import re
import sys

NAME = re.compile(r'\brr_\w+')
THREADS = r'(any|vCPU|main|main or vCPU)(, at start)?'
BQL = r'(held|not held|either)(, released .*)?'


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text, flags=re.S)


def declared(top):
    text = without_comments((top / 'common/core/hooks.h').read_text())
    return set(NAME.findall(text))


def used(top):
    """The names that the patches of the hooks use: {name: {file}}."""
    files = {}
    for patch in sorted(top.glob('common/qemu/patches/[34]-*/*.patch')):
        for line in patch.read_text().splitlines():
            if line.startswith('+++ '):
                name = line[6:]
            elif line.startswith('+'):
                files[name] = files.get(name, '') + line[1:] + '\n'
    names = {}
    for file, text in files.items():
        text = without_comments(text)
        # A TCG helper that a patch itself defines is not a hook.
        text = re.sub(r'HELPER\w*\(rr_\w+', '', text)
        for name in NAME.findall(text):
            names.setdefault(name, set()).add(file)
    return names


def rows(top):
    """The rows of the tables: (name, column "called from", thread, BQL)."""
    table = False
    for line in (top / 'docs/hooks.md').read_text().splitlines():
        cells = [c.strip() for c in line.strip('|').split('|')]
        if line.startswith('| hook |'):
            table = True
        elif not line.startswith('|'):
            table = False
        elif table and not line.startswith('|-'):
            yield cells[0].strip('`'), *cells[1:]


def definitions(top):
    """Function definitions in our directories: {name: [body]}."""
    found = {}
    for directory in ('kvm-record/qemu', 'tcg-replay/qemu'):
        for file in sorted((top / directory).glob('*.c')):
            for match in re.finditer(
                    r'^(?:\w[\w *]*[ *])(rr_\w+)\([^;{]*\)\n\{\n(.*?)^\}',
                    file.read_text(), flags=re.S | re.M):
                found.setdefault(match[1], []).append(match[2])
    return found


def functions(top):
    """The functions that the header declares and does not define."""
    text = without_comments((top / 'common/core/hooks.h').read_text())
    text = re.sub(r'static inline.*?\n\}', '', text, flags=re.S)
    return set(re.findall(r'\b(rr_\w+)\(', text))


def check_row(name, where, thread, bql, files):
    if where.startswith('all files below'):
        pass
    elif set(re.findall(r'`([^`]+)`', where)) != files:
        yield (f'{name}: the table says {where}, the patches say '
               + ', '.join(sorted(files)))
    if not re.fullmatch(THREADS, thread):
        yield f'{name}: unknown thread "{thread}"'
    if not re.fullmatch(BQL, bql):
        yield f'{name}: unknown state of the BQL "{bql}"'


def check(top):
    names, users = declared(top), used(top)
    table = {row[0]: row for row in rows(top)}
    for name in sorted(names - set(table)):
        yield f'{name}: declared in hooks.h, not in the table'
    for name in sorted(set(table) - names):
        yield f'{name}: in the table, not declared in hooks.h'
    for name in sorted(set(users) - names):
        yield f'{name}: used by a patch, not declared in hooks.h'
    for name in sorted(names - set(users)):
        yield f'{name}: declared in hooks.h, used by no patch'
    for row in table.values():
        if len(row) != 4:
            yield f'{row[0]}: a row of {len(row)} columns'
        elif row[0] in users:
            yield from check_row(*row, users[row[0]])
    bodies = definitions(top)
    for name in sorted(functions(top)):
        body = bodies.get(name, [])
        if len(body) != 1:
            yield f'{name}: defined {len(body)} times'
            continue
        bql = table[name][3] if name in table else ''
        if re.search(r'assert\(bql_locked\(\)\)', body[0]) and \
                not bql.startswith('held'):
            yield f'{name}: asserts that the BQL is held, the table says "{bql}"'
        if re.search(r'assert\(!bql_locked\(\)\)', body[0]) and \
                bql != 'not held':
            yield f'{name}: asserts that the BQL is free, the table says "{bql}"'


def main():
    errors = list(check(pathlib.Path(sys.argv[1])))
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == '__main__':
    sys.exit(main())
