/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_listen.c - attacks on listeners: floods of SYNs, guessed cookies, full queues
 */
#include "lab.h"

static uint8_t P[65536];

static size_t used(const struct lab *lab) {
    return lab->victim->env.mem.used_bytes;
}

/* ---- SEC-38: SYN flood ---- */

static void flood(struct lab *lab, uint32_t i) {
    const struct inl_addr a = inl_addr_from4(0x0b000000u + i);
    char src[40];
    struct seg s = {.src = src, .seq = i * 2654435761u, .flags = TCP_SYN, .win = 1000};

    inl_addr_format(&a, src, sizeof(src));
    lab_queue(lab, P, make_tcp(P, &s));
}

static void sec38_syn_flood(void **state) {
    struct lab *lab = lab_new();
    size_t full = 0;

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        flood(lab, i);
        if (i % 64 != 63) {
            continue;
        }
        lab_settle(lab);
        assert_in_range(lab->victim->tcp->half_open, 1, lab->config.tcp.max_half_open);
        assert_int_equal(lab->victim->tcp->conn_count, 0);
        full = i == 2047 ? used(lab) : full;
        if (i > 2047) {
            assert_int_equal(used(lab), full); /* what more comes costs nothing at all */
        }
    }
    assert_in_range(full - lab->base_used, 1, 256 << 10);
    assert_in_range(lab->n, 1, 40000); /* an answer to each, no more */
    lab_free(lab);
}

/* An honest client in the middle of it connects at once, and data flows. */
static void sec38_client_in_a_flood(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        flood(lab, i);
        if (i % 1000 != 999) {
            continue;
        }
        lab_settle(lab);
        assert_in_range(lab->victim->tcp->half_open, 1000, lab->config.tcp.max_half_open);
        peer_open(&p, lab);
        peer_send(&p, "hello", 5);
        assert_int_equal(inl_recv(lab->victim, p.sock, P, sizeof(P), 0), 5);
        peer_raw(&p, TCP_RST, 0, 0, NULL, 0);
        inl_close(lab->victim, p.sock);
    }
    assert_int_equal(lab->victim->tcp->cookies_good, 19);
    assert_int_equal(lab->victim->tcp->cookies_failed, 0);
    lab_free(lab);
}

/* Without cookies the table holds, and the newest get through. */
static void sec38_no_cookies(void **state) {
    struct inl_config cfg;
    struct lab *lab;
    struct peer p;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.syn_cookies = INL_SYN_COOKIES_NEVER;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (uint32_t i = 0; i < 5000; i++) {
        flood(lab, i);
    }
    lab_settle(lab);
    assert_int_equal(lab->victim->tcp->half_open, cfg.tcp.max_half_open);
    peer_open(&p, lab);
    assert_int_equal(lab->victim->tcp->half_open, cfg.tcp.max_half_open - 1);
    peer_raw(&p, TCP_RST, 0, 0, NULL, 0);
    inl_close(lab->victim, p.sock);
    lab_free(lab);
}

/* Guesses at cookies: none of many hits. */
static void sec38_guessed_cookies(void **state) {
    struct inl_config cfg;
    struct lab *lab;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.syn_cookies = INL_SYN_COOKIES_ALWAYS;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    flood(lab, 1);
    for (uint32_t i = 0; i < 100000; i++) {
        struct seg s = {.seq = 1000, .ack = i * 2654435761u, .flags = TCP_ACK, .win = 1000};

        lab_queue(lab, P, make_tcp(P, &s));
    }
    lab_settle(lab);
    assert_int_equal(lab->victim->tcp->conn_count, 0);
    assert_int_equal(lab->victim->tcp->cookies_failed, 100000);
    lab_free(lab);
}

/* What a half-open connection costs, all included. */
static void sec38_bytes_each(void **state) {
    enum { MANY = 16384 };
    struct inl_config cfg;
    struct lab *lab;
    size_t before;

    (void)state;
    lab_config(&cfg);
    cfg.tcp.max_half_open = 20000;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    before = used(lab);
    for (uint32_t i = 0; i < MANY; i++) {
        flood(lab, i);
        if (i % 256 == 0) {
            lab_settle(lab);
        }
    }
    lab_settle(lab);
    assert_int_equal(lab->victim->tcp->half_open, MANY);
    print_message("%zu bytes a half-open connection\n", (used(lab) - before) / MANY);
    assert_in_range((used(lab) - before) / MANY, 1, 192);
    lab_free(lab);
}

/* ---- TIME-WAIT ---- */

/* What a connection in TIME-WAIT costs, all included; and all of it comes back. */
static void time_wait_bytes_each(const char *src, const char *dst) {
    enum { MANY = 4096 };
    struct inl_config cfg;
    struct lab *lab;
    size_t before = 0;

    lab_config(&cfg);
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (uint32_t i = 0; i < MANY + 64; i++) {
        struct peer p = {.lab = lab,
                         .src = src,
                         .dst = dst,
                         .vport = OPEN_PORT,
                         .win = 1000,
                         .snd_nxt = i,
                         .port = (uint16_t)(1000 + i)};

        if (i == 64) { /* what is kept in reserve and grows once is there by now */
            before = used(lab);
        }
        peer_raw(&p, TCP_SYN, 0, 0, NULL, 0);
        p.snd_nxt++;
        p.rcv_nxt = peer_syn(&p)->iss.v + 1;
        peer_raw(&p, TCP_ACK, 0, 0, NULL, 0);
        p.sock = lab_accept(lab);
        assert_true(p.sock >= 0);
        inl_close(lab->victim, p.sock);
        lab_settle(lab);
        p.rcv_nxt++;
        peer_raw(&p, TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
        assert_int_equal(peer_state(&p), INL_TCP_TIME_WAIT);
    }
    assert_int_equal(tcp_twtab_live(&lab->victim->tcp->tw), MANY + 64);
    print_message("%zu bytes in TIME-WAIT\n", (used(lab) - before) / MANY);
    assert_in_range((used(lab) - before) / MANY, 1, 63);
    lab_pass(lab, 61 * INL_S);
    assert_int_equal(tcp_twtab_places(&lab->victim->tcp->tw), 0);
    lab_free(lab);
}

static void time_wait_bytes(void **state) {
    (void)state;
    time_wait_bytes_each(EVIL4, VICTIM4);
    time_wait_bytes_each(EVIL6, VICTIM6);
}

/* One peer repeats its FIN for ever: the others' entries stay, and memory does not grow. */
static void time_wait_fins(void **state) {
    struct lab *lab = lab_new();
    struct peer p[100];
    size_t before;

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(p); i++) {
        peer_open(&p[i], lab);
        inl_close(lab->victim, p[i].sock);
        lab_settle(lab);
        p[i].rcv_nxt++;
        peer_raw(&p[i], TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
        assert_int_equal(peer_state(&p[i]), INL_TCP_TIME_WAIT);
    }
    before = used(lab);
    for (unsigned t = 0; t < 50; t++) {
        for (unsigned i = 0; i < 1000; i++) {
            peer_raw(&p[i % 7], TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
        }
        lab_pass(lab, INL_S);
        assert_in_range(used(lab), before - 4096, before + 4096);
        assert_int_equal(tcp_twtab_live(&lab->victim->tcp->tw), COUNT_OF(p));
    }
    lab_pass(lab, 11 * INL_S);
    assert_int_equal(tcp_twtab_live(&lab->victim->tcp->tw), 7); /* whose time began anew */
    lab_pass(lab, 50 * INL_S);
    for (unsigned i = 0; i < COUNT_OF(p); i++) {
        assert_int_equal(peer_state(&p[i]), INL_TCP_CLOSED);
    }
    lab_free(lab);
}

/* At the limit the oldest go, and no more than the limit is ever there. */
static void time_wait_limit(void **state) {
    struct inl_config cfg;
    struct lab *lab;
    struct peer p[300];

    (void)state;
    lab_config(&cfg);
    cfg.tcp.max_time_wait = 100;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (unsigned i = 0; i < COUNT_OF(p); i++) {
        peer_open(&p[i], lab);
        inl_close(lab->victim, p[i].sock);
        lab_settle(lab);
        p[i].rcv_nxt++;
        peer_raw(&p[i], TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
        assert_int_equal(tcp_twtab_live(&lab->victim->tcp->tw), i < 100 ? i + 1 : 100);
        assert_int_equal(peer_state(&p[i]), INL_TCP_TIME_WAIT);
        assert_true(i < 100 || peer_state(&p[i - 100]) == INL_TCP_CLOSED);
    }
    lab_free(lab);
}

/* ---- SO_REUSEPORT: who sends cannot choose, and a peer stays where it is ---- */

#define SHARED_PORT 5555
#define MEMBERS 4

static inl_sock member_new(struct lab *lab, enum inl_sock_type type) {
    const struct inl_sockaddr any = {.addr = inl_addr_any4(), .port = SHARED_PORT};
    inl_sock s = inl_socket(lab->victim, INL_AF_INET, type);

    assert_true(s >= 0);
    assert_int_equal(inl_setsockopt(lab->victim, s, INL_OPT_REUSEPORT, 1), 0);
    assert_int_equal(inl_bind(lab->victim, s, &any), 0);
    if (type == INL_SOCK_STREAM) {
        assert_int_equal(inl_listen(lab->victim, s, 1000), 0);
    }
    return s;
}

/* A connection from this port; which member gets it? */
static int member_of(struct lab *lab, const inl_sock *members, uint16_t port) {
    struct peer p = {
        .lab = lab, .src = EVIL4, .dst = VICTIM4, .vport = SHARED_PORT, .win = 1000, .port = port};
    int which = -1;

    peer_raw(&p, TCP_SYN, 0, 0, NULL, 0);
    p.snd_nxt++;
    p.rcv_nxt = peer_syn(&p)->iss.v + 1;
    peer_raw(&p, TCP_ACK, 0, 0, NULL, 0);
    for (int i = 0; i < MEMBERS; i++) {
        inl_sock s = members[i] >= 0 ? inl_accept(lab->victim, members[i], NULL) : -1;

        if (s >= 0) {
            which = i;
            peer_raw(&p, TCP_RST, 0, 0, NULL, 0);
            inl_close(lab->victim, s);
        }
    }
    assert_true(which >= 0);
    return which;
}

static void share_connections(void **state) {
    enum { PEERS = 400 };
    struct lab *lab = lab_new();
    inl_sock members[MEMBERS];
    unsigned count[MEMBERS] = {0};
    int was[PEERS];

    (void)state;
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = member_new(lab, INL_SOCK_STREAM);
    }
    for (unsigned i = 0; i < PEERS; i++) {
        was[i] = member_of(lab, members, (uint16_t)(2000 + i));
        count[was[i]]++;
    }
    for (int i = 0; i < MEMBERS; i++) {
        assert_in_range(count[i], PEERS / MEMBERS / 2, PEERS / MEMBERS * 2);
    }
    inl_close(lab->victim, members[2]);
    members[2] = -1;
    for (unsigned i = 0; i < PEERS; i++) { /* only its peers go elsewhere */
        int now = member_of(lab, members, (uint16_t)(2000 + i));

        assert_true(now == was[i] || was[i] == 2);
    }
    for (int i = 0; i < MEMBERS; i++) {
        if (members[i] >= 0) {
            inl_close(lab->victim, members[i]);
        }
    }
    lab_free(lab);
}

static void share_datagrams(void **state) {
    enum { PEERS = 200 };
    struct lab *lab = lab_new();
    inl_sock members[MEMBERS];
    unsigned count[MEMBERS] = {0};

    (void)state;
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = member_new(lab, INL_SOCK_DGRAM);
    }
    for (unsigned i = 0; i < 2 * PEERS; i++) { /* each peer twice */
        const struct inl_sockaddr from = at(EVIL4, (uint16_t)(2000 + i % PEERS));
        const struct inl_sockaddr to = at(VICTIM4, SHARED_PORT);
        static int was[PEERS];
        int which = -1;

        lab_packet(lab, P, make_udp(P, &from, &to, "datagram", 8));
        for (int k = 0; k < MEMBERS; k++) {
            if (inl_recv(lab->victim, members[k], P, sizeof(P), 0) == 8) {
                assert_int_equal(which, -1);
                which = k;
            }
        }
        assert_true(which >= 0);
        assert_true(i < PEERS || was[i % PEERS] == which);
        was[i % PEERS] = which;
        count[which]++;
    }
    for (int i = 0; i < MEMBERS; i++) {
        assert_in_range(count[i], PEERS / MEMBERS, PEERS / MEMBERS * 4);
        inl_close(lab->victim, members[i]);
    }
    lab_free(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec38_syn_flood),   cmocka_unit_test(sec38_client_in_a_flood),
        cmocka_unit_test(sec38_no_cookies),  cmocka_unit_test(sec38_guessed_cookies),
        cmocka_unit_test(sec38_bytes_each),  cmocka_unit_test(time_wait_bytes),
        cmocka_unit_test(share_connections), cmocka_unit_test(share_datagrams),
        cmocka_unit_test(time_wait_fins),    cmocka_unit_test(time_wait_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
