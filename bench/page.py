#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""page.py RESULTS.json PAGE.html: make one page of tables and plots, which loads no
other file and can be read on screen or in print."""

import os
import sys
from html import escape

import prices
import results
import svg
import workload
from figures import Figures, worse_than_linear
from ways import RECORDING, SCALING, TARGETS, WAYS

STYLE = '''
body { font: 15px/1.45 sans-serif; color: #222; max-width: 60em; margin: 2em auto;
  padding: 0 1em }
h1 { font-size: 1.5em } h2 { font-size: 1.2em; margin-top: 2em }
table { border-collapse: collapse; margin: .7em 0; font-size: 13px }
th, td { padding: .15em .6em; border-bottom: 1px solid #ddd; text-align: right;
  white-space: nowrap; font-variant-numeric: tabular-nums }
th { border-bottom: 1px solid #888; vertical-align: bottom; white-space: normal }
th:first-child, td:first-child, .text, td.source { text-align: left }
th:first-child, td:first-child { white-space: normal; padding-left: 0 }
.wide { overflow-x: auto } td.source { white-space: normal } .met { color: #2a662a } .missed { color: #a03010; font-weight: bold }
.note { color: #555; font-size: 13px } svg { max-width: 100%; height: auto }
details { margin: .3em 0 }
@media print {
  body { margin: 0; max-width: none; font-size: 10pt } table { font-size: 8pt }
  h2 { break-after: avoid } svg, tr { break-inside: avoid } .wide { overflow: visible }
}
'''


def table(heads, rows):
    out = ['<div class="wide"><table><thead><tr>']
    first = [c if isinstance(c, str) else '' for c in rows[0]] if rows else []
    out += [f'<th class="{"text" if text[:1].isalpha() else ""}">{escape(h)}</th>'
            for h, text in zip(heads, first)] + ['</tr></thead><tbody>']
    for row in rows:
        out.append('<tr>' + ''.join(
            f'<td class="{c[1]}">{escape(c[0])}</td>' if isinstance(c, tuple)
            else f'<td class="{"text" if str(c)[:1].isalpha() else ""}">{escape(str(c))}</td>'
            for c in row) + '</tr>')
    return ''.join(out) + '</tbody></table></div>'


def number(v):
    return '-' if v is None else f'{v:,.0f}'


def times(v, digits=3):
    return '-' if v is None else f'{v:.{digits}f}'


def overview(f):
    rows = [(what, (figure, 'met' if met else 'missed'), target, 'yes' if met else 'no')
            for what, figure, target, met, _ in f.targets()]
    bars = []
    for batch, name in f.phases:
        x, limit = f.ratio(batch, name, RECORDING), TARGETS.get(workload.kind(name))
        if x:
            bars.append((name, (x - 1) * 100, limit and (limit - 1) * 100))
    return ('<h2>Against the targets</h2>'
            f'<p>{escape(WAYS[RECORDING]["title"])}, against {escape(WAYS[f.plain]["title"])}: '
            'instructions of the guest and of the host for the guest.</p>'
            + table(['', 'measured', 'target, at most', 'met'], rows)
            + '<p>How many more instructions than plain KVM, in percent. The black stroke is '
            'the target; a broken bar is longer than shown.</p>' + svg.bars(bars, ' %'))


def counts(f):
    out = ['<h2>Counts</h2><p>Conditional branches of the guest and of the host for the guest, and '
           'instructions (the processor time of the lab, where an instruction takes 1 ns), of '
           'each workload between its marks. The ratios are to plain KVM.</p>']
    for batch, name in f.phases:
        rows = []
        for way in f.ways:
            c = (f.runs.get((batch, name, way)) or {}).get('counts')
            if c:
                rows.append((WAYS[way]['title'], number(c.get('guest-branches')),
                             number(c.get('host-branches')), number(c.get('cpu-ns')),
                             times(f.ratio(batch, name, way)),
                             times(f.branches_ratio(batch, name, way)),
                             number(c.get('size-1'))))
        out.append(f'<h3>{escape(name)}: {escape(f.title(batch, name))}</h3>'
                   + table(['way', 'guest branches', 'host branches', 'instructions',
                            'ratio', 'ratio of branches', 'bytes of log'], rows))
    return ''.join(out)


def exits(f):
    if not any('exits' in r for r in f.result['runs']):
        return ''
    out = ['<h2>Where the cost is</h2><p>Exits by reason, whether KVM or QEMU handled them, and '
           'the host branches of each, from the entry of the guest before the exit to the one '
           f'after it. Of each, {f.overhead():,.0f} branches are subtracted as the cost of '
           'tracing.</p>']
    for batch, name in f.phases:
        kinds, plain = {}, f.plain_with_exits(batch, name)
        for way in (plain, RECORDING):
            for kind, n, each in f.exits(batch, name, way):
                kinds.setdefault(kind, {})[way] = (n, each)
        rows = []
        order = sorted(kinds.items(), key=lambda k: -max(n * e for n, e in k[1].values()))
        for kind, v in order[:8]:
            row = [kind]
            for way in (plain, RECORDING):
                n, each = v.get(way, (0, 0))
                row += [number(n), number(each) if n else '-', number(n * each)]
            rows.append(row)
        if rows:
            out.append(f'<h3>{escape(name)}</h3>' + table(
                ['reason', f'{escape(plain)}: exits', 'branches each', 'in all',
                 'recording: exits', 'branches each', 'in all'], rows))
    return ''.join(out)


def log(f):
    rows, kinds = [], []
    for r in f.result['runs']:
        t = r.get('trace')
        if not t:
            continue
        rows.append((r['batch'], r['way'], number(t['records']), number(t['raw']),
                     number(t['stored']), number(t['blobs']), number(t['stored'] / t['seconds']),
                     f'{1e6 * t["stored"] / max(1, t["branches"]):.1f}'))
        if r['way'] == RECORDING:
            kinds += [(r['batch'], k, number(v['records']), number(v['bytes']))
                      for k, v in sorted(t['types'].items(), key=lambda x: -x[1]['bytes'])[:5]]
    if not rows:
        return ''
    return ('<h2>The log</h2>' + table(
        ['run', 'way', 'records', 'bytes raw', 'bytes stored', 'DMA data stored',
         'stored a second', 'stored per million branches'], rows)
        + table(['run', 'largest by type', 'records', 'bytes raw'], kinds))


def estimate(f):
    rows = []
    for batch, name in f.phases:
        cells = [f.estimate(batch, name, RECORDING, p) for p in prices.PRICES]
        if any(cells):
            rows.append([name] + [c and f'{c - 1:+.0%}' or '-' for c in cells])
    if not rows:
        return ''
    return ('<h2>An estimate for real hardware</h2><p><b>Not measured.</b> Each '
            'counted instruction takes one cycle, each exit the published time to leave the '
            'guest and come back. Recording is compared with plain KVM.</p>'
            + table(['', *(p['what'] for p in prices.PRICES.values())], rows)
            + table(['prices', 'cycles an exit', 'and to user space', 'source'],
                    [(p['what'], p['exit'], p['user'], (p['source'], 'source'))
                     for p in prices.PRICES.values()]))


def timings(f):
    rows = []
    for (batch, name, way), t in f.times.items():
        row = [name if name != 'total' else f'total of {batch}', way]
        for field in ('wall-ns', 'cpu-ns'):
            if field in t:
                median, half = results.spread(t[field])
                row.append(f'{median / 1e9:.2f} ± {half / 1e9:.2f}')
            else:
                row.append('-')
        row += [times(f.replay_ratio(batch, name, way), 2), len(t['wall-ns'])]
        size = f.sizes.get((batch, name, way))
        row.append(number(size / (results.spread(t['wall-ns'])[0] / 1e9)) if size else '-')
        for field in results.LATENCY:
            row.append(f'{results.spread(t[field])[0] / 1e3:,.0f}' if field in t else '-')
        rows.append(row)
    skipped = ''.join(f'<p>Left out, because it does not work: {escape(WAYS[s["way"]]["title"])}, '
                      f'{escape(s["batch"])}: {escape(s["why"])}</p>'
                      for s in f.result.get('skipped', []))
    if not rows:
        return skipped
    return ('<h2>Timed on this machine</h2><p>Seconds; the ways alternated. Medians, and half '
            'the distance from the least to the greatest. Throughput is in units of the '
            'workload per second. Times of single requests, measured by the guest, are in us, '
            'and only shown for a real host.</p>' + table(
                ['', 'way', 'wall', 'processor', 'of plain TCG', 'runs', 'throughput',
                 'p50', 'p90', 'p99', 'longest'], rows) + skipped)


def scaling(f):
    out = []
    for knob, d in f.scaling().items():
        s = SCALING[knob]
        out.append(f'<h3>{escape(s["title"])}</h3><p>')
        for figure in dict.fromkeys(k[1] for k in d):
            out.append(svg.lines({way: v for (way, fig), v in d.items() if fig == figure},
                                 f'{s["title"]} {s["unit"]}', figure))
        out.append('</p>')
        for (way, figure), points in d.items():
            for a, b in worse_than_linear(points):
                out.append(f'<p class="missed">Worse than linear: {escape(way)}, {figure}: '
                           f'{a[0]:,} to {b[0]:,}, {number(a[1])} to {number(b[1])}</p>')
    return '<h2>How cost grows</h2>' + ''.join(out) if out else ''


def page(result):
    f = Figures(result)
    m = result['machine']
    twice = [r for r in result['runs'] if 'verified' in r]
    verified = ('Each count was taken twice and was the same.' if twice and
                all(r['verified'] for r in twice) else
                '<span class="missed">Counts were taken once, or were not the same.</span>')
    if result['kind'] == 'host':
        verified = "Timed with this host's KVM."
    head = (f'<p class="note">Tree {escape(result["commit"][:12])}'
            f'{" with changes" if result["dirty"] else ""}, {escape(result["date"])}, set '
            f'"{escape(result["set"])}". {verified} Timed on: {escape(m["cpu"])}, {m["cpus"]} '
            f'processors, {m["memory_mib"]:,} MiB, Linux {escape(m["kernel"])}. Counts are '
            'from the deterministic lab and do not depend on that machine.</p>')
    versions = ', '.join(f'{k} {v}' for k, v in sorted(result['versions'].items()))
    return ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width"><title>rr-kvm: what it costs</title>'
            f'<style>{STYLE}</style></head><body><h1>What recording and replaying cost</h1>'
            + head + overview(f) + estimate(f) + log(f) + timings(f) + scaling(f) + exits(f)
            + counts(f) + f'<p class="note">{escape(versions)}</p></body></html>\n')


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        text = page(results.load(sys.argv[1]))
    except results.Bad as e:
        print(f'page: {e}', file=sys.stderr)
        return 1
    os.makedirs(os.path.dirname(os.path.abspath(sys.argv[2])), exist_ok=True)
    with open(sys.argv[2], 'w', encoding='utf-8') as out:
        out.write(text)
    return 0


if __name__ == '__main__':
    sys.exit(main())
