#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests recorded on the Intel host replay in TCG, RAM and all: what recorded is another
# model of the processor than what replays.  Bochs is slow, so they are small: Linux
# without devices, which also reads accessed bits that it has cleared without a flush
# (refs), the guests that tell what the TLB holds (adbits, stale), one whose code changes
# (modify), one that executes what CPUID hides (hidden), one that takes x87's errors
# with CR0.NE clear (ne), and one that changes PAE's page-directory pointers (pdptes).
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
trace=$tmp/i.rrt
record_intel() { # CLOCK MIB [QEMU-ARGUMENT...]
	clock=$1 mib=$2
	shift 2
	"$RR_BIN/rr-kvm" record --lab=intel --seed 7 --force --clock "$clock" -o "$trace" -- \
		-machine pc -m "$mib" -nodefaults -display none -vga none \
		-serial stdio -no-reboot "$@" </dev/null >"$tmp/console" 2>"$tmp/err"
}
replays() { # NAME TEXT: the trace, in whose console TEXT is
	grep -aq "$2" "$tmp/console"
	result $? "$1: recorded"
	tail -n 3 "$tmp/err" | sed 's/^/# /'
	replay "$trace" --console >"$tmp/again"
	status=$?
	[ $status -eq 0 ] && grep -q 'CPU state and all RAM equal' "$tmp/report"
	result $? "$1: CPU state and RAM equal at the end (status $status)"
	head -n 4 "$tmp/report" | sed 's/^/# /'
	# What went to other ports than the first serial one.
	sed -i '/^\[\(ttyS1\|port 0xe9\)\] /d' "$tmp/again"
	cmp "$tmp/console" "$tmp/again" >&2
	result $? "$1: console equal"
}

record_intel epoch 128 -kernel "$RR_GUEST/vmlinuz" -initrd "$RR_GUEST/initrd.gz" \
	-append 'console=ttyS0 panic=-1 quiet work=random,refs'
replays 'Linux, epoch clock' '^guest: random'
"$RR_LOG" info --json "$trace" | grep -q '"cpu.silicon" *: *"bochs"'
result $? 'the manifest names the processor'
[ "$(grep -ac '^refs:' "$tmp/console")" -eq 10 ]
result $? 'Linux has read accessed bits'

record_intel ring 64 -kernel "$RR_GUEST/adbits" -append none
replays 'page-table bits, ring clock' 'without flush'
! grep -q 'accessed 00000fa0 dirty 000007d0' "$tmp/console"
result $? 'not all bits seen: the TLB stays across exits'

record_intel ring 64 -kernel "$RR_GUEST/stale" -append none
replays 'stale entries, ring clock' 'digest'

record_intel ring 64 -kernel "$RR_GUEST/modify"
replays 'code that changes' 'modify: interrupted'

# XSAVEC, XSAVEOPT and XGETBV with ECX = 1, which CPUID hides (replay/hidden.sh).
record_intel ring 64 -kernel "$RR_GUEST/hidden"
replays 'hidden instructions' 'hidden: done'
grep -q 'hidden: xsavec none' "$tmp/console" && grep -q 'hidden: xsavec, bv 1$' "$tmp/console" &&
	grep -q 'hidden: xgetbv, x87 1$' "$tmp/console" && grep -q 'hidden: xsaves UD' "$tmp/console"
result $? 'the processor has executed XSAVEC and XGETBV, KVM has refused XSAVES'

# KVM keeps CR0.NE set for the processor, whatever the guest sees.
record_intel ring 64 -kernel "$RR_GUEST/ne"
replays 'x87 errors with CR0.NE clear' 'ne: done'
grep -q 'ne: clear, fld1 MF' "$tmp/console"
result $? 'x87 errors are exceptions there'

# The processor has page-directory pointers in registers.
record_intel ring 64 -kernel "$RR_GUEST/pdptes"
replays 'page-directory pointers' 'pdptes: done'
grep -q 'pdptes: changed old' "$tmp/console" && grep -q 'reserved bit, CR3 GP' "$tmp/console"
result $? 'they are loaded and checked with CR3'
finish
