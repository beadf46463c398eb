#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rr-kvm check-host --record: each recording replays; one that does not is told by
# the exit status, and the report has what is to be sent in.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
read_report() { # PYTHON-EXPRESSION OF d
	/usr/bin/python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
t = d["self-test"]
r = t["recordings"]
sys.exit(not (eval(sys.argv[2])))' "$tmp/report.json" "$1"
}
"$RR_BIN/rr-kvm" check-host --record=1 --lab --silicon zen3 --report "$tmp/report.json" \
	>"$tmp/out" 2>"$tmp/err"
status=$?
grep -q 'All 1 recordings replay' "$tmp/out"
result $((status + $?)) "a good self-test has status 0 ($status)"
tail -n 2 "$tmp/out" | sed 's/^/# /'
read_report 't["passed"] and len(r) == 1 and r[0]["replay-status"] == 0'
result $? 'its report says so'
read_report 'd["processor"]["vendor"] and d["undefined-results"]["fingerprint"] and d["kernel"]'
result $? 'the report has the processor and the kernel'
read_report 'all(d["undefined-results"]["rules"]["SHL, 8 bits"][f] for f in ("AF", "OF"))'
result $? 'and by which rules the processor computes undefined flags'

# A replayer that gives the results of another processor.
printf '#!/bin/sh\nexec %s "$@" --silicon tcg\n' "$RR_BIN/rr-tcg" >"$tmp/rr-tcg"
chmod 755 "$tmp/rr-tcg"
RR_TCG=$tmp/rr-tcg "$RR_BIN/rr-kvm" check-host --record=1 --lab --silicon zen3 \
	--report "$tmp/report.json" --json >"$tmp/out" 2>"$tmp/err"
status=$?
[ $status -eq 3 ]
result $? "a divergence has status 3 ($status)"
/usr/bin/python3 -m json.tool <"$tmp/out" >/dev/null
result $? '--json prints JSON'
read_report 'not t["passed"] and any("DIVERGED" in m for m in r[0]["messages"])'
result $? 'the report has the messages of the divergence'
read_report 'any("leaves flags undefined" in m for m in r[0]["messages"])'
result $? 'and the instruction behind it'
! grep -q "$tmp\|$RR_TOP\|rr-self-test-" "$tmp/report.json"
result $? 'it has no paths of this host'
finish
