#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mkimage.sh: build the lab's initramfs from busybox, the patched KVM modules, the
# stock modules for a disk, a console and a shared directory, firmware for the
# inner QEMU, and the given programs with the libraries that they need.  The same
# inputs give the same bytes.  See common/lab/README.md.

set -eu
export LC_ALL=C
umask 022

usage() {
	cat <<'END'
Usage: mkimage.sh --kernel-image-dir DIR --modules-dir DIR --out FILE
                  [--firmware DIR]... [PROGRAM[:LABPATH]]...
       mkimage.sh --kernel-image-dir DIR --modules-dir DIR --out FILE
                  --overlay MODULE...

  --kernel-image-dir DIR  an unpacked linux-image package, with lib/modules/*
  --modules-dir DIR       the directory of the patched kvm.ko and kvm-amd.ko
  --out FILE              the image; compressed with gzip if it ends in .gz
  --firmware DIR          a directory with firmware for the inner QEMU (default:
                          those of Debian's packages)
  PROGRAM[:LABPATH]       a program for the image, at the same path or at LABPATH
  --overlay               make an image to be unpacked over the first: with these
                          modules, which init loads in place of the first's
END
}
die() { echo "mkimage: $*" >&2; exit 1; }

here=$(dirname "$(readlink -f "$0")")
kdir='' mods='' out='' firmware='' overlay=''
while [ $# -gt 0 ]; do
	case $1 in
	--kernel-image-dir) kdir=$2; shift 2 ;;
	--modules-dir) mods=$2; shift 2 ;;
	--out) out=$2; shift 2 ;;
	--firmware) firmware="$firmware $2"; shift 2 ;;
	--overlay) overlay=yes; shift ;;
	-h|--help) usage; exit 0 ;;
	-*) usage >&2; exit 1 ;;
	*) break ;;
	esac
done
[ -n "$kdir" ] && [ -n "$mods" ] && [ -n "$out" ] || { usage >&2; exit 1; }
: "${firmware:=/usr/share/seabios /usr/share/qemu /usr/lib/ipxe/qemu}"

tree=$(echo "$kdir"/lib/modules/*)
[ -d "$tree/kernel" ] || die "$kdir does not have exactly one lib/modules/*"
busybox=$(command -v busybox) || die "there is no busybox: install busybox-static"
ldd "$busybox" >/dev/null 2>&1 &&
	die "$busybox is not static: install busybox-static"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root
mkdir -p "$root/lib/modules"

base_system() {
	mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" \
		"$root/run" "$root/out" "$root/root" "$root/etc" "$root/lab"
	install -m 755 "$busybox" "$root/bin/busybox"
	for a in $("$busybox" --list); do
		[ "$a" = busybox ] || ln -s busybox "$root/bin/$a"
	done
	ln -s bin "$root/sbin"
	install -m 755 "$here/init.sh" "$root/init"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
}
[ -n "$overlay" ] || base_system

# Debug information and build ID depend on the directory of the build.  Without them
# two builds of the same sources give one image, with the same instruction counts in
# the deterministic lab.
anonymous() {	# FILE; symbols stay: reports of QEMU name functions
	[ "$(head -c 4 "$1" | tail -c 3)" != ELF ] ||
		strip --strip-debug -R .note.gnu.build-id "$1"
}

# init loads the modules in the order of lib/modules/order, and those of order-network
# if the lab has a network: each after those that it needs.  Newer kernels come with compressed modules.
find "$tree/kernel" -name '*.ko' -o -name '*.ko.xz' >"$tmp/all"
module_file() {	# NAME
	sed -n "h;s|.*/||;s|\.xz\$||;y|_|-|;/^$1\.ko\$/{x;p;q}" "$tmp/all"
}
need() {
	n=$(echo "$1" | tr _ -)
	case " $loaded " in *" $n "*) return ;; esac
	loaded="$loaded $n"
	if [ -e "$mods/$n.ko" ]; then
		f=$mods/$n.ko
	else
		f=$(module_file "$n")
		if [ -z "$f" ]; then	# built in?
			tr _ - <"$tree/modules.builtin" | grep -q "/$n\.ko\$" ||
				die "there is no module $n in $tree"
			return
		fi
	fi
	for d in $(modinfo -F depends "$f" | tr , ' '); do need "$d"; done
	# The recursive calls have changed $n and $f.
	set -- "$1" "$(echo "$1" | tr _ -)"
	if [ -e "$mods/$2.ko" ]; then
		f=$mods/$2.ko
	else
		f=$(module_file "$2")
	fi
	case $f in
	*.xz) xz -dc "$f" >"$root/lib/modules/$2.ko" ;;
	*) install -m 644 "$f" "$root/lib/modules/$2.ko" ;;
	esac
	[ "$f" != "$mods/$2.ko" ] || anonymous "$root/lib/modules/$2.ko"
	echo "$2" >>"$root/lib/modules/$list"
}
loaded='' list=order
[ -e "$mods/kvm.ko" ] && [ -e "$mods/kvm-amd.ko" ] ||
	die "there are no kvm.ko and kvm-amd.ko in $mods"
write_image() {
	mkdir -p "$(dirname "$out")"
	case $out in *.gz) pack='gzip -n -1' ;; *) pack='cat' ;; esac
	find "$root" -exec touch -h -d @0 {} +
	(cd "$root" && find . | sort |
		cpio --quiet --reproducible -o -H newc -R 0:0) | $pack >"$out.new"
	mv "$out.new" "$out"
}

if [ -n "$overlay" ]; then
	for m in "$@"; do need "$m"; done
	write_image
	exit
fi
for m in virtio_pci virtio_blk virtio_console 9pnet_virtio 9p overlay msr kvm kvm_amd; do
	need $m
done
list=order-network
need virtio_net

# Firmware, in the directory where QEMU looks for it by default.
mkdir -p "$root/usr/share/qemu"
firmware_file() {	# NAME
	for d in $firmware; do
		[ -e "$d/$1" ] || continue
		install -m 644 "$(readlink -f "$d/$1")" "$root/usr/share/qemu/$1"
		return
	done
	return 1
}
for f in bios.bin bios-256k.bin kvmvapic.bin linuxboot.bin linuxboot_dma.bin \
	multiboot.bin multiboot_dma.bin pvh.bin vgabios.bin vgabios-stdvga.bin \
	vgabios-cirrus.bin vgabios-virtio.bin vgabios-bochs-display.bin \
	vgabios-ramfb.bin vgabios-vmware.bin vgabios-ati.bin pxe-virtio.rom pxe-e1000.rom efi-virtio.rom \
	efi-e1000.rom efi-e1000e.rom; do
	firmware_file $f || die "there is no $f in $firmware: install seabios, ipxe-qemu" \
		"and qemu-system-data"
done
# Of less common devices, as far as this system has them.
for f in bios-microvm.bin qboot.rom vgabios-ati.bin vgabios-isavga.bin vgabios-qxl.bin \
	efi-eepro100.rom efi-ne2k_pci.rom efi-pcnet.rom efi-rtl8139.rom efi-vmxnet3.rom; do
	firmware_file $f || true
done

# QEMU looks for it relative to its own path, and to its configured prefix.
for d in opt/rr usr/local; do
	mkdir -p "$root/$d/bin" "$root/$d/share"
	ln -s /usr/share/qemu "$root/$d/share/qemu"
done

take() {	# FILE LABPATH
	[ -e "$root$2" ] && return
	mkdir -p "$root$(dirname "$2")"
	cp -L --preserve=mode "$1" "$root$2"
}
for p in "$@"; do
	case $p in
	*:*) from=${p%%:*} to=${p#*:} ;;
	*) from=$p to=$(realpath -s "$p") ;;
	esac
	[ -f "$from" ] || die "there is no file $from"
	take "$from" "$to"
	anonymous "$root$to"
	# ldd fails for scripts and static programs, which need no libraries.
	{ ldd "$from" 2>/dev/null || true; } >"$tmp/ldd"
	grep -q 'not found' "$tmp/ldd" &&
		die "$from lacks a library:$(grep 'not found' "$tmp/ldd")"
	sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p' "$tmp/ldd" >"$tmp/libs"
	while read -r l; do take "$l" "$l"; done <"$tmp/libs"
done

write_image
