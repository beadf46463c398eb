#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The contract of a lab, kept by the lab with an Intel host; and its check-host.
. "$(dirname "$0")/../../lib/system.sh.inc"
mkdir "$tmp/broken"
cp "$RR_BUILD"/lab/intel/* "$tmp/broken"
cp /bin/false "$tmp/broken/bochs"
run_sh=$RR_BUILD/lab/intel/run.sh breaks="--dir $tmp/broken"
. "$RR_TOP/tests/lib/contract.sh.inc"
