/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server4_test.c - the DHCP server for IPv4: with our client in a world, and
 * with a client that the test plays (RFC 2131 4.3)
 */
#include "lan.h"

#include "ip/neigh.h"
#include "stack/state.h"

#include <inlet/malloc.h>

#define OURS "10.0.0.1"
#define ALL "255.255.255.255"

/* ---- a world: host 0 is the router ---- */

struct lab {
    struct inl_world *world;
    int segment;
    inl_time now;
};

static struct inl_dhcp4_server_config serve(const char *first, const char *last) {
    struct inl_dhcp4_server_config c;

    inl_dhcp4_server_config_init(&c);
    c.first = lan_addr(first);
    c.last = lan_addr(last);
    return c;
}

static void lab_start(struct lab *l, const struct inl_dhcp4_server_config *config) {
    struct inl_world_config c = {.alloc = inl_malloc(), .seed = 7, .now = {INL_S}};
    struct inl_addr ours = lan_addr(OURS);
    int link = 0;

    l->now = c.now;
    assert_int_equal(inl_world_new(&c, &l->world), 0);
    l->segment = inl_world_segment_add(l->world, "net0", 1500);
    assert_int_equal(inl_world_host_add(l->world, "router", NULL), 0);
    assert_true(inl_world_attach(l->world, 0, l->segment, NULL, &link) >= 0);
    assert_int_equal(inl_addr_add(inl_world_stack(l->world, 0), 1, &ours, 24), 0);
    assert_int_equal(inl_dhcp4_server_start(inl_world_stack(l->world, 0), 1, config), 0);
}

static struct inl_stack *lab_client(struct lab *l, bool check) {
    struct inl_dhcp4_config c;
    int host = inl_world_host_add(l->world, "client", NULL);
    struct inl_stack *s;

    assert_true(host > 0);
    assert_true(inl_world_attach(l->world, host, l->segment, NULL, NULL) >= 0);
    s = inl_world_stack(l->world, host);
    inl_dhcp4_config_init(&c);
    c.start_min_ns = c.start_max_ns = 0;
    c.conflict_check = check;
    assert_int_equal(inl_dhcp4_start(s, 1, &c), 0);
    return s;
}

static void lab_run(struct lab *l, inl_dur by) {
    l->now = inl_time_add(l->now, by);
    inl_world_advance(l->world, l->now);
}

static struct inl_dhcp4_info info(const struct inl_stack *s) {
    struct inl_dhcp4_info i;

    assert_int_equal(inl_dhcp4_get(s, 1, &i), 0);
    return i;
}

static uint32_t addr_of(const struct inl_stack *s) {
    struct inl_dhcp4_info i = info(s);

    return i.bound ? inl_addr_to4(&i.addr) : 0;
}

static size_t leases(struct lab *l) {
    struct inl_dhcp_lease out[64];

    return inl_dhcp4_server_leases(inl_world_stack(l->world, 0), 1, out, 64);
}

/* Ten addresses, twelve clients; who gives one back makes room. */
static void test_pool(void **state) {
    struct inl_dhcp4_server_config c = serve("10.0.0.10", "10.0.0.19");
    struct inl_stack *client[12];
    struct inl_stats stats;
    struct lab l;
    unsigned got = 0, seen = 0;

    (void)state;
    lab_start(&l, &c);
    for (int i = 0; i < 12; i++) {
        client[i] = lab_client(&l, false);
    }
    lab_run(&l, INL_S);
    for (int i = 0; i < 12; i++) {
        uint32_t a = addr_of(client[i]);

        if (a) {
            got++;
            assert_in_range(a, 0x0a00000a, 0x0a000013);
            assert_false(seen & 1u << (a & 31)); /* each to one */
            seen |= 1u << (a & 31);
        }
    }
    assert_int_equal(got, 10);
    assert_int_equal(leases(&l), 10);
    inl_stats_get(inl_world_stack(l.world, 0), &stats);
    assert_int_equal(stats.drop[INL_DROP_DHCP_NO_ADDRESS], 2);
    assert_int_equal(stats.udp_in_datagrams, 10 * 2 + 2); /* RFC 4113: these are datagrams, too */
    assert_int_equal(stats.udp_out_datagrams, 10 * 2);
    assert_int_equal(stats.udp_in_errors + stats.udp_no_ports, 0);
    assert_int_equal(inl_dhcp4_stop(client[0], 1, true), 0);
    lab_run(&l, 200 * INL_S);
    got = 0;
    for (int i = 1; i < 12; i++) {
        got += addr_of(client[i]) != 0;
    }
    assert_int_equal(got, 10);
    inl_world_free(l.world);
}

/* What the server tells reaches the client; with the conflict check it takes
 * some seconds. */
static void test_parameters(void **state) {
    struct inl_dhcp4_server_config c = serve("10.0.0.10", "10.0.0.19");
    struct inl_dhcp4_info i;
    struct inl_stack *s;
    struct lab l;

    (void)state;
    c.dns_n = 2;
    c.dns[0] = lan_addr("10.0.0.53");
    c.dns[1] = lan_addr("10.0.0.54");
    c.mtu_bytes = 1400;
    memcpy(c.domain, "lab.test", 9);
    lab_start(&l, &c);
    s = lab_client(&l, true);
    lab_run(&l, INL_S / 2);
    assert_int_equal(info(s).state, INL_DHCP4_CHECKING);
    lab_run(&l, 10 * INL_S);
    i = info(s);
    assert_true(i.bound);
    assert_int_equal(i.prefix_len_bits, 24);
    assert_int_equal(inl_addr_to4(&i.server), 0x0a000001);
    assert_int_equal(i.routes_n, 1);
    assert_int_equal(inl_addr_to4(&i.routes[0].gateway), 0x0a000001);
    assert_int_equal(i.dns_n, 2);
    assert_int_equal(inl_addr_to4(&i.dns[1]), 0x0a000036);
    assert_int_equal(i.mtu_bytes, 1400);
    assert_string_equal(i.domain, "lab.test");
    inl_world_free(l.world);
}

/* Renewed for as long as there is a server; then it ends, and the address is
 * gone. */
static void test_renewals(void **state) {
    struct inl_dhcp4_server_config c = serve("10.0.0.10", "10.0.0.19");
    struct inl_stack *s;
    struct inl_stats stats;
    struct lab l;
    uint32_t a;

    (void)state;
    c.lease_s = 600;
    lab_start(&l, &c);
    s = lab_client(&l, false);
    lab_run(&l, INL_S);
    a = addr_of(s);
    assert_true(a);
    for (int i = 0; i < 100; i++) {
        lab_run(&l, 100 * INL_S);
        assert_int_equal(addr_of(s), a);
    }
    assert_int_equal(leases(&l), 1);
    inl_stats_get(s, &stats);
    assert_in_range(stats.cause[INL_CAUSE_DHCP4_RENEW], 30, 36); /* at T1, each 300 s */
    assert_int_equal(stats.cause[INL_CAUSE_DHCP4_REBIND], 0);
    assert_int_equal(inl_dhcp4_server_stop(inl_world_stack(l.world, 0), 1), 0);
    lab_run(&l, 601 * INL_S);
    assert_int_equal(addr_of(s), 0);
    inl_world_free(l.world);
}

/* Static leases; and the same address for who comes again. */
static void test_same_address(void **state) {
    struct inl_dhcp4_server_config c = serve("10.0.0.10", "10.0.0.19");
    struct inl_dhcp4_config again;
    struct inl_stack *a, *b, *other;
    struct lab l;
    uint32_t was;

    (void)state;
    c.hosts_n = 2;
    memcpy(c.hosts[0].mac, (uint8_t[]){2, 0, 0, 0, 1, 1}, 6); /* the world's host 1 */
    c.hosts[0].addr = lan_addr("10.0.0.12");
    memcpy(c.hosts[1].mac, (uint8_t[]){2, 0, 0, 0, 2, 1}, 6);
    c.hosts[1].addr = lan_addr("10.0.0.200"); /* beside the range */
    lab_start(&l, &c);
    a = lab_client(&l, false);
    b = lab_client(&l, false);
    other = lab_client(&l, false);
    lab_run(&l, INL_S);
    assert_int_equal(addr_of(a), 0x0a00000c);
    assert_int_equal(addr_of(b), 0x0a0000c8);
    was = addr_of(other);
    assert_true(was && was != 0x0a00000c);
    assert_int_equal(inl_dhcp4_stop(other, 1, true), 0);
    lab_run(&l, INL_S);
    assert_int_equal(leases(&l), 2);
    for (int i = 0; i < 3; i++) { /* others come in between */
        lab_client(&l, false);
    }
    lab_run(&l, INL_S);
    inl_dhcp4_config_init(&again);
    again.start_min_ns = again.start_max_ns = 0;
    again.conflict_check = false;
    assert_int_equal(inl_dhcp4_start(other, 1, &again), 0);
    lab_run(&l, INL_S);
    assert_int_equal(addr_of(other), was);
    inl_world_free(l.world);
}

static void test_config(void **state) {
    struct inl_dhcp4_server_config c = serve("10.0.0.10", "10.0.0.19");
    struct inl_stack *s;
    struct lab l;

    (void)state;
    lab_start(&l, &c);
    s = inl_world_stack(l.world, 0);
    assert_int_equal(inl_dhcp4_server_start(s, 1, &c), -EEXIST);
    assert_int_equal(inl_dhcp4_server_start(s, 5, &c), -ENODEV);
    assert_int_equal(inl_dhcp4_server_start(s, 0, &c), -EINVAL);
    assert_int_equal(inl_dhcp4_server_stop(s, 1), 0);
    assert_int_equal(inl_dhcp4_server_stop(s, 1), -ENOENT);
    c = serve("10.0.1.10", "10.0.1.19");
    assert_int_equal(inl_dhcp4_server_start(s, 1, &c), -EADDRNOTAVAIL);
    c = serve("10.0.0.19", "10.0.0.10");
    assert_int_equal(inl_dhcp4_server_start(s, 1, &c), -EINVAL);
    c = serve("10.0.0.0", "10.1.0.0");
    assert_int_equal(inl_dhcp4_server_start(s, 1, &c), -EINVAL);
    c = serve("10.0.0.10", "10.0.0.19");
    c.lease_s = 5;
    assert_int_equal(inl_dhcp4_server_start(s, 1, &c), -EINVAL);
    inl_world_free(l.world);
}

/* ---- a client that the test plays ---- */

struct question {
    uint8_t type;
    const char *ciaddr, *wish, *server;
    uint16_t flags;
    uint8_t mac;
    const char *giaddr;
    bool reply_op;
};

static void server_start(struct lan *l, const char *first, const char *last) {
    struct inl_dhcp4_server_config c = serve(first, last);
    struct inl_addr ours = lan_addr(OURS);

    lan_start(l);
    assert_int_equal(inl_addr_add(l->stack, LAN_LINK, &ours, 24), 0);
    assert_int_equal(inl_dhcp4_server_start(l->stack, LAN_LINK, &c), 0);
}

static enum inl_drop ask(struct lan *l, const struct question *q) {
    struct inl_addr any = inl_addr_any4();
    struct dhcp4_msg m = {.op = q->reply_op ? DHCP4_BOOTREPLY : DHCP4_BOOTREQUEST,
                          .type = q->type,
                          .xid = 0x1234,
                          .flags = q->flags,
                          .ciaddr = q->ciaddr ? lan_addr(q->ciaddr) : any,
                          .yiaddr = any,
                          .siaddr = any,
                          .giaddr = q->giaddr ? lan_addr(q->giaddr) : any,
                          .chaddr = {2, 0, 0, 0, 9, q->mac}};
    struct inl_addr a;
    uint8_t b[600];
    struct wr w = wr_init(b, sizeof(b));

    dhcp4_emit(&w, &m);
    dhcp4_put(&w, DHCP4_OPT_CLIENT_ID, (uint8_t[]){0, 'c', q->mac}, 3);
    if (q->wish) {
        a = lan_addr(q->wish);
        dhcp4_put_addr(&w, DHCP4_OPT_REQUESTED, &a);
    }
    if (q->server) {
        a = lan_addr(q->server);
        dhcp4_put_addr(&w, DHCP4_OPT_SERVER, &a);
    }
    dhcp4_end(&w);
    return lan_feed(l, q->ciaddr ? q->ciaddr : "0.0.0.0", 68, ALL, 67, b, wr_len(&w));
}

static struct dhcp4_msg told(struct lan *l, enum dhcp4_type type, struct lan_msg *m) {
    struct dhcp4_msg d;
    struct rd r;

    assert_true(lan_take(l, m));
    assert_int_equal(m->sport, 67);
    assert_int_equal(m->dport, 68);
    r = rd_init(m->payload, m->payload_len);
    assert_int_equal(dhcp4_parse(&r, &d), INL_DROP_NONE);
    assert_int_equal(d.type, type);
    assert_int_equal(d.op, DHCP4_BOOTREPLY);
    assert_int_equal(d.xid, 0x1234);
    uint8_t id[3];

    assert_int_equal(dhcp4_opt(&d, DHCP4_OPT_CLIENT_ID, id, 3), 3); /* RFC 6842 */
    assert_memory_equal(id, ((uint8_t[]){0, 'c', d.chaddr[5]}), 3);
    return d;
}

/* 4.1: by unicast to who can take that, though he does not answer ARP yet. */
static void test_offer_unicast(void **state) {
    struct question q = {.type = DHCP4_DISCOVER, .mac = 1};
    struct dhcp4_msg d;
    struct lan_msg m;
    struct lan l;
    uint32_t v;

    (void)state;
    server_start(&l, "10.0.0.10", "10.0.0.19");
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    d = told(&l, DHCP4_OFFER, &m);
    assert_true(inl_addr_eq(&m.dst, &d.yiaddr));
    assert_memory_equal(m.eth_dst, ((uint8_t[]){2, 0, 0, 0, 9, 1}), 6);
    assert_true(dhcp4_opt_u32(&d, DHCP4_OPT_LEASE, &v) && v == 3600);
    assert_true(dhcp4_opt_u32(&d, DHCP4_OPT_T1, &v) && v == 1800);
    assert_true(dhcp4_opt_u32(&d, DHCP4_OPT_T2, &v) && v == 3150);
    assert_true(dhcp4_opt_u32(&d, DHCP4_OPT_MASK, &v) && v == 0xffffff00);
    assert_true(dhcp4_opt_u32(&d, DHCP4_OPT_SERVER, &v) && v == 0x0a000001);
    q.flags = DHCP4_BROADCAST;
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    told(&l, DHCP4_OFFER, &m);
    assert_true(inl_addr_is_broadcast(&m.dst));
    assert_int_equal(m.eth_dst[0], 0xff);
    lan_stop(&l);
}

/* 4.3.1: the address that he asks for, if it is free; not ours; an offer ends
 * after 30 s. */
static void test_wishes(void **state) {
    struct question q = {.type = DHCP4_DISCOVER, .mac = 1, .wish = "10.0.0.3"};
    struct lan_msg m;
    struct lan l;

    (void)state;
    server_start(&l, "10.0.0.1", "10.0.0.3");
    ask(&l, &q);
    struct dhcp4_msg d = told(&l, DHCP4_OFFER, &m);

    assert_int_equal(inl_addr_to4(&d.yiaddr), 0x0a000003);
    q.mac = 2; /* the same wish, of another */
    ask(&l, &q);
    d = told(&l, DHCP4_OFFER, &m);
    assert_int_equal(inl_addr_to4(&d.yiaddr), 0x0a000002);
    q.mac = 3; /* the third is ours */
    q.wish = OURS;
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_NO_ADDRESS);
    lan_run(&l, 31 * INL_S);
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    told(&l, DHCP4_OFFER, &m);
    lan_stop(&l);
}

/* 4.3.2 */
static void test_requests(void **state) {
    struct question q = {.type = DHCP4_DISCOVER, .mac = 1};
    struct lan_msg m;
    struct dhcp4_msg d;
    struct lan l;

    (void)state;
    server_start(&l, "10.0.0.10", "10.0.0.19");
    ask(&l, &q);
    told(&l, DHCP4_OFFER, &m);
    /* another address than offered: refused, to everybody */
    q = (struct question){.type = DHCP4_REQUEST, .mac = 1, .wish = "10.0.0.15", .server = OURS};
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    d = told(&l, DHCP4_NAK, &m);
    assert_true(inl_addr_is_broadcast(&m.dst));
    assert_true(inl_addr_is_any(&d.yiaddr));
    assert_int_equal(dhcp4_opt(&d, DHCP4_OPT_LEASE, NULL, 0), -1);
    q.wish = "10.0.0.10";
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    d = told(&l, DHCP4_ACK, &m);
    assert_int_equal(inl_addr_to4(&d.yiaddr), 0x0a00000a);
    /* INIT-REBOOT: right, wrong address, wrong network, unknown client */
    q.server = NULL;
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    told(&l, DHCP4_ACK, &m);
    q.wish = "10.0.0.11";
    ask(&l, &q);
    told(&l, DHCP4_NAK, &m);
    q.wish = "192.168.1.11";
    ask(&l, &q);
    told(&l, DHCP4_NAK, &m);
    q.mac = 2;
    ask(&l, &q);
    told(&l, DHCP4_NAK, &m);
    q.wish = "10.0.0.11";
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_UNASKED); /* MUST remain silent */
    assert_false(lan_take(&l, &m));
    /* but who wants what we would have offered comes too late */
    q.server = OURS;
    ask(&l, &q);
    told(&l, DHCP4_NAK, &m);
    q.wish = NULL;
    assert_int_equal(ask(&l, &q), INL_DROP_BAD_OPTION);
    /* RENEWING, REBINDING: to the client's address */
    q = (struct question){.type = DHCP4_REQUEST, .mac = 1, .ciaddr = "10.0.0.10"};
    ip_neigh_asked(l.stack->ip, LAN_LINK, &(struct inl_addr){{[10] = 0xff, 0xff, 10, 0, 0, 10}},
                   (uint8_t[]){2, 0, 0, 0, 9, 1});
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    d = told(&l, DHCP4_ACK, &m);
    assert_int_equal(inl_addr_to4(&m.dst), 0x0a00000a);
    assert_int_equal(inl_addr_to4(&d.ciaddr), 0x0a00000a);
    lan_stop(&l);
}

/* Who takes another server's offer frees ours. */
static void test_other_server(void **state) {
    struct question q = {.type = DHCP4_DISCOVER, .mac = 1};
    struct lan_msg m;
    struct lan l;

    (void)state;
    server_start(&l, "10.0.0.10", "10.0.0.10");
    ask(&l, &q);
    told(&l, DHCP4_OFFER, &m);
    q = (struct question){
        .type = DHCP4_REQUEST, .mac = 1, .wish = "10.0.0.10", .server = "10.0.0.66"};
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_UNASKED);
    q = (struct question){.type = DHCP4_DISCOVER, .mac = 2};
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    told(&l, DHCP4_OFFER, &m);
    lan_stop(&l);
}

/* 4.3.3, 4.3.4, 4.3.5 */
static void test_decline_release_inform(void **state) {
    struct question get = {.type = DHCP4_DISCOVER, .mac = 1};
    struct question take = {.type = DHCP4_REQUEST, .mac = 1, .wish = "10.0.0.10", .server = OURS};
    struct question q = {.type = DHCP4_DECLINE, .mac = 1, .wish = "10.0.0.10", .server = OURS};
    struct question release = {.type = DHCP4_RELEASE, .mac = 1, .server = OURS};
    struct lan_msg m;
    struct dhcp4_msg d;
    struct inl_dhcp_lease lease;
    struct lan l;

    (void)state;
    server_start(&l, "10.0.0.10", "10.0.0.11");
    ask(&l, &get);
    told(&l, DHCP4_OFFER, &m);
    ask(&l, &take);
    told(&l, DHCP4_ACK, &m);
    assert_int_equal(inl_dhcp4_server_leases(l.stack, LAN_LINK, &lease, 1), 1);
    assert_int_equal(lease.mac[5], 1);
    release.ciaddr = "10.0.0.11"; /* not the one that he has */
    assert_int_equal(ask(&l, &release), INL_DROP_DHCP_UNASKED);
    assert_int_equal(inl_dhcp4_server_leases(l.stack, LAN_LINK, &lease, 1), 1);
    q.mac = 2; /* of somebody else: not believed */
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_UNASKED);
    q.mac = 1;
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    assert_int_equal(inl_dhcp4_server_leases(l.stack, LAN_LINK, &lease, 1), 0);
    ask(&l, &get);
    d = told(&l, DHCP4_OFFER, &m);
    assert_int_equal(inl_addr_to4(&d.yiaddr), 0x0a00000b);
    get.mac = 3; /* the declined one is not given away, for ten minutes */
    assert_int_equal(ask(&l, &get), INL_DROP_DHCP_NO_ADDRESS);
    lan_run(&l, 601 * INL_S);
    assert_int_equal(ask(&l, &get), INL_DROP_NONE);
    told(&l, DHCP4_OFFER, &m);
    /* a release of what is not his */
    q = (struct question){.type = DHCP4_RELEASE, .mac = 7, .ciaddr = "10.0.0.11", .server = OURS};
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_UNASKED);
    /* parameters only */
    ip_neigh_asked(l.stack->ip, LAN_LINK, &(struct inl_addr){{[10] = 0xff, 0xff, 10, 0, 0, 77}},
                   (uint8_t[]){2, 0, 0, 0, 9, 8});
    q = (struct question){.type = DHCP4_INFORM, .mac = 8, .ciaddr = "10.0.0.77"};
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    d = told(&l, DHCP4_ACK, &m);
    assert_int_equal(inl_addr_to4(&m.dst), 0x0a00004d);
    assert_int_equal(dhcp4_opt(&d, DHCP4_OPT_LEASE, NULL, 0), -1);
    assert_true(inl_addr_is_any(&d.yiaddr));
    lan_stop(&l);
}

/* What no client sends, and relays, which are not served. */
static void test_strangers(void **state) {
    struct question q = {.type = DHCP4_DISCOVER, .mac = 1, .giaddr = "10.0.0.9"};
    struct lan_msg m;
    struct lan l;

    (void)state;
    server_start(&l, "10.0.0.10", "10.0.0.11");
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_UNASKED);
    q = (struct question){.type = DHCP4_DISCOVER, .mac = 1, .reply_op = true};
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_UNASKED);
    q = (struct question){.type = DHCP4_OFFER, .mac = 1};
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_UNASKED);
    q = (struct question){.type = DHCP4_INFORM, .mac = 1};
    assert_int_equal(ask(&l, &q), INL_DROP_DHCP_UNASKED);
    assert_false(lan_take(&l, &m));
    lan_stop(&l);
}

/* A flood of clients that never come back: memory stays, and honest ones are
 * served again soon. */
static void test_flood(void **state) {
    struct question q = {.type = DHCP4_DISCOVER};
    struct lan_msg m;
    struct lan l;
    size_t used;

    (void)state;
    server_start(&l, "10.0.0.10", "10.0.0.19");
    for (int i = 0; i < 200; i++) {
        q.mac = (uint8_t)i;
        ask(&l, &q);
        while (lan_take(&l, &m)) {
        }
    }
    used = l.stack->env.mem.used_bytes;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 200; i++) {
            q.mac = (uint8_t)i;
            q.flags = DHCP4_BROADCAST;
            ask(&l, &q);
            while (lan_take(&l, &m)) {
            }
        }
        lan_run(&l, 100 * INL_S);
    }
    assert_true(l.stack->env.mem.used_bytes <= used);
    q.mac = 250;
    assert_int_equal(ask(&l, &q), INL_DROP_NONE);
    told(&l, DHCP4_OFFER, &m);
    lan_stop(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool),         cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_renewals),     cmocka_unit_test(test_same_address),
        cmocka_unit_test(test_config),       cmocka_unit_test(test_offer_unicast),
        cmocka_unit_test(test_wishes),       cmocka_unit_test(test_requests),
        cmocka_unit_test(test_other_server), cmocka_unit_test(test_decline_release_inform),
        cmocka_unit_test(test_strangers),    cmocka_unit_test(test_flood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
