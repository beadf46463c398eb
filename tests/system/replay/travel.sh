#!/bin/sh
# timeout=120
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A debugger goes back in a replay of a firmware's start: steps, breakpoints, watchpoints, seeks;
# each place is what it was the first time, and the replay is verified to its end.  RR_STEPS and
# RR_SEEKS say how many, and RR_TRAVEL is another trace.
. "$(dirname "$0")/../../lib/system.sh.inc"
trace=${RR_TRAVEL:-$RR_TOP/tests/golden/v1-bios.tar}
"$RR_BIN/rr-tcg" replay --trace "$trace" --gdb "$tmp/gdb" --console >"$tmp/console" \
	2>"$tmp/report" &
replayer=$!
timeout 100 /usr/bin/python3 "$RR_TOP/tests/lib/gdb-travel.py" "$tmp/gdb" | tee "$tmp/tap"
wait $replayer
status=$?
n=$(grep -c '^\(not \)\?ok' "$tmp/tap")
failed=$(grep -c '^not ok' "$tmp/tap")
[ "$n" -eq 13 ] && [ $status -eq 0 ] && grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? "the replay equals the recording (status $status)"
replay "$trace" --console >"$tmp/plain"
cmp -s "$tmp/plain" "$tmp/console"
result $? "the console shows once what came again ($(wc -c <"$tmp/console") bytes)"
# gdb, if there is one, started by us; it detaches at the end.
if command -v gdb >/dev/null; then
	"$RR_BIN/rr-tcg" gdb "$trace" -- -batch -ex continue -ex reverse-stepi -ex continue \
		-ex 'monitor rr when' -ex detach >"$tmp/gdb.out" 2>"$tmp/report"
	status=$?
	[ $status -eq 0 ] && grep -q 'all RAM equal' "$tmp/report" &&
		grep -q '^branch [0-9]*, record [0-9]*, rip 0x[0-9a-f]*, at the end' "$tmp/report"
	result $? "rr-tcg gdb (status $status): $(grep '^branch' "$tmp/report")"
fi
finish
