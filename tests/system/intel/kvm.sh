#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kvm-intel.ko: the tests of the KVM patches and the selftest of the kernel series, one
# after the other in one lab, and what "rr-kvm check-host" says there.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
cat >"$tmp/in-lab" <<'END'
rr-kvm check-host >/out/check-host 2>&1
echo $? >/out/check-host.status
for t in /t/*; do
	$t >/out/${t##*/}.tap 2>&1
	echo $? >/out/${t##*/}.status
done
# The lab's init has switched it on.
echo 0 >/sys/devices/cpu/freeze_on_smi
rr-kvm check-host >/out/check-host-smi 2>&1
echo $? >/out/check-host-smi.status
END
set --
for t in "$RR_BUILD"/tests/kvm/record-* "$RR_BUILD/tests/kvm/selftest"; do
	[ -f "$t" ] && [ -x "$t" ] && set -- "$@" --file "$t:/t/${t##*/}"
done
sh "$RR_BUILD/lab/intel/run.sh" --kernel "$RR_BUILD/lab/vmlinuz" \
	--image "$RR_BUILD/lab/lab.cpio.gz" --mem 1024 --out "$tmp/out" "$@" \
	--file "$tmp/in-lab:/in-lab" -- sh /in-lab >"$tmp/log" 2>&1
result $? 'the tests run in the lab'
sed 's/^/# /' "$tmp/log"

[ "$(cat "$tmp/out/check-host.status")" = 0 ]
result $? 'rr-kvm check-host: this host can record'
sed 's/^/# /' "$tmp/out/check-host"
[ "$(cat "$tmp/out/check-host-smi.status")" = 1 ] &&
	grep -q '^smi *FAIL .*SMI handler' "$tmp/out/check-host-smi"
result $? 'without freeze_on_smi it cannot'
grep '^smi ' "$tmp/out/check-host-smi" | sed 's/^/# /'

# Each result of a test becomes one of ours.  A test without its plan, or with
# another number of results, has failed.
for tap in "$tmp"/out/*.tap; do
	name=$(basename "$tap" .tap)
	planned=$(sed -n 's/^1\.\.\([0-9]*\)[[:space:]]*$/\1/p' "$tap" | tail -n 1)
	[ "${planned:-0}" -gt 0 ] &&
		[ "$(grep -c '^\(not \)\?ok ' "$tap")" = "$planned" ] &&
		[ "$(cat "$tmp/out/$name.status")" = 0 ]
	result $? "$name: $planned results, exit status $(cat "$tmp/out/$name.status")"
	grep '^\(not \)\?ok ' "$tap" >"$tmp/results"
	while read -r line; do
		n=$((n + 1))
		case $line in not*) failed=$((failed + 1)) ;; esac
		echo "$line" | sed "s/ok [0-9]*\( - \)\?/ok $n - $name: /"
	done <"$tmp/results"
	grep '^#' "$tap"
done
[ "$(ls "$tmp"/out/*.tap | wc -l)" = "$(($# / 2))" ]
result $? "all $(($# / 2)) programs ran"
finish
