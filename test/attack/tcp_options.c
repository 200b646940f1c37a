/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_options.c - attacks by what segments say beside their data: SACK blocks and timestamps
 */
#include "lab.h"

static uint8_t text[200000];

/* ---- SACK ---- */

static const uint8_t syn_sack[8] = {2, 4, 1000 >> 8, 1000 & 255, 4, 2, 1, 1};

/* An ACK of snd.una + dack with blocks, given as offsets from the victim's first byte. */
static void sack(struct peer *p, uint32_t dack, const uint32_t *edges, unsigned n) {
    uint8_t opts[40] = {1, 1, 5, (uint8_t)(2 + 8 * n)};
    struct seg s = {.sport = p->port,
                    .seq = p->snd_nxt,
                    .ack = p->rcv_nxt + dack,
                    .flags = TCP_ACK,
                    .win = 65535};

    for (unsigned i = 0; i < 2 * n; i++) {
        put32(opts + 4 + 4 * (size_t)i, p->rcv_nxt + edges[i]);
    }
    s.opts = opts;
    s.opts_len = 4 + 8 * (size_t)n;
    lab_seg(p->lab, &s);
    assert_null(inl_check(p->lab->victim));
}

static struct peer *talk(struct peer *p, struct lab *lab, size_t bytes) {
    peer_open_opts(p, lab, syn_sack, sizeof(syn_sack));
    assert_int_equal(inl_send(lab->victim, p->sock, text, bytes, 0), bytes);
    lab_settle(lab);
    return p;
}

/* The attacker turns honest: everything must come, from una on, byte for byte. */
static void takes_all(struct peer *p, uint32_t from, uint32_t bytes) {
    struct lab *lab = p->lab;
    uint32_t have = from;

    for (int i = 0; i < 5000 && have < bytes; i++) {
        size_t n = lab->n;

        lab_mark(lab);
        sack(p, have, NULL, 0);
        lab_pass(lab, 100 * INL_MS);
        n = lab->n < LAB_KEEP ? lab->n : LAB_KEEP;
        for (size_t k = 0; k < n; k++) {
            const struct sent *s = lab_sent(lab, lab->n - n + k);
            uint32_t at = s->tcp.seq.v - p->rcv_nxt;
            size_t len = rd_left(&s->tcp.payload);

            if (len > 0 && at <= have && at + len > have) {
                assert_memory_equal(rd_ptr(&s->tcp.payload), text + at, len);
                have = at + (uint32_t)len;
            }
        }
    }
    assert_int_equal(have, bytes);
    sack(p, have, NULL, 0);
}

static void sec23_blocks_that_lie(void **state) {
    static const uint32_t lies[][2] = {
        {3000, 1000},               /* inverted */
        {2000, 2000},               /* empty */
        {0xfffff000u, 0xfffff800u}, /* before the first byte */
        {0xfffff000u, 3000},        /* from before it to inside */
        {1000000, 1001000},         /* never sent */
        {5000, 1000000},            /* from inside to never sent */
        {0, 0x80000000u},           /* half of the numbers there are */
        {0x7fffffffu, 0xffffffffu},
    };
    struct lab *lab = lab_new();
    struct rng rng;
    struct peer p;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 31 >> 3);
    }
    talk(&p, lab, 60000);
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        uint32_t sacked = peer_conn(&p)->rtxq.sacked_bytes;

        sack(&p, 0, lies[i], 1);
        assert_int_equal(peer_conn(&p)->rtxq.sacked_bytes, sacked);
    }
    rng_init(&rng, (const uint8_t[16]){23});
    for (int i = 0; i < 3000; i++) {
        uint32_t edges[8];

        for (unsigned k = 0; k < 8; k++) {
            edges[k] = (uint32_t)rng_below(&rng, 70000) - 5000;
        }
        sack(&p, 0, edges, 1 + (unsigned)rng_below(&rng, 4));
    }
    takes_all(&p, 0, 60000);
    lab_free(lab);
}

/* He says that he has everything but the first segment, and then that he has nothing. */
static void sec23_reneging(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    talk(&p, lab, 9000);
    sack(&p, 0, (const uint32_t[]){1000, 9000}, 1);
    assert_int_equal(peer_conn(&p)->rtxq.sacked_bytes, 8000);
    lab_pass(lab, INL_S);
    takes_all(&p, 0, 9000);
    lab_free(lab);
}

/* Options whose length is no whole number of blocks say nothing. */
static void sec23_broken_lengths(void **state) {
    struct lab *lab = lab_new();
    struct peer p;

    (void)state;
    talk(&p, lab, 9000);
    for (unsigned len = 0; len < 256; len++) {
        uint8_t opts[40] = {1, 1, 5, (uint8_t)len};
        struct seg s = {
            .sport = p.port, .seq = p.snd_nxt, .ack = p.rcv_nxt, .flags = TCP_ACK, .win = 65535};

        if (len == 10 || len == 18 || len == 26 || len == 34) {
            continue;
        }
        for (unsigned i = 0; i < 9; i++) {
            put32(opts + 4 + 4 * (size_t)i, p.rcv_nxt + 1000 * i);
        }
        s.opts = opts;
        s.opts_len = sizeof(opts);
        lab_seg(lab, &s);
        assert_int_equal(peer_conn(&p)->rtxq.sacked_bytes, 0);
    }
    takes_all(&p, 0, 9000);
    lab_free(lab);
}

/* Tiny segments, and blocks that cut them into bytes: the scoreboard stays small. */
static void sec44_scoreboard(void **state) {
    static const uint8_t tiny[8] = {2, 4, 0, 1, 4, 2, 1, 1};
    struct inl_config config;
    struct lab *lab;
    uint32_t most = 0;
    struct peer p;

    (void)state;
    lab_config(&config);
    config.tcp.initial_window_segs = 1000;
    lab = lab_new_with(INL_LINK_IP, &config);
    peer_open_opts(&p, lab, tiny, sizeof(tiny));
    assert_true(inl_send(lab->victim, p.sock, text, sizeof(text), 0) > 0);
    lab_settle(lab);
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t at = i * 8 % 30000;

        sack(&p, 0,
             (const uint32_t[]){at + 1, at + 2, at + 3, at + 4, at + 5, at + 6, at + 7, at + 8}, 4);
        most = peer_conn(&p)->rtxq.n > most ? peer_conn(&p)->rtxq.n : most;
    }
    assert_in_range(most, 10, 64 + peer_conn(&p)->snd.sndbuf_bytes / 64);
    assert_int_equal(inl_setsockopt(lab->victim, p.sock, INL_OPT_LINGER, 0), 0);
    assert_int_equal(inl_close(lab->victim, p.sock), 0);
    lab_free(lab);
}

/* ---- timestamps ---- */

static void ts_option(uint8_t opts[12], uint32_t val, uint32_t ecr) {
    memcpy(opts, "\1\1\10\12", 4);
    put32(opts + 4, val);
    put32(opts + 8, ecr);
}

static void ts_seg(struct peer *p, uint16_t flags, int32_t dseq, int32_t dack, uint32_t val,
                   const void *data, size_t len) {
    uint8_t opts[12];
    struct seg s = {.sport = p->port,
                    .seq = p->snd_nxt + (uint32_t)dseq,
                    .ack = p->rcv_nxt + (uint32_t)dack,
                    .flags = flags,
                    .win = 65535,
                    .opts = opts,
                    .opts_len = sizeof(opts),
                    .data = data,
                    .len = len};

    ts_option(opts, val, 0);
    lab_seg(p->lab, &s);
}

static void ts_open(struct peer *p, struct lab *lab) {
    *p = (struct peer){.lab = lab, .port = ++lab->next_port, .snd_nxt = 5000, .sock = -1};
    ts_seg(p, TCP_SYN, 0, 0, 1000, NULL, 0);
    p->rcv_nxt = lab_last(lab)->tcp.seq.v + 1;
    p->snd_nxt++;
    ts_seg(p, TCP_ACK, 0, 0, 1001, NULL, 0);
    p->sock = lab_accept(lab);
    assert_true(p->sock >= 0);
}

/* Forged segments with a TSval far ahead: the honest peer's next one is still taken. */
static void sec34_paws_poisoning(void **state) {
    static const struct {
        uint16_t flags;
        int32_t dseq, dack;
        size_t len;
    } forged[] = {
        {TCP_ACK, 1 << 24, 0, 0},     /* outside the window */
        {TCP_ACK, -100000, 0, 10},    /* long ago */
        {TCP_ACK, 5000, 0, 10},       /* in the window, beyond a hole */
        {TCP_ACK, 0, 1 << 20, 0},     /* the right number, but acknowledges what was never sent */
        {TCP_ACK, 0, -(1 << 30), 10}, /* or what nobody remembers */
        {TCP_SYN, 0, 0, 0},           {TCP_RST, 100, 0, 0}, {0, 0, 0, 10}, /* no ACK at all */
    };
    struct lab *lab = lab_new();
    struct peer p;
    char buf[10];

    (void)state;
    ts_open(&p, lab);
    for (size_t i = 0; i < COUNT_OF(forged); i++) {
        ts_seg(&p, forged[i].flags, forged[i].dseq, forged[i].dack, 1000 + 0x40000000u, text,
               forged[i].len);
        ts_seg(&p, TCP_ACK, 0, 0, 1002, "honest", 6);
        p.snd_nxt += 6;
        assert_int_equal(inl_recv(lab->victim, p.sock, buf, sizeof(buf), 0), 6);
        assert_memory_equal(buf, "honest", 6);
    }
    assert_int_equal(lab_drops(lab, INL_DROP_TCP_PAWS), 0);
    assert_int_equal(inl_setsockopt(lab->victim, p.sock, INL_OPT_LINGER, 0), 0);
    assert_int_equal(inl_close(lab->victim, p.sock), 0);
    lab_free(lab);
}

/* Offsets of different peers, or of one peer's connections, have nothing in common. */
static void sec37_timestamps_cannot_be_linked(void **state) {
    struct lab *lab = lab_new();
    struct inl_sockaddr local = at(VICTIM4, 80), remote = at(EVIL4, 1);
    uint32_t count[256] = {0}, last = 0;
    double chi = 0;

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t off;

        remote.port = (uint16_t)i;
        remote.addr.b[13] = (uint8_t)(i >> 16);
        off = tcp_ts_offset(lab->victim->tcp, &local, &remote);
        count[(off - last) >> 24]++;
        last = off;
    }
    for (int i = 0; i < 256; i++) {
        chi += (count[i] - 390.625) * (count[i] - 390.625) / 390.625;
    }
    assert_true(chi > 150 && chi < 375); /* 255 expected, standard deviation 22.6 */
    /* and the offset says nothing about the ISN, which is a hash of the same tuple */
    assert_int_not_equal(tcp_ts_offset(lab->victim->tcp, &local, &remote),
                         tcp_isn(lab->victim->tcp, &local, &remote).v);
    lab_free(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec23_blocks_that_lie),
        cmocka_unit_test(sec23_reneging),
        cmocka_unit_test(sec23_broken_lengths),
        cmocka_unit_test(sec44_scoreboard),
        cmocka_unit_test(sec34_paws_poisoning),
        cmocka_unit_test(sec37_timestamps_cannot_be_linked),
    };

    return cmocka_run_group_tests_name("attack: TCP options", tests, NULL, NULL);
}
