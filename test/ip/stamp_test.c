/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp_test.c - finished headers (src/ip/stamp.h) say what the long way would say
 *
 * Two hosts that are the same but for that one of them takes the long ways send the same datagrams
 * from the same sockets. In between everything happens that a stamp depends on: neighbours get
 * other addresses, fall silent and go; routes, addresses, links and MTUs change; so do options,
 * peers and owners of the sockets; errors come in. Results, frames, owners and counters have to
 * agree.
 */
#include "net.h"

#include "base/rng.h"
#include "ip/ports.h"
#include "ip/sent.h"
#include "ip/stamp.h"
#include "udp/internal.h"

#define ROUNDS 20000
#define SOCKETS 4

struct host {
    struct net n;
    struct ports *ports;
    struct udp *udp;
    struct udp_pcb *pcb[SOCKETS];
};

struct twins {
    struct host h[2]; /* the second takes the long ways */
    struct rng rng;
    int stamped;
};

static const char *const peers4[] = {"10.0.0.2",   "10.0.0.2", "8.8.8.8",
                                     "10.0.0.255", "10.0.0.1", "224.0.0.9"};
static const char *const peers6[] = {"2001:db8::2", "2001:db8::2", "2001:db8:9::9", "fe80::2"};

static uint32_t below(struct twins *t, uint32_t n) {
    return (uint32_t)rng_below(&t->rng, n);
}

static struct inl_sockaddr peer_of(struct twins *t, bool v6) {
    return (struct inl_sockaddr){.addr = addr(v6 ? peers6[below(t, 4)] : peers4[below(t, 6)]),
                                 .port = (uint16_t)(7 + below(t, 2)),
                                 .scope = v6 ? ETH0 : 0};
}

/* Sockets 0 and 1 speak IPv4, the others IPv6. */
static void host_start(struct host *h, unsigned flags) {
    struct inl_config config;
    struct ip_proto proto = {udp_input, udp_error, NULL};

    net_start(&h->n, flags);
    net_config(&config, flags);
    assert_int_equal(ports_new(&h->n.env, &config, &h->ports), 0);
    assert_int_equal(udp_new(&h->n.env, h->n.ip, h->ports, &config, IP_PROTO_UDP, &h->udp), 0);
    proto.ctx = h->udp;
    ip_proto_set(h->n.ip, IP_PROTO_UDP, &proto);
    for (int i = 0; i < SOCKETS; i++) {
        struct inl_addr any = i < 2 ? inl_addr_any4() : inl_addr_any6();
        struct port_bind *bind;

        assert_int_equal(udp_pcb_new(h->udp, NULL, &h->pcb[i]), 0);
        assert_int_equal(ports_bind(h->ports, IP_PROTO_UDP, &any, (uint16_t)(5000 + i), 0, &bind),
                         0);
        udp_bind(h->udp, h->pcb[i], bind);
    }
    if (!(flags & NET_BARE)) {
        net_resolve(&h->n);
    }
}

static void host_stop(struct host *h) {
    udp_free(h->udp);
    ports_free(h->ports);
    net_stop(&h->n);
}

static void expect_same_frames(struct twins *t) {
    for (int link = 0; link <= ETH1; link++) {
        struct pkt *a, *b;

        while ((a = ip_txq_pop(t->h[0].n.ip, link)) != NULL) {
            b = ip_txq_pop(t->h[1].n.ip, link);
            assert_non_null(b);
            assert_int_equal(a->len, b->len);
            assert_memory_equal(pkt_data(a), pkt_data(b), a->len);
            assert_true(a->cause == b->cause && a->owner == b->owner && a->flags == b->flags);
            pkt_free(a);
            pkt_free(b);
        }
        assert_null(ip_txq_pop(t->h[1].n.ip, link));
    }
}

static void expect_same_neigh(const struct net *a, const struct net *b, const char *of) {
    const struct inl_addr who = addr(of);
    const struct neigh *x = ip_neigh_get(a->ip, ETH0, &who);
    const struct neigh *y = ip_neigh_get(b->ip, ETH0, &who);

    assert_true((x != NULL) == (y != NULL));
    assert_true(!x ||
                (x->state == y->state && x->used == y->used && x->touched.ns == y->touched.ns));
}

static void expect_same(struct twins *t) {
    struct net *a = &t->h[0].n, *b = &t->h[1].n;

    expect_same_frames(t);
    expect_same_neigh(a, b, "10.0.0.2");
    expect_same_neigh(a, b, "2001:db8::2");
    assert_memory_equal(a->env.drop, b->env.drop, sizeof(a->env.drop));
    assert_memory_equal(a->ip->mibs, b->ip->mibs, sizeof(a->ip->mibs));
    assert_memory_equal(&a->ip->sent, &b->ip->sent, sizeof(a->ip->sent));
    assert_int_equal(t->h[0].udp->out_datagrams, t->h[1].udp->out_datagrams);
}

/* ---- what happens ---- */

static void feed(struct net *n, const struct frame *f) {
    (void)net_feed(n, ETH0, f);
}

/* The peer says who it is, or who it is now. */
static void event_mac(struct net *n, uint32_t which, const uint8_t mac[6]) {
    struct inl_addr peer = addr(which % 2 ? "2001:db8::2" : "10.0.0.2");
    struct frame f;

    switch (which / 2 % 4) {
    case 0:
        (void)ip_neigh_add(n->ip, ETH0, &peer, mac);
        break;
    case 1:
        (void)ip_neigh_del(n->ip, ETH0, &peer);
        break;
    case 2:
        frame_arp(&f, ARP_REQUEST, "10.0.0.2", mac, "10.0.0.1");
        feed(n, &f);
        break;
    default:
        frame_arp(&f, ARP_REPLY, "10.0.0.2", mac, "10.0.0.1");
        feed(n, &f);
        break;
    }
}

static void event_route(struct net *n, uint32_t which) {
    struct inl_route r = {
        .dst = addr("8.0.0.0"), .prefix_len_bits = 8, .gateway = addr("192.168.5.9"), .link = ETH1};

    if (which % 2) {
        (void)ip_route_add(n->ip, &r);
    } else {
        (void)ip_route_del(n->ip, &r);
    }
}

static void event_addr(struct net *n, uint32_t which) {
    struct inl_addr own = addr(which & 1 ? "2001:db8::1" : "10.0.0.1");

    if (which & 2) {
        (void)ip_addr_del(n->ip, ETH0, &own);
    } else {
        (void)ip_addr_add(n->ip, ETH0, &own, which & 1 ? 64 : 24);
    }
}

static void event_mtu(struct net *n, uint32_t which) {
    struct inl_addr dst = addr(which & 1 ? "2001:db8::2" : "10.0.0.2");

    if (which & 2) {
        ip_link_limit_mtu(n->ip, ETH0, 1280 + which);
    } else {
        ip_pmtu_learn(n->ip, &dst, 1280 + which);
    }
}

static void event_hops(struct net *n, uint32_t which) {
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct icmp6_msg m = {.type = ICMP6_ROUTER_ADVERT, .rest = (uint32_t)(1 + which % 9) << 24};
    const uint8_t times[8] = {0};
    struct frame f;

    h.src = addr("fe80::a");
    h.dst = addr("ff02::1");
    h.hop_limit = 255;
    m.data = rd_init(times, sizeof(times));
    frame_icmp6(&f, h, m);
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    feed(n, &f);
}

static void event_error(struct host *h, uint32_t which) {
    struct udp_pcb *pcb = h->pcb[which % 2];
    uint8_t quote[28] = {0x45, [3] = 28, [8] = 64, 17};
    struct icmp4_msg m = {.type = ICMP4_UNREACH, .code = ICMP4_UNREACH_PORT};
    struct frame f;

    memcpy(quote + 12, pcb->local.addr.b + 12, 4);
    memcpy(quote + 16, pcb->peer.addr.b + 12, 4);
    wr_store16(quote + 20, pcb->local.port);
    wr_store16(quote + 22, pcb->peer.port);
    wr_store16(quote + 24, 8);
    m.data = rd_init(quote, sizeof(quote));
    frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m);
    feed(&h->n, &f);
}

static void event_opts(struct host *h, uint32_t which, int nth) {
    struct msg_opts *o = udp_pcb_opts(h->pcb[nth]);

    switch (which % 6) {
    case 0:
        o->ttl = (uint8_t)which;
        break;
    case 1:
        o->tos = (uint8_t)which;
        break;
    case 2:
        o->pmtud = (uint8_t)(which / 6 % 4);
        break;
    case 3:
        o->no_check4 = which & 8;
        break;
    case 4:
        o->ip_opts_len = which & 8 ? 4 : 0;
        memset(o->ip_opts, 1, 4);
        break;
    default:
        o->broadcast = which & 8;
        break;
    }
}

static void event_peer(struct host *h, const struct inl_sockaddr *peer, bool away, int nth) {
    const struct inl_sockaddr nobody = {.port = 0};

    (void)udp_connect(h->udp, h->pcb[nth], away ? &nobody : peer);
}

static void event_link(struct net *n) {
    (void)ip_link_set_up(n->ip, ETH0, false);
    (void)ip_link_set_up(n->ip, ETH0, true);
    net_advance(n, 3 * INL_S); /* addresses are tried out */
}

/* One thing happens to both. */
static void event(struct twins *t) {
    uint32_t what = below(t, 12), which = below(t, 250);
    int nth = (int)below(t, SOCKETS);
    struct inl_sockaddr peer = peer_of(t, nth >= 2);
    inl_dur later = (inl_dur)below(t, 40) * (which < 20 ? 20 * INL_S : INL_S / 4);
    uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(2 + below(t, 3))};

    for (int i = 0; i < 2; i++) {
        struct host *h = &t->h[i];

        switch (what) {
        case 0:
        case 1:
            event_mac(&h->n, which, mac);
            break;
        case 2:
            event_route(&h->n, which);
            break;
        case 3:
            event_addr(&h->n, which);
            break;
        case 4:
            event_mtu(&h->n, which);
            break;
        case 5:
            event_hops(&h->n, which);
            break;
        case 6:
            event_error(h, which);
            break;
        case 7:
            event_opts(h, which, nth);
            break;
        case 8:
            event_peer(h, &peer, which < 50, nth);
            break;
        case 9:
            net_advance(&h->n, later);
            break;
        case 10:
            udp_pcb_set_owner(h->pcb[nth], which);
            break;
        default:
            if (which < 20) {
                event_link(&h->n);
            }
            break;
        }
    }
}

static void send_both(struct twins *t, int nth) {
    static const uint8_t data[1500] = "nothing in particular";
    size_t len = below(t, 4) ? below(t, 80) : below(t, sizeof(data));
    struct inl_sockaddr to = peer_of(t, nth >= 2);
    bool explicit_to = below(t, 3) == 0;
    int64_t n[2];

    for (int burst = (int)below(t, 4); burst >= 0; burst--) {
        for (int i = 0; i < 2; i++) {
            struct host *h = &t->h[i];

            n[i] = udp_send(h->udp, h->pcb[nth], data, len, explicit_to ? &to : NULL, NULL);
        }
        assert_int_equal(n[0], n[1]);
        t->stamped += t->h[0].pcb[nth]->stamp.gen != 0;
        expect_same(t);
    }
}

static struct twins *twins_start(unsigned flags) {
    static const uint8_t seed[16] = "twins";
    struct twins *t = calloc(1, sizeof(*t));

    rng_init(&t->rng, seed);
    for (int i = 0; i < 2; i++) {
        host_start(&t->h[i], flags);
        if (!(flags & NET_BARE)) {
            assert_int_equal(ip_autoconf_start(t->h[i].n.ip, ETH0, NULL), 0);
        }
    }
    ip_quick_set(t->h[1].n.ip, false);
    return t;
}

static void twins_stop(struct twins *t) {
    assert_int_equal(t->h[1].pcb[0]->stamp.gen, 0);
    host_stop(&t->h[0]);
    host_stop(&t->h[1]);
    free(t);
}

static void agrees(unsigned flags) {
    struct twins *t = twins_start(flags);

    for (int i = 0; i < ROUNDS; i++) {
        if (below(t, 4) == 0) {
            event(t);
            expect_same(t);
        }
        send_both(t, (int)below(t, SOCKETS));
    }
    assert_true(t->stamped > ROUNDS / 8);
    twins_stop(t);
}

static void test_agrees(void **state) {
    (void)state;
    agrees(0);
    agrees(NET_BARE);
}

/* The same from the first socket of both, to the peer that it has. */
static void both_send(struct twins *t, size_t len, int64_t want) {
    static const uint8_t data[1400];

    for (int i = 0; i < 2; i++) {
        struct host *h = &t->h[i];

        assert_int_equal(udp_send(h->udp, h->pcb[0], data, len, NULL, NULL), want);
    }
    expect_same(t);
}

/* Sends until the first of both has a stamp. */
static void both_stamped(struct twins *t) {
    for (int i = 0; i < 3; i++) {
        both_send(t, 1, 1);
    }
    assert_true(t->h[0].pcb[0]->stamp.gen == t->h[0].n.ip->gen + t->h[0].n.ip->stamp_gen);
}

/*
 * Who sends all the time sees the neighbour's entry grow old, be probed (nobody answers), and fail
 * at the very same moments; and what comes in between counts for the next datagram.
 */
static void test_moments(void **state) {
    const struct inl_sockaddr peer = {.addr = addr("10.0.0.2"), .port = 7};
    struct twins *t = twins_start(0);

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(udp_connect(t->h[i].udp, t->h[i].pcb[0], &peer), 0);
        ip_neigh_confirm(t->h[i].n.ip, &(struct ip_path){.link = ETH0, .next_hop = peer.addr});
    }
    for (int i = 0; i < 200; i++) {
        both_send(t, 1, 1);
        net_advance(&t->h[0].n, 300 * INL_MS);
        net_advance(&t->h[1].n, 300 * INL_MS);
        expect_same(t);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ip_neigh_add(t->h[i].n.ip, ETH0, &peer.addr, MAC_PEER), 0);
    }
    both_stamped(t);
    event_error(&t->h[0], 0);
    event_error(&t->h[1], 0);
    both_send(t, 1, -ECONNREFUSED);
    both_stamped(t);
    both_send(t, 1400, 1400);
    for (int i = 0; i < 2; i++) {
        ip_pmtu_learn(t->h[i].n.ip, &peer.addr, 1300);
    }
    both_send(t, 1400, 1400); /* in two pieces */
    both_stamped(t);
    net_advance(&t->h[0].n, 600 * INL_S);
    net_advance(&t->h[1].n, 600 * INL_S);
    both_send(t, 1400, 1400);
    twins_stop(t);
}

/* A neighbour of whom nobody knows whether he is still there: the first packet starts to find out.
 */
static void stale_has_none(struct host *h) {
    const uint8_t start[IP_STAMP_START_BYTES] = {0};
    struct ip_stamp stamp;
    struct ip_path path;
    struct ip_tx tx = {.src = addr("10.0.0.1"), .dst = addr("10.0.0.2"), .path = &path};

    assert_int_equal(ip_path_find(h->n.ip, &tx.dst, &tx.src, 0, &path), 0);
    assert_int_equal(ip_neigh_get(h->n.ip, ETH0, &tx.dst)->state, NEIGH_STALE);
    assert_false(ip_stamp_make(h->n.ip, &stamp, &tx, start));
}

/* The short way is taken at all: by the third datagram to a neighbour who is known, whether the
 * socket has a peer or not, and again after something has changed. */
static void test_is_taken(void **state) {
    const struct inl_sockaddr to = {.addr = addr("10.0.0.2"), .port = 7};
    struct host *h = calloc(1, sizeof(*h));
    struct pkt *pkt;

    (void)state;
    host_start(h, 0);
    stale_has_none(h);
    for (int round = 0; round < 2; round++) {
        udp_pcb_set_owner(h->pcb[0], 1);
        for (int i = 0; i < 3; i++) {
            pkt = ip_stamp_pkt(h->n.ip, &h->pcb[0]->stamp, 20);
            assert_true((pkt != NULL) == (i == 2));
            pkt_free(pkt);
            assert_int_equal(udp_send(h->udp, h->pcb[0], "x", 1, round ? NULL : &to, NULL), 1);
        }
        assert_int_equal(udp_connect(h->udp, h->pcb[0], &to), 0);
    }
    host_stop(h);
    free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
