#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One trace replays three times with QEMU's own plugins: the plugins count the same
# each time, and all landmarks, all RAM and the console equal the recording's.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
trace=$(shared_trace) || exit 1
for i in 1 2 3; do
	replay "$trace" --console --plugin libinsn.so,inline=on \
		--plugin libhowvec.so,inline=on --qemu-arg -d --qemu-arg plugin \
		--qemu-arg -D --qemu-arg "$tmp/plugin.$i" >"$tmp/console.$i"
	result $? "replay $i ends with status 0"
	grep -q 'CPU state and all RAM equal' "$tmp/report"
	result $? "replay $i: CPU state and RAM equal"
	cmp "$RR_BUILD/demo/recorded" "$tmp/console.$i" >&2
	result $? "replay $i: console equal"
done
grep -q 'insns: [1-9]' "$tmp/plugin.1" && grep -q 'Class' "$tmp/plugin.1"
result $? 'both plugins counted'
cmp "$tmp/plugin.1" "$tmp/plugin.2" >&2
result $? 'plugins: second as first'
cmp "$tmp/plugin.1" "$tmp/plugin.3" >&2
result $? 'plugins: third as first'
finish
