/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proto.c - packing, checking and moving the messages of proto.h
 */
#include "host/proto.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

void proto_init(struct proto_msg *msg, enum proto_op op) {
    memset(msg, 0, sizeof(*msg));
    msg->magic = PROTO_MAGIC;
    msg->version = PROTO_VERSION;
    msg->op = (uint8_t)op;
}

static int addr_check(const struct proto_addr *a) {
    struct inl_addr addr;

    memcpy(addr.b, a->addr, sizeof(addr.b));
    switch (a->family) {
    case 0:
    case INL_AF_INET6:
        return 0;
    case INL_AF_INET:
        return inl_addr_is4(&addr) ? 0 : -EPROTO;
    default:
        return -EPROTO;
    }
}

int proto_check(const struct proto_msg *msg, size_t len) {
    if (len < sizeof(*msg) || msg->magic != PROTO_MAGIC || msg->version != PROTO_VERSION) {
        return -EPROTO;
    }
    if (msg->op == 0 || msg->op >= PROTO_OP_MAX || msg->is_reply > 1) {
        return -EPROTO;
    }
    if (msg->payload_len > PROTO_PAYLOAD_MAX || len - sizeof(*msg) != msg->payload_len) {
        return -EPROTO;
    }
    if (memchr(msg->text, '\0', sizeof(msg->text)) == NULL) {
        return -EPROTO;
    }
    return addr_check(&msg->addr[0]) < 0 || addr_check(&msg->addr[1]) < 0 ? -EPROTO : 0;
}

int proto_pass(int fd, struct iovec *iov, size_t iov_n, int pass_fd) {
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr mh = {.msg_iov = iov, .msg_iovlen = iov_n};

    if (pass_fd >= 0) {
        mh.msg_control = control.buf;
        mh.msg_controllen = sizeof(control.buf);
        struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &pass_fd, sizeof(int));
    }
    return sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int proto_send(int fd, struct proto_msg *msg, const void *payload, size_t payload_len,
               int pass_fd) {
    struct iovec iov[2] = {{msg, sizeof(*msg)}, {(void *)(uintptr_t)payload, payload_len}};

    if (payload_len > PROTO_PAYLOAD_MAX) {
        return -EMSGSIZE;
    }
    msg->payload_len = (uint32_t)payload_len;
    return proto_pass(fd, iov, payload_len ? 2 : 1, pass_fd);
}

/* Keeps the first descriptor of a message and closes any others. */
static int take_fd(struct msghdr *mh) {
    int kept = -1;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (kept < 0) {
                kept = fd;
            } else {
                close(fd);
            }
        }
    }
    return kept;
}

int proto_recv(int fd, struct proto_msg *msg, void *payload, int *ret_fd) {
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(4 * sizeof(int))];
    } control;
    struct iovec iov[2] = {{msg, sizeof(*msg)}, {payload, PROTO_PAYLOAD_MAX}};
    struct msghdr mh = {.msg_iov = iov,
                        .msg_iovlen = 2,
                        .msg_control = control.buf,
                        .msg_controllen = sizeof(control.buf)};
    ssize_t n = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n < 0) {
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
    if (n == 0) {
        return 0;
    }
    int got = take_fd(&mh);

    if ((mh.msg_flags & MSG_TRUNC) != 0 || proto_check(msg, (size_t)n) < 0) {
        if (got >= 0) {
            close(got);
        }
        return -EPROTO;
    }
    *ret_fd = got;
    return 1;
}

struct proto_addr proto_addr_from(const struct inl_sockaddr *addr, enum inl_family family) {
    struct proto_addr a = {.port = addr->port, .scope = addr->scope};

    a.family = family == INL_AF_INET && inl_addr_is4(&addr->addr) ? INL_AF_INET : INL_AF_INET6;
    memcpy(a.addr, addr->addr.b, sizeof(a.addr));
    return a;
}

struct inl_sockaddr proto_addr_to(const struct proto_addr *addr) {
    struct inl_sockaddr a = {.port = addr->port, .scope = addr->scope};

    memcpy(a.addr.b, addr->addr, sizeof(a.addr.b));
    return a;
}

int proto_addr_from_kernel(const void *sa, size_t len, struct proto_addr *ret) {
    struct proto_addr a = {0};
    sa_family_t family;

    if (len < sizeof(family)) {
        return -EINVAL;
    }
    memcpy(&family, sa, sizeof(family));
    if (family == AF_INET) {
        struct sockaddr_in in;

        if (len < sizeof(in)) {
            return -EINVAL;
        }
        memcpy(&in, sa, sizeof(in));
        struct inl_addr addr = inl_addr_from4(ntohl(in.sin_addr.s_addr));

        a.family = INL_AF_INET;
        a.port = ntohs(in.sin_port);
        memcpy(a.addr, addr.b, sizeof(a.addr));
    } else if (family == AF_INET6) {
        struct sockaddr_in6 in6;

        if (len < offsetof(struct sockaddr_in6, sin6_scope_id)) {
            return -EINVAL; /* RFC 2133 programs leave the scope out */
        }
        memset(&in6, 0, sizeof(in6));
        memcpy(&in6, sa, len < sizeof(in6) ? len : sizeof(in6));
        a.family = INL_AF_INET6;
        a.port = ntohs(in6.sin6_port);
        a.scope = in6.sin6_scope_id;
        memcpy(a.addr, &in6.sin6_addr, sizeof(a.addr));
    } else if (family != AF_UNSPEC) {
        return -EAFNOSUPPORT;
    }
    *ret = a;
    return 0;
}

size_t proto_addr_to_kernel(const struct proto_addr *addr, unsigned family,
                            struct sockaddr_storage *sa) {
    memset(sa, 0, sizeof(*sa));
    if (family == INL_AF_INET) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(addr->port)};

        memcpy(&in.sin_addr, addr->addr + 12, sizeof(in.sin_addr));
        memcpy(sa, &in, sizeof(in));
        return sizeof(in);
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(addr->port)};

    memcpy(&in6.sin6_addr, addr->addr, sizeof(in6.sin6_addr));
    in6.sin6_scope_id = addr->scope;
    memcpy(sa, &in6, sizeof(in6));
    return sizeof(in6);
}
