# What librrlog is made of; read by the Makefile at the top.  Paths are from
# there.  Build with -DRR_HAVE_ZSTD and LOGFMT_LIBS_ZSTD to have zstd as well.
LOGFMT_SRCS := \
	common/landmark/landmark.c \
	common/logfmt/blobs-reader.c \
	common/logfmt/blobs-writer.c \
	common/logfmt/compress.c \
	common/logfmt/file.c \
	common/logfmt/frame-reader.c \
	common/logfmt/frame-writer.c \
	common/logfmt/images.c \
	common/logfmt/index.c \
	common/logfmt/index-writer.c \
	common/logfmt/manifest.c \
	common/logfmt/manifest-parse.c \
	common/logfmt/pack.c \
	common/logfmt/pages-reader.c \
	common/logfmt/pages-writer.c \
	common/logfmt/reader.c \
	common/logfmt/record.c \
	common/logfmt/remove.c \
	common/logfmt/resolve.c \
	common/logfmt/store.c \
	common/logfmt/types.c \
	common/logfmt/varint.c \
	common/logfmt/writer.c \
	common/logfmt/writer-append.c \
	common/logfmt/writer-thread.c

LOGFMT_TOOL_SRCS := \
	common/logfmt/tool/age.c \
	common/logfmt/tool/diff.c \
	common/logfmt/tool/diff-items.c \
	common/logfmt/tool/dump.c \
	common/logfmt/tool/extents.c \
	common/logfmt/tool/info.c \
	common/logfmt/tool/json.c \
	common/logfmt/tool/leftovers.c \
	common/logfmt/tool/main.c \
	common/logfmt/tool/pack.c \
	common/logfmt/tool/progress.c \
	common/logfmt/tool/record.c \
	common/logfmt/tool/stats.c \
	common/logfmt/tool/stats-collect.c \
	common/logfmt/tool/stats-json.c \
	common/logfmt/tool/unpack.c \
	common/logfmt/tool/verify.c

LOGFMT_PKGS := json-glib-1.0 glib-2.0 libisal libxxhash zlib
LOGFMT_CFLAGS = -D_GNU_SOURCE -Icommon/landmark -Icommon/logfmt \
	$(shell pkg-config --cflags $(LOGFMT_PKGS))
LOGFMT_LIBS = $(shell pkg-config --libs $(LOGFMT_PKGS)) -lpthread
LOGFMT_TOOL_LIBS = $(shell pkg-config --libs libarchive)
LOGFMT_LIBS_ZSTD := -lzstd
