#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Corners of the machine, one guest of tests/guest/machine/ each: resets, NMIs, what
# KVM offers to guests that know it, INS that faults, instructions on a device's
# register, single steps and watchpoints over what KVM emulates, a long REP, code that
# changes, control registers, DMA beside an exception, S3, a watchdog, a device that is
# ejected, and the monitor while the guest runs.  All are recorded in one lab, and each
# replays.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
cat >"$tmp/in-lab" <<'END'
record() { # NAME KERNEL [QEMU-ARGUMENT...]; without a KERNEL with -bios
	name=$1 kernel=$2
	shift 2
	timeout -s INT 40 rr-kvm record --no-check -o "/out/$name.rrt" -- -machine pc -m 32 \
		-nodefaults -display none -vga none -serial "file:/out/$name.console" \
		${kernel:+-kernel "/t/$kernel"} "$@" 2>"/out/$name.errors"
	echo $? >"/out/$name.status"
}
wait_for() { # FILE TEXT [COUNT]: so many lines of it
	for i in $(seq 200); do
		[ "$(grep -c "$2" "$1" 2>/dev/null)" -ge "${3:-1}" ] && return
		sleep 0.1
	done
}
# The monitor's commands come through a pipe; the answers are in NAME.monitor.  The next
# command waits until the guest has said what came of one.
monitored() { # NAME TEXT COMMAND...: the commands when the console has TEXT
	name=$1 text=$2
	shift 2
	mkfifo "/t/$name.mon.in" "/t/$name.mon.out"
	cat "/t/$name.mon.out" >"/out/$name.monitor" &
	record "$name" spin -chardev "pipe,id=mon,path=/t/$name.mon" -mon chardev=mon &
	exec 5>"/t/$name.mon.in"
	wait_for "/out/$name.console" "$text"
	nmis=0
	for command in "$@"; do
		echo "$command" >&5
		sleep 0.3
		case $command in
		nmi) nmis=$((nmis + 1)); wait_for "/out/$name.console" NMIs $nmis ;;
		system_reset) wait_for "/out/$name.console" "$text" 2 ;;
		esac
	done
	wait_for "/out/$name.status" .
	exec 5>&-
	killall -q -9 qemu-system-x86_64
}
record resets resets
record shutdown '' -bios /t/shutdown
record nmi nmi
record hypervisor hypervisor
record no-apic hypervisor -cpu max,-apic
record i486 hypervisor -cpu 486
record isapc debug-exit -M isapc -device isa-debug-exit
record microvm debug-exit -M microvm -device isa-debug-exit
record no-machine debug-exit -M none
record ins ins
record mmio mmio -device pc-testdev
record debug debug -device pc-testdev
record vendor vendor
record vendor-intel vendor -cpu max,vendor=GenuineIntel
record rep rep -m 128
record loops loops
record twice twice
record modify modify
record control control
record ne ne
record pdptes pdptes
record both both
head -c 65536 /dev/zero | tr '\0' x >/t/disk
record partial partial -device virtio-blk-pci,drive=d,addr=5,serial=abc \
	-drive file=/t/disk,format=raw,if=none,id=d,snapshot=on
record pending pending -drive file=/t/disk,format=raw,if=ide,snapshot=on
record suspend suspend -global PIIX4_PM.disable_s3=0
record watchdog watchdog -device ib700 -device pvpanic -action watchdog=inject-nmi
record unplug unplug -device virtio-rng-pci,addr=5,romfile=/t/disk
monitored monitor ready 'info registers' nmi 'memsave 0x100000 4096 /t/saved' \
	'info registers' nmi quit
monitored reset ready nmi system_reset 'info registers' nmi quit
# The machine pauses, and is stopped then.
record panic panic -device pvpanic -action panic=pause &
wait_for /out/panic.console 'panic: now'
sleep 1
killall -INT rr-kvm
wait_for /out/panic.status .
mkdir /t/small
mount -t tmpfs -o size=64k small /t/small
truncate -s 1M /t/small/disk
record disk-full disk-full -drive file=/t/small/disk,format=raw,if=ide &
wait_for /out/disk-full.console 'sector 64'
until [ "$(cat /out/disk-full.console)" = "$lines" ]; do
	lines=$(cat /out/disk-full.console)
	sleep 4
done
killall -INT rr-kvm
wait_for /out/disk-full.status .
record hv hypervisor -cpu max,hv-relaxed
record cpu-pm hypervisor -overcommit cpu-pm=on
record debug-exit debug-exit -device isa-debug-exit
END
set --
for guest in resets shutdown nmi hypervisor ins debug vendor mmio rep loops twice modify control ne pdptes both partial \
	pending suspend watchdog unplug spin panic disk-full debug-exit; do
	set -- "$@" --file "$RR_GUEST/$guest:/t/$guest"
done
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --mem 1024 --out "$tmp/out" --file "$tmp/in-lab:/t/in-lab" "$@" \
	-- sh /t/in-lab >"$tmp/log" 2>&1 </dev/null
sed 's/^/# /' "$tmp/log" | head -n 20

replays() { # NAME: to equal RAM, with the same console
	trace=$tmp/out/$1.rrt
	[ "$(cat "$tmp/out/$1.status")" = 0 ] && replay "$trace" --console >"$tmp/again" &&
		grep -q 'CPU state and all RAM equal' "$tmp/report" &&
		{ [ ! -e "$tmp/out/$1.console" ] || cmp "$tmp/out/$1.console" "$tmp/again" >&2; }
	result $? "$1 replays"
	cat "$tmp/out/$1.errors" - <"$tmp/report" | head -n 4 | sed 's/^/# /'
}
prints() { # NAME TEXT
	grep -qx "$2" "$tmp/out/$1.console"
	result $? "$1: $2"
}
refused() { # NAME TEXT
	[ "$(cat "$tmp/out/$1.status")" = 1 ] && grep -q "$2" "$tmp/out/$1.errors"
	result $? "$1 is refused: $2"
}

replays resets
for kind in 0xcf9 0x92 'keyboard controller' INIT 'triple fault' 'done'; do
	prints resets "reset: $kind"
done
replays shutdown
prints shutdown 'shutdown: again'
replays nmi
prints nmi 'nmi: blocked, so far 1'
prints nmi 'nmi: alone and blocked 2'
replays hypervisor
for offer in VMCALL VMMCALL; do prints hypervisor "hypervisor: $offer UD"; done
for offer in "KVM's wall clock" "KVM's clock" "KVM's old clock" "KVM's steal time" \
	"read of KVM's clock" "Hyper-V's guest" "Hyper-V's page" 'CPUID faulting' \
	'what permits it' "read of x2APIC's ID" "x2APIC's last register"; do
	prints hypervisor "hypervisor: $offer GP"
done
prints hypervisor 'hypervisor: memory written 0'
prints hypervisor 'hypervisor: APIC 1'
prints hypervisor 'hypervisor: TSC 291'
prints hypervisor 'hypervisor: TSC 0'
replays no-apic
prints no-apic 'hypervisor: APIC 0'
# A 486 has no RDMSR, but the processor executes it.
replays i486
prints i486 "hypervisor: KVM's clock GP"
prints i486 'hypervisor: APIC 0'
replays isapc
replays microvm
refused no-machine "the machine 'none' cannot be recorded"
replays ins
prints ins 'ins: page faults 2'
prints ins 'ins: debug exceptions 0'
prints ins 'ins: left beyond the segment 8'
prints ins 'outs'
replays debug
# What KVM's emulator makes of them; a processor would raise more.
prints debug 'debug: step rep insb: between 1, behind 1, DR6 16384'
prints debug 'debug: step rep outsb: between 0, behind 1, DR6 16384'
prints debug 'debug: step orl eax, (edi): between 0, behind 0, DR6 0'
prints debug 'debug: watch rep insb: between 0, behind 0, DR6 0'
prints debug 'debug: step rdtsc: between 0, behind 1, DR6 16384'
prints debug 'debug: done'
replays mmio
prints mmio 'mmio: done'
# What the lab's processor, of AMD, has, and what KVM emulates.
for name in vendor vendor-intel; do
	replays $name
	prints $name 'vendor: SYSCALL 1'
done
prints vendor 'vendor: SYSENTER 0'
prints vendor-intel 'vendor: SYSENTER 1'
replays rep
prints rep 'rep: interrupted'
prints rep 'rep: interrupts 2'
# Three counts, and a word that NOT has inverted so many times.
replays loops
[ "$(grep -c '^loops: count [1-9]' "$tmp/out/loops.console")" -ge 3 ]
result $? 'loops: each has counted'
sed 's/^/# /' "$tmp/out/loops.console"
# Division by zero unmasked in x87; with CR0.NE clear as the lab's AMD processor has it.
replays ne
prints ne 'ne: set, fld1 MF'
prints ne 'ne: done'
# AMD's processors read page-directory pointers from memory, KVM checks them at CR4.
replays pdptes
prints pdptes 'pdptes: changed new'
prints pdptes 'pdptes: reserved bit, CR4.PGE GP'
# The interrupts of the right calls.
replays twice
prints twice 'twice: inside'
"$RR_LOG" stats "$tmp/out/twice.rrt" | grep -q '^words'
result $? 'twice: return addresses are logged'
replays modify
prints modify 'modify: ahead 738197516'
prints modify 'modify: crossing 738197516'
prints modify 'modify: filled 64000064'
prints modify 'modify: aliased 738197516'
prints modify 'modify: by DMA 305419896'
replays control
for value in 'CR0 without PE' 'CR0.NW alone' 'CR4.PCIDE' "CR4's last bit"; do
	prints control "control: $value GP"
done
prints control 'control: XSETBV UD'
prints control 'control: CMPS leaves 0'
prints control 'control: reserved bit, error code 9'
prints control 'control: CR4.PGE with PAE none'
prints control 'control: page-directory pointer 1'
replays both
prints both 'both: NI'
replays partial
prints partial 'partial: result 0'
prints partial 'partial: bytes left alone 60'
replays pending
prints pending 'pending: faults'
prints pending 'pending: first byte 120'
replays suspend
prints suspend 'suspend: awake'
replays watchdog
prints watchdog 'watchdog: NMIs 1'
replays unplug
prints unplug 'unplug: gone'
replays monitor
[ "$(grep -c '^EIP=\|^RIP=' "$tmp/out/monitor.monitor")" -eq 2 ]
result $? 'the monitor answers while the guest runs'
prints monitor 'spin: NMIs 2'
replays reset
[ "$(grep -c '^spin: ready' "$tmp/out/reset.console")" -eq 2 ]
result $? 'the monitor resets the guest'
replays panic
! grep -q 'went on' "$tmp/out/panic.console"
result $? 'a paused machine leaves a whole trace'
replays disk-full
[ "$(tail -n 1 "$tmp/out/disk-full.console")" = 'disk-full: sector 128' ]
result $? 'QEMU paused the machine whose disk is full'
refused hv 'hv-\* features'
refused cpu-pm 'cpu-pm=on'
replays debug-exit
grep -q 'the guest had QEMU end with exit status 7' "$tmp/out/debug-exit.errors"
result $? 'the status of isa-debug-exit is told'
finish
