#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu-source.sh TOP BUILD submodule|debian
#	Make BUILD/qemu-src: the source of QEMU with the series applied, and with
#	links to this repository's directories.
# qemu-source.sh --plain TOP BUILD DIR
#	Make DIR: the source that the series applies to, with the same links.
#
# The source comes from the submodule qemu/, which is never written to, or from
# Debian's source package, whose files must have the checksums that it states.
# A file of BUILD/qemu-src that has not changed keeps its time, so that only what
# has changed is compiled again.

set -eu
plain=
[ "$1" != --plain ] || { plain=yes && shift; }
top=$(realpath "$1") build=$(realpath -m "$2") from=$3
. "$(dirname "$0")/apt.sh"

src=$build/qemu-src new=$build/qemu-src.new
if [ -n "$plain" ]; then
	src=$(realpath -m "$3") new=$src from=debian
	[ ! -e "$top/qemu/configure" ] || from=submodule
fi
patches=$top/common/qemu/patches

populated() { [ -e "$top/qemu/configure" ]; }
if [ "$from" = submodule ] && ! populated; then
	say "fetching the submodule qemu/"
	export GIT_TERMINAL_PROMPT=0
	url=$(git config -f "$top/.gitmodules" submodule.qemu.url)
	# An answer from upstream comes soon or never; the fetch itself may be slow.
	timeout 20 git -C "$top" ls-remote -q "$url" HEAD >/dev/null &&
		timeout "${RR_FETCH_TIMEOUT:-300}" git -C "$top" \
			-c http.lowSpeedLimit=1000 -c http.lowSpeedTime=20 \
			submodule --quiet update --init --depth 1 qemu >&2 || :
	populated || {
		say "the submodule cannot be fetched: taking Debian's source" \
			"package of QEMU instead"
		from=debian
	}
fi

fetch_debian() {
	dl=$build/dl/qemu
	dsc=$(find "$dl" -name 'qemu_*10.0.*.dsc' 2>/dev/null | sort -V | tail -n 1)
	if [ -n "$dsc" ] && check_dsc "$dsc" 2>/dev/null; then return; fi
	apt_setup
	mkdir -p "$dl"
	say "downloading Debian's source package of QEMU"
	(cd "$dl" && private apt-get -q -q source --download-only qemu) ||
		die "no source package of QEMU from the mirror"
	dsc=$(find "$dl" -name 'qemu_*10.0.*.dsc' | sort -V | tail -n 1)
	[ -n "$dsc" ] || die "the mirror's QEMU is not version 10.0"
	check_dsc "$dsc" || die "$dsc: a file does not have the checksum that it states"
}

apply() {
	patch -d "$new" -p1 -s -f --no-backup-if-mismatch <"$1" ||
		die "$(basename "$1") does not apply to QEMU $(cat "$new/VERSION")"
}

rm -rf "$new"
mkdir -p "$new"
if [ "$from" = debian ]; then
	fetch_debian
	say "unpacking $(basename "$dsc" .dsc) (checksums are right)"
	base=${dsc%-*}
	tar -C "$new" --strip-components=1 -xf "$(echo "$base".orig.tar.*)"
	tar -C "$new" -xf "$(echo "${dsc%.dsc}".debian.tar.*)"
	for p in disable-pycotap skip-unpack-edk2-blobs; do
		apply "$new/debian/patches/$p.patch"
	done
else
	say "copying the submodule qemu/"
	tar -C "$top/qemu" --exclude=./.git --exclude=./roms -cf - . |
		tar -C "$new" -xf -
	mkdir -p "$new/roms"
fi
case $(cat "$new/VERSION") in
10.0.*) ;;
*) die "QEMU $(cat "$new/VERSION"): the series is for 10.0" ;;
esac
# A path in an #include is the path in this repository.
for dir in common kernel-patch kvm-record tcg-replay; do
	ln -s "$(realpath -m --relative-to "$src" "$top/$dir")" "$new/$dir"
done
[ -z "$plain" ] || exit 0
for p in "$patches"/*/*.patch; do apply "$p"; done
echo "$from $(cat "$new/VERSION")" >"$new/.rr-source"

# Compare contents, not times, and copy no times: a changed file gets the current
# time.
mkdir -p "$src"
rsync -rlpc --delete "$new/" "$src/"
rm -rf "$new"
touch "$src/.rr-ready"
