/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rest.c - connections at rest
 *
 * Most of a struct tcp_conn is about what is under way: segments in flight, holes, episodes of
 * recovery, deadlines. A connection on which nothing is under way needs none of it. So one that
 * has been quiet for rest_ns is packed: a struct tcp_rest takes its place, in a table of its own,
 * and the struct tcp_conn is freed. The next segment or call of its socket wakes it: a new
 * struct tcp_conn is initialised as for an open, and what was packed is put back.
 *
 * What is kept: numbers, windows, what was agreed on, RTT, cwnd and ssthresh, counters. What is
 * forgotten are memories that RFCs let an idle sender forget, or that have no meaning with nothing
 * in flight: rounds of congestion control, RACK's latest segment, samples of the delivery rate.
 * conn_is_quiet() is the exact condition.
 *
 * The socket learns through tcp->moved that its connection lies elsewhere now. Without that
 * function nothing rests.
 *
 * Invariants: tcp->conn_count counts connections at rest too; an entry holds the reference to its
 * binding. If there is no memory to wake one, a segment is dropped (the peer sends again), and
 * the socket's call says so; closing it needs none, and resets the connection.
 *
 * Does not do: pack connections with keep-alive, with unread data, half-closed ones, those
 * with a source route, and those whose congestion control has a model of the path (own_cwnd,
 * exact_ecn).
 */
#include "tcp/quick.h"

#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <string.h>

_Static_assert(sizeof(struct tcp_rest) <= 432, "with socket, table and malloc: 512 bytes");

/* ---- options of sockets, which many share ---- */

static void opts_put(struct tcp *tcp, struct tcp_rest_opts *o) {
    if (o && --o->refs == 0) {
        mem_free(&tcp->env->mem, o, sizeof(*o));
    }
}

/* One of those that were seen last, or a new one. NULL: no memory. */
static struct tcp_rest_opts *opts_get(struct tcp *tcp, const struct tcp_sock_opts *opts) {
    unsigned slot = tcp->rest_opts_turn % TCP_REST_OPTS;
    struct tcp_rest_opts *o;

    for (unsigned i = 0; i < TCP_REST_OPTS; i++) {
        o = tcp->rest_opts[i];
        /* Padding may differ: then there are two of the same, which does no harm. */
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
        if (o && memcmp(&o->opts, opts, sizeof(*opts)) == 0) {
            o->refs++;
            return o;
        }
    }
    o = mem_alloc(&tcp->env->mem, sizeof(*o));
    if (!o) {
        return NULL;
    }
    memcpy(&o->opts, opts, sizeof(*opts));
    o->refs = 2; /* the table's and the caller's */
    opts_put(tcp, tcp->rest_opts[slot]);
    tcp->rest_opts[slot] = o;
    tcp->rest_opts_turn++;
    return o;
}

/* ---- may it rest? ---- */

static bool sending_is_over(const struct tcp_conn *c) {
    return c->rtxq.n == 0 && !c->rtxq.v && c->snd.una_off == c->snd.end_off && !c->snd.fin_wanted &&
           !c->snd.want_room && !c->snd.more && c->snd.wnd_bytes > 0 && c->snd.ring.pages == 0 &&
           !c->urg.sending;
}

static bool receiving_is_over(const struct tcp_conn *c) {
    return tcp_rcv_waiting(c) == 0 && c->rcv.ring.pages == 0 && c->rcv.ooo.room == 0 &&
           !c->rcv.fin_got && !c->rcv.fin_early && !c->rcv.shut && !c->urg.pending &&
           c->ackd.now == INL_CAUSE_NONE && c->ackd.runs == 0 && !c->ackd.delayed &&
           !c->sackr.has_dup;
}

/* Others remember more than is kept. */
static bool cc_may_rest(const struct tcp_cc *cc) {
    return !cc->ops->own_cwnd && !cc->ops->exact_ecn;
}

static bool recovery_is_over(const struct tcp_conn *c) {
    return !c->rec.fast && !c->rec.timeout && c->rec.force == TCP_FORCE_NONE && !c->undo.open &&
           c->undo.frto == TCP_FRTO_OFF && !c->rack.tlp_due && !c->rack.tlp_out &&
           c->rtt.backoff == 0 && cc_may_rest(&c->cc);
}

static bool nobody_waits(const struct tcp_conn *c) {
    for (int i = 0; i < TCP_TMR_MAX; i++) {
        if (tcp_tmr_armed(c, (enum tcp_tmr)i)) {
            return false;
        }
    }
    return list_empty(&c->turn) && list_empty(&c->queue) && list_empty(&c->ev.node) &&
           c->ev.flags == 0 && c->err == 0 && c->soft_err == 0 && c->mem_bytes == 0 &&
           c->cc.mss_bytes == c->opt.snd_mss_bytes && !c->pmtud.probing && c->pmtud.pending == 0 &&
           c->pmtud.timeouts == 0 && !c->uto.due && !c->pace.waits && !c->tmr.probe &&
           !c->tmr.keep_probe && !c->tmr.sws_override;
}

static bool conn_is_quiet(const struct tcp_conn *c) {
    return c->state == INL_TCP_ESTABLISHED && c->owned && c->hashed && !c->listener &&
           c->path.gen != 0 && c->route_bytes == 0 && c->local.scope == 0 && sending_is_over(c) &&
           receiving_is_over(c) && recovery_is_over(c) && nobody_waits(c);
}

/* ---- packing ---- */

static uint32_t to_us(inl_dur ns) {
    inl_dur us = (ns + INL_US - 1) / INL_US;

    return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void pack_cubic(const struct tcp_cubic *q, struct tcp_rest_cc *r) {
    r->w_max = q->now.w_max;
    r->epoch = q->now.begin;
    r->w_est = q->now.w_est;
    r->k = q->now.k;
    r->prior_bytes = q->now.prior_bytes;
    r->running = q->now.running;
    r->flat = q->now.flat;
    r->last_ack = q->last_ack;
    r->credit = q->credit;
    r->paused = q->paused;
}

static void pack_cc(const struct tcp_cc *cc, struct tcp_rest_cc *r) {
    r->cwnd_bytes = cc->cwnd_bytes;
    r->ssthresh_bytes = cc->ssthresh_bytes;
    r->initial_bytes = cc->initial_bytes;
    r->hystart = cc->hystart.on;
    r->cwv_since = cc->cwv.since;
    r->cwv_half = cc->cwv.half_began;
    r->cwv_max_now = cc->cwv.max_now;
    r->cwv_max_before = cc->cwv.max_before;
    r->cwv_known = cc->cwv.known;
    r->cwv_unproven = cc->cwv.unproven;
    if (cc->ops == &tcp_cc_cubic) {
        pack_cubic(&cc->u.cubic, r);
    }
}

static void pack(const struct tcp_conn *c, struct tcp_rest *r) {
    r->user = c->user;
    r->bind = c->bind;
    r->local = c->local.addr;
    r->remote = c->remote.addr;
    r->scope = c->remote.scope;
    r->lport = c->local.port;
    r->rport = c->remote.port;
    r->passive = c->passive;
    r->uto_s = c->uto.remote_s;
    r->last_sent = c->last_sent;
    r->heard = c->tmr.heard;
    r->snd_off = c->snd.una_off;
    r->rcv_off = c->rcv.nxt_off;
    r->segs_out = c->segs_out;
    r->segs_in = c->segs_in;
    r->rtx_segs = c->rtx_segs;
    r->snd_una = c->snd.una;
    r->snd_wl1 = c->snd.wl1;
    r->iss = c->snd.iss;
    r->irs = c->rcv.irs;
    r->rcv_nxt = c->rcv.nxt;
    r->ack_sent = c->ackd.last_sent;
    r->pingpong = c->ackd.pingpong;
    r->quick = c->ackd.quick;
    r->snd_wnd_bytes = c->snd.wnd_bytes;
    r->max_wnd_bytes = c->snd.max_wnd_bytes;
    r->sndbuf_bytes = c->snd.sndbuf_bytes;
    r->snd_fixed = c->snd.fixed;
    r->rcv_cap_bytes = (uint32_t)ring_cap(&c->rcv.ring);
    r->rcv_mss_bytes = c->rcv.mss_bytes;
    r->srtt_us = to_us(c->rtt.srtt_ns);
    r->rttvar_us = to_us(c->rtt.rttvar_ns);
    r->rto_us = to_us(c->rtt.rto_ns);
    r->min_rtt_us = to_us(c->rtt.min_ns);
    r->reo_mult = c->rack.reo_mult;
    r->reo_persist = c->rack.reo_persist;
    r->reordering = c->rack.reordering;
    r->rwnd = c->rwnd;
    r->opt = c->opt;
    r->pmtu_raise_s = c->pmtud.raise_s;
    r->pmtu = c->pmtud.mtu;
    r->pmtu_high = c->pmtud.high;
    r->pmtu_acked = c->pmtud.acked;
    r->pmtu_state = c->pmtud.state;
    r->pmtu_tries = c->pmtud.tries;
    r->ts = c->ts;
    r->ecn = c->ecn;
    pack_cc(&c->cc, &r->cc);
}

/* ---- unpacking ---- */

static void unpack_cubic(struct tcp_cubic *q, const struct tcp_rest_cc *r) {
    q->now.w_max = r->w_max;
    q->now.begin = r->epoch;
    q->now.w_est = r->w_est;
    q->now.k = r->k;
    q->now.prior_bytes = r->prior_bytes;
    q->now.running = r->running;
    q->now.flat = r->flat;
    q->last_ack = r->last_ack;
    q->credit = r->credit;
    q->paused = r->paused;
}

static void unpack_cc(struct tcp_conn *c, const struct tcp_rest_cc *r) {
    struct tcp_cc *cc = &c->cc;

    tcp_cc_use(cc, &c->tcp->env->mem, tcp_cc_ops_of((enum inl_cc_algo)c->opts.congestion));
    tcp_cc_start(cc, c->opt.snd_mss_bytes, 1);
    cc->cwnd_bytes = r->cwnd_bytes;
    cc->ssthresh_bytes = r->ssthresh_bytes;
    cc->initial_bytes = r->initial_bytes;
    cc->hystart.on = cc->hystart.on && r->hystart;
    cc->cwv.since = r->cwv_since;
    cc->cwv.half_began = r->cwv_half;
    cc->cwv.srtt_ns = c->rtt.srtt_ns;
    cc->cwv.max_now = r->cwv_max_now;
    cc->cwv.max_before = r->cwv_max_before;
    cc->cwv.known = r->cwv_known;
    cc->cwv.unproven = r->cwv_unproven;
    if (cc->ops == &tcp_cc_cubic) {
        unpack_cubic(&cc->u.cubic, r);
    }
}

static void unpack_send(struct tcp_conn *c, const struct tcp_rest *r) {
    tcp_snd_init(c, r->iss);
    ring_release(&c->snd.ring, r->snd_off);
    ring_set_cap(&c->snd.ring, r->sndbuf_bytes);
    c->snd.una = r->snd_una;
    c->snd.nxt = r->snd_una;
    c->snd.una_off = r->snd_off;
    c->snd.end_off = r->snd_off;
    c->snd.wl1 = r->snd_wl1;
    c->snd.wl2 = r->snd_una; /* all is acknowledged: no ACK that counts is older */
    c->snd.wnd_bytes = r->snd_wnd_bytes;
    c->snd.max_wnd_bytes = r->max_wnd_bytes;
    c->snd.sndbuf_bytes = r->sndbuf_bytes;
    c->snd.fixed = r->snd_fixed;
    c->rtt.srtt_ns = (inl_dur)r->srtt_us * INL_US;
    c->rtt.rttvar_ns = (inl_dur)r->rttvar_us * INL_US;
    c->rtt.rto_ns = (inl_dur)r->rto_us * INL_US;
    c->rtt.min_ns = (inl_dur)r->min_rtt_us * INL_US;
    c->rtt.min_new_ns = c->rtt.min_ns;
    c->rtt.min_since = c->tcp->env->now;
    tcp_rec_init(c);
    c->rec.recover = c->snd.una;
    c->rack.reo_mult = r->reo_mult;
    c->rack.reo_persist = r->reo_persist;
    c->rack.reordering = r->reordering;
    unpack_cc(c, &r->cc);
}

static void unpack_receive(struct tcp_conn *c, const struct tcp_rest *r) {
    ring_release(&c->rcv.ring, r->rcv_off);
    ring_set_cap(&c->rcv.ring, r->rcv_cap_bytes);
    c->rcv.irs = r->irs;
    c->rcv.nxt = r->rcv_nxt;
    c->rcv.nxt_off = r->rcv_off;
    c->rcv.mss_bytes = r->rcv_mss_bytes;
    c->rwnd = r->rwnd;
    tcp_sackr_init(c);
    tcp_ackd_init(c);
    c->ackd.last_sent = r->ack_sent;
    c->ackd.pingpong = r->pingpong;
    c->ackd.quick = r->quick;
}

/* @c: as tcp_conn_init() left it. */
static void unpack(struct tcp_conn *c, const struct tcp_rest *r) {
    c->opts = r->opts->opts;
    c->local = (struct inl_sockaddr){.addr = r->local, .port = r->lport};
    c->remote = (struct inl_sockaddr){.addr = r->remote, .port = r->rport, .scope = r->scope};
    c->pseudo = l4_pseudo_csum(&r->local, &r->remote, IP_PROTO_TCP, 0);
    c->bind = r->bind;
    c->passive = r->passive;
    tcp_uto_init(c);
    c->uto.remote_s = r->uto_s;
    c->uto.due = false;
    c->owned = true;
    c->opened = true;
    c->state = INL_TCP_ESTABLISHED; /* no transition: it was that all the time */
    c->last_sent = r->last_sent;
    c->tmr.heard = r->heard;
    c->segs_out = r->segs_out;
    c->segs_in = r->segs_in;
    c->rtx_segs = r->rtx_segs;
    c->opt = r->opt;
    c->pmtud = (struct tcp_pmtud){
        .raise_s = r->pmtu_raise_s,
        .mtu = r->pmtu,
        .high = r->pmtu_high,
        .acked = r->pmtu_acked,
        .state = r->pmtu_state,
        .tries = r->pmtu_tries,
    };
    c->ts = r->ts;
    c->ecn = r->ecn;
    c->path.mtu_bytes = r->opt.snd_mss_bytes + tcp_opt_hdrs(c); /* until there is a route */
    unpack_send(c, r);
    unpack_receive(c, r);
    tcp_conn_path(c);
}

/* ---- to rest, and back ---- */

static void rest_free(struct tcp *tcp, struct tcp_rest *r) {
    htab_remove(&tcp->rests, &r->node);
    opts_put(tcp, r->opts);
    mem_free(&tcp->env->mem, r->ecn.acc, sizeof(*r->ecn.acc));
    mem_free(&tcp->env->mem, r, sizeof(*r));
}

/* At rest if it is quiet: then c is gone. */
static void conn_to_rest(struct tcp_conn *c) {
    struct tcp *tcp = c->tcp;
    struct tcp_rest *r;
    uint64_t hash = c->node.hash;

    tcp_rec_quiet(c);
    if (!conn_is_quiet(c)) {
        return;
    }
    r = mem_alloc(&tcp->env->mem, sizeof(*r));
    if (!r) {
        return;
    }
    *r = (struct tcp_rest){.opts = opts_get(tcp, &c->opts)};
    if (!r->opts) {
        mem_free(&tcp->env->mem, r, sizeof(*r));
        return;
    }
    pack(c, r);
    tcp_conn_unhash(c);
    tcp_timers_stop(c);
    list_del(&c->all);
    ring_done(&c->snd.ring);
    tcp_rcv_purge(c);
    mem_free(&tcp->env->mem, c, sizeof(*c));
    htab_insert(&tcp->rests, &r->node, hash);
    tcp->moved(r->user, NULL, r);
}

struct tcp_conn *tcp_wake(struct tcp *tcp, struct tcp_rest *r) {
    struct tcp_conn *c = mem_zalloc(&tcp->env->mem, sizeof(*c));

    if (!c) {
        return NULL;
    }
    tcp_conn_init(c, tcp);
    list_add_tail(&tcp->all, &c->all);
    unpack(c, r);
    r->ecn.acc = NULL; /* the connection's again */
    tcp_hash_conn(c);
    tcp_conn_set_user(c, r->user);
    rest_free(tcp, r);
    tcp->moved(c->user, c, NULL);
    tcp_rest_later(c);
    return c;
}

void tcp_rest_later(struct tcp_conn *c) {
    const struct tcp *tcp = c->tcp;

    if (tcp->moved && tcp->cfg.rest_ns > 0 && c->owned && c->state == INL_TCP_ESTABLISHED &&
        cc_may_rest(&c->cc)) {
        c->tmr.rest_at = inl_time_add(tcp->env->now, tcp_rest_wait(tcp));
        if (!timer_armed(&c->tmr.rest) || inl_time_before(c->tmr.rest_at, c->tmr.rest.due)) {
            timer_arm(&tcp->env->wheel, &c->tmr.rest, c->tmr.rest_at);
        }
    }
}

void tcp_rest_on_timer(struct tcp_conn *c) {
    if (inl_time_before(c->tcp->env->now, c->tmr.rest_at)) {
        timer_arm(&c->tcp->env->wheel, &c->tmr.rest, c->tmr.rest_at);
    } else {
        conn_to_rest(c); /* or the next event asks again */
    }
}

void tcp_rest_abort(struct tcp *tcp, struct tcp_rest *r) {
    const struct tcp_reply rst = {
        .src = &r->local,
        .dst = &r->remote,
        .sport = r->lport,
        .dport = r->rport,
        .seq = r->snd_una,
        .ack = r->rcv_nxt,
        .flags = TCP_RST | TCP_ACK,
        .scope = r->scope,
        .ttl = r->opts->opts.ttl,
        .tos = r->opts->opts.tos,
        .owner = r->opts->opts.owner,
        .cause = INL_CAUSE_TCP_RST_NO_MEMORY,
    };

    tcp_reply_send(tcp, &rst);
    tcp->conn_count--;
    tcp->estab_resets++;
    ports_put(tcp->ports, r->bind);
    rest_free(tcp, r);
}

void tcp_rest_free_all(struct tcp *tcp) {
    struct hnode *n;

    while ((n = htab_first(&tcp->rests))) {
        struct tcp_rest *r = HTAB_ENTRY(n, struct tcp_rest, node);

        tcp->conn_count--;
        ports_put(tcp->ports, r->bind);
        rest_free(tcp, r);
    }
    for (unsigned i = 0; i < TCP_REST_OPTS; i++) {
        opts_put(tcp, tcp->rest_opts[i]);
        tcp->rest_opts[i] = NULL;
    }
}

void tcp_rest_info(const struct tcp_rest *rest, struct inl_sock_info *ret_info) {
    *ret_info = (struct inl_sock_info){
        .sock = -1,
        .type = INL_SOCK_STREAM,
        .family = inl_addr_is4(&rest->remote) ? INL_AF_INET : INL_AF_INET6,
        .local = {.addr = rest->local, .port = rest->lport},
        .remote = {.addr = rest->remote, .port = rest->rport, .scope = rest->scope},
        .state = INL_TCP_ESTABLISHED,
        .owner = rest->opts->opts.owner,
    };
}
