#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab with the processor of another family: a recording replays with the
# undefined results of that family, and diverges without them.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
for family in zen3 core; do
	trace=$tmp/$family.rrt
	record "$trace" cpu,random --silicon "$family" >"$tmp/out" 2>"$tmp/err"
	result $? "$family: a guest is recorded"
	tail -n 3 "$tmp/err" | sed 's/^/# /'
	"$RR_BIN/rr-log" info --json "$trace" | grep -q "\"cpu.silicon\" *: *\"$family\""
	result $? "$family: the manifest names the family"
	replay "$trace" >/dev/null
	status=$?
	[ $status -eq 0 ] && grep -q 'all RAM equal' "$tmp/report"
	result $? "$family: the replay equals the recording (status $status)"
	tail -n 2 "$tmp/report" | sed 's/^/# /'
	replay "$trace" --silicon tcg >/dev/null
	status=$?
	[ $status -eq 3 ] && grep -q DIVERGED "$tmp/report"
	result $? "$family: with TCG's own results it diverges (status $status)"
	grep 'DIVERGED\|register' "$tmp/report" | head -n 3 | sed 's/^/# /'
done
finish
