#!/bin/sh
# timeout=300
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --display: in the lab, somebody on this host types over VNC; what was typed is in the
# replay.  What QEMU gets on this host, by a stand-in for it; what is refused.
. "$(dirname "$0")/../../lib/system.sh.inc"
. "$RR_TOP/tests/lib/libvirt.sh.inc"
echo 'TAP version 13'
refused() { # TEXT OPTION... : one line that has TEXT
	text=$1
	shift
	rr_kvm record -o "$tmp/no.rrt" "$@" 2>"$tmp/err"
	[ $? -eq 1 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q -e "$text" "$tmp/err" &&
		[ ! -e "$tmp/no.rrt" ]
	result $? "refused: $(cat "$tmp/err")"
}

# ---- on this host: the arguments -----------------------------------------------------
cat >"$tmp/stand-in" <<END
#!/bin/sh
[ "\$1\$2" != -displayhelp ] || { printf 'Available display backend types:\n%s\n' "\${WITH-}"; exit; }
echo "\$*" >"$tmp/args"
exit 1
END
chmod 755 "$tmp/stand-in"
gets() { # TEXT OPTION...: the recorder's arguments have TEXT
	text=$1
	shift
	rm -f "$tmp/args"
	WITH=gtk RR_QEMU=$tmp/stand-in rr_kvm record --no-check -o "$tmp/no.rrt" "$@" -- -m 8 \
		2>"$tmp/err"
	grep -q -e " $text " "$tmp/args"
	result $? "$*: $text"
}
gets '-vnc 127.0.0.1:3' --display vnc=:3
gets '-vnc 0.0.0.0:3' --display vnc=0.0.0.0:3
gets '-vnc unix:/a' --display vnc=unix:/a
gets '-display none' --display none
gets '-display gtk' --display gtk
export RR_QEMU="$tmp/stand-in"
refused 'built without GTK; --display vnc' --no-check --display gtk -- -m 8
unset RR_QEMU
refused 'exclude each other' --display none -- -nographic
refused 'takes none, gtk, vnc=' --display sdl -- -m 8
refused 'takes no options' --display vnc=:1,password=on -- -m 8
refused '--display vnc=:1 of rr-kvm' --lab -- -vnc :1
refused 'exclude each other' --lab --deterministic --display vnc=:1 -- -m 8
refused 'no screen of its own' --lab --display gtk -- -m 8
refused 'has no network' --lab=intel --display vnc=:1 -- -m 8
cat >"$tmp/small.xml" <<END
<domain type='kvm'><name>small</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type><kernel>$RR_GUEST/keyboard</kernel></os>
<features><acpi/><apic/></features>
<devices><serial type='stdio'/><graphics type='spice'/></devices></domain>
END
refused 'libvirt has no such display' --vm "$tmp/small.xml" --display gtk

# ---- in the lab ----------------------------------------------------------------------
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
rr_kvm record --vm "$tmp/small.xml" --lab --display "vnc=:$((port - 5900))" -o "$tmp/typed.rrt" \
	>"$tmp/console" 2>"$tmp/err" &
for i in $(seq 120); do
	grep -q type "$tmp/console" && break
	sleep 0.5
done
/usr/bin/python3 "$RR_TOP/tests/lib/vnc-type.py" "$port" 'from outside' >"$tmp/viewer" 2>&1
result $? "a viewer of this host sees the machine: $(tail -n 1 "$tmp/viewer")"
for i in $(seq 60); do
	grep -q 'from outside' "$tmp/console" && break
	sleep 0.5
done
rr_kvm stop --timeout 60 "$tmp/typed.rrt"
status=$?
result $status 'rr-kvm stop ends it'
[ $status -eq 0 ] || kill %1	# twice, should a stop not be heard
wait $!
result $? 'it is recorded'
tail -n 5 "$tmp/err" | sed 's/^/# /'
! grep -q '<graphics>' "$tmp/err"
result $? 'nothing of its display is left out'
replay "$tmp/typed.rrt" --console >"$tmp/again" && grep -q 'CPU state and all RAM equal' "$tmp/report"
result $? 'and replays'
grep -q '^from outside$' "$tmp/again"
result $? "what was typed is in the replay: $(tail -n 1 "$tmp/again")"
finish
