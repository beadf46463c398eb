# SPDX-License-Identifier: GPL-2.0-or-later
"""The headers of the workloads, and the machine that a batch needs."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
DIRECTORY = os.path.join(HERE, 'workloads')
CLIENT_PORT = 47180
DEVICES = ['virtio-blk', 'ide', 'virtio-net', 'e1000']


def read(name):
    """The header of NAME, or of NAME in NAME.2: lines "# KEY: VALUE"."""
    name = re.sub(r'\.\d+$', '', name)
    if not re.fullmatch(r'[a-z0-9-]+', name):
        raise SystemExit(f'bench: no workload {name}')
    path = os.path.join(DIRECTORY, name)
    try:
        with open(path, encoding='utf-8') as f:
            text = f.read()
    except OSError:
        raise SystemExit(f'bench: no workload {name}')
    w = dict(re.findall(r'^# ([a-z]+): (.*)$', text, re.M))
    sizes = w['size'].split()
    return dict(name=name, title=w['title'], kind=w['kind'],
                size=dict(zip(sizes[::2], map(int, sizes[1::2]))),
                layers=w.get('layers', '').split(),
                devices=w.get('devices', '').split(),
                client=w.get('client'),
                kernel=w.get('kernel', 'cloud'))


def names():
    return sorted(os.listdir(DIRECTORY))


def title(name, size=None):
    if name == 'boot':
        return 'boot to the shell'
    text = read(name)['title']
    return text if size is None else text.replace('SIZE', f'{size:,}')


def kind(name):
    return 'boot' if name == 'boot' else read(name)['kind']


class Machine:
    """QEMU's arguments and files for a batch [(workload, size), ...]."""

    def __init__(self, batch, guest, mem=256):
        ws = [read(name) for name, _ in batch]
        self.guest, self.mem = guest, mem
        self.layers = ['base'] + sorted({x for w in ws for x in w['layers']})
        self.devices = [d for d in DEVICES if any(d in w['devices'] for w in ws)]
        kernels = {w['kernel'] for w in ws}
        if len(kernels) > 1:
            raise SystemExit('bench: one batch, two kernels: '
                             + ' '.join(name for name, _ in batch))
        generic = kernels == {'generic'}
        self.kernel = 'vmlinuz-generic' if generic else 'vmlinuz'
        # A client on the host; it starts when the guest connects to 10.0.2.100:80.
        self.clients = [w['client'].replace('SIZE', str(size)).replace('PORT', str(CLIENT_PORT))
                        for w, (_, size) in zip(ws, batch) if w['client']]
        self.bench = ','.join(f'{name}:{size}' for name, size in batch)

    def files(self):
        """(name in the directory, function that writes the file)"""
        def initrd(to):
            with open(to, 'wb') as out:
                for layer in self.layers:
                    with open(f'{self.guest}/{layer}.cpio.gz', 'rb') as f:
                        out.write(f.read())

        def copy(name):
            def write(to):
                with open(f'{self.guest}/{name}', 'rb') as f, open(to, 'wb') as out:
                    while chunk := f.read(1 << 20):
                        out.write(chunk)
            return write
        yield 'initrd', initrd
        yield 'vmlinuz', copy(self.kernel)
        if 'virtio-blk' in self.devices:
            yield 'disk-virtio.img', copy('disk-virtio.img')
        if 'ide' in self.devices:
            yield 'disk-ide.img', copy('disk-ide.img')
        if self.clients:
            yield 'load', copy('load')

    def put(self, directory):
        os.makedirs(directory, exist_ok=True)
        for name, write in self.files():
            write(os.path.join(directory, name))
            if name == 'load':
                os.chmod(os.path.join(directory, name), 0o755)

    def client_arguments(self, directory):
        if not self.clients:
            return ''
        command = ' && '.join(f'{directory}/{c}' for c in self.clients) + ' && echo ok'
        return (f',hostfwd=tcp:127.0.0.1:{CLIENT_PORT}-10.0.2.15:80,'
                f'guestfwd=tcp:10.0.2.100:80-cmd:/bin/busybox sh -c "{command}"')

    def arguments(self, directory, latency=False):
        a = ['-name', 'bench,debug-threads=on', '-machine', 'pc', '-m', str(self.mem),
             '-nodefaults', '-display', 'none', '-vga', 'none', '-serial', 'stdio',
             '-no-reboot', '-kernel', f'{directory}/vmlinuz', '-initrd', f'{directory}/initrd',
             '-append', f'console=ttyS0 panic=-1 quiet bench={self.bench}'
             + (' bench_latency' if latency else '')]
        if 'virtio-blk' in self.devices:
            a += ['-drive', f'file={directory}/disk-virtio.img,format=raw,if=virtio']
        if 'ide' in self.devices:
            a += ['-drive', f'file={directory}/disk-ide.img,format=raw,if=ide']
        for device, model in (('virtio-net', 'virtio-net-pci'), ('e1000', 'e1000')):
            if device in self.devices:
                # Programs on the host: echo, discard and a source of bytes.
                peer = 'guestfwd=tcp:10.0.2.100'
                a += ['-netdev', f'user,id=net0,{peer}:7-cmd:/bin/busybox cat,'
                      f'{peer}:9-cmd:/bin/busybox dd of=/dev/null bs=64k,'
                      f'{peer}:19-cmd:/bin/busybox cat /dev/zero'
                      + self.client_arguments(directory),
                      '-device', f'{model},netdev=net0,romfile=']
        return a


def qemu_arguments(way, machine, directory, trace, latency=False):
    """QEMU's arguments for a way that needs no other program."""
    from ways import SAME_DEVICES
    a = ['-accel', way['accel'].replace('TRACE', trace)]
    if 'icount' in way:
        a += ['-icount', 'shift=auto,' + way['icount'].replace('TRACE', trace)]
    if way.get('defaults'):
        return a + machine.arguments(directory, latency) + ['-cpu', 'max']
    return a + SAME_DEVICES + machine.arguments(directory, latency) + ['-cpu', 'max,kvm=off']
