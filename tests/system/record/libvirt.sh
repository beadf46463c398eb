#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Domains of libvirt.  In the lab: a domain as virt-manager makes it for Windows is
# recorded, changed, and replays.  On this host, with TCG in place of the recorder:
# libvirt starts qemu-system-rr, which becomes QEMU, and rr-kvm stop ends it.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
. "$RR_TOP/tests/lib/libvirt.sh.inc"

truncate -s 1M "$tmp/disk.img"
cat >"$tmp/win7.xml" <<END
<domain type='kvm'>
  <name>win7</name>
  <memory unit='MiB'>96</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='pc-q35-rhel9.2.0'>hvm</type>
    <kernel>$RR_GUEST/vmlinuz</kernel><initrd>$RR_GUEST/initrd.gz</initrd>
    <cmdline>console=ttyS0 panic=-1 quiet work=random</cmdline></os>
  <features><acpi/><apic/><hyperv><relaxed state='on'/></hyperv></features>
  <cpu mode='host-model'/>
  <clock offset='localtime'><timer name='hypervclock' present='yes'/></clock>
  <on_reboot>destroy</on_reboot>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw' io='native'/>
      <source file='$tmp/disk.img'/><target dev='sda' bus='sata'/></disk>
    <interface type='network'><source network='default'/><model type='e1000'/></interface>
    <serial type='stdio'/>
    <graphics type='spice' autoport='yes'/><video><model type='qxl'/></video>
    <redirdev bus='usb' type='spicevmc'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
  </devices>
</domain>
END

# ---- what is changed --------------------------------------------------------------
rr_kvm record --vm "$tmp/win7.xml" --print-xml >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q "line 4: a domain with 2 vCPUs.*--vcpus 1" "$tmp/err"
result $? "two vCPUs are refused: $(tail -n 1 "$tmp/err")"
rr_kvm record --vm "$tmp/win7.xml" --vcpus 1 --strict --print-xml >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q -e '--strict' "$tmp/err"
result $? "--strict: $(tail -n 1 "$tmp/err")"
rr_kvm record --vm "$tmp/win7.xml" --print-args >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q -e '--print-args needs --lab' "$tmp/err"
result $? "--print-args alone: $(cat "$tmp/err")"
rr_kvm record --print-args -- -m 1 >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q 'need --vm' "$tmp/err"
result $? "--print-args without a domain: $(cat "$tmp/err")"
rr_kvm record --vm - --print-xml <"$tmp/win7.xml" >"$tmp/out" 2>"$tmp/err"
result $((! $?)) "an empty standard input is no domain: $(tail -n 1 "$tmp/err")"
rr_kvm record --vm "$tmp/no.xml" --print-xml >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q 'no.xml' "$tmp/err"
result $? "a missing file: $(cat "$tmp/err")"
sed 's/<vcpu>/<vcpux>/' "$tmp/win7.xml" >"$tmp/bad.xml"
rr_kvm record --vm "$tmp/bad.xml" --print-xml >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q 'bad.xml' "$tmp/err"
result $? "XML that is none: $(cat "$tmp/err")"
sed 's/<vcpu>2/<wrong\/><vcpu>2/' "$tmp/win7.xml" >"$tmp/bad.xml"
rr_kvm record --vm "$tmp/bad.xml" --print-xml >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q 'schema' "$tmp/err"
result $? "XML that is no domain: $(cat "$tmp/err")"

# ---- in the lab -------------------------------------------------------------------
# Without the display: docs/libvirt.md, "What has been tried", says why.
sed "s/model type='qxl'/model type='none'/" "$tmp/win7.xml" >"$tmp/blind.xml"
rr_kvm record --vm "$tmp/blind.xml" --vcpus 1 --lab -o "$tmp/win7.rrt" \
	>"$tmp/out" 2>"$tmp/err"
status=$?
sed 's/^/# /' "$tmp/out" "$tmp/err"
[ $status -eq 0 ] && grep -q 'guest: done' "$tmp/out"
result $? 'the domain is recorded in the lab'
rr_kvm record --vm "$tmp/win7.xml" --vcpus 1 --lab --print-xml >"$tmp/out" 2>"$tmp/err"
for what in '<hyperv>' '<redirdev>' '<graphics>' 'qxl' 'host-model' 'pc-q35-7.2' \
	"type 'user'" '<channel>' "io='native'" '1 vCPU'; do
	grep -q "warning: $tmp/win7.xml, line .*$what" "$tmp/err"
	result $? "a warning tells of $what"
done
replay "$tmp/win7.rrt" >"$tmp/replayed" && grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? 'and replays'
head -n 40 "$tmp/report" | sed 's/^/# /'
"$RR_LOG" info --json "$tmp/win7.rrt" >"$tmp/info"
/usr/bin/python3 - "$tmp/info" <<'END'
import json, sys
e = json.load(open(sys.argv[1]))['entries']
assert '<redirdev' in e['note.domain.xml'] and '<redirdev' not in e['note.domain-recorded.xml']
END
result $? 'the trace has both definitions'

# ---- on this host, with TCG for the recorder ----------------------------------------
sed "s/type='kvm'/type='qemu'/; s/>2</>1</; s/mode='host-model'/mode='maximum'/
	s/type='network'><source network='default'.>/type='user'>/; s/type='stdio'/type='null'/" \
	"$tmp/win7.xml" >"$tmp/here.xml"
TMPDIR=$tmp RR_QEMU=$tmp/qemu rr_kvm record --vm "$tmp/here.xml" --no-check --clock exit --keep-disks \
	-o "$tmp/here.rrt" >"$tmp/out" 2>"$tmp/err" &
for i in $(seq 300); do
	[ -s "$tmp/accel" ] && [ -e "$tmp/.here.rrt.recording" ] && break
	sleep 0.2
done
grep -q "rr-record=$tmp/here.rrt,rr-notes=.*/notes,rr-clock=exit" "$tmp/accel"
result $? "libvirt starts the recorder: $(cat "$tmp/accel")"
for i in $(seq 300); do # until libvirt has QEMU's monitor, and has started it
	grep -qs "domstatus state='running'" "$tmp"/rr-libvirt-*/run/qemu/win7.xml && break
	sleep 0.2
done
rr_kvm stop "$tmp/here.rrt"
result $? 'rr-kvm stop ends it'
wait $!
grep -q 'here.rrt: not a trace' "$tmp/err"
result $? "without a trace it says so: $(tail -n 1 "$tmp/err")"
! pgrep -f "guest=win7,debug.*$tmp" >/dev/null
result $? 'no QEMU is left'
RR_KVM_TRACE='' "$RR_BIN/qemu-system-rr" -machine pc >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q 'RR_KVM_TRACE' "$tmp/err"
result $? "without a name for the trace: $(cat "$tmp/err")"
"$RR_BIN/qemu-system-rr" -machine none -display none -monitor stdio <<END >"$tmp/out" 2>&1
quit
END
result $? "a question of libvirt's is answered by QEMU"
finish
