/*
 * rr-log stats: read the trace and count.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/stats.h"

#include <stddef.h>
#include <string.h>

#include "common/cli/progress.h"

#define MAX_ADDRESSES 65536 /* counted apart from each other */
#define FIRST_INTERVAL_NS UINT64_C(125000000)

#define FIELD_INDEX(id, name) \
	(offsetof(struct rrlog_##id##_fields, name) / sizeof(uint64_t))

const struct address_kind stats_address_kinds[] = {
	{ RRLOG_PIO_READ, FIELD_INDEX(pio_read, port), "ports read" },
	{ RRLOG_MMIO_READ, FIELD_INDEX(mmio_read, gpa), "addresses read" },
	{ RRLOG_RDMSR, FIELD_INDEX(rdmsr, index), "MSRs read" },
	{ RRLOG_WRMSR, FIELD_INDEX(wrmsr, index), "MSRs written" },
	{ RRLOG_INTERRUPT, FIELD_INDEX(interrupt, vector),
	  "interrupt vectors" },
};
const unsigned int stats_address_kind_count = G_N_ELEMENTS(stats_address_kinds);

/* ---- addresses ---- */

static guint address_hash(gconstpointer key)
{
	const struct address_stats *p = key;

	return g_int64_hash(&p->address) ^ p->type;
}

static gboolean address_equal(gconstpointer a, gconstpointer b)
{
	const struct address_stats *x = a, *y = b;

	return x->type == y->type && x->address == y->address;
}

static const struct address_kind *find_kind(unsigned int type)
{
	unsigned int i;

	for (i = 0; i < stats_address_kind_count; i++) {
		if (stats_address_kinds[i].type == type)
			return &stats_address_kinds[i];
	}
	return NULL;
}

static void count_address(struct stats *s, const struct rrlog_record *rec,
			  size_t encoded_bytes)
{
	const struct address_kind *kind = find_kind(rec->type);
	struct address_stats key = { .type = rec->type };
	struct address_stats *found;

	if (!kind)
		return;
	key.address = rec->field[kind->field];
	found = g_hash_table_lookup(s->addresses, &key);
	if (!found && g_hash_table_size(s->addresses) >= MAX_ADDRESSES) {
		s->other_addresses++;
		return;
	}
	if (!found) {
		found = g_memdup2(&key, sizeof(key));
		g_hash_table_add(s->addresses, found);
	}
	found->count++;
	found->encoded_bytes += encoded_bytes;
}

static gint compare_addresses(gconstpointer a, gconstpointer b)
{
	const struct address_stats *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

GList *stats_addresses(const struct stats *s, unsigned int type)
{
	GList *list = NULL;
	GHashTableIter i;
	gpointer key;

	g_hash_table_iter_init(&i, s->addresses);
	while (g_hash_table_iter_next(&i, &key, NULL)) {
		if (((const struct address_stats *)key)->type == type)
			list = g_list_prepend(list, key);
	}
	return g_list_sort(list, compare_addresses);
}

/* ---- time ---- */

static void double_intervals(struct stats *s)
{
	unsigned int i;

	for (i = 0; i < STATS_INTERVALS; i++) {
		struct interval sum = { 0 };
		unsigned int j;

		for (j = 2 * i; j < 2 * i + 2 && j < STATS_INTERVALS; j++) {
			sum.count += s->intervals[j].count;
			sum.raw_bytes += s->intervals[j].raw_bytes;
			sum.stored_bytes += s->intervals[j].stored_bytes;
		}
		s->intervals[i] = sum;
	}
	s->interval_ns *= 2;
}

/* Returns the interval of the frame that has just begun. */
static struct interval *begin_frame(struct stats *s,
				    const struct rrlog_reader_position *p)
{
	struct interval *interval;

	while (p->frame_time_ns / s->interval_ns >= STATS_INTERVALS)
		double_intervals(s);
	s->time_ns = MAX(s->time_ns, p->frame_time_ns);
	interval = &s->intervals[p->frame_time_ns / s->interval_ns];
	interval->raw_bytes += p->raw_bytes - s->end.raw_bytes;
	interval->stored_bytes += p->stored_bytes - s->end.stored_bytes;
	return interval;
}

unsigned int stats_interval_count(const struct stats *s)
{
	if (!s->end.frame_count)
		return 0;
	return (unsigned int)(s->time_ns / s->interval_ns) + 1;
}

uint64_t stats_interval_ns(const struct stats *s, unsigned int i)
{
	uint64_t begin_ns = i * s->interval_ns;

	return MIN(s->time_ns - begin_ns, s->interval_ns);
}

/* ---- all records ---- */

static void count_record(struct type_stats *t, const struct rrlog_record *rec,
			 const struct rrlog_reader_position *p)
{
	t->count++;
	t->encoded_bytes += p->record_bytes;
	t->data_bytes += rec->data_bytes;
	t->landmark_count += rec->stamp == RRLOG_AT_LANDMARK;
	t->landmark_bytes += p->landmark_bytes;
}

static int collect_records(struct stats *s, struct rrlog_reader *r,
			   struct rr_progress *progress)
{
	struct interval *interval = NULL;
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	int ret;

	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		rrlog_reader_position(r, &p);
		if (p.frame_count != s->end.frame_count)
			interval = begin_frame(s, &p);
		s->end = p;
		if (rec.stamp == RRLOG_AT_LANDMARK)
			s->branches = rec.landmark.branches;
		count_record(&s->types[rec.type], &rec, &p);
		count_record(&s->total, &rec, &p);
		count_address(s, &rec, p.record_bytes);
		interval->count++;
		rr_progress_of_reader(progress, r);
	}
	rrlog_reader_position(r, &s->end);
	return ret;
}

static int count_page(void *opaque, uint32_t block, uint64_t page_index,
		      const void *page)
{
	(void)block, (void)page_index, (void)page;
	((struct stats *)opaque)->page_count++;
	return 0;
}

int stats_collect(struct stats *s, struct rrlog_reader *r)
{
	struct rr_progress progress;
	int err;

	s->interval_ns = FIRST_INTERVAL_NS;
	s->addresses = g_hash_table_new_full(address_hash, address_equal,
					     g_free, NULL);
	rr_progress_begin(&progress, "rr-log stats");
	err = rrlog_reader_for_each_page(r, count_page, s);
	if (!err)
		err = collect_records(s, r, &progress);
	rr_progress_end(&progress);
	return err;
}
