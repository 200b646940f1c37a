/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter.c - which system calls stop the program, as a seccomp filter that libseccomp makes
 *
 *   call                                   what happens
 *   socket(AF_INET, AF_INET6)              reported
 *   socket(AF_PACKET)                      EPERM: would reach the machine's own network
 *   bind listen connect accept accept4
 *   getsockname getpeername
 *   getsockopt setsockopt
 *   sendmsg recvmsg sendmmsg recvmmsg      reported (of any socket; only ours are answered here,
 *                                          the kernel goes on with all others)
 *   sendto, recvfrom                       reported if they have an address argument: send() and
 *                                          recv() are the same calls without one, and run free,
 *   read readv write writev send recv      but these are reported of the descriptors where sockets
 * of datagrams stand (calls_plain.c): an error may wait there poll, ppoll reported: a socket pair
 * cannot say POLLERR, so this is said here if an error waits; else the kernel goes on
 *   io_uring_setup                         ENOSYS: its rings would reach sockets behind our back
 *   any call of a foreign ABI (i386, x32)  ENOSYS: the numbers mean other calls there
 *   everything else                        runs free: read write select epoll close dup sendfile
 * ...
 *
 * The filter is inherited by every child and survives exec; PR_SET_NO_NEW_PRIVS, which an
 * ordinary user needs to install it, makes set-user-ID programs run without their privilege.
 *
 * This is no sandbox. A program that wants to can find a way around it; the filter is there for
 * programs that do not know of it.
 */
#include "host/sup.h"

#include <errno.h>
#include <seccomp.h>

/* The kernel takes an address family as an int: the argument's upper half means nothing. */
#define FAMILY(f) SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (f))
#define HAS_ADDRESS SCMP_A4(SCMP_CMP_NE, 0, 0)
#define MAY_ERR SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX & ~(SUP_FDS - 1u), SUP_FD_FIRST)

/* The calls on which something happens; whatever stands in no row runs free. */
static int add_rules(scmp_filter_ctx filter) {
    const struct {
        int call;
        unsigned conditions; /* 0 or 1 */
        struct scmp_arg_cmp condition;
        uint32_t action;
    } rules[] = {
        {SCMP_SYS(socket), 1, FAMILY(AF_INET), SCMP_ACT_NOTIFY},
        {SCMP_SYS(socket), 1, FAMILY(AF_INET6), SCMP_ACT_NOTIFY},
        {SCMP_SYS(socket), 1, FAMILY(AF_PACKET), SCMP_ACT_ERRNO(EPERM)},
        {SCMP_SYS(bind), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(listen), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(connect), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(accept), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(accept4), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(getsockname), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(getpeername), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(getsockopt), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(setsockopt), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(sendmsg), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(recvmsg), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(sendmmsg), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(recvmmsg), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(sendto), 1, HAS_ADDRESS, SCMP_ACT_NOTIFY},
        {SCMP_SYS(recvfrom), 1, HAS_ADDRESS, SCMP_ACT_NOTIFY},
        {SCMP_SYS(sendto), 1, MAY_ERR, SCMP_ACT_NOTIFY},
        {SCMP_SYS(recvfrom), 1, MAY_ERR, SCMP_ACT_NOTIFY},
        {SCMP_SYS(read), 1, MAY_ERR, SCMP_ACT_NOTIFY},
        {SCMP_SYS(readv), 1, MAY_ERR, SCMP_ACT_NOTIFY},
        {SCMP_SYS(write), 1, MAY_ERR, SCMP_ACT_NOTIFY},
        {SCMP_SYS(writev), 1, MAY_ERR, SCMP_ACT_NOTIFY},
#ifdef __NR_poll
        {SCMP_SYS(poll), 0, {0}, SCMP_ACT_NOTIFY},
#endif
        {SCMP_SYS(ppoll), 0, {0}, SCMP_ACT_NOTIFY},
        {SCMP_SYS(io_uring_setup), 0, {0}, SCMP_ACT_ERRNO(ENOSYS)},
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof(rules) / sizeof(rules[0]); i++) {
        err = seccomp_rule_add_array(filter, rules[i].action, rules[i].call, rules[i].conditions,
                                     &rules[i].condition);
    }
    return err;
}

/* Runs between fork() and exec(), where malloc is safe because the parent has one thread. */
int filter_install(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (filter == NULL) {
        return -ENOMEM;
    }
    /* The machine's own ABI alone is known here; x32 calls count as foreign, too. */
    int err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));

    if (err == 0) {
        err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
    }
    if (err == 0) {
        err = add_rules(filter);
    }
    if (err == 0) {
        errno = 0;
        err = seccomp_load(filter);
        if (err < 0 && errno != 0) {
            err = -errno; /* libseccomp knows no EBUSY (there is a supervisor already) */
        }
    }
    int fd = err == 0 ? seccomp_notify_fd(filter) : err;

    seccomp_release(filter);
    return fd;
}
