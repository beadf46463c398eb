#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lab-intel.sh BUILD: build BUILD/lab/intel, with all files that
# "rr-kvm record --lab=intel" needs beside those of the other lab.  Bochs itself is
# there already.

set -eu
build=$1
common=$(dirname "$0")/..
lab=$build/lab/intel

sh "$common/lab/guest/mkimage.sh" --kernel-image-dir "$build/linux/generic" \
	--modules-dir "$build/kernel" --out "$lab/overlay.new.gz" --overlay \
	ata_piix sd_mod msr kvm kvm_intel
install -m 644 /usr/share/bochs/BIOS-bochs-latest "$lab/bios.bin"
install -m 644 /usr/share/vgabios/vgabios.bin "$lab/vgabios.bin"
install -m 644 /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$lab"
install -m 644 "$common/lab/guest/run.sh.inc" "$lab"
install -m 755 "$common/lab/bochs/run.sh" "$lab"
mv "$lab/overlay.new.gz" "$lab/overlay.cpio.gz"
