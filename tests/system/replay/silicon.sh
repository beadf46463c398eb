#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab with the processor of another family: a recording replays with the
# undefined results of that family; without them it diverges, and the report names
# the instruction.
#
# With SILICON_SEEDS=20 by hand: four guests of each family, each with the seeds 1 to
# 20, in one lab for each family; with SILICON_SEEDS=4-20 those from 4 on.
# SILICON_FAMILIES and SILICON_GUESTS choose some of them.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
bare() { # KERNEL APPEND [OPTION...]: the arguments of a machine without devices
	kernel=$1 append=$2
	shift 2
	printf '%s\n' -machine pc -m 128 -nodefaults -display none -vga none \
		-serial stdio -no-reboot -kernel "$kernel" -append "$append" "$@"
}
# The arguments of a guest, into $tmp/args: Linux that computes; Linux that pushes
# flags on purpose and prints their checksum; the same in 32-bit mode, without an
# operating system and with a timer at 1000 Hz; the demo's.
arguments() { # GUEST
	case $1 in
	cpu) guest_args 'cpu,random loops=20000' ;;
	pushes) bare "$RR_GUEST/vmlinuz" 'console=ttyS0 quiet panic=-1' \
		-initrd "$RR_GUEST/processor.gz" >"$tmp/args" ;;
	32-bit) bare "$RR_BUILD/share/rr/self-test-32" rounds=20000 >"$tmp/args" ;;
	demo) guest_args all ;;
	esac
}
record_guest() { # TRACE GUEST OPTION...
	trace=$1
	arguments "$2"
	shift 2
	set -- "$@" -o "$trace" --
	while read -r arg; do
		set -- "$@" "$arg"
	done <"$tmp/args"
	"$RR_BIN/rr-kvm" record --lab --force "$@" </dev/null >"$tmp/out" 2>"$tmp/err"
}
replays() { # TRACE NAME
	replay "$1" --console >"$tmp/again"
	status=$?
	[ $status -eq 0 ] && grep -q 'all RAM equal' "$tmp/report" &&
		cmp "$tmp/out" "$tmp/again"
	result $? "$2: the replay equals the recording (status $status)"
	tail -n 1 "$tmp/report" | sed 's/^/# /'
}
diverges() { # TRACE FAMILY NAME
	replay "$1" --silicon tcg >/dev/null
	status=$?
	[ $status -eq 3 ] && grep -q DIVERGED "$tmp/report"
	result $? "$3: with TCG's own results it diverges (status $status)"
	grep -q "has those of $2, this replay gives those of tcg" "$tmp/report" &&
		grep -q 'leaves flags undefined: [A-Z]* .*at 0x[0-9a-f]*, code' "$tmp/report"
	result $? "$3: the report names families and instruction"
	grep 'DIVERGED\|register\|differ\|undefined' "$tmp/report" | head -n 6 |
		sed 's/^/# /'
}
names_family() { # TRACE FAMILY NAME
	"$RR_BIN/rr-log" info --json "$1" | grep -q "\"cpu.silicon\" *: *\"$2\""
	result $? "$3: the manifest names the family"
}
try() { # FAMILY GUEST
	trace=$tmp/$1.rrt
	record_guest "$trace" "$2" --silicon "$1"
	result $? "$1, $2: recorded"
	tail -n 3 "$tmp/err" | sed 's/^/# /'
	names_family "$trace" "$1" "$1, $2"
	replays "$trace" "$1, $2"
	diverges "$trace" "$1" "$1, $2"
}
# In the lab: each NAME.args becomes NAME.rrt, .console, .errors and .status.
cat >"$tmp/in-lab" <<'END'
for args in /t/*.args; do
	out=/out/${args##*/}
	out=${out%.args}
	set --
	while read -r arg; do
		set -- "$@" "$arg"
	done <"$args"
	rr-kvm record --no-check --quiet -o "$out.rrt" -- "$@" \
		>"$out.console" 2>"$out.errors"
	echo $? >"$out.status"
done
END
in_lab() { # FAMILY SEED ARGUMENT...: of run.sh
	family=$1 seed=$2
	shift 2
	for file in "$RR_BUILD/share/rr/self-test-32" "$RR_GUEST/vmlinuz" \
		"$RR_GUEST/initrd.gz" "$RR_GUEST/processor.gz" "$RR_GUEST/tftp" \
		"$RR_GUEST"/disk-*.img; do
		set -- --file "$file" "$@"
	done
	sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" --pmu --mem 2048 \
		--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
		--silicon "$family" --qemu-arg -seed --qemu-arg "$seed" --out "$tmp/lab" \
		--file "$tmp/in-lab:/t/in-lab" "$@" </dev/null >&2
}
# One lab makes all recordings.  It has no icount, so that interrupts land anywhere.
try_seeds() { # FAMILY FIRST LAST GUEST...
	family=$1 first=$2 last=$3
	shift 3
	names=$(for guest; do seq -f "$guest.%g" "$first" "$last"; done)
	set --
	for name in $names; do
		arguments "${name%.*}"
		printf '%s\n' -seed "${name#*.}" >>"$tmp/args"
		mv "$tmp/args" "$tmp/$name.args"
		set -- "$@" --file "$tmp/$name.args:/t/$name.args"
	done
	rm -rf "$tmp/lab"
	in_lab "$family" "$first" "$@" -- sh /t/in-lab
	for name in $names; do
		trace=$tmp/lab/$name
		[ "$(cat "$trace.status")" = 0 ]
		result $? "$family, $name: recorded"
		tail -n 3 "$trace.errors" | sed 's/^/# /'
		names_family "$trace.rrt" "$family" "$family, $name"
		cp "$trace.console" "$tmp/out"
		replays "$trace.rrt" "$family, $name"
	done
}
# A trace whose end has another processor, as after a move of the host.
changed() { # TRACE
	/usr/bin/python3 - "$1/manifest-end" <<'END'
import json, sys
def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff
m = json.load(open(sys.argv[1]))
m['entries']['cpu.fingerprint'] = '0123456789abcdef'
m['checksum'] = '%08x' % crc32c(b''.join(
    (k + '\0' + v + '\0').encode() for k, v in m['entries'].items()))
json.dump(m, open(sys.argv[1], 'w'))
END
	replay "$1" >/dev/null && grep -q 'the processor changed during the recording: cpu.fingerprint' "$tmp/report"
}

if [ -n "${SILICON_SEEDS:-}" ]; then
	case $SILICON_SEEDS in
	*-*) first=${SILICON_SEEDS%-*} ;;
	*) first=1 ;;
	esac
	for family in ${SILICON_FAMILIES:-zen3 core}; do
		# shellcheck disable=SC2086 # a list of words
		try_seeds "$family" "$first" "${SILICON_SEEDS##*-}" \
			${SILICON_GUESTS:-32-bit pushes cpu demo}
	done
	finish
fi
try zen3 32-bit
changed "$tmp/zen3.rrt"
result $? 'a processor that changed during the recording is said'
grep changed "$tmp/report" | sed 's/^/# /'
try core cpu
# This machine's processor executes x87's transcendentals in the lab and in the
# replay; for a trace from another kind of processor the replay stops at the first.
record_guest "$tmp/x87.rrt" pushes --silicon core
result $? 'core, x87: recorded'
replays "$tmp/x87.rrt" 'core, x87'
replay "$tmp/x87.rrt" --qemu-arg -machine --qemu-arg x-other-x87=1 >/dev/null
status=$?
[ $status -eq 3 ] && grep -q 'the guest executed F2XM1, whose result depends on the kind of processor' "$tmp/report"
result $? "a trace of another kind of processor stops at F2XM1 (status $status)"
grep 'executed' "$tmp/report" | sed 's/^/# /'
finish
