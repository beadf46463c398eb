#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Linux clears accessed bits without a TLB flush, and a program prints how many it
# finds set again: that depends on the TLB.  The guest replays.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
record "$tmp/refs.rrt" refs >"$tmp/console" && [ "$(grep -c '^refs:' "$tmp/console")" -eq 10 ]
result $? "recorded"
replay "$tmp/refs.rrt" --console >"$tmp/again" &&
	grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? "replays"
grep '^refs:' "$tmp/console" >"$tmp/refs"
grep '^refs:' "$tmp/again" | diff "$tmp/refs" - >&2
result $? "with the same bits"
finish
