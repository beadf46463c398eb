#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The traces of all released versions of the format still replay.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
for trace in "$RR_TOP"/tests/golden/*.tar; do
	name=$(basename "$trace" .tar)
	"$RR_BIN/rr-log" verify "$trace" >/dev/null
	result $? "$name: whole"
	replay "$trace" >/dev/null &&
		grep -q 'all RAM equal' "$tmp/report"
	result $? "$name: replays"
	tail -n 1 "$tmp/report" | sed 's/^/# /'
	# Again from a directory.
	"$RR_BIN/rr-log" unpack "$trace" "$tmp/$name.rrt" &&
		replay "$tmp/$name.rrt" >/dev/null
	result $? "$name: replays unpacked"
done
finish
