#!/bin/sh
# timeout=300
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A debugger on a replay: it steps, breaks and reads, it cannot write, and reads of
# devices' memory take nothing of the log: the replay is verified to its end.
. "$(dirname "$0")/../../lib/system.sh.inc"
trace=$(shared_trace) || exit 1
"$RR_BIN/rr-tcg" replay --trace "$trace" --gdb "$tmp/gdb" 2>"$tmp/report" &
replayer=$!
timeout 250 /usr/bin/python3 "$RR_TOP/tests/lib/gdb-session.py" "$tmp/gdb" | tee "$tmp/tap"
wait $replayer
status=$?
n=$(grep -c '^\(not \)\?ok' "$tmp/tap")
failed=$(grep -c '^not ok' "$tmp/tap")
[ $status -eq 0 ] && grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? "the replay equals the recording (status $status)"
grep -q 'waits for gdb' "$tmp/report"
result $? 'the user is told to connect'
# A replay that is stopped is not equal to anything; this one waits for a debugger.
"$RR_BIN/rr-tcg" replay --trace "$trace" --gdb "$tmp/gdb2" 2>"$tmp/report" &
for i in $(seq 100); do
	[ -S "$tmp/gdb2" ] && break
	sleep 0.1
done
sleep 1
kill -TERM $!
wait $!
status=$?
[ $status -eq 1 ] && grep -q 'stopped before the end' "$tmp/report"
result $? "a signal ends it with status $status: $(tail -n 1 "$tmp/report")"
"$RR_BIN/rr-tcg" replay --trace "$trace" --gdb 1234 2>"$tmp/report"
[ $? -eq 1 ] && grep -q -e '--gdb takes' "$tmp/report"
result $? "a number alone is refused: $(cat "$tmp/report")"
finish
