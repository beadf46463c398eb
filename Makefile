# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything is built below build/.  "make help" lists the targets.

BUILD := build
PREFIX ?= /usr/local
DESTDIR ?=
LIBEXEC = $(PREFIX)/libexec/rr-kvm

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
all:

ifeq ($(V),)
Q := @
say = @printf '  %-8s%s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$(2))';
else
say :=
endif

export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

# ---- configuration ----------------------------------------------------------

kconfig = KCONFIG_CONFIG=$(BUILD)/.config /usr/bin/python3 -m
unconfigured := deps help bench-compare clean distclean menuconfig defconfig demo check

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

# A file that changes only when the value does: what depends on it is built again.
# $(call stamp,NAME,VALUE)
stamp = $(shell mkdir -p $(BUILD)/.value; f=$(BUILD)/.value/$(1); \
	printf '%s\n' '$(2)' | cmp -s - $$f || printf '%s\n' '$(2)' >$$f; echo $$f)

# ---- the programs -----------------------------------------------------------

ifeq ($(configured),yes)

CC := $(if $(shell command -v ccache),ccache )gcc
packages := glib-2.0 gio-2.0 json-glib-1.0 libisal libxxhash zlib $(if $(CONFIG_ZSTD),libzstd)
CPPFLAGS := -D_GNU_SOURCE -iquote . $(if $(CONFIG_ZSTD),-DRR_HAVE_ZSTD) \
	$(shell pkg-config --cflags $(packages))
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror
LDFLAGS :=
LDLIBS := $(shell pkg-config --libs $(packages)) -lpfm -lpthread
ifeq ($(CONFIG_SANITIZE),y)
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
CFLAGS += $(sanitize)
LDFLAGS += $(sanitize)
endif
# librrlog takes nanoseconds a record, and a fifth more of them with -O2.
lib_flags := -O3
flags := $(call stamp,flags,$(CC) $(CPPFLAGS) $(CFLAGS) $(lib_flags) $(LDFLAGS) $(LDLIBS))
prefix := $(call stamp,prefix,$(LIBEXEC))

include common/logfmt/sources.mk

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
lib := $(BUILD)/lib/librrlog.a
programs := $(addprefix $(BUILD)/bin/,rr-kvm rr-tcg rr-log)
lib_objects := $(call objects,$(LOGFMT_SRCS))
shared_objects := $(call objects,$(wildcard common/cli/*.c))
kvm_objects := $(call objects,$(wildcard kvm-record/*.c kvm-record/vm/*.c kvm-record/host/*.c))
$(lib_objects): CFLAGS += $(lib_flags)
tcg_objects := $(call objects,$(wildcard tcg-replay/*.c))
log_objects := $(call objects,$(LOGFMT_TOOL_SRCS))

.PHONY: programs
programs: $(programs) $(lib)

$(BUILD)/obj/%.o: %.c $(flags)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/common/cli/find.o: CPPFLAGS += -DRR_LIBEXEC_DIR='"$(LIBEXEC)"'
$(BUILD)/obj/common/cli/find.o: $(prefix)

# Objects of files that are gone must not stay in it.
$(lib): $(lib_objects) $(call stamp,lib,$(lib_objects))
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)gcc-ar rcsD $@ $(lib_objects)

define program
$(BUILD)/bin/$(1): $(2) $(lib) $(call stamp,$(1),$(2))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $(2) $(lib) $$(LDLIBS)
endef
$(eval $(call program,rr-kvm,$(kvm_objects) $(shared_objects)))
$(eval $(call program,rr-tcg,$(tcg_objects) $(shared_objects)))
$(eval $(call program,rr-log,$(log_objects) $(shared_objects)))
$(BUILD)/bin/rr-log: LDLIBS += $(LOGFMT_TOOL_LIBS)

-include $(patsubst %.o,%.d,$(lib_objects) $(shared_objects) $(kvm_objects) \
	$(tcg_objects) $(log_objects))

# ---- QEMU -------------------------------------------------------------------

qemu := $(BUILD)/bin/qemu-system-x86_64
qemu_from := $(if $(CONFIG_QEMU_DEBIAN),debian,submodule)
qemu_options := $(if $(CONFIG_ZSTD),--enable-zstd,--disable-zstd)
qemu_patches := $(sort $(wildcard common/qemu/patches/*.patch))
qemu_ours := $(sort $(wildcard $(addsuffix /*.[ch],common/core common/logfmt \
	$(addprefix common/logfmt/,base file data trace) \
	common/landmark kvm-record/qemu tcg-replay/qemu kernel-patch/include) \
	common/core/meson.build kvm-record/host/pmu-event.[ch]))
qemu_list := $(call stamp,qemu-files,$(qemu_ours))
# Two makes at once must not do the same in one folder.
alone := flock $(BUILD)/.qemu-lock

.PHONY: qemu
qemu: $(qemu)

$(BUILD)/qemu-src/.rr-ready: $(qemu_patches) common/build/qemu-source.sh \
		$(call stamp,qemu-source,$(qemu_from) $(qemu_patches))
	$(call say,SOURCE,QEMU)$(alone) sh common/build/qemu-source.sh . $(BUILD) $(qemu_from)

$(BUILD)/qemu/.rr-configured: common/build/qemu-configure.sh \
		$(call stamp,qemu-options,$(qemu_options)) | $(BUILD)/qemu-src/.rr-ready
	$(call say,CONFIG,QEMU)$(alone) sh common/build/qemu-configure.sh $(BUILD) $(qemu_options)

# A list of files that has changed is read again only with a new configuration.
$(BUILD)/qemu/.rr-built: $(BUILD)/qemu/.rr-configured $(BUILD)/qemu-src/.rr-ready \
		$(qemu_ours) $(qemu_list)
	@if [ -e $@ ] && [ $(qemu_list) -nt $@ ]; then \
		touch $(BUILD)/qemu-src/meson.build; fi
	$(call say,NINJA,QEMU)$(alone) sh common/build/qemu-build.sh $(BUILD)

$(qemu): $(BUILD)/qemu/.rr-built $(BUILD)/share/qemu/.ready
	@mkdir -p $(@D) $(BUILD)/lib/plugins
	$(call say,COPY,$@)install -m 755 $(BUILD)/qemu/qemu-system-x86_64 $@
	@install -m 644 $(BUILD)/qemu/contrib/plugins/*.so \
		$(BUILD)/qemu/tests/tcg/plugins/*.so $(BUILD)/lib/plugins

# QEMU looks for its firmware in ../share/qemu.
$(BUILD)/share/qemu/.ready:
	@rm -rf $(@D); mkdir -p $(@D)
	$(Q)ln -sf /usr/lib/ipxe/qemu/* /usr/share/seabios/* /usr/share/qemu/* $(@D)
	@touch $@

# ---- the kernels: the lab's, the guest's, and the KVM modules ---------------

versions := $(BUILD)/linux/versions
$(versions): $(call stamp,kvm-line,$(kvm_line)) | common/build/fetch-linux.sh
	$(Q)sh common/build/fetch-linux.sh $(BUILD) $(kvm_line)

modules := $(BUILD)/kernel/.rr-ready
.PHONY: modules
modules: $(modules)
$(modules): $(versions) $(wildcard kernel-patch/$(kvm_line)/*.patch kernel-patch/*.sh) \
		kernel-patch/Makefile kernel-patch/Kbuild.oot
	@mkdir -p $(@D)
	$(call say,MODULES,Linux $(kvm_line)). ./$(versions) && \
	src=$(abspath $(BUILD))/linux/src/usr/src && \
	$(MAKE) -s -C kernel-patch modules KVER=$$KVER O=$(CURDIR)/$(@D) \
		LINUX_SOURCE=$$src/linux-source-$(kvm_line).tar.xz \
		KDIR=$$src/linux-headers-$$KVER >$(BUILD)/modules.log 2>&1 || \
		{ tail -n 30 $(BUILD)/modules.log >&2; exit 1; }
	@touch $@

lab := $(BUILD)/lab/lab.cpio.gz
.PHONY: lab
lab: $(lab)
$(lab): $(qemu) $(BUILD)/bin/rr-kvm $(modules) $(versions) \
		$(wildcard common/lab/*/*.sh) common/build/lab.sh
	$(call say,IMAGE,$@)$(alone) sh common/build/lab.sh $(BUILD)

.PHONY: guest
guest: $(BUILD)/guest/.ready
$(BUILD)/guest/.ready: $(versions) $(wildcard tests/guest/*)
	$(call say,GUEST,$(@D))sh tests/guest/mkguest.sh $(BUILD)/linux/cloud $(@D)
	@touch $@

all: programs qemu $(if $(CONFIG_LAB),lab)

# ---- tests ------------------------------------------------------------------

unit_sources := $(filter-out %-util.c,$(wildcard tests/unit/*/*.c))
unit_tests := $(patsubst %.c,$(BUILD)/%,$(unit_sources))
kvm_tests := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/kvm/*.c))
system_tests := $(sort $(wildcard tests/system/*/*.sh))
unit_helpers := $(call objects,$(wildcard tests/unit/*/*-util.c))
test_env := RR_TOP=$(CURDIR) RR_BUILD=$(abspath $(BUILD)) RR_BIN=$(abspath $(BUILD))/bin \
	RR_LOG=$(abspath $(BUILD))/bin/rr-log RR_GUEST=$(abspath $(BUILD))/guest

$(unit_tests): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(unit_helpers) $(lib)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(lib) $(LDLIBS)
.SECONDARY: $(call objects,$(unit_sources)) $(unit_helpers)
-include $(patsubst %.c,$(BUILD)/obj/%.d,$(wildcard tests/unit/*/*.c))

# They run in the lab too: static, and without the sanitizers.
$(kvm_tests): $(BUILD)/tests/%: tests/%.c tests/tap.h $(wildcard tests/kvm/*.h) $(wildcard kernel-patch/include/*.h)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE \
		-iquote . -static -o $@ $< -lpthread

# The series' own test, from the tree that the modules were built from.
kselftest := $(BUILD)/tests/kselftest
$(kselftest): $(modules) tests/kselftest-tap.c tests/tap.h kernel-patch/selftest.sh
	@mkdir -p $(@D)
	$(call say,CC,$@)CC='$(CC)' sh kernel-patch/selftest.sh $(<D) $@ tests/kselftest-tap.c

# The unit tests once more with the sanitizers, unless all is built with them.
asan := $(BUILD)/asan
asan_flags := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
asan_tests := $(if $(CONFIG_SANITIZE),,$(patsubst tests/unit/%.c,$(BUILD)/tests/unit-asan/%,$(unit_sources)))
asan_objects = $(patsubst %.c,$(asan)/%.o,$(1))
asan_lib := $(call asan_objects,$(LOGFMT_SRCS))
asan_helpers := $(call asan_objects,$(wildcard tests/unit/*/*-util.c))

$(asan)/%.o: %.c $(flags)
	@mkdir -p $(@D)
	$(call say,CC ASAN,$<)$(CC) $(CPPFLAGS) $(CFLAGS) $(asan_flags) -MMD -MP -c -o $@ $<
asan_link = $(call say,LD ASAN,$@)$(CC) $(CFLAGS) $(asan_flags) -o $@ $(filter %.o,$^) $(LDLIBS)
$(asan)/bin/rr-log: LDLIBS += $(LOGFMT_TOOL_LIBS)
$(asan)/bin/rr-log: $(call asan_objects,$(LOGFMT_TOOL_SRCS) $(wildcard common/cli/*.c)) $(asan_lib)
	@mkdir -p $(@D)
	$(asan_link)
$(asan)/tests/unit/%: $(asan)/tests/unit/%.o $(asan_helpers) $(asan_lib)
	$(asan_link)
# A script, for the test of a program takes the program as an argument.
$(asan_tests): $(BUILD)/tests/unit-asan/%: $(asan)/tests/unit/% $(asan)/bin/rr-log
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec %s%s\n' '$(abspath $<)' \
		'$(if $(filter rr-log%,$(@F)), $(abspath $(asan))/bin/rr-log)' >$@
	@chmod 755 $@
.SECONDARY: $(call asan_objects,$(unit_sources)) $(patsubst %.c,$(asan)/%,$(unit_sources))
-include $(patsubst %.o,%.d,$(asan_lib) $(asan_helpers) \
	$(call asan_objects,$(LOGFMT_TOOL_SRCS) $(unit_sources)))

.PHONY: tests check-unit check-built
tests: $(unit_tests) $(asan_tests) $(kvm_tests) $(if $(CONFIG_LAB),$(kselftest))
check-unit: $(unit_tests) $(asan_tests) $(BUILD)/bin/rr-log
	$(Q)$(test_env) sh tests/run.sh $(unit_tests) $(asan_tests)
check-built: all guest tests $(if $(CONFIG_LAB),bench-guest)
	$(Q)$(test_env) sh tests/run.sh $(unit_tests) $(asan_tests) \
		$(if $(CONFIG_LAB),--lab) $(kvm_tests) $(if $(CONFIG_LAB),$(kselftest)) --host $(system_tests) \
		$(if $(CONFIG_LAB),bench/check-baseline.sh)

# Each for FUZZ_SECONDS; the seeds are from FUZZ_TRACE, if there is one.  What a
# reader may take: 17 MiB for a frame before and after decompression, twice.
FUZZ_SECONDS ?= 60
FUZZ_TRACE ?= $(BUILD)/demo/demo.rrt
fuzz_options = -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -timeout=10 \
	-malloc_limit_mb=40 -rss_limit_mb=512 -max_len=65536 -use_value_profile=1
fuzz_targets := $(patsubst common/logfmt/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard common/logfmt/fuzz/fuzz-*.c))
$(fuzz_targets): $(BUILD)/fuzz/%: common/logfmt/fuzz/%.c common/logfmt/fuzz/trace.c \
		$(LOGFMT_SRCS) \
		$(wildcard common/logfmt/*.h common/logfmt/*/*.h common/landmark/*.h) $(flags)
	@command -v clang >/dev/null || { echo 'No clang: run "RR_FUZZ=1 make deps"' >&2; exit 1; }
	@mkdir -p $(@D)
	$(call say,CC FUZZ,$@)clang $(CPPFLAGS) -std=gnu11 -O1 -g \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $(filter %.c,$^) $(LDLIBS)
$(BUILD)/fuzz/seeds-of-trace: $(BUILD)/obj/common/logfmt/fuzz/seeds.o $(lib)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(lib) $(LDLIBS)

.PHONY: fuzz
fuzz: $(fuzz_targets) $(BUILD)/fuzz/seeds-of-trace $(BUILD)/bin/rr-log
	$(Q)if [ -e $(FUZZ_TRACE) ]; then \
		$(BUILD)/fuzz/seeds-of-trace $(FUZZ_TRACE) $(BUILD)/fuzz/seeds \
			$(BUILD)/bin/rr-log || exit 1; \
	else echo 'No $(FUZZ_TRACE): without seeds from a trace'; fi
	$(Q)for f in $(fuzz_targets); do \
		sh common/logfmt/fuzz/run.sh $$f $(BUILD)/fuzz $(fuzz_options) || exit 1; done

# Of librrlog alone: no VM.
logfmt_bench := $(patsubst %.c,$(BUILD)/%,$(wildcard bench/logfmt-*.c))
$(logfmt_bench): $(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(lib)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
.SECONDARY: $(patsubst bench/%.c,$(BUILD)/obj/bench/%.o,$(wildcard bench/logfmt-*.c))
.PHONY: bench-logfmt
bench-logfmt: $(logfmt_bench)
	$(Q)for b in $^; do $$b $(BUILD)/bench || exit 1; done

# Of whole machines: bench/run.py.  What it prints is its progress.
bench_guest := $(BUILD)/bench-guest/.ready
bench_run := $(test_env) /usr/bin/python3 bench/run.py
BENCH_OPTIONS ?=
.PHONY: bench-guest bench bench-short bench-check bench-accept
bench-guest: $(bench_guest)
$(bench_guest): $(versions) $(wildcard bench/guest/* bench/workloads/*)
	$(call say,GUEST,$(@D))$(alone) sh bench/guest/mkguest.sh $(BUILD)
	@touch $@
bench: all bench-guest bench-logfmt
	$(Q)$(test_env) sh bench/clock.sh
	$(Q)$(bench_run) full --verify --replay --count-replay --scaling $(BENCH_OPTIONS)
	$(Q)/usr/bin/python3 bench/page.py $(BUILD)/bench/results-full.json $(BUILD)/bench/index.html
bench-short: all bench-guest
	$(Q)$(bench_run) short --verify --replay $(BENCH_OPTIONS)
	$(Q)/usr/bin/python3 bench/page.py $(BUILD)/bench/results-short.json $(BUILD)/bench/index.html
# Not yet a part of "check": the counts hold for one build of QEMU and the modules;
# of another build of the same sources, in another folder, they were up to 1.8 % off.
bench-check: all bench-guest
	$(Q)$(test_env) sh tests/run.sh --host bench/check-baseline.sh
bench-accept: all bench-guest
	$(Q)$(bench_run) check --verify -o bench/baseline.json $(BENCH_OPTIONS)

# ---- install ----------------------------------------------------------------

manuals := $(wildcard kvm-record/*.1 tcg-replay/*.1 common/logfmt/*.1)
data := $(DESTDIR)$(LIBEXEC)

.PHONY: install
install: all
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' \
		'$(data)/bin' '$(data)/share/qemu' '$(data)/lib/plugins' '$(data)/lab'
	install -m 755 $(programs) '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 $(manuals) '$(DESTDIR)$(PREFIX)/share/man/man1'
	install -m 755 -s $(qemu) '$(data)/bin'
	ln -sf bin/qemu-system-x86_64 '$(data)/qemu-system-x86_64'
	cp -P $(BUILD)/share/qemu/* '$(data)/share/qemu'
	install -m 644 $(BUILD)/lib/plugins/*.so '$(data)/lib/plugins'
ifeq ($(CONFIG_LAB),y)
	install -m 644 $(BUILD)/lab/vmlinuz $(lab) '$(data)/lab'
	install -m 755 $(BUILD)/lab/run.sh '$(data)/lab'
endif

endif # configured

# ---- the rest ---------------------------------------------------------------

.PHONY: all deps demo bench-compare check clean distclean help
deps:
	$(Q)sh common/build/deps.sh $(BUILD)

demo:
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory all guest
	$(Q)sh common/build/demo.sh $(BUILD)

bench-compare:
	@[ -n '$(A)' ] && [ -n '$(B)' ] || \
		{ echo 'Use: make bench-compare A=FILE B=FILE [JSON=1]' >&2; exit 2; }
	@/usr/bin/python3 bench/compare.py $(if $(JSON),--json) '$(A)' '$(B)'

check:
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory check-built

# Downloads, unpacked kernels and the configuration stay.
clean:
	rm -rf $(addprefix $(BUILD)/,.value asan bench bench-guest bin fuzz lib obj share tests demo guest lab \
		kernel qemu qemu-src qemu-src.new modules.log)
distclean:
	rm -rf $(BUILD)

help:
	@echo 'Programs, below build/bin:'
	@echo '  all          everything that the configuration asks for'
	@echo '  programs     rr-kvm, rr-tcg, rr-log and librrlog.a alone'
	@echo '  qemu         QEMU with the recorder and the replayer, and its plugins'
	@echo '  modules      kvm.ko, kvm-amd.ko, kvm-intel.ko in build/kernel'
	@echo '  lab          the image of the lab, in build/lab'
	@echo '  guest        the guest of the demo and of the tests, in build/guest'
	@echo 'Preparation:'
	@echo '  deps         install the Debian packages that all this needs'
	@echo '  menuconfig   set the options;  defconfig  set them as they were'
	@echo 'Use:'
	@echo '  demo         deps, build, record a guest in the lab, replay it'
	@echo '  check        deps, build, all tests;  check-unit  those without a VM'
	@echo '  fuzz         what reads traces, FUZZ_SECONDS each (RR_FUZZ=1 make deps)'
	@echo '  bench        cost of recording and of replaying (hours);  bench-short  some of it'
	@echo '  bench-compare A=FILE B=FILE   what changed;  bench-accept  a new baseline'
	@echo '  bench-logfmt cost of reading and writing traces alone'
	@echo '  install      to DESTDIR, below PREFIX ($(PREFIX))'
	@echo '  clean        all but downloads and options;  distclean  all'
	@echo 'V=1 shows the commands.'
