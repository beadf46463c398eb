#!/bin/sh
# timeout=300
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A daemon of libvirt's: rr-kvm vm enable defines a domain whose starts are recorded,
# into a trace each; rr-kvm stop ends one; a domain that runs is not recorded.  TCG is
# in place of the recorder.
. "$(dirname "$0")/../../lib/system.sh.inc"
. "$RR_TOP/tests/lib/libvirt.sh.inc"
if [ -n "$as_user" ] && [ -z "${RR_IN_DAEMON:-}" ]; then
	rm -rf "$tmp"
	RR_IN_DAEMON=1 exec $as_user sh "$(realpath "$0")"
fi
as_user=
echo 'TAP version 13'
export HOME="$tmp/home" XDG_RUNTIME_DIR="$tmp/run" RR_QEMU="$tmp/qemu"
mkdir -p "$tmp/run" "$tmp/traces" "$tmp/home/.config/libvirt"
chmod 700 "$tmp/run"
printf '%s\n' 'stdio_handler = "file"' 'security_driver = "none"' \
	>"$tmp/home/.config/libvirt/qemu.conf"
uri=qemu:///session
virsh() { command virsh -q -c $uri "$@"; }
libvirtd --timeout 30 >"$tmp/libvirtd.log" 2>&1 &
daemon=$!
trap 'virsh destroy small-rr >/dev/null 2>&1; kill $daemon; wait $daemon; rm -rf "$tmp"' EXIT
for i in $(seq 60); do
	virsh list >/dev/null 2>&1 && break
	sleep 0.5
done
cat >"$tmp/small.xml" <<END
<domain type='qemu'><name>small</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>$RR_BIN/qemu-system-x86_64</emulator></devices></domain>
END
virsh define "$tmp/small.xml" >/dev/null
result $? 'a daemon runs and has a domain'
traces() { find "$tmp/traces" -mindepth 1 -maxdepth 1 -name 'small-rr-*.rrt' | wc -l; }
enable() { rr_kvm vm --connect $uri -o "$tmp/traces" enable "$@" 2>"$tmp/err"; }

enable small && virsh list --all --name | grep -q '^small-rr$'
result $? 'rr-kvm vm enable defines small-rr'
before=$(virsh domuuid small-rr)
enable small && [ "$(virsh domuuid small-rr)" = "$before" ]
result $? 'a second time it replaces it'
enable small-rr
[ $? -eq 1 ] && grep -q 'recorded already' "$tmp/err"
result $? "not twice: $(cat "$tmp/err")"
enable nobody
[ $? -eq 1 ] && grep -q "no domain called 'nobody'" "$tmp/err"
result $? "a name that is none: $(cat "$tmp/err")"
rr_kvm vm -o "$tmp/none" enable small 2>"$tmp/err"
[ $? -eq 1 ] && grep -q 'is no directory' "$tmp/err"
result $? "no directory for traces: $(cat "$tmp/err")"

for start in 1 2; do
	rm -f "$tmp/accel"
	virsh start small-rr >/dev/null && [ "$(traces)" -eq $start ] &&
		grep -q "rr-record=$tmp/traces/small-rr-.*\.rrt" "$tmp/accel"
	result $? "start $start is recorded: $(cat "$tmp/accel")"
	rr_kvm record --vm small-rr --connect $uri -o "$tmp/other.rrt" --no-check 2>"$tmp/err"
	[ $? -eq 1 ] && grep -q 'virsh shutdown small-rr' "$tmp/err"
	result $? "a domain that runs is not recorded: $(cat "$tmp/err")"
	rr_kvm stop "$(sed 's/.*rr-record=\([^,]*\).*/\1/' "$tmp/accel")"
	result $? 'rr-kvm stop ends it'
	for i in $(seq 50); do
		[ "$(virsh domstate small-rr)" = 'shut off' ] && break
		sleep 0.1
	done
	[ "$(virsh domstate small-rr)" = 'shut off' ]
	result $? 'and libvirt knows'
	sleep 1	# a trace's name has the second
done
finish
