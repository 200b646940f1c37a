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
#include "host/lab.h"
#include "host/requests.h"

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

static void notice(const struct lab *lab, uint64_t client, enum proto_op op, uint64_t cookie,
                   int64_t arg) {
    struct client *c = client_find(lab, client);
    struct proto_msg msg;

    if (c != NULL) {
        proto_init(&msg, op);
        msg.cookie = cookie;
        msg.arg[0] = arg;
        client_send(c, &msg, NULL, 0);
    }
}

void control_closed(struct lab *lab, uint64_t client, uint64_t cookie) {
    notice(lab, client, PROTO_CLOSED, cookie, 0);
}

void control_trouble(struct lab *lab, uint64_t client, uint64_t cookie, bool queued) {
    notice(lab, client, PROTO_TROUBLE, cookie, queued);
}

static int do_hello(struct request *r) {
    struct lab *lab = r->lab;
    int host = labfile_find_host(lab->file, r->msg->text);

    if (r->msg->text[0] == '\0') {
        host = lab->file->hosts_n == 1 || lab->is_private ? 0 : -1;
    }
    if (host < 0) {
        return r->msg->text[0] == '\0' ? -EDESTADDRREQ : -ENOENT;
    }
    *r->host = host;
    snprintf(r->answer.text, sizeof(r->answer.text), "%s", lab->file->hosts[host].name);
    return 0;
}

/* ---- requests about the lab ---- */

static int do_netstat(struct request *r) {
    status_netstat(r->lab, *r->host, r->client_id, r->msg->id);
    return NO_ANSWER;
}

static int do_counters(struct request *r) {
    status_counters(r->lab, *r->host, r->client_id, r->msg->id);
    return NO_ANSWER;
}

static int do_net(struct request *r) {
    status_net(r->lab, *r->host, (enum proto_op)r->msg->op, r->client_id, r->msg->id);
    return NO_ANSWER;
}

static int do_status(struct request *r) {
    status_text(r->lab, r->client_id, r->msg->id);
    return NO_ANSWER;
}

static int do_trace(struct request *r) {
    int64_t kind = r->msg->arg[0];
    int fd = *r->fd;

    if (fd < 0 || kind < PROTO_TRACE_TEXT || kind > PROTO_TRACE_EVENTS) {
        return -EINVAL;
    }
    *r->fd = -1;
    return trace_add(r->lab, fd, (enum proto_trace)kind, r->msg->arg[1] != 0, r->client_id);
}

static int do_down(struct request *r) {
    r->lab->stop = true;
    return 0;
}

/* ---- dispatch ---- */

static const struct {
    int (*fn)(struct request *r);
    bool needs_conn;
} handlers[PROTO_OP_MAX] = {
    [PROTO_HELLO] = {do_hello, false},
    [PROTO_SOCKET] = {request_socket, false},
    [PROTO_BIND] = {request_bind, true},
    [PROTO_LISTEN] = {request_listen, true},
    [PROTO_CONNECT] = {request_connect, true},
    [PROTO_SOCKNAME] = {request_sockname, true},
    [PROTO_PEERNAME] = {request_peername, true},
    [PROTO_GETOPT] = {request_getopt, true},
    [PROTO_SETOPT] = {request_setopt, true},
    [PROTO_TCPINFO] = {request_tcpinfo, true},
    [PROTO_SENDTO] = {request_sendto, true},
    [PROTO_RECVERR] = {request_recverr, true},
    [PROTO_IPOPTS] = {request_ipopts, true},
    [PROTO_IP6EXT] = {request_ip6ext, true},
    [PROTO_FILTER] = {request_filter, true},
    [PROTO_GROUP] = {request_group, true},
    [PROTO_ACCEPTED] = {request_accepted, true},
    [PROTO_FILLED] = {request_filled, true},
    [PROTO_NETSTAT] = {do_netstat, false},
    [PROTO_COUNTERS] = {do_counters, false},
    [PROTO_LINKS] = {do_net, false},
    [PROTO_ADDRS] = {do_net, false},
    [PROTO_ROUTES] = {do_net, false},
    [PROTO_NEIGHS] = {do_net, false},
    [PROTO_GROUPS] = {do_net, false},
    [PROTO_MEMBERS] = {do_net, false},
    [PROTO_STATUS] = {do_status, false},
    [PROTO_TRACE] = {do_trace, false},
    [PROTO_END] = {request_end, true},
    [PROTO_DOWN] = {do_down, false},
};

/* Handles one message. 0, or -EPROTO when the client must go. */
static int handle(struct client *c, const struct proto_msg *msg, const uint8_t *payload, int *fd) {
    struct request r = {.lab = c->lab,
                        .client_id = c->node.key,
                        .host = &c->host,
                        .msg = msg,
                        .payload = payload,
                        .fd = fd};
    int result = -EBADF;

    if (msg->is_reply || handlers[msg->op].fn == NULL) {
        return -EPROTO;
    }
    proto_init(&r.answer, (enum proto_op)msg->op);
    if (handlers[msg->op].needs_conn) {
        r.conn = conn_find(c->lab, msg->cookie);
    }
    /* What the program has written goes first: it does not want the next one's TTL or peer. */
    if (r.conn != NULL && r.conn->type != INL_SOCK_STREAM) {
        splice_udp_out(r.conn);
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
