/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.c - fuzz target: DHCP clients and servers, with all their states
 *
 * The input is a series of acts: time passes, a link goes down, a client stops, a datagram comes.
 * Datagrams to clients get the number of the exchange, the hardware address and the identifier that
 * the client has used last, so that what the input says behind them is looked at. Link 1 has the
 * clients, link 2 the servers. At the end everything is stopped, and no memory may be left.
 */
#include "fuzz.h"

#include "stack/state.h"
#include "wire/dhcp4.h"
#include "wire/dhcp6.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

#define ACTS_MAX 200
#define BODY_MAX 600

struct play {
    struct inl_stack *stack;
    inl_time now;
    uint32_t xid4, xid6; /* last seen from the clients */
};

/* What the clients have said. */
static void listen(struct play *p, const uint8_t *b, size_t len) {
    struct rd r = rd_init(b, len);
    struct eth_hdr eth;
    struct ip4_hdr h4;
    struct ip6_hdr h6;
    struct rd u;

    FUZZ_CHECK(eth_parse(&r, &eth) == INL_DROP_NONE);
    if (eth.type == ETH_TYPE_IP4 && ip4_parse(&r, &h4) == INL_DROP_NONE &&
        h4.proto == IP_PROTO_UDP) {
        u = h4.payload;
        rd_skip(&u, 8 + 4);
        p->xid4 = rd_be32(&u);
    } else if (eth.type == ETH_TYPE_IP6 && ip6_parse(&r, &h6) == INL_DROP_NONE &&
               h6.next == IP_PROTO_UDP) {
        u = h6.payload;
        rd_skip(&u, 8);
        p->xid6 = rd_be32(&u) & 0xffffff;
    }
}

static void pull(struct play *p) {
    uint8_t b[1600];
    struct inl_tx_frame out = {.data = b, .cap_bytes = sizeof(b)};

    for (int link = 1; link <= 2; link++) {
        while (inl_tx(p->stack, link, &out, 1, p->now) > 0) {
            if (link == 1) {
                listen(p, b, out.len_bytes);
            }
        }
    }
}

static void pass(struct play *p, inl_dur by) {
    inl_time end = inl_time_add(p->now, by);

    for (int i = 0; i < 100 && !inl_time_before(end, inl_next_deadline(p->stack)); i++) {
        p->now = inl_time_max(p->now, inl_next_deadline(p->stack));
        inl_advance(p->stack, p->now);
        pull(p);
    }
    p->now = end;
    inl_advance(p->stack, p->now);
    pull(p);
}

static void give(struct play *p, int link, const struct wr *w) {
    uint8_t *exact = fuzz_exact(w->start, wr_len(w));
    struct inl_rx_frame in = {.data = exact, .len_bytes = wr_len(w)};

    FUZZ_CHECK(!w->bad);
    inl_rx(p->stack, link, &in, 1, p->now);
    fuzz_exact_free(exact, wr_len(w));
    pull(p);
}

static void head(struct wr *w, int link, uint16_t type, bool group) {
    struct eth_hdr eth = {.type = type, .dst = {2, 0, 0, 0, 0, (uint8_t)link}, .src = {2, 9}};

    if (group) {
        memset(eth.dst, 0xff, 6);
    }
    eth_emit(w, &eth);
}

static void udp_head(struct wr *w, uint16_t sport, uint16_t dport, size_t len) {
    wr_be16(w, sport);
    wr_be16(w, dport);
    wr_be16(w, (uint16_t)(8 + len));
    wr_be16(w, 0xffff); /* the link says that it has looked */
}

/* The fixed part is the client's, as far as it has to be; what follows is the input's. */
static void datagram4(struct play *p, int link, uint8_t type, struct rd *body) {
    struct inl_addr any = inl_addr_any4(), a = inl_addr_from4(0x0a000005);
    struct dhcp4_msg m = {.op = link == 1 ? DHCP4_BOOTREPLY : DHCP4_BOOTREQUEST,
                          .type = (uint8_t)(type % 8 + 1),
                          .xid = p->xid4,
                          .ciaddr = type & 64 ? a : any,
                          .yiaddr = link == 1 ? a : any,
                          .siaddr = any,
                          .giaddr = any,
                          .chaddr = {2, 0, 0, 0, 0, 1}};
    uint8_t b[BODY_MAX + 400], frame[BODY_MAX + 500];
    struct wr w = wr_init(b, sizeof(b)), f = wr_init(frame, sizeof(frame));
    struct ip4_hdr h = {.src = inl_addr_from4(0x0a000009), .ttl = 64, .proto = IP_PROTO_UDP};
    size_t n = rd_left(body);

    h.dst = inl_addr_from4(UINT32_MAX);
    dhcp4_emit(&w, &m);
    if (type & 128) { /* enough for a lease */
        dhcp4_put_u32(&w, DHCP4_OPT_SERVER, 0x0a000009);
        dhcp4_put_u32(&w, DHCP4_OPT_LEASE, 100);
    }
    wr_put(&w, rd_take(body, n), n);
    head(&f, link, ETH_TYPE_IP4, true);
    h.total_len_bytes = (uint16_t)(28 + wr_len(&w));
    ip4_emit(&f, &h);
    udp_head(&f, link == 1 ? 67 : 68, link == 1 ? 68 : 67, wr_len(&w));
    wr_put(&f, b, wr_len(&w));
    give(p, link, &f);
}

static void datagram6(struct play *p, int link, uint8_t type, struct rd *body) {
    const struct inl_addr client = {{0xfe, 0x80, [11] = 0xff, 0xfe, [15] = 1}};
    static const uint8_t duid[] = {0, 3, 0, 1, 2, 0, 0, 0, 0, 1};
    uint8_t b[BODY_MAX + 100], frame[BODY_MAX + 200];
    struct wr w = wr_init(b, sizeof(b)), f = wr_init(frame, sizeof(frame));
    struct ip6_hdr h = {.src = {{0xfe, 0x80, [15] = 9}},
                        .dst = link == 1 ? client : DHCP6_ALL_SERVERS,
                        .hop_limit = 1,
                        .next = IP_PROTO_UDP};
    size_t n = rd_left(body);

    dhcp6_emit(&w, type & 15, p->xid6);
    dhcp6_put(&w, DHCP6_OPT_CLIENT_ID, duid, sizeof(duid));
    if (type & 128) {
        dhcp6_put(&w, DHCP6_OPT_SERVER_ID, link == 1 ? (const uint8_t *)"\0\3x" : duid,
                  link == 1 ? 3 : sizeof(duid));
    }
    if (type & 64) {
        struct dhcp6_ia ia = {.iaid = 1, .addrs_n = 1};

        ia.addrs[0] =
            (struct dhcp6_ia_addr){.addr = {{0xfd, [15] = 5}}, .preferred_s = 50, .valid_s = 100};
        dhcp6_put_ia(&w, &ia);
    }
    wr_put(&w, rd_take(body, n), n);
    head(&f, link, ETH_TYPE_IP6, link == 2);
    h.payload_len_bytes = (uint16_t)(8 + wr_len(&w));
    ip6_emit(&f, &h);
    udp_head(&f, link == 1 ? 547 : 546, link == 1 ? 546 : 547, wr_len(&w));
    wr_put(&f, b, wr_len(&w));
    give(p, link, &f);
}

static void start_clients(struct play *p, uint8_t how) {
    struct inl_dhcp4_config c4;
    struct inl_dhcp6_config c6;

    inl_dhcp4_config_init(&c4);
    c4.start_min_ns = c4.start_max_ns = 0;
    c4.conflict_check = how & 1;
    inl_dhcp6_config_init(&c6);
    c6.start_max_ns = 0;
    c6.conflict_check = how & 1;
    c6.rapid_commit = how & 2;
    c6.address = !(how & 4);
    (void)inl_dhcp4_start(p->stack, 1, &c4);
    (void)inl_dhcp6_start(p->stack, 1, &c6);
}

static void start(struct play *p, uint8_t how) {
    struct inl_link_config link = {.kind = INL_LINK_ETHERNET,
                                   .name = "eth",
                                   .mtu_bytes = 1500,
                                   .mac = {2},
                                   .flags = INL_LINK_RX_CSUM_OK};
    struct inl_addr a4 = inl_addr_from4(0x0a000001), a6 = {{0xfd, [15] = 1}};
    struct inl_dhcp4_server_config s4;
    struct inl_dhcp6_server_config s6;
    struct inl_config c;

    inl_config_init(&c);
    c.alloc = inl_malloc();
    c.now = p->now;
    FUZZ_CHECK(inl_stack_new(&c, &p->stack) == 0);
    for (uint8_t i = 1; i <= 2; i++) {
        link.mac[5] = i;
        FUZZ_CHECK(inl_link_add(p->stack, &link) == i);
    }
    FUZZ_CHECK(inl_addr_add(p->stack, 2, &a4, 24) == 0);
    FUZZ_CHECK(inl_addr_add(p->stack, 2, &a6, 64) == 0);
    pass(p, 5 * INL_S);
    start_clients(p, how);
    inl_dhcp4_server_config_init(&s4);
    s4.first = inl_addr_from4(0x0a000004);
    s4.last = inl_addr_from4(0x0a000007);
    FUZZ_CHECK(inl_dhcp4_server_start(p->stack, 2, &s4) == 0);
    inl_dhcp6_server_config_init(&s6);
    s6.first = (struct inl_addr){{0xfd, [15] = 4}};
    s6.range_n = 4;
    FUZZ_CHECK(inl_dhcp6_server_start(p->stack, 2, &s6) == 0);
    pass(p, 1);
}

static void act(struct play *p, uint8_t what, uint8_t arg, struct rd *body) {
    static const inl_dur waits[] = {1, INL_S, 5 * INL_S, 60 * INL_S, 1000 * INL_S};

    switch (what % 8) {
    case 0:
        pass(p, waits[arg % 5]);
        break;
    case 1:
    case 2:
        datagram4(p, what % 8 == 1 ? 1 : 2, arg, body);
        break;
    case 3:
    case 4:
        datagram6(p, what % 8 == 3 ? 1 : 2, arg, body);
        break;
    case 5:
        inl_link_set_up(p->stack, 1, arg & 1);
        break;
    case 6:
        (void)inl_dhcp4_stop(p->stack, 1, arg & 1);
        (void)inl_dhcp6_stop(p->stack, 1, arg & 2);
        start_clients(p, arg >> 2);
        break;
    default:
        mem_fail_after(&p->stack->env.mem, arg);
        break;
    }
    pull(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct play p = {.now = {INL_S}};
    struct rd r = rd_init(data, size);
    struct inl_dhcp4_info i4;

    start(&p, rd_u8(&r));
    for (int i = 0; i < ACTS_MAX && rd_left(&r) > 0; i++) {
        uint8_t what = rd_u8(&r), arg = rd_u8(&r);
        size_t len = what % 8 >= 1 && what % 8 <= 4 ? rd_be16(&r) % BODY_MAX : 0;
        struct rd body = rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r));

        act(&p, what, arg, &body);
        FUZZ_CHECK(inl_dhcp4_get(p.stack, 1, &i4) == 0);
        FUZZ_CHECK(!i4.bound || ip_addr_is_local(p.stack->ip, &i4.addr));
    }
    mem_fail_after(&p.stack->env.mem, -1);
    inl_stack_free(p.stack); /* asserts that nothing is left */
    return 0;
}
