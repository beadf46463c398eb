#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# clock.sh [BUILD]: what it costs to record the guest's reads of its clock, in the
# three ways of rr-kvm record --clock, against the same machine that is not
# recorded.  A boot, and a program that asks for the time again and again.  In
# the deterministic lab; no pass or fail.  RR_BENCH_LOOPS: how often (100000).

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
arguments() {	# FOLDER WORK: the guest's, for the shell
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
		# With the trace in a file system in memory, as in bench.sh.
		for way in off exit ring epoch; do
			record=",rr-record=/tmp/clock.rrt,rr-clock=$way"
			[ $way != off ] || record=''
			for x in '' -x; do
				echo 'rm -rf /guest.now /tmp/clock.rrt'
				echo 'cp -r /guest /guest.now'
				echo "/bench/count $x /opt/rr/bin/qemu-system-x86_64" \
					"-accel kvm,kernel-irqchip=off$record" $devices \
					"$(arguments /guest.now "$what") -cpu max,kvm=off" \
					"</dev/null >/out/$work-$way$x.console" \
					"2>/out/$work-$way$x.count"
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

value() { sed -n "s/^count $2 //p" "$out/lab/$1.count"; }	# RUN NAME
calc() { awk "BEGIN { printf \"$2\", $1 }" 2>/dev/null || printf -- -; }
printf '%-6s %-7s %14s %14s %9s %10s %10s %9s %9s\n' '' clock guest-branches \
	host-branches 'both' exits tsc-exits user 'log bytes'
for work in boot loop; do
	for way in off exit ring epoch; do
		run=$work-$way
		grep -aq '^guest: done' "$out/lab/$run.console" || {
			tail -n 5 "$out/lab/$run.count" "$out/lab/$run.console" >&2
			fail "the guest did not finish ($run)"
		}
		g=$(value $run guest-branches) h=$(value $run host-branches)
		[ $way != off ] || { g0=$g h0=$h; }
		[ $way != exit ] || added=$(calc "$g + $h - $g0 - $h0" %d)
		ratio=$(calc "($g + $h) / ($g0 + $h0)" %.3f)
		printf '%-6s %-7s %14s %14s %9s %10s %10s %9s %9s\n' $work $way "$g" \
			"$h" "$ratio" "$(value $run-x exits)" \
			"$(value $run-x exits-tsc)" "$(value $run-x user-exits)" \
			"$(cat "$out/lab/$run.bytes" 2>/dev/null || echo -)"
		[ $way != ring ] || echo "       ring: $(calc \
			"100 * ($g + $h - $g0 - $h0) / $added" %.1f) % of what exits" \
			"to user space add (wanted: at most 20)"
		[ $way != epoch ] || echo "       epoch: $(calc \
			"100 * (($g + $h) / ($g0 + $h0) - 1)" %+.1f) % against no" \
			"recording (wanted: at most 1)"
	done
done
