#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Instructions that CPUID hides, executed all the same: KVM must answer them as TCG
# does.  (What hardware executes without asking KVM is in docs/hazards.md, note 22.)
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
"$RR_BIN/rr-kvm" record --lab --force -o "$tmp/hidden.rrt" -- -machine pc -m 64 \
	-nodefaults -display none -vga none -serial stdio -no-reboot \
	-kernel "$RR_GUEST/hidden" </dev/null >"$tmp/console" 2>"$tmp/err" &&
	grep -q 'hidden: done' "$tmp/console"
result $? 'recorded'
sed 's/^/# /' "$tmp/console"
for insn in monitor mwait monitorx mwaitx rdpru vmcall umonitor tpause umwait; do
	grep -q "^hidden: $insn UD" "$tmp/console"
	result $? "$insn raises #UD"
done
grep -q '^hidden: rdtscp reads TSC_AUX' "$tmp/console" &&
	grep -q '^hidden: \(no rdpid\|rdpid reads TSC_AUX\)' "$tmp/console"
result $? 'RDTSCP, and RDPID if CPUID shows it, read TSC_AUX as the guest wrote it'
replay "$tmp/hidden.rrt" --console >"$tmp/again" &&
	grep -q 'CPU state and all RAM equal' "$tmp/report" &&
	grep -v '^\[' "$tmp/again" | cmp "$tmp/console"
result $? 'it replays'
tail -n 1 "$tmp/report" | sed 's/^/# /'
grep -x '\[ttyS1\] also on ttyS1' "$tmp/again" >&2 &&
	grep -x '\[ttyS1\] and no newline' "$tmp/again" >&2 &&
	grep -x '\[port 0xe9\] also on a debug port' "$tmp/again" >&2
result $? 'the replay prints what was written to other ports, with their names'
! grep '0x402' "$tmp/again" >&2
result $? "SeaBIOS' words to a debug port that is not there are not printed"
finish
