#!/bin/sh
# timeout=300
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rr-tcg replay --screen: what a replay shows at its end is what QEMU's own adapter shows
# of the same guest, pixel by pixel.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
machine='-m 32 -nodefaults -display none'
cat >"$tmp/in-lab" <<'END'
record() { # NAME KIND [QEMU-ARGUMENT...]
	name=$1 kind=$2
	shift 2
	timeout -s INT 60 rr-kvm record --no-check -o "/out/$name.rrt" -- -m 32 -nodefaults \
		-display none -serial "file:/out/$name.console" -kernel /t/screen \
		-append "$kind" "$@" 2>"/out/$name.errors"
}
record text text -vga std
record ports ports -vga std
record registers registers -M q35 -vga std
record wide registers32 -vga std
record bochs registers32 -vga none -device bochs-display
record cirrus text -vga cirrus
record none ports -vga none
END
mkdir "$tmp/out"
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --mem 1024 --out "$tmp/out" --file "$tmp/in-lab:/t/in-lab" \
	--file "$RR_GUEST/screen:/t/screen" -- sh /t/in-lab >"$tmp/log" 2>&1 </dev/null
result $? 'seven guests are recorded'
sed 's/^/# /' "$tmp/log" "$tmp"/out/*.errors | head -n 20

# Likewise, with TCG: the screen of the machine that is off.
shot() { # NAME KIND [QEMU-ARGUMENT...]
	name=$1 kind=$2
	shift 2
	{
		for i in $(seq 100); do
			grep -q drawn "$tmp/$name.console" 2>/dev/null && break
			sleep 0.1
		done
		sleep 0.5
		echo "screendump $tmp/$name.expected.png -f png"
		echo quit
	} | timeout 60 "$RR_BIN/qemu-system-x86_64" -accel tcg -no-shutdown -monitor stdio \
		$machine -serial "file:$tmp/$name.console" -kernel "$RR_GUEST/screen" \
		-append "$kind" "$@" >/dev/null
}
shot text text -vga std
shot ports ports -vga std
shot registers registers -M q35 -vga std
shot wide registers32 -vga std
shot bochs registers32 -vga none -device bochs-display
shot cirrus text -vga cirrus
for name in text ports registers wide bochs cirrus; do
	replay "$tmp/out/$name.rrt" --screen "$tmp/$name.png"
	result $? "$name: replays, and saves the screen"
	sed 's/^/# /' "$tmp/report"
	/usr/bin/python3 "$RR_TOP/tests/lib/same-pixels.py" "$tmp/$name.expected.png" \
		"$tmp/$name.png" >"$tmp/same"
	result $? "$name: $(tail -n 1 "$tmp/same")"
done
grep -q 'cirrus-vga, of which only what it does as a VGA' "$tmp/report"
result $? "a warning tells of the other adapter: $(grep cirrus "$tmp/report")"

replay "$tmp/out/none.rrt" --screen "$tmp/none.png"
[ $? -eq 1 ] && [ ! -e "$tmp/none.png" ] && grep -q 'no VGA adapter' "$tmp/report"
result $? "a machine without a display: $(tail -n 1 "$tmp/report")"
replay "$tmp/out/text.rrt" --screen "$tmp/no/such.png"
[ $? -eq 1 ] && grep -q 'no/such.png' "$tmp/report"
result $? "no such directory: $(tail -n 1 "$tmp/report")"
ln -s /dev/full "$tmp/full.png"
replay "$tmp/out/text.rrt" --screen "$tmp/full.png"
[ $? -eq 1 ] && grep -q 'No space left' "$tmp/report"
result $? "a full disk: $(grep full.png "$tmp/report")"
replay "$tmp/out/text.rrt" --screen "$tmp/text.gif"
[ $? -eq 1 ] && grep -q '.png' "$tmp/report"
result $? "another kind of file: $(head -n 1 "$tmp/report")"
finish
