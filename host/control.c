/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.c - the lab's clients and their messages
 *
 * A client is a connection of the control socket: a supervisor, `inlet netstat`, `inlet lab`. Each
 * message is checked (proto.h), then handled by one function of the table below. Answers that find
 * no room wait in a queue; a client that does not read for so long that the queue is full is
 * dropped, as is one that sends a malformed message.
 *
 * Who may be a client: the lab's own user, and root. The socket's folder has mode 0700, and the
 * peer's credentials are checked again here.
 */
#include "host/dns.h"
#include "host/groups.h"
#include "host/lab.h"
#include "host/names.h"

#include "host/status.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUEUE_MAX 1024

struct out_msg {
    struct out_msg *next;
    size_t payload_len;
    struct proto_msg msg;
    uint8_t payload[];
};

struct client {
    struct table_node node; /* in lab->clients; the key is its id */
    struct lab *lab;
    struct loop_source io;
    int host; /* -1 before HELLO */
    struct out_msg *head, **tail;
    unsigned queued;
};

static void client_free(struct client *c) {
    struct lab *lab = c->lab;
    int fd = c->io.fd;

    while (c->head != NULL) {
        struct out_msg *m = c->head;

        c->head = m->next;
        free(m);
    }
    table_remove(&lab->clients, &c->node);
    if (!lab->is_private) {
        trace_remove(lab, c->node.key); /* a private lab's client wants to see the end, too */
    }
    loop_del(&lab->loop, &c->io);
    close(fd);
    free(c);
}

/* ---- sending ---- */

static void client_flush(struct client *c) {
    while (c->head != NULL) {
        struct out_msg *m = c->head;
        int err = proto_send(c->io.fd, &m->msg, m->payload, m->payload_len, -1);

        if (err == -EAGAIN) {
            return;
        }
        c->head = m->next;
        if (c->head == NULL) {
            c->tail = &c->head;
        }
        c->queued--;
        free(m);
    }
    loop_mod(&c->lab->loop, &c->io, EPOLLIN);
}

static void client_queue(struct client *c, const struct proto_msg *msg, const void *payload,
                         size_t payload_len) {
    struct out_msg *m = c->queued < QUEUE_MAX ? malloc(sizeof(*m) + payload_len) : NULL;

    if (m == NULL) {
        shutdown(c->io.fd, SHUT_RDWR); /* it does not read: the next event ends it */
        return;
    }
    m->next = NULL;
    m->msg = *msg;
    m->payload_len = payload_len;
    if (payload_len > 0) {
        memcpy(m->payload, payload, payload_len);
    }
    *c->tail = m;
    c->tail = &m->next;
    if (c->queued++ == 0) {
        loop_mod(&c->lab->loop, &c->io, EPOLLIN | EPOLLOUT);
    }
}

static void client_send(struct client *c, struct proto_msg *msg, const void *payload,
                        size_t payload_len) {
    if (c->head != NULL || proto_send(c->io.fd, msg, payload, payload_len, -1) == -EAGAIN) {
        client_queue(c, msg, payload, payload_len);
    }
}

static struct client *client_find(const struct lab *lab, uint64_t id) {
    struct table_node *node = id != 0 ? table_find(&lab->clients, id) : NULL;

    return node != NULL ? TABLE_ENTRY(node, struct client, node) : NULL;
}

void control_answer(struct lab *lab, uint64_t client, uint64_t id, struct proto_msg *msg,
                    const void *payload, size_t payload_len) {
    struct client *c = client_find(lab, client);

    if (c != NULL) {
        msg->is_reply = 1;
        msg->id = id;
        client_send(c, msg, payload, payload_len);
    }
}

void control_closed(struct lab *lab, uint64_t client, uint64_t cookie) {
    struct client *c = client_find(lab, client);
    struct proto_msg msg;

    if (c != NULL) {
        proto_init(&msg, PROTO_CLOSED);
        msg.cookie = cookie;
        client_send(c, &msg, NULL, 0);
    }
}

/* ---- requests about sockets ---- */

#define NO_ANSWER INT_MIN /* of a handler: it was sent, or will be */

struct request {
    struct client *client;
    struct conn *conn; /* NULL if the op names no socket */
    const struct proto_msg *msg;
    const uint8_t *payload;
    int *fd; /* that came along; a handler that takes it over sets it to -1 */
    struct proto_msg answer;
};

static struct inl_stack *stack_of(const struct request *r) {
    return lab_stack(r->client->lab, r->conn->host);
}

static void set_owner(struct conn *conn, const struct proto_msg *msg) {
    conn->pid = msg->pid;
    snprintf(conn->program, sizeof(conn->program), "%.15s", msg->text);
    inl_set_owner(lab_stack(conn->lab, conn->host), conn->sock, msg->pid);
}

static int do_hello(struct request *r) {
    struct lab *lab = r->client->lab;
    int host = labfile_find_host(lab->file, r->msg->text);

    if (r->msg->text[0] == '\0') {
        host = lab->file->hosts_n == 1 || lab->is_private ? 0 : -1;
    }
    if (host < 0) {
        return r->msg->text[0] == '\0' ? -EDESTADDRREQ : -ENOENT;
    }
    r->client->host = host;
    snprintf(r->answer.text, sizeof(r->answer.text), "%s", lab->file->hosts[host].name);
    return 0;
}

/* Is it a Unix socket of the kind that was agreed? */
static bool is_our_end(int fd, bool stream) {
    int domain = 0, type = 0;
    socklen_t len = sizeof(int);

    return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           domain == AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == (stream ? SOCK_STREAM : SOCK_SEQPACKET);
}

static int do_socket(struct request *r) {
    struct lab *lab = r->client->lab;
    int64_t family = r->msg->arg[0], type = r->msg->arg[1] & 0xff, proto = r->msg->arg[1] >> 8;
    struct conn *conn;

    if (r->client->host < 0 || (family != INL_AF_INET && family != INL_AF_INET6) ||
        type < INL_SOCK_STREAM || type > INL_SOCK_UDPLITE || proto < 0 || proto > UINT8_MAX ||
        !is_our_end(*r->fd, type == INL_SOCK_STREAM) || conn_find(lab, r->msg->cookie) != NULL) {
        return -EINVAL;
    }
    struct inl_stack *stack = lab_stack(lab, r->client->host);
    inl_sock sock = type == INL_SOCK_RAW
                        ? inl_socket_raw(stack, (enum inl_family)family, (uint8_t)proto)
                        : inl_socket(stack, (enum inl_family)family, (enum inl_sock_type)type);

    if (sock < 0) {
        return (int)sock;
    }
    int fd = *r->fd;

    *r->fd = -1;
    int err = conn_new(lab, r->client->host, sock, fd, r->msg->cookie, (uint8_t)family,
                       (uint8_t)type, &conn);

    if (err < 0) {
        inl_close(stack, sock);
        return err;
    }
    conn->client_id = r->client->node.key;
    set_owner(conn, r->msg);
    return 0;
}

/* The same bind() twice is taken for one: a signal may have the kernel restart a call whose answer
 * was given but not received (a race in seccomp's notifications that nobody can see). */
static int do_bind(struct request *r) {
    const struct proto_addr *want = &r->msg->addr[0];
    struct inl_sockaddr addr = proto_addr_to(want);
    struct proto_addr *bound = &r->conn->bound_to;

    if (bound->family != 0 && memcmp(bound, want, sizeof(*bound)) == 0) {
        return 0;
    }
    int err = inl_bind(stack_of(r), r->conn->sock, &addr);

    if (err == -EADDRINUSE && addr.port == DNS_PORT && names_yield(r->client->lab, r->conn->host)) {
        err = inl_bind(stack_of(r), r->conn->sock, &addr);
    }
    if (err == 0) {
        *bound = *want;
    }
    return err;
}

static int do_listen(struct request *r) {
    int64_t backlog = r->msg->arg[0];

    if (r->conn->type != INL_SOCK_STREAM) {
        return -EOPNOTSUPP;
    }
    set_owner(r->conn, r->msg);
    return splice_tcp_listen(r->conn, backlog < 1 ? 1 : backlog > 4096 ? 4096 : (int)backlog);
}

static int do_connect(struct request *r) {
    struct inl_sockaddr addr = proto_addr_to(&r->msg->addr[0]);
    bool fill = false;

    set_owner(r->conn, r->msg);
    if (r->conn->type != INL_SOCK_STREAM) {
        return inl_connect(stack_of(r), r->conn->sock, &addr);
    }
    int err = splice_tcp_connect(r->conn, &addr, r->msg->arg[0] != 0, r->client->node.key,
                                 r->msg->id, &fill);

    r->answer.arg[1] = fill;
    return err == CONN_WAITS ? NO_ANSWER : err;
}

static int do_filled(struct request *r) {
    splice_tcp_filled(r->conn, r->msg->arg[0]);
    return NO_ANSWER;
}

static int do_sockname(struct request *r) {
    struct inl_sockaddr addr = {0};
    int err = inl_getsockname(stack_of(r), r->conn->sock, &addr);

    r->answer.addr[0] = proto_addr_from(&addr, r->conn->family);
    return err;
}

static int do_peername(struct request *r) {
    struct inl_sockaddr addr = {0};
    int err = inl_getpeername(stack_of(r), r->conn->sock, &addr);

    r->answer.addr[0] = proto_addr_from(&addr, r->conn->family);
    return err;
}

static int do_getopt(struct request *r) {
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

static int do_setopt(struct request *r) {
    enum inl_opt opt = (enum inl_opt)r->msg->arg[0];
    int err = inl_setsockopt(stack_of(r), r->conn->sock, opt, r->msg->arg[1]);

    if (err == 0 && opt == INL_OPT_RECVERR) {
        r->conn->recverr = r->msg->arg[1] != 0;
    }
    return err;
}

static int do_filter(struct request *r) {
    uint32_t blocked[8];

    if (r->msg->payload_len != sizeof(blocked)) {
        return -EINVAL;
    }
    memcpy(blocked, r->payload, sizeof(blocked));
    return inl_icmp_filter(stack_of(r), r->conn->sock, blocked);
}

static int do_group(struct request *r) {
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
    control_answer(r->client->lab, r->client->node.key, r->msg->id, &r->answer, &g, sizeof(g));
    return NO_ANSWER;
}

static int do_recverr(struct request *r) {
    struct lab *lab = r->client->lab;
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
    control_answer(lab, r->client->node.key, r->msg->id, &r->answer, lab->buffer,
                   sizeof(e) + (size_t)n);
    return NO_ANSWER;
}

static int do_tcpinfo(struct request *r) {
    struct inl_tcp_info info;
    int err = inl_tcp_info(stack_of(r), r->conn->sock, &info);

    if (err == 0) {
        proto_init(&r->answer, PROTO_TCPINFO);
        control_answer(r->client->lab, r->client->node.key, r->msg->id, &r->answer, &info,
                       sizeof(info));
        return NO_ANSWER;
    }
    return err;
}

static int do_sendto(struct request *r) {
    const struct proto_addr *from = &r->msg->addr[1];
    struct inl_msg msg = {
        .buf = (void *)(uintptr_t)r->payload,
        .len_bytes = r->msg->payload_len,
        .peer = proto_addr_to(&r->msg->addr[0]),
        .local = proto_addr_to(from),
        .link = (int)from->scope,
        .ttl = (int)r->msg->arg[0],
        .tos = (int)r->msg->arg[1] - 1,
    };

    if (r->conn->type == INL_SOCK_STREAM) {
        return -EISCONN;
    }
    int64_t n = inl_sendmsg(stack_of(r), r->conn->sock, &msg);

    return n == -EAGAIN ? -ENOBUFS : (int)n;
}

static int do_accepted(struct request *r) {
    set_owner(r->conn, r->msg);
    return NO_ANSWER;
}

/* ---- requests about the lab ---- */

static int do_netstat(struct request *r) {
    status_netstat(r->client->lab, r->client->host, r->client->node.key, r->msg->id);
    return NO_ANSWER;
}

static int do_counters(struct request *r) {
    status_counters(r->client->lab, r->client->host, r->client->node.key, r->msg->id);
    return NO_ANSWER;
}

static int do_net(struct request *r) {
    status_net(r->client->lab, r->client->host, (enum proto_op)r->msg->op, r->client->node.key,
               r->msg->id);
    return NO_ANSWER;
}

static int do_status(struct request *r) {
    status_text(r->client->lab, r->client->node.key, r->msg->id);
    return NO_ANSWER;
}

static int do_trace(struct request *r) {
    int64_t kind = r->msg->arg[0];
    int fd = *r->fd;

    if (fd < 0 || kind < PROTO_TRACE_TEXT || kind > PROTO_TRACE_EVENTS) {
        return -EINVAL;
    }
    *r->fd = -1;
    return trace_add(r->client->lab, fd, (enum proto_trace)kind, r->msg->arg[1] != 0,
                     r->client->node.key);
}

static int do_down(struct request *r) {
    r->client->lab->stop = true;
    return 0;
}

/* ---- dispatch ---- */

static const struct {
    int (*fn)(struct request *r);
    bool needs_conn;
} handlers[PROTO_OP_MAX] = {
    [PROTO_HELLO] = {do_hello, false},      [PROTO_SOCKET] = {do_socket, false},
    [PROTO_BIND] = {do_bind, true},         [PROTO_LISTEN] = {do_listen, true},
    [PROTO_CONNECT] = {do_connect, true},   [PROTO_SOCKNAME] = {do_sockname, true},
    [PROTO_PEERNAME] = {do_peername, true}, [PROTO_GETOPT] = {do_getopt, true},
    [PROTO_SETOPT] = {do_setopt, true},     [PROTO_TCPINFO] = {do_tcpinfo, true},
    [PROTO_SENDTO] = {do_sendto, true},     [PROTO_RECVERR] = {do_recverr, true},
    [PROTO_FILTER] = {do_filter, true},     [PROTO_GROUP] = {do_group, true},
    [PROTO_ACCEPTED] = {do_accepted, true}, [PROTO_FILLED] = {do_filled, true},
    [PROTO_NETSTAT] = {do_netstat, false},  [PROTO_COUNTERS] = {do_counters, false},
    [PROTO_LINKS] = {do_net, false},        [PROTO_ADDRS] = {do_net, false},
    [PROTO_ROUTES] = {do_net, false},       [PROTO_NEIGHS] = {do_net, false},
    [PROTO_STATUS] = {do_status, false},    [PROTO_TRACE] = {do_trace, false},
    [PROTO_DOWN] = {do_down, false},
};

/* Handles one message. 0, or -EPROTO when the client must go. */
static int handle(struct client *c, const struct proto_msg *msg, const uint8_t *payload, int *fd) {
    struct request r = {.client = c, .msg = msg, .payload = payload, .fd = fd};
    int result = -EBADF;

    if (msg->is_reply || handlers[msg->op].fn == NULL) {
        return -EPROTO;
    }
    proto_init(&r.answer, (enum proto_op)msg->op);
    if (handlers[msg->op].needs_conn) {
        r.conn = conn_find(c->lab, msg->cookie);
    }
    if (r.conn != NULL || !handlers[msg->op].needs_conn) {
        result = handlers[msg->op].fn(&r);
    }
    if (result == NO_ANSWER) {
        return 0;
    }
    if (msg->id != 0) {
        r.answer.cookie = msg->cookie;
        r.answer.result = result;
        control_answer(c->lab, c->node.key, msg->id, &r.answer, NULL, 0);
    }
    return 0;
}

static void on_client(struct loop_source *source, uint32_t events) {
    struct client *c = source->ctx;
    struct lab *lab = c->lab;
    struct proto_msg msg;
    int fd = -1;

    if ((events & EPOLLOUT) != 0) {
        client_flush(c);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) {
        return;
    }
    int got = proto_recv(c->io.fd, &msg, lab->buffer, &fd);

    if (got == -EAGAIN) {
        return;
    }
    int err = got <= 0 ? -EPROTO : handle(c, &msg, lab->buffer, &fd);

    if (fd >= 0) {
        close(fd);
    }
    if (err < 0) {
        client_free(c);
    }
}

/* ---- arrival ---- */

int control_add(struct lab *lab, int fd) {
    struct client *c = calloc(1, sizeof(*c));
    int room = PROTO_BUFFER_BYTES;

    if (c == NULL) {
        close(fd);
        return -ENOMEM;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    c->lab = lab;
    c->host = -1;
    c->tail = &c->head;
    c->io.fn = on_client;
    c->io.ctx = c;
    int err = table_insert(&lab->clients, &c->node, ++lab->next_client);

    if (err == 0) {
        err = loop_add(&lab->loop, &c->io, fd, EPOLLIN);
        if (err < 0) {
            table_remove(&lab->clients, &c->node);
        }
    }
    if (err < 0) {
        close(fd);
        free(c);
    }
    return err;
}

static void on_listener(struct loop_source *source, uint32_t events) {
    struct lab *lab = source->ctx;
    int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred cred;
    socklen_t len = sizeof(cred);

    (void)events;
    if (fd < 0) {
        return;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
        (cred.uid != geteuid() && cred.uid != 0)) {
        close(fd);
        return;
    }
    control_add(lab, fd);
}

int control_listen(struct lab *lab, int fd) {
    lab->listener.fn = on_listener;
    lab->listener.ctx = lab;
    return loop_add(&lab->loop, &lab->listener, fd, EPOLLIN);
}

void control_done(struct lab *lab) {
    struct table_node *node;
    int fd = lab->listener.fd;

    while ((node = table_any(&lab->clients)) != NULL) {
        client_free(TABLE_ENTRY(node, struct client, node));
    }
    table_done(&lab->clients);
    loop_del(&lab->loop, &lab->listener);
    if (fd >= 0) {
        close(fd);
    }
}
