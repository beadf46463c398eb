#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu-configure.sh [--user] BUILD [OPTION...]: make BUILD/qemu, a build directory
# of BUILD/qemu-src.  With --user: BUILD/qemu-user, for the emulator of user mode
# that tests/silicon runs.

set -eu
name=qemu
set_of_options="--target-list=x86_64-softmmu --enable-system --enable-kvm
	--enable-plugins --enable-slirp --enable-virtfs --enable-attr
	--enable-cap-ng --enable-capstone --enable-fdt=system
	--enable-pixman --enable-png --enable-vnc --enable-tpm --enable-nettle
	--enable-gnutls --enable-seccomp --enable-libusb --enable-usb-redir
	--enable-pipewire --enable-tools
	--enable-vvfat --enable-vdi --enable-vhdx --enable-vmdk --enable-vpc --enable-qcow1"
if [ "$1" = --user ]; then
	name=qemu-user
	set_of_options="--target-list=x86_64-linux-user --enable-linux-user
		--disable-system --disable-tools --disable-docs"
	shift
fi
build=$(realpath "$1")
shift
src=$build/qemu-src dir=$build/$name

# Debian's source has the sub-projects; for a clone meson has to fetch them.
download=--disable-download
[ -e "$src/subprojects/keycodemapdb/meson.build" ] || download=--enable-download

rm -rf "$dir"
mkdir -p "$dir"
cd "$dir"
cc=gcc
! command -v ccache >/dev/null || cc='ccache gcc'
# shellcheck disable=SC2086 # a list of words
CC=$cc "$src/configure" --python=/usr/bin/python3 --prefix=/opt/rr \
	--sysconfdir=/etc \
	--without-default-features --enable-tcg $set_of_options \
	--disable-install-blobs --disable-werror "$download" "$@" \
	>"$dir/configure.log" 2>&1 || {
	tail -n 20 "$dir/configure.log" >&2
	exit 1
}

touch "$dir/.rr-configured"
