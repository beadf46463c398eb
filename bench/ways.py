# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways of running a guest, the sets of workloads, the targets.

A way is a line: its -accel argument, where TRACE stands for the trace.  A way with
"trace" makes a trace; a way with "of" replays the trace of another way.
"""

RECORD = 'kvm,kernel-irqchip=off,rr-record=TRACE'

# where: "kvm" is counted in the lab (or timed, on a host with KVM); "tcg" is
# timed on this host, the ways alternating, and counted in the lab with --count-replay.
WAYS = {
    'kvm': dict(where='kvm', accel='kvm',
                title='plain KVM, interrupt controllers in the kernel'),
    'kvm-user-irqchip': dict(where='kvm',
                             accel='kvm,kernel-irqchip=off,x-rr-user-apic=on',
                             title='plain KVM, interrupt controllers in QEMU'),
    'kvm-default': dict(where='kvm', accel='kvm', defaults=True,
                        title="plain KVM with QEMU's defaults: KVM's clock, ioeventfd"),
    'record-ring': dict(where='kvm', accel=RECORD + ',rr-clock=ring', trace=True,
                        title='recording, clock reads kept in the kernel'),
    'record-exit': dict(where='kvm', accel=RECORD + ',rr-clock=exit', trace=True,
                        title='recording, clock reads leave to QEMU'),
    'record-epoch': dict(where='kvm', accel=RECORD + ',rr-clock=epoch', trace=True,
                         title='recording, the clock stands still for 100 us'),
    'record-epoch-1ms': dict(where='kvm', accel=RECORD + ',rr-clock=epoch,rr-epoch-us=1000',
                             trace=True, title='recording, the clock stands still for 1 ms'),
    'tcg': dict(where='tcg', accel='tcg', title='plain TCG'),
    'replay': dict(where='tcg', of='record-ring', title='replay by rr-tcg'),
    'tcg-rr': dict(where='tcg', accel='tcg', icount='rr=record,rrfile=TRACE', trace=True,
                   title="QEMU's own recording (-icount rr=record)"),
    'tcg-rr-replay': dict(where='tcg', accel='tcg', icount='rr=replay,rrfile=TRACE',
                          of='tcg-rr', title="QEMU's own replay (-icount rr=replay)"),
}
PLAIN = 'kvm'
PLAIN_TOO = 'kvm-user-irqchip'  # used if PLAIN was not measured
RECORDING = 'record-ring'       # the default of rr-kvm record

# The arguments that recording adds to QEMU's (kvm-record/vm/qemu-args.c).  With them all
# ways but kvm-default have the same devices.
SAME_DEVICES = ['-machine', 'smm=off,vmport=off', '-global', 'apic.vapic=off',
                '-global', 'virtio-pci.ioeventfd=off']

# Sets: batches of workloads.  A batch runs in one boot, which is measured too.
CPU = ['hash', 'sort', 'compile', 'fork', 'memory', 'syscalls', 'clock', 'sqlite', 'web']
IO = ['disk-seq', 'disk-random', 'disk-fsync', 'disk-ide', 'net-small', 'net-bulk']
BATCHES = {'cpu': CPU + ['idle'], 'io': IO, 'e1000': ['e1000-small', 'e1000-bulk'],
           'web-host': ['web-host']}
SETS = {
    # Without plain "kvm", which sometimes hangs in the lab (RESULTS.md), with any KVM.
    'check': dict(size='check', ways=['kvm-user-irqchip', 'record-ring'], exits=False, batches={
        'all': ['hash', 'fork', 'memory', 'syscalls', 'clock', 'disk-seq', 'disk-random',
                'net-small', 'idle']}),
    'short': dict(size='short', ways=['kvm', 'kvm-user-irqchip', 'record-ring'], exits=True,
                  batches=BATCHES),
    'full': dict(size='full', ways=[w for w in WAYS if WAYS[w]['where'] == 'kvm'], exits=True,
                 batches=BATCHES),
}

# Targets: the cost of recording divided by that of plain KVM, by kind of workload.
TARGETS = dict(cpu=1.01, database=1.01, clock=None, compile=1.05, boot=1.10,
               disk=1.25, net=1.25, web=1.25, idle=None)
IDLE_LOG = 5000                 # bytes per second
REPLAY = 1.1                    # times plain TCG's processor time
IDLE_REPLAY = 3.0               # seconds, for a minute of idling

# Each entry changes one knob.  All points of a workload run in one boot; each point of
# the memory is a separate boot.
SCALING = {
    'length': dict(title='run length', unit='s', workload='run-length',
                   points=[1, 10, 100]),
    'interrupts': dict(title='interrupts', unit='/s', workload='timer',
                       points=[100, 1000, 10000]),
    'disk': dict(title='disk accesses', unit='', workload='disk-random',
                 points=[100, 1000, 10000]),
    'memory': dict(title='guest memory', unit='MiB', workload=None,
                   points=[128, 512, 2048, 8192]),
}
SCALING_WAYS = ['kvm-user-irqchip', 'record-ring']
