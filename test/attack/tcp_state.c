/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_state.c - attacks on the state machine of TCP: forged RST, SYN, data and ACK; flags that
 * make no sense; storms
 *
 * Numbers of the tests are those of the rows in docs/attacks.md.
 */
#include "lab.h"

#define CHALLENGES 10 /* a second and connection, at most */

/* Bytes that the victim's application can read now. */
static int64_t readable(struct lab *lab, inl_sock s) {
    uint8_t buf[8192];
    int64_t n, all = 0;

    while ((n = inl_recv(lab->victim, s, buf, sizeof(buf), 0)) > 0) {
        all += n;
    }
    return all;
}

/* ---- SEC-25 to SEC-27: blind RST, SYN, data ---- */

static void sec25_blind_rst(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wraps); i++) {
        struct lab *lab = lab_new();
        struct peer p;

        peer_open_at(&p, lab, wraps[i], wraps[2 - i]);
        for (int32_t d = 1; d < 60000; d += 6000) { /* inside, but not exact */
            lab_mark(lab);
            peer_raw(&p, TCP_RST, d, 0, NULL, 0);
            assert_int_equal(peer_state(&p), INL_TCP_ESTABLISHED);
            assert_int_equal(lab->n, 1);
            assert_int_equal(lab_last(lab)->cause, INL_CAUSE_TCP_CHALLENGE_RST);
            assert_int_equal(lab_last(lab)->tcp.flags, TCP_ACK);
            assert_int_equal(lab_last(lab)->tcp.ack.v, p.snd_nxt);
        }
        lab_mark(lab);
        peer_raw(&p, TCP_RST, -1, 0, NULL, 0);
        peer_raw(&p, TCP_RST, 70000, 0, NULL, 0);
        peer_raw(&p, TCP_RST, INT32_MIN, 0, NULL, 0);
        for (int k = 0; k < 100; k++) { /* the limit of this second is reached */
            peer_raw(&p, TCP_RST, 5, 0, NULL, 0);
        }
        assert_int_equal(lab->n, 0);
        assert_int_equal(peer_state(&p), INL_TCP_ESTABLISHED);
        peer_raw(&p, TCP_RST, 0, 0, NULL, 0);
        assert_int_equal(lab->n, 0);
        assert_int_equal(peer_state(&p), INL_TCP_CLOSED);
        lab_free(lab);
    }
}

static void sec26_blind_syn(void **state) {
    static const int32_t at_seq[] = {0, 1, 1000, 60000, -1, -1000, 70000, INT32_MIN, INT32_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wraps); i++) {
        struct lab *lab = lab_new();
        struct peer p;

        peer_open_at(&p, lab, wraps[i], wraps[i]);
        for (size_t k = 0; k < COUNT_OF(at_seq); k++) {
            lab_mark(lab);
            peer_raw(&p, k % 2 ? TCP_SYN : TCP_SYN | TCP_ACK, at_seq[k], 0, NULL, 0);
            assert_int_equal(lab->n, 1);
            assert_int_equal(lab_last(lab)->tcp.flags, TCP_ACK);
            assert_int_equal(lab_last(lab)->tcp.ack.v, p.snd_nxt);
            assert_int_equal(lab_last(lab)->tcp.seq.v, p.rcv_nxt);
            assert_int_equal(peer_state(&p), INL_TCP_ESTABLISHED);
        }
        peer_send(&p, "works", 5);
        assert_int_equal(readable(lab, p.sock), 5);
        lab_free(lab);
    }
}

/* RFC 5961 5: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT */
static void sec27_blind_data(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wraps); i++) {
        static const int32_t bad[] = {1, 2, 65536, INT32_MAX, INT32_MIN, -65536, -1000000};
        struct lab *lab = lab_new();
        struct peer p;

        peer_open_at(&p, lab, wraps[i], wraps[(i + 1) % 3]);
        for (size_t k = 0; k < COUNT_OF(bad); k++) {
            peer_raw(&p, TCP_ACK, 0, bad[k], "evil", 4);
            peer_raw(&p, 0, 0, 0, "evil", 4); /* no ACK at all */
            {
                int64_t got = readable(lab, p.sock);
                if (got != 0) {
                    fail_msg("wrap %zu, ack %+d: %d bytes", i, bad[k], (int)got);
                }
            }
            assert_int_equal(peer_state(&p), INL_TCP_ESTABLISHED);
            assert_in_range(lab->n, 0, CHALLENGES);
        }
        peer_raw(&p, TCP_ACK, 0, -65535, "old", 3); /* as old as it may be */
        assert_int_equal(readable(lab, p.sock), 3);
        lab_free(lab);
    }
}

/* ---- SEC-28: what one connection's challenge ACKs say about another ---- */

/* How many answers the attacker gets to 20 inexact RSTs on his own connection, after as many
 * forged ones for @other. */
static size_t challenge_count(bool on_other, unsigned salt) {
    struct lab *lab = lab_new();
    struct peer mine, other;
    size_t n;

    lab_pass(lab, (inl_dur)salt * 7 * INL_MS);
    peer_open(&mine, lab);
    peer_open(&other, lab);
    for (int i = 0; on_other && i < 100; i++) {
        peer_raw(&other, TCP_RST, 9, 0, NULL, 0);
    }
    lab_mark(lab);
    for (int i = 0; i < 20; i++) {
        peer_raw(&mine, TCP_RST, 9, 0, NULL, 0);
    }
    n = lab->n;
    lab_drop(lab);
    return n;
}

static void sec28_challenge_channel(void **state) {
    (void)state;
    for (unsigned salt = 0; salt < 150; salt++) { /* at any place within the second */
        size_t quiet = challenge_count(false, salt), loud = challenge_count(true, salt);

        assert_int_equal(quiet, loud);
        assert_in_range(quiet, 1, CHALLENGES);
    }
}

/* ---- SEC-29: two ends that disagree ---- */

/*
 * The attacker, who sees both ends, has put @a_lied bytes into the stream to the victim and
 * @b_lied into that to the honest host: each end expects more than the other has sent.
 */
static void storm(int32_t a_lied, int32_t b_lied) {
    static const uint8_t lies[1000];
    const struct inl_sockaddr to = at(HONEST4, 999);
    struct lab *lab = lab_new();
    inl_sock l, a, b;
    struct inl_sockaddr me;
    struct tcp_conn *ca;
    struct list *it;
    uint64_t before;
    uint8_t p[2000];
    size_t n;

    l = inl_socket(lab->honest, INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_bind(lab->honest, l, &to), 0);
    assert_int_equal(inl_listen(lab->honest, l, 5), 0);
    a = inl_socket(lab->victim, INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(lab->victim, a, &to), -EINPROGRESS);
    lab_settle(lab);
    b = inl_accept(lab->honest, l, NULL);
    assert_true(b >= 0);
    assert_int_equal(inl_getsockname(lab->victim, a, &me), 0);
    it = list_first(&lab->victim->tcp->all);
    ca = LIST_ENTRY(it, struct tcp_conn, all);
    const struct seg to_victim = {
        HONEST4, VICTIM4, 999,  me.port, ca->rcv.nxt.v, ca->snd.nxt.v, TCP_ACK,
        60000,   0,       NULL, 0,       lies,          (size_t)a_lied};
    const struct seg to_honest = {
        VICTIM4, HONEST4, me.port, 999, ca->snd.nxt.v, ca->rcv.nxt.v, TCP_ACK,
        60000,   0,       NULL,    0,   lies,          (size_t)b_lied};

    n = make_tcp(p, &to_victim);
    lab_queue(lab, p, n);
    n = make_tcp(p, &to_honest);
    inl_rx(lab->honest, lab->honest_link, &(struct inl_rx_frame){.data = p, .len_bytes = n}, 1,
           lab->now);
    lab_pass(lab, INL_S);
    before = lab->victim->tx_frames + lab->honest->tx_frames;
    lab_pass(lab, 10 * INL_S);
    assert_int_equal(lab->victim->tx_frames + lab->honest->tx_frames, before);
    inl_close(lab->victim, a);
    inl_close(lab->honest, b);
    inl_close(lab->honest, l);
    lab_free(lab);
}

static void sec29_ack_storm(void **state) {
    static const int32_t lied[] = {1, 2, 100, 1000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lied); i++) {
        for (size_t k = 0; k < COUNT_OF(lied); k++) {
            storm(lied[i], lied[k]);
        }
    }
}

/* ---- SEC-31: every combination of flags in every state ---- */

enum reply { NOTHING, ACK, RST, SYNACK };

struct trial {
    enum inl_tcp_state state;
    uint32_t rcv_nxt; /* of the victim, before the segment */
    uint32_t snd_una, snd_nxt, iss;
    int32_t dseq, dack;
    uint16_t flags;
    uint32_t len;
    uint16_t port;
    inl_sock sock;
};

struct outcome {
    enum inl_tcp_state state;
    enum reply reply;
    bool maybe_ack; /* an ACK instead of no reply is as good */
    uint32_t bytes; /* delivered */
    uint32_t ack;   /* of an ACK */
    uint32_t rst_seq;
    bool rst_acks;
};

#define WINDOW 60000 /* at least; the tests stay clear of the real edge */

/* Is any of the len numbers from d (relative to RCV.NXT) inside the window? RFC 9293, table 6 */
static bool acceptable(int32_t d, uint32_t len) {
    int64_t last = (int64_t)d + (len ? len : 1) - 1;

    return last >= 0 && d < WINDOW;
}

static struct outcome stays(const struct trial *t, enum reply reply) {
    return (struct outcome){.state = t->state, .reply = reply, .ack = t->rcv_nxt};
}

static struct outcome refused(const struct trial *t, enum inl_tcp_state state) {
    struct outcome o = {.state = state, .reply = t->flags & TCP_RST ? NOTHING : RST};
    uint32_t len = t->len + !!(t->flags & TCP_SYN) + !!(t->flags & TCP_FIN);

    o.rst_acks = !(t->flags & TCP_ACK);
    o.rst_seq = t->flags & TCP_ACK ? t->snd_nxt + (uint32_t)t->dack : 0;
    o.ack = t->rcv_nxt + (uint32_t)t->dseq + len;
    return o;
}

/* Text and FIN, in a state that takes them; the segment's text begins at d. */
static void text_and_fin(const struct trial *t, struct outcome *o, int32_t d) {
    bool fin = t->flags & TCP_FIN;

    if (o->state == INL_TCP_CLOSE_WAIT || o->state == INL_TCP_CLOSING ||
        o->state == INL_TCP_LAST_ACK || o->state == INL_TCP_TIME_WAIT) {
        o->maybe_ack = true; /* nothing can come behind a FIN: ignored, perhaps acknowledged */
        return;
    }
    if (t->len == 0 && !fin) {
        return;
    }
    o->reply = ACK;
    if (d > 0) {
        return; /* beyond a hole */
    }
    o->bytes = t->len - (uint32_t)-d;
    o->ack += o->bytes + fin;
    if (fin) {
        o->state = o->state == INL_TCP_ESTABLISHED  ? INL_TCP_CLOSE_WAIT
                   : o->state == INL_TCP_FIN_WAIT_1 ? INL_TCP_CLOSING
                                                    : INL_TCP_TIME_WAIT;
    }
}

static struct outcome expect_syn_sent(const struct trial *t) {
    struct outcome o = stays(t, NOTHING);

    if (t->flags & TCP_ACK && t->dack != 0) {
        return refused(t, t->state);
    }
    if (t->flags & TCP_RST) {
        o.state = t->flags & TCP_ACK ? INL_TCP_CLOSED : t->state;
    } else if (t->flags & TCP_SYN && t->flags & TCP_ACK) {
        o.state = INL_TCP_ESTABLISHED;
        o.ack = t->rcv_nxt + (uint32_t)t->dseq + 1;
        text_and_fin(t, &o, 0);
        o.reply = ACK;
    } else if (t->flags & TCP_SYN) {
        o.state = INL_TCP_SYN_RECEIVED;
        o.reply = SYNACK;
        o.ack = t->rcv_nxt + (uint32_t)t->dseq + 1;
    }
    return o;
}

static struct outcome expect_listen(const struct trial *t) {
    struct outcome o = stays(t, NOTHING);

    if (t->flags & TCP_RST) {
        return o;
    }
    if (t->flags & TCP_ACK) {
        return refused(t, t->state);
    }
    if (t->flags & TCP_SYN) {
        o.state = INL_TCP_SYN_RECEIVED;
        o.reply = SYNACK;
        o.ack = t->rcv_nxt + (uint32_t)t->dseq + 1;
    }
    return o;
}

static struct outcome expect_time_wait(const struct trial *t) {
    struct outcome o = stays(t, NOTHING);

    if (!(t->flags & (TCP_RST | TCP_ACK)) && t->flags & TCP_SYN && t->dseq >= 0) {
        o.state = INL_TCP_SYN_RECEIVED; /* MAY-2 */
        o.reply = SYNACK;
        o.ack = t->rcv_nxt + (uint32_t)t->dseq + 1;
        return o;
    }
    o.maybe_ack = !(t->flags & TCP_RST);
    return o;
}

/* Step 5. True to go on with the text. */
static bool expect_ack(const struct trial *t, struct outcome *o) {
    if (!(t->flags & TCP_ACK)) {
        return false;
    }
    if (t->state == INL_TCP_SYN_RECEIVED) {
        if (t->dack != 0) {
            *o = refused(t, t->state);
            return false;
        }
        o->state = INL_TCP_ESTABLISHED;
        return true;
    }
    if (t->dack > 0 || t->dack < -65535 - 1) { /* unsent, or older than RFC 5961 5.2 allows */
        o->reply = ACK;
        return false;
    }
    if (t->dack == 0) {
        switch (t->state) {
        case INL_TCP_FIN_WAIT_1:
            o->state = INL_TCP_FIN_WAIT_2;
            break;
        case INL_TCP_CLOSING:
            o->state = INL_TCP_TIME_WAIT;
            break;
        case INL_TCP_LAST_ACK:
            o->state = INL_TCP_CLOSED;
            return false;
        default:
            break;
        }
    }
    return true;
}

/* RFC 9293 3.10.7.4 with RFC 5961, for a connection that has seen a SYN */
static struct outcome expect_other(const struct trial *t) {
    uint32_t len = t->len + !!(t->flags & TCP_SYN) + !!(t->flags & TCP_FIN);
    struct outcome o = stays(t, NOTHING);

    if (t->state == INL_TCP_SYN_RECEIVED && t->dseq == -1 && t->flags & TCP_SYN &&
        !(t->flags & (TCP_RST | TCP_ACK))) {
        o.reply = SYNACK; /* the SYN came again */
        return o;
    }
    if (!acceptable(t->dseq, len)) {
        o.reply = t->flags & TCP_RST ? NOTHING : ACK;
        return o;
    }
    if (t->flags & TCP_RST) {
        o.state = t->dseq == 0 ? INL_TCP_CLOSED : t->state;
        o.reply = t->dseq == 0 ? NOTHING : ACK;
        return o;
    }
    if (t->flags & TCP_SYN) {
        o.reply = ACK;
        return o;
    }
    if (expect_ack(t, &o)) {
        text_and_fin(t, &o, t->dseq);
    }
    return o;
}

static struct outcome expect(const struct trial *t) {
    switch (t->state) {
    case INL_TCP_CLOSED:
        return refused(t, INL_TCP_CLOSED);
    case INL_TCP_LISTEN:
        return expect_listen(t);
    case INL_TCP_SYN_SENT:
        return expect_syn_sent(t);
    case INL_TCP_TIME_WAIT:
        return expect_time_wait(t);
    default:
        return expect_other(t);
    }
}

/* Brings a connection into the state, and fills in the numbers. */
static void reach(struct lab *lab, struct peer *p, struct trial *t, uint32_t isn) {
    const struct tcp_conn *c;

    *p = (struct peer){
        .lab = lab, .src = EVIL4, .dst = VICTIM4, .vport = OPEN_PORT, .win = 65535, .sock = -1};
    p->port = lab->next_port =
        (uint16_t)(lab->next_port < 10000 ? 10000 : lab->next_port % 50000 + 1);
    p->snd_nxt = isn;
    p->rcv_nxt = 77777;
    t->port = p->port;
    if (t->state == INL_TCP_CLOSED || t->state == INL_TCP_LISTEN) {
        p->vport = t->state == INL_TCP_CLOSED ? CLOSED_PORT : OPEN_PORT;
        t->rcv_nxt = p->snd_nxt;
        t->snd_nxt = t->snd_una = p->rcv_nxt;
        return;
    }
    if (t->state == INL_TCP_SYN_SENT) {
        const struct inl_sockaddr to = at(EVIL4, p->port);

        p->sock = inl_socket(lab->victim, INL_AF_INET, INL_SOCK_STREAM);
        assert_int_equal(inl_connect(lab->victim, p->sock, &to), -EINPROGRESS);
        lab_settle(lab);
        p->vport = lab_last(lab)->tcp.sport;
        p->rcv_nxt = lab_last(lab)->tcp.seq.v + 1;
        t->rcv_nxt = p->snd_nxt;
        t->snd_nxt = p->rcv_nxt;
        t->snd_una = p->rcv_nxt - 1;
        return;
    }
    peer_raw(p, TCP_SYN, 0, 0, NULL, 0);
    p->rcv_nxt = lab_last(lab)->tcp.seq.v + 1;
    p->snd_nxt++;
    if (t->state != INL_TCP_SYN_RECEIVED) {
        peer_raw(p, TCP_ACK, 0, 0, NULL, 0);
        p->sock = lab_accept(lab);
        assert_true(p->sock >= 0);
    }
    if (t->state == INL_TCP_CLOSE_WAIT || t->state == INL_TCP_LAST_ACK) {
        peer_raw(p, TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
        p->snd_nxt++;
    }
    if (t->state >= INL_TCP_FIN_WAIT_1 && t->state != INL_TCP_CLOSE_WAIT) {
        assert_int_equal(inl_shutdown(lab->victim, p->sock, INL_SHUT_WR), 0);
        lab_settle(lab);
    }
    if (t->state == INL_TCP_CLOSING) { /* crossing FINs: his does not know of ours */
        peer_raw(p, TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
        p->snd_nxt++;
    }
    if (t->state >= INL_TCP_FIN_WAIT_1 && t->state != INL_TCP_CLOSE_WAIT) {
        p->rcv_nxt++;
    }
    if (t->state == INL_TCP_FIN_WAIT_2 || t->state == INL_TCP_TIME_WAIT) {
        peer_raw(p, TCP_ACK, 0, 0, NULL, 0);
    }
    if (t->state == INL_TCP_TIME_WAIT) {
        peer_raw(p, TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
        p->snd_nxt++;
    }
    assert_int_equal(peer_state(p), t->state);
    c = peer_conn(p);
    t->rcv_nxt = p->snd_nxt;
    t->snd_nxt = p->rcv_nxt;
    t->snd_una = c ? c->snd.una.v : p->rcv_nxt;
    assert_true(!c || (c->rcv.nxt.v == t->rcv_nxt && c->snd.nxt.v == t->snd_nxt));
}

static void trial_fail(const struct trial *t, const struct outcome *o, const char *what,
                       long long got) {
    fail_msg("%s, flags 0x%02x, seq %+d, ack %+d, %u bytes: %s is %lld (expected state %s, reply "
             "%d, %u bytes)",
             inl_tcp_state_name(t->state), t->flags, t->dseq, t->dack, t->len, what, got,
             inl_tcp_state_name(o->state), o->reply, o->bytes);
}

static enum reply reply_kind(const struct sent *s) {
    if (s->tcp.flags & TCP_RST) {
        return RST;
    }
    return s->tcp.flags & TCP_SYN ? SYNACK : ACK;
}

static void trial_compare(struct lab *lab, const struct peer *p, const struct trial *t) {
    const struct outcome o = expect(t);
    enum inl_tcp_state now = peer_state(p);
    const struct sent *s = lab->n > 0 ? lab_last(lab) : NULL;
    enum reply reply = s ? reply_kind(s) : NOTHING;
    int64_t bytes = p->sock >= 0 ? readable(lab, p->sock) : 0;

    now = now == INL_TCP_CLOSED && t->state == INL_TCP_LISTEN ? INL_TCP_LISTEN : now;
    if (now != o.state) {
        trial_fail(t, &o, "state", now);
    }
    if (lab->n > 1 || (reply != o.reply && !(o.maybe_ack && reply == ACK))) {
        trial_fail(t, &o, "reply", lab->n > 1 ? (long long)lab->n * 100 : reply);
    }
    if (o.bytes != (bytes > 0 ? bytes : 0) && p->sock >= 0) {
        trial_fail(t, &o, "bytes", bytes);
    }
    if (reply == RST && (s->tcp.seq.v != o.rst_seq || !(s->tcp.flags & TCP_ACK) != !o.rst_acks ||
                         (o.rst_acks && s->tcp.ack.v != o.ack))) {
        trial_fail(t, &o, "number of the RST", s->tcp.seq.v);
    }
    if ((reply == ACK || reply == SYNACK) && s->tcp.ack.v != o.ack && !o.maybe_ack) {
        trial_fail(t, &o, "acknowledgement", s->tcp.ack.v);
    }
    if (reply == ACK && s->tcp.seq.v != t->snd_nxt) {
        trial_fail(t, &o, "sequence number", s->tcp.seq.v);
    }
}

static void trial_end(struct lab *lab, struct peer *p) {
    if (p->sock >= 0) {
        inl_setsockopt(lab->victim, p->sock, INL_OPT_LINGER, 0);
        inl_close(lab->victim, p->sock);
    } else if (peer_syn(p)) {
        p->snd_nxt = peer_syn(p)->said.seq.v + 1;
        peer_raw(p, TCP_RST, 0, 0, NULL, 0);
    } else if (peer_conn(p)) { /* became a connection that waits */
        inl_sock s = lab_accept(lab);

        if (s >= 0) {
            inl_setsockopt(lab->victim, s, INL_OPT_LINGER, 0);
            inl_close(lab->victim, s);
        } else {
            const struct tcp_conn *c = peer_conn(p);

            p->snd_nxt = c->rcv.nxt.v;
            peer_raw(p, TCP_RST, 0, 0, NULL, 0);
        }
    }
    lab_pass(lab, 20 * INL_MS);
    lab_mark(lab);
}

static void flags_in_state(enum inl_tcp_state in) {
    static const int32_t dseqs[] = {0, 10, -1, -100, 200000};
    static const int32_t dacks[] = {0, 1000, -2, -1000000};
    static const uint32_t lens[] = {0, 4};
    struct inl_config cfg;
    struct lab *lab;
    unsigned n = 0;

    lab_config(&cfg);
    cfg.tcp.delack_ns = 0;
    cfg.tcp.max_time_wait = 8;
    lab = lab_new_with(INL_LINK_IP, &cfg);
    for (unsigned flags = 0; flags < 256; flags++) {
        for (unsigned v = 0; v < COUNT_OF(dseqs) * COUNT_OF(dacks) * COUNT_OF(lens); v++) {
            struct trial t = {
                .state = in,
                .flags = (uint16_t)flags,
                .dseq = dseqs[v % COUNT_OF(dseqs)],
                .dack = dacks[v / COUNT_OF(dseqs) % COUNT_OF(dacks)],
                .len = lens[v / COUNT_OF(dseqs) / COUNT_OF(dacks)],
            };
            struct peer p;

            reach(lab, &p, &t, wraps[n++ % 3] - 2);
            lab_mark(lab);
            peer_raw(&p, t.flags, t.dseq, t.dack, "evil", t.len);
            trial_compare(lab, &p, &t);
            trial_end(lab, &p);
        }
    }
    lab_free(lab);
}

static void sec31_flag_garbage(void **state) {
    (void)state;
    for (int in = INL_TCP_CLOSED; in < INL_TCP_STATES_MAX; in++) {
        flags_in_state((enum inl_tcp_state)in);
    }
}

/* ---- SEC-32: a SYN where a SYN-ACK was expected ---- */

static void sec32_split_handshake(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wraps); i++) {
        struct lab *lab = lab_new();
        struct trial t = {.state = INL_TCP_SYN_SENT};
        struct peer p;

        reach(lab, &p, &t, wraps[i]);
        lab_mark(lab);
        peer_raw(&p, TCP_SYN, 0, 0, NULL, 0);
        assert_int_equal(peer_state(&p), INL_TCP_SYN_RECEIVED);
        assert_int_equal(lab->n, 1);
        assert_int_equal(lab_last(lab)->tcp.flags & 0x3f, TCP_SYN | TCP_ACK);
        assert_int_equal(lab_last(lab)->tcp.seq.v, p.rcv_nxt - 1);
        assert_int_equal(lab_last(lab)->tcp.ack.v, p.snd_nxt + 1);
        peer_raw(&p, TCP_SYN, 500, 0, NULL, 0); /* a third SYN, of somebody else */
        assert_int_equal(peer_state(&p), INL_TCP_SYN_RECEIVED);
        peer_raw(&p, TCP_SYN | TCP_ACK, 0, 0, NULL, 0);
        assert_int_equal(peer_state(&p), INL_TCP_ESTABLISHED);
        assert_false(peer_conn(&p)->passive);
        assert_int_equal(lab_accept(lab), -EAGAIN); /* no listener has it */
        p.snd_nxt++;
        peer_send(&p, "hello", 5);
        assert_int_equal(readable(lab, p.sock), 5);
        assert_int_equal(inl_send(lab->victim, p.sock, "world", 5, 0), 5);
        lab_settle(lab);
        assert_int_equal(rd_left(&lab_last(lab)->tcp.payload), 5);
        assert_int_equal(lab_last(lab)->tcp.seq.v, p.rcv_nxt);
        lab_free(lab);
    }
}

/* A passive opener takes no SYN-ACK. */
static void sec32_synack_to_listener(void **state) {
    struct lab *lab = lab_new();
    struct trial t = {.state = INL_TCP_SYN_RECEIVED};
    struct peer p;

    (void)state;
    reach(lab, &p, &t, 5);
    lab_mark(lab);
    peer_raw(&p, TCP_SYN | TCP_ACK, -1, 0, NULL, 0);
    assert_int_equal(peer_state(&p), INL_TCP_SYN_RECEIVED);
    assert_int_equal(lab->n, 1);
    assert_int_equal(lab_last(lab)->tcp.flags, TCP_ACK);
    lab_free(lab);
}

/* ---- SEC-33: assassination of TIME-WAIT (RFC 1337) ---- */

static void sec33_time_wait_assassination(void **state) {
    static const int32_t old[] = {0, -1, -5, -1000, 1, 60000, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wraps); i++) {
        struct lab *lab = lab_new();
        struct trial t = {.state = INL_TCP_TIME_WAIT};
        struct peer p;
        inl_time due;

        reach(lab, &p, &t, wraps[i] - 3);
        inl_close(lab->victim, p.sock);
        due = lab->victim->tcp->tw_timer.due;
        lab_pass(lab, INL_S);
        for (size_t k = 0; k < COUNT_OF(old); k++) {
            lab_mark(lab);
            peer_raw(&p, TCP_RST, old[k], 0, NULL, 0);
            peer_raw(&p, TCP_RST | TCP_ACK, old[k], 0, NULL, 0);
            assert_int_equal(lab->n, 0);
            peer_raw(&p, TCP_ACK, old[k], 0, "old data", 8);
            assert_in_range(lab->n, 0, 1);
            peer_raw(&p, TCP_ACK, old[k], -1, NULL, 0);
            assert_in_range(lab->n, 0, 2);
            assert_int_equal(peer_state(&p), INL_TCP_TIME_WAIT);
            assert_int_equal(lab->victim->tcp->tw_timer.due.ns, due.ns);
        }
        lab_free(lab);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec25_blind_rst),
        cmocka_unit_test(sec26_blind_syn),
        cmocka_unit_test(sec27_blind_data),
        cmocka_unit_test(sec28_challenge_channel),
        cmocka_unit_test(sec29_ack_storm),
        cmocka_unit_test(sec31_flag_garbage),
        cmocka_unit_test(sec32_split_handshake),
        cmocka_unit_test(sec32_synack_to_listener),
        cmocka_unit_test(sec33_time_wait_assassination),
    };

    return cmocka_run_group_tests_name("attack: TCP state", tests, NULL, NULL);
}
