#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Run a command in the lab: an outer QEMU (TCG) with KVM inside.  See README.md.

set -eu

usage() {
	cat <<'END'
Usage: run.sh --qemu BIN --kernel VMLINUZ --image LAB.CPIO[.GZ] [OPTIONS]
              -- COMMAND [ARGUMENT]...

  --mem MIB               memory of the lab (2048)
  --deterministic         two runs alike to the last instruction
  --seed N                other random numbers (1; implies --deterministic)
  --pmu                   give the lab a PMU (the project's patched QEMU only)
  --out DIR               share DIR with the lab, where it is /out
  --control SOCKET        a Unix socket that takes the lines "stop" and
                          "kill9 NAME"
  --file HOST[:LAB]       take a file or folder along; again for more
  --firmware DIR          firmware of the outer QEMU; again for more
  --stdin                 COMMAND reads what run.sh reads (not with a terminal)
  --qemu-arg ARG          one more argument for the outer QEMU; again for more

COMMAND's output is run.sh's, and so is its exit status; 125 says that the lab
itself failed.  SIGINT and SIGTERM stop COMMAND (SIGINT, or /lab/stop where it
exists); a second one kills the lab.
END
}
die() { echo "lab: $*" >&2; exit 125; }
quote() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/root/lab"

qemu='' kernel='' image='' mem=2048 seed='' pmu='' out='' control='' stdin=''
firmware='' extra=''
need() { [ "$1" -ge 2 ] || { usage >&2; exit 125; }; }
while [ $# -gt 0 ]; do
	case $1 in
	--qemu) need $#; qemu=$2; shift ;;
	--kernel) need $#; kernel=$2; shift ;;
	--image) need $#; image=$2; shift ;;
	--mem) need $#; mem=$2; shift ;;
	--deterministic) seed=${seed:-1} ;;
	--seed) need $#; seed=$2; shift ;;
	--pmu) pmu=,x-amd-pmu=on ;;
	--out) need $#; out=$2; shift ;;
	--control) need $#; control=$2; shift ;;
	--stdin) stdin=yes ;;
	--firmware) need $#; firmware="$firmware -L $(quote "$2")"; shift ;;
	--qemu-arg) need $#; extra="$extra $(quote "$2")"; shift ;;
	--file)
		need $#
		from=$2 to=$2
		[ -e "$2" ] || case $2 in *:*) from=${2%%:*} to=${2#*:} ;; esac
		[ -e "$from" ] || die "no file $from"
		to=$(realpath -sm "$to")
		mkdir -p "$tmp/root$to"
		[ -d "$from" ] || rmdir "$tmp/root$to"
		cp -rLT --preserve=mode "$from" "$tmp/root$to"
		shift ;;
	-h|--help) usage; exit 0 ;;
	--) shift; break ;;
	*) usage >&2; exit 125 ;;
	esac
	shift
done
[ -n "$qemu" ] && [ -n "$kernel" ] && [ -n "$image" ] && [ $# -gt 0 ] ||
	{ usage >&2; exit 125; }
for f in "$qemu" "$kernel" "$image"; do [ -e "$f" ] || die "no $f"; done
: "${firmware:=-L /usr/share/qemu -L /usr/share/seabios}"

# The command goes into a second archive, behind the image.
{
	printf 'exec'
	for a in "$@"; do printf ' '; quote "$a"; done
	echo
} >"$tmp/root/lab/cmd"
[ -z "$stdin" ] || : >"$tmp/root/lab/stdin"
find "$tmp/root" -exec touch -h -d @0 {} +
cp "$image" "$tmp/initrd"
truncate -s %4 "$tmp/initrd"
(cd "$tmp/root" && find . | LC_ALL=C sort |
	cpio --quiet --reproducible -o -H newc -R 0:0) >>"$tmp/initrd"
rm -r "$tmp/root"

# The kernel's console is the second serial port: the first is the command's.
append='console=ttyS1 quiet loglevel=3 panic=-1 mitigations=off nowatchdog'
append="$append audit=0 random.trust_cpu=on"

# What TCG lacks of an EPYC is taken away by name: QEMU would warn of it.
cpu=EPYC,+svm,+npt,-x2apic,-fxsr-opt,-misalignsse,-osvw,-topoext,+nrip-save
cpu=$cpu,-xsavec,+tsc-scale$pmu

# ioeventfd=off: a device's answer must not wait for another thread of QEMU.
set -- -machine pc -accel tcg -cpu "$cpu" -m "$mem" \
	-nodefaults -no-user-config -display none -no-reboot \
	-chardev stdio,id=con,signal=off -serial chardev:con \
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
if [ -n "$out" ]; then
	mkdir -p "$out"
	rm -f "$out/exit-status"
	append="$append lab.out=$when"
	set -- "$@" -fsdev \
		"local,id=out,path=$out,security_model=none,multidevs=remap" \
		-device virtio-9p-pci,fsdev=out,mount_tag=out,ioeventfd=off
fi
eval "set -- \"\$@\" $firmware $extra"

if [ -n "$stdin" ]; then exec 3<&0; else exec 3</dev/null; fi
# A session of its own: the terminal's Ctrl-C is for run.sh alone.
setsid "$qemu" "$@" -kernel "$kernel" -initrd "$tmp/initrd" -append "$append" \
	<&3 &
pid=$!
stops=0
on_signal() {
	stops=$((stops + 1))
	if [ $stops -gt 1 ]; then
		kill -KILL $pid 2>/dev/null || :
	else
		echo stop >"$tmp/control.in"
	fi
}
trap on_signal INT TERM
qstatus=0
while :; do
	if wait $pid; then qstatus=0; else qstatus=$?; fi
	kill -0 $pid 2>/dev/null || break
done

status=$(cat "$tmp/status" 2>/dev/null || :)
[ -n "$status" ] || {
	tail -n 30 "$tmp/kernel.log" >&2 || :
	die "the lab ended before the command did (QEMU's status $qstatus)"
}
[ -z "$out" ] || rm -f "$out/exit-status"
exit "$status"
