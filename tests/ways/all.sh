#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# all.sh [NAME...]: guests that go Windows' ways, all rows or these ("make check-ways");
# by hand, for most of them take a minute or more in the lab.
. "$(dirname "$0")/../lib/system.sh.inc"
echo 'TAP version 13'
rows=$RR_TOP/tests/ways/rows
ways=$RR_BUILD/ways

names() { sed -n 's/^\[\(.*\)\]$/\1/p' "$rows"; }
row() { # NAME KEY: its lines with this key
	awk -v name="[$1]" -v key="$2" '
		/^\[/ { here = $0 == name }
		here && $1 == key { sub(/^[a-z]+ /, ""); print }' "$rows"
}
files() { # text from stdin, with the names of the files in it
	sed -E "s|@guest@|$RR_GUEST|g; s|@([A-Za-z0-9_.-]+)@|$ways/\1|g"
}

# The guests color their text and move the cursor.
console() { # FILE
	sed -E 's/\x1b(\[[0-9;?]*[A-Za-z]|c)//g' "$1" | tr -d '\r'
}
# wait_for REGEX: until the console has it (1: the recording ended, or it is late)
wait_for() {
	until console "$tmp/console" | tr '\n' ' ' | grep -Eq -- "$1"; do
		kill -0 "$recorder" 2>/dev/null && [ "$(date +%s)" -lt "$late" ] || return 1
		sleep 0.3
	done
}
type_keys() { # REGEX|TEXT lines from stdin
	while IFS='|' read -r regex text; do
		wait_for "$regex" || return 1
		sleep 1
		printf '%b' "$text" >&8
	done
}

# drive NAME: type what the row says, and stop the recording where it does
drive() {
	late=$(($(date +%s) + $(row "$1" limit | grep . || echo 180)))
	row "$1" type >"$tmp/type"
	type_keys <"$tmp/type" || echo "# not all was typed"
	until=$(row "$1" until)
	if [ -n "$until" ]; then
		wait_for "$until" || echo "# no $until"
		kill -INT "$recorder" 2>/dev/null
	fi
	while kill -0 "$recorder" 2>/dev/null && [ "$(date +%s)" -lt "$late" ]; do
		sleep 0.3
	done
	! kill -INT "$recorder" 2>/dev/null || echo '# stopped at its limit'
	wait "$recorder"
}

way() { # NAME
	name=$1 before=$failed
	append=$(row "$name" append)
	# shellcheck disable=SC2046 # lists of words
	set -- $(row "$name" args | files) ${append:+-append "$append"}
	rm -f "$tmp/keys"
	mkfifo "$tmp/keys"
	: >"$tmp/console"
	# shellcheck disable=SC2046
	"$RR_BIN/rr-kvm" record --lab --force $(row "$name" record) -o "$tmp/$name.rrt" -- \
		-nodefaults -display none -serial stdio -no-reboot "$@" \
		<"$tmp/keys" >"$tmp/console" 2>"$tmp/err" &
	recorder=$!
	exec 8>"$tmp/keys"
	drive "$name"
	result $? "$name: recorded"
	exec 8>&-
	screen="--screen $tmp/$name.png"
	case " $* " in *' -vga none '*) screen= ;; esac
	# shellcheck disable=SC2086
	replay "$tmp/$name.rrt" --console $screen </dev/null >"$tmp/again"
	status=$?
	[ $status -eq 0 ] && grep -q 'all RAM equal' "$tmp/report"
	result $? "$name: replays to the same RAM"
	grep -a 'rr-replay' "$tmp/report" | sed 's/^/# /'
	row "$name" shows >"$tmp/shows"
	while read -r regex; do
		console "$tmp/console" | grep -Eq -- "$regex" &&
			console "$tmp/again" | grep -Eq -- "$regex"
		result $? "$name: shows \"$regex\", in the replay too"
	done <"$tmp/shows"
	[ -z "${WAYS_KEEP:-}" ] || cp -r "$tmp/$name".* "$WAYS_KEEP" && cp "$tmp/console" "$WAYS_KEEP/$name.console"
	[ $failed -eq "$before" ] ||
		console "$tmp/console" | tail -n 20 | cat - "$tmp/err" "$tmp/report" | sed 's/^/# /'
	rm -rf "$tmp/$name.rrt"
}

sh "$RR_TOP/tests/ways/guests.sh" "$RR_BUILD" >&2 || { echo 'Bail out! No guests'; exit 1; }
# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(names)
for one; do way "$one"; done
finish
