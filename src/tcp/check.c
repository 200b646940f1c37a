/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - every invariant of a connection, and the search for stalled ones
 *
 * For tests, fuzzers and debug builds, after an event is over. Costs time proportional to what
 * is queued. Each check gives NULL, or the text of what does not hold; TCP_CHECK() leaves its
 * function with it.
 *
 * Stalled is a connection that has work which nothing will ever do: there is something to send
 * and it neither stands in its link's ready list nor has a deadline at which it looks again; or
 * it waits for the peer without a limit (R2, FIN-WAIT-2); or the peer must believe that the
 * window is closed while there is room. check_stalled() is the list of these.
 */
#include "tcp/plain.h"

#define TCP_CHECK(cond)                                                                            \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            return "broken: " #cond;                                                               \
        }                                                                                          \
    } while (0)
#define TCP_STALL(cond, what)                                                                      \
    do {                                                                                           \
        if (cond) {                                                                                \
            return "stalled: " what;                                                               \
        }                                                                                          \
    } while (0)

static const char *check_send(const struct tcp_conn *c) {
    uint64_t end = c->snd.end_off + c->snd.fin_sent;

    TCP_CHECK(seq_le(c->snd.una, c->snd.nxt));
    TCP_CHECK(seq_le(c->snd.iss, c->snd.una) || c->snd.una_off > INT32_MAX);
    if (!tcp_state_synced(c)) {
        TCP_CHECK(tcp_snd_flight(c) <= 1 || c->tfo != 0);
        return NULL;
    }
    TCP_CHECK(tcp_snd_off(c, c->snd.nxt) <= end);
    TCP_CHECK(!c->snd.fin_sent || (c->snd.fin_wanted && tcp_snd_off(c, c->snd.nxt) == end));
    TCP_CHECK(ring_head(&c->snd.ring) ==
              (c->snd.una_off < c->snd.end_off ? c->snd.una_off : c->snd.end_off));
    return NULL;
}

/* Each entry is in flight, LOST or SACKED, and in the list for that. */
static const char *check_list(const struct tcp_rtxq *q, const struct tcp_rtx_list *l,
                              unsigned flags, uint32_t *ret_n) {
    uint32_t prev = TCP_RTX_NIL;
    uint32_t n = 0;

    for (uint32_t s = l->first; s != TCP_RTX_NIL; n++) {
        const struct tcp_rtx *rtx = tcp_rtxq_in_slot(q, s);

        TCP_CHECK(n < q->n && rtx->prev == prev);
        TCP_CHECK((rtx->flags & (TCP_RTX_LOST | TCP_RTX_SACKED)) == flags);
        prev = s;
        s = rtx->next;
    }
    TCP_CHECK(l->last == prev);
    *ret_n = n;
    return NULL;
}

static const char *check_rtx_lists(const struct tcp_rtxq *q) {
    uint32_t flight = 0;
    uint32_t lost = 0;
    const char *p = check_list(q, &q->flight, 0, &flight);

    p = p ? p : check_list(q, &q->lost, TCP_RTX_LOST, &lost);
    TCP_CHECK(p || flight + lost + q->sacked_n == q->n);
    return p;
}

static const char *check_rtxq(const struct tcp_conn *c) {
    const struct tcp_rtxq *q = &c->rtxq;
    seq_t seq = c->snd.una;
    uint32_t lost = 0;
    uint32_t sacked = 0;
    uint32_t sacked_n = 0;

    for (uint32_t i = 0; i < q->n; i++) {
        const struct tcp_rtx *rtx = tcp_rtxq_at(q, i);
        bool is_sacked = (rtx->flags & TCP_RTX_SACKED) != 0;

        TCP_CHECK(seq_eq(rtx->seq, seq) && rtx->len > 0);
        for (uint32_t k = 1; is_sacked && k < rtx->next; k += k) { /* jumps stay inside */
            TCP_CHECK(i + k < q->n && tcp_rtxq_at(q, i + k)->flags & TCP_RTX_SACKED);
        }
        lost += rtx->flags & TCP_RTX_LOST ? rtx->len : 0;
        sacked += is_sacked ? rtx->len : 0;
        sacked_n += is_sacked;
        seq = seq_add(seq, rtx->len);
    }
    TCP_CHECK(seq_eq(seq, c->snd.nxt));
    TCP_CHECK(lost == q->lost_bytes && sacked == q->sacked_bytes && sacked_n == q->sacked_n);
    TCP_CHECK(q->n == 0 || !(tcp_rtxq_at(q, 0)->flags & TCP_RTX_SACKED));
    return check_rtx_lists(q);
}

static const char *check_receive(const struct tcp_conn *c) {
    uint64_t at = c->rcv.nxt_off;

    TCP_CHECK(ring_head(&c->rcv.ring) + c->rcv.fin_got <= c->rcv.nxt_off);
    TCP_CHECK(!c->rcv.fin_early || c->rcv.fin_off > c->rcv.nxt_off);
    for (size_t i = 0; i < c->rcv.ooo.n; i++) {
        TCP_CHECK(c->rcv.ooo.v[i].lo > at && c->rcv.ooo.v[i].hi > c->rcv.ooo.v[i].lo);
        at = c->rcv.ooo.v[i].hi;
    }
    TCP_CHECK(at <= c->rcv.nxt_off + tcp_rwnd_bytes(c));
    return NULL;
}

static const char *check_timers(const struct tcp_conn *c) {
    inl_time first = INL_TIME_NEVER;

    for (int i = 0; i < TCP_TMR_MAX; i++) {
        first = inl_time_min(first, c->tmr.due[i]);
    }
    TCP_CHECK(inl_time_is_never(first) ||
              (timer_armed(&c->tmr.node) && c->tmr.node.due.ns <= first.ns));
    return NULL;
}

/* Something is to be sent some time: new data, a FIN, or what the peer has not acknowledged. */
static bool has_work(const struct tcp_conn *c) {
    if (!tcp_state_synced(c)) {
        return !tcp_syn_held(c) && !tcp_tfo_waits(c);
    }
    return c->rtxq.n > 0 || tcp_snd_unsent(c) > 0 || (c->snd.fin_wanted && !c->snd.fin_sent);
}

static bool has_deadline(const struct tcp_conn *c) {
    for (int i = 0; i < TCP_TMR_MAX; i++) {
        if (i != TCP_TMR_DELACK && i != TCP_TMR_KEEPALIVE && i != TCP_TMR_GIVE_UP &&
            i != TCP_TMR_FIN_WAIT2 && tcp_tmr_armed(c, (enum tcp_tmr)i)) {
            return true;
        }
    }
    return false;
}

static const char *check_stalled(const struct tcp_conn *c) {
    bool acks = c->ackd.now != INL_CAUSE_NONE || c->ackd.runs > 0;

    TCP_STALL(c->ackd.delayed && !tcp_tmr_armed(c, TCP_TMR_DELACK), "a delayed ACK has no timer");
    TCP_STALL(c->rtxq.n > 0 && !tcp_tmr_armed(c, TCP_TMR_GIVE_UP), "waits for the peer for ever");
    TCP_STALL(c->pace.waits && !c->in_ready && !tcp_tmr_armed(c, TCP_TMR_PACE),
              "what is paced has no timer");
    TCP_CHECK(!c->in_ready || !tcp_tmr_armed(c, TCP_TMR_PACE)); /* it would come for ever */
    TCP_STALL(c->orphan && c->state == INL_TCP_FIN_WAIT_2 && !tcp_tmr_armed(c, TCP_TMR_FIN_WAIT2),
              "an orphan waits for a FIN for ever");
    TCP_STALL(c->opts.keepalive && tcp_state_synced(c) && !tcp_tmr_armed(c, TCP_TMR_KEEPALIVE),
              "keep-alive is on and has no timer");
    if (c->in_ready) {
        return NULL;
    }
    TCP_STALL(acks, "an ACK is due, and the connection is not ready");
    TCP_STALL(has_work(c) && !has_deadline(c), "work, and neither a timer nor ready");
    TCP_STALL(tcp_state_synced(c) && tcp_rwnd_bytes(c) == 0 && !c->ackd.delayed &&
                  tcp_rwnd_update_due(c),
              "the window is closed, and there is room");
    return NULL;
}

static const char *check_ecn(const struct tcp_conn *c) {
    const struct tcp_ecn *e = &c->ecn;

    TCP_CHECK(e->mode != TCP_ECN_NONE || !(e->echo || e->cwr_due || e->reduced || e->hold));
    TCP_CHECK(!e->acc || e->mode == TCP_ECN_ACCURATE);
    TCP_CHECK(e->mode != TCP_ECN_ACCURATE || e->acc || !tcp_state_synced(c));
    TCP_CHECK(!e->acc || e->acc->r_cep - e->acc->acked_cep < UINT32_MAX / 2);
    TCP_CHECK(!e->reduced || seq_le(e->reduced_end, c->snd.nxt));
    return NULL;
}

static const char *check_windows(const struct tcp_conn *c) {
    TCP_CHECK(c->cc.cwnd_bytes >= 1 && c->cc.cwnd_bytes <= 1u << 30);
    TCP_CHECK(c->cc.ops->state_bytes == 0 || c->cc.u.bbr);
    TCP_CHECK(c->cc.saved_cwnd <= 1u << 30);
    TCP_CHECK(c->opt.snd_mss_bytes >= 1);
    TCP_CHECK(c->rtt.rto_ns > 0);
    TCP_CHECK(c->pmtud.mtu == 0 || c->pmtud.mtu >= 68);
    TCP_CHECK(!c->pmtud.probing ||
              tcp_rtxq_at(&c->rtxq, tcp_rtxq_find(&c->rtxq, c->pmtud.probe_seq))->flags &
                  TCP_RTX_PROBE);
    TCP_CHECK(!c->rec.fast || !c->rec.timeout);
    TCP_CHECK(c->undo.frto == TCP_FRTO_OFF || c->rec.timeout);
    TCP_CHECK(!c->rack.tlp_due || (c->opt.sack_ok && !c->rec.fast && !c->rec.timeout));
    TCP_CHECK(c->rack.reo_mult >= 1);
    return NULL;
}

static const char *check_conn(const struct tcp_conn *c) {
    const char *p;

    TCP_CHECK(c->in_ready ? !list_empty(&c->turn) : true);
    TCP_CHECK((!list_empty(&c->turn) && !c->in_ready) || tcp_mem_is_right(c));
    if (c->state == INL_TCP_CLOSED || c->state == INL_TCP_TIME_WAIT) {
        TCP_CHECK(!c->hashed && !c->in_ready && !timer_armed(&c->tmr.node) &&
                  !timer_armed(&c->tmr.rest));
        return NULL;
    }
    TCP_CHECK(c->hashed && c->bind);
    TCP_CHECK(c->owned + c->orphan + (c->listener != NULL) == 1);
    TCP_CHECK(c->half_open == (c->passive && c->state == INL_TCP_SYN_RECEIVED && c->listener &&
                               !tcp_syn_held(c) && !tcp_opened_fast(c)));
    p = check_send(c);
    p = p ? p : check_rtxq(c);
    p = p ? p : check_receive(c);
    p = p ? p : check_windows(c);
    p = p ? p : check_ecn(c);
    p = p ? p : tcp_settle_agrees(c) ? NULL : "settling and the plan disagree";
    p = p ? p : check_timers(c);
    if (!p && (list_empty(&c->turn) || c->in_ready)) { /* not in the middle of a burst */
        p = check_stalled(c);
    }
    TCP_CHECK(p || !c->plain || tcp_plain_is(c));
    TCP_CHECK(p || c->tcp->stamp_of != c || c->hashed);
    return p;
}

static const char *check_syns(const struct tcp *tcp) {
    uint32_t n = 0;
    struct list *it;

    LIST_FOREACH(it, &tcp->syn_list) {
        const struct tcp_syn *s = LIST_ENTRY(it, struct tcp_syn, order);

        n++;
        TCP_CHECK(timer_armed(&s->timer) && !list_empty(&s->siblings) && s->listener->half_n > 0);
    }
    TCP_CHECK(n == htab_count(&tcp->syns));
    return NULL;
}

static const char *check_rests(const struct tcp *tcp) {
    for (const struct hnode *n = htab_first(&tcp->rests); n; n = htab_next(&tcp->rests, n)) {
        const struct tcp_rest *r = HTAB_ENTRY(n, struct tcp_rest, node);

        TCP_CHECK(r->user && r->bind && r->opts && r->opts->refs > 0);
        TCP_CHECK(r->snd_wnd_bytes > 0 && r->cc.cwnd_bytes > 0);
        TCP_CHECK(!tcp_find_conn(tcp, n->hash, &r->local, r->lport, &r->remote, r->rport));
    }
    return NULL;
}

static const char *check_all(const struct tcp *tcp) {
    uint32_t conns = (uint32_t)htab_count(&tcp->rests);
    uint32_t half = (uint32_t)htab_count(&tcp->syns);
    uint32_t orphans = 0;
    size_t mem = 0;
    struct list *it;
    const char *p;

    LIST_FOREACH(it, &tcp->all) {
        const struct tcp_conn *c = LIST_ENTRY(it, struct tcp_conn, all);

        p = check_conn(c);
        if (p) {
            return p;
        }
        conns++;
        half += c->half_open;
        orphans += c->orphan;
        mem += c->mem_bytes;
    }
    TCP_CHECK(mem == tcp->mem_bytes);
    TCP_CHECK(conns == tcp->conn_count && half == tcp->half_open && orphans == tcp->orphans);
    TCP_CHECK(list_empty(&tcp->dead));
    TCP_CHECK(tcp_twtab_places(&tcp->tw) == 0 || timer_armed(&tcp->tw_timer));
    TCP_CHECK(tcp_twtab_live(&tcp->tw) <= tcp_twtab_places(&tcp->tw));
    p = check_syns(tcp);
    return p ? p : check_rests(tcp);
}

const char *tcp_problem(const struct tcp *tcp, const struct tcp_conn *conn) {
    return conn ? check_conn(conn) : check_all(tcp);
}

/* Does not vanish with NDEBUG. */
void tcp_check(const struct tcp *tcp, const struct tcp_conn *conn) {
    if (tcp_problem(tcp, conn)) {
        __builtin_trap();
    }
}
