#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# args.sh [GUEST-DIRECTORY [WORK]]: print the guest's QEMU arguments, one a line.
set -eu
guest=${1:-$RR_GUEST} work=${2:-all}
# Programs read the TSC only if it is the kernel's clock.  The lab is too slow for
# the kernel to measure the TSC, so its frequency is given.
clock=''
case ${work%% *} in
*tsc*|*gettimeofday*) clock=' tsc=reliable clocksource=tsc tsc_early_khz=2600000' ;;
esac
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
console=ttyS0 panic=-1 quiet work=$work$clock
-drive
file=$guest/disk-virtio.img,format=raw,if=virtio
-drive
file=$guest/disk-ide.img,format=raw,if=ide
-netdev
user,id=net0,tftp=$guest/tftp
-device
virtio-net-pci,netdev=net0,romfile=
END
