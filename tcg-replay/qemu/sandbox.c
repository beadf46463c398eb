/*
 * The sandbox of a replay; see sandbox.h.
 *
 * A guest that breaks out of TCG has what this process has.  QEMU's own filter
 * (-sandbox) forbids some calls and leaves open() and socket(), since a VM
 * attaches devices while it runs.  A replay has no devices: here is a list of
 * what it needs, and all other calls fail with EPERM.
 *
 * Of files and sockets a replay keeps what it has open: the trace, the images,
 * the standard streams, and what options of QEMU opened.  A socket that listens
 * for gdb accepts connections; none is made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/sandbox.h"

#include <errno.h>

#ifdef RR_HAVE_SECCOMP
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

static const int allowed[] = {
    /* Files that are open. */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv),
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(close),
    SCMP_SYS(fstat), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
    SCMP_SYS(pselect6), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl), SCMP_SYS(eventfd2),
    /* Sockets that are open, and connections to them. */
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    /* Memory: TCG's buffer of code is executable from the start. */
    SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
    SCMP_SYS(madvise), SCMP_SYS(brk),
    /* Threads, and time. */
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(membarrier), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday), SCMP_SYS(restart_syscall), SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo), SCMP_SYS(getrusage),
    /* Signals to itself, and the end. */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigpending), SCMP_SYS(sigaltstack),
    SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* Calls that are allowed where an argument has these bits. */
struct call_with {
    int call;
    unsigned int argument;
    uint64_t mask, value;
};

/* The kernel looks at the lower half of a command, or of flags, only. */
#define COMMAND UINT32_MAX

static const struct call_with allowed_with[] = {
    { SCMP_SYS(ioctl), 1, COMMAND, TCGETS }, /* is it a terminal? */
    { SCMP_SYS(ioctl), 1, COMMAND, TIOCGWINSZ },
    { SCMP_SYS(ioctl), 1, COMMAND, FIONREAD },
    { SCMP_SYS(fcntl), 1, COMMAND, F_GETFD },
    { SCMP_SYS(fcntl), 1, COMMAND, F_SETFD },
    { SCMP_SYS(fcntl), 1, COMMAND, F_GETFL },
    { SCMP_SYS(fcntl), 1, COMMAND, F_SETFL },
    /* glibc's fstat() */
    { SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH },
    { SCMP_SYS(clone), 0, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD },
    { SCMP_SYS(prctl), 0, COMMAND, PR_SET_NAME },
    { SCMP_SYS(sendto), 4, UINT64_MAX, 0 }, /* no address */
};

/* QEMU makes a picture in shared memory: qemu_memfd_alloc(). */
static int allow_drawing(scmp_filter_ctx filter)
{
    int ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(memfd_create),
                               0);

    if (!ret) {
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ftruncate), 0);
    }
    if (!ret) {
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                               SCMP_A1(SCMP_CMP_MASKED_EQ, COMMAND,
                                       F_ADD_SEALS));
    }
    return ret;
}

static int add_rules(scmp_filter_ctx filter)
{
    const size_t plain = sizeof(allowed) / sizeof(allowed[0]);
    const size_t with = sizeof(allowed_with) / sizeof(allowed_with[0]);
    int ret = 0;

    for (size_t i = 0; !ret && i < plain; i++) {
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    }
    for (size_t i = 0; !ret && i < with; i++) {
        const struct call_with *w = &allowed_with[i];

        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, w->call, 1,
                               SCMP_CMP(w->argument, SCMP_CMP_MASKED_EQ,
                                        w->mask, w->value));
    }
    /* abort() and raise() are a signal to a thread of this process. */
    if (!ret) {
        ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX,
                                       (uint64_t)getpid()));
    }
    /* Its flags are in memory; glibc takes clone() where there is no clone3. */
    if (!ret) {
        ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                               SCMP_SYS(clone3), 0);
    }
    return ret;
}

bool rr_sandbox_is_there(void)
{
    return true;
}

int rr_sandbox_enter(bool draws)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int ret = -ENOMEM;

    if (!filter) {
        return ret;
    }
    ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (!ret) {
        ret = add_rules(filter);
    }
    if (!ret && draws) {
        ret = allow_drawing(filter);
    }
    if (!ret) {
        ret = seccomp_load(filter);
    }
    seccomp_release(filter);
    return ret;
}
#else
bool rr_sandbox_is_there(void)
{
    return false;
}

int rr_sandbox_enter(bool draws)
{
    return -EOPNOTSUPP;
}
#endif
