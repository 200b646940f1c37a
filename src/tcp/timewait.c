/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timewait.c - TIME-WAIT, without the connection (RFC 9293 3.6.1, 3.10.7.4, RFC 1337)
 *
 * When a connection enters TIME-WAIT a small entry takes its place. Every entry lasts equally
 * long, so they stand in one list in order of expiry, and one timer serves them all. Above
 * max_time_wait the oldest goes first.
 *
 * A FIN that comes again is acknowledged and the 2 MSL begin anew. RSTs are ignored (RFC 1337).
 * A new SYN whose sequence number is above all that was received may begin a new connection
 * (RFC 9293 3.6.1 MAY-2), if our ISN is above all that was sent: listen.c sees to that.
 *
 * Does not do: the decision by timestamps (RFC 6191).
 */
#include "tcp/internal.h"

static void tw_free(struct tcp *tcp, struct tcp_tw *tw) {
    if (tw->conn) {
        struct tcp_conn *c = tw->conn;

        c->tw = NULL;
        tw->conn = NULL;
        tcp_state_set(c, INL_TCP_CLOSED);
    }
    htab_remove(&tcp->tws, &tw->node);
    list_del(&tw->order);
    ports_put(tcp->ports, tw->bind);
    mem_free(&tcp->env->mem, tw, sizeof(*tw));
}

void tcp_tw_forget_conn(struct tcp_conn *c) {
    if (c->tw) {
        c->tw->conn = NULL;
        c->tw = NULL;
    }
}

static struct tcp_tw *tw_oldest(const struct tcp *tcp) {
    struct list *n = list_first(&tcp->tw_list);

    return n ? LIST_ENTRY(n, struct tcp_tw, order) : NULL;
}

/* The last in the line; the timer follows the first. */
static void tw_enqueue(struct tcp *tcp, struct tcp_tw *tw) {
    tw->due = inl_time_add(tcp->env->now, 2 * tcp->cfg.msl_ns);
    list_del(&tw->order);
    list_add_tail(&tcp->tw_list, &tw->order);
    if (!timer_armed(&tcp->tw_timer)) {
        timer_arm(&tcp->env->wheel, &tcp->tw_timer, tw_oldest(tcp)->due);
    }
}

void tcp_tw_on_timer(struct tcp *tcp) {
    struct tcp_tw *tw;

    while ((tw = tw_oldest(tcp)) && tw->due.ns <= tcp->env->now.ns) {
        tw_free(tcp, tw);
    }
    timer_arm(&tcp->env->wheel, &tcp->tw_timer, tw ? tw->due : INL_TIME_NEVER);
}

void tcp_tw_free_all(struct tcp *tcp) {
    struct tcp_tw *tw;

    while ((tw = tw_oldest(tcp))) {
        tw_free(tcp, tw);
    }
    timer_cancel(&tcp->env->wheel, &tcp->tw_timer);
}

static struct tcp_tw *tw_new(struct tcp *tcp, struct tcp_conn *c) {
    struct tcp_tw *tw;

    while (htab_count(&tcp->tws) > 0 && htab_count(&tcp->tws) >= tcp->cfg.max_time_wait) {
        tw_free(tcp, tw_oldest(tcp));
    }
    tw = tcp->cfg.max_time_wait > 0 ? mem_zalloc(&tcp->env->mem, sizeof(*tw)) : NULL;
    if (!tw) {
        return NULL;
    }
    tw->local = c->local.addr;
    tw->remote = c->remote.addr;
    tw->lport = c->local.port;
    tw->rport = c->remote.port;
    tw->scope = c->remote.scope;
    tw->snd_nxt = c->snd.nxt;
    tw->rcv_nxt = c->rcv.nxt;
    tw->ts_ok = c->ts.ok;
    tw->ts_off = c->ts.off;
    tw->ts_recent = c->ts.recent;
    tw->ttl = c->opts.ttl;
    tw->tos = c->opts.tos;
    tw->bind = ports_get(c->bind);
    list_init(&tw->order);
    return tw;
}

static void tw_send_ack(struct tcp *tcp, const struct tcp_tw *tw) {
    struct tcp_reply r = {
        .src = &tw->local,
        .dst = &tw->remote,
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

    if (tw->ts_ok) {
        r.opts.ts_val = (uint32_t)(tcp->env->now.ns / INL_MS) + tw->ts_off;
        r.opts.ts_ecr = tw->ts_recent;
        r.opts.present = TCP_HAS_TS;
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
    if (tw) {
        htab_insert(&tcp->tws, &tw->node,
                    tcp_tuple_hash(tcp, &tw->local, tw->lport, &tw->remote, tw->rport));
        tw_enqueue(tcp, tw);
    }
    if (tw && c->owned) {
        tw->conn = c;
        c->tw = tw;
        tcp_conn_event(c, INL_EV_CLOSED | INL_EV_READABLE | INL_EV_WRITABLE);
    } else {
        tcp_conn_finish(c, 0);
    }
}

enum inl_drop tcp_tw_input(struct tcp *tcp, struct tcp_tw *tw, const struct tcp_seg *seg,
                           bool *ret_reopen, seq_t *ret_old_nxt) {
    if (seg->flags & TCP_RST) {
        return INL_DROP_TCP_TIME_WAIT;
    }
    if ((seg->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && seq_ge(seg->seq, tw->rcv_nxt) &&
        tcp_find_listener(tcp, &tw->local, tw->lport) && !tcp_cookie_wanted(tcp)) {
        *ret_old_nxt = tw->snd_nxt;
        tw_free(tcp, tw);
        *ret_reopen = true;
        return INL_DROP_NONE;
    }
    if (tcp_seg_len(seg) > 0) {
        if (seg->flags & TCP_FIN) {
            tw_enqueue(tcp, tw);
        }
        tw_send_ack(tcp, tw);
    }
    return INL_DROP_TCP_TIME_WAIT;
}
