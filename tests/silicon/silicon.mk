# SPDX-License-Identifier: GPL-2.0-or-later
#
# Instructions on this processor and under TCG: README.md.

silicon_run := $(BUILD)/tests/silicon/run
silicon_images := $(BUILD)/tests/silicon/images
silicon_sources := $(filter-out %/images.c,$(wildcard tests/silicon/*.c common/silicon/*.c))
silicon_flags := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -iquote . -static
$(silicon_run): $(silicon_sources) $(wildcard tests/silicon/*.h tests/silicon/*.c.inc \
		common/silicon/*.h \
		common/silicon/*.c.inc) $(call stamp,silicon-sources,$(silicon_sources))
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(silicon_flags) -o $@ $(silicon_sources)

$(silicon_images): tests/silicon/images.c $(wildcard tests/silicon/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(silicon_flags) -o $@ $<

EXECUTIONS ?= 1e9
SEED ?= 1
.PHONY: check-silicon
check-silicon: $(silicon_run) $(qemu_user)
	$(Q)/usr/bin/python3 tests/silicon/compare.py --build $(BUILD) \
		--executions $(EXECUTIONS) --seed $(SEED)
