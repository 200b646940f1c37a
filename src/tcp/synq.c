/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * synq.c - half-open connections as small entries (RFC 9293 3.10.7.4, RFC 4987 3.3)
 *
 * A SYN costs whoever sends it one packet, and may come from nobody. So what it leaves behind is
 * not a connection but a struct tcp_syn: the tuple, our ISN, and what the SYN said. Everything
 * else follows from that: tcp_syn_replay() goes through the handshake's first half again, with
 * the same functions that an active open uses, and has the connection as it would be now. The
 * SYN-ACK is built from such a replay on the C stack, and so is each retransmission of it; when the
 * ACK arrives the replay goes into a real struct tcp_conn, and input.c sees no difference.
 *
 * The entry itself does what RFC 9293 3.10.7.4 asks of SYN-RECEIVED: the sequence check, RST, the
 * SYN again, and the check of the ACK. It retransmits with back-off until R2.
 *
 * Invariants: an entry hangs in the table, in the stack's and in its listener's list, and its
 * timer is armed; tcp->half_open counts entries and half-open connections.
 *
 * Does not do: held SYNs (listen.c), which are connections from the start. An ICMP error that
 * says "too big" of a SYN-ACK is not believed.
 */
#include "tcp/internal.h"

_Static_assert(sizeof(struct tcp_syn) <= 168, "with malloc's part and a bucket: 192 bytes");

/* ---- life ---- */

static void syn_free(struct tcp *tcp, struct tcp_syn *s) {
    htab_remove(&tcp->syns, &s->node);
    timer_cancel(&tcp->env->wheel, &s->timer);
    list_del(&s->order);
    list_del(&s->siblings);
    s->listener->half_n--;
    tcp->half_open--;
    mem_free(&tcp->env->mem, s, sizeof(*s));
}

/* It ends without having become a connection. */
static void syn_fail(struct tcp *tcp, struct tcp_syn *s) {
    tcp->attempt_fails++;
    tcp_route_syn_over(tcp, &s->local, s->lport, &s->remote, s->rport);
    syn_free(tcp, s);
}

void tcp_synq_free_oldest(struct tcp *tcp) {
    struct list *n = list_first(&tcp->syn_list);

    if (n) {
        syn_fail(tcp, LIST_ENTRY(n, struct tcp_syn, order));
    }
}

void tcp_synq_free_all(struct tcp *tcp) {
    struct list *n;

    while ((n = list_first(&tcp->syn_list))) {
        syn_free(tcp, LIST_ENTRY(n, struct tcp_syn, order));
    }
}

static inl_dur syn_rto(const struct tcp *tcp, unsigned rtx) {
    inl_dur max = tcp->cfg.rto_max_ns;

    return rtx >= 30 || tcp->cfg.rto_initial_ns > max >> rtx ? max : tcp->cfg.rto_initial_ns << rtx;
}

static inl_time syn_ends(const struct tcp *tcp, const struct tcp_syn *s) {
    inl_dur user = s->listener->opts.user_timeout_ns;

    return inl_time_add(s->since, user > 0 ? user : tcp->cfg.syn_give_up_ns);
}

static void syn_arm(struct tcp *tcp, struct tcp_syn *s) {
    inl_time next = inl_time_add(tcp->env->now, syn_rto(tcp, s->rtx));

    timer_arm(&tcp->env->wheel, &s->timer, inl_time_min(next, syn_ends(tcp, s)));
}

/* ---- what a connection would be ---- */

int tcp_syn_replay(struct tcp_conn *c, struct tcp_listener *l, const struct tcp_syn *s) {
    const struct ip_rx rx = {
        .src = s->remote, .dst = s->local, .link = (int)s->scope, .tos = s->said.tos};
    const struct tcp_seg syn = {
        .rx = &rx,
        .seq = s->said.seq,
        .win = s->said.win,
        .flags = s->said.flags,
        .sport = s->rport,
        .dport = s->lport,
        .o = {.ts_val = s->said.ts_val,
              .mss = s->said.mss,
              .wscale = s->said.wscale,
              .present = s->said.present},
    };
    struct tcp_listener as_it_was = {.opts = l->opts};
    int err;

    as_it_was.opts.rcvbuf_bytes = s->rcvbuf_bytes; /* the SYN-ACK's window and scale say so */
    err = tcp_listen_take_syn(c, &as_it_was, &syn, s->iss);

    if (err == 0) {
        if (s->no_ecn) {
            tcp_ecn_give_up(c);
        }
        tcp_ts_began(c, s->since);
        c->tfo = s->give && !s->again ? TCP_TFO_GIVE : 0;
        if (s->low) {
            tcp_ts_set_low(c, s->ts_low);
        }
    }
    return err;
}

/* ---- segments that we send ---- */

/* Not sent without memory or route: the peer, or our timer, will ask again. */
static void syn_send(struct tcp *tcp, struct tcp_listener *l, const struct tcp_syn *s,
                     const struct tcp_plan *plan) {
    struct tcp_conn c = {0};
    struct pkt *pkt;
    size_t room;

    tcp_conn_init(&c, tcp);
    if (tcp_syn_replay(&c, l, s) < 0) {
        return;
    }
    room = (size_t)c.path.headroom_bytes + TCP_HDR_BYTES + TCP_OPTS_MAX_BYTES;
    pkt = pkt_new(&tcp->env->mem, c.path.headroom_bytes, room);
    if (!pkt) {
        env_drop(tcp->env, INL_DROP_NO_MEMORY);
        return;
    }
    c.rtt.syn_rtx = s->rtx;
    c.ecn.again = s->again;
    tcp->out_segs++;
    tcp_build(&c, plan, pkt);
}

void tcp_syn_send_synack(struct tcp *tcp, const struct tcp_syn *s, enum inl_cause cause) {
    const struct tcp_plan plan = {
        .seq = s->iss,
        .flags = TCP_SYN | TCP_ACK,
        .kind = TCP_PLAN_NEW,
        .cause = cause,
    };

    syn_send(tcp, s->listener, s, &plan);
}

static void syn_send_again(struct tcp *tcp, struct tcp_syn *s, enum inl_cause cause) {
    s->again = true;
    tcp->retrans_segs++;
    tcp_syn_send_synack(tcp, s, cause);
}

/* RFC 5961 7: as many as a connection sends. */
static void syn_challenge(struct tcp *tcp, struct tcp_syn *s, enum inl_cause cause) {
    uint16_t period = (uint16_t)(inl_time_sub(tcp->env->now, s->since) / tcp->cfg.challenge_ns);
    const struct tcp_plan plan = {
        .seq = seq_add(s->iss, 1),
        .flags = TCP_ACK,
        .kind = TCP_PLAN_PURE_ACK,
        .cause = cause,
    };

    if (s->chal_period != period) {
        s->chal_period = period;
        s->chal_n = 0;
    }
    if (s->chal_n >= tcp->cfg.challenge_acks) {
        env_drop(tcp->env, INL_DROP_RATE_LIMITED);
        return;
    }
    s->chal_n++;
    syn_send(tcp, s->listener, s, &plan);
}

static void syn_send_rst(struct tcp *tcp, const struct tcp_syn *s, enum inl_cause cause) {
    const struct tcp_listener *l = s->listener;
    const struct tcp_reply rst = {
        .src = &s->local,
        .dst = &s->remote,
        .sport = s->lport,
        .dport = s->rport,
        .seq = seq_add(s->iss, 1),
        .ack = seq_add(s->said.seq, 1),
        .flags = TCP_RST | TCP_ACK,
        .scope = s->scope,
        .ttl = l->opts.ttl,
        .tos = l->opts.tos,
        .owner = l->opts.owner,
        .cause = cause,
    };

    tcp_reply_send(tcp, &rst);
}

/* ---- a SYN for a listener ---- */

void tcp_syn_said(const struct tcp_seg *seg, struct tcp_syn_said *ret) {
    const unsigned kept = TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_OK | TCP_HAS_TS;

    *ret = (struct tcp_syn_said){
        .seq = seg->seq,
        .win = (uint16_t)seg->win,
        .flags = seg->flags,
        .tos = seg->rx->tos,
        .present = (uint8_t)(seg->o.present & kept),
    };
    if (ret->present & TCP_HAS_MSS) {
        ret->mss = seg->o.mss;
    }
    if (ret->present & TCP_HAS_WSCALE) {
        ret->wscale = seg->o.wscale;
    }
    if (ret->present & TCP_HAS_TS) {
        ret->ts_val = seg->o.ts_val;
    }
}

void tcp_syn_tuple(const struct tcp_seg *seg, struct tcp_syn *ret) {
    ret->local = seg->rx->dst;
    ret->remote = seg->rx->src;
    ret->lport = seg->dport;
    ret->rport = seg->sport;
    if (inl_addr_is_link_local(&ret->remote) && !inl_addr_is4(&ret->remote)) {
        ret->scope = (uint16_t)seg->rx->link;
    }
}

enum inl_drop tcp_synq_add(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg,
                           seq_t iss, bool give) {
    struct tcp_syn *s = mem_zalloc(&tcp->env->mem, sizeof(*s));

    if (!s) {
        return INL_DROP_NO_MEMORY;
    }
    tcp_syn_tuple(seg, s);
    tcp_syn_said(seg, &s->said);
    s->iss = iss;
    s->give = give;
    s->rcvbuf_bytes = l->opts.rcvbuf_bytes;
    s->since = tcp->env->now;
    s->listener = l;
    timer_init(&s->timer, TIMER_TCP_SYN);
    htab_insert(&tcp->syns, &s->node,
                tcp_tuple_hash(tcp, &s->local, s->lport, &s->remote, s->rport));
    list_init(&s->order);
    list_init(&s->siblings);
    list_add_tail(&tcp->syn_list, &s->order);
    list_add_tail(&l->syns, &s->siblings);
    l->half_n++;
    tcp->half_open++;
    tcp->passive_opens++;
    syn_arm(tcp, s);
    tcp_syn_send_synack(tcp, s, INL_CAUSE_TCP_SYNACK);
    return INL_DROP_NONE;
}

void tcp_synq_on_timer(struct tcp *tcp, struct tcp_syn *s) {
    if (!inl_time_before(tcp->env->now, syn_ends(tcp, s))) {
        syn_fail(tcp, s); /* R2 */
        return;
    }
    if (s->rtx < UINT8_MAX) {
        s->rtx++;
    }
    syn_arm(tcp, s);
    syn_send_again(tcp, s, INL_CAUSE_TCP_SYNACK_RTX);
}

/* ---- a segment for an entry ---- */

static uint32_t syn_window(const struct tcp_syn *s) {
    return tcp_rwnd_of_syn(s->listener->tcp, &s->listener->opts); /* what the SYN-ACK said */
}

/* RFC 7323 5.3 R1, as tcp_ts_input() for connections. */
static enum inl_drop syn_paws(struct tcp *tcp, struct tcp_syn *s, const struct tcp_seg *seg) {
    if (!tcp->cfg.timestamps || !(s->said.present & TCP_HAS_TS) ||
        seg->flags & (TCP_RST | TCP_SYN)) {
        return INL_DROP_NONE;
    }
    if (!(seg->o.present & TCP_HAS_TS)) {
        return INL_DROP_TCP_NO_TIMESTAMP;
    }
    if ((int32_t)(seg->o.ts_val - s->said.ts_val) < 0) {
        syn_challenge(tcp, s, INL_CAUSE_TCP_ACK_PAWS);
        return INL_DROP_TCP_PAWS;
    }
    return INL_DROP_NONE;
}

/* The SYN again: what it says now counts for the round trip (RFC 7323 4.3), and for ECN. */
static void syn_again(struct tcp *tcp, struct tcp_syn *s, const struct tcp_seg *seg) {
    if (s->listener->opts.ecn != INL_ECN_OFF && tcp_ecn_contradicts(s->said.flags, seg->flags)) {
        syn_send_rst(tcp, s, INL_CAUSE_TCP_RST_ECN);
        syn_fail(tcp, s);
        return;
    }
    if (s->said.present & seg->o.present & TCP_HAS_TS &&
        (int32_t)(seg->o.ts_val - s->said.ts_val) > 0) {
        s->said.ts_val = seg->o.ts_val;
    }
    s->no_ecn |= tcp_ecn_offered(INL_ECN_ACCURATE, seg->flags) == TCP_ECN_NONE;
    s->said.tos = seg->rx->tos;
    syn_send_again(tcp, s, INL_CAUSE_TCP_SYNACK_DUP);
}

static enum inl_drop syn_refuse(struct tcp *tcp, struct tcp_syn *s, const struct tcp_seg *seg) {
    uint32_t len = tcp_seg_len(seg);

    if (seg->flags & TCP_RST) {
        return INL_DROP_TCP_BAD_RST;
    }
    if (seg->flags & TCP_SYN) {
        syn_challenge(tcp, s, INL_CAUSE_TCP_CHALLENGE_SYN);
        return INL_DROP_TCP_BAD_SYN;
    }
    if (len > 0 && seq_le(seq_add(seg->seq, len), seq_add(s->said.seq, 1))) {
        syn_challenge(tcp, s, INL_CAUSE_TCP_ACK_DUP_DATA);
        return INL_DROP_TCP_DUPLICATE;
    }
    syn_challenge(tcp, s, INL_CAUSE_TCP_ACK_UNACCEPTABLE);
    return INL_DROP_TCP_OUT_OF_WINDOW;
}

static enum inl_drop syn_reset(struct tcp *tcp, struct tcp_syn *s, const struct tcp_seg *seg) {
    if (!seq_eq(seg->seq, seq_add(s->said.seq, 1))) {
        syn_challenge(tcp, s, INL_CAUSE_TCP_CHALLENGE_RST);
        return INL_DROP_TCP_BAD_RST;
    }
    syn_fail(tcp, s);
    return INL_DROP_NONE;
}

struct tcp_conn *tcp_syn_connect(struct tcp *tcp, const struct tcp_syn *s) {
    struct tcp_conn *c = tcp_conn_alloc(tcp);

    if (!c) {
        return NULL;
    }
    if (tcp_syn_replay(c, s->listener, s) < 0) {
        tcp_conn_finish(c, 0);
        return NULL;
    }
    tcp_rtxq_push(&c->rtxq, s->iss, 1, TCP_RTX_SYN | (s->again ? TCP_RTX_AGAIN : 0u), s->since);
    tcp_snd_sent(c, 1, false);
    tcp_ackd_sent(c);
    for (unsigned i = 0; i < s->rtx; i++) {
        tcp_rtt_syn_rtx(c);
    }
    c->segs_out = 1;
    tcp_listen_adopt(c, s->listener);
    tcp_hash_conn(c);
    return c;
}

static struct tcp_conn *syn_promote(struct tcp *tcp, struct tcp_syn *s) {
    struct tcp_conn *c = tcp_syn_connect(tcp, s);

    if (c) {
        syn_free(tcp, s);
    }
    return c;
}

enum inl_drop tcp_synq_input(struct tcp *tcp, struct tcp_syn *s, const struct tcp_seg *seg,
                             struct tcp_conn **ret_conn) {
    enum inl_drop drop;

    if ((seg->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN && seq_eq(seg->seq, s->said.seq)) {
        syn_again(tcp, s, seg);
        return INL_DROP_NONE;
    }
    drop = syn_paws(tcp, s, seg);
    if (drop != INL_DROP_NONE) {
        return drop;
    }
    if (!tcp_seg_acceptable(seg, seq_add(s->said.seq, 1), syn_window(s))) {
        return syn_refuse(tcp, s, seg);
    }
    if (seg->flags & TCP_RST) {
        return syn_reset(tcp, s, seg);
    }
    if (seg->flags & TCP_SYN) {
        syn_challenge(tcp, s, INL_CAUSE_TCP_CHALLENGE_SYN);
        return INL_DROP_TCP_BAD_SYN;
    }
    if (!(seg->flags & TCP_ACK)) {
        return INL_DROP_TCP_NO_ACK;
    }
    if (!seq_eq(seg->ack, seq_add(s->iss, 1))) {
        tcp_reply_rst(tcp, seg, INL_CAUSE_TCP_RST_BAD_ACK);
        return INL_DROP_TCP_ACK_UNSENT;
    }
    if (!tcp_listen_has_room(s->listener)) {
        tcp->listen_overflows++;
        return INL_DROP_TCP_BACKLOG_FULL;
    }
    *ret_conn = syn_promote(tcp, s);
    return *ret_conn ? INL_DROP_NONE : INL_DROP_NO_MEMORY;
}

/* A hard ICMP error ends the attempt if it quotes our SYN-ACK (RFC 5927 4.2 has no more to ask). */
bool tcp_synq_error(struct tcp *tcp, struct tcp_syn *s, const struct ip_err *err, seq_t seq) {
    if (!seq_eq(seq, s->iss) || err->mtu_bytes > 0) {
        return false;
    }
    if (err->hard) {
        syn_fail(tcp, s);
    }
    return true;
}

/* The listener closes: who waits for it hears so. */
void tcp_synq_reset_all(struct tcp *tcp, struct tcp_listener *l) {
    struct list *n;

    while ((n = list_first(&l->syns))) {
        struct tcp_syn *s = LIST_ENTRY(n, struct tcp_syn, siblings);

        syn_send_rst(tcp, s, INL_CAUSE_TCP_RST_NOT_ACCEPTED);
        syn_fail(tcp, s);
    }
}

void tcp_syn_info(const struct tcp_syn *s, struct inl_sock_info *ret_info) {
    *ret_info = (struct inl_sock_info){
        .sock = -1,
        .type = INL_SOCK_STREAM,
        .family = inl_addr_is4(&s->local) ? INL_AF_INET : INL_AF_INET6,
        .local = {.addr = s->local, .port = s->lport},
        .remote = {.addr = s->remote, .port = s->rport, .scope = s->scope},
        .state = INL_TCP_SYN_RECEIVED,
        .owner = s->listener->opts.owner,
    };
}
