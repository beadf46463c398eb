#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu-build.sh BUILD: compile BUILD/qemu, and show the errors.

set -eu
build=$1
log=$build/qemu/build.log

ninja -C "$build/qemu" -j "$(nproc)" qemu-system-x86_64 contrib-plugins \
	test-plugins >"$log" 2>&1 || {
	grep -E '(error|warning|FAILED):' "$log" >&2 || tail -n 30 "$log" >&2
	echo "qemu-build: failed; the whole output is in $log" >&2
	exit 1
}
touch "$build/qemu/.rr-built"
