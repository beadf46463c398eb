#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lab.sh BUILD: build BUILD/lab, with all files that "rr-kvm record --lab" needs.

set -eu
build=$1
common=$(dirname "$0")/..
. "./$build/linux/versions"

lab=$build/lab
mkdir -p "$lab"
tmp=$(mktemp -d "$lab/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

sh "$common/lab/guest/mkimage.sh" --kernel-image-dir "$build/linux/generic" \
	--modules-dir "$build/kernel" --out "$tmp/lab.cpio.gz" \
	"$build/bin/qemu-system-x86_64:/opt/rr/bin/qemu-system-x86_64" \
	"$build/bin/rr-kvm:/opt/rr/bin/rr-kvm"
cp "$build/linux/generic/boot/vmlinuz-$KVER" "$tmp/vmlinuz"
install -m 755 "$common/lab/tcg/run.sh" "$tmp/run.sh"
install -m 644 "$common/lab/guest/run.sh.inc" "$tmp/run.sh.inc"
mv "$tmp/vmlinuz" "$tmp/run.sh" "$tmp/run.sh.inc" "$tmp/lab.cpio.gz" "$lab"
