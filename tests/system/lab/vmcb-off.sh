#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# With KVM_CAP_X86_RECORD off the patched KVM enters the guest with the same VMCB
# control area as the stock KVM.  kvm-amd prints it when an entry fails; both modules
# do so with the same guest, one after the other in one lab.  Physical addresses
# and the TSC's offset differ in each run, and are not compared.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
stock=$(echo "$RR_BUILD"/linux/generic/lib/modules/*/kernel/arch/x86/kvm)
unpacked() { # NAME: the stock module, which later kernels compress
	if [ -e "$stock/$1.ko" ]; then
		cp "$stock/$1.ko" "$tmp/stock-$1.ko"
	else
		xz -dc "$stock/$1.ko.xz" >"$tmp/stock-$1.ko"
	fi
}
unpacked kvm
unpacked kvm-amd

cat >"$tmp/in-lab" <<'END'
dump() { # NAME
	echo 1 >/sys/module/kvm_amd/parameters/dump_invalid_vmcb
	dmesg -c >/dev/null
	/t/record-off enter-badly || echo "the entry did not fail"
	dmesg | sed '/State Save Area/q; s/^\[[^]]*\] *//; s/^.*kvm_amd: //; s/^SVM: //' |
		grep '^[a-z_0-9 ]*:  *[0-9a-f]' |
		grep -v '_pa:\|^nested_cr3:\|^tsc_offset:\|^avic_\|^vmsa_pa:' \
		>/out/$1
}
dump patched
rmmod kvm_amd kvm && insmod /t/stock-kvm.ko && insmod /t/stock-kvm-amd.ko ||
	echo "cannot load the stock modules"
dump stock
END
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --out "$tmp/out" --file "$RR_BUILD/tests/kvm/record-off:/t/record-off" \
	--file "$tmp/stock-kvm.ko:/t/stock-kvm.ko" \
	--file "$tmp/stock-kvm-amd.ko:/t/stock-kvm-amd.ko" \
	--file "$tmp/in-lab:/t/in-lab" -- sh /t/in-lab >"$tmp/log" 2>&1
[ ! -s "$tmp/log" ]
result $? "the guest was entered under both KVMs"
sed 's/^/# /' "$tmp/log"

lines=$(wc -l <"$tmp/out/stock")
[ "$lines" -ge 15 ] && grep -q '^intercepts' "$tmp/out/stock"
result $? "the VMCB is printed ($lines lines)"
diff "$tmp/out/stock" "$tmp/out/patched" >"$tmp/diff"
result $? "patched and stock KVM enter with the same VMCB"
sed 's/^/# /' "$tmp/diff"
finish
