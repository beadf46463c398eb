#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The contract of a lab, kept by the lab with an AMD host.
. "$(dirname "$0")/../../lib/system.sh.inc"
run_sh=$RR_BUILD/lab/run.sh breaks='--qemu-arg -no-such-option'
. "$RR_TOP/tests/lib/contract.sh.inc"
