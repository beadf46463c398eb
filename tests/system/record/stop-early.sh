#!/bin/sh
# timeout=200
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A stop while the lab still boots is neither lost, nor does a repeated one kill the
# lab; and who stops need not have the environment of who records.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
start() { # COMMAND...: record a machine that idles in its BIOS
	"$@" "$RR_BIN/rr-kvm" record --lab -o "$tmp/t.rrt" -- -nodefaults \
		-display none -m 16 </dev/null >"$tmp/out" 2>&1 &
	pid=$!
}
touch "$tmp/exit-status"

start env HOME=/nonexistent XDG_RUNTIME_DIR=/nonexistent
sleep 1
env -i XDG_RUNTIME_DIR="$tmp" "$RR_BIN/rr-kvm" stop --timeout 150 "$tmp/t.rrt" &
stopper=$!
sleep 1
"$RR_BIN/rr-kvm" stop --timeout 150 "$tmp/t.rrt"
result $? 'a second stop waits as the first does'
wait $stopper
result $? 'a stop from another environment, before the guest runs'
wait $pid
status=$?
sed 's/^/# /' "$tmp/out"
if [ -e "$tmp/t.rrt" ]; then
	[ $status -eq 0 ] && "$RR_LOG" verify "$tmp/t.rrt" >/dev/null
else
	[ $status -eq 1 ] && grep -q 'stopped before the recording began' "$tmp/out"
fi
result $? "there is a whole trace, or the reason why not (status $status)"
rm -rf "$tmp/t.rrt"

start setsid timeout -s INT 14
wait $pid
status=$?
sed 's/^/# /' "$tmp/out"
[ $status -eq 124 ] && ! grep -q 'the lab failed' "$tmp/out"
result $? "two signals at once, to rr-kvm and to its group, are one ($status)"
grep -q 'a second signal' "$tmp/out"
result $? 'a line says what a second signal does'
[ -e "$tmp/exit-status" ]
result $? "a file of the user's beside the trace is left alone"
[ ! -e "$tmp/.t.rrt.recording" ]
result $? 'the lock of the recording is gone'
finish
