#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The series for the two lines of Linux are one source: record.c and the
# selftest are the same to the byte, and record.h but for two helpers.
set -u
top=${RR_TOP:-$(dirname "$0")/../..}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0
result() {
	n=$((n + 1))
	[ "$1" -eq 0 ] || failed=1
	[ "$1" -eq 0 ] && echo "ok $n - $2" || echo "not ok $n - $2"
}
echo 'TAP version 13'
for line in 6.1 6.12; do
	mkdir "$tmp/$line"
	# New files and what later patches do to them need no kernel tree.
	for p in "$top/kernel-patch/$line"/*.patch; do
		filterdiff() { # FILE: the part of a patch that is about it
			awk -v f="b/$1" '/^diff --git/ { on = $4 == f } on' "$p"
		}
		for f in arch/x86/kvm/record.c arch/x86/kvm/record.h \
			tools/testing/selftests/kvm/x86_64/record_test.c; do
			filterdiff $f >"$tmp/part"
			[ ! -s "$tmp/part" ] ||
				patch -s -p1 -d "$tmp/$line" <"$tmp/part" ||
				result 1 "$(basename "$p") applies to $f"
		done
	done
done
for f in arch/x86/kvm/record.c tools/testing/selftests/kvm/x86_64/record_test.c; do
	[ -s "$tmp/6.1/$f" ] && cmp "$tmp/6.1/$f" "$tmp/6.12/$f" >&2
	result $? "$f is the same in both lines"
done
diff "$tmp/6.1/arch/x86/kvm/record.h" "$tmp/6.12/arch/x86/kvm/record.h" >"$tmp/diff"
grep -q . "$tmp/6.1/arch/x86/kvm/record.h" &&
	[ "$(grep -c '^[<>]' "$tmp/diff")" -le 5 ]
result $? "record.h differs in names of KVM only"
sed 's/^/# /' "$tmp/diff"
ls "$top/kernel-patch/6.1" >"$tmp/a"
ls "$top/kernel-patch/6.12" >"$tmp/b"
cmp "$tmp/a" "$tmp/b" >&2
result $? "the same patches in both lines"
echo "1..$n"
exit $failed
