#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""domains.py [TREE]: rr-kvm(1) lists what the rules for domains change or refuse."""

import os
import re
import sys

SECTIONS = {'DROP': 'Left out:', 'SET': 'Replaced:', 'REFUSE': 'Refused:'}
STRING = r'"(?:[^"\\]|\\.)*"'


def rules(text):
    """(where, action, value, what, why) of each row that is told."""
    names = dict(re.findall(r'^#define (\w+) "([^"]*)"$', text, re.M))
    field = rf'((?:{STRING}\s*)+|\w+)'
    row = rf'^RULE\((\w+), (\w+),\s*' + r',\s*'.join([field] * 4) + r'\)'

    def value(token):
        if token == 'NULL':
            return None
        return names.get(token) or ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', token))

    for where, action, _, new, what, why in re.findall(row, text, re.M):
        if value(what):
            yield where, action, value(new), value(what), value(why)


def item(where, action, new, what, why):
    """How the manual has the row."""
    name = what + (f', which becomes {new}' if action == 'SET' else '')
    name += {'LAB': ' (in the lab)', 'ALONE': ' (without a daemon)'}.get(where, '')
    return f'.It {name}\n{why[0].upper()}{why[1:]}.'.replace("'", '\\(aq')


def section(manual, title):
    """The list below this title."""
    start = manual.index(f'\n{title}\n')
    return manual[start:manual.index('\n.El', start)]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else here + '/../../..')
    with open(f'{top}/kvm-record/libvirt/rules.def', encoding='utf-8') as f:
        text = f.read()
    with open(f'{top}/kvm-record/rr-kvm.1', encoding='utf-8') as f:
        manual = f.read()
    rows = list(rules(text))
    results = [(f'all {text.count("RULE(") - 1} rows are read',
                text.count('\nRULE(') == len(re.findall(r'^RULE\(', text, re.M)) > len(rows) > 20)]
    for row in rows:
        results.append((f'the manual has: {row[3]}',
                        item(*row) in section(manual, SECTIONS[row[1]])))
    print(f'TAP version 13\n1..{len(results)}')
    for n, (name, good) in enumerate(results, 1):
        print(f'{"ok" if good else "not ok"} {n} - {name}')
    return not all(good for _, good in results)


if __name__ == '__main__':
    sys.exit(main())
