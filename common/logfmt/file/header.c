/*
 * The start of a file of frames: header and state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/header.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/base/io.h"

uint64_t rrlog_frame_salt(const uint8_t *trace_id)
{
	uint64_t salt_le;

	memcpy(&salt_le, trace_id, sizeof(salt_le));
	return le64toh(salt_le);
}

int rrlog_write_header(int fd, struct rrlog_file_header *h, uint32_t *chain)
{
	struct {
		struct rrlog_file_header header;
		struct rrlog_file_state state;
	} start = { .header = *h };

	start.header.version = htole32(RRLOG_FORMAT_VERSION);
	start.header.must_features = htole64(h->must_features);
	start.header.may_features = htole64(h->may_features);
	start.header.manifest_checksum = htole32(h->manifest_checksum);
	*chain = rrlog_checksum(&start.header, RRLOG_CHECKED_BYTES);
	start.header.checksum = htole32(*chain);
	start.state.checksum =
		htole32(rrlog_checksum(&start.state, RRLOG_CHECKED_BYTES));
	return rrlog_write_all(fd, &start, sizeof(start), 0);
}

int rrlog_write_state(int fd, const struct rrlog_file_state *state)
{
	struct rrlog_file_state out = {
		.state = state->state,
		.total_bytes = htole64(state->total_bytes),
		.total_items = htole64(state->total_items),
		.chain = htole32(state->chain),
	};

	out.checksum = htole32(rrlog_checksum(&out, RRLOG_CHECKED_BYTES));
	return rrlog_write_all(fd, &out, sizeof(out), RRLOG_HEADER_BYTES);
}

static int check_header(struct rrlog_file_header *h, const char *magic,
			const char *name, struct rrlog_error *error)
{
	uint32_t checksum = rrlog_checksum(h, RRLOG_CHECKED_BYTES);

	if (memcmp(h->magic, magic, RRLOG_MAGIC_BYTES))
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 0: not a file of a trace", name);
	if (le32toh(h->checksum) != checksum)
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 0: wrong checksum of the header",
				  name);
	h->version = le32toh(h->version);
	h->must_features = le64toh(h->must_features);
	h->may_features = le64toh(h->may_features);
	h->manifest_checksum = le32toh(h->manifest_checksum);
	h->checksum = checksum;
	if (h->version != RRLOG_FORMAT_VERSION)
		return rrlog_fail(
			error, -EPROTONOSUPPORT,
			"%s: format version %u; this program reads version %u",
			name, h->version, RRLOG_FORMAT_VERSION);
	if (h->must_features & ~RRLOG_MUST_KNOWN)
		return rrlog_fail(
			error, -EPROTONOSUPPORT,
			"%s: needs features 0x%llx of a later program", name,
			(unsigned long long)(h->must_features &
					     ~RRLOG_MUST_KNOWN));
	if (h->reserved_zero || h->reserved_zero_2[0] || h->reserved_zero_2[1])
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 0: reserved bytes are not zero",
				  name);
	return 0;
}

static bool state_is_sane(const struct rrlog_file_state *s, uint64_t file_bytes)
{
	static const uint8_t zero[sizeof(s->reserved_zero_2)];

	if (memcmp(s->reserved_zero, zero, sizeof(s->reserved_zero)) ||
	    memcmp(s->reserved_zero_2, zero, sizeof(s->reserved_zero_2)))
		return false;
	if (s->state == RRLOG_STATE_OPEN)
		return !s->total_bytes && !s->total_items && !s->chain;
	return s->state == RRLOG_STATE_COMPLETE && s->total_bytes == file_bytes;
}

static int check_state(struct rrlog_file_state *s, uint64_t file_bytes,
		       const char *name, struct rrlog_error *error)
{
	if (le32toh(s->checksum) != rrlog_checksum(s, RRLOG_CHECKED_BYTES))
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 64: wrong checksum of the state",
				  name);
	s->total_bytes = le64toh(s->total_bytes);
	s->total_items = le64toh(s->total_items);
	s->chain = le32toh(s->chain);
	if (state_is_sane(s, file_bytes))
		return 0;
	if (s->state == RRLOG_STATE_COMPLETE && s->total_bytes != file_bytes)
		return rrlog_fail(
			error, -EBADMSG,
			"%s: offset %llu: the file was complete with %llu "
			"bytes, but has %llu",
			name,
			(unsigned long long)(file_bytes < s->total_bytes ?
						     file_bytes :
						     s->total_bytes),
			(unsigned long long)s->total_bytes,
			(unsigned long long)file_bytes);
	return rrlog_fail(error, -EBADMSG, "%s: offset 64: impossible state",
			  name);
}

int rrlog_read_start(const struct rrlog_member *member, const char *magic,
		     const char *name, struct rrlog_file_start *start,
		     struct rrlog_error *error)
{
	uint64_t file_bytes = member->bytes;
	int err;

	if (file_bytes < RRLOG_FRAMES_OFFSET)
		return rrlog_fail(
			error, -EBADMSG,
			"%s: offset %llu: cut short within the header", name,
			(unsigned long long)file_bytes);
	err = rrlog_member_read(member, &start->header, sizeof(start->header),
				0);
	if (!err)
		err = rrlog_member_read(member, &start->state,
					sizeof(start->state),
					RRLOG_HEADER_BYTES);
	if (err)
		return rrlog_fail(error, err, "%s: offset 0: %s", name,
				  strerror(-err));
	err = check_header(&start->header, magic, name, error);
	if (err)
		return err;
	start->chain = start->header.checksum;
	return check_state(&start->state, file_bytes, name, error);
}
