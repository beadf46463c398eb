#!/bin/sh
# timeout=300
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab has each file that a machine names, whatever the words: a base below a base,
# a comma in a name, a module with arguments, a sparse image of 5 GiB, RAM in a file,
# a folder with links that lead nowhere, a file that only -readconfig names, firmware.
# And none of them changes.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
mkdir "$tmp/w" "$tmp/w/folder"
cd "$tmp/w" || exit 1
truncate -s 5G big.img
truncate -s 1M base.img node.img config.img 'a,b.img'
yes pattern | head -c 32M >ram.img
echo module >module
echo hello >folder/file
ln -s /nonexistent folder/dangling
mkfifo folder/fifo
printf '[drive]\n  file = "config.img"\n  format = "raw"\n  if = "none"\n  id = "c"\n' >config
/usr/bin/python3 - <<'END'
import struct
def overlay(path, backing):
    size, bits = 1 << 20, 16
    cluster = 1 << bits
    header = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', 2, 128, len(backing), bits, size,
                         0, 1, 3 * cluster, cluster, 1, 0, 0)
    image = bytearray(4 * cluster)
    image[:len(header)] = header
    image[128:128 + len(backing)] = backing
    image[cluster:cluster + 8] = struct.pack('>Q', 2 * cluster)
    for i in range(4):
        image[2 * cluster + 2 * i:2 * cluster + 2 * i + 2] = b'\0\1'
    open(path, 'wb').write(image)
overlay('middle.qcow2', b'base.img')
overlay('top.qcow2', b'middle.qcow2')
END
sums() { cat [!b]*.img base.img ./*.qcow2 config module | sha256sum; }
sums >../before

files() { # NAME RR-KVM-OPTION... -- QEMU-ARGUMENT...: a machine with all kinds of files
	name=$1
	shift
	"$RR_BIN/rr-kvm" record --lab -o "../$name.rrt" "$@" -machine pc,memory-backend=m \
		-m 32 -object memory-backend-file,id=m,size=32M,mem-path=ram.img \
		-nodefaults -display none -serial stdio -device isa-debug-exit \
		-kernel "$RR_GUEST/debug-exit" -initrd 'module a=b,module c' \
		-drive file=top.qcow2,if=virtio \
		-drive file=a,,b.img,format=raw,if=virtio \
		-blockdev '{"driver":"file","filename":"node.img","node-name":"n"}' \
		-device virtio-blk,drive=n -readconfig config -device virtio-blk,drive=c \
		-netdev user,id=net,tftp=folder -device rtl8139,netdev=net \
		>"../$name.out" 2>"../$name.err" </dev/null
	status=$?
	sed 's/^/# /' "../$name.out" "../$name.err"
	[ $status -eq 0 ] && grep -q '^debug-exit:' "../$name.out" &&
		replay "../$name.rrt" && grep -q 'CPU state and all RAM equal' ../report
	result $? "$name: recorded, and replays"
}
files seen -- -drive file=fat:rw:folder,format=raw,if=virtio \
	-drive file=big.img,format=raw,if=virtio,cache=none
files copied --deterministic --
sums >../after
cmp ../before ../after && [ "$(du -k big.img | cut -f 1)" -lt 100 ]
result $? "the host's files are as they were"
cd / && finish
