#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests that see what their TLB holds: they clear accessed and dirty bits without a
# flush and read them again (adbits), use stale entries (stale).  They replay,
# because the TLB is flushed at the same places.  If the processor forgets entries at
# other places, the replay stops, and the report names the cause.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
record_program() { # TRACE PROGRAM WORD [rr-kvm option...]
	trace=$1 program=$2 word=$3
	shift 3
	"$RR_BIN/rr-kvm" record --lab --force "$@" -o "$trace" -- -machine pc -m 64 \
		-nodefaults -display none -vga none -serial stdio -no-reboot \
		-kernel "$RR_GUEST/$program" -append "$word" </dev/null \
		>"$tmp/console" 2>"$tmp/err"
}
replays() { # TRACE
	replay "$1" --console >"$tmp/again" &&
		grep -q 'CPU state and all RAM equal' "$tmp/report" &&
		grep -qF "$(grep digest "$tmp/console")" "$tmp/again"
}

record_program "$tmp/none.rrt" adbits none && grep -q 'without flush' "$tmp/console"
result $? "without flush: recorded"
! grep -q 'accessed 00000fa0 dirty 000007d0' "$tmp/console"
result $? "without flush: not all bits seen"
replays "$tmp/none.rrt"
result $? "without flush: replays, with the same bits"
"$RR_LOG" dump "$tmp/none.rrt" | grep -q tlb-flush
result $? "KVM's own flushes are logged"

record_program "$tmp/shadow.rrt" adbits none --paging shadow --lab-arg --no-npt &&
	! grep -q 'accessed 00000fa0 dirty 000007d0' "$tmp/console"
result $? "shadow paging: recorded, not all bits seen"
replays "$tmp/shadow.rrt"
result $? "shadow paging: replays, with the same bits"
"$RR_LOG" dump "$tmp/shadow.rrt" | grep -q pte-bits
result $? "shadow paging: the bits are logged"

record_program "$tmp/stale.rrt" stale none && grep -q 'digest' "$tmp/console"
result $? "stale entries: recorded"
grep stale: "$tmp/console" | sed 's/^/# /'
replays "$tmp/stale.rrt"
result $? "stale entries: replays, with the same ones"

record_program "$tmp/flush.rrt" adbits flush --lab-arg --forget-tlb &&
	grep -q 'accessed 00000fa0 dirty 000007d0' "$tmp/console"
result $? "with flush, forgetful processor: recorded, all bits seen"
replays "$tmp/flush.rrt"
result $? "with flush, forgetful processor: replays"
grep -q 'possible cause' "$tmp/report" && result 1 "with flush: nothing to name" ||
	result 0 "with flush: nothing to name"

# The processor forgets between a look at the bits and the next: the replay stops, also
# if the guest flushes before that shows.
stops() { # WORD: the guest with it, and a pattern that the report has
	record_program "$tmp/forget.rrt" adbits "$1" --lab-arg --forget-tlb
	result $? "$1, forgetful processor: recorded"
	replay "$tmp/forget.rrt" >/dev/null
	status=$?
	[ $status -eq 3 ]
	result $? "$1, forgetful processor: the replay stops ($status)"
	grep -q "possible cause: the guest has cleared accessed or dirty bits of $2 " \
		"$tmp/report"
	result $? "$1: the cause is named"
	grep 'possible cause' "$tmp/report" | sed 's/^/# /'
}
# The 16 pages, and perhaps the stack's.
stops none '1[67] page-table entries without a TLB flush, [0-9]* records ago (the'
stops late '.* ago, and has flushed them since'
stops reload '.* ago, and has flushed them since'
finish
