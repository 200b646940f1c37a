/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.c - datagrams to a port: what answers is the program there, or the host that has none
 *
 * One connected socket a flow, all to the same port: only the source port tells flows apart, and
 * within one everything a router looks at is the same (Paris). The number is in the first two
 * octets of the data, so it is also what the checksum has in excess of that of number 0; routers
 * that quote just eight octets quote that.
 *
 * Errors come through the error queue, or, where raw sockets are allowed and the quoted packet is
 * wanted, as messages of ICMP.
 */
#include "tools/probe/backend.h"
#include "tools/probe/sock.h"
#include "tools/probe/sum.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define FLOWS_MAX 64
#define HEADER 8
#define DATA_MIN 2

struct flow {
    int fd;
    unsigned ttl;
    uint16_t port; /* ours */
};

struct udp {
    struct flow flows[FLOWS_MAX];
    unsigned n;
    int raw; /* ICMP; -1: none */
    union names_addr source;
    uint16_t last; /* number of the newest probe */
    uint8_t data[PROBE_DATA_MAX];
};

static bool is_v6(const struct probe *p) {
    return p->conf.to.any.sa_family == AF_INET6;
}

/* Pseudo-header of a datagram with @bytes data (RFC 768). That alone is in the field while a
 * network card is to finish the sum, and so routers on this machine quote it. */
static uint16_t sum_unfinished(const struct probe *p, size_t bytes) {
    const struct udp *u = p->state;

    return sum_folded(sum_pseudo(&u->source, &p->conf.to, IPPROTO_UDP, (uint16_t)(HEADER + bytes)));
}

/* The sum of probe number 0. */
static uint16_t sum_zero(const struct probe *p, const struct flow *flow, size_t bytes) {
    struct udp *u = p->state;
    uint64_t acc = sum_pseudo(&u->source, &p->conf.to, IPPROTO_UDP, (uint16_t)(HEADER + bytes));

    acc = csum_add16(csum_add16(acc, flow->port), p->conf.port);
    acc = csum_add16(acc, (uint16_t)(HEADER + bytes));
    probe_fill(&p->conf, u->data, 0, bytes);
    memset(u->data, 0, DATA_MIN);
    return sum_folded(csum_add(acc, u->data, bytes));
}

static int open_raw(struct probe *p, struct udp *u) {
    struct probe_conf plain = {.to = p->conf.to, .tos = -1, .link = p->conf.link};

    u->raw = socket(p->conf.to.any.sa_family, SOCK_RAW | SOCK_CLOEXEC,
                    is_v6(p) ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
    if (u->raw < 0) {
        return 0; /* the error queue does, too */
    }
    struct epoll_event ev = {.events = EPOLLIN};
    int err = sock_setup(u->raw, &plain);

    if (err == 0 && epoll_ctl(p->fd, EPOLL_CTL_ADD, u->raw, &ev) < 0) {
        err = -errno;
    }
    p->has_quotes = err == 0;
    return err;
}

static int udp_open(struct probe *p) {
    struct udp *u = calloc(1, sizeof(*u));

    if (u == NULL) {
        return -ENOMEM;
    }
    p->state = u;
    u->raw = -1;
    p->fd = epoll_create1(EPOLL_CLOEXEC);
    if (p->fd < 0) {
        return -errno;
    }
    p->conf.data_bytes = p->conf.data_bytes < DATA_MIN ? DATA_MIN : p->conf.data_bytes;
    names_set_port(&p->conf.to, p->conf.port);
    int err = probe_source(&p->conf, &u->source);

    if (err == 0 && p->conf.quotes) {
        err = open_raw(p, u);
    }
    p->how = p->has_quotes ? "UDP socket and raw socket" : "UDP socket";
    return err;
}

static void udp_close(struct probe *p) {
    struct udp *u = p->state;

    for (unsigned i = 0; u != NULL && i < u->n; i++) {
        close(u->flows[i].fd);
    }
    if (u != NULL && u->raw >= 0) {
        close(u->raw);
    }
    if (p->fd >= 0) {
        close(p->fd);
    }
}

static int finish_flow(struct probe *p, struct flow *f) {
    struct udp *u = p->state;
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = u->n + 1};
    union names_addr local;
    socklen_t len = sizeof(local);
    int err = sock_setup(f->fd, &p->conf);

    if (err == 0) {
        err = sock_want_errors(f->fd, p->conf.to.any.sa_family);
    }
    if (err != 0) {
        return err;
    }
    if (connect(f->fd, &p->conf.to.any, names_len(&p->conf.to)) < 0 ||
        getsockname(f->fd, &local.any, &len) < 0 ||
        epoll_ctl(p->fd, EPOLL_CTL_ADD, f->fd, &ev) < 0) {
        return -errno;
    }
    f->port = names_port(&local);
    return 0;
}

/* The socket of a flow, made when it is first used. */
static int flow_of(struct probe *p, unsigned number, struct flow **ret) {
    struct udp *u = p->state;

    number = number < FLOWS_MAX ? number : FLOWS_MAX - 1;
    while (u->n <= number) {
        struct flow *f = &u->flows[u->n];
        union names_addr from = p->conf.from;

        f->fd = socket(p->conf.to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (f->fd < 0) {
            return -errno;
        }
        if (p->conf.from_port != 0) {
            p->conf.from.any.sa_family = p->conf.to.any.sa_family;
            names_set_port(&p->conf.from, (uint16_t)(p->conf.from_port + u->n));
        }
        int err = finish_flow(p, f);

        p->conf.from = from;
        if (err != 0) {
            close(f->fd);
            return err;
        }
        u->n++;
    }
    *ret = &u->flows[number];
    return 0;
}

static int udp_send(struct probe *p, const struct probe_shot *shot) {
    struct udp *u = p->state;
    size_t len = shot->data_bytes >= DATA_MIN ? shot->data_bytes : p->conf.data_bytes;
    struct flow *f = NULL;
    int tries = 3, err = flow_of(p, shot->flow, &f);

    if (f == NULL) {
        return err != 0 ? err : -EIO;
    }
    if (err == 0 && shot->ttl != 0 && shot->ttl != f->ttl) {
        err = sock_set_ttl(f->fd, p->conf.to.any.sa_family, shot->ttl);
        f->ttl = shot->ttl;
    }
    if (err != 0) {
        return err;
    }
    probe_fill(&p->conf, u->data, 0, len);
    u->data[0] = (uint8_t)(shot->seq >> 8);
    u->data[1] = (uint8_t)shot->seq;
    u->last = shot->seq;
    while (send(f->fd, u->data, len, 0) < 0) {
        err = -errno;
        if (--tries == 0 || err == -EMSGSIZE || err == -EAGAIN || err == -ENOBUFS) {
            return err;
        }
        sock_clear_error(f->fd);
    }
    return 0;
}

/* A program may answer with anything; if it is not what we sent, it is to the newest probe. */
static bool take_answer(const struct probe *p, const struct sock_in *in, struct probe_event *ret) {
    const struct udp *u = p->state;
    bool echoed = in->len == p->conf.data_bytes &&
                  (in->len <= 2 || memcmp(probe_buffer + 2, u->data + 2, in->len - 2) == 0);

    ret->what = PROBE_REPLY;
    ret->has_seq = true;
    ret->seq = echoed ? (uint16_t)(probe_buffer[0] << 8 | probe_buffer[1]) : u->last;
    ret->from = p->conf.to;
    ret->age_ns = in->age_ns;
    ret->ttl = in->ttl;
    ret->bytes = (unsigned)in->len;
    return true;
}

static bool take_error(const struct probe *p, const struct sock_in *in, struct probe_event *ret) {
    sock_error_event(in, probe_buffer, (is_v6(p) ? 40 : 20) + HEADER, ret);
    if (ret->what != PROBE_ICMP || p->has_quotes) {
        return false; /* told when we sent, or comes as a message */
    }
    if (in->len >= DATA_MIN) {
        ret->has_seq = true;
        ret->seq = (uint16_t)(probe_buffer[0] << 8 | probe_buffer[1]);
    }
    return true;
}

static const struct flow *flow_by_port(const struct udp *u, uint16_t port) {
    for (unsigned i = 0; i < u->n; i++) {
        if (u->flows[i].port == port) {
            return &u->flows[i];
        }
    }
    return NULL;
}

static bool take_quote(const struct probe *p, const struct parse_quote *q,
                       struct probe_event *ret) {
    const struct udp *u = p->state;
    const void *to =
        is_v6(p) ? (const void *)&p->conf.to.v6.sin6_addr : (const void *)&p->conf.to.v4.sin_addr;
    const struct flow *f = flow_by_port(u, q->sport);
    struct rd data = q->payload;

    if (!q->has || !q->has_upper || q->proto != IPPROTO_UDP || q->dport != p->conf.port ||
        f == NULL || memcmp(q->to, to, is_v6(p) ? 16 : 4) != 0) {
        return false;
    }
    size_t bytes = q->tcp_seq >> 16; /* where TCP has a sequence number UDP has its length */

    bytes = bytes < HEADER ? 0 : bytes - HEADER < PROBE_DATA_MAX ? bytes - HEADER : PROBE_DATA_MAX;
    uint16_t zero = sum_zero(p, f, bytes), raw = sum_unfinished(p, bytes);

    ret->seq = rd_be16(&data);
    ret->has_seq = !data.bad || q->csum != raw;
    if (data.bad) {
        ret->seq = sum_folded(csum_add16(csum_add16(0, (uint16_t)~q->csum), (uint16_t)~zero));
    }
    ret->has_quote = true;
    ret->quote_ttl = q->ttl;
    ret->quote_id = q->id;
    ret->quote_csum = q->csum;
    ret->sent_csum = q->csum == raw ? raw : csum_fold(csum_add16(csum_add16(0, zero), ret->seq));
    return true;
}

static bool take_message(const struct probe *p, const struct sock_in *in, struct probe_event *ret) {
    struct parse_msg m;
    bool v6 = is_v6(p), ok;

    ok = v6 ? parse_icmp6(probe_buffer, in->len, &m) : parse_icmp4(probe_buffer, in->len, true, &m);
    if (!ok || !take_quote(p, &m.quote, ret)) {
        return false;
    }
    ret->what = PROBE_ICMP;
    ret->from = in->from;
    ret->age_ns = in->age_ns;
    ret->ttl = v6 ? in->ttl : m.ttl;
    ret->type = m.type;
    ret->code = m.code;
    ret->info = m.info;
    memcpy(ret->ext, m.ext, sizeof(ret->ext));
    return true;
}

static bool read_one(const struct probe *p, int fd, bool raw, struct probe_event *ret) {
    struct sock_in in;

    for (int i = 0; i < 64; i++) {
        memset(ret, 0, sizeof(*ret));
        int got = raw ? 0 : sock_read(fd, true, probe_buffer, &in);

        if (got > 0 && take_error(p, &in, ret)) {
            return true;
        }
        if (got > 0) {
            continue;
        }
        got = sock_read(fd, false, probe_buffer, &in);
        if (got == 0) {
            return false;
        }
        if (got > 0 && (raw ? take_message(p, &in, ret) : take_answer(p, &in, ret))) {
            return true;
        }
    }
    return false;
}

static int udp_read(struct probe *p, struct probe_event *ret) {
    const struct udp *u = p->state;

    if (u->raw >= 0 && read_one(p, u->raw, true, ret)) {
        return 1;
    }
    for (unsigned i = 0; i < u->n; i++) {
        if (read_one(p, u->flows[i].fd, false, ret)) {
            return 1;
        }
    }
    return 0;
}

const struct probe_backend probe_udp = {udp_open, udp_close, udp_send, udp_read};
