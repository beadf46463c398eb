#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest that makes a triple fault.  The log must have the reset there, or its end
# (-no-reboot); else the replay has diverged.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
golden=$RR_TOP/tests/golden/v1-triple-fault.tar
reset=48 # its record of the reset; a TLB flush follows, and the end
mutate=$RR_BUILD/tests/rrlog-mutate

replay "$golden"
result $? "the recorded reset replays"
"$mutate" "$golden" "$tmp/none.rrt" drop 1 $reset >"$tmp/what" &&
	"$RR_BIN/rr-log" diff "$golden" "$tmp/none.rrt" | grep -q cpu-state
result $? "a trace without the reset: $(cat "$tmp/what")"
replay "$tmp/none.rrt"
[ $? -eq 3 ] && grep -q 'shut down (triple fault), which the log does not have' "$tmp/report"
result $? "diverges where the processor shuts down"

# As -no-reboot leaves it: no reset, no flush, the end.
"$mutate" "$tmp/none.rrt" "$tmp/end.rrt" drop 1 $reset >"$tmp/what"
result $? "a trace that ends there: $(cat "$tmp/what")"
replay "$tmp/end.rrt" && grep -q 'shut down (triple fault) here too; all RAM equal' "$tmp/report"
result $? "replays, and says that registers were not compared"
sed 's/^/# /' "$tmp/report"
"$mutate" "$tmp/end.rrt" "$tmp/ram.rrt" data 2 $((reset + 1)) >"$tmp/what" &&
	{ replay "$tmp/ram.rrt"; [ $? -ne 0 ]; }
result $? "not with another digest of RAM: $(cat "$tmp/what")"
finish
