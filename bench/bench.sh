#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh [BUILD]: what recording and replaying cost.  No pass or fail.
#
# Recording against plain KVM, in one boot of the deterministic lab: branches
# that the guest and the host for it retired, exits, bytes of log.  Replay
# against plain TCG of the same guest, here: RR_BENCH_PAIRS (3) runs of each by
# turns, medians.  RR_BENCH_WORK: what the guest does.  RR_BENCH_EXITS=0: no
# second pair of runs that counts the exits by kind.

set -eu
export LC_ALL=C
top=$(realpath "$(dirname "$0")/..")
build=$(realpath "${1:-${RR_BUILD:-$top/build}}")
bin=$build/bin lab=$build/lab out=$build/bench
work=${RR_BENCH_WORK:-all mib=4 loops=20000}
pairs=${RR_BENCH_PAIRS:-3}
export RR_GUEST="$build/guest"

rm -rf "$out"
mkdir -p "$out/lab" "$out/guest"
say() { printf '\n== %s\n' "$*"; }
fail() { echo "bench: $*" >&2; exit 1; }
gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -static -o "$out/count" \
	"$top/bench/count.c"

quote() { printf "'%s' " "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
arguments() {	# FOLDER: the guest's, for the shell
	sh "$top/tests/guest/args.sh" "$1" "$work" >"$out/arguments"
	while read -r arg; do quote "$arg"; done <"$out/arguments"
}
value() { sed -n "s/^count $2 //p" "$1"; }	# FILE NAME
# EXPRESSION FORMAT: for a table's cell; "-" where a value is missing
calc() { awk "BEGIN { printf \"$2\", $1 }" 2>/dev/null || printf -- -; }

# ---- recording -------------------------------------------------------------

# What rr-kvm record adds, so that the devices are the same, but for the APICs:
# KVM has its own in the kernel, and a recording needs them in QEMU.
devices='-machine smm=off,vmport=off -global apic.vapic=off
	-global virtio-pci.ioeventfd=off'
{
	echo 'run() {	# NAME COUNT-OPTION SUFFIX-OF-ACCEL'
	echo 'cp -r /guest /guest.now'
	echo "/bench/count \$2 /opt/rr/bin/qemu-system-x86_64" \
		"-accel kvm\$3" $devices \
		"$(arguments /guest.now) -cpu max,kvm=off" \
		'</dev/null >/out/$1.console 2>/out/$1.count'
	echo 'rm -rf /guest.now; }'
	echo 'run plain "" ""'
	echo 'run record "" ,kernel-irqchip=off,rr-record=/out/bench.rrt'
	if [ "${RR_BENCH_EXITS:-1}" != 0 ]; then
		echo 'run plain-exits -x ""'
		echo 'run record-exits -x ,kernel-irqchip=off,rr-record=/tmp/exits.rrt'
	fi
	echo 'exit 0'
} >"$out/in-lab"
for f in vmlinuz initrd.gz disk-virtio.img disk-ide.img tftp; do
	cp -r "$RR_GUEST/$f" "$out/guest/"
done

say "recording in the deterministic lab (guest: $work)"
sh "$lab/run.sh" --qemu "$bin/qemu-system-x86_64" --kernel "$lab/vmlinuz" \
	--image "$lab/lab.cpio.gz" --pmu --deterministic --mem 1792 \
	--out "$out/lab" --file "$out/count:/bench/count" \
	--file "$out/in-lab:/bench/run" --file "$out/guest:/guest" \
	-- sh /bench/run || fail "the lab failed"
trace=$out/lab/bench.rrt
for run in plain record; do
	grep -aq '^guest: done' "$out/lab/$run.console" || {
		tail -n 20 "$out/lab/$run.count" >&2
		fail "the guest did not finish ($run)"
	}
done

row() {	# NAME RUN: plain, recorded, ratio
	p=$(value "$out/lab/plain$2.count" "$1")
	r=$(value "$out/lab/record$2.count" "$1")
	[ -n "$p$r" ] || return 0
	ratio=-
	[ "${p:-0}" = 0 ] || ratio=$(calc "${r:-0} / $p" %.3f)
	printf '%-22s %15s %15s %9s\n' "$1" "${p:--}" "${r:--}" "$ratio"
}
printf '%-22s %15s %15s %9s\n' '' 'plain KVM' recording ratio
row guest-branches ''
row host-branches ''
row wall-seconds ''
row peak-kib ''
if [ "${RR_BENCH_EXITS:-1}" != 0 ]; then
	sed -n 's/^count \([a-z-]*exits[a-z-]*\) .*/\1/p' \
		"$out/lab/record-exits.count" >"$out/kinds"
	while read -r kind; do row "$kind" -exits; done <"$out/kinds"
fi

# ---- size ------------------------------------------------------------------

say 'the log'
"$bin/rr-log" stats "$trace" >"$out/stats"
cat "$out/stats"
"$bin/rr-log" stats --json "$trace" >"$out/stats.json"
stat_of() {	# PYTHON EXPRESSION of the object s
	/usr/bin/python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out/stats.json" "$1"
}
"$bin/rr-tcg" replay --trace "$trace" --plugin libinsn.so --qemu-arg -d \
	--qemu-arg plugin --qemu-arg -D --qemu-arg "$out/insn" \
	>"$out/insn.console" 2>"$out/insn.report" || fail "the replay failed:" \
	"$(tail -n 5 "$out/insn.report")"
insns=$(sed -n 's/^total insns: //p; s/^insns: //p' "$out/insn" | tail -n 1)
[ -n "$insns" ] || fail "the plugin counted nothing"
events=$(stat -c %s "$trace/events")
payload=$(stat -c %s "$trace/blobs")
seconds=$(stat_of 'round(s["host_time_ns"] / 1e9, 1)')
per() {
	printf '%-36s %14s %18s\n' "$1" "$(calc "$events * $2" %.1f)" \
		"$(calc "$payload * $2" %.1f)"
}
echo
printf '%-36s %14s %18s\n' "$insns guest instructions" 'the log' \
	'DMA data apart'
per 'bytes' 1
per "bytes a second (of $seconds)" "1 / $seconds"
per 'bytes per 1,000 instructions' "1000 / $insns"
per 'bytes per 1,000,000 instructions' "1000000 / $insns"

# ---- replay ----------------------------------------------------------------

say "replay against plain TCG, $pairs runs of each by turns"
: >"$out/replay.count"
: >"$out/tcg.count"
i=0
while [ $i -lt "$pairs" ]; do
	i=$((i + 1))
	"$out/count" "$bin/rr-tcg" replay --trace "$trace" \
		</dev/null >"$out/replay.console" 2>"$out/replay.err" ||
		fail "the replay failed"
	grep '^count ' "$out/replay.err" >>"$out/replay.count"
	rm -rf "$out/guest"
	cp -r "$RR_GUEST" "$out/guest"
	eval "set -- $(arguments "$out/guest")"
	"$out/count" "$bin/qemu-system-x86_64" -accel tcg -cpu max $devices "$@" \
		</dev/null >"$out/tcg.console" 2>"$out/tcg.err" ||
		fail "plain TCG failed"
	grep -aq '^guest: done' "$out/tcg.console" ||
		fail "the guest did not finish in plain TCG"
	grep '^count ' "$out/tcg.err" >>"$out/tcg.count"
done
rm -rf "$out/guest"
median() {	# FILE NAME
	value "$1" "$2" | sort -n | awk '{ v[NR] = $1 } END {
		print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
printf '%-22s %15s %15s %9s\n' median 'plain TCG' replay ratio
for name in wall-seconds cpu-seconds peak-kib; do
	p=$(median "$out/tcg.count" $name) r=$(median "$out/replay.count" $name)
	printf '%-22s %15s %15s %9s\n' $name "$p" "$r" "$(calc "$r / $p" %.3f)"
done
echo "replay: $(( (r - 256 * 1024) / 1024 )) MiB above the guest's RAM at the peak"
