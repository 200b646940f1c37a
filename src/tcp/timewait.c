/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timewait.c - TIME-WAIT, without the connection (RFC 9293 3.6.1, 3.10.7.4, RFC 1337, RFC 6191)
 *
 * When a connection enters TIME-WAIT a small entry takes its place (twtab.c). Every entry lasts
 * equally long, so the first of the queue expires first, and one timer serves them all. At
 * max_time_wait the first gives way.
 *
 * A FIN that comes again is acknowledged and the 2 MSL begin anew: the entry notes its new end
 * where it stands, and goes to the tail when it is the first. So nobody can fill the queue by
 * repeating a FIN. An entry whose time is over counts as gone wherever it stands. RSTs are ignored
 * (RFC 1337), and so is old data but for an ACK.
 *
 * A new SYN may begin a new connection if it is younger than all that was received: by its
 * timestamp (RFC 6191), or by its sequence number (RFC 9293 3.6.1 MAY-2). Our ISN is then above
 * all that was sent: listen.c sees to that. Other SYNs get an ACK (RFC 9293 3.10.7.4, which in this
 * overrides the silence of RFC 6191). Our own connect() may reuse a tuple in the same way once our
 * timestamp has moved on by a second.
 *
 * Times are ticks of 2^18 ns in 32 bits; they are compared, so MSLs may be up to days.
 *
 * The socket of a connection in TIME-WAIT keeps the connection as a shell. The entry does not
 * know it: who asks the shell for its state looks for the entry.
 */
#include "tcp/internal.h"

#include "wire/ipproto.h"

#define TICK_SHIFT 18
#define REUSE_AFTER_TICKS ((uint32_t)(INL_S >> TICK_SHIFT))
#define SCOPE_MAX 255u

static uint32_t tick_of(inl_time t) {
    return (uint32_t)((uint64_t)t.ns >> TICK_SHIFT);
}

static uint32_t tw_lifetime(const struct tcp *tcp) {
    return (uint32_t)((uint64_t)(2 * tcp->cfg.msl_ns) >> TICK_SHIFT) + 1;
}

static bool tw_over(const struct tcp *tcp, const struct tcp_tw *tw) {
    return (int32_t)(tw->due - tick_of(tcp->env->now)) <= 0;
}

/* When the present tick is `tick`. */
static inl_time time_of(const struct tcp *tcp, uint32_t tick) {
    uint64_t now = (uint64_t)tcp->env->now.ns >> TICK_SHIFT;
    int64_t ahead = (int32_t)(tick - (uint32_t)now);

    return (inl_time){((int64_t)now + ahead) << TICK_SHIFT};
}

static void tw_remove(struct tcp *tcp, struct tcp_tw *tw) {
    struct tcp_tuple t;

    tcp_twtab_tuple(tw, &t);
    ports_put_waiting(tcp->ports, IP_PROTO_TCP, &t.local, t.lport);
    tcp_twtab_remove(tcp, tw);
}

/* Takes the entry's place at the tail. Without memory it ends early. */
static void tw_to_tail(struct tcp *tcp, struct tcp_tw *tw) {
    struct tcp_tw copy = *tw;
    struct tcp_tuple t;
    struct tcp_tw *last;

    tcp_twtab_tuple(tw, &t);
    tcp_twtab_remove(tcp, tw);
    last = tcp_twtab_add(tcp, &t);
    if (!last) {
        ports_put_waiting(tcp->ports, IP_PROTO_TCP, &t.local, t.lport);
        return;
    }
    copy.next = last->next;
    copy.flags &= (uint8_t) ~(unsigned)TCP_TW_AGAIN;
    *last = copy;
}

/* Afterwards the first entry is neither dead nor over nor to be moved. */
static void tw_advance(struct tcp *tcp, bool v6) {
    struct tcp_tw *tw;

    while ((tw = tcp_twtab_first(tcp, v6))) {
        if (!(tw->flags & TCP_TW_DEAD)) {
            if (tw_over(tcp, tw)) {
                tw_remove(tcp, tw);
            } else if (tw->flags & TCP_TW_AGAIN) {
                tw_to_tail(tcp, tw);
            } else {
                return;
            }
        }
        tcp_twtab_drop_first(tcp, v6);
    }
}

static void tw_settle(struct tcp *tcp) {
    inl_time next = INL_TIME_NEVER;

    for (int v6 = 0; v6 < 2; v6++) {
        const struct tcp_tw *tw;

        tw_advance(tcp, v6 != 0);
        tw = tcp_twtab_first(tcp, v6 != 0);
        if (tw) {
            next = inl_time_min(next, time_of(tcp, tw->due));
        }
    }
    if (next.ns != tcp->tw_timer.due.ns || !timer_armed(&tcp->tw_timer)) {
        timer_arm(&tcp->env->wheel, &tcp->tw_timer, next);
    }
}

void tcp_tw_on_timer(struct tcp *tcp) {
    tw_settle(tcp);
}

void tcp_tw_free_all(struct tcp *tcp) {
    for (int v6 = 0; v6 < 2; v6++) {
        struct tcp_tw *tw;

        while ((tw = tcp_twtab_first(tcp, v6 != 0))) {
            if (!(tw->flags & TCP_TW_DEAD)) {
                tw_remove(tcp, tw);
            }
            tcp_twtab_drop_first(tcp, v6 != 0);
        }
    }
    tcp_twtab_done(tcp);
    timer_cancel(&tcp->env->wheel, &tcp->tw_timer);
}

/* ---- entries and their shells ---- */

struct tcp_tw *tcp_find_tw(const struct tcp *tcp, uint64_t hash, const struct inl_addr *local,
                           uint16_t lport, const struct inl_addr *remote, uint16_t rport) {
    const struct tcp_tuple t = {*local, *remote, lport, rport};
    struct tcp_tw *tw = tcp_twtab_find(tcp, hash, &t);

    return tw && !tw_over(tcp, tw) ? tw : NULL;
}

struct tcp_tw *tcp_tw_of(const struct tcp_conn *c) {
    struct tcp_tw *tw;

    if (c->state != INL_TCP_TIME_WAIT) {
        return NULL;
    }
    tw = tcp_find_tw(
        c->tcp,
        tcp_tuple_hash(c->tcp, &c->local.addr, c->local.port, &c->remote.addr, c->remote.port),
        &c->local.addr, c->local.port, &c->remote.addr, c->remote.port);
    /* not that of a later connection */
    return tw && seq_eq(tw->snd_nxt, c->snd.nxt) && seq_eq(tw->rcv_nxt, c->rcv.nxt) ? tw : NULL;
}

void tcp_tw_forget_conn(const struct tcp_conn *c) {
    struct tcp_tw *tw = tcp_tw_of(c);

    if (tw) {
        tw->flags &= (uint8_t) ~(unsigned)TCP_TW_SHELL;
    }
}

void tcp_tw_abort(struct tcp_conn *c) {
    struct tcp_tw *tw = tcp_tw_of(c);

    if (tw) {
        tw_remove(c->tcp, tw);
        tw_settle(c->tcp);
    }
}

bool tcp_tw_reusable(const struct tcp *tcp, const struct tcp_tw *tw) {
    uint32_t age = tick_of(tcp->env->now) - (tw->due - tw_lifetime(tcp));

    return tcp->cfg.timestamps && (tw->flags & TCP_TW_STAMPS) && age >= REUSE_AFTER_TICKS;
}

seq_t tcp_tw_reuse(struct tcp *tcp, struct tcp_tw *tw) {
    seq_t old_nxt = tw->snd_nxt;

    tw_remove(tcp, tw);
    tw_settle(tcp);
    return old_nxt;
}

/* ---- entering ---- */

/* The first of all gives way: of two kinds, the one that ends earlier. */
static void tw_make_room(struct tcp *tcp) {
    struct tcp_tw *four = tcp_twtab_first(tcp, false);
    struct tcp_tw *six = tcp_twtab_first(tcp, true);
    bool v6 = !four || (six && (int32_t)(six->due - four->due) < 0);
    struct tcp_tw *tw = v6 ? six : four;

    if (!(tw->flags & TCP_TW_DEAD)) {
        tw_remove(tcp, tw);
    }
    tcp_twtab_drop_first(tcp, v6);
}

static struct tcp_tw *tw_new(struct tcp *tcp, const struct tcp_conn *c) {
    const struct tcp_tuple t = {c->local.addr, c->remote.addr, c->local.port, c->remote.port};
    struct tcp_tw *tw;

    if (tcp->cfg.max_time_wait == 0) {
        return NULL;
    }
    while (tcp_twtab_places(&tcp->tw) >= tcp->cfg.max_time_wait) {
        tw_make_room(tcp);
    }
    tw = tcp_twtab_add(tcp, &t);
    if (!tw) {
        return NULL;
    }
    ports_get_waiting(c->bind);
    tw->due = tick_of(tcp->env->now) + tw_lifetime(tcp);
    tw->snd_nxt = c->snd.nxt;
    tw->rcv_nxt = c->rcv.nxt;
    tw->ts_recent = c->ts.recent;
    tw->ttl = c->opts.ttl;
    tw->tos = c->opts.tos;
    tw->scope = (uint8_t)(c->remote.scope <= SCOPE_MAX ? c->remote.scope : 0);
    tw->flags |= (c->ts.ok ? TCP_TW_STAMPS : 0) | (c->owned ? TCP_TW_SHELL : 0);
    return tw;
}

static void tw_send_ack(struct tcp *tcp, const struct tcp_tw *tw) {
    struct tcp_tuple t;
    struct tcp_reply r = {
        .src = &t.local,
        .dst = &t.remote,
        .sport = tw->lport,
        .dport = tw->rport,
        .seq = tw->snd_nxt,
        .ack = tw->rcv_nxt,
        .flags = TCP_ACK,
        .win = UINT16_MAX,
        .scope = tw->scope,
        .ttl = tw->ttl,
        .tos = tw->tos,
        .cause = INL_CAUSE_TCP_TIME_WAIT_ACK,
    };

    tcp_twtab_tuple(tw, &t);
    if (tw->flags & TCP_TW_STAMPS) {
        const struct inl_sockaddr local = {.addr = t.local, .port = t.lport};
        const struct inl_sockaddr remote = {.addr = t.remote, .port = t.rport};

        tcp_ts_reply(tcp, &local, &remote, tw->ts_recent, &r.opts);
    }
    tcp_reply_send(tcp, &r);
}

/* The FIN that brought us here must be acknowledged, and nobody else will. */
static void tw_ack_fin(struct tcp_conn *c) {
    struct tcp_reply r = {
        .src = &c->local.addr,
        .dst = &c->remote.addr,
        .sport = c->local.port,
        .dport = c->remote.port,
        .seq = c->snd.nxt,
        .ack = c->rcv.nxt,
        .flags = TCP_ACK,
        .win = tcp_rwnd_advertise(c, false),
        .scope = c->remote.scope,
        .ttl = c->opts.ttl,
        .tos = c->opts.tos,
        .owner = c->opts.owner,
        .cause = (enum inl_cause)c->ackd.now,
    };

    if (c->ackd.now != INL_CAUSE_NONE) {
        if (c->ts.ok) {
            tcp_ts_fill(c, &r.opts);
        }
        c->segs_out++;
        tcp_reply_send(c->tcp, &r);
        tcp_ackd_sent(c);
    }
}

/* A connection as a shell that only its socket knows: no deadline, no tuple, nothing to send. */
static void tw_strip(struct tcp_conn *c) {
    tcp_conn_unhash(c);
    tcp_conn_unready(c);
    tcp_timers_stop(c);
    tcp_snd_purge(c);
    tcp_ecn_done(c);
}

void tcp_tw_enter(struct tcp_conn *c) {
    struct tcp *tcp = c->tcp;
    struct tcp_tw *tw;

    tw_ack_fin(c);
    tw = tw_new(tcp, c);
    tcp_state_set(c, INL_TCP_TIME_WAIT);
    tw_strip(c);
    if (tw && c->owned) {
        tcp_conn_event(c, INL_EV_CLOSED | INL_EV_READABLE | INL_EV_WRITABLE);
    } else {
        tcp_conn_finish(c, 0);
    }
    tw_settle(tcp);
}

/* ---- segments ---- */

/* RFC 6191 2: is this SYN younger than all that was received? */
static bool tw_syn_is_new(const struct tcp *tcp, const struct tcp_tw *tw,
                          const struct tcp_seg *seg) {
    bool stamped = tcp->cfg.timestamps && (seg->o.present & TCP_HAS_TS);
    int32_t younger = (int32_t)(seg->o.ts_val - tw->ts_recent);

    if (stamped && !(tw->flags & TCP_TW_STAMPS)) {
        return true;
    }
    if (stamped && younger != 0) {
        return younger > 0;
    }
    return seq_ge(seg->seq, tw->rcv_nxt); /* which is above the FIN */
}

static void tw_segment(struct tcp *tcp, struct tcp_tw *tw, const struct tcp_seg *seg) {
    if (seg->flags & TCP_FIN) {
        tw->due = tick_of(tcp->env->now) + tw_lifetime(tcp);
        tw->flags |= TCP_TW_AGAIN;
    }
    tw_send_ack(tcp, tw);
    tw_settle(tcp);
}

enum inl_drop tcp_tw_input(struct tcp *tcp, struct tcp_tw *tw, const struct tcp_seg *seg,
                           bool *ret_reopen, seq_t *ret_old_nxt) {
    if (seg->flags & TCP_RST) {
        return INL_DROP_TCP_TIME_WAIT;
    }
    if ((seg->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && tw_syn_is_new(tcp, tw, seg) &&
        tcp_find_listener(tcp, &seg->rx->dst, seg->dport, 0) && !tcp_cookie_wanted(tcp)) {
        *ret_old_nxt = tcp_tw_reuse(tcp, tw);
        *ret_reopen = true;
        return INL_DROP_NONE;
    }
    if (!(seg->flags & (TCP_SYN | TCP_ACK)) && seq_ge(seg->seq, tw->rcv_nxt)) {
        return INL_DROP_TCP_NO_ACK; /* RFC 9293 3.10.7.4 fifth */
    }
    if (tcp_seg_len(seg) > 0) {
        tw_segment(tcp, tw, seg);
    }
    return INL_DROP_TCP_TIME_WAIT;
}

/* ---- listings ---- */

bool tcp_tw_info(const struct tcp *tcp, bool v6, uint32_t i, bool *ret_listed,
                 struct inl_sock_info *ret_info) {
    const struct tcp_tw *tw = tcp_twtab_at(tcp, v6, i);
    struct tcp_tuple t;

    if (!tw) {
        return false;
    }
    /* one that has a shell is listed as its socket's */
    *ret_listed = !(tw->flags & (TCP_TW_DEAD | TCP_TW_SHELL)) && !tw_over(tcp, tw);
    tcp_twtab_tuple(tw, &t);
    *ret_info = (struct inl_sock_info){
        .sock = -1,
        .type = INL_SOCK_STREAM,
        .family = v6 ? INL_AF_INET6 : INL_AF_INET,
        .local = {.addr = t.local, .port = t.lport},
        .remote = {.addr = t.remote, .port = t.rport, .scope = tw->scope},
        .state = INL_TCP_TIME_WAIT,
    };
    return true;
}
