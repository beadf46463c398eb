#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# style.sh BUILD [FILE...]: check the style of all files, or of FILEs.  Each
# failure names the file and how to fix it.

set -u
export LC_ALL=C
top=$(realpath "$(dirname "$0")/../..")
build=$(realpath -m "$1")
shift
cd "$top" || exit 2
clang_format=$(command -v clang-format-14) || {
	echo 'style: no clang-format-14: run "make deps" on Debian 12' >&2
	exit 2
}
command -v shellcheck >/dev/null || {
	echo 'style: no shellcheck: run "make deps"' >&2
	exit 2
}
failed=0
fail() { # FILE HOW TO FIX IT
	echo "style: $1: $2" >&2
	failed=$((failed + 1))
}
if [ $# = 0 ]; then
	# shellcheck disable=SC2046
	if [ -e .git ]; then
		set -- $(git ls-files --cached --others --exclude-standard)
	else
		set -- $(find . -path ./build -prune -o -path ./qemu -prune -o \
			-type f -print | sed 's,^\./,,')
	fi
fi

for f in "$@"; do
	[ -e "$f" ] || continue
	case $f in
	tests/golden/*|qemu/*) ;;
	# The kernel has its own check: kernel-patch/README.md.
	kernel-patch/*.[ch]) ;;
	# QEMU's style.
	kvm-record/qemu/*.[ch]|tcg-replay/qemu/*.[ch]|common/core/*.[ch]|*.patch)
		qemu_files="${qemu_files:-} $f" ;;
	*.[ch])
		"$clang_format" --dry-run -Werror "$f" 2>/dev/null ||
			fail "$f" "run clang-format-14 -i $f" ;;
	# Variables are shared between scripts that read each other.
	*.sh|*.sh.inc|.ci/run)
		shellcheck -s sh -f gcc -S warning \
			-e SC1090,SC1091,SC2010,SC2034,SC2154,SC3044 "$f" >&2 ||
			fail "$f" 'mend what shellcheck reports above' ;;
	*.py)
		/usr/bin/python3 -c 'import ast, sys
ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])' "$f" ||
			fail "$f" 'mend the syntax error above' ;;
	esac
done

if [ -e common/build/checkpatch.sh ] && [ -n "${qemu_files:-}" ]; then
	sh common/build/checkpatch.sh "$build" ||
		fail 'code and patches for QEMU' 'mend what checkpatch reports above'
fi
[ $failed = 0 ] && echo 'style: all files are clean'
[ $failed = 0 ]
