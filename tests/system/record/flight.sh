#!/bin/sh
# timeout=500
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A flight, in the lab: the recording goes on in one segment after the other, old ones
# are removed, and what is left replays.  With FLIGHT_FULL=1 by hand, a second flight
# whose disk is full for a while.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
printf '%s\n' -machine pc -m 32 -nodefaults -display none -vga none -serial stdio \
	-no-reboot -kernel "$RR_BUILD/share/rr/self-test-32" -append rounds=900000000 >"$tmp/args"
mkdir "$tmp/out"
cat >"$tmp/in-lab" <<END
exec 2>&1
export PATH=$RR_BIN:/usr/sbin:/usr/bin:/sbin:/bin
step() { # NAME COMMAND...: its output in /out/NAME, its status in /out/steps
	name=\$1
	shift
	date +"%T \$name" >>/out/times
	"\$@" >/out/\$name 2>&1
	echo "\$name \$?" >>/out/steps
}
status_is() { # LIFE: wait for it
	until rr-kvm status /out/t.rrt | tee -a /out/log | grep -q "recorder: *\$1"; do sleep 0.5; done
}
set --
while read -r arg; do
	set -- "\$@" "\$arg"
done <$tmp/args
rr-kvm run --no-check --clock epoch -o /out/t.rrt -- "\$@" >/out/console 2>/out/run &
guest=\$!
until grep -q 'self-test: 32' /out/console 2>/dev/null; do sleep 0.2; done
step wrong rr-kvm start --flight 10 /out/t.rrt
step small rr-kvm start --flight 6s,64K /out/t.rrt
step start rr-kvm start --flight 6s,16MiB /out/t.rrt
step again rr-kvm start /out/t.rrt -o /out/no.rrt
for i in 1 2 3 4 5 6 7 8 9 10; do
	sleep 1
	du -sk /out/t.rrt | cut -f 1 >>/out/disk
	ls /out/t.rrt | tr '\n' ' ' >>/out/lists
	echo >>/out/lists
done
step status rr-kvm status --json /out/t.rrt
step stop rr-kvm stop /out/t.rrt
step stopped rr-kvm status --json /out/t.rrt
if [ -n "${FLIGHT_FULL:-}" ]; then
	mkdir /small
	mount -t tmpfs -o size=8m none /small
	step second rr-kvm start --flight 8s /out/t.rrt -o /small/f
	sleep 1
	head -c 8000000 /dev/zero >/small/full
	status_is failed
	cp -a /small/f/segment-000001.rrt /out/cut-off.rrt
	rm /small/full
	status_is recording
	step stop-second rr-kvm stop /out/t.rrt
	cp -a /small/f /out/after
fi
pkill qemu
wait
END
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --mem 2048 --host-files --out "$tmp/out" -- sh "$tmp/in-lab" >"$tmp/log" 2>&1 </dev/null
result $? 'the lab ran'
sed 's/^/# /' "$tmp/log" "$tmp/out/run" | tail -n 20

step_is() { # NAME STATUS
	grep -qx "$1 $2" "$tmp/out/steps"
	result $? "$1: $(tr '\n' ' ' <"$tmp/out/$1")"
}
segments_replay() { # DIRECTORY: all but what is not there
	for trace in "$1"/segment-*.rrt; do
		replay "$trace" >"$tmp/console" && grep -q 'CPU state and all RAM equal' "$tmp/report"
		result $? "${trace##*/} replays: $(tail -n 1 "$tmp/report")"
	done
}
step_is wrong 1
step_is small 1
step_is again 1
for name in start status stop stopped; do
	step_is $name 0
done
[ "$(sort -n "$tmp/out/disk" | tail -n 1)" -le $((16 * 1024)) ]
result $? "the disk's use stayed below 16 MiB: $(tr '\n' ' ' <"$tmp/out/disk")"
head -n 1 "$tmp/out/lists" | grep -q 'segment-000001.rrt' &&
	! tail -n 1 "$tmp/out/lists" | grep -q 'segment-000001.rrt'
result $? 'the first segment has gone'
sed 's/^/# /' "$tmp/out/lists"
grep -q '"segments" : [2-9]' "$tmp/out/status" && grep -q '"error" : null' "$tmp/out/status"
result $? 'the window has several segments'
! grep -q flight "$tmp/out/stopped"
result $? 'no flight goes on'
segments_replay "$tmp/out/t.rrt"
"$RR_LOG" info --json "$tmp/out/t.rrt/$(ls "$tmp/out/t.rrt" | tail -n 1)" |
	grep -q '"flight.segment" : "[1-9]'
result $? 'a segment has its number'
if [ -n "${FLIGHT_FULL:-}" ]; then
	step_is second 0
	step_is stop-second 0
	replay "$tmp/out/cut-off.rrt" >"$tmp/console"
	result $? "what there was when the disk was full replays: $(tail -n 1 "$tmp/report")"
	[ "$(ls "$tmp/out/after" | wc -l)" -ge 2 ]
	result $? 'a new segment began when it could'
	"$RR_LOG" info --json "$tmp/out/after/$(ls "$tmp/out/after" | tail -n 1)" |
		grep -q '"complete" : true'
	result $? 'and is whole'
fi
finish
