# SPDX-License-Identifier: GPL-2.0-or-later
#
# How C sources become objects, archives and programs.

export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

# $(call stamp,NAME,VALUE): a file that changes only when the value does.  A target
# that depends on it is built again when the value changes.
stamp = $(shell mkdir -p $(BUILD)/.value; f=$(BUILD)/.value/$(1); \
	printf '%s\n' '$(2)' | cmp -s - $$f || printf '%s\n' '$(2)' >$$f; echo $$f)

CC := $(if $(shell command -v ccache),ccache )gcc
packages := glib-2.0 gio-2.0 json-glib-1.0 libisal libxxhash zlib \
	$(if $(CONFIG_ZSTD),libzstd)
CPPFLAGS := -D_GNU_SOURCE -iquote . $(if $(CONFIG_ZSTD),-DRR_HAVE_ZSTD) \
	$(shell pkg-config --cflags $(packages))
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror
LDFLAGS :=
LDLIBS := $(shell pkg-config --libs $(packages)) -lpfm -lpthread
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
ifeq ($(CONFIG_SANITIZE),y)
CFLAGS += $(sanitize)
LDFLAGS += $(sanitize)
endif
flags := $(call stamp,flags,$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LDLIBS))

# Everything in asan/ is a second copy, built with the sanitizers for the unit
# tests.
asan := $(BUILD)/asan
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
asan_objects = $(patsubst %.c,$(asan)/obj/%.o,$(1))

$(BUILD)/obj/%.o: %.c $(flags)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(asan)/obj/%.o: %.c $(flags)
	@mkdir -p $(@D)
	$(call say,CC ASAN,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -O1 $(sanitize) \
		-MMD -MP -c -o $@ $<

# $(call archive,NAME,SOURCES) defines lib/NAME.a and asan/lib/NAME.a.  They are
# made anew each time, so that objects of deleted sources do not stay.
define archive
$(BUILD)/lib/$(1).a: $(call objects,$(2)) $(call stamp,$(1).a,$(2))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR,$$@)gcc-ar rcsD $$@ $$(filter %.o,$$^)
$(asan)/lib/$(1).a: $(call asan_objects,$(2)) $(call stamp,$(1).a,$(2))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR ASAN,$$@)gcc-ar rcsD $$@ $$(filter %.o,$$^)
endef
archives = $(patsubst %,$(BUILD)/lib/%.a,$(1))
asan_archives = $(patsubst %,$(asan)/lib/%.a,$(1))

link = $(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
	$(filter %.a,$^) $(LDLIBS)
asan_link = $(call say,LD ASAN,$@)$(CC) $(CFLAGS) $(sanitize) -o $@ \
	$(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

# $(call program,NAME,MAIN SOURCE,ARCHIVES...) defines bin/NAME and asan/bin/NAME.
define program
programs += $(BUILD)/bin/$(1)
programs: $(BUILD)/bin/$(1)
$(BUILD)/bin/$(1): $(call objects,$(2)) $(call archives,$(3))
	@mkdir -p $$(@D)
	$$(link)
$(asan)/bin/$(1): $(call asan_objects,$(2)) $(call asan_archives,$(3))
	@mkdir -p $$(@D)
	$$(asan_link)
endef

.PHONY: programs
programs :=
-include $(shell find $(BUILD)/obj $(asan)/obj -name '*.d' 2>/dev/null)
