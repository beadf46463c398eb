#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mkstress.sh KERNEL-PACKAGE-DIRECTORY OUT: make the initramfs of a guest that runs
# Debian's stress-ng --vm with swap in zram, by hand (it is in no test).  The packages
# are downloaded with apt-get; nothing is installed.
#
# Record it with little memory, as in
#	rr-kvm record --lab -o T.rrt -- -machine pc -m 176 -nodefaults -display none \
#		-vga none -serial stdio -no-reboot -kernel build/guest/vmlinuz \
#		-initrd OUT -append 'console=ttyS0 panic=-1 quiet ops=8 mib=120 lru_gen=y'
set -eu

kernel=$(realpath "$1") out=$(realpath -m "$2")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/deb" "$root/tree/bin" "$root/tree/modules" "$root/tree/dev" \
	"$root/tree/proc" "$root/tree/sys" "$root/tree/tmp" "$root/tree/usr/bin"
(cd "$root/deb" && apt-get -q -q download stress-ng libipsec-mb1 libjudydebian1 libsctp1)
for deb in "$root"/deb/*.deb; do
	dpkg-deb -x "$deb" "$root/all"
done
cp "$root/all/usr/bin/stress-ng" "$root/tree/usr/bin"
# Its libraries: those in the packages above, and the system's.
LD_LIBRARY_PATH=$root/all/usr/lib/x86_64-linux-gnu ldd "$root/all/usr/bin/stress-ng" |
	sed -n 's/^[^/]*\(\/[^ ]*\) (.*/\1/p' | while read -r lib; do
	name=/lib/x86_64-linux-gnu/${lib##*/}
	case $lib in */ld-linux*) name=/lib64/${lib##*/} ;; esac
	install -D "$lib" "$root/tree$name"
done
for m in zsmalloc lz4_compress lz4 lzo-rle zram; do
	ko=$(find "$kernel/lib/modules" -name "$m.ko")
	[ -z "$ko" ] || { cp "$ko" "$root/tree/modules/"; echo "$m" >>"$root/tree/modules/order"; }
done
cp /bin/busybox "$root/tree/bin/busybox"
cat >"$root/tree/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin:/usr/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1
ops=8 mib=120 zram_mib=256 lru_gen=n
for word in $(cat /proc/cmdline); do
	case $word in
	ops=*) ops=${word#ops=} ;;
	mib=*) mib=${word#mib=} ;;
	zram_mib=*) zram_mib=${word#zram_mib=} ;;
	lru_gen=*) lru_gen=${word#lru_gen=} ;;
	esac
done
while read -r m; do
	insmod "/modules/$m.ko" || echo "stress: no module $m"
done </modules/order
echo "$lru_gen" >/sys/kernel/mm/lru_gen/enabled
echo "${zram_mib}M" >/sys/block/zram0/disksize
mkswap /dev/zram0 >/dev/null && swapon /dev/zram0
echo "stress: lru_gen $(cat /sys/kernel/mm/lru_gen/enabled)"
stress-ng --temp-path /tmp --vm 1 --vm-bytes "${mib}m" --vm-ops "$ops" --seed 7
echo "stress: status $?"
grep '^pswp' /proc/vmstat
poweroff -f
INIT
chmod 755 "$root/tree/init"
(cd "$root/tree" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) | gzip -9n >"$out"
