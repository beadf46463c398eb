#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A private set-up of apt under BUILD/apt: Debian's current kernel packages,
# meson from backports and QEMU's source, with the system's sources left alone.
# To be read by other scripts, with $build and $top set.

export LC_ALL=C DEBIAN_FRONTEND=noninteractive

say() { echo "$(basename "$0" .sh): $*" >&2; }
die() { say "$*"; exit 1; }

apt_dir=$build/apt
apt_release=bookworm	# the base; meson comes from its backports
qemu_release=trixie	# the release that has QEMU 10.0

# The first mirror that the system uses for SUITE, or nothing.
mirror_of() {
	apt-get indextargets --format '$(RELEASE) $(CODENAME) $(REPO_URI)' 2>/dev/null |
		sed -n "s,^\($1 [^ ]*\|[^ ]* $1\) \([a-z]*://[^ ]*\)\$,\2,p" |
		sort -u | head -n 1
}

# Only one at a time: make -j runs the scripts side by side.
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
	[ -n "$main" ] || die "no source of Debian 12 ($apt_release) in the" \
		"system's apt: set RR_DEBIAN_MIRROR to a mirror's address"
	security=$(mirror_of $apt_release-security)
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e $keys ] || die "no $keys: install debian-archive-keyring"
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
	{
		for suite in $apt_release $apt_release-backports; do
			echo "deb [signed-by=$keys] $main $suite main"
		done
		[ -z "$security" ] ||
			echo "deb [signed-by=$keys] $security $apt_release-security main"
		echo "deb-src [signed-by=$keys] $main $qemu_release main"
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
		private apt-get -q -q update || die "no package lists from the mirror"
		touch "$apt_dir/updated"
	fi
	rm -f "$apt_dir/sources.list.new"
}

private() { APT_CONFIG=$apt_dir/apt.conf "$@"; }

# SHA-256 sums as a .dsc states them: "sum size name" lines.
check_dsc() {	# DSC, whose files lie beside it
	(cd "$(dirname "$1")" && sed -n '/^Checksums-Sha256:/,/^[^ ]/{
		s/^ \([0-9a-f]\{64\}\) [0-9]* \(.*\)$/\1  \2/p
	}' "$(basename "$1")" | grep -v '\.asc$' | sha256sum --quiet --strict -c -)
}
