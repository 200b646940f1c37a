/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcroute_test.c - source routes of IPv4, refused and taken (RFC 791 3.1, RFC 1122 3.2.1.8 c,
 * 3.2.2.6 and 3.3.5, RFC 1812 4.3.2.6, 5.2.2, 5.2.4 and 5.2.7.2, RFC 7126 4.3)
 */
#include "net.h"

#include "ip/srcroute.h"

#define LSRR 131
#define SSRR 137

static const uint8_t DATA[24] = "twenty-three bytes here";

/* An option with up to four stages, and the padding that makes its length a multiple of 4. */
struct route {
    uint8_t b[40];
    size_t len;
};

static struct route route(uint8_t type, uint8_t pointer, const char *a, const char *b,
                          const char *c) {
    const char *stage[] = {a, b, c};
    struct route r = {.len = 3};

    for (size_t i = 0; i < 3 && stage[i]; i++) {
        const struct inl_addr at = addr(stage[i]);

        memcpy(r.b + r.len, at.b + 12, 4);
        r.len += 4;
    }
    r.b[0] = type;
    r.b[1] = (uint8_t)r.len;
    r.b[2] = pointer;
    return r;
}

static struct rd padded(const struct route *r) {
    return rd_init(r->b, (r->len + 3) & ~(size_t)3);
}

static void start(struct net *n, unsigned flags) {
    net_start(n, flags);
    n->ip->source_routes = true;
    net_resolve(n);
}

/* PEER sends a packet with that route to dst. */
static enum inl_drop come(struct net *n, const struct route *r, const char *dst) {
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct frame f;

    h.dst = addr(dst);
    h.opts = padded(r);
    frame_ip4(&f, h, DATA, sizeof(DATA));
    return net_feed(n, ETH0, &f);
}

static void sees_route(const struct seen *s, const struct route *want) {
    assert_int_equal(rd_left(&s->ip4.opts), (want->len + 3) & ~(size_t)3);
    assert_memory_equal(rd_ptr(&s->ip4.opts), want->b, want->len);
}

static void sees_error(struct net *n, uint8_t type, uint8_t code) {
    struct seen s;

    assert_true(net_take(n, ETH0, &s));
    assert_int_equal(s.icmp4.type, type);
    assert_int_equal(s.icmp4.code, code);
    assert_true(net_idle(n));
}

static void test_refused(void **state) {
    struct route r = route(LSRR, 8, "10.0.0.9", NULL, NULL);
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    assert_int_equal(come(&n, &r, "10.0.0.1"), INL_DROP_SOURCE_ROUTED);
    r.b[0] = SSRR;
    assert_int_equal(come(&n, &r, "192.168.5.9"), INL_DROP_SOURCE_ROUTED);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* The end of a route: the option goes up as it came. */
static void test_end(void **state) {
    struct route r = route(LSRR, 12, "10.0.0.9", "10.0.0.8", NULL);
    struct net n;

    (void)state;
    start(&n, 0);
    assert_int_equal(come(&n, &r, "10.0.0.1"), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    assert_int_equal(rd_left(&n.rx.opts), 12);
    r.b[0] = SSRR;
    assert_int_equal(come(&n, &r, "10.0.0.1"), INL_DROP_NONE);
    assert_int_equal(n.inputs, 2);
    net_stop(&n);
}

static void back_is(const struct route *came, const char *src, const struct route *want) {
    const struct inl_addr from = addr(src);
    uint8_t buf[40];
    struct rd back = ip4_srcroute_back(padded(came), &from, buf);

    assert_int_equal(rd_left(&back), want ? want->len : 0);
    if (want) {
        assert_memory_equal(rd_ptr(&back), want->b, want->len);
    }
}

/* RFC 1122 3.2.1.8 c: the stages the other way round, without the sender if he named himself. */
static void test_back(void **state) {
    const struct route three = route(LSRR, 16, "10.0.0.7", "10.0.0.8", "10.0.0.9");
    const struct route half = route(SSRR, 8, "10.0.0.7", "10.0.0.8", "10.0.0.9");
    const struct route none = route(SSRR, 4, "10.0.0.7", NULL, NULL);
    const struct route three_back = route(LSRR, 4, "10.0.0.9", "10.0.0.8", "10.0.0.7");
    const struct route without = route(LSRR, 4, "10.0.0.9", "10.0.0.8", NULL);
    const struct route half_back = route(SSRR, 4, "10.0.0.7", NULL, NULL);

    (void)state;
    back_is(&three, "10.0.0.2", &three_back);
    back_is(&three, "10.0.0.7", &without);
    back_is(&half, "10.0.0.2", &half_back);
    back_is(&half, "10.0.0.7", NULL);
    back_is(&none, "10.0.0.2", NULL);
}

/* RFC 1122 3.2.2.6: the answer goes to the last stage first, and says the rest. */
static void test_echo(void **state) {
    const struct route came = route(SSRR, 12, "10.0.0.9", "10.0.0.2", NULL);
    const struct route want = route(SSRR, 4, "10.0.0.9", "10.7.0.1", NULL);
    const struct icmp4_msg m = {.type = ICMP4_ECHO_REQUEST, .data = rd_init(DATA, sizeof(DATA))};
    struct ip4_hdr h = hdr4(IP_PROTO_ICMP4);
    struct frame f;
    struct net n;
    struct seen s;

    (void)state;
    start(&n, 0);
    h.src = addr("10.7.0.1");
    h.opts = padded(&came);
    frame_icmp4(&f, h, m);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_ECHO_REPLY);
    assert_int_equal(inl_addr_to4(&s.ip4.dst), 0x0a000002);
    sees_route(&s, &want);
    n.ip->source_routes = false;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_SOURCE_ROUTED);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 1122 3.3.5: a host passes nothing on, and says so; not about an error. */
static void test_host_is_no_stage(void **state) {
    const struct route r = route(LSRR, 4, "10.0.0.9", NULL, NULL);
    const struct icmp4_msg m = {.type = ICMP4_UNREACH, .data = rd_init(DATA, sizeof(DATA))};
    struct ip4_hdr h = hdr4(IP_PROTO_ICMP4);
    struct frame f;
    struct net n;

    (void)state;
    start(&n, 0);
    assert_int_equal(come(&n, &r, "10.0.0.1"), INL_DROP_SOURCE_ROUTE_FAILED);
    sees_error(&n, ICMP4_UNREACH, ICMP4_UNREACH_SOURCE_ROUTE);
    h.opts = padded(&r);
    frame_icmp4(&f, h, m);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_SOURCE_ROUTE_FAILED);
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void knows(struct net *n, const char *who) {
    const struct inl_addr a = addr(who);

    assert_int_equal(ip_neigh_add(n->ip, ETH1, &a, MAC_OTHER), 0);
}

/* RFC 791: the next stage becomes the destination, and our address on that side its place. */
static void test_stage(void **state) {
    const struct route r = route(LSRR, 4, "192.168.5.9", "10.9.0.1", NULL);
    const struct route want = route(LSRR, 8, "192.168.5.1", "10.9.0.1", NULL);
    const struct route ours = route(LSRR, 4, "192.168.5.1", "192.168.5.9", NULL);
    const struct route ours_want = route(LSRR, 12, "192.168.5.1", "192.168.5.1", NULL);
    const struct route last = route(SSRR, 4, "192.168.5.1", "10.0.0.1", NULL);
    struct net n;
    struct seen s;

    (void)state;
    start(&n, NET_FORWARD);
    knows(&n, "192.168.5.9");
    assert_int_equal(come(&n, &r, "10.0.0.1"), INL_DROP_NONE);
    assert_true(net_take(&n, ETH1, &s));
    assert_int_equal(inl_addr_to4(&s.ip4.dst), 0xc0a80509);
    assert_int_equal(inl_addr_to4(&s.ip4.src), 0x0a000002);
    assert_int_equal(s.ip4.ttl, 63);
    sees_route(&s, &want);
    /* stages that are all ours are passed at once (RFC 1812 5.2.3) */
    assert_int_equal(come(&n, &ours, "10.0.0.1"), INL_DROP_NONE);
    assert_true(net_take(&n, ETH1, &s));
    assert_int_equal(inl_addr_to4(&s.ip4.dst), 0xc0a80509);
    sees_route(&s, &ours_want);
    assert_int_equal(come(&n, &last, "10.0.0.1"), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* A loose route does not concern who is no stage; and nobody on it is told of a better way. */
static void test_between(void **state) {
    const struct route r = route(LSRR, 4, "10.9.0.1", NULL, NULL);
    const struct route strict = route(SSRR, 4, "10.9.0.1", NULL, NULL);
    struct net n;
    struct seen s;

    (void)state;
    start(&n, NET_FORWARD);
    knows(&n, "192.168.5.9");
    assert_int_equal(come(&n, &r, "192.168.5.9"), INL_DROP_NONE);
    assert_true(net_take(&n, ETH1, &s));
    sees_route(&s, &r);
    assert_int_equal(come(&n, &strict, "192.168.5.9"), INL_DROP_SOURCE_ROUTE_FAILED);
    assert_true(net_take(&n, ETH0, &s)); /* RFC 1812 5.2.2: the destination is the problem */
    assert_int_equal(s.icmp4.type, ICMP4_PARAM_PROBLEM);
    assert_int_equal(s.icmp4.pointer, 16);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 1812 5.2.7.2: with a route, no redirect, though the packet leaves as it came. */
static void test_no_redirect(void **state) {
    const struct route none = {.len = 0};
    const struct route r = route(LSRR, 4, "10.0.0.2", NULL, NULL);
    struct net n;
    struct seen s;

    (void)state;
    start(&n, NET_FORWARD);
    assert_int_equal(come(&n, &none, "10.0.0.2"), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_REDIRECT);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(come(&n, &r, "10.0.0.1"), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.ip4.proto, IP_PROTO_TCP);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 1812 5.2.4.3: a strict route goes to neighbours; and any to where there is a way. */
static void test_failed(void **state) {
    static const struct {
        uint8_t type;
        const char *next;
        enum inl_drop why;
        bool told;
    } t[] = {
        {SSRR, "10.9.0.1", INL_DROP_SOURCE_ROUTE_FAILED, true},   /* behind the gateway */
        {LSRR, "10.0.0.255", INL_DROP_SOURCE_ROUTE_FAILED, true}, /* directed broadcast */
        {LSRR, "224.0.0.1", INL_DROP_SOURCE_ROUTE_FAILED, true},  /* a group */
        {LSRR, "10.66.0.1", INL_DROP_SOURCE_ROUTE_FAILED, true},  /* a route forbids it */
        {LSRR, "169.254.3.4", INL_DROP_MARTIAN, false},
        {LSRR, "127.0.0.2", INL_DROP_MARTIAN, false},
    };
    const struct inl_route no = {
        .dst = addr("10.66.0.0"), .prefix_len_bits = 16, .kind = INL_ROUTE_PROHIBIT};
    struct net n;

    (void)state;
    start(&n, NET_FORWARD);
    assert_int_equal(ip_route_add(n.ip, &no), 0);
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        const struct route r = route(t[i].type, 4, t[i].next, NULL, NULL);

        assert_int_equal(come(&n, &r, "10.0.0.1"), t[i].why);
        if (t[i].told) {
            sees_error(&n, ICMP4_UNREACH, ICMP4_UNREACH_SOURCE_ROUTE);
        }
        assert_true(net_idle(&n));
    }
    net_stop(&n);
}

/* RFC 1812 5.2.4.1: one route a packet. */
static void test_two(void **state) {
    struct route r = route(LSRR, 8, "10.0.0.9", NULL, NULL);
    struct net n;
    struct seen s;

    (void)state;
    start(&n, 0);
    memcpy(r.b + 7, r.b, 7);
    r.len = 14;
    assert_int_equal(come(&n, &r, "10.0.0.1"), INL_DROP_BAD_OPTION);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_PARAM_PROBLEM);
    assert_int_equal(s.icmp4.pointer, 27);
    assert_int_equal(rd_left(&s.ip4.opts), 0); /* 4.3.2.6: of what is wrong with it no copy */
    assert_int_equal(n.inputs, 0);
    net_stop(&n);
}

/* RFC 1812 4.3.2.6: an error goes back by the stages that were passed. */
static void test_error_goes_back(void **state) {
    const struct route r = route(LSRR, 8, "10.0.0.2", "192.168.5.9", NULL);
    const struct route want = route(LSRR, 4, "10.7.0.1", NULL, NULL);
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct frame f;
    struct net n;
    struct seen s;

    (void)state;
    start(&n, NET_FORWARD);
    h.src = addr("10.7.0.1");
    h.ttl = 1;
    h.opts = padded(&r);
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_TIME_EXCEEDED);
    assert_int_equal(inl_addr_to4(&s.ip4.dst), 0x0a000002);
    sees_route(&s, &want);
    net_stop(&n);
}

static int send_by(struct net *n, const struct route *r, struct seen *s) {
    struct pkt *p = pkt_new(&n->env.mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + sizeof(DATA));
    const struct ip_tx tx = {.dst = addr("10.9.0.1"),
                             .proto = IP_PROTO_TCP,
                             .dont_fragment = true,
                             .opts = rd_init(r->b, r->len)};
    int err;

    memset(s, 0, sizeof(*s));
    memcpy(pkt_put(p, sizeof(DATA)), DATA, sizeof(DATA));
    err = ip_out(n->ip, p, &tx);
    assert_true(err < 0 || net_take(n, ETH0, s));
    return err;
}

/* The first stage is the destination; ours are none, and a strict one is a neighbour. */
static void test_sent(void **state) {
    const struct route r = route(SSRR, 4, "10.0.0.2", "10.7.0.1", NULL);
    const struct route want = route(SSRR, 4, "10.7.0.1", "10.9.0.1", NULL);
    const struct route far = route(SSRR, 4, "10.7.0.1", NULL, NULL);
    const struct route ours = route(LSRR, 4, "192.168.5.1", NULL, NULL);
    const struct route all = route(LSRR, 4, "10.0.0.255", NULL, NULL);
    struct net n;
    struct seen s;

    (void)state;
    start(&n, 0);
    assert_int_equal(send_by(&n, &r, &s), IP_OUT_QUEUED);
    assert_int_equal(inl_addr_to4(&s.ip4.dst), 0x0a000002);
    assert_int_equal(s.ip4.total_len_bytes, 20 + 12 + sizeof(DATA));
    sees_route(&s, &want);
    assert_int_equal(send_by(&n, &far, &s), -EHOSTUNREACH);
    assert_int_equal(send_by(&n, &ours, &s), -EHOSTUNREACH);
    assert_int_equal(send_by(&n, &all, &s), -EHOSTUNREACH);
    assert_int_equal(n.env.drop[INL_DROP_SOURCE_ROUTE_FAILED], 3);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* What a program may set: one route, at its beginning, and only if they are taken. */
static void test_sendable(void **state) {
    struct route r = route(LSRR, 4, "10.0.0.2", NULL, NULL);
    const struct route begun = route(LSRR, 8, "10.0.0.2", "10.0.0.9", NULL);
    const struct route empty = route(LSRR, 4, NULL, NULL, NULL);
    const uint8_t nop = 1;
    struct net n;

    (void)state;
    start(&n, 0);
    assert_true(ip_opts_sendable(n.ip, rd_init(r.b, r.len)));
    assert_false(ip_opts_sendable(n.ip, rd_init(begun.b, begun.len)));
    assert_false(ip_opts_sendable(n.ip, rd_init(empty.b, empty.len)));
    memcpy(r.b + 7, r.b, 7);
    assert_false(ip_opts_sendable(n.ip, rd_init(r.b, 14)));
    n.ip->source_routes = false;
    assert_false(ip_opts_sendable(n.ip, rd_init(r.b, 7)));
    assert_true(ip_opts_sendable(n.ip, rd_init(&nop, 1)));
    net_stop(&n);
}

/* An error that quotes one of ours on its way is about where it was to go in the end. */
static void test_error_for_us(void **state) {
    const struct route r = route(LSRR, 4, "10.7.0.1", "10.9.0.1", NULL);
    struct ip4_hdr h = hdr4(IP_PROTO_ICMP4);
    struct ip4_hdr q = hdr4(IP_PROTO_TCP);
    uint8_t quote[60];
    struct wr w = wr_init(quote, sizeof(quote));
    struct icmp4_msg m = {.type = ICMP4_UNREACH, .code = ICMP4_UNREACH_SOURCE_ROUTE};
    struct frame f;
    struct net n;

    (void)state;
    start(&n, 0);
    q.src = addr("10.0.0.1");
    q.dst = addr("10.0.0.2");
    q.opts = padded(&r);
    q.total_len_bytes = 32 + sizeof(DATA);
    ip4_emit(&w, &q);
    wr_put(&w, DATA, sizeof(DATA));
    m.data = rd_init(quote, wr_len(&w));
    frame_icmp4(&f, h, m);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(n.errors, 1);
    assert_int_equal(inl_addr_to4(&n.err.dst), 0x0a090001);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_host_is_no_stage),
        cmocka_unit_test(test_stage),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_no_redirect),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_error_goes_back),
        cmocka_unit_test(test_sent),
        cmocka_unit_test(test_sendable),
        cmocka_unit_test(test_error_for_us),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
