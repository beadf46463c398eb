#!/bin/sh
# timeout=1500
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# On a fresh Debian 13 "make deps" finds its packages in the system's own sources,
# and the programs build.  A chroot is made for that, from the mirror that this
# system uses; where that is not possible, the test is skipped.  It takes three
# minutes, mostly for packages, and needs 2 GB.
set -u
RR_TOP=${RR_TOP:-$(realpath "$(dirname "$0")/../../..")}
build=$(realpath -m "${RR_BUILD:-$RR_TOP/build}")
. "$RR_TOP/common/build/apt.sh"
skip() { echo "1..0 # SKIP $*"; exit 0; }
. "$RR_TOP/tests/lib/tap.sh.inc"

[ "$(id -u)" = 0 ] || skip 'only root can make a chroot'
command -v mmdebstrap >/dev/null || skip 'no mmdebstrap: run "make deps"'
unshare --mount --pid --fork true 2>/dev/null || skip 'no namespaces here'
main=${RR_DEBIAN_MIRROR:-$(mirror_of "$apt_release")}
security=$(mirror_of "$apt_release-security")
[ -n "$main" ] || skip 'the mirror of this system is not known'

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root start=$(date +%s)
seconds() { echo $(($(date +%s) - start)); }
{
	echo "deb $main trixie main"
	[ -z "$security" ] || echo "deb $security trixie-security main"
} >"$tmp/sources"
# Without it dpkg waits for the disk after each file.
mmdebstrap --quiet --variant=apt --include=make,ca-certificates,passwd \
	--dpkgopt=force-unsafe-io trixie "$root" - <"$tmp/sources" >"$tmp/log" 2>&1 ||
	skip "mmdebstrap made no Debian 13: $(tail -n 1 "$tmp/log")"
echo "# a fresh Debian 13 after $(seconds) s"

mkdir "$root/src"
tar -C "$RR_TOP" --exclude=./.git --exclude=./build --exclude=./qemu -cf - . |
	tar -C "$root/src" -xf -
# The chroot's mounts are gone with its processes.
inside() { # COMMAND...
	env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --mount --pid --fork \
		sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" sh -c "cd /src && $2"' \
		sh "$root" "$*" >"$tmp/log" 2>&1
}
inside true || skip "nothing runs in the chroot: $(tail -n 1 "$tmp/log")"

inside make deps
result $? 'make deps'
sed 's/^/# /' "$tmp/log" | tail -n 20
echo "# the packages are there after $(seconds) s"
inside make deps && [ ! -s "$tmp/log" ]
result $? 'nothing is missing then'
inside make -j "$(nproc)" programs
result $? 'the programs build'
sed 's/^/# /' "$tmp/log" | tail -n 5
echo "# they are built after $(seconds) s"
inside 'grep -qx CONFIG_KVM_LINE_6_12=y build/.config'
result $? 'Linux is 6.12'
inside 'build=/src/build; . common/build/apt.sh; apt_setup && private apt-cache showsrc qemu linux' \
	'>build/sources && grep -q "^Version: 1:10\.0\." build/sources &&' \
	'grep -q "^Version: 6\.12\." build/sources'
result $? 'the sources of QEMU 10.0 and of Linux 6.12 are to be had'
inside 'for t in tests/golden/*.tar; do build/bin/rr-log verify $t || exit 1; done'
result $? 'rr-log reads old traces'
finish
