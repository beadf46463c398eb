#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""floors.py [TREE]: the code keeps to the floors in docs/floors.

It reads the sources as text: #include lines, definitions of functions and of
variables, and the places that name them.  It does not see a function whose
definition or call is written by a macro.  At the end it checks itself on a tree
with each kind of error.
"""

import os
import re
import sys
import tempfile

FLOORS = 'docs/floors'
NOT_OURS = 'qemu'       # stands for all headers that are not in the tree


class Floors:
    """What docs/floors says."""

    def __init__(self, top):
        self.layers = {}        # directory: directories that it may include
        self.sections = {}      # directory: [(floor, entry)]
        section = None
        with open(f'{top}/{FLOORS}', encoding='utf-8') as f:
            for number, line in enumerate(f, 1):
                line = line.split('#')[0].strip()
                if not line:
                    continue
                if line.startswith('['):
                    section = line.strip('[]')
                    if section != 'layers':
                        self.sections[section] = []
                elif section == 'layers':
                    uppers, lower = line.split(':')
                    for upper in uppers.split():
                        self.layers.setdefault(upper, []).extend(lower.split())
                elif section:
                    floor, *entries = line.split()
                    self.sections[section] += [(int(floor), e) for e in entries]
                else:
                    raise ValueError(f'{FLOORS}:{number}: not in a section')

    def layer(self, path):
        """The entry of [layers] that PATH belongs to, or None."""
        best = [d for d in self.layers if path == d or path.startswith(d + '/')]
        return max(best, key=len, default=None)


    def may_include(self, upper, lower):
        """Whoever may include a directory may include each file of it that has a
        separate entry."""
        allowed = {upper, *self.layers[upper]}
        return lower in allowed or \
            '.' in lower and self.layer(os.path.dirname(lower) + '/') in allowed


def strip(text):
    """TEXT without comments and contents of literals, with whole lines."""
    text = text.replace('\\\n', ' ')
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                  lambda m: ' ' if m[0][0] == '/' else m[0][0] * 2, text, flags=re.S)


def top_level(text):
    """Yield each declaration or definition as (head, body or None)."""
    depth, start, brace = 0, 0, 0
    for m in re.finditer(r'[{};]', text):
        if m[0] == '{':
            if depth == 0:
                brace = m.start()
            depth += 1
        elif m[0] == '}':
            depth -= 1
            # A struct or an initializer ends only at its semicolon.
            if depth == 0 and text[start:brace].rstrip().endswith(')'):
                yield text[start:brace], text[brace:m.end()]
                start = m.end()
        elif depth == 0:
            yield text[start:m.start()], None
            start = m.end()


def without_parens(head):
    """HEAD without the text between parentheses at any depth."""
    out, depth = [], 0
    for c in head:
        depth -= c == ')'
        if depth == 0:
            out.append(c)
        depth += c == '('
    return ''.join(out)


class Source:
    """What one file includes, defines and names."""

    def __init__(self, top, path):
        self.path = path
        with open(f'{top}/{path}', encoding='utf-8') as f:
            raw = f.read()
        self.includes = re.findall(r'^\s*#\s*include\s*"([^"]+)"', raw, re.M)
        for n, inc in enumerate(self.includes):
            beside = os.path.join(os.path.dirname(path), inc)
            if os.path.exists(f'{top}/{beside}'):
                self.includes[n] = os.path.normpath(beside)
        text = strip(raw)
        macros = re.findall(r'^\s*#\s*define\b.*$', text, re.M)
        code = re.sub(r'^\s*#.*$', '', text, flags=re.M)
        self.defines, self.declares, self.own = set(), set(), set()
        uses = macros
        for head, body in top_level(code):
            self.take(head, body)
            uses.append(body or head.partition('=')[2])
        words = r'(?<![.\w])(?<!->)(?<!struct )(?<!enum )(?<!union )[A-Za-z_]\w*'
        self.names = set(re.findall(words, '\n'.join(uses)))

    def take(self, head, body):
        """Note the function or the variable that this defines."""
        flat = re.sub(r'__attribute__\s*\(\(.*?\)\)|\bG_GNUC_\w+(\s*\([^)]*\))?', '',
                      head, flags=re.S)
        static = re.search(r'\bstatic\b', flat)
        if body:
            found = re.findall(r'([A-Za-z_]\w*)\s*\(', without_parens(flat))
            name = found[-1] if found else None
        else:
            flat = re.sub(r'\{.*\}', '', flat, flags=re.S)
            if re.search(r'\b(extern|typedef)\b', flat) or flat.rstrip().endswith(')'):
                self.declares |= set(re.findall(r'[A-Za-z_]\w*', without_parens(flat)))
                return
            m = re.fullmatch(r'\s*(?:[A-Za-z_]\w*[\s*]+)+([A-Za-z_]\w*)\s*'
                             r'(?:\[[^]]*\]\s*)*(?:=.*)?', flat, re.S)
            if not m or re.fullmatch(r'\s*(struct|enum|union)\s+\w+\s*', flat):
                return
            name = m[1]
        if name:
            self.own.add(name)
            if not static or self.path.endswith('.h'):
                self.defines.add(name)


def c_files(top, directory):
    if os.path.isfile(f'{top}/{directory}'):
        yield directory
    for where, dirs, names in os.walk(f'{top}/{directory}'):
        dirs.sort()
        for n in sorted(names):
            if n.endswith(('.c', '.h')):
                yield os.path.relpath(f'{where}/{n}', top)


def check_layers(floors, sources, top):
    """Includes from one directory to another."""
    for s in sources.values():
        upper = floors.layer(s.path)
        if not upper:
            continue
        for inc in s.includes:
            lower = floors.layer(inc)
            if lower is None and os.path.exists(f'{top}/{inc}'):
                yield f'{s.path} includes {inc}, which is in no layer'
            elif not floors.may_include(upper, lower or NOT_OURS):
                yield f'{s.path} includes {inc}: {upper} may not use ' + \
                    (lower or 'headers of QEMU')


def same_pair(a, b):
    return os.path.splitext(a)[0] == os.path.splitext(b)[0]


def arrows(sources):
    """Yield (from, to, why) for each include and each name of another file."""
    definers = {}
    for s in sources.values():
        for name in s.defines:
            definers.setdefault(name, []).append(s.path)
    for s in sources.values():
        for inc in s.includes:
            if inc in sources:
                yield s.path, inc, 'includes it'
        for name in sorted(s.names - s.own):
            for to in definers.get(name, []):
                if len(definers[name]) == 1 and to != s.path:
                    yield s.path, to, f'uses {name}'


def circles(edges):
    """The sets of files that reach each other (Tarjan's algorithm)."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(edges.get(v, ())):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            at = stack.index(v)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for v in sorted(edges):
        if v not in index:
            visit(v)
    return found


def check_circles(sources):
    # An inline function of an interface may use what the interface declares.
    edges = {}
    for a, b, why in arrows(sources):
        name = why.removeprefix('uses ')
        if not same_pair(a, b) and \
                not (a.endswith('.h') and name in sources[a].declares):
            edges.setdefault(a, set()).add(b)
    for c in circles(edges):
        yield 'a circle of files: ' + ' '.join(c)


def check_section(floors, sources, top, directory):
    """The floors inside one directory."""
    floor_of, entry_of = {}, {}
    for number, entry in floors.sections[directory]:
        path = f'{directory}/{entry}'
        if not os.path.exists(f'{top}/{path}'):
            yield f'{FLOORS}: {path} does not exist'
        for f in sources:
            if f == path or entry.endswith('/') and f.startswith(path):
                floor_of[f], entry_of[f] = number, entry
    inside = {f: s for f, s in sources.items() if f.startswith(directory + '/')}
    for f in inside:
        if f not in floor_of:
            yield f'{f} is on no floor: add it to {FLOORS}'
    for a, b, why in arrows(inside):
        if a not in floor_of or b not in floor_of or same_pair(a, b) or \
                entry_of[a] == entry_of[b]:
            continue
        up = floor_of[b] - floor_of[a]
        # Neighbours may include each other's headers, but not call.
        if up > 0 or up == 0 and why != 'includes it':
            yield f'{a} (floor {floor_of[a]}) {why}: {b} (floor {floor_of[b]})' \
                .replace('includes it: ', 'includes ').replace(': ', ' of ', 1)


def check(top):
    floors = Floors(top)
    sources = {}
    for directory in floors.layers:
        if not os.path.exists(f'{top}/{directory}'):
            yield f'{FLOORS}: {directory} does not exist'
        for f in c_files(top, directory):
            sources[f] = Source(top, f)
    yield from check_layers(floors, sources, top)
    yield from check_circles(sources)
    for directory in floors.sections:
        yield from check_section(floors, sources, top, directory)


# ---- the test of the test -----------------------------------------------------

GOOD = {
    FLOORS: '[layers]\nlow:\nhigh: low qemu\n[high]\n0 a.h a.c\n1 b.c b.h c.c\n2 d/\n',
    'low/low.h': 'int low(void);\n',
    'low/low.c': '#include "low/low.h"\nint low(void)\n{\n\treturn 1;\n}\n',
    'high/a.h': '#include "low/low.h"\nextern int total;\nint a(void);\nint b(void);\n',
    'high/a.c': '#include "high/a.h"\nint total = 3;\n/* b() is above */\n'
                'int a(void)\n{\n\treturn low();\n}\n',
    'high/b.h': 'static inline int twice(int x)\n{\n\treturn 2 * x;\n}\n',
    'high/b.c': '#include "high/a.h"\n#include "high/b.h"\n#include "hw/boards.h"\n'
                'int b(void)\n{\n\treturn twice(a() + total);\n}\n',
    'high/c.c': '#include "high/a.h"\nstatic int b(int x)\n{\n\treturn x;\n}\n'
                'int c(void)\n{\n\treturn b(a());\n}\n',
    'high/d/e.c': 'int e(void)\n{\n\treturn b() + c() + f();\n}\n',
    'high/d/f.c': 'int f(void)\n{\n\treturn a();\n}\n',
}
# What is added to a file, and the error that must be found.
BAD = [
    ('a call upwards', 'high/a.c', 'int a2(void)\n{\n\treturn b();\n}\n',
     'high/a.c (floor 0) uses b of high/b.c (floor 1)'),
    ('a function pointer upwards', 'high/a.h', '#define CALL (&b)\n',
     'high/a.h (floor 0) uses b of high/b.c (floor 1)'),
    ('a call of an inline function upwards', 'high/a.c', 'int x = twice(2);\n',
     'high/a.c (floor 0) uses twice of high/b.h (floor 1)'),
    ('a variable of a floor above', 'high/b.c', 'int state[2] = { 1, 2 };\n'
     'int b2(void)\n{\n\treturn c();\n}\n',
     'high/b.c (floor 1) uses c of high/c.c (floor 1)'),
    ('an include upwards', 'high/a.h', '#include "high/b.h"\n',
     'high/a.h (floor 0) includes high/b.h (floor 1)'),
    ('a circle inside a directory of one floor', 'high/d/f.c',
     'int f2(void)\n{\n\treturn e();\n}\n',
     'a circle of files: high/d/e.c high/d/f.c'),
    ('an include of a layer above', 'low/low.h', '#include "high/a.h"\n',
     'low/low.h includes high/a.h: low may not use high'),
    ('an include of QEMU', 'low/low.c', '#include "qemu/osdep.h"\n',
     'low/low.c includes qemu/osdep.h: low may not use headers of QEMU'),
    ('a file on no floor', 'high/new.c', 'int n;\n',
     f'high/new.c is on no floor: add it to {FLOORS}'),
    ('a listed file that does not exist', FLOORS, '3 gone.c\n',
     f'{FLOORS}: high/gone.c does not exist'),
]


def errors_of(files):
    with tempfile.TemporaryDirectory() as top:
        for path, text in files.items():
            os.makedirs(os.path.dirname(f'{top}/{path}'), exist_ok=True)
            with open(f'{top}/{path}', 'w', encoding='utf-8') as f:
                f.write(text)
        return list(check(top))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '../../..')
    errors = list(check(top))
    results = [('the tree keeps to docs/floors', errors)]
    results.append(('self-test: a good tree has no error', errors_of(GOOD)))
    for name, path, text, want in BAD:
        found = errors_of({**GOOD, path: GOOD.get(path, '') + text})
        results.append((f'self-test: {name} is found',
                        [] if want in found else [f'found: {found}', f'not: {want}']))
    print(f'TAP version 13\n1..{len(results)}')
    for n, (name, wrong) in enumerate(results, 1):
        print(f'{"not ok" if wrong else "ok"} {n} - {name}')
        for w in wrong:
            print(f'# {w}')
    return any(wrong for _, wrong in results)


if __name__ == '__main__':
    sys.exit(main())
