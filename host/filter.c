/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter.c - which system calls stop the program, as a seccomp BPF program
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
 *                                          recv() are the same calls without one, and run free
 *   io_uring_setup                         ENOSYS: its rings would reach sockets behind our back
 *   any call of a foreign ABI (i386, x32)  ENOSYS: the numbers mean other calls there
 *   everything else                        runs free: read write poll epoll close dup sendfile ...
 *
 * The filter is inherited by every child and survives exec; PR_SET_NO_NEW_PRIVS, which an
 * ordinary user needs to install it, makes set-user-ID programs run without their privilege.
 *
 * This is no sandbox. A program that wants to can find a way around it; the filter is there for
 * programs that do not know of it.
 */
#include "host/sup.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCH AUDIT_ARCH_RISCV64
#else
#error "host/filter.c: this machine's audit architecture is not known here"
#endif

#define X32_BIT 0x40000000u

#define FIELD(f) ((uint32_t)offsetof(struct seccomp_data, f))
/* The two halves of argument n; every machine above is little-endian. */
#define ARG_LO(n) (FIELD(args) + (n)*8u)
#define ARG_HI(n) (ARG_LO(n) + 4u)

#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define RET(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW RET(SECCOMP_RET_ALLOW)
#define REPORT RET(SECCOMP_RET_USER_NOTIF)
#define DENY(err) RET(SECCOMP_RET_ERRNO | (err))
/* If the accumulator is v, go on with the next instruction, else leave out n of them. */
#define IF(v, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(v), 0, (n))
#define IF_REPORT(v) IF(v, 1), REPORT
/* If argument n is NULL, run free, else report; the last of a branch. */
#define REPORT_UNLESS_NULL(n) LOAD(ARG_LO(n)), IF(0, 3), LOAD(ARG_HI(n)), IF(0, 1), ALLOW, REPORT

static struct sock_filter program[] = {
    LOAD(FIELD(arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
    DENY(ENOSYS),
    LOAD(FIELD(nr)),
#if defined(__x86_64__)
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 1),
    DENY(ENOSYS),
#endif
    IF(__NR_io_uring_setup, 1),
    DENY(ENOSYS),
    IF_REPORT(__NR_bind),
    IF_REPORT(__NR_listen),
    IF_REPORT(__NR_connect),
    IF_REPORT(__NR_accept),
    IF_REPORT(__NR_accept4),
    IF_REPORT(__NR_getsockname),
    IF_REPORT(__NR_getpeername),
    IF_REPORT(__NR_getsockopt),
    IF_REPORT(__NR_setsockopt),
    IF_REPORT(__NR_sendmsg),
    IF_REPORT(__NR_recvmsg),
    IF_REPORT(__NR_sendmmsg),
    IF_REPORT(__NR_recvmmsg),
    IF(__NR_socket, 8),
    LOAD(ARG_LO(0)),
    IF_REPORT(AF_INET),
    IF_REPORT(AF_INET6),
    IF(AF_PACKET, 1),
    DENY(EPERM),
    ALLOW,
    IF(__NR_sendto, 6),
    REPORT_UNLESS_NULL(4),
    IF(__NR_recvfrom, 6),
    REPORT_UNLESS_NULL(4),
    ALLOW,
};

int filter_install(void) {
    struct sock_fprog prog = {.len = sizeof(program) / sizeof(program[0]), .filter = program};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return -errno;
    }
    long fd =
        syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);

    return fd < 0 ? -errno : (int)fd;
}
