#!/bin/sh
# timeout=200
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A domain whose files cannot be opened: one line with user, path and remedy, and
# nothing is recorded, in the lab, on this host (TCG would be the recorder), and by
# qemu-system-rr, which libvirt starts.  Then a daemon that is not there: one line, too.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
. "$RR_TOP/tests/lib/libvirt.sh.inc"

cannot() { # TEXT DOMAIN OPTION...
	text=$1 domain=$2
	shift 2
	RR_QEMU=$tmp/qemu rr_kvm record --vm "$tmp/$domain.xml" --no-check -o "$tmp/no.rrt" \
		"$@" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 1 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q "the user .*$text" "$tmp/err" &&
		[ ! -e "$tmp/no.rrt" ]
	result $? "$domain $*: $(cat "$tmp/err")"
}
with() { sed "$2" "$tmp/good.xml" >"$tmp/$1.xml"; } # NAME SED-SCRIPT
cat >"$tmp/good.xml" <<END
<domain type='qemu'><name>files</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type>
<kernel>$RR_GUEST/vmlinuz</kernel>
<initrd>$RR_GUEST/initrd.gz</initrd></os>
<devices>
<disk type='file' device='disk'><driver name='qemu' type='raw'/>
<source file='$tmp/dir/disk.img'/><target dev='vda'/></disk>
</devices></domain>
END
mkdir "$tmp/dir"
truncate -s 1M "$tmp/dir/disk.img"

# ---- missing ------------------------------------------------------------------------
missing="none: No such file or directory; make it, or name another file"
with disk 's/disk.img/none/'
with folder 's/dir.disk/no\/disk/'
with kernel 's/vmlinuz/none/'
with initrd 's/initrd.gz/none/'
with loader "s|<kernel>|<loader readonly='yes' type='pflash'>/none</loader><kernel>|"
with nvram "s|<kernel>|<loader readonly='yes' type='pflash'>$tmp/good.xml</loader>\
<nvram template='/none'>$tmp/vars</nvram><kernel>|"
with cdrom "s/device='disk'/device='cdrom'/; s/disk.img/none/; s/vda/hda/"
for where in --lab ''; do
	cannot "dir/$missing" disk $where
	cannot "no/disk.img: the folder $tmp/no: No such file" folder $where
	for what in kernel initrd loader nvram; do
		cannot "/$missing" $what $where
	done
	cannot "dir/$missing" cdrom $where
done
# An image upon one that is missing: the header of qcow2, with a backing file.
/usr/bin/python3 - "$tmp/dir/top.qcow2" <<'END'
import struct, sys
name = b'base.img'
image = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', 2, 72, len(name), 16, 1 << 20, 0, 1,
                    3 << 16, 1 << 16, 1, 0, 0) + name
open(sys.argv[1], 'wb').write(image.ljust(4 << 16, b'\0'))
END
with below "s/type='raw'/type='qcow2'/; s/disk.img/top.qcow2/"
cannot "dir/base.img: No such file" below --lab
grep -q "line 7: <disk>: an image below $tmp/dir/top.qcow2: " "$tmp/err"
result $? 'it is told which image is upon it, and where the domain names that'
# A raw disk's content, which is the guest's, names no files; CDs may be missing.
with raw "s/disk.img/top.qcow2/; s|</disk>|&<filesystem><source dir='/none'/>\
<target dir='t'/></filesystem>|"
cannot '/none: No such file' raw --lab
with optional "s|<source file='$tmp/dir/disk.img'|<source file='/no' startupPolicy='optional'|
	s/device='disk'/device='cdrom'/; s/vda/hda/; s|</disk>|&<filesystem>\
<source dir='/none'/><target dir='t'/></filesystem>|"
cannot '/none: No such file' optional --lab

# ---- without permission -------------------------------------------------------------
if [ -n "$as_user" ] || [ "$(id -u)" != 0 ]; then
	chmod 0 "$tmp/dir/disk.img"
	cannot 'may not read .*/dir/disk.img (setfacl -m u:.*:r ' good --lab
	cannot 'may not read .*/dir/disk.img (setfacl' good
	chmod 444 "$tmp/dir/disk.img"
	cannot 'may not write to .*/dir/disk.img (setfacl -m u:.*:rw ' good
	chmod 644 "$tmp/dir/disk.img"
	chmod 0 "$tmp/dir"
	cannot "it may not enter the folder $tmp/dir (setfacl -m u:.*:x $tmp/dir)" good --lab
	cannot "it may not enter the folder $tmp/dir (setfacl" good
	chmod 755 "$tmp/dir"
else
	echo "ok $((n += 1)) - without permission # SKIP root may all"
fi

# ---- a machine that runs ------------------------------------------------------------
mkfifo "$tmp/monitor"
"$RR_BIN/qemu-system-x86_64" -L "$RR_BUILD/share/qemu" -S -nodefaults -display none \
	-drive "file=$tmp/dir/disk.img,format=raw,if=virtio" -monitor stdio \
	<"$tmp/monitor" >"$tmp/running" 2>&1 &
exec 8>"$tmp/monitor"
for i in $(seq 100); do
	grep -q '(qemu)' "$tmp/running" && break
	sleep 0.1
done
cannot "cannot use $tmp/dir/disk.img: a machine that runs has it; shut that down" good --lab
cannot 'a machine that runs has it' good

# ---- qemu-system-rr -----------------------------------------------------------------
shim() { # NAME TEXT QEMU-ARGUMENT...
	name=$1 text=$2
	shift 2
	RR_KVM_TRACE=$tmp/no.rrt RR_QEMU=$tmp/qemu $as_user "$RR_BIN/qemu-system-rr" \
		-machine pc -display none "$@" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 1 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && [ ! -e "$tmp/no.rrt" ] &&
		grep -q "qemu-system-rr: the user .*$text" "$tmp/err"
	result $? "qemu-system-rr, $name: $(cat "$tmp/err")"
}
shim_disk() { # NAME TEXT FILE READ-ONLY: as libvirt says it
	shim "$1" "$2" -blockdev '{"driver":"file","filename":"'"$3"'","node-name":"s",
		"auto-read-only":true}' -blockdev \
		'{"node-name":"f","read-only":'"$4"',"driver":"raw","file":"s"}'
}
shim_disk 'a machine runs' 'a machine that runs' "$tmp/dir/disk.img" false
echo quit >&8
exec 8>&-
wait
shim_disk 'a disk is missing' 'dir/none: No such file' "$tmp/dir/none" false
shim 'a kernel is missing' '/none: No such file' -kernel /none
if [ -n "$as_user" ] || [ "$(id -u)" != 0 ]; then
	chmod 444 "$tmp/dir/disk.img"
	shim_disk 'a disk is read-only' 'may not write to' "$tmp/dir/disk.img" false
	chmod 0 "$tmp/dir/disk.img"
	shim_disk 'a disk is not readable' 'may not read' "$tmp/dir/disk.img" true
fi

# ---- a daemon -----------------------------------------------------------------------
no_daemon() { # DOMAIN OPTION...
	domain=$1
	shift
	rr_kvm record --vm "$domain" --no-check -o "$tmp/no.rrt" "$@" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 1 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && [ ! -e "$tmp/no.rrt" ] &&
		grep -q "libvirt: Failed to connect socket to '.*none" "$tmp/err"
	result $? "no daemon, $domain $*: $(cat "$tmp/err")"
}
no_daemon a-name --connect "qemu+unix:///system?socket=$tmp/none"
# Of a file: networks that the embedded driver does not have.
if [ -n "$as_user" ] || [ "$(id -u)" != 0 ]; then
	export XDG_RUNTIME_DIR="$tmp/none" LIBVIRT_AUTOSTART=0
	for source in "type='network'><source network='none'" "type='direct'><source dev='none'"; do
		with daemon "s|<disk.*|<interface $source/></interface>|; /<source file/d"
		no_daemon "$tmp/daemon.xml"
	done
else
	echo "ok $((n += 1)) - networks # SKIP the daemon of root may be there"
fi
finish
