/*
 * Stand-ins for what the replayer calls in QEMU: RAM is memory of this process,
 * the memory map is the slots of the position, and the CPU is its registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/lib/qemu-stand-ins.h"
#include "tcg-replay/qemu/pages.h"
#include "exec/address-spaces.h"
#include "exec/cputlb.h"
#include "qemu/bitmap.h"
#include "qemu/bitops.h"
#include "qemu/rcu.h"
#include "qemu/log.h"
#include "qemu/timer.h"
#include "system/runstate.h"
#include "tcg/helper-tcg.h"

struct stand_ins stand_ins;
__thread CPUState *current_cpu;

/* ---- the machine ---- */

AddressSpace address_space_memory;
static MemoryRegion system_memory, system_io;

MemoryRegion *get_system_memory(void)
{
	return &system_memory;
}

MemoryRegion *get_system_io(void)
{
	return &system_io;
}

void stand_ins_make_block(MemoryRegion *mr, const char *name, uint64_t bytes)
{
	memset(mr, 0, sizeof(*mr));
	mr->name = name;
	mr->size = int128_make64(bytes);
	mr->ram = true;
	mr->ram_block = g_malloc0(bytes);
}

void stand_ins_free_block(MemoryRegion *mr)
{
	g_free(mr->ram_block);
}

uint64_t memory_region_size(MemoryRegion *mr)
{
	return int128_get64(mr->size);
}

bool memory_region_is_ram_device(MemoryRegion *mr)
{
	return false;
}

const char *memory_region_name(const MemoryRegion *mr)
{
	return mr->name;
}

void *memory_region_get_ram_ptr(MemoryRegion *mr)
{
	return mr->ram_block;
}

ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr)
{
	return 0;
}

void memory_region_init_alias(MemoryRegion *mr, Object *owner, const char *name,
			      MemoryRegion *orig, hwaddr offset, uint64_t size)
{
	/* As QEMU asserts it. */
	g_assert(size && size % TARGET_PAGE_SIZE == 0);
	g_assert(offset + size <= memory_region_size(orig));
	mr->alias = orig;
	mr->alias_offset = offset;
	mr->size = int128_make64(size);
}

void memory_region_init_io(MemoryRegion *mr, Object *owner,
			   const MemoryRegionOps *ops, void *opaque,
			   const char *name, uint64_t size)
{
	memset(mr, 0, sizeof(*mr));
	mr->ops = ops;
	mr->opaque = opaque;
	mr->size = int128_make64(size);
}

void memory_region_set_readonly(MemoryRegion *mr, bool readonly)
{
	mr->readonly = readonly;
}

void memory_region_add_subregion_overlap(MemoryRegion *mr, hwaddr offset,
					 MemoryRegion *subregion, int priority)
{
	subregion->addr = offset;
	subregion->container = mr;
}

void memory_region_del_subregion(MemoryRegion *mr, MemoryRegion *subregion)
{
	g_assert(subregion->container == mr);
	subregion->container = NULL;
}

void memory_region_transaction_begin(void)
{
	stand_ins.transactions++;
}

void memory_region_transaction_commit(void)
{
	stand_ins.transactions--;
}

void object_unparent(Object *obj)
{
}

/* The block at @addr, with the offset in it. */
static MemoryRegion *find_ram(hwaddr addr, hwaddr *offset)
{
	struct rr_replay *r = rr_replay_get();
	unsigned int i;

	for (i = 0; i < RR_MAX_SLOTS; i++) {
		MemoryRegion *slot = r->host.slots[i];

		if (!slot || addr < slot->addr ||
		    addr - slot->addr >= memory_region_size(slot))
			continue;
		*offset = slot->alias_offset + addr - slot->addr;
		return slot->alias;
	}
	return NULL;
}

MemTxResult address_space_write(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
				const void *buf, hwaddr len)
{
	hwaddr offset;
	MemoryRegion *mr = find_ram(addr, &offset);

	if (!mr || len > memory_region_size(mr) - offset)
		return MEMTX_ERROR;
	memcpy((uint8_t *)mr->ram_block + offset, buf, len);
	return MEMTX_OK;
}

MemoryRegion *flatview_translate(FlatView *fv, hwaddr addr, hwaddr *xlat,
				 hwaddr *len, bool is_write, MemTxAttrs attrs)
{
	MemoryRegion *mr = find_ram(addr, xlat);

	return mr ? mr : &system_io;
}

MemTxResult flatview_read_continue(FlatView *fv, hwaddr addr, MemTxAttrs attrs,
				   void *buf, hwaddr len, hwaddr addr1,
				   hwaddr l, MemoryRegion *mr)
{
	return MEMTX_DECODE_ERROR;
}

void *qemu_map_ram_ptr(RAMBlock *ram_block, ram_addr_t addr)
{
	return (uint8_t *)ram_block + addr;
}

void tb_invalidate_phys_range(tb_page_addr_t start, tb_page_addr_t last)
{
	g_assert(start <= last);
}

/* ---- threads: there is one ---- */

static __thread struct rcu_reader_data reader_data;
unsigned long rcu_gp_ctr;
QemuEvent rcu_gp_event;

struct rcu_reader_data *get_ptr_rcu_reader(void)
{
	return &reader_data;
}

void qemu_event_set(QemuEvent *ev)
{
}

bool bql_locked(void)
{
	return stand_ins.bql;
}

void bql_lock_impl(const char *file, int line)
{
	g_assert(!stand_ins.bql);
	stand_ins.bql = true;
}

void bql_unlock(void)
{
	g_assert(stand_ins.bql);
	stand_ins.bql = false;
}

/* ---- the CPU ---- */

void cpu_interrupt(CPUState *cpu, int mask)
{
	cpu->interrupt_request |= mask;
}

void do_interrupt_x86_hardirq(CPUX86State *env, int intno, int is_hw)
{
	g_assert(intno >= 0 && intno <= 0xff);
}

G_NORETURN void cpu_loop_exit(CPUState *cpu)
{
	if (stand_ins.bql)
		bql_unlock();
	siglongjmp(stand_ins.loop_exit, 1);
}

G_NORETURN void cpu_loop_exit_noexc(CPUState *cpu)
{
	cpu_loop_exit(cpu);
}

void cpu_dump_state(CPUState *cpu, FILE *f, int flags)
{
}

/* ---- the rest ---- */

int use_rt_clock = 1;
bool message_with_timestamp;
int qemu_loglevel;
int trace_events_enabled_count;
uint16_t _TRACE_RR_REPLAY_GOAL_DSTATE, _TRACE_RR_REPLAY_LANDING_DSTATE;
struct rr_silicon_note rr_silicon_note;
bool rr_tlb_bits_are_logged;

void qemu_log(const char *fmt, ...)
{
}

int qemu_get_thread_id(void)
{
	return 0;
}

void qemu_system_shutdown_request_with_code(ShutdownCause reason, int exit_code)
{
	stand_ins.ended++;
	stand_ins.status = exit_code;
}

unsigned long find_next_bit(const unsigned long *addr, unsigned long size,
			    unsigned long offset)
{
	while (offset < size && !test_bit(offset, addr))
		offset++;
	return MIN(offset, size);
}

int slow_bitmap_empty(const unsigned long *bitmap, long bits)
{
	return find_next_bit(bitmap, bits, 0) == bits;
}

uint64_t silicon_x87_fingerprint(void)
{
	return 0;
}

/* Of the replayer: these read the guest's page tables and code. */
void rr_replay_screen_access(struct rr_replay *r, uint64_t addr, uint64_t value,
			     unsigned int size, bool is_port, bool is_write)
{
}

/* There is no debugger. */
bool rr_travel_stops_before(struct rr_replay *r)
{
	return false;
}

bool rr_travel_stops_after(struct rr_replay *r, uint64_t records, uint64_t rip)
{
	return false;
}

void rr_pages_note_write(uint64_t address, uint64_t bytes)
{
}

void rr_replay_screen_reset(struct rr_replay *r)
{
}

bool rr_replay_screen_save(struct rr_replay *r)
{
	return true;
}

void rr_replay_note_adbits(struct rr_replay *r)
{
}

void rr_replay_report_adbits(struct rr_replay *r)
{
}

void rr_replay_report_undefined(struct rr_replay *r, uint64_t differing)
{
}

void rr_replay_report_illegal(struct rr_replay *r)
{
}

void rr_tlb_flush(struct rr_tlb *t)
{
}

bool rr_tlb_is_empty(const struct rr_tlb *t)
{
	return true;
}

int rr_sandbox_enter(bool draws)
{
	return 0;
}
