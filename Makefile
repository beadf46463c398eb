# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything is built below build/.  "make help" lists the targets.  The rules are
# in *.mk files beside the code they build.

BUILD := build
PREFIX ?= /usr/local
DESTDIR ?=
LIBEXEC = $(PREFIX)/libexec/rr-kvm

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.PHONY: all deps demo check style clean distclean help
all:

ifeq ($(V),)
Q := @
say = @printf '  %-8s%s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$(2))';
else
say :=
endif

# These targets work before "make deps" has been run.
unconfigured := deps help bench-compare clean distclean menuconfig \
	defconfig demo check

include common/build/config.mk
ifeq ($(configured),yes)
include common/build/compile.mk
include common/logfmt/logfmt.mk
include common/cli/cli.mk
include common/silicon/silicon.mk
include kvm-record/rr-kvm.mk
include tcg-replay/rr-tcg.mk
include common/qemu/qemu.mk
include kernel-patch/modules.mk
include common/lab/lab.mk
include common/lab/bochs/bochs.mk
include common/logfmt/fuzz/fuzz.mk
include tests/silicon/silicon.mk
include tests/tests.mk
include common/build/install.mk
endif
include bench/bench.mk

all: programs qemu $(if $(CONFIG_LAB),lab) $(if $(CONFIG_LAB_INTEL),lab-intel)

deps:
	$(Q)sh common/build/deps.sh $(BUILD)

demo: deps
	$(Q)$(MAKE) programs qemu lab guest
	$(Q)sh common/build/demo.sh $(BUILD)

# T='replay-*' names the tests to run.
check: deps
	$(Q)$(MAKE) check-built

# QEMU's own style check is part of its source.
style: $(BUILD)/qemu-src/.rr-ready
	$(Q)sh common/build/style.sh $(BUILD)

# Downloads, unpacked kernels and the configuration stay.
clean:
	rm -rf $(addprefix $(BUILD)/,.value asan bench bench-guest bin fuzz lib libexec obj \
		share tests demo guest lab kernel qemu qemu-user qemu-series qemu-src qemu-src.new modules.log \
		bochs-src bochs.log)
distclean:
	rm -rf $(BUILD)

help:
	@echo 'Build, below build/:'
	@echo '  all          everything the configuration asks for'
	@echo '  programs     rr-kvm, rr-tcg, rr-log and librrlog.a only'
	@echo '  qemu         QEMU with the recorder, the replayer and its plugins'
	@echo '  qemu-user    the same TCG in user mode, for check-silicon'
	@echo '  modules      kvm.ko, kvm-amd.ko and kvm-intel.ko'
	@echo '  lab          the image of the lab'
	@echo '  lab-intel    Bochs, and the image of the lab with an Intel host'
	@echo '  guest        the guest of the demo and of the tests'
	@echo '  tests        all test programs'
	@echo 'Prepare:'
	@echo '  deps         install the Debian packages that are missing'
	@echo '  menuconfig   choose the options of the build'
	@echo '  defconfig    set all options to their defaults'
	@echo 'Use:'
	@echo '  demo         deps, all; record a guest in the lab and replay it'
	@echo '  install      install below PREFIX ($(PREFIX)) in DESTDIR'
	@echo '  clean        remove all but downloads and options'
	@echo '  distclean    remove all'
	@echo "Test (T='logfmt-*' runs the tests whose name matches):"
	@echo '  check        deps, all; run all tests'
	@echo '  check-unit   run the tests that need no VM'
	@echo '  check-kvm    run the tests of the KVM patches, in the lab'
	@echo '  check-system run the tests that record and replay'
	@echo '  check-silicon  compare TCG with this processor: EXECUTIONS=1e9 SEED=1'
	@echo '  list-tests   print the names of all tests'
	@echo '  check-zoo    machines with all kinds of devices, in the lab; ROWS="q35 usb"'
	@echo '  check-ways   guests that go Windows'"'"' ways, in the lab; ROWS="bios s3"'
	@echo '  style        check the style of all files'
	@echo '  qemu-series-check   compile QEMU after each patch (by hand; slow)'
	@echo '  fuzz         fuzz the readers, FUZZ_SECONDS each (RR_FUZZ=1 make deps)'
	@echo 'Measure:'
	@echo '  bench        the cost of recording and of replaying (hours)'
	@echo '  bench-short  the same for fewer workloads'
	@echo '  bench-logfmt the cost of reading and writing traces, without a VM'
	@echo '  bench-check  compare a short set with bench/baseline.json'
	@echo '  bench-accept write a new bench/baseline.json'
	@echo '  bench-compare A=FILE B=FILE   compare two results'
	@echo 'V=1 shows the commands.'
