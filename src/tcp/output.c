/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.c - what to send next
 *
 * tcp_output_plan() is asked in two places with one answer: when an event is over, whether the
 * connection belongs into its link's ready list, and when the driver pulls, which segment to
 * build. It decides and changes nothing but notes. In this order:
 *
 *   1. pure ACKs that must stand alone (delack.c)
 *   2. lost segments: the first one at once if recovery.c forces it, others within cwnd
 *   3. a tail loss probe (tlp.c), a window probe, or new data, SYN and FIN, as the windows, Nagle
 * (RFC 9293 3.7.4) and the sender's silly-window avoidance (3.8.6.2.1) allow
 *   4. a keep-alive probe
 *   5. an ACK that is due
 *
 * Everything counts as pushed: the application's writes are not held back but by Nagle.
 */
#include "tcp/plain.h"
#include "tcp/quick.h"

#include <errno.h>

#define RTXQ_MIN_SEGS 64u
#define RTXQ_SNDBUF_SHARE 256u

static uint32_t min32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Tiny segments cost an entry each: their number is bounded by the send buffer. */
static bool rtxq_has_room(struct tcp_conn *c) {
    uint32_t max = RTXQ_MIN_SEGS + c->snd.sndbuf_bytes / RTXQ_SNDBUF_SHARE;

    return c->rtxq.n < c->rtxq.cap || tcp_rtxq_reserve(&c->rtxq, &c->tcp->env->mem, max) == 0;
}

/* ---- handshake ---- */

static enum inl_cause syn_cause(const struct tcp_conn *c, bool again) {
    if (!again) {
        if (c->state == INL_TCP_SYN_SENT) {
            return c->tfo & TCP_TFO_USE ? INL_CAUSE_TCP_SYN_DATA : INL_CAUSE_TCP_SYN;
        }
        return c->tfo & TCP_TFO_FAST ? INL_CAUSE_TCP_SYNACK_FAST : INL_CAUSE_TCP_SYNACK;
    }
    switch (c->rec.force) {
    case TCP_FORCE_SYN_DUP:
        return INL_CAUSE_TCP_SYNACK_DUP;
    case TCP_FORCE_SYN_BOTH:
        return INL_CAUSE_TCP_SYN_SIMULTANEOUS;
    case TCP_FORCE_SYN_PLAIN:
        return INL_CAUSE_TCP_SYN_PLAIN;
    default:
        return c->state == INL_TCP_SYN_SENT ? INL_CAUSE_TCP_SYN_RTX : INL_CAUSE_TCP_SYNACK_RTX;
    }
}

/* Data that goes with our SYN: a part of its own in the queue. */
static uint32_t plan_syn_data(struct tcp_conn *c) {
    uint32_t len = tcp_tfo_syn_data(c);

    return len > 0 && tcp_rtxq_reserve_two(&c->rtxq, &c->tcp->env->mem) == 0 ? len : 0;
}

static bool plan_handshake(struct tcp_conn *c, struct tcp_plan *plan) {
    bool first = c->rtxq.n == 0;

    if (!first && c->rtxq.lost_bytes == 0) {
        return false;
    }
    if (tcp_tfo_waits(c)) {
        return false; /* for the first write */
    }
    *plan = (struct tcp_plan){
        .seq = c->snd.iss,
        .data_len = first ? plan_syn_data(c) : 0,
        .flags = c->state == INL_TCP_SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK,
        .kind = first ? TCP_PLAN_NEW : TCP_PLAN_RTX,
        .cause = syn_cause(c, !first),
        .rtx = first ? NULL : tcp_rtxq_next_lost(&c->rtxq),
    };
    return true;
}

/* ---- retransmission ---- */

static enum inl_cause rtx_cause(const struct tcp_conn *c, const struct tcp_rtx *rtx) {
    if (tcp_rtx_data(rtx) == 0 && rtx->flags & TCP_RTX_FIN) {
        return INL_CAUSE_TCP_FIN_RTX;
    }
    switch (c->rec.force) {
    case TCP_FORCE_RTO:
        return INL_CAUSE_TCP_RTX_RTO;
    case TCP_FORCE_FAST:
        return INL_CAUSE_TCP_RTX_FAST;
    case TCP_FORCE_PARTIAL:
        return INL_CAUSE_TCP_RTX_PARTIAL;
    case TCP_FORCE_PMTU:
        return INL_CAUSE_TCP_RTX_PMTU;
    case TCP_FORCE_WINDOW:
        return INL_CAUSE_TCP_RTX_WINDOW;
    case TCP_FORCE_SYN_DATA:
        return INL_CAUSE_TCP_RTX_SYN_DATA;
    default:
        if (c->rec.timeout) {
            return INL_CAUSE_TCP_RTX_SLOW_START;
        }
        return rtx->flags & TCP_RTX_AGAIN ? INL_CAUSE_TCP_RTX_LOST_RTX : INL_CAUSE_TCP_RTX_RACK;
    }
}

static void plan_segment_again(struct tcp_rtx *rtx, enum inl_cause cause, struct tcp_plan *plan) {
    *plan = (struct tcp_plan){
        .seq = rtx->seq,
        .data_len = tcp_rtx_data(rtx),
        .flags = TCP_ACK,
        .kind = TCP_PLAN_RTX,
        .cause = cause,
        .rtx = rtx,
    };
    if (rtx->flags & TCP_RTX_FIN) {
        plan->flags |= TCP_FIN;
    }
    if (rtx->flags & TCP_RTX_PSH) {
        plan->flags |= TCP_PSH;
    }
}

static bool plan_rtx(struct tcp_conn *c, struct tcp_plan *plan) {
    struct tcp_rtx *rtx = tcp_rtxq_next_lost(&c->rtxq);
    uint32_t pipe;

    if (!rtx || tcp_wnd_closed(c)) {
        return false; /* with a closed window the persist timer sends */
    }
    if (c->rec.force == TCP_FORCE_NONE) {
        if (tcp_undo_probing(c)) {
            return false; /* RFC 5682: first find out whether it is lost */
        }
        pipe = tcp_rec_pipe(c);
        if (pipe > 0 && pipe + rtx->len > c->cc.cwnd_bytes) {
            tcp_cc_limited(&c->cc, true);
            return false;
        }
        /* SHLD-16: old data only as far as the (perhaps shrunk) window reaches */
        if (!seq_in(rtx->seq, c->snd.una, c->snd.wnd_bytes) || !quick_pace_may(c)) {
            return false;
        }
    }
    plan_segment_again(rtx, rtx_cause(c, rtx), plan);
    return true;
}

/* ---- new data ---- */

struct tcp_room {
    uint32_t wnd;  /* the peer's window beyond nxt */
    uint32_t cwnd; /* what may be added to the pipe */
    uint32_t pipe;
};

static struct tcp_room output_room(const struct tcp_conn *c) {
    int64_t wnd = (int64_t)c->snd.wnd_bytes - tcp_snd_flight(c);
    struct tcp_room room = {.pipe = tcp_rec_pipe(c)};
    uint32_t cwnd = quick_rec_cwnd(c);

    room.wnd = wnd > 0 ? (uint32_t)wnd : 0; /* negative if the peer shrank it (MUST-34) */
    room.cwnd = cwnd > room.pipe ? cwnd - room.pipe : 0;
    return room;
}

/* May a segment of less than the MSS go now? `all`: nothing remains behind it. */
static bool small_may_go(const struct tcp_conn *c, uint32_t len, bool all, bool fin) {
    bool idle = tcp_snd_flight(c) == tcp_opened_fast(c); /* nothing but the SYN */

    if (all && quick_urg_field(c, c->snd.nxt) > 0) {
        return true; /* what is urgent waits for nothing */
    }
    if (all && tcp_snd_held(c)) {
        return fin || c->tmr.sws_override;
    }
    if (all) {
        return fin || idle || c->opts.nodelay;
    }
    if (len >= c->snd.max_wnd_bytes / 2) {
        return idle || c->opts.nodelay;
    }
    return c->tmr.sws_override;
}

static enum inl_cause data_cause(const struct tcp_conn *c, const struct tcp_plan *plan, bool all,
                                 uint32_t pipe) {
    if (plan->flags & TCP_FIN) {
        return INL_CAUSE_TCP_FIN;
    }
    if (tcp_undo_probing(c)) {
        return INL_CAUSE_TCP_FRTO_NEW;
    }
    if (!c->rec.fast && !c->rec.timeout && pipe > 0) {
        pipe = tcp_snd_flight(c); /* what is SACKed has made the room (RFC 3042) */
    }
    if (pipe + plan->data_len > c->cc.cwnd_bytes && pipe > 0) {
        return INL_CAUSE_TCP_DATA_LIMITED;
    }
    if (plan->data_len >= quick_opt_room(c)) {
        return all ? INL_CAUSE_TCP_DATA_PUSH : INL_CAUSE_TCP_DATA;
    }
    if (c->tmr.sws_override) {
        if (!all) {
            return INL_CAUSE_TCP_SWS_OVERRIDE;
        }
        if (tcp_snd_held(c)) {
            return INL_CAUSE_TCP_DATA_CORK;
        }
    }
    return tcp_snd_flight(c) == 0 ? INL_CAUSE_TCP_DATA_SMALL : INL_CAUSE_TCP_DATA_NODELAY;
}

static void plan_data(struct tcp_conn *c, uint32_t len, bool all, bool fin, uint32_t pipe,
                      struct tcp_plan *plan) {
    *plan = (struct tcp_plan){
        .seq = c->snd.nxt,
        .data_len = len,
        .flags = TCP_ACK,
        .kind = TCP_PLAN_NEW,
    };
    if (all && len > 0) {
        plan->flags |= TCP_PSH; /* MUST-61 */
    }
    if (all && fin) {
        plan->flags |= TCP_FIN;
    }
    plan->cause = data_cause(c, plan, all, pipe);
}

/* A FIN without data needs no room in a window: a peer that refuses it gets it again. */
static bool plan_fin(struct tcp_conn *c, struct tcp_plan *plan) {
    if (!rtxq_has_room(c)) {
        return false;
    }
    plan_data(c, 0, true, true, 0, plan);
    return true;
}

/* A longer segment, if it is time to try one (pmtud.c). */
static bool plan_mtu_probe(struct tcp_conn *c, const struct tcp_room *room, struct tcp_plan *plan) {
    uint32_t len = quick_pmtud_probe_data(c);

    if (len == 0 || len > room->cwnd || !rtxq_has_room(c)) {
        return false;
    }
    plan_data(c, len, false, false, room->pipe, plan);
    plan->cause = INL_CAUSE_TCP_PROBE_MTU;
    return true;
}

static bool plan_new(struct tcp_conn *c, struct tcp_plan *plan) {
    uint64_t unsent = tcp_snd_unsent(c);
    bool fin = c->snd.fin_wanted && !c->snd.fin_sent;
    struct tcp_room room;
    bool free = false;
    uint32_t mss;
    uint32_t len;
    bool all;

    if (tcp_undo_probing(c)) {
        free = c->undo.frto_new > 0; /* whatever cwnd and Nagle say */
        if (!free) {
            return false;
        }
    } else if (c->rtxq.lost_bytes > 0) {
        return false; /* what is lost goes first */
    }
    tcp_cc_limited(&c->cc, false);
    if (unsent == 0) {
        tcp_rate_app_limited(c);
        return fin && plan_fin(c, plan);
    }
    if (c->ecn.hold) {
        return false;
    }
    room = output_room(c);
    mss = quick_opt_room(c);
    len = min32(unsent < mss ? (uint32_t)unsent : mss, room.wnd);
    if (len == 0) {
        return false;
    }
    if (!free && plan_mtu_probe(c, &room, plan)) {
        return true;
    }
    if (len > room.cwnd && room.pipe > 0 && !free) {
        tcp_cc_limited(&c->cc, true);
        return false;
    }
    all = len == unsent;
    if (len < mss && !free && !small_may_go(c, len, all, fin)) {
        return false;
    }
    if (!quick_pace_may(c)) {
        tcp_cc_limited(&c->cc, tcp_pace_fills(c, room.pipe));
        return false;
    }
    if (!rtxq_has_room(c)) {
        return false;
    }
    plan_data(c, len, all, fin, room.pipe, plan);
    return true;
}

/* RFC 8985 7.3: new data if there is some, else the last segment again. */
static bool plan_tlp(struct tcp_conn *c, struct tcp_plan *plan) {
    uint64_t unsent = tcp_snd_unsent(c);
    uint32_t room;
    uint32_t len;

    if (!c->rack.tlp_due || c->rtxq.n == 0) {
        return false;
    }
    room = output_room(c).wnd;
    len = min32(quick_opt_room(c), room);
    if (unsent > 0 && room > 0 && rtxq_has_room(c)) {
        len = unsent < len ? (uint32_t)unsent : len;
        plan_data(c, len, len == unsent, c->snd.fin_wanted && !c->snd.fin_sent, 0, plan);
        plan->cause = INL_CAUSE_TCP_TLP_NEW;
    } else {
        plan_segment_again(tcp_rtxq_at(&c->rtxq, c->rtxq.n - 1), INL_CAUSE_TCP_TLP_RTX, plan);
    }
    return true;
}

/* Zero window: the oldest segment again, or one byte of new data (RFC 9293 3.8.6.1). */
static bool plan_probe(struct tcp_conn *c, struct tcp_plan *plan) {
    if (!c->tmr.probe) {
        return false;
    }
    if (c->rtxq.n > 0) {
        plan_segment_again(tcp_rtxq_at(&c->rtxq, 0), INL_CAUSE_TCP_PROBE_WINDOW, plan);
        return true;
    }
    if (tcp_snd_unsent(c) == 0 || !rtxq_has_room(c)) {
        return false;
    }
    plan_data(c, 1, tcp_snd_unsent(c) == 1, false, 0, plan);
    plan->cause = INL_CAUSE_TCP_PROBE_WINDOW;
    return true;
}

/* The window has opened and the probe's byte was refused: it goes again with what follows. */
void tcp_output_extend_probe(struct tcp_conn *c) {
    struct tcp_rtx *rtx = tcp_rtxq_at(&c->rtxq, 0);
    uint32_t room = min32(c->opt.snd_mss_bytes, c->snd.wnd_bytes);
    uint64_t unsent = tcp_snd_unsent(c);
    uint32_t more;

    if (c->rtxq.n != 1 || rtx->len != tcp_rtx_data(rtx) || rtx->len >= room || unsent == 0) {
        return;
    }
    more = room - rtx->len;
    more = unsent < more ? (uint32_t)unsent : more;
    tcp_rtxq_extend(&c->rtxq, more, more == unsent);
    tcp_snd_sent(c, more, false);
}

/* ---- acknowledgements ---- */

static void plan_ack(const struct tcp_conn *c, enum tcp_plan_kind kind, uint8_t cause,
                     struct tcp_plan *plan) {
    *plan = (struct tcp_plan){
        .seq = kind == TCP_PLAN_KEEP ? seq_sub(c->snd.nxt, 1) : c->snd.nxt,
        .flags = TCP_ACK,
        .kind = (uint8_t)kind,
        .cause = (enum inl_cause)cause,
    };
}

static bool plan_pure_ack(const struct tcp_conn *c, struct tcp_plan *plan) {
    if (c->ackd.runs == 0) {
        return false;
    }
    plan_ack(c, TCP_PLAN_PURE_ACK, c->ackd.run[0].cause, plan);
    return true;
}

static bool plan_keepalive(const struct tcp_conn *c, struct tcp_plan *plan) {
    if (!c->tmr.keep_probe) {
        return false;
    }
    plan_ack(c, TCP_PLAN_KEEP, INL_CAUSE_TCP_PROBE_KEEPALIVE, plan);
    return true;
}

static bool plan_due_ack(const struct tcp_conn *c, struct tcp_plan *plan) {
    if (c->ackd.now == INL_CAUSE_NONE) {
        return false;
    }
    plan_ack(c, TCP_PLAN_ACK, c->ackd.now, plan);
    return true;
}

static bool plan_syn_received(struct tcp_conn *c, struct tcp_plan *plan) {
    const struct tcp_rtx *lost = c->rtxq.n > 0 ? tcp_rtxq_next_lost(&c->rtxq) : NULL;

    return (!lost || lost->flags & TCP_RTX_SYN) && plan_handshake(c, plan);
}

/* RFC 7413 4.2.2: data may follow our SYN-ACK before that is acknowledged. */
static bool plan_opened_fast(struct tcp_conn *c, struct tcp_plan *plan) {
    return c->rtxq.n > 0 && ((!c->snd.fin_wanted && plan_new(c, plan)) || plan_due_ack(c, plan));
}

bool tcp_output_plan_asked(struct tcp_conn *c, struct tcp_plan *plan) {
    switch (c->state) {
    case INL_TCP_CLOSED:
    case INL_TCP_LISTEN:
    case INL_TCP_TIME_WAIT:
        return false;
    case INL_TCP_SYN_SENT:
        return plan_handshake(c, plan);
    case INL_TCP_SYN_RECEIVED:
        return !tcp_syn_held(c) && (plan_syn_received(c, plan) || plan_pure_ack(c, plan) ||
                                    (tcp_opened_fast(c) && plan_opened_fast(c, plan)));
    default:
        c->pace.waits = false;
        return plan_pure_ack(c, plan) || plan_rtx(c, plan) || plan_tlp(c, plan) ||
               plan_probe(c, plan) || plan_new(c, plan) || plan_keepalive(c, plan) ||
               plan_due_ack(c, plan);
    }
}

bool tcp_output_plan(struct tcp_conn *c, struct tcp_plan *plan) {
    uint32_t len = 0;
    enum quick_work work = quick_work(c, &len);

    if (work == QUICK_ASK) {
        return tcp_output_plan_asked(c, plan);
    }
    quick_work_notes(c);
    if (work == QUICK_NONE) {
        return false;
    }
    if (len > 0) {
        plan_data(c, len, len == tcp_snd_unsent(c), false, tcp_snd_flight(c), plan);
    } else {
        plan_due_ack(c, plan);
    }
    return true;
}

/* ---- segments leave ---- */

/* RFC 5681 4.1 */
static void output_idle_restart(struct tcp_conn *c) {
    if (c->rtxq.n == 0 && c->last_sent.ns > 0 &&
        inl_time_sub(c->tcp->env->now, c->last_sent) > tcp_rto_ns(c)) {
        tcp_cc_idle(&c->cc, c->tcp->env->now);
    }
}

/*
 * How many full-sized segments of that size plan_new() would name now, one after the other, for no
 * other reason than that the windows have room and data is there. Not the last of the data.
 */
static uint32_t run_segs(struct tcp_conn *c, uint32_t size) {
    uint64_t unsent = tcp_snd_unsent(c);
    struct tcp_room room = output_room(c);
    uint32_t bytes = min32(room.wnd, room.cwnd);

    if (c->rec.fast || c->rec.timeout || c->rec.dupacks > 0 || c->rtxq.lost_bytes > 0 ||
        tcp_undo_probing(c) || c->ecn.hold || c->ecn.mode > TCP_ECN_CLASSIC ||
        tcp_pace_rate(c) > 0 || quick_pmtud_probe_data(c) > 0 || quick_opt_room(c) != size ||
        unsent <= size) {
        return 0;
    }
    bytes = unsent - 1 < bytes ? (uint32_t)(unsent - 1) : bytes;
    return bytes / size;
}

/* The plain part of a frame at once: what tcp_sent() would note of each, and the rest of it
 * once.
 */
static void output_run(struct tcp_conn *c, struct tcp_frame *frame, uint32_t room) {
    uint32_t size = frame->data_len;
    uint32_t most = min32(run_segs(c, size), room / size - 1);
    uint32_t n = 0;

    for (; n < most && rtxq_has_room(c); n++) {
        tcp_rtxq_push(&c->rtxq, c->snd.nxt, size, 0, c->tcp->env->now);
        tcp_snd_sent(c, size, false);
        tcp_rate_sent(c, tcp_rtxq_at(&c->rtxq, c->rtxq.n - 1));
    }
    if (n > 0) {
        c->segs_out += n;
        c->tcp->out_segs += n;
        tcp_timers_data_sent(c);
        tcp_tlp_schedule(c);
        tcp_gso_add(frame, n);
    }
}

/* Builds the segment, and with it those that may follow at once in the same frame (gso.c). */
static int output_build(struct tcp_conn *c, struct tcp_plan *plan, struct pkt *pkt) {
    struct tcp_frame frame;
    int err = tcp_build_begin(c, plan, pkt, &frame);
    uint32_t room;

    tcp_sent(c, plan);
    if (err < 0) {
        return err;
    }
    room = tcp_gso_room(c, &frame);
    if (room > frame.data_len) {
        output_run(c, &frame, room);
    }
    while (room > frame.data_len && tcp_gso_open(&frame) && plan_new(c, plan) &&
           tcp_gso_join(c, &frame, plan, room)) {
        tcp_sent(c, plan);
    }
    return tcp_build_end(c, &frame);
}

bool tcp_pull(struct tcp *tcp, int link, struct pkt *pkt) {
    struct list *n;

    while ((n = list_first(&tcp->ready[link]))) {
        struct tcp_conn *c = LIST_ENTRY(n, struct tcp_conn, turn);
        int placed = IP_OUT_QUEUED;
        struct tcp_plan plan;

        tcp_conn_unready(c);
        if (c->plain) {
            placed = tcp_plain_pull(c, link, pkt);
            if (placed == IP_OUT_PLACED) {
                return true;
            }
            if (placed != -EAGAIN) {
                continue;
            }
            placed = IP_OUT_QUEUED;
        }
        tcp_conn_path(c);
        output_idle_restart(c);
        if (c->pmtud.state == TCP_PMTUD_DONE) {
            tcp_pmtud_age(c);
        }
        if (c->path.link == link && tcp_output_plan(c, &plan)) {
            placed = output_build(c, &plan, pkt);
        }
        tcp_conn_settle(c);
        if (placed == IP_OUT_PLACED) {
            return true;
        }
    }
    return false;
}
