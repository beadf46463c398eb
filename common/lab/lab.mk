# SPDX-License-Identifier: GPL-2.0-or-later
#
# The image of the lab: an emulated host with the patched KVM.

lab := $(BUILD)/lab/lab.cpio.gz
.PHONY: lab
lab: $(lab)
$(lab): $(qemu) $(BUILD)/bin/rr-kvm $(modules) $(versions) \
		$(wildcard common/lab/guest/* common/lab/tcg/*) common/build/lab.sh
	$(call say,IMAGE,$@)$(alone) sh common/build/lab.sh $(BUILD)
