#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh BUILD: install the Debian packages that are missing.  This is the one
# list of packages.  It needs root (or sudo) only if one is missing, asks nothing,
# and does not change the system's package sources.

set -eu
build=$(realpath -m "$1")
. "$(dirname "$0")/apt.sh"

# To build the programs, QEMU and the kernel modules.
packages='
	gcc make ccache pkg-config flex bison bc cpio kmod patch xz-utils zstd rsync
	git ca-certificates dpkg-dev openssl util-linux
	ninja-build python3 python3-venv python3-kconfiglib
	libglib2.0-dev libjson-glib-dev libxml2-dev libvirt-dev libpixman-1-dev libpng-dev zlib1g-dev libzstd-dev
	libarchive-dev libisal-dev libxxhash-dev libpfm4-dev libslirp-dev libattr1-dev libcap-ng-dev
	libgnutls28-dev libusb-1.0-0-dev libusbredirparser-dev libpipewire-0.3-dev
	libseccomp-dev libfdt-dev libelf-dev libcapstone-dev nettle-dev'
# Firmware for QEMU, and the contents of the lab and of the guest.
packages="$packages
	seabios ovmf ipxe-qemu qemu-system-data busybox-static"
# The lab with an Intel host: Bochs's compiler and firmware, its boot medium.
packages="$packages
	g++ bochsbios vgabios isolinux syslinux-common xorriso"
# rr-log pack --encrypt-to.
packages="$packages age"
# The tests, the manual pages and "make style".  Other versions of clang-format have
# other rules, and Debian 13 does not have this one.
packages="$packages mandoc shellcheck libvirt-daemon-driver-qemu libvirt-clients libvirt-daemon
	mmdebstrap"
[ $apt_release != bookworm ] || packages="$packages clang-format-14"
# The option GTK (Kconfig).
[ -z "${RR_GTK:-}" ] || packages="$packages libgtk-3-dev"
# "make fuzz".
[ -z "${RR_FUZZ:-}" ] || packages="$packages clang"
meson_least=1.5
meson_suite=${apt_suites##* }

installed=" $(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' $packages \
	2>/dev/null | sed -n 's/ .i.*//p' | tr '\n' ' ')"
missing=
for p in $packages; do
	case $installed in
	*" $p "*) ;;
	*) missing="$missing $p" ;;
	esac
done
meson=$(dpkg-query -W -f '${Version}' meson 2>/dev/null || echo 0)
! dpkg --compare-versions "$meson" lt $meson_least || old_meson=yes
[ -n "$missing${old_meson:-}" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	wanted=$missing${old_meson:+" meson (at least $meson_least, from $meson_suite)"}
	command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; } ||
		die "these packages are missing:$wanted." \
			"Run \"make deps\" as root to install them."
	sudo=sudo
fi
get() {	# apt-get's arguments
	$sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
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
if [ -n "${old_meson:-}" ]; then
	apt_setup
	say "installing meson from $meson_suite (installed: $meson)"
	apt_config=$apt_dir/apt.conf
	get install --no-install-recommends "meson/$meson_suite" \
		>/dev/null || die "could not install meson >= $meson_least"
fi
