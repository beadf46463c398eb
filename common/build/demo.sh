#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh BUILD: record the test guest, replay it, and show that both runs were the
# same.  The trace stays in BUILD/demo/demo.rrt.  With RR_DEMO_HOST=1 this host's KVM
# records, not the lab's.

set -eu
build=$(realpath "$1")
top=$(realpath "$(dirname "$0")/../..")
demo=$build/demo
bin=$build/bin
trace=$demo/demo.rrt
lab=--lab
[ -z "${RR_DEMO_HOST:-}" ] || lab=
export RR_GUEST="$build/guest"

rm -rf "$demo"
mkdir -p "$demo"

seconds() { date +%s.%N; }
since() { echo "$(seconds) - $1" | bc | sed 's/^\./0./; s/\(\.[0-9]\).*/\1/'; }
say() { printf '\n== %s\n' "$*"; }
# The guest's lines, which end with CR LF on its console.  Other lines are its
# kernel's.
lines() { tr -d '\r' <"$1" | grep -a '^guest: '; }
fail() { echo "demo: $*" >&2; exit 1; }

set --
while read -r arg; do set -- "$@" "$arg"; done <<END
$(sh "$top/tests/guest/args.sh")
END

say "recording a Linux guest${lab:+ in the lab (KVM inside QEMU)}: $trace"
start=$(seconds)
{ "$bin/rr-kvm" record $lab -o "$trace" -- "$@" </dev/null ||
	echo $? >"$demo/status"; } | tee "$demo/recorded"
recorded=$(since "$start")
[ ! -e "$demo/status" ] ||
	fail "the recording failed with exit status $(cat "$demo/status")"

say "replaying it"
start=$(seconds)
status=0
"$bin/rr-tcg" replay --trace "$trace" --console </dev/null >"$demo/replayed" ||
	status=$?
replayed=$(since "$start")
[ $status = 0 ] || fail "the replay failed with exit status $status"
cat "$demo/replayed"

lines "$demo/recorded" >"$demo/recorded.guest"
lines "$demo/replayed" >"$demo/replayed.guest"
grep -q '^guest: done' "$demo/recorded.guest" || fail "the guest did not finish"
! grep 'guest: FAILED' "$demo/recorded.guest" || fail "a test in the guest failed"
cmp "$demo/recorded.guest" "$demo/replayed.guest" ||
	fail "the guest printed other lines in the replay"

# A slow disk's warning is on the lab's console, too.
grep -av '^qemu-system-x86_64: warning: rr-record: the guest waited' "$demo/recorded" |
	cmp - "$demo/replayed" ||
	fail "the console of the replay differs from that of the recording"

say "summary"
"$bin/rr-log" info "$trace"
echo
echo "recorded in $recorded s, replayed in $replayed s"
echo "The guest printed the same $(wc -l <"$demo/recorded.guest") lines, with random" \
	"bytes and the date (SHA-256 $(sha256sum <"$demo/replayed.guest" | cut -c1-16)...)."
echo "The registers were the same at each landmark, and all RAM at the end:"
echo "rr-tcg ends with status 3 at the first difference."
