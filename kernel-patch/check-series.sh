#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check-series.sh LINE KVER TARBALL KDIR OUT
#
# Make the series, build the three modules after each of its patches, and run
# checkpatch.pl on each.  Tells the results as TAP.
#
# Building takes minutes of processor time, so OUT/series.checked keeps the
# results of a check in which all was well, with a hash of all that went into it.
# As long as that is the same, the results are told again, marked "kept from" with
# their date, and nothing is built.

set -eu
here=$(dirname "$0")
. "$here/source.sh.inc"

line=$1 kver=$2 tarball=$3 kdir=$4 out=$5
kept=$out/series.checked
mkdir -p "$out"
n=0 failed=0
result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

hash_of_input() {
	{
		cat "$here"/*.sh "$here/source.sh.inc" "$here/Kbuild.oot" \
			"$here/cover-letter" "$here/hooks/$line"/*.patch \
			"$here"/src/* "$here"/include/asm/*
		ls "$here/hooks/$line" "$here/src" "$here/include/asm"
		cat "$tarball" "$kdir/Module.symvers"
		echo "$kver"
		${CC:-gcc} --version
	} | sha256sum | cut -d' ' -f1
}

build() {
	out_of_tree "$out/tree"
	make -j"$(nproc)" -C "$out/kdir" M="$out/tree/arch/x86/kvm" \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$out/build.log" 2>&1 || {
		grep -A8 'error:\|ERROR:' "$out/build.log" | head -n 40 >&2
		return 1
	}
}

check_each() {
	for commit in $(git -C "$out/tree" rev-list --reverse base..series); do
		git -C "$out/tree" checkout -q "$commit"
		status=0
		build || status=1
		result $status "Linux $line builds with: $(
			git -C "$out/tree" log -1 --format=%s)"
	done
	# A series that is mailed has these two as well.
	for patch in "$out"/series/*.patch; do
		status=0
		case $patch in */0000-*) continue ;; esac
		perl "$out/tree/scripts/checkpatch.pl" --no-tree --strict --quiet \
			--ignore MISSING_SIGN_OFF,FILE_PATH_CHANGES "$patch" >&2 ||
			status=1
		result $status "checkpatch: ${patch##*/}"
	done
	echo "1..$n"
}

need_headers "$kver" "$kdir"
hash=$(hash_of_input)
if [ "$(head -n 1 "$kept" 2>/dev/null)" = "$hash" ]; then
	date=$(sed -n 2p "$kept")
	sed "1,2d; /^ok /s/\$/ (kept from $date: nothing has changed since)/" "$kept"
	exit 0
fi
rm -f "$kept"
rm -rf "$out/kdir"
sh "$here/series.sh" "$line" "$tarball" "$out"
link_headers "$kver" "$kdir" "$out/tree" "$out/kdir"
# Git must not remove what the builds leave in the tree.
echo '*' >"$out/tree/.git/info/exclude"
check_each >"$out/series.result"
cat "$out/series.result"
[ $failed = 0 ] || exit 1
{
	echo "$hash"
	date -u '+%Y-%m-%d %H:%M'
	cat "$out/series.result"
} >"$kept"
