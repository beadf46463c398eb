#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The init of the test guest.  work= in the kernel command line selects what it
# does, mib= and loops= how much; lru_gen=y has hot use another kind of reclaim.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1

work=all mib=16 loops=60000 lru_gen=n
for word in $(cat /proc/cmdline); do
	case $word in
	work=*) work=${word#work=} ;;
	mib=*) mib=${word#mib=} ;;
	loops=*) loops=${word#loops=} ;;
	lru_gen=*) lru_gen=${word#lru_gen=} ;;
	esac
done
does() { case ",$work," in *,all,*|*,"$1",*) return 0 ;; esac; return 1; }
sum() { md5sum | cut -d' ' -f1; }

echo "guest: up, work=$work"
while read -r m; do
	insmod "/modules/$m.ko" || echo "guest: no module $m"
done </modules/order

disk() { # NAME DEVICE: read, write at another place, drop the cache, read again
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ -b "$2" ] && break
		sleep 0.2
	done
	echo "guest: $1 read $(dd if="$2" bs=1M count="$mib" 2>/dev/null | sum)"
	dd if=/dev/urandom of=/tmp/pattern bs=64k count=64 2>/dev/null
	dd if=/tmp/pattern of="$2" bs=64k seek=320 conv=fsync 2>/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	echo "guest: $1 wrote $(sum </tmp/pattern) reads back" \
		"$(dd if="$2" bs=64k skip=320 count=64 2>/dev/null | sum)"
	rm /tmp/pattern
}

if does disk; then
	disk virtio /dev/vda
	disk ide /dev/sda
fi
if does net; then
	ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
	tftp -g -r file.bin -l /tmp/file 10.0.2.2
	echo "guest: tftp $(sum </tmp/file)"
fi
if does cpu; then
	echo "guest: cpu $(awk -v n="$loops" 'BEGIN { x = 1
		for (i = 0; i < n; i++) x = (x * 69069 + i) % 4294967296
		print x }')"
fi
does random && echo "guest: random $(head -c 4096 /dev/urandom | sum)"
if does sleep; then
	for i in 1 2 3; do sleep 0.3; echo "guest: slept $i"; done
fi
# work=all does not include these.
asked() { case ",$work," in *,"$1",*) return 0 ;; esac; return 1; }
asked idle && sleep 60
asked refs && refs
if asked hot; then
	echo "$lru_gen" >/sys/kernel/mm/lru_gen/enabled
	mkswap /dev/vda >/dev/null && swapon /dev/vda
	hot "$mib" "$loops"
	echo "guest: swapped $(awk '/^pswpout/ { print ($2 > 0) }' /proc/vmstat)"
fi
for what in tsc gettimeofday rdrand unasked; do
	asked $what || continue
	echo "guest: the clock is" \
		"$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
	clock $what "$loops" || echo "guest: clock failed"
done
echo "guest: $(date -u)"
echo "guest: done"
poweroff -f
