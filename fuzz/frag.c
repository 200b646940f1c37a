/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag.c - fuzz target: fragments of both IP versions into a whole Internet layer, beside a model
 *
 * An input is a byte of limits and then records of 7 bytes, each a fragment: who sends it, of which
 * datagram, where it lies, how long it is, its ECN field, its headers, which of two contents its
 * bytes are of, and how much time passes before.
 *
 * With wide limits the model knows all: it keeps the pieces of a datagram in a list, and says
 * whether one more completes it (RFC 791 3.2, RFC 8200 4.5), spoils it for good (overlap, RFC 5722;
 * contradiction about the end; ECN, RFC 3168 5.3), or is one that came before. Delivered is what it
 * says, octet by octet, and nothing else. With narrow limits datagrams go at any time; then what is
 * delivered must still be of the right length and be made of what was sent, and no limit is
 * passed.
 */
#include "fuzz.h"

#include "base/csum.h"
#include "base/env.h"
#include "ip/ip.h"
#include "ip/reass.h"
#include "ip/state.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

enum {
    LINK = 1,
    KEYS = 64,       /* 2 versions, 4 sources, 8 datagrams of each */
    PIECES = 600,    /* of an input */
    END_MAX = 65400, /* with any headers it is still a packet */
    NARROW_BYTES = 40000,
    NARROW_SOURCE_BYTES = 20000,
    NARROW_DATAGRAMS = 5,
    NARROW_SOURCE_DATAGRAMS = 3,
    TABLES_BYTES = 8192, /* what tables may have beside the datagrams */
};

struct piece {
    uint32_t off, end;
    uint8_t key, variant, ecn;
    bool more, old; /* old: of a datagram that is over */
};

struct model {
    inl_time began;
    uint32_t total; /* 0: not known */
    uint32_t max_end, got;
    bool live, dead;
};

static struct harness {
    struct env env;
    struct ip *ip;
    bool exact;
    struct model model[KEYS];
    struct piece piece[PIECES];
    size_t pieces;
    int key;      /* of the packet on its way */
    bool arrived; /* one was delivered for it */
    struct rd payload;
    uint8_t tos;
    uint8_t copy[65536];
} harness;

static uint8_t content(int key, unsigned variant, uint32_t off) {
    return (uint8_t)(((off + 1) * 2654435761u >> 24) + (unsigned)key * 3 + variant * 101);
}

static enum inl_drop delivered(void *ctx, const struct ip_rx *rx) {
    struct harness *h = ctx;

    FUZZ_CHECK(!h->arrived && rd_left(&rx->payload) <= sizeof(h->copy));
    h->arrived = true;
    h->tos = rx->tos & IP_ECN_MASK;
    memcpy(h->copy, rd_ptr(&rx->payload), rd_left(&rx->payload));
    h->payload = rd_init(h->copy, rd_left(&rx->payload));
    return INL_DROP_NONE;
}

static enum inl_drop reported(void *ctx, const struct ip_err *err) {
    (void)ctx;
    (void)err;
    return INL_DROP_NONE;
}

/* ---- the model ---- */

static void model_over(struct harness *h, int key) {
    h->model[key] = (struct model){.live = false};
    for (size_t i = 0; i < h->pieces; i++) {
        h->piece[i].old |= h->piece[i].key == key;
    }
}

/* True: the piece is to be added to the list. */
static bool model_takes(struct harness *h, struct model *m, const struct piece *p) {
    if (m->dead) {
        return false;
    }
    if (p->more ? m->total > 0 && p->end >= m->total
                : p->end < m->max_end || (m->total > 0 && m->total != p->end)) {
        m->dead = true;
        return false;
    }
    for (size_t i = 0; i < h->pieces; i++) {
        const struct piece *q = &h->piece[i];

        if (q->old || q->key != p->key || q->off >= p->end || p->off >= q->end) {
            continue;
        }
        m->dead = q->off != p->off || q->end != p->end || q->variant != p->variant;
        return false;
    }
    return true;
}

/* ECN of the whole, or -1: it may not be (RFC 3168 5.3). */
static int model_ecn(const struct harness *h, uint8_t key) {
    unsigned seen = 0;
    int first = 0;

    for (size_t i = 0; i < h->pieces; i++) {
        const struct piece *q = &h->piece[i];

        if (!q->old && q->key == key) {
            seen |= 1u << q->ecn;
            first = q->off == 0 ? q->ecn : first;
        }
    }
    if (seen & 1u << IP_ECN_CE) {
        return seen & 1u << IP_ECN_NOT_ECT ? -1 : IP_ECN_CE;
    }
    return first;
}

static void check_octets(const struct harness *h, uint8_t key) {
    for (size_t i = 0; i < h->pieces; i++) {
        const struct piece *q = &h->piece[i];

        for (uint32_t k = q->off; !q->old && q->key == key && k < q->end; k++) {
            FUZZ_CHECK(h->copy[k] == content(key, q->variant, k));
        }
    }
}

static void model_add(struct harness *h, const struct piece *p) {
    struct model *m = &h->model[p->key];
    int ecn;

    if (!m->live) {
        *m = (struct model){.live = true, .began = h->env.now};
    }
    if (!model_takes(h, m, p)) {
        FUZZ_CHECK(!h->arrived);
        return;
    }
    h->piece[h->pieces++] = *p;
    m->got += p->end - p->off;
    m->max_end = p->end > m->max_end ? p->end : m->max_end;
    m->total = p->more ? m->total : p->end;
    ecn = m->got == m->total ? model_ecn(h, p->key) : -1;
    FUZZ_CHECK(h->arrived == (ecn >= 0));
    if (h->arrived) {
        FUZZ_CHECK(rd_left(&h->payload) == m->total && h->tos == ecn);
        check_octets(h, p->key);
        model_over(h, p->key);
    }
    m->dead = m->live && m->got == m->total;
}

/* What is left of the model where datagrams may go at any time: what was sent at all. */
static void loose_add(struct harness *h, const struct piece *p) {
    bool end_ok = false;

    h->piece[h->pieces++] = *p;
    if (!h->arrived) {
        return;
    }
    for (size_t i = 0; i < h->pieces; i++) {
        const struct piece *q = &h->piece[i];

        end_ok |= q->key == p->key && !q->more && q->end == rd_left(&h->payload);
    }
    FUZZ_CHECK(end_ok);
    for (uint32_t k = 0; k < rd_left(&h->payload); k++) {
        FUZZ_CHECK(h->copy[k] == content(p->key, 0, k) || h->copy[k] == content(p->key, 1, k));
    }
}

static void check_limits(const struct harness *h, size_t before) {
    const struct ip_reass *r = &h->ip->reass;

    FUZZ_CHECK(r->bytes <= r->max_bytes && htab_count(&r->table) <= r->max_datagrams);
    FUZZ_CHECK(htab_count(&r->sources) <= htab_count(&r->table));
    if (!h->exact) {
        FUZZ_CHECK(h->env.mem.used_bytes <= before + NARROW_BYTES + TABLES_BYTES);
    }
}

/* ---- packets ---- */

static void put_source(struct wr *w, int key, bool v6) {
    uint8_t who = (uint8_t)(key >> 3 & 3);

    if (v6) { /* two of the same prefix, two of others */
        wr_be32(w, 0x20010db8);
        wr_be32(w, who > 1 ? who : 0);
        wr_be32(w, 0);
        wr_be32(w, 2u + who);
        wr_be32(w, 0x20010db8);
        wr_be32(w, 0);
        wr_be32(w, 0);
        wr_be32(w, 1);
    } else {
        wr_be32(w, 0x0a000002u + who);
        wr_be32(w, 0x0a000001);
    }
}

static void put4(struct wr *w, const struct piece *p, unsigned opts) {
    size_t hdr = 20 + 4 * (size_t)opts;

    wr_u8(w, (uint8_t)(0x40 | hdr / 4));
    wr_u8(w, p->ecn);
    wr_be16(w, (uint16_t)(hdr + p->end - p->off));
    wr_be16(w, p->key & 7);
    wr_be16(w, (uint16_t)(p->off / 8 | (p->more ? 0x2000u : 0)));
    wr_be16(w, 64 << 8 | IP_PROTO_UDP);
    wr_be16(w, 0);
    put_source(w, p->key, false);
    for (unsigned i = 0; i < 4 * opts; i++) {
        wr_u8(w, 1); /* no operation */
    }
}

static void put6(struct wr *w, const struct piece *p, unsigned opts) {
    wr_be32(w, 6u << 28 | (uint32_t)p->ecn << 20);
    wr_be16(w, (uint16_t)((opts > 0 ? 8 + 8 * opts : 0) + 8 + p->end - p->off));
    wr_u8(w, opts > 0 ? IP_PROTO_DSTOPTS : IP_PROTO_FRAGMENT);
    wr_u8(w, 64);
    put_source(w, p->key, true);
    if (opts > 0) {
        wr_u8(w, IP_PROTO_FRAGMENT);
        wr_u8(w, (uint8_t)opts);
        for (unsigned i = 0; i < 8 * opts + 6; i++) {
            wr_u8(w, 0); /* Pad1 */
        }
    }
    wr_be16(w, IP_PROTO_UDP << 8);
    wr_be16(w, (uint16_t)(p->off | p->more));
    wr_be32(w, p->key & 7);
}

static void feed(struct harness *h, const struct piece *p, unsigned opts) {
    static uint8_t packet[70000];
    struct wr w = wr_init(packet, sizeof(packet));
    bool v6 = p->key & 32;
    uint8_t *exact;

    (v6 ? put6 : put4)(&w, p, opts);
    if (!v6) {
        wr_set_be16(&w, 10, csum_fold(csum_add(0, packet, wr_len(&w))));
    }
    for (uint32_t k = p->off; k < p->end; k++) {
        wr_u8(&w, content(p->key, p->variant, k));
    }
    FUZZ_CHECK(!w.bad);
    h->arrived = false;
    exact = fuzz_exact(packet, wr_len(&w));
    ip_rx_frame(h->ip, LINK, exact, wr_len(&w), NULL);
    fuzz_exact_free(exact, wr_len(&w));
}

static void pass(struct harness *h, inl_dur by) {
    inl_time end = inl_time_add(h->env.now, by);
    struct timer *t;
    struct pkt *p;

    while ((t = wheel_pop(&h->env.wheel, end)) != NULL) {
        h->env.now = inl_time_max(h->env.now, t->due);
        ip_timer(h->ip, t);
    }
    h->env.now = end;
    while ((p = ip_txq_pop(h->ip, LINK)) != NULL) {
        pkt_free(p);
    }
    for (int k = 0; h->exact && k < KEYS; k++) {
        if (h->model[k].live && inl_time_sub(end, h->model[k].began) >= 60 * INL_S) {
            model_over(h, k);
        }
    }
}

/* A record; false: it is no fragment. */
static bool read_piece(struct rd *r, struct piece *p, unsigned *ret_opts, inl_dur *ret_wait) {
    static const uint32_t units[] = {8, 8, 8, 56, 512, 1448, 4096, 8192};
    uint8_t who = rd_u8(r), how = rd_u8(r), shape = rd_u8(r);
    uint32_t off = rd_u8(r), len = rd_u8(r), odd = rd_u8(r), wait = rd_u8(r);

    *p = (struct piece){.key = who % KEYS, .ecn = how & 3, .variant = (how & 0xf0) == 0xf0};
    p->more = !(how & 4);
    *ret_opts = how & 8 ? 1 + (shape >> 6) : 0;
    p->off = off * units[shape & 7];
    p->end = p->off + (len + 1) * units[shape >> 3 & 7];
    p->end -= p->more ? 0 : odd & 7;
    *ret_wait = wait < 128 ? 0 : (inl_dur)(wait - 127) * INL_S;
    return p->end <= END_MAX && (p->more || p->off > 0);
}

static void set_up(struct harness *h, bool exact) {
    static const uint8_t seed[16] = "fuzz";
    const struct inl_alloc alloc = inl_malloc();
    const struct ip_proto proto = {delivered, reported, h};
    const struct inl_link_config link = {.kind = INL_LINK_IP, .name = "tun0", .mtu_bytes = 1500};
    struct inl_addr a4 = inl_addr_from4(0x0a000001);
    struct inl_addr a6 = {{0x20, 1, 0xd, 0xb8, [15] = 1}};
    struct inl_config config;

    memset(h, 0, offsetof(struct harness, copy));
    h->exact = exact;
    env_init(&h->env, &alloc, 0, seed, (inl_time){1000});
    inl_config_init(&config);
    config.reass_bytes = exact ? 64u << 20 : NARROW_BYTES;
    config.reass_source_bytes = exact ? 32u << 20 : NARROW_SOURCE_BYTES;
    config.reass_datagrams = exact ? KEYS : NARROW_DATAGRAMS;
    config.reass_source_datagrams = exact ? KEYS : NARROW_SOURCE_DATAGRAMS;
    FUZZ_CHECK(ip_new(&h->env, &config, &h->ip) == 0);
    FUZZ_CHECK(ip_link_add(h->ip, &link) == LINK);
    FUZZ_CHECK(ip_addr_add(h->ip, LINK, &a4, 24) == 0);
    FUZZ_CHECK(ip_addr_add(h->ip, LINK, &a6, 64) == 0);
    ip_proto_set(h->ip, IP_PROTO_UDP, &proto);
    pass(h, 5 * INL_S);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct harness *h = &harness;
    struct rd r = rd_init(data, size);
    size_t before;

    set_up(h, !(rd_u8(&r) & 1));
    before = h->env.mem.used_bytes;
    while (rd_left(&r) >= 7 && h->pieces < PIECES) {
        struct piece p;
        inl_dur wait;
        unsigned opts;

        if (read_piece(&r, &p, &opts, &wait)) {
            pass(h, wait);
            feed(h, &p, opts);
            (h->exact ? model_add : loose_add)(h, &p);
            check_limits(h, before);
        }
    }
    pass(h, 61 * INL_S);
    FUZZ_CHECK(htab_count(&h->ip->reass.table) == 0 && h->ip->reass.bytes == 0);
    ip_free(h->ip);
    FUZZ_CHECK(h->env.mem.used_bytes == 0);
    FUZZ_CHECK(h->env.wheel.count == 0);
    return 0;
}
