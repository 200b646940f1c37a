/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp_test.c - UDP: checks, demultiplexing, the receive queue, errors, sending
 */
#include "net.h"

#include "ip/ports.h"
#include "udp/udp.h"

struct rig {
    struct net n;
    struct ports *ports;
    struct udp *udp;
};

static void rig_start(struct rig *r, unsigned flags) {
    struct inl_config config;
    struct ip_proto proto = {udp_input, udp_error, NULL};

    net_start(&r->n, flags);
    net_config(&config, flags);
    assert_int_equal(ports_new(&r->n.env, &config, &r->ports), 0);
    assert_int_equal(udp_new(&r->n.env, r->n.ip, r->ports, &config, IP_PROTO_UDP, &r->udp), 0);
    proto.ctx = r->udp;
    ip_proto_set(r->n.ip, IP_PROTO_UDP, &proto);
    net_resolve(&r->n);
}

static void rig_stop(struct rig *r) {
    udp_free(r->udp);
    ports_free(r->ports);
    net_stop(&r->n);
}

static struct udp_pcb *bound(struct rig *r, struct inl_addr a, uint16_t port, bool v6only) {
    struct port_bind *bind;
    struct udp_pcb *pcb;
    unsigned flags = PORTS_REUSE | (v6only ? PORTS_V6ONLY : 0u);

    assert_int_equal(udp_pcb_new(r->udp, NULL, &pcb), 0);
    udp_pcb_opts(pcb)->v6only = v6only;
    assert_int_equal(ports_bind(r->ports, IP_PROTO_UDP, &a, port, flags, &bind), 0);
    udp_bind(r->udp, pcb, bind);
    return pcb;
}

static struct inl_sockaddr at(const char *a, uint16_t port) {
    return (struct inl_sockaddr){.addr = addr(a), .port = port};
}

static enum inl_drop feed(struct rig *r, const char *src, uint16_t sport, const char *dst,
                          uint16_t dport, const char *text) {
    struct frame f;

    frame_udp(&f, src, sport, dst, dport, text, strlen(text));
    return net_feed(&r->n, ETH0, &f);
}

static int64_t recv_from(struct udp *udp, struct udp_pcb *pcb, void *buf, size_t len, int flags,
                         struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to) {
    struct inl_msg msg = {.buf = buf, .len_bytes = len};
    int64_t n = udp_recv(udp, pcb, &msg, flags);

    if (n >= 0 && ret_from) {
        *ret_from = msg.peer;
    }
    if (n >= 0 && ret_to) {
        *ret_to = msg.local;
    }
    return n;
}

static int64_t send_to(struct udp *udp, struct udp_pcb *pcb, const void *buf, size_t len,
                       const struct inl_sockaddr *to) {
    return udp_send(udp, pcb, buf, len, to, NULL);
}

/* The next datagram of a socket is that text. */
static void expect(struct rig *r, struct udp_pcb *pcb, const char *text) {
    char b[64];

    assert_int_equal(recv_from(r->udp, pcb, b, sizeof(b), 0, NULL, NULL), strlen(text));
    assert_memory_equal(b, text, strlen(text));
}

static void expect_none(struct rig *r, struct udp_pcb *pcb) {
    char b[4];

    assert_int_equal(recv_from(r->udp, pcb, b, sizeof(b), 0, NULL, NULL), -EAGAIN);
}

static void test_receive(void **state) {
    struct rig r;
    struct udp_pcb *pcb;
    struct inl_sockaddr from, to, want;
    char b[16];

    (void)state;
    rig_start(&r, 0);
    pcb = bound(&r, inl_addr_any4(), 53, false);
    assert_int_equal(udp_poll(pcb), INL_EV_WRITABLE);
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, "hello"), INL_DROP_NONE);
    assert_int_equal(udp_poll(pcb), INL_EV_WRITABLE | INL_EV_READABLE);
    assert_ptr_equal(evq_pop(&r.n.env.evq), udp_pcb_evnode(pcb));
    assert_int_equal(evnode_take(udp_pcb_evnode(pcb)), INL_EV_READABLE);
    /* peek, cut, real length */
    assert_int_equal(recv_from(r.udp, pcb, b, 2, INL_MSG_PEEK, &from, &to), 2);
    assert_int_equal(recv_from(r.udp, pcb, b, 2, INL_MSG_PEEK | INL_MSG_TRUNC, NULL, NULL), 5);
    assert_memory_equal(b, "he", 2);
    want = at("10.0.0.2", 1000);
    assert_true(inl_addr_eq(&from.addr, &want.addr) && from.port == 1000);
    want = at("10.0.0.1", 53);
    assert_true(inl_addr_eq(&to.addr, &want.addr) && to.port == 53);
    assert_int_equal(recv_from(r.udp, pcb, b, 2, 0, NULL, NULL), 2); /* the rest is lost */
    expect_none(&r, pcb);
    /* nothing is something */
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, ""), INL_DROP_NONE);
    assert_int_equal(recv_from(r.udp, pcb, b, 2, 0, NULL, NULL), 0);
    expect_none(&r, pcb);
    assert_true(net_idle(&r.n));
    rig_stop(&r);
}

static void test_checks(void **state) {
    struct rig r;
    struct udp_pcb *pcb;
    struct frame f;

    (void)state;
    rig_start(&r, 0);
    pcb = bound(&r, inl_addr_any6(), 53, false);
    frame_udp(&f, "10.0.0.2", 1, "10.0.0.1", 53, "hello", 5);
    f.b[f.len - 1] ^= 1;
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_BAD_CHECKSUM);
    f.b[14 + 20 + 6] = f.b[14 + 20 + 7] = 0; /* none: allowed in IPv4 */
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_NONE);
    frame_udp(&f, "2001:db8::2", 1, "2001:db8::1", 53, "hello", 5);
    f.b[14 + 40 + 6] = f.b[14 + 40 + 7] = 0; /* not in IPv6 */
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_NO_CHECKSUM);
    for (uint8_t len = 0; len < 8; len++) { /* SEC-60 */
        frame_udp(&f, "10.0.0.2", 1, "10.0.0.1", 53, "hello", 5);
        f.b[14 + 20 + 5] = len;
        assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_BAD_LENGTH);
    }
    f.b[14 + 20 + 5] = 14;
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_BAD_LENGTH);
    expect(&r, pcb, "helln"); /* without a checksum nobody can tell */
    expect_none(&r, pcb);
    assert_true(net_idle(&r.n));
    rig_stop(&r);
}

/* Connected before bound before any of the family before any of both. */
static void test_demux(void **state) {
    struct rig r;
    struct udp_pcb *conn, *specific, *any4, *any6;
    struct inl_sockaddr peer = at("10.0.0.2", 1000), none = {.port = 0};

    (void)state;
    rig_start(&r, 0);
    any6 = bound(&r, inl_addr_any6(), 53, false);
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, "a"), INL_DROP_NONE);
    expect(&r, any6, "a");
    any4 = bound(&r, inl_addr_any4(), 53, false);
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, "b"), INL_DROP_NONE);
    expect(&r, any4, "b");
    specific = bound(&r, addr("10.0.0.1"), 53, false);
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, "c"), INL_DROP_NONE);
    expect(&r, specific, "c");
    conn = bound(&r, inl_addr_any4(), 53, false);
    assert_int_equal(udp_connect(r.udp, conn, &peer), 0);
    assert_int_equal(inl_addr_to4(&udp_local(conn)->addr), 0x0a000001);
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, "d"), INL_DROP_NONE);
    expect(&r, conn, "d");
    /* a connected one hears its peer only */
    assert_int_equal(feed(&r, "10.0.0.2", 1001, "10.0.0.1", 53, "e"), INL_DROP_NONE);
    expect(&r, specific, "e");
    assert_int_equal(feed(&r, "10.0.0.3", 1000, "10.0.0.1", 53, "f"), INL_DROP_NONE);
    expect(&r, specific, "f");
    /* others by address and family */
    assert_int_equal(feed(&r, "10.0.0.2", 1, "192.168.5.1", 53, "g"), INL_DROP_NONE);
    expect(&r, any4, "g");
    assert_int_equal(feed(&r, "2001:db8::2", 1, "2001:db8::1", 53, "h"), INL_DROP_NONE);
    expect(&r, any6, "h");
    /* dissolved, it is as it was bound */
    assert_int_equal(udp_connect(r.udp, conn, &none), 0);
    assert_null(udp_peer(conn));
    assert_true(inl_addr_is_any(&udp_local(conn)->addr));
    udp_pcb_free(r.udp, specific);
    udp_pcb_free(r.udp, any4);
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, "i"), INL_DROP_NONE);
    expect(&r, conn, "i");
    expect_none(&r, any6);
    /* of the same train, when the one who had the rest is gone */
    udp_pcb_free(r.udp, conn);
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, "j"), INL_DROP_NONE);
    expect(&r, any6, "j");
    rig_stop(&r);
}

static void test_v6only(void **state) {
    struct rig r;
    struct udp_pcb *pcb;

    (void)state;
    rig_start(&r, 0);
    pcb = bound(&r, inl_addr_any6(), 53, true);
    assert_int_equal(feed(&r, "10.0.0.2", 1, "10.0.0.1", 53, "a"), INL_DROP_NO_SOCKET);
    assert_int_equal(feed(&r, "2001:db8::2", 1, "2001:db8::1", 53, "b"), INL_DROP_NONE);
    expect(&r, pcb, "b");
    expect_none(&r, pcb);
    rig_stop(&r);
}

static void test_nobody(void **state) {
    struct rig r;
    struct seen s;

    (void)state;
    rig_start(&r, 0);
    assert_int_equal(feed(&r, "10.0.0.2", 1, "10.0.0.1", 7, "x"), INL_DROP_NO_SOCKET);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_int_equal(s.icmp4.type, ICMP4_UNREACH);
    assert_int_equal(s.icmp4.code, ICMP4_UNREACH_PORT);
    assert_int_equal(s.cause, INL_CAUSE_ICMP_PORT_UNREACH);
    assert_int_equal(feed(&r, "2001:db8::2", 1, "2001:db8::1", 7, "x"), INL_DROP_NO_SOCKET);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_UNREACH);
    assert_int_equal(s.icmp6.code, ICMP6_UNREACH_PORT);
    /* port 0 is nobody's; and nobody answers for a group */
    assert_int_equal(feed(&r, "10.0.0.2", 1, "10.0.0.1", 0, "x"), INL_DROP_NO_SOCKET);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_int_equal(feed(&r, "10.0.0.2", 1, "10.0.0.255", 7, "x"), INL_DROP_NO_SOCKET);
    assert_int_equal(feed(&r, "2001:db8::2", 1, "ff02::1", 7, "x"), INL_DROP_NO_SOCKET);
    assert_true(net_idle(&r.n));
    rig_stop(&r);
}

static void test_groups(void **state) {
    struct rig r;
    struct udp_pcb *any[3], *specific;

    (void)state;
    rig_start(&r, 0);
    any[0] = bound(&r, inl_addr_any4(), 53, false);
    any[1] = bound(&r, inl_addr_any4(), 53, false);
    any[2] = bound(&r, inl_addr_any6(), 53, false);
    specific = bound(&r, addr("10.0.0.1"), 53, false);
    assert_int_equal(feed(&r, "10.0.0.2", 1, "10.0.0.255", 53, "a"), INL_DROP_NONE);
    for (int i = 0; i < 3; i++) { /* each gets its copy */
        expect(&r, any[i], "a");
        expect_none(&r, any[i]);
    }
    expect_none(&r, specific);
    /* one who has no address yet asks everybody (DHCP) */
    assert_int_equal(feed(&r, "0.0.0.0", 68, "255.255.255.255", 53, "b"), INL_DROP_NONE);
    expect(&r, any[0], "b");
    rig_stop(&r);
}

/* The queue is bounded with its overhead, so empty datagrams are, too. */
static void test_queue(void **state) {
    struct rig r;
    struct udp_pcb *pcb;
    enum inl_drop why;
    size_t before;
    int taken = 0;

    (void)state;
    rig_start(&r, 0);
    pcb = bound(&r, inl_addr_any4(), 53, false);
    before = r.n.env.mem.used_bytes;
    while ((why = feed(&r, "10.0.0.2", 1, "10.0.0.1", 53, "")) == INL_DROP_NONE) {
        taken++;
        assert_true(taken < 100);
    }
    assert_int_equal(why, INL_DROP_SOCKET_FULL);
    assert_true(r.n.env.mem.used_bytes - before <= 4096);
    assert_false(udp_poll(pcb) & INL_EV_ERROR);
    expect(&r, pcb, ""); /* one less: one more */
    assert_int_equal(feed(&r, "10.0.0.2", 1, "10.0.0.1", 53, ""), INL_DROP_NONE);
    assert_int_equal(feed(&r, "10.0.0.2", 1, "10.0.0.1", 53, ""), INL_DROP_SOCKET_FULL);
    rig_stop(&r);
}

static void test_send(void **state) {
    static uint8_t big[1500];
    struct rig r;
    struct udp_pcb *pcb;
    struct inl_sockaddr to = at("10.0.0.2", 9);
    struct seen s;

    (void)state;
    rig_start(&r, 0);
    pcb = bound(&r, inl_addr_any6(), 5000, false);
    udp_pcb_opts(pcb)->ttl = 3;
    udp_pcb_opts(pcb)->tos = 0x20;
    udp_pcb_set_owner(pcb, 77);
    assert_int_equal(send_to(r.udp, pcb, "abc", 3, NULL), -EDESTADDRREQ);
    assert_int_equal(send_to(r.udp, pcb, "abc", 3, &to), 3);
    assert_true(net_take(&r.n, ETH0, &s)); /* net_take() checks the checksum */
    assert_int_equal(s.udp.sport, 5000);
    assert_int_equal(s.udp.dport, 9);
    assert_int_equal(s.udp.len_bytes, 11);
    assert_int_not_equal(s.udp.csum, 0);
    assert_int_equal(s.ip4.ttl, 3);
    assert_int_equal(s.ip4.tos, 0x20);
    assert_false(s.ip4.df);
    assert_int_equal(s.cause, INL_CAUSE_UDP_SEND);
    assert_int_equal(send_to(r.udp, pcb, NULL, 0, &to), 0);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_int_equal(s.udp.len_bytes, 8);
    /* the MTU, to the byte */
    assert_int_equal(send_to(r.udp, pcb, big, 1472, &to), 1472);
    udp_pcb_opts(pcb)->pmtud = INL_PMTUD_DO;
    assert_int_equal(send_to(r.udp, pcb, big, 1473, &to), -EMSGSIZE);
    assert_true(net_take(&r.n, ETH0, &s));
    to = at("2001:db8::2", 9);
    assert_int_equal(send_to(r.udp, pcb, big, 1452, &to), 1452);
    assert_int_equal(send_to(r.udp, pcb, big, 1453, &to), -EMSGSIZE);
    udp_pcb_opts(pcb)->pmtud = INL_PMTUD_DONT;
    assert_true(net_take(&r.n, ETH0, &s));
    /* broadcast is asked for */
    to = at("10.0.0.255", 9);
    assert_int_equal(send_to(r.udp, pcb, "x", 1, &to), -EACCES);
    udp_pcb_opts(pcb)->broadcast = true;
    assert_int_equal(send_to(r.udp, pcb, "x", 1, &to), 1);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_memory_equal(s.eth.dst, MAC_ALL, 6);
    to.port = 0;
    assert_int_equal(send_to(r.udp, pcb, "x", 1, &to), -EINVAL);
    /* the path is found again when routes change */
    to = at("8.8.8.8", 53);
    assert_int_equal(send_to(r.udp, pcb, "x", 1, &to), 1);
    struct inl_addr old = addr("10.0.0.1"), new = addr("10.0.0.11");

    assert_int_equal(ip_addr_add(r.n.ip, ETH0, &new, 24), 0);
    assert_int_equal(ip_addr_del(r.n.ip, ETH0, &old), 0);
    assert_int_equal(send_to(r.udp, pcb, "x", 1, &to), 1);
    ip_link_set_up(r.n.ip, ETH0, false);
    assert_int_equal(send_to(r.udp, pcb, "x", 1, &to), -ENETUNREACH);
    rig_stop(&r);
}

/* A sum of 0 is sent as 0xffff: found by trying all values of one word. */
static void test_zero_checksum(void **state) {
    struct rig r;
    struct udp_pcb *pcb;
    struct inl_sockaddr to = at("10.0.0.2", 9);
    struct seen s;
    int found = 0;

    (void)state;
    rig_start(&r, 0);
    pcb = bound(&r, inl_addr_any4(), 5000, false);
    for (unsigned v = 0; v < 65536; v++) {
        const uint8_t word[2] = {(uint8_t)(v >> 8), (uint8_t)v};

        assert_int_equal(send_to(r.udp, pcb, word, 2, &to), 2);
        assert_true(net_take(&r.n, ETH0, &s));
        assert_int_not_equal(s.udp.csum, 0);
        found += s.udp.csum == 0xffff;
    }
    assert_int_equal(found, 1);
    rig_stop(&r);
}

/* Datagrams like the last one go a shorter way, and what is wrong with one is found all the same.
 */
static void test_train(void **state) {
    struct rig r;
    struct udp_pcb *pcb;
    struct frame good, f;
    size_t udp_at = ETH_HDR_BYTES + IP4_HDR_BYTES;
    uint64_t used;

    (void)state;
    rig_start(&r, 0);
    pcb = bound(&r, inl_addr_any4(), 53, false);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.1", 53, "one of many"), INL_DROP_NONE);
        expect(&r, pcb, "one of many");
    }
    frame_udp(&good, "10.0.0.2", 1000, "10.0.0.1", 53, "one of many", 11);
    used = r.n.env.mem.used_bytes;
    f = good;
    f.b[f.len - 1] ^= 1;
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_BAD_CHECKSUM);
    f = good;
    f.b[udp_at + 5]++; /* longer than its packet, */
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_BAD_LENGTH);
    f.b[udp_at + 5] = 7; /* shorter than its header */
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_BAD_LENGTH);
    f = good;
    f.b[udp_at + 6] = f.b[udp_at + 7] = 0; /* no checksum: nothing to be wrong */
    f.b[f.len - 1] = 'Y';
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_NONE);
    expect(&r, pcb, "one of manY");
    assert_int_equal(feed(&r, "10.0.0.2", 1001, "10.0.0.1", 53, "not of these"), INL_DROP_NONE);
    expect(&r, pcb, "not of these");
    assert_int_equal(r.n.env.mem.used_bytes, used);
    /* no more than there is room for, and a broken one is called broken even then */
    while (net_feed(&r.n, ETH0, &good) == INL_DROP_NONE) {
    }
    assert_int_equal(net_feed(&r.n, ETH0, &good), INL_DROP_SOCKET_FULL);
    f = good;
    f.b[f.len - 1] ^= 1;
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_BAD_CHECKSUM);
    expect(&r, pcb, "one of many");
    assert_int_equal(net_feed(&r.n, ETH0, &good), INL_DROP_NONE);
    /* whoever had them is gone */
    udp_pcb_free(r.udp, pcb);
    assert_int_equal(net_feed(&r.n, ETH0, &good), INL_DROP_NO_SOCKET);
    rig_stop(&r);
}

static void test_error(void **state) {
    struct rig r;
    struct udp_pcb *conn, *other;
    struct inl_sockaddr peer = at("10.0.0.2", 9);
    struct icmp4_msg m = {.type = ICMP4_UNREACH, .code = ICMP4_UNREACH_PORT};
    struct frame f;
    struct seen s;
    char b[4];

    (void)state;
    rig_start(&r, 0);
    conn = bound(&r, inl_addr_any4(), 5000, false);
    other = bound(&r, inl_addr_any4(), 5001, false);
    assert_int_equal(udp_connect(r.udp, conn, &peer), 0);
    assert_int_equal(send_to(r.udp, conn, "abc", 3, NULL), 3);
    assert_true(net_take(&r.n, ETH0, &s));
    m.data = rd_init(s.b + 14, 28);
    frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m);
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_NONE);
    assert_true(udp_poll(conn) & INL_EV_ERROR);
    assert_ptr_equal(evq_pop(&r.n.env.evq), udp_pcb_evnode(conn));
    assert_int_equal(recv_from(r.udp, conn, b, 4, 0, NULL, NULL), -ECONNREFUSED);
    assert_int_equal(recv_from(r.udp, conn, b, 4, 0, NULL, NULL), -EAGAIN); /* once */
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_NONE);
    assert_int_equal(send_to(r.udp, conn, "abc", 3, NULL), -ECONNREFUSED);
    assert_int_equal(send_to(r.udp, conn, "abc", 3, NULL), 3);
    assert_true(net_take(&r.n, ETH0, &s));
    /* about another conversation: nobody is told */
    s.b[14 + 20 + 3] ^= 1;
    frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m);
    net_feed(&r.n, ETH0, &f);
    assert_false(udp_poll(conn) & INL_EV_ERROR);
    assert_int_equal(send_to(r.udp, other, "abc", 3, &peer), 3);
    assert_true(net_take(&r.n, ETH0, &s));
    m.data = rd_init(s.b + 14, 28);
    frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m);
    net_feed(&r.n, ETH0, &f);
    assert_false(udp_poll(other) & INL_EV_ERROR);
    /* nobody at that address */
    peer = at("10.0.0.66", 9);
    assert_int_equal(udp_connect(r.udp, conn, &peer), 0);
    assert_int_equal(send_to(r.udp, conn, "abc", 3, NULL), 3);
    net_advance(&r.n, 3 * INL_S);
    assert_int_equal(udp_take_error(conn), EHOSTUNREACH);
    rig_stop(&r);
}

/* What goes along with a datagram, both ways. */
static void test_message(void **state) {
    struct rig r;
    struct udp_pcb *pcb;
    struct inl_msg out = {.ttl = 9, .tos = 0x2e}, in;
    struct inl_sockaddr to = at("10.0.0.2", 9);
    struct inl_addr second = addr("10.0.0.9");
    struct seen s;
    char b[8];

    (void)state;
    rig_start(&r, 0);
    assert_int_equal(ip_addr_add(r.n.ip, ETH0, &second, 24), 0);
    pcb = bound(&r, inl_addr_any4(), 5000, false);
    udp_pcb_opts(pcb)->ttl = 3;
    out.local.addr = second;
    assert_int_equal(udp_send(r.udp, pcb, "abc", 3, &to, &out), 3);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_true(inl_addr_eq(&s.ip4.src, &second));
    assert_int_equal(s.ip4.ttl, 9);
    assert_int_equal(s.ip4.tos, 0x2e);
    out = (struct inl_msg){.tos = -1}; /* nothing of its own: the socket's */
    assert_int_equal(udp_send(r.udp, pcb, "abc", 3, &to, &out), 3);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_int_equal(s.ip4.ttl, 3);
    assert_int_equal(s.ip4.tos, 0);
    /* groups have a TTL of their own (RFC 1112 6.1) */
    to = at("224.0.0.251", 9);
    assert_int_equal(send_to(r.udp, pcb, "abc", 3, &to), 3);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_int_equal(s.ip4.ttl, 1);
    udp_pcb_opts(pcb)->group_ttl = 7;
    assert_int_equal(send_to(r.udp, pcb, "abc", 3, &to), 3);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_int_equal(s.ip4.ttl, 7);
    to = at("10.0.0.2", 9);
    out.local.addr = addr("10.0.0.77"); /* not ours */
    assert_int_equal(udp_send(r.udp, pcb, "abc", 3, &to, &out), -EADDRNOTAVAIL);

    assert_int_equal(feed(&r, "10.0.0.2", 1000, "10.0.0.9", 5000, "hello"), INL_DROP_NONE);
    in = (struct inl_msg){.buf = b, .len_bytes = 2};
    assert_int_equal(udp_recv(r.udp, pcb, &in, 0), 2);
    assert_int_equal(in.flags, INL_MSG_TRUNC);
    assert_int_equal(in.link, ETH0);
    assert_int_equal(in.ttl, 64);
    assert_true(inl_addr_eq(&in.local.addr, &second));
    assert_int_equal(in.peer.port, 1000);
    rig_stop(&r);
}

/* Errors wait, with what they are about, for sockets that asked for that; connected or not. */
static void test_error_queue(void **state) {
    struct rig r;
    struct udp_pcb *pcb;
    struct inl_sockaddr peer = at("10.0.0.2", 9);
    struct inl_addr router = addr("10.0.0.2");
    struct icmp4_msg m = {.type = ICMP4_TIME_EXCEEDED};
    struct frame f;
    struct seen s;
    char big[1501] = {0}, b[8];
    struct inl_msg in = {.buf = b, .len_bytes = sizeof(b)};
    int n = 0;

    (void)state;
    rig_start(&r, 0);
    pcb = bound(&r, inl_addr_any4(), 5000, false);
    udp_pcb_opts(pcb)->recverr = true;
    assert_int_equal(send_to(r.udp, pcb, "abc", 3, &peer), 3);
    assert_true(net_take(&r.n, ETH0, &s));
    m.data = rd_init(s.b + 14, 31);
    frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m);
    assert_int_equal(udp_recv(r.udp, pcb, &in, INL_MSG_ERRQUEUE), -EAGAIN);
    assert_int_equal(net_feed(&r.n, ETH0, &f), INL_DROP_NONE);
    assert_true(udp_poll(pcb) & INL_EV_ERROR);
    assert_int_equal(udp_take_error(pcb), EHOSTUNREACH);
    assert_true(udp_poll(pcb) & INL_EV_ERROR); /* the queue has it still */
    assert_int_equal(udp_recv(r.udp, pcb, &in, INL_MSG_ERRQUEUE), 3);
    assert_memory_equal(b, "abc", 3);
    assert_int_equal(in.flags, INL_MSG_ERRQUEUE);
    assert_int_equal(in.error.err, EHOSTUNREACH);
    assert_int_equal(in.error.origin, INL_ERR_ICMP4);
    assert_int_equal(in.error.type, ICMP4_TIME_EXCEEDED);
    assert_true(inl_addr_eq(&in.error.offender, &router));
    assert_true(inl_addr_eq(&in.peer.addr, &peer.addr) && in.peer.port == 9);
    assert_false(udp_poll(pcb) & INL_EV_ERROR);
    /* our own refusal */
    udp_pcb_opts(pcb)->pmtud = INL_PMTUD_DO;
    assert_int_equal(send_to(r.udp, pcb, big, 1473, &peer), -EMSGSIZE);
    assert_int_equal(udp_recv(r.udp, pcb, &in, INL_MSG_ERRQUEUE), sizeof(b));
    assert_int_equal(in.error.origin, INL_ERR_LOCAL);
    assert_int_equal(in.error.info, 1500);
    assert_int_equal(in.flags, INL_MSG_ERRQUEUE | INL_MSG_TRUNC);
    assert_int_equal(send_to(r.udp, pcb, big, 1472, &peer), 1472);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_true(s.ip4.df);
    /* whoever sends errors cannot fill our memory */
    for (int i = 0; i < 100; i++) {
        net_feed(&r.n, ETH0, &f);
    }
    while (udp_recv(r.udp, pcb, &in, INL_MSG_ERRQUEUE) >= 0) {
        n++;
    }
    assert_int_equal(n, 64);
    net_feed(&r.n, ETH0, &f); /* left behind: the rig finds it freed */
    rig_stop(&r);
}

static void test_transparent(void **state) {
    struct rig r;
    struct udp_pcb *any, *reply;
    struct inl_sockaddr to = at("10.0.0.2", 1000);
    struct inl_sockaddr got;
    struct seen s;
    char b[8];

    (void)state;
    rig_start(&r, NET_TRANSPARENT);
    any = bound(&r, inl_addr_any4(), 0, false); /* every port */
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "8.8.8.8", 53, "q"), INL_DROP_NONE);
    assert_int_equal(recv_from(r.udp, any, b, 8, 0, NULL, &got), 1);
    assert_int_equal(inl_addr_to4(&got.addr), 0x08080808);
    assert_int_equal(got.port, 53);
    assert_int_equal(feed(&r, "10.0.0.2", 1000, "8.8.8.8", 0, "q"), INL_DROP_NO_SOCKET);
    assert_true(net_take(&r.n, ETH0, &s)); /* port unreachable */
    reply = bound(&r, got.addr, got.port, false);
    assert_int_equal(send_to(r.udp, reply, "a", 1, &to), 1);
    assert_true(net_take(&r.n, ETH0, &s));
    assert_int_equal(inl_addr_to4(&s.ip4.src), 0x08080808);
    assert_int_equal(s.udp.sport, 53);
    rig_stop(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receive),     cmocka_unit_test(test_checks),
        cmocka_unit_test(test_demux),       cmocka_unit_test(test_v6only),
        cmocka_unit_test(test_nobody),      cmocka_unit_test(test_groups),
        cmocka_unit_test(test_queue),       cmocka_unit_test(test_send),
        cmocka_unit_test(test_train),       cmocka_unit_test(test_zero_checksum),
        cmocka_unit_test(test_error),       cmocka_unit_test(test_message),
        cmocka_unit_test(test_error_queue), cmocka_unit_test(test_transparent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
