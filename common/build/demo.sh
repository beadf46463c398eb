#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh BUILD: record the test guest in the lab, replay it, compare.
set -eu
build=$(cd "$1" && pwd)
top=$(cd "$(dirname "$0")/../.." && pwd)
demo=$build/demo trace=$build/demo/demo.rrt
mkdir -p "$demo"

set --
while read -r arg; do
	set -- "$@" "$arg"
done <<END
$(sh "$top/tests/guest/args.sh" "$build/guest" "${RR_DEMO_WORK:-all}")
END

echo "demo: recording a Debian guest under KVM in the lab (some minutes)"
start=$(date +%s)
"$build/bin/rr-kvm" record --lab --force -o "$trace" -- "$@" \
	</dev/null >"$demo/console.recorded"
recorded=$(($(date +%s) - start))

echo "demo: replaying it in TCG"
start=$(date +%s)
status=0
"$build/bin/rr-tcg" replay --trace "$trace" --console \
	>"$demo/console.replayed" 2>"$demo/replay.log" || status=$?
replayed=$(($(date +%s) - start))
if [ $status -ne 0 ]; then
	cat "$demo/replay.log" >&2
	echo "demo: the replay failed with status $status" >&2
	exit $status
fi

echo
echo "What the guest printed:"
sed -n 's/\r$//; s/.*guest: /  /p' "$demo/console.replayed"
echo
echo "The recording ($recorded s):"
"$build/bin/rr-log" stats "$trace" | sed -n '1,/stored/s/^/  /p'
echo "The replay ($replayed s):"
tr '\r' '\n' <"$demo/replay.log" | sed -n 's/^/  /p'
if ! cmp "$demo/console.recorded" "$demo/console.replayed"; then
	echo "demo: the consoles differ" >&2
	exit 1
fi
echo "  console: $(wc -c <"$demo/console.replayed") bytes, identical"
echo "demo: the two runs were the same; the trace is in $trace"
