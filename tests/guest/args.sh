#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# args.sh [GUEST-FOLDER [WORK]]: the guest's QEMU arguments, one a line.
set -eu
guest=${1:-$RR_GUEST} work=${2:-all}
cat <<END
-machine
pc
-m
256
-nodefaults
-display
none
-vga
none
-serial
stdio
-no-reboot
-kernel
$guest/vmlinuz
-initrd
$guest/initrd.gz
-append
console=ttyS0 panic=-1 quiet work=$work
-drive
file=$guest/disk-virtio.img,format=raw,if=virtio
-drive
file=$guest/disk-ide.img,format=raw,if=ide
-netdev
user,id=net0,tftp=$guest/tftp
-device
virtio-net-pci,netdev=net0,romfile=
END
