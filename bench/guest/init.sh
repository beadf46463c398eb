#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The bench guest: runs the workloads that the word bench= of its kernel command
# line names (NAME:SIZE,NAME:SIZE), each between two marks on the console, at
# which the host reads its counters.  The same for all ways of running it.
export PATH=/bin:/usr/bin:/usr/sbin HOME=/
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
exec >/dev/ttyS0 2>&1
while read -r m; do
	insmod "/modules/$(uname -r)/$m.ko" || echo "bench: FAILED no module $m"
done <"/modules/$(uname -r)/order"
ifconfig lo 127.0.0.1 up
[ ! -e /sys/class/net/eth0 ] ||
	ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up

# Wait for a disk to appear.
disk() { for i in 1 2 3 4 5 6 7 8 9 10; do [ -b "$1" ] || sleep 0.2; done; }
# Text of N lines, the same each time.
text() { awk -v n="$1" 'BEGIN { x = 1; for (i = 0; i < n; i++) {
	x = (x * 69069 + 1) % 4294967296; print x, i, "a line of text" } }'; }

# nginx, which serves /page.html at ADDRESS:80.
nginx_up() {
	mkdir -p /tmp/www /tmp/nginx
	text 100 >/tmp/www/page.html
	cat >/tmp/nginx/conf <<END
worker_processes 1;
pid /tmp/nginx/pid;
error_log /tmp/nginx/error;
events { worker_connections 64; }
http {
	access_log off;
	keepalive_requests 1000;
	client_body_temp_path /tmp/nginx/body;
	proxy_temp_path /tmp/nginx/proxy;
	fastcgi_temp_path /tmp/nginx/fastcgi;
	uwsgi_temp_path /tmp/nginx/uwsgi;
	scgi_temp_path /tmp/nginx/scgi;
	server { listen $1:80; root /tmp/www; }
}
END
	sed -i '1i user root root;' /tmp/nginx/conf
	nginx -e /tmp/nginx/error -c /tmp/nginx/conf
}

echo 'bench: up'
list=
for word in $(cat /proc/cmdline); do
	case $word in
	bench=*) list=${word#bench=} ;;
	bench_latency) export LATENCY=1 ;;
	esac
done
for item in $(echo "$list" | tr , ' '); do
	name=${item%%:*} size=${item#*:}
	(
		set -e
		. "/workloads/${name%.*}"	# timer.2 is the second of timer
		prepare
		sync
		sleep 0.3	# what is under way ends; the log is written
		echo "bench: begin $name"
		run >/tmp/said 2>&1
		echo "bench: end $name"
		sleep 0.3
		check </tmp/said
		sed -n "s/^latency /bench: latency $name /p" /tmp/said
	) || {
		echo "bench: FAILED $name"
		cat /tmp/said
	}
done
echo 'bench: done'
poweroff -f
