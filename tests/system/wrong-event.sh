#!/bin/sh
# timeout=600
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A wrong answer in the log: status 3 and a report that names what differs and
# where.  x-corrupt-record is the replayer's test hook.
. "$(dirname "$0")/lib.sh.inc"
echo 'TAP version 13'
trace=$(shared_trace)
named=0
for record in 20000 30000 60000; do
	replay "$trace" --qemu-arg -machine \
		--qemu-arg "x-corrupt-record=$record" >/dev/null
	status=$?
	[ $status -eq 3 ]
	result $? "record $record wrong: status 3 (got $status)"
	grep -q 'position: record [0-9]*, branch' "$tmp/report"
	result $? "record $record wrong: the report names the position"
	grep -qE 'register [a-z0-9]+: expected' "$tmp/report" && named=1
done
[ $named -eq 1 ]
result $? 'a report names a register'
finish
