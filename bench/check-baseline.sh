#!/bin/sh
# timeout=1200
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Recording costs no more than it did: a short set of workloads is counted in the
# deterministic lab and compared with bench/baseline.json.  "make bench-accept"
# writes a new baseline.  It takes about a minute and a half on two processors; what
# costs more is counted again with two more seeds (RESULTS.md, "Not measured").
. "$(dirname "$0")/../tests/lib/system.sh.inc"
echo 'TAP version 13'
bench=$RR_TOP/bench baseline=$RR_TOP/bench/baseline.json
grep -q '^VERSION_CODENAME=trixie' /etc/os-release && {
	echo '1..0 # SKIP the baseline was counted with the packages of Debian 12'
	exit 0
}
compare() { /usr/bin/python3 "$bench/compare.py" "$@"; }

compare "$tmp/none.json" "$baseline" 2>/dev/null
[ $? -eq 2 ]
result $? 'a missing baseline is an error'
head -c 1000 "$baseline" >"$tmp/cut.json" && compare "$tmp/cut.json" "$baseline" 2>/dev/null
[ $? -eq 2 ]
result $? 'a cut baseline is an error'
compare --baseline "$baseline" "$baseline" >&2
result $? 'the baseline is well-formed, and like itself'
sed 's/\("cpu-ns": [0-9]*\)/\18/' "$baseline" >"$tmp/slow.json"
compare --baseline "$baseline" "$tmp/slow.json" >/dev/null
[ $? -eq 1 ]
result $? 'ten times the cost is a change'
compare --baseline "$baseline" "$tmp/slow.json" "$tmp/slow.json" >/dev/null
[ $? -eq 1 ] && compare --baseline "$baseline" "$tmp/slow.json" "$baseline" >/dev/null
result $? 'so it is with each seed, but not with one of two'

set --
for seed in 1 2 3; do
	set -- "$@" "$tmp/now-$seed.json"
	/usr/bin/python3 "$bench/run.py" check --build "$RR_BUILD" --seed $seed \
		-o "$tmp/now-$seed.json" >&2
	result $? "the short set runs, seed $seed"
	compare --baseline "$baseline" "$@" >"$tmp/changes" 2>&1
	same=$?
	sed 's/^/# /' "$tmp/changes"
	[ $same -eq 1 ] || break
done
result $same 'counts as in the baseline (if meant: make bench-accept)'
finish
