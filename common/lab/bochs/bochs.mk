# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab with an Intel host: Bochs with our patches, and an overlay for the lab's
# image.

bochs := $(BUILD)/lab/intel/bochs
lab_intel := $(BUILD)/lab/intel/overlay.cpio.gz
.PHONY: lab-intel
lab-intel: $(lab_intel)

$(bochs): common/lab/bochs/build.sh $(wildcard common/lab/bochs/patches/*.patch)
	$(call say,BOCHS,$@)flock $(BUILD)/.bochs-lock sh common/lab/bochs/build.sh . $(BUILD)

$(lab_intel): $(bochs) $(lab) $(modules) $(versions) common/lab/guest/mkimage.sh \
		common/lab/bochs/run.sh common/build/lab-intel.sh
	$(call say,IMAGE,$@)sh common/build/lab-intel.sh $(BUILD)
