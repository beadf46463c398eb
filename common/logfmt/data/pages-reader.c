/*
 * Reading the memory of the start state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/logfmt/base/varint.h"

/*
 * RAM of all blocks together: more is not a machine's.  A bit for each page of it
 * is 512 MiB of memory, of which only what is used is touched.
 */
#define MAX_RAM_BYTES (UINT64_C(1) << 44)

struct page_reader {
	struct rrlog_frame_reader frames;
	struct rrlog_frame_reader contents; /* a second one, for references */
	const uint8_t *content_pages; /* in the current frame of .contents */
	uint64_t content_first; /* ordinal of the first of them */
	const struct rrlog_manifest *manifest;
	/* A bit for each page of the blocks: it was mentioned. */
	uint8_t *mentioned;
	uint64_t first_page[RRLOG_MAX_BLOCKS]; /* by id: its bit */
	rrlog_page_fn *fn;
	void *opaque;
};

static int create_mentioned(struct page_reader *r, struct rrlog_error *error)
{
	const struct rrlog_manifest *m = r->manifest;
	uint64_t pages = 0;
	unsigned int i;

	for (i = 0; i < m->block_count; i++) {
		r->first_page[m->blocks[i].id] = pages;
		pages += m->blocks[i].size_bytes / RRLOG_PAGE_BYTES;
		if (pages > MAX_RAM_BYTES / RRLOG_PAGE_BYTES)
			return rrlog_fail(error, -EBADMSG,
					  "%s: offset 0: more than 16 TiB of "
					  "RAM",
					  RRLOG_FILE_MANIFEST);
	}
	r->mentioned = calloc(pages / 8 + 1, 1);
	return r->mentioned ? 0 : rrlog_fail(error, -ENOMEM, "out of memory");
}

/* Without this a few bytes, repeated, could keep a reader busy for hours. */
static bool mention(struct page_reader *r, const struct rrlog_page_id *page)
{
	uint64_t bit = r->first_page[page->block] + page->page_index;
	uint8_t mask = (uint8_t)(1u << bit % 8);

	if (r->mentioned[bit / 8] & mask)
		return false;
	r->mentioned[bit / 8] |= mask;
	return true;
}

static int get_page_id(struct page_reader *r, const uint8_t **in,
		       const uint8_t *end, struct rrlog_page_id *page)
{
	const struct rrlog_block *block;
	uint64_t id;

	if (rrlog_get_varint(in, end, &id) ||
	    rrlog_get_varint(in, end, &page->page_index) ||
	    id >= RRLOG_MAX_BLOCKS)
		return -EBADMSG;
	page->block = (uint32_t)id;
	block = rrlog_manifest_find_block(r->manifest, page->block);
	if (!block || page->page_index >= block->size_bytes / RRLOG_PAGE_BYTES)
		return -EBADMSG;
	return mention(r, page) ? 0 : -EEXIST;
}

/* The first page content in a loaded frame; NULL if there cannot be one. */
static const uint8_t *find_pages(const struct rrlog_frame_reader *fr)
{
	uint64_t bytes = (uint64_t)fr->header.item_count * RRLOG_PAGE_BYTES;

	if (!fr->header.item_count || bytes > fr->header.raw_bytes)
		return NULL;
	return fr->raw.bytes + fr->header.raw_bytes - bytes;
}

static int fail_page(struct rrlog_frame_reader *fr, int err, const char *what)
{
	return rrlog_frame_fail(fr, -EBADMSG,
				err == -EEXIST ? "a page for the second time" :
						 what);
}

static int read_contents(struct page_reader *r)
{
	struct rrlog_frame_reader *fr = &r->frames;
	const uint8_t *pages = find_pages(fr);
	const uint8_t *in = fr->raw.bytes;
	struct rrlog_page_id page;
	uint32_t i;
	int ret;

	if (!pages)
		return rrlog_frame_fail(fr, -EBADMSG, "impossible page count");
	for (i = 0; i < fr->header.item_count; i++) {
		ret = get_page_id(r, &in, pages, &page);
		if (ret)
			return fail_page(fr, ret, "a page that is in no block");
		ret = r->fn(r->opaque, page.block, page.page_index,
			    pages + (size_t)i * RRLOG_PAGE_BYTES);
		if (ret)
			return ret;
	}
	if (in != pages)
		return rrlog_frame_fail(fr, -EBADMSG,
					"bytes between the pages");
	return 0;
}

/* Move .contents forward to the frame with the content of this ordinal. */
static int seek_content(struct page_reader *r, uint64_t content)
{
	struct rrlog_frame_reader *fr = &r->contents;
	int ret;

	if (r->content_pages && content < fr->next_ordinal)
		return content >= r->content_first ? 0 : -EBADMSG;
	r->content_pages = NULL;
	do {
		ret = rrlog_frame_next_header(fr);
		if (ret <= 0)
			return ret ? ret : -EBADMSG;
	} while (fr->next_ordinal <= content);
	if (fr->header.kind != RRLOG_FRAME_PAGE_CONTENTS)
		return -EBADMSG;
	ret = rrlog_frame_load(fr);
	if (ret)
		return ret;
	r->content_pages = find_pages(fr);
	r->content_first = fr->header.first_ordinal;
	return r->content_pages ? 0 : -EBADMSG;
}

static int read_reference(struct page_reader *r, const uint8_t **in,
			  const uint8_t *end, uint64_t *content)
{
	struct rrlog_page_id page;
	uint64_t delta;
	int err = rrlog_get_varint(in, end, &delta) ?
			  -EBADMSG :
			  get_page_id(r, in, end, &page);

	if (err)
		return err;
	if (delta >= r->frames.next_ordinal - *content)
		return -EBADMSG;
	*content += delta;
	err = seek_content(r, *content);
	if (err)
		return err;
	return r->fn(r->opaque, page.block, page.page_index,
		     r->content_pages +
			     (*content - r->content_first) * RRLOG_PAGE_BYTES);
}

static int read_references(struct page_reader *r)
{
	struct rrlog_frame_reader *fr = &r->frames;
	const uint8_t *end = fr->raw.bytes + fr->header.raw_bytes;
	const uint8_t *in = fr->raw.bytes;
	uint64_t content = 0;
	int ret = 0;

	if (fr->header.item_count || !fr->next_ordinal)
		return rrlog_frame_fail(fr, -EBADMSG, "impossible page count");
	while (!ret && in != end)
		ret = read_reference(r, &in, end, &content);
	if (ret == -EBADMSG || ret == -EEXIST)
		return fail_page(fr, ret, "impossible reference to a page");
	return ret;
}

static int read_frame(struct page_reader *r)
{
	struct rrlog_frame_reader *fr = &r->frames;

	switch (fr->header.kind) {
	case RRLOG_FRAME_PAGE_CONTENTS:
		return read_contents(r);
	case RRLOG_FRAME_PAGE_REFERENCES:
		return read_references(r);
	default:
		break;
	}
	if (fr->header.flags & RRLOG_FRAME_OPTIONAL)
		return 0;
	return rrlog_frame_fail(fr, -EPROTONOSUPPORT, "unknown kind of frame");
}

/* The file must be the one that the manifest describes. */
static int check_identity(struct page_reader *r)
{
	const struct rrlog_file_start *s = &r->frames.start;

	if (s->state.state == RRLOG_STATE_COMPLETE &&
	    s->state.total_bytes == r->manifest->pages_bytes &&
	    s->state.chain == r->manifest->pages_chain &&
	    !memcmp(s->header.trace_id, r->manifest->trace_id,
		    sizeof(s->header.trace_id)))
		return 0;
	r->frames.frame_offset = 0;
	return rrlog_frame_fail(&r->frames, -EBADMSG,
				"not the pages that the manifest names");
}

int rrlog_pages_read(const struct rrlog_store *store,
		     const struct rrlog_manifest *m, rrlog_page_fn *fn,
		     void *opaque, struct rrlog_error *error)
{
	struct page_reader *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return rrlog_fail(error, -ENOMEM, "%s: out of memory",
				  store->path);
	r->frames.member = r->contents.member = RRLOG_NO_MEMBER;
	r->manifest = m;
	r->fn = fn;
	r->opaque = opaque;
	ret = create_mentioned(r, error);
	if (!ret)
		ret = rrlog_frame_reader_open(&r->frames, store,
					      RRLOG_FILE_PAGES,
					      RRLOG_MAGIC_PAGES, error);
	if (!ret)
		ret = rrlog_frame_reader_open(&r->contents, store,
					      RRLOG_FILE_PAGES,
					      RRLOG_MAGIC_PAGES, error);
	if (!ret)
		ret = check_identity(r);
	while (!ret) {
		ret = rrlog_frame_next(&r->frames);
		if (ret <= 0)
			break;
		ret = read_frame(r);
	}
	rrlog_frame_reader_close(&r->frames);
	rrlog_frame_reader_close(&r->contents);
	free(r->mentioned);
	free(r);
	return ret;
}
