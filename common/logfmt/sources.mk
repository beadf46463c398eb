# What librrlog and rr-log are made of; read by the Makefile at the top.  Paths are
# from there.  Build with -DRR_HAVE_ZSTD and LOGFMT_LIBS_ZSTD to have zstd as well.
LOGFMT_SRCS := $(wildcard common/landmark/*.c \
	$(addsuffix /*.c,$(addprefix common/logfmt/,base file data trace)))
LOGFMT_TOOL_SRCS := $(wildcard common/logfmt/tool/*.c)

LOGFMT_PKGS := json-glib-1.0 glib-2.0 libisal libxxhash zlib
LOGFMT_CFLAGS = -D_GNU_SOURCE -iquote . $(shell pkg-config --cflags $(LOGFMT_PKGS))
LOGFMT_LIBS = $(shell pkg-config --libs $(LOGFMT_PKGS)) -lpthread
LOGFMT_TOOL_LIBS = $(shell pkg-config --libs libarchive)
LOGFMT_LIBS_ZSTD := -lzstd
