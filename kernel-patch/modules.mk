# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's kernels (for the lab and the guest), and the patched KVM modules.

versions := $(BUILD)/linux/versions
$(versions): $(call stamp,kvm-line,$(kvm_line)) | common/build/fetch-linux.sh
	$(Q)sh common/build/fetch-linux.sh $(BUILD) $(kvm_line)

modules := $(BUILD)/kernel/.rr-ready
.PHONY: modules
modules: $(modules)
$(modules): $(versions) $(wildcard kernel-patch/hooks/$(kvm_line)/*.patch \
		kernel-patch/src/* kernel-patch/include/asm/* kernel-patch/*.sh \
		kernel-patch/*.inc) kernel-patch/Makefile kernel-patch/Kbuild.oot
	@mkdir -p $(@D)
	$(call say,MODULES,Linux $(kvm_line)). ./$(versions) && \
	src=$(abspath $(BUILD))/linux/src/usr/src && \
	$(MAKE) -s -C kernel-patch modules KVER=$$KVER O=$(CURDIR)/$(@D) \
		LINUX_SOURCE=$$src/linux-source-$(kvm_line).tar.xz \
		KDIR=$$src/linux-headers-$$KVER >$(BUILD)/modules.log 2>&1 || \
		{ tail -n 30 $(BUILD)/modules.log >&2; exit 1; }
	@touch $@
