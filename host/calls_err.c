/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_err.c - the error queue of datagrams (IP_RECVERR), and poll()
 *
 * When something went wrong with what a connected socket has sent, or an unconnected one that has
 * set IP_RECVERR or IPV6_RECVERR, the lab tells the supervisor (PROTO_TROUBLE), and then puts an
 * empty datagram with a token that says so into the pair: the word. The program's end becomes
 * readable, whatever it waits in.
 *
 * As in the kernel, the pending error is told once, by the next call that receives or sends or asks
 * for SO_ERROR. It is kept in the lab; so whoever finds it, here or in the queue, asks there, and
 * of several threads one is told. What is in the error queue stays in the engine, until the program
 * asks with MSG_ERRQUEUE.
 *
 * A socket pair cannot say POLLERR, and traceroute looks for nothing else. So poll() and ppoll()
 * are reported, too: while an error is known to wait, they are answered here; else the kernel does
 * it.
 *
 * Not done: POLLERR in select() and epoll, which call it readable.
 */
#include "host/sup.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define POLL_MAX 64

static struct sup_sock *find(const struct sup *sup, uint64_t cookie) {
    struct table_node *node = table_find(&sup->socks, cookie);

    return node != NULL ? TABLE_ENTRY(node, struct sup_sock, node) : NULL;
}

void sup_sock_erring(struct sup *sup, uint64_t cookie, unsigned set, unsigned clear) {
    struct sup_sock *sock = find(sup, cookie);

    if (sock != NULL) {
        sup->erring -= sock->erring != 0;
        sock->erring = (uint8_t)((sock->erring | set) & ~clear);
        sock->has_queue |= (set & SUP_ERR_QUEUED) != 0;
        sup->erring += sock->erring != 0;
    }
}

bool sup_sock_is_pending(const struct sup *sup, uint64_t cookie) {
    const struct sup_sock *sock = sup->erring > 0 ? find(sup, cookie) : NULL;

    return sock != NULL && (sock->erring & SUP_ERR_PENDING) != 0;
}

bool sup_sock_refuses(const struct sup *sup, uint64_t cookie) {
    return sup_sock_is_pending(sup, cookie) && !find(sup, cookie)->has_queue;
}

static int64_t pending_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                              const void *payload) {
    (void)payload;
    sup_sock_erring(sup, call->cookie, 0, SUP_ERR_PENDING);
    if (msg->result == 0 && msg->arg[1] > 0) {
        msg_drop_words(call);
        return -msg->arg[1];
    }
    return call->on_ready(sup, call);
}

int64_t call_pending_error(struct sup *sup, struct call *call, call_resume_fn again) {
    struct proto_msg msg;

    loop_del(&sup->loop, &call->wait); /* one thing at a time */
    call->deadline = INL_TIME_NEVER;   /* the answer comes soon, and is given once only */
    call->on_ready = again;
    proto_init(&msg, PROTO_GETOPT);
    msg.arg[0] = INL_OPT_ERROR;
    return ask(sup, call, &msg, NULL, 0, -1, pending_answer);
}

static int64_t recverr_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                              const void *payload) {
    uint8_t control[CMSG_BYTES_MAX];
    struct proto_error e;
    struct msghdr mh;

    if (msg->result < 0 || msg->payload_len < sizeof(e)) {
        sup_sock_erring(sup, call->cookie, 0, SUP_ERR_QUEUED);
        return msg->result < 0 ? msg->result : -EPROTO;
    }
    memcpy(&e, payload, sizeof(e));
    size_t n = msg->payload_len - sizeof(e);

    memmove(sup->payload, (const uint8_t *)payload + sizeof(e), n);
    sup_sock_erring(sup, call->cookie, e.more != 0 ? SUP_ERR_QUEUED : 0,
                    SUP_ERR_PENDING | (e.more != 0 ? 0 : (unsigned)SUP_ERR_QUEUED));
    if (call_read(call, call->args[1], &mh, sizeof(mh)) < 0) {
        return -EFAULT;
    }
    int64_t got = msg_scatter(sup, call, &mh, n);

    if (got < 0) {
        return got;
    }
    mh.msg_flags = MSG_ERRQUEUE | ((size_t)got < n ? MSG_TRUNC : 0);
    msg_drop_words(call);
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
    const struct sup_sock *sock = cookie != 0 ? find(sup, cookie) : NULL;

    return sock != NULL && sock->erring != 0;
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

    ask_drain(sup);
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
