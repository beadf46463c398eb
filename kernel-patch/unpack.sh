#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# unpack.sh KVER TARBALL KDIR OUT PATCH...
#
# Lay out what the build of the modules needs: OUT/src, the part of the kernel
# source that makes up KVM, with the series applied; OUT/kdir, the kernel's
# headers, usable wherever they were unpacked.

set -eu

die() { echo "kernel-patch: $*" >&2; exit 1; }

kver=$1 tarball=$2 kdir=$3 out=$4
shift 4

[ -e "$kdir/Module.symvers" ] ||
	die "no kernel headers in $kdir: install linux-headers-$kver, or set KDIR"
line=$(echo "$kver" | cut -d. -f1,2)
[ -e "$tarball" ] ||
	die "no $tarball: install linux-source-$line, or set LINUX_SOURCE"

# linux-headers-6.1.0-56-amd64 wants linux-headers-6.1.0-56-common, and
# linux-headers-6.12.117+deb12-amd64 wants linux-headers-6.12.117+deb12-common
abi=${kver%-amd64}
abi=${abi%-cloud}
abi=${abi%-rt}
common=$(readlink -f "$kdir")/../linux-headers-$abi-common
[ -d "$common" ] || die "no linux-headers-$abi-common beside $kdir"

rm -rf "$out/src" "$out/kdir" "$out"/.built-* "$out"/.unpacked-*
mkdir -p "$out/src" "$out/kdir"

tar -C "$out/src" --strip-components=1 -xf "$tarball" --wildcards \
	--no-wildcards-match-slash \
	'linux-source-*/Makefile' \
	'linux-source-*/arch/x86/kvm' \
	'linux-source-*/arch/x86/include/asm/kvm*.h' \
	'linux-source-*/arch/x86/include/uapi/asm/kvm*.h' \
	'linux-source-*/virt' \
	'linux-source-*/include/linux/kvm*.h' \
	'linux-source-*/include/uapi/linux/kvm.h' \
	'linux-source-*/Documentation/virt/kvm' \
	'linux-source-*/tools/testing/selftests/kvm' \
	'linux-source-*/tools/testing/selftests/*.h' \
	'linux-source-*/tools/include' \
	'linux-source-*/tools/arch/x86/include' \
	'linux-source-*/tools/lib/*.c'

# The same stable release on both sides: KVM uses much that is private to the
# kernel, and a difference would build and then crash.
version() {
	sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "$1" | paste -sd.
}
have=$(version "$out/src/Makefile")
want=$(version "$common/Makefile")
[ "$have" = "$want" ] || die "$tarball holds Linux $have, and" \
	"linux-headers-$abi-common is for Linux $want: install both of one version"
rm "$out/src/Makefile"

for p in "$@"; do
	patch -d "$out/src" -p1 -s -f --no-backup-if-mismatch <"$p" ||
		die "$(basename "$p") does not apply to Linux $have"
done

kvm=$out/src/arch/x86/kvm
sed -e 's|$(srctree)/virt/kvm|$(kvmsrc)/virt/kvm|' \
    -e 's|$(srctree)/arch/x86/kvm|$(kvmsrc)/arch/x86/kvm|' \
	"$kvm/Makefile" >"$kvm/Makefile.kvm-x86"
cp "$(dirname "$0")/Kbuild.oot" "$kvm/Kbuild"

# Debian's Makefile names the common headers by where they get installed.
for f in "$kdir"/* "$kdir"/.config "$kdir"/.kernelvariables; do
	ln -s "$(readlink -f "$f")" "$out/kdir/$(basename "$f")"
done
rm "$out/kdir/Makefile"
echo "include $(readlink -f "$common")/Makefile" >"$out/kdir/Makefile"
