#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The init of the zoo's guest: uses each device that zoo= in the kernel command line
# names, as WORK:ARGUMENT,...  Each prints "zoo: WORK:ARGUMENT ok" or "... FAILED".
export PATH=/bin
/bin/busybox --install -s /bin
ln -s bin /sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1

works=
for word in $(cat /proc/cmdline); do
	case $word in zoo=*) works=${word#zoo=} ;; esac
done
echo "guest: up"

memory() { awk '/^MemTotal/ { print $2 }' /proc/meminfo; }
memory_before=$(memory)

load() { # drivers of the devices that are there
	# shellcheck disable=SC2046 # a list of words
	modprobe -a $(find /sys/devices -name modalias -exec cat {} + | sort -u) 2>/dev/null
}
load
sleep 1
load	# of what hangs on a bus that was found

sum() { md5sum | cut -d' ' -f1; }
wait_for() { # FILE
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -e "$1" ] && return 0
		sleep 0.5
		load
	done
	return 1
}

disk() { # DEVICE: read, write, drop the cache, read back
	wait_for "/dev/$1" || return 1
	echo "read $(dd if="/dev/$1" bs=64k count=8 2>/dev/null | sum)"
	dd if=/dev/urandom of=/tmp/pattern bs=4k count=32 2>/dev/null
	dd if=/tmp/pattern of="/dev/$1" bs=4k seek=128 conv=fsync 2>/dev/null || return 1
	echo 3 >/proc/sys/vm/drop_caches
	[ "$(dd if="/dev/$1" bs=4k skip=128 count=32 2>/dev/null | sum)" = \
		"$(sum </tmp/pattern)" ]
}

cd_rom() { # DEVICE
	wait_for "/dev/$1" || return 1
	echo "read $(dd if="/dev/$1" bs=2k count=64 2>/dev/null | sum)"
}

net() { # DRIVER:NETWORK, as e1000:3 for 10.0.3.0/24
	for i in /sys/class/net/*; do
		driver=$(readlink "$i/device/driver")
		[ "${driver##*/}" = "${1%:*}" ] || continue
		name=${i##*/}
	done
	[ -n "$name" ] || return 1
	ifconfig "$name" "10.0.${1#*:}.15" netmask 255.255.255.0 up || return 1
	sleep 1
	tftp -g -r file.bin -l /tmp/file "10.0.${1#*:}.2" || return 1
	echo "tftp $(sum </tmp/file)"
	ifconfig "$name" down
}

share() { # TAG
	mount -t 9p -o trans=virtio,version=9p2000.L "$1" /mnt || return 1
	echo "read $(sum </mnt/file.bin)"
	head -c 100000 /dev/urandom >/tmp/pattern
	cp /tmp/pattern /mnt/written || return 1
	umount /mnt
	mount -t 9p -o trans=virtio,version=9p2000.L "$1" /mnt || return 1
	[ "$(sum </mnt/written)" = "$(sum </tmp/pattern)" ]
}

free_pages() { # balloon with free-page-reporting: give pages back, use them again
	dd if=/dev/urandom of=/tmp/fill bs=1M count=24 2>/dev/null
	rm /tmp/fill
	echo 1 >/proc/sys/vm/compact_memory
	sleep 4
	dd if=/dev/zero of=/tmp/fill bs=1M count=24 2>/dev/null && rm /tmp/fill
}

more_memory() { # KIB that virtio-mem plugs
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ $(($(memory) - memory_before)) -ge "$1" ] && return 0
		sleep 0.5
	done
	return 1
}

watchdog() { # it is pinged, and stopped before it bites
	wait_for /dev/watchdog || return 1
	{ echo ping; sleep 1; printf V; } >/dev/watchdog
}

console() {
	wait_for "/dev/$1" || return 1
	echo "hello from the guest" >"/dev/$1"
}

sound() { # DEVICE, as OSS has it
	modprobe snd-pcm-oss
	wait_for "/dev/$1" && zoo sound "/dev/$1"
}

frames() { # play|hear DEVICE, as OSS has it
	modprobe snd-pcm-oss
	wait_for "/dev/$2" && zoo "$1" "/dev/$2"
}

events() { # NAME of an input device
	name=$(echo "$1" | tr _ ' ')
	for i in 1 2 3 4 5 6 7 8 9 10; do
		grep -q "Name=\".*$name" /proc/bus/input/devices && break
		sleep 0.5
		load
	done
	zoo events "$name"
}

serial() { # DEVICE: a line from outside, and its answer
	wait_for "/dev/$1" || return 1
	stty -F "/dev/$1" raw -echo
	exec 3<>"/dev/$1"
	echo listening
	read -r line <&3
	echo "got $line"
	echo "got $line" >&3
	exec 3<&-
	[ -n "$line" ]
}

fetch() { # DRIVER:ADDRESS of a server with 10.1.1.ADDRESS; our own is one more
	for i in /sys/class/net/*; do
		driver=$(readlink "$i/device/driver")
		[ "${driver##*/}" = "${1%:*}" ] || continue
		name=${i##*/}
	done
	[ -n "$name" ] || return 1
	ifconfig "$name" "10.1.1.$((${1#*:} + 1))" netmask 255.255.255.252 up || return 1
	sleep 1
	nc "10.1.1.${1#*:}" 5000 </dev/null >/tmp/file || return 1
	echo "fetched $(sum </tmp/file)"
	ifconfig "$name" down
}

efivar() { # NAME: write a variable of the firmware, read it back
	file=/sys/firmware/efi/efivars/$1-12345678-1234-1234-1234-123456789abc
	modprobe efivarfs
	mount -t efivarfs efivarfs /sys/firmware/efi/efivars || return 1
	printf '\7\0\0\0some data' >"$file" || return 1
	[ "$(tail -c 9 "$file")" = "some data" ]
}

cipher() { # DRIVER of the kernel, as /proc/crypto has it
	modprobe -a algif_skcipher
	zoo cipher "$1"
}

tpm() { # 16 random bytes from TPM2_GetRandom, and a measured register
	wait_for /dev/tpm0 || return 1
	exec 3<>/dev/tpm0
	printf '\200\1\0\0\0\14\0\0\1\173\0\20' >&3
	got=$(dd bs=64 count=1 <&3 2>/dev/null | wc -c)
	exec 3<&-
	cat /sys/class/tpm/tpm0/pcr-sha256/0 && [ "$got" = 28 ]
}

clock() { # NAME: the kernel's clock for two seconds
	clocks=/sys/devices/system/clocksource/clocksource0
	before=$(cat $clocks/current_clocksource)
	echo "$1" >$clocks/current_clocksource
	sleep 2
	[ "$(cat $clocks/current_clocksource)" = "$1" ] || return 1
	echo "$before" >$clocks/current_clocksource
}

node() { # NUMBER of a NUMA node, whose memory the guest has
	grep -q 'MemTotal: *[1-9]' "/sys/devices/system/node/node$1/meminfo"
}

s3() { # SECONDS: suspended to RAM; the clock's alarm wakes the machine
	wait_for /dev/rtc0 && echo "+$1" >/sys/class/rtc/rtc0/wakealarm &&
		echo mem >/sys/power/state
}

pstore() { # BACKEND: where the kernel's log goes at the end
	[ "$(cat /sys/module/pstore/parameters/backend)" = "$1" ]
}

random() { head -c 64 /dev/hwrng >/dev/null; }
input() { grep -q "Name=\".*$(echo "$1" | tr _ ' ')" /proc/bus/input/devices; }
exists() { wait_for "/dev/$1"; }
usb() { # WORD of its product
	for i in 1 2 3 4 5 6 7 8 9 10; do
		cat /sys/bus/usb/devices/*/product 2>/dev/null | grep -q "$1" && return 0
		sleep 0.5
	done
	return 1
}

flash() { # ADDRESS: erase a block of a CFI flash, program a byte, read it
	devmem "$1" 8 0x20; devmem "$1" 8 0xd0
	devmem "$1" 8 0x70; devmem "$1" 8 >/dev/null
	devmem "$1" 8 0x40; devmem "$1" 8 0x5a
	devmem "$1" 8 0xff
	[ "$(devmem "$1" 8)" = 0x5A ] && [ "$(devmem $(($1 + 1)) 8)" = 0xFF ]
}

one() { # WORK ARGUMENT
	case $1 in
	disk|net|share|watchdog|console|random|input|exists|usb|flash) "$1" "$2" ;;
	sound|efivar|cipher|clock|node|pstore|s3|tpm) "$1" "$2" ;;
	events|serial|fetch) "$1" "$2" ;;
	play|hear) frames "$1" "$2" ;;
	cd) cd_rom "$2" ;;
	balloon) free_pages ;;
	mem) more_memory "$2" ;;
	load) modprobe "$2" ;;
	fb|vram|svga|ati) zoo "$1" "$2" ;;
	*) false ;;
	esac
}
for work in $(echo "$works" | tr , ' '); do
	echo "zoo: $work begins"
	if one "${work%%:*}" "${work#*:}"; then
		echo "zoo: $work ok"
	else
		echo "zoo: $work FAILED"
	fi
done
echo "guest: done"
poweroff -f
