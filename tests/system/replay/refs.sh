#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Linux clears accessed bits without a TLB flush, and a program prints how many it
# finds set again: that depends on the TLB.  The guest replays.
#
# With TLB_HOSTS="tcg zen3 core bochs" by hand: all guests that tell what their TLB
# holds, on these processors, with each way of paging that they have.  TLB_GUESTS
# chooses some of them; stress is for TLB_STRESS=FILE, made by tests/guest/mkstress.sh.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'

linux() { # MIB INITRD WORDS [QEMU-ARGUMENT...]: the arguments of a small Linux
	mib=$1 initrd=$2 words=$3
	shift 3
	printf '%s\n' -machine pc -m "$mib" -nodefaults -display none -vga none \
		-serial stdio -no-reboot -kernel "$RR_GUEST/vmlinuz" -initrd "$initrd" \
		-append "console=ttyS0 panic=-1 quiet $words" "$@"
}
swap=file=$RR_GUEST/disk-virtio.img,format=raw,if=virtio
arguments() { # GUEST: its arguments, and the text that its console must have
	case $1 in
	adbits | stale)
		text=digest
		printf '%s\n' -machine pc -m 64 -nodefaults -display none -vga none \
			-serial stdio -no-reboot -kernel "$RR_GUEST/$1" -append none ;;
	refs)
		text='^refs:'
		linux 128 "$RR_GUEST/initrd.gz" work=refs ;;
	hot | hot-lru_gen)
		text='swapped 1'
		lru_gen=n
		[ "$1" = hot ] || lru_gen=y
		linux 96 "$RR_GUEST/initrd.gz" "work=hot mib=72 loops=1500 lru_gen=$lru_gen" \
			-drive "$swap" ;;
	stress)
		text='^pswpin [1-9]'
		linux 176 "$TLB_STRESS" 'ops=8 mib=120 lru_gen=y' ;;
	esac >"$tmp/args"
}
record_on() { # HOST PAGING GUEST
	case $1/$2 in
	bochs/flush) set -- "$3" --lab=intel --seed 7 ;;
	tcg/shadow) set -- "$3" --lab --paging shadow --lab-arg --no-npt ;;
	*/shadow) set -- "$3" --lab --silicon "$1" --paging shadow --lab-arg --no-npt ;;
	tcg/*) set -- "$3" --lab ;;
	*) set -- "$3" --lab --silicon "$1" ;;
	esac
	arguments "$1"
	shift
	set -- "$@" --force -o "$tmp/tlb.rrt" --
	while read -r arg; do
		set -- "$@" "$arg"
	done <"$tmp/args"
	"$RR_BIN/rr-kvm" record "$@" </dev/null >"$tmp/console" 2>"$tmp/err" &&
		grep -aq "$text" "$tmp/console"
}
if [ -n "${TLB_HOSTS:-}" ]; then
	for host in $TLB_HOSTS; do
		for guest in ${TLB_GUESTS:-adbits stale refs hot hot-lru_gen ${TLB_STRESS:+stress}}; do
			for paging in ${TLB_PAGING:-flush shadow}; do
				# Without EPT KVM emulates real mode: rr-kvm refuses it.
				[ "$host/$paging" != bochs/shadow ] || continue
				name="$host, $guest, paging $paging"
				record_on "$host" "$paging" "$guest"
				result $? "$name: recorded"
				tail -n 1 "$tmp/err" | sed 's/^/# /'
				replay "$tmp/tlb.rrt" --console >"$tmp/again" &&
					grep -q 'CPU state and all RAM equal' "$tmp/report" &&
					sed "/^\[\(ttyS1\|port 0xe9\)\] /d" "$tmp/again" | cmp - "$tmp/console"
				result $? "$name: it replays"
				tail -n 2 "$tmp/report" | sed 's/^/# /'
			done
		done
	done
	finish
fi
record "$tmp/refs.rrt" refs >"$tmp/console" && [ "$(grep -c '^refs:' "$tmp/console")" -eq 10 ]
result $? "recorded"
replay "$tmp/refs.rrt" --console >"$tmp/again" &&
	grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? "replays"
grep '^refs:' "$tmp/console" >"$tmp/refs"
grep '^refs:' "$tmp/again" | diff "$tmp/refs" - >&2
result $? "with the same bits"
finish
