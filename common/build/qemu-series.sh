#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu-series.sh unpack TOP BUILD DIR: make DIR a git repository of QEMU's source
#	with one commit for each patch of the series, on the branch "series"; the
#	tag "base" is QEMU without them.
# qemu-series.sh export TOP DIR: write the commits of DIR back as the series.
# qemu-series.sh check TOP BUILD [OPTION...]: compile QEMU, configured with OPTIONs,
#	after each patch; a patch fails on an error and on a new warning.
#
# To change the series: unpack it, change its commits with git rebase -i base, and
# export it.  A commit goes to the directory that has a patch of the same subject, a
# new commit to the directory of the commit before it.

set -eu
usage() {
	sed -n '4,10s/^# \?//p' "$0" >&2
	exit 2
}

quietly() {
	git -C "$dir" -c core.autocrlf=false -c commit.gpgsign=false \
		-c user.name=series -c user.email=series@localhost "$@"
}

subject_of() { # PATCH: its subject, also one that is folded
	git mailinfo /dev/null /dev/null <"$1" | sed -n 's/^Subject: //p'
}

unpack() {
	build=$2
	rm -rf "$dir"
	mkdir -p "$(dirname "$dir")"
	sh "$top/common/build/qemu-source.sh" --plain "$top" "$build" "$dir"
	quietly init -q -b series
	quietly add -Af .
	quietly commit -q -m "QEMU $(cat "$dir/VERSION")"
	quietly tag base
	quietly am -q --keep-non-patch --committer-date-is-author-date \
		"$top"/common/qemu/patches/*/*.patch
}

export_series() {
	patches=$top/common/qemu/patches
	new=$(mktemp -d)
	trap 'rm -rf "$new"' EXIT
	for p in "$patches"/*/*.patch; do
		echo "$(basename "$(dirname "$p")") $(subject_of "$p")"
	done >"$new/directories"
	directory=$(head -n 1 "$new/directories" | cut -d ' ' -f 1) last='' n=0
	for commit in $(quietly rev-list --reverse base..series); do
		subject=$(quietly show -s --format=%s "$commit")
		old=$(while read -r f s; do
			[ "$s" != "$subject" ] || echo "$f"
		done <"$new/directories")
		directory=${old:-$directory}
		[ "$directory" = "$last" ] || n=0
		last=$directory n=$((n + 1))
		quietly format-patch -q -1 -N --zero-commit --no-signature --abbrev=8 \
			--no-renames --start-number "$n" -o "$new/$directory" "$commit"
	done
	for f in "$new"/*/; do
		f=$(basename "$f")
		rm -rf "${patches:?}/$f"
		cp -r "$new/$f" "$patches/$f"
	done
}

# The commits are compiled in one build directory, so that each compiles only
# what it changes.
check() {
	build=$2
	shift 2
	work=$build/qemu-series dir=$build/qemu-series/qemu-src
	mkdir -p "$work"
	unpack "$top" "$build"
	quietly checkout -q base
	sh "$top/common/build/qemu-configure.sh" "$work" "$@"
	failed=0 n=0 of=$(quietly rev-list --count base..series)
	for commit in base $(quietly rev-list --reverse base..series); do
		quietly checkout -q "$commit"
		start=$(date +%s) status=ok
		ninja -C "$work/qemu" qemu-system-x86_64 >"$work/$n.log" 2>&1 ||
			status=FAILED
		[ $n = 0 ] || ! grep -q 'warning:' "$work/$n.log" || status=WARNING
		printf '%2d/%d %-7s %4d s  %s\n' $n "$of" $status \
			$(($(date +%s) - start)) "$(quietly show -s --format=%s)"
		[ $status = ok ] || {
			grep -E '(error|warning|FAILED|undefined)' "$work/$n.log" >&2 ||
				tail -n 20 "$work/$n.log" >&2
			failed=1
		}
		n=$((n + 1))
	done
	return $failed
}

[ $# -ge 3 ] || [ "${1:-}" = check ] || usage
do=$1
shift
top=$(realpath "$1")
case $do in
unpack) dir=$(realpath -m "$3") && unpack "$@" ;;
export) dir=$(realpath "$2") && export_series ;;
check) [ $# -ge 2 ] && build=$(realpath -m "$2") && shift 2 && check "$top" "$build" "$@" ;;
*) usage ;;
esac
