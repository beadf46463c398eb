# SPDX-License-Identifier: GPL-2.0-or-later
"""same-pixels.py A B: whether two PNG files (8 bits, RGB) show the same; says what differs.

Exit status: 0 the same, 1 not, or no such files."""

import struct
import sys
import zlib


def chunks(data):
    at = 8
    while at < len(data):
        size, kind = struct.unpack('>I4s', data[at:at + 8])
        yield kind, data[at + 8:at + 8 + size]
        at += 12 + size


def paeth(a, b, c):
    pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


PREDICT = (lambda a, b, c: 0, lambda a, b, c: a, lambda a, b, c: b,
           lambda a, b, c: (a + b) // 2, paeth)     # PNG specification, 9.2


def rows(path):
    with open(path, 'rb') as f:
        parts = list(chunks(f.read()))
    width, height, depth, colour = struct.unpack('>IIBB', parts[0][1][:10])
    if (depth, colour) != (8, 2):
        sys.exit(f'{path}: not 8-bit RGB')
    data = zlib.decompress(b''.join(d for k, d in parts if k == b'IDAT'))
    above, out = bytearray(width * 3), []
    for y in range(height):
        start = y * (width * 3 + 1)
        row, predict = bytearray(data[start + 1:start + 1 + width * 3]), PREDICT[data[start]]
        for x in range(width * 3):
            left, corner = (row[x - 3], above[x - 3]) if x >= 3 else (0, 0)
            row[x] = (row[x] + predict(left, above[x], corner)) & 0xff
        out.append(bytes(row))
        above = row
    return width, height, out


def main():
    try:
        (w, h, a), (w2, h2, b) = (rows(p) for p in sys.argv[1:3])
    except (OSError, IndexError, struct.error) as e:
        sys.exit(str(e))
    if (w, h) != (w2, h2):
        sys.exit(f'{w} x {h}, and {w2} x {h2}')
    differ = sum(x[i:i + 3] != y[i:i + 3] for x, y in zip(a, b) for i in range(0, w * 3, 3))
    colours = {x[i:i + 3] for x in a for i in range(0, w * 3, 3)}
    print(f'{w} x {h} pixels of {len(colours)} colours, {differ} differ')
    return 1 if differ or len(colours) < 2 else 0


if __name__ == '__main__':
    sys.exit(main())
