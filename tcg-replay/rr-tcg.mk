# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program rr-tcg.  What it runs in QEMU is in tcg-replay/qemu: see qemu.mk.

tcg_sources := $(filter-out %/main.c,$(wildcard tcg-replay/*.c))

$(eval $(call archive,rr-tcg,$(tcg_sources)))
$(eval $(call program,rr-tcg,tcg-replay/main.c,rr-tcg rr-cli silicon librrlog))

unit_links_tcg-replay := rr-tcg rr-cli silicon
manuals += tcg-replay/rr-tcg.1
