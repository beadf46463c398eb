/*
 * Finding the members of a packed trace in its tar file; they are then read in
 * place.  Only what "rr-log pack" writes is accepted: plain files with POSIX
 * (ustar) headers, and a pax header for a size that does not fit in octal.
 * libarchive writes these files, but cannot say at which offset of the file the
 * bytes of a member are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/tar.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/logfmt/base/io.h"

#define BLOCK_BYTES 512
#define MAX_PAX_BYTES 65536
#define AGE_MAGIC "age-encryption.org/"

struct tar_header {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6]; /* "ustar" */
	char version[2];
	char user[32], group[32], major[8], minor[8];
	char prefix[155];
	char padding[12];
};

_Static_assert(sizeof(struct tar_header) == BLOCK_BYTES, "size");

struct tar_scan {
	struct rrlog_tar *tar;
	const char *path;
	struct rrlog_error *error;
	int fd;
	uint64_t file_bytes;
	uint64_t offset; /* of the next header */
	uint64_t pax_bytes; /* size of the next member, from a pax header */
	bool have_pax_bytes;
};

static int fail_damaged(struct tar_scan *s, const char *what)
{
	return rrlog_fail(s->error, -EBADMSG, "%s: offset %llu: %s", s->path,
			  (unsigned long long)s->offset, what);
}

/* The text is octal digits, then spaces or zero bytes. */
static bool parse_octal(const char *text, size_t length, uint64_t *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < length && text[i] >= '0' && text[i] <= '7'; i++)
		*value = *value << 3 | (uint64_t)(text[i] - '0');
	if (!i)
		return false;
	while (i < length && (!text[i] || text[i] == ' '))
		i++;
	return i == length;
}

static bool parse_decimal(const char *text, size_t length, uint64_t *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    *value > (UINT64_MAX - 9) / 10)
			return false;
		*value = *value * 10 + (uint64_t)(text[i] - '0');
	}
	return length > 0;
}

static bool checksum_fits(const struct tar_header *h)
{
	const uint8_t *bytes = (const uint8_t *)h;
	size_t begin = offsetof(struct tar_header, checksum);
	uint64_t sum = 0, expected;
	size_t i;

	for (i = 0; i < sizeof(*h); i++) {
		bool own = i >= begin && i < begin + sizeof(h->checksum);

		sum += own ? ' ' : bytes[i];
	}
	return parse_octal(h->checksum, sizeof(h->checksum), &expected) &&
	       sum == expected;
}

static bool is_zero(const struct tar_header *h)
{
	const char *bytes = (const char *)h;

	return !bytes[0] && !memcmp(bytes, bytes + 1, sizeof(*h) - 1);
}

/* A pax header has lines "LENGTH KEY=VALUE\n"; only "size" matters here. */
static bool parse_pax(struct tar_scan *s, const char *text, size_t bytes)
{
	while (bytes) {
		const char *space = memchr(text, ' ', bytes);
		const char *key, *equals;
		uint64_t length;

		if (!space ||
		    !parse_decimal(text, (size_t)(space - text), &length) ||
		    length > bytes || length < (size_t)(space - text) + 3 ||
		    text[length - 1] != '\n')
			return false;
		key = space + 1;
		equals = memchr(key, '=', (size_t)(text + length - key));
		if (!equals || (equals - key == 4 && !memcmp(key, "path", 4)))
			return false; /* no file of a trace has a long name */
		if (equals - key == 4 && !memcmp(key, "size", 4)) {
			s->have_pax_bytes = true;
			if (!parse_decimal(
				    equals + 1,
				    (size_t)(text + length - 1 - (equals + 1)),
				    &s->pax_bytes))
				return false;
		}
		text += length;
		bytes -= length;
	}
	return true;
}

static int read_pax(struct tar_scan *s, uint64_t offset, uint64_t bytes)
{
	char *text;
	int err;

	if (bytes > MAX_PAX_BYTES)
		return fail_damaged(s, "impossible size of a tar header");
	text = malloc((size_t)bytes + 1);
	if (!text)
		return -ENOMEM;
	err = rrlog_read_all(s->fd, text, (size_t)bytes, offset);
	if (!err && !parse_pax(s, text, (size_t)bytes))
		err = fail_damaged(s, "impossible pax header");
	free(text);
	return err;
}

const struct rrlog_tar_member *rrlog_tar_find(const struct rrlog_tar *tar,
					      const char *name)
{
	unsigned int i;

	for (i = 0; i < tar->member_count; i++) {
		if (!strcmp(tar->members[i].name, name))
			return &tar->members[i];
	}
	return NULL;
}

void rrlog_tar_free(struct rrlog_tar *tar)
{
	free(tar->members);
	memset(tar, 0, sizeof(*tar));
}

static int add_member(struct tar_scan *s, const struct tar_header *h,
		      uint64_t offset, uint64_t bytes)
{
	struct rrlog_tar *tar = s->tar;
	struct rrlog_tar_member *m;

	if (!tar->members)
		tar->members =
			calloc(RRLOG_TAR_MAX_MEMBERS, sizeof(*tar->members));
	if (!tar->members)
		return -ENOMEM;
	if (tar->member_count == RRLOG_TAR_MAX_MEMBERS)
		return fail_damaged(s, "too many members for a packed trace");
	m = &tar->members[tar->member_count];
	memcpy(m->name, h->name, sizeof(h->name));
	if (rrlog_tar_find(tar, m->name))
		return fail_damaged(s, "two members of one name");
	m->offset = offset;
	m->bytes = bytes;
	tar->member_count++;
	return 0;
}

/* Note the member whose header @h is at .offset, and move behind it. */
static int scan_member(struct tar_scan *s, const struct tar_header *h)
{
	uint64_t begin = s->offset + BLOCK_BYTES;
	uint64_t bytes;
	int err;

	if (memcmp(h->magic, "ustar", sizeof(h->magic)) || !checksum_fits(h) ||
	    !parse_octal(h->size, sizeof(h->size), &bytes))
		return fail_damaged(s, "not the header of a member");
	if (h->type == '0' && s->have_pax_bytes)
		bytes = s->pax_bytes;
	if (bytes > s->file_bytes - begin)
		return fail_damaged(s, "the member is cut short");
	if (h->type == 'x')
		err = read_pax(s, begin, bytes);
	else if (h->type == '0' && !h->prefix[0])
		err = add_member(s, h, begin, bytes);
	else
		err = fail_damaged(s, "a member that is not a file of a trace");
	if (h->type == '0')
		s->have_pax_bytes = false;
	s->offset = begin + bytes;
	if (bytes % BLOCK_BYTES)
		s->offset += BLOCK_BYTES - bytes % BLOCK_BYTES;
	return err;
}

static int check_magic(struct tar_scan *s, const struct tar_header *h)
{
	if (!memcmp(h->name, AGE_MAGIC, strlen(AGE_MAGIC)))
		return rrlog_fail(s->error, -EINVAL,
				  "%s: encrypted; decrypt it first, with "
				  "rr-log unpack --identity",
				  s->path);
	if (memcmp(h->magic, "ustar", sizeof(h->magic)))
		return rrlog_fail(s->error, -EINVAL, "%s: not a trace",
				  s->path);
	return 0;
}

int rrlog_tar_scan(struct rrlog_tar *tar, int fd, uint64_t file_bytes,
		   const char *path, struct rrlog_error *error)
{
	struct tar_scan s = {
		.tar = tar,
		.path = path,
		.error = error,
		.fd = fd,
		.file_bytes = file_bytes,
	};
	struct tar_header h = { 0 };
	int err;

	for (;;) {
		if (s.offset > file_bytes || file_bytes - s.offset < sizeof(h))
			return s.offset ?
				       fail_damaged(
					       &s,
					       "the packed file is cut short") :
				       check_magic(&s, &h);
		err = rrlog_read_all(fd, &h, sizeof(h), s.offset);
		if (err)
			return rrlog_fail(error, err, "%s: %s", path,
					  strerror(-err));
		if (!s.offset)
			err = check_magic(&s, &h);
		if (err || (s.offset && is_zero(&h)))
			return err;
		err = scan_member(&s, &h);
		if (err)
			return err;
	}
}
