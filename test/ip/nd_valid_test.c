/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd_valid_test.c - which messages of neighbour discovery are valid: RFC 4861 4, 6.1.1, 6.1.2, 7.1.1,
 * 7.1.2 and 8.1, each rule for each of the five
 *
 * Each begins as one that is taken, gets one thing wrong, and is discarded with the reason; or has
 * one thing that must not matter. Each comes to a fresh host (a solicitation for routers: to a
 * router) that has a use for it.
 */
#include "base/csum.h"
#include "net.h"

#define HEAD_BYTES 8
#define TARGET_AT 8

static const uint8_t kinds[] = {ICMP6_ROUTER_SOLICIT, ICMP6_ROUTER_ADVERT, ICMP6_NEIGH_SOLICIT,
                                ICMP6_NEIGH_ADVERT, ICMP6_REDIRECT};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct msg {
    uint8_t b[200];
    size_t len;
    uint8_t ttl;
    bool bad_csum;
};

static void put(struct msg *m, const void *p, size_t len) {
    assert_true(m->len + len <= sizeof(m->b));
    memcpy(m->b + m->len, p, len);
    m->len += len;
}

static void put_addr(struct msg *m, const char *text) {
    const struct inl_addr a = addr(text);

    put(m, a.b, sizeof(a.b));
}

/* Without options. */
static struct msg good(uint8_t type) {
    static const uint8_t times[8];
    struct msg m = {.b = {type}, .len = HEAD_BYTES, .ttl = 255};

    switch (type) {
    case ICMP6_ROUTER_ADVERT:
        m.b[7] = 100; /* the lifetime */
        put(&m, times, sizeof(times));
        break;
    case ICMP6_NEIGH_SOLICIT:
        put_addr(&m, "2001:db8::1");
        break;
    case ICMP6_NEIGH_ADVERT:
        m.b[4] = 0x60; /* solicited, override */
        put_addr(&m, "2001:db8::2");
        break;
    case ICMP6_REDIRECT:
        put_addr(&m, "fe80::99");
        put_addr(&m, "2001:db8:77::7");
        break;
    default:
        break;
    }
    return m;
}

/* An advertisement that names no link-layer address would not be needed. */
static struct msg with_address(uint8_t type) {
    static const uint8_t mac[8] = {2, 1, 2, 0, 0, 0, 0, 0x99};
    struct msg m = good(type);

    if (type == ICMP6_NEIGH_ADVERT) {
        put(&m, mac, sizeof(mac));
    }
    return m;
}

static void route_by(struct net *n, const char *gateway) {
    struct inl_route r = {.dst = inl_addr_any6(), .gateway = addr("2001:db8::fe"), .link = ETH0};

    assert_int_equal(ip_route_del(n->ip, &r), 0);
    r.gateway = addr(gateway);
    assert_int_equal(ip_route_add(n->ip, &r), 0);
}

static void ask_for_peer(struct net *n) {
    const struct ip_tx tx = {.dst = addr("2001:db8::2"), .proto = 99, .cause = INL_CAUSE_UDP_SEND};
    struct pkt *pkt = pkt_new(&n->env.mem, 54, 100);

    memset(pkt_put(pkt, 8), 0, 8);
    assert_int_equal(ip_out(n->ip, pkt, &tx), IP_OUT_QUEUED);
}

/* A host, or router, that waits for such a message. */
static void start(struct net *n, uint8_t type) {
    struct inl_ra_config ra;
    struct seen s;

    net_start(n, type == ICMP6_ROUTER_SOLICIT ? NET_FORWARD : 0);
    if (type == ICMP6_ROUTER_SOLICIT) {
        inl_ra_init(&ra);
        assert_int_equal(ip_ra_start(n->ip, ETH0, &ra), 0);
    } else if (type == ICMP6_ROUTER_ADVERT) {
        assert_int_equal(ip_autoconf_start(n->ip, ETH0, NULL), 0);
    } else if (type == ICMP6_NEIGH_ADVERT) {
        ask_for_peer(n);
    } else if (type == ICMP6_REDIRECT) {
        route_by(n, "fe80::fe");
    }
    while (net_take(n, ETH0, &s)) {
    }
}

static enum inl_drop feed(struct net *n, struct msg *m) {
    static const uint8_t all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1};
    static const uint8_t all_routers[6] = {0x33, 0x33, 0, 0, 0, 2};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    h.hop_limit = m->ttl;
    if (m->b[0] != ICMP6_NEIGH_SOLICIT && m->b[0] != ICMP6_NEIGH_ADVERT) {
        h.src = addr("fe80::fe");
    }
    if (m->b[0] == ICMP6_ROUTER_SOLICIT) {
        h.dst = addr("ff02::2");
    } else if (m->b[0] == ICMP6_ROUTER_ADVERT) {
        h.dst = addr("ff02::1");
    }
    if (m->len >= 4) {
        struct wr w = wr_init(m->b, m->len);
        uint64_t acc = l4_pseudo_csum(&h.src, &h.dst, IP_PROTO_ICMP6, (uint32_t)m->len);

        wr_take(&w, m->len);
        wr_set_be16(&w, 2, csum_fold(csum_add(acc, m->b, m->len)));
    }
    m->b[3] ^= m->bad_csum;
    frame_ip6(&f, h, m->b, m->len);
    if (m->b[0] == ICMP6_ROUTER_SOLICIT || m->b[0] == ICMP6_ROUTER_ADVERT) {
        frame_to(&f, m->b[0] == ICMP6_ROUTER_SOLICIT ? all_routers : all_nodes);
    }
    return net_feed(n, ETH0, &f);
}

static void expect(struct msg m, enum inl_drop why) {
    uint8_t type = m.b[0];
    enum inl_drop got;
    struct seen s;
    struct net n;

    start(&n, type);
    got = feed(&n, &m);
    if (got != why) {
        fail_msg("type %u: %s, not %s", type, inl_drop_name(got), inl_drop_name(why));
    }
    if (why != INL_DROP_NONE) { /* and nobody answers */
        assert_true(net_idle(&n));
    }
    while (net_take(&n, ETH0, &s)) {
    }
    net_stop(&n);
}

static void test_taken(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        expect(with_address(kinds[i]), INL_DROP_NONE);
    }
}

/* From beyond a router. */
static void test_hop_limit(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct msg m = with_address(kinds[i]);

        m.ttl = 254;
        expect(m, INL_DROP_BAD_HOP_LIMIT);
    }
}

static void test_checksum(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct msg m = with_address(kinds[i]);

        m.bad_csum = true;
        expect(m, INL_DROP_BAD_CHECKSUM);
    }
}

static void test_code(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct msg m = with_address(kinds[i]);

        m.b[1] = 1;
        expect(m, INL_DROP_BAD_LENGTH);
    }
}

/* 8 octets, 16, 24, 24 and 40 at least. */
static void test_length(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct msg m = good(kinds[i]);

        m.len--;
        expect(m, INL_DROP_TRUNCATED);
    }
}

/* No option has no length, nor one that goes beyond the message. */
static void test_option_lengths(void **state) {
    static const uint8_t none[8] = {200, 0}, longer[8] = {200, 2}, half[1] = {200};

    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct msg m = with_address(kinds[i]);

        put(&m, none, sizeof(none));
        expect(m, INL_DROP_BAD_OPTION);
        m = with_address(kinds[i]);
        put(&m, longer, sizeof(longer));
        expect(m, INL_DROP_BAD_OPTION);
        m = with_address(kinds[i]);
        put(&m, half, sizeof(half));
        expect(m, INL_DROP_BAD_OPTION);
    }
}

static void test_target(void **state) {
    const struct inl_addr group = addr("ff02::1:ff00:1");

    (void)state;
    for (size_t i = 2; i < KINDS; i++) {
        struct msg m = with_address(kinds[i]);

        memcpy(m.b + TARGET_AT, group.b, sizeof(group.b));
        expect(m, INL_DROP_BAD_DESTINATION);
    }
}

/* 4: whatever stands in reserved fields. */
static void test_reserved(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct msg m = with_address(kinds[i]);

        if (kinds[i] == ICMP6_ROUTER_ADVERT) {
            m.b[5] |= 0x07;
        } else {
            m.b[4] |= kinds[i] == ICMP6_NEIGH_ADVERT ? 0x1f : 0xff;
            memset(m.b + 5, 0xff, 3);
        }
        expect(m, INL_DROP_NONE);
    }
}

/* 4: options that nobody knows; and those of other messages: a prefix, an MTU, both link-layer
 * addresses. What follows counts. */
static void test_options(void **state) {
    static const uint8_t unknown[16] = {200, 2, 0xff}, mtu[8] = {5, 1, 0, 0, 0, 0, 5, 0};
    static const uint8_t prefix[32] = {3, 4, 64, 0, [16] = 0x20, 1}, source[8] = {1, 1, 2, [7] = 7};
    static const uint8_t target[8] = {2, 1, 2, [7] = 7};

    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct msg m = good(kinds[i]);

        put(&m, unknown, sizeof(unknown));
        put(&m, mtu, sizeof(mtu));
        put(&m, prefix, sizeof(prefix));
        put(&m, source, sizeof(source));
        put(&m, target, sizeof(target));
        expect(m, INL_DROP_NONE);
    }
}

/* 9: in any order, and beside what is unknown: who asks is learnt from the option. */
static void test_order(void **state) {
    static const uint8_t opts[][8] = {{200, 1, 0xff}, {5, 1, 0, 0, 0, 0, 5, 0}, {1, 1, 2, [7] = 7}};
    const struct inl_addr peer = addr("2001:db8::2");

    (void)state;
    for (size_t first = 0; first < 3; first++) {
        struct msg m = good(ICMP6_NEIGH_SOLICIT);
        struct net n;
        struct seen s;

        start(&n, ICMP6_NEIGH_SOLICIT);
        for (size_t i = 0; i < 3; i++) {
            put(&m, opts[(first + i) % 3], 8);
        }
        assert_int_equal(feed(&n, &m), INL_DROP_NONE);
        assert_non_null(ip_neigh_get(n.ip, ETH0, &peer));
        assert_int_equal(ip_neigh_get(n.ip, ETH0, &peer)->mac[5], 7);
        assert_true(net_take(&n, ETH0, &s));
        net_stop(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),    cmocka_unit_test(test_hop_limit),
        cmocka_unit_test(test_checksum), cmocka_unit_test(test_code),
        cmocka_unit_test(test_length),   cmocka_unit_test(test_option_lengths),
        cmocka_unit_test(test_target),   cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_options),  cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
