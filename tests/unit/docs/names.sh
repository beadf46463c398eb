#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The documents name only what exists: files, make targets, links, headings.  The
# checker is then given copies of the tree with one error each, which it must find.
set -u
top=${RR_TOP:-$(cd "$(dirname "$0")/../../.." && pwd)}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$top/tests/lib/tap.sh.inc"
check() { python3 "$top/tests/lib/check-docs.py" "$@"; }
finds() {	# NAME TEXT: the copy has one more error, and TEXT names it
	check "$tmp/tree" >"$tmp/errors"
	[ $? -eq 1 ] && grep -qF -e "$2" "$tmp/errors"
	result $? "finds $1"
	cp "$tmp/README.md" "$tmp/tree/README.md"
}

echo 'TAP version 13'
check "$top" >"$tmp/errors"
result $? 'the documents of the tree name only what exists'
sed 's/^/# /' "$tmp/errors"

mkdir "$tmp/tree" "$tmp/tree/qemu"
tar -C "$top" --exclude=./build --exclude=./.git --exclude=./qemu -cf - . |
	tar -C "$tmp/tree" -xf -
cp "$tmp/tree/README.md" "$tmp/README.md"
readme=$tmp/tree/README.md

echo 'See `kvm-record/no-such-file.c`.' >>"$readme"
finds 'a path that is not there' 'kvm-record/no-such-file.c'
echo 'See `no-such-file.c`.' >>"$readme"
finds 'a file name that is not there' 'no-such-file.c'
echo 'Run `make no-such-target`.' >>"$readme"
finds 'a target that is not there' 'make no-such-target'
printf '\n    make check no-such-target   # text\n' >>"$readme"
finds 'a target in a block that is not there' 'make no-such-target'
echo '[here](docs/no-such-page.md)' >>"$readme"
finds 'a link to no file' 'docs/no-such-page.md'
echo '[here](HACKING.md#no-such-heading)' >>"$readme"
finds 'a link to no heading' 'HACKING.md#no-such-heading'
printf '%0101d\n' 0 >>"$readme"
finds 'a long line' '101 columns'
echo '/* See README.md, "No such heading". */' >"$tmp/tree/common/new.c"
finds 'a citation of no heading' 'No such heading'
echo '/* See NOTHING.md. */' >"$tmp/tree/common/new.c"
finds 'a citation of no document' 'NOTHING.md'
printf '/*\n * Their reads are logged (DESIGN\n * section 1).\n */\n' \
	>"$tmp/tree/common/new.c"
finds 'a citation of a document of the past' 'DESIGN section'

rm "$tmp/tree/common/new.c"
sed 's/X(NMI, 13, nmi, "nmi"/X(NMI, 13, nmi, "smi"/' "$top/common/logfmt/rrlog.h" \
	>"$tmp/tree/common/logfmt/rrlog.h"
finds 'a record that no table has' 'ARCHITECTURE.md: "smi" is not in'
finds 'a row of a table that is no record' 'ARCHITECTURE.md: "nmi" is not in'

finish
