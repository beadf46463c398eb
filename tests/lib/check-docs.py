#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-docs.py TREE: what the documents name must exist.

Prints one line for each error and ends with status 1 if there is one.  Checked:

- each path in backticks is in the tree, or in a patch of it (QEMU's and Linux' files);
- each "make TARGET" in backticks or in a block of commands is a target;
- each link leads to a file, and to a heading of it;
- no line is longer than 100 columns (rows of tables cannot be broken, and may be);
- each document that a comment or a message cites is there, with the heading it cites;
- tables that repeat a list of the code have the same entries.
"""

import fnmatch
import os
import re
import sys

COLUMNS = 100
SKIP = {'.git', 'build', 'qemu'}
# Files below these are made, not kept.  O is a make variable of kernel-patch.
MADE = ('build/', 'O/')
# They cite on purpose what is not there.
OURS = ('tests/lib/check-docs.py', 'tests/unit/docs/names.sh')
KNOWN_ENDINGS = ('.c', '.h', '.sh', '.py', '.md', '.mk', '.patch', '.def', '.json', '.inc')


def read(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        return f.read()


class Tree:
    def __init__(self, top):
        self.top, self.files, self.dirs = top, [], set()
        for directory, dirs, names in os.walk(top):
            rel = os.path.relpath(directory, top)
            rel = '' if rel == '.' else rel + '/'
            dirs[:] = [d for d in dirs if rel or d not in SKIP]
            self.files += [rel + n for n in names]
            self.dirs |= {rel + d for d in dirs}
        self.dirs.add('qemu')
        self.names = set(self.files) | self.dirs
        # Files of QEMU and of Linux that the patches change or add.
        self.patched = set()
        for f in self.files:
            if f.endswith('.patch'):
                self.patched |= set(re.findall(r'^(?:---|\+\+\+) [ab]/(\S+)',
                                               read(f'{top}/{f}'), re.M))
                self.patched |= set(re.findall(r'^Add: \S+ as (\S+)',
                                               read(f'{top}/{f}'), re.M))
        for f in list(self.patched):
            while '/' in f:
                f = os.path.dirname(f)
                self.patched.add(f)
        self.targets = {}

    def has(self, token, near=''):
        """TOKEN, which may be a pattern, names something: from the top, from the
        document's directory, or as the end of a path."""
        want = token.rstrip('/')
        for w in expand(want):
            if w.startswith('qemu/'):   # the submodule, where it was fetched
                if os.listdir(f'{self.top}/qemu') and \
                        not os.path.exists(f'{self.top}/{w}'):
                    return False
                continue
            places = {w, os.path.normpath(os.path.join(near, w))}
            if places & (self.names | self.patched):
                continue
            # NAME and the like stand for any name.
            patterns = [w, '*/' + w, re.sub(r'\b[A-Z]{2,}\b', '*', w),
                        '*/' + re.sub(r'\b[A-Z]{2,}\b', '*', w)]
            if any(fnmatch.fnmatchcase(n, p)
                   for n in self.names | self.patched for p in patterns):
                continue
            return False
        return True

    def make_targets(self, directory):
        """Those of DIRECTORY's Makefile and of all *.mk files."""
        if directory not in self.targets:
            text = '\n'.join(read(f'{self.top}/{f}') for f in self.files
                             if f == os.path.join(directory, 'Makefile')
                             or not directory and f.endswith('.mk'))
            text = text.replace('\\\n', ' ')
            found = set()
            for line in re.findall(r'^([^\t#=:]+)::?(?!=)', text, re.M):
                found |= set(line.split())
            for line in re.findall(r'^\.PHONY:(.*)$', text, re.M):
                found |= set(line.split())
            self.targets[directory] = found
        return self.targets[directory]


def expand(token):
    """a/{b,c}.h: a/b.h and a/c.h"""
    m = re.search(r'\{([^{}]*)\}', token)
    if not m:
        return [token]
    return [x for part in m[1].split(',')
            for x in expand(token[:m.start()] + part + token[m.end():])]


def is_path(token):
    if not re.fullmatch(r'[\w.{},*+\[\]-]+(/[\w.{},*+\[\]-]+)*/?', token):
        return False
    if token.startswith(MADE) or token.rstrip('/') == 'build':
        return False
    return '/' in token or token.endswith(KNOWN_ENDINGS) and token not in KNOWN_ENDINGS


def slug(heading):
    heading = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', heading).replace('`', '')
    return re.sub(r'[^\w\- ]', '', heading.strip().lower()).replace(' ', '-')


def headings(text):
    text = re.sub(r'^```.*?^```', '', text, flags=re.M | re.S)
    return [h for h in re.findall(r'^#+ +(.*?) *$', text, re.M)]


def check_document(tree, doc):
    text = read(f'{tree.top}/{doc}')
    near = os.path.dirname(doc)
    # A block may explain a command behind "#" or in a second column.
    blocks = [re.sub(r'\s{2,}.*', '', b)
              for b in re.findall(r'^(?: {4}|\t)(.*)$', text, re.M)]
    prose = re.sub(r'^(?: {4}|\t).*$', '', text, flags=re.M)
    spans = [re.sub(r'\s+', ' ', s) for s in re.findall(r'`([^`]+)`', prose)]
    for span in spans:
        token = re.sub(r':\d+$', '', span)
        if is_path(token) and not tree.has(token, near):
            yield f'{doc}: there is no {span}'
    for command in blocks + spans:
        command = re.sub(r'(^|\s)#.*', '', command)
        m = re.match(r'(?:\$ )?(?:[A-Z_]+=\S+ )*make( .*|$)', command)
        if m:
            yield from check_make(tree, doc, m[1].split())
    for path, anchor in re.findall(r'\]\(([^)#\s]*)(?:#([^)\s]*))?\)', prose):
        if '://' in path:
            continue
        to = os.path.normpath(os.path.join(near, path)) if path else doc
        if to not in tree.names:
            yield f'{doc}: a link to {path}, which is not there'
        elif anchor and anchor not in map(slug, headings(read(f'{tree.top}/{to}'))):
            yield f'{doc}: a link to {path}#{anchor}, which has no such heading'
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS and not line.startswith('|'):
            yield f'{doc}:{number}: {len(line)} columns'


def check_make(tree, doc, words):
    directory = ''
    words = iter(words)
    for word in words:
        if word == '-C':
            directory = next(words, '')
        elif re.match(r'[;&|>]', word):
            return
        elif re.fullmatch(r'[a-z][a-z0-9-]*', word):
            if word not in tree.make_targets(directory):
                yield f'{doc}: make {word} is not a target'


def check_citations(tree, path):
    """Of documents, in comments and messages."""
    text = read(f'{tree.top}/{path}')
    if path in OURS:
        return
    near = os.path.dirname(path)
    # In C a text goes on in the next string; in a comment behind the star.
    flat = re.sub(r'\\?"\s*\n\s*"', '', text).replace('\\"', '"')
    flat = re.sub(r'\s*\n\s*(?:\*|#|//)?\s*', ' ', flat)
    for name in re.findall(r'\b(?:FIELD-NOTES|DESIGN section|STRUCTURE section)', flat):
        yield f'{path}: cites {name}, which is not in the tree'
    for name, heading in re.findall(r'([\w./-]+\.md)\b(?:, "([^"]+)")?', flat):
        name = name.lstrip('./')
        found = [f for f in tree.files if f == name or f.endswith('/' + name)]
        local = os.path.normpath(os.path.join(near, name))
        if local in tree.files:
            found = [local]
        if not found:
            yield f'{path}: cites {name}, which is not in the tree'
        elif heading and not any(h.startswith(heading.rstrip(',.')) for f in found
                                 for h in headings(read(f'{tree.top}/{f}'))):
            yield f'{path}: cites {name}, "{heading}", which has no such heading'


# A list of the code and the table that repeats it: where the code has the list, the
# expression for its entries; document, heading above the table, column of the entries.
TABLES = [
    ('common/logfmt/rrlog.h', r'#define RRLOG_RECORDS.*?enum rrlog_type',
     r'X\(\w+, \d+, \w+, "([\w-]+)"', 'ARCHITECTURE.md', 'The boundary', 1),
    ('kvm-record/qemu/state.h', r'enum rr_vcpu_state \{.*?\}',
     r'RR_VCPU_(?!STATES)(\w+)', 'docs/recording.md', 'The vCPU: four states', 0),
    ('kvm-record/qemu/state.h', r'enum rr_life \{.*?\}',
     r'RR_LIFE_(\w+)', 'docs/recording.md', 'Beginning, end and failure', 0),
    ('tcg-replay/qemu/goal.h', r'enum rr_goal \{.*?\}',
     r'RR_GOAL_(?!COUNT)(\w+)', 'docs/replaying.md', 'The goal', 0),
]


def check_table(tree, source, span, entry, doc, heading, column):
    if source not in tree.files:
        yield f'{doc}: no {source} to compare with'
        return
    found = re.search(span, read(f'{tree.top}/{source}'), re.S)
    code = set(re.findall(entry, found[0])) if found else set()
    section = re.search(rf'^## {re.escape(heading)}$(.*?)(?=^## |\Z)',
                        read(f'{tree.top}/{doc}'), re.M | re.S)
    rows = re.findall(r'^\|(.*)\|$', section[1] if section else '', re.M)[2:]
    words = {w.strip(' `') for r in rows for w in r.split('|')[column].split(',')}
    if not code:
        yield f'{doc}: no list in {source} to compare with'
    for w in sorted(code ^ words):
        yield f'{doc}: "{w}" is ' + (f'not in "{heading}"' if w in code
                                     else f'not in {source}')


def main():
    tree = Tree(sys.argv[1].rstrip('/'))
    errors = []
    for f in sorted(tree.files):
        if f.endswith('.md'):
            errors += check_document(tree, f)
        if f.endswith(('.c', '.h', '.sh', '.py', '.mk', '.md', '.1', '.patch', 'Makefile')):
            errors += check_citations(tree, f)
    for table in TABLES:
        errors += check_table(tree, *table)
    for e in errors:
        print(e)
    return 1 if errors else 0


sys.exit(main())
