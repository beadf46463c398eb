#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The lab's init: runs /lab/cmd, which run.sh put into the initramfs, tells
# run.sh its exit status, and powers off.

export PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/opt/rr/bin HOME=/root
export TERM=dumb

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
# No file systems on these: files of the command may be there.
mkdir -p /tmp /run /var/tmp
chmod 1777 /tmp /var/tmp
ln -s /proc/self/fd /dev/fd
hostname lab
ip link set lo up 2>/dev/null

exec </dev/ttyS0 >/dev/ttyS0 2>&1
stty -F /dev/ttyS0 raw -echo	# what the command prints, byte for byte

while read -r m; do
	insmod "/lib/modules/$m.ko" || echo "lab: cannot load $m"
done </lib/modules/order

port() {	# NAME: the device of the virtio-serial port of that name
	for f in /sys/class/virtio-ports/*/name; do
		if [ "$(cat "$f" 2>/dev/null)" = "$1" ]; then
			f=${f%/name}
			echo "/dev/${f##*/}"
			return
		fi
	done
}

mount_out() {
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out "$1"
}

# The host answers a 9p request in its own time.  Where each run must be like
# the other, the command gets a tmpfs, copied to the share when it is done.
out=
if grep -q lab.out=now /proc/cmdline; then
	mount_out /out && out=now
elif grep -q lab.out=late /proc/cmdline; then
	mount -t tmpfs tmpfs /out && out=late
fi

# Each line is answered with "ok": what a client sends and then hangs up on, QEMU
# may drop.  The port stays open for the same reason.
control() {	# DEVICE: obey what the host writes there
	exec 3<>"$1"
	while :; do
		while read -r verb arg <&3; do
			case $verb in
			stop)
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
		sleep 1		# no one is connected on the host
	done
}
for name in control control0; do
	dev=$(port $name)
	[ -n "$dev" ] && control "$dev" >/dev/null 2>&1 &
done

# In a session of its own, so that "stop" reaches it and all its children.
# A program that finds a terminal as its input (QEMU's -serial stdio) changes the
# line's settings, and with them the output.
setsid -c sh -c 'echo $$ >/run/cmd.pid
	[ -e /lab/stdin ] || exec </dev/null
	exec sh /lab/cmd'
status=$?

if [ "$out" = late ]; then
	mkdir /run/out && mount_out /run/out && cp -a /out/. /run/out/ ||
		echo "lab: cannot copy to the shared folder"
	echo $status >/run/out/exit-status
elif [ -n "$out" ]; then
	echo $status >/out/exit-status
fi
dev=$(port status)
if [ -n "$dev" ]; then
	echo $status >"$dev"
elif [ -z "$out" ]; then
	echo "LAB-EXIT $status"
fi
sync
poweroff -f
