#!/bin/sh
# timeout=400
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# When the disk with the trace is full, the recording ends at a whole record, the
# guest goes on, the user gets a message, and the trace replays.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
mkdir "$tmp/small"
if ! mount -t tmpfs -o size=6m tmpfs "$tmp/small" 2>"$tmp/err"; then
	echo "1..0 # SKIP cannot mount a tmpfs: $(cat "$tmp/err")"
	exit 4
fi
trap 'umount "$tmp/small"; rm -rf "$tmp"' EXIT
trace=$tmp/small/full.rrt
record "$trace" 'disk,random mib=8' >"$tmp/out" 2>"$tmp/err"
status=$?
[ $status -eq 1 ]
result $? "the recording failed (status $status)"
grep -aq '^guest: done' "$tmp/out"
result $? 'the guest went on to its end'
grep -a 'No space left' "$tmp/out" "$tmp/err" | sed 's/^[^:]*:/# /'
grep -aq 'rr-record: recording into .* stopped: .*No space left.*goes on' \
	"$tmp/out" "$tmp/err"
result $? 'the user is told'
replay "$trace" >/dev/null
status=$?
[ $status -eq 0 ]
result $? "what is there replays (status $status)"
grep -q 'incomplete trace' "$tmp/report"
result $? 'and the replay says that it is incomplete'
tail -n 2 "$tmp/report" | sed 's/^/# /'
finish
