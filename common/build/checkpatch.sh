#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# checkpatch.sh [BUILD [FILE...]]: check the code that is linked into QEMU, and the
# patches of the series, with QEMU's scripts/checkpatch.pl.  Any error or warning is
# a failure.  BUILD (default: build) has QEMU's source; with FILEs only these are
# checked.  Not reported are:
#
# - missing Signed-off-by lines;
# - the form of X(...), and of the rows of options.def: such a macro is a list of
#   statements or of values, and neither "do {} while (0)" nor parentheses may
#   enclose it.

set -u
top=$(realpath "$(dirname "$0")/../..")
build=$(realpath -m "${1:-$top/build}")
[ $# = 0 ] || shift
checkpatch=$build/qemu-src/scripts/checkpatch.pl
[ -e "$checkpatch" ] || checkpatch=$top/qemu/scripts/checkpatch.pl
[ -e "$checkpatch" ] || {
	echo "checkpatch.sh: no QEMU source in $build: run make qemu" >&2
	exit 2
}

cd "$top" || exit 2
[ $# != 0 ] || set -- common/core/*.[ch] kvm-record/qemu/*.[ch] \
	tcg-replay/qemu/*.[ch] common/qemu/patches/*/*.patch

accepted='
/Macros with (multiple statements|complex values)/ && /\+#define (X|RR_(FLAG|CHOICE|NUMBER|NAME))\(/ { next }
{ print; found = 1 }
END { exit found }'
failed=0
for file in "$@"; do
	kind=--file
	case $file in *.patch) kind=--patch ;; esac
	perl "$checkpatch" --quiet --strict --no-tree --no-signoff --no-summary \
		--emacs --color=never $kind "$file" |
		awk -v RS= -v ORS='\n\n' "$accepted" || failed=$((failed + 1))
done
[ $failed = 0 ] && exit 0
echo "checkpatch.sh: $failed of $# files have findings" >&2
exit 1
