#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A replay of a trace with one flipped byte, in the log or in the start state, ends
# with status 4 and never hangs.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
whole=$(shared_trace) || exit 1
cp -r "$whole" "$tmp/t.rrt"

flip() { # FILE OFFSET
	python3 - "$1" "$2" <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    b = f.read(1)
    f.seek(-1, 1)
    f.write(bytes([b[0] ^ 0x10]))
END
}
for file in events pages manifest; do
	size=$(stat -c %s "$whole/$file")
	for part in 3 50 97; do
		at=$((size * part / 100))
		flip "$tmp/t.rrt/$file" $at
		replay "$tmp/t.rrt" >/dev/null
		status=$?
		[ $status -eq 4 ] || echo "# status $status: $(tail -n 1 "$tmp/report")"
		[ $status -eq 4 ]
		result $? "$file, a byte at $part % of it: replay gives status 4"
		"$RR_BIN/rr-log" verify "$tmp/t.rrt" >/dev/null 2>&1
		[ $? -eq 4 ]
		result $? "$file, a byte at $part % of it: rr-log verify gives 4"
		flip "$tmp/t.rrt/$file" $at
	done
done
replay "$tmp/t.rrt" >/dev/null
result $? 'mended, it replays'
finish
