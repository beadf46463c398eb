#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A trace of a stranger: right checksums, wrong meaning.  No mutant makes the replay
# die or hang, verify says the same as the replay, and none ends with 0 whose change
# is in what the replay compares.
#
# RR_MUTANTS=N: of each kind (4).
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
golden=$RR_TOP/tests/golden/v1-bios.tar
mutate=$RR_BUILD/tests/rrlog-mutate
mutants=${RR_MUTANTS:-4}
first=${RR_FIRST_SEED:-1}

# The peak of memory may be that of the guest's RAM and 256 MiB.
cat >"$tmp/peak.py" <<'END'
import resource, subprocess, sys
status = subprocess.run(sys.argv[2:], check=False).returncode
with open(sys.argv[1], 'w', encoding='ascii') as f:
    f.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status if status >= 0 else 128 - status)
END
limit_kib=$(($("$RR_BIN/rr-log" info "$golden" |
	sed -n 's/^block .*, \([0-9]*\) bytes$/\1/p' | paste -sd + | sed 's/^/(/; s/$/)/') / 1024 + 262144))

# What such a mutant changes is compared, so that status 0 would be a lie.
is_compared() { case $1 in landmark | output | end | spin) ;; *) return 1 ;; esac; }

# try KIND SEED: one line in $tmp/wrong for each thing that is wrong
try() {
	rm -rf "$tmp/m.rrt"
	what=$("$mutate" "$golden" "$tmp/m.rrt" "$1" "$2") || {
		[ $? -eq 2 ] || echo "$1 $2: no mutant" >>"$tmp/wrong"
		return
	}
	made=$((made + 1))
	timeout 60 "$RR_BIN/rr-log" verify "$tmp/m.rrt" >/dev/null 2>"$tmp/verify"
	verified=$?
	timeout 120 python3 "$tmp/peak.py" "$tmp/peak" \
		"$RR_BIN/rr-tcg" replay --trace "$tmp/m.rrt" --patience 5 \
		>"$tmp/out" 2>"$tmp/report"
	status=$?
	peak_kib=$(cat "$tmp/peak" || echo 0)
	[ "$peak_kib" -gt 0 ] && [ "$peak_kib" -lt "$limit_kib" ] ||
		echo "$what ($2): $peak_kib KiB of memory, the limit is $limit_kib" \
			>>"$tmp/wrong"
	case $status in
	0) ! is_compared "$1" || echo "$what ($2): status 0" >>"$tmp/wrong" ;;
	1 | 3 | 4) ;;
	*) echo "$what ($2): status $status" >>"$tmp/wrong" ;;
	esac
	[ $verified -eq 4 ] && [ $status -ne 4 ] && [ $status -ne 3 ] && [ $status -ne 1 ] &&
		echo "$what ($2): verify $verified, replay $status" >>"$tmp/wrong"
	[ $verified -eq 0 ] && [ $status -eq 4 ] &&
		echo "$what ($2): verify 0, replay 4: $(head -n 1 "$tmp/report")" >>"$tmp/wrong"
	if grep -q "$(printf '\033')\[2J" "$tmp/report" "$tmp/verify" ||
		grep -q '^rr-replay: complete"' "$tmp/report"; then
		echo "$what ($2): what the trace says reached the terminal" >>"$tmp/wrong"
	fi
	grep -qE 'Bad message|Too many levels|Assertion' "$tmp/report" "$tmp/verify" &&
		echo "$what ($2): $(head -n 1 "$tmp/report")" >>"$tmp/wrong"
	return 0
}

for kind in field landmark output data stamp type drop double swap end page block entry \
	spin slots heavy; do
	seed=$first made=0
	of=$mutants
	case $kind in spin | slots | heavy) of=1 ;; esac
	: >"$tmp/wrong"
	while [ $seed -lt $((first + of)) ]; do
		try $kind $seed
		seed=$((seed + 1))
	done
	[ ! -s "$tmp/wrong" ] && { [ $made -gt 0 ] || [ "$mutants" -lt 4 ]; }
	result $? "$kind: $made mutants"
	sed 's/^/# /' "$tmp/wrong"
	case $kind in spin | slots | heavy)
		echo "# peak of memory: $peak_kib KiB of $limit_kib"
		sed 's/^/# /' "$tmp/report" | head -n 2
		;;
	esac
done
finish
