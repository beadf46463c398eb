#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# all.sh [NAME...]: the device zoo, all rows or these ("make check-zoo"); by hand, for
# each row takes minutes in the lab.
. "$(dirname "$0")/../lib/system.sh.inc"
. "$RR_TOP/tests/zoo/zoo.sh.inc"
echo 'TAP version 13'
# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(zoo_names)
for name; do zoo "$name"; done
finish
