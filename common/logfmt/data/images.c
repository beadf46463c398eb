/*
 * Disk images that records refer to.  The bytes come from the file that the
 * user gave, else from the trace itself if it was packed with images, else from
 * the path where the recorder found the image.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/images.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct rrlog_image_file *get_image_file(struct rrlog_images *images,
					       uint64_t id)
{
	struct rrlog_image_file *f = images->files[id];

	if (f)
		return f;
	f = images->files[id] = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->member = RRLOG_NO_MEMBER;
	if (id >= images->count)
		images->count = (unsigned int)id + 1;
	return f;
}

int rrlog_images_learn(struct rrlog_images *images,
		       const struct rrlog_record *rec)
{
	struct rrlog_image_file *f;

	if (rec->image.image >= RRLOG_MAX_IMAGES || !rec->data_bytes ||
	    rec->in_blobs || rec->data_bytes >= PATH_MAX ||
	    memchr(rec->data, 0, rec->data_bytes))
		return -EBADMSG;
	f = get_image_file(images, rec->image.image);
	if (!f)
		return -ENOMEM;
	if (f->image.path) /* the reader has read this record before */
		return 0;
	f->image.id = (uint32_t)rec->image.image;
	f->image.size_bytes = rec->image.size;
	f->image.mtime_ns = rec->image.mtime_ns;
	f->image.path = strndup(rec->data, rec->data_bytes);
	return f->image.path ? 0 : -ENOMEM;
}

int rrlog_images_set_path(struct rrlog_images *images, uint32_t id,
			  const char *path)
{
	struct rrlog_image_file *f;
	char *copy;

	if (id >= RRLOG_MAX_IMAGES)
		return -EINVAL;
	f = get_image_file(images, id);
	copy = f ? strdup(path) : NULL;
	if (!copy)
		return -ENOMEM;
	free(f->user_path);
	f->user_path = copy;
	f->packed = f->tried = false;
	rrlog_member_close(&f->member);
	return 0;
}

const struct rrlog_image *rrlog_images_find(const struct rrlog_images *images,
					    uint64_t id)
{
	if (id >= RRLOG_MAX_IMAGES || !images->files[id] ||
	    !images->files[id]->image.path)
		return NULL;
	return &images->files[id]->image;
}

int rrlog_images_fail(const struct rrlog_images *images, uint64_t id,
		      uint64_t offset, int err, const char *what,
		      struct rrlog_error *error)
{
	const struct rrlog_image_file *f = images->files[id];
	const char *path = f->packed	? "packed" :
			   f->user_path ? f->user_path :
					  f->image.path;

	return rrlog_fail(error, err, "image %llu (%s): offset %llu: %s",
			  (unsigned long long)id, path,
			  (unsigned long long)offset, what);
}

void rrlog_images_add_dir(struct rrlog_images *images, const char *dir)
{
	if (!images->dirs)
		images->dirs = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(images->dirs, g_strdup(dir));
}

/*
 * Opening other than files and block devices can have effects.  @flags:
 * O_NOFOLLOW or 0.
 */
static int open_image_path(const char *path, int flags,
			   struct rrlog_member *member)
{
	struct stat st;
	off_t end;
	int fd;

	if (flags & O_NOFOLLOW ? lstat(path, &st) : stat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	fd = open(path, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	end = lseek(fd, 0, SEEK_END);
	*member = (struct rrlog_member){
		.fd = fd,
		.owns_fd = true,
		.bytes = end < 0 ? 0 : (uint64_t)end,
	};
	return 0;
}

static int open_packed(struct rrlog_image_file *f,
		       const struct rrlog_store *store)
{
	struct rrlog_image_start start;
	char name[32];
	int err;

	snprintf(name, sizeof(name), "image-%u", f->image.id);
	err = rrlog_store_find(store, name, &f->member);
	if (err)
		return err;
	err = rrlog_member_read(&f->member, &start, sizeof(start), 0);
	if (!err && memcmp(start.magic, RRLOG_MAGIC_IMAGE, RRLOG_MAGIC_BYTES))
		err = -EBADMSG;
	if (err)
		rrlog_member_close(&f->member);
	f->packed = !err;
	return err;
}

/* A link could lead anywhere: whoever made the trace may have made it. */
static int open_in_dir(struct rrlog_image_file *f, const char *dir)
{
	g_autofree char *name = g_path_get_basename(f->image.path);
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return open_image_path(path, O_NOFOLLOW, &f->member);
}

static int open_beside(struct rrlog_image_file *f,
		       const struct rrlog_store *store)
{
	g_autofree char *trace = g_canonicalize_filename(store->path, NULL);
	g_autofree char *dir = g_path_get_dirname(trace);

	return open_in_dir(f, dir);
}

/*
 * A stranger's trace may name any file of this machine: it is read where the
 * trace says only for a user who trusts the trace.
 */
static int find_and_open(const struct rrlog_images *images,
			 struct rrlog_image_file *f,
			 const struct rrlog_store *store)
{
	int err;
	guint i;

	if (f->user_path)
		return open_image_path(f->user_path, 0, &f->member);
	err = open_packed(f, store);
	for (i = 0; err == -ENOENT && images->dirs && i < images->dirs->len;
	     i++)
		err = open_in_dir(f, images->dirs->pdata[i]);
	if (err == -ENOENT)
		err = open_beside(f, store);
	if (err == -ENOENT)
		err = images->trusted ?
			      open_image_path(f->image.path, 0, &f->member) :
			      -EACCES;
	return err;
}

static int open_image(struct rrlog_images *images, struct rrlog_image_file *f,
		      const struct rrlog_store *store)
{
	if (f->tried)
		return f->err;
	f->tried = true;
	if (images->open_count >= RRLOG_MAX_OPEN_IMAGES)
		f->err = -EMFILE;
	else
		f->err = find_and_open(images, f, store);
	if (!f->err)
		images->open_count++;
	return f->err;
}

void rrlog_images_open(struct rrlog_images *images,
		       const struct rrlog_store *store)
{
	unsigned int i;

	for (i = 0; i < images->count; i++)
		if (images->files[i] && images->files[i]->image.path)
			open_image(images, images->files[i], store);
}

/* Find the extent with this byte, in the file: there may be many extents. */
static int find_extent(const struct rrlog_member *m, uint64_t offset,
		       struct rrlog_image_extent *e)
{
	struct rrlog_image_start start;
	uint64_t low = 0, high;
	int err = rrlog_member_read(m, &start, sizeof(start), 0);

	if (err)
		return err;
	high = le64toh(start.extent_count);
	if (high > m->bytes / sizeof(*e))
		return -EBADMSG;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		err = rrlog_member_read(m, e, sizeof(*e),
					sizeof(start) + middle * sizeof(*e));
		if (err)
			return err;
		e->image_offset = le64toh(e->image_offset);
		e->bytes = le64toh(e->bytes);
		e->offset = le64toh(e->offset);
		if (offset < e->image_offset)
			high = middle;
		else if (offset - e->image_offset >= e->bytes)
			low = middle + 1;
		else
			return 0;
	}
	return -ESTALE;
}

static int read_packed(const struct rrlog_member *m, uint64_t offset,
		       void *data, size_t bytes)
{
	struct rrlog_image_extent e;
	uint64_t skip;
	int err = find_extent(m, offset, &e);

	if (err)
		return err;
	skip = offset - e.image_offset;
	if (bytes > e.bytes - skip || e.offset > UINT64_MAX - skip)
		return -ESTALE;
	return rrlog_member_read(m, data, bytes, e.offset + skip);
}

int rrlog_images_read(struct rrlog_images *images,
		      const struct rrlog_store *store, uint64_t id,
		      uint64_t offset, void *data, size_t bytes,
		      struct rrlog_error *error)
{
	struct rrlog_image_file *f = images->files[id];
	int err = open_image(images, f, store);

	if (err == -ENOENT)
		return rrlog_images_fail(
			images, id, offset, err,
			"the image is missing; put it back, or say where it is",
			error);
	if (err == -EACCES && !images->trusted && !f->user_path)
		return rrlog_images_fail(
			images, id, offset, err,
			"the image is not beside the trace; say where it is, "
			"or --trust-images to read it at this path",
			error);
	if (err == -EMFILE)
		return rrlog_images_fail(
			images, id, offset, err,
			"too many images; of one trace 128 can be open", error);
	if (err)
		return rrlog_images_fail(images, id, offset, err,
					 rrlog_store_why(err), error);
	err = f->packed ? read_packed(&f->member, offset, data, bytes) :
			  rrlog_member_read(&f->member, data, bytes, offset);
	if (err == -EBADMSG && !f->packed)
		err = -ESTALE;
	if (err == -ESTALE)
		return rrlog_images_fail(
			images, id, offset, err,
			"the image is shorter than when it was recorded; put "
			"back the one that was used",
			error);
	if (err)
		return rrlog_images_fail(images, id, offset, err,
					 strerror(-err), error);
	return 0;
}

void rrlog_images_free(struct rrlog_images *images)
{
	unsigned int i;

	for (i = 0; i < images->count; i++) {
		struct rrlog_image_file *f = images->files[i];

		if (!f)
			continue;
		rrlog_member_close(&f->member);
		free((char *)f->image.path);
		free(f->user_path);
		free(f);
	}
	if (images->dirs)
		g_ptr_array_unref(images->dirs);
	memset(images, 0, sizeof(*images));
}
