#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# selftest.sh O OUT [SOURCE...]: build the series' selftest (record_test of
# tools/testing/selftests/kvm) from what "make modules" unpacked in O, into the
# static program OUT.  With SOURCE: the test's main() is called selftest_main().

set -eu
src=$(realpath "$1/src") out=$(realpath "$2")
shift 2
main='' includes=''
extra=''
for f in "$@"; do
	main=-Dmain=selftest_main
	extra="$extra $(realpath "$f")"
	includes="-I$(realpath "$(dirname "$f")")"
done
cd "$src/tools/testing/selftests/kvm"
# As in the Makefile there, where the reasons are; the headers are the series'.
flags='-std=gnu99 -O2 -g -D_GNU_SOURCE -DCONFIG_64BIT -fno-strict-aliasing
	-fno-stack-protector -fno-PIE -no-pie -static -march=x86-64-v2 -w
	-fno-builtin-memcmp -fno-builtin-memcpy -fno-builtin-memset
	-fno-builtin-strnlen -fno-tree-loop-distribute-patterns
	-Iinclude -Iinclude/x86_64 -Ilib -I..
	-I../../../include -I../../../arch/x86/include
	-I../../../../arch/x86/include/uapi -I../../../../include/uapi'
obj=$(mktemp -d)
trap 'rm -rf "$obj"' EXIT
# shellcheck disable=SC2086
${CC:-gcc} $flags $main -c -o "$obj/test.o" x86_64/record_test.c
# shellcheck disable=SC2046,SC2086
${CC:-gcc} $flags $includes -o "$out" "$obj/test.o" $extra $(ls lib/*.c lib/x86_64/*.[cS] |
	grep -v userfaultfd) -lpthread -lrt
