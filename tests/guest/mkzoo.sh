#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mkzoo.sh KERNEL-PACKAGE-DIRECTORY OUT-DIRECTORY: make the guest of the device zoo
# (tests/zoo) from Debian's unmodified generic kernel, the modules of the devices that
# QEMU has, and busybox.  zoo-vmlinux and zoo.cpio are not compressed: to decompress
# them takes half of the time of a boot in the lab.
set -eu

kernel=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# zoo.sh loads the modules whose devices are there.
modules='ahci ata_piix ata_generic pata_acpi sd_mod sr_mod nvme sym53c8xx megaraid_sas
mptsas am53c974 vmw_pvscsi virtio_pci virtio_mmio virtio_blk virtio_scsi virtio_net
virtio_console virtio_rng virtio_balloon virtio_input virtio_mem virtio_pmem
virtio_crypto algif_skcipher virtio-gpu nd_pmem nd_btt 9p 9pnet_virtio
e1000 e1000e igb 8139cp 8139too vmxnet3 pcnet32 e100 tulip ne2k-pci
uhci-hcd ehci-pci ohci-pci xhci-pci usb-storage uas usbhid hid-generic usbkbd ftdi_sio
snd-pcm-oss snd-hda-intel snd-hda-codec-generic snd-intel8x0 snd-ens1370 snd-usb-audio virtio_snd
bochs cirrus drm_kms_helper floppy parport_pc lp ppdev sdhci-pci mmc_block
ipmi_si ipmi_devintf i6300esb qemu_fw_cfg pvpanic pvpanic-pci evdev nfit
ext4 crc32c_generic efivarfs cxl_acpi cxl_pci cxl_mem
psmouse atkbd rtc-cmos hpet tpm_tis tpm_crb'

tree=$(echo "$kernel"/lib/modules/*)
version=$(basename "$tree")
to=$root/lib/modules/$version
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/mnt" "$to"
cp /bin/busybox "$root/bin/busybox"
install -m 755 "$here/zoo.sh" "$root/init"
cp "$tree"/modules.builtin* "$tree"/modules.order "$to"

path_of() { # MODULE
	find "$tree" -name "$(echo "$1" | sed 's/[-_]/[-_]/g').ko" | head -n 1
}
take() { # MODULE: copy it and what it needs
	file=$(path_of "$1")
	[ -n "$file" ] || return 0	# built in, or not in this kernel
	[ ! -e "$to/$(basename "$file")" ] || return 0
	cp "$file" "$to"
	for needed in $(modinfo -F depends "$file" | tr , ' '); do
		take "$needed"
	done
}
for m in $modules; do take "$m"; done
depmod -b "$root" "$version"

${CC:-gcc} -std=gnu11 -O2 -Wall -Wextra -static -s -o "$root/bin/zoo" \
	"$here/zoo.c" "$here/zoo-display.c" "$here/zoo-cipher.c" \
	"$here/zoo-events.c" "$here/zoo-frames.c"
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | LC_ALL=C sort |
	cpio -o -H newc --quiet --reproducible -R 0:0) >"$out/zoo.cpio"
cp "$kernel"/boot/vmlinuz-* "$out/zoo-vmlinuz"

# Where a bzImage has the compressed kernel: "The Linux/x86 Boot Protocol", setup_sects,
# payload_offset and payload_length.  Its last 4 bytes are the size of what it holds.
number() { od -An -t "u$2" -j "$1" -N "$2" "$out/zoo-vmlinuz" | tr -d ' '; }
payload_at=$((($(number 0x1f1 1) + 1) * 512 + $(number 0x248 4)))
payload() {
	tail -c "+$((payload_at + 1))" "$out/zoo-vmlinuz" |
		head -c "$(($(number 0x24c 4) - 4))"
}
# Debian 12 has xz here, Debian 13 zstd.
case $(number "$payload_at" 4) in
$((0xfd2fb528))) payload | zstd -dc -q ;;
*) payload | xz -dc ;;
esac >"$out/zoo-vmlinux"
