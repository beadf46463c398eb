# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures that the page and RESULTS.md show, computed from a file of results."""

import statistics

import prices
import workload
from ways import IDLE_LOG, IDLE_REPLAY, PLAIN, PLAIN_TOO, RECORDING, REPLAY, TARGETS


class Figures:
    def __init__(self, result):
        self.result = result
        self.runs = {(r['batch'], r['workload'], r['way']): r for r in result['runs']}
        self.ways = list(dict.fromkeys(r['way'] for r in result['runs']))
        self.plain = PLAIN if PLAIN in self.ways else PLAIN_TOO
        self.sizes = {(t['batch'], t['workload'], t['way']): t['size']
                      for t in result['timings']}
        self.times = {(t['batch'], t['workload'], t['way']): t['seconds']
                      for t in result['timings']}
        # Each batch has a boot; the first one is shown.
        self.phases, seen = [], set()
        for r in result['runs']:
            w = r['workload']
            if w != 'total' and w not in seen and r['way'] in (self.plain, RECORDING):
                seen.add(w)
                self.phases.append((r['batch'], w))

    def title(self, batch, name):
        for r in self.result['runs']:
            if (r['batch'], r['workload']) == (batch, name):
                return workload.title(name, r['size'])
        return name

    def count(self, batch, name, way, field):
        r = self.runs.get((batch, name, way))
        return r and r['counts'].get(field)

    def ratio(self, batch, name, way, field='cpu-ns'):
        a, b = (self.count(batch, name, w, field) for w in (self.plain, way))
        return b / a if a and b is not None else None

    def branches_ratio(self, batch, name, way):
        a, b = ([self.count(batch, name, w, f) for f in ('guest-branches', 'host-branches')]
                for w in (self.plain, way))
        return None if None in a + b or not sum(a) else sum(b) / sum(a)

    def estimate(self, batch, name, way, price):
        a, b = (self.runs.get((batch, name, w)) for w in (self.plain, way))
        a, b = (r and prices.cycles(r, price) for r in (a, b))
        return b / a if a and b else None

    def tracing(self, way):
        """The least number of host branches that tracing adds to an exit: how many more
        the traced vCPU had than all threads had untraced, in the phase with the most."""
        best = 0
        for (_, name, w), r in self.runs.items():
            n = sum(v[0] for k, v in r.get('exits', {}).items()
                    if not k.startswith('port 0x'))
            more = r['counts'].get('traced-vcpu-host-branches', 0) \
                - r['counts'].get('host-branches', 0)
            if w == way and name not in ('boot', 'total') and n > 5000:
                best = max(best, more / n)
        return best

    def overhead(self):
        return max([self.tracing(w) for w in self.ways] or [0])

    def plain_with_exits(self, batch, name):
        """The plain way whose exits were traced; the first one if both were."""
        for way in (self.plain, PLAIN_TOO):
            if (self.runs.get((batch, name, way)) or {}).get('exits'):
                return way
        return self.plain

    def exits(self, batch, name, way):
        """[(kind, number, host branches per exit)], the most expensive first."""
        r = self.runs.get((batch, name, way))
        less = self.overhead()
        rows = [(k, n, max(0, b / n - less)) for k, (n, b) in (r or {}).get('exits', {}).items()
                if n and not k.startswith(('port 0x', 'start '))]
        return sorted(rows, key=lambda x: -x[1] * x[2])

    def targets(self):
        """[(what, figure, target, met or None, batch)]"""
        rows = []
        for batch, name in self.phases:
            limit = TARGETS.get(workload.kind(name))
            x = self.ratio(batch, name, RECORDING)
            if limit and x:
                rows.append((self.title(batch, name), f'{x - 1:+.1%}', f'{limit - 1:+.0%}',
                             x <= limit, (batch, name)))
        for batch, name in self.phases:
            if workload.kind(name) != 'idle':
                continue
            c = self.runs.get((batch, name, RECORDING))
            if c and 'size-1' in c['counts']:
                rate = c['counts']['size-1'] / (c['counts']['wall-ns'] / 1e9)
                rows.append(('log of an idle guest', f'{rate:,.0f} B/s', f'{IDLE_LOG:,} B/s',
                             rate <= IDLE_LOG, (batch, name)))
            t = self.times.get((batch, name, 'replay'))
            if t and c['size'] >= 60:
                s = statistics.median(t['wall-ns']) / 1e9
                rows.append((f'replay of {c["size"]} s of idling', f'{s:.2f} s',
                             f'{IDLE_REPLAY:.0f} s', s < IDLE_REPLAY, (batch, name)))
        for batch in dict.fromkeys(b for b, _, _ in self.times):
            x = self.replay_ratio(batch, 'total')
            if x:
                rows.append((f'replay of {batch}, processor time, of plain TCG',
                             f'{x:.2f}', f'{REPLAY:.2f}', x <= REPLAY, (batch, 'total')))
        a, b = (self.runs.get(('boot', 'total', w)) for w in ('tcg', 'replay'))
        if a and b:
            x = b['counts']['cpu-ns'] / a['counts']['cpu-ns']
            rows.append(('replay of a boot, instructions in the lab, of plain TCG',
                         f'{x:.2f}', f'{REPLAY:.2f}', x <= REPLAY, ('boot', 'total')))
        return rows

    def replay_ratio(self, batch, name, way='replay', field='cpu-ns'):
        a, b = (self.times.get((batch, name, w)) for w in ('tcg', way))
        if not a or not b or field not in a or field not in b:
            return None
        return statistics.median(b[field]) / statistics.median(a[field])

    def scaling(self):
        """{knob: {(way, figure): [(point, value)]}}"""
        out = {}
        for s in self.result['scaling']:
            d, c = out.setdefault(s['knob'], {}), s['counts']
            d.setdefault((s['way'], 'instructions'), []).append((s['point'], c['cpu-ns']))
            if 'size-1' in c:
                d.setdefault((s['way'], 'log bytes'), []).append((s['point'], c['size-1']))
            if 'peak-kib' in c:
                d.setdefault((s['way'], 'KiB of memory'), []).append((s['point'], c['peak-kib']))
        for d in out.values():
            for points in d.values():
                points.sort()
        return out


def worse_than_linear(points, slack=1.1):
    """Pairs of points between which the value grows faster than the knob."""
    return [(a, b) for a, b in zip(points, points[1:])
            if a[1] > 0 and b[1] / a[1] > slack * b[0] / a[0]]
