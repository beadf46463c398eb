#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A machine with a display: the VGA BIOS draws its text screen with REP MOVS, which KVM
# emulates because the memory is a device's.  An interrupt behind the last iteration,
# with ECX zero, may come, and did in other recordings; here none is made to come.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
"$RR_BIN/rr-kvm" record --lab --force -o "$tmp/t.rrt" -- -machine pc -m 64 \
	-nodefaults -display none -vga std -serial stdio -no-reboot \
	-kernel "$RR_GUEST/strings" </dev/null >"$tmp/console" 2>"$tmp/err" &&
	grep -q '^strings: digest' "$tmp/console"
result $? "recorded"
replay "$tmp/t.rrt" >/dev/null && grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? "replays"
sed 's/^/# /' "$tmp/report"
finish
