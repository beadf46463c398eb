# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program rr-kvm.  What it runs in QEMU is in kvm-record/qemu: see qemu.mk.

kvm_sources := $(filter-out %/main.c,$(wildcard \
	$(addsuffix /*.c,kvm-record kvm-record/vm kvm-record/host)))

$(eval $(call archive,rr-kvm,$(kvm_sources)))
$(eval $(call program,rr-kvm,kvm-record/main.c,rr-kvm rr-cli silicon librrlog))

unit_links_kvm-record := rr-kvm rr-cli silicon
manuals += kvm-record/rr-kvm.1
