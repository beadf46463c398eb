# SPDX-License-Identifier: GPL-2.0-or-later
#
# The options of Kconfig, kept in build/.config.

kconfig = KCONFIG_CONFIG=$(BUILD)/.config /usr/bin/python3 -m

ifneq ($(filter-out $(unconfigured),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/.config
configured := yes
endif
kvm_line := $(patsubst "%",%,$(CONFIG_KVM_LINE))

$(BUILD)/.config: Kconfig
	@mkdir -p $(BUILD)
	@/usr/bin/python3 -c 'import kconfiglib' 2>/dev/null || \
		{ echo 'No python3-kconfiglib: run "make deps" first' >&2; exit 1; }
	$(Q)$(kconfig) olddefconfig >/dev/null
	@touch $@

.PHONY: menuconfig defconfig
menuconfig:
	@mkdir -p $(BUILD)
	$(kconfig) menuconfig
defconfig:
	@mkdir -p $(BUILD)
	@rm -f $(BUILD)/.config
	$(kconfig) alldefconfig
