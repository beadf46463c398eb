/*
 * librrlog: reading and writing traces of whole-machine recordings.
 *
 * FORMAT.md describes the bytes of a trace and the meaning of its records; this
 * header is the interface.  It is plain C11, without QEMU and without global
 * state.
 *
 * Errors: a function returns 0 or a negative errno value unless it says
 * otherwise.
 * -EBADMSG means that the trace is damaged, -ENOMEM can come from everywhere.
 * rrlog_writer_error() and rrlog_reader_error() give the text of the first
 * error, with file and offset.
 *
 * Ownership: strings and buffers that are passed in are copied.  Pointers that
 * are returned belong to the writer or reader and live as long as it, unless
 * the function says otherwise.
 *
 * Threads: several threads may append to one writer, and flush it, at a time
 * (it locks); its other functions are for one thread.  A reader is for one
 * thread at a time.
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
#define RRLOG_PAGE_BYTES 4096 /* a page of guest RAM */
#define RRLOG_REGION_BYTES (2u << 20) /* guest RAM in one digest */
#define RRLOG_MAX_FIELDS 6
#define RRLOG_MAX_DATA_BYTES (16u << 20) /* data of one record */
#define RRLOG_MAX_BLOCKS 256
#define RRLOG_MAX_SLOTS 1024
#define RRLOG_CPU_STATE_BYTES (165 * 8) /* data of cpu-state and end */
/* The data of words: each word's offset in the block, and its value. */
#define RRLOG_WORD_BYTES 16
#define RRLOG_MAX_WORDS 8
/* No processor retires more conditional branches in a nanosecond. */
#define RRLOG_MAX_BRANCHES_PER_NS 64

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
	X(CLOCK, 20, clock, "clock", 0, F(value))                         \
	X(TLB_FLUSH, 21, tlb_flush, "tlb-flush", 0, )                     \
	X(PTE_BITS, 22, pte_bits, "pte-bits", 0, F(gpa) F(bits))          \
	X(START, 23, start, "start", 0,                                   \
	  F(apic_base) F(fop) F(fip) F(fdp) F(xinuse))                    \
	X(WORDS, 24, words, "words", 1, F(block) F(size))

/* The records that are results of instructions (struct rrlog_result). */
#define RRLOG_RESULT_RECORDS(X, F)                                   \
	X(RDTSC, 3, rdtsc, "rdtsc", 0, F(value) F(flags))            \
	X(RDTSCP, 4, rdtscp, "rdtscp", 0, F(value) F(aux) F(flags))  \
	X(RDPMC, 5, rdpmc, "rdpmc", 0, F(value) F(index) F(flags))   \
	X(RDRAND, 6, rdrand, "rdrand", 0, F(value) F(size) F(flags)) \
	X(RDSEED, 7, rdseed, "rdseed", 0, F(value) F(size) F(flags)) \
	X(RDMSR, 8, rdmsr, "rdmsr", 0, F(value) F(index) F(fault))   \
	X(WRMSR, 9, wrmsr, "wrmsr", 0, F(index) F(fault))

/* For F, where the fields are not wanted. */
#define RRLOG_NO_FIELD(name)

enum rrlog_type {
#define RRLOG_TYPE_ENUMERATOR(ID, number, ...) RRLOG_##ID = number,
	RRLOG_RECORDS(RRLOG_TYPE_ENUMERATOR, RRLOG_NO_FIELD)
};

/*
 * A struct with the fields of each type: struct rrlog_slot_fields { uint64_t
 * slot, gpa, size, block, offset, flags; } and so on.
 */
#define RRLOG_FIELD_DECLARATION(name) uint64_t name;
#define RRLOG_FIELDS_STRUCT(ID, number, id, name, has_data, fields) \
	struct rrlog_##id##_fields {                                \
		fields                                              \
	};
RRLOG_RECORDS(RRLOG_FIELDS_STRUCT, RRLOG_FIELD_DECLARATION)

/* Members of a union: struct rrlog_slot_fields slot; and so on. */
#define RRLOG_FIELDS_MEMBER(ID, number, id, ...) struct rrlog_##id##_fields id;

enum rrlog_end_reason {
	/* The guest powered off, or QEMU was told to quit. */
	RRLOG_END_SHUTDOWN = 1,
	/* The user stopped the recording. */
	RRLOG_END_STOPPED = 2,
	/* An error stopped the recording. */
	RRLOG_END_ERROR = 3,
};

struct rrlog_type_info {
	enum rrlog_type type;
	const char *name;
	bool has_data;
	unsigned int field_count;
	const char *fields[RRLOG_MAX_FIELDS];
};

/** The description of a record type; NULL for a number that is not a type. */
const struct rrlog_type_info *rrlog_type_info(unsigned int type);

/* When a record takes effect. */
enum rrlog_stamp {
	/*
	 * At an access of the guest: the record is the result of the read or
	 * instruction; or (dma, slot, cr8 ...) a device did this while it
	 * handled the output byte that made the count reach .output_bytes.
	 */
	RRLOG_AT_ACCESS = 0,
	/* Between two instructions, at .landmark. */
	RRLOG_AT_LANDMARK = 1,
};

struct rrlog_record {
	uint8_t type; /* enum rrlog_type */
	uint8_t stamp; /* enum rrlog_stamp */
	/* Number of bytes that the guest has written to ports and MMIO ... */
	uint64_t output_bytes;
	/*
	 * ... and the low 32 bits of their rolling hash (rr_output_hash());
	 * zero if not RRLOG_AT_LANDMARK.
	 */
	uint32_t output_hash;
	struct rr_landmark landmark; /* zero if not RRLOG_AT_LANDMARK */
	union { /* .type says which member is valid; .field is always */
		uint64_t field[RRLOG_MAX_FIELDS];
		RRLOG_RECORDS(RRLOG_FIELDS_MEMBER, RRLOG_NO_FIELD)
	};
	const void *data; /* from a reader: valid until its next call */
	size_t data_bytes;
	/*
	 * From a reader without RRLOG_FETCH_BLOBS: the data is in "blobs",
	 * .data is NULL and .data_bytes its size.  A writer wants false.
	 */
	bool in_blobs;
};

/*
 * The result of an instruction: a record RRLOG_AT_ACCESS of a type that has no
 * data and at most RRLOG_RESULT_FIELDS fields.
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
	const char *path; /* on the host that recorded */
};

struct rrlog_block {
	uint32_t id; /* 0 .. RRLOG_MAX_BLOCKS - 1 */
	char name[256]; /* the idstr of QEMU, e.g. "pc.ram" */
	uint64_t size_bytes; /* multiple of RRLOG_PAGE_BYTES */
};

/* ---- writing ---- */

struct rrlog_writer;

/*
 * To write a trace: create; manifest_set, add_block and put_page in any order;
 * start; append ...; close.  A trace is a directory of mode 0700 with files of
 * mode 0600, whatever the umask.
 */

/**
 * Create the directory @path of a trace; -EEXIST if it exists.
 * @codec: "zstd", "zlib", "none", or NULL for the best one that is built in;
 * -EINVAL if it is unknown, -EOPNOTSUPP if it is not built in.
 * @writer: gets the writer, or NULL on failure; rrlog_writer_close() frees it.
 */
int rrlog_writer_create(const char *path, const char *codec,
			struct rrlog_writer **writer);

/** Set an entry of the manifest.  -EILSEQ: not UTF-8; -EBUSY: after start. */
int rrlog_writer_manifest_set(struct rrlog_writer *w, const char *key,
			      const char *value);
/**
 * Set an entry of what is noted when the recording ends, at any time before
 * that: it is written when the trace is closed as complete.  -EILSEQ: not UTF-8.
 */
int rrlog_writer_end_set(struct rrlog_writer *w, const char *key,
			 const char *value);
/** Set an entry to a number, as decimal text. */
int rrlog_writer_manifest_set_u64(struct rrlog_writer *w, const char *key,
				  uint64_t value);
/** Set an entry to binary data, as base64 text. */
int rrlog_writer_manifest_set_bytes(struct rrlog_writer *w, const char *key,
				    const void *data, size_t bytes);

/**
 * Add a RAM block.  -EINVAL: impossible; -EEXIST: there is one with this id;
 * -EBUSY: after start.
 */
int rrlog_writer_add_block(struct rrlog_writer *w,
			   const struct rrlog_block *block);

/**
 * Put one page of the start state: @page has RRLOG_PAGE_BYTES.  Pages that are
 * not put are zero.  @page_index: offset in the block / RRLOG_PAGE_BYTES.
 * -EBUSY: after start.
 */
int rrlog_writer_put_page(struct rrlog_writer *w, uint32_t block,
			  uint64_t page_index, const void *page);

/**
 * The guest's TLB was flushed at landmarks, and a replay must do the same: a
 * reader that does not know this refuses the trace.  RRLOG_TLB_FLUSH needs it.
 * -EBUSY: after start.
 */
int rrlog_writer_set_tlb_flushes(struct rrlog_writer *w);

/**
 * The accessed and dirty bits of the guest's page tables are records of type
 * RRLOG_PTE_BITS; a replay sets no others.  As above.
 */
int rrlog_writer_set_pte_bits(struct rrlog_writer *w);

/**
 * The recording begins while the guest runs: RRLOG_START has what is left of
 * its CPU state.  As above.
 */
int rrlog_writer_set_late_start(struct rrlog_writer *w);

/**
 * There are records of type RRLOG_WORDS, which say where a landmark is by what
 * memory holds there.  As above.
 */
int rrlog_writer_set_words(struct rrlog_writer *w);

/**
 * Sync manifest and start state to the disk; records may be appended then.
 * -EINVAL: a page is in no block.
 */
int rrlog_writer_start(struct rrlog_writer *w);

/**
 * Append a record.  This is cheap: it encodes the record into the current
 * frame.  A thread of the writer compresses and writes the frame when it is
 * full, and 100 ms after its first record at the latest.  If the disk cannot
 * keep up, this waits (rrlog_writer_wait_ns()): at most 8 MiB and 16 frames are
 * in memory.
 * -EINVAL: an impossible record, or before start.  Once writing has failed (e.g.
 * the disk is full), every call returns that error, and the trace ends with the
 * last whole frame.
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
 * Sync each frame to the disk, or no longer: a power cut then loses no more
 * than kill -9 does.  Any thread, at any time.
 */
void rrlog_writer_set_fsync(struct rrlog_writer *w, bool sync);

/**
 * Declare a disk image whose bytes need not be in the trace; after start.  The
 * caller makes sure that the image does not change from then on.  *@id gets its
 * number.  -EINVAL: no path, one of PATH_MAX bytes or more, or before start;
 * -ENOSPC: too many images.
 */
int rrlog_writer_add_image(struct rrlog_writer *w, const char *path,
			   uint64_t size_bytes, uint64_t mtime_ns,
			   uint32_t *id);

/**
 * As rrlog_writer_append() for a record of type RRLOG_DMA whose data (in @rec,
 * as always) is the content of the image from @image_offset on.  The trace gets
 * a reference and a checksum instead of the data.
 */
int rrlog_writer_append_from_image(struct rrlog_writer *w,
				   const struct rrlog_record *rec,
				   uint32_t image, uint64_t image_offset);

/** Wait until everything appended so far has been written to the file. */
int rrlog_writer_flush(struct rrlog_writer *w);

/**
 * How much was appended so far: @records; @raw_bytes of encoded records and new
 * blobs before compression; @stored_bytes in the files.  Each may be NULL.
 */
void rrlog_writer_stats(struct rrlog_writer *w, uint64_t *records,
			uint64_t *raw_bytes, uint64_t *stored_bytes);

/** The time that appending has waited because the disk could not keep up. */
uint64_t rrlog_writer_wait_ns(struct rrlog_writer *w);

/**
 * Write the remaining records, mark the trace as complete if @clean, and free
 * @w, which may be NULL.  A trace that was not started is removed.  Returns the
 * first error of writing.
 */
int rrlog_writer_close(struct rrlog_writer *w, bool clean);

/** The text of the first error; "" if there was none. */
const char *rrlog_writer_error(const struct rrlog_writer *w);

/**
 * Remove the trace @path: its files and then the directory.  -EINVAL: it is not
 * a trace, nothing was removed; -ENOTEMPTY: it has other files as well.
 */
int rrlog_trace_remove(const char *path);

/* ---- reading ---- */

struct rrlog_reader;

/**
 * Open the trace @path, a directory or a packed file.  -EINVAL: not a trace;
 * -EPROTONOSUPPORT: a version or feature that this library does not know.
 * @reader: gets the reader even on failure (unless memory is short), so that
 * rrlog_reader_error() can be called; close it in any case.
 */
int rrlog_reader_open(const char *path, struct rrlog_reader **reader);

/** Free @r, which may be NULL. */
void rrlog_reader_close(struct rrlog_reader *r);
/** The text of the first error; "" if there was none. */
const char *rrlog_reader_error(const struct rrlog_reader *r);

/** The writer called rrlog_writer_set_tlb_flushes(). */
bool rrlog_reader_has_tlb_flushes(const struct rrlog_reader *r);
/** The writer called rrlog_writer_set_pte_bits(). */
bool rrlog_reader_has_pte_bits(const struct rrlog_reader *r);
/** The writer called rrlog_writer_set_late_start(). */
bool rrlog_reader_has_late_start(const struct rrlog_reader *r);
/** The writer called rrlog_writer_set_words(). */
bool rrlog_reader_has_words(const struct rrlog_reader *r);

/** The entry of the manifest with this key, or NULL. */
const char *rrlog_reader_manifest(const struct rrlog_reader *r,
				  const char *key);
/** The entry as a number.  -ENOENT: no entry; -EINVAL: not a number. */
int rrlog_reader_manifest_u64(const struct rrlog_reader *r, const char *key,
			      uint64_t *value);
/**
 * The entry as binary data.  *@data is malloc()ed, and the caller frees it.
 * -ENOENT: no entry.
 */
int rrlog_reader_manifest_bytes(const struct rrlog_reader *r, const char *key,
				void **data, size_t *bytes);
/** The number of entries. */
size_t rrlog_reader_manifest_count(const struct rrlog_reader *r);
/**
 * The key of entry @i, in the order of the manifest; NULL if @i is too large.
 */
const char *rrlog_reader_manifest_key(const struct rrlog_reader *r, size_t i);

/**
 * The same for what was noted when the recording ended; there are no entries if
 * the trace is older, or was cut off.
 */
const char *rrlog_reader_end(const struct rrlog_reader *r, const char *key);
size_t rrlog_reader_end_count(const struct rrlog_reader *r);
const char *rrlog_reader_end_key(const struct rrlog_reader *r, size_t i);

/** The number of RAM blocks. */
size_t rrlog_reader_block_count(const struct rrlog_reader *r);
/** RAM block @i, in the order of the manifest; NULL if @i is too large. */
const struct rrlog_block *rrlog_reader_block(const struct rrlog_reader *r,
					     size_t i);

/**
 * Pass each page of the start state that is not zero to @fn, checked.  Stops
 * when @fn returns non-zero, and returns that.  @page is valid during the call.
 */
typedef int rrlog_page_fn(void *opaque, uint32_t block, uint64_t page_index,
			  const void *page);
int rrlog_reader_for_each_page(struct rrlog_reader *r, rrlog_page_fn *fn,
			       void *opaque);

/* What rrlog_reader_next() fetches; both by default. */
#define RRLOG_FETCH_BLOBS 1u /* data that is in "blobs" */
#define RRLOG_FETCH_IMAGES 2u /* dma-image becomes dma; image is left out */

/** @fetch: RRLOG_FETCH_... ored; with 0 records come as they are stored. */
void rrlog_reader_set_fetch(struct rrlog_reader *r, unsigned int fetch);

/** The image @id; NULL if no record that was read so far describes it. */
const struct rrlog_image *rrlog_reader_image(const struct rrlog_reader *r,
					     uint32_t id);
/**
 * Use the file @path for the image, not the path in the trace.  -EINVAL: @id.
 */
int rrlog_reader_set_image_path(struct rrlog_reader *r, uint32_t id,
				const char *path);
/**
 * Look for images also in the directory @dir, by the last part of their paths.
 * Without that they are looked for beside the trace alone.
 */
void rrlog_reader_add_image_dir(struct rrlog_reader *r, const char *dir);
/**
 * Look for images also where the trace says that they were.  A stranger's trace
 * may name any file: only for a user who trusts it.
 */
void rrlog_reader_trust_images(struct rrlog_reader *r);
/**
 * Open now the images that records of the trace declare, so that no file need be
 * opened later; it reads all records for this.  What cannot be opened is an
 * error only when its bytes are needed, and so is damage.  The reader must be
 * before the first record, and is there again.  It must know by now where images
 * are, and rrlog_reader_check() comes after.
 */
void rrlog_reader_open_images(struct rrlog_reader *r);
/**
 * Read @bytes of an image at @offset, without a check of their content.
 * -EINVAL: the image is not known; else errors as from rrlog_reader_next().
 */
int rrlog_reader_read_image(struct rrlog_reader *r, uint32_t id,
			    uint64_t offset, void *data, size_t bytes);

/**
 * Read the next record into *rec.  Returns 1; 0 at the end; negative on an
 * error, after which every call returns the same. rec->data is valid until the
 * next call for @r.  -ENOENT: an image is missing; -EACCES: it is not
 * where images are looked for; -ESTALE: an image has changed; the trace itself is not damaged then, and the text names the image.
 */
int rrlog_reader_next(struct rrlog_reader *r, struct rrlog_record *rec);
/**
 * Check from now on also what records mean (FORMAT.md, "Limits of fields"): that
 * their numbers lie within the machine of the manifest, that they may stand
 * where they do, and that a complete trace says what the guest was at its end.
 * The reader must be before the first record; a rewind begins anew, and moving
 * elsewhere ends the check.  -EBADMSG: the manifest cannot be of a machine.
 */
int rrlog_reader_check(struct rrlog_reader *r);
/**
 * With rrlog_reader_check(): the bytes of RAM that digests have stated so far.
 */
uint64_t rrlog_reader_digested_bytes(const struct rrlog_reader *r);

/** Move to before the first record. */
int rrlog_reader_rewind(struct rrlog_reader *r);

/**
 * Move to before the record with this ordinal; that of the first is 0.
 * -ERANGE: there are fewer records; the reader is at the end then.
 */
int rrlog_reader_seek_record(struct rrlog_reader *r, uint64_t record);
/**
 * Move to before the last frame that begins at or before this branch count, or
 * to before the first record if there is none.  A frame begins at the highest
 * branch count of the landmarks up to its first record.  This reads headers of
 * frames only, and only a few of them if the trace has an index.
 */
int rrlog_reader_seek_branches(struct rrlog_reader *r, uint64_t branches);
/** The same for a time, in ns since the recording began. */
int rrlog_reader_seek_time_ns(struct rrlog_reader *r, uint64_t time_ns);

/*
 * A place of one reader between two records, with all that reading on from there
 * needs, what rrlog_reader_check() knows included.
 */
struct rrlog_mark;

/**
 * Mark where @r is; rrlog_mark_free() frees *@mark, before the reader is closed
 * or after.  Fails once reading has failed, with the same error.
 */
int rrlog_reader_mark(const struct rrlog_reader *r, struct rrlog_mark **mark);
/**
 * Move back, or on, to where @mark was made with this reader.  The records from
 * there on are the same again, and are checked as they were.  An error after
 * which rrlog_reader_next() gave no more records is forgotten: damage shows again
 * when it is reached.  It costs reading one frame.
 */
int rrlog_reader_return(struct rrlog_reader *r, const struct rrlog_mark *mark);
/** Free @mark, which may be NULL. */
void rrlog_mark_free(struct rrlog_mark *mark);

/** The recorder has closed the trace, and marked it as complete. */
bool rrlog_reader_is_complete(const struct rrlog_reader *r);
/**
 * Once at the end: the bytes of a torn last frame, which were dropped, or 0.
 */
uint64_t rrlog_reader_torn_bytes(const struct rrlog_reader *r);

/* Where a reader is, and what it has read since it was opened or moved. */
struct rrlog_reader_position {
	uint64_t record_count; /* ordinal of the next record */
	uint64_t skipped_count; /* optional records of unknown types */
	uint64_t frame_count;
	uint64_t frame_offset; /* of the current frame in the file "events" */
	uint64_t frame_time_ns; /* its time since the recording began */
	uint64_t raw_bytes; /* of the frames so far, before compression */
	uint64_t stored_bytes; /* of the frames so far, with headers */
	size_t record_bytes; /* encoded size of the last record */
	size_t landmark_bytes; /* its part for the landmark */
	uint64_t total_records; /* in a complete trace; else 0 */
	uint64_t file_bytes; /* size of "events" */
	uint64_t pages_file_bytes; /* size of "pages" */
	uint64_t blobs_file_bytes; /* size of "blobs" */
};
/** Fill *position. */
void rrlog_reader_position(const struct rrlog_reader *r,
			   struct rrlog_reader_position *position);

#endif
