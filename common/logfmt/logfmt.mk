# SPDX-License-Identifier: GPL-2.0-or-later
#
# librrlog, and the program rr-log.

logfmt_sources := $(wildcard common/landmark/*.c \
	$(addsuffix /*.c,$(addprefix common/logfmt/,base file data trace)))
log_sources := $(filter-out %/main.c,$(wildcard common/logfmt/tool/*.c))

$(eval $(call archive,librrlog,$(logfmt_sources)))
$(eval $(call archive,rr-log,$(log_sources)))
$(eval $(call program,rr-log,common/logfmt/tool/main.c,rr-log rr-cli librrlog))

lib := $(BUILD)/lib/librrlog.a
programs: $(lib)

# librrlog takes nanoseconds for a record.  -O2 takes a fifth more.
$(call objects,$(logfmt_sources)): CFLAGS += -O3

archive_libs := $(shell pkg-config --libs libarchive)
$(BUILD)/bin/rr-log $(asan)/bin/rr-log: LDLIBS += $(archive_libs)

unit_links_logfmt := rr-log rr-cli
unit_libs_logfmt := $(archive_libs)
manuals += common/logfmt/rr-log.1
