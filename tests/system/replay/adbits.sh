#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest clears accessed and dirty bits and reads them again.  With the flush that
# the manuals demand it replays.  Without it the bits depend on the TLB: the replay
# stops, and the report names the cause.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
record_adbits() { # TRACE WORD
	"$RR_BIN/rr-kvm" record --lab --force -o "$1" -- -machine pc -m 64 \
		-nodefaults -display none -vga none -serial stdio -no-reboot \
		-kernel "$RR_GUEST/adbits" -append "$2" </dev/null \
		>"$tmp/console" 2>"$tmp/err"
}
record_adbits "$tmp/flush.rrt" flush &&
	grep -q 'accessed 00000fa0 dirty 000007d0' "$tmp/console"
result $? "with flush: recorded, all bits seen"
replay "$tmp/flush.rrt" --console >"$tmp/again" &&
	grep -q 'CPU state and all RAM equal' "$tmp/report" &&
	grep -qF "$(grep digest "$tmp/console")" "$tmp/again"
result $? "with flush: replays, with the same bits"
grep -q 'possible cause' "$tmp/report" && result 1 "with flush: nothing to name" ||
	result 0 "with flush: nothing to name"

record_adbits "$tmp/none.rrt" none && grep -q 'without flush' "$tmp/console"
result $? "without flush: recorded"
replay "$tmp/none.rrt" >/dev/null
status=$?
[ $status -eq 3 ]
result $? "without flush: the replay stops ($status)"
# The 16 pages, and perhaps the stack's.
grep -q 'possible cause: the guest has cleared accessed or dirty bits of 1[67] ' \
	"$tmp/report"
result $? "without flush: the cause is named, with the number of entries"
grep 'possible cause' "$tmp/report" | sed 's/^/# /'
finish
