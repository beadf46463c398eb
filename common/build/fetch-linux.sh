#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch-linux.sh BUILD LINE: download Debian's current kernel of LINE (6.1, 6.12)
# and unpack it under BUILD/linux.  Nothing is installed.
#
#	BUILD/linux/src          source tarball, headers, kbuild
#	BUILD/linux/generic      the lab's kernel (it has 9p)
#	BUILD/linux/cloud        the guest's kernel
#	BUILD/linux/versions     their versions, as shell variables

set -eu
build=$(realpath -m "$1") line=$2
. "$(dirname "$0")/apt.sh"

# Print Debian's current ABI of a line, such as 6.1.0-56 or 6.12.117+deb12.
abi_of() {
	meta=linux-headers-amd64
	[ "$1" = "$apt_line" ] || meta=linux-headers-$1-amd64
	private apt-cache depends "$meta" |
		sed -n 's/^ *Depends: linux-headers-\([0-9.]*[-+][0-9a-z]*\)-amd64$/\1/p'
}
version_of() { private apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'; }

case " $apt_lines " in
*" $line "*) ;;
*) die "$apt_name has no Linux $line: choose $apt_line with \"make menuconfig\"" ;;
esac
apt_setup
abi=$(abi_of "$line")
case $abi in
"$line".*) ;;
*) die "Debian's current kernel for $line has the ABI '$abi'" ;;
esac
headers=linux-headers-$abi-amd64
version=$(version_of "$headers")
kbuild=linux-kbuild-$abi
[ "$line" != 6.1 ] || kbuild=linux-kbuild-$line
# The guest is the same for each line.
guest_abi=$(abi_of "$apt_line")
guest=linux-image-$guest_abi-cloud-amd64
guest_version=$(version_of "$guest")
say "Linux $version ($abi); for the guest $guest_version"

dl=$build/dl
mkdir -p "$dl"
set -- "linux-source-$line" "$headers" "linux-headers-$abi-common" \
	"$kbuild" "linux-image-$abi-amd64"
get() {	# VERSION PACKAGE...
	v=$1
	shift
	for p in "$@"; do
		# In a file's name the colon of an epoch is %3a.  These versions have no epoch.
		[ -z "$(find "$dl" -name "${p}_${v}_*.deb")" ] || continue
		say "downloading $p"
		(cd "$dl" && private apt-get -q -q download "$p=$v") ||
			die "no $p of version $v: source, headers and" \
				"image must have the same version"
	done
}
get "$version" "$@"
get "$guest_version" "$guest"

new=$build/linux.new
rm -rf "$new"
mkdir -p "$new"
unpack() { dpkg-deb -x "$(echo "$dl/${2}_${3:-$version}"_*.deb)" "$new/$1"; }
unpack src "$1"
unpack src "$2"
unpack src "$3"
unpack src "$4"
unpack generic "$5"
unpack cloud "$guest" "$guest_version"
# Debian 13 has them in /usr and compresses them.  The labs and the guests load them
# with insmod.
for kind in generic cloud; do
	[ -d "$new/$kind/lib" ] || ln -s usr/lib "$new/$kind/lib"
done
find "$new/generic/lib/" "$new/cloud/lib/" -name '*.ko.xz' -exec xz -d -T 0 {} +
cat >"$new/versions" <<END
KVER=$abi-amd64
KVER_GUEST=$guest_abi-cloud-amd64
LINUX_VERSION=$version
END
rm -rf "$build/linux"
mv "$new" "$build/linux"
