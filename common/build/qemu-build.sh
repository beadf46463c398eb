#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu-build.sh [--user] BUILD: compile BUILD/qemu (BUILD/qemu-user), and show the
# errors.

set -eu
name=qemu targets='qemu-system-x86_64 qemu-bridge-helper contrib-plugins test-plugins'
if [ "$1" = --user ]; then
	name=qemu-user targets=qemu-x86_64
	shift
fi
dir=$1/$name log=$1/$name/build.log

# shellcheck disable=SC2086 # a list of words
ninja -C "$dir" -j "$(nproc)" $targets >"$log" 2>&1 || {
	grep -E '(error|warning|FAILED):' "$log" >&2 || tail -n 30 "$log" >&2
	echo "qemu-build: failed; the whole output is in $log" >&2
	exit 1
}
touch "$dir/.rr-built"
