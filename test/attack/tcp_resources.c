/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_resources.c - attacks that want memory or time: peers that never read
 * or never close, out-of-order bytes, misleading ACKs, hash collisions, events in every order,
 * no memory
 */
#include "lab.h"

static uint8_t P[65536];

static size_t used(const struct lab *lab) {
    return lab->victim->env.mem.used_bytes;
}

/* ---- SEC-41, SEC-42: peers that never read, never close ---- */

static void sec41_zero_windows(void **state) {
    enum { PEERS = 500 };
    static struct peer p[PEERS];
    static uint8_t data[1000];
    struct inl_config cfg;
    struct lab *lab;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.max_orphans = 100;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (int i = 0; i < PEERS; i++) {
        peer_open(&p[i], lab);
        p[i].win = 0;
        peer_raw(&p[i], TCP_ACK, 0, 0, NULL, 0);
        assert_int_equal(inl_send(lab->victim, p[i].sock, data, sizeof(data), 0), sizeof(data));
        inl_close(lab->victim, p[i].sock); /* the application has done its part */
        assert_in_range(lab->victim->tcp->orphans, 1, 100);
    }
    assert_in_range(used(lab) - lab->base_used, 1, 2 << 20);
    lab_serves(lab);
    for (int t = 0; t < 61; t++) { /* they acknowledge each probe, and stay closed */
        lab_pass(lab, INL_S);
        for (int i = 0; i < PEERS; i++) {
            if (peer_conn(&p[i])) {
                peer_raw(&p[i], TCP_ACK, 0, 0, NULL, 0);
            }
        }
    }
    assert_int_equal(lab->victim->tcp->orphans, 0); /* given up, though they answer */
    lab_free(lab);
}

/* The application has much to say to peers who let nothing through: what that costs is bounded, and
 * others are served meanwhile. */
static void sec41_unread(void **state) {
    enum { PEERS = 200, LIMIT = 1 << 20 };
    static struct peer p[PEERS];
    static uint8_t data[65536];
    struct inl_config cfg;
    struct inl_stats stats;
    struct lab *lab;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.mem_bytes = LIMIT;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (int i = 0; i < PEERS; i++) {
        int64_t n;

        peer_open(&p[i], lab);
        p[i].win = 0;
        peer_raw(&p[i], TCP_ACK, 0, 0, NULL, 0);
        while ((n = inl_send(lab->victim, p[i].sock, data, sizeof(data), 0)) > 0) {
        }
        assert_int_equal(n, -EAGAIN);
    }
    inl_stats_get(lab->victim, &stats);
    assert_true(stats.tcp_mem_refused > PEERS / 2);
    assert_in_range(lab->victim->tcp->mem_bytes, LIMIT, LIMIT + PEERS * 2 * 4096);
    lab_serves(lab); /* slowly, but it does */
    for (int i = 0; i < PEERS; i++) {
        inl_close(lab->victim, p[i].sock);
    }
    lab_free(lab);
}

static void sec42_orphans(void **state) {
    enum { PEERS = 300 };
    static struct peer p[PEERS];
    struct inl_config cfg;
    struct lab *lab;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.max_orphans = 50;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (int i = 0; i < PEERS; i++) {
        peer_open(&p[i], lab);
        if (i % 2) { /* LAST-ACK, never acknowledged */
            peer_raw(&p[i], TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
            p[i].snd_nxt++;
        }
        inl_close(lab->victim, p[i].sock);
        if (i % 2 == 0 && peer_conn(&p[i])) { /* FIN-WAIT-2 for ever */
            peer_ack_all(&p[i]);
        }
        assert_in_range(lab->victim->tcp->orphans, 1, 50);
        assert_in_range(lab->victim->tcp->conn_count, 1, 51);
    }
    lab_pass(lab, 100 * INL_S);
    assert_int_equal(lab->victim->tcp->conn_count, 0);
    lab_free(lab);
}

/* ---- SEC-43: every second byte ---- */

static void sec43_single_bytes(void **state) {
    (void)state;
    for (size_t w = 0; w < COUNT_OF(wraps); w++) {
        struct lab *lab = lab_new();
        size_t before = used(lab);
        uint8_t buf[100];
        struct peer p;

        peer_open_at(&p, lab, wraps[w] - 3000, wraps[w]);
        for (int32_t off = 1; off < 60000; off += 2) {
            peer_raw(&p, TCP_ACK, off, 0, "x", 1);
            assert_in_range(peer_conn(&p)->rcv.ooo.n, 1, TCP_OOO_RANGES);
            assert_in_range(used(lab) - before, 1, 2 * 65536 + 20000);
        }
        assert_int_equal(inl_recv(lab->victim, p.sock, buf, sizeof(buf), 0), -EAGAIN);
        peer_send(&p, "abc", 3); /* fills the first holes: the rest is not lost */
        assert_int_equal(inl_recv(lab->victim, p.sock, buf, sizeof(buf), 0), 4);
        lab_free(lab);
    }
}

/* A larger buffer holds more pieces, so that a long path's overshoot is not lost twice: one for
 * each KiB of it, and no more. */
static void sec43_pieces_by_buffer(void **state) {
    static const struct {
        uint32_t buf_bytes;
        uint32_t pieces;
    } sizes[] = {{65536, 256}, {1u << 20, 1024}, {6u << 20, 6144}, {64u << 20, 16384}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct inl_config cfg;
        struct inl_stats stats;
        struct peer p;

        lab_config(&cfg);
        cfg.tcp.rcvbuf_bytes = sizes[i].buf_bytes;
        cfg.tcp.rcvbuf_max_bytes = sizes[i].buf_bytes;
        struct lab *lab = lab_new_with(INL_LINK_IP, &cfg);

        peer_open(&p, lab);
        for (uint32_t n = 1; n <= sizes[i].pieces; n++) {
            peer_raw(&p, TCP_ACK, (int32_t)(2 * n), 0, "x", 1);
            assert_int_equal(peer_conn(&p)->rcv.ooo.n, n);
        }
        peer_raw(&p, TCP_ACK, (int32_t)(2 * sizes[i].pieces + 2), 0, "x", 1);
        assert_int_equal(peer_conn(&p)->rcv.ooo.n, sizes[i].pieces);
        inl_stats_get(lab->victim, &stats);
        assert_int_equal(stats.drop[INL_DROP_TCP_OOO_LIMIT], 1);
        lab_free(lab);
    }
}

/* A byte in each page of each window: it is the pages that count. */
static void sec43_far_bytes(void **state) {
    enum { PEERS = 100, LIMIT = 1 << 20 };
    static struct peer p[PEERS];
    struct inl_config cfg;
    struct inl_stats stats;
    struct lab *lab;
    size_t before;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.mem_bytes = LIMIT;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (int i = 0; i < PEERS; i++) {
        peer_open(&p[i], lab);
    }
    before = used(lab);
    for (int i = 0; i < PEERS; i++) {
        for (int32_t off = 4096; off < 60000; off += 4096) {
            peer_raw(&p[i], TCP_ACK, off, 0, "x", 1);
        }
    }
    inl_stats_get(lab->victim, &stats);
    assert_true(stats.drop[INL_DROP_TCP_MEMORY] > 0);
    assert_in_range(stats.tcp_mem_bytes, LIMIT, LIMIT + 16384);
    assert_in_range(used(lab) - before, 1, LIMIT + 65536);
    peer_send(&p[0], "in order", 8); /* goes before what it holds beyond the hole */
    lab_serves(lab);
    for (int i = 0; i < PEERS; i++) {
        inl_close(lab->victim, p[i].sock);
    }
    lab_free(lab);
}

/* ---- SEC-45, SEC-46: ACKs that lie ---- */

static void sec45_optimistic_ack(void **state) {
    static uint8_t data[60000];

    (void)state;
    for (size_t w = 0; w < COUNT_OF(wraps); w++) {
        struct lab *lab = lab_new();
        struct peer p;
        uint32_t cwnd;

        peer_open_at(&p, lab, wraps[w], wraps[w] - 2000);
        assert_true(inl_send(lab->victim, p.sock, data, sizeof(data), 0) > 40000);
        lab_settle(lab);
        cwnd = peer_conn(&p)->cc.cwnd_bytes;
        const uint32_t una = peer_conn(&p)->snd.una.v, nxt = peer_conn(&p)->snd.nxt.v;
        for (int32_t ahead = 1; ahead > 0 && ahead < INT32_MAX / 3; ahead *= 3) {
            peer_raw(&p, TCP_ACK, 0, (int32_t)(nxt - p.rcv_nxt) + ahead, NULL, 0);
        }
        assert_int_equal(peer_conn(&p)->snd.una.v, una);
        assert_int_equal(peer_conn(&p)->snd.nxt.v, nxt);
        assert_int_equal(peer_conn(&p)->cc.cwnd_bytes, cwnd);
        lab_free(lab);
    }
}

static void sec46_ack_division(void **state) {
    static uint8_t data[60000];
    struct lab *lab = lab_new();
    uint8_t mss[4] = {2, 4, 1000 >> 8, 1000 & 255};
    struct peer p;
    uint32_t cwnd;

    (void)state;
    peer_open_opts(&p, lab, mss, 4);
    assert_true(inl_send(lab->victim, p.sock, data, sizeof(data), 0) > 40000);
    lab_settle(lab);
    cwnd = peer_conn(&p)->cc.cwnd_bytes;
    for (int i = 1; i <= 100; i++) { /* one segment of 1,000 bytes, in hundredths */
        peer_raw(&p, TCP_ACK, 0, i * 10, NULL, 0);
    }
    assert_in_range(peer_conn(&p)->cc.cwnd_bytes, cwnd, cwnd + 1000);
    lab_free(lab);
}

/* ---- SEC-48: collisions ---- */

/* Tuples that an unkeyed hash would throw together: no chain may be long. */
static void sec48_hash_collisions(void **state) {
    enum { TUPLES = 100000, CLASSES = 1 << 17 };
    static uint8_t chain[CLASSES];
    struct lab *lab = lab_new();
    const struct inl_addr local = ip(VICTIM4);
    unsigned longest = 0;

    (void)state;
    for (uint32_t i = 0; i < TUPLES; i++) {
        /* address and port change in opposite ways: sums and exclusive ors stay the same */
        const struct inl_addr remote = inl_addr_from4(0x0b000000u + (i & 0xffff));
        uint64_t h = tcp_tuple_hash(lab->victim->tcp, &local, (uint16_t)(80 + (i >> 16)), &remote,
                                    (uint16_t)(0xffff - (i & 0xffff)));
        unsigned n = ++chain[h & (CLASSES - 1)];

        longest = n > longest ? n : longest;
    }
    assert_in_range(longest, 2, 12); /* at random: 8 or so */
    lab_free(lab);
}

/* ---- SEC-49: seven events in every order ---- */

static void event(struct peer *p, int which) {
    struct lab *lab = p->lab;
    inl_sock s;

    switch (which) {
    case 0:
        peer_raw(p, TCP_SYN, 0, 0, NULL, 0);
        break;
    case 1: /* the same number is a RST that is exact after the SYN */
        peer_raw(p, TCP_RST, 1, 0, NULL, 0);
        break;
    case 2: { /* data, FIN and the right ACK */
        const struct tcp_conn *c = peer_conn(p);
        const struct tcp_syn *syn = peer_syn(p);

        p->rcv_nxt = c ? c->snd.nxt.v : syn ? syn->iss.v + 1 : 99;
        peer_raw(p, TCP_FIN | TCP_ACK, 1, 0, "data", 4);
        break;
    }
    case 3:
        s = lab_accept(lab);
        p->sock = s >= 0 ? s : p->sock;
        break;
    case 4:
        if (p->sock >= 0) {
            inl_send(lab->victim, p->sock, "reply", 5, 0);
            inl_close(lab->victim, p->sock);
            p->sock = -1;
        }
        break;
    case 5:
        lab_pass(lab, 3 * INL_S); /* retransmissions */
        break;
    default: { /* the right ACK alone */
        const struct tcp_conn *c = peer_conn(p);
        const struct tcp_syn *syn = peer_syn(p);

        p->rcv_nxt = c ? c->snd.nxt.v : syn ? syn->iss.v + 1 : 99;
        peer_raw(p, TCP_ACK, c ? (int32_t)(c->rcv.nxt.v - p->snd_nxt) : 1, 0, NULL, 0);
        break;
    }
    }
    lab_settle(lab);
    tcp_check(lab->victim->tcp, NULL);
}

static void sec49_every_order(void **state) {
    enum { EVENTS = 7, ORDERS = 5040 };

    (void)state;
    for (size_t w = 0; w < COUNT_OF(wraps); w++) {
        struct lab *lab = lab_new();

        for (int order = 0; order < ORDERS; order++) {
            int left[EVENTS], n = EVENTS, code = order;
            struct peer p = {.lab = lab,
                             .src = EVIL4,
                             .dst = VICTIM4,
                             .vport = OPEN_PORT,
                             .win = 1000,
                             .sock = -1,
                             .snd_nxt = wraps[w] - (uint32_t)order % 5,
                             .port = (uint16_t)(1000 + order)};

            for (int i = 0; i < EVENTS; i++) {
                left[i] = i;
            }
            while (n > 0) {
                int at_place = code % n;

                code /= n;
                event(&p, left[at_place]);
                left[at_place] = left[--n];
            }
            lab_close_accepted(lab);
            if (order % 500 == 499) {
                lab_pass(lab, 130 * INL_S);
                assert_int_equal(lab->victim->tcp->conn_count, 0);
            }
        }
        lab_free(lab);
    }
}

/* ---- SEC-68: no memory, and an attacker who makes use of it ---- */

/* What an attacker sends, so that the victim needs memory in every place. */
static void hostile_story(struct lab *lab) {
    const struct inl_addr src = ip(EVIL4), dst = ip(VICTIM4);
    const struct inl_sockaddr from = at(EVIL4, 9), to = at(VICTIM4, OPEN_PORT);
    struct seg syn = {.sport = 9, .flags = TCP_SYN, .win = 100};
    const struct tcp_syn *half;
    struct peer p = {.lab = lab,
                     .src = EVIL4,
                     .dst = VICTIM4,
                     .port = 9,
                     .vport = OPEN_PORT,
                     .win = 100,
                     .sock = -1};

    lab_packet(lab, P, make_icmp(P, &src, &dst, 64, 8, 0, 0, "echo", 4));
    lab_packet(lab, P, make_ip(P, &src, &dst, 99, 64, "x", 1));
    lab_packet(lab, P, make_udp(P, &from, &to, "datagram", 8));
    lab_seg(lab, &syn);
    half = peer_syn(&p);
    p.snd_nxt = 1;
    p.rcv_nxt = half ? half->iss.v + 1 : 0;
    peer_raw(&p, TCP_ACK, 0, 0, NULL, 0);
    peer_raw(&p, TCP_ACK, 20, 0, "beyond a hole", 13);
    peer_raw(&p, TCP_ACK, 50, 0, "and another", 11);
    peer_raw(&p, TCP_ACK, 0, 0, "in order", 8);
    p.sock = lab_accept(lab);
    if (p.sock >= 0) {
        inl_send(lab->victim, p.sock, P, 3000, 0);
        lab_settle(lab);
        peer_raw(&p, TCP_FIN | TCP_ACK, 61, 0, NULL, 0);
        inl_close(lab->victim, p.sock);
    }
    lab_pass(lab, 2 * INL_S);
    tcp_check(lab->victim->tcp, NULL);
}

static void sec68_no_memory(void **state) {
    int64_t k = 0;
    bool failed = true;

    (void)state;
    for (; failed; k++) {
        struct lab *lab = lab_new();

        mem_keep_spares(&lab->victim->env.mem, 0, 0); /* or it gets along with what it had before */
        lab->heap.fail_in = k;
        hostile_story(lab);
        failed = lab->heap.failed;
        lab->heap.fail_in = -1;
        lab_free(lab);
        assert_true(k < 10000);
    }
    print_message("%d allocations, each failed once\n", (int)k - 1);
    assert_true(k > 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec41_zero_windows),     cmocka_unit_test(sec42_orphans),
        cmocka_unit_test(sec41_unread),           cmocka_unit_test(sec43_far_bytes),
        cmocka_unit_test(sec43_pieces_by_buffer), cmocka_unit_test(sec43_single_bytes),
        cmocka_unit_test(sec45_optimistic_ack),   cmocka_unit_test(sec46_ack_division),
        cmocka_unit_test(sec48_hash_collisions),  cmocka_unit_test(sec49_every_order),
        cmocka_unit_test(sec68_no_memory),
    };

    return cmocka_run_group_tests_name("attack: TCP resources", tests, NULL, NULL);
}
