#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu-configure.sh BUILD [OPTION...]: make BUILD/qemu, a build directory of
# BUILD/qemu-src.

set -eu
build=$(realpath "$1")
shift
src=$build/qemu-src

# Debian's source has the sub-projects; for a clone meson has to fetch them.
download=--disable-download
[ -e "$src/subprojects/keycodemapdb/meson.build" ] || download=--enable-download

rm -rf "$build/qemu"
mkdir -p "$build/qemu"
cd "$build/qemu"
cc=gcc
! command -v ccache >/dev/null || cc='ccache gcc'
CC=$cc "$src/configure" --python=/usr/bin/python3 --prefix=/opt/rr \
	--target-list=x86_64-softmmu --without-default-features \
	--enable-system --enable-tcg --enable-kvm --enable-plugins \
	--enable-slirp --enable-virtfs --enable-attr --enable-cap-ng \
	--enable-capstone --enable-fdt=system --disable-install-blobs \
	--disable-werror "$download" "$@" >"$build/qemu/configure.log" 2>&1 || {
	tail -n 20 "$build/qemu/configure.log" >&2
	exit 1
}

touch "$build/qemu/.rr-configured"
