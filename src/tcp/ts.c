/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ts.c - timestamps and PAWS (RFC 7323 3, 4, 5)
 *
 * Owns tcp_conn.ts. Once both SYNs had the option, every segment carries one. TSval is a clock of
 * 1 ms plus an offset that is a keyed hash of the four-tuple (7.1): it tells nothing about other
 * connections or the time since start, and a new connection of the same tuple goes on where the
 * last one was, which is what lets a peer in TIME-WAIT tell the two apart (RFC 6191).
 *
 * TS.Recent is the latest TSval of a segment at the left edge of the window. A segment with an
 * older one is a ghost of a sequence number that has wrapped: PAWS drops it. Resets are not tested
 * (5.2: an attacker knows no TSval, but a host that lost its state does not either), and neither
 * are SYNs, which get a challenge ACK later anyway. After 24 days of silence TS.Recent may have
 * wrapped itself, and is not believed (5.5).
 *
 * TS.Recent is taken only from a segment whose ACK number was good, too (the RFC asks for the
 * sequence number alone): a forged one with a TSval far ahead would shut the honest peer out.
 *
 * A segment without the option on a connection that has it is dropped without a word (3.2).
 *
 * TSecr measures the round trip where Karn's rule forbids the queue's own times, that is for
 * segments sent more than once; 4.1: only if the ACK moves SND.UNA. What the peer claims is
 * believed only if we can have sent it: not later than now, not before the connection began.
 *
 * Does not do: the clock is not told from the peer's (no one-way delays).
 */
#include "base/siphash.h"
#include "tcp/internal.h"

#define TS_TICK_NS INL_MS
#define TS_OUTDATED_S (24 * 24 * 3600) /* RFC 7323 5.5 */

static uint32_t ts_clock(const struct tcp *tcp) {
    return (uint32_t)(tcp->env->now.ns / TS_TICK_NS);
}

static uint32_t ts_seconds(const struct tcp *tcp) {
    return (uint32_t)(tcp->env->now.ns / INL_S);
}

uint32_t tcp_ts_offset(const struct tcp *tcp, const struct inl_sockaddr *local,
                       const struct inl_sockaddr *remote) {
    struct {
        struct inl_addr local, remote;
        uint16_t lport, rport;
        uint32_t what; /* another number than the ISN's */
    } key = {local->addr, remote->addr, local->port, remote->port, 1};

    return (uint32_t)siphash(tcp->isn_key, &key, sizeof(key));
}

void tcp_ts_init(struct tcp_conn *c) {
    c->ts = (struct tcp_ts){.off = tcp_ts_offset(c->tcp, &c->local, &c->remote)};
    c->ts.first = tcp_ts_now(c);
}

void tcp_ts_began(struct tcp_conn *c, inl_time when) {
    c->ts.first = (uint32_t)(when.ns / TS_TICK_NS) + c->ts.off;
}

void tcp_ts_set_low(struct tcp_conn *c, uint32_t bits) {
    c->ts.off -= (tcp_ts_now(c) - bits) & TCP_TS_LOW_MASK;
}

uint32_t tcp_ts_now(const struct tcp_conn *c) {
    return ts_clock(c->tcp) + c->ts.off;
}

uint32_t tcp_ts_at(const struct tcp_conn *c, inl_time t) {
    return (uint32_t)(t.ns / TS_TICK_NS) + c->ts.off;
}

bool tcp_ts_echo_before(const struct tcp_conn *c, const struct tcp_seg *seg, uint32_t ts) {
    uint32_t ecr = seg->o.ts_ecr;

    return c->ts.ok && seg->o.present & TCP_HAS_TS && ecr != 0 &&
           tcp_ts_now(c) - ecr <= tcp_ts_now(c) - c->ts.first && (int32_t)(ecr - ts) < 0;
}

static void ts_take(struct tcp_conn *c, uint32_t val) {
    c->ts.recent = val;
    c->ts.recent_s = ts_seconds(c->tcp);
}

void tcp_ts_from_syn(struct tcp_conn *c, const struct tcp_opts *o) {
    c->ts.ok = c->tcp->cfg.timestamps && (o->present & TCP_HAS_TS) != 0;
    if (c->ts.ok) {
        ts_take(c, o->ts_val);
    }
}

static bool ts_outdated(const struct tcp_conn *c) {
    return ts_seconds(c->tcp) - c->ts.recent_s > TS_OUTDATED_S;
}

enum inl_drop tcp_ts_input(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (!c->ts.ok || seg->flags & (TCP_RST | TCP_SYN)) {
        return INL_DROP_NONE;
    }
    if (!(seg->o.present & TCP_HAS_TS)) {
        return INL_DROP_TCP_NO_TIMESTAMP;
    }
    if ((int32_t)(seg->o.ts_val - c->ts.recent) < 0 && !ts_outdated(c)) {
        tcp_challenge(c, INL_CAUSE_TCP_ACK_PAWS); /* R1, and never more than the limit */
        return INL_DROP_TCP_PAWS;
    }
    return INL_DROP_NONE;
}

void tcp_ts_update(struct tcp_conn *c, const struct tcp_seg *seg) {
    if (c->ts.ok && seg->o.present & TCP_HAS_TS && !(seg->flags & (TCP_RST | TCP_SYN)) &&
        seq_le(seg->seq, c->ackd.last_sent)) {
        ts_take(c, seg->o.ts_val);
    }
}

bool tcp_ts_rtt(const struct tcp_conn *c, const struct tcp_seg *seg, inl_dur *ret_rtt_ns) {
    uint32_t now = tcp_ts_now(c);
    uint32_t ticks = now - seg->o.ts_ecr;

    if (!c->ts.ok || !(seg->o.present & TCP_HAS_TS) || seg->o.ts_ecr == 0 ||
        ticks > now - c->ts.first) {
        return false;
    }
    *ret_rtt_ns = ticks > 0 ? (inl_dur)ticks * TS_TICK_NS : TS_TICK_NS;
    return true;
}

void tcp_ts_reply(const struct tcp *tcp, const struct inl_sockaddr *local,
                  const struct inl_sockaddr *remote, uint32_t recent, struct tcp_opts *ret) {
    ret->ts_val = ts_clock(tcp) + tcp_ts_offset(tcp, local, remote);
    ret->ts_ecr = recent;
    ret->present |= TCP_HAS_TS;
}

void tcp_ts_fill(const struct tcp_conn *c, struct tcp_opts *ret) {
    ret->ts_val = tcp_ts_now(c);
    ret->ts_ecr = c->ts.recent;
    ret->present |= TCP_HAS_TS;
}
