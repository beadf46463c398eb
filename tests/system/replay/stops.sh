#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A recording that is stopped at any moment replays to an equal end.  The first guest
# stores across two pages that are new to the host: there nearly each stop comes while
# KVM has handled a fault of an instruction that the guest has yet to retry.  The second
# is Linux, from its first instructions on.  RR_STOPS (3): stops of each, in one lab.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
stops=${RR_STOPS:-3}
cat >"$tmp/in-lab" <<'END'
stop_after() { # NAME FILE TEXT MICROSECONDS QEMU-ARGUMENT...: once FILE has TEXT
	name=$1 file=$2 text=$3 delay=$4
	shift 4
	rr-kvm record --no-check -o "/out/$name.rrt" -- -machine pc,memory-backend=m -m 512 \
		-object memory-backend-ram,id=m,size=512M,share=on -nodefaults \
		-display none -vga none -serial "file:/out/$name.console" "$@" \
		2>"/out/$name.errors" &
	pid=$!
	for i in $(seq 600); do
		grep -q "$text" "$file" 2>/dev/null && break
		sleep 0.1
	done
	usleep "$delay"
	kill -INT $pid
	wait $pid
	echo $? >"/out/$name.status"
}
stops=$1
for n in $(seq "$stops"); do
	stop_after "split$n" "/out/split$n.console" ready $((n * 20000)) -kernel /t/split
done
# The end of the firmware is the kernel's first instruction.
for n in $(seq "$stops"); do
	stop_after "linux$n" "/out/linux$n.rrt/events" . $((n * n * 400000)) \
		-kernel /t/vmlinuz -append 'console=ttyS0 earlyprintk=ttyS0'
done
END
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --mem 1536 --out "$tmp/out" --file "$tmp/in-lab:/t/in-lab" \
	--file "$RR_GUEST/split:/t/split" --file "$RR_GUEST/vmlinuz:/t/vmlinuz" \
	-- sh /t/in-lab "$stops" >"$tmp/log" 2>&1 </dev/null
sed 's/^/# /' "$tmp/log" | head -n 20

for guest in split linux; do
	for stop in $(seq "$stops"); do
		out=$tmp/out/$guest$stop
		[ "$(cat "$out.status")" = 0 ] &&
			grep -q 'stopped by the user' "$out.errors" &&
			replay "$out.rrt" >/dev/null &&
			grep -q 'CPU state and all RAM equal' "$tmp/report"
		result $? "$guest, stop $stop: replays to an equal end"
		cat "$out.errors" "$tmp/report" | grep 'branches\|DIV\|differ' |
			sed 's/^/# /'
	done
done
finish
