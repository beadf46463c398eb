# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests; tests/README.md says how to add one.

# A test's name is its path below tests/unit, tests or tests/system with "-" for
# "/".  The copy of a unit test with the sanitizers has "-asan" behind its name.
empty :=
space := $(empty) $(empty)
name = $(subst /,-,$(basename $(patsubst tests/%,%,$(patsubst \
	tests/system/%,%,$(patsubst tests/unit/%,%,$(1))))))

unit_all := $(filter-out %-util.c,$(wildcard tests/unit/*/*.c))
qemu_links := $(shell awk '/^\/\* links-qemu: / { for (i = 3; i < NF; i++) \
	print FILENAME ":" $$i }' $(unit_all))
qemu_unit_sources := $(sort $(filter $(unit_all),$(subst :, ,$(qemu_links))))
unit_sources := $(filter-out $(qemu_unit_sources),$(unit_all))
unit_scripts := $(wildcard tests/unit/*/*.py tests/unit/*/*.sh)
kvm_sources_all := $(wildcard tests/kvm/*.c)
system_scripts := $(filter-out $(if $(CONFIG_LAB_INTEL),,tests/system/intel/%),\
	$(sort $(wildcard tests/system/*/*.sh tests/system/*/*.py)))
baseline := bench/check-baseline.sh
asan_names := $(if $(CONFIG_SANITIZE),,$(addsuffix -asan,$(call name,$(unit_sources))))
test_names := $(call name,$(unit_all) $(unit_scripts)) $(asan_names) \
	$(if $(CONFIG_LAB),$(call name,$(kvm_sources_all)) kvm-selftest) \
	$(call name,$(system_scripts)) $(if $(CONFIG_LAB),$(call name,$(baseline)))
double := $(filter-out 1,$(shell printf '%s\n' $(test_names) | sort | uniq -d))
$(if $(double),$(error two tests have the name $(double)))

# T='A* B*' selects tests by name.
selected := $(if $(T),$(shell for n in $(test_names); do case $$n in \
	($(subst $(space),|,$(strip $(T)))) echo $$n ;; esac; done),$(test_names))
# $(call pick,SOURCES[,SUFFIX OF THE NAMES])
pick = $(strip $(foreach t,$(1),$(if $(filter $(call name,$(t))$(2),$(selected)),$(t))))

# ---- unit tests ---------------------------------------------------------------

# tests/unit/DIR/NAME.c is linked with librrlog, with the archives unit_links_DIR
# and the libraries unit_libs_DIR, which are set beside the code under test, with
# tests/unit/DIR/*-util.c, and with the sources that such a line in it names:
#
#	/* links: kvm-record/qemu/state.c common/landmark/landmark.c */
unit_links := $(shell awk '/^\/\* links: / { for (i = 3; i < NF; i++) \
	print FILENAME ":" $$i }' $(unit_sources))
links_of = $(patsubst $(1):%,%,$(filter $(1):%,$(unit_links) $(qemu_links)))

# $(call unit_test,SOURCE,ITS OTHER SOURCES,DIR)
define unit_test
$(BUILD)/$(1:.c=): $(call objects,$(1) $(2)) $(call archives,$(unit_links_$(3)) librrlog)
$(BUILD)/$(1:.c=) $(asan)/$(1:.c=): LDLIBS += $(unit_libs_$(3))
$(asan)/$(1:.c=): $(call asan_objects,$(1) $(2)) $(call asan_archives,$(unit_links_$(3)) librrlog)
endef
$(foreach t,$(unit_sources),$(eval $(call unit_test,$(t),$(call links_of,$(t)) \
	$(wildcard $(dir $(t))*-util.c),$(notdir $(patsubst %/,%,$(dir $(t)))))))

unit_programs := $(patsubst %.c,$(BUILD)/%,$(unit_sources))
$(unit_programs):
	@mkdir -p $(@D)
	$(link)
asan_programs := $(patsubst %.c,$(asan)/%,$(unit_sources))
$(asan_programs):
	@mkdir -p $(@D)
	$(asan_link)

# Where the code under test needs QEMU's headers, that line says "links-qemu:".  Then
# test and code are compiled once, as in QEMU and with the sanitizers, librrlog too.
qemu_unit_programs := $(patsubst %.c,$(BUILD)/%,$(qemu_unit_sources))
$(foreach t,$(qemu_unit_sources),$(eval $(BUILD)/$(t:.c=): $(call links_of,$(t))))
qemu_unit_lib := $(call asan_archives,librrlog)
$(qemu_unit_programs): $(BUILD)/%: %.c tests/tap.h tests/lib/qemu-cc.py $(qemu_unit_lib) \
		$(wildcard common/core/*.h tcg-replay/qemu/*.h tests/lib/*.h common/logfmt/fuzz/*.h) \
		| $(BUILD)/qemu/.rr-configured
	$(call say,CC QEMU,$@)/usr/bin/python3 tests/lib/qemu-cc.py $(BUILD) $@ $< \
		$(call links_of,$<) -- -O1 $(sanitize) $(qemu_unit_lib) $(LDLIBS)

unit_tests := $(strip $(patsubst %.c,$(BUILD)/%,$(call pick,$(qemu_unit_sources))) \
	$(patsubst %.c,$(BUILD)/%,$(call pick,$(unit_sources))) \
	$(call pick,$(unit_scripts)) \
	$(patsubst %.c,$(asan)/%,$(call pick,$(unit_sources),-asan)))
# Some tests run the programs.
unit_needs := $(filter-out $(unit_scripts),$(unit_tests)) $(if $(unit_tests),\
	$(addprefix $(BUILD)/bin/,rr-kvm rr-tcg rr-log)) $(if $(filter $(asan)/%,$(unit_tests)),$(asan)/bin/rr-log)

# ---- tests of the KVM patches -------------------------------------------------

# They run in the lab: static, and without the sanitizers.
kvm_programs := $(patsubst %.c,$(BUILD)/%,$(kvm_sources_all))
$(kvm_programs): $(BUILD)/%: %.c tests/tap.h $(wildcard tests/kvm/*.h \
		kernel-patch/include/*.h kernel-patch/include/asm/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE \
		-iquote . -static -o $@ $< -lpthread

# The selftest of the kernel series, built from the tree of the modules.
kselftest := $(BUILD)/tests/kvm/selftest
$(kselftest): $(modules) tests/kselftest-tap.c tests/tap.h kernel-patch/selftest.sh
	@mkdir -p $(@D)
	$(call say,CC,$@)CC='$(CC) -I$(CURDIR)' sh kernel-patch/selftest.sh $(<D) $@ tests/kselftest-tap.c

kvm_tests := $(if $(CONFIG_LAB),$(strip $(patsubst %.c,$(BUILD)/%,\
	$(call pick,$(kvm_sources_all))) $(if $(filter kvm-selftest,$(selected)),$(kselftest))))

# ---- tests that record and replay ---------------------------------------------

.PHONY: guest
guest: $(BUILD)/guest/.ready
$(BUILD)/guest/.ready: $(versions) $(wildcard tests/guest/* tests/guest/machine/* common/silicon/*)
	$(call say,GUEST,$(@D))sh tests/guest/mkguest.sh $(BUILD)/linux/cloud $(@D)
	@sh tests/guest/mkzoo.sh $(BUILD)/linux/generic $(@D)
	@touch $@

system_tests := $(call pick,$(system_scripts))
bench_tests := $(if $(CONFIG_LAB),$(call pick,$(baseline)))
system_needs := $(if $(system_tests)$(bench_tests),all guest $(kvm_programs) $(mutate)) \
	$(if $(bench_tests),bench-guest) \
	$(if $(findstring /silicon/,$(system_tests)),$(silicon_run) $(silicon_images) $(qemu_user)) \
	$(if $(filter %/intel/kvm.sh,$(system_tests)),$(kselftest))

# ---- targets ------------------------------------------------------------------

test_env := RR_TOP=$(CURDIR) RR_BUILD=$(abspath $(BUILD))
run_tests := $(test_env) sh tests/run.sh

.PHONY: tests list-tests check-unit check-kvm check-system check-built
tests: $(unit_programs) $(qemu_unit_programs) $(mutate) $(if $(CONFIG_SANITIZE),,$(asan_programs)) $(kvm_programs) \
	$(if $(CONFIG_LAB),$(kselftest))
list-tests:
	@printf '%s\n' $(selected)
check-unit: $(unit_needs)
	$(Q)$(run_tests) $(unit_tests)
check-kvm: $(kvm_tests) lab
	$(Q)$(run_tests) --lab $(kvm_tests)
# Each row takes minutes in the lab: by hand.
.PHONY: check-zoo
check-zoo: all guest
	$(Q)$(test_env) sh tests/zoo/all.sh $(ROWS)
.PHONY: check-ways
check-ways: all guest
	$(Q)$(test_env) sh tests/ways/all.sh $(ROWS)
check-system: $(system_needs)
	$(Q)$(run_tests) $(system_tests)
check-built: $(if $(T),,all) $(unit_needs) $(kvm_tests) $(if $(kvm_tests),lab) $(system_needs)
	$(Q)$(run_tests) $(unit_tests) $(if $(kvm_tests),--lab $(kvm_tests)) \
		--host $(system_tests) $(bench_tests)
