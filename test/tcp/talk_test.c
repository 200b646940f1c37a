/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * talk_test.c - two TCPs talk: opening, bytes under loss, closing in every order
 *
 * Every byte is compared with a generator, tcp_check() runs after each step, and at the end no
 * memory may be left.
 */
#include "pair.h"

#include <errno.h>
#include <string.h>

static uint8_t byte_at(uint64_t off, unsigned salt) {
    return (uint8_t)(off * 2654435761u >> 13 ^ off ^ salt);
}

/* Sends len bytes each way at once and reads them as they come. */
static void exchange(struct pair *p, struct tcp_conn *c[2], uint64_t len) {
    uint64_t sent[2] = {0, 0};
    uint64_t got[2] = {0, 0};
    uint8_t buf[5000];

    for (int round = 0; got[0] < len || got[1] < len; round++) {
        assert_true(round < 2000000);
        for (unsigned i = 0; i < 2; i++) {
            struct tcp *tcp = p->host[i].tcp;
            int64_t n;

            while (sent[i] < len) {
                size_t want = sizeof(buf) < len - sent[i] ? sizeof(buf) : (size_t)(len - sent[i]);

                for (size_t k = 0; k < want; k++) {
                    buf[k] = byte_at(sent[i] + k, i);
                }
                n = tcp_send(tcp, c[i], buf, want, 0);
                if (n == -EAGAIN) {
                    break;
                }
                assert_true(n > 0);
                sent[i] += (uint64_t)n;
            }
            while ((n = tcp_recv(tcp, c[i], buf, sizeof(buf), 0)) > 0) {
                for (int64_t k = 0; k < n; k++) {
                    assert_int_equal(buf[k], byte_at(got[i]++, !i));
                }
            }
            assert_int_equal(n, -EAGAIN);
        }
        pair_run_for(p, 5 * INL_MS);
    }
    assert_int_equal(got[0], len);
    assert_int_equal(got[1], len);
}

static void opens_and_talks(bool v6, uint32_t loss_ppm, uint64_t len, unsigned seed) {
    struct pair *p = pair_new(seed, v6);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    p->loss_ppm = loss_ppm;
    pair_join(p, l, 80, c);
    exchange(p, c, len);
    tcp_close(p->host[0].tcp, c[0]);
    tcp_close(p->host[1].tcp, c[1]);
    pair_run_for(p, 2000 * INL_S);
    tcp_listener_close(p->host[1].tcp, l);
    assert_int_equal(p->host[0].tcp->conn_count + p->host[1].tcp->conn_count, 0);
    assert_int_equal(tcp_twtab_live(&p->host[0].tcp->tw), 0);
    pair_free(p);
}

static void test_clean_wire(void **state) {
    (void)state;
    opens_and_talks(false, 0, 3000000, 1);
    opens_and_talks(true, 0, 3000000, 2);
}

static void test_lossy_wire(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        opens_and_talks(seed % 2 != 0, 10000 * (seed % 8), 200000, seed);
    }
}

/* No byte may wait for a timer on a clean wire: 2 MB each way, in slow start, at 20 ms RTT. */
static void test_clean_wire_is_fast(void **state) {
    struct pair *p = pair_new(3, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    inl_time start;

    (void)state;
    pair_join(p, l, 80, c);
    start = p->now;
    exchange(p, c, 2000000);
    assert_true(inl_time_sub(p->now, start) < 250 * INL_MS);
    assert_int_equal(c[0]->rtx_segs + c[1]->rtx_segs, 0);
    pair_free(p);
}

/* ---- closing ---- */

static void test_half_close(void **state) {
    struct pair *p = pair_new(4, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    char buf[10];

    (void)state;
    pair_join(p, l, 80, c);
    assert_int_equal(tcp_shutdown(p->host[0].tcp, c[0], INL_SHUT_WR), 0);
    assert_int_equal(tcp_send(p->host[0].tcp, c[0], "x", 1, 0), -EPIPE);
    pair_run_for(p, INL_S);
    assert_int_equal(tcp_state(c[0]), INL_TCP_FIN_WAIT_2);
    assert_int_equal(tcp_state(c[1]), INL_TCP_CLOSE_WAIT);
    assert_int_equal(tcp_recv(p->host[1].tcp, c[1], buf, sizeof(buf), 0), 0);
    assert_int_equal(tcp_send(p->host[1].tcp, c[1], "late", 4, 0), 4);
    pair_run_for(p, INL_S);
    assert_int_equal(tcp_recv(p->host[0].tcp, c[0], buf, sizeof(buf), 0), 4);
    assert_int_equal(tcp_shutdown(p->host[1].tcp, c[1], INL_SHUT_WR), 0);
    assert_int_equal(tcp_state(c[1]), INL_TCP_LAST_ACK);
    pair_run_for(p, INL_S);
    assert_int_equal(tcp_state(c[1]), INL_TCP_CLOSED);
    assert_int_equal(tcp_state(c[0]), INL_TCP_TIME_WAIT);
    assert_int_equal(tcp_recv(p->host[0].tcp, c[0], buf, sizeof(buf), 0), 0);
    pair_run_for(p, 61 * INL_S);
    assert_int_equal(tcp_state(c[0]), INL_TCP_CLOSED);
    tcp_close(p->host[0].tcp, c[0]);
    tcp_close(p->host[1].tcp, c[1]);
    pair_free(p);
}

static void test_simultaneous_close(void **state) {
    struct pair *p = pair_new(5, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    tcp_shutdown(p->host[0].tcp, c[0], INL_SHUT_WR);
    tcp_shutdown(p->host[1].tcp, c[1], INL_SHUT_WR);
    pair_run_for(p, 10 * INL_MS);
    assert_int_equal(tcp_state(c[0]), INL_TCP_CLOSING);
    pair_run_for(p, INL_S);
    assert_int_equal(tcp_state(c[0]), INL_TCP_TIME_WAIT);
    assert_int_equal(tcp_state(c[1]), INL_TCP_TIME_WAIT);
    pair_free(p);
}

static void test_close_with_unread_data_resets(void **state) {
    struct pair *p = pair_new(6, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    tcp_send(p->host[0].tcp, c[0], "abc", 3, 0);
    pair_run_for(p, INL_S);
    tcp_close(p->host[1].tcp, c[1]);
    pair_run_for(p, INL_S);
    assert_int_equal(p->last_cause[1], INL_CAUSE_TCP_RST_UNREAD);
    assert_int_equal(tcp_state(c[0]), INL_TCP_CLOSED);
    assert_int_equal(tcp_take_error(c[0]), ECONNRESET);
    pair_free(p);
}

static void test_data_after_close_resets(void **state) {
    struct pair *p = pair_new(7, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    tcp_close(p->host[1].tcp, c[1]);
    pair_run_for(p, INL_S);
    tcp_send(p->host[0].tcp, c[0], "abc", 3, 0);
    pair_run_for(p, INL_S);
    assert_int_equal(p->last_cause[1], INL_CAUSE_TCP_RST_AFTER_CLOSE);
    assert_int_equal(tcp_state(c[0]), INL_TCP_CLOSED);
    assert_int_equal(p->host[1].tcp->conn_count, 0);
    pair_free(p);
}

static void test_orphan_leaves_fin_wait_2(void **state) {
    struct pair *p = pair_new(8, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    tcp_close(p->host[0].tcp, c[0]);
    pair_run_for(p, 59 * INL_S);
    assert_int_equal(p->host[0].tcp->conn_count, 1);
    pair_run_for(p, 2 * INL_S);
    assert_int_equal(p->host[0].tcp->conn_count, 0);
    assert_int_equal(p->host[0].tcp->orphans, 0);
    pair_free(p);
}

/* A connection that sent more than the ISN clock counts is followed by one with a higher ISN. */
static void test_time_wait_reopens_above(void **state) {
    struct pair *p = pair_new(20, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct inl_sockaddr local;
    struct inl_sockaddr remote = {.addr = p->host[1].addr, .port = 80};
    struct port_bind *bind;
    struct tcp_conn *c[2];
    seq_t old_snd;

    (void)state;
    pair_join(p, l, 80, c);
    local = *tcp_local(c[0]);
    exchange(p, c, 3000000); /* 250,000 numbers a second would take 12 s */
    tcp_shutdown(p->host[1].tcp, c[1], INL_SHUT_WR);
    pair_run_for(p, 100 * INL_MS);
    bind = ports_get(c[0]->bind);
    tcp_close(p->host[0].tcp, c[0]);
    pair_run_for(p, 100 * INL_MS);
    assert_int_equal(tcp_state(c[1]), INL_TCP_TIME_WAIT);
    old_snd = tcp_tw_of(c[1])->snd_nxt;
    assert_true(seq_gt(old_snd, tcp_isn(p->host[1].tcp, &remote, &local)));
    /* the peer's new SYN must be above what it sent: let its clock catch up */
    pair_run_for(p, 20 * INL_S);
    old_snd = tcp_tw_of(c[1])->snd_nxt;
    old_snd = seq_add(old_snd, 100000000);
    tcp_tw_of(c[1])->snd_nxt = old_snd; /* as if it had sent 100 MB */
    assert_int_equal(tcp_conn_new(p->host[0].tcp, NULL, &c[0]), 0);
    assert_int_equal(tcp_connect(p->host[0].tcp, c[0], bind, &local, &remote), 0);
    pair_run_for(p, 100 * INL_MS);
    assert_int_equal(tcp_state(c[0]), INL_TCP_ESTABLISHED);
    assert_true(seq_gt(c[0]->rcv.irs, old_snd));
    assert_int_equal(tcp_state(c[1]), INL_TCP_CLOSED);
    pair_free(p);
}

/* ---- opening ---- */

static void test_refused(void **state) {
    struct pair *p = pair_new(9, false);
    struct tcp_conn *c = pair_connect(p, 0, 81);

    (void)state;
    pair_run_for(p, INL_S);
    assert_int_equal(tcp_state(c), INL_TCP_CLOSED);
    assert_int_equal(tcp_take_error(c), ECONNREFUSED);
    assert_int_equal(p->last_cause[1], INL_CAUSE_TCP_RST_CLOSED);
    pair_free(p);
}

static bool drop_all(struct pair *p, int from, const struct pkt *pkt) {
    (void)p;
    (void)from;
    (void)pkt;
    return true;
}

static void test_syn_gives_up_after_180_s(void **state) {
    struct pair *p = pair_new(10, false);
    struct tcp_conn *c;

    (void)state;
    p->drop = drop_all;
    c = pair_connect(p, 0, 80);
    pair_run_for(p, 179 * INL_S);
    assert_int_equal(tcp_state(c), INL_TCP_SYN_SENT);
    assert_int_equal(p->sent[0], 8); /* at 0, 1, 3, 7, 15, 31, 63, 123 s: 60 s at most */
    pair_run_for(p, 2 * INL_S);
    assert_int_equal(tcp_state(c), INL_TCP_CLOSED);
    assert_int_equal(tcp_take_error(c), ETIMEDOUT);
    pair_free(p);
}

static void test_simultaneous_open(void **state) {
    struct pair *p = pair_new(11, false);
    struct inl_sockaddr at[2];
    struct tcp_conn *c[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        at[i] = (struct inl_sockaddr){.addr = p->host[i].addr, .port = (uint16_t)(5000 + i)};
    }
    for (int i = 0; i < 2; i++) {
        struct port_bind *bind;

        assert_int_equal(tcp_conn_new(p->host[i].tcp, NULL, &c[i]), 0);
        assert_int_equal(ports_bind(p->host[i].ports, 6, &p->host[i].addr, at[i].port, 0, &bind),
                         0);
        assert_int_equal(tcp_connect(p->host[i].tcp, c[i], bind, &at[i], &at[!i]), 0);
    }
    pair_run_for(p, 15 * INL_MS);
    assert_int_equal(tcp_state(c[0]), INL_TCP_SYN_RECEIVED);
    assert_int_equal(p->last_cause[0], INL_CAUSE_TCP_SYN_SIMULTANEOUS);
    pair_run_for(p, 10 * INL_MS);
    assert_int_equal(tcp_state(c[0]), INL_TCP_ESTABLISHED);
    assert_int_equal(tcp_state(c[1]), INL_TCP_ESTABLISHED);
    exchange(p, c, 100000);
    pair_free(p);
}

static void test_backlog(void **state) {
    struct pair *p = pair_new(12, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 2);
    struct tcp_conn *c[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        c[i] = pair_connect(p, 0, 80);
        pair_run_for(p, 100 * INL_MS);
    }
    assert_int_equal(tcp_state(c[1]), INL_TCP_ESTABLISHED);
    assert_int_equal(tcp_state(c[2]), INL_TCP_SYN_SENT);
    assert_true(p->host[1].env.drop[INL_DROP_TCP_BACKLOG_FULL] > 0);
    assert_non_null(tcp_accept(p->host[1].tcp, l, NULL));
    pair_run_for(p, 10 * INL_S);
    assert_int_equal(tcp_state(c[2]), INL_TCP_ESTABLISHED);
    tcp_listener_close(p->host[1].tcp, l);
    pair_run_for(p, INL_S);
    assert_int_equal(p->last_cause[1], INL_CAUSE_TCP_RST_NOT_ACCEPTED);
    assert_int_equal(tcp_state(c[2]), INL_TCP_CLOSED);
    pair_free(p);
}

/* The limit holds, and the oldest half-open connection makes room for the newest. */
static bool drop_acks_of_0(struct pair *p, int from, const struct pkt *pkt) {
    (void)p;
    return from == 0 && pkt->cause == INL_CAUSE_TCP_HANDSHAKE_ACK;
}

static void test_half_open_limit(void **state) {
    struct pair *p = pair_new(13, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 100);

    (void)state;
    p->drop = drop_acks_of_0;
    for (int i = 0; i < 40; i++) {
        pair_connect(p, 0, 80);
        pair_run_for(p, 25 * INL_MS);
        assert_true(p->host[1].tcp->half_open <= 16);
    }
    assert_int_equal(p->host[1].tcp->half_open, 16);
    assert_int_equal(l->half_n, 16);
    pair_free(p);
}

/* ---- loss ---- */

static int data_seen;

static bool drop_13th_data(struct pair *p, int from, const struct pkt *pkt) {
    (void)p;
    return from == 0 && pkt->cause == INL_CAUSE_TCP_DATA && ++data_seen == 13;
}

/*
 * The ACKs of a burst come at once: those of new data empty the flight, and the duplicate ones
 * behind them find it half empty before anything could be sent. ssthresh is half of the window
 * all the same.
 */
static void test_ack_burst_does_not_shrink_ssthresh(void **state) {
    struct pair *p = pair_new(27, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    static char buf[200000];
    uint32_t mss;

    (void)state;
    pair_join(p, l, 80, c);
    mss = c[0]->opt.snd_mss_bytes;
    tcp_cc_use(&c[0]->cc, NULL, &tcp_cc_newreno);
    data_seen = 0;
    p->drop = drop_13th_data; /* the third of 20 in the second round trip */
    tcp_send(p->host[0].tcp, c[0], buf, sizeof(buf), 0);
    while (!c[0]->rec.fast && p->now.ns < 10 * INL_S) {
        pair_run_for(p, INL_MS);
    }
    assert_true(c[0]->rec.fast);
    assert_in_range(c[0]->cc.ssthresh_bytes, 10 * mss, 11 * mss);
    while (c[0]->rec.fast && p->now.ns < 10 * INL_S) {
        pair_run_for(p, INL_MS);
    }
    assert_true(c[0]->cc.cwnd_bytes >= 10 * mss); /* and recovery ends there, not at two */
    assert_int_equal(c[0]->rtx_segs, 1);
    pair_free(p);
}

/* ---- windows ---- */

static void test_zero_window_is_probed_and_opens(void **state) {
    struct pair *p = pair_new(14, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    static char buf[1 << 20];
    uint64_t got = 0;
    uint64_t sent = 0;
    int64_t n;

    (void)state;
    l->opts.rcvbuf_bytes = 20000;
    pair_join(p, l, 80, c);
    sent += (uint64_t)tcp_send(p->host[0].tcp, c[0], buf, 100000, 0);
    pair_run_for(p, 3600 * INL_S);
    assert_int_equal(tcp_state(c[0]), INL_TCP_ESTABLISHED); /* MUST-37 */
    assert_true(p->host[0].env.now.ns > 3600 * INL_S);
    assert_int_equal(tcp_rcv_waiting(c[1]) >= 20000, 1);
    assert_int_equal(p->last_cause[0], INL_CAUSE_TCP_PROBE_WINDOW);
    assert_int_equal(p->last_cause[1], INL_CAUSE_TCP_ACK_KEEPALIVE);
    assert_int_equal(c[0]->snd.wnd_bytes, 0);
    for (int i = 0; i < 100 && got < sent; i++) {
        while ((n = tcp_recv(p->host[1].tcp, c[1], buf, sizeof(buf), 0)) > 0) {
            got += (uint64_t)n;
        }
        pair_run_for(p, 50 * INL_MS); /* no timer is needed any more */
    }
    assert_int_equal(got, sent);
    pair_free(p);
}

/* Rounding to units of the window scale must not promise more than the ring has room for. */
static void test_rounding_does_not_promise_too_much(void **state) {
    struct pair *p = pair_new(24, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    struct inl_tcp_info info;
    static char buf[1 << 20];
    const size_t rcvbuf = 2000000; /* scale 5: two full segments are not a multiple of 32 */

    (void)state;
    l->opts.rcvbuf_bytes = (uint32_t)rcvbuf;
    pair_join(p, l, 80, c);
    for (int i = 0; i < 3000; i++) {
        (void)tcp_send(p->host[0].tcp, c[0], buf, sizeof(buf), 0);
        pair_run_for(p, 10 * INL_MS);
        assert_true(tcp_rcv_waiting(c[1]) + tcp_rwnd_bytes(c[1]) <= ring_cap(&c[1]->rcv.ring));
    }
    tcp_info(c[0], &info);
    assert_true(tcp_rcv_waiting(c[1]) >= rcvbuf - 2000);
    assert_true(tcp_rcv_waiting(c[1]) <= rcvbuf + 32);
    assert_true(info.snd_wnd_bytes < 2000);
    pair_free(p);
}

static void test_retransmission_gives_up(void **state) {
    struct pair *p = pair_new(15, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    p->drop = drop_all;
    tcp_send(p->host[0].tcp, c[0], "x", 1, 0);
    pair_run_for(p, 899 * INL_S);
    assert_int_equal(tcp_state(c[0]), INL_TCP_ESTABLISHED);
    pair_run_for(p, 2 * INL_S);
    assert_int_equal(tcp_state(c[0]), INL_TCP_CLOSED);
    assert_int_equal(tcp_take_error(c[0]), ETIMEDOUT);
    assert_int_equal(p->last_cause[0], INL_CAUSE_TCP_RST_TIMEOUT);
    pair_free(p);
}

static void test_keepalive_finds_a_dead_peer(void **state) {
    struct pair *p = pair_new(16, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    pair_run_for(p, 10000 * INL_S);
    assert_int_not_equal(p->last_cause[0], INL_CAUSE_TCP_PROBE_KEEPALIVE); /* MUST-25 */
    tcp_conn_opts(c[0])->keepalive = true;
    tcp_opts_changed(p->host[0].tcp, c[0], INL_OPT_KEEPALIVE);
    pair_run_for(p, 7300 * INL_S);
    assert_int_equal(p->last_cause[0], INL_CAUSE_TCP_PROBE_KEEPALIVE);
    assert_int_equal(p->last_cause[1], INL_CAUSE_TCP_ACK_KEEPALIVE);
    assert_int_equal(tcp_state(c[0]), INL_TCP_ESTABLISHED);
    p->drop = drop_all;
    pair_run_for(p, 7200 * INL_S);
    assert_int_equal(tcp_state(c[0]), INL_TCP_ESTABLISHED); /* MUST-29 */
    pair_run_for(p, 9 * 75 * INL_S);
    assert_int_equal(tcp_state(c[0]), INL_TCP_CLOSED);
    assert_int_equal(tcp_take_error(c[0]), ETIMEDOUT);
    pair_free(p);
}

static void test_idle_connection_is_small(void **state) {
    struct pair *p = pair_new(17, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    size_t before;

    (void)state;
    pair_join(p, l, 80, c);
    before = p->host[0].env.mem.used_bytes;
    exchange(p, c, 100000);
    pair_run_for(p, 10 * INL_S);
    assert_true(p->host[0].env.mem.used_bytes <= before);
    assert_true(sizeof(struct tcp_conn) <= 1536);
    pair_free(p);
}

/* What was promised is taken, although the buffer is made smaller. */
static void test_smaller_buffer_keeps_promises(void **state) {
    struct pair *p = pair_new(21, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    static char buf[60000];

    (void)state;
    pair_join(p, l, 80, c);
    tcp_send(p->host[0].tcp, c[0], buf, 14600, 0);
    pair_run_for(p, 5 * INL_MS); /* in flight */
    tcp_conn_opts(c[1])->rcvbuf_bytes = 3000;
    tcp_opts_changed(p->host[1].tcp, c[1], INL_OPT_RCVBUF);
    pair_run_for(p, 50 * INL_MS);
    assert_int_equal(tcp_rcv_waiting(c[1]), 14600);
    assert_int_equal(c[0]->rtx_segs, 0);
    pair_free(p);
}

static void test_uncommitted_loan_leaves_no_page(void **state) {
    struct pair *p = pair_new(22, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct inl_piece piece[2];
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    assert_true(tcp_send_loan(p->host[0].tcp, c[0], piece) > 0);
    assert_true(c[0]->snd.ring.pages > 0);
    assert_int_equal(tcp_send(p->host[0].tcp, c[0], "abc", 3, 0), 3);
    pair_run_for(p, INL_S);
    assert_int_equal(c[0]->snd.ring.pages, 0);
    pair_free(p);
}

/* A peer with a closed window may keep a socket waiting, but not an orphan's memory. */
static void test_orphan_does_not_probe_for_ever(void **state) {
    struct pair *p = pair_new(23, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    static char buf[100000];

    (void)state;
    l->opts.rcvbuf_bytes = 20000;
    pair_join(p, l, 80, c);
    tcp_send(p->host[0].tcp, c[0], buf, sizeof(buf), 0);
    pair_run_for(p, 10 * INL_S);
    tcp_close(p->host[0].tcp, c[0]);
    pair_run_for(p, 100 * INL_S);
    assert_int_equal(p->host[0].tcp->conn_count, 1);
    pair_run_for(p, 30 * INL_S); /* orphan_ns */
    assert_int_equal(p->host[0].tcp->conn_count, 0);
    assert_int_equal(p->host[0].env.mem.fails, 0);
    pair_free(p);
}

static void test_orphan_limit(void **state) {
    struct pair *p = pair_new(24, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    p->host[0].tcp->cfg.max_orphans = 0;
    pair_join(p, l, 80, c);
    tcp_close(p->host[0].tcp, c[0]);
    pair_run_for(p, INL_S);
    assert_int_equal(p->last_cause[0], INL_CAUSE_TCP_RST_NO_MEMORY);
    assert_int_equal(tcp_take_error(c[1]), ECONNRESET);
    assert_int_equal(p->host[0].tcp->conn_count, 0);
    pair_free(p);
}

static void test_quick_ack_without_delay(void **state) {
    struct pair *p = pair_new(25, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    p->host[1].tcp->cfg.delack_ns = 0;
    pair_join(p, l, 80, c);
    tcp_send(p->host[0].tcp, c[0], "x", 1, 0);
    pair_run_for(p, 11 * INL_MS);
    assert_int_equal(p->last_cause[1], INL_CAUSE_TCP_ACK_QUICK);
    pair_free(p);
}

static void test_user_timeout(void **state) {
    struct pair *p = pair_new(26, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];

    (void)state;
    pair_join(p, l, 80, c);
    tcp_conn_opts(c[0])->user_timeout_ns = 5 * INL_S;
    tcp_opts_changed(p->host[0].tcp, c[0], INL_OPT_TCP_USER_TIMEOUT_NS);
    p->drop = drop_all;
    tcp_send(p->host[0].tcp, c[0], "x", 1, 0);
    pair_run_for(p, 4900 * INL_MS);
    assert_int_equal(tcp_state(c[0]), INL_TCP_ESTABLISHED);
    pair_run_for(p, 200 * INL_MS);
    assert_int_equal(tcp_state(c[0]), INL_TCP_CLOSED);
    assert_int_equal(tcp_take_error(c[0]), ETIMEDOUT);
    pair_free(p);
}

/* Failing the nth allocation never crashes, and leaves nothing behind. */
static void test_allocation_failures(void **state) {
    (void)state;
    for (int64_t n = 0; n < 60; n++) {
        struct pair *p = pair_new(18, false);
        struct tcp_listener *l = pair_listen(p, 1, 80, 5);
        struct tcp_conn *c[2];

        pair_join(p, l, 80, c);
        mem_fail_after(&p->host[0].env.mem, n);
        mem_fail_after(&p->host[1].env.mem, n / 2);
        for (int i = 0; i < 10; i++) {
            static char buf[30000];

            tcp_send(p->host[0].tcp, c[0], buf, sizeof(buf), 0);
            pair_run_for(p, INL_S);
            tcp_recv(p->host[1].tcp, c[1], buf, sizeof(buf), 0);
        }
        pair_free(p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_wire),
        cmocka_unit_test(test_lossy_wire),
        cmocka_unit_test(test_clean_wire_is_fast),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_simultaneous_close),
        cmocka_unit_test(test_close_with_unread_data_resets),
        cmocka_unit_test(test_data_after_close_resets),
        cmocka_unit_test(test_orphan_leaves_fin_wait_2),
        cmocka_unit_test(test_time_wait_reopens_above),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_syn_gives_up_after_180_s),
        cmocka_unit_test(test_simultaneous_open),
        cmocka_unit_test(test_backlog),
        cmocka_unit_test(test_half_open_limit),
        cmocka_unit_test(test_ack_burst_does_not_shrink_ssthresh),
        cmocka_unit_test(test_zero_window_is_probed_and_opens),
        cmocka_unit_test(test_rounding_does_not_promise_too_much),
        cmocka_unit_test(test_retransmission_gives_up),
        cmocka_unit_test(test_keepalive_finds_a_dead_peer),
        cmocka_unit_test(test_idle_connection_is_small),
        cmocka_unit_test(test_smaller_buffer_keeps_promises),
        cmocka_unit_test(test_uncommitted_loan_leaves_no_page),
        cmocka_unit_test(test_orphan_does_not_probe_for_ever),
        cmocka_unit_test(test_orphan_limit),
        cmocka_unit_test(test_quick_ack_without_delay),
        cmocka_unit_test(test_user_timeout),
        cmocka_unit_test(test_allocation_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
