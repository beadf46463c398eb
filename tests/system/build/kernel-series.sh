#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0
# timeout=1800
#
# The patch series for the kernel: its hooks are hooks only, its code is the files
# of kernel-patch/src, each of its commits builds, and checkpatch.pl is content.
#
# Only the configured line of Linux is built, because only its source is here.  The
# build takes three minutes of processor time, and is skipped if the last one was
# of the same files; each of its results then says "kept from" and a date.
set -u
RR_TOP=${RR_TOP:-$(realpath "$(dirname "$0")/../../..")}
RR_BUILD=$(realpath -m "${RR_BUILD:-$RR_TOP/build}")
[ -e "$RR_BUILD/linux/versions" ] || {
	echo 'Bail out! No kernel source: run "make modules" first'
	exit 1
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
. "$RR_TOP/tests/lib/tap.sh.inc"

cd "$RR_TOP/kernel-patch" || exit 1
find src include/asm -type f | sort >"$tmp/files"
ls hooks/6.1 >"$tmp/names"
for line in hooks/*; do
	name="Linux ${line#hooks/}"
	diff "$tmp/names" - <<-END >&2
		$(ls "$line")
	END
	result $? "$name: the same patches as for Linux 6.1"

	cat "$line"/*.patch >"$tmp/hooks"
	sed -n 's/^Add: \([^ ]*\) as .*/\1/p' "$tmp/hooks" | sort |
		diff "$tmp/files" - >&2
	result $? "$name: each of our files is added by one patch"

	! grep -n '^new file\|^deleted file\|^--- /dev/null' "$tmp/hooks" >&2
	result $? "$name: a patch changes the kernel's files only"

	for patch in "$line"/*.patch; do
		why=$(sed -n '/^$/,/^---$/p' "$patch" | sed '/^---$/d' | wc -w)
		[ "$why" -ge 10 ] || echo "$patch: no reason" >&2
		[ "$why" -ge 10 ] || break
	done
	result $((why < 10)) "$name: each patch gives its reason"
done

. "$RR_BUILD/linux/versions"
line=$(echo "$KVER" | cut -d. -f1,2)
src=$RR_BUILD/linux/src/usr/src
make -s check-series KVER="$KVER" O="$RR_BUILD/kernel-series/$line" \
	LINUX_SOURCE="$src/linux-source-$line.tar.xz" \
	KDIR="$src/linux-headers-$KVER" >"$tmp/out"
status=$?
grep -q '^1\.\.[1-9]' "$tmp/out"
result $((status || $?)) "Linux $line: the series is made and checked"
while read -r ok rest; do
	case $ok in
	ok) result 0 "${rest#* - }" ;;
	not) result 1 "${rest#* - }" ;;
	esac
done <"$tmp/out"
finish
