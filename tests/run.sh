#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The harness: run.sh [PROGRAM...] [--lab PROGRAM...] [--host SCRIPT...]
#
# Each program prints TAP.  Those after --lab run in the lab.  A program fails
# when a test of it does, when it dies, when it has no plan or does not keep it.
# The environment: RR_BUILD, RR_BIN, RR_GUEST (see the Makefile).
set -u
where=host passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

in_lab() { # PROGRAM
	sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
		--kernel "$RR_BUILD/lab/vmlinuz" \
		--image "$RR_BUILD/lab/lab.cpio.gz" --pmu \
		--file "$1:/test/$(basename "$1")" -- "/test/$(basename "$1")"
}

run_one() { # PROGRAM: TAP into $log, exit status
	if [ $where = lab ]; then
		in_lab "$1"
	else
		timeout --kill-after=10 "${RR_TEST_TIMEOUT:-1500}" "$1"
	fi >"$log" 2>"$log.err" </dev/null
}

judge() { # NAME STATUS
	ok=$(grep -c '^ok ' "$log")
	bad=$(grep -c '^not ok ' "$log")
	skip=$(grep -ciE '^ok .*# *skip' "$log")
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log" | tr -d '\r' | tail -n 1)
	ok=$((ok - skip))
	if [ "$2" -eq 4 ] && [ $bad -eq 0 ] && [ $ok -eq 0 ]; then
		echo "SKIP $1: $(grep -i -m1 skip "$log")"
		skipped=$((skipped + 1))
		return
	fi
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
	if [ "$2" -ne 0 ] || [ $bad -ne 0 ] || [ -z "$plan" ] ||
		[ "$plan" -ne $((ok + bad + skip)) ]; then
		echo "FAIL $1: status $2, plan ${plan:-none}, $ok ok, $bad not ok"
		grep -a '^not ok' "$log"
		tail -n 20 "$log.err"
		[ $bad -ne 0 ] || failed=$((failed + 1))
	else
		echo "PASS $1: $ok tests$([ $skip -eq 0 ] || echo ", $skip skipped")"
	fi
}

for program; do
	case $program in
	--lab) where=lab; continue ;;
	--host) where=host; continue ;;
	esac
	run_one "$program"
	judge "${program##*/tests/}" $?
done
rm -f "$log.err"
if [ $skipped -ne 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ] && [ $passed -gt 0 ]
