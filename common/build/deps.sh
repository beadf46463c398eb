#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh BUILD: install the Debian packages that the build needs.  The one list
# of them.  Unattended; as root, or with sudo.  The system's sources of packages
# are not changed.  Where all is there it only looks.

set -eu
build=$(realpath -m "$1")
. "$(dirname "$0")/apt.sh"

# The build, and the libraries of QEMU and of the tools.
packages='
	gcc make ccache pkg-config flex bison bc cpio kmod patch xz-utils rsync
	git ca-certificates dpkg-dev openssl util-linux
	ninja-build python3 python3-venv python3-kconfiglib
	libglib2.0-dev libjson-glib-dev libpixman-1-dev zlib1g-dev libzstd-dev
	libarchive-dev libisal-dev libxxhash-dev libpfm4-dev libslirp-dev libattr1-dev libcap-ng-dev
	libfdt-dev libelf-dev libcapstone-dev'
# Firmware for QEMU, and what the lab and the guest are made of.
packages="$packages
	seabios ipxe-qemu qemu-system-data busybox-static"
# rr-log pack --encrypt-to.
packages="$packages age"
# The tests and the manual pages.
packages="$packages mandoc"
# "make fuzz".
[ -z "${RR_FUZZ:-}" ] || packages="$packages clang"
meson_least=1.5

missing=
for p in $packages; do
	case $(dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null) in
	?i*) ;;
	*) missing="$missing $p" ;;
	esac
done

sudo=
as_root() {
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null ||
			die "to install packages, be root or have sudo:$missing"
		sudo=sudo
	fi
	$sudo "$@"
}
get() {	# apt-get's arguments
	as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		${apt_config:+APT_CONFIG="$apt_config"} \
		apt-get -q -y -o Dpkg::Options::=--force-confold \
		-o Dpkg::Use-Pty=0 "$@"
}
if [ -n "$missing" ]; then
	say "installing:$missing"
	get install --no-install-recommends $missing >/dev/null || {
		get update && get install --no-install-recommends $missing
	} || die "could not install:$missing"
fi

have=$(dpkg-query -W -f '${Version}' meson 2>/dev/null || echo 0)
if dpkg --compare-versions "$have" lt $meson_least; then
	apt_setup
	say "installing meson from $apt_release-backports (have: $have)"
	apt_config=$apt_dir/apt.conf
	get install --no-install-recommends meson/$apt_release-backports \
		>/dev/null || die "could not install meson >= $meson_least"
fi
