#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A machine of libvirt's in a network of its host, which is the lab: it is recorded while
# it gets a file over the network, and the replay gets it again, without one.
#
# By hand, for each kind takes minutes:
#	NETWORK_KINDS="bridge ethernet direct network nat" sh tests/system/record/network.sh
# "nat" is a network as libvirt's own "default": with dnsmasq, which serves the file, and
# iptables.  It takes the bridge of the others away, so it comes last.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
kinds=${NETWORK_KINDS:-}
if [ -z "$kinds" ]; then
	echo '1..0 # SKIP by hand, with NETWORK_KINDS'
	exit 4
fi
modules=$(echo "$RR_BUILD"/linux/generic/lib/modules/*/kernel)

domain() { # KIND INTERFACE
	cat >"$tmp/$1.xml" <<-END
	<domain type='kvm'><name>$1</name><memory unit='MiB'>96</memory>
	<os><type arch='x86_64' machine='pc'>hvm</type><kernel>$RR_GUEST/vmlinuz</kernel>
	<initrd>$RR_GUEST/initrd.gz</initrd>
	<cmdline>console=ttyS0 panic=-1 quiet work=net</cmdline></os>
	<features><acpi/><apic/></features><on_reboot>destroy</on_reboot>
	<devices><serial type='file'><source path='/out/$1.console'/></serial>
	$2</devices></domain>
	END
}
domain bridge "<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>"
domain ethernet "<interface type='ethernet'><target dev='rrtap' managed='no'/>
	<model type='virtio'/></interface>"
domain direct "<interface type='direct'><source dev='pair' mode='bridge'/>
	<model type='virtio'/></interface>"
domain network "<interface type='network'><source network='lan'/><model type='virtio'/></interface>"
domain nat "<interface type='network'><source network='natted'/><model type='virtio'/></interface>"

# TFTP (RFC 1350) with one file, and no option of RFC 2347.
cat >"$tmp/tftpd.py" <<'END'
import socket, struct, sys
data = open(sys.argv[1], 'rb').read()
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('10.0.2.2', 69))
while True:
    client = server.recvfrom(1500)[1]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    try:
        for n in range(len(data) // 512 + 1):
            s.sendto(struct.pack('>HH', 3, n + 1) + data[512 * n:512 * n + 512], client)
            while struct.unpack('>HH', s.recv(1500)[:4]) != (4, n + 1):
                pass
    except OSError as e:
        print(e, flush=True)
END
cat >"$tmp/in-lab" <<END
exec 2>&1
export PATH=$RR_BIN:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >>/etc/passwd
echo 'libvirt-dnsmasq:x:64056:64056::/:/bin/false' >>/etc/passwd
printf '%s\n' libvirt-qemu:x:64055: libvirt-dnsmasq:x:64056: >>/etc/group
mkdir -p /etc/libvirt /run/libvirt /var/lib/libvirt /dev/net
cat >/etc/libvirt/qemu.conf <<CONF
stdio_handler = "file"
security_driver = "none"
user = "root"
group = "root"
cgroup_controllers = [ ]
namespaces = [ ]
CONF
for m in net/llc/llc net/802/stp net/bridge/bridge drivers/net/tun drivers/net/tap \\
	drivers/vhost/vhost_iotlb drivers/vhost/vhost drivers/vhost/vhost_net \\
	drivers/net/macvlan drivers/net/macvtap drivers/net/veth; do
	insmod $modules/\$m.ko || echo "no \$m"
done
packet_filter() {
	n=net/netfilter
	for m in crypto/crc32c_generic lib/libcrc32c \$n/nfnetlink \$n/nf_tables \$n/x_tables \\
		\$n/nft_compat net/ipv4/netfilter/nf_defrag_ipv4 net/ipv6/netfilter/nf_defrag_ipv6 \\
		\$n/nf_conntrack \$n/nf_nat \$n/nft_chain_nat \$n/xt_MASQUERADE \$n/xt_conntrack \\
		net/ipv4/netfilter/nf_reject_ipv4 net/ipv4/netfilter/ipt_REJECT \\
		\$n/xt_CHECKSUM \$n/xt_tcpudp; do
		insmod $modules/\$m.ko || echo "no \$m"
	done
}
daemon() {
	virsh list >/dev/null 2>&1 && return
	libvirtd --timeout 60 >/out/libvirtd 2>&1 &
	for i in \$(seq 60); do virsh list && break; sleep 1; done
}
# The image has the ip of busybox.
/usr/bin/ip link set lo up
/usr/bin/ip link add br0 type bridge
/usr/bin/ip address add 10.0.2.2/24 dev br0
/usr/bin/ip link set br0 up
python3 $tmp/tftpd.py $RR_GUEST/tftp/file.bin &
tftpd=\$!
for kind in $kinds; do
	case \$kind in
	ethernet)
		/usr/bin/ip tuntap add rrtap mode tap
		/usr/bin/ip link set rrtap master br0 up ;;
	direct)
		daemon
		/usr/bin/ip link add pair type veth peer name other
		/usr/bin/ip link set other master br0 up
		/usr/bin/ip link set pair up ;;
	network)
		daemon
		echo "<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/></network>" \\
			>/out/lan.xml
		virsh net-define /out/lan.xml
		virsh net-start lan ;;
	nat)
		kill \$tftpd
		/usr/bin/ip link delete br0
		packet_filter
		daemon
		cat >/out/natted.xml <<-NETWORK
		<network><name>natted</name><forward mode='nat'/><bridge name='virbr0'/>
		<ip address='10.0.2.2' netmask='255.255.255.0'><tftp root='$RR_GUEST/tftp'/>
		<dhcp><range start='10.0.2.10' end='10.0.2.99'/></dhcp></ip></network>
		NETWORK
		virsh net-define /out/natted.xml
		virsh net-start natted || continue
		iptables -t nat -S ;;
	esac
	rr-kvm record --vm $tmp/\$kind.xml --no-check -o /out/\$kind.rrt >/out/\$kind.log 2>&1
	echo "\$kind \$?" >>/out/statuses
done
END
mkdir "$tmp/out"
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" \
	--pmu --mem 2048 --host-files --out "$tmp/out" -- sh "$tmp/in-lab" >"$tmp/log" 2>&1 </dev/null
result $? 'the lab ran'
sed 's/^/# /' "$tmp/log" | tail -n 20

wanted="guest: tftp $(md5sum <"$RR_GUEST/tftp/file.bin" | cut -d' ' -f1)"
for kind in $kinds; do
	grep -qx "$kind 0" "$tmp/out/statuses"
	result $? "$kind: recorded"
	sed 's/^/# /' "$tmp/out/$kind.log"
	grep -q 'is one without vhost' "$tmp/out/$kind.log"
	result $? "$kind: a warning tells that there is no vhost"
	tr -d '\r' <"$tmp/out/$kind.console" | grep -qx "$wanted"
	result $? "$kind: the guest got the file: $(grep tftp "$tmp/out/$kind.console")"
	replay "$tmp/out/$kind.rrt" --console >"$tmp/again" &&
		grep -q 'CPU state and all RAM equal' "$tmp/report"
	result $? "$kind: it replays"
	sed 's/^/# /' "$tmp/report" | head -n 20
	tr -d '\r' <"$tmp/again" | grep -qx "$wanted"
	result $? "$kind: the replay gets it again: $(grep tftp "$tmp/again")"
done
finish
