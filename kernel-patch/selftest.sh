#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# selftest.sh O OUT [SOURCE...]: build the series' selftest (record_test of
# tools/testing/selftests/kvm) from what "make modules" unpacked in O, into the
# static program OUT.  With SOURCE, the test's main() is renamed selftest_main().

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
# The flags of the Makefile there, which gives reasons; the headers are the series'.
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
for f in lib/*.c lib/x86_64/*.[cS]; do
	case $f in *userfaultfd*) ;; *) extra="$extra $f" ;; esac
done
# shellcheck disable=SC2086
${CC:-gcc} $flags $includes -o "$out" "$obj/test.o" $extra -lpthread -lrt
