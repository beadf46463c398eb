#!/bin/sh
# timeout=1200
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A recording that is stopped at any moment replays to an equal end.  The tests' guest
# is stopped at RR_STOPS (50) moments from its first instruction on, densest there; each
# of two labs makes half of them.  Another guest stores across two pages that are new to
# the host: there nearly each stop comes while KVM has handled a fault of an instruction
# that the guest has yet to retry.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
stops=${RR_STOPS:-50}
cat >"$tmp/in-lab" <<'END'
stop_after() { # NAME FILE TEXT MICROSECONDS QEMU-ARGUMENT...: once FILE has TEXT
	name=$1 file=$2 text=$3 delay=$4
	shift 4
	rr-kvm record --no-check -o "/out/$name.rrt" -- -nodefaults \
		-display none -vga none -serial "file:/out/$name.console" "$@" \
		2>"/out/$name.errors" &
	pid=$!
	for i in $(seq 3000); do
		grep -q "$text" "$file" 2>/dev/null && break
		usleep 20000
	done
	usleep "$delay"
	kill -INT $pid
	wait $pid
	echo $? >"/out/$name.status"
}
half=$1 stops=$2
[ "$half" = 2 ] || for n in 1 2 3; do
	stop_after "split$n" "/out/split$n.console" ready $((n * 20000)) \
		-machine pc,memory-backend=m -m 512 \
		-object memory-backend-ram,id=m,size=512M,share=on -kernel /t/split
done
# The end of the firmware is the kernel's first instruction; 8 s later init runs.
for n in $(seq "$half" 2 "$stops"); do
	stop_after "linux$n" "/out/linux$n.rrt/events" . \
		$((8000000 * n / stops * n / stops * n / stops)) \
		-machine pc -m 128 -kernel /t/vmlinuz -initrd /t/initrd.gz \
		-append 'console=ttyS0 earlyprintk=ttyS0 work=random'
done
END

replays() { # TRACE without .rrt: to an equal end; the report is in TRACE.report
	[ "$(cat "$1.status")" = 0 ] && grep -q 'stopped by the user' "$1.errors" &&
		timeout 300 "$RR_BIN/rr-tcg" replay --trace "$1.rrt" 2>"$1.report" &&
		grep -q 'CPU state and all RAM equal' "$1.report"
}
record_and_replay() { # HALF: leaves NAME.equal for each stop that replays
	out=$tmp/out$1
	sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
		--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
		--pmu --mem 1536 --out "$out" --file "$tmp/in-lab:/t/in-lab" \
		--file "$RR_GUEST/split:/t/split" --file "$RR_GUEST/vmlinuz:/t/vmlinuz" \
		--file "$RR_GUEST/initrd.gz:/t/initrd.gz" \
		-- sh /t/in-lab "$1" "$stops" >"$out.log" 2>&1 </dev/null
	for status in "$out"/*.status; do
		! replays "${status%.status}" || : >"${status%.status}.equal"
	done
}
record_and_replay 1 &
record_and_replay 2 &
wait

check() { # NAME HALF
	out=$tmp/out$2/$1
	[ -e "$out.equal" ]
	result $? "$1: $(sed -n 's/.* \([0-9]* branches\);.*/\1/p' "$out.errors"), an equal end"
	[ -e "$out.equal" ] || cat "$out.errors" "$out.report" | head -n 5 | sed 's/^/# /'
}
head -n 20 "$tmp/out1.log" "$tmp/out2.log" | sed 's/^/# /'
for stop in 1 2 3; do check "split$stop" 1; done
for stop in $(seq "$stops"); do check "linux$stop" $((2 - stop % 2)); done
# From the first megabyte of the firmware to the kernel's own code.
cat "$tmp"/out?/linux*.errors | sed -n 's/.* \([0-9]*\) branches;.*/\1/p' | sort -n >"$tmp/counts"
places=$(uniq "$tmp/counts" | wc -l)
[ "$places" -ge $((stops * 3 / 4)) ]
result $? "they are $places places or more, from branch $(head -n 1 "$tmp/counts") to $(tail -n 1 "$tmp/counts")"
finish
