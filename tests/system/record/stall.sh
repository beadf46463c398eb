#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The host of a recording stands still, again and again for a moment and
# once for 10 s, while it gets ready, while its guest boots and while the guest reads
# the epoch clock.  The recording goes on, and replays.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'

# Print the process of the lab's QEMU, a descendant of PID.
lab_of() { # PID
	for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		case $(cat "/proc/$child/comm" 2>/dev/null) in
		qemu-system-x86*) echo "$child" ;;
		*) lab_of "$child" ;;
		esac
	done
}
stalls=0
stall() { # SECONDS
	kill -STOP "$lab" 2>/dev/null || return
	sleep "$1"
	kill -CONT "$lab"
	stalls=$((stalls + 1))
	sleep 0.5
}
is_up() { grep -q '^guest: up' "$tmp/console"; }

: >"$tmp/console"
record "$tmp/s.rrt" 'tsc loops=5000000' --clock epoch >"$tmp/console" 2>"$tmp/err" &
recorder=$!
lab=
while [ -z "$lab" ] && [ -e "/proc/$recorder" ]; do
	sleep 0.5
	lab=$(lab_of $recorder)
done
trap 'kill -CONT $lab 2>/dev/null; rm -rf "$tmp"' EXIT
while [ -e "/proc/$lab" ] && ! is_up; do stall 0.1; done
before=$stalls
stall 10
while [ -e "/proc/$lab" ]; do stall 0.2; done
echo "# $stalls stalls, $before of them before the guest was up"
wait $recorder
result $? 'the recording ends as it should'
sed 's/^/# /' "$tmp/err" | head -n 5
grep -q '^guest: done' "$tmp/console"
result $? 'the guest came to its end'
[ "$before" -ge 10 ] && [ $((stalls - before)) -ge 10 ]
result $? 'the host stood still ten times before the guest was up, and after'
replay "$tmp/s.rrt" --console >"$tmp/again" &&
	grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? 'it replays'
tail -n 1 "$tmp/report" | sed 's/^/# /'
grep '^guest: ' "$tmp/console" >"$tmp/a"
grep '^guest: ' "$tmp/again" >"$tmp/b"
cmp "$tmp/a" "$tmp/b" >&2
result $? 'the guest read the same'
finish
