/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh_test.c - ARP and neighbour discovery: asking, answering, learning, forgetting
 */
#include "net.h"

#include <errno.h>
#include <stdio.h>

#define SEND_BYTES 20

/* Sends a small packet of "TCP" to an address; result of ip_out(). The first payload byte is
 * the mark by which it is known again. */
static int send_to(struct net *n, const char *dst, uint8_t mark) {
    struct pkt *p = pkt_new(&n->env.mem, 64, 64 + SEND_BYTES);
    const struct ip_tx tx = {.dst = addr(dst), .proto = IP_PROTO_TCP, .cause = INL_CAUSE_TCP_DATA};
    uint8_t *b = pkt_put(p, SEND_BYTES);

    if (!b) {
        return -ENOMEM;
    }
    memset(b, 0, SEND_BYTES);
    b[0] = mark;
    return ip_out(n->ip, p, &tx);
}

static enum neigh_state state_of(struct net *n, const char *a) {
    struct inl_addr x = addr(a);
    const struct neigh *e = ip_neigh_get(n->ip, ETH0, &x);

    assert_non_null(e);
    return e->state;
}

static bool known(struct net *n, const char *a) {
    struct inl_addr x = addr(a);

    return ip_neigh_get(n->ip, ETH0, &x) != NULL;
}

static void feed_arp(struct net *n, uint16_t op, const char *spa, const uint8_t sha[6],
                     enum inl_drop why) {
    struct frame f;

    frame_arp(&f, op, spa, sha, "10.0.0.1");
    assert_int_equal(net_feed(n, ETH0, &f), why);
}

static void feed_na(struct net *n, const uint8_t *mac, bool solicited, bool override,
                    enum inl_drop why) {
    struct nd_msg m = {.type = ICMP6_NEIGH_ADVERT,
                       .target = addr("2001:db8::2"),
                       .solicited = solicited,
                       .override = override,
                       .has_target_ll = mac != NULL};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    if (mac) {
        memcpy(m.target_ll, mac, 6);
    }
    h.hop_limit = 255;
    frame_nd(&f, h, &m);
    assert_int_equal(net_feed(n, ETH0, &f), why);
}

static void test_arp_exchange(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(send_to(&n, "10.0.0.2", 7), IP_OUT_QUEUED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.eth.type, ETH_TYPE_ARP);
    assert_memory_equal(s.eth.dst, MAC_ALL, 6);
    assert_memory_equal(s.eth.src, MAC_HOST, 6);
    assert_int_equal(s.arp.op, ARP_REQUEST);
    assert_memory_equal(s.arp.sha, MAC_HOST, 6);
    assert_int_equal(inl_addr_to4(&s.arp.spa), 0x0a000001);
    assert_int_equal(inl_addr_to4(&s.arp.tpa), 0x0a000002);
    assert_int_equal(s.cause, INL_CAUSE_ARP_REQUEST);
    assert_true(net_idle(&n));
    /* more packets for it ask nothing more */
    assert_int_equal(send_to(&n, "10.0.0.2", 8), IP_OUT_QUEUED);
    assert_true(net_idle(&n));
    feed_arp(&n, ARP_REPLY, "10.0.0.2", MAC_PEER, INL_DROP_NONE);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_REACHABLE);
    for (uint8_t mark = 7; mark <= 8; mark++) {
        assert_true(net_take(&n, ETH0, &s));
        assert_memory_equal(s.eth.dst, MAC_PEER, 6);
        assert_int_equal(s.b[34], mark);
        assert_int_equal(s.cause, INL_CAUSE_TCP_DATA);
    }
    assert_int_equal(send_to(&n, "10.0.0.2", 9), IP_OUT_QUEUED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.b[34], 9);
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void test_arp_answer(void **state) {
    struct net n;
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    frame_arp(&f, ARP_REQUEST, "10.0.0.2", MAC_PEER, "10.0.0.1");
    frame_to(&f, MAC_ALL);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.arp.op, ARP_REPLY);
    assert_memory_equal(s.eth.dst, MAC_PEER, 6);
    assert_memory_equal(s.arp.sha, MAC_HOST, 6);
    assert_memory_equal(s.arp.tha, MAC_PEER, 6);
    assert_int_equal(inl_addr_to4(&s.arp.spa), 0x0a000001);
    assert_int_equal(inl_addr_to4(&s.arp.tpa), 0x0a000002);
    assert_int_equal(s.cause, INL_CAUSE_ARP_REPLY);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_STALE);
    /* a probe for a taken address (RFC 5227) is answered, and teaches nothing */
    frame_arp(&f, ARP_REQUEST, "0.0.0.0", MAC_OTHER, "10.0.0.1");
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_false(known(&n, "0.0.0.0"));
    /* not ours, or ours on the other link */
    frame_arp(&f, ARP_REQUEST, "10.0.0.7", MAC_OTHER, "10.0.0.9");
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    frame_arp(&f, ARP_REQUEST, "10.0.0.7", MAC_OTHER, "192.168.5.1");
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    frame_arp(&f, ARP_REQUEST, "10.0.0.7", MAC_OTHER, "10.0.0.255");
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    assert_false(known(&n, "10.0.0.7"));
    /* who asks from elsewhere is answered, but not remembered */
    frame_arp(&f, ARP_REQUEST, "172.16.0.1", MAC_OTHER, "10.0.0.1");
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_false(known(&n, "172.16.0.1"));
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* SEC-58: what nobody asked for makes no entry and changes none. */
static void test_arp_unasked(void **state) {
    static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    feed_arp(&n, ARP_REPLY, "10.0.0.2", MAC_OTHER, INL_DROP_NEIGH_UNASKED);
    assert_false(known(&n, "10.0.0.2"));
    net_resolve(&n);
    feed_arp(&n, ARP_REPLY, "10.0.0.2", MAC_OTHER, INL_DROP_NEIGH_UNASKED);
    assert_true(net_take(&n, ETH0, &s)); /* but who is known is asked whether it is still so */
    assert_int_equal(s.eth.type, ETH_TYPE_ARP);
    assert_memory_equal(s.eth.dst, MAC_PEER, 6);
    send_to(&n, "10.0.0.2", 1);
    assert_true(net_take(&n, ETH0, &s));
    assert_memory_equal(s.eth.dst, MAC_PEER, 6);
    feed_arp(&n, ARP_REPLY, "10.0.0.2", MAC_PEER, INL_DROP_NONE);
    /* nor do lies about our own addresses, or absurd senders */
    feed_arp(&n, ARP_REPLY, "10.0.0.1", MAC_OTHER, INL_DROP_ADDR_CONFLICT);
    feed_arp(&n, ARP_REQUEST, "10.0.0.1", MAC_OTHER, INL_DROP_ADDR_CONFLICT);
    assert_true(net_take(&n, ETH0, &s)); /* acd_test.c */
    assert_int_equal(s.cause, INL_CAUSE_ARP_DEFEND);
    feed_arp(&n, ARP_REPLY, "192.168.5.1", MAC_OTHER, INL_DROP_MARTIAN);
    feed_arp(&n, ARP_REQUEST, "10.0.0.255", MAC_OTHER, INL_DROP_BAD_SOURCE);
    feed_arp(&n, ARP_REQUEST, "127.0.0.1", MAC_OTHER, INL_DROP_BAD_SOURCE);
    feed_arp(&n, ARP_REQUEST, "10.0.0.7", group, INL_DROP_BAD_SOURCE);
    assert_true(net_idle(&n));
    /* one who asks us may change his own */
    feed_arp(&n, ARP_REQUEST, "10.0.0.2", MAC_OTHER, INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    send_to(&n, "10.0.0.2", 2);
    assert_true(net_take(&n, ETH0, &s));
    assert_memory_equal(s.eth.dst, MAC_OTHER, 6);
    net_stop(&n);
}

/* Three requests, a second apart; then the transport is told of each packet that waited. */
static void test_failure(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    send_to(&n, "10.0.0.2", 1);
    send_to(&n, "10.0.0.2", 2);
    for (int i = 0; i < 3; i++) {
        assert_true(net_take(&n, ETH0, &s));
        assert_int_equal(s.cause, i ? INL_CAUSE_ARP_RETRY : INL_CAUSE_ARP_REQUEST);
        net_advance(&n, NEIGH_RETRANS_NS - 1);
        assert_true(net_idle(&n));
        assert_int_equal(n.errors, 0);
        net_advance(&n, 1);
    }
    assert_true(net_idle(&n));
    assert_int_equal(n.errors, 2);
    assert_int_equal(n.err.err, EHOSTUNREACH);
    assert_false(n.err.hard);
    assert_int_equal(inl_addr_to4(&n.err.src), 0x0a000001);
    assert_int_equal(inl_addr_to4(&n.err.dst), 0x0a000002);
    assert_int_equal(n.quoted[0], 2);
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_FAILED], 2);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_FAILED);
    /* the next packet asks anew */
    send_to(&n, "10.0.0.2", 3);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.cause, INL_CAUSE_ARP_REQUEST);
    net_advance(&n, 120 * INL_S);
    assert_false(known(&n, "10.0.0.2"));
    net_stop(&n);
}

/* Of too many for one neighbour the newest are kept. */
static void test_queue(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    for (uint8_t i = 1; i <= NEIGH_QUEUE_PACKETS + 2; i++) {
        assert_int_equal(send_to(&n, "10.0.0.2", i), IP_OUT_QUEUED);
    }
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_QUEUE_FULL], 2);
    assert_true(net_take(&n, ETH0, &s));
    feed_arp(&n, ARP_REPLY, "10.0.0.2", MAC_PEER, INL_DROP_NONE);
    for (uint8_t i = 3; i <= NEIGH_QUEUE_PACKETS + 2; i++) {
        assert_true(net_take(&n, ETH0, &s));
        assert_int_equal(s.b[34], i);
    }
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* All that wait together have a limit, too: neighbours that are not there cannot fill the memory,
 * and their packets make room when they are given up. */
static void test_queue_all(void **state) {
    struct net n;
    struct seen s;
    char addr[INL_ADDR_TEXT_MAX];

    (void)state;
    net_start(&n, 0);
    for (unsigned i = 0; i < NEIGH_QUEUE_PACKETS_ALL; i++) {
        snprintf(addr, sizeof(addr), "10.0.0.%u", 10 + i / (NEIGH_QUEUE_PACKETS - 4));
        assert_int_equal(send_to(&n, addr, 1), IP_OUT_QUEUED);
    }
    assert_int_equal(n.ip->neighs.queued, NEIGH_QUEUE_PACKETS_ALL);
    assert_int_equal(send_to(&n, "10.0.0.10", 2), IP_OUT_QUEUED); /* in place of an older one */
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_QUEUE_FULL], 1);
    assert_int_equal(n.ip->neighs.queued, NEIGH_QUEUE_PACKETS_ALL);
    assert_int_equal(send_to(&n, "10.0.0.99", 1), -ENOBUFS);
    assert_int_equal(n.env.drop[INL_DROP_NEIGH_QUEUE_FULL], 2);
    net_advance(&n, 20 * INL_S);
    while (net_take(&n, ETH0, &s)) {
    }
    assert_int_equal(send_to(&n, "10.0.0.98", 1), IP_OUT_QUEUED);
    net_stop(&n);
}

/* REACHABLE, STALE, DELAY, PROBE and back, and what ends them. */
static void test_states(void **state) {
    struct net n;
    struct seen s;
    inl_dur good;

    (void)state;
    net_start(&n, 0);
    send_to(&n, "10.0.0.2", 1);
    feed_arp(&n, ARP_REPLY, "10.0.0.2", MAC_PEER, INL_DROP_NONE);
    good = ip_neigh_reachable_ns(n.ip, ETH0);
    assert_in_range(good, NEIGH_REACHABLE_NS / 2, NEIGH_REACHABLE_NS * 3 / 2);
    net_advance(&n, good - 1);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_REACHABLE);
    net_advance(&n, 1);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_STALE);
    while (net_take(&n, ETH0, &s)) {
    }
    send_to(&n, "10.0.0.2", 2); /* sent at once, and doubted */
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.eth.type, ETH_TYPE_IP4);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_DELAY);
    net_advance(&n, NEIGH_DELAY_NS);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_PROBE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.arp.op, ARP_REQUEST);
    assert_memory_equal(s.eth.dst, MAC_PEER, 6); /* asked in person */
    send_to(&n, "10.0.0.2", 3);                  /* still sent */
    assert_true(net_take(&n, ETH0, &s));
    feed_arp(&n, ARP_REPLY, "10.0.0.2", MAC_PEER, INL_DROP_NONE);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_REACHABLE);
    net_advance(&n, good);
    send_to(&n, "10.0.0.2", 4);
    net_advance(&n, NEIGH_DELAY_NS + 3 * NEIGH_RETRANS_NS);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_UNREACHABLE); /* nud_test.c */
    net_advance(&n, 3 * NEIGH_RETRANS_NS);
    assert_false(known(&n, "10.0.0.2"));
    /* one that is not used is forgotten */
    while (net_take(&n, ETH0, &s)) {
    }
    net_resolve(&n);
    net_advance(&n, NEIGH_STALE_NS);
    assert_false(known(&n, "10.0.0.2"));
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void test_confirm(void **state) {
    inl_dur good;
    struct net n;
    struct ip_path path;
    struct inl_addr dst = addr("10.0.0.2"), none = inl_addr_any6();

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(ip_path_find(n.ip, &dst, &none, 0, &path), 0);
    ip_neigh_confirm(n.ip, &path);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_REACHABLE);
    good = ip_neigh_reachable_ns(n.ip, ETH0);
    net_advance(&n, good - INL_S);
    ip_neigh_confirm(n.ip, &path);
    net_advance(&n, good - INL_S);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_REACHABLE);
    net_advance(&n, INL_S);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_STALE);
    send_to(&n, "10.0.0.2", 1);
    ip_neigh_confirm(n.ip, &path);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_REACHABLE);
    net_stop(&n);
}

/* RFC 1122 2.3.2.1: a transport in doubt has the entry asked, and forgotten without an answer. */
static void test_doubt(void **state) {
    struct net n;
    struct ip_path path;
    struct inl_addr dst = addr("10.0.0.2"), none = inl_addr_any6();

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(ip_path_find(n.ip, &dst, &none, 0, &path), 0);
    ip_neigh_doubt(n.ip, &path);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_PROBE);
    ip_neigh_confirm(n.ip, &path);
    assert_int_equal(state_of(&n, "10.0.0.2"), NEIGH_REACHABLE);
    ip_neigh_doubt(n.ip, &path);
    ip_neigh_doubt(n.ip, &path); /* begins nothing anew */
    net_advance(&n, 60 * INL_S);
    assert_false(known(&n, "10.0.0.2"));
    net_stop(&n);
}

/* SEC-57: a scan turns over its own entries and leaves those that work alone. */
static void test_limit(void **state) {
    struct net n;
    struct seen s;
    size_t used;
    char text[32] = "10.0.0.";

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    used = 0;
    for (unsigned i = 0; i < 2000; i++) {
        struct text t = text_init(text, sizeof(text));

        text_str(&t, "10.0.0.");
        text_u64(&t, 10 + i % 200);
        send_to(&n, text, 1);
        while (net_take(&n, ETH0, &s)) {
        }
        assert_true(htab_count(&n.ip->neighs.table) <= 32);
        assert_true(n.ip->neighs.unresolved_count <= 8); /* a quarter, whatever room there is */
        if (i == 400) {
            used = n.env.mem.used_bytes;
        }
    }
    assert_int_equal(n.env.mem.used_bytes, used);
    assert_true(known(&n, "10.0.0.2"));
    assert_true(known(&n, "2001:db8::2"));
    net_advance(&n, 120 * INL_S);
    assert_int_equal(htab_count(&n.ip->neighs.table), 0);
    net_stop(&n);
}

static void test_nd_exchange(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(send_to(&n, "2001:db8::2", 7), IP_OUT_QUEUED);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.nd.type, ICMP6_NEIGH_SOLICIT);
    assert_int_equal(s.ip6.hop_limit, 255);
    assert_memory_equal(s.eth.dst, ((uint8_t[]){0x33, 0x33, 0xff, 0, 0, 2}), 6);
    struct inl_addr want = addr("ff02::1:ff00:2");
    assert_true(inl_addr_eq(&s.ip6.dst, &want));
    want = addr("2001:db8::1");
    assert_true(inl_addr_eq(&s.ip6.src, &want));
    want = addr("2001:db8::2");
    assert_true(inl_addr_eq(&s.nd.target, &want));
    assert_true(s.nd.has_source_ll);
    assert_memory_equal(s.nd.source_ll, MAC_HOST, 6);
    assert_int_equal(s.cause, INL_CAUSE_NS_SOLICIT);
    feed_na(&n, MAC_PEER, true, true, INL_DROP_NONE);
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_REACHABLE);
    assert_true(net_take(&n, ETH0, &s));
    assert_memory_equal(s.eth.dst, MAC_PEER, 6);
    assert_int_equal(s.b[54], 7);
    assert_true(net_idle(&n));
    net_stop(&n);
}

static void test_nd_failure(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    send_to(&n, "2001:db8::2", 5);
    for (int i = 0; i < 3; i++) {
        assert_true(net_take(&n, ETH0, &s));
        assert_int_equal(s.cause, i ? INL_CAUSE_NS_RETRY : INL_CAUSE_NS_SOLICIT);
        net_advance(&n, NEIGH_RETRANS_NS);
    }
    assert_int_equal(n.errors, 1);
    assert_int_equal(n.err.err, EHOSTUNREACH);
    assert_int_equal(n.quoted[0], 5);
    net_stop(&n);
}

static void test_nd_answer(void **state) {
    struct net n;
    struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT, .target = addr("2001:db8::1")};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct inl_addr want;
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    ns.has_source_ll = true;
    memcpy(ns.source_ll, MAC_PEER, 6);
    h.hop_limit = 255;
    h.dst = addr("ff02::1:ff00:1");
    frame_nd(&f, h, &ns);
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0xff, 0, 0, 1});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.nd.type, ICMP6_NEIGH_ADVERT);
    assert_true(s.nd.solicited && s.nd.override && !s.nd.router);
    assert_true(s.nd.has_target_ll);
    assert_memory_equal(s.nd.target_ll, MAC_HOST, 6);
    assert_true(inl_addr_eq(&s.ip6.src, &ns.target));
    assert_true(inl_addr_eq(&s.ip6.dst, &h.src));
    assert_memory_equal(s.eth.dst, MAC_PEER, 6);
    assert_int_equal(s.ip6.hop_limit, 255);
    assert_int_equal(s.cause, INL_CAUSE_NA_REPLY);
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_STALE);
    /* our link-local address, too */
    ns.target = addr("fe80::ff:fe00:1");
    h.src = addr("fe80::2");
    h.dst = ns.target;
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_true(inl_addr_eq(&s.ip6.dst, &h.src));
    assert_true(s.nd.has_target_ll); /* to a unicast question, too */
    assert_memory_equal(s.nd.target_ll, MAC_HOST, 6);
    /* duplicate address detection by another node: everybody is told */
    ns.has_source_ll = false;
    ns.target = addr("2001:db8::1");
    h.src = inl_addr_any6();
    h.dst = addr("ff02::1:ff00:1");
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    want = addr("ff02::1");
    assert_true(inl_addr_eq(&s.ip6.dst, &want));
    assert_false(s.nd.solicited);
    assert_memory_equal(s.eth.dst, ((uint8_t[]){0x33, 0x33, 0, 0, 0, 1}), 6);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 4861 7.1: what no honest neighbour sends (SEC-54, SEC-55). */
static void test_nd_refused(void **state) {
    struct net n;
    struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT,
                        .target = addr("2001:db8::1"),
                        .has_source_ll = true,
                        .source_ll = {2, 0, 0, 0, 0, 2}};
    struct nd_msg na = {.type = ICMP6_NEIGH_ADVERT,
                        .target = addr("2001:db8::2"),
                        .has_target_ll = true,
                        .target_ll = {2, 0, 0, 0, 0, 2}};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    (void)state;
    net_start(&n, 0);
    h.hop_limit = 254;
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_HOP_LIMIT);
    frame_nd(&f, h, &na);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_HOP_LIMIT);
    h.hop_limit = 255;
    frame_nd(&f, h, &ns);
    f.b[14 + 40 + 25] = 0; /* option of length 0 */
    f.b[14 + 40 + 3] ^= 1; /* the checksum, for the byte that was 1 */
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_OPTION);
    frame_nd(&f, h, &ns);
    f.b[14 + 40 + 3] ^= 1;
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_CHECKSUM);
    h.src = inl_addr_any6(); /* nobody, with a link-layer address */
    h.dst = addr("ff02::1:ff00:1");
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_SOURCE);
    ns.has_source_ll = false; /* nobody, asking everybody */
    h.dst = addr("ff02::1");
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_SOURCE);
    h = hdr6(IP_PROTO_ICMP6);
    h.hop_limit = 255;
    ns.has_source_ll = true; /* a group as a link-layer address */
    ns.source_ll[0] = 3;
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_SOURCE);
    ns.source_ll[0] = 2;
    ns.target = addr("2001:db8::99");
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    ns.target = addr("2001:db8:5::1"); /* ours on the other link */
    frame_nd(&f, h, &ns);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NOT_FOR_US);
    na.target = addr("2001:db8::1"); /* somebody else has our address? */
    frame_nd(&f, h, &na);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_ADDR_CONFLICT);
    na.target = addr("2001:db8::2");
    na.solicited = true; /* an answer to a question that cannot have been asked */
    h.dst = addr("ff02::1");
    frame_nd(&f, h, &na);
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_BAD_DESTINATION);
    assert_int_equal(htab_count(&n.ip->neighs.table), 0);
    assert_true(net_idle(&n));
    net_stop(&n);
}

/* RFC 4861 7.2.5, line by line. */
static void test_nd_advert_rules(void **state) {
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    feed_na(&n, MAC_PEER, false, true, INL_DROP_NEIGH_UNASKED); /* no entry: none is made */
    assert_false(known(&n, "2001:db8::2"));
    send_to(&n, "2001:db8::2", 1);
    feed_na(&n, NULL, true, true, INL_DROP_NEIGH_UNASKED); /* INCOMPLETE, no address in it */
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_INCOMPLETE);
    feed_na(&n, MAC_PEER, true, false, INL_DROP_NONE);
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_REACHABLE);
    feed_na(&n, MAC_OTHER, true, false, INL_DROP_NEIGH_UNASKED); /* other, no override: doubt */
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_STALE);
    feed_na(&n, MAC_PEER, true, false, INL_DROP_NONE); /* the same: confirmed */
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_REACHABLE);
    feed_na(&n, MAC_PEER, false, true, INL_DROP_NONE); /* unsolicited, the same: no change */
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_REACHABLE);
    while (net_take(&n, ETH0, &s)) {
    }
    send_to(&n, "2001:db8::2", 1);
    assert_true(net_take(&n, ETH0, &s));
    assert_memory_equal(s.eth.dst, MAC_PEER, 6);
    feed_na(&n, MAC_OTHER, false, true, INL_DROP_NONE); /* unsolicited override: taken, STALE */
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_STALE);
    send_to(&n, "2001:db8::2", 1);
    assert_true(net_take(&n, ETH0, &s));
    assert_memory_equal(s.eth.dst, MAC_OTHER, 6);
    net_stop(&n);
}

/* RFC 9131 6.1.1: a router learns from an announcement, a host does not. */
static void test_router_learns(void **state) {
    struct net n;

    (void)state;
    net_start(&n, NET_FORWARD);
    feed_na(&n, MAC_PEER, false, false, INL_DROP_NONE);
    assert_int_equal(state_of(&n, "2001:db8::2"), NEIGH_STALE);
    feed_na(&n, MAC_OTHER, false, false, INL_DROP_NEIGH_UNASKED); /* but changes nothing by it */
    net_stop(&n);
    net_start(&n, NET_FORWARD);
    feed_na(&n, NULL, false, false, INL_DROP_NEIGH_UNASKED);
    feed_na(&n, MAC_PEER, true, false, INL_DROP_NEIGH_UNASKED);
    assert_false(known(&n, "2001:db8::2"));
    net_stop(&n);
}

static void test_link_down(void **state) {
    struct net n;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    send_to(&n, "10.0.0.2", 1);
    send_to(&n, "10.0.0.9", 1);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, false), 0);
    assert_int_equal(htab_count(&n.ip->neighs.table), 0);
    assert_true(net_idle(&n));
    assert_int_equal(send_to(&n, "10.0.0.2", 1), -ENETUNREACH);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, true), 0);
    assert_int_equal(send_to(&n, "10.0.0.2", 1), IP_OUT_QUEUED);
    net_stop(&n);
}

/* RFC 4861 4.4, 7.2.4: a router says that it is one. 2.3, 7.2.1: the solicited-node group has the
 * last 24 bits of the address. */
static void test_nd_router_flag(void **state) {
    struct nd_msg ns = {.type = ICMP6_NEIGH_SOLICIT, .has_source_ll = true};
    const struct inl_addr own = addr("2001:db8::12ab:cdef"), group = addr("ff02::1:ffab:cdef");
    const struct inl_addr other = addr("2001:db8::1234:5678"), others = addr("ff02::1:ff34:5678");
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct net n;
    struct frame f;
    struct seen s;

    (void)state;
    net_start(&n, NET_FORWARD);
    assert_int_equal(ip_addr_add(n.ip, ETH0, &own, 64), 0);
    memcpy(ns.source_ll, MAC_PEER, 6);
    ns.target = own;
    h.dst = group;
    h.hop_limit = 255;
    frame_nd(&f, h, &ns);
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0xff, 0xab, 0xcd, 0xef});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.nd.type, ICMP6_NEIGH_ADVERT);
    assert_true(s.nd.router);
    send_to(&n, "2001:db8::1234:5678", 1);
    assert_true(net_take(&n, ETH0, &s));
    assert_true(inl_addr_eq(&s.ip6.dst, &others));
    assert_true(inl_addr_eq(&s.nd.target, &other));
    assert_memory_equal(s.eth.dst, ((uint8_t[]){0x33, 0x33, 0xff, 0x34, 0x56, 0x78}), 6);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arp_exchange),    cmocka_unit_test(test_arp_answer),
        cmocka_unit_test(test_arp_unasked),     cmocka_unit_test(test_failure),
        cmocka_unit_test(test_queue),           cmocka_unit_test(test_queue_all),
        cmocka_unit_test(test_states),          cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_doubt),           cmocka_unit_test(test_limit),
        cmocka_unit_test(test_nd_exchange),     cmocka_unit_test(test_nd_failure),
        cmocka_unit_test(test_nd_answer),       cmocka_unit_test(test_nd_refused),
        cmocka_unit_test(test_nd_advert_rules), cmocka_unit_test(test_link_down),
        cmocka_unit_test(test_router_learns),   cmocka_unit_test(test_nd_router_flag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
