#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [-j N] [--lab|--host] PROGRAM...: run tests that print TAP, and print one
# line for each result.  The last line is "N passed, N failed", with
# ", N skipped" if some are.  The exit status is 0 if nothing failed.
#
# Programs after --lab run in the lab, programs after --host on this machine.  A
# program fails if it gives no plan or fewer results than planned, if its exit
# status contradicts its results, or if it takes longer than RR_TEST_TIMEOUT
# seconds (600).  Its output is kept in BUILD/tests/log/NAME.log.
#
# A script, or the C source of a program, may have lines about how it is run:
#	# timeout=N	it may take N seconds
#	# parallel	it may run beside others: up to N at once (-j; default: one
#			for each processor, at most 4), after those that run alone

set -u
self=$(realpath "$0")
top=${RR_TOP:-$(dirname "$(dirname "$self")")}
build=$(realpath -m "${RR_BUILD:-$top/build}")
log=$build/tests/log
mkdir -p "$log"
export RR_TOP="$top" RR_BUILD="$build"
export RR_BIN="$build/bin" RR_LOG="$build/bin/rr-log" RR_GUEST="$build/guest"

# The path below the top, or below BUILD, without its ending.
path_of() {
	path=$(realpath -m --relative-to "$top" "$1")
	path=${path#"$(realpath -m --relative-to "$top" "$build")"/}
	path=${path#asan/}
	path=${path%.sh}
	echo "${path%.py}"
}

# As in tests.mk: tests/system/replay/golden.sh is replay-golden.
name_of() {
	name=$(path_of "$1")
	name=${name#tests/}
	name=${name#unit/}
	name=${name#system/}
	case $1 in "$build"/asan/*) name=$name-asan ;; esac
	echo "$name" | tr / -
}

# PROGRAM WORD: the line of that word at the start of the script or C source.
setting() {
	source=$1
	case $source in
	*.sh|*.py) ;;
	*) source=$top/$(path_of "$1").c ;;
	esac
	sed -n "s,^\(#\|//\| \*\) \($2\)\$,\2,p;30q" "$source" 2>/dev/null
}

limit_of() {
	limit=$(setting "$1" 'timeout=[0-9]*')
	echo "${limit:-timeout=${RR_TEST_TIMEOUT:-600}}" | sed 's/timeout=//'
}

start() {	# lab|host PROGRAM
	where=$1 program=$2
	set -- "$program"
	case $program in
	*.sh) set -- sh "$program" ;;
	*.py) set -- /usr/bin/python3 "$program" ;;
	"$build"/asan/*) set -- env RR_BIN="$build/asan/bin" \
		RR_LOG="$build/asan/bin/rr-log" "$program" ;;
	esac
	if [ "$where" = lab ]; then
		in_lab=/test/${program##*/}
		set -- sh "$build/lab/run.sh" --qemu "$build/bin/qemu-system-x86_64" \
			--kernel "$build/lab/vmlinuz" --image "$build/lab/lab.cpio.gz" \
			--pmu --file "$program:$in_lab" -- "$in_lab"
	fi
	timeout -k 20 "$(limit_of "$program")" "$@" </dev/null
}

# Prints one line for each result, and the totals into the file "totals".
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
	if (!bail) {
		if (status == 124 || status == 137) fail("timed out, or was killed")
		else if (!plan) fail("no plan (exit status " status ")")
		else if (run + 0 != planned) fail("planned " planned " tests, ran " run + 0)
		else if (status == 4 && skip_n && !pass_n && !fail_n) ;
		else if (status != 0 && !fail_n) fail("exit status " status)
		else if (status == 0 && fail_n) fail("exit status 0 in spite of failures")
	}
	print pass_n + 0, fail_n + 0, skip_n + 0 >totals
}'

run_one() {	# lab|host PROGRAM
	file=$log/$(name_of "$2")
	{
		start "$1" "$2" 2>&1
		printf '\nrr-test-status %d\n' $?
	} | tee "$file.log" |
		awk -v name="${file##*/}" -v totals="$file.totals" "$judge"
	read -r pass fail skip <"$file.totals" || fail=1
	if [ "$fail" -gt 0 ]; then
		echo "---- the end of $file.log"
		tail -n 40 "$file.log" | sed '$d; s/^/   | /'
		echo "----"
	fi
}

# One test of several at once: its output is shown when it has ended.
if [ "${1:-}" = --one ]; then
	out=$log/$(name_of "$3").out
	run_one "$2" "$3" >"$out"
	flock "$log" cat "$out"
	rm -f "$out"
	exit 0
fi

jobs=${RR_TEST_JOBS:-$(nproc)}
[ "$jobs" -le 4 ] || jobs=4
where=host names='' parallel=''
while [ $# -gt 0 ]; do
	case $1 in
	-j) jobs=$2; shift 2; continue ;;
	--lab|--host) where=${1#--}; shift; continue ;;
	esac
	program=$(realpath "$1")
	name=$(name_of "$program")
	names="$names $name"
	rm -f "$log/$name.totals"
	if [ "$jobs" -gt 1 ] && [ -n "$(setting "$program" parallel)" ]; then
		parallel="$parallel$(limit_of "$program") $where $program
"
	else
		run_one $where "$program"
	fi
	shift
done
# Those that may take longest come first, so that the end is short.
printf %s "$parallel" | sort -s -rn -k 1,1 | cut -d ' ' -f 2- |
	xargs -r -P "$jobs" -n 2 sh "$self" --one

passed=0 failed=0 skipped=0
for name in $names; do
	read -r pass fail skip <"$log/$name.totals" || pass=0 fail=1 skip=0
	passed=$((passed + pass)) failed=$((failed + fail)) skipped=$((skipped + skip))
	rm -f "$log/$name.totals"
done
if [ -z "$names" ]; then
	echo "run.sh: no test has such a name" >&2
	failed=1
fi
tail=
[ "$skipped" = 0 ] || tail=", $skipped skipped"
echo "$passed passed, $failed failed$tail"
[ "$failed" = 0 ]
