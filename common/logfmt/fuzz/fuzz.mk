# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzz targets for all that reads a trace.  Each runs for FUZZ_SECONDS.  Seeds are
# cut from the trace FUZZ_TRACE if it exists.  The limits of memory: a reader may
# hold a frame of 17 MiB twice, before and after decompression.

FUZZ_SECONDS ?= 60
FUZZ_TRACE ?= $(BUILD)/demo/demo.rrt
fuzz_options = -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -timeout=10 \
	-malloc_limit_mb=40 -rss_limit_mb=512 -max_len=65536 -use_value_profile=1
fuzz_targets := $(patsubst common/logfmt/fuzz/%.c,$(BUILD)/fuzz/%,\
	$(wildcard common/logfmt/fuzz/fuzz-*.c))

$(fuzz_targets): $(BUILD)/fuzz/%: common/logfmt/fuzz/%.c common/logfmt/fuzz/trace.c \
		$(logfmt_sources) \
		$(wildcard common/logfmt/*.h common/logfmt/*/*.h common/landmark/*.h) $(flags)
	@command -v clang >/dev/null || { echo 'No clang: run "RR_FUZZ=1 make deps"' >&2; exit 1; }
	@mkdir -p $(@D)
	$(call say,CC FUZZ,$@)clang $(CPPFLAGS) -std=gnu11 -O1 -g \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $(filter %.c,$^) $(LDLIBS)
# It checks that the library opens no file that a trace names.
$(BUILD)/fuzz/fuzz-images: LDLIBS += -Wl,--wrap=open,--wrap=stat,--wrap=lstat
$(BUILD)/fuzz/seeds-of-trace: $(call objects,common/logfmt/fuzz/seeds.c) $(lib)
	@mkdir -p $(@D)
	$(link)

# A stranger's trace: one whose records mean something else (tests/system/replay).
mutate := $(BUILD)/tests/rrlog-mutate
$(mutate): $(call objects,common/logfmt/fuzz/rrlog-mutate.c common/logfmt/fuzz/mutate.c) $(lib)
	@mkdir -p $(@D)
	$(link)

# They also go through the replayer's code, with the sanitizers.
FUZZ_MUTANTS ?= 100000
appliers := $(BUILD)/tests/unit/tcg-replay-fuzz/appliers
.PHONY: fuzz
fuzz: $(appliers) $(fuzz_targets) $(BUILD)/fuzz/seeds-of-trace $(BUILD)/bin/rr-log
	$(Q)if [ -e $(FUZZ_TRACE) ]; then \
		$(BUILD)/fuzz/seeds-of-trace $(FUZZ_TRACE) $(BUILD)/fuzz/seeds \
			$(BUILD)/bin/rr-log || exit 1; \
	else echo 'No $(FUZZ_TRACE): no seeds from a trace'; fi
	$(Q)for f in $(fuzz_targets); do \
		sh common/logfmt/fuzz/run.sh $$f $(BUILD)/fuzz $(fuzz_options) || exit 1; done
	$(Q)RR_MUTANTS=$(FUZZ_MUTANTS) RR_FIRST_SEED=$${RR_FIRST_SEED:-$$$$} $(appliers)
