#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mkguest.sh BUILD: make the guest of the benches in BUILD/bench-guest.
#
#	vmlinuz             Debian's cloud kernel, which the test guest has too
#	vmlinuz-generic     Debian's generic kernel, since the cloud one has no e1000
#	NAME.cpio.gz        base, and one layer for each of Debian's programs that a
#	                    workload names; an initramfs is base and then its layers
#	load                the guest's program, for a client on the host
#	versions            the versions of the packages, a line each
#
# Nothing is installed: the packages are downloaded and unpacked.
set -eu
build=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
top=$(realpath "$here/../..")
. "$top/common/build/apt.sh"
. "$build/linux/versions"
out=$build/bench-guest
mkdir -p "$out"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# ---- packages --------------------------------------------------------------

packages='libc6 libc6-dev linux-libc-dev tcc sqlite3 libsqlite3-0 libreadline8
	libtinfo6 zlib1g nginx libcrypt1 libpcre2-8-0 libssl3'
apt_setup
mkdir -p "$build/dl/bench"
{
	echo "linux $LINUX_VERSION"
	echo "busybox-static $(dpkg-query -W -f '${Version}' busybox-static)"
} >"$tmp/versions"
for p in $packages; do
	version=$(private apt-cache policy "$p" | sed -n 's/^ *Candidate: //p')
	echo "$p $version" >>"$tmp/versions"
	find_deb() { find "$build/dl/bench" -name \
		"${p}_$(echo "$version" | sed 's/:/%3a/')_*.deb"; }
	[ -n "$(find_deb)" ] || {
		say "downloading $p"
		(cd "$build/dl/bench" &&
			private apt-get -q -q download "$p=$version") ||
			die "no package $p of version $version"
	}
	dpkg-deb -x "$(find_deb)" "$tmp/debian"
done

# ---- layers ----------------------------------------------------------------

pack() {	# NAME: make a layer of $tmp/NAME
	find "$tmp/$1" -exec touch -h -d @0 {} +
	(cd "$tmp/$1" && find . | sort |
		cpio -o -H newc --quiet --reproducible -R 0:0) |
		gzip -9n >"$out/$1.cpio.gz.new"
	# Archives follow each other at multiples of 4 bytes.
	truncate -s %4 "$out/$1.cpio.gz.new"
	mv "$out/$1.cpio.gz.new" "$out/$1.cpio.gz"
}
take() {	# LAYER FILE...: copy files of the packages
	layer=$1
	shift
	for f in "$@"; do
		mkdir -p "$tmp/$layer/$(dirname "$f")"
		cp -RL --preserve=mode "$tmp/debian/$f" "$tmp/$layer/$f"
	done
}
lib=lib/x86_64-linux-gnu
program() {	# LAYER PROGRAM: copy it with its libraries, all from the packages
	take "$1" "$2"
	take "$1" $lib/ld-linux-x86-64.so.2
	mkdir -p "$tmp/$1/lib64"
	ln -sf /$lib/ld-linux-x86-64.so.2 "$tmp/$1/lib64"
	"$tmp/debian/$lib/ld-linux-x86-64.so.2" --library-path \
		"$tmp/debian/$lib:$tmp/debian/usr/$lib" --list \
		"$tmp/debian/$2" >"$tmp/libs" || die "$2 lacks a library"
	for f in $(sed -n "s,.* => $tmp/debian/\([^ ]*\) .*,\1,p" "$tmp/libs"); do
		take "$1" "$f"
	done
}

mkdir -p "$tmp/base/bin" "$tmp/base/dev" "$tmp/base/proc" "$tmp/base/sys" \
	"$tmp/base/tmp" "$tmp/base/etc"
cp /bin/busybox "$tmp/base/bin/busybox"
gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -static -s \
	-o "$tmp/base/bin/load" "$here/load.c"
install -m 755 "$tmp/base/bin/load" "$out/load"
install -m 755 "$here/init.sh" "$tmp/base/init"
cp -R "$top/bench/workloads" "$tmp/base/workloads"
echo 'root:x:0:0:root:/:/bin/sh' >"$tmp/base/etc/passwd"
echo 'root:x:0:' >"$tmp/base/etc/group"

# init loads them in this order.  Only the cloud kernel gets the disk drivers.
modules='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev
virtio_pci failover net_failover virtio_net'
disks='virtio_blk scsi_common scsi_mod sd_mod libata ata_piix'
kernel() {	# PACKAGE-DIRECTORY FURTHER-MODULE...
	tree=$(echo "$build/linux/$1"/lib/modules/*)
	to=$tmp/base/modules/$(basename "$tree")
	shift
	mkdir -p "$to"
	for m in $modules "$@"; do
		ko=$(find "$tree" -name "$m.ko")
		if [ -n "$ko" ]; then
			cp "$ko" "$to/"
			echo "$m" >>"$to/order"
		else
			tr _ - <"$tree/modules.builtin" |
				grep -q "/$(echo "$m" | tr _ -)\.ko\$" ||
				die "no module $m in $tree"
		fi
	done
}
kernel cloud $disks
kernel generic e1000
cp "$build"/linux/cloud/boot/vmlinuz-* "$out/vmlinuz"
cp "$build"/linux/generic/boot/vmlinuz-* "$out/vmlinuz-generic"
pack base

program tcc usr/bin/tcc
take tcc usr/$lib/tcc/include usr/$lib/tcc/libtcc1.a usr/$lib/crt1.o \
	usr/$lib/crti.o usr/$lib/crtn.o usr/$lib/libc.so usr/$lib/libc_nonshared.a \
	usr/include/x86_64-linux-gnu/bits usr/include/x86_64-linux-gnu/gnu \
	usr/include/x86_64-linux-gnu/sys usr/include/x86_64-linux-gnu/asm \
	usr/include/asm-generic usr/include/linux/limits.h \
	usr/include/linux/errno.h
(cd "$tmp/debian" && ls usr/include/*.h) >"$tmp/headers"
# shellcheck disable=SC2046
take tcc $(cat "$tmp/headers")
pack tcc

program sqlite usr/bin/sqlite3
pack sqlite

program nginx usr/sbin/nginx
pack nginx

# ---- disks -----------------------------------------------------------------

# Content that does not compress and is the same everywhere.
noise() { # SEED MIB
	openssl enc -aes-128-ctr -K "$(printf %032x "$1")" -iv 0 -nosalt \
		</dev/zero 2>/dev/null | head -c "$2"M
}
noise 1 32 >"$out/disk-virtio.img"
noise 2 32 >"$out/disk-ide.img"
mv "$tmp/versions" "$out/versions"
