#!/bin/sh
# timeout=1800
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RR_SEED_ROUNDS (10) recordings replay, made with different seeds and without
# icount, so that interrupts land anywhere.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
for seed in $(seq "${RR_SEED_ROUNDS:-10}"); do
	record "$tmp/s.rrt" random --lab-arg --qemu-arg --lab-arg -seed \
		--lab-arg --qemu-arg --lab-arg "$seed" >"$tmp/out" 2>"$tmp/err" ||
		tail -n 3 "$tmp/err" >&2
	replay "$tmp/s.rrt" >/dev/null
	status=$?
	grep -a 'complete,\|DIVERGED' "$tmp/report" | sed 's/^/# /'
	[ $status -eq 0 ] && grep -q 'all RAM equal' "$tmp/report"
	result $? "seed $seed"
done
finish
