#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The contract of common/lab/README.md: what run.sh of a lab does with the output,
# the files, the exit status and the signals of its command.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
lab=$RR_BUILD/lab

run() { # [OPTION...] -- COMMAND...: exec, so that a signal reaches run.sh
	exec sh "$lab/run.sh" --kernel "$lab/vmlinuz" --image "$lab/lab.cpio.gz" "$@"
}

printf 'from\r\nthe host' >"$tmp/file"
cat >"$tmp/command" <<'END'
echo to stdout
echo to stderr >&2
cat /t/file
echo "$1" >/out/argument
exit 7
END
(run --out "$tmp/out" --file "$tmp/file:/t/file" --file "$tmp/command:/t/command" \
	-- sh /t/command "an 'odd' \$argument") >"$tmp/output" 2>"$tmp/errors" </dev/null
[ $? -eq 7 ]
result $? "the exit status is the command's"
{ printf 'to stdout\nto stderr\n'; cat "$tmp/file"; } | cmp - "$tmp/output" >&2
result $? "the output is the command's, byte for byte"
[ ! -s "$tmp/errors" ]
result $? 'run.sh adds nothing on stderr'
echo "an 'odd' \$argument" | cmp - "$tmp/out/argument" >&2
result $? 'what the command writes to /out is in the directory, arguments unchanged'
[ "$(ls "$tmp/out")" = argument ]
result $? 'nothing else is in the directory'

# A stop is SIGINT to the command's process group.
cat >"$tmp/command" <<'END'
trap 'echo interrupted; exit 9' INT
echo ready
while :; do sleep 1; done
END
(run --file "$tmp/command:/t/command" -- sh /t/command) \
	>"$tmp/output" 2>&1 </dev/null &
pid=$!
for i in $(seq 300); do
	grep -q ready "$tmp/output" && break
	sleep 1
done
kill -TERM $pid
wait $pid
[ $? -eq 9 ]
result $? 'SIGTERM stops the command, and its exit status is kept'
grep -q interrupted "$tmp/output"
result $? 'the command gets SIGINT'

(run --file "$tmp/none" -- true) >"$tmp/output" 2>&1 </dev/null
[ $? -eq 125 ] && grep -q 'there is no file' "$tmp/output"
result $? 'status 125: a file is missing'
(run --qemu-arg -no-such-option -- true) >"$tmp/output" 2>&1 </dev/null
[ $? -eq 125 ] && grep -q 'the lab ended before the command' "$tmp/output"
result $? 'status 125: the emulator fails'
finish
