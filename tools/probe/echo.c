/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echo.c - echo requests, by an ICMP datagram socket or a raw one
 *
 * With a datagram socket the kernel chooses the identifier, sorts out what is not ours, and tells
 * errors through the error queue, as what the router quoted behind the IP header: type, code,
 * checksum, identifier, number. A raw socket reads every message of ICMP, errors included, and we
 * sort.
 *
 * Probes of the same flow (Paris) have the same checksum, as routers that share traffic over several
 * ways may look at it: the first two octets of the data make up for the number.
 */
#include "tools/probe/backend.h"
#include "tools/probe/sock.h"

#include "base/csum.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define HEADER 8
#define QUEUE_BEFORE 8 /* the error queue gives the echo's own header, too */

struct echo {
    uint16_t id;
    bool raw;
    unsigned ttl;
    uint8_t packet[HEADER + PROBE_DATA_MAX];
};

static bool is_v6(const struct probe *p) {
    return p->conf.to.any.sa_family == AF_INET6;
}

static int open_socket(struct probe *p, struct echo *e, bool raw) {
    int proto = is_v6(p) ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP;

    p->fd = socket(p->conf.to.any.sa_family, (raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC, proto);
    if (p->fd < 0) { /* EACCES: the group may not open datagram sockets of ICMP */
        return errno == EACCES ? -EPERM : -errno;
    }
    e->raw = raw;
    p->has_quotes = raw;
    p->how = raw ? "raw socket" : "ICMP datagram socket";
    return 0;
}

/* A raw socket need not wake us for what we do not use. */
static void set_filter(const struct probe *p) {
    if (is_v6(p)) {
        struct icmp6_filter f;

        ICMP6_FILTER_SETBLOCKALL(&f);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f);
        for (unsigned type = ICMP6_DST_UNREACH; type <= ICMP6_PARAM_PROB; type++) {
            ICMP6_FILTER_SETPASS(type, &f);
        }
        (void)setsockopt(p->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f));
    } else {
        uint32_t pass = 1U << ICMP_ECHOREPLY | 1U << ICMP_DEST_UNREACH | 1U << ICMP_SOURCE_QUENCH |
                        1U << ICMP_REDIRECT | 1U << ICMP_TIME_EXCEEDED | 1U << ICMP_PARAMETERPROB;
        uint32_t block = ~pass;

        (void)setsockopt(p->fd, SOL_RAW, 1 /* ICMP_FILTER */, &block, sizeof(block));
    }
}

static int echo_open(struct probe *p) {
    struct echo *e = calloc(1, sizeof(*e));

    if (e == NULL) {
        return -ENOMEM;
    }
    p->state = e;
    int err = open_socket(p, e, p->conf.quotes);

    if (err != 0) {
        err = open_socket(p, e, !p->conf.quotes);
    }
    if (err == 0) {
        err = sock_setup(p->fd, &p->conf);
    }
    if (err != 0) {
        return err == -EPROTONOSUPPORT ? -EPERM : err;
    }
    if (getrandom(&e->id, sizeof(e->id), 0) < 0) {
        e->id = (uint16_t)getpid();
    }
    if (e->raw) {
        set_filter(p);
        return 0;
    }
    return sock_want_errors(p->fd, p->conf.to.any.sa_family);
}

static void echo_close(struct probe *p) {
    if (p->fd >= 0) {
        close(p->fd);
    }
}

static void put16(uint8_t *b, uint16_t v) {
    b[0] = (uint8_t)(v >> 8);
    b[1] = (uint8_t)v;
}

/* For ICMPv6 and for datagram sockets the kernel sums. */
static size_t build(struct probe *p, struct echo *e, const struct probe_shot *shot) {
    size_t data = shot->data_bytes != 0 ? shot->data_bytes : p->conf.data_bytes;
    uint8_t *b = e->packet;

    memset(b, 0, HEADER);
    b[0] = is_v6(p) ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
    put16(b + 4, e->id);
    put16(b + 6, shot->seq);
    probe_fill(&p->conf, b + HEADER, 0, data);
    if (p->conf.same_flow && data >= 2) {
        /* a + ~a is all ones: with the flow number added, the sum depends on that alone */
        put16(b + HEADER, (uint16_t)~shot->seq);
        if (data >= 4) {
            put16(b + HEADER + 2, shot->flow);
        }
    }
    if (!is_v6(p)) {
        put16(b + 2, csum_fold(csum_add(0, b, HEADER + data)));
    }
    return HEADER + data;
}

static int echo_send(struct probe *p, const struct probe_shot *shot) {
    struct echo *e = p->state;
    size_t len = build(p, e, shot);
    union names_addr to = p->conf.to;
    int tries = 3;

    if (shot->ttl != 0 && shot->ttl != e->ttl) {
        int err = sock_set_ttl(p->fd, to.any.sa_family, shot->ttl);

        if (err != 0) {
            return err;
        }
        e->ttl = shot->ttl;
    }
    names_set_port(&to, 0);
    /* An error of an earlier probe is told by the next call, which then sends nothing. */
    while (sendto(p->fd, e->packet, len, 0, &to.any, names_len(&to)) < 0) {
        int err = -errno;

        if (--tries == 0 || err == -EMSGSIZE || err == -EAGAIN || err == -ENOBUFS) {
            return err;
        }
        sock_clear_error(p->fd);
    }
    return 0;
}

static void compare(const struct probe_conf *conf, struct rd data, struct probe_event *ret) {
    size_t len = rd_left(&data) < conf->data_bytes ? rd_left(&data) : conf->data_bytes;
    uint8_t expected[512];

    for (size_t at = 0; at < len && !ret->differs; at += sizeof(expected)) {
        size_t n = len - at < sizeof(expected) ? len - at : sizeof(expected);
        const uint8_t *got = rd_take(&data, n);

        probe_fill(conf, expected, at, n);
        for (size_t i = 0; i < n && got != NULL && !ret->differs; i++) {
            if (got[i] != expected[i]) {
                ret->differs = true;
                ret->differs_at = (unsigned)(at + i);
                ret->expected = expected[i];
                ret->was = got[i];
            }
        }
    }
}

/* The probe as it must have been: what a router quotes otherwise, somebody has changed. */
static uint16_t sent_checksum(struct probe *p, struct echo *e, uint16_t seq) {
    struct probe_shot shot = {.seq = seq};

    (void)build(p, e, &shot);
    return (uint16_t)(e->packet[2] << 8 | e->packet[3]);
}

static bool take_quote(struct probe *p, struct echo *e, const struct parse_quote *q,
                       struct probe_event *ret) {
    bool v6 = is_v6(p);
    const void *to =
        v6 ? (const void *)&p->conf.to.v6.sin6_addr : (const void *)&p->conf.to.v4.sin_addr;

    if (!q->has || !q->has_upper || q->proto != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) ||
        memcmp(q->to, to, v6 ? 16 : 4) != 0 || q->echo_id != e->id ||
        q->sport >> 8 != (v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO)) {
        return false;
    }
    ret->has_seq = true;
    ret->seq = q->echo_seq;
    ret->has_quote = true;
    ret->quote_ttl = q->ttl;
    ret->quote_id = q->id;
    ret->quote_csum = q->csum;
    ret->sent_csum = v6 || !p->conf.same_flow ? q->csum : sent_checksum(p, e, q->echo_seq);
    return true;
}

/* Is the message for us, and what does it say? */
static bool take(struct probe *p, const struct sock_in *in, struct probe_event *ret) {
    struct echo *e = p->state;
    struct parse_msg m;
    bool v6 = is_v6(p), ours;

    ours = v6 ? parse_icmp6(probe_buffer, in->len, &m)
              : parse_icmp4(probe_buffer, in->len, e->raw, &m);
    if (!ours) {
        return false;
    }
    ret->from = in->from;
    ret->age_ns = in->age_ns;
    ret->ttl = e->raw && !v6 ? m.ttl : in->ttl;
    ret->csum_bad = e->raw && !m.csum_ok;
    ret->type = m.type;
    ret->code = m.code;
    ret->opts_len = e->raw ? m.opts_len : in->opts_len;
    memcpy(ret->opts, e->raw ? m.opts : in->opts, ret->opts_len);
    if (m.type == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY)) {
        ret->what = PROBE_REPLY;
        ret->has_seq = true;
        ret->seq = m.seq;
        ret->bytes = (unsigned)(HEADER + rd_left(&m.data));
        ret->data = m.data;
        if (!p->conf.same_flow) {
            compare(&p->conf, m.data, ret);
        }
        return !e->raw || m.id == e->id;
    }
    ret->what = PROBE_ICMP;
    ret->info = m.info;
    memcpy(ret->ext, m.ext, sizeof(ret->ext));
    return e->raw && take_quote(p, e, &m.quote, ret);
}

/* From the error queue: the echo request as it was quoted, from its type on. */
static bool take_error(const struct probe *p, const struct sock_in *in, struct probe_event *ret) {
    size_t header = is_v6(p) ? 40 : 20;

    sock_error_event(in, probe_buffer, header, ret);
    if (ret->what != PROBE_ICMP || in->len < QUEUE_BEFORE) {
        return false; /* our own errors were told when we sent */
    }
    ret->has_seq = true;
    ret->seq = (uint16_t)(probe_buffer[6] << 8 | probe_buffer[7]);
    return true;
}

static int echo_read(struct probe *p, struct probe_event *ret) {
    const struct echo *e = p->state;
    struct sock_in in;
    int got;

    /* Bounded: who floods us with what is not ours does not keep us from sending. */
    for (int i = 0; i < 256; i++) {
        memset(ret, 0, sizeof(*ret));
        got = e->raw ? 0 : sock_read(p->fd, true, probe_buffer, &in);
        if (got > 0) {
            if (take_error(p, &in, ret)) {
                return 1;
            }
            continue;
        }
        got = sock_read(p->fd, false, probe_buffer, &in);
        if (got == 0) {
            return 0;
        }
        if (got > 0 && take(p, &in, ret)) {
            return 1;
        }
    }
    return 0;
}

const struct probe_backend probe_echo = {echo_open, echo_close, echo_send, echo_read};
