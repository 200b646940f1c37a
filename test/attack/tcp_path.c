/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_path.c - attacks by what is said about the path: marks, echoes of marks, and path MTUs
 *
 * RFC 3168 18 and 6.1.5, RFC 9768 8, RFC 5927 7, SEC-14. Whoever is not on the path changes
 * nothing; a peer that lies slows down nobody but himself, and stops nothing.
 */
#include "lab.h"

#define BYTES 200000
#define ECN_FLAGS (TCP_AE | TCP_CWR | TCP_ECE)

static uint8_t P[65536];
static uint8_t DATA[BYTES];
static const uint8_t MSS_1460[4] = {2, 4, 1460 >> 8, 1460 & 255};

/* As lab_seg(), with an ECN field. */
static void seg_marked(struct lab *lab, const struct seg *s, uint8_t field) {
    size_t len = make_tcp(P, s);

    P[1] = field;
    fix_ip4(P);
    lab_packet(lab, P, len);
}

/* A connection whose SYN and third segment have these flags. */
static void ecn_open(struct peer *p, struct lab *lab, uint16_t syn, uint16_t ack) {
    static const uint8_t mss[4] = {2, 4, 1000 >> 8, 1000 & 255};
    struct seg s = {.seq = 999, .flags = TCP_SYN | syn, .win = 65535, .opts = mss, .opts_len = 4};

    *p = (struct peer){.lab = lab,
                       .src = EVIL4,
                       .dst = VICTIM4,
                       .port = ++lab->next_port,
                       .vport = OPEN_PORT,
                       .snd_nxt = 1000,
                       .win = 65535};
    s.sport = p->port;
    lab_mark(lab);
    lab_seg(lab, &s);
    assert_int_equal(lab->n, 1);
    p->irs = lab_last(lab)->tcp.seq.v;
    p->rcv_nxt = p->irs + 1;
    peer_raw(p, TCP_ACK | ack, 0, 0, NULL, 0);
    p->sock = lab_accept(lab);
    assert_true(p->sock >= 0);
}

/* The peer takes everything, and says of it what `say` says. */
static void transfer(struct peer *p, void (*say)(struct peer *p, uint32_t acked, unsigned turn)) {
    struct lab *lab = p->lab;
    size_t written = 0;
    unsigned turn = 0;

    while (p->rcv_nxt - p->irs - 1 < BYTES) {
        const struct tcp_conn *c = peer_conn(p);
        int64_t n = inl_send(lab->victim, p->sock, DATA + written, BYTES - written, 0);

        assert_non_null(c);
        written += n > 0 ? (size_t)n : 0;
        lab_settle(lab);
        if (c->snd.nxt.v == p->rcv_nxt) {
            lab_pass(lab, 100 * INL_MS);
        }
        assert_true(c->cc.cwnd_bytes >= c->cc.mss_bytes);
        say(p, c->snd.nxt.v - p->rcv_nxt, turn);
        assert_in_range(turn, 0, 20000);
        turn++;
    }
}

/* ---- marks from elsewhere ---- */

static void ecn_blind(void **state) {
    struct lab *lab = lab_new();
    struct rng rng;
    struct peer p;
    uint32_t cwnd;

    (void)state;
    rng_init(&rng, (const uint8_t *)"a blind attacker");
    ecn_open(&p, lab, TCP_CWR | TCP_ECE, 0);
    assert_true(inl_send(lab->victim, p.sock, DATA, 60000, 0) > 40000);
    lab_settle(lab);
    cwnd = peer_conn(&p)->cc.cwnd_bytes;
    for (int i = 0; i < 2000; i++) {
        struct seg s = {.sport = p.port, .seq = rng_u32(&rng), .ack = rng_u32(&rng), .win = 65535};

        if (s.seq - p.snd_nxt < 4000000 || s.ack - p.irs < 100000) {
            continue; /* no blind shot */
        }
        s.flags = TCP_ACK | (rng_u32(&rng) & ECN_FLAGS);
        s.data = DATA;
        s.len = i % 2 ? 100 : 0;
        seg_marked(lab, &s, (uint8_t)(i % 4));
    }
    assert_int_equal(peer_conn(&p)->cc.cwnd_bytes, cwnd);
    assert_false(peer_conn(&p)->ecn.echo);
    assert_false(peer_conn(&p)->ecn.reduced);
    inl_close(lab->victim, p.sock);
    lab_free(lab);
}

/* ---- peers that lie ---- */

static void say_ece(struct peer *p, uint32_t acked, unsigned turn) {
    (void)turn;
    p->rcv_nxt += acked;
    peer_raw(p, TCP_ACK | TCP_ECE, 0, 0, NULL, 0);
}

static void ecn_echo_for_ever(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    ecn_open(&p, lab, TCP_CWR | TCP_ECE, 0);
    transfer(&p, say_ece);
    inl_close(lab->victim, p.sock);
    lab_free(lab);
}

/* Any flags, any option of either kind, with any counters, at every ACK, in pieces. */
static void say_anything(struct peer *p, uint32_t acked, unsigned turn) {
    uint8_t opts[40] = {turn % 3 ? 172 : 174, (uint8_t)(2 + turn % 14)};
    struct seg s = {.sport = p->port, .seq = p->snd_nxt, .win = 65535, .opts = opts};
    uint32_t some = acked > 1 ? acked / (1 + turn % 5) : acked;

    for (unsigned i = 2; i < 16; i++) {
        opts[i] = (uint8_t)(turn * 2654435761u >> (i % 24));
    }
    s.opts_len = turn % 2 ? opts[1] : 0;
    p->rcv_nxt += some > 0 ? some : acked;
    s.ack = p->rcv_nxt;
    s.flags =
        TCP_ACK | (turn & 1 ? TCP_AE : 0) | (turn & 2 ? TCP_CWR : 0) | (turn & 4 ? TCP_ECE : 0);
    seg_marked(p->lab, &s, (uint8_t)(turn % 4));
}

static void accecn_lies(void **state) {
    static const uint16_t acks[] = {TCP_CWR, TCP_AE | TCP_CWR, ECN_FLAGS, 0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(acks); i++) {
        struct lab *lab = lab_new();
        struct peer p;

        ecn_open(&p, lab, ECN_FLAGS, acks[i]);
        assert_non_null(peer_conn(&p)->ecn.acc);
        transfer(&p, say_anything);
        inl_close(lab->victim, p.sock);
        lab_free(lab);
    }
}

/* Each combination on a SYN has an answer that exists, and costs nothing that stays. */
static void ecn_syn_flags(void **state) {
    struct lab *lab = lab_new();

    (void)state;
    for (unsigned i = 0; i < 8 * 4; i++) {
        struct seg s = {.sport = ++lab->next_port, .seq = 999, .win = 65535};
        unsigned got;

        s.flags = TCP_SYN | (i & 1 ? TCP_AE : 0) | (i & 2 ? TCP_CWR : 0) | (i & 4 ? TCP_ECE : 0);
        lab_mark(lab);
        seg_marked(lab, &s, (uint8_t)(i / 8));
        assert_int_equal(lab->n, 1);
        got = lab_last(lab)->tcp.flags & ECN_FLAGS;
        assert_int_not_equal(got, ECN_FLAGS);
        assert_int_not_equal(got, TCP_AE | TCP_ECE);
        assert_int_equal(got == 0, (s.flags & ECN_FLAGS) == 0);
    }
    lab_free(lab);
}

/* ---- path MTUs ---- */

static size_t quote(const struct peer *p, uint8_t *out, uint32_t seq) {
    const struct seg s = {.src = p->dst,
                          .dst = p->src,
                          .sport = p->vport,
                          .dport = p->port,
                          .seq = seq,
                          .flags = TCP_ACK,
                          .win = 100};

    return make_tcp(out, &s);
}

static void too_big(struct peer *p, uint32_t seq, uint32_t mtu) {
    const struct inl_addr src = ip(EVIL4), dst = ip(VICTIM4);
    uint8_t q[100];
    size_t len = quote(p, q, seq);

    lab_packet(p->lab, P, make_icmp(P, &src, &dst, 64, 3, 4, mtu, q, len));
}

/* Whoever can see a number in flight can shrink the path, but not for ever. */
static void sec14_path_is_probed_again(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    peer_open_opts(&p, lab, MSS_1460, sizeof(MSS_1460));
    assert_int_equal(inl_send(lab->victim, p.sock, DATA, 1460, 0), 1460);
    lab_settle(lab);
    too_big(&p, p.rcv_nxt, 68);
    assert_int_equal(peer_conn(&p)->opt.snd_mss_bytes, 536);
    peer_ack_all(&p);
    lab_pass(lab, 601 * INL_S);
    for (int i = 0; i < 40; i++) {
        inl_send(lab->victim, p.sock, DATA, 20000, 0);
        lab_settle(lab);
        peer_ack_all(&p);
        lab_settle(lab);
    }
    assert_int_equal(peer_conn(&p)->opt.snd_mss_bytes, 1460);
    inl_close(lab->victim, p.sock);
    lab_free(lab);
}

/* Once large packets have arrived, a claim alone changes nothing. */
static void sec14_claims_wait(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    peer_open_opts(&p, lab, MSS_1460, sizeof(MSS_1460));
    assert_int_equal(inl_send(lab->victim, p.sock, DATA, 1460, 0), 1460);
    lab_settle(lab);
    peer_ack_all(&p);
    for (uint32_t mtu = 0; mtu < 65536; mtu += 97) {
        assert_int_equal(inl_send(lab->victim, p.sock, DATA, 1460, 0), 1460);
        lab_settle(lab);
        too_big(&p, p.rcv_nxt, mtu);
        assert_int_equal(peer_conn(&p)->opt.snd_mss_bytes, 1460);
        peer_ack_all(&p);
    }
    inl_close(lab->victim, p.sock);
    lab_free(lab);
}

/* A peer that swallows large segments is served with small ones, and costs no more than that. */
static void black_hole_of_malice(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    peer_open_opts(&p, lab, MSS_1460, sizeof(MSS_1460));
    assert_true(inl_send(lab->victim, p.sock, DATA, 100000, 0) > 0);
    lab_settle(lab);
    for (int i = 0; i < 40 && peer_conn(&p); i++) {
        lab_pass(lab, INL_S);
    }
    assert_non_null(peer_conn(&p));
    assert_int_equal(peer_conn(&p)->opt.snd_mss_bytes, 536);
    peer_ack_all(&p);
    assert_true(peer_conn(&p)->rtxq.n < 1000);
    inl_close(lab->victim, p.sock);
    lab_free(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecn_blind),
        cmocka_unit_test(ecn_echo_for_ever),
        cmocka_unit_test(accecn_lies),
        cmocka_unit_test(ecn_syn_flags),
        cmocka_unit_test(sec14_path_is_probed_again),
        cmocka_unit_test(sec14_claims_wait),
        cmocka_unit_test(black_hole_of_malice),
    };

    return cmocka_run_group_tests_name("attack: TCP and its path", tests, NULL, NULL);
}
