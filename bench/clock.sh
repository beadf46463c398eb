#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# clock.sh [BUILD]: count what it costs to record the guest's reads of its clock with
# each rr-kvm record --clock, and what the same machine costs unrecorded.  The guest
# boots, or runs a program that asks for the time RR_BENCH_LOOPS times (100000).  It
# runs in the deterministic lab, and neither passes nor fails.

set -eu
export LC_ALL=C
top=$(realpath "$(dirname "$0")/..")
build=$(realpath "${1:-${RR_BUILD:-$top/build}}")
bin=$build/bin lab=$build/lab out=$build/bench/clock
export RR_GUEST="$build/guest"
rm -rf "$out"
mkdir -p "$out/lab" "$out/guest"
fail() { echo "clock: $*" >&2; exit 1; }
gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -static -o "$out/count" \
	"$top/bench/count.c"

quote() { printf "'%s' " "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
arguments() {	# DIRECTORY WORK: the guest's, quoted for the shell
	sh "$top/tests/guest/args.sh" "$1" "$2" >"$out/arguments"
	while read -r arg; do quote "$arg"; done <"$out/arguments"
}
boot=none
loop="gettimeofday loops=${RR_BENCH_LOOPS:-100000}"
devices='-machine smm=off,vmport=off -global apic.vapic=off
	-global virtio-pci.ioeventfd=off'
{
	for work in boot loop; do
		eval "what=\$$work"
		# The trace is in a file system in memory.
		for way in off exit ring epoch; do
			record=",rr-record=/tmp/clock.rrt,rr-clock=$way"
			[ $way != off ] || record=''
			for x in '' -x; do
				echo 'rm -rf /guest.now /tmp/clock.rrt'
				echo 'cp -r /guest /guest.now'
				echo "/bench/count $x -o /out/$work-$way$x.count /opt/rr/bin/qemu-system-x86_64" \
					"-accel kvm,kernel-irqchip=off,x-rr-user-apic=on$record" $devices \
					"$(arguments /guest.now "$what") -cpu max,kvm=off" \
					"</dev/null >/out/$work-$way$x.console" \
					"2>/out/$work-$way$x.err"
			done
			[ $way = off ] || echo "cat /tmp/clock.rrt/events" \
				"/tmp/clock.rrt/blobs | wc -c >/out/$work-$way.bytes"
		done
	done
	echo 'exit 0'
} >"$out/in-lab"
for f in vmlinuz initrd.gz disk-virtio.img disk-ide.img tftp; do
	cp -r "$RR_GUEST/$f" "$out/guest/"
done
sh "$lab/run.sh" --qemu "$bin/qemu-system-x86_64" --kernel "$lab/vmlinuz" \
	--image "$lab/lab.cpio.gz" --pmu --deterministic --mem 1792 \
	--out "$out/lab" --file "$out/count:/bench/count" \
	--file "$out/in-lab:/bench/run" --file "$out/guest:/guest" \
	-- sh /bench/run || fail "the lab failed"

# The last of the totals that bench/count.c has written.
value() { sed -n "s/^$2 //p" "$out/lab/$1.count" | tail -n 1; }	# RUN NAME
exits() {	# RUN REGEX: the number of exits that were handled where REGEX says
	awk -v where="$2" '/^mark/ { n = 0 }
		/^exit / && $2 !~ /^(start|called-off)$/ && $3 ~ where { n += $4 }
		END { print n + 0 }' "$out/lab/$1-x.count"
}
calc() { awk "BEGIN { printf \"$2\", $1 }" 2>/dev/null || printf -- -; }
host() { value "$1-$2" host-branches; }
printf '%-6s %-7s %14s %14s %9s %10s %9s %9s\n' '' clock guest-branches \
	host-branches 'both' exits user 'log bytes'
for work in boot loop; do
	for way in off exit ring epoch; do
		run=$work-$way
		grep -aq '^guest: done' "$out/lab/$run.console" || {
			tail -n 5 "$out/lab/$run.count" "$out/lab/$run.console" >&2
			fail "the guest did not finish ($run)"
		}
		g=$(value $run guest-branches) h=$(value $run host-branches)
		[ $way != off ] || { g0=$g h0=$h; }
		printf '%-6s %-7s %14s %14s %9s %10s %9s %9s\n' $work $way "$g" \
			"$h" "$(calc "($g + $h) / ($g0 + $h0)" %.3f)" \
			"$(exits $run .)" "$(exits $run user)" \
			"$(cat "$out/lab/$run.bytes" 2>/dev/null || echo -)"
	done
done
echo '(exits that KVM handles on its fast path, as it does with RDTSC in the ring,'
echo 'are in no trace event: not among the exits)'

# The difference leaves out what every recording pays once: start state, kernel and
# disk images, digests.
echo
echo 'the loop alone (loop less boot), host branches:'
for way in off exit ring epoch; do
	eval "d_$way=$(calc "$(host loop $way) - $(host boot $way)" %d)"
	eval "printf '%-7s %14s\\n' $way \$d_$way"
done
echo "ring: $(calc "100 * ($d_ring - $d_off) / ($d_exit - $d_off)" %.1f) % of" \
	"what exits to user space add (wanted: at most 20)"
g=$(calc "$(value loop-off guest-branches) - $(value boot-off guest-branches)" %d)
echo "epoch: $(calc "100 * ($d_epoch - $d_off) / ($d_off + $g)" %+.1f) %" \
	"against no recording (wanted: at most 1)"

echo
echo "KVM alone, 50,000 RDTSC whose results are dropped:"
gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -I"$top/kernel-patch/include" \
	-I"$top/tests" -static -o "$out/rdtsc" "$top/bench/rdtsc.c"
sh "$lab/run.sh" --qemu "$bin/qemu-system-x86_64" --kernel "$lab/vmlinuz" \
	--image "$lab/lab.cpio.gz" --pmu --deterministic \
	--file "$out/rdtsc:/bench/rdtsc" -- /bench/rdtsc || fail "the lab failed"
