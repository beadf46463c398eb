#!/bin/sh
# timeout=500
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A VM that is recorded now and then while it runs (rr-kvm run, start, stop, status), in
# the lab.  Each trace begins in the middle of the guest's life, and replays to equal CPU
# state and RAM.  ATTACH_CLOCKS="ring epoch exit" by hand: with each clock.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
clocks=${ATTACH_CLOCKS:-epoch}
guest_args 'all mib=2 loops=2000'
mkdir "$tmp/out"
cat >"$tmp/in-lab" <<END
exec 2>&1
export PATH=$RR_BIN:/usr/sbin:/usr/bin:/sbin:/bin
step() { # NAME COMMAND...: its output in /out/NAME, its status in /out/steps
	name=\$1
	shift
	"\$@" >/out/\$name 2>&1
	echo "\$name \$?" >>/out/steps
}
cp $RR_GUEST/disk-virtio.img $RR_GUEST/disk-ide.img /tmp
mkdir /small
mount -t tmpfs -o size=64k none /small
run() { # CLOCK CONSOLE
	clock=\$1 console=\$2
	set --
	while read -r arg; do
		set -- "\$@" "\$arg"
	done <$tmp/in-lab-args
	rr-kvm run --no-check --clock "\$clock" -o /out/\$clock.rrt -- "\$@" >"\$console" 2>/out/\$clock.run
	echo "\$clock-run \$?" >>/out/steps
}
for clock in $clocks; do
	t=/out/\$clock.rrt
	run \$clock /out/\$clock.console &
	until grep -q 'guest: up' /out/\$clock.console 2>/dev/null; do sleep 0.2; done
	step \$clock-off rr-kvm status --json \$t
	step \$clock-full rr-kvm start \$t -o /small/x.rrt
	step \$clock-nothing test ! -e /small/x.rrt
	step \$clock-start rr-kvm start \$t
	step \$clock-again rr-kvm start \$t -o /out/\$clock-no.rrt
	sleep 3
	step \$clock-on rr-kvm status \$t
	step \$clock-stop rr-kvm stop \$t
	step \$clock-exists rr-kvm start \$t
	step \$clock-stop-again rr-kvm stop \$t
	sleep 1
	step \$clock-second rr-kvm start \$t -o /out/\$clock-2.rrt
	wait
done
END
sed "s|^file=$RR_GUEST/|file=/tmp/|" "$tmp/args" >"$tmp/in-lab-args"
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --mem 2048 --host-files --out "$tmp/out" -- sh "$tmp/in-lab" >"$tmp/log" 2>&1 </dev/null
result $? 'the lab ran'
sed 's/^/# /' "$tmp/log" | tail -n 20

step_is() { # NAME STATUS
	grep -qx "$1 $2" "$tmp/out/steps"
	result $? "$1: $(tr '\n' ' ' <"$tmp/out/$1")"
}
for clock in $clocks; do
	for name in off nothing start on stop second; do
		step_is "$clock-$name" 0
	done
	for name in full again exists stop-again; do
		step_is "$clock-$name" 1
	done
	grep -qx "$clock-run 0" "$tmp/out/steps"
	result $? "$clock: the machine ran to its end: $(tail -n 1 "$tmp/out/$clock.console")"
	for trace in "$clock" "$clock-2"; do
		replay "$tmp/out/$trace.rrt" >"$tmp/console" &&
			grep -q 'CPU state and all RAM equal' "$tmp/report"
		result $? "$trace replays: $(tail -n 1 "$tmp/report")"
	done
done
finish
