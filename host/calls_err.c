/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_err.c - the error queue of datagrams (IP_RECVERR), and poll()
 *
 * When something went wrong with what a program has sent, and it wants to know (it has set
 * IP_RECVERR or IPV6_RECVERR), the lab puts an empty datagram with a token that says so into the
 * pair. The program's end becomes readable, whatever it waits in. The next receiving call takes
 * that away, tells the error, once, as the kernel does, and remembers that the queue is not empty.
 * A connected socket is told in the same way without asking for it, but nothing is in its queue.
 * What the queue holds stays in the engine, until the program asks with MSG_ERRQUEUE.
 *
 * A socket pair cannot say POLLERR, and traceroute looks for nothing else. So poll() and ppoll()
 * are reported, too: while an error is known to wait, they are answered here; else the kernel does
 * it.
 *
 * Not done: POLLERR in epoll, which says EPOLLIN; read() and recv() without address, which the
 * kernel answers, get the empty datagram: they return 0 instead of the error.
 */
#include "host/sup.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define POLL_MAX 64

void sup_sock_erring(struct sup *sup, uint64_t cookie, bool erring) {
    struct table_node *node = table_find(&sup->socks, cookie);
    struct sup_sock *sock = node != NULL ? TABLE_ENTRY(node, struct sup_sock, node) : NULL;

    if (sock != NULL && sock->erring != erring) {
        sock->erring = erring;
        sup->erring += erring ? 1u : -1u;
    }
}

static int64_t recverr_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                              const void *payload) {
    uint8_t control[CMSG_BYTES_MAX];
    struct proto_error e;
    struct msghdr mh;

    if (msg->result < 0 || msg->payload_len < sizeof(e)) {
        sup_sock_erring(sup, call->cookie, false);
        return msg->result < 0 ? msg->result : -EPROTO;
    }
    memcpy(&e, payload, sizeof(e));
    size_t n = msg->payload_len - sizeof(e);

    memmove(sup->payload, (const uint8_t *)payload + sizeof(e), n);
    sup_sock_erring(sup, call->cookie, e.more != 0);
    if (call_read(call, call->args[1], &mh, sizeof(mh)) < 0) {
        return -EFAULT;
    }
    int64_t got = msg_scatter(sup, call, &mh, n);

    if (got < 0) {
        return got;
    }
    mh.msg_flags = MSG_ERRQUEUE | ((size_t)got < n ? MSG_TRUNC : 0);
    size_t len = cmsg_error(call->family, sup_sock_wants(sup, call->cookie), &e, control);

    call->has_effect = true;
    return msg_finish(call, call->args[1], &mh, &e.dst, control, len) < 0 ? -EFAULT : got;
}

int64_t call_recverr(struct sup *sup, struct call *call) {
    struct proto_msg msg;

    proto_init(&msg, PROTO_RECVERR);
    return ask(sup, call, &msg, NULL, 0, -1, recverr_answer);
}

/* Has this descriptor an error waiting? */
static bool is_erring(const struct sup *sup, int fd) {
    uint64_t cookie = fd >= 0 ? call_cookie(fd) : 0;
    struct table_node *node = cookie != 0 ? table_find(&sup->socks, cookie) : NULL;

    return node != NULL && TABLE_ENTRY(node, struct sup_sock, node)->erring;
}

/* Writes what is true of each descriptor; how many have something to say. */
static int64_t poll_answer(const struct call *call, struct pollfd *fds, const int *copies, size_t n,
                           const bool *erring) {
    struct pollfd now[POLL_MAX];
    int64_t count = 0;

    for (size_t i = 0; i < n; i++) {
        now[i] = (struct pollfd){.fd = copies[i], .events = fds[i].events};
    }
    if (poll(now, n, 0) < 0) {
        return -errno;
    }
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = (short)(now[i].revents | (erring[i] ? POLLERR : 0));
        count += fds[i].revents != 0;
    }
    return call_write(call, call->args[0], fds, n * sizeof(fds[0])) < 0 ? -EFAULT : count;
}

int64_t call_poll(struct sup *sup, struct call *call) {
    struct pollfd fds[POLL_MAX];
    bool erring[POLL_MAX];
    int copies[POLL_MAX];
    size_t n = (size_t)call->args[1];
    int64_t result = CALL_CONTINUE;
    bool any = false;

    if (sup->erring == 0 || n > POLL_MAX ||
        call_read(call, call->args[0], fds, n * sizeof(fds[0])) < 0) {
        return CALL_CONTINUE;
    }
    for (size_t i = 0; i < n; i++) {
        copies[i] = fds[i].fd >= 0 ? call_copy_fd(call, fds[i].fd) : -1;
        erring[i] = is_erring(sup, copies[i]);
        any |= erring[i];
    }
    if (any) {
        result = poll_answer(call, fds, copies, n, erring);
    }
    for (size_t i = 0; i < n; i++) {
        if (copies[i] >= 0) {
            close(copies[i]);
        }
    }
    return result;
}
