# SPDX-License-Identifier: GPL-2.0-or-later
"""vnc-type.py PORT TEXT: connect to a VNC server of this host as a viewer does, look at the
screen once, and type TEXT (RFC 6143)."""

import socket
import struct
import sys
import time


def take(s, count):
    data = b''
    while len(data) < count:
        more = s.recv(count - len(data))
        if not more:
            sys.exit('vnc-type: the server has closed the connection')
        data += more
    return data


def connect(port):
    s = socket.create_connection(('127.0.0.1', port), timeout=60)
    take(s, 12)
    s.sendall(b'RFB 003.008\n')
    if 1 not in take(s, take(s, 1)[0]):
        sys.exit('vnc-type: the server wants a password')
    s.sendall(b'\1')
    if struct.unpack('>I', take(s, 4))[0]:
        sys.exit('vnc-type: refused')
    s.sendall(b'\1')
    width, height = struct.unpack('>HH', take(s, 4))
    take(s, 16)
    take(s, struct.unpack('>I', take(s, 4))[0])
    return s, width, height


def look(s, width, height):
    s.sendall(struct.pack('>BxH', 2, 0))                        # raw encoding alone
    s.sendall(struct.pack('>BBHHHH', 3, 0, 0, 0, width, height))
    take(s, 4)                                                  # the first rectangle's
    return struct.unpack('>HHHHi', take(s, 12))[2:4]


def main():
    s, width, height = connect(int(sys.argv[1]))
    shown = look(s, width, height)
    for c in sys.argv[2]:
        for down in (1, 0):
            s.sendall(struct.pack('>BBxxI', 4, down, ord(c)))
            time.sleep(0.1)
    print(f'a screen of {width} x {height}, an update of {shown[0]} x {shown[1]}')


main()
