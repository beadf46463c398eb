# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measurements: see bench/run.py.

BENCH_OPTIONS ?=
bench_run = $(test_env) /usr/bin/python3 bench/run.py
.PHONY: bench bench-short bench-guest bench-check bench-accept bench-compare \
	bench-logfmt

bench-compare:
	@[ -n '$(A)' ] && [ -n '$(B)' ] || \
		{ echo 'Use: make bench-compare A=FILE B=FILE [JSON=1]' >&2; exit 2; }
	@/usr/bin/python3 bench/compare.py $(if $(JSON),--json) '$(A)' '$(B)'

ifeq ($(configured),yes)
# librrlog alone, without a VM.
logfmt_bench := $(patsubst %.c,$(BUILD)/%,$(wildcard bench/logfmt-*.c))
$(logfmt_bench): $(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(lib)
	@mkdir -p $(@D)
	$(link)
bench-logfmt: $(logfmt_bench)
	$(Q)for b in $^; do $$b $(BUILD)/bench || exit 1; done

bench-guest: $(BUILD)/bench-guest/.ready
$(BUILD)/bench-guest/.ready: $(versions) $(wildcard bench/guest/* bench/workloads/*)
	$(call say,GUEST,$(@D))$(alone) sh bench/guest/mkguest.sh $(BUILD)
	@touch $@

bench: all bench-guest bench-logfmt
	$(Q)$(test_env) sh bench/clock.sh
	$(Q)$(bench_run) full --verify --replay --count-replay --scaling $(BENCH_OPTIONS)
	$(Q)/usr/bin/python3 bench/page.py $(BUILD)/bench/results-full.json $(BUILD)/bench/index.html
bench-short: all bench-guest
	$(Q)$(bench_run) short --verify --replay $(BENCH_OPTIONS)
	$(Q)/usr/bin/python3 bench/page.py $(BUILD)/bench/results-short.json $(BUILD)/bench/index.html

# The counts hold for one build of QEMU and of the modules.  Another build of the
# same sources in another directory differed by up to 1.8 %.
bench-check: all guest bench-guest
	$(Q)$(test_env) sh tests/run.sh bench/check-baseline.sh
bench-accept: all bench-guest
	$(Q)$(bench_run) check --verify -o bench/baseline.json $(BENCH_OPTIONS)
endif
