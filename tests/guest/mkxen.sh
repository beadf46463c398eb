#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mkxen.sh KERNEL-PACKAGE-DIRECTORY OUT-DIRECTORY: make a guest that is Debian's Xen with
# a Linux dom0, by hand (it is in no test).  The hypervisor's package is downloaded with
# apt-get; nothing is installed.  KERNEL-PACKAGE-DIRECTORY is build/linux/generic, since
# the cloud kernel is no dom0.
#
# Record it, some minutes, with
#	rr-kvm record --lab -o T.rrt -- -machine pc -m 512 -nodefaults -display none \
#		-vga none -serial stdio -kernel OUT/xen \
#		-initrd "OUT/vmlinuz console=hvc0 quiet nokaslr,OUT/initrd.gz" \
#		-append 'com1=115200,8n1 console=com1 dom0_mem=256M noreboot=1'
set -eu

kernel=$(realpath "$1") out=$(realpath -m "$2")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$out" "$root/deb" "$root/tree/bin" "$root/tree/dev" "$root/tree/proc" \
	"$root/tree/sys" "$root/tree/tmp"
(cd "$root/deb" && apt-get -q -q download xen-hypervisor-4.17-amd64)
dpkg-deb -x "$root"/deb/*.deb "$root/all"
zcat "$root"/all/boot/xen-*.gz >"$out/xen"
cp "$kernel"/boot/vmlinuz-* "$out/vmlinuz"
cp /bin/busybox "$root/tree/bin/busybox"
cat >"$root/tree/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec >/dev/hvc0 2>&1 </dev/null
echo "dom0: up"
echo "dom0: cpu $(awk -v n=60000 'BEGIN { x = 1
	for (i = 0; i < n; i++) x = (x * 69069 + i) % 4294967296
	print x }')"
for i in 1 2 3 4 5 6 7 8; do
	echo "dom0: random $(head -c 200000 /dev/urandom | md5sum)"
	sleep 0.2
done
echo "dom0: bye"
poweroff -f
INIT
chmod 755 "$root/tree/init"
(cd "$root/tree" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) |
	gzip -9n >"$out/initrd.gz"
