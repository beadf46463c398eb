#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A private configuration of apt below BUILD/apt, for Debian's current kernel
# packages, QEMU's source and, on Debian 12, meson from backports.  It has the
# suites of the system's release, from the mirror that the system uses.  The
# system's package sources are not changed.  Other scripts read this file; $build
# is set.

export LC_ALL=C DEBIAN_FRONTEND=noninteractive

say() { echo "$(basename "$0" .sh): $*" >&2; }
die() { say "$*"; exit 1; }

apt_dir=$build/apt
apt_release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null)
case $apt_release in
trixie) apt_name='Debian 13' apt_line=6.12 apt_lines=6.12 apt_suites=trixie ;;
# Its backports have meson and Linux 6.12.
*) apt_release=bookworm apt_name='Debian 12' apt_line=6.1 apt_lines='6.1 6.12'
	apt_suites='bookworm bookworm-backports' ;;
esac
qemu_release=trixie	# has QEMU 10.0 and Bochs 3.0

# The first mirror that the system uses for SUITE, or nothing.
mirror_of() {
	apt-get indextargets --format '$(RELEASE) $(CODENAME) $(REPO_URI)' 2>/dev/null |
		sed -n "s,^\($1 [^ ]*\|[^ ]* $1\) \([a-z]*://[^ ]*\)\$,\2,p" |
		sort -u | head -n 1
}

# make -j runs several scripts at once; one of them works at a time.
apt_setup() {
	mkdir -p "$apt_dir"
	exec 9>"$apt_dir/lock"
	flock 9
	apt_setup_locked
	exec 9>&-
}

apt_setup_locked() {
	command -v apt-get >/dev/null || die "no apt-get: this needs Debian"
	main=${RR_DEBIAN_MIRROR:-$(mirror_of $apt_release)}
	[ -n "$main" ] || die "the system's apt has no source of $apt_name" \
		"($apt_release): set RR_DEBIAN_MIRROR to the address of a mirror"
	security=$(mirror_of $apt_release-security)
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e $keys ] || die "no $keys: install debian-archive-keyring"
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
	{
		for suite in $apt_suites; do
			echo "deb [signed-by=$keys] $main $suite main"
		done
		[ -z "$security" ] ||
			echo "deb [signed-by=$keys] $security $apt_release-security main"
		for release in $(printf '%s\n' $qemu_release $apt_release | sort -u); do
			echo "deb-src [signed-by=$keys] $main $release main"
		done
	} >"$apt_dir/sources.list.new"
	cat >"$apt_dir/apt.conf" <<END
Dir::Etc::sourcelist "$apt_dir/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt_dir/lists";
Dir::Cache "$apt_dir/cache";
APT::Sandbox::User "root";
APT::Update::Post-Invoke-Success "";
Acquire::Languages "none";
Acquire::Retries "3";
END
	if ! cmp -s "$apt_dir/sources.list.new" "$apt_dir/sources.list" ||
	   [ -z "$(find "$apt_dir/updated" -mmin -720 2>/dev/null)" ]; then
		mv "$apt_dir/sources.list.new" "$apt_dir/sources.list"
		say "reading Debian's package lists into $apt_dir"
		private apt-get -q -q update || die "the mirror gave no package lists"
		touch "$apt_dir/updated"
	fi
	rm -f "$apt_dir/sources.list.new"
}

private() { APT_CONFIG=$apt_dir/apt.conf "$@"; }

# Compare files with the SHA-256 sums in a .dsc: lines of "sum size name".
check_dsc() {	# DSC; the files are in the same directory
	(cd "$(dirname "$1")" && sed -n '/^Checksums-Sha256:/,/^[^ ]/{
		s/^ \([0-9a-f]\{64\}\) [0-9]* \(.*\)$/\1  \2/p
	}' "$(basename "$1")" | grep -v '\.asc$' | sha256sum --quiet --strict -c -)
}
