# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the command lines of the programs share.

$(eval $(call archive,rr-cli,$(wildcard common/cli/*.c)))

find_objects := $(call objects,common/cli/find.c) \
	$(call asan_objects,common/cli/find.c)
$(find_objects): CPPFLAGS += -DRR_LIBEXEC_DIR='"$(LIBEXEC)"'
$(find_objects): $(call stamp,prefix,$(LIBEXEC))

unit_links_cli := rr-cli
