#!/bin/sh
# timeout=400
# SPDX-License-Identifier: GPL-2.0-or-later
#
# After kill -9 of the recorder the trace replays to its last whole record, and the
# replay says so.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
trace=$tmp/cut.rrt
(
	for i in $(seq 120); do
		sleep 1
		bytes=$(du -sb "$trace" 2>/dev/null | cut -f1)
		[ "${bytes:-0}" -gt 14300000 ] && break
	done
	python3 - "$tmp/control" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"kill9 qemu-system-x86_64\n")
s.recv(3)
END
) &
record "$trace" all --lab-arg --control --lab-arg "$tmp/control" >"$tmp/out" 2>&1
status=$?
wait
[ $status -ne 0 ]
result $? "the recording failed (status $status)"
replay "$trace" >/dev/null
status=$?
[ $status -eq 0 ]
result $? "the cut trace replays (status $status)"
grep -q 'incomplete trace' "$tmp/report"
result $? 'and the replay says that it is incomplete'
tail -n 2 "$tmp/report" | sed 's/^/# /'
finish
