/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.c - the harness of the tests of ip/ and udp/ (see net.h)
 */
#include "net.h"
#include "wire/ra.h"

#include "base/csum.h"

#include <inlet/malloc.h>

const uint8_t MAC_HOST[6] = {2, 0, 0, 0, 0, 1};
const uint8_t MAC_HOST1[6] = {2, 0, 0, 0, 1, 1};
const uint8_t MAC_PEER[6] = {2, 0, 0, 0, 0, 2};
const uint8_t MAC_OTHER[6] = {2, 0, 0, 0, 0, 9};
const uint8_t MAC_ALL[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct inl_addr addr(const char *text) {
    struct inl_addr a;

    assert_int_equal(inl_addr_parse(text, &a), 0);
    return a;
}

static enum inl_drop transport_input(void *ctx, const struct ip_rx *rx) {
    struct net *n = ctx;

    n->inputs++;
    n->rx = *rx;
    n->payload_len = rd_left(&rx->payload);
    if (n->payload_len > 0) {
        memcpy(n->payload, rd_ptr(&rx->payload), n->payload_len);
    }
    return INL_DROP_NONE;
}

static enum inl_drop transport_error(void *ctx, const struct ip_err *err) {
    struct net *n = ctx;
    size_t len = rd_left(&err->quoted);

    n->errors++;
    n->err = *err;
    memcpy(n->quoted, rd_ptr(&err->quoted), len < 64 ? len : 64);
    return INL_DROP_NONE;
}

void net_config(struct inl_config *config, unsigned flags) {
    memset(config, 0, sizeof(*config));
    config->max_neighbours = 32;
    config->groups = (struct inl_group_config){
        .max_per_socket = 4, .max_per_link = 300, .max_sources = 8}; /* silent: report is false */
    config->dad_transmits = 1;
    config->reass_bytes = 256 << 10;
    config->reass_source_bytes = 128 << 10;
    config->reass_datagrams = 40;
    config->reass_source_datagrams = 20;
    config->reass_timeout_ns = 60 * INL_S;
    config->max_paths = 8;
    config->tcp.min_pmtu_bytes = 576;
    config->udp_rcvbuf_bytes = 4096;
    config->port_first = 49152;
    config->port_last = 65535;
    config->ttl = 64;
    config->icmp = (struct inl_icmp_config){.echo = true,
                                            .echo_multicast = true,
                                            .accept_redirects6 = true,
                                            .send_redirects = true,
                                            .max_redirects = 4};
    config->forward = flags & NET_FORWARD;
    config->mss_clamp = flags & NET_MSS_CLAMP;
    config->transparent = flags & NET_TRANSPARENT;
}

static void add_link(struct net *n, const uint8_t mac[6], enum inl_link_kind kind, const char *a4,
                     const char *a6) {
    struct inl_link_config c = {.kind = kind, .name = "eth", .mtu_bytes = 1500};
    struct inl_addr a;
    int link;

    memcpy(c.mac, mac, 6);
    link = ip_link_add(n->ip, &c);
    assert_true(link > 0);
    a = addr(a4);
    assert_int_equal(ip_addr_add(n->ip, link, &a, 24), 0);
    a = addr(a6);
    assert_int_equal(ip_addr_add(n->ip, link, &a, 64), 0);
}

void net_start(struct net *n, unsigned flags) {
    static const uint8_t seed[16] = "seed of a test";
    const struct inl_alloc alloc = inl_malloc();
    const struct ip_proto proto = {transport_input, transport_error, n};
    struct inl_config config;
    struct inl_route r4 = {.gateway = addr("10.0.0.254"), .link = ETH0};
    struct inl_route r6 = {.gateway = addr("2001:db8::fe"), .link = ETH0};

    memset(n, 0, sizeof(*n));
    env_init(&n->env, &alloc, 0, seed, (inl_time){1000});
    net_config(&config, flags);
    assert_int_equal(ip_new(&n->env, &config, &n->ip), 0);
    add_link(n, MAC_HOST, flags & NET_BARE ? INL_LINK_IP : INL_LINK_ETHERNET, "10.0.0.1",
             "2001:db8::1");
    add_link(n, MAC_HOST1, INL_LINK_ETHERNET, "192.168.5.1", "2001:db8:5::1");
    r4.dst = inl_addr_any4();
    r6.dst = inl_addr_any6();
    assert_int_equal(ip_route_add(n->ip, &r4), 0);
    assert_int_equal(ip_route_add(n->ip, &r6), 0);
    ip_proto_set(n->ip, IP_PROTO_TCP, &proto);
}

void net_stop(struct net *n) {
    ip_free(n->ip);
    assert_int_equal(n->env.mem.used_bytes, 0);
    assert_int_equal(n->env.wheel.count, 0);
}

void net_advance(struct net *n, inl_dur by) {
    inl_time end = inl_time_add(n->env.now, by);
    struct timer *t;

    while ((t = wheel_pop(&n->env.wheel, end)) != NULL) {
        if (inl_time_before(n->env.now, t->due)) {
            n->env.now = t->due;
        }
        ip_timer(n->ip, t);
    }
    n->env.now = end;
}

enum inl_drop net_feed_bytes(struct net *n, int link, const uint8_t *b, size_t len) {
    uint8_t *exact = malloc(len ? len : 1);
    enum inl_drop why;

    memcpy(exact, b, len);
    why = ip_rx_frame(n->ip, link, len ? exact : NULL, len, NULL);
    if (n->inputs && n->rx.packet) { /* whatever a test wants to see of it must be seen here */
        n->rx.packet = NULL;
        n->rx.payload = rd_init(NULL, 0);
    }
    free(exact);
    return why;
}

enum inl_drop net_feed(struct net *n, int link, const struct frame *f) {
    return net_feed_bytes(n, link, f->b, f->len);
}

static void see_ip4(struct seen *s, struct rd r) {
    const uint8_t *start = rd_ptr(&r);

    assert_int_equal(ip4_parse(&r, &s->ip4), INL_DROP_NONE);
    assert_true(ip4_csum_ok(start, s->ip4.hdr_len_bytes));
    r = s->ip4.payload;
    if (ip4_is_fragment(&s->ip4)) {
        return;
    }
    if (s->ip4.proto == IP_PROTO_ICMP4) {
        assert_true(icmp4_csum_ok(r));
        assert_int_equal(icmp4_parse(&r, &s->icmp4), INL_DROP_NONE);
    } else if (s->ip4.proto == IP_PROTO_UDP) {
        assert_true(udp_csum_ok(&s->ip4.src, &s->ip4.dst, r));
        assert_int_equal(udp_parse(&r, &s->udp), INL_DROP_NONE);
    }
}

static void see_ip6(struct seen *s, struct rd r) {
    assert_int_equal(ip6_parse(&r, &s->ip6), INL_DROP_NONE);
    r = s->ip6.payload;
    if (s->ip6.next == IP_PROTO_ICMP6) { /* not what begins with a fragment header */
        assert_true(l4_csum_ok(&s->ip6.src, &s->ip6.dst, IP_PROTO_ICMP6, r));
        assert_int_equal(icmp6_parse(&r, &s->icmp6), INL_DROP_NONE);
        if (s->icmp6.type >= ICMP6_ROUTER_SOLICIT && s->icmp6.type <= ICMP6_REDIRECT) {
            assert_int_equal(nd_parse(&s->icmp6, &s->nd), INL_DROP_NONE);
        }
    } else if (s->ip6.next == IP_PROTO_UDP) {
        assert_true(udp_csum_ok(&s->ip6.src, &s->ip6.dst, r));
        assert_int_equal(udp_parse(&r, &s->udp), INL_DROP_NONE);
    }
}

bool net_take(struct net *n, int link, struct seen *s) {
    struct pkt *p = ip_txq_pop(n->ip, link);
    struct rd r;

    if (!p) {
        return false;
    }
    memset(s, 0, sizeof(*s));
    assert_true(p->len <= sizeof(s->b));
    memcpy(s->b, pkt_data(p), p->len);
    s->len = p->len;
    s->cause = p->cause;
    pkt_free(p);
    r = rd_init(s->b, s->len);
    if (ip_link_kind(n->ip, link) == INL_LINK_ETHERNET) {
        assert_int_equal(eth_parse(&r, &s->eth), INL_DROP_NONE);
    } else {
        s->eth.type = s->b[0] >> 4 == 4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6;
    }
    switch (s->eth.type) {
    case ETH_TYPE_ARP:
        assert_int_equal(arp_parse(&r, &s->arp), INL_DROP_NONE);
        break;
    case ETH_TYPE_IP4:
        see_ip4(s, r);
        break;
    case ETH_TYPE_IP6:
        see_ip6(s, r);
        break;
    default:
        fail();
    }
    return true;
}

enum inl_drop net_feed_ra(struct net *n, const char *src, const struct inl_ra_config *c) {
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    uint8_t b[1024], mac[6] = {2};
    struct wr w = wr_init(b, sizeof(b));
    struct frame f;

    h.src = addr(src);
    h.dst = addr("ff02::1");
    h.hop_limit = 255;
    mac[5] = h.src.b[15];
    ra_emit(&w, c, mac, false, &h.src, &h.dst);
    assert_false(w.bad);
    frame_ip6(&f, h, b, wr_len(&w));
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    return net_feed(n, ETH0, &f);
}

bool net_idle(struct net *n) {
    for (int i = 0; i < INL_LINKS_MAX; i++) {
        if (ip_txq_pending(n->ip, i)) {
            return false;
        }
    }
    return true;
}

void net_resolve(struct net *n) {
    const struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT,
                              .target = addr("2001:db8::1"),
                              .source_ll = {2, 0, 0, 0, 0, 2},
                              .has_source_ll = true};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;
    struct seen s;

    frame_arp(&f, ARP_REQUEST, "10.0.0.2", MAC_PEER, "10.0.0.1");
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(n, ETH0, &s));
    h.hop_limit = 255;
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(n, ETH0, &s));
    assert_true(net_idle(n));
}

/* ---- building frames ---- */

static struct wr frame_begin(struct frame *f, uint16_t type) {
    struct eth_hdr h = {.type = type};
    struct wr w = wr_init(f->b, sizeof(f->b));

    memcpy(h.dst, MAC_HOST, 6);
    memcpy(h.src, MAC_PEER, 6);
    eth_emit(&w, &h);
    return w;
}

static void frame_end(struct frame *f, const struct wr *w) {
    assert_false(w->bad);
    f->len = wr_len(w);
}

void frame_to(struct frame *f, const uint8_t dst[6]) {
    memcpy(f->b, dst, 6);
}

void frame_arp(struct frame *f, uint16_t op, const char *spa, const uint8_t sha[6],
               const char *tpa) {
    struct wr w = frame_begin(f, ETH_TYPE_ARP);
    struct arp_msg m = {.op = op, .spa = addr(spa), .tpa = addr(tpa)};

    memcpy(m.sha, sha, 6);
    arp_emit(&w, &m);
    frame_end(f, &w);
}

struct ip4_hdr hdr4(uint8_t proto) {
    return (struct ip4_hdr){
        .src = addr("10.0.0.2"), .dst = addr("10.0.0.1"), .ttl = 64, .proto = proto};
}

struct ip6_hdr hdr6(uint8_t next) {
    return (struct ip6_hdr){
        .src = addr("2001:db8::2"), .dst = addr("2001:db8::1"), .hop_limit = 64, .next = next};
}

void frame_ip4(struct frame *f, struct ip4_hdr h, const void *payload, size_t len) {
    struct wr w = frame_begin(f, ETH_TYPE_IP4);

    h.total_len_bytes = (uint16_t)(ip4_hdr_len(&h) + len);
    ip4_emit(&w, &h);
    wr_put(&w, payload, len);
    frame_end(f, &w);
}

void frame_ip6(struct frame *f, struct ip6_hdr h, const void *payload, size_t len) {
    struct wr w = frame_begin(f, ETH_TYPE_IP6);

    h.payload_len_bytes = (uint16_t)len;
    ip6_emit(&w, &h);
    wr_put(&w, payload, len);
    frame_end(f, &w);
}

void frame_icmp4(struct frame *f, struct ip4_hdr h, struct icmp4_msg m) {
    uint8_t b[2048];
    struct wr w = wr_init(b, sizeof(b));

    if (!inl_addr_is4(&m.gateway)) {
        m.gateway = inl_addr_any4();
    }
    icmp4_emit(&w, &m);
    assert_false(w.bad);
    frame_ip4(f, h, b, wr_len(&w));
}

void frame_icmp6(struct frame *f, struct ip6_hdr h, struct icmp6_msg m) {
    uint8_t b[2048];
    struct wr w = wr_init(b, sizeof(b));

    icmp6_emit(&w, &m, &h.src, &h.dst);
    assert_false(w.bad);
    frame_ip6(f, h, b, wr_len(&w));
}

void frame_nd(struct frame *f, struct ip6_hdr h, const struct nd_msg *m) {
    uint8_t b[256];
    struct wr w = wr_init(b, sizeof(b));

    nd_emit(&w, m, &h.src, &h.dst);
    assert_false(w.bad);
    frame_ip6(f, h, b, wr_len(&w));
}

void frame_udp(struct frame *f, const char *src, uint16_t sport, const char *dst, uint16_t dport,
               const void *data, size_t len) {
    struct ip4_hdr h4 = hdr4(IP_PROTO_UDP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_UDP);
    struct inl_addr s = addr(src), d = addr(dst);
    struct udp_hdr u = {.sport = sport, .dport = dport, .len_bytes = (uint16_t)(8 + len)};
    uint8_t b[2048];
    struct wr w = wr_init(b, sizeof(b));

    udp_emit(&w, &u);
    wr_put(&w, data, len);
    assert_false(w.bad);
    wr_set_be16(
        &w, 6,
        udp_csum_field(csum_add(l4_pseudo_csum(&s, &d, IP_PROTO_UDP, u.len_bytes), b, wr_len(&w))));
    if (inl_addr_is4(&d)) {
        h4.src = s;
        h4.dst = d;
        frame_ip4(f, h4, b, wr_len(&w));
    } else {
        h6.src = s;
        h6.dst = d;
        frame_ip6(f, h6, b, wr_len(&w));
    }
}
