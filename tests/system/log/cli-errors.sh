#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wrong use of the programs ends with exit status 1 (4 for a damaged trace) and one
# line on stderr.  RR_BIN: the directory of the programs (build/bin).

set -u
here=$(cd "$(dirname "$0")" && pwd)
bin=${RR_BIN:-$here/../../../build/bin}
kvm=$bin/rr-kvm tcg=$bin/rr-tcg
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0

echo 'TAP version 13'
[ -x "$kvm" ] && [ -x "$tcg" ] || {
	echo "1..0 # SKIP no programs in $bin"
	exit 4
}
# Run instead of QEMU; it prints its arguments.
cat >"$tmp/qemu" <<'END'
#!/bin/sh
for a in "$@"; do printf '<%s>' "$a"; done
echo
exit "${FAKE_STATUS:-7}"
END
chmod +x "$tmp/qemu"
export RR_QEMU="$tmp/qemu" XDG_RUNTIME_DIR="$tmp"

ok() {	# STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# stdout: /' "$tmp/stdout"
		sed 's/^/# stderr: /' "$tmp/stderr"
		failed=$((failed + 1))
	fi
}
run() { status=0; "$@" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null || status=$?; }

# NAME STATUS PATTERN COMMAND...: one line on stderr that has PATTERN
refuses() {
	name=$1 want=$2 pattern=$3
	shift 3
	run timeout 60 "$@"
	[ "$status" = "$want" ] && [ "$(wc -l <"$tmp/stderr")" = 1 ] &&
		grep -q -e "$pattern" "$tmp/stderr"
	ok $? "$name"
}
says() {	# NAME STATUS PATTERN COMMAND...: stdout or stderr has PATTERN
	name=$1 want=$2 pattern=$3
	shift 3
	run timeout 100 "$@"
	[ "$status" = "$want" ] && grep -q -e "$pattern" "$tmp/stdout" "$tmp/stderr"
	ok $? "$name"
}

for p in "$kvm" "$tcg"; do
	b=${p##*/}
	refuses "$b: no command" 1 'command is missing' "$p"
	refuses "$b: unknown command" 1 "no command 'frob'" "$p" frob
	says "$b: --help" 0 '^Usage: ' "$p" --help
	says "$b: --version" 0 "^$b [0-9]" "$p" --version
done
for c in record run start stop status check-host; do
	says "rr-kvm $c: --help" 0 '^Usage:' "$kvm" $c --help
	refuses "rr-kvm $c: unknown option" 1 'frob' "$kvm" $c --frob
done
says 'rr-tcg replay: --help' 0 'Exit status' "$tcg" replay --help

t=$tmp/t.rrt
r="$kvm record --no-check -o $t"
refuses 'record: no -o' 1 '-o TRACE' "$kvm" record -- -m 64
refuses 'record: no --' 1 'after --' "$kvm" record -o "$t"
refuses 'record: arguments before --' 1 "'-*foo'" "$kvm" record -o "$t" foo
refuses 'record: --seed without --lab' 1 'need --lab' $r --seed 3 -- -m 64
refuses 'record: no directory to write to' 1 'cannot write' \
	"$kvm" record --no-check -o "$tmp/none/t" -- -m 64
mkdir "$tmp/is"; echo keep >"$tmp/is/keep"
refuses 'record: existing directory' 1 'exists' \
	"$kvm" record --no-check -o "$tmp/is" -- -m 64
refuses 'record: --force spares what is no trace' 1 'not a trace' \
	"$kvm" record --no-check --force -o "$tmp/is" -- -m 64
[ -e "$tmp/is/keep" ]; ok $? 'record: --force left the directory as it was'

refuses 'refused: -accel' 1 '-accel' $r -- -accel tcg
refuses 'refused: --enable-kvm' 1 'enable-kvm' $r -- --enable-kvm
refuses 'refused: -machine accel=' 1 'accel=kvm' $r -- -machine pc,accel=kvm
refuses 'refused: kernel-irqchip=on' 1 'irqchip' $r -- -M pc,kernel-irqchip=on
refuses 'refused: -smp 2' 1 '-smp 2' $r -- -smp 2
refuses 'refused: -smp cores=2' 1 '-smp 2' $r -- -smp sockets=1,cores=2
refuses 'refused: -object iothread' 1 'iothread' $r -- -object iothread,id=i
refuses 'refused: vfio-pci' 1 'without QEMU' $r -- -device vfio-pci,host=01:00.0
refuses 'refused: ivshmem' 1 'without QEMU' $r -- -device ivshmem-plain,memdev=m
refuses 'refused: vhost=on' 1 'vhost' $r -- -netdev tap,id=n,vhost=on
says 'accepted: vhost=on on the guest command line, -smp 1' 1 '<a,vhost=on>' \
	$r -- -append a,vhost=on -smp 1
says 'QEMU that leaves no trace' 1 'left no trace (exit status 7)' $r -- -m 64
FAKE_STATUS=0 says 'QEMU that does nothing' 1 'ended before the guest ran' $r -- -m 64
run env FAKE_STATUS=1 $r -- -m 64
[ "$status" = 1 ] && [ ! -s "$tmp/stderr" ]
ok $? 'QEMU that has said why it left no trace has the last word'
says 'QEMU gets rr-record and -cpu max' 1 \
	"rr-record=$t>.*<-cpu><max,kvm=off>" $r -- -m 64
says 'the user'\''s -cpu stays, with kvm=off' 1 '<-cpu><Nehalem,kvm=off>' \
	$r -- -cpu Nehalem
says 'a comma in the name of the trace is doubled' 1 'a,,b.rrt>' \
	"$kvm" record --no-check -o "$tmp/a,b.rrt" -- -m 64
RR_QEMU=$tmp/none refuses 'no QEMU' 1 'RR_QEMU' $r -- -m 64
RR_LAB_DIR=$tmp/is refuses 'an incomplete lab' 1 'the lab is not there' \
	"$kvm" record --lab -o "$t" -- -m 64

refuses 'record --lab: a debugger that cannot come' 1 'nobody outside' \
	"$kvm" record --lab -o "$t" -- -m 64 -s

bench="python3 $here/../../../bench/run.py short"
says 'bench: a batch without its workloads' 2 'not allowed' $bench -b cpu -w hash
says 'bench: an unknown batch' 2 'no batch frob' $bench -b frob
says 'bench: nothing to do' 2 'leaves nothing to do' $bench --no-count

refuses 'stop: no trace named' 1 'expected TRACE' "$kvm" stop
refuses 'stop: not being recorded' 1 'not being recorded' "$kvm" stop "$t"

r="$kvm run --no-check -o $t"
refuses 'run: no -o' 1 '-o TRACE' "$kvm" run -- -m 64
refuses 'run: no --' 1 'after --' "$kvm" run -o "$t"
refuses 'run: a trace that exists' 1 'exists' "$kvm" run --no-check -o "$tmp/is" -- -m 64
refuses 'run: a path too long for a socket' 1 'too long' \
	"$kvm" run --no-check -o "$tmp/$(printf %090d 0)" -- -m 64
refuses 'run: -smp 2' 1 '-smp 2' $r -- -smp 2
says 'run: QEMU is armed, and listens' 1 \
	"rr-armed=on>.*<-qmp><unix:$tmp/.t.rrt.control,server=on,wait=off>" $r -- -m 64
refuses 'run: QEMU fails' 1 'ended with exit status 7' $r -- -m 64
for c in start status; do
	refuses "$c: no trace named" 1 'expected TRACE' "$kvm" $c
	refuses "$c: no such machine" 1 "no machine of rr-kvm run -o $t" "$kvm" $c "$t"
done
: >"$tmp/.t.rrt.control"
refuses 'stop: a machine that is gone' 1 "no machine of rr-kvm run -o $t" "$kvm" stop "$t"
rm "$tmp/.t.rrt.control"

refuses 'replay: no trace named' 1 'missing' "$tcg" replay
refuses 'replay: no such trace' 1 'rr-kvm record -o makes' "$tcg" replay --trace "$tmp/none"
refuses 'replay: no such plugin' 1 'no plugin' \
	"$tcg" replay --trace "$tmp/is" --plugin frob.so
mkdir "$tmp/bad"; echo '{' >"$tmp/bad/manifest"
: >"$tmp/bad/pages"; : >"$tmp/bad/events"
refuses 'replay: damaged trace' 4 'bad' "$tcg" replay --trace "$tmp/bad"

run timeout 100 "$kvm" check-host --json
{ [ "$status" = 0 ] && grep -q '"can-record" : true' "$tmp/stdout"; } ||
	{ [ "$status" = 1 ] && grep -q '"can-record" : false' "$tmp/stdout"; }
ok $? 'check-host: status and JSON agree'
if grep -q '"can-record" : false' "$tmp/stdout"; then
	says 'record: a host that cannot' 1 '; --lab records in' \
		"$kvm" record -o "$tmp/no.rrt" -- -m 8
	says 'run: a host that cannot' 1 '; rr-kvm record --lab records in' \
		"$kvm" run -o "$tmp/no.rrt" -- -m 8
else
	echo "ok $((n += 1)) - a host that cannot record # SKIP this one can"
fi

# A stop that works.  Instead of QEMU runs a program that ends only on SIGTERM.
cat >"$tmp/qemu" <<'END'
#!/bin/sh
trap 'echo stopped; exit 0' TERM
echo ready
while :; do sleep 0.1; done
END
$r -- -m 64 >"$tmp/stdout" 2>"$tmp/stderr" &
i=0
until grep -q ready "$tmp/stdout" || [ $i = 100 ]; do sleep 0.1; i=$((i + 1)); done
cp "$tmp/stdout" "$tmp/first"
run timeout 60 $r -- -m 64
grep -q 'being recorded already' "$tmp/stderr"
ok $? 'record: the same trace twice at once'
run timeout 60 "$kvm" stop --timeout 30 "$t"
ok "$status" 'stop: ends a recording and waits for it'
wait
refuses 'stop: a second time' 1 'not being recorded' "$kvm" stop "$t"

echo "1..$n"
[ $failed = 0 ]
