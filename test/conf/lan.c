/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lan.c - one host on an Ethernet (see lan.h)
 */
#include "lan.h"

#include "base/csum.h"
#include "ip/ip.h"
#include "stack/state.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/nd.h"
#include "wire/pseudo.h"
#include "wire/udp.h"

#include <inlet/malloc.h>

const uint8_t LAN_MAC[6] = {2, 0, 0, 0, 0, 1};
const uint8_t LAN_SERVER_MAC[6] = {2, 0, 0, 0, 0, 0xfe};

struct inl_addr lan_addr(const char *text) {
    struct inl_addr a;

    assert_int_equal(inl_addr_parse(text, &a), 0);
    return a;
}

void lan_start(struct lan *l) {
    struct inl_link_config link = {.kind = INL_LINK_ETHERNET, .name = "eth0", .mtu_bytes = 1500};
    struct inl_config c;

    memset(l, 0, sizeof(*l));
    l->now = (inl_time){INL_S};
    inl_config_init(&c);
    c.alloc = inl_malloc();
    c.now = l->now;
    memcpy(c.seed, "seed of the lan", 15);
    assert_int_equal(inl_stack_new(&c, &l->stack), 0);
    memcpy(link.mac, LAN_MAC, 6);
    assert_int_equal(inl_link_add(l->stack, &link), LAN_LINK);
}

void lan_stop(struct lan *l) {
    inl_stack_free(l->stack); /* asserts that nothing is left */
}

static void see_udp(struct lan *l, struct lan_msg *m, struct rd r) {
    struct udp_hdr h;
    struct rd all = r;

    assert_true(udp_csum_ok(&m->src, &m->dst, all));
    assert_int_equal(udp_parse(&r, &h), INL_DROP_NONE);
    m->sport = h.sport;
    m->dport = h.dport;
    m->payload = rd_ptr(&h.payload);
    m->payload_len = rd_left(&h.payload);
    assert_in_range(l->msgs, 0, 63);
    l->msg[l->msgs] = *m;
    l->msg[l->msgs].payload = l->msg[l->msgs].b + (m->payload - m->b);
    l->msgs++;
}

static void see_arp(struct lan *l, struct rd r) {
    struct arp_msg m;

    assert_int_equal(arp_parse(&r, &m), INL_DROP_NONE);
    l->arps++;
    l->arp_target = m.tpa;
    if (l->arp_conflict && m.op == ARP_REQUEST) {
        lan_claim(l, &m.tpa);
    }
}

static enum inl_drop feed_frame(struct lan *l, const uint8_t *b, size_t len);
static struct wr begin(uint8_t *b, size_t cap, const struct inl_addr *dst, uint16_t type);

/* A solicitation for the address that somebody has: he says so. */
static void see_icmp6(struct lan *l, struct rd r) {
    const struct inl_addr all = {{0xff, 2, [15] = 1}};
    struct nd_msg na = {.type = ICMP6_NEIGH_ADVERT,
                        .target = l->dup,
                        .override = true,
                        .has_target_ll = true,
                        .target_ll = {2, 9, 9, 9, 9, 9}};
    struct ip6_hdr h = {.src = l->dup, .dst = all, .hop_limit = 255, .next = IP_PROTO_ICMP6};
    struct icmp6_msg icmp;
    struct nd_msg ns;
    uint8_t b[256];
    struct wr w;

    assert_int_equal(icmp6_parse(&r, &icmp), INL_DROP_NONE);
    if (!l->has_dup || icmp.type != ICMP6_NEIGH_SOLICIT || nd_parse(&icmp, &ns) ||
        !inl_addr_eq(&ns.target, &l->dup)) {
        return;
    }
    h.payload_len_bytes = (uint16_t)nd_len(&na);
    w = begin(b, sizeof(b), &all, ETH_TYPE_IP6);
    ip6_emit(&w, &h);
    nd_emit(&w, &na, &h.src, &h.dst);
    feed_frame(l, b, wr_len(&w));
}

static void see(struct lan *l, struct lan_msg *m) {
    struct rd r = rd_init(m->b, m->len);
    struct eth_hdr eth;
    struct ip4_hdr h4;
    struct ip6_hdr h6;

    assert_int_equal(eth_parse(&r, &eth), INL_DROP_NONE);
    memcpy(m->eth_dst, eth.dst, 6);
    if (eth.type == ETH_TYPE_ARP) {
        see_arp(l, r);
    } else if (eth.type == ETH_TYPE_IP4) {
        assert_int_equal(ip4_parse(&r, &h4), INL_DROP_NONE);
        m->src = h4.src;
        m->dst = h4.dst;
        if (h4.proto == IP_PROTO_UDP) {
            see_udp(l, m, h4.payload);
        }
    } else {
        assert_int_equal(ip6_parse(&r, &h6), INL_DROP_NONE);
        m->src = h6.src;
        m->dst = h6.dst;
        if (h6.next == IP_PROTO_UDP) {
            see_udp(l, m, h6.payload);
        } else if (h6.next == IP_PROTO_ICMP6) {
            see_icmp6(l, h6.payload);
        }
    }
}

static void pull(struct lan *l) {
    for (;;) {
        struct lan_msg m = {.at = l->now};
        struct inl_tx_frame out = {.data = m.b, .cap_bytes = sizeof(m.b)};
        int n = inl_tx(l->stack, LAN_LINK, &out, 1, l->now);

        if (n <= 0) {
            return;
        }
        m.len = out.len_bytes;
        m.cause = out.cause;
        see(l, &m);
    }
}

static bool step(struct lan *l, inl_time end) {
    inl_time next = inl_next_deadline(l->stack);

    if (inl_time_before(end, next)) {
        return false;
    }
    l->now = inl_time_max(l->now, next);
    inl_advance(l->stack, l->now);
    pull(l);
    return true;
}

void lan_run(struct lan *l, inl_dur by) {
    inl_time end = inl_time_add(l->now, by);

    pull(l);
    while (step(l, end)) {
    }
    l->now = end;
    inl_advance(l->stack, l->now);
}

bool lan_take(struct lan *l, struct lan_msg *ret) {
    pull(l);
    if (l->msgs == 0) {
        return false;
    }
    *ret = l->msg[0];
    ret->payload = ret->b + (l->msg[0].payload - l->msg[0].b);
    l->msgs--;
    for (unsigned i = 0; i < l->msgs; i++) {
        size_t off = (size_t)(l->msg[i + 1].payload - l->msg[i + 1].b);

        l->msg[i] = l->msg[i + 1];
        l->msg[i].payload = l->msg[i].b + off;
    }
    return true;
}

bool lan_next(struct lan *l, inl_dur at_most, struct lan_msg *ret) {
    inl_time end = inl_time_add(l->now, at_most);

    while (!lan_take(l, ret)) {
        if (!step(l, end)) {
            l->now = end;
            inl_advance(l->stack, l->now);
            return lan_take(l, ret);
        }
    }
    return true;
}

static uint64_t all_drops(const struct lan *l, uint64_t drop[INL_DROP_MAX]) {
    struct inl_stats s;
    uint64_t sum = 0;

    inl_stats_get(l->stack, &s);
    for (int i = 0; i < INL_DROP_MAX; i++) {
        drop[i] = s.drop[i];
        sum += s.drop[i];
    }
    return sum;
}

/* One frame in a block of exactly its length. Returns what it was dropped for.
 */
static enum inl_drop feed_frame(struct lan *l, const uint8_t *b, size_t len) {
    uint64_t before[INL_DROP_MAX], after[INL_DROP_MAX];
    uint8_t *exact = malloc(len);
    struct inl_rx_frame in = {.data = exact, .len_bytes = len};

    memcpy(exact, b, len);
    all_drops(l, before);
    inl_rx(l->stack, LAN_LINK, &in, 1, l->now);
    all_drops(l, after);
    free(exact);
    for (int i = 1; i < INL_DROP_MAX; i++) {
        if (after[i] != before[i]) {
            return (enum inl_drop)i;
        }
    }
    return INL_DROP_NONE;
}

static struct wr begin(uint8_t *b, size_t cap, const struct inl_addr *dst, uint16_t type) {
    struct wr w = wr_init(b, cap);
    struct eth_hdr eth = {.type = type};

    memcpy(eth.dst, LAN_MAC, 6);
    if (inl_addr_is_broadcast(dst)) {
        memset(eth.dst, 0xff, 6);
    } else if (inl_addr_is_multicast(dst)) {
        eth_multicast(dst, eth.dst);
    }
    memcpy(eth.src, LAN_SERVER_MAC, 6);
    eth_emit(&w, &eth);
    return w;
}

enum inl_drop lan_feed(struct lan *l, const char *src, uint16_t sport, const char *dst,
                       uint16_t dport, const uint8_t *data, size_t len) {
    struct inl_addr s = lan_addr(src), d = lan_addr(dst);
    bool is4 = inl_addr_is4(&d);
    struct udp_hdr u = {.sport = sport, .dport = dport, .len_bytes = (uint16_t)(8 + len)};
    uint8_t b[2048];
    struct wr w = begin(b, sizeof(b), &d, is4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
    uint64_t acc = l4_pseudo_csum(&s, &d, IP_PROTO_UDP, u.len_bytes);

    if (is4) {
        struct ip4_hdr h = {.src = s,
                            .dst = d,
                            .ttl = 64,
                            .proto = IP_PROTO_UDP,
                            .total_len_bytes = (uint16_t)(28 + len)};
        ip4_emit(&w, &h);
    } else {
        struct ip6_hdr h = {.src = s,
                            .dst = d,
                            .hop_limit = 64,
                            .next = IP_PROTO_UDP,
                            .payload_len_bytes = u.len_bytes};
        ip6_emit(&w, &h);
    }
    acc = csum_add16(csum_add16(csum_add16(acc, u.sport), u.dport), u.len_bytes);
    u.csum = udp_csum_field(len ? csum_add(acc, data, len) : acc);
    udp_emit(&w, &u);
    wr_put(&w, data, len);
    assert_false(w.bad);
    return feed_frame(l, b, wr_len(&w));
}

void lan_claim(struct lan *l, const struct inl_addr *addr) {
    const struct arp_msg m = {
        .op = ARP_REPLY, .sha = {2, 9, 9, 9, 9, 9}, .spa = *addr, .tpa = inl_addr_any4()};
    const struct inl_addr all = inl_addr_from4(UINT32_MAX);
    uint8_t b[64];
    struct wr w = begin(b, sizeof(b), &all, ETH_TYPE_ARP);

    arp_emit(&w, &m);
    feed_frame(l, b, wr_len(&w));
}

uint64_t lan_drops(const struct lan *l, enum inl_drop why) {
    uint64_t drop[INL_DROP_MAX];

    all_drops(l, drop);
    return drop[why];
}

bool lan_has_addr(const struct lan *l, const char *text) {
    struct inl_addr a = lan_addr(text);

    return ip_addr_is_local(l->stack->ip, &a);
}
