#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh: run a command in the lab, an outer QEMU (TCG) with KVM inside.
# common/lab/README.md has the contract that each lab's run.sh keeps.

set -eu

usage() {
	cat <<'END'
Usage: run.sh --kernel VMLINUZ --image LAB.CPIO[.GZ] [OPTIONS]
              -- COMMAND [ARGUMENT]...

  --out DIR               share DIR with the lab, where it is /out
  --mem MIB               memory of the lab (default: 2048)
  --file HOST[:LAB]       copy a file or directory into the lab; may be repeated
  --qemu BIN              the outer QEMU (default: ../bin/qemu-system-x86_64)
  --silicon NAME          a processor of this family (QEMU's x-silicon=NAME)
  --forget-tlb            a processor that forgets its TLB at each exit
  --no-npt                a processor without nested paging
  --pmu                   give the lab a PMU; needs this project's QEMU
  --deterministic         make two runs alike, to the last instruction
  --seed N                use other random numbers (default: 1); implies
                          --deterministic
  --stdin                 pass the input of run.sh, not a terminal, to COMMAND
  --control SOCKET        a Unix socket that takes the lines "stop" and
                          "kill9 NAME"
  --firmware DIR          firmware of the outer QEMU; may be repeated
  --qemu-arg ARG          an argument for the outer QEMU; may be repeated

The output and the exit status are those of COMMAND; status 125 means that the
lab failed.  SIGINT and SIGTERM stop COMMAND: they run /lab/stop if it exists,
else send SIGINT.  A second signal ends the lab at once.
END
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$(dirname "$0")/files.sh.inc"

qemu='' kernel='' image='' mem=2048 seed='' pmu='' silicon='' exact_tlb=,x-exact-tlb=on npt=+npt out='' control='' stdin=''
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
	--forget-tlb) exact_tlb='' ;;
	--no-npt) npt=-npt ;;
	--silicon) need $#; silicon=,x-silicon=$2; shift ;;
	--out) need $#; out=$2; shift ;;
	--control) need $#; control=$2; shift ;;
	--stdin) stdin=yes ;;
	--firmware) need $#; firmware="$firmware -L $(quote "$2")"; shift ;;
	--qemu-arg) need $#; extra="$extra $(quote "$2")"; shift ;;
	--file) need $#; add_file "$2"; shift ;;
	-h|--help) usage; exit 0 ;;
	--) shift; break ;;
	*) usage >&2; exit 125 ;;
	esac
	shift
done
[ -n "$kernel" ] && [ -n "$image" ] && [ $# -gt 0 ] ||
	{ usage >&2; exit 125; }
: "${qemu:=$(dirname "$0")/../bin/qemu-system-x86_64}"
for f in "$qemu" "$kernel" "$image"; do
	[ -e "$f" ] || die "there is no $f"
done
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
if [ -n "$out" ]; then
	mkdir -p "$out"
	append="$append lab.out=$when"
	set -- "$@" -fsdev \
		"local,id=out,path=$out,security_model=none,multidevs=remap" \
		-device virtio-9p-pci,fsdev=out,mount_tag=out,ioeventfd=off
fi
eval "set -- \"\$@\" $firmware $extra"

if [ -n "$stdin" ]; then exec 3<&0; else exec 3</dev/null; fi
if [ -t 3 ]; then
	# QEMU changes the terminal's settings; killed, it would leave them so.  We may
	# be in the background of the terminal, and change it all the same.
	trap '' TTOU
	settings=$(stty -g <&3)
	trap 'rm -rf "$tmp"; stty "$settings" <&3' EXIT
fi
# In a new session, Ctrl-C on the terminal reaches run.sh only.
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
	die "the lab ended before the command (exit status of QEMU: $qstatus)"
}
exit "$status"
