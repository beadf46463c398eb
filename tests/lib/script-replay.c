/*
 * The replay of a guest with a script, by the replayer's own code: the guest's
 * items call its hooks, as translated code does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/lib/script.h"
#include "exec/translation-block.h"

#include "tests/lib/qemu-stand-ins.h"

static int load_page(void *opaque, uint32_t block, uint64_t page_index,
		     const void *page)
{
	struct rr_replay *r = opaque;

	memcpy((uint8_t *)r->host.blocks[block].ram_block +
		       page_index * RRLOG_PAGE_BYTES,
	       page, RRLOG_PAGE_BYTES);
	return 0;
}

int script_set_up(struct rr_replay *r, const char *trace, struct guest *g)
{
	struct rr_log *log = &r->host.log;
	int err = rrlog_reader_open(trace, &log->next.reader);
	unsigned int i;

	r->host.reader = log->next.reader;
	err = err ? err : rrlog_reader_open(trace, &log->ahead.reader);
	if (err)
		return err;
	rrlog_reader_set_fetch(log->ahead.reader, 0);
	err = rrlog_reader_check(log->next.reader);
	err = err ? err : rrlog_reader_check(log->ahead.reader);
	if (err)
		return err;
	r->host.block_count =
		(uint32_t)rrlog_reader_block_count(r->host.reader);
	r->host.blocks = g_new0(MemoryRegion, r->host.block_count);
	for (i = 0; i < r->host.block_count; i++) {
		const struct rrlog_block *b =
			rrlog_reader_block(r->host.reader, i);

		if (b->size_bytes > 64 << 20)
			return -ENOMEM; /* as where the machine has too little */
		stand_ins_make_block(&r->host.blocks[i], b->name,
				     b->size_bytes);
	}
	r->host.cpu = &g->cpu->parent_obj;
	r->host.env = script_env(g);
	r->config.epoch_clock = !g_strcmp0(
		rrlog_reader_manifest(r->host.reader, "clock.mode"), "epoch");
	r->config.ignored_rflags = RR_RFLAGS_IGNORED;
	r->config.silicon = "tcg";
	rr_replay_io_init(r, NULL);
	return rrlog_reader_for_each_page(r->host.reader, load_page, r);
}

void script_tear_down(struct rr_replay *r)
{
	unsigned int i;

	for (i = 0; i < r->host.block_count; i++)
		stand_ins_free_block(&r->host.blocks[i]);
	for (i = 0; i < RR_MAX_SLOTS; i++)
		g_free(r->host.slots[i]);
	g_free(r->host.blocks);
	rrlog_reader_close(r->host.log.next.reader);
	rrlog_reader_close(r->host.log.ahead.reader);
	memset(r, 0, sizeof(*r));
}

/* Not the guest's: takes nothing of the log, or what follows diverges. */
static void access_as_debugger(MemoryRegion *mr, uint64_t addr,
			       unsigned int size)
{
	const MemTxAttrs debug = { .debug = 1 }, plain = { 0 };
	CPUState *cpu = current_cpu;
	uint64_t value;

	g_assert(mr->ops->read_with_attrs(mr->opaque, addr, &value, size,
					  debug) != MEMTX_OK);
	g_assert(mr->ops->write_with_attrs(mr->opaque, addr, 0, size, debug) !=
		 MEMTX_OK);
	current_cpu = NULL;
	g_assert(mr->ops->read_with_attrs(mr->opaque, addr, &value, size,
					  plain) != MEMTX_OK);
	current_cpu = cpu;
}

static void access_region(struct rr_replay *r, MemoryRegion *mr, uint64_t addr,
			  unsigned int size, bool write, uint64_t value)
{
	const MemTxAttrs attrs = { 0 };

	bql_lock();
	current_cpu = r->host.cpu;
	access_as_debugger(mr, addr, size);
	if (write)
		mr->ops->write_with_attrs(mr->opaque, addr, value, size, attrs);
	else
		mr->ops->read_with_attrs(mr->opaque, addr, &value, size, attrs);
	current_cpu = NULL;
	bql_unlock();
}

static void replay_access(struct rr_replay *r, const struct item *item)
{
	CPUState *cpu = r->host.cpu;
	uint64_t value;
	bool gp;

	switch (item->kind) {
	case PORT_READ:
		return access_region(r, &r->host.port_io, 0x60, 2, false, 0);
	case MMIO_READ: /* in two parts, as TCG may */
		access_region(r, &r->host.memory_io, 0xfee00000, 4, false, 0);
		return access_region(r, &r->host.memory_io, 0xfee00004, 4,
				     false, 0);
	case PORT_WRITE:
		return access_region(r, &r->host.port_io, 0x80, 1, true,
				     item->number);
	case MMIO_WRITE:
		return access_region(r, &r->host.memory_io, 0xfee00000, 1, true,
				     item->number);
	case RDTSC:
		rr_replay_rdtsc(cpu);
		break;
	case RDTSCP:
		rr_replay_rdtscp(cpu);
		break;
	case RDPMC:
		rr_replay_rdpmc(cpu);
		break;
	case RDRAND:
		rr_replay_random(cpu, &value);
		break;
	case RDMSR:
		rr_replay_rdmsr(cpu, SCRIPT_MSR, &value, &gp);
		break;
	case WRMSR:
		rr_replay_wrmsr(cpu, SCRIPT_MSR, 0, &gp);
		break;
	default:
		bql_lock();
		rr_replay_shut_down(r);
		bql_unlock();
	}
}

/* One translation block: an item, or so many of its branches as are allowed. */
static void replay_item(struct rr_replay *r, struct guest *g, bool single)
{
	const struct item *item = &g->seed->items[g->at];

	if (item->kind == RUN) {
		uint64_t allowed = (uint64_t)r->host.env->rr.cond_left[0] + 1;
		uint64_t part = single ? 1 : MIN(g->left, allowed);

		r->host.env->rr.cond_left[0] -= (int64_t)part;
		g->left -= part;
		if (!g->left)
			script_next_item(g);
	} else {
		replay_access(r, item);
		script_next_item(g);
	}
	script_set_registers(g);
}

static bool is_guests(const struct guest *g)
{
	return g->seed->items[g->at].kind < GUEST_KINDS;
}

static void run_block(struct rr_replay *r, struct guest *g)
{
	CPUState *cpu = r->host.cpu;
	bool single;

	/* What the environment did is no part of the guest's script. */
	while (g->at < SCRIPT_ITEMS && !is_guests(g))
		script_next_item(g);
	if (rr_replay_due(cpu))
		rr_replay_boundary(cpu);
	single = cpu->cflags_next_tb != (uint32_t)-1;
	cpu->cflags_next_tb = -1;
	if (g->at == SCRIPT_ITEMS)
		rr_replay_halt(cpu);
	replay_item(r, g, single);
}

void script_replay(struct rr_replay *r, struct guest *g)
{
	r->host.cpu->cflags_next_tb = -1;
	r->host.env->rr.cond_base[0] = r->host.env->rr.cond_left[0] = -1;
	rr_replaying = true;
	while (!rr_replay_is_over(r))
		if (!sigsetjmp(stand_ins.loop_exit, 0))
			run_block(r, g);
	rr_replaying = false;
}
