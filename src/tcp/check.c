/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - every invariant of a connection, asserted
 *
 * For tests, fuzzers and debug builds, after an event is over. Costs time proportional to what
 * is queued. TCP_CHECK() does not vanish with NDEBUG.
 */
#include "tcp/internal.h"

#define TCP_CHECK(cond)                                                                            \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            __builtin_trap();                                                                      \
        }                                                                                          \
    } while (0)

static void check_send(const struct tcp_conn *c) {
    uint64_t end = c->snd.end_off + c->snd.fin_sent;

    TCP_CHECK(seq_le(c->snd.una, c->snd.nxt));
    TCP_CHECK(seq_le(c->snd.iss, c->snd.una) || c->snd.una_off > INT32_MAX);
    if (!tcp_state_synced(c)) {
        TCP_CHECK(tcp_snd_flight(c) <= 1);
        return;
    }
    TCP_CHECK(tcp_snd_off(c, c->snd.nxt) <= end);
    TCP_CHECK(!c->snd.fin_sent || (c->snd.fin_wanted && tcp_snd_off(c, c->snd.nxt) == end));
    TCP_CHECK(ring_head(&c->snd.ring) ==
              (c->snd.una_off < c->snd.end_off ? c->snd.una_off : c->snd.end_off));
}

static void check_rtxq(const struct tcp_conn *c) {
    seq_t seq = c->snd.una;
    uint32_t lost = 0;

    for (uint32_t i = 0; i < c->rtxq.n; i++) {
        const struct tcp_rtx *rtx = tcp_rtxq_at(&c->rtxq, i);

        TCP_CHECK(seq_eq(rtx->seq, seq) && rtx->len > 0);
        TCP_CHECK(!(rtx->flags & TCP_RTX_LOST) || i >= c->rtxq.cursor);
        lost += rtx->flags & TCP_RTX_LOST ? rtx->len : 0;
        seq = seq_add(seq, rtx->len);
    }
    TCP_CHECK(seq_eq(seq, c->snd.nxt));
    TCP_CHECK(lost == c->rtxq.lost_bytes);
}

static void check_receive(const struct tcp_conn *c) {
    uint64_t at = c->rcv.nxt_off;

    TCP_CHECK(ring_head(&c->rcv.ring) + c->rcv.fin_got <= c->rcv.nxt_off);
    TCP_CHECK(!c->rcv.fin_early || c->rcv.fin_off > c->rcv.nxt_off);
    for (size_t i = 0; i < c->rcv.ooo.n; i++) {
        TCP_CHECK(c->rcv.ooo.v[i].lo > at && c->rcv.ooo.v[i].hi > c->rcv.ooo.v[i].lo);
        at = c->rcv.ooo.v[i].hi;
    }
    TCP_CHECK(at <= c->rcv.nxt_off + tcp_rwnd_bytes(c));
}

/* Work that waits for the peer has a deadline, or the connection waits for its turn. */
static void check_timers(const struct tcp_conn *c) {
    bool waits = c->rtxq.n > 0 || (tcp_state_synced(c) && tcp_snd_unsent(c) > 0);
    inl_time first = INL_TIME_NEVER;

    for (int i = 0; i < TCP_TMR_MAX; i++) {
        first = inl_time_min(first, c->tmr.due[i]);
    }
    TCP_CHECK(!waits || c->in_ready || tcp_tmr_armed(c, TCP_TMR_RTO) ||
              tcp_tmr_armed(c, TCP_TMR_PERSIST));
    TCP_CHECK(c->rtxq.n == 0 || tcp_tmr_armed(c, TCP_TMR_GIVE_UP));
    TCP_CHECK(!c->ackd.delayed || tcp_tmr_armed(c, TCP_TMR_DELACK));
    TCP_CHECK(inl_time_is_never(first) ||
              (timer_armed(&c->tmr.node) && c->tmr.node.due.ns <= first.ns));
    TCP_CHECK((c->ackd.now == INL_CAUSE_NONE && c->ackd.runs == 0) || c->in_ready);
}

static void check_windows(const struct tcp_conn *c) {
    TCP_CHECK(c->cc.cwnd_bytes >= 1);
    TCP_CHECK(c->opt.snd_mss_bytes >= 1);
    TCP_CHECK(c->rtt.rto_ns > 0);
    TCP_CHECK(!c->rec.fast || !c->rec.timeout);
}

static void check_conn(const struct tcp_conn *c) {
    TCP_CHECK(c->in_ready ? !list_empty(&c->turn) : true);
    if (c->state == INL_TCP_CLOSED || c->state == INL_TCP_TIME_WAIT) {
        TCP_CHECK(!c->hashed && !c->in_ready && !timer_armed(&c->tmr.node));
        TCP_CHECK((c->state == INL_TCP_TIME_WAIT) == (c->tw != NULL));
        return;
    }
    TCP_CHECK(c->hashed && c->bind);
    TCP_CHECK(c->owned + c->orphan + (c->listener != NULL) == 1);
    TCP_CHECK(c->half_open ==
              (c->passive && c->state == INL_TCP_SYN_RECEIVED && c->listener && !tcp_syn_held(c)));
    check_send(c);
    check_rtxq(c);
    check_receive(c);
    check_windows(c);
    if (list_empty(&c->turn) || c->in_ready) { /* not in the middle of a burst */
        check_timers(c);
    }
}

static void check_all(const struct tcp *tcp) {
    uint32_t conns = 0;
    uint32_t half = 0;
    uint32_t orphans = 0;
    struct list *it;

    LIST_FOREACH(it, &tcp->all) {
        const struct tcp_conn *c = LIST_ENTRY(it, struct tcp_conn, all);

        conns++;
        half += c->half_open;
        orphans += c->orphan;
        check_conn(c);
    }
    TCP_CHECK(conns == tcp->conn_count && half == tcp->half_open && orphans == tcp->orphans);
    TCP_CHECK(list_empty(&tcp->dead));
    TCP_CHECK(list_empty(&tcp->tw_list) || timer_armed(&tcp->tw_timer));
}

void tcp_check(const struct tcp *tcp, const struct tcp_conn *conn) {
    if (conn) {
        check_conn(conn);
    } else {
        check_all(tcp);
    }
}
