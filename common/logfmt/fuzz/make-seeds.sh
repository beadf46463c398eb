#!/bin/sh
# make-seeds.sh TRACE OUT: seeds for the fuzz targets from a (small) trace.
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu
trace=$1
out=$2
frames_offset=129 # of tail: 1 + 128
mkdir -p "$out/manifest" "$out/frames" "$out/record"
cp "$trace/manifest" "$out/manifest/seed"
for kind in events:0 pages:1 events:2; do
	file=${kind%:*}
	{
		printf "\\${kind#*:}"
		tail -c +"$frames_offset" "$trace/$file" | head -c 60000
	} >"$out/frames/$file-${kind#*:}"
done
tail -c +$((frames_offset + 64)) "$trace/events" | head -c 4000 \
	>"$out/record/seed"
