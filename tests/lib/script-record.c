/*
 * The recording of a guest with a script: what its items and its environment put
 * into a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/lib/script.h"
#include "common/logfmt/base/hash.h"

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
	CPUX86State *env = script_env(&rec->guest);

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
		r.rdmsr.index = SCRIPT_MSR;
		break;
	case WRMSR:
		r.wrmsr.index = SCRIPT_MSR;
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
	CPUX86State *env = script_env(&rec->guest);
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

/* What memory holds behind the guest's last output, and somewhere else. */
static void record_words(struct recording *rec, const struct item *item)
{
	struct rrlog_record r = at_landmark(rec, RRLOG_WORDS);
	uint64_t words[2][2] = { { 0x800 }, { item->number % 2 * 4096 } };
	unsigned int i;

	for (i = 0; i < 2; i++)
		memcpy(&words[i][1], rec->ram[1] + words[i][0], 8);
	r.words.block = 1;
	r.words.size = 8;
	r.data = words;
	r.data_bytes = sizeof(words);
	append(rec, &r);
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
	case WORDS:
		return record_words(rec, item);
	case PTE_BITS:
		r = at_landmark(rec, RRLOG_PTE_BITS);
		r.pte_bits.gpa = SCRIPT_SECOND_GPA + item->number % 16 * 8;
		r.pte_bits.bits = PG_ACCESSED_MASK;
		rec->ram[1][item->number % 16 * 8] |= PG_ACCESSED_MASK;
		break;
	case INTERRUPT:
		r = at_landmark(rec, RRLOG_INTERRUPT);
		r.interrupt.vector = 0x20 + item->number % 16;
		break;
	case NMI:
		r = at_landmark(rec, RRLOG_NMI);
		script_env(&rec->guest)->hflags2 |= HF2_NMI_MASK;
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

/* As tests/lib/script-replay.c does it. */
static void record_item(struct recording *rec)
{
	struct guest *g = &rec->guest;
	const struct item *item = &g->seed->items[g->at];

	switch (item->kind) {
	case RUN:
		script_env(g)->rr.cond_left[0] -= (int64_t)item->number;
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
	script_next_item(g);
	if (item->kind < GUEST_KINDS)
		script_set_registers(g);
	if (item->kind == FAULT)
		record_state(rec);
}

static void record_digests(struct recording *rec, struct rrlog_record end)
{
	uint64_t block, offset, hashes[2], count;

	end.type = RRLOG_RAM_DIGEST;
	for (block = 0; block < SCRIPT_BLOCKS; block++) {
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

	rr_cpu_state_get(script_env(&rec->guest), &state);
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

	for (i = 0; i < SCRIPT_BLOCKS; i++) {
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
	err = err ? err : rrlog_writer_set_words(w);
	return err ? err : rrlog_writer_start(w);
}

int script_record(struct seed *seed)
{
	struct recording rec = { .guest = script_guest(seed),
				 .ram = seed->ram };
	int err = rrlog_writer_create(seed->trace, NULL, &rec.writer);

	if (!err)
		err = start_trace(&rec, seed);
	rec.err = err;
	record_slot(&rec, 0, 0, 0);
	record_slot(&rec, 1, SCRIPT_SECOND_GPA << 4, 1);
	record_slot(&rec, 1, SCRIPT_SECOND_GPA << 8, 1);
	record_slot(&rec, 0, SCRIPT_SECOND_GPA << 9, 0);
	record_slot(&rec, 1, SCRIPT_SECOND_GPA, 1);
	while (rec.guest.at < SCRIPT_ITEMS)
		record_item(&rec);
	record_end(&rec, seed);
	err = rrlog_writer_close(rec.writer, true);
	g_free(rec.guest.cpu);
	return rec.err ? rec.err : err;
}
