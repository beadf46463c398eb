#!/bin/sh
# timeout=900
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A Linux guest uses devices of a q35 machine: AHCI, packed rings, xHCI, e1000e, a
# display, sound, virtio-crypto.  No write to its memory is missed, and it replays.
# The row "short" of the device zoo; "make check-zoo" has the others.
. "$(dirname "$0")/../../lib/system.sh.inc"
. "$RR_TOP/tests/zoo/zoo.sh.inc"
echo 'TAP version 13'
zoo short
finish
