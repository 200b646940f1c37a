/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain.h - connections of which nothing is unusual
 *
 * Nearly always a connection is established, nothing of it is lost, SACKED or held back, no probe,
 * FIN, urgent data or ECN is about, and its options are the timestamps or none. It is *plain* then,
 * and its segments may take a short way: plain_in.c for the next segment in order, plain_out.c for
 * new data and the ACKs that ride on it. Each asks one byte, c->plain, where the long way asks
 * every mechanism. What depends on the segment or on time (numbers, windows, Nagle, the path) the
 * short ways look at themselves, and leave to the long way what they do not like.
 *
 * tcp_plain_is() is the definition. The byte is its answer when the last event was over: every
 * event ends in tcp_conn_settle() (settle.c), which asks it, and an event that has begun and is not
 * settled has taken the byte away (tcp_conn_touch()). The short ways themselves change nothing that
 * the definition names. tcp_check() holds the byte against the definition.
 *
 * Included by internal.h's users who need it; owns nothing.
 */
#ifndef TCP_PLAIN_H
#define TCP_PLAIN_H

#include "tcp/internal.h"

/* Nothing is lost or thought to be, nothing was undone or probed for lately. */
static inline bool tcp_plain_loss(const struct tcp_conn *c) {
    return (c->rec.force | c->rec.fast | c->rec.timeout | c->undo.frto | c->undo.frto_new |
            c->undo.open | c->rack.tlp_due | c->rack.tlp_out | c->rack.in_dsack_round |
            c->rtt.backoff | c->pmtud.state | c->pmtud.probing) == 0 &&
           (c->rec.dupacks | c->rtxq.lost_bytes | c->rtxq.sacked_bytes | c->pmtud.pending) == 0;
}

/* No segment has anything to tell beside data, the ACK and the timestamps. */
static inline bool tcp_plain_header(const struct tcp_conn *c) {
    return (c->urg.sending | c->urg.pending | c->uto.due | c->sackr.has_dup | c->ecn.mode |
            c->route_bytes) == 0 &&
           c->rcv.ooo.n == 0 && !c->ecn.acc;
}

/* The application wants nothing but that bytes move; no probe and no ACK of a special kind is due.
 */
static inline bool tcp_plain_wishes(const struct tcp_conn *c) {
    return (c->snd.fin_wanted | c->snd.more | c->opts.cork | c->orphan | c->rcv.fin_early |
            c->rcv.shut | c->tmr.probe | c->tmr.keep_probe | c->tmr.sws_override | c->ackd.runs) ==
               0 &&
           (c->err | c->soft_err) == 0 && c->opts.notsent_lowat_bytes == 0;
}

/* The algorithm leaves pacing and the measure of rates to the others. */
static inline bool tcp_plain_cc(const struct tcp_conn *c) {
    const struct tcp_cc_ops *ops = c->cc.ops;

    return !ops->pacing_rate && !ops->own_cwnd && !c->tcp->cfg.pacing;
}

static inline bool tcp_plain_is(const struct tcp_conn *c) {
    return c->state == INL_TCP_ESTABLISHED && !c->tcp->long_ways && tcp_plain_loss(c) &&
           tcp_plain_header(c) && tcp_plain_wishes(c) && tcp_plain_cc(c);
}

/* ---- plain_in.c: for connections with c->plain ---- */
/* Takes a segment. False: nothing was done, it is one for the long way. */
bool tcp_plain_input(struct tcp_conn *c, const struct ip_rx *rx, enum inl_drop *ret_drop);

/* ---- plain_out.c: the same ---- */
/* Takes bytes of the application: all; or false, and none. */
bool tcp_plain_send(struct tcp_conn *c, const void *buf, size_t len);
/* Builds the next segment for its link, which has taken it out of the ready list. Result as
 * ip_out(), or -EAGAIN: nothing was done. */
int tcp_plain_pull(struct tcp_conn *c, int link, struct pkt *pkt);
/* tcp_conn_settle() after an event of the short ways. */
void tcp_plain_settle(struct tcp_conn *c);
/* What is kept of its headers may not be right any more. */
static inline void tcp_plain_forget(const struct tcp_conn *c) {
    if (c->tcp->stamp_of == c) {
        c->tcp->stamp_of = NULL;
    }
}

#endif
