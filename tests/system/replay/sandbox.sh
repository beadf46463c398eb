#!/bin/sh
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a guest that broke out of TCG may still ask of the kernel: a plugin asks in
# its place.  Without the sandbox it gets all of it.  gdb and images work in it.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
golden=$RR_TOP/tests/golden/v1-bios.tar
asked='open|create|socket|fork|unlink|mkdir|rmdir|kill|memfd|open in a new thread'
# shellcheck disable=SC2046 # a list of words
"${CC:-gcc}" -shared -fPIC -O1 -D_GNU_SOURCE -I "$RR_BUILD/qemu-src/include/qemu" \
	$(pkg-config --cflags glib-2.0) -o "$tmp/probe.so" \
	"$RR_TOP/tests/lib/sandbox-probe.c" >&2 || exit 1

# probe OPTION...: the plugin's lines in $tmp/probe
probe() {
	status=0
	replay "$golden" --plugin "$tmp/probe.so,path=$tmp/made" "$@" || status=$?
	grep '^probe: ' "$tmp/report" >"$tmp/probe" && return $status
}
count() { grep -cE "^probe: ($1): $2\$" "$tmp/probe"; }

probe && [ "$(count "$asked" 'Operation not permitted')" -eq 10 ] && [ ! -e "$tmp/made" ]
result $? "no file, no program, no connection, from any thread; the replay is complete"
RR_PROBE_EXEC=1 probe --sandbox=on && [ "$(count exec 'Operation not permitted')" -eq 1 ] &&
	[ "$(count thread 'done')" -eq 1 ] && grep -q 'equal the recording' "$tmp/report"
result $? "nor another program in its place; threads it may have"
probe --sandbox=off && [ "$(count "$asked" 'done')" -eq 10 ]
result $? "--sandbox=off: all of this is done"

# The port is free: the kernel chose it a moment ago.
port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$tmp/gdb.py" <<'END'
import socket, sys, time
for attempt in range(100):
    try:
        s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1)
        break
    except OSError:
        time.sleep(0.1)
def ask(text):
    s.sendall(f'${text}#{sum(text.encode()) % 256:02x}'.encode())
    got = b''
    while b'#' not in got[:-2]:
        got += s.recv(4096)
    s.sendall(b'+')
    return got
ask('?')
stepped = ask('s')      # from here on in the sandbox
s.close()
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
again = ask('?')
s.sendall(b'$D#44')     # detach: the guest goes on
s.recv(16)
print('stepped', b'T05' in stepped, 'again', b'T05' in again)
END
python3 "$tmp/gdb.py" "$port" >"$tmp/gdb" &
replay "$golden" --qemu-arg -S --qemu-arg -gdb --qemu-arg "tcp:127.0.0.1:$port" &&
	wait $! && grep -q 'stepped True again True' "$tmp/gdb"
result $? "a debugger connects, twice, and the replay is complete"
sed 's/^/# /' "$tmp/gdb"
finish
