#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch-linux.sh BUILD LINE: download Debian's current kernel of LINE (6.1) and
# unpack it under BUILD/linux.  Nothing is installed.
#
#	BUILD/linux/src          source tarball, headers, kbuild
#	BUILD/linux/generic      the lab's kernel (it has 9p)
#	BUILD/linux/cloud        the guest's kernel
#	BUILD/linux/versions     what they are, for a shell to read

set -eu
build=$(realpath -m "$1") line=$2
. "$(dirname "$0")/apt.sh"

apt_setup
abi=$(private apt-cache depends linux-headers-amd64 |
	sed -n 's/^ *Depends: linux-headers-\([0-9.]*-[0-9]*\)-amd64$/\1/p')
case $abi in
"$line".*) ;;
*) die "Debian's linux-headers-amd64 is of Linux '$abi', not of $line" ;;
esac
headers=linux-headers-$abi-amd64
version=$(private apt-cache policy "$headers" |
	sed -n 's/^ *Candidate: //p')
say "Linux $version ($abi)"

dl=$build/dl
mkdir -p "$dl"
set -- "linux-source-$line" "$headers" "linux-headers-$abi-common" \
	"linux-kbuild-$line" "linux-image-$abi-amd64" \
	"linux-image-$abi-cloud-amd64"
get() {
	for p in "$@"; do
		[ -z "$(find "$dl" -name "${p}_${version}_*.deb")" ] || continue
		say "downloading $p"
		(cd "$dl" && private apt-get -q -q download "$p=$version") ||
			die "no $p of version $version: source, headers and" \
				"image must be of one version"
	done
}
get "$@"

new=$build/linux.new
rm -rf "$new"
mkdir -p "$new"
unpack() { dpkg-deb -x "$(echo "$dl/${2}_${version}"_*.deb)" "$new/$1"; }
unpack src "$1"
unpack src "$2"
unpack src "$3"
unpack src "$4"
unpack generic "$5"
unpack cloud "$6"
cat >"$new/versions" <<END
KVER=$abi-amd64
KVER_GUEST=$abi-cloud-amd64
LINUX_VERSION=$version
END
rm -rf "$build/linux"
mv "$new" "$build/linux"
