#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A wrong record in the log ends the replay with status 3 and a report that names
# what differs and where.  x-corrupt-record=N (from 1), the replayer's test hook,
# changes a register in the landmark of record N, or the result in it.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
trace=$(shared_trace) || exit 1
wrong() { # RECORD: print the replay's status
	replay "$trace" --qemu-arg -machine \
		--qemu-arg "x-corrupt-record=$(($1 + 1))" >/dev/null
}
# PATTERN: of the records that match, those at 5, 15 ... 95 % of the trace
some() {
	"$RR_BIN/rr-log" dump "$trace" | awk -v kind="$1" '
		$2 ~ kind { r[n++] = $1 }
		END { for (i = 5; i < 100; i += 10) print r[int(n * i / 100)] }'
}

for record in $(some '^interrupt$' | sed -n '1p;5p;9p'); do
	wrong "$record"
	status=$?
	[ $status -eq 3 ]
	result $? "landmark of record $record wrong: status 3 (got $status)"
	grep -q "position: record $record, branch" "$tmp/report"
	result $? "landmark of record $record wrong: the position is named"
	grep -qE '^rr-replay: register rbx: expected 0x[0-9a-f]+, found [0-9]' \
		"$tmp/report"
	result $? "landmark of record $record wrong: the register is named"
done

# Some results do not matter to the guest (it may ignore a time that it reads).  Then
# the replay ends like the recording.  Most results matter.
found=0
for record in $(some '^(mmio-read|pio-read|rdtscp?)$'); do
	wrong "$record"
	status=$?
	echo "# answer $record wrong: $status" \
		"$(grep -a 'DIVERGED\|complete' "$tmp/report")"
	[ $status -eq 0 ] && continue
	[ $status -eq 3 ]
	result $? "answer $record wrong: status 3 (got $status)"
	grep -q 'position: record [0-9]*, branch' "$tmp/report"
	result $? "answer $record wrong: the position is named"
	found=$((found + 1))
	[ $found -lt 3 ] || break
done
[ $found -ge 3 ]
result $? "of ten wrong answers at least three are found out"
finish
