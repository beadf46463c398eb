# SPDX-License-Identifier: GPL-2.0-or-later
#
# QEMU with our patches, the recorder, the replayer and its plugins.

qemu := $(BUILD)/bin/qemu-system-x86_64
qemu_from := $(if $(CONFIG_QEMU_DEBIAN),debian,submodule)
qemu_options := $(if $(CONFIG_ZSTD),--enable-zstd,--disable-zstd) $(if $(CONFIG_GTK),--enable-gtk)
qemu_patches := $(sort $(wildcard common/qemu/patches/*/*.patch))
qemu_ours := $(sort $(wildcard $(addsuffix /*.[ch],common/core common/silicon common/logfmt \
	$(addprefix common/logfmt/,base file data trace) \
	common/landmark kvm-record/qemu tcg-replay/qemu \
	kernel-patch/include kernel-patch/include/asm) \
	common/core/user/*.c common/core/meson.build common/core/*.c.inc common/silicon/*.c.inc kvm-record/host/pmu-event.[ch] kvm-record/host/cpu-family.[ch] \
	common/cli/record-text.[ch] common/cli/safe-text.[ch] common/cli/exit-status.h \
	common/cli/version.h \
	kvm-record/vm/options.def kvm-record/vm/record-config.h \
	kvm-record/vm/option-rows.[ch] */qemu/trace-events))
qemu_list := $(call stamp,qemu-files,$(qemu_ours))
# The recorder's disassembler.
unit_libs_kvm-record-qemu := -lcapstone
# Two makes must not do the same work in one directory at the same time.
alone := flock $(BUILD)/.qemu-lock

.PHONY: qemu
qemu: $(qemu)

$(BUILD)/qemu-src/.rr-ready: $(qemu_patches) common/build/qemu-source.sh \
		$(call stamp,qemu-source,$(qemu_from) $(qemu_patches))
	$(call say,SOURCE,QEMU)$(alone) sh common/build/qemu-source.sh . $(BUILD) $(qemu_from)

$(BUILD)/qemu/.rr-configured: common/build/qemu-configure.sh \
		$(call stamp,qemu-options,$(qemu_options)) | $(BUILD)/qemu-src/.rr-ready
	$(call say,CONFIG,QEMU)$(alone) sh common/build/qemu-configure.sh $(BUILD) $(qemu_options)

# meson lists our directories only when it configures.
$(BUILD)/qemu/.rr-built: $(BUILD)/qemu/.rr-configured $(BUILD)/qemu-src/.rr-ready \
		$(qemu_ours) $(qemu_list)
	@if [ $(qemu_list) -nt $< ] && ! [ $@ -nt $(qemu_list) ]; then \
		touch $(BUILD)/qemu-src/meson.build; fi
	$(call say,NINJA,QEMU)$(alone) sh common/build/qemu-build.sh $(BUILD)

$(qemu): $(BUILD)/qemu/.rr-built $(BUILD)/share/qemu/.ready
	@mkdir -p $(@D) $(BUILD)/lib/plugins $(BUILD)/libexec
	$(call say,COPY,$@)install -m 755 $(BUILD)/qemu/qemu-system-x86_64 $@
	@install -m 755 $(BUILD)/qemu/qemu-bridge-helper $(BUILD)/libexec
	@install -m 644 $(BUILD)/qemu/contrib/plugins/*.so \
		$(BUILD)/qemu/tests/tcg/plugins/*.so $(BUILD)/lib/plugins

# QEMU looks for its firmware in ../share/qemu.
$(BUILD)/share/qemu/.ready:
	@rm -rf $(@D); mkdir -p $(@D)
	$(Q)ln -sf /usr/lib/ipxe/qemu/* /usr/share/seabios/* /usr/share/qemu/* $(@D)
	@touch $@

# The same TCG in user mode, for tests/silicon.
qemu_user := $(BUILD)/bin/qemu-x86_64

.PHONY: qemu-user
qemu-user: $(qemu_user)

$(BUILD)/qemu-user/.rr-configured: common/build/qemu-configure.sh | $(BUILD)/qemu-src/.rr-ready
	$(call say,CONFIG,QEMU user)$(alone) sh common/build/qemu-configure.sh --user $(BUILD)

$(BUILD)/qemu-user/.rr-built: $(BUILD)/qemu-user/.rr-configured $(BUILD)/qemu-src/.rr-ready \
		$(qemu_ours) $(qemu_list)
	@if [ -e $@ ] && [ $(qemu_list) -nt $@ ]; then \
		touch $(BUILD)/qemu-src/meson.build; fi
	$(call say,NINJA,QEMU user)$(alone) sh common/build/qemu-build.sh --user $(BUILD)

$(qemu_user): $(BUILD)/qemu-user/.rr-built
	@mkdir -p $(@D)
	$(call say,COPY,$@)install -m 755 $(BUILD)/qemu-user/qemu-x86_64 $@

# Compiles QEMU after each patch of the series; slow, so not a part of check.
.PHONY: qemu-series-check
qemu-series-check:
	$(Q)sh common/build/qemu-series.sh check . $(BUILD) $(qemu_options)
