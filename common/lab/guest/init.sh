#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The lab's init: runs /lab/cmd, which run.sh has put into the initramfs, reports
# its exit status to run.sh, and powers off.

export PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/opt/rr/bin HOME=/root
export TERM=dumb

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
# Mount nothing on these: run.sh may have put files there.
mkdir -p /tmp /run /var/tmp
chmod 1777 /tmp /var/tmp
ln -s /proc/self/fd /dev/fd
hostname lab
ip link set lo up 2>/dev/null

argument() {	# NAME: the value of lab.NAME= on the kernel's command line
	sed -n "s/.*lab\.$1=\([^ ]*\).*/\1/p" /proc/cmdline
}

exec </dev/ttyS0 >/dev/ttyS0 2>&1
stty -F /dev/ttyS0 raw -echo	# pass the output on unchanged
speed=$(argument speed)		# of lines on which bytes take their time
if [ -n "$speed" ]; then
	exec 8<>/dev/ttyS1	# stays open: what arrives waits for its reader
	stty -F /dev/ttyS0 "$speed"
	stty -F /dev/ttyS1 raw -echo "$speed"
fi

load() {	# LIST
	while read -r m; do
		insmod "/lib/modules/$m.ko" || echo "lab: cannot load $m"
	done <"/lib/modules/$1"
}
load order
address=$(argument address)
if [ -n "$address" ]; then
	load order-network
	ip addr add "$address/24" dev eth0 && ip link set eth0 up
fi

# What check-host asks an administrator for: the PMU stands still in SMM.
[ ! -e /sys/devices/cpu/freeze_on_smi ] || echo 1 >/sys/devices/cpu/freeze_on_smi

port() {	# NAME: the device that the lab has for it
	tty=$(argument "$1")
	[ -z "$tty" ] || { echo "/dev/$tty"; return; }
	for f in /sys/class/virtio-ports/*/name; do
		if [ "$(cat "$f" 2>/dev/null)" = "$1" ]; then
			f=${f%/name}
			echo "/dev/${f##*/}"
			return
		fi
	done
}

# The files of the host below those of the image, and what is written above both.  9p
# is no ground for what is written: it has no whiteouts.
see_host() {	# ROOT
	mkdir -p /run/host /run/above "$1"
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose \
		host /run/host &&
		mount -t tmpfs -o size=90% tmpfs /run/above || return
	mkdir /run/above/files /run/above/work /run/above/shm /run/above/shm-work
	mount -t overlay -o "lowerdir=/:/run/host,upperdir=/run/above/files" \
		-o workdir=/run/above/work host "$1" || return
	for dir in proc sys dev out; do mount --rbind "/$dir" "$1/$dir" || return; done
	[ ! -d /run/host/dev/shm ] || mount -t overlay -o "lowerdir=/run/host/dev/shm" \
		-o upperdir=/run/above/shm,workdir=/run/above/shm-work shm "$1/dev/shm"
	[ -e /lab/writable ] || return 0
	mkdir /run/copies
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=mmap \
		copies /run/copies || return
	copy=0
	while IFS= read -r file; do
		copy=$((copy + 1))
		mount --bind "/run/copies/$copy" "$1$file" || return
	done </lab/writable
}

mount_out() {
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out "$1"
}

# now: /out is the shared directory.  The host takes a different time for each 9p
# request.  Where two runs must be alike, or there is no 9p, /out is a tmpfs, which
# is copied to the shared directory (late) or to the disk (disk) at the end.
out=$(argument out)
case $out in
now) mount_out /out || out='' ;;
late|disk) mount -t tmpfs tmpfs /out || out='' ;;
esac

root=/
[ -z "$(argument host)" ] || {
	root=/run/root
	see_host $root || echo "lab: cannot show the files of the host"
}

# Answer each line with "ok": a client must wait for it, since QEMU drops what it
# has not passed on when the client disconnects.  The port stays open, or QEMU
# would drop what arrives in between.
control() {	# DEVICE: execute the commands that the host writes there
	exec 3<>"$1"
	while :; do
		while read -r verb arg <&3; do
			case $verb in
			stop)
				# It may come before there is a command.
				until [ -s /run/cmd.pid ]; do sleep 0.1; done
				if [ -e /lab/stop ]; then
					sh /lab/stop
				else
					kill -INT -- "-$(cat /run/cmd.pid)"
				fi ;;
			kill9)
				killall -9 "$arg" ;;
			esac
			echo ok >&3
		done
		sleep 1		# no client is connected on the host
	done
}
for name in control control0; do
	dev=$(port $name)
	[ -n "$dev" ] && control "$dev" >/dev/null 2>&1 &
done

# In a new session, so that "stop" reaches the command and all its children.  The
# input is not the terminal: QEMU's -serial stdio, for example, would change the
# settings of the line, and with them the output.
setsid -c sh -c 'echo $$ >/run/cmd.pid
	[ -e /lab/stdin ] || exec </dev/null
	[ -n "$1" ] || exec chroot "$2" sh /lab/cmd
	# When this process ends, the kernel drops what the terminal has not sent.
	trap : INT
	sh /lab/cmd
	status=$?
	sleep 1
	exit $status' sh "$speed" $root
status=$?

if [ "$out" = disk ]; then
	tar -C /out -cf /dev/sda . || echo "lab: cannot write /out to the disk"
elif [ "$out" = late ]; then
	mkdir /run/out && mount_out /run/out && cp -a /out/. /run/out/ ||
		echo "lab: cannot copy /out to the shared directory"
fi
dev=$(port status)
if [ -n "$dev" ]; then
	echo $status >"$dev"
elif [ -z "$out" ]; then
	echo "LAB-EXIT $status"
fi
sync
[ -z "$speed" ] || sleep 1	# a full buffer of 4 KiB has left by then
poweroff -f
