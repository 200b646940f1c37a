/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nat_udp.c - a flow of datagrams and its kernel socket
 *
 * A flow is (host, the program's address and port, the address and port it speaks to). Its first
 * datagram comes in at the door and makes the flow: a kernel socket that is connected to the real
 * destination, and an engine socket that is bound to the address the program speaks to and
 * connected to the program. So replies come from where the program expects them, later datagrams
 * are found by the stack's own table, and a stranger's datagram gets in on neither side.
 *
 * A flow ends after NAT_UDP_IDLE_NS without a datagram either way, or when the program's host says
 * that the program's port is closed, or as the oldest one when there are NAT_UDP_MAX (ages.h).
 *
 * A datagram that one side cannot take at once is lost, as on any full queue. An ICMP error of
 * the real network is not passed on: the program sees silence.
 */
#include "host/nat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64 /* datagrams of one flow before others have their turn */

struct nat_udp {
    struct service_sock ns;
    struct loop_source io; /* the kernel's socket */
    struct age_node age;
    struct inl_sockaddr from, to; /* the program, and whom it speaks to */
};

/* ---- the list ---- */

static struct nat_udp *flow_of(struct age_node *node) {
    return node != NULL ? AGES_ENTRY(node, struct nat_udp, age) : NULL;
}

static void flow_used(struct nat_udp *flow) {
    ages_renew(&flow->ns.lab->nat->udp, &flow->age, inl_time_add(loop_now(), NAT_UDP_IDLE_NS));
}

static bool same_end(const struct inl_sockaddr *a, const struct inl_sockaddr *b) {
    return a->port == b->port && a->scope == b->scope && inl_addr_eq(&a->addr, &b->addr);
}

/* Only datagrams that came before their flow's own socket was there are sought like this. */
static struct nat_udp *find_flow(const struct nat *nat, int host, const struct inl_sockaddr *from,
                                 const struct inl_sockaddr *to) {
    struct nat_udp *flow = flow_of(nat->udp.newest);

    while (flow != NULL &&
           (flow->ns.host != host || !same_end(&flow->from, from) || !same_end(&flow->to, to))) {
        flow = flow_of(flow->age.older);
    }
    return flow;
}

static void flow_free(struct nat_udp *flow) {
    struct loop *loop = &flow->ns.lab->loop;
    int fd = flow->io.fd;

    ages_remove(&flow->ns.lab->nat->udp, &flow->age);
    service_close(&flow->ns);
    loop_del(loop, &flow->io);
    close(fd);
    free(flow);
}

/* ---- both ways ---- */

static void to_kernel(struct nat_udp *flow, const void *data, size_t len) {
    flow_used(flow);
    if (send(flow->io.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        /* lost; an error of an earlier datagram is told here, too, and cleared by it */
    }
}

static void on_engine(struct service_sock *s, uint32_t events) {
    struct nat_udp *flow = (struct nat_udp *)s;
    uint8_t *buf = s->lab->buffer;

    (void)events;
    for (;;) {
        int64_t n = inl_recv(service_stack(s), s->sock, buf, PROTO_PAYLOAD_MAX, 0);

        if (n == -EAGAIN) {
            return;
        }
        if (n < 0) { /* the program's port is closed, or its host is gone */
            flow_free(flow);
            return;
        }
        to_kernel(flow, buf, (size_t)n);
    }
}

static void on_kernel(struct loop_source *source, uint32_t events) {
    struct nat_udp *flow = source->ctx;
    uint8_t *buf = flow->ns.lab->buffer;

    (void)events;
    for (int i = 0; i < BATCH; i++) {
        ssize_t n = recv(source->fd, buf, PROTO_PAYLOAD_MAX, MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n < 0) {
            continue; /* an ICMP error, told once */
        }
        (void)inl_send(service_stack(&flow->ns), flow->ns.sock, buf, (size_t)n, 0); /* or lost */
        flow_used(flow);
    }
}

/* ---- a new flow ---- */

static int open_engine_side(struct nat_udp *flow) {
    enum inl_family family = inl_addr_is4(&flow->to.addr) ? INL_AF_INET : INL_AF_INET6;
    struct service_sock *s = &flow->ns;

    s->sock = inl_socket(service_stack(s), family, INL_SOCK_DGRAM);
    if (s->sock < 0) {
        return (int)s->sock;
    }
    /* several programs may speak to one address */
    int err = inl_setsockopt(service_stack(s), s->sock, INL_OPT_REUSEADDR, 1);

    if (err == 0) {
        err = inl_bind(service_stack(s), s->sock, &flow->to);
    }
    if (err == 0) {
        err = inl_connect(service_stack(s), s->sock, &flow->from);
    }
    if (err == 0) {
        err = service_add(s);
    }
    if (err < 0) {
        inl_close(service_stack(s), s->sock);
    }
    return err;
}

static int open_kernel_side(struct nat_udp *flow) {
    struct inl_sockaddr real = {0};
    int err = nat_map(flow->ns.lab->nat, &flow->to, &real);
    int fd = err < 0 ? err : nat_kernel_socket(&real, SOCK_DGRAM);

    if (fd < 0) {
        return fd;
    }
    flow->io.fn = on_kernel;
    flow->io.ctx = flow;
    err = loop_add(&flow->ns.lab->loop, &flow->io, fd, EPOLLIN);
    if (err < 0) {
        close(fd);
    }
    return err;
}

/* NULL when the destination is nowhere or something is used up: the datagram is lost. */
static struct nat_udp *flow_new(struct nat *nat, int host, const struct inl_sockaddr *from,
                                const struct inl_sockaddr *to) {
    struct nat_udp *flow = calloc(1, sizeof(*flow));

    if (flow == NULL) {
        return NULL;
    }
    flow->ns = (struct service_sock){.lab = nat->lab, .host = host, .on_event = on_engine};
    flow->from = *from;
    flow->to = *to;
    if (open_kernel_side(flow) < 0) {
        free(flow);
        return NULL;
    }
    if (open_engine_side(flow) < 0) {
        int fd = flow->io.fd;

        loop_del(&nat->lab->loop, &flow->io);
        close(fd);
        free(flow);
        return NULL;
    }
    ages_add(&nat->udp, &flow->age, inl_time_add(loop_now(), NAT_UDP_IDLE_NS));
    if (nat->udp.count > NAT_UDP_MAX) {
        flow_free(flow_of(nat->udp.oldest)); /* never the newest: the limit is above one */
    }
    return flow;
}

void nat_udp_receive(struct service_sock *door, uint32_t events) {
    struct nat *nat = door->lab->nat;
    uint8_t *buf = nat->lab->buffer;

    (void)events;
    for (;;) {
        struct inl_sockaddr from = {0}, to = {0};
        int64_t n =
            inl_recvfrom(service_stack(door), door->sock, buf, PROTO_PAYLOAD_MAX, 0, &from, &to);

        if (n < 0) {
            return;
        }
        struct nat_udp *flow = find_flow(nat, door->host, &from, &to);

        if (flow == NULL) {
            flow = flow_new(nat, door->host, &from, &to);
        }
        if (flow != NULL) {
            to_kernel(flow, buf, (size_t)n);
        }
    }
}

/* ---- time ---- */

inl_time nat_udp_deadline(const struct nat *nat) {
    return ages_deadline(&nat->udp);
}

void nat_udp_advance(struct nat *nat, inl_time now) {
    struct age_node *due;

    while ((due = ages_due(&nat->udp, now)) != NULL) {
        flow_free(flow_of(due));
    }
}

void nat_udp_done(struct nat *nat) {
    while (nat->udp.oldest != NULL) {
        flow_free(flow_of(nat->udp.oldest));
    }
}
