/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * splice_udp.c - datagrams between a program's pair and the engine's UDP, ping or raw socket
 *
 * Each datagram for the program carries a descriptor: a memfd that holds a struct proto_token with
 * the sender's address and what else came along. The supervisor looks into it when the program asks
 * with recvfrom() or recvmsg() (calls_msg.c); read() and recv() never see it. The memfds of the
 * last few peers are kept, so a conversation makes one, not one a datagram.
 *
 * Back-pressure: what finds no room in the pair waits in one place here, and behind it in the
 * engine's receive buffer, which drops what is too much, as UDP does.
 *
 * When an error waits in the engine's queue (INL_OPT_RECVERR), or a connected socket's peer cannot
 * be reached (RFC 1122 4.1.3.3), the supervisor is told, and an empty datagram whose token says so
 * makes the program's end readable. The error is here, for SO_ERROR; the supervisor fetches it for
 * whichever call of the program comes first (calls_err.c).
 *
 * A datagram that the program writes without an address goes to the connected peer; without one
 * it is dropped, and SO_ERROR says EDESTADDRREQ (the kernel would have said so at once).
 */
#include "host/lab.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ADDRS_MAX 32 /* of a host's, those that are looked at */

/* ---- engine to program ---- */

static int make_memfd(const struct proto_token *token) {
    int fd = memfd_create("inlet-peer", MFD_CLOEXEC);

    if (fd >= 0 && write(fd, token, sizeof(*token)) != (ssize_t)sizeof(*token)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The memfd with a token, which stays ours; -1 if none can be made. */
static int token_memfd(struct conn *conn, const struct proto_token *token) {
    for (int i = 0; i < CONN_PEERS; i++) {
        if (conn->peers[i].memfd >= 0 &&
            memcmp(&conn->peers[i].token, token, sizeof(*token)) == 0) {
            return conn->peers[i].memfd;
        }
    }
    struct conn_peer *slot = &conn->peers[conn->peer_at++ % CONN_PEERS];

    if (slot->memfd >= 0) {
        close(slot->memfd);
    }
    slot->token = *token;
    slot->memfd = make_memfd(token);
    return slot->memfd;
}

/* Puts a datagram into the pair. 0 or -errno. */
static int give(struct conn *conn, const void *data, size_t len, const struct proto_token *token) {
    struct iovec iov = {(void *)(uintptr_t)data, len};

    return proto_pass(conn->io.fd, &iov, 1, token_memfd(conn, token));
}

static void deliver(struct conn *conn, const void *data, size_t len,
                    const struct proto_token *token) {
    if (conn->late != NULL || give(conn, data, len, token) != -EAGAIN) {
        return;
    }
    conn->late = malloc(len > 0 ? len : 1);
    if (conn->late != NULL) {
        memcpy(conn->late, data, len);
        conn->late_len = len;
        conn->late_token = *token;
    }
}

static bool in_net(const struct inl_addr *a, const struct inl_addr_info *own) {
    return inl_addr_match(a, &own->addr, 96 + own->prefix_len_bits);
}

/* The network's broadcast address: all ones behind the prefix. */
static bool is_for_net(const struct inl_addr *a, const struct inl_addr_info *own) {
    uint32_t hosts = own->prefix_len_bits < 31 ? UINT32_MAX >> own->prefix_len_bits : 0;

    return hosts != 0 && in_net(a, own) && (inl_addr_to4(a) & hosts) == hosts;
}

/* The address for an answer to what was sent to all or to a group: that of the link, if there are
 * several one of the asker's network (RFC 1122 3.2.1.3, specific-destination address). */
static struct inl_addr answer_from(const struct conn *conn, const struct inl_msg *msg) {
    struct inl_addr_info own[ADDRS_MAX];
    size_t n = inl_addr_snapshot(lab_stack(conn->lab, conn->host), own, ADDRS_MAX);
    struct inl_addr best = msg->local.addr;
    bool to_all = inl_addr_is_multicast(&best) || inl_addr_is_broadcast(&best), found = false;

    n = n < ADDRS_MAX ? n : ADDRS_MAX;
    for (size_t i = 0; i < n && !to_all; i++) {
        to_all = is_for_net(&msg->local.addr, &own[i]);
    }
    for (size_t i = 0; i < n && to_all; i++) {
        bool near = inl_addr_is4(&own[i].addr) && own[i].link == msg->link;

        if (near && (!found || in_net(&msg->peer.addr, &own[i]))) {
            best = own[i].addr;
            found = true;
        }
    }
    return best;
}

static struct proto_token token_of(const struct conn *conn, const struct inl_msg *msg,
                                   const uint8_t opts[INL_IP6_EXT_MAX_BYTES]) {
    struct proto_token token = {
        .magic = PROTO_MAGIC,
        .family = conn->family,
        .ttl = (uint8_t)msg->ttl,
        .tos = (uint8_t)msg->tos,
        .link = (uint32_t)msg->link,
        .local = proto_addr_from(&msg->local, conn->family),
        .remote = proto_addr_from(&msg->peer, conn->family),
        .opts_len = (uint8_t)(msg->opts_len + msg->ext_len), /* one is 0 */
        .opts_are_ext = msg->ext_len > 0,
    };

    if (inl_addr_is4(&msg->local.addr)) {
        struct inl_addr from = answer_from(conn, msg);

        memcpy(token.answer_from, from.b + 12, sizeof(token.answer_from));
    }
    memcpy(token.opts, opts, token.opts_len);
    return token;
}

/* Something went wrong with what was sent. */
static void tell_error(struct conn *conn, int err) {
    const struct proto_token token = {
        .magic = PROTO_MAGIC, .family = conn->family, .error = (uint8_t)err};
    struct inl_sockaddr peer;

    conn->connect_error = err; /* for SO_ERROR, once */
    if (conn->recverr ||
        inl_getpeername(lab_stack(conn->lab, conn->host), conn->sock, &peer) == 0) {
        control_trouble(conn->lab, conn->client_id, conn->by_cookie.key, conn->recverr);
        give(conn, NULL, 0, &token); /* no room: then there is something to read anyway */
    }
}

/* Before something is sent: the engine would refuse it for an error about something else. */
void splice_udp_take_error(struct conn *conn) {
    int64_t err = 0;

    if (inl_getsockopt(lab_stack(conn->lab, conn->host), conn->sock, INL_OPT_ERROR, &err) == 0 &&
        err > 0) {
        tell_error(conn, (int)err);
    }
}

static void pump_in(struct conn *conn) {
    struct inl_stack *stack = lab_stack(conn->lab, conn->host);

    if (conn->late != NULL) {
        if (give(conn, conn->late, conn->late_len, &conn->late_token) == -EAGAIN) {
            return;
        }
        free(conn->late);
        conn->late = NULL;
    }
    while (conn->late == NULL) {
        uint8_t opts[INL_IP6_EXT_MAX_BYTES]; /* of whichever kind */
        struct inl_msg msg = {.buf = conn->lab->buffer,
                              .len_bytes = sizeof(conn->lab->buffer),
                              .opts = opts,
                              .opts_len = PROTO_IPOPTS_MAX,
                              .ext = opts,
                              .ext_len = sizeof(opts)};
        int64_t n = inl_recvmsg(stack, conn->sock, &msg, 0);

        if (n == -EAGAIN || n == -EBADF) {
            break;
        }
        if (n < 0) { /* an ICMP error, once */
            tell_error(conn, (int)-n);
            continue;
        }
        const struct proto_token token = token_of(conn, &msg, opts);

        deliver(conn, conn->lab->buffer, (size_t)n, &token);
    }
}

/* ---- program to engine ---- */

/* Has the program closed its last copy? Asked anew: it may have since the loop looked. */
static bool hung_up(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void splice_udp_out(struct conn *conn) {
    struct inl_stack *stack = lab_stack(conn->lab, conn->host);
    uint8_t *buffer = conn->lab->datagram;

    for (;;) {
        ssize_t n = recv(conn->io.fd, buffer, sizeof(conn->lab->datagram), MSG_DONTWAIT);

        /* 0 is an empty datagram, or the end, for ever */
        if (n < 0 || (n == 0 && hung_up(conn->io.fd))) {
            break;
        }
        splice_udp_take_error(conn);
        int64_t sent = inl_send(stack, conn->sock, buffer, (size_t)n, 0);

        if (sent < 0) {
            tell_error(conn, (int)-sent);
        }
    }
}

void splice_udp_io(struct conn *conn, uint32_t events) {
    splice_udp_out(conn);
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        conn_free(conn);
        return;
    }
    pump_in(conn);
}

void splice_udp_event(struct conn *conn, uint32_t events) {
    (void)events;
    pump_in(conn);
}

void splice_udp_done(struct conn *conn) {
    for (int i = 0; i < CONN_PEERS; i++) {
        if (conn->peers[i].memfd >= 0) {
            close(conn->peers[i].memfd);
        }
    }
    free(conn->late);
    conn->late = NULL;
}
