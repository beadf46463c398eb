# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program rr-kvm.  What it runs in QEMU is in kvm-record/qemu: see qemu.mk.

kvm_sources := $(filter-out %/main.c,$(wildcard \
	$(addsuffix /*.c,kvm-record kvm-record/vm kvm-record/host kvm-record/libvirt)))

# libvirt's library is loaded when it is needed.
xml_cflags := $(shell pkg-config --cflags libxml-2.0 libvirt)
xml_libs := $(shell pkg-config --libs libxml-2.0)
$(BUILD)/obj/kvm-record/% $(asan)/obj/kvm-record/% $(BUILD)/obj/tests/unit/kvm-record/% \
	$(asan)/obj/tests/unit/kvm-record/%: CPPFLAGS += $(xml_cflags)

$(eval $(call archive,rr-kvm,$(kvm_sources)))
$(eval $(call program,rr-kvm,kvm-record/main.c,rr-kvm rr-cli silicon librrlog))
$(BUILD)/bin/rr-kvm $(asan)/bin/rr-kvm: LDLIBS += $(xml_libs)

# What libvirt starts as the emulator of a domain.
programs: $(BUILD)/bin/qemu-system-rr
$(BUILD)/bin/qemu-system-rr: $(BUILD)/bin/rr-kvm
	$(Q)ln -sf rr-kvm $@

# The guest of the self-test, without an operating system.  Multiboot needs the header
# in the first 8 KiB, and an ELF file of 32 bits.
self_test_flags := -std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -fno-pie \
	-no-pie -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -mno-red-zone -mfpmath=sse -msse2 -nostdlib \
	-static -Wl,-Ttext=0x100000 -Wl,--section-start=.multiboot=0xff000 \
	-Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,noexecstack
self_tests := $(BUILD)/share/rr/self-test-64 $(BUILD)/share/rr/self-test-32
programs: $(self_tests)
$(BUILD)/share/rr/self-test-%: kvm-record/guest/self-test.c \
		$(call stamp,self-test,$(self_test_flags))
	@mkdir -p $(@D)
	$(call say,GUEST,$@)gcc -m$* $(self_test_flags) -o $@.elf $< && \
		objcopy -O elf32-i386 $@.elf $@ && rm $@.elf

unit_links_kvm-record := rr-kvm rr-cli silicon
unit_libs_kvm-record := $(xml_libs)
manuals += kvm-record/rr-kvm.1
