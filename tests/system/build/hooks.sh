#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# docs/hooks.md agrees with common/core/hooks.h and with the patches for QEMU.  The
# checker is then given copies of the tree with one error each, which it must find.
set -u
top=${RR_TOP:-$(cd "$(dirname "$0")/../../.." && pwd)}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$top/tests/lib/tap.sh.inc"
check() { python3 "$top/tests/lib/check-hooks.py" "$@"; }
copy() {
	rm -rf "$tmp/tree"
	mkdir "$tmp/tree"
	tar -C "$top" -cf - docs/hooks.md common/core common/qemu/patches \
		kvm-record/qemu tcg-replay/qemu | tar -C "$tmp/tree" -xf -
}
finds() {	# NAME TEXT: the copy has one error, and TEXT is a line about it
	check "$tmp/tree" >"$tmp/errors"
	[ $? -eq 1 ] && grep -qxF -e "$2" "$tmp/errors"
	result $? "finds $1"
	copy
}

echo 'TAP version 13'
check "$top" >"$tmp/errors"
result $? 'the table, the header and the patches have the same hooks'
sed 's/^/# /' "$tmp/errors"

copy
docs=$tmp/tree/docs
header=$tmp/tree/common/core/hooks.h
sed -i '/^| `rr_record_nmi` /d' "$docs/hooks.md"
finds 'a hook without a row' 'rr_record_nmi: declared in hooks.h, not in the table'
sed -i 's/`rr_record_nmi`/`rr_record_smi`/' "$docs/hooks.md"
finds 'a row without a hook' 'rr_record_smi: in the table, not declared in hooks.h'
sed -i '/^| `rr_record_bql_wait_end` /s/, `cpu-common.c`//' "$docs/hooks.md"
finds 'a file that is missing' "rr_record_bql_wait_end: the table says \
\`system/cpus.c\`, the patches say cpu-common.c, system/cpus.c"
sed -i '/^| `rr_record_nmi` /s/ vCPU / iothread /' "$docs/hooks.md"
finds 'an unknown thread' 'rr_record_nmi: unknown thread "iothread"'
echo 'void rr_record_unused(void);' >>"$header"
sed -i '/^| `rr_record_nmi` /p; s/^| `rr_record_nmi` /| `rr_record_unused` /' "$docs/hooks.md"
finds 'a hook that nobody calls' 'rr_record_unused: declared in hooks.h, used by no patch'
sed -i '/^+/s/rr_record_nmi(/rr_record_smi(/' \
	"$tmp"/tree/common/qemu/patches/3-record/*.patch
finds 'a call of nothing' 'rr_record_smi: used by a patch, not declared in hooks.h'
sed -i 's/^bool rr_record_nmi(/bool rr_record_smi(/' "$tmp"/tree/kvm-record/qemu/*.c
finds 'a hook without code' 'rr_record_nmi: defined 0 times'
sed -i '/^uint64_t rr_replay_read_cr8(/,/^{/s/^{/{\n    g_assert(bql_locked());/' \
	"$tmp"/tree/tcg-replay/qemu/*.c
finds 'another state of the BQL' \
	'rr_replay_read_cr8: asserts that the BQL is held, the table says "not held"'

finish
