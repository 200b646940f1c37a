/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * offload_test.c - segments larger than the MTU, out and in, change nothing but the number of calls
 *
 * Two hosts are joined by a wire that takes super-frames whole, cut, or not at all; a router stands
 * between them; and a burst is given to a stack in one piece and to its twin in bits.
 */
#include "rig.h"

#include "base/csum.h"
#include "wire/ip4.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"

#define FRAME_CAP (INL_FRAME_OVERHEAD + 65535)
#define BULK_BYTES 3000000

/* ---- two hosts, and what lies between ---- */

enum wire { WIRE_PLAIN, WIRE_CUT, WIRE_WHOLE };

struct pair {
    struct heap heap;
    struct inl_stack *host[2];
    struct inl_stack *router; /* or NULL */
    enum wire wire;
    inl_time now;
    unsigned supers;
    size_t longest; /* payload of a frame */
    size_t cap;     /* of the driver's buffers */
    uint32_t lose;  /* one of so many pieces is lost; 0: none */
    unsigned lost;
};

static struct inl_stack *make_host(struct heap *heap, uint8_t seed, bool forward) {
    struct inl_config config;
    struct inl_stack *s;

    inl_config_init(&config);
    config.alloc = heap_alloc(heap);
    config.seed[0] = seed;
    config.now = (inl_time){1000 * INL_S};
    config.forward = forward;
    assert_int_equal(inl_stack_new(&config, &s), 0);
    return s;
}

static void add_link(struct inl_stack *s, enum inl_link_kind kind, uint8_t mac, uint32_t flags,
                     const char *addr) {
    const struct inl_link_config link = {
        .kind = kind, .mtu_bytes = 1500, .mac = {2, 0, 0, 0, 0, mac}, .flags = flags, .name = "t"};
    const struct inl_addr a = at(addr, 0).addr;
    int i = inl_link_add(s, &link);

    assert_true(i > 0);
    assert_int_equal(inl_addr_add(s, i, &a, 24), 0);
}

static uint32_t chance_state;

static uint32_t chance(uint32_t below) {
    chance_state = chance_state * 1664525 + 1013904223;
    return (chance_state >> 8) % below;
}

static void deliver(struct pair *p, struct inl_stack *to, int link, const struct inl_tx_frame *tx,
                    enum inl_link_kind kind) {
    static uint8_t buf[FRAME_CAP];
    struct inl_rx_frame rx = {.data = tx->data, .len_bytes = tx->len_bytes};
    size_t pos = 0;
    int n;

    p->supers += tx->offload.gso_size_bytes > 0;
    p->longest = tx->len_bytes > p->longest ? tx->len_bytes : p->longest;
    if (p->wire == WIRE_WHOLE) {
        rx.offload = tx->offload;
        inl_rx(to, link, &rx, 1, p->now);
        return;
    }
    assert_true(p->wire == WIRE_CUT || tx->offload.flags == 0);
    while ((n = inl_gso_cut(kind, tx->data, tx->len_bytes, &tx->offload, &pos, buf, sizeof(buf))) >
           0) {
        assert_true(n <= 1500 + INL_FRAME_OVERHEAD);
        rx = (struct inl_rx_frame){.data = buf, .len_bytes = (size_t)n};
        if (p->lose && chance(p->lose) == 0) {
            p->lost++;
            continue;
        }
        inl_rx(to, link, &rx, 1, p->now);
    }
    assert_int_equal(n, 0);
}

/* Everything that waits on a link goes to the other end. */
static bool carry(struct pair *p, struct inl_stack *from, int link, struct inl_stack *to,
                  int to_link, enum inl_link_kind kind) {
    static uint8_t buf[FRAME_CAP];
    struct inl_tx_frame tx = {.data = buf, .cap_bytes = p->cap};
    bool moved = false;
    int n;

    while ((n = inl_tx(from, link, &tx, 1, p->now)) > 0) {
        deliver(p, to, to_link, &tx, kind);
        moved = true;
    }
    assert_int_equal(n, 0);
    return moved;
}

static void settle(struct pair *p, enum inl_link_kind kind) {
    bool moved = true;

    while (moved) {
        if (p->router) {
            moved = carry(p, p->host[0], 1, p->router, 1, kind);
            moved |= carry(p, p->router, 1, p->host[0], 1, kind);
            moved |= carry(p, p->host[1], 1, p->router, 2, kind);
            moved |= carry(p, p->router, 2, p->host[1], 1, kind);
        } else {
            moved = carry(p, p->host[0], 1, p->host[1], 1, kind);
            moved |= carry(p, p->host[1], 1, p->host[0], 1, kind);
        }
    }
}

static void tick(struct pair *p, enum inl_link_kind kind) {
    p->now = inl_time_add(p->now, 10 * INL_MS);
    inl_advance(p->host[0], p->now);
    inl_advance(p->host[1], p->now);
    settle(p, kind);
}

static uint8_t pattern(size_t i) {
    return (uint8_t)(i * 31 + i / 1000);
}

/* BULK_BYTES from host 0 to host 1, each verified; once connected one of `lose` pieces is lost. */
static void bulk(struct pair *p, enum inl_link_kind kind, const char *to, uint32_t lose) {
    static uint8_t buf[65536];
    struct inl_sockaddr addr = at(to, 80);
    inl_sock l = inl_socket(p->host[1], INL_AF_INET, INL_SOCK_STREAM);
    inl_sock c = inl_socket(p->host[0], INL_AF_INET, INL_SOCK_STREAM);
    size_t sent = 0;
    size_t got = 0;
    inl_sock s;
    int64_t n;

    assert_int_equal(inl_bind(p->host[1], l, &addr), 0);
    assert_int_equal(inl_listen(p->host[1], l, 1), 0);
    assert_int_equal(inl_connect(p->host[0], c, &addr), -EINPROGRESS);
    settle(p, kind);
    s = inl_accept(p->host[1], l, NULL);
    assert_true(s >= 0);
    p->lose = lose;
    for (int turns = 0; got < BULK_BYTES; turns++) {
        assert_true(turns < 10000);
        do {
            size_t want = BULK_BYTES - sent < sizeof(buf) ? BULK_BYTES - sent : sizeof(buf);

            for (size_t i = 0; i < want; i++) {
                buf[i] = pattern(sent + i);
            }
            n = want ? inl_send(p->host[0], c, buf, want, 0) : 0;
            sent += n > 0 ? (size_t)n : 0;
        } while (n > 0);
        settle(p, kind);
        while ((n = inl_recv(p->host[1], s, buf, sizeof(buf), 0)) > 0) {
            for (size_t i = 0; i < (size_t)n; i++) {
                assert_int_equal(buf[i], pattern(got + i));
            }
            got += (size_t)n;
        }
        tick(p, kind);
    }
}

static void pair_init(struct pair *p, enum wire wire) {
    memset(p, 0, sizeof(*p));
    p->heap.fail_in = -1;
    p->now = (inl_time){1000 * INL_S};
    p->wire = wire;
    p->cap = FRAME_CAP;
    p->host[0] = make_host(&p->heap, 1, false);
    p->host[1] = make_host(&p->heap, 2, false);
}

static void pair_done(struct pair *p) {
    inl_stack_free(p->host[0]);
    inl_stack_free(p->host[1]);
    inl_stack_free(p->router);
    assert_int_equal(p->heap.bytes, 0);
}

static uint32_t flags_of(enum wire wire) {
    return wire == WIRE_PLAIN ? 0 : INL_LINK_TX_CSUM | INL_LINK_TX_GSO;
}

/* ARP too: the SYN waits for its answer, with a checksum that is still to be made. */
static void test_bulk_over_each_wire(void **state) {
    (void)state;
    for (enum wire wire = WIRE_PLAIN; wire <= WIRE_WHOLE; wire++) {
        for (enum inl_link_kind kind = INL_LINK_ETHERNET; kind <= INL_LINK_IP; kind++) {
            struct pair p;

            pair_init(&p, wire);
            add_link(p.host[0], kind, 1, flags_of(wire), "10.0.0.1");
            add_link(p.host[1], kind, 2, flags_of(wire), "10.0.0.2");
            bulk(&p, kind, "10.0.0.2", 0);
            if (wire == WIRE_PLAIN) {
                assert_int_equal(p.supers, 0);
                assert_true(p.longest <= 1500 + INL_FRAME_OVERHEAD);
            } else {
                assert_true(p.supers > 40);
                assert_true(p.longest > 60000);
            }
            pair_done(&p);
        }
    }
}

/* What is lost is a segment, and comes again as one; the frame that it was in matters to nobody. */
static void test_bulk_with_loss(void **state) {
    (void)state;
    for (uint32_t lose = 20; lose <= 500; lose *= 5) {
        struct pair p;

        chance_state = lose;
        pair_init(&p, WIRE_CUT);
        add_link(p.host[0], INL_LINK_IP, 1, flags_of(WIRE_CUT), "10.0.0.1");
        add_link(p.host[1], INL_LINK_IP, 2, flags_of(WIRE_CUT), "10.0.0.2");
        bulk(&p, INL_LINK_IP, "10.0.0.2", lose);
        assert_true(p.supers > 10);
        assert_true(p.lost > 2);
        pair_done(&p);
    }
}

/* A driver whose buffers are no larger than the MTU gets frames that are no larger. */
static void test_small_buffers(void **state) {
    struct pair p;

    (void)state;
    pair_init(&p, WIRE_WHOLE);
    p.cap = 1500 + INL_FRAME_OVERHEAD;
    add_link(p.host[0], INL_LINK_IP, 1, flags_of(WIRE_WHOLE), "10.0.0.1");
    add_link(p.host[1], INL_LINK_IP, 2, flags_of(WIRE_WHOLE), "10.0.0.2");
    bulk(&p, INL_LINK_IP, "10.0.0.2", 0);
    assert_int_equal(p.supers, 0);
    pair_done(&p);
}

/* A router forwards packets: what comes in one piece leaves in many, fit for the other link. */
static void test_router_cuts(void **state) {
    const struct inl_addr net0 = at("10.0.0.0", 0).addr;
    const struct inl_addr net1 = at("10.0.1.0", 0).addr;
    struct inl_route there = {.dst = net1, .prefix_len_bits = 24, .link = 1};
    struct inl_route back = {.dst = net0, .prefix_len_bits = 24, .link = 1};
    struct pair p;

    (void)state;
    there.gateway = at("10.0.0.9", 0).addr;
    back.gateway = at("10.0.1.9", 0).addr;
    pair_init(&p, WIRE_WHOLE);
    p.router = make_host(&p.heap, 3, true);
    add_link(p.host[0], INL_LINK_IP, 1, flags_of(WIRE_WHOLE), "10.0.0.1");
    add_link(p.host[1], INL_LINK_IP, 2, 0, "10.0.1.1");
    add_link(p.router, INL_LINK_IP, 3, 0, "10.0.0.9");
    add_link(p.router, INL_LINK_IP, 4, 0, "10.0.1.9");
    assert_int_equal(inl_route_add(p.host[0], &there), 0);
    assert_int_equal(inl_route_add(p.host[1], &back), 0);
    bulk(&p, INL_LINK_IP, "10.0.1.1", 0);
    assert_true(p.supers > 40);
    pair_done(&p);
}

static void test_router_refuses(void **state) {
    const uint8_t junk[60] = {0x45};
    struct inl_rx_frame rx = {.data = junk, .len_bytes = sizeof(junk)};
    struct heap heap = {.fail_in = -1};
    struct inl_stack *router = make_host(&heap, 3, true);
    struct inl_stats before, after;

    (void)state;
    add_link(router, INL_LINK_IP, 3, 0, "10.0.0.9");
    inl_stats_get(router, &before);
    rx.offload.gso_size_bytes = 10;
    inl_rx(router, 1, &rx, 1, (inl_time){1000 * INL_S});
    rx.len_bytes = 0; /* nothing to cut */
    inl_rx(router, 1, &rx, 1, (inl_time){1000 * INL_S});
    rx.len_bytes = sizeof(junk);
    heap.fail_in = 0;
    inl_rx(router, 1, &rx, 1, (inl_time){1000 * INL_S});
    inl_stats_get(router, &after);
    assert_int_equal(after.drop[INL_DROP_BAD_OFFLOAD] - before.drop[INL_DROP_BAD_OFFLOAD], 1);
    assert_int_equal(after.drop[INL_DROP_TRUNCATED] - before.drop[INL_DROP_TRUNCATED], 1);
    assert_int_equal(after.drop[INL_DROP_NO_MEMORY] - before.drop[INL_DROP_NO_MEMORY], 1);
    inl_stack_free(router);
    assert_int_equal(heap.bytes, 0);
}

static void test_link_flags(void **state) {
    struct inl_link_config c = {.kind = INL_LINK_IP, .mtu_bytes = 1500};
    struct heap heap = {.fail_in = -1};
    struct inl_stack *s = make_host(&heap, 1, false);

    (void)state;
    c.flags = INL_LINK_TX_GSO; /* who cuts makes checksums */
    assert_int_equal(inl_link_add(s, &c), -EINVAL);
    c.flags |= INL_LINK_TX_CSUM;
    c.gso_max_bytes = 1499;
    assert_int_equal(inl_link_add(s, &c), -EINVAL);
    c.gso_max_bytes = 65536;
    assert_int_equal(inl_link_add(s, &c), -EINVAL);
    c.gso_max_bytes = 1500;
    assert_true(inl_link_add(s, &c) > 0);
    c.gso_max_bytes = 0;
    assert_true(inl_link_add(s, &c) > 0);
    inl_stack_free(s);
}

/* ---- a burst in one piece, and in bits ---- */

#define PEER "10.0.0.9"
#define FLOWS 2
#define BURST 8
#define SEG_CAP 1600

/* What the peer of both twins knows of a flow. */
struct flow {
    uint16_t port;
    seq_t snd_nxt; /* next to send in order */
    seq_t una;     /* of the twins: acknowledged */
    seq_t nxt;     /* of the twins: sent */
    seq_t rcv;     /* what they have acknowledged */
};

struct twin {
    struct inl_stack *stack;
    inl_sock sock[FLOWS];
    uint8_t out[1 << 20]; /* every frame of flow 0 that left, one after the other */
    size_t out_len;
};

struct seg {
    uint8_t b[SEG_CAP];
    size_t len;
};

static struct twin twins[2];
static struct flow flows[FLOWS];
static void build(struct seg *s, const struct flow *f, seq_t seq, seq_t ack, uint16_t flags,
                  uint16_t win, uint32_t ts, uint8_t tos, size_t data) {
    const struct inl_addr src = at(PEER, 0).addr;
    const struct inl_addr dst = at("10.0.0.1", 0).addr;
    struct tcp_opts o = {.present = TCP_HAS_TS, .ts_val = ts};
    struct wr w = wr_init(s->b, sizeof(s->b));
    struct tcp_hdr h = {.sport = f->port,
                        .dport = 80,
                        .seq = seq,
                        .ack = ack,
                        .flags = flags,
                        .win = win,
                        .hdr_len_bytes = (uint8_t)(TCP_HDR_BYTES + tcp_opts_len(&o))};
    size_t len = h.hdr_len_bytes + data;
    struct ip4_hdr ip = {.src = src,
                         .dst = dst,
                         .total_len_bytes = (uint16_t)(IP4_HDR_BYTES + len),
                         .tos = tos,
                         .ttl = 64,
                         .proto = IP_PROTO_TCP,
                         .df = true};
    uint64_t acc = l4_pseudo_csum(&src, &dst, IP_PROTO_TCP, (uint32_t)len);

    ip4_emit(&w, &ip);
    tcp_emit(&w, &h);
    tcp_opts_emit(&w, &o);
    for (size_t i = 0; i < data; i++) {
        wr_u8(&w, (uint8_t)(seq.v + i));
    }
    acc = csum_add(acc, s->b + IP4_HDR_BYTES, len);
    wr_set_be16(&w, IP4_HDR_BYTES + TCP_CSUM_OFF, csum_fold(acc));
    assert_false(w.bad);
    s->len = wr_len(&w);
}

/* Pulls what a twin has to say; learns from flow 0. */
static void listen_to(struct twin *t, inl_time now) {
    static uint8_t buf[1600];
    struct inl_tx_frame tx = {.data = buf, .cap_bytes = sizeof(buf)};

    while (inl_tx(t->stack, 1, &tx, 1, now) > 0) {
        struct rd r = rd_init(buf, tx.len_bytes);
        struct ip4_hdr ip;
        struct tcp_hdr h;
        struct flow *f;
        seq_t end;

        assert_int_equal(ip4_parse(&r, &ip), INL_DROP_NONE);
        assert_int_equal(tcp_parse(&ip.payload, &h), INL_DROP_NONE);
        f = &flows[h.dport == flows[1].port];
        end = seq_add(h.seq, (uint32_t)rd_left(&h.payload) + ((h.flags & TCP_SYN) != 0));
        if (h.flags & TCP_SYN) {
            f->una = end;
            f->nxt = end;
        } else if (seq_gt(end, f->nxt)) {
            f->nxt = end;
        }
        f->rcv = h.ack;
        if (f == &flows[0]) {
            assert_true(t->out_len + tx.len_bytes <= sizeof(t->out));
            memcpy(t->out + t->out_len, buf, tx.len_bytes);
            t->out_len += tx.len_bytes;
        }
    }
}

static void give(struct twin *t, const struct seg *segs, size_t n, inl_time now) {
    struct inl_rx_frame rx[2 * BURST];

    assert_true(n <= 2 * BURST);
    for (size_t i = 0; i < n; i++) {
        rx[i] = (struct inl_rx_frame){.data = segs[i].b, .len_bytes = segs[i].len};
    }
    inl_rx(t->stack, 1, rx, n, now);
    listen_to(t, now);
}

static void twin_init(struct twin *t, struct heap *heap, inl_time now) {
    struct inl_sockaddr addr = at("10.0.0.1", 80);
    inl_sock l;

    t->stack = make_host(heap, 1, false);
    t->out_len = 0;
    add_link(t->stack, INL_LINK_IP, 1, 0, "10.0.0.1");
    l = inl_socket(t->stack, INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_bind(t->stack, l, &addr), 0);
    assert_int_equal(inl_listen(t->stack, l, FLOWS), 0);
    for (int i = 0; i < FLOWS; i++) {
        struct flow *f = &flows[i];
        struct seg s;

        *f = (struct flow){.port = (uint16_t)(1000 + i), .snd_nxt = seq_mk(0xfffff000U)};
        build(&s, f, f->snd_nxt, seq_mk(0), TCP_SYN, 65535, 100, 0, 0);
        give(t, &s, 1, now);
        f->snd_nxt = seq_add(f->snd_nxt, 1);
        build(&s, f, f->snd_nxt, f->nxt, TCP_ACK, 65535, 100, 0, 0);
        give(t, &s, 1, now);
        t->sock[i] = inl_accept(t->stack, l, NULL);
        assert_true(t->sock[i] >= 0);
    }
}

/* One segment of flow 0: mostly the next one, and now and then anything else. */
static void next_seg(struct seg *s, seq_t *ack, uint16_t *win, uint32_t *ts) {
    static const uint16_t sizes[] = {1, 100, 1000, 1000, 1000, 1400};
    struct flow *f = &flows[0];
    size_t data = sizes[chance(6)];
    seq_t seq = f->snd_nxt;
    uint16_t flags = TCP_ACK | (chance(4) == 0 ? TCP_PSH : 0);
    uint32_t odd = chance(24);
    uint32_t stamp = *ts;

    switch (odd) {
    case 0: /* a hole, filled later by case 1 or not at all */
        seq = seq_add(seq, 1000);
        break;
    case 1: /* again, or what was left out */
        seq = seq_sub(seq, chance(3000));
        break;
    case 2:
        *ack = seq_add(f->una, chance((uint32_t)seq_diff(f->nxt, f->una) + 1));
        break;
    case 3:
        *win = (uint16_t)(chance(3) ? 65535 : chance(3000));
        break;
    case 4:
        *ts += chance(3);
        stamp = *ts;
        break;
    case 5:
        stamp -= 1; /* a ghost */
        break;
    case 6:
        flags |= TCP_URG;
        break;
    case 7:
        data = 0;
        break;
    case 8:
        flags = chance(2) ? TCP_PSH : TCP_SYN | TCP_ACK;
        break;
    default:
        break;
    }
    build(s, f, seq, *ack, flags, *win, stamp, odd == 9 ? 3 : 2, data);
    if (seq_eq(seq, f->snd_nxt) && odd > 8) {
        f->snd_nxt = seq_add(seq, (uint32_t)data);
    }
}

static void compare(void) {
    struct inl_stats s[2];

    assert_int_equal(twins[0].out_len, twins[1].out_len);
    assert_memory_equal(twins[0].out, twins[1].out, twins[0].out_len);
    twins[0].out_len = twins[1].out_len = 0;
    inl_stats_get(twins[0].stack, &s[0]);
    inl_stats_get(twins[1].stack, &s[1]);
    assert_memory_equal(s[0].drop, s[1].drop, sizeof(s[0].drop));
    assert_memory_equal(s[0].cause, s[1].cause, sizeof(s[0].cause));
    assert_int_equal(s[0].tcp_in_segs, s[1].tcp_in_segs);
}

static void applications(inl_time now) {
    static uint8_t a[8192], b[8192];
    size_t n = chance(sizeof(a));

    if (chance(3)) {
        int64_t got = inl_recv(twins[0].stack, twins[0].sock[0], a, n, 0);

        assert_int_equal(inl_recv(twins[1].stack, twins[1].sock[0], b, n, 0), got);
        assert_true(got <= 0 || memcmp(a, b, (size_t)got) == 0);
    }
    if (chance(3) == 0) {
        int64_t put = inl_send(twins[0].stack, twins[0].sock[0], a, n / 4, 0);

        assert_int_equal(inl_send(twins[1].stack, twins[1].sock[0], a, n / 4, 0), put);
    }
    listen_to(&twins[0], now);
    listen_to(&twins[1], now);
    compare();
}

/*
 * The first twin gets a burst as it is. To the second, something for another connection comes
 * between each two segments, so that none continues another. Nobody can tell them apart.
 */
static void test_train_is_invisible(void **state) {
    struct heap heap = {.fail_in = -1};
    inl_time now = {1000 * INL_S};
    struct seg whole[2 * BURST], bits[2 * BURST];

    (void)state;
    for (unsigned seed = 0; seed < 40; seed++) {
        uint16_t win = 65535;
        uint32_t ts = 100;
        seq_t ack;

        chance_state = seed;
        now = (inl_time){1000 * INL_S};
        twin_init(&twins[0], &heap, now);
        twin_init(&twins[1], &heap, now);
        ack = flows[0].una;
        compare();
        for (int step = 0; step < 150; step++) {
            size_t n = 1 + chance(BURST);

            if (chance(3)) {
                flows[0].snd_nxt = flows[0].rcv; /* nothing is missing any more */
            }
            for (size_t i = 0; i < n; i++) {
                next_seg(&whole[i], &ack, &win, &ts);
                bits[2 * i] = whole[i];
                build(&bits[2 * i + 1], &flows[1], flows[1].snd_nxt, flows[1].nxt, TCP_ACK, 65535,
                      100, 0, 0);
            }
            for (size_t i = 0; i < n; i++) {
                whole[n + i] = bits[2 * i + 1];
            }
            give(&twins[0], whole, 2 * n, now);
            give(&twins[1], bits, 2 * n, now);
            flows[0].una = seq_gt(ack, flows[0].una) ? ack : flows[0].una;
            compare();
            applications(now);
            now = inl_time_add(now, (inl_dur)chance(30) * INL_MS);
            inl_advance(twins[0].stack, now);
            inl_advance(twins[1].stack, now);
            listen_to(&twins[0], now);
            listen_to(&twins[1], now);
            compare();
        }
        inl_stack_free(twins[0].stack);
        inl_stack_free(twins[1].stack);
        assert_int_equal(heap.bytes, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bulk_over_each_wire), cmocka_unit_test(test_small_buffers),
        cmocka_unit_test(test_bulk_with_loss),      cmocka_unit_test(test_router_cuts),
        cmocka_unit_test(test_router_refuses),      cmocka_unit_test(test_link_flags),
        cmocka_unit_test(test_train_is_invisible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
