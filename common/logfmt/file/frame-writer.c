/*
 * Writing the frames of a file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/frame-writer.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/base/io.h"

int rrlog_frame_writer_create(struct rrlog_frame_writer *fw, int dir_fd,
			      const char *name, struct rrlog_file_header *h)
{
	fw->fd = rrlog_create_file(dir_fd, name);
	if (fw->fd < 0)
		return fw->fd;
	fw->offset = RRLOG_FRAMES_OFFSET;
	if (fw->compressor.codec == RRLOG_CODEC_ZSTD)
		h->must_features |= RRLOG_MUST_ZSTD;
	fw->salt = rrlog_frame_salt(h->trace_id);
	return rrlog_write_header(fw->fd, h, &fw->chain);
}

/* What follows a header: in .out, behind the header, or the raw bytes. */
struct stored_bytes {
	enum rrlog_codec codec;
	const uint8_t *data;
	size_t bytes;
};

static struct stored_bytes compress_raw(struct rrlog_frame_writer *fw,
					const struct rrlog_frame *frame)
{
	uint8_t *out = fw->out.bytes + RRLOG_HEADER_BYTES;
	size_t bytes = rrlog_compress(&fw->compressor, frame->raw,
				      frame->raw_bytes, out);

	if (bytes)
		return (struct stored_bytes){ fw->compressor.codec, out,
					      bytes };
	return (struct stored_bytes){ RRLOG_CODEC_NONE, frame->raw,
				      frame->raw_bytes };
}

/* Put the header of the frame into .out; return its checksum. */
static uint32_t put_header(struct rrlog_frame_writer *fw,
			   const struct rrlog_frame *frame,
			   const struct stored_bytes *stored)
{
	struct rrlog_frame_header h = {
		.magic = htole32(RRLOG_FRAME_MAGIC),
		.kind = (uint8_t)frame->kind,
		.codec = (uint8_t)stored->codec,
		.raw_bytes = htole32((uint32_t)frame->raw_bytes),
		.stored_bytes = htole32((uint32_t)stored->bytes),
		.item_count = htole32(frame->item_count),
		.first_ordinal = htole64(fw->item_count),
		.time_ns = htole64(frame->time_ns),
		.first_branches = htole64(frame->first_branches),
		.salt = htole64(fw->salt),
		.chain = htole32(fw->chain),
	};
	uint32_t checksum;

	h.stored_checksum =
		htole32(rrlog_checksum(stored->data, stored->bytes));
	checksum = rrlog_checksum_continue(fw->chain, &h, RRLOG_CHECKED_BYTES);
	h.checksum = htole32(checksum);
	memcpy(fw->out.bytes, &h, sizeof(h));
	return checksum;
}

/*
 * Bytes that are not compressed are not copied: they take a write of their own.
 */
static int write_stored(struct rrlog_frame_writer *fw,
			const struct stored_bytes *stored)
{
	int err;

	if (stored->codec != RRLOG_CODEC_NONE)
		return rrlog_write_all(fw->fd, fw->out.bytes,
				       RRLOG_HEADER_BYTES + stored->bytes,
				       fw->offset);
	err = rrlog_write_all(fw->fd, fw->out.bytes, RRLOG_HEADER_BYTES,
			      fw->offset);
	if (err)
		return err;
	return rrlog_write_all(fw->fd, stored->data, stored->bytes,
			       fw->offset + RRLOG_HEADER_BYTES);
}

int rrlog_frame_write(struct rrlog_frame_writer *fw,
		      const struct rrlog_frame *frame)
{
	struct stored_bytes stored;
	uint32_t checksum;
	int err;

	err = rrlog_buffer_reserve(&fw->out,
				   RRLOG_HEADER_BYTES + frame->raw_bytes);
	if (err)
		return err;
	stored = compress_raw(fw, frame);
	checksum = put_header(fw, frame, &stored);
	err = write_stored(fw, &stored);
	if (!err && fw->sync && fdatasync(fw->fd))
		err = -errno;
	if (err) {
		/* If this fails as well, readers drop the torn frame. */
		if (ftruncate(fw->fd, (off_t)fw->offset))
			return err;
		return err;
	}
	fw->offset += RRLOG_HEADER_BYTES + stored.bytes;
	fw->chain = checksum;
	fw->item_count += frame->item_count;
	return 0;
}

int rrlog_frame_writer_complete(struct rrlog_frame_writer *fw)
{
	struct rrlog_file_state state = {
		.state = RRLOG_STATE_COMPLETE,
		.total_bytes = fw->offset,
		.total_items = fw->item_count,
		.chain = fw->chain,
	};
	int err;

	if (fdatasync(fw->fd))
		return -errno;
	err = rrlog_write_state(fw->fd, &state);
	if (err)
		return err;
	return fdatasync(fw->fd) ? -errno : 0;
}

void rrlog_frame_writer_close(struct rrlog_frame_writer *fw)
{
	if (fw->fd >= 0)
		close(fw->fd);
	fw->fd = -1;
	rrlog_compressor_free(&fw->compressor);
	rrlog_buffer_free(&fw->out);
}
