#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh: run a command in the lab, an outer QEMU (TCG) with KVM inside.
# common/lab/README.md has the contract that each lab's run.sh keeps.

set -eu

. "$(dirname "$0")/run.sh.inc"

print_own_options() {
	cat <<'END'
  --qemu BIN              the outer QEMU (default: ../bin/qemu-system-x86_64)
  --silicon NAME          a processor of this family (QEMU's x-silicon=NAME)
  --forget-tlb            a processor that forgets its TLB at each exit
  --no-npt                a processor without nested paging
  --pmu                   give the lab a PMU; needs this project's QEMU
  --host-files            show COMMAND the files of this host at their paths.  What it
                          writes to them stays in the lab's memory, and is lost
  --writable FILE         with --host-files: COMMAND writes to a copy of FILE on this
                          host's disk, not in the lab's memory; may be repeated
  --control SOCKET        a Unix socket that takes the lines "stop" and
                          "kill9 NAME"
  --forward [HOST:]PORT   pass on what connects to this TCP port of HOST (127.0.0.1) to
                          the same port of the lab; may be repeated
  --firmware DIR          firmware of the outer QEMU; may be repeated
  --qemu-arg ARG          an argument for the outer QEMU; may be repeated
END
}

qemu='' pmu='' silicon='' exact_tlb=,x-exact-tlb=on npt=+npt control='' firmware='' extra='' copies='' forwards='' shared='' host=''

# Where QEMU's own network (-netdev user) has its first guest.
lab_address=10.0.2.15

forward() { # [HOST:]PORT
	case $1 in *:*) from=$1 ;; *) from=127.0.0.1:$1 ;; esac
	forwards="$forwards,hostfwd=tcp:$from-$lab_address:${1##*:}"
}

share() { # TAG DIRECTORY OPTIONS
	dir=$(printf %s "$2" | sed 's/,/,,/g')
	shared="$shared -fsdev $(quote "local,id=$1,path=$dir,security_model=none,multidevs=remap$3")"
	shared="$shared -device virtio-9p-pci,fsdev=$1,mount_tag=$1,ioeventfd=off"
}

# A sparse file stays sparse, and costs nothing where the file system can share blocks.
copy_writable() { # FILE
	[ -n "$copies" ] || copies=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
	trap 'rm -rf "$tmp" "$copies"' EXIT
	mkdir -p "$tmp/root/lab"
	realpath "$1" >>"$tmp/root/lab/writable"
	cp --reflink=auto --sparse=always "$1" \
		"$copies/$(wc -l <"$tmp/root/lab/writable")" ||
		die "there is no room for a copy of $1 in $(dirname "$copies")" \
			"(TMPDIR names another directory)"
}

while [ $# -gt 0 ]; do
	words=1
	case $1 in
	--pmu) pmu=,x-amd-pmu=on ;;
	--forget-tlb) exact_tlb='' ;;
	--no-npt) npt=-npt ;;
	--qemu) need $#; words=2 qemu=$2 ;;
	--silicon) need $#; words=2 silicon=,x-silicon=$2 ;;
	--host-files) host=yes ;;
	--writable) need $#; words=2; copy_writable "$2" ;;
	--control) need $#; words=2 control=$2 ;;
	--forward) need $#; words=2; forward "$2" ;;
	--firmware) need $#; words=2 firmware="$firmware -L $(quote "$2")" ;;
	--qemu-arg) need $#; words=2 extra="$extra $(quote "$2")" ;;
	--) shift; break ;;
	*) take_option "$@" ;;
	esac
	shift $words
done
: "${qemu:=$(dirname "$0")/../bin/qemu-system-x86_64}"
check_options "$qemu" -- "$@"
: "${firmware:=-L /usr/share/qemu -L /usr/share/seabios}"

# The kernel unpacks two archives that follow each other: the image, and one with
# the command and its files.
cp "$image" "$tmp/initrd"
truncate -s %4 "$tmp/initrd"
pack_files "$@" >>"$tmp/initrd"

# COMMAND has the first serial port, the kernel's console is the second.
append='console=ttyS1 quiet loglevel=3 panic=-1 mitigations=off nowatchdog'
append="$append audit=0 random.trust_cpu=on"

# QEMU would warn of each feature of an EPYC that TCG lacks, so take them away.
cpu=EPYC,+svm,$npt,-x2apic,-fxsr-opt,-misalignsse,-osvw,-topoext,+nrip-save
cpu=$cpu,-xsavec,+tsc-scale$exact_tlb$pmu$silicon

# ioeventfd=off: with it another thread of QEMU would serve the device, at a time
# that is different in each run.
set -- -machine pc -accel tcg -cpu "$cpu" -m "$mem" \
	-nodefaults -no-user-config -display none -no-reboot \
	-chardev stdio,id=con,signal=on -serial chardev:con \
	-serial "file:$tmp/kernel.log" \
	-device virtio-serial-pci,ioeventfd=off \
	-chardev "file,id=status,path=$tmp/status" \
	-device virtserialport,chardev=status,name=status \
	-chardev "pipe,id=control0,path=$tmp/control" \
	-device virtserialport,chardev=control0,name=control0
mkfifo "$tmp/control.in" "$tmp/control.out"
when=now
if [ -n "$seed" ]; then
	when=late
	set -- "$@" -icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm \
		-seed "$seed"
fi
if [ -n "$control" ]; then
	set -- "$@" -chardev "socket,id=control,path=$control,server=on,wait=off" \
		-device virtserialport,chardev=control,name=control
fi
if [ -n "$forwards" ]; then
	append="$append lab.address=$lab_address"
	set -- "$@" -netdev "user,id=forward,restrict=on,ipv6=off$forwards" \
		-device virtio-net-pci,netdev=forward,romfile=
fi
if [ -n "$out" ]; then
	mkdir -p "$out"
	append="$append lab.out=$when"
	share out "$out" ''
fi
if [ -n "$host" ]; then
	append="$append lab.host=$host"
	share host / ,readonly=on
	[ -z "$copies" ] || share copies "$copies" ''
fi
eval "set -- \"\$@\" $shared $firmware $extra"

if [ -n "$stdin" ]; then exec 3<&0; else exec 3</dev/null; fi
if [ -t 3 ]; then
	# QEMU changes the terminal's settings; killed, it would leave them so.  We may
	# be in the background of the terminal, and change it all the same.
	trap '' TTOU
	settings=$(stty -g <&3)
	trap 'rm -rf "$tmp" ${copies:+"$copies"}; stty "$settings" <&3' EXIT
fi
# In a new session, Ctrl-C on the terminal reaches run.sh only.
setsid "$qemu" "$@" -kernel "$kernel" -initrd "$tmp/initrd" -append "$append" \
	<&3 &
wait_for_emulator $! "$tmp/control.in"

status=$(cat "$tmp/status" 2>/dev/null || :)
[ -n "$status" ] || {
	tail -n 30 "$tmp/kernel.log" >&2 || :
	die "the lab ended before the command (exit status of QEMU: $emulator_status)"
}
exit "$status"
