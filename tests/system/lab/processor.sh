#!/bin/sh
# timeout=300
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What TCG does for a guest: what the manuals say, and with x-silicon the undefined
# results of a family of processors.  The fingerprint of "core" is the one that the
# Emerald Rapids gave which its rules were measured on; it also gave what is said
# here about page faults, BT and single steps.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
boot() { # [CPU-OPTION]: the guest's output in $tmp/output
	timeout 100 "$RR_BIN/qemu-system-x86_64" -m 128 -nodefaults -no-user-config \
		-display none -no-reboot -serial stdio -cpu "max$1" \
		-kernel "$RR_GUEST/vmlinuz" -initrd "$RR_GUEST/processor.gz" \
		-append 'console=ttyS0 quiet panic=-1 loglevel=0' </dev/null 2>"$tmp/errors" |
		tr -d '\r' >"$tmp/output"
	sed 's/^/# /' "$tmp/output" "$tmp/errors"
}
prints() { # TEXT NAME
	grep -qx "$1" "$tmp/output"
	result $? "$2"
}

boot ''
prints 'two-nans 7fc00001 7fc00002' 'SSE returns the first of two NaNs'
prints 'denormal-flag 2 daz 0' 'a denormal operand sets MXCSR.DE, but not under DAZ'
prints 'daz-min 0 daz-max 0' 'MINSS and MAXSS return 0 for a denormal under DAZ'
prints 'page-faults 56 of 56' 'instructions that read and write fault as writes'
prints 'bt-of one-block 0 two-blocks 0' 'BT leaves OF alone in every block'
prints 'rep-steps rcx 2 rf rcx 1 rf rcx 0' 'a single step for each iteration of REP MOVS'
prints 'mmx-tags 80 80 80 80 ff' 'an MMX instruction that faults keeps the tags of x87'
prints 'jumps 6 of 6' 'near jumps to what is not canonical fault at the jump'
prints 'stack-faults 11 of 11, others 6 of 6' 'what is not canonical is #SS by RSP or RBP, else #GP'
prints 'fma-at-page-end reads' 'scalar FMA reads no more than its operand'
prints 'limits 80 of 80' 'segment limits of 32-bit code'
prints 'idiv 16 traps 32 traps' 'IDIV of the smallest number by -1 is #DE'
prints 'sysenter is invalid' 'no SYSENTER in compatibility mode of AMD'
prints 'dot 7fc00002' "DPPS adds the second product to the first"
prints 'third 3ffd:aaaaaaaaaaaaaaab 0220' 'C1 says that a quotient was rounded up'
prints 'round-up 3fff:8000000000000000 0222' 'FRNDINT sets C1, PE and DE'
prints 'round-denormal 0000:0000000000000000 0022' 'rounding down leaves C1 0'
prints 'prem-single 3ffe:fffffffffffffffc 0200' 'FPREM does not use the precision control'
prints 'prem1 0000:0000000000000000 0100' 'FPREM1 gives the low bits of its quotient'
prints 'scale-nans 7fff:c000000000000002 0000' 'FSCALE returns the larger of two NaNs'
prints 'sqrt-minus ffff:c000000000000000 0001' 'FSQRT leaves C2 as it was'
prints 'load 8000000000000800 store 30' 'a load is exact, and FST has no DE'
prints 'images 7 7 7 7 7 7 7 7' 'XSAVE tells of no component that it is in its initial state'
prints 'silicon tcg [0-9a-f]*' "the undefined results are TCG's own"
boot ,x-silicon=core,vendor=GenuineIntel
prints 'sysenter enters' 'but there is one on Intel'
prints 'silicon core 74c48544a1e61a77' 'with x-silicon=core they are those of the processor'
"$RR_BIN/rr-kvm" check-host >"$tmp/host"
x87=$(sed -n 's/.*, of x87 \([0-9a-f]\{16\}\).*/\1/p' "$tmp/host")
prints "x87 ${x87:-missing}" "x87's transcendentals are this machine's own"
prints 'images 0 0 1 1 2 6 2 0' 'XSTATE_BV is what the processor gave'
prints 'image padding 6 fip right fdp 0' 'so are reserved bytes and pointers in images'
boot ,x-silicon=zen3
prints 'silicon zen3 [0-9a-f]*' 'with x-silicon=zen3 they fit the rules of Zen 3'
boot ,x-silicon=none
grep -q 'x-silicon=none: the families are tcg, zen3, zen5, core, bochs' "$tmp/errors"
result $? 'an unknown family is refused'

timeout 20 "$RR_BIN/qemu-system-x86_64" -m 64 -nodefaults -no-user-config -display none \
	-no-reboot -serial stdio -cpu max -kernel "$RR_GUEST/ring0" </dev/null \
	2>"$tmp/errors" >"$tmp/output"
sed 's/^/# /' "$tmp/output" "$tmp/errors"
prints 'accessed: jump, data, far transfers 1 1 1 1 1 1 1 1' \
	'far transfers set the accessed bit'
prints 'limits: 16-bit addresses 0 13 0 13 0 0 13' 'limits of segments of 64 KiB'
prints 'rf: interrupt 0 fault 1' 'a fault pushes RF set, an interrupt does not'
prints 'accessed: user, inner 1 1 1 1' 'so do IRET and interrupts between privilege levels'
prints 'accessed: task, unused 1 1 1 0' 'so do task switches'
[ "$(grep busy "$tmp/output" | tr '\n' ' ')" = 'busy 1 0 busy 0 1 ' ]
result $? 'LTR and task switches set the busy bits'
finish
