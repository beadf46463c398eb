#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests read their clock with each --clock, and draw random numbers.  The replay
# gives them the same values.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'

same() { # NAME: the replay of $tmp/c.rrt prints what the guest printed
	replay "$tmp/c.rrt" --console >"$tmp/again" &&
		grep -q 'CPU state and all RAM equal' "$tmp/report"
	result $? "$1: replays"
	grep 'digest' "$tmp/console" >"$tmp/a"
	grep 'digest' "$tmp/again" >"$tmp/b"
	[ -s "$tmp/a" ] && cmp "$tmp/a" "$tmp/b" >&2
	result $? "$1: the guest read the same"
	tail -n 1 "$tmp/report" | sed 's/^/# /'
}

try() { # CLOCK WORK: record and replay
	record "$tmp/c.rrt" "$2" --clock "$1" >"$tmp/console" 2>"$tmp/err" &&
		grep -q '^guest: done' "$tmp/console" &&
		grep -q ' 0 backwards' "$tmp/console"
	result $? "$1, $2: recorded"
	grep '^guest: .*reads' "$tmp/console" | sed 's/^/# /'
	same "$1, $2"
}
try ring 'tsc loops=50000'
try ring 'gettimeofday loops=20000'
try exit 'rdrand loops=5000'
try epoch 'gettimeofday loops=100000'
try epoch 'tsc loops=10000000'
"$RR_LOG" stats "$tmp/c.rrt" | grep -q '^rdtsc ' &&
	result 1 'epoch: no record for each read' ||
	result 0 'epoch: no record for each read'

record "$tmp/c.rrt" 'tsc loops=1000000' --clock epoch --epoch-us 1000 \
	>"$tmp/console" 2>"$tmp/err" && grep -q '^guest: done' "$tmp/console"
result $? 'epoch of 1 ms: recorded'
grep -q '"clock.epoch_us" *: *"\{0,1\}1000' "$tmp/c.rrt/manifest"
result $? 'epoch of 1 ms: the trace says so'
same 'epoch of 1 ms'

# RDRAND cannot be intercepted here, and the guest executes it without asking CPUID.
record "$tmp/c.rrt" 'unasked loops=10' >"$tmp/console" 2>"$tmp/err"
result $? 'RDRAND that is hidden, unasked: recorded'
replay "$tmp/c.rrt" >/dev/null
status=$?
[ $status -eq 3 ]
result $? "RDRAND that is hidden, unasked: the replay stops ($status)"
grep -q 'executed RDRAND or RDSEED, which CPUID hides' "$tmp/report"
result $? 'RDRAND that is hidden, unasked: and says why'

"$RR_BIN/rr-kvm" record --lab --clock sundial -o "$tmp/d.rrt" -- -m 64 2>"$tmp/err"
[ $? -eq 1 ] && grep -q 'ring, exit and epoch' "$tmp/err"
result $? 'an unknown clock is refused'
"$RR_BIN/rr-kvm" record --lab --epoch-us 50 -o "$tmp/d.rrt" -- -m 64 2>"$tmp/err"
[ $? -eq 1 ] && grep -q 'needs --clock epoch' "$tmp/err"
result $? '--epoch-us without that clock is refused'
finish
