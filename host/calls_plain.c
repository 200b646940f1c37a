/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_plain.c - read, readv, recv, write, writev and send on a socket of datagrams
 *
 * The kernel could move these bytes through the pair by itself, and does so for streams. But it
 * knows of no error that waits for a connected socket (RFC 1122 4.1.3.3), and to report every
 * read() of a program would cost too much. So sockets of datagrams stand at descriptors of their
 * own, and the filter reports these calls of those only: SUP_FDS numbers from SUP_FD_FIRST on,
 * below FD_SETSIZE. Numbers need not be unique to sockets: what is no socket of ours goes on in the
 * kernel.
 *
 * A sending call is told the error that waits, or goes on in the kernel; so it does if the error is
 * in the queue, too, where it says what it is about. (Linux refuses one packet for it: traceroute
 * then shows a star for a router that has answered an earlier one.) A receiving one is made
 * here, because an error may come while it waits.
 *
 * Not done: where the number is another one (all are taken, the program has moved it with dup2(),
 * or RLIMIT_NOFILE is lower), read() and recv() without an address get an empty datagram for an
 * error: 0. So do calls that splice, and preadv2() with its like.
 */
#include "host/sup.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#define FD_TRIES 8 /* each costs some system calls */

int plain_fd(struct sup *sup, const struct call *call) {
    for (int i = 0; i < FD_TRIES; i++) {
        int at = SUP_FD_FIRST + (int)(sup->fd_next++ % SUP_FDS);
        int copy = call_copy_fd(call, at);

        if (copy == -EBADF) {
            return at;
        }
        if (copy >= 0) {
            close(copy);
        }
    }
    return 0;
}

int64_t call_plain_read(struct sup *sup, struct call *call) {
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    return call->type == INL_SOCK_STREAM ? CALL_CONTINUE : msg_recvfrom(sup, call);
}

static int64_t readv_try(struct sup *sup, struct call *call) {
    const struct msghdr mh = {.msg_iov = (struct iovec *)(uintptr_t)call->args[1],
                              .msg_iovlen = (size_t)call->args[2]};
    struct proto_token token;
    int64_t n = msg_take(sup, call, 0, &token);

    if (n < 0) {
        return n == -EAGAIN ? msg_wait(sup, call, 0, readv_try) : n;
    }
    call->has_effect = true;
    return msg_scatter(sup, call, &mh, (size_t)n);
}

int64_t call_plain_readv(struct sup *sup, struct call *call) {
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    return call->type == INL_SOCK_STREAM ? CALL_CONTINUE : readv_try(sup, call);
}

static int64_t go_on(struct sup *sup, struct call *call) {
    (void)sup, (void)call;
    return CALL_CONTINUE;
}

int64_t plain_send(struct sup *sup, struct call *call) {
    ask_drain(sup); /* the lab may have told of an error that poll() has shown already */
    return sup_sock_refuses(sup, call->cookie) ? call_pending_error(sup, call, go_on)
                                               : CALL_CONTINUE;
}

int64_t call_plain_write(struct sup *sup, struct call *call) {
    ask_drain(sup); /* so that most need not be looked up */
    if (sup->erring == 0) {
        return CALL_CONTINUE;
    }
    int64_t r = call_lookup(sup, call);

    return r != 0 ? r : plain_send(sup, call);
}
