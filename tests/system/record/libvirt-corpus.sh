#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libvirt's own test domains for KVM on x86-64, from Debian's source package: each
# becomes arguments, with or without changes, or a refusal with the reason; none
# crashes.  libvirt-corpus has what is expected of each.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
build=$RR_BUILD
. "$RR_TOP/common/build/apt.sh"
dl=$build/dl/libvirt
if [ -z "$(find "$dl" -name 'libvirt_*.orig.tar.xz' 2>/dev/null)" ]; then
	apt_setup
	mkdir -p "$dl"
	(cd "$dl" && private apt-get -q -q source --download-only --tar-only \
		"libvirt/$apt_release") >&2
fi
tarball=$(find "$dl" -name 'libvirt_*.orig.tar.xz' | tail -n 1)
[ -n "$tarball" ]
result $? "Debian's source of libvirt is there: $(basename "$tarball")"
case $tarball in
*libvirt_9.0.*) ;;
*)	echo "ok $((n += 1)) - the table # SKIP it is of libvirt 9.0"
	finish ;;
esac
tar -C "$tmp" --strip-components=3 --wildcards -xf "$tarball" \
	'*/tests/qemuxml2argvdata/*.xml'
. "$RR_TOP/tests/lib/libvirt.sh.inc"
$as_user /usr/bin/python3 "$RR_TOP/tests/lib/libvirt-corpus.py" "$tmp" >"$tmp/table"
result $? "none crashes, each failure is one line: $(wc -l <"$tmp/table") domains"
diff "$(dirname "$0")/libvirt-corpus" "$tmp/table" >"$tmp/diff"
result $? 'each becomes what is expected'
sed 's/^/# /' "$tmp/diff"
finish
