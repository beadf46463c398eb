#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The patches for QEMU say why, apply in their order, and add hooks only; those that
# mend TCG could be sent upstream.  The checker is then given copies of the series
# with one error each, which it must find.  "make qemu-series-check" compiles QEMU
# after each patch; that takes too long for this test.
set -u
top=${RR_TOP:-$(cd "$(dirname "$0")/../../.." && pwd)}
build=${RR_BUILD:-$top/build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$top/tests/lib/tap.sh.inc"
check() { python3 "$top/tests/lib/check-series.py" "$@"; }
copy() {
	rm -rf "$tmp/tree"
	mkdir "$tmp/tree"
	tar -C "$top" -cf - common/qemu/patches | tar -C "$tmp/tree" -xf -
}
finds() {	# NAME TEXT: the copy has one error, and TEXT is part of a line about it
	check "$tmp/tree" "$build/qemu-src" >"$tmp/errors"
	[ $? -eq 1 ] && grep -qF -e "$2" "$tmp/errors"
	result $? "finds $1"
	copy
}
add_lines() {	# FILE: add the lines of stdin where the first hook is
	awk 'NR == FNR { lines = lines "+" $0 "\n"; next }
		/^\+.*rr_record_nmi/ && !done { printf "%s", lines; done = 1 }
		{ print }' - "$1" >"$tmp/new"
	mv "$tmp/new" "$1"
}

echo 'TAP version 13'
check "$top" "$build/qemu-src" >"$tmp/errors"
result $? 'the patches are in order, and each has the contents of its directory'
sed 's/^/# /' "$tmp/errors"

copy
patches=$tmp/tree/common/qemu/patches
nmi=$(grep -l 'rr_record_nmi' "$patches"/3-record/*.patch)
mend=$(echo "$patches"/1-tcg-mends/0001-*.patch)
mv "$nmi" "$patches/3-record/9999-nmi.patch"
finds 'a gap in the numbers' '3-record: the numbers are'
awk '/^---$/ { body = 0; if (!past++) print "" } !body { print }
	/^$/ && !past { body = 1 }' "$nmi" >"$tmp/new"
mv "$tmp/new" "$nmi"
finds 'a patch without a reason' 'the message does not say why'
sed -i '/^+.*helper_rdtscp/s/$/ rr_replay_insn(cs);/' "$mend"
finds 'a mend that needs this project' 'names this project'
echo 'for (i = 0; i < 2; i++) {' | add_lines "$nmi"
finds 'a loop in the hooks' 'adds a loop or a switch'
seq 50 | add_lines "$nmi"
finds 'too many lines for hooks' 'are more than hooks'
{ echo 'static int f(void)'; echo '{'; seq 15; echo '}'; } | add_lines "$nmi"
finds 'a long function in the hooks' 'a function of 15 lines: static int f(void)'
sed -i '/^+/s/rr_recording/true/' "$nmi"
finds 'a hook that is always called' 'behind no variable of hooks.h'
sed -i 's/exit_begin(cpu)/exit_start(cpu)/' "$patches"/3-record/0013-*.patch
finds 'a patch that does not apply' 'cannot be taken back'

finish
