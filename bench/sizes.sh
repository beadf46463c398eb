#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sizes.sh [BUILD]: how large traces are: a boot, an idle minute, a disk-heavy and
# a network-heavy run, each recorded in the deterministic lab, so that the figures
# do not depend on this machine.  No pass or fail.

set -eu
export LC_ALL=C
top=$(realpath "$(dirname "$0")/..")
build=$(realpath "${1:-${RR_BUILD:-$top/build}}")
bin=$build/bin out=$build/bench/sizes
export RR_GUEST="$build/guest"
rm -rf "$out"
mkdir -p "$out"

record() {	# NAME WORK
	sh "$top/tests/guest/args.sh" "$RR_GUEST" "$2" >"$out/arguments"
	set -- "$1" --
	while read -r arg; do set -- "$@" "$arg"; done <"$out/arguments"
	name=$1
	shift
	"$bin/rr-kvm" record --lab --deterministic -o "$out/$name.rrt" "$@" \
		</dev/null >"$out/$name.console" 2>"$out/$name.err" &&
		grep -aq '^guest: done' "$out/$name.console" || {
		echo "sizes: cannot record $name:" >&2
		tail -n 5 "$out/$name.err" "$out/$name.console" >&2
		exit 1
	}
}
branches() { /usr/bin/python3 -c 'import json, sys
s = json.load(sys.stdin)
print(s["branches"], round(s["host_time_ns"] / 1e9, 1), s["records"])'; }
size() { stat -c %s "$out/$1.rrt/$2"; }

printf '%-9s %9s %9s %12s %10s %9s %11s %9s\n' '' seconds records branches \
	events 'bytes/s' 'DMA stored' index
record boot none
record idle idle
record disk disk
record net net
for name in boot idle disk net; do
	"$bin/rr-log" stats --json "$out/$name.rrt" | branches >"$out/figures"
	read -r branches seconds records <"$out/figures"
	events=$(size $name events)
	printf '%-9s %9s %9s %12s %10s %9.0f %11s %9s\n' $name "$seconds" \
		"$records" "$branches" "$events" \
		"$(awk "BEGIN { print $events / $seconds }")" \
		"$(size $name blobs)" "$(size $name index)"
done
# What the idle minute adds to a boot.
awk -v idle="$(size idle events)" -v boot="$(size boot events)" 'BEGIN {
	printf "an idle guest: %.1f bytes a second (target: at most 5,000)\n",
		(idle - boot) / 60
	printf "a boot: %d bytes (target: under 800,000)\n", boot }'
