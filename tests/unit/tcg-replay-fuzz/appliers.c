/*
 * Mutants of traces (common/logfmt/fuzz/mutate.h) through librrlog and through
 * the replayer's own code, in this process, with the sanitizers.  In place of
 * QEMU's machine there are stand-ins, and a guest that does what a short script
 * says: it runs conditional branches, makes accesses, writes output.
 *
 * None may crash, hang or end with a status of its own; and where the replay
 * says that all is equal, the guest's RAM and registers are the recording's.
 *
 * RR_MUTANTS=N: so many (2000); RR_FIRST_SEED=N: from there on.  "make fuzz" has
 * it try FUZZ_MUTANTS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: tcg-replay/qemu/apply.c tcg-replay/qemu/follow.c tcg-replay/qemu/ram.c tcg-replay/qemu/io.c tcg-replay/qemu/cpu.c tcg-replay/qemu/log.c tcg-replay/qemu/end.c tcg-replay/qemu/report.c tcg-replay/qemu/goal.c tcg-replay/qemu/state.c tcg-replay/qemu/budget.c tcg-replay/qemu/corrupt.c tcg-replay/qemu/console.c tcg-replay/qemu/progress.c common/core/cpu-env.c common/core/cpu-state.c common/core/cpuid-table.c common/core/policy.c common/cli/record-text.c common/cli/safe-text.c common/logfmt/fuzz/mutate.c tests/lib/qemu-stand-ins.c */
#include "tests/lib/qemu-stand-ins.h"
#include <glib/gstdio.h>
#include "common/logfmt/base/hash.h"
#include "common/logfmt/fuzz/mutate.h"
#include "exec/translation-block.h"

#include "tests/tap.h"

#define SEEDS 8
#define BLOCKS 2
#define ITEMS 60
#define MSR_INDEX 0x8b /* IA32_BIOS_SIGN_ID, which is not CPU state */
#define SECOND_GPA 0x100000
#define DONE_S 60

/* One trace has digests of more than one region. */
#define SMALL_BYTES 0x43000
#define LARGE_BYTES (RRLOG_REGION_BYTES + 0x3000)

/* What the guest does ... */
enum item_kind {
	RUN, /* so many conditional branches */
	PORT_READ,
	MMIO_READ,
	PORT_WRITE,
	MMIO_WRITE,
	RDTSC,
	RDTSCP,
	RDPMC,
	RDRAND,
	RDMSR,
	WRMSR,
	FAULT, /* a triple fault, and the reset that the environment makes */
	GUEST_KINDS,
	/* ... and the environment, between two instructions. */
	DMA = GUEST_KINDS,
	SLOT,
	INTERRUPT,
	NMI,
	CR8,
	CPU_STATE,
	TLB_FLUSH,
	PTE_BITS,
	CLOCK,
	KINDS
};

struct item {
	enum item_kind kind;
	uint64_t number;
};

struct seed {
	struct item items[ITEMS];
	bool epoch_clock;
	bool has_faults;
	char *trace;
	uint64_t block_bytes[BLOCKS];
	uint8_t *ram[BLOCKS]; /* at the end */
	uint64_t end_state[RR_CPU_STATE_COUNT];
};

struct guest {
	const struct seed *seed;
	X86CPU *cpu;
	unsigned int at; /* item */
	uint64_t left; /* branches of the item RUN */
};

static char *dir;
static struct seed seeds[SEEDS];

static CPUX86State *env_of(struct guest *g)
{
	return &g->cpu->env;
}

/* All registers depend on where the guest is. */
static void set_registers(struct guest *g)
{
	CPUX86State *env = env_of(g);
	unsigned int i;

	for (i = 0; i < 16; i++)
		env->regs[i] = (g->at + 1) * 0x9e3779b97f4a7c15 + g->left + i;
	env->eip = 0x1000 + g->at * 64 + (g->left & 63);
	env->eflags = 2 | IF_MASK;
	env->cc_src = g->at & 1 ? CC_Z : 0;
}

static struct guest make_guest(const struct seed *seed)
{
	struct guest g = { .seed = seed, .cpu = g_new0(X86CPU, 1) };

	env_of(&g)->rr.cond_base[0] = env_of(&g)->rr.cond_left[0] = -1;
	g.left = seed->items[0].number;
	set_registers(&g);
	return g;
}

static void next_item(struct guest *g)
{
	g->at++;
	g->left = g->at < ITEMS ? g->seed->items[g->at].number : 0;
}

/* ---- the recording ---- */

struct recording {
	struct guest guest;
	struct rrlog_writer *writer;
	uint8_t **ram;
	uint64_t output_bytes, output_hash;
	int err;
};

static struct rrlog_record at_landmark(struct recording *rec, uint8_t type)
{
	struct rrlog_record r = { .type = type, .stamp = RRLOG_AT_LANDMARK };
	CPUX86State *env = env_of(&rec->guest);

	r.output_bytes = rec->output_bytes;
	r.output_hash = (uint32_t)rec->output_hash;
	r.landmark.branches = env->rr.cond_base[0] - env->rr.cond_left[0];
	rr_landmark_from_env(env, &r.landmark);
	r.landmark.regs[RR_REG_RFLAGS] &= ~RR_RFLAGS_IGNORED;
	return r;
}

static struct rrlog_record at_access(struct recording *rec, uint8_t type)
{
	return (struct rrlog_record){ .type = type,
				      .output_bytes = rec->output_bytes };
}

static void append(struct recording *rec, const struct rrlog_record *r)
{
	if (!rec->err)
		rec->err = rrlog_writer_append(rec->writer, r);
}

static void record_access(struct recording *rec, const struct item *item)
{
	static const uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t types[GUEST_KINDS] = {
		[PORT_READ] = RRLOG_PIO_READ, [MMIO_READ] = RRLOG_MMIO_READ,
		[RDTSC] = RRLOG_RDTSC,	      [RDTSCP] = RRLOG_RDTSCP,
		[RDPMC] = RRLOG_RDPMC,	      [RDRAND] = RRLOG_RDRAND,
		[RDMSR] = RRLOG_RDMSR,	      [WRMSR] = RRLOG_WRMSR,
	};
	struct rrlog_record r = at_access(rec, types[item->kind]);

	r.field[0] = item->number; /* the value, for most */
	r.data = bytes;
	switch (item->kind) {
	case PORT_READ:
		r.pio_read.port = 0x60;
		r.pio_read.size = r.data_bytes = 2;
		r.pio_read.count = 1;
		break;
	case MMIO_READ:
		r.mmio_read.gpa = 0xfee00000;
		r.mmio_read.size = r.data_bytes = 8;
		break;
	case RDRAND:
		r.rdrand.size = 8;
		r.rdrand.flags = 1;
		break;
	case RDMSR:
		r.rdmsr.index = MSR_INDEX;
		break;
	case WRMSR:
		r.wrmsr.index = MSR_INDEX;
		break;
	default:
		if (rec->guest.seed->epoch_clock && item->kind != RDPMC)
			return;
	}
	append(rec, &r);
}

static void record_output(struct recording *rec, const struct item *item)
{
	const bool port = item->kind == PORT_WRITE;
	const uint64_t address = port ? RR_OUTPUT_PORT | 0x80 : 0xfee00000;
	struct rrlog_record r;
	uint8_t value = (uint8_t)item->number;

	rec->output_hash = rr_output_hash(rec->output_hash, address, value);
	rec->output_bytes++;
	if (!port)
		return;
	/* A device answers with DMA. */
	r = at_access(rec, RRLOG_DMA);
	r.dma.block = 1;
	r.dma.offset = 0x800;
	r.data = &value;
	r.data_bytes = 1;
	rec->ram[1][0x800] = value;
	append(rec, &r);
}

static void record_state(struct recording *rec)
{
	struct rrlog_record r = at_landmark(rec, RRLOG_CPU_STATE);
	CPUX86State *env = env_of(&rec->guest);
	RRCPUState state;

	rr_cpu_state_get(env, &state);
	state.value[RR_REG_RAX] += 77;
	r.data = state.value;
	r.data_bytes = RRLOG_CPU_STATE_BYTES;
	append(rec, &r);
	rr_cpu_state_put(env, r.data, r.data_bytes);
}

static void record_dma(struct recording *rec, const struct item *item)
{
	struct rrlog_record r = at_landmark(rec, RRLOG_DMA);
	uint64_t bytes = item->number % 2 ? 5000 : 48; /* 5000: in blobs */
	uint8_t *data = g_malloc(bytes);

	memset(data, (int)item->number, bytes);
	r.dma.offset = item->number % 64 * 4096 + 100;
	r.data = data;
	r.data_bytes = bytes;
	memcpy(rec->ram[0] + r.dma.offset, data, bytes);
	append(rec, &r);
	g_free(data);
}

static void record_slot(struct recording *rec, uint64_t slot, uint64_t gpa,
			uint64_t block)
{
	struct rrlog_record r = at_landmark(rec, RRLOG_SLOT);

	r.slot.slot = slot;
	r.slot.gpa = gpa;
	r.slot.size = rec->guest.seed->block_bytes[block];
	r.slot.block = block;
	append(rec, &r);
}

static void record_environment(struct recording *rec, const struct item *item)
{
	struct rrlog_record r;

	switch (item->kind) {
	case DMA:
		return record_dma(rec, item);
	case SLOT:
		return record_slot(rec, 2 + item->number % 2,
				   (2 + item->number % 2) << 24, 0);
	case CPU_STATE:
		return record_state(rec);
	case PTE_BITS:
		r = at_landmark(rec, RRLOG_PTE_BITS);
		r.pte_bits.gpa = SECOND_GPA + item->number % 16 * 8;
		r.pte_bits.bits = PG_ACCESSED_MASK;
		rec->ram[1][item->number % 16 * 8] |= PG_ACCESSED_MASK;
		break;
	case INTERRUPT:
		r = at_landmark(rec, RRLOG_INTERRUPT);
		r.interrupt.vector = 0x20 + item->number % 16;
		break;
	case NMI:
		r = at_landmark(rec, RRLOG_NMI);
		env_of(&rec->guest)->hflags2 |= HF2_NMI_MASK;
		break;
	case CR8:
		r = at_landmark(rec, RRLOG_CR8);
		r.cr8.value = item->number % 16;
		break;
	case CLOCK:
		if (!rec->guest.seed->epoch_clock)
			return;
		r = at_landmark(rec, RRLOG_CLOCK);
		r.clock.value = item->number;
		break;
	default:
		r = at_landmark(rec, RRLOG_TLB_FLUSH);
	}
	append(rec, &r);
}

/* As replay_item() does it. */
static void record_item(struct recording *rec)
{
	struct guest *g = &rec->guest;
	const struct item *item = &g->seed->items[g->at];

	switch (item->kind) {
	case RUN:
		env_of(g)->rr.cond_left[0] -= (int64_t)item->number;
		break;
	case PORT_WRITE:
	case MMIO_WRITE:
		record_output(rec, item);
		break;
	case FAULT:
		break;
	default:
		if (item->kind < GUEST_KINDS)
			record_access(rec, item);
		else
			record_environment(rec, item);
	}
	next_item(g);
	if (item->kind < GUEST_KINDS)
		set_registers(g);
	if (item->kind == FAULT)
		record_state(rec);
}

static void record_digests(struct recording *rec, struct rrlog_record end)
{
	uint64_t block, offset, hashes[2], count;

	end.type = RRLOG_RAM_DIGEST;
	for (block = 0; block < BLOCKS; block++) {
		uint64_t left = rec->guest.seed->block_bytes[block];

		for (count = offset = 0; left; count++) {
			uint64_t part = MIN(left, RRLOG_REGION_BYTES);

			hashes[count] =
				XXH3_64bits(rec->ram[block] + offset, part);
			offset += part;
			left -= part;
		}
		end.ram_digest.block = block;
		end.ram_digest.first = 0;
		end.data = hashes;
		end.data_bytes = count * sizeof(hashes[0]);
		append(rec, &end);
	}
}

static void record_end(struct recording *rec, struct seed *seed)
{
	struct rrlog_record end = at_landmark(rec, RRLOG_END);
	RRCPUState state;

	rr_cpu_state_get(env_of(&rec->guest), &state);
	state.value[RR_REG_RFLAGS] &= ~RR_RFLAGS_IGNORED;
	memcpy(seed->end_state, state.value, sizeof(seed->end_state));
	end.end.reason = 1;
	end.data = seed->end_state;
	end.data_bytes = sizeof(seed->end_state);
	append(rec, &end);
	record_digests(rec, end);
}

static int start_trace(struct recording *rec, const struct seed *seed)
{
	const uint32_t cpuid[10] = { 0,		 0,	     0,		1,
				     0x68747541, 0x444d4163, 0x69746e65 };
	static const uint8_t page[RRLOG_PAGE_BYTES] = { 9, 8, 7 };
	struct rrlog_writer *w = rec->writer;
	unsigned int i;
	int err = 0;

	for (i = 0; i < BLOCKS; i++) {
		struct rrlog_block b = { .id = i,
					 .name = "ram",
					 .size_bytes = seed->block_bytes[i] };

		err = err ? err : rrlog_writer_add_block(w, &b);
		err = err ? err : rrlog_writer_put_page(w, i, 1, page);
		memcpy(rec->ram[i] + RRLOG_PAGE_BYTES, page, sizeof(page));
	}
	err = err ? err :
		    rrlog_writer_manifest_set_bytes(w, "cpu.cpuid", cpuid,
						    sizeof(cpuid));
	err = err ? err :
		    rrlog_writer_manifest_set(w, "clock.mode",
					      seed->epoch_clock ? "epoch" :
								  "exit");
	err = err ? err : rrlog_writer_set_tlb_flushes(w);
	err = err ? err : rrlog_writer_set_pte_bits(w);
	return err ? err : rrlog_writer_start(w);
}

static int record(struct seed *seed)
{
	struct recording rec = { .guest = make_guest(seed), .ram = seed->ram };
	int err = rrlog_writer_create(seed->trace, NULL, &rec.writer);

	if (!err)
		err = start_trace(&rec, seed);
	rec.err = err;
	record_slot(&rec, 0, 0, 0);
	record_slot(&rec, 1, SECOND_GPA << 4, 1);
	record_slot(&rec, 1, SECOND_GPA << 8, 1);
	record_slot(&rec, 0, SECOND_GPA << 9, 0);
	record_slot(&rec, 1, SECOND_GPA, 1);
	while (rec.guest.at < ITEMS)
		record_item(&rec);
	record_end(&rec, seed);
	err = rrlog_writer_close(rec.writer, true);
	g_free(rec.guest.cpu);
	return rec.err ? rec.err : err;
}

/* Something happens in each, and the last item has branches. */
static void make_script(struct seed *seed, GRand *random)
{
	unsigned int i;

	for (i = 0; i < ITEMS; i++) {
		enum item_kind kind =
			i % 3 == 0 ? RUN : g_rand_int_range(random, 0, KINDS);

		seed->items[i] = (struct item){
			.kind = kind,
			.number = (uint64_t)g_rand_int_range(random, 1, 200),
		};
	}
	for (i = 0; i < ITEMS; i++)
		if (seed->items[i].kind == FAULT && !seed->has_faults)
			seed->items[i].kind = RDMSR;
	seed->items[1].kind = seed->epoch_clock ? CLOCK : RDTSC;
	seed->items[ITEMS - 1].kind = RUN;
}

static int make_seed(struct seed *seed, unsigned int number)
{
	GRand *random = g_rand_new_with_seed(number);
	unsigned int i;

	seed->epoch_clock = number % 2;
	seed->has_faults = number % 4 == 2;
	seed->trace = g_strdup_printf("%s/seed-%u", dir, number);
	seed->block_bytes[0] = number ? SMALL_BYTES : LARGE_BYTES;
	seed->block_bytes[1] = 0x2000;
	for (i = 0; i < BLOCKS; i++)
		seed->ram[i] = g_malloc0(seed->block_bytes[i]);
	make_script(seed, random);
	g_rand_free(random);
	return record(seed);
}

/* ---- the replay ---- */

static int load_page(void *opaque, uint32_t block, uint64_t page_index,
		     const void *page)
{
	struct rr_replay *r = opaque;

	memcpy((uint8_t *)r->host.blocks[block].ram_block +
		       page_index * RRLOG_PAGE_BYTES,
	       page, RRLOG_PAGE_BYTES);
	return 0;
}

/* What machine.c does; 0 or a negative errno value. */
static int set_up(struct rr_replay *r, const char *trace, struct guest *g)
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
	r->host.env = env_of(g);
	r->config.epoch_clock = !g_strcmp0(
		rrlog_reader_manifest(r->host.reader, "clock.mode"), "epoch");
	r->config.ignored_rflags = RR_RFLAGS_IGNORED;
	r->config.silicon = "tcg";
	rr_replay_io_init(r, NULL);
	return rrlog_reader_for_each_page(r->host.reader, load_page, r);
}

static void tear_down(struct rr_replay *r)
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

static void access_region(MemoryRegion *mr, uint64_t addr, unsigned int size,
			  bool write, uint64_t value)
{
	bql_lock();
	if (write)
		mr->ops->write(mr->opaque, addr, value, size);
	else
		mr->ops->read(mr->opaque, addr, size);
	bql_unlock();
}

static void replay_access(struct rr_replay *r, const struct item *item)
{
	CPUState *cpu = r->host.cpu;
	uint64_t value;
	bool gp;

	switch (item->kind) {
	case PORT_READ:
		return access_region(&r->host.port_io, 0x60, 2, false, 0);
	case MMIO_READ: /* in two parts, as TCG may */
		access_region(&r->host.memory_io, 0xfee00000, 4, false, 0);
		return access_region(&r->host.memory_io, 0xfee00004, 4, false,
				     0);
	case PORT_WRITE:
		return access_region(&r->host.port_io, 0x80, 1, true,
				     item->number);
	case MMIO_WRITE:
		return access_region(&r->host.memory_io, 0xfee00000, 1, true,
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
		rr_replay_rdmsr(cpu, MSR_INDEX, &value, &gp);
		break;
	case WRMSR:
		rr_replay_wrmsr(cpu, MSR_INDEX, 0, &gp);
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
			next_item(g);
	} else {
		replay_access(r, item);
		next_item(g);
	}
	set_registers(g);
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
	while (g->at < ITEMS && !is_guests(g))
		next_item(g);
	if (rr_replay_due(cpu))
		rr_replay_boundary(cpu);
	single = cpu->cflags_next_tb != (uint32_t)-1;
	cpu->cflags_next_tb = -1;
	if (g->at == ITEMS)
		rr_replay_halt(cpu);
	replay_item(r, g, single);
}

static void run_guest(struct rr_replay *r, struct guest *g)
{
	r->host.cpu->cflags_next_tb = -1;
	r->host.env->rr.cond_base[0] = r->host.env->rr.cond_left[0] = -1;
	rr_replaying = true;
	while (!rr_replay_is_over(r))
		if (!sigsetjmp(stand_ins.loop_exit, 0))
			run_block(r, g);
	rr_replaying = false;
}

/* ---- the judgement ---- */

static bool is_truly_equal(struct rr_replay *r, struct guest *g)
{
	const struct seed *seed = g->seed;
	RRCPUState state;
	unsigned int i;

	rr_cpu_state_get(env_of(g), &state);
	state.value[RR_REG_RFLAGS] &= ~RR_RFLAGS_IGNORED;
	for (i = 0; i < r->host.block_count && i < BLOCKS; i++)
		if (memcmp(r->host.blocks[i].ram_block, seed->ram[i],
			   MIN(seed->block_bytes[i],
			       memory_region_size(&r->host.blocks[i]))))
			return false;
	return g->at == ITEMS &&
	       !memcmp(state.value, seed->end_state, sizeof(seed->end_state));
}

/*
 * What a replay compares.  Registers are not where the processor has shut down.
 */
static bool is_compared(const struct seed *seed, const char *kind)
{
	if (!strcmp(kind, "landmark"))
		return !seed->has_faults;
	return !strcmp(kind, "output") || !strcmp(kind, "end");
}

/* Whether a reader that checks takes the whole trace. */
static bool is_verified(const char *trace)
{
	struct rrlog_reader *reader;
	struct rrlog_record rec;
	int ret = rrlog_reader_open(trace, &reader);

	ret = ret ? ret : rrlog_reader_check(reader);
	while (!ret && (ret = rrlog_reader_next(reader, &rec)) > 0)
		ret = 0;
	rrlog_reader_close(reader);
	return !ret;
}

/* NULL, or what is wrong with how this trace was replayed. */
static const char *judge(struct rr_replay *r, struct guest *g, int status,
			 const char *kind, bool verified)
{
	if (status != RR_EXIT_OK && status != RR_EXIT_FAILURE &&
	    status != RR_EXIT_DIVERGED && status != RR_EXIT_DAMAGED)
		return "the status is none of a replay";
	if (stand_ins.bql || stand_ins.transactions)
		return "a lock is held";
	if (status == RR_EXIT_DAMAGED && verified)
		return "damaged, but verify says that it is whole";
	if (status != RR_EXIT_OK)
		return NULL;
	if (!verified)
		return "equal, but verify says that it is damaged";
	if (is_compared(g->seed, kind))
		return "equal, but what is compared was changed";
	return is_truly_equal(r, g) ? NULL : "equal, but it is not";
}

static unsigned int status_count[5];

static const char *replay(const struct seed *seed, const char *trace,
			  const char *kind)
{
	struct rr_replay *r = rr_replay_get();
	struct guest g = make_guest(seed);
	bool verified = is_verified(trace);
	int status, err = set_up(r, trace, &g);
	const char *wrong;

	memset(&stand_ins, 0, sizeof(stand_ins));
	if (err) {
		status = err == -EBADMSG ? RR_EXIT_DAMAGED : RR_EXIT_FAILURE;
	} else {
		run_guest(r, &g);
		status = stand_ins.ended == 1 ? stand_ins.status : -1;
	}
	wrong = judge(r, &g, status, kind, verified);
	if (status >= 0 && status < 5)
		status_count[status]++;
	tear_down(r);
	g_free(g.cpu);
	return wrong;
}

/* Also one that was never begun, which rrlog_trace_remove() leaves. */
static void remove_trace(const char *path)
{
	g_autoptr(GDir) files = g_dir_open(path, 0, NULL);
	const char *name;

	while (files && (name = g_dir_read_name(files))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
}

/* ---- the tests ---- */

static void test_seeds(void)
{
	unsigned int i, good = 0;

	for (i = 0; i < SEEDS; i++) {
		int err = make_seed(&seeds[i], i);
		const char *wrong = err ? strerror(-err) :
					  replay(&seeds[i], seeds[i].trace, "");

		if (wrong)
			ksft_note("seed %u: %s", i, wrong);
		good += !wrong;
	}
	ksft_ok(good == SEEDS && status_count[0] == SEEDS,
		"%u seeds replay with status 0", SEEDS);
}

static unsigned int made, wrongs;

static void try_mutant(uint32_t number, const char *kind)
{
	const struct seed *seed = &seeds[number % SEEDS];
	g_autofree char *out = g_build_filename(dir, "mutant", NULL);
	char text[RRLOG_MUTATE_TEXT_BYTES];
	const char *wrong;
	int ret;

	alarm(DONE_S);
	ret = rrlog_mutate(seed->trace, out, kind, number, RRLOG_MUTATE_ANY,
			   text);
	if (ret > 0) {
		made++;
		wrong = replay(seed, out, kind);
		if (wrong && wrongs++ < 20)
			ksft_note("mutant %u, %s: %s", number, text, wrong);
	}
	remove_trace(out);
}

static uint32_t number_of(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text ? (uint32_t)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void test_mutants(void)
{
	static const char *const kinds[] = {
		"field", "landmark", "output", "data", "stamp",
		"type",	 "drop",     "double", "swap", "end",
		"page",	 "block",    "entry",
	};
	const uint32_t first = number_of("RR_FIRST_SEED", 1);
	const uint32_t count = number_of("RR_MUTANTS", 2000);
	uint32_t i;

	memset(status_count, 0, sizeof(status_count));
	for (i = first; i < first + count; i++)
		try_mutant(i, kinds[i / SEEDS % G_N_ELEMENTS(kinds)]);
	ksft_ok(!wrongs && made > count / 2, "%u mutants, %u wrong", made,
		wrongs);
	ksft_note("status 0: %u, 1: %u, 3: %u, 4: %u", status_count[0],
		  status_count[1], status_count[3], status_count[4]);
}

static void clean_up(void)
{
	unsigned int i, b;

	for (i = 0; i < SEEDS; i++) {
		remove_trace(seeds[i].trace);
		g_free(seeds[i].trace);
		for (b = 0; b < BLOCKS; b++)
			g_free(seeds[i].ram[b]);
	}
	g_rmdir(dir);
	g_free(dir);
}

int main(void)
{
	const char *memory = "/dev/shm/rr-appliers-XXXXXX";

	dir = g_mkdtemp(g_strdup(memory));
	if (!dir)
		dir = g_dir_make_tmp("rr-appliers-XXXXXX", NULL);
	if (!dir)
		ksft_bail_out("no directory");
	/* The replayer's reports: RR_SHOW=1 shows them. */
	if (!getenv("RR_SHOW") && !freopen("/dev/null", "w", stderr))
		ksft_bail_out("no /dev/null");
	ksft_plan(2);
	test_seeds();
	test_mutants();
	clean_up();
	return ksft_end();
}
