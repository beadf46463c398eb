#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Instructions that CPUID hides, executed all the same: KVM must answer them as TCG
# does.  What hardware executes without asking KVM, the replay executes as the
# recording processor does, or it stops there and says so (docs/hazards.md, note 22).
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
record_hidden() { # NAME [option...]: the guest's output in $tmp/NAME
	name=$1
	shift
	"$RR_BIN/rr-kvm" record --lab --force "$@" -o "$tmp/hidden.rrt" -- -machine pc -m 64 \
		-nodefaults -display none -vga none -serial stdio -no-reboot \
		-kernel "$RR_GUEST/hidden" </dev/null >"$tmp/$name" 2>"$tmp/err" &&
		grep -q 'hidden: done' "$tmp/$name"
	result $? "$name: recorded"
	sed 's/^/# /' "$tmp/$name"
}
prints() { # NAME LINE...: what the guest printed
	name=$1
	shift
	for line; do
		grep -qx "hidden: $line" "$tmp/$name"
		result $? "$name: $line"
	done
}
replays() { # NAME
	replay "$tmp/hidden.rrt" --console >"$tmp/again" &&
		grep -q 'CPU state and all RAM equal' "$tmp/report" &&
		grep -v '^\[' "$tmp/again" | cmp "$tmp/$1"
	result $? "$1: it replays"
	tail -n 1 "$tmp/report" | sed 's/^/# /'
}
record_hidden tcg
prints tcg 'monitor UD' 'mwait UD' 'monitorx UD' 'mwaitx UD' 'rdpru UD' 'vmcall UD' \
	'umonitor UD' 'tpause UD' 'umwait UD' 'clzero UD' 'xsavec UD' 'xsaves UD' \
	'xrstor, compact GP' 'xsaveopt none' 'xgetbv initial none' 'xgetbv, initial 7'
grep -q '^hidden: rdtscp reads TSC_AUX' "$tmp/tcg" &&
	grep -q '^hidden: \(no rdpid\|rdpid reads TSC_AUX\)' "$tmp/tcg"
result $? 'RDTSCP, and RDPID if CPUID shows it, read TSC_AUX as the guest wrote it'
replays tcg
grep -x '\[ttyS1\] also on ttyS1' "$tmp/again" >&2 &&
	grep -x '\[ttyS1\] and no newline' "$tmp/again" >&2 &&
	grep -x '\[port 0xe9\] also on a debug port' "$tmp/again" >&2
result $? 'the replay prints what was written to other ports, with their names'
! grep '0x402' "$tmp/again" >&2
result $? "SeaBIOS' words to a debug port that is not there are not printed"

# An Emerald Rapids has no CLZERO, and in its guests no XSAVES.
record_hidden core --silicon core
prints core 'clzero UD' 'xsaves UD' 'xsavec none' 'xsavec, bv 1' 'xsavec, fcw 895' \
	'xsaveopt, bv 2' 'xsaveopt, fcw 0' 'xrstor, compact none' \
	'xrstor, compact, xmm0 77' 'xgetbv, initial 0' 'xgetbv, x87 1' 'xgetbv, sse 2'
replays core

# Zen 3 has all of them; what tells of XINUSE was not measured on one.
record_hidden zen3 --silicon zen3
prints zen3 'clzero none' 'clzero, bytes 64' 'xsavec none' 'xsaves none'
replay "$tmp/hidden.rrt" --console >"$tmp/again"
status=$?
[ $status -eq 3 ] && grep -q 'the guest executed XSAVEOPT, which CPUID hides from it' "$tmp/report"
result $? "zen3: the replay stops at the first of the others, and names it (status $status)"
grep 'executed' "$tmp/report" | sed 's/^/# /'
grep -qx 'hidden: clzero, bytes 64' "$tmp/again" &&
	grep -v '^\[' "$tmp/again" | cmp -n "$(grep -v '^\[' "$tmp/again" | wc -c)" - "$tmp/zen3"
result $? 'zen3: it replays up to there, CLZERO too'
! replay "$tmp/hidden.rrt" --silicon tcg >/dev/null &&
	grep -q 'not valid here, but may be on the recording processor: at 0x[0-9a-f]*, code f2 0f ae f1' "$tmp/report"
result $? 'zen3: without CLZERO it diverges, and the report has the last invalid instruction'
finish
