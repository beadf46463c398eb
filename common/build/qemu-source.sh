#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu-source.sh TOP BUILD submodule|debian
#
# Make BUILD/qemu-src: QEMU's source with our series applied and our folders
# linked in under their own names.  From the submodule qemu/, which is never written to, or from
# Debian's source package, which is checked against the sums it states.  A file
# that is not changed keeps its time, so that little is built again.

set -eu
top=$(realpath "$1") build=$(realpath -m "$2") from=$3
. "$(dirname "$0")/apt.sh"

src=$build/qemu-src new=$build/qemu-src.new
patches=$top/common/qemu/patches

populated() { [ -e "$top/qemu/configure" ]; }
if [ "$from" = submodule ] && ! populated; then
	say "fetching the submodule qemu/"
	export GIT_TERMINAL_PROMPT=0
	url=$(git config -f "$top/.gitmodules" submodule.qemu.url)
	# Whether upstream answers is known soon; the fetch itself may be slow.
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
	[ -n "$dsc" ] || die "Debian's QEMU is not a 10.0 any more"
	check_dsc "$dsc" || die "$dsc: a file is not what it states"
}

apply() {
	patch -d "$new" -p1 -s -f --no-backup-if-mismatch <"$1" ||
		die "$(basename "$1") does not apply to QEMU $(cat "$new/VERSION")"
}

rm -rf "$new"
mkdir -p "$new"
if [ "$from" = debian ]; then
	fetch_debian
	say "unpacking $(basename "$dsc" .dsc), its sums are right"
	base=${dsc%-*}
	tar -C "$new" --strip-components=1 -xf "$(echo "$base".orig.tar.*)"
	tar -C "$new" -xf "$(echo "${dsc%.dsc}".debian.tar.*)"
	for p in disable-pycotap skip-unpack-edk2-blobs; do
		apply "$new/debian/patches/$p.patch"
	done
else
	say "taking the submodule qemu/"
	tar -C "$top/qemu" --exclude=./.git --exclude=./roms -cf - . |
		tar -C "$new" -xf -
	mkdir -p "$new/roms"
fi
case $(cat "$new/VERSION") in
10.0.*) ;;
*) die "QEMU $(cat "$new/VERSION"): the series is for 10.0" ;;
esac
for p in "$patches"/*.patch; do apply "$p"; done

# A path in an #include is the path in this repository.
for dir in common kernel-patch kvm-record tcg-replay; do
	ln -s "$(realpath -m --relative-to "$src" "$top/$dir")" "$new/$dir"
done
echo "$from $(cat "$new/VERSION")" >"$new/.rr-source"

# No times in the comparison, and none copied: what changes is new.
mkdir -p "$src"
rsync -rlpc --delete "$new/" "$src/"
rm -rf "$new"
touch "$src/.rr-ready"
