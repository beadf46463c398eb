#!/bin/sh
# timeout=900
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ten million executions of generated instructions, natively and under TCG with the
# family of this processor: tests/silicon/README.md.  "make check-silicon" runs more.

set -eu
exec /usr/bin/python3 "${RR_TOP:-.}/tests/silicon/compare.py" \
	--build "${RR_BUILD:-build}" --executions 1e7
