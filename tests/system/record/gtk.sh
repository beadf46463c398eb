#!/bin/sh
# timeout=300
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A person at a window (record --display gtk), if QEMU is built with GTK (Kconfig) and Xvfb,
# xdotool and xwd are there: in the lab, with an X server without a screen, xdotool types into
# QEMU's window.  The replay has what was typed, without X.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
skip() { echo "1..0 # SKIP $*"; exit 0; }
"$RR_BIN/qemu-system-x86_64" -display help | grep -qx gtk || skip 'QEMU is built without GTK'
for program in Xvfb xdotool xwd; do
	command -v $program >/dev/null || skip "no $program"
done
mkdir "$tmp/out"
cat >"$tmp/in-lab" <<END
exec 2>&1
export PATH=$RR_BIN:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp DISPLAY=:7 NO_AT_BRIDGE=1
wait_for() { # SECONDS COMMAND...
	for i in \$(seq \$1); do
		(shift; "\$@") >/dev/null 2>&1 && return
		sleep 1
	done
	return 1
}
mkdir -p /tmp/.X11-unix
ip link set lo up
Xvfb :7 -screen 0 800x600x24 >/out/xvfb 2>&1 &
wait_for 60 xdotool getmouselocation
rr-kvm record --no-check --display gtk -o /out/t.rrt -- -machine pc -m 32 -nodefaults -vga std \
	-serial file:/out/console -no-reboot -kernel $RR_GUEST/keyboard >/out/log 2>&1 &
recorder=\$!
wait_for 90 grep -q type /out/console
xdotool search --sync --onlyvisible --name QEMU windowfocus >/out/window 2>&1
sleep 2
xwd -silent -root -out /out/before.xwd
xdotool type --delay 200 'by hand'
sleep 1
xwd -silent -root -out /out/after.xwd
xdotool key Return
wait \$recorder
echo \$? >/out/status
END
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --mem 2048 --host-files --out "$tmp/out" -- sh "$tmp/in-lab" >"$tmp/log" 2>&1 </dev/null
result $? 'the lab ran'
sed 's/^/# /' "$tmp/log" "$tmp/out/log" | tail -n 20
[ "$(cat "$tmp/out/status")" = 0 ]
result $? "recorded: $(tail -n 1 "$tmp/out/log")"
grep -q '^by hand$' "$tmp/out/console"
result $? "what was typed into the window: $(sed -n 2p "$tmp/out/console")"
! cmp -s "$tmp/out/before.xwd" "$tmp/out/after.xwd"
result $? 'the window shows it'
replay "$tmp/out/t.rrt" --console >"$tmp/again" && grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? "it replays: $(tail -n 1 "$tmp/report")"
cmp "$tmp/out/console" "$tmp/again" >&2
result $? 'the replay has what was typed'
finish
