# SPDX-License-Identifier: GPL-2.0-or-later
"""vnc-type.py PORT TEXT [CA]: connect to a VNC server of this host as a viewer does, look at
the screen once, and type TEXT (RFC 6143).  With CA, a certificate, by TLS alone (the RFB
protocol's "VeNCrypt"), and the server's certificate has to be signed by it."""

import socket
import ssl
import struct
import sys
import time

NONE, VENCRYPT = 1, 19          # security types of RFB
X509_NONE = 260                 # TLS with a certificate, and no password inside


def take(s, count):
    data = b''
    while len(data) < count:
        more = s.recv(count - len(data))
        if not more:
            sys.exit('vnc-type: the server has closed the connection')
        data += more
    return data


def start_tls(s, ca):
    s.sendall(bytes([VENCRYPT]))
    take(s, 2)
    s.sendall(b'\0\2')
    if take(s, 1) != b'\0':
        sys.exit('vnc-type: the server does not know VeNCrypt 0.2')
    kinds = struct.unpack(f'>{(count := take(s, 1)[0])}I', take(s, 4 * count))
    if kinds != (X509_NONE,):
        sys.exit(f'vnc-type: the server has {kinds}')
    s.sendall(struct.pack('>I', X509_NONE))
    if take(s, 1) != b'\1':
        sys.exit('vnc-type: the server does not want TLS')
    return ssl.create_default_context(cafile=ca).wrap_socket(s, server_hostname='127.0.0.1')


def connect(port, ca):
    s = socket.create_connection(('127.0.0.1', port), timeout=60)
    take(s, 12)
    s.sendall(b'RFB 003.008\n')
    offered = list(take(s, take(s, 1)[0]))
    if offered != [VENCRYPT if ca else NONE]:
        sys.exit(f'vnc-type: the server offers the security types {offered}')
    if ca:
        s = start_tls(s, ca)
        print(s.version(), s.cipher()[0])
    else:
        s.sendall(bytes([NONE]))
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
    s, width, height = connect(int(sys.argv[1]), *(sys.argv[3:] or [None]))
    shown = look(s, width, height)
    for c in sys.argv[2]:
        for down in (1, 0):
            s.sendall(struct.pack('>BBxxI', 4, down, ord(c)))
            time.sleep(0.1)
    print(f'a screen of {width} x {height}, an update of {shown[0]} x {shown[1]}')


main()
