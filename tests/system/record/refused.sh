#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The recorder asks the machine that was built, whatever the words: what cannot be
# recorded is refused with the reason, before the first instruction.  What is asked of
# a VM that runs is refused, and the VM runs on.  A write of a device model that the
# recorder is not told of is found by --paranoid, which names who wrote.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'

cat >"$tmp/in-lab" <<'END'
refuse() { # NAME QEMU-ARGUMENT...
	name=$1
	shift
	rm -rf /tmp/t.rrt
	timeout 60 /opt/rr/bin/rr-kvm record --no-check -o /tmp/t.rrt -- -nodefaults \
		-display none "$@" >/out/$name 2>&1 </dev/null
	echo "status $?" >>/out/$name
}
printf '[smp-opts]\n  cpus = "1"\n  maxcpus = "2"\n' >/tmp/config
printf '[machine]\n  type = "q35"\n  smm = "on"\n' >/tmp/smm
printf '[object "i"]\n  qom-type = "iothread"\n' >/tmp/iothread
printf '[device "d"]\n  driver = "ivshmem-plain"\n  memdev = "m"\n' >/tmp/ivshmem
refuse smp -M pc,smp.cpus=2
refuse maxcpus -smp 1,maxcpus=2
refuse readconfig -readconfig /tmp/config
refuse smm -readconfig /tmp/smm
refuse vapic -global apic.vapic=on
refuse hv -cpu max,hv-relaxed=on
refuse iothread -readconfig /tmp/iothread
refuse ivshmem -object memory-backend-ram,id=m,size=1M,share=on -readconfig /tmp/ivshmem
refuse pmr -object memory-backend-ram,id=m,size=2M -device nvme,serial=1,pmrdev=m
# Without a recording QEMU is upstream's, which bans this.
/opt/rr/bin/qemu-system-x86_64 -L /usr/share/qemu -nodefaults -display none \
	-accel kvm,kernel-irqchip=off >/out/apic 2>&1 </dev/null
echo "status $?" >>/out/apic
# Another program has all counters of the PMU.
rm -rf /tmp/t.rrt
timeout 60 /t/record-pmu /opt/rr/bin/rr-kvm record --no-check -o /tmp/t.rrt -- -nodefaults \
	-display none >/out/pmu 2>&1 </dev/null &
sleep 8
kill -INT $(pidof rr-kvm)
wait

# A guest without software, which runs until it is told to stop.
rm -rf /tmp/t.rrt
{ sleep 8; echo loadvm x; sleep 2; echo info status; sleep 2; echo quit; } |
	timeout 120 /opt/rr/bin/rr-kvm record --no-check -o /tmp/t.rrt -- -nodefaults \
		-display none -monitor stdio -drive file=/t/disk.qcow2,if=virtio \
		>/out/loadvm 2>&1
echo "status $?" >>/out/loadvm

missed() { # NAME PROPERTY...
	rm -rf /tmp/t.rrt
	{ sleep 10; echo quit; } | timeout 60 /opt/rr/bin/qemu-system-x86_64 \
		-L /usr/share/qemu -nodefaults -display none -monitor stdio \
		-cpu max,kvm=off -global apic.vapic=off \
		-drive file=/t/disk.qcow2,if=virtio \
		-accel kvm,kernel-irqchip=off,rr-record=/tmp/t.rrt,$2 >/out/$1 2>&1
}
missed none rr-paranoid=stop
missed stop rr-paranoid=stop,x-rr-miss-write=40
missed warn rr-paranoid=warn,x-rr-miss-write=40
END
# An empty qcow2 image, which could hold a snapshot.
/usr/bin/python3 - "$tmp/disk.qcow2" <<'END'
import struct, sys
size, bits = 1 << 20, 16
cluster = 1 << bits
header = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', 2, 0, 0, bits, size, 0, 1,
                     3 * cluster, cluster, 1, 0, 0)
image = bytearray(4 * cluster)
image[:len(header)] = header
image[cluster:cluster + 8] = struct.pack('>Q', 2 * cluster)
for i in range(4):
    image[2 * cluster + 2 * i:2 * cluster + 2 * i + 2] = b'\0\1'
open(sys.argv[1], 'wb').write(image)
END
mkdir "$tmp/out"
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --out "$tmp/out" --file "$tmp/in-lab:/t/in-lab" \
	--file "$tmp/disk.qcow2:/t/disk.qcow2" \
	--file "$RR_BUILD/tests/kvm/record-pmu:/t/record-pmu" -- sh /t/in-lab >"$tmp/log" 2>&1
result $? "the lab ran"
sed 's/^/# /' "$tmp/log"

refused() { # NAME PATTERN
	grep -q "rr-record: .*$2" "$tmp/out/$1" && grep -q '^status 1$' "$tmp/out/$1"
	result $? "$1: refused, with the reason"
	sed 's/^/# /' "$tmp/out/$1"
}
refused smp 'vCPU'
refused maxcpus 'room for 2'
refused readconfig 'room for 2'
refused smm 'smm=off'
refused vapic 'vapic'
refused hv 'hv-'
refused iothread 'iothread'
refused ivshmem 'ivshmem-plain'
refused pmr 'pmrdev'
grep -q 'KVM does not support userspace APIC' "$tmp/out/apic" &&
	grep -q '^status 1$' "$tmp/out/apic"
result $? "the user-space APIC without a recording: refused, as upstream"
sed 's/^/# /' "$tmp/out/apic"
grep -q 'stopped: the branch counter: another user .* the PMU' "$tmp/out/pmu"
result $? "a PMU that another program has ends the recording"
sed 's/^/# /' "$tmp/out/pmu"
grep -q 'cannot load a snapshot' "$tmp/out/loadvm" &&
	grep -q 'VM status: running' "$tmp/out/loadvm"
result $? "loadvm: refused, and the VM runs on"
sed 's/^/# /' "$tmp/out/loadvm"

! grep -q 'rr-record:' "$tmp/out/none"
result $? "no write is missed: nothing is told"
sed 's/^/# /' "$tmp/out/none"
told='bytes of pc.ram at 0x[0-9a-f]* were written, which no hook reported, by'
grep -q "recording into .* stopped: .*$told" "$tmp/out/stop"
result $? "a missed write ends the recording"
grep 'rr-record:' "$tmp/out/stop" | sed 's/^/# /'
grep -q "$told.* < flatview_write" "$tmp/out/warn" &&
	! grep -q 'stopped' "$tmp/out/warn"
result $? "or is told, with the functions that wrote"
grep 'rr-record:' "$tmp/out/warn" | sed 's/^/# /'
finish
