#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# series.sh LINE TARBALL OUT
#
# Make the series that one would mail: OUT/series/*.patch, and OUT/tree, a git
# repository of KVM's source with a commit for each.  A commit is a hook of
# hooks/LINE with the files that it adds.  The same input gives the same bytes.

set -eu
here=$(dirname "$0")
. "$here/source.sh.inc"

line=$1 tarball=$2 out=$3
hooks=$(cd "$here" && pwd)/hooks/$line

rm -rf "$out/tree" "$out/series"
unpack_source "$tarball" "$out/tree"

# The user's configuration of git must not matter.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_COMMITTER_NAME=rr-kvm GIT_COMMITTER_EMAIL=rr-kvm@localhost
export GIT_AUTHOR_NAME=rr-kvm GIT_AUTHOR_EMAIL=rr-kvm@localhost
git() { command git -C "$out/tree" "$@"; }

commit() { # HOOK
	GIT_AUTHOR_DATE=$(sed -n 's/^Date: //p;/^$/q' "$1")
	export GIT_AUTHOR_DATE GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
	apply_hook "$1" "$out/tree"
	git add -A
	# The subject without its tag, and the text up to the line "---".
	sed -n '/^Subject: /,/^---$/{s/^Subject: \[PATCH\] //;/^---$/!p}' "$1" |
		git commit -q -F -
}

git init -q -b series
git config gc.auto 0
git config branch.series.description "$(cat "$here/cover-letter")"
git add -A
GIT_AUTHOR_DATE='@0 +0000' GIT_COMMITTER_DATE='@0 +0000' \
	git commit -q -m "Linux $(version_of "$out/tree/Makefile"), Debian's linux-source"
git tag base
for hook in "$hooks"/*.patch; do commit "$hook"; done
git format-patch -q -o "$(realpath -m "$out/series")" --zero-commit --no-signature \
	--cover-letter --cover-from-description=subject base
