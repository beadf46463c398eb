#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh: run a command in the lab, an Intel host with KVM that Bochs emulates.
# common/lab/README.md has the contract that each lab's run.sh keeps.

set -eu

dir=$(realpath "$(dirname "$0")")
. "$dir/run.sh.inc"

print_own_options() {
	cat <<'END'
  --dir DIR               where Bochs, its firmware and the overlay for the image
                          are (default: the directory of run.sh)

Two runs are always alike.
END
}

while [ $# -gt 0 ]; do
	words=2
	case $1 in
	--dir) need $#; dir=$2 ;;
	--) shift; break ;;
	*) take_option "$@" ;;
	esac
	shift $words
done
: "${seed:=1}"
check_options "$dir/bochs" "$dir/overlay.cpio.gz" -- "$@"
command -v xorriso >/dev/null || die 'there is no xorriso: run "make deps"'

# COMMAND has the first serial port.  The second has the kernel's console and the
# exit status; what init reads there are the commands of the control port.
append='console=ttyS1,115200 quiet loglevel=3 panic=-1 mitigations=off nowatchdog'
append="$append audit=0 random.trust_cpu=on tsc=reliable"
append="$append lab.speed=115200 lab.status=ttyS1 lab.control0=ttyS1"

# The archives are unpacked one after the other.
pack_files "$@" >"$tmp/files.cpio"
disk=
if [ -n "$out" ]; then
	mkdir -p "$out"
	# /out is in the lab's memory, so it is not larger than that.
	cylinders=$((mem * 2048 / 1008 + 1))
	truncate -s $((cylinders * 1008 * 512)) "$tmp/disk"
	disk="ata0-master: type=disk, mode=flat, path=$tmp/disk, cylinders=$cylinders, heads=16, spt=63"
	append="$append lab.out=disk"
fi
cat >"$tmp/isolinux.cfg" <<END
DEFAULT lab
PROMPT 0
TIMEOUT 1
LABEL lab
 KERNEL /vmlinuz
 INITRD /lab.cpio,/overlay.cpio,/files.cpio
 APPEND $append
END
xorriso -as mkisofs -quiet -graft-points -iso-level 3 -r -o "$tmp/boot.iso" \
	-b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot \
	-boot-load-size 4 -boot-info-table \
	"isolinux/isolinux.bin=$dir/isolinux.bin" \
	"isolinux/ldlinux.c32=$dir/ldlinux.c32" \
	"isolinux/isolinux.cfg=$tmp/isolinux.cfg" \
	"vmlinuz=$kernel" "lab.cpio=$image" "overlay.cpio=$dir/overlay.cpio.gz" \
	"files.cpio=$tmp/files.cpio" >"$tmp/xorriso.log" 2>&1 ||
	{ cat "$tmp/xorriso.log" >&2; die 'the boot medium cannot be made'; }
rm "$tmp/files.cpio"

# ips= is the frequency of the TSC.
cat >"$tmp/bochsrc" <<END
display_library: nogui
cpu: model=corei7_skylake_x, count=1, ips=500000000, seed=$seed, reset_on_triple_fault=0, ignore_bad_msrs=1
memory: guest=$mem, host=$mem
romimage: file=$dir/bios.bin, options=fastboot
vgaromimage: file=$dir/vgabios.bin
pci: enabled=1, chipset=i440fx
clock: sync=none, time0=1767225600
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15
ata1-master: type=cdrom, path=$tmp/boot.iso, status=inserted
$disk
boot: cdrom
com1: enabled=1, mode=pipe-client, dev=$tmp/console
com2: enabled=1, mode=pipe-client, dev=$tmp/kernel
log: $tmp/bochs.log
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
speaker: enabled=0
END
mkfifo "$tmp/console.out" "$tmp/kernel.in"
cat "$tmp/console.out" &
reader=$!
if [ -n "$stdin" ]; then
	mkfifo "$tmp/console.in"
	exec 3<&0
	cat <&3 >"$tmp/console.in" &
	writer=$!
fi

# In a new session, Ctrl-C on the terminal reaches run.sh only.
setsid "$dir/bochs" -q -f "$tmp/bochsrc" </dev/null >"$tmp/bochs.out" 2>&1 &
wait_for_emulator $! "$tmp/kernel.in"	# power-off gives Bochs a status of its own
[ -z "$stdin" ] || kill $writer 2>/dev/null || :
: <>"$tmp/console.out"	# if Bochs did not get as far as to open it
wait $reader || :

status=$(tr -d '\r' <"$tmp/kernel.out" 2>/dev/null | grep -x '[0-9]\{1,3\}' | tail -n 1)
[ -n "$status" ] || {
	tail -n 30 "$tmp/kernel.out" >&2 || :
	tail -n 5 "$tmp/bochs.out" >&2 || :
	die "the lab ended before the command"
}
[ -z "$out" ] || tar -C "$out" --no-overwrite-dir --no-same-owner -xf "$tmp/disk" 2>"$tmp/tar.log" ||
	{ cat "$tmp/tar.log" >&2; die 'the lab left nothing on its disk'; }
exit "$status"
