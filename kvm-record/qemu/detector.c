/*
 * Writes of QEMU to guest RAM that no hook reported: --paranoid.
 *
 * KVM has another mapping of RAM than device code (rr_record_slot_memory()),
 * so the one that device code uses can be write-protected while the guest
 * writes.  A write of QEMU faults.  The handler keeps the page as it was, and
 * who wrote, and lets the write through.  rr_record_ram_write() copies what it
 * reports into the kept page; when both are equal the page is protected again.
 * What still differs when the guest goes on is a write that is not in the log.
 *
 * Not seen: a system call that writes RAM through the protected mapping fails
 * with EFAULT; and RAM that is a private mapping of a file, or has huge pages,
 * is not watched.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <ucontext.h>
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "qemu/error-report.h"
#include "kvm-record/qemu/symbols.h"

#define MAX_AREAS RRLOG_MAX_BLOCKS
#define MAX_OPEN 16384 /* pages that are written between two hooks */
#define STACK_WORDS 96 /* that are kept of the writer's stack */
#define SHOWN_FUNCTIONS 5

/* A RAM block, and the guest's mapping of it. */
struct area {
    RAMBlock *ram;
    uint8_t *host, *alias;
    size_t bytes;
    bool watched;
};

/* A page that is writable since QEMU wrote to it. */
struct open_page {
    struct area *area; /* NULL: protected again */
    uint64_t offset; /* in the block */
    bool has_bql;
    /* Who wrote.  To walk the stack at each fault would take too long. */
    uintptr_t code;
    uintptr_t stack[STACK_WORDS];
};

static struct {
    struct area areas[MAX_AREAS];
    unsigned int area_count;
    struct open_page *open;
    uint8_t *before; /* the pages of @open as they were */
    unsigned int open_count; /* atomic: entries of @open in use */
    GHashTable *told; /* the writers that were reported, by name */
    struct sigaction next; /* for faults that are none of ours */
} detector;

static bool is_on(const struct rr_recorder *r)
{
    return r->config.paranoid != RR_PARANOID_OFF;
}

bool rr_record_shares_ram(void)
{
    return is_on(&rr_recorder);
}

/* ---- the guest's mapping ---- */

static struct area *area_of(const RAMBlock *ram)
{
    for (unsigned int i = 0; i < detector.area_count; i++) {
        if (detector.areas[i].ram == ram) {
            return &detector.areas[i];
        }
    }
    return NULL;
}

static struct area *add_area(RAMBlock *ram)
{
    struct area *a = area_of(NULL); /* of a block that was freed */

    if (!a) {
        if (detector.area_count == MAX_AREAS) {
            return NULL;
        }
        a = &detector.areas[detector.area_count++];
    }
    *a = (struct area) {
        .ram = ram, .host = ram->host, .bytes = ram->max_length,
    };
    /* A second mapping of the same pages, if they are shared. */
    a->alias = mremap(a->host, 0, a->bytes, MREMAP_MAYMOVE);
    if (a->alias == MAP_FAILED) {
        warn_report("rr-record: --paranoid cannot watch the RAM block %s: %s",
                    ram->idstr, strerror(errno));
        a->alias = NULL;
    }
    return a;
}

void *rr_record_slot_memory(void *host)
{
    ram_addr_t offset;
    RAMBlock *ram;
    struct area *a;

    if (!is_on(&rr_recorder)) {
        return host;
    }
    ram = qemu_ram_block_from_host(host, false, &offset);
    if (!ram) {
        return host;
    }
    a = area_of(ram) ?: add_area(ram);
    return a && a->alias ? a->alias + offset : host;
}

void rr_detector_forget(RAMBlock *ram)
{
    struct area *a = area_of(ram);

    if (a && a->alias) {
        munmap(a->alias, a->bytes);
    }
    if (a) {
        *a = (struct area) { 0 };
    }
}

/* ---- faults ---- */

static struct area *area_at(const void *address)
{
    for (unsigned int i = 0; i < detector.area_count; i++) {
        struct area *a = &detector.areas[i];

        if (a->watched && (uintptr_t)address - (uintptr_t)a->host < a->bytes) {
            return a;
        }
    }
    return NULL;
}

static void set_writable(uint8_t *page, size_t bytes, bool writable)
{
    if (mprotect(page, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ)) {
        abort();
    }
}

/* The stack may end before @p is full: a coroutine's is small. */
static void keep_stack(struct open_page *p, void *stack)
{
    struct iovec to = { p->stack, sizeof(p->stack) };
    struct iovec from = { stack, sizeof(p->stack) };

    memset(p->stack, 0, sizeof(p->stack));
    if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0) {
        from.iov_len = to.iov_len =
            RRLOG_PAGE_BYTES - (uintptr_t)stack % RRLOG_PAGE_BYTES;
        process_vm_readv(getpid(), &to, 1, &from, 1, 0);
    }
}

/* In a signal handler: nothing here allocates. */
static void keep_page(struct area *a, uint64_t offset, const ucontext_t *at)
{
    unsigned int i = qatomic_fetch_inc(&detector.open_count);
    struct open_page *p = &detector.open[i];

    if (i >= MAX_OPEN) {
        abort(); /* more is written at once than any device does */
    }
    memcpy(detector.before + (size_t)i * RRLOG_PAGE_BYTES, a->host + offset,
           RRLOG_PAGE_BYTES);
    p->code = at->uc_mcontext.gregs[REG_RIP];
    keep_stack(p, (void *)at->uc_mcontext.gregs[REG_RSP]);
    p->has_bql = bql_locked();
    p->offset = offset;
    p->area = a;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    struct area *a = area_at(info->si_addr);
    uint64_t offset;

    if (!a) {
        sigaction(sig, &detector.next, NULL); /* it faults again */
        return;
    }
    offset = QEMU_ALIGN_DOWN((uint8_t *)info->si_addr - a->host,
                             RRLOG_PAGE_BYTES);
    if (rr_recorder.life == RR_LIFE_RECORDING) {
        keep_page(a, offset, context);
    }
    set_writable(a->host + offset, RRLOG_PAGE_BYTES, true);
}

/* Pages are protected one by one, which huge pages cannot be. */
static bool can_watch(RAMBlock *ram)
{
    bool can = qemu_ram_pagesize(ram) == RRLOG_PAGE_BYTES;

    if (!can) {
        warn_report("rr-record: --paranoid does not watch the RAM block %s, "
                    "which has huge pages", ram->idstr);
    }
    return can;
}

static void watch_block(RAMBlock *ram)
{
    struct area *a = area_of(ram) ?: add_area(ram);

    if (a && a->alias && can_watch(ram)) {
        a->watched = true;
        set_writable(a->host, a->bytes, false);
    }
}

static void install_handler(void)
{
    struct sigaction action = {
        .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO,
    };

    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &detector.next);
}

void rr_detector_start(struct rr_recorder *r)
{
    if (!is_on(r)) {
        return;
    }
    detector.open = g_new0(struct open_page, MAX_OPEN);
    detector.before = mmap(NULL, (size_t)MAX_OPEN * RRLOG_PAGE_BYTES,
                           PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    g_assert(detector.before != MAP_FAILED);
    detector.told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                          NULL);
    install_handler();
    for (uint32_t i = 0; i < r->block_count; i++) {
        watch_block(r->blocks[i].ram);
    }
}

/* ---- what the hooks explain ---- */

static uint8_t *before_of(const struct open_page *p)
{
    return detector.before + (p - detector.open) * (size_t)RRLOG_PAGE_BYTES;
}

static uint8_t *now_of(const struct open_page *p)
{
    return p->area->host + p->offset;
}

static void close_page(struct open_page *p)
{
    set_writable(now_of(p), RRLOG_PAGE_BYTES, false);
    p->area = NULL;
}

/* Entries are used again once no page is open. */
static void forget_closed(void)
{
    for (unsigned int i = 0; i < detector.open_count; i++) {
        if (detector.open[i].area) {
            return;
        }
    }
    detector.open_count = 0;
}

static void explain_page(struct open_page *p, uint64_t start, uint64_t end)
{
    uint64_t from = MAX(start, p->offset);
    uint64_t to = MIN(end, p->offset + RRLOG_PAGE_BYTES);

    if (from >= to) {
        return;
    }
    memcpy(before_of(p) + (from - p->offset), p->area->host + from, to - from);
    if (!memcmp(before_of(p), now_of(p), RRLOG_PAGE_BYTES)) {
        close_page(p);
    }
}

void rr_detector_explain(const RAMBlock *ram, uint64_t offset, uint64_t bytes)
{
    if (!detector.open_count) {
        return;
    }
    for (unsigned int i = 0; i < detector.open_count; i++) {
        struct open_page *p = &detector.open[i];

        if (p->area && p->area->ram == ram) {
            explain_page(p, offset, offset + bytes);
        }
    }
    forget_closed();
}

/* ---- the report ---- */

/*
 * The function that wrote, and those whose return addresses are on the stack:
 * its callers, and perhaps some that have returned.
 */
static char *name_writers(const struct open_page *p)
{
    GString *text = g_string_new(NULL);
    g_autofree char *first = rr_symbol_name(p->code);
    int shown = 0;

    g_string_append(text, first ?: "a library");
    for (int i = 0; i < STACK_WORDS && shown < SHOWN_FUNCTIONS; i++) {
        g_autofree char *name = rr_symbol_caller(p->stack[i]);

        if (name) {
            g_string_append_printf(text, " < %s", name);
            shown++;
        }
    }
    return g_string_free(text, false);
}

/* The device whose register the guest accesses, if it does. */
static void append_device(GString *text, const struct kvm_run *run)
{
    bool is_port = run && run->exit_reason == KVM_EXIT_IO;
    MemoryRegionSection section;
    uint64_t address;

    if (!is_port && !(run && run->exit_reason == KVM_EXIT_MMIO)) {
        return;
    }
    address = is_port ? run->io.port : run->mmio.phys_addr;
    section = memory_region_find(is_port ? get_system_io()
                                         : get_system_memory(), address, 1);
    g_string_append_printf(text, ", at the guest's access to %s 0x%" PRIx64,
                           is_port ? "port" : "address", address);
    if (section.mr) {
        g_string_append_printf(text, " (%s", memory_region_name(section.mr));
        if (section.mr->owner) {
            g_string_append_printf(text, " of %s",
                                   object_get_typename(section.mr->owner));
        }
        g_string_append_c(text, ')');
        memory_region_unref(section.mr);
    }
}

static void report(struct rr_recorder *r, const struct open_page *p,
                   uint64_t offset, uint64_t bytes, const struct kvm_run *run)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *writers = name_writers(p);

    if (!g_hash_table_add(detector.told, g_strdup(writers))) {
        return;
    }
    g_string_printf(text, "%" PRIu64 " bytes of %s at 0x%" PRIx64
                    " were written%s, which no hook reported, by %s", bytes,
                    p->area->ram->idstr, offset,
                    p->has_bql ? "" : " without the big lock", writers);
    append_device(text, run);
    if (r->config.paranoid == RR_PARANOID_STOP) {
        rr_recorder_fail(r, "%s", text->str);
    } else {
        warn_report("rr-record: %s; it is logged now", text->str);
    }
}

/* Report what differs in a page, and log it. */
static void check_page(struct rr_recorder *r, struct open_page *p,
                       const struct kvm_run *run)
{
    const uint8_t *before = before_of(p), *now = now_of(p);
    uint64_t first = 0, end = RRLOG_PAGE_BYTES;

    while (first < end && before[first] == now[first]) {
        first++;
    }
    while (first < end && before[end - 1] == now[end - 1]) {
        end--;
    }
    if (first < end) {
        report(r, p, p->offset + first, end - first, run);
        rr_log_ram_write(r, p->area->ram, p->offset + first, end - first);
    }
    close_page(p);
}

void rr_detector_check(struct rr_recorder *r, const struct kvm_run *run)
{
    for (unsigned int i = 0; i < detector.open_count; i++) {
        if (detector.open[i].area) {
            check_page(r, &detector.open[i], run);
        }
    }
    detector.open_count = 0;
}
