#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guests.sh BUILD: the guests of tests/ways, in BUILD/ways: what Debian ships, downloaded
# and unpacked (nothing is installed), and two small ones of ours.
set -eu
build=$(realpath -m "$1") out=$(realpath -m "$1")/ways
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../common/build/apt.sh"
if [ -e "$out/.ready" ] &&
	[ -z "$(find "$here" -newer "$out/.ready" -type f ! -name rows ! -name all.sh)" ]; then
	exit 0
fi

apt_setup
packages=$out/packages root=$out/root
rm -rf "$out/.ready" "$root"
mkdir -p "$packages" "$root"
cd "$packages"

# Debian's 32-bit kernels are of another architecture, with package lists of their own.
i386=$apt_dir/i386
mkdir -p "$i386/lists/partial" "$i386/archives/partial"
grep '^deb ' "$apt_dir/sources.list" | head -n 1 >"$i386/sources.list"
for_i386() { # PROGRAM ARGUMENT...
	program=$1
	shift
	private "$program" -o APT::Architectures::=amd64 -o APT::Architectures::=i386 \
		-o Dir::State::lists="$i386/lists" -o Dir::Cache="$i386" \
		-o Dir::Etc::sourcelist="$i386/sources.list" -q "$@"
}
get() { # COMMAND... PACKAGE: unless it is there
	eval "package=\${$#}"
	package=${package%:*}
	[ -n "$(find . -name "${package}_*.deb")" ] || {
		say "downloading $package"
		"$@" >/dev/null || die "Debian gave no $package"
	}
	dpkg-deb -x "$(find . -name "${package}_*.deb" | head -n 1)" "$root"
}
for_i386 apt-get -q update >/dev/null || die "the mirror gave no package lists of i386"
for flavour in 686 686-pae; do
	kernel=$(for_i386 apt-cache depends "linux-image-$flavour:i386" |
		sed -n 's/^ *Depends: \(linux-image-[^:]*\).*/\1/p')
	get for_i386 apt-get -q download "$kernel:i386"
	cp "$root/boot/vmlinuz-${kernel#linux-image-}" "$out/vmlinuz-$flavour"
done
for package in memtest86+ grub-rescue-pc grub-invaders ipxe; do
	get private apt-get -q -q download "$package"
done
cp "$root/boot/memtest86+x64.bin" "$out/memtest"
cp "$root/usr/lib/grub-rescue/grub-rescue-cdrom.iso" "$out/grub.iso"
cp "$root/boot/invaders.exec" "$out/invaders"
cp "$root/boot/ipxe.lkrn" "$out/ipxe"
cp /usr/share/OVMF/OVMF_VARS_4M.fd "$out/OVMF_VARS"
rm -rf "$root"

compile="${CC:-gcc} -m32 -nostdlib -static -Wl,--build-id=none"
$compile -Wl,-Ttext=0x7c00 -Wl,--oformat=binary -o "$out/bios.img" "$here/bios.S"
truncate -s 1440k "$out/bios.img"	# a floppy's, for memdisk
$compile -std=gnu11 -O2 -Wall -Wextra -ffreestanding -fno-pie -no-pie \
	-fno-stack-protector -Wl,-e,start -o "$root-init" "$here/linux32.c"
mkdir -p "$root"
mv "$root-init" "$root/init"
(cd "$root" && echo init | cpio -o -H newc --quiet -R 0:0) | gzip -9n >"$out/linux32.gz"
rm -rf "$root"

mkdir -p "$root/isolinux"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 \
	/usr/lib/syslinux/memdisk "$root/isolinux"
cp "$out/bios.img" "$root/isolinux/bios.img"
cat >"$root/isolinux/isolinux.cfg" <<'END'
DEFAULT bios
LABEL bios
  KERNEL memdisk
  INITRD bios.img
  APPEND harddisk
END
xorriso -as mkisofs -quiet -o "$out/memdisk.iso" -b isolinux/isolinux.bin \
	-c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table "$root" \
	2>"$out/xorriso.log" || { cat "$out/xorriso.log" >&2; exit 1; }
rm "$out/xorriso.log"
rm -rf "$root"
touch "$out/.ready"
