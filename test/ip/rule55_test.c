/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule55_test.c - a packet by way of a router has a source of that router's prefix (RFC 6724 5, rule
 * 5.5; RFC 8028 3)
 *
 * fe80::a advertises 2001:db8:a::/64, fe80::b 2001:db8:b::/64, and a way to 2600:b::/32 that is its
 * own; for all else the preference decides between them. Both prefixes are as good by all the other
 * rules, but for the last one, which would have them the other way round.
 */
#include "base/csum.h"
#include "net.h"

#define LIFE_S 3000

static void put_u32(struct wr *w, uint32_t a, uint32_t b, uint32_t c) {
    wr_be32(w, a);
    wr_be32(w, b);
    wr_be32(w, c);
}

static void put_prefix(struct wr *w, const char *prefix, uint32_t valid_s) {
    const struct inl_addr a = addr(prefix);

    wr_be32(w, 0x030440c0); /* on the link, for addresses */
    put_u32(w, valid_s, valid_s, 0);
    wr_put(w, a.b, 16);
}

/* pref: as on the wire. */
static void hear(struct net *n, const char *router, uint8_t pref, const char *prefix,
                 uint32_t valid_s, const char *way) {
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    uint8_t b[512];
    struct frame f;
    struct wr w = wr_init(b, sizeof(b));

    h.src = addr(router);
    h.dst = addr("ff02::1");
    h.hop_limit = 255;
    put_u32(&w, 0x86000000, (uint32_t)pref << 19 | LIFE_S, 0);
    wr_be32(&w, 0);
    wr_be32(&w, 0x01010200);
    wr_be32(&w, (uint32_t)h.src.b[15]);
    put_prefix(&w, prefix, valid_s);
    if (way) {
        const struct inl_addr to = addr(way);

        wr_be32(&w, 0x18032000);
        wr_be32(&w, LIFE_S);
        wr_put(&w, to.b, 16);
    }
    wr_set_be16(
        &w, 2,
        csum_fold(csum_add(l4_pseudo_csum(&h.src, &h.dst, IP_PROTO_ICMP6, (uint32_t)wr_len(&w)), b,
                           wr_len(&w))));
    frame_ip6(&f, h, b, wr_len(&w));
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_NONE);
    net_advance(n, 3 * INL_S); /* its address is nobody else's */
}

static void start(struct net *n) {
    struct inl_route r = {.dst = inl_addr_any6(), .gateway = addr("2001:db8::fe"), .link = ETH0};
    struct inl_addr a = addr("2001:db8::1");

    net_start(n, 0);
    assert_int_equal(ip_route_del(n->ip, &r), 0);
    assert_int_equal(ip_addr_del(n->ip, ETH0, &a), 0);
    assert_int_equal(ip_autoconf_start(n->ip, ETH0, NULL), 0);
    hear(n, "fe80::a", 1, "2001:db8:a::", LIFE_S, NULL);
    hear(n, "fe80::b", 0, "2001:db8:b::", LIFE_S, "2600:b::");
}

/* By which router does a packet go, and is its source of that prefix? */
static void goes(struct net *n, const char *dst, const char *router, const char *prefix) {
    const struct inl_addr to = addr(dst), none = INL_ADDR_ANY, hop = addr(router),
                          want = addr(prefix);
    struct ip_path path;

    assert_int_equal(ip_path_find(n->ip, &to, &none, 0, &path), 0);
    assert_true(inl_addr_eq(&path.next_hop, &hop));
    if (!inl_addr_match(&path.src, &want, 64)) {
        fail_msg("%s", dst);
    }
}

static void test_two_routers(void **state) {
    struct net n;

    (void)state;
    start(&n);
    goes(&n, "2600:a::1", "fe80::a", "2001:db8:a::");
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:a::"); /* though the other is nearer to it */
    goes(&n, "2600:b::1", "fe80::b", "2001:db8:b::");
    goes(&n, "2001:db8:b::9", "2001:db8:b::9", "2001:db8:b::"); /* no router: rule 8 */
    net_stop(&n);
}

/* Its words count, as long as they hold: a prefix that it takes back is its no more. */
static void test_taken_back(void **state) {
    struct net n;

    (void)state;
    start(&n);
    hear(&n, "fe80::a", 1, "2001:db8:b::", LIFE_S, NULL);   /* both are fe80::a's now */
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:b::"); /* by rule 8 */
    hear(&n, "fe80::a", 1, "2001:db8:b::", 0, NULL);
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:a::");
    hear(&n, "fe80::a", 1, "2001:db8:b::", 10, NULL);
    hear(&n, "fe80::b", 0, "2001:db8:b::", LIFE_S, NULL); /* the address stays preferred */
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:b::");
    net_advance(&n, 11 * INL_S);
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:a::");
    net_stop(&n);
}

/* A flood of prefixes fills the places there are; who was first stays. */
static void test_limit(void **state) {
    char prefix[] = "2001:db8:100::";
    struct net n;

    (void)state;
    start(&n);
    for (int i = 0; i < 100; i++) {
        prefix[10] = (char)('0' + i / 10);
        prefix[11] = (char)('0' + i % 10);
        hear(&n, "fe80::a", 1, prefix, LIFE_S, NULL);
    }
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:a::");
    goes(&n, "2600:b::1", "fe80::b", "2001:db8:b::");
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_routers),
        cmocka_unit_test(test_taken_back),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
