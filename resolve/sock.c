/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock.c - sockets of a stack in the shape that c-ares wants
 *
 * c-ares knows small numbers as sockets; here they are indices of a table of the lookup's. Engine
 * errors become errno. Events of the engine tell of changes only, but c-ares reads a TCP stream
 * piece by piece: so it is called again until nothing is left.
 */
#include "resolve/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PIECES_MAX 1024 /* of a stream at one event: two for each of the longest messages */

static inl_sock sock_of(const struct resolve_socks *s, ares_socket_t fd) {
    return fd >= 0 && fd < RESOLVE_SOCKS_MAX ? s->sock[fd] : -EBADF;
}

static int fail(int64_t err) {
    errno = err == -EAGAIN || err == -ENOTCONN ? EWOULDBLOCK : (int)-err;
    return -1;
}

static ares_socket_t on_socket(int domain, int type, int protocol, void *ctx) {
    struct resolve_socks *s = ctx;
    int fd = 0;

    (void)protocol;
    while (fd < RESOLVE_SOCKS_MAX && s->sock[fd] >= 0) {
        fd++;
    }
    if (fd == RESOLVE_SOCKS_MAX) {
        return fail(-EMFILE);
    }
    s->sock[fd] = inl_socket(s->stack, domain == AF_INET6 ? INL_AF_INET6 : INL_AF_INET,
                             type == SOCK_STREAM ? INL_SOCK_STREAM : INL_SOCK_DGRAM);
    return s->sock[fd] < 0 ? fail(s->sock[fd]) : fd;
}

static int on_close(ares_socket_t fd, void *ctx) {
    struct resolve_socks *s = ctx;
    int err = inl_close(s->stack, sock_of(s, fd));

    if (fd >= 0 && fd < RESOLVE_SOCKS_MAX) {
        s->sock[fd] = -1;
    }
    return err < 0 ? fail(err) : 0;
}

static int on_connect(ares_socket_t fd, const struct sockaddr *addr, ares_socklen_t len,
                      void *ctx) {
    struct resolve_socks *s = ctx;
    struct inl_sockaddr to = {0};

    if (addr->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        const struct sockaddr_in *in = (const void *)addr;

        to.addr = inl_addr_from4(ntohl(in->sin_addr.s_addr));
        to.port = ntohs(in->sin_port);
    } else if (addr->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        const struct sockaddr_in6 *in6 = (const void *)addr;

        to.addr = inl_addr_from6(in6->sin6_addr.s6_addr);
        to.port = ntohs(in6->sin6_port);
    } else {
        return fail(-EAFNOSUPPORT);
    }
    for (size_t i = 0; i < s->servers_n; i++) { /* c-ares does not carry scopes */
        if (inl_addr_eq(&s->servers[i].addr, &to.addr) && s->servers[i].port == to.port) {
            to.scope = s->servers[i].scope;
        }
    }
    int err = inl_connect(s->stack, sock_of(s, fd), &to);

    return err < 0 ? fail(err) : 0;
}

static ares_ssize_t on_receive(ares_socket_t fd, void *buf, size_t len, int flags,
                               struct sockaddr *addr, ares_socklen_t *addr_len, void *ctx) {
    struct resolve_socks *s = ctx;
    struct inl_sockaddr from = {0};
    int64_t n = inl_recvfrom(s->stack, sock_of(s, fd), buf, len, 0, &from, NULL);

    (void)flags;
    if (n < 0) {
        return fail(n);
    }
    if (addr != NULL && inl_addr_is4(&from.addr) && *addr_len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in = {.sin_family = AF_INET,
                                 .sin_port = htons(from.port),
                                 .sin_addr.s_addr = htonl(inl_addr_to4(&from.addr))};

        memcpy(addr, &in, sizeof(in));
        *addr_len = sizeof(in);
    } else if (addr != NULL && *addr_len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(from.port)};

        memcpy(&in6.sin6_addr, from.addr.b, 16);
        memcpy(addr, &in6, sizeof(in6));
        *addr_len = sizeof(in6);
    }
    return (ares_ssize_t)n;
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *iov, int count, void *ctx) {
    struct resolve_socks *s = ctx;
    ares_ssize_t sent = 0;

    for (int i = 0; i < count; i++) {
        int64_t n = inl_send(s->stack, sock_of(s, fd), iov[i].iov_base, iov[i].iov_len, 0);

        if (n < 0) {
            return sent > 0 ? sent : fail(n);
        }
        sent += (ares_ssize_t)n;
        if ((size_t)n < iov[i].iov_len) {
            break;
        }
    }
    return sent;
}

void resolve_socks_init(struct resolve_socks *s, struct inl_stack *stack,
                        const struct inl_sockaddr *servers, size_t servers_n,
                        ares_channel channel) {
    static const struct ares_socket_functions functions = {on_socket, on_close, on_connect,
                                                           on_receive, on_send};

    s->stack = stack;
    s->channel = channel;
    s->servers = servers;
    s->servers_n = servers_n;
    for (int fd = 0; fd < RESOLVE_SOCKS_MAX; fd++) {
        s->sock[fd] = -1;
    }
    ares_set_socket_functions(channel, &functions, s);
}

/* Gives c-ares what holds now, as long as it makes progress. */
static void serve(struct resolve_socks *s, ares_socket_t fd, inl_sock sock) {
    for (int i = 0; i < PIECES_MAX && s->sock[fd] == sock; i++) {
        int now = inl_poll(s->stack, sock);
        bool readable = now < 0 || (now & (INL_EV_READABLE | INL_EV_ERROR | INL_EV_CLOSED)) != 0;
        bool writable = i == 0 && now >= 0 && (now & INL_EV_WRITABLE) != 0;

        if (!readable && !writable) {
            return;
        }
        ares_process_fd(s->channel, readable ? fd : ARES_SOCKET_BAD,
                        writable ? fd : ARES_SOCKET_BAD);
    }
}

bool resolve_socks_event(struct resolve_socks *s, const struct inl_event *event) {
    for (ares_socket_t fd = 0; fd < RESOLVE_SOCKS_MAX; fd++) {
        if (s->sock[fd] == event->sock) {
            serve(s, fd, event->sock);
            return true;
        }
    }
    return false;
}
