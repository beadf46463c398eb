#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# unpack.sh KVER TARBALL KDIR OUT HOOK...
#
# Prepare the build of the modules: OUT/src gets the part of the kernel's source
# that is KVM, with the hooks applied and our files added; OUT/kdir the kernel's
# headers.

set -eu
here=$(dirname "$0")
. "$here/source.sh.inc"

kver=$1 tarball=$2 kdir=$3 out=$4
shift 4

need_headers "$kver" "$kdir"
rm -rf "$out/src" "$out/kdir" "$out"/.built-* "$out"/.unpacked-*
unpack_source "$tarball" "$out/src"
link_headers "$kver" "$kdir" "$out/src" "$out/kdir"
for hook in "$@"; do apply_hook "$hook" "$out/src"; done
out_of_tree "$out/src"
