/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quick_test.c - the short ways in and out (src/ip/quick.h) do what the long ones do
 *
 * Two hosts that are the same but for that one of them takes the long ways get the same frames, and
 * send the same packets: well-formed ones, and ones with a changed byte or two in their headers.
 * Results, what the transport sees, counters and frames that leave have to agree. In between both
 * lose and get addresses, so that what was remembered must not be believed.
 */
#include "net.h"

#include "base/csum.h"
#include "base/rng.h"

#define ROUNDS 20000

struct twins {
    struct net quick;
    struct net lengthy;
    struct rng rng;
};

static void twins_start(struct twins *t, unsigned flags) {
    static const uint8_t seed[16] = "twins";

    net_start(&t->quick, flags);
    net_start(&t->lengthy, flags);
    ip_quick_set(t->lengthy.ip, false);
    rng_init(&t->rng, seed);
}

static void twins_stop(struct twins *t) {
    net_stop(&t->quick);
    net_stop(&t->lengthy);
}

static uint32_t below(struct twins *t, uint32_t n) {
    return (uint32_t)rng_below(&t->rng, n);
}

static void expect_same_frames(struct twins *t) {
    for (int link = ETH0; link <= ETH1; link++) {
        struct seen a, b;

        while (net_take(&t->quick, link, &a)) {
            assert_true(net_take(&t->lengthy, link, &b));
            assert_int_equal(a.len, b.len);
            assert_memory_equal(a.b, b.b, a.len);
            assert_int_equal(a.cause, b.cause);
        }
        assert_false(net_take(&t->lengthy, link, &b));
    }
}

static void expect_same_counts(const struct net *a, const struct net *b) {
    assert_memory_equal(a->env.drop, b->env.drop, sizeof(a->env.drop));
    assert_memory_equal(a->env.cause, b->env.cause, sizeof(a->env.cause));
    assert_memory_equal(a->ip->mibs, b->ip->mibs, sizeof(a->ip->mibs));
}

static void expect_same_rx(const struct net *a, const struct net *b) {
    assert_int_equal(a->inputs, b->inputs);
    assert_true(inl_addr_eq(&a->rx.src, &b->rx.src) && inl_addr_eq(&a->rx.dst, &b->rx.dst));
    assert_int_equal(a->payload_len, b->payload_len);
    assert_memory_equal(a->payload, b->payload, a->payload_len);
    assert_int_equal(a->rx.packet_len, b->rx.packet_len);
    assert_int_equal(a->rx.link, b->rx.link);
    assert_int_equal(a->rx.home, b->rx.home);
    assert_int_equal(a->rx.proto, b->rx.proto);
    assert_int_equal(a->rx.ttl, b->rx.ttl);
    assert_int_equal(a->rx.tos, b->rx.tos);
    assert_int_equal(a->rx.flow, b->rx.flow);
    assert_int_equal(a->rx.group, b->rx.group);
    assert_int_equal(a->rx.fragmented, b->rx.fragmented);
    assert_int_equal(a->rx.alert, b->rx.alert);
    assert_int_equal(a->rx.csum_done, b->rx.csum_done);
    assert_int_equal(rd_left(&a->rx.opts), rd_left(&b->rx.opts));
}

static void feed_both(struct twins *t, const uint8_t *b, size_t len) {
    enum inl_drop one = net_feed_bytes(&t->quick, ETH0, b, len);

    assert_int_equal(net_feed_bytes(&t->lengthy, ETH0, b, len), one);
    expect_same_rx(&t->quick, &t->lengthy);
    expect_same_counts(&t->quick, &t->lengthy);
    expect_same_frames(t);
}

/* A packet to one of our addresses. @skip: what a bare link has not. */
static size_t make_frame(struct twins *t, uint8_t *out, bool v6, size_t skip) {
    static const uint8_t protos[] = {IP_PROTO_TCP, IP_PROTO_TCP, IP_PROTO_TCP, IP_PROTO_UDP};
    uint8_t proto = protos[below(t, sizeof(protos))];
    uint8_t data[64];
    size_t len = 20 + below(t, 40);
    struct frame f;

    rng_bytes(&t->rng, data, sizeof(data));
    if (v6) {
        frame_ip6(&f, hdr6(proto), data, len);
    } else {
        frame_ip4(&f, hdr4(proto), data, len);
    }
    memcpy(out, f.b + skip, f.len - skip);
    return f.len - skip;
}

/* Changes a byte or two of the headers, mostly so that the checksum holds all the same. */
static size_t spoil(struct twins *t, uint8_t *b, size_t len, size_t eth, bool v6) {
    for (uint32_t n = below(t, 3); n > 0; n--) {
        b[below(t, (uint32_t)eth + (v6 ? 40 : 20))] = (uint8_t)rng_u32(&t->rng);
    }
    if (!v6 && below(t, 4) > 0) {
        b[eth + 10] = b[eth + 11] = 0;
        uint16_t sum = csum_fold(csum_add(0, b + eth, 20));

        b[eth + 10] = (uint8_t)(sum >> 8);
        b[eth + 11] = (uint8_t)sum;
    }
    return below(t, 8) == 0 ? below(t, (uint32_t)len + 1) : len;
}

/* Both lose their address, or get it back. */
static void toggle_addr(struct twins *t, bool v6, bool have) {
    struct inl_addr own = addr(v6 ? "2001:db8::1" : "10.0.0.1");
    struct net *both[] = {&t->quick, &t->lengthy};

    for (int i = 0; i < 2; i++) {
        assert_int_equal(have ? ip_addr_add(both[i]->ip, ETH0, &own, v6 ? 64 : 24)
                              : ip_addr_del(both[i]->ip, ETH0, &own),
                         0);
    }
    expect_same_frames(t);
}

static void in_agrees(unsigned flags, bool v6) {
    size_t skip = flags & NET_BARE ? ETH_HDR_BYTES : 0;
    size_t eth = ETH_HDR_BYTES - skip;
    struct twins *t = calloc(1, sizeof(*t));
    bool have = true;
    uint8_t b[256];

    twins_start(t, flags);
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = make_frame(t, b, v6, skip);

        if (below(t, 200) == 0) {
            have = !have;
            toggle_addr(t, v6, have);
        }
        if (below(t, 100) == 0) {
            net_advance(&t->quick, INL_S);
            net_advance(&t->lengthy, INL_S);
            expect_same_frames(t);
        }
        feed_both(t, b, i % 2 ? spoil(t, b, len, eth, v6) : len);
    }
    twins_stop(t);
    free(t);
}

static void test_in_ip4(void **state) {
    (void)state;
    in_agrees(0, false);
    in_agrees(NET_BARE, false);
    in_agrees(NET_FORWARD | NET_TRANSPARENT, false);
}

static void test_in_ip6(void **state) {
    (void)state;
    in_agrees(0, true);
    in_agrees(NET_BARE, true);
    in_agrees(NET_FORWARD | NET_TRANSPARENT, true);
}

static bool raw_input(void *ctx, const struct ip_rx *rx) {
    (void)rx;
    ++*(int *)ctx;
    return true;
}

/* The short way is taken at all: by the second packet of a pair, unless a raw socket listens. */
static void test_in_is_taken(void **state) {
    struct net n;
    struct frame f[2];
    int copies = 0;
    const struct ip_raw raw = {.input = raw_input, .ctx = &copies};
    enum inl_drop why;

    (void)state;
    net_start(&n, 0);
    frame_ip4(&f[0], hdr4(IP_PROTO_TCP), "twenty-three bytes here", 24);
    frame_ip6(&f[1], hdr6(IP_PROTO_TCP), "twenty-three bytes here", 24);
    for (int i = 0; i < 2; i++) {
        assert_false(ip_quick_input(n.ip, ETH0, f[i].b, f[i].len, &why));
        assert_int_equal(net_feed(&n, ETH0, &f[i]), INL_DROP_NONE);
        assert_true(ip_quick_input(n.ip, ETH0, f[i].b, f[i].len, &why));
        assert_false(ip_quick_input(n.ip, ETH1, f[i].b, f[i].len, &why));
    }
    ip_raw_set(n.ip, &raw);
    ip_raw_want(n.ip, IP_PROTO_TCP, true);
    assert_int_equal(net_feed(&n, ETH0, &f[0]), INL_DROP_NONE);
    assert_int_equal(copies, 1);
    net_stop(&n);
}

/* ---- out ---- */

struct built {
    uint8_t buf[2048];
    struct pkt pkt;
    int result;
};

static void send_from(struct net *n, struct built *b, const struct ip_tx *tx, size_t headroom,
                      size_t len) {
    memset(b, 0, sizeof(*b));
    pkt_borrow(&b->pkt, b->buf, sizeof(b->buf), headroom);
    b->pkt.link = ETH0;
    memset(pkt_put(&b->pkt, len), 0x5a, len);
    b->result = ip_out(n->ip, &b->pkt, tx);
}

static void out_agrees(unsigned flags) {
    static const char *const dsts[] = {"10.0.0.2",  "10.0.0.2",    "8.8.8.8", "2001:db8::2",
                                       "224.0.0.5", "192.168.5.9", "10.0.0.1"};
    struct twins *t = calloc(1, sizeof(*t));
    struct built *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
    int placed = 0;

    twins_start(t, flags);
    net_resolve(&t->quick);
    net_resolve(&t->lengthy);
    for (int i = 0; i < ROUNDS; i++) {
        struct inl_addr dst = addr(dsts[below(t, sizeof(dsts) / sizeof(dsts[0]))]);
        struct ip_path paths[2];
        struct ip_tx tx = {.dst = dst,
                           .src = addr(inl_addr_is4(&dst) ? "10.0.0.1" : "2001:db8::1"),
                           .proto = IP_PROTO_TCP,
                           .ttl = below(t, 2) ? (uint8_t)below(t, 256) : 0,
                           .tos = (uint8_t)below(t, 256),
                           .dont_fragment = below(t, 8) > 0,
                           .any_mtu = below(t, 8) > 0,
                           .owner = below(t, 9),
                           .cause = INL_CAUSE_TCP_DATA};
        size_t len = below(t, 8) ? below(t, 200) + 20 : 1400 + below(t, 100);
        size_t more = below(t, 8) ? 0 : below(t, 9);

        assert_int_equal(ip_path_find(t->quick.ip, &dst, &tx.src, 0, &paths[0]), 0);
        assert_int_equal(ip_path_find(t->lengthy.ip, &dst, &tx.src, 0, &paths[1]), 0);
        if (below(t, 4) > 0 && !inl_addr_is4(&dst)) { /* as who keeps the path knows it */
            paths[0].flow = ip_flow_label(t->quick.ip, &tx.src, &dst, IP_PROTO_TCP, 0x5a5a, 0x5a5a);
        }
        tx.path = &paths[0];
        send_from(&t->quick, a, &tx, paths[0].headroom_bytes + more, len);
        tx.path = &paths[1];
        send_from(&t->lengthy, b, &tx, paths[1].headroom_bytes + more, len);
        assert_int_equal(a->result, b->result);
        assert_int_equal(a->pkt.off, b->pkt.off);
        assert_int_equal(a->pkt.len, b->pkt.len);
        assert_int_equal(a->pkt.cause, b->pkt.cause);
        assert_int_equal(a->pkt.owner, b->pkt.owner);
        assert_memory_equal(a->buf, b->buf, sizeof(a->buf));
        placed += a->result == IP_OUT_PLACED;
        expect_same_counts(&t->quick, &t->lengthy);
        expect_same_frames(t);
        if (below(t, 50) == 0) { /* the neighbour's entry grows old, and is proven anew */
            net_advance(&t->quick, 40 * INL_S);
            net_advance(&t->lengthy, 40 * INL_S);
            expect_same_frames(t);
        }
        if (below(t, 10) == 0) {
            ip_neigh_confirm(t->quick.ip, &paths[0]);
            ip_neigh_confirm(t->lengthy.ip, &paths[1]);
        }
    }
    assert_true(placed > ROUNDS / 20);
    twins_stop(t);
    free(a);
    free(b);
    free(t);
}

static void test_out(void **state) {
    (void)state;
    out_agrees(0);
}

/* The short way is taken at all: in IPv6 by who knows the flow label. */
static void out_is_taken(const char *to, const char *from, size_t hdr_bytes) {
    struct ip_tx tx = {.dst = addr(to),
                       .src = addr(from),
                       .proto = IP_PROTO_TCP,
                       .dont_fragment = true,
                       .any_mtu = true};
    struct ip_path path;
    uint8_t buf[128];
    struct pkt pkt;
    struct net n;

    net_start(&n, 0);
    net_resolve(&n);
    net_advance(&n, INL_S);
    assert_int_equal(ip_path_find(n.ip, &tx.dst, &tx.src, 0, &path), 0);
    tx.path = &path;
    ip_neigh_confirm(n.ip, &path); /* one that only asked is in doubt when first used */
    pkt_borrow(&pkt, buf, sizeof(buf), path.headroom_bytes);
    pkt.link = ETH0;
    pkt_put(&pkt, 20);
    assert_true(ip_quick_out(n.ip, &pkt, &tx) == inl_addr_is4(&tx.dst));
    if (!inl_addr_is4(&tx.dst)) {
        path.flow = ip_flow_label(n.ip, &tx.src, &tx.dst, IP_PROTO_TCP, 1, 2);
        assert_true(ip_quick_out(n.ip, &pkt, &tx));
    }
    assert_int_equal(pkt.len, ETH_HDR_BYTES + hdr_bytes + 20);
    net_stop(&n);
}

static void test_out_is_taken(void **state) {
    (void)state;
    out_is_taken("10.0.0.2", "10.0.0.1", IP4_HDR_BYTES);
    out_is_taken("2001:db8::2", "2001:db8::1", IP6_HDR_BYTES);
}

/* ---- the path that was asked for last ---- */

static void expect_same_path(struct net *n, const char *to, const char *from, uint32_t scope) {
    struct inl_addr dst = addr(to), src = addr(from);
    struct ip_path a = {0}, b = {0};

    for (int i = 0; i < 2; i++) {
        assert_int_equal(ip_path_recall(n->ip, &dst, &src, scope, &a),
                         ip_path_find(n->ip, &dst, &src, scope, &b));
        assert_true(inl_addr_eq(&a.next_hop, &b.next_hop) && inl_addr_eq(&a.src, &b.src));
        assert_true(a.gen == b.gen && a.mtu_bytes == b.mtu_bytes && a.link == b.link &&
                    a.headroom_bytes == b.headroom_bytes && a.group == b.group &&
                    a.tx_csum == b.tx_csum);
    }
}

static void test_path_recall(void **state) {
    static const char *const to[] = {"10.0.0.2", "8.8.8.8", "192.168.5.7", "10.0.0.1", "224.0.0.5"};
    static const char *const from[] = {"10.0.0.1", "192.168.5.1", "0.0.0.0", "10.0.0.77"};
    const struct inl_addr own = addr("10.0.0.1");
    struct inl_route r = {
        .dst = addr("8.0.0.0"), .prefix_len_bits = 8, .gateway = addr("192.168.5.9"), .link = ETH1};
    struct rng rng;
    struct net n;

    (void)state;
    rng_init(&rng, (const uint8_t *)"sixteen bytes ..");
    net_start(&n, 0);
    for (int i = 0; i < 2000; i++) {
        expect_same_path(&n, to[rng_below(&rng, 5)], from[rng_below(&rng, 4)],
                         (uint32_t)rng_below(&rng, 3));
        switch (rng_below(&rng, 12)) {
        case 0:
            (void)ip_addr_del(n.ip, ETH0, &own);
            break;
        case 1:
            (void)ip_addr_add(n.ip, ETH0, &own, 24);
            break;
        case 2:
            (void)ip_route_add(n.ip, &r);
            break;
        case 3:
            (void)ip_route_del(n.ip, &r);
            break;
        default:
            break;
        }
        while (!net_idle(&n)) {
            struct seen s;

            (void)net_take(&n, ETH0, &s);
            (void)net_take(&n, ETH1, &s);
        }
    }
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_ip4),       cmocka_unit_test(test_in_ip6),
        cmocka_unit_test(test_in_is_taken),  cmocka_unit_test(test_out),
        cmocka_unit_test(test_out_is_taken), cmocka_unit_test(test_path_recall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
