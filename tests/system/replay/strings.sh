#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Interrupts at repeated INS, and at repeated MOVS to the text screen, whose last
# iteration is done: KVM emulates both, and stands at the instruction, with ECX zero.
# The guest counts them, and replays.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
"$RR_BIN/rr-kvm" record --lab --force -o "$tmp/t.rrt" -- -machine pc -m 64 \
	-nodefaults -display none -vga std -serial stdio -no-reboot \
	-kernel "$RR_GUEST/strings" </dev/null >"$tmp/console" 2>"$tmp/err" &&
	grep -q '^strings: digest' "$tmp/console"
result $? "recorded"
grep '^strings:' "$tmp/console" | sed 's/^/# /'
for one in INS MOVS; do
	! grep -qx "strings: after $one 0" "$tmp/console"
	result $? "the guest was interrupted after $one"
done
replay "$tmp/t.rrt" --console >"$tmp/again" &&
	grep -q 'CPU state and all RAM equal' "$tmp/report" &&
	cmp "$tmp/console" "$tmp/again"
result $? "replays, with the same counts"
sed 's/^/# /' "$tmp/report"
finish
