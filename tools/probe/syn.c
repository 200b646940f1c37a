/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syn.c - SYN segments from a raw socket: what TCP probes are where raw sockets are allowed
 *
 * The first sequence number has the probe's number in its lower half, and routers quote it; the
 * answer acknowledges it. All probes of a flow have the same ports (Paris), which no socket of the
 * system could do at once. The port is held by a socket that never connects; so the system knows of
 * no connection, and resets what the probe has half opened.
 */
#include "tools/probe/backend.h"
#include "tools/probe/sock.h"
#include "tools/probe/sum.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#define FLOWS_MAX 64
#define HEADER 24 /* with one option, the segment size */
#define FIN_SYN_RST_ACK_AT 13
#define SYN 0x02

struct syn {
    int tcp, icmp;
    unsigned ttl;
    uint32_t base; /* of sequence numbers; its lower half is 0 */
    union names_addr source;
    int holders[FLOWS_MAX];
    uint16_t ports[FLOWS_MAX];
    unsigned n;
};

static bool is_v6(const struct probe *p) {
    return p->conf.to.any.sa_family == AF_INET6;
}

static int watch(const struct probe *p, int fd) {
    struct epoll_event ev = {.events = EPOLLIN};

    return epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int open_sockets(struct probe *p, struct syn *s) {
    struct probe_conf plain = {.to = p->conf.to, .tos = -1, .link = p->conf.link};
    union names_addr to = p->conf.to;
    int family = to.any.sa_family;

    s->icmp =
        socket(family, SOCK_RAW | SOCK_CLOEXEC, is_v6(p) ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
    s->tcp = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
    if (s->icmp < 0 || s->tcp < 0) {
        return -EPERM;
    }
    int err = sock_setup(s->icmp, &plain);

    names_set_port(&to, 0); /* raw sockets of IPv6 take it for the protocol */
    err = err != 0 ? err : sock_setup(s->tcp, &p->conf);
    if (err == 0 && connect(s->tcp, &to.any, names_len(&to)) < 0) {
        err = -errno; /* connected: else it reads all TCP of this machine */
    }
    err = err != 0 ? err : watch(p, s->icmp);
    return err != 0 ? err : watch(p, s->tcp);
}

static int syn_open(struct probe *p) {
    struct syn *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return -ENOMEM;
    }
    p->state = s;
    s->icmp = s->tcp = -1;
    p->fd = epoll_create1(EPOLL_CLOEXEC);
    if (p->fd < 0) {
        return -errno;
    }
    if (getrandom(&s->base, sizeof(s->base), 0) < 0) {
        s->base = (uint32_t)getpid() << 16;
    }
    s->base &= 0xffff0000;
    int err = open_sockets(p, s);

    if (err == 0) {
        err = probe_source(&p->conf, &s->source);
    }
    names_set_port(&p->conf.to, p->conf.port);
    p->has_quotes = true;
    p->how = "raw socket";
    return err;
}

static void syn_close(struct probe *p) {
    struct syn *s = p->state;

    if (s != NULL) {
        for (unsigned i = 0; i < s->n; i++) {
            close(s->holders[i]);
        }
        if (s->tcp >= 0) {
            close(s->tcp);
        }
        if (s->icmp >= 0) {
            close(s->icmp);
        }
    }
    if (p->fd >= 0) {
        close(p->fd);
    }
}

/* A port of our own for the flow; the socket that holds it does nothing else. */
static int hold_port(const struct probe *p, struct syn *s) {
    union names_addr at = s->source;
    socklen_t len = sizeof(at);
    int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -errno;
    }
    names_set_port(&at, (uint16_t)(p->conf.from_port != 0 ? p->conf.from_port + s->n : 0));
    if (bind(fd, &at.any, names_len(&at)) < 0 || getsockname(fd, &at.any, &len) < 0) {
        int err = -errno;

        close(fd);
        return err;
    }
    s->holders[s->n] = fd;
    s->ports[s->n++] = names_port(&at);
    return 0;
}

static void put(uint8_t *b, uint32_t v, int bytes) {
    for (int i = 0; i < bytes; i++) {
        b[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
    }
}

static void build(const struct probe *p, const struct syn *s, uint16_t port, uint16_t seq,
                  uint8_t b[HEADER]) {
    memset(b, 0, HEADER);
    put(b, port, 2);
    put(b + 2, p->conf.port, 2);
    put(b + 4, s->base | seq, 4);
    b[12] = HEADER / 4 << 4;
    b[FIN_SYN_RST_ACK_AT] = SYN;
    put(b + 14, 5840, 2);
    put(b + 20, 0x02040000 | (is_v6(p) ? 1440 : 1460), 4);
    uint64_t sum = sum_pseudo(&s->source, &p->conf.to, IPPROTO_TCP, HEADER);

    put(b + 16, csum_fold(csum_add(sum, b, HEADER)), 2);
}

static int syn_send(struct probe *p, const struct probe_shot *shot) {
    struct syn *s = p->state;
    unsigned flow = shot->flow < FLOWS_MAX ? shot->flow : FLOWS_MAX - 1;
    uint8_t segment[HEADER];
    int tries = 3;

    while (s->n <= flow) {
        int err = hold_port(p, s);

        if (err != 0) {
            return err;
        }
    }
    if (shot->ttl != 0 && shot->ttl != s->ttl) {
        int err = sock_set_ttl(s->tcp, p->conf.to.any.sa_family, shot->ttl);

        if (err != 0) {
            return err;
        }
        s->ttl = shot->ttl;
    }
    build(p, s, s->ports[flow], shot->seq, segment);
    while (send(s->tcp, segment, sizeof(segment), 0) < 0) {
        int err = -errno;

        if (--tries == 0 || err == -EAGAIN || err == -ENOBUFS) {
            return err;
        }
        sock_clear_error(s->tcp);
    }
    return 0;
}

static bool is_ours(const struct syn *s, uint16_t port, uint32_t seq) {
    bool port_ok = false;

    for (unsigned i = 0; i < s->n; i++) {
        port_ok |= s->ports[i] == port;
    }
    return port_ok && (seq & 0xffff0000) == s->base;
}

static bool take_answer(const struct probe *p, const struct sock_in *in, struct probe_event *ret) {
    struct parse_tcp t;

    if (!parse_tcp(probe_buffer, in->len, !is_v6(p), &t) || t.sport != p->conf.port || !t.is_ack ||
        !is_ours(p->state, t.dport, t.ack - 1) || (!t.is_syn && !t.is_rst)) {
        return false;
    }
    ret->what = t.is_rst ? PROBE_CLOSED : PROBE_REPLY;
    ret->has_seq = true;
    ret->seq = (uint16_t)(t.ack - 1);
    ret->from = p->conf.to;
    ret->age_ns = in->age_ns;
    ret->ttl = is_v6(p) ? in->ttl : t.ttl;
    return true;
}

static bool take_message(const struct probe *p, const struct sock_in *in, struct probe_event *ret) {
    const void *to =
        is_v6(p) ? (const void *)&p->conf.to.v6.sin6_addr : (const void *)&p->conf.to.v4.sin_addr;
    const struct parse_quote *q;
    struct parse_msg m;
    bool v6 = is_v6(p), ok;

    ok = v6 ? parse_icmp6(probe_buffer, in->len, &m) : parse_icmp4(probe_buffer, in->len, true, &m);
    q = &m.quote;
    if (!ok || !q->has || !q->has_upper || q->proto != IPPROTO_TCP || q->dport != p->conf.port ||
        memcmp(q->to, to, v6 ? 16 : 4) != 0 || !is_ours(p->state, q->sport, q->tcp_seq)) {
        return false;
    }
    ret->what = PROBE_ICMP;
    ret->has_seq = true;
    ret->seq = (uint16_t)q->tcp_seq;
    ret->from = in->from;
    ret->age_ns = in->age_ns;
    ret->ttl = v6 ? in->ttl : m.ttl;
    ret->type = m.type;
    ret->code = m.code;
    ret->info = m.info;
    ret->has_quote = true;
    ret->quote_ttl = q->ttl;
    ret->quote_id = q->id;
    memcpy(ret->ext, m.ext, sizeof(ret->ext));
    return true;
}

static int syn_read(struct probe *p, struct probe_event *ret) {
    const struct syn *s = p->state;
    const int fds[] = {s->tcp, s->icmp};

    for (int which = 0; which < 2; which++) {
        for (int i = 0; i < 256; i++) {
            struct sock_in in;
            int got = sock_read(fds[which], false, probe_buffer, &in);

            if (got == 0) {
                break;
            }
            if (got > 0 && (which == 0 ? take_answer(p, &in, ret) : take_message(p, &in, ret))) {
                return 1;
            }
            memset(ret, 0, sizeof(*ret));
            ret->ttl = -1;
        }
    }
    return 0;
}

const struct probe_backend probe_syn = {syn_open, syn_close, syn_send, syn_read};
