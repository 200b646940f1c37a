/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_sock.c - socket, bind, listen, connect, accept
 *
 * socket() makes a Unix socket pair: the program gets one end under the number that the kernel
 * would have chosen, the lab gets the other (pair.h).
 *
 * A connect() that does not wait must leave its descriptor unwritable until the handshake ends,
 * for that is what poll() is asked for. When the lab says EINPROGRESS and wants it (arg1), the
 * send buffer of the program's end is filled before the program returns from connect(); the lab
 * is told how much that was, and reads it away when the handshake ends.
 *
 * A listening socket's end becomes readable through tokens: 1 struct proto_token a connection,
 * with the descriptor of the new connection's end attached. accept() takes the token from a copy
 * of the program's own descriptor, so whoever shares the listener shares its queue, and closing
 * the last copy closes the connections that nobody took.
 */
#include "host/pair.h"
#include "host/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ADDR_READ_MAX 128

static int64_t socket_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                             const void *payload) {
    (void)payload;
    if (msg->result < 0) {
        return msg->result;
    }
    int err = sup_sock_add(sup, call->cookie, call->family, call->type);

    if (err < 0) {
        return err;
    }
    call->fd_at = call->type == INL_SOCK_STREAM ? 0 : plain_fd(sup, call);
    call->has_effect = false; /* made again without harm */
    return call_finish_fd(sup, call);
}

/* Which of our sockets would it be? 0 or -errno. */
static int socket_kind(int domain, int type, int protocol, uint8_t *ret_family, uint8_t *ret_type,
                       int *ret_proto) {
    int base = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);

    *ret_proto = 0;
    *ret_family = domain == AF_INET ? INL_AF_INET : INL_AF_INET6;
    if (base == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP)) {
        *ret_type = INL_SOCK_STREAM;
    } else if (base == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP)) {
        *ret_type = INL_SOCK_DGRAM;
    } else if (base == SOCK_DGRAM && protocol == IPPROTO_UDPLITE) {
        *ret_type = INL_SOCK_UDPLITE;
    } else if (base == SOCK_DGRAM &&
               protocol == (domain == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6)) {
        *ret_type = INL_SOCK_PING;
    } else if (base == SOCK_RAW) {
        if (protocol <= 0 || protocol > UINT8_MAX) {
            return protocol == 0 ? -EPROTONOSUPPORT : -EINVAL;
        }
        *ret_type = INL_SOCK_RAW;
        *ret_proto = protocol;
    } else if (base == SOCK_STREAM || base == SOCK_DGRAM) {
        return -EPROTONOSUPPORT;
    } else {
        return -ESOCKTNOSUPPORT;
    }
    return 0;
}

/* Makes the pair: call->fd for the program, call->lab_fd for the lab. */
static int prepare(struct call *call, bool nonblocking) {
    int err = pair_make(call->type == INL_SOCK_STREAM, &call->fd, &call->lab_fd, &call->cookie);

    if (err == 0 && nonblocking && fcntl(call->fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
        err = -errno;
    }
    return err;
}

int64_t call_socket(struct sup *sup, struct call *call) {
    int type = (int)call->args[1];
    struct proto_msg msg;
    int proto;
    int err = socket_kind((int)call->args[0], type, (int)call->args[2], &call->family, &call->type,
                          &proto);

    if (err == 0) {
        err = prepare(call, (type & SOCK_NONBLOCK) != 0);
    }
    if (err < 0) {
        return err;
    }
    call->fd_flags = (type & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0;
    proto_init(&msg, PROTO_SOCKET);
    msg.arg[0] = call->family;
    msg.arg[1] = call->type + 256 * proto;
    int64_t r = ask(sup, call, &msg, NULL, 0, call->lab_fd, socket_answer);

    close(call->lab_fd);
    call->lab_fd = -1;
    return r;
}

/* Reads a sockaddr argument. 0 or -errno. */
static int read_addr(const struct call *call, uint64_t at, uint64_t len, struct proto_addr *ret) {
    uint8_t buf[ADDR_READ_MAX];
    size_t n = len < sizeof(buf) ? (size_t)len : sizeof(buf);

    if ((int32_t)len < 0) {
        return -EINVAL;
    }
    if (call_read(call, at, buf, n) < 0) {
        return -EFAULT;
    }
    return proto_addr_from_kernel(buf, n, ret);
}

/* A message about the call's socket and the address in its arguments: 0, or what the call returns. */
static int64_t about_addr(struct sup *sup, struct call *call, enum proto_op op,
                          struct proto_msg *ret) {
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    proto_init(ret, op);
    return read_addr(call, call->args[1], call->args[2], &ret->addr[0]);
}

int64_t call_bind(struct sup *sup, struct call *call) {
    struct proto_msg msg;
    int64_t r = about_addr(sup, call, PROTO_BIND, &msg);

    if (r != 0) {
        return r;
    }
    if (msg.addr[0].family != call->family) {
        return -EAFNOSUPPORT;
    }
    return ask(sup, call, &msg, NULL, 0, -1, ask_result);
}

static int64_t listen_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                             const void *payload) {
    struct table_node *node = table_find(&sup->socks, call->cookie);

    (void)payload;
    if (msg->result == 0 && node != NULL) {
        TABLE_ENTRY(node, struct sup_sock, node)->listening = true;
    }
    return msg->result;
}

int64_t call_listen(struct sup *sup, struct call *call) {
    struct proto_msg msg;
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    proto_init(&msg, PROTO_LISTEN);
    msg.arg[0] = (int)call->args[1];
    return ask(sup, call, &msg, NULL, 0, -1, listen_answer);
}

/* Makes the program's end unwritable; returns how many bytes that took. */
static int64_t fill(int fd) {
    static const uint8_t filler[65536];
    size_t piece = sizeof(filler);
    int64_t sum = 0;

    while (piece > 0) {
        ssize_t n = send(fd, filler, piece, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0) {
            sum += n;
        } else {
            break;
        }
    }
    return sum;
}

int64_t connect_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                       const void *payload) {
    (void)payload;
    if (msg->result == -EINPROGRESS && msg->arg[1] == 1) {
        struct proto_msg filled;

        proto_init(&filled, PROTO_FILLED);
        filled.arg[0] = fill(call->fd);
        ask_notice(sup, call, &filled);
    }
    return msg->result;
}

int64_t call_connect(struct sup *sup, struct call *call) {
    struct proto_msg msg;
    int64_t r = about_addr(sup, call, PROTO_CONNECT, &msg);

    if (r != 0) {
        return r;
    }
    if (call->family == INL_AF_INET && msg.addr[0].family == INL_AF_INET6) {
        return -EAFNOSUPPORT;
    }
    if (call->type == INL_SOCK_STREAM && msg.addr[0].family != call->family) {
        return msg.addr[0].family == 0 ? -EOPNOTSUPP : -EINVAL;
    }
    msg.arg[0] = call_is_nonblocking(call);
    return ask(sup, call, &msg, NULL, 0, -1, connect_answer);
}

/* Takes a token and its descriptor from the listener's end: 1, 0 (no more will come), -errno. */
static int take_token(int listener, struct proto_token *token, int *ret_fd) {
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {token, sizeof(*token)};
    struct msghdr mh = {.msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control.buf,
                        .msg_controllen = sizeof(control.buf)};
    ssize_t n = recvmsg(listener, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n <= 0) {
        return n < 0 ? -errno : 0;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

    if (c == NULL || c->cmsg_type != SCM_RIGHTS) {
        return -ECONNABORTED; /* the machine ran out of descriptors in flight */
    }
    memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
    if (n != (ssize_t)sizeof(*token) || token->magic != PROTO_MAGIC) {
        close(*ret_fd);
        return -EPROTO;
    }
    return 1;
}

/* The call's descriptor becomes the new connection's. */
static int64_t accept_give(struct sup *sup, struct call *call, const struct proto_token *token,
                           int fd, int flags) {
    struct proto_msg msg;

    loop_del(&sup->loop, &call->wait);
    close(call->fd);
    call->fd = fd;
    call->cookie = token->cookie;
    call->fd_flags = (flags & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0;
    call->has_effect = true;
    if ((flags & SOCK_NONBLOCK) != 0 && fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
        return -errno;
    }
    int err = sup_sock_add(sup, token->cookie, token->family, INL_SOCK_STREAM);

    if (err == 0) {
        err = call_write_addr(call, &token->remote, call->args[1], call->args[2]);
    }
    if (err < 0) {
        return err;
    }
    proto_init(&msg, PROTO_ACCEPTED);
    ask_notice(sup, call, &msg);
    return call_finish_fd(sup, call);
}

static int64_t accept_try(struct sup *sup, struct call *call) {
    struct proto_token token;
    int fd = -1;
    int got = take_token(call->fd, &token, &fd);

    if (got == -EAGAIN) {
        if (call_is_nonblocking(call)) {
            return -EAGAIN;
        }
        return call_wait(sup, call, accept_try, SO_RCVTIMEO, -EAGAIN);
    }
    if (got <= 0) {
        return got == 0 || got == -ECONNRESET ? call_ended(sup, call, -EINVAL) : got;
    }
    return accept_give(sup, call, &token, fd, (int)call->value[0]);
}

int64_t call_accept4(struct sup *sup, struct call *call) {
    int64_t r = call_lookup(sup, call);

    if (r != 0) {
        return r;
    }
    if (call->type != INL_SOCK_STREAM) {
        return -EOPNOTSUPP;
    }
    call->value[0] = call->nr == SYS_accept4 ? (int)call->args[3] : 0;
    if (!call->listening || (call->value[0] & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) {
        return -EINVAL;
    }
    return accept_try(sup, call);
}

int64_t call_accept(struct sup *sup, struct call *call) {
    return call_accept4(sup, call);
}
