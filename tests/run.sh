#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [--lab|--host] PROGRAM...: run tests that speak TAP, in the manner of
# kselftest, one line a test; the last line is "N passed, N failed".  Programs
# after --lab run in the lab, those after --host here.
#
# A program fails that gives no plan, not as many results as planned, ends with a
# status that its results do not explain, or takes longer than RR_TEST_TIMEOUT
# seconds (600; a script may state its own: "# timeout=N").  What a program says
# is kept in BUILD/tests/log.  The exit status is 0 if nothing failed.

set -u
top=${RR_TOP:-$(cd "$(dirname "$0")/.." && pwd)}
build=${RR_BUILD:-$top/build}
log=$build/tests/log
mkdir -p "$log"
export RR_TOP="$top" RR_BUILD="$build"
export RR_BIN="$build/bin" RR_LOG="$build/bin/rr-log" RR_GUEST="$build/guest"

passed=0 failed=0 skipped=0 lab=

# As in tests.mk: tests/system/replay/golden.sh is replay-golden.
name_of() {
	name=$(realpath -m --relative-to "$top" "$1")
	build_name=$(realpath -m --relative-to "$top" "$build")
	name=${name#"$build_name"/}
	case $name in asan/*) name=${name#asan/}-asan ;; esac
	name=${name#tests/}
	name=${name#unit/}
	name=${name#system/}
	name=${name%.sh}
	echo "${name%.py}" | tr / -
}

start() {	# PROGRAM; in the lab if asked for
	limit=$(sed -n 's/^# timeout=\([0-9]*\)$/\1/p;200q' "$1" 2>/dev/null | head -n 1)
	limit=${limit:-${RR_TEST_TIMEOUT:-600}}
	set -- "$(realpath "$1")"
	case $1 in
	*.sh) set -- sh "$1" ;;
	*.py) set -- /usr/bin/python3 "$1" ;;
	"$build"/asan/*) set -- env RR_BIN="$build/asan/bin" \
		RR_LOG="$build/asan/bin/rr-log" "$1" ;;
	esac
	if [ -n "$lab" ]; then
		eval "p=\${$#}"
		set -- sh "$build/lab/run.sh" --qemu "$build/bin/qemu-system-x86_64" \
			--kernel "$build/lab/vmlinuz" --image "$build/lab/lab.cpio.gz" \
			--pmu --file "$p:/test/${p##*/}" -- "/test/${p##*/}"
	fi
	timeout -k 20 "$limit" "$@" </dev/null
}

# Prints a line a test, and the totals into the file "totals".
judge='
function show(what, text) { printf "%-4s %s: %s\n", what, name, text; fflush() }
function fail(text) { fail_n++; show("FAIL", text) }
{ sub(/\r$/, "") }
/^1\.\.[0-9]+/ {
	planned = substr($1, 4) + 0; plan = 1
	if (planned == 0) {
		skip_n++; all = 1
		sub(/^1\.\.0[ #]*/, ""); show("skip", $0)
	}
	next
}
/^(not )?ok([ \t]|$)/ {
	run++
	good = /^ok/
	text = $0
	sub(/^(not )?ok[ \t]*[0-9]*[ \t]*(-[ \t]*)?/, "", text)
	if (text ~ /#[ \t]*[Ss][Kk][Ii][Pp]/) { skip_n++; show("skip", text) }
	else if (good) { pass_n++; show("ok", text) }
	else fail(text)
	next
}
/^Bail out!/ { bail = 1; fail($0); next }
/^rr-test-status [0-9]+$/ { status = $2 }
END {
	before = fail_n
	if (!bail) {
		if (status == 124 || status == 137) fail("ran out of time, or was killed")
		else if (!plan) fail("no plan (exit status " status ")")
		else if (run + 0 != planned) fail("planned " planned " tests, ran " run + 0)
		else if (status == 4 && skip_n && !pass_n && !fail_n) ;
		else if (status != 0 && !fail_n) fail("exit status " status)
		else if (status == 0 && fail_n) fail("exit status 0 in spite of failures")
	}
	print pass_n + 0, fail_n + 0, skip_n + 0 >totals
}'

for p in "$@"; do
	case $p in
	--lab) lab=yes; continue ;;
	--host) lab=; continue ;;
	esac
	name=$(name_of "$p")
	file=$log/$name
	rm -f "$file.totals"
	{
		start "$p" 2>&1
		printf '\nrr-test-status %d\n' $?
	} | tee "$file.log" | awk -v name="$name" -v totals="$file.totals" "$judge"
	read -r pass fail skip <"$file.totals" || { pass=0 fail=1 skip=0; }
	rm -f "$file.totals"
	if [ "$fail" -gt 0 ]; then
		echo "---- the end of $file.log"
		tail -n 40 "$file.log" | sed '$d; s/^/   | /'
		echo "----"
	fi
	passed=$((passed + pass)) failed=$((failed + fail)) skipped=$((skipped + skip))
done

if [ $((passed + failed + skipped)) = 0 ]; then
	echo "run.sh: no tests" >&2
	failed=1
fi
tail=
[ "$skipped" = 0 ] || tail=", $skipped skipped"
echo "$passed passed, $failed failed$tail"
[ "$failed" = 0 ]
