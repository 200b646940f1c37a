/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.c - a program's socket in the lab
 *
 * The lab's end of the pair is watched edge-triggered: of a stream, one byte stays unread in it
 * for ever (see splice_tcp.c), which a level-triggered watch would report for ever.
 */
#include "host/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WATCH (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

static void on_io(struct loop_source *source, uint32_t events) {
    struct conn *conn = source->ctx;

    if (conn->type == INL_SOCK_STREAM) {
        splice_tcp_io(conn, events);
    } else {
        splice_udp_io(conn, events);
    }
}

int conn_new(struct lab *lab, int host, inl_sock sock, int fd, uint64_t cookie, uint8_t family,
             uint8_t type, struct conn **ret_conn) {
    struct conn *conn = calloc(1, sizeof(*conn));
    int err = conn == NULL ? -ENOMEM : 0;

    if (err < 0 || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
        free(conn);
        close(fd);
        return err < 0 ? err : -errno;
    }
    conn->lab = lab;
    conn->host = host;
    conn->sock = sock;
    conn->family = family;
    conn->type = type;
    conn->state = type == INL_SOCK_STREAM ? CONN_IDLE : CONN_DATAGRAM;
    conn->held = true;
    conn->untaken_fd = -1;
    for (int i = 0; i < CONN_PEERS; i++) {
        conn->peers[i].memfd = -1;
    }
    conn->io.fn = on_io;
    conn->io.ctx = conn;
    err = table_insert(&lab->conns, &conn->by_cookie, cookie);
    if (err == 0) {
        err = table_insert(&lab->hosts[host].socks, &conn->by_sock, (uint64_t)sock);
        if (err < 0) {
            table_remove(&lab->conns, &conn->by_cookie);
        }
    }
    if (err == 0) {
        err = loop_add(&lab->loop, &conn->io, fd, WATCH);
        if (err < 0) {
            table_remove(&lab->hosts[host].socks, &conn->by_sock);
            table_remove(&lab->conns, &conn->by_cookie);
        }
    }
    if (err < 0) {
        free(conn);
        close(fd);
        return err;
    }
    *ret_conn = conn;
    return 0;
}

void conn_free(struct conn *conn) {
    struct lab *lab = conn->lab;
    int fd = conn->io.fd;

    if (conn->waiter_id != 0) {
        struct proto_msg msg;

        proto_init(&msg, PROTO_CONNECT);
        msg.result = -ECONNABORTED;
        control_answer(lab, conn->waiter_client, conn->waiter_id, &msg, NULL, 0);
    }
    if (conn->untaken != NULL) {
        close(conn->untaken_fd); /* its own end hears of it, and resets it */
    }
    splice_udp_done(conn);
    table_remove(&lab->conns, &conn->by_cookie);
    table_remove(&lab->hosts[conn->host].socks, &conn->by_sock);
    inl_close(lab_stack(lab, conn->host), conn->sock);
    loop_del(&lab->loop, &conn->io);
    close(fd);
    control_closed(lab, conn->client_id, conn->by_cookie.key);
    free(conn);
}

struct conn *conn_find(const struct lab *lab, uint64_t cookie) {
    struct table_node *node = table_find(&lab->conns, cookie);

    return node != NULL ? TABLE_ENTRY(node, struct conn, by_cookie) : NULL;
}

void conn_event(struct lab *lab, int host, const struct inl_event *ev) {
    struct table_node *node = table_find(&lab->hosts[host].socks, (uint64_t)ev->sock);

    if (node == NULL) {
        return; /* closed by us while the event was on its way */
    }
    struct conn *conn = TABLE_ENTRY(node, struct conn, by_sock);

    if (conn->type == INL_SOCK_STREAM) {
        splice_tcp_event(conn, ev->events);
    } else {
        splice_udp_event(conn, ev->events);
    }
}

void conns_done(struct lab *lab) {
    struct table_node *node;

    while ((node = table_any(&lab->conns)) != NULL) {
        conn_free(TABLE_ENTRY(node, struct conn, by_cookie));
    }
}
