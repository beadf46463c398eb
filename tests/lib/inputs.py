# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/system/record/inputs.sh gives to a guest, and what has to come of it.

inputs.py wav FILE             write numbered frames of sound, those of tests/guest/zoo-frames.c
inputs.py frames FILE          does this WAV file have them?
inputs.py give QMP CONSOLE SERIAL
    beside the recorder: wait for what the guest says on its console, and type, point, and write
    to its serial line; serve a file at TCP port 5000
inputs.py got WORK CONSOLE     has the guest got what was given to this work?
"""

import hashlib
import json
import os
import random
import socket
import struct
import sys
import threading
import time

FRAMES = 12000
LINE = 'a line from outside'
FILE = random.Random(5).randbytes(100000)

# Linux's numbers (include/uapi/linux/input-event-codes.h) of QEMU's names.
KEYS = {'a': 30, 'shift': 42, 'b': 48, 'f1': 59, 'kp_enter': 96, 'left': 105, 'esc': 1}
BUTTONS = {'left': 0x110, 'middle': 0x112, 'right': 0x111}
EV_KEY, EV_REL, EV_ABS = 1, 2, 3
X, Y = 0, 1


def key(name):
    return [(EV_KEY, name, down) for down in (1, 0)]


def press(button):
    return [('btn', button, down) for down in (1, 0)]


def rel(x, y):
    return [(EV_REL, (x, y), None)]


def position(x, y):
    return [(EV_ABS, (x, y), None)]


TYPED = (key('a') + [(EV_KEY, 'shift', 1)] + key('b') + [(EV_KEY, 'shift', 0)] +
         key('f1') + key('kp_enter') + key('left') + key('esc'))
MOVED = rel(5, -3) + press('left') + rel(-100, 40) + rel(1, 90) + press('middle') + press('right')
POINTED = (position(1000, 2000) + press('left') + position(32767, 1) + press('middle') +
           position(20000, 30000) + press('right'))


def script_of(name):
    if 'eyboard' in name:
        return TYPED
    return POINTED if 'ablet' in name else MOVED


def as_qmp(event):
    kind, what, down = event
    if kind == EV_KEY:
        return [{'type': 'key', 'data': {'down': bool(down),
                                         'key': {'type': 'qcode', 'data': what}}}]
    if kind == 'btn':
        return [{'type': 'btn', 'data': {'down': bool(down), 'button': what}}]
    name = 'rel' if kind == EV_REL else 'abs'
    return [{'type': name, 'data': {'axis': axis, 'value': value}}
            for axis, value in zip('xy', what)]


def as_evdev(event):
    kind, what, down = event
    if kind == EV_KEY:
        return [(EV_KEY, KEYS[what], down)]
    if kind == 'btn':
        return [(EV_KEY, BUTTONS[what], down)]
    return [(kind, axis, value) for axis, value in enumerate(what)]


def together(events):
    """A mouse may say in two packets how far it was moved: sum up what has no key between."""
    result, moved = [], {}
    for kind, code, value in events + [(None, None, None)]:
        if kind == EV_REL:
            moved[code] = moved.get(code, 0) + value
            continue
        result += [(EV_REL, axis, far) for axis, far in sorted(moved.items()) if far]
        moved = {}
        if kind:
            result.append((kind, code, value))
    return result


# ---- sound ----

def sound():
    numbers = range(1, FRAMES + 1)
    return b''.join(struct.pack('<HH', n & 0xffff, n * 40503 & 0xffff) for n in numbers)


def write_wav(path):
    data = sound()
    with open(path, 'wb') as file:
        file.write(b'RIFF' + struct.pack('<I', 36 + len(data)) + b'WAVEfmt ' +
                   struct.pack('<IHHIIHH', 16, 1, 2, 48000, 192000, 4, 16) +
                   b'data' + struct.pack('<I', len(data)) + data)


def has_frames(path):
    with open(path, 'rb') as file:
        data = file.read()[44:]
    frames = [data[i:i + 4] for i in range(0, len(data) - 3, 4)]
    silence = bytes(4)
    first = next((i for i, frame in enumerate(frames) if frame != silence), len(frames))
    want = sound()
    right = 0
    while right < FRAMES and frames[first + right:first + right + 1] == \
            [want[4 * right:4 * right + 4]]:
        right += 1
    print(f'{right} of {FRAMES} frames after {first} of silence')
    return right == FRAMES and not any(b''.join(frames[first + right:]))


# ---- beside the recorder ----

class Qmp:
    def __init__(self, path):
        self.socket = connect(path)
        self.answers = self.socket.makefile()
        self.answers.readline()
        self.do('qmp_capabilities')

    def do(self, command, **arguments):
        text = json.dumps({'execute': command, 'arguments': arguments}) + '\n'
        self.socket.sendall(text.encode())
        for line in self.answers:
            answer = json.loads(line)
            if 'error' in answer:
                sys.exit(f'{command}: {answer["error"]["desc"]}')
            if 'return' in answer:
                return
        sys.exit('QMP: the machine is gone')


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    for _ in range(300):
        try:
            s.connect(path)
            return s
        except OSError:
            time.sleep(0.2)
    sys.exit(f'nobody listens at {path}')


def serve():
    server = socket.create_server(('', 5000))
    while True:
        client, _ = server.accept()
        with client:
            client.sendall(FILE)


def lines_of(path):
    """The console's lines as they come, until the guest is done."""
    while not os.path.exists(path):
        time.sleep(0.2)
    with open(path, encoding='utf-8', errors='replace') as file:
        line = ''
        while not line.startswith('guest: done'):
            more = file.readline()
            line += more
            if not more:
                time.sleep(0.1)
            elif line.endswith('\n'):
                yield line.strip()
                line = ''


# Which display an input device is bound to (its property "display"): QEMU gives what is
# typed at a display to the devices that are bound to it.  PS/2's and usb-mouse cannot be bound.
def display_of(name):
    if 'QEMU' not in name or name == 'QEMU_USB_Mouse':
        return {}
    return {'device': name.replace('QEMU_', '').lower(), 'head': 0}


def give(qmp_path, console, serial_path):
    threading.Thread(target=serve, daemon=True).start()
    qmp = Qmp(qmp_path)
    kind = name = None
    for line in lines_of(console):
        if line.endswith(' begins'):
            kind, _, name = line[len('zoo: '):-len(' begins')].partition(':')
        elif line == 'listening' and kind == 'events':
            for event in script_of(name):
                qmp.do('input-send-event', events=as_qmp(event), **display_of(name))
                time.sleep(0.1)
        elif line == 'listening' and kind == 'serial':
            serial = connect(serial_path)
            serial.sendall(f'{LINE}\n'.encode())
            with open(f'{console}.serial', 'wb') as answer:
                while not answer.tell() or not last.endswith(b'\n'):
                    last = serial.recv(100)
                    answer.write(last)


# ---- what has come of it ----

def got(work, console):
    """What the guest says of this work."""
    kind, _, name = work.partition(':')
    with open(console, encoding='utf-8', errors='replace') as file:
        lines = [line.strip() for line in file]
    at = lines.index(f'zoo: {work} begins')
    said = lines[at + 1:lines.index(f'zoo: {work} ok', at)]
    if kind == 'serial':
        return said[-1], f'got {LINE}'
    if kind == 'fetch':
        return said[-1], f'fetched {hashlib.md5(FILE).hexdigest()}'
    if kind in ('play', 'hear'):
        return said[-1], f'{"played" if kind == "play" else "heard"} {FRAMES}' + \
            ('' if kind == 'play' else f' of {FRAMES}') + ' frames'
    have = [tuple(map(int, line.split()[1:])) for line in said if line.startswith('event ')]
    want = [one for event in script_of(name) for one in as_evdev(event)]
    return together(have), together(want)


def main():
    command, *rest = sys.argv[1:]
    if command == 'wav':
        write_wav(*rest)
    elif command == 'give':
        give(*rest)
    elif command == 'frames':
        sys.exit(not has_frames(*rest))
    else:
        have, want = got(*rest)
        if have != want:
            sys.exit(f'got {have}, not {want}')


main()
