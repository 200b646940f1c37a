/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out_test.c - paths, routes, source addresses, output, loopback, forwarding
 */
#include "net.h"

#include "base/csum.h"
#include "wire/tcpmss.h"

#include <inlet/malloc.h>

static const uint8_t DATA[24] = "twenty-three bytes here";
static const struct inl_addr NONE;

static struct ip_path path_to(struct net *n, const char *dst) {
    struct inl_addr d = addr(dst);
    struct ip_path p;

    assert_int_equal(ip_path_find(n->ip, &d, &NONE, 0, &p), 0);
    return p;
}

static void check_path(struct net *n, const char *dst, int link, const char *hop, const char *src) {
    struct ip_path p = path_to(n, dst);
    struct inl_addr h = addr(hop), s = addr(src);

    assert_int_equal(p.link, link);
    assert_true(inl_addr_eq(&p.next_hop, &h));
    assert_true(inl_addr_eq(&p.src, &s));
    assert_int_equal(p.gen, ip_path_gen(n->ip));
}

static void add_route(struct net *n, const char *dst, unsigned bits, const char *gw, int link,
                      uint32_t metric, int want) {
    const struct inl_route r = {addr(dst), bits, gw ? addr(gw) : NONE, link, .metric = metric};

    assert_int_equal(ip_route_add(n->ip, &r), want);
}

static void del_route(struct net *n, const char *dst, unsigned bits, const char *gw, int link,
                      int want) {
    const struct inl_route r = {addr(dst), bits, gw ? addr(gw) : NONE, link, .metric = 0};

    assert_int_equal(ip_route_del(n->ip, &r), want);
}

static void test_paths(void **state) {
    struct net n;
    struct ip_path p;
    struct inl_addr a, b;

    (void)state;
    net_start(&n, 0);
    check_path(&n, "10.0.0.2", ETH0, "10.0.0.2", "10.0.0.1");
    check_path(&n, "192.168.5.9", ETH1, "192.168.5.9", "192.168.5.1");
    check_path(&n, "8.8.8.8", ETH0, "10.0.0.254", "10.0.0.1");
    check_path(&n, "2001:db8::2", ETH0, "2001:db8::2", "2001:db8::1");
    check_path(&n, "2001:db8:5::2", ETH1, "2001:db8:5::2", "2001:db8:5::1");
    check_path(&n, "2001:4860::8", ETH0, "2001:db8::fe", "2001:db8::1");
    check_path(&n, "10.0.0.1", 0, "10.0.0.1", "10.0.0.1");
    check_path(&n, "127.0.0.1", 0, "127.0.0.1", "127.0.0.1");
    check_path(&n, "127.1.2.3", 0, "127.1.2.3", "127.1.2.3");
    check_path(&n, "::1", 0, "::1", "::1");
    p = path_to(&n, "10.0.0.2");
    assert_int_equal(p.mtu_bytes, 1500);
    assert_int_equal(p.headroom_bytes, 34);
    assert_false(p.group);
    assert_int_equal(path_to(&n, "2001:db8::2").headroom_bytes, 54);
    assert_true(path_to(&n, "10.0.0.255").group);
    assert_true(path_to(&n, "255.255.255.255").group);
    /* link-local: by scope */
    a = addr("fe80::2");
    for (uint32_t scope = 1; scope <= 2; scope++) {
        b = addr(scope == 1 ? "fe80::ff:fe00:1" : "fe80::ff:fe00:101");
        assert_int_equal(ip_path_find(n.ip, &a, &NONE, scope, &p), 0);
        assert_int_equal(p.link, scope);
        assert_true(inl_addr_eq(&p.src, &b));
    }
    assert_int_equal(ip_path_find(n.ip, &a, &NONE, 9, &p), -ENETUNREACH);
    /* sources that do not do */
    a = addr("10.0.0.2");
    b = addr("10.0.0.99");
    assert_int_equal(ip_path_find(n.ip, &a, &b, 0, &p), -EADDRNOTAVAIL);
    b = addr("127.0.0.1");
    assert_int_equal(ip_path_find(n.ip, &a, &b, 0, &p), -EADDRNOTAVAIL);
    b = addr("10.0.0.255");
    assert_int_equal(ip_path_find(n.ip, &a, &b, 0, &p), -EADDRNOTAVAIL);
    b = addr("2001:db8::1");
    assert_int_equal(ip_path_find(n.ip, &a, &b, 0, &p), -EADDRNOTAVAIL);
    b = addr("192.168.5.1");
    assert_int_equal(ip_path_find(n.ip, &a, &b, 0, &p), 0);
    a = inl_addr_any4();
    assert_int_equal(ip_path_find(n.ip, &a, &NONE, 0, &p), -ENETUNREACH);
    net_stop(&n);
}

static void test_routes(void **state) {
    struct net n;
    uint64_t gen;

    (void)state;
    net_start(&n, 0);
    add_route(&n, "172.16.0.0", 12, "10.0.0.5", ETH0, 1, 0);
    add_route(&n, "172.16.1.0", 24, "192.168.5.5", ETH1, 1, 0);
    add_route(&n, "172.16.1.7", 32, "10.0.0.7", ETH0, 1, 0);
    check_path(&n, "172.17.0.1", ETH0, "10.0.0.5", "10.0.0.1");
    check_path(&n, "172.16.1.1", ETH1, "192.168.5.5", "192.168.5.1");
    check_path(&n, "172.16.1.7", ETH0, "10.0.0.7", "10.0.0.1");
    check_path(&n, "172.32.0.1", ETH0, "10.0.0.254", "10.0.0.1");
    /* the smaller metric, and the other one when that link is down */
    add_route(&n, "172.16.1.0", 24, "10.0.0.8", ETH0, 0, 0);
    check_path(&n, "172.16.1.1", ETH0, "10.0.0.8", "10.0.0.1");
    gen = ip_path_gen(n.ip);
    ip_link_set_up(n.ip, ETH0, false);
    assert_int_not_equal(ip_path_gen(n.ip), gen);
    check_path(&n, "172.16.1.1", ETH1, "192.168.5.5", "192.168.5.1");
    ip_link_set_up(n.ip, ETH0, true);
    /* errors */
    add_route(&n, "172.16.1.0", 24, "10.0.0.8", ETH0, 0, -EEXIST);
    add_route(&n, "172.16.1.1", 24, "10.0.0.8", ETH0, 0, -EINVAL);
    add_route(&n, "172.16.1.0", 33, "10.0.0.8", ETH0, 0, -EINVAL);
    add_route(&n, "172.16.1.0", 24, "2001:db8::2", ETH0, 0, -EINVAL);
    add_route(&n, "172.16.1.0", 24, "10.0.0.1", ETH0, 0, -EINVAL);
    add_route(&n, "172.16.1.0", 24, "10.0.0.255", ETH0, 0, -EINVAL);
    add_route(&n, "172.16.1.0", 24, "10.0.0.8", 9, 0, -ENODEV);
    del_route(&n, "172.16.9.0", 24, "10.0.0.8", ETH0, -ENOENT);
    del_route(&n, "10.0.0.0", 24, NULL, ETH0, -ENOENT); /* belongs to the address */
    del_route(&n, "172.16.1.0", 24, "10.0.0.8", ETH0, 0);
    del_route(&n, "172.16.1.0", 24, "192.168.5.5", ETH1, 0);
    check_path(&n, "172.16.1.1", ETH0, "10.0.0.5", "10.0.0.1");
    del_route(&n, "172.16.0.0", 12, "10.0.0.5", ETH0, 0);
    del_route(&n, "0.0.0.0", 0, "10.0.0.254", ETH0, 0);
    struct inl_addr d = addr("172.16.1.1");
    struct ip_path p;

    assert_int_equal(ip_path_find(n.ip, &d, &NONE, 0, &p), -ENETUNREACH);
    net_stop(&n);
}

/* Longest match against a plain search, over prefixes that overlap. */
static void test_routes_model(void **state) {
    enum { COUNT = 3000 };
    static struct inl_route table[COUNT];
    struct net n;
    struct rng g;

    (void)state;
    net_start(&n, 0);
    rng_init(&g, (const uint8_t *)"sixteen bytes...");
    for (int i = 0; i < COUNT; i++) {
        bool is4 = rng_u32(&g) & 1;
        unsigned bits = 1 + (unsigned)rng_below(&g, is4 ? 32 : 64);
        struct inl_addr a = is4 ? inl_addr_from4(0x14000000 | (rng_u32(&g) & 0xfffff)) : NONE;

        if (!is4) {
            a.b[0] = 0x20;
            a.b[1] = (uint8_t)rng_below(&g, 4);
            a.b[7] = (uint8_t)rng_below(&g, 4);
        }
        table[i].dst = inl_addr_mask(&a, is4 ? 96 + bits : bits);
        table[i].prefix_len_bits = bits;
        table[i].gateway = is4 ? inl_addr_from4(0x0a000100 + (uint32_t)i) : addr("2001:db8::5");
        table[i].link = ETH0;
        table[i].metric = (uint32_t)i; /* the first of equal prefixes wins */
        int err = ip_route_add(n.ip, &table[i]);
        assert_true(err == 0 || (!is4 && err == -EEXIST));
    }
    for (int i = 0; i < 20000; i++) {
        struct inl_addr d = inl_addr_from4(0x14000000 | (rng_u32(&g) & 0xfffff));
        const struct inl_route *best = NULL;
        struct ip_hop hop;

        for (int k = 0; k < COUNT; k++) {
            if (inl_addr_is4(&table[k].dst) &&
                inl_addr_match(&d, &table[k].dst, 96 + table[k].prefix_len_bits) &&
                (!best || table[k].prefix_len_bits > best->prefix_len_bits)) {
                best = &table[k];
            }
        }
        assert_int_equal(ip_route_lookup(n.ip, &d, NULL, &hop), 0);
        if (best) {
            assert_true(inl_addr_eq(&hop.gateway, &best->gateway));
        } else {
            assert_int_equal(inl_addr_to4(&hop.gateway), 0x0a0000fe);
        }
    }
    net_stop(&n);
}

static void test_addresses(void **state) {
    struct net n;
    struct inl_addr a = addr("10.0.0.1");
    struct inl_addr second = addr("10.0.0.11");

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_addr_add(n.ip, ETH0, &a, 24), -EEXIST);
    assert_int_equal(ip_addr_add(n.ip, ETH1, &a, 24), -EEXIST);
    assert_int_equal(ip_addr_add(n.ip, 9, &a, 24), -ENODEV);
    assert_int_equal(ip_addr_add(n.ip, ETH0, &second, 33), -EINVAL);
    a = addr("10.0.9.255");
    assert_int_equal(ip_addr_add(n.ip, ETH0, &a, 24), -EINVAL);
    a = addr("224.0.0.1");
    assert_int_equal(ip_addr_add(n.ip, ETH0, &a, 24), -EINVAL);
    assert_int_equal(ip_addr_add(n.ip, ETH0, &second, 24), 0);
    /* the route to the prefix lives as long as one address implies it */
    a = addr("10.0.0.1");
    assert_int_equal(ip_addr_del(n.ip, ETH0, &a), 0);
    assert_int_equal(ip_addr_del(n.ip, ETH0, &a), -EINVAL);
    check_path(&n, "10.0.0.2", ETH0, "10.0.0.2", "10.0.0.11");
    assert_true(ip_addr_is_group(n.ip, &(struct inl_addr){{[10] = 0xff, 0xff, 10, 0, 0, 255}}));
    assert_int_equal(ip_addr_del(n.ip, ETH0, &second), 0);
    assert_int_equal(path_to(&n, "10.0.0.2").link, ETH0); /* by the default route now */
    assert_false(ip_addr_is_group(n.ip, &(struct inl_addr){{[10] = 0xff, 0xff, 10, 0, 0, 255}}));
    net_stop(&n);
}

/* ---- ip_out ---- */

static int send_owned(struct net *n, const char *dst, size_t len, bool df) {
    struct pkt *p = pkt_new(&n->env.mem, 64, 64 + len);
    const struct ip_tx tx = {.dst = addr(dst),
                             .proto = IP_PROTO_TCP,
                             .cause = INL_CAUSE_TCP_DATA,
                             .owner = 42,
                             .tos = 0x28,
                             .dont_fragment = df};

    if (!p) {
        return -ENOMEM;
    }
    memset(pkt_put(p, len), 0x11, len);
    return ip_out(n->ip, p, &tx);
}

static void test_out(void **state) {
    struct net n;
    struct seen s;
    uint16_t id;
    int same = 0;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(send_owned(&n, "10.0.0.2", 100, true), IP_OUT_QUEUED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.ip4.total_len_bytes, 120);
    assert_int_equal(s.ip4.ttl, 64);
    assert_int_equal(s.ip4.tos, 0x28);
    assert_true(s.ip4.df);
    assert_int_equal(s.ip4.id, 0);
    assert_int_equal(inl_addr_to4(&s.ip4.src), 0x0a000001);
    send_owned(&n, "10.0.0.2", 100, false);
    assert_true(net_take(&n, ETH0, &s));
    assert_false(s.ip4.df);
    id = s.ip4.id;
    send_owned(&n, "10.0.0.2", 100, false);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_not_equal(s.ip4.id, (uint16_t)(id + 1)); /* not a counter, nor a constant */
    for (int i = 0; i < 20; i++) {
        send_owned(&n, "10.0.0.2", 100, false);
        assert_true(net_take(&n, ETH0, &s));
        same += s.ip4.id == id;
    }
    assert_true(same < 3);
    assert_int_equal(send_owned(&n, "2001:db8::2", 100, true), IP_OUT_QUEUED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.ip6.payload_len_bytes, 100);
    assert_int_equal(s.ip6.hop_limit, 64);
    assert_int_equal(s.ip6.tclass, 0x28);
    assert_int_not_equal(s.ip6.flow, 0);
    /* the MTU, to the byte */
    assert_int_equal(send_owned(&n, "10.0.0.2", 1480, true), IP_OUT_QUEUED);
    assert_int_equal(send_owned(&n, "10.0.0.2", 1481, true), -EMSGSIZE);
    assert_int_equal(send_owned(&n, "2001:db8::2", 1460, true), IP_OUT_QUEUED);
    assert_int_equal(send_owned(&n, "2001:db8::2", 1461, true), -EMSGSIZE);
    assert_int_equal(n.env.drop[INL_DROP_TOO_BIG], 2);
    while (net_take(&n, ETH0, &s)) {
    }
    /* groups */
    assert_int_equal(send_owned(&n, "255.255.255.255", 8, false), IP_OUT_QUEUED);
    assert_int_equal(send_owned(&n, "10.0.0.255", 8, false), IP_OUT_QUEUED);
    for (int i = 0; i < 2; i++) {
        assert_true(net_take(&n, ETH0, &s));
        assert_memory_equal(s.eth.dst, MAC_ALL, 6);
    }
    send_owned(&n, "224.129.2.3", 8, false);
    assert_true(net_take(&n, ETH0, &s));
    assert_memory_equal(s.eth.dst, ((uint8_t[]){1, 0, 0x5e, 1, 2, 3}), 6);
    send_owned(&n, "ff02::1:2", 8, false);
    assert_true(net_take(&n, ETH0, &s));
    assert_memory_equal(s.eth.dst, ((uint8_t[]){0x33, 0x33, 0, 1, 0, 2}), 6);
    net_stop(&n);
}

/* A driver's buffer: the frame is complete in it, or a copy waits. */
static void test_borrowed(void **state) {
    static uint8_t buf[1600];
    struct net n;
    struct pkt p;
    struct frame f;
    struct seen s;
    struct inl_addr dst = addr("10.0.0.2");
    struct ip_path path;
    struct ip_tx tx = {
        .dst = dst, .path = &path, .proto = IP_PROTO_TCP, .owner = 5, .cause = INL_CAUSE_TCP_DATA};

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_path_find(n.ip, &dst, &NONE, 0, &path), 0);
    /* not resolved: a copy waits, the buffer is the caller's again */
    pkt_borrow(&p, buf, sizeof(buf), path.headroom_bytes);
    p.link = ETH0;
    memset(pkt_put(&p, 100), 0x33, 100);
    assert_int_equal(ip_out(n.ip, &p, &tx), IP_OUT_QUEUED);
    memset(buf, 0xee, sizeof(buf));
    assert_true(net_take(&n, ETH0, &s)); /* the ARP request */
    frame_arp(&f, ARP_REPLY, "10.0.0.2", MAC_PEER, "10.0.0.1");
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.len, 134);
    assert_int_equal(s.b[34], 0x33);
    assert_int_equal(s.b[133], 0x33);
    net_stop(&n);

    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(ip_path_find(n.ip, &dst, &NONE, 0, &path), 0);
    pkt_borrow(&p, buf, sizeof(buf), path.headroom_bytes);
    p.link = ETH0;
    memset(pkt_put(&p, 100), 0x33, 100);
    assert_int_equal(ip_out(n.ip, &p, &tx), IP_OUT_PLACED);
    assert_int_equal(p.off, 0);
    assert_int_equal(p.len, 134);
    assert_int_equal(p.owner, 5);
    assert_int_equal(p.cause, INL_CAUSE_TCP_DATA);
    assert_memory_equal(buf, MAC_PEER, 6);
    assert_true(net_idle(&n));
    /* the driver of another link */
    pkt_borrow(&p, buf, sizeof(buf), path.headroom_bytes);
    p.link = ETH1;
    memset(pkt_put(&p, 100), 0x33, 100);
    assert_int_equal(ip_out(n.ip, &p, &tx), IP_OUT_QUEUED);
    memset(buf, 0xee, sizeof(buf));
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.len, 134);
    assert_int_equal(s.b[34], 0x33);
    /* too little headroom */
    pkt_borrow(&p, buf, sizeof(buf), 4);
    p.link = ETH0;
    memset(pkt_put(&p, 100), 0x33, 100);
    assert_int_equal(ip_out(n.ip, &p, &tx), IP_OUT_QUEUED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.len, 134);
    /* a path that is out of date: the packet goes where the new route leads */
    add_route(&n, "10.0.0.2", 32, "192.168.5.9", ETH1, 0, 0);
    pkt_borrow(&p, buf, sizeof(buf), path.headroom_bytes);
    p.link = ETH0;
    memset(pkt_put(&p, 100), 0x33, 100);
    assert_int_equal(ip_out(n.ip, &p, &tx), IP_OUT_QUEUED);
    assert_false(net_take(&n, ETH0, &s));
    assert_true(net_take(&n, ETH1, &s));
    assert_int_equal(s.eth.type, ETH_TYPE_ARP);
    net_stop(&n);
}

static void test_queue_limit(void **state) {
    struct net n;
    int sent = 0;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    while (send_owned(&n, "10.0.0.2", 10, true) == IP_OUT_QUEUED) {
        sent++;
    }
    assert_int_equal(sent, 512);
    assert_int_equal(send_owned(&n, "10.0.0.2", 10, true), -ENOBUFS);
    assert_int_equal(n.env.drop[INL_DROP_TX_QUEUE_FULL], 2);
    net_stop(&n);
}

static void test_loopback(void **state) {
    static const char *const own[] = {"127.0.0.1", "127.4.5.6",     "10.0.0.1",
                                      "::1",       "2001:db8:5::1", "fe80::ff:fe00:1"};
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (int i = 0; i < 6; i++) {
        struct pkt *p;
        struct inl_addr a = addr(own[i]);

        assert_int_equal(send_owned(&n, own[i], 50, true), IP_OUT_QUEUED);
        p = ip_txq_pop(n.ip, 0);
        assert_non_null(p);
        assert_int_equal(ip_rx_frame(n.ip, 0, pkt_data(p), p->len, NULL), INL_DROP_NONE);
        pkt_free(p);
        assert_int_equal(n.inputs, i + 1);
        assert_true(inl_addr_eq(&n.rx.dst, &a));
        assert_true(inl_addr_eq(&n.rx.src, &a));
    }
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* ---- forwarding ---- */

static void resolve_eth1(struct net *n) {
    const struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT,
                              .target = addr("2001:db8:5::1"),
                              .source_ll = {2, 0, 0, 0, 0, 9},
                              .has_source_ll = true};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;
    struct seen s;

    frame_arp(&f, ARP_REQUEST, "192.168.5.9", MAC_OTHER, "192.168.5.1");
    frame_to(&f, MAC_HOST1);
    assert_int_equal(net_feed(n, ETH1, &f), INL_DROP_NONE);
    h.src = addr("2001:db8:5::9");
    h.dst = addr("2001:db8:5::1");
    h.hop_limit = 255;
    frame_nd(&f, h, &ns);
    frame_to(&f, MAC_HOST1);
    assert_int_equal(net_feed(n, ETH1, &f), INL_DROP_NONE);
    assert_true(net_take(n, ETH1, &s));
    assert_true(net_take(n, ETH1, &s));
}

static void test_forward(void **state) {
    struct net n;
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_TCP);
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    resolve_eth1(&n);
    for (unsigned ttl = 2; ttl < 256; ttl++) { /* the checksum is right each time: net_take() */
        h.dst = addr("192.168.5.9");
        h.ttl = (uint8_t)ttl;
        h.id = (uint16_t)(ttl * 257);
        frame_ip4(&f, h, DATA, sizeof(DATA));
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
        assert_true(net_take(&n, ETH1, &s));
        assert_int_equal(s.ip4.ttl, ttl - 1);
        assert_memory_equal(s.eth.dst, MAC_OTHER, 6);
        assert_memory_equal(s.eth.src, MAC_HOST1, 6);
        assert_memory_equal(rd_ptr(&s.ip4.payload), DATA, sizeof(DATA));
        assert_int_equal(s.cause, INL_CAUSE_FORWARDED);
    }
    h6.dst = addr("2001:db8:5::9");
    frame_ip6(&f, h6, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH1, &s));
    assert_int_equal(s.ip6.hop_limit, 63);
    h.mf = true; /* fragments pass */
    h.ttl = 9;
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH1, &s));
    assert_true(s.ip4.mf);
    assert_int_equal(n.inputs, 0);
    assert_true(net_idle(&n));
    net_stop(&n);
    net_start(&n, 0); /* a host does not (RFC 1122 3.1) */
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    frame_ip6(&f, h6, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* A SYN, its MSS option behind `nops` NOPs; the checksum is right. */
static size_t make_syn(uint8_t *seg, const struct inl_addr *src, const struct inl_addr *dst,
                       unsigned nops, uint16_t mss, uint8_t flags) {
    size_t len = 20 + (nops + 4 + 3) / 4 * 4;
    uint16_t sum;

    memset(seg, 0, len);
    seg[0] = 0x12;
    seg[3] = 80;
    seg[12] = (uint8_t)(len / 4 << 4);
    seg[13] = flags;
    memset(seg + 20, 1, nops);
    seg[20 + nops] = 2;
    seg[21 + nops] = 4;
    seg[22 + nops] = (uint8_t)(mss >> 8);
    seg[23 + nops] = (uint8_t)mss;
    sum = csum_fold(csum_add(l4_pseudo_csum(src, dst, IP_PROTO_TCP, (uint32_t)len), seg, len));
    seg[16] = (uint8_t)(sum >> 8);
    seg[17] = (uint8_t)sum;
    return len;
}

/* The MSS that comes out, the checksum still right. */
static unsigned mss_through(struct net *n, bool v6, unsigned nops, uint16_t mss, uint8_t flags) {
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_TCP);
    const uint8_t *seg;
    uint8_t buf[40];
    struct frame f;
    struct seen s;
    struct rd r;

    h.dst = addr("192.168.5.9");
    h6.dst = addr("2001:db8:5::9");
    if (v6) {
        frame_ip6(&f, h6, buf, make_syn(buf, &h6.src, &h6.dst, nops, mss, flags));
    } else {
        frame_ip4(&f, h, buf, make_syn(buf, &h.src, &h.dst, nops, mss, flags));
    }
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(n, ETH1, &s));
    r = v6 ? s.ip6.payload : s.ip4.payload;
    assert_true(v6 ? l4_csum_ok(&h6.src, &h6.dst, IP_PROTO_TCP, r)
                   : l4_csum_ok(&h.src, &h.dst, IP_PROTO_TCP, r));
    seg = rd_ptr(&r);
    return (unsigned)(seg[22 + nops] << 8 | seg[23 + nops]);
}

static void test_mss_clamp(void **state) {
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD | NET_MSS_CLAMP);
    net_resolve(&n);
    resolve_eth1(&n);
    for (unsigned nops = 0; nops < 4; nops++) { /* at even and at odd places */
        assert_int_equal(mss_through(&n, false, nops, 8960, 0x02), 1460);
        assert_int_equal(mss_through(&n, false, nops, 1461, 0x12), 1460);
        assert_int_equal(mss_through(&n, false, nops, 1460, 0x02), 1460);
        assert_int_equal(mss_through(&n, false, nops, 536, 0x02), 536);
        assert_int_equal(mss_through(&n, false, nops, 8960, 0x10), 8960); /* no SYN */
        assert_int_equal(mss_through(&n, true, nops, 8940, 0x02), 1440);
        assert_int_equal(mss_through(&n, true, nops, 1440, 0x12), 1440);
    }
    net_stop(&n);
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    resolve_eth1(&n);
    assert_int_equal(mss_through(&n, false, 0, 8960, 0x02), 8960);
    net_stop(&n);
}

/* Any bytes at all: nothing but an MSS changes, and nothing beyond the end is touched. */
static void test_mss_clamp_garbage(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        for (unsigned len = 0; len <= 40; len++) {
            uint8_t *seg = malloc(len ? len : 1);
            uint8_t was[40];

            for (unsigned i = 0; i < len; i++) {
                seg[i] = i == 12 ? (uint8_t)(kind << 4) : i == 13 ? 2 : (uint8_t)(kind + i % 3);
            }
            memcpy(was, seg, len);
            if (!tcp_clamp_mss(seg, len, 100, false)) {
                assert_memory_equal(seg, was, len);
            }
            free(seg);
        }
    }
}

static void test_forward_errors(void **state) {
    static uint8_t big[1400];
    const struct inl_link_config small = {.kind = INL_LINK_IP, .name = "tun", .mtu_bytes = 1280};
    struct net n;
    struct ip4_hdr h = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_TCP);
    struct inl_addr want = addr("10.0.0.1");
    struct frame f;
    struct seen s;
    int tun;

    (void)state;
    net_start(&n, NET_FORWARD);
    net_resolve(&n);
    tun = ip_link_add(n.ip, &small);
    assert_true(tun > 0);
    add_route(&n, "172.16.0.0", 12, NULL, tun, 0, 0);
    add_route(&n, "2001:db8:99::", 48, NULL, tun, 0, 0);
    h.dst = addr("192.168.5.9"); /* TTL used up, answered from the side that it came from */
    h.ttl = 1;
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_TIME_EXCEEDED);
    assert_true(inl_addr_eq(&s.ip4.src, &want));
    assert_int_equal(s.cause, INL_CAUSE_ICMP_TIME_EXCEEDED);
    h6.dst = addr("2001:db8:5::9");
    h6.hop_limit = 1;
    frame_ip6(&f, h6, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TTL_EXCEEDED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_TIME_EXCEEDED);
    /* too large for the next link */
    h.ttl = h6.hop_limit = 9;
    h.dst = addr("172.16.0.9");
    h.df = true;
    frame_ip4(&f, h, big, sizeof(big));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TOO_BIG);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.code, ICMP4_UNREACH_FRAG_NEEDED);
    assert_int_equal(s.icmp4.mtu_bytes, 1280);
    h6.dst = addr("2001:db8:99::9");
    frame_ip6(&f, h6, big, sizeof(big));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_TOO_BIG);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_TOO_BIG);
    assert_int_equal(s.icmp6.mtu_bytes, 1280);
    frame_ip6(&f, h6, big, 1240);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, tun, &s));
    /* no route */
    del_route(&n, "0.0.0.0", 0, "10.0.0.254", ETH0, 0);
    del_route(&n, "::", 0, "2001:db8::fe", ETH0, 0);
    h.dst = addr("8.8.8.8");
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NO_ROUTE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.code, ICMP4_UNREACH_NET);
    h6.dst = addr("2001:4860::8");
    frame_ip6(&f, h6, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NO_ROUTE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.code, ICMP6_UNREACH_NO_ROUTE);
    /* nobody there: host unreachable to the sender, nothing to our transports */
    h.dst = addr("192.168.5.77");
    frame_ip4(&f, h, DATA, sizeof(DATA));
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    net_advance(&n, 3 * INL_S);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_UNREACH);
    assert_int_equal(s.icmp4.code, ICMP4_UNREACH_HOST);
    assert_true(inl_addr_eq(&s.ip4.dst, &h.src));
    assert_int_equal(n.errors, 0);
    net_stop(&n);
}

/* Every allocation fails once: a clean result, nothing leaked (net_stop() checks). */
static void test_no_memory(void **state) {
    struct net n;
    struct frame f;
    struct seen s;

    (void)state;
    for (int64_t k = 0; k < 12; k++) {
        net_start(&n, NET_FORWARD);
        mem_fail_after(&n.env.mem, k);
        send_owned(&n, "2001:db8:5::77", 10, true);
        frame_arp(&f, ARP_REQUEST, "10.0.0.2", MAC_PEER, "10.0.0.1");
        net_feed(&n, ETH0, &f);
        frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), (struct icmp4_msg){.type = ICMP4_ECHO_REQUEST});
        net_feed(&n, ETH0, &f);
        frame_ip4(&f, hdr4(99), DATA, sizeof(DATA));
        net_feed(&n, ETH0, &f);
        net_advance(&n, 20 * INL_S);
        while (net_take(&n, ETH0, &s) || net_take(&n, ETH1, &s)) {
        }
        net_stop(&n);
    }
}

/* ip_new() itself, and configuration: fail the k-th until none fails. */
static void test_no_memory_setup(void **state) {
    static const uint8_t seed[16];
    const struct inl_alloc alloc = inl_malloc();
    const struct inl_link_config eth = {
        .kind = INL_LINK_ETHERNET, .mtu_bytes = 1500, .mac = {2, 0, 0, 0, 0, 1}};
    struct inl_addr a = addr("10.0.0.1");
    struct inl_config config;
    bool failed = true;

    (void)state;
    net_config(&config, 0);
    for (int64_t k = 0; failed; k++) {
        struct env *env = malloc(sizeof(*env));
        struct ip *ip = NULL;

        env_init(env, &alloc, 0, seed, (inl_time){0});
        mem_fail_after(&env->mem, k);
        failed = ip_new(env, &config, &ip) != 0;
        if (!failed) {
            int link = ip_link_add(ip, &eth);

            failed = link < 0 || ip_addr_add(ip, link, &a, 24) != 0;
            assert_true(!failed || ip_link_add(ip, &eth) > 0); /* the next try works */
        }
        ip_free(ip);
        assert_int_equal(env->mem.used_bytes, 0);
        free(env);
        assert_true(k < 100);
    }
}

static void test_links(void **state) {
    struct net n;
    struct inl_link_config c = {.kind = INL_LINK_ETHERNET, .mtu_bytes = 1500, .mac = {3}};

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_link_add(n.ip, &c), -EINVAL); /* a group's address */
    c.mac[0] = 0;
    assert_int_equal(ip_link_add(n.ip, &c), -EINVAL);
    c.mac[0] = 2;
    c.mtu_bytes = 67;
    assert_int_equal(ip_link_add(n.ip, &c), -EINVAL);
    c.mtu_bytes = 65536;
    assert_int_equal(ip_link_add(n.ip, &c), -EINVAL);
    c.mtu_bytes = 65535;
    c.kind = INL_LINK_LOOPBACK;
    assert_int_equal(ip_link_add(n.ip, &c), -EINVAL);
    c.kind = INL_LINK_IP;
    for (int i = 3; i < INL_LINKS_MAX; i++) {
        assert_int_equal(ip_link_add(n.ip, &c), i);
    }
    assert_int_equal(ip_link_add(n.ip, &c), -ENOSPC);
    assert_int_equal(ip_link_set_up(n.ip, 16, false), -ENODEV);
    assert_int_equal(ip_link_mtu(n.ip, 3), 65535);
    assert_false(ip_link_exists(n.ip, -1));
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_routes_model),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_borrowed),
        cmocka_unit_test(test_queue_limit),
        cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_mss_clamp),
        cmocka_unit_test(test_mss_clamp_garbage),
        cmocka_unit_test(test_forward_errors),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_setup),
        cmocka_unit_test(test_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
