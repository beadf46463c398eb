#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh TARGET DIR OPTION...: run a fuzz target; prints what it reached.  Inputs
# are in DIR/seeds, those that it found in DIR/corpus, failures in DIR/failed,
# what libFuzzer says in DIR/log.  The exit status is not 0 if it found a failure.
set -eu
target=$1
name=${1##*/fuzz-}
dir=$2
shift 2
mkdir -p "$dir/seeds/$name" "$dir/corpus/$name" "$dir/failed" "$dir/log"
log=$dir/log/$name
words=$(dirname "$0")/$name.dict
[ "$name" != open ] || words=$(dirname "$0")/manifest.dict
[ ! -e "$words" ] || set -- "$@" "-dict=$words"
status=0
ASAN_OPTIONS="quarantine_size_mb=16:${ASAN_OPTIONS:-}" "$target" "$@" \
	-artifact_prefix="$dir/failed/$name-" \
	"$dir/corpus/$name" "$dir/seeds/$name" >"$log" 2>&1 || status=$?
figure() {	# NAME of a final statistic
	sed -n "s/^stat::$1: *//p" "$log"
}
printf '  %-8s%s: %s runs, %s/s, %s, %s MB\n' FUZZ "$name" \
	"$(figure number_of_executed_units)" "$(figure average_exec_per_sec)" \
	"$(grep -o 'cov: [0-9]* ft: [0-9]* corp: [0-9]*' "$log" | tail -n 1)" \
	"$(figure peak_rss_mb)"
[ "$status" = 0 ] || {
	tail -n 40 "$log" >&2
	echo "fuzz: $name failed; the input is in $dir/failed, all said in $log" >&2
}
exit "$status"
