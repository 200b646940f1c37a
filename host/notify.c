/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.c - one notification from arrival to answer
 *
 * The kernel stops a thread of the program inside a system call, and reports the call's number
 * and arguments. Until it is answered the thread may still be killed or take a signal; then the
 * notification's id becomes invalid. Two consequences:
 *
 *  - The process id may by then belong to somebody else. So after anything was fetched from the
 *    program (its memory, a copy of a descriptor) the id is checked, before it is acted on; and
 *    before anything is written to its memory.
 *
 *  - An answer may be refused (ENOENT) though the call has had its effect. If the signal's handler
 *    was installed with SA_RESTART, the kernel makes the very same call again, and bind() would
 *    find its socket bound. The answer is kept, and given to the same thread's next call if that
 *    has the same number and arguments. If the restarted call comes before the lab's answer, it
 *    takes over the one that waits; if it comes later (the program was stopped and goes on after a
 *    minute), it finds the lab's answer where it is held for it.
 *
 * Waiting calls hold a copy of the program's descriptor. A copy that outlives its program would
 * hide from the lab that the socket was closed, so while calls wait, ids are checked a few times
 * a second; a child's end triggers the same check at once.
 */
#include "host/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#define SWEEP_NS (200 * INL_MS)

static const struct {
    int nr;
    int64_t (*fn)(struct sup *sup, struct call *call);
} handlers[] = {
    {__NR_socket, call_socket},
    {__NR_bind, call_bind},
    {__NR_listen, call_listen},
    {__NR_connect, call_connect},
    {__NR_accept, call_accept},
    {__NR_accept4, call_accept4},
    {__NR_getsockname, call_getsockname},
    {__NR_getpeername, call_getpeername},
    {__NR_getsockopt, call_getsockopt},
    {__NR_setsockopt, call_setsockopt},
    {__NR_sendto, call_sendto},
    {__NR_recvfrom, call_recvfrom},
    {__NR_sendmsg, call_sendmsg},
    {__NR_recvmsg, call_recvmsg},
    {__NR_sendmmsg, call_sendmmsg},
    {__NR_recvmmsg, call_recvmmsg},
    {__NR_ppoll, call_poll},
    {__NR_read, call_plain_read},
    {__NR_readv, call_plain_readv},
    {__NR_write, call_plain_write},
    {__NR_writev, call_plain_write},
#ifdef __NR_poll
    {__NR_poll, call_poll},
#endif
};

/* ---- the program's memory and descriptors ---- */

bool call_valid(const struct sup *sup, const struct call *call) {
    return ioctl(sup->notify_fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) == 0;
}

int call_read(const struct call *call, uint64_t addr, void *buf, size_t len) {
    struct iovec here = {buf, len}, there = {(void *)(uintptr_t)addr, len};

    if (len == 0) {
        return 0;
    }
    return process_vm_readv(call->pid, &here, 1, &there, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

int call_write(const struct call *call, uint64_t addr, const void *buf, size_t len) {
    struct iovec here = {(void *)(uintptr_t)buf, len}, there = {(void *)(uintptr_t)addr, len};

    if (len == 0) {
        return 0;
    }
    if (!call_valid(call->sup, call)) {
        return -EFAULT;
    }
    return process_vm_writev(call->pid, &here, 1, &there, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

/* The process of a thread: pidfd_open() takes only those. */
static pid_t thread_group(pid_t tid) {
    char path[32], line[128];
    int tgid = -1;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    FILE *f = fopen(path, "re");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (sscanf(line, "Tgid: %d", &tgid) == 1) {
            break;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return tgid;
}

/* Copies a descriptor of the program into this process: >= 0 or -errno. */
static int copy_fd(pid_t tid, int fd) {
    int pidfd = (int)syscall(__NR_pidfd_open, tid, 0);

    if (pidfd < 0) {
        pid_t tgid = thread_group(tid);

        pidfd = tgid > 0 ? (int)syscall(__NR_pidfd_open, tgid, 0) : -1;
    }
    if (pidfd < 0) {
        return -ESRCH;
    }
    int copy = (int)syscall(__NR_pidfd_getfd, pidfd, fd, 0);
    int err = copy < 0 ? -errno : copy;

    close(pidfd);
    return err;
}

int call_copy_fd(const struct call *call, int fd) {
    return copy_fd(call->pid, fd);
}

uint64_t call_cookie(int fd) {
    uint64_t cookie = 0;
    socklen_t len = sizeof(cookie);

    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

int64_t call_lookup(struct sup *sup, struct call *call) {
    int fd = copy_fd(call->pid, (int)call->args[0]);

    if (fd < 0) {
        return CALL_CONTINUE; /* the kernel finds the same fault and has the right words for it */
    }
    uint64_t cookie = call_cookie(fd);

    if (cookie == 0 || !call_valid(sup, call)) {
        close(fd);
        return CALL_CONTINUE;
    }
    struct table_node *node = table_find(&sup->socks, cookie);

    if (node == NULL) {
        close(fd);
        return CALL_CONTINUE;
    }
    const struct sup_sock *sock = TABLE_ENTRY(node, struct sup_sock, node);

    call->fd = fd;
    call->cookie = cookie;
    call->family = sock->family;
    call->type = sock->type;
    call->listening = sock->listening;
    return 0;
}

bool call_is_nonblocking(const struct call *call) {
    int flags = fcntl(call->fd, F_GETFL);

    return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

int call_write_addr(const struct call *call, const struct proto_addr *addr, uint64_t at,
                    uint64_t len_at) {
    struct sockaddr_storage sa;
    int32_t room;

    if (at == 0 || len_at == 0) {
        return 0;
    }
    if (call_read(call, len_at, &room, sizeof(room)) < 0) {
        return -EFAULT;
    }
    if (room < 0) {
        return -EINVAL;
    }
    size_t len = proto_addr_to_kernel(addr, call->family, &sa);
    int32_t real = (int32_t)len;

    if (call_write(call, at, &sa, len < (size_t)room ? len : (size_t)room) < 0) {
        return -EFAULT;
    }
    return call_write(call, len_at, &real, sizeof(real));
}

/* ---- a call's life ---- */

/* What stands beyond a call's arguments is left over from others, and no part of it. */
static int args_of(int nr) {
    return nr == __NR_read || nr == __NR_readv || nr == __NR_write || nr == __NR_writev ? 3 : 6;
}

static struct call *call_new(struct sup *sup, const struct seccomp_notif *n) {
    struct call *call = calloc(1, sizeof(*call));

    if (call == NULL) {
        return NULL;
    }
    call->sup = sup;
    call->id = n->id;
    call->pid = (pid_t)n->pid;
    call->nr = n->data.nr;
    for (int i = 0; i < args_of(n->data.nr); i++) {
        call->args[i] = n->data.args[i];
    }
    call->fd = -1;
    call->lab_fd = -1;
    call->wait.fd = -1;
    call->deadline = INL_TIME_NEVER;
    call->prev = sup->calls.prev;
    call->next = &sup->calls;
    call->prev->next = call;
    call->next->prev = call;
    return call;
}

static void call_free(struct sup *sup, struct call *call) {
    if (call->by_id.key != 0) {
        table_remove(&sup->asked, &call->by_id);
    }
    loop_del(&sup->loop, &call->wait);
    if (call->fd >= 0) {
        close(call->fd);
    }
    if (call->lab_fd >= 0) {
        close(call->lab_fd);
    }
    call->prev->next = call->next;
    call->next->prev = call->prev;
    free(call->held);
    free(call);
}

static void replay_keep(struct sup *sup, struct call *call, int64_t value, int fd) {
    struct replay *r = &sup->replay[sup->replay_at++ % SUP_REPLAYS];

    if (r->pid != 0 && r->fd >= 0) {
        close(r->fd);
    }
    *r = (struct replay){call->pid, call->nr, {0}, value, fd, call->fd_flags};
    memcpy(r->args, call->args, sizeof(r->args));
}

/* Answers with a value or -errno, or lets the kernel go on. 0 or -errno. */
static int respond(struct sup *sup, uint64_t id, int64_t result) {
    memset(sup->resp, 0, sup->resp_size);
    sup->resp->id = id;
    if (result == CALL_CONTINUE) {
        sup->resp->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else if (result < 0) {
        sup->resp->error = (int)result;
    } else {
        sup->resp->val = result;
    }
    return ioctl(sup->notify_fd, SECCOMP_IOCTL_NOTIF_SEND, sup->resp) < 0 ? -errno : 0;
}

static int add_fd(const struct sup *sup, const struct call *call, int at) {
    struct seccomp_notif_addfd add = {
        .id = call->id,
        .flags = SECCOMP_ADDFD_FLAG_SEND | (at > 0 ? SECCOMP_ADDFD_FLAG_SETFD : 0u),
        .srcfd = (uint32_t)call->fd,
        .newfd = (uint32_t)at,
        .newfd_flags = call->fd_flags,
    };

    return ioctl(sup->notify_fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : 0;
}

void call_finish(struct sup *sup, struct call *call, int64_t result) {
    if (result == CALL_PENDING) {
        return;
    }
    if (result != CALL_DONE) {
        int err = respond(sup, call->id, result);

        /* EFAULT: its memory could not be written any more; a restarted one asks again */
        if (err == -ENOENT && call->has_effect && result != CALL_CONTINUE && result != -EFAULT) {
            replay_keep(sup, call, result, -1);
        }
    }
    call_free(sup, call);
}

int64_t call_finish_fd(struct sup *sup, struct call *call) {
    int err = add_fd(sup, call, call->fd_at);

    if (err < 0 && err != -ENOENT && call->fd_at > 0) {
        err = add_fd(sup, call, 0); /* RLIMIT_NOFILE is lower */
    }
    if (err == -ENOENT && call->has_effect) {
        replay_keep(sup, call, 0, call->fd);
        call->fd = -1;
    }
    if (err == -ENOENT) {
        return CALL_DONE;
    }
    return err < 0 ? err : CALL_DONE;
}

static bool replay_give(struct sup *sup, struct call *call) {
    for (int i = 0; i < SUP_REPLAYS; i++) {
        struct replay *r = &sup->replay[i];

        if (r->pid != call->pid) {
            continue;
        }
        struct replay kept = *r;

        r->pid = 0; /* used now, or never: the thread does something else */
        if (kept.nr == call->nr && memcmp(kept.args, call->args, sizeof(kept.args)) == 0) {
            call->has_effect = true;
            if (kept.fd < 0) {
                call_finish(sup, call, kept.value);
            } else {
                call->fd = kept.fd;
                call->fd_flags = kept.fd_flags;
                call_finish(sup, call, call_finish_fd(sup, call));
            }
            return true;
        }
        if (kept.fd >= 0) {
            close(kept.fd);
        }
    }
    return false;
}

/* ---- waiting ---- */

static void wait_ready(struct loop_source *source, uint32_t events) {
    struct call *call = source->ctx;
    struct sup *sup = call->sup;

    (void)events;
    if (!call_valid(sup, call)) {
        call_finish(sup, call, CALL_DONE);
        return;
    }
    call_finish(sup, call, call->on_ready(sup, call));
}

int64_t call_wait(struct sup *sup, struct call *call, call_resume_fn on_ready, int timeout_opt,
                  int timeout_result) {
    struct timeval tv = {0};
    socklen_t len = sizeof(tv);

    if (call->wait.fd >= 0) {
        return CALL_PENDING; /* waits already; somebody else was faster */
    }
    if (getsockopt(call->fd, SOL_SOCKET, timeout_opt, &tv, &len) == 0 &&
        (tv.tv_sec != 0 || tv.tv_usec != 0)) {
        call->deadline = inl_time_add(loop_now(), (int64_t)tv.tv_sec * INL_S + tv.tv_usec * INL_US);
        call->deadline_result = timeout_result;
    }
    call->on_ready = on_ready;
    call->wait.fn = wait_ready;
    call->wait.ctx = call;
    int err = loop_add(&sup->loop, &call->wait, call->fd, EPOLLIN | EPOLLRDHUP);

    return err < 0 ? err : CALL_PENDING;
}

inl_time notify_deadline(const struct sup *sup, inl_time now) {
    inl_time due = INL_TIME_NEVER;

    if (sup->calls.next != &sup->calls) {
        due = inl_time_max(now, sup->sweep_at);
    }
    for (const struct call *c = sup->calls.next; c != &sup->calls; c = c->next) {
        due = inl_time_min(due, c->deadline);
    }
    return due;
}

/* A signal has come in between. What the lab was asked for has its effect all the same: as long as
 * the thread lives, which may be given the answer yet, the call stays. Its copy of the socket does
 * not; that of socket() is the only one there is. */
static void let_go(struct sup *sup, struct call *call) {
    bool was_asked = call->by_id.key != 0 || call->held != NULL;

    if (!was_asked || (kill(call->pid, 0) < 0 && errno == ESRCH)) {
        call_finish(sup, call, CALL_DONE);
        return;
    }
    if (call->fd >= 0 && call->nr != __NR_socket) {
        close(call->fd);
        call->fd = -1;
    }
}

void notify_sweep(struct sup *sup, inl_time now) {
    sup->sweep_at = inl_time_add(now, SWEEP_NS);
    for (struct call *c = sup->calls.next, *next; c != &sup->calls; c = next) {
        next = c->next;
        if (!call_valid(sup, c)) {
            let_go(sup, c);
        } else if (!inl_time_before(now, c->deadline)) {
            call_finish(sup, c, c->deadline_result);
        }
    }
}

/* ---- arrival ---- */

/* The number may be another socket's by now; and after let_go() the copy is missing. */
static bool has_same_socket(struct call *call) {
    if (call->nr == __NR_socket) {
        return true;
    }
    int fd = copy_fd(call->pid, (int)call->args[0]);
    bool same = fd >= 0 && call_cookie(fd) == call->cookie;

    if (same && call->fd < 0) {
        call->fd = fd;
    } else if (fd >= 0) {
        close(fd);
    }
    return same;
}

/* The same thread makes the same call as one that is still under way here: it was interrupted, and
 * the kernel has restarted it. The old one goes on under the new notification. */
static bool take_over(struct sup *sup, struct call *call) {
    for (struct call *c = sup->calls.next, *next; c != &sup->calls; c = next) {
        next = c->next;
        if (c == call || c->pid != call->pid) {
            continue;
        }
        if (c->nr == call->nr && memcmp(c->args, call->args, sizeof(c->args)) == 0 &&
            has_same_socket(c)) {
            struct proto_msg *held = c->held;

            c->id = call->id;
            c->held = NULL;
            call_free(sup, call);
            if (held != NULL) {
                ask_answered(sup, c, held, held + 1);
                free(held);
            }
            return true;
        }
        if (c->held != NULL) {
            call_finish(sup, c, CALL_DONE); /* the thread does something else */
        }
    }
    return false;
}

static void dispatch(struct sup *sup, struct call *call) {
    if (take_over(sup, call) || replay_give(sup, call)) {
        return;
    }
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].nr == call->nr) {
            call_finish(sup, call, handlers[i].fn(sup, call));
            return;
        }
    }
    call_finish(sup, call, CALL_CONTINUE);
}

static void on_notify(struct loop_source *source, uint32_t events) {
    struct sup *sup = source->ctx;

    if ((events & EPOLLIN) == 0) {
        loop_del(&sup->loop, source); /* nobody is left under the filter */
        return;
    }
    memset(sup->notif, 0, sup->notif_size);
    if (ioctl(sup->notify_fd, SECCOMP_IOCTL_NOTIF_RECV, sup->notif) < 0) {
        return; /* ENOENT: the thread was killed in between */
    }
    struct call *call = call_new(sup, sup->notif);

    if (call == NULL) {
        respond(sup, sup->notif->id, -ENOMEM);
        return;
    }
    dispatch(sup, call);
}

int notify_init(struct sup *sup, int notify_fd) {
    struct seccomp_notif_sizes sizes;

    sup->notify_fd = notify_fd;
    sup->calls.prev = &sup->calls;
    sup->calls.next = &sup->calls;
    if (syscall(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0) {
        return -errno;
    }
    sup->notif_size = sizes.seccomp_notif > sizeof(struct seccomp_notif)
                          ? sizes.seccomp_notif
                          : sizeof(struct seccomp_notif);
    sup->resp_size = sizes.seccomp_notif_resp > sizeof(struct seccomp_notif_resp)
                         ? sizes.seccomp_notif_resp
                         : sizeof(struct seccomp_notif_resp);
    sup->notif = calloc(1, sup->notif_size);
    sup->resp = calloc(1, sup->resp_size);
    if (sup->notif == NULL || sup->resp == NULL) {
        return -ENOMEM;
    }
    sup->notify.fn = on_notify;
    sup->notify.ctx = sup;
    return loop_add(&sup->loop, &sup->notify, notify_fd, EPOLLIN);
}

void notify_done(struct sup *sup) {
    while (sup->calls.next != NULL && sup->calls.next != &sup->calls) {
        call_finish(sup, sup->calls.next, CALL_DONE);
    }
    for (int i = 0; i < SUP_REPLAYS; i++) {
        if (sup->replay[i].pid != 0 && sup->replay[i].fd >= 0) {
            close(sup->replay[i].fd);
        }
    }
    loop_del(&sup->loop, &sup->notify);
    free(sup->notif);
    free(sup->resp);
}
