#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build.sh TOP BUILD: make BUILD/lab/intel/bochs, Bochs 3.0 with our patches, from
# Debian's copy of its source.
# build.sh --unpack TOP BUILD DIR: make DIR, the source with the patches as commits
#	on the branch "series" after the tag "base".  To change the series: change
#	the commits with git rebase -i base, then
# build.sh --export TOP DIR: write them back as patches.

set -eu
mode=build
case ${1:-} in --unpack|--export) mode=${1#--}; shift ;; esac
top=$(realpath "$1")
patches=$top/common/lab/bochs/patches

if [ $mode = export ]; then
	rm -f "$patches"/*.patch
	exec git -C "$2" format-patch -q -N --zero-commit --no-signature --abbrev=8 \
		-o "$patches" base..series
fi

build=$(realpath -m "$2")
. "$top/common/build/apt.sh"
tarball=$build/dl/bochs/bochs_3.0+dfsg.orig.tar.xz
sum=78f6c73d4a6472d5130a87ab9dc306d02c7c71ed8e25b3a8ef642e2a7acd282b

is_right() { echo "$sum  $tarball" | sha256sum --quiet --strict -c - >/dev/null 2>&1; }

fetch() {
	! is_right || return 0
	apt_setup
	mkdir -p "${tarball%/*}"
	rm -f "$tarball"
	say "downloading Debian's source of Bochs"
	(cd "${tarball%/*}" && private apt-get -q -q source --download-only --tar-only bochs) ||
		die "no source of Bochs from the mirror"
	is_right || die "$tarball is not there, or does not have the checksum $sum"
}

unpack() {	# DIR
	rm -rf "$1"
	mkdir -p "$1"
	tar -C "$1" --strip-components=1 -xf "$tarball"
}

if [ $mode = unpack ]; then
	fetch
	unpack "$3"
	git() { command git -C "$dir" -c user.name=series -c user.email=series@localhost "$@"; }
	dir=$(realpath "$3")
	git init -q -b series
	git add -Af .
	git commit -q -m 'Bochs 3.0'
	git tag base
	git am -q --committer-date-is-author-date "$patches"/*.patch
	exit
fi

src=$build/bochs-src
fetch
say "unpacking Bochs 3.0 (the checksum is right)"
unpack "$src"
for p in "$patches"/*.patch; do
	patch -d "$src" -p1 -s -f --no-backup-if-mismatch <"$p" ||
		die "$(basename "$p") does not apply to Bochs 3.0"
done

# The source is made anew each time; ccache knows the files that are the same.
cd "$src"
# Its makefiles need make's own rules, which ours switches off.
unset MAKEFLAGS
export CC=gcc CXX=g++ CCACHE_BASEDIR="$src"
if command -v ccache >/dev/null; then export CC='ccache gcc' CXX='ccache g++'; fi
export CFLAGS='-O3 -fomit-frame-pointer -pipe'
export CXXFLAGS="$CFLAGS"
log=$build/bochs.log
{
	./configure --with-nogui --without-x --disable-docbook --disable-debugger \
		--disable-debugger-gui --disable-gdb-stub --disable-plugins \
		--disable-stats --disable-show-ips --disable-readline --disable-xpm --disable-usb \
		--enable-x86-64 --enable-cpu-level=6 --enable-vmx=2 --enable-avx \
		--enable-evex --enable-protection-keys --enable-monitor-mwait \
		--enable-perfmon --enable-configurable-msrs --enable-pci \
		--enable-cdrom --enable-all-optimizations --enable-repeat-speedups \
		--enable-fast-function-calls --enable-handlers-chaining \
		--enable-trace-linking &&
		make -j "$(nproc)" bochs
} >"$log" 2>&1 || {
	grep -E '(error|Error)' "$log" >&2 || tail -n 30 "$log" >&2
	die "failed; the whole output is in $log"
}
mkdir -p "$build/lab/intel"
strip -o "$build/lab/intel/bochs.new" bochs
mv "$build/lab/intel/bochs.new" "$build/lab/intel/bochs"
