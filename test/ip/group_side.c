/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_side.c - see group_side.h
 */
#include "group_side.h"
#include "../wire/group_text.h"
#include "base/csum.h"

#include <stdio.h>

void t_start(struct t *t, bool v6) {
    struct seen s;

    net_start(&t->n, 0);
    t->v6 = v6;
    t->a = t->b = NULL;
    net_advance(&t->n, INL_S);
    while (net_take(&t->n, ETH0, &s)) {
    }
    t->n.ip->groups.config.report = true;
}

void t_stop(struct t *t) {
    ip_members_free(t->n.ip, &t->a);
    ip_members_free(t->n.ip, &t->b);
    net_stop(&t->n);
}

struct inl_addr group(const struct t *t, unsigned i) {
    struct inl_addr a = addr(t->v6 ? "ff15::" : "239.1.1.0");

    a.b[14] = (uint8_t)(a.b[14] + i / 256);
    a.b[15] = (uint8_t)i;
    return a;
}

struct inl_addr sender(const struct t *t, unsigned i) {
    struct inl_addr a = addr(t->v6 ? "2001:db8:9::" : "10.9.0.0");

    a.b[14] = (uint8_t)(i / 256);
    a.b[15] = (uint8_t)i;
    return a;
}

/* @src 0: none. */
int act(struct t *t, struct ip_members **ms, enum inl_group_op op, unsigned g, unsigned src) {
    const struct inl_addr ga = group(t, g);
    const struct inl_addr sa = sender(t, src);

    return ip_member_do(t->n.ip, ms, op, ETH0, &ga, src ? &sa : NULL);
}

void must(struct t *t, struct ip_members **ms, enum inl_group_op op, unsigned g, unsigned src) {
    assert_int_equal(act(t, ms, op, g, src), 0);
}

/* ---- what the host says ---- */

/* "igmp v3 report G1 to_ex {S1}", with groups and senders by number. */
static void shorten(const struct t *t, const char *text, char *out) {
    static const char *const prefix[2][2] = {{"239.1.1.", "10.9.0."}, {"ff15::", "2001:db8:9::"}};

    while (*text) {
        const char *g = prefix[t->v6][0];
        const char *s = prefix[t->v6][1];

        if (strncmp(text, g, strlen(g)) == 0) {
            *out++ = 'G';
            text += strlen(g);
        } else if (strncmp(text, s, strlen(s)) == 0) {
            *out++ = 'S';
            text += strlen(s);
        } else {
            *out++ = *text++;
        }
    }
    *out = 0;
}

static void read_igmp(const struct seen *s, struct group_msg *m) {
    struct rd opts = s->ip4.opts;

    assert_int_equal(s->ip4.proto, IP_PROTO_IGMP);
    assert_int_equal(s->ip4.ttl, 1);
    assert_int_equal(s->ip4.tos, 0xc0); /* RFC 3376 4 */
    assert_int_equal(rd_be32(&opts), 0x94040000);
    assert_true(igmp_csum_ok(s->ip4.payload));
    assert_int_equal(igmp_parse(s->ip4.payload, m), INL_DROP_NONE);
}

static void read_mld(const struct seen *s, struct group_msg *m) {
    struct rd r = s->ip6.payload;
    struct ip6_walk walk;
    struct icmp6_msg icmp;

    assert_int_equal(s->ip6.hop_limit, 1);
    assert_int_equal(ip6_ext_walk(&r, s->ip6.next, &walk), INL_DROP_NONE);
    assert_true(walk.has_alert && walk.alert == 0);
    assert_int_equal(walk.proto, IP_PROTO_ICMP6);
    assert_true(l4_csum_ok(&s->ip6.src, &s->ip6.dst, IP_PROTO_ICMP6, walk.payload));
    assert_int_equal(icmp6_parse(&walk.payload, &icmp), INL_DROP_NONE);
    assert_int_equal(mld_parse(&icmp, m), INL_DROP_NONE);
}

/* Where it has to go (RFC 3376 4.2.14, RFC 2236 9, RFC 3810 5.2.14, RFC 2710 8). */
static struct inl_addr right_place(bool v6, const struct group_msg *m) {
    switch (m->kind) {
    case GROUP_RECORDS:
        return addr(v6 ? "ff02::16" : "224.0.0.22");
    case GROUP_LEAVE:
        return addr(v6 ? "ff02::2" : "224.0.0.2");
    default:
        return m->group;
    }
}

/* The next message, "" if there is none. */
const char *heard(struct t *t) {
    static char out[4096];
    char text[4096];
    struct text w = text_init(text, sizeof(text));
    struct group_msg m;
    struct inl_addr dst;
    uint8_t mac[6];
    struct seen s;

    out[0] = 0;
    do { /* other things are said, too, when a link comes up */
        if (!net_take(&t->n, ETH0, &s)) {
            return out;
        }
    } while (t->v6 ? s.eth.type != ETH_TYPE_IP6 || s.ip6.next != IP_PROTO_HOPOPTS
                   : s.eth.type != ETH_TYPE_IP4 || s.ip4.proto != IP_PROTO_IGMP);
    (t->v6 ? read_mld : read_igmp)(&s, &m);
    dst = right_place(t->v6, &m);
    assert_true(inl_addr_eq(t->v6 ? &s.ip6.dst : &s.ip4.dst, &dst));
    eth_multicast(&dst, mac);
    assert_memory_equal(s.eth.dst, mac, 6);
    group_text(&w, &m, t->v6);
    shorten(t, text, out);
    return out;
}

void said(struct t *t, const char *igmp, const char *mld) {
    assert_string_equal(heard(t), t->v6 ? mld : igmp);
}

/* Newest version: the records. */
void told(struct t *t, const char *records) {
    char want[4096];

    snprintf(want, sizeof(want), "%s report %s", t->v6 ? "mld v2" : "igmp v3", records);
    assert_string_equal(heard(t), want);
}

void silent(struct t *t, inl_dur d) {
    net_advance(&t->n, d);
    assert_string_equal(heard(t), "");
}

/* Told at once, and once more within a second. */
void told_twice(struct t *t, const char *records) {
    net_advance(&t->n, 0);
    told(t, records);
    silent(t, 0);
    net_advance(&t->n, INL_S);
    told(t, records);
    silent(t, 20 * INL_S);
}

void quiet(struct t *t) {
    net_advance(&t->n, 60 * INL_S);
    while (*heard(t)) {
    }
}

/* ---- what a querier says ---- */

static void query_frame(const struct t *t, const struct query *q, struct frame *f) {
    const struct inl_addr none = t->v6 ? inl_addr_any6() : inl_addr_any4();
    const struct inl_addr g = q->group ? group(t, q->group) : none;
    const char *dst = q->dst ? q->dst : t->v6 ? "ff02::1" : "224.0.0.1";
    const char *src = q->src ? q->src : t->v6 ? "fe80::2" : "10.0.0.2";
    static const uint8_t alert[] = {58, 0, 5, 2, 0, 0, 1, 0};
    static const uint8_t padded[] = {58, 0, 1, 4, 0, 0, 0, 0};
    static const uint8_t alert4[] = {0x94, 4, 0, 0};
    struct ip4_hdr h4 = hdr4(IP_PROTO_IGMP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_HOPOPTS);
    unsigned code = q->code ? q->code : t->v6 ? 10000 : 100;
    uint8_t b[1400];
    uint8_t mac[6];
    struct wr w = wr_init(b, sizeof(b));
    size_t hop = 0;
    uint64_t acc = 0;

    h4.src = h6.src = addr(src);
    h4.dst = h6.dst = addr(dst);
    h4.ttl = h6.hop_limit = (uint8_t)(q->ttl ? q->ttl : 1);
    if (!q->no_alert) {
        h4.opts = rd_init(alert4, 4);
    }
    if (t->v6) {
        wr_put(&w, q->no_alert ? padded : alert, 8);
        hop = 8;
        wr_u8(&w, (uint8_t)(q->kind ? q->kind : 130));
        wr_zero(&w, 3);
        wr_be16(&w, (uint16_t)(q->kind ? 0 : code));
        wr_zero(&w, 2);
        wr_put(&w, g.b, 16);
    } else {
        wr_u8(&w, (uint8_t)(q->kind ? q->kind : 0x11));
        wr_u8(&w, (uint8_t)(q->version == 1 || q->kind ? 0 : code));
        wr_zero(&w, 2);
        wr_put(&w, g.b + 12, 4);
    }
    if (q->version == 3 && !q->kind) {
        wr_u8(&w, (uint8_t)q->qrv);
        wr_u8(&w, (uint8_t)q->qqic);
        wr_be16(&w, (uint16_t)q->sources);
        for (unsigned i = 1; i <= q->sources; i++) {
            const struct inl_addr s = sender(t, i);

            wr_put(&w, t->v6 ? s.b : s.b + 12, t->v6 ? 16 : 4);
        }
    }
    wr_zero(&w, q->extra);
    assert_false(w.bad);
    if (t->v6) {
        acc = l4_pseudo_csum(&h6.src, &h6.dst, IP_PROTO_ICMP6, (uint32_t)(wr_len(&w) - hop));
    }
    wr_set_be16(&w, hop + 2, csum_fold(csum_add(acc, b + hop, wr_len(&w) - hop)));
    b[hop + 3] = (uint8_t)(b[hop + 3] ^ q->bad_csum);
    if (t->v6) {
        frame_ip6(f, h6, b, wr_len(&w));
    } else {
        frame_ip4(f, h4, b, wr_len(&w));
    }
    if (inl_addr_is_multicast(&h4.dst)) {
        eth_multicast(&h4.dst, mac);
        frame_to(f, mac);
    }
}

enum inl_drop ask(struct t *t, struct query q) {
    struct frame f;

    query_frame(t, &q, &f);
    return net_feed(&t->n, ETH0, &f);
}

void both(void (*test)(struct t *)) {
    struct t t;

    for (int v6 = 0; v6 < 2; v6++) {
        t_start(&t, v6);
        test(&t);
        t_stop(&t);
    }
}
