#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mkguest.sh KERNEL-PACKAGE-DIRECTORY OUT-DIRECTORY: make the guest of the demo
# and of the tests from Debian's unmodified cloud kernel and an initramfs with
# busybox.
set -eu

kernel=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/tftp"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# init loads them in this order.
modules='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev
virtio_pci virtio_blk failover net_failover virtio_net scsi_common scsi_mod
sd_mod libata ata_piix'

mkdir -p "$root/bin" "$root/modules" "$root/dev" "$root/proc" "$root/sys" \
	"$root/tmp"
cp /bin/busybox "$root/bin/busybox"
install -m 755 "$here/init.sh" "$root/init"
for program in clock refs hot; do
	${CC:-gcc} -std=gnu11 -O2 -Wall -Wextra -static -s -o "$root/bin/$program" \
		"$here/$program.c"
done
for m in $modules; do
	ko=$(find "$kernel/lib/modules/" -name "$m.ko")
	if [ -z "$ko" ]; then
		tr _ - <"$(echo "$kernel"/lib/modules/*/modules.builtin)" |
			grep -q "/$(echo "$m" | tr _ -)\.ko\$" ||
			{ echo "mkguest: no module $m in $kernel" >&2; exit 1; }
		continue
	fi
	cp "$ko" "$root/modules/"
	echo "$m" >>"$root/modules/order"
done
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | LC_ALL=C sort |
	cpio -o -H newc --quiet --reproducible -R 0:0) | gzip -9n >"$out/initrd.gz"
cp "$kernel"/boot/vmlinuz-* "$out/vmlinuz"
# Guests without an operating system.  Multiboot needs the header in the first 8 KiB.
# (The BIOS is below 1 MiB, and a machine that is reset needs it.)
for source in "$here"/adbits.c "$here"/ring0.c "$here"/stale.c \
	"$here"/machine/*.c; do
	${CC:-gcc} -m32 -std=gnu11 -O1 -Wall -Wextra -ffreestanding -fno-pie -no-pie \
		-fno-stack-protector -mno-sse -mno-mmx -mgeneral-regs-only -nostdlib -static \
		-Wl,-Ttext=0x200000 -Wl,--section-start=.multiboot=0x1ff000 \
		-Wl,--build-id=none -Wl,-z,noseparate-code \
		-o "$out/$(basename "$source" .c)" "$source"
done

# Firmware, for -bios.
for source in "$here"/machine/*.S; do
	${CC:-gcc} -m32 -nostdlib -static -Wl,-Ttext=0 -Wl,--build-id=none \
		-Wl,--oformat=binary -o "$out/$(basename "$source" .S)" "$source"
done

# A guest that is one program.
mkdir -p "$root/processor/dev"
(cd "$here/../.." && ${CC:-gcc} -std=gnu11 -O2 -Wall -Wextra -iquote . -static -s \
	-o "$root/processor/init" tests/guest/processor.c tests/guest/faults.c \
	tests/guest/limits.c common/silicon/*.c)
find "$root/processor" -exec touch -h -d @0 {} +
(cd "$root/processor" && find . | LC_ALL=C sort |
	cpio -o -H newc --quiet --reproducible -R 0:0) | gzip -9n >"$out/processor.gz"

# Disk contents that do not compress and are the same in every build.
noise() { # SEED MIB
	openssl enc -aes-128-ctr -K "$(printf %032x "$1")" -iv 0 -nosalt \
		</dev/zero 2>/dev/null | head -c "$2"M
}
noise 1 24 >"$out/disk-virtio.img"
noise 2 24 >"$out/disk-ide.img"
noise 3 1 | head -c 131072 >"$out/tftp/file.bin"
