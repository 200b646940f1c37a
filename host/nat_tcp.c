/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nat_tcp.c - a connection of a program and its kernel socket
 *
 *   program's host --- inlet's TCP --- gateway | kernel socket --- the real peer
 *
 * The gateway holds the program's SYN (INL_OPT_TCP_HOLD_SYN) and connects first. Only when the real
 * peer has answered does the program's handshake go on; when it refuses, or cannot be reached, the
 * program's SYN is answered with a reset, so that connect() fails with ECONNREFUSED as it would
 * have on the real network. (Every failure looks like a refusal: a reset says no more.)
 *
 *   the program's side           the kernel's side     and the other way round
 *   bytes                        bytes                 as fast as the slower side takes them
 *   FIN                          shutdown(SHUT_WR)     end of file -> FIN
 *   RST, time-out                RST (SO_LINGER 0)     error -> RST, after what came before it
 *
 * Both sides have Nagle's algorithm off: what is written here has passed the program's own.
 *
 * There is no buffer here: what one side cannot take stays in the other one's, where it closes the
 * window. A connection ends when both directions have ended, or with the first error. After an
 * error of the kernel's side the program still gets what the peer sent before; the reset follows
 * when that was acknowledged.
 *
 * Invariant: io.fd is -1 only in GONE; the engine's socket lives as long as the struct.
 */
#include "host/nat.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define WATCH (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)
#define ROUNDS_MAX 16 /* pieces of one connection before others have their turn */

enum tcp_phase {
    CONNECTING, /* the kernel is at it; the program's SYN waits */
    OPEN,       /* bytes flow */
    FAILED,     /* the kernel's side has broken: it is read to its end */
    GONE,       /* there is no kernel socket any more; what was read is on its way */
};

struct nat_tcp {
    struct service_sock ns;
    struct loop_source io; /* the kernel's socket */
    struct nat_tcp *next, *prev;
    enum tcp_phase phase;
    bool out_done; /* the program's FIN was handed to the kernel */
    bool in_done;  /* the peer's FIN was handed to the engine */
};

/* ---- the end ---- */

static void close_kernel(struct nat_tcp *c, bool reset) {
    const struct linger hard = {.l_onoff = 1, .l_linger = 0};
    int fd = c->io.fd;

    if (fd < 0) {
        return;
    }
    loop_del(&c->ns.lab->loop, &c->io);
    if (reset) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    }
    close(fd);
}

static void tcp_end(struct nat_tcp *c, bool reset) {
    close_kernel(c, reset);
    if (reset) {
        inl_setsockopt(service_stack(&c->ns), c->ns.sock, INL_OPT_LINGER, 0);
    }
    service_close(&c->ns);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        c->ns.lab->nat->tcp = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    c->ns.lab->nat->tcp_n--;
    free(c);
}

/* ---- program to kernel ---- */

static void as_iov(const struct inl_piece pieces[2], int n, struct iovec iov[2]) {
    for (int i = 0; i < n; i++) {
        iov[i] = (struct iovec){pieces[i].data, pieces[i].len_bytes};
    }
}

/* *ret_more: stopped though there may be more. 0, or -errno: the program's side is dead. A failure
 * of the kernel's side shows in the phase. */
static int pump_out(struct nat_tcp *c, bool *ret_more) {
    struct inl_stack *stack = service_stack(&c->ns);

    for (int round = 0; !c->out_done; round++) {
        struct inl_piece pieces[2] = {{0}};
        struct iovec iov[2];
        int n = inl_recv_loan(stack, c->ns.sock, pieces);

        if (n < 0) {
            return n == -EAGAIN ? 0 : n;
        }
        if (n == 0) {
            c->out_done = true;
            shutdown(c->io.fd, SHUT_WR);
            return 0;
        }
        if (round == ROUNDS_MAX) {
            *ret_more = true;
            return 0;
        }
        as_iov(pieces, n, iov);
        struct msghdr mh = {.msg_iov = iov, .msg_iovlen = (size_t)n};
        ssize_t sent = sendmsg(c->io.fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0) {
            c->phase = errno == EAGAIN ? c->phase : FAILED;
            return 0;
        }
        inl_recv_done(stack, c->ns.sock, (size_t)sent);
    }
    return 0;
}

/* ---- kernel to program ---- */

/* *ret_more: stopped though there may be more. 0, or -errno: the program's side is dead. */
static int pump_in(struct nat_tcp *c, bool *ret_more) {
    struct inl_stack *stack = service_stack(&c->ns);

    for (int round = 0; !c->in_done; round++) {
        struct inl_piece pieces[2] = {{0}};
        struct iovec iov[2];
        int n = inl_send_loan(stack, c->ns.sock, pieces);

        if (n <= 0) {
            return n == -EAGAIN ? 0 : n;
        }
        if (round == ROUNDS_MAX) {
            *ret_more = true;
            return 0;
        }
        as_iov(pieces, n, iov);
        struct msghdr mh = {.msg_iov = iov, .msg_iovlen = (size_t)n};
        ssize_t got = recvmsg(c->io.fd, &mh, MSG_DONTWAIT);

        if (got < 0 && errno == EAGAIN && c->phase == OPEN) {
            return 0;
        }
        if (got < 0 || (got == 0 && c->phase == FAILED)) {
            close_kernel(c, true);
            c->phase = GONE;
            return 0;
        }
        if (got == 0) {
            c->in_done = true;
            return inl_shutdown(stack, c->ns.sock, INL_SHUT_WR);
        }
        inl_send_commit(stack, c->ns.sock, (size_t)got);
    }
    return 0;
}

/* ---- both ---- */

/* The kernel's side is gone: the reset waits until the program has what came before it. */
static void finish_gone(struct nat_tcp *c) {
    int64_t left = 0;

    if (inl_getsockopt(service_stack(&c->ns), c->ns.sock, INL_OPT_SNDQ, &left) < 0 || left == 0) {
        tcp_end(c, true);
    }
}

static void pump(struct nat_tcp *c) {
    bool more = false;
    int err = 0;

    if (c->phase == OPEN) {
        err = pump_out(c, &more);
    }
    if (err == 0 && (c->phase == OPEN || c->phase == FAILED)) {
        err = pump_in(c, &more);
    }
    if (err == 0 && c->phase == GONE) {
        finish_gone(c);
        return;
    }
    bool whole = c->out_done && c->in_done;
    bool cut = err < 0 || (c->phase == FAILED && c->in_done);

    if (!whole && !cut && more) {
        cut = loop_mod(&c->ns.lab->loop, &c->io, WATCH) < 0; /* a new edge */
    }
    if (whole || cut) {
        tcp_end(c, cut);
    }
}

static void on_engine(struct service_sock *s, uint32_t events) {
    struct nat_tcp *c = (struct nat_tcp *)s;

    if ((events & INL_EV_ERROR) != 0) {
        tcp_end(c, true);
    } else if (c->phase != CONNECTING) {
        pump(c);
    }
}

static void on_kernel(struct loop_source *source, uint32_t events) {
    struct nat_tcp *c = source->ctx;

    if (c->phase == CONNECTING) {
        int err = 0;
        socklen_t len = sizeof(err);

        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) {
            return;
        }
        getsockopt(source->fd, SOL_SOCKET, SO_ERROR, &err, &len);
        if (err != 0) {
            tcp_end(c, true);
            return;
        }
        c->phase = OPEN;
        inl_setsockopt(service_stack(&c->ns), c->ns.sock, INL_OPT_TCP_NODELAY, 1);
        inl_setsockopt(service_stack(&c->ns), c->ns.sock, INL_OPT_TCP_HOLD_SYN, 0);
    }
    if (c->in_done && !c->out_done && (events & EPOLLHUP) != 0) {
        c->phase = FAILED; /* reset after its FIN: nothing is left to read that would tell */
    }
    pump(c);
}

/* ---- a new connection ---- */

/* 0 or -errno; the engine's socket stays the caller's on failure. */
static int tcp_new(struct service_sock *door, inl_sock sock) {
    struct nat *nat = door->lab->nat;
    struct inl_sockaddr to = {0}, real = {0};
    struct nat_tcp *c;
    int err = inl_getsockname(service_stack(door), sock, &to);

    if (err == 0) {
        err = nat->tcp_n < NAT_TCP_MAX ? nat_map(nat, &to, &real) : -EMFILE;
    }
    int fd = err < 0 ? err : nat_kernel_socket(&real, SOCK_STREAM);

    if (fd < 0) {
        return fd;
    }
    c = calloc(1, sizeof(*c));
    if (c == NULL) {
        close(fd);
        return -ENOMEM;
    }
    c->ns = (struct service_sock){
        .lab = nat->lab, .host = door->host, .sock = sock, .on_event = on_engine};
    c->io.fn = on_kernel;
    c->io.ctx = c;
    err = loop_add(&nat->lab->loop, &c->io, fd, WATCH);
    if (err == 0) {
        err = service_add(&c->ns);
    }
    if (err < 0) {
        loop_del(&nat->lab->loop, &c->io);
        close(fd);
        free(c);
        return err;
    }
    c->next = nat->tcp;
    if (c->next != NULL) {
        c->next->prev = c;
    }
    nat->tcp = c;
    nat->tcp_n++;
    return 0;
}

void nat_tcp_accept(struct service_sock *door, uint32_t events) {
    struct inl_stack *stack = service_stack(door);
    inl_sock sock;

    (void)events;
    while ((sock = inl_accept(stack, door->sock, NULL)) >= 0) {
        if (tcp_new(door, sock) < 0) {
            inl_setsockopt(stack, sock, INL_OPT_LINGER, 0);
            inl_close(stack, sock);
        }
    }
}

/* ---- all of them ---- */

bool nat_tcp_busy(const struct nat *nat) {
    for (const struct nat_tcp *c = nat->tcp; c != NULL; c = c->next) {
        if (!c->out_done && c->phase == OPEN) {
            return true;
        }
    }
    return false;
}

/* What was handed over whole ends well; the rest is cut off, and its peer must see that. */
void nat_tcp_done(struct nat *nat) {
    while (nat->tcp != NULL) {
        /* the analyzer does not see that tcp_end() takes it off the list */
        tcp_end(nat->tcp, !nat->tcp->out_done); // NOLINT(clang-analyzer-unix.Malloc)
    }
}
