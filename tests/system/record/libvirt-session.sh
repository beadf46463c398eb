#!/bin/sh
# timeout=400
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A person in front of a machine of libvirt's: in the lab, libvirt's system daemon defines
# and starts a domain that is recorded with KVM, somebody types over VNC, by TLS, virsh sends
# keys and takes a picture.  virsh shutdown presses the power button, and the guest powers off.
# The replay, here, has the same screen.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
cat >"$tmp/small.xml" <<END
<domain type='kvm'><name>small</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type><kernel>$RR_GUEST/keyboard</kernel>
<cmdline>button</cmdline></os>
<features><acpi/><apic/></features>
<devices>
<serial type='file'><source path='/out/console'/></serial>
<graphics type='vnc' port='5907' autoport='no' listen='127.0.0.1'/>
<video><model type='vga'/></video>
</devices></domain>
END
# Who signs, and the certificate of the VNC server (openssl-x509v3_config(5)).
mkdir "$tmp/tls"
certificate() { # NAME EXTENSION OPTION...
	name=$1
	printf '%s\n' '[req]' 'distinguished_name=dn' '[dn]' '[x]' "$2" >"$tmp/tls/config"
	shift 2
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -config "$tmp/tls/config" \
		-extensions x -keyout "$tmp/tls/$name-key.pem" -out "$tmp/tls/$name-cert.pem" "$@" 2>"$tmp/tls/log" ||
		cat "$tmp/tls/log"
}
certificate ca 'basicConstraints=critical,CA:TRUE'
certificate server 'subjectAltName=IP:127.0.0.1' -CA "$tmp/tls/ca-cert.pem" \
	-CAkey "$tmp/tls/ca-key.pem"
cat >"$tmp/in-lab" <<END
exec 2>&1
export PATH=$RR_BIN:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >>/etc/passwd
echo 'libvirt-qemu:x:64055:' >>/etc/group
mkdir -p /etc/libvirt /run/libvirt /var/lib/libvirt
cat >/etc/libvirt/qemu.conf <<CONF
stdio_handler = "file"
security_driver = "none"
user = "root"
group = "root"
cgroup_controllers = [ ]
namespaces = [ ]
vnc_tls = 1
vnc_tls_x509_cert_dir = "$tmp/tls"
CONF
step() { # NAME COMMAND...: its output in /out/NAME, its status in /out/steps
	name=\$1
	shift
	"\$@" >/out/\$name 2>&1
	echo "\$name \$?" >>/out/steps
}
wait_for() { # SECONDS COMMAND...
	for i in \$(seq \$1); do
		(shift; "\$@") >/dev/null 2>&1 && return
		sleep 1
	done
	return 1
}
ip link set lo up
libvirtd --timeout 60 >/out/libvirtd 2>&1 &
step daemon wait_for 60 virsh list
step define virsh define $tmp/small.xml
step enable rr-kvm vm --connect qemu:///system -o /out enable small
step start virsh start small-rr
step up wait_for 60 grep -q type /out/console
step vnc python3 $RR_TOP/tests/lib/vnc-type.py 5907 'over vnc ' $tmp/tls/ca-cert.pem
step keys virsh send-key small-rr KEY_A KEY_N KEY_D
step enter virsh send-key small-rr KEY_ENTER
step waits wait_for 60 grep -q press /out/console
step screenshot virsh screenshot small-rr /out/shot.png
step runs sh -c 'virsh domstate small-rr | grep running'
step shutdown virsh shutdown small-rr --mode acpi
step off wait_for 60 sh -c 'virsh domstate small-rr | grep "shut off"'
END
mkdir "$tmp/out"
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --mem 2048 --host-files --out "$tmp/out" -- sh "$tmp/in-lab" >"$tmp/log" 2>&1 </dev/null
result $? 'the lab ran'
sed 's/^/# /' "$tmp/log" | tail -n 20
for name in daemon define enable start up vnc keys enter waits screenshot runs shutdown off; do
	grep -qx "$name 0" "$tmp/out/steps"
	result $? "$name: $(tail -n 1 "$tmp/out/$name" | tr -d '\n')"
done
sed 's/^/# /' "$tmp/out/libvirtd" | tail -n 20

set -- "$tmp"/out/small-rr-*.rrt
[ $# -eq 1 ] && replay "$1" --console --screen "$tmp/end.png" >"$tmp/again" &&
	grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? 'the start has a trace, which replays'
sed 's/^/# /' "$tmp/report"
cmp "$tmp/out/console" "$tmp/again" >&2 && grep -q '^over vnc and$' "$tmp/again"
result $? "what was typed: $(sed -n 2p "$tmp/again")"
grep -qx 'keyboard: pressed' "$tmp/again"
result $? "what the guest saw of virsh shutdown: $(tail -n 1 "$tmp/again")"
/usr/bin/python3 "$RR_TOP/tests/lib/same-pixels.py" "$tmp/out/shot.png" "$tmp/end.png" >"$tmp/same"
result $? "the screen: $(tail -n 1 "$tmp/same")"
finish
