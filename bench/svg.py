# SPDX-License-Identifier: GPL-2.0-or-later
"""Two kinds of plot as SVG text: bars with a target, and lines on log scales."""

import math
from html import escape

COLORS = ['#1f5f8b', '#b5482a', '#3c7a3c', '#7a4c9a', '#8a6d1a', '#444444']
FONT = 'font-family="sans-serif" font-size="11"'


def bars(rows, unit='', width=720):
    """rows: (label, value, target or None), as percent more than plain KVM."""
    left, right, step = 250, 90, 20
    rows = [r for r in rows if r[1] is not None]
    if not rows:
        return ''
    top = max(max(r[1] for r in rows), 1)
    # One long bar must not shrink all others to dots.
    limit = min(top, 4 * sorted(r[1] for r in rows)[len(rows) // 2] + 50)
    scale = (width - left - right) / limit
    out = [f'<svg viewBox="0 0 {width} {step * len(rows) + 6}" width="{width}" role="img" {FONT}>']
    for i, (label, value, target) in enumerate(rows):
        y = i * step + 3
        w = max(1, min(value, limit) * scale)
        color = '#3c7a3c' if target is None or value <= target else '#b5482a'
        if target is None:
            color = '#888'
        out.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{escape(label)}</text>')
        out.append(f'<rect x="{left}" y="{y}" width="{w:.1f}" height="14" fill="{color}"/>')
        if value > limit:
            out.append(f'<path d="M{left + w - 12:.1f} {y - 1}l4 16M{left + w - 8:.1f} {y - 1}l4 16"'
                       ' stroke="white" stroke-width="2"/>')
        out.append(f'<text x="{left + w + 5:.1f}" y="{y + 12}">{value:+,.1f}{unit}</text>')
        if target is not None:
            x = left + target * scale
            out.append(f'<path d="M{x:.1f} {y - 2}v18" stroke="black" stroke-width="1.5"/>')
    out.append('</svg>')
    return ''.join(out)


def short(v):
    for limit, letter in ((1e9, 'G'), (1e6, 'M'), (1e3, 'k')):
        if abs(v) >= limit:
            return f'{v / limit:.3g}{letter}'
    return f'{v:.3g}'


def lines(series, x_label, y_label, width=350, height=230):
    """series: {name: [(x, y)]}.  Both axes are logarithmic; dashed lines are linear."""
    points = [p for s in series.values() for p in s if p[0] > 0 and p[1] > 0]
    if not points:
        return ''
    l, r, t, b = 52, 12, 10 + 14 * len(series), 36
    lx = [math.log10(p[0]) for p in points]
    ly = [math.log10(p[1]) for p in points]
    x0, x1 = min(lx), max(max(lx), min(lx) + 0.1)
    y0, y1 = math.floor(min(ly)), math.ceil(max(ly) + 1e-9)
    y1 = max(y1, y0 + 1)

    def at(x, y):
        return (l + (math.log10(x) - x0) / (x1 - x0) * (width - l - r),
                t + (y1 - math.log10(y)) / (y1 - y0) * (height - t - b))
    out = [f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" {FONT}>']
    for e in range(y0, y1 + 1):
        y = at(10 ** x0, 10.0 ** e)[1]
        out.append(f'<path d="M{l} {y:.1f}H{width - r}" stroke="#ddd"/>'
                   f'<text x="{l - 5}" y="{y + 4:.1f}" text-anchor="end">{short(10.0 ** e)}</text>')
    for x in sorted({p[0] for p in points}):
        px = at(x, 10.0 ** y0)[0]
        out.append(f'<path d="M{px:.1f} {t}V{height - b}" stroke="#eee"/><text x="{px:.1f}" '
                   f'y="{height - b + 14}" text-anchor="middle">{short(x)}</text>')
    out.append(f'<text x="{(l + width) / 2:.0f}" y="{height - 5}" text-anchor="middle">'
               f'{escape(x_label)}</text>')
    for i, (name, s) in enumerate(series.items()):
        s = [p for p in s if p[1] > 0]
        if not s:
            continue
        c = COLORS[i % len(COLORS)]
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in (at(*p) for p in s))
        out.append(f'<polyline points="{path}" fill="none" stroke="{c}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{c}"/>'
                for x, y in (at(*p) for p in s)]
        ly_ = 12 + 14 * i
        out.append(f'<path d="M{l} {ly_ - 4}h16" stroke="{c}" stroke-width="2"/>'
                   f'<text x="{l + 21}" y="{ly_}">{escape(name)}: {escape(y_label)}</text>')
    out.append('</svg>')
    return ''.join(out)
