/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * requests.c - the lab's side of the socket calls: one function an op of proto.h
 *
 * What comes was checked as a message (proto.h), and the socket was found; everything else is
 * checked here, or by the engine.
 */
#include "host/requests.h"
#include "host/dns.h"
#include "host/groups.h"
#include "host/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct inl_stack *stack_of(const struct request *r) {
    return lab_stack(r->lab, r->conn->host);
}

static void set_owner(struct conn *conn, const struct proto_msg *msg) {
    conn->pid = msg->pid;
    snprintf(conn->program, sizeof(conn->program), "%.15s", msg->text);
    inl_set_owner(lab_stack(conn->lab, conn->host), conn->sock, msg->pid);
    trace_program(conn->lab, conn->pid, conn->program);
}

/* Is it a Unix socket of the kind that was agreed? */
static bool is_our_end(int fd, bool stream) {
    int domain = 0, type = 0;
    socklen_t len = sizeof(int);

    return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           domain == AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == (stream ? SOCK_STREAM : SOCK_SEQPACKET);
}

int request_socket(struct request *r) {
    struct lab *lab = r->lab;
    int64_t family = r->msg->arg[0], type = r->msg->arg[1] & 0xff, proto = r->msg->arg[1] >> 8;
    struct conn *conn;

    if (*r->host < 0 || (family != INL_AF_INET && family != INL_AF_INET6) ||
        type < INL_SOCK_STREAM || type > INL_SOCK_UDPLITE || proto < 0 || proto > UINT8_MAX ||
        !is_our_end(*r->fd, type == INL_SOCK_STREAM) || conn_find(lab, r->msg->cookie) != NULL) {
        return -EINVAL;
    }
    struct inl_stack *stack = lab_stack(lab, *r->host);
    inl_sock sock = type == INL_SOCK_RAW
                        ? inl_socket_raw(stack, (enum inl_family)family, (uint8_t)proto)
                        : inl_socket(stack, (enum inl_family)family, (enum inl_sock_type)type);

    if (sock < 0) {
        return (int)sock;
    }
    int fd = *r->fd;

    *r->fd = -1;
    int err =
        conn_new(lab, *r->host, sock, fd, r->msg->cookie, (uint8_t)family, (uint8_t)type, &conn);

    if (err < 0) {
        inl_close(stack, sock);
        return err;
    }
    conn->client_id = r->client_id;
    set_owner(conn, r->msg);
    return 0;
}

/* The same bind() twice is taken for one: a signal may have the kernel restart a call whose answer
 * was given but not received (a race in seccomp's notifications that nobody can see). */
int request_bind(struct request *r) {
    const struct proto_addr *want = &r->msg->addr[0];
    struct inl_sockaddr addr = proto_addr_to(want);
    struct proto_addr *bound = &r->conn->bound_to;

    if (bound->family != 0 && memcmp(bound, want, sizeof(*bound)) == 0) {
        return 0;
    }
    int err = inl_bind(stack_of(r), r->conn->sock, &addr);

    if (err == -EADDRINUSE && addr.port == DNS_PORT && names_yield(r->lab, r->conn->host)) {
        err = inl_bind(stack_of(r), r->conn->sock, &addr);
    }
    if (err == 0) {
        *bound = *want;
    }
    return err;
}

int request_listen(struct request *r) {
    int64_t backlog = r->msg->arg[0];

    if (r->conn->type != INL_SOCK_STREAM) {
        return -EOPNOTSUPP;
    }
    set_owner(r->conn, r->msg);
    return splice_tcp_listen(r->conn, backlog < 1 ? 1 : backlog > 4096 ? 4096 : (int)backlog);
}

int request_connect(struct request *r) {
    struct inl_sockaddr addr = proto_addr_to(&r->msg->addr[0]);
    bool fill = false;

    set_owner(r->conn, r->msg);
    if (r->conn->type != INL_SOCK_STREAM) {
        return inl_connect(stack_of(r), r->conn->sock, &addr);
    }
    int err =
        splice_tcp_connect(r->conn, &addr, r->msg->arg[0] != 0, r->client_id, r->msg->id, &fill);

    r->answer.arg[1] = fill;
    return err == CONN_WAITS ? NO_ANSWER : err;
}

int request_filled(struct request *r) {
    splice_tcp_filled(r->conn, r->msg->arg[0]);
    return NO_ANSWER;
}

int request_sockname(struct request *r) {
    struct inl_sockaddr addr = {0};
    int err = inl_getsockname(stack_of(r), r->conn->sock, &addr);

    r->answer.addr[0] = proto_addr_from(&addr, r->conn->family);
    return err;
}

int request_peername(struct request *r) {
    struct inl_sockaddr addr = {0};
    int err = inl_getpeername(stack_of(r), r->conn->sock, &addr);

    r->answer.addr[0] = proto_addr_from(&addr, r->conn->family);
    return err;
}

int request_getopt(struct request *r) {
    enum inl_opt opt = (enum inl_opt)r->msg->arg[0];
    int err = 0;

    if (opt == INL_OPT_ERROR && r->conn->type == INL_SOCK_STREAM) {
        r->answer.arg[1] = splice_tcp_take_error(r->conn);
        if (r->answer.arg[1] != 0 || r->conn->state == CONN_FAILED) {
            return 0;
        }
    }
    if (opt == INL_OPT_ERROR && r->conn->type != INL_SOCK_STREAM && r->conn->connect_error != 0) {
        r->answer.arg[1] = r->conn->connect_error;
        r->conn->connect_error = 0;
        return 0;
    }
    err = inl_getsockopt(stack_of(r), r->conn->sock, opt, &r->answer.arg[1]);
    return err;
}

int request_setopt(struct request *r) {
    enum inl_opt opt = (enum inl_opt)r->msg->arg[0];
    int err = inl_setsockopt(stack_of(r), r->conn->sock, opt, r->msg->arg[1]);

    if (err == 0 && opt == INL_OPT_RECVERR) {
        r->conn->recverr = r->msg->arg[1] != 0;
    }
    return err;
}

int request_filter(struct request *r) {
    uint32_t blocked[8];

    if (r->msg->payload_len != sizeof(blocked)) {
        return -EINVAL;
    }
    memcpy(blocked, r->payload, sizeof(blocked));
    return inl_icmp_filter(stack_of(r), r->conn->sock, blocked);
}

int request_ipopts(struct request *r) {
    uint8_t opts[PROTO_IPOPTS_MAX];

    if (r->msg->arg[0] != 0) {
        return inl_set_ip_options(stack_of(r), r->conn->sock, r->payload, r->msg->payload_len);
    }
    int64_t n = inl_get_ip_options(stack_of(r), r->conn->sock, opts, sizeof(opts));

    if (n >= 0) {
        proto_init(&r->answer, PROTO_IPOPTS);
        control_answer(r->lab, r->client_id, r->msg->id, &r->answer, opts, (size_t)n);
    }
    return n < 0 ? (int)n : NO_ANSWER;
}

int request_ip6ext(struct request *r) {
    enum inl_ip6_ext which = (enum inl_ip6_ext)r->msg->arg[0];
    uint8_t header[INL_IP6_EXT_MAX_BYTES];

    if (r->msg->arg[1] != 0) {
        return inl_set_ip6_ext(stack_of(r), r->conn->sock, which, r->payload, r->msg->payload_len);
    }
    int64_t n = inl_get_ip6_ext(stack_of(r), r->conn->sock, which, header, sizeof(header));

    if (n >= 0) {
        proto_init(&r->answer, PROTO_IP6EXT);
        control_answer(r->lab, r->client_id, r->msg->id, &r->answer, header, (size_t)n);
    }
    return n < 0 ? (int)n : NO_ANSWER;
}

int request_group(struct request *r) {
    struct proto_group g;
    int err;

    if (r->msg->payload_len != sizeof(g)) {
        return -EINVAL;
    }
    memcpy(&g, r->payload, sizeof(g));
    err = groups_do(stack_of(r), r->conn->sock, &g);
    if (err) {
        return err;
    }
    proto_init(&r->answer, PROTO_GROUP);
    control_answer(r->lab, r->client_id, r->msg->id, &r->answer, &g, sizeof(g));
    return NO_ANSWER;
}

int request_recverr(struct request *r) {
    struct lab *lab = r->lab;
    struct proto_error e = {0};
    struct inl_msg msg = {.buf = lab->buffer + sizeof(e), .len_bytes = 4096};
    int64_t n = r->conn->type == INL_SOCK_STREAM
                    ? -EAGAIN
                    : inl_recvmsg(stack_of(r), r->conn->sock, &msg, INL_MSG_ERRQUEUE);

    if (n < 0) {
        return (int)n;
    }
    r->conn->connect_error = 0; /* it has been told */
    const struct inl_sockaddr offender = {.addr = msg.error.offender};

    e.dst = proto_addr_from(&msg.peer, r->conn->family);
    e.offender = proto_addr_from(&offender, r->conn->family);
    e.err = msg.error.err;
    e.info = msg.error.info;
    e.origin = msg.error.origin;
    e.type = msg.error.type;
    e.code = msg.error.code;
    e.ttl = msg.error.ttl;
    e.more = (inl_poll(stack_of(r), r->conn->sock) & INL_EV_ERROR) != 0;
    memcpy(lab->buffer, &e, sizeof(e));
    proto_init(&r->answer, PROTO_RECVERR);
    control_answer(lab, r->client_id, r->msg->id, &r->answer, lab->buffer, sizeof(e) + (size_t)n);
    return NO_ANSWER;
}

int request_tcpinfo(struct request *r) {
    struct inl_tcp_info info;
    int err = inl_tcp_info(stack_of(r), r->conn->sock, &info);

    if (err == 0) {
        proto_init(&r->answer, PROTO_TCPINFO);
        control_answer(r->lab, r->client_id, r->msg->id, &r->answer, &info, sizeof(info));
        return NO_ANSWER;
    }
    return err;
}

int request_sendto(struct request *r) {
    const struct proto_addr *from = &r->msg->addr[1];
    size_t ext_len = r->msg->ext_len;

    if (ext_len > r->msg->payload_len || r->msg->opts_len > PROTO_IPOPTS_MAX) {
        return -EINVAL;
    }
    size_t len = r->msg->payload_len - ext_len;
    uint8_t *bytes = (void *)(uintptr_t)r->payload;
    struct inl_msg msg = {
        .buf = bytes,
        .len_bytes = len,
        .peer = proto_addr_to(&r->msg->addr[0]),
        .local = proto_addr_to(from),
        .link = (int)from->scope,
        .ttl = (int)r->msg->arg[0],
        .tos = (int)r->msg->arg[1] - 1,
        .opts = r->msg->opts_len > 0 ? (void *)(uintptr_t)r->msg->text : NULL,
        .opts_len = r->msg->opts_len,
        .ext = ext_len > 0 ? bytes + len : NULL,
        .ext_len = ext_len,
    };

    if (r->conn->type == INL_SOCK_STREAM) {
        return -EISCONN;
    }
    splice_udp_take_error(r->conn);
    int64_t n = inl_sendmsg(stack_of(r), r->conn->sock, &msg);

    return n == -EAGAIN ? -ENOBUFS : (int)n;
}

int request_accepted(struct request *r) {
    set_owner(r->conn, r->msg);
    return NO_ANSWER;
}

/* As the peer's reset would end it: the program's end keeps a byte unread, so it sees ECONNRESET. */
int request_end(struct request *r) {
    struct conn *conn = r->conn;

    if (conn->type != INL_SOCK_STREAM || conn->state != CONN_OPEN) {
        return -EOPNOTSUPP;
    }
    inl_setsockopt(stack_of(r), conn->sock, INL_OPT_LINGER, 0);
    r->conn = NULL;
    conn_free(conn);
    return 0;
}
