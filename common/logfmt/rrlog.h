/*
 * librrlog: reading and writing traces of whole-machine recordings.
 *
 * FORMAT.md describes the bytes; this header is the interface.  Plain C11, no
 * QEMU, no global state.  Functions return 0 or a negative errno value unless
 * said otherwise; -EBADMSG means that the trace is damaged.  The text of the
 * last error, with file and offset, is at rrlog_writer_error() and
 * rrlog_reader_error().
 *
 * Threads: one writer may be used by several threads (it locks); one reader by
 * one thread at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_H
#define RRLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/landmark/landmark.h"

#define RRLOG_FORMAT_VERSION 1
#define RRLOG_PAGE_BYTES 4096
#define RRLOG_REGION_BYTES (2u << 20) /* unit of the digests of guest RAM */
#define RRLOG_MAX_FIELDS 6
#define RRLOG_MAX_DATA_BYTES (16u << 20) /* of one record */
#define RRLOG_MAX_BLOCKS 256

/*
 * The record types and their fields, declared here and nowhere else.
 *
 * X(ID, number, id, "name", has_data, fields), where fields is F(field) for
 * each field, an unsigned 64-bit integer, in the order of the trace.  FORMAT.md
 * (section "Record types") says what each field means; a unit test compares the
 * two.  Numbers are never reused.
 */
#define RRLOG_RECORDS(X, F)                                               \
	X(PIO_READ, 1, pio_read, "pio-read", 1, F(port) F(size) F(count)) \
	X(MMIO_READ, 2, mmio_read, "mmio-read", 1, F(gpa) F(size))        \
	RRLOG_RESULT_RECORDS(X, F)                                        \
	X(DMA, 10, dma, "dma", 1, F(block) F(offset))                     \
	X(SLOT, 11, slot, "slot", 0,                                      \
	  F(slot) F(gpa) F(size) F(block) F(offset) F(flags))             \
	X(INTERRUPT, 12, interrupt, "interrupt", 0, F(vector))            \
	X(NMI, 13, nmi, "nmi", 0, )                                       \
	X(CR8, 14, cr8, "cr8", 0, F(value))                               \
	X(CPU_STATE, 15, cpu_state, "cpu-state", 1, F(halted))            \
	X(END, 16, end, "end", 1, F(reason))                              \
	X(RAM_DIGEST, 17, ram_digest, "ram-digest", 1, F(block) F(first)) \
	X(IMAGE, 18, image, "image", 1, F(image) F(size) F(mtime_ns))     \
	X(DMA_IMAGE, 19, dma_image, "dma-image", 0,                       \
	  F(block) F(offset) F(image) F(image_offset) F(bytes) F(crc32c)) \
	X(CLOCK, 20, clock, "clock", 0, F(value))

/* The results of instructions; struct rrlog_result has members for these. */
#define RRLOG_RESULT_RECORDS(X, F)                                   \
	X(RDTSC, 3, rdtsc, "rdtsc", 0, F(value) F(flags))            \
	X(RDTSCP, 4, rdtscp, "rdtscp", 0, F(value) F(aux) F(flags))  \
	X(RDPMC, 5, rdpmc, "rdpmc", 0, F(value) F(index) F(flags))   \
	X(RDRAND, 6, rdrand, "rdrand", 0, F(value) F(size) F(flags)) \
	X(RDSEED, 7, rdseed, "rdseed", 0, F(value) F(size) F(flags)) \
	X(RDMSR, 8, rdmsr, "rdmsr", 0, F(value) F(index) F(fault))   \
	X(WRMSR, 9, wrmsr, "wrmsr", 0, F(index) F(fault))

#define RRLOG_NO_FIELD(name) /* as F: the fields are not wanted */

enum rrlog_type {
#define RRLOG_TYPE_ENUMERATOR(ID, number, ...) RRLOG_##ID = number,
	RRLOG_RECORDS(RRLOG_TYPE_ENUMERATOR, RRLOG_NO_FIELD)
};

/*
 * The fields of each type by name: struct rrlog_slot_fields { uint64_t slot, gpa,
 * size, block, offset, flags; } and so on.
 */
#define RRLOG_FIELD_DECLARATION(name) uint64_t name;
#define RRLOG_FIELDS_STRUCT(ID, number, id, name, has_data, fields) \
	struct rrlog_##id##_fields {                                \
		fields                                              \
	};
RRLOG_RECORDS(RRLOG_FIELDS_STRUCT, RRLOG_FIELD_DECLARATION)

/* Of a union: a member "slot" of type struct rrlog_slot_fields, and so on. */
#define RRLOG_FIELDS_MEMBER(ID, number, id, ...) struct rrlog_##id##_fields id;

enum rrlog_end_reason {
	RRLOG_END_SHUTDOWN =
		1, /* the guest powered off or QEMU was told to quit */
	RRLOG_END_STOPPED = 2, /* the user stopped the recording */
	RRLOG_END_ERROR = 3, /* the recorder could not go on */
};

struct rrlog_type_info {
	enum rrlog_type type;
	const char *name;
	bool has_data;
	unsigned int field_count;
	const char *fields[RRLOG_MAX_FIELDS];
};

/** Description of a record type; NULL for a number that is not one. */
const struct rrlog_type_info *rrlog_type_info(unsigned int type);

/* Where in the guest's life a record takes effect. */
enum rrlog_stamp {
	/*
	 * At the guest's own access: the answer to the read or instruction
	 * itself, or (dma, slot, cr8 ...) while the device handled the output
	 * byte that made the count reach output_bytes.
	 */
	RRLOG_AT_ACCESS = 0,
	/* Between two instructions, at .landmark. */
	RRLOG_AT_LANDMARK = 1,
};

struct rrlog_record {
	uint8_t type; /* enum rrlog_type */
	uint8_t stamp; /* enum rrlog_stamp */
	/* Bytes the guest has put out (PIO, MMIO writes) since the start ... */
	uint64_t output_bytes;
	/*
	 * ... and the low 32 bits of their rolling hash (rr_output_hash());
	 * RRLOG_AT_LANDMARK only, else zero.
	 */
	uint32_t output_hash;
	struct rr_landmark landmark; /* RRLOG_AT_LANDMARK only, else zero */
	union { /* .type says which member; .field is any of them */
		uint64_t field[RRLOG_MAX_FIELDS];
		RRLOG_RECORDS(RRLOG_FIELDS_MEMBER, RRLOG_NO_FIELD)
	};
	const void *data; /* reader: valid until the next call */
	size_t data_bytes;
	/* Reader without RRLOG_RESOLVE_BLOBS: .data is NULL, the bytes were not
	 * read.  Writers: false. */
	bool in_blobs;
};

/*
 * The result of an instruction, as a record: it is RRLOG_AT_ACCESS and of a
 * type without data and with at most RRLOG_RESULT_FIELDS fields.
 */
#define RRLOG_RESULT_FIELDS 3
struct rrlog_result {
	uint8_t type; /* enum rrlog_type */
	union {
		uint64_t field[RRLOG_RESULT_FIELDS];
		RRLOG_RESULT_RECORDS(RRLOG_FIELDS_MEMBER, RRLOG_NO_FIELD)
	};
};

/* A disk image that records refer to. */
struct rrlog_image {
	uint32_t id;
	uint64_t size_bytes;
	uint64_t mtime_ns;
	const char *path; /* on the machine that recorded */
};

struct rrlog_block {
	uint32_t id; /* 0 .. RRLOG_MAX_BLOCKS - 1 */
	char name[256]; /* QEMU's idstr, "pc.ram" */
	uint64_t size_bytes; /* multiple of RRLOG_PAGE_BYTES */
};

/* ---- writing ---- */

struct rrlog_writer;

/*
 * Writing a trace: create; manifest_set, add_block, put_page in any order;
 * start; append ...; close.  A trace is a folder of mode 0700 with files of
 * mode 0600, whatever the umask.
 */

/**
 * Create the trace folder @path, which must not exist (-EEXIST).
 * @codec: "zstd", "zlib", "none", or NULL for the best one built in.
 */
int rrlog_writer_create(const char *path, const char *codec,
			struct rrlog_writer **writer);

/** Set a manifest entry; @value is copied. Before start only (-EBUSY). */
int rrlog_writer_manifest_set(struct rrlog_writer *w, const char *key,
			      const char *value);
int rrlog_writer_manifest_set_u64(struct rrlog_writer *w, const char *key,
				  uint64_t value);
/** Binary value, kept as base64 text in the manifest. */
int rrlog_writer_manifest_set_bytes(struct rrlog_writer *w, const char *key,
				    const void *data, size_t bytes);

int rrlog_writer_add_block(struct rrlog_writer *w,
			   const struct rrlog_block *block);

/** Content of one page of the start state; pages not put are zero. */
int rrlog_writer_put_page(struct rrlog_writer *w, uint32_t block,
			  uint64_t page_index, const void *page);

/** Seal manifest and start state on disk; records may follow. */
int rrlog_writer_start(struct rrlog_writer *w);

/**
 * Append a record (copied).  Cheap: encodes into the current frame; a thread
 * of the writer compresses and writes frames when full and at least every
 * 100 ms.  When the disk cannot keep up it waits (rrlog_writer_wait_ns()): at
 * most 8 MiB and 16 frames are in memory.  Once writing has failed (a full
 * disk, say) every call returns that error, and the trace ends with the last
 * whole frame.
 */
int rrlog_writer_append(struct rrlog_writer *w, const struct rrlog_record *rec);

/**
 * Append the @count results of instructions that the guest executed one after
 * the other, at @output_bytes.  The trace is the same as if each were appended
 * with rrlog_writer_append(), but this takes two thirds of the time.  -EINVAL
 * if one of them has a type that cannot be a result; none is appended then.
 */
int rrlog_writer_append_results(struct rrlog_writer *w, uint64_t output_bytes,
				const struct rrlog_result *results,
				size_t count);

/**
 * Sync each frame to the disk: what was lost by kill -9 is then all that is
 * lost by a power cut too.
 */
void rrlog_writer_set_fsync(struct rrlog_writer *w, bool sync);

/**
 * Tell about a disk image whose bytes need not be in the trace; after start.
 * The caller sees to it that the image does not change from then on.
 */
int rrlog_writer_add_image(struct rrlog_writer *w, const char *path,
			   uint64_t size_bytes, uint64_t mtime_ns,
			   uint32_t *id);

/**
 * Append a record of type RRLOG_DMA whose bytes (in @rec, as ever) are those of
 * the image from @image_offset on: only the place and a checksum are kept.
 */
int rrlog_writer_append_from_image(struct rrlog_writer *w,
				   const struct rrlog_record *rec,
				   uint32_t image, uint64_t image_offset);

/** Everything appended so far is handed to the kernel when this returns. */
int rrlog_writer_flush(struct rrlog_writer *w);

/** Records; encoded bytes and new blobs, before compression; bytes written. */
void rrlog_writer_stats(struct rrlog_writer *w, uint64_t *records,
			uint64_t *raw_bytes, uint64_t *stored_bytes);

/** Time that append had to wait because the disk could not keep up. */
uint64_t rrlog_writer_wait_ns(struct rrlog_writer *w);

/** Flush, mark the trace as complete (@clean) and free @w (NULL is fine). */
int rrlog_writer_close(struct rrlog_writer *w, bool clean);

const char *rrlog_writer_error(const struct rrlog_writer *w);

/**
 * Remove the trace folder @path: a trace's files and then the folder.
 * -EINVAL: it is none, nothing was touched; -ENOTEMPTY: it held other files.
 */
int rrlog_trace_remove(const char *path);

/* ---- reading ---- */

struct rrlog_reader;

/** Open @path.  -EBADMSG damaged, -EPROTONOSUPPORT a version we cannot read. */
int rrlog_reader_open(const char *path, struct rrlog_reader **reader);

/*
 * rrlog_reader_open() sets *reader even on failure (unless out of memory), so
 * that rrlog_reader_error() can be asked; close it in any case.
 */
void rrlog_reader_close(struct rrlog_reader *r);
const char *rrlog_reader_error(const struct rrlog_reader *r);

/** Manifest entry or NULL; owned by the reader. */
const char *rrlog_reader_manifest(const struct rrlog_reader *r,
				  const char *key);
int rrlog_reader_manifest_u64(const struct rrlog_reader *r, const char *key,
			      uint64_t *value);
/** *data is malloc()ed, the caller frees it. */
int rrlog_reader_manifest_bytes(const struct rrlog_reader *r, const char *key,
				void **data, size_t *bytes);
/** Number of manifest entries and their keys in order. */
size_t rrlog_reader_manifest_count(const struct rrlog_reader *r);
const char *rrlog_reader_manifest_key(const struct rrlog_reader *r, size_t i);

size_t rrlog_reader_block_count(const struct rrlog_reader *r);
const struct rrlog_block *rrlog_reader_block(const struct rrlog_reader *r,
					     size_t i);

/**
 * Hand each stored page of the start state to @fn, checked; stops when @fn
 * returns non-zero and returns that.
 */
typedef int rrlog_page_fn(void *opaque, uint32_t block, uint64_t page_index,
			  const void *page);
int rrlog_reader_for_each_page(struct rrlog_reader *r, rrlog_page_fn *fn,
			       void *opaque);

/* What rrlog_reader_next() fetches; both by default. */
#define RRLOG_RESOLVE_BLOBS 1u /* large data, which is kept apart */
#define RRLOG_RESOLVE_IMAGES 2u /* dma-image becomes dma; image is not given */

/** Combination of the above; with 0 records come as they are stored. */
void rrlog_reader_set_resolve(struct rrlog_reader *r, unsigned int resolve);

/** What the records read so far told about an image; NULL if nothing. */
const struct rrlog_image *rrlog_reader_image(const struct rrlog_reader *r,
					     uint32_t id);
/** Look for the image there, rather than at the path of the recording. */
int rrlog_reader_set_image_path(struct rrlog_reader *r, uint32_t id,
				const char *path);
/** Bytes of an image, unchecked; errors as from rrlog_reader_next(). */
int rrlog_reader_read_image(struct rrlog_reader *r, uint32_t id,
			    uint64_t offset, void *data, size_t bytes);

/**
 * Next record: 1 and *rec filled (data valid until the next call), 0 at the
 * end, negative on damage.  -ENOENT: an image is missing; -ESTALE: it is not
 * what it was; both are no damage of the trace, and the text says which image.
 */
int rrlog_reader_next(struct rrlog_reader *r, struct rrlog_record *rec);
/** Back to the first record. */
int rrlog_reader_rewind(struct rrlog_reader *r);

/**
 * The next record is number @record, as counted by rrlog_reader_position()
 * (the first is 0).  -ERANGE: there are fewer; the reader is at the end then.
 */
int rrlog_reader_seek_record(struct rrlog_reader *r, uint64_t record);
/**
 * The next record is the first of the last frame that begins at or before this
 * branch count, or this time since the recording began; the first record of
 * all if no frame does.  A frame begins at the highest branch count of the
 * landmarks up to its first record.  Nothing but headers is read, with a file
 * "index" only a few of them.
 */
int rrlog_reader_seek_branches(struct rrlog_reader *r, uint64_t branches);
int rrlog_reader_seek_time_ns(struct rrlog_reader *r, uint64_t time_ns);

/** The recorder closed the trace properly. */
bool rrlog_reader_is_complete(const struct rrlog_reader *r);
/** Bytes of a torn last frame that were dropped (0 if none; after the end). */
uint64_t rrlog_reader_torn_bytes(const struct rrlog_reader *r);

/** Where a reader is, and what it has read since it was opened or moved. */
struct rrlog_reader_position {
	uint64_t record_count; /* records before here, with skipped ones */
	uint64_t skipped_count; /* optional ones that this library does not know */
	uint64_t frame_count;
	uint64_t frame_offset; /* of the current frame in the file "events" */
	uint64_t frame_time_ns; /* when it began, since the recording began */
	uint64_t raw_bytes; /* of the frames so far, before compression */
	uint64_t stored_bytes; /* the same in the file, with headers */
	size_t record_bytes; /* that the last record took, encoded */
	size_t landmark_bytes; /* of these, for its landmark */
	uint64_t total_records; /* of a complete trace; 0: not known */
	uint64_t file_bytes; /* of "events" */
	uint64_t pages_file_bytes;
	uint64_t blobs_file_bytes;
};
void rrlog_reader_position(const struct rrlog_reader *r,
			   struct rrlog_reader_position *position);

#endif
