#!/bin/sh
# timeout=400
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A trace that refers to read-only disk images is small and replays with the images.
# Without them the replay names the missing image.  Packed with the images' bytes the
# trace replays alone.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
trace=$tmp/refers.rrt
cp -r "$RR_GUEST" "$tmp/guest"
RR_GUEST=$tmp/guest
args=$(mktemp -p "$tmp")
sh "$RR_TOP/tests/guest/args.sh" "$tmp/guest" 'disk mib=16' |
	sed 's/^file=.*/&,snapshot=on/' >"$args"
set -- --refer-to-images -o "$trace" --
while read -r arg; do set -- "$@" "$arg"; done <"$args"
"$RR_BIN/rr-kvm" record --lab --force "$@" </dev/null >"$tmp/out" 2>"$tmp/err"
result $? 'recorded'
tail -n 3 "$tmp/err" | sed 's/^/# /'
grep -aq '^guest: done' "$tmp/out"
result $? 'the guest finished'
dump_count() { "$RR_BIN/rr-log" dump --type "$1" "$trace" | wc -l; }
echo "# $(dump_count image) images, $(dump_count dma-image) references," \
	"$(dump_count dma) others, $(du -sk "$trace" | cut -f1) KiB"
[ "$(dump_count image)" -eq 2 ] && [ "$(dump_count dma-image)" -gt 50 ]
result $? 'both images are referred to'
# The guest read 16 MiB of each disk, some of it in parts that the block layer cut.
bytes=$("$RR_BIN/rr-log" dump --type dma-image "$trace" | python3 -c '
import re, sys
print(sum(int(x, 16) for x in re.findall(r" bytes=(0x[0-9a-f]+)", sys.stdin.read())))')
[ "$bytes" -gt $((28 << 20)) ]
result $? "of the 32 MiB that were read at least 28 are references ($bytes bytes)"

complete() { grep -q 'CPU state and all RAM equal' "$tmp/report"; }
replay "$trace" --trust-images >/dev/null && complete
result $? 'replays with the images, where they were'
replay "$trace" >/dev/null
[ $? -eq 1 ] && grep -q 'not beside the trace' "$tmp/report"
result $? 'not without --trust-images: a trace may name any file'
replay "$trace" --image "$tmp/guest" >/dev/null && complete
result $? 'replays with their directory'
mv "$tmp/guest/disk-virtio.img" "$tmp/elsewhere,a.img"
replay "$trace" --trust-images >/dev/null
[ $? -eq 1 ]
result $? 'without one: status 1'
grep -q 'image [0-9]* (.*disk-virtio.img): offset' "$tmp/report"
result $? 'without one: says which'
sed 's/^/# /' "$tmp/report"
id=$(sed -n 's/.*image \([0-9]*\) (.*/\1/p' "$tmp/report")
replay "$trace" --image "$tmp/guest" --image "$id=$tmp/elsewhere,a.img" >/dev/null && complete
result $? 'with --image it replays'
mv "$tmp/elsewhere,a.img" "$tmp/guest/disk-virtio.img"
"$RR_BIN/rr-log" pack --with-images --trust-images "$trace" "$tmp/packed.tar" 2>"$tmp/report"
result $? 'packed with the images'
rm -r "$tmp/guest" "$trace"
replay "$tmp/packed.tar" >/dev/null && complete
result $? 'the packed trace replays by itself'
tail -n 1 "$tmp/report" | sed 's/^/# /'
finish
