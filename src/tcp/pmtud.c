/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pmtud.c - how large a packet may be (RFC 1191, 8201, 5927 7; RFC 4821 and 8899 for TCP)
 *
 * Owns tcp_conn.pmtud. Sizes are of IP packets. Two ways to learn them:
 *
 * ICMP. A router says what it can forward. Anybody can forge that, so the quoted segment must be in
 * flight, and larger than what is claimed to be possible; and if packets larger than the claim have
 * arrived before, it waits until the quoted segment times out, or is dropped when the segment is
 * acknowledged (RFC 5927 7.2). Nothing below a floor is believed. After ten minutes larger packets
 * are tried again (RFC 1191 6.3).
 *
 * Probes. Where ICMP does not come through, large packets vanish. The third timeout in a row of a
 * segment larger than BASE_MTU is taken for that (a black hole), and the size falls to BASE_MTU,
 * then by half, down to the floor. From there on larger sizes are tried with probes, which are
 * ordinary new data in one segment that is longer than the others. First the largest size that
 * can be, then by halves between what passes and what does not. A probe that is acknowledged raises
 * the size. One that is lost is no sign of congestion: its data goes again at once, in pieces,
 * and cwnd stays (RFC 4821 7.2); three losses of a size rule it out (MAX_PROBES). When the gap
 * is small, the search rests for ten minutes (PMTU_RAISE_TIMER).
 *
 * tcp.mtu_probing says whether probing begins with a black hole, with the connection, or never.
 *
 * The states are those of RFC 8899 5.2, seen from TCP: DISABLED is OFF; BASE waits for the first
 * ACK after a step down; SEARCH, in TOP and HALVES; DONE is SEARCH_COMPLETE. ERROR is the floor.
 * PROBE_TIMER is the retransmission timer, CONFIRMATION_TIMER is not needed: each ACK confirms.
 *
 * Invariants: mtu is 0 or at least the floor; a probe has an entry in rtxq with TCP_RTX_PROBE.
 *
 * What routers say is shared with all that goes to the same destination (ip/pmtu.c), and so a new
 * connection begins with it. So is the size at which a search ends, if larger probes were lost; a
 * black hole alone is not, for it may be an outage.
 */
#include "tcp/internal.h"

#include <errno.h>

#define BASE_MTU4 1200u
#define BASE_MTU6 1280u
#define MTU_MIN6 1280u
#define MAX_PROBES 3u
#define RAISE_S 600u
#define SEARCH_STEP 16u        /* a gap as small as this is not worth a probe */
#define BLACK_HOLE_TIMEOUTS 3u /* R1 of RFC 1122 4.2.3.5 */
#define FOLLOWERS 4u           /* segments behind a probe, so that its loss shows soon */

static bool pmtud_is4(const struct tcp_conn *c) {
    return inl_addr_is4(&c->remote.addr);
}

static uint32_t min32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t floor_mtu(const struct tcp_conn *c) {
    return pmtud_is4(c) ? c->tcp->cfg.min_pmtu_bytes : MTU_MIN6;
}

static uint32_t base_mtu(const struct tcp_conn *c) {
    return pmtud_is4(c) ? BASE_MTU4 : BASE_MTU6;
}

static uint32_t now_s(const struct tcp_conn *c) {
    return (uint32_t)(c->tcp->env->now.ns / INL_S);
}

/* Headers and the options that every segment has. */
static uint32_t overhead(const struct tcp_conn *c) {
    return tcp_opt_hdrs(c) + tcp_opt_fixed(c);
}

/* The size of our full-sized packets, now. */
static uint32_t present(const struct tcp_conn *c) {
    return c->opt.snd_mss_bytes + overhead(c);
}

/* The largest that link, peer and application allow. */
static uint32_t largest(const struct tcp_conn *c) {
    return min32(tcp_opt_mss_for(c, c->path.mtu_bytes) + overhead(c), UINT16_MAX);
}

uint32_t tcp_pmtud_mtu(const struct tcp_conn *c) {
    return c->pmtud.mtu > 0 ? min32(c->path.mtu_bytes, c->pmtud.mtu) : c->path.mtu_bytes;
}

static bool searching(const struct tcp_conn *c) {
    return c->tcp->cfg.mtu_probing != INL_MTU_PROBING_OFF;
}

static void rest(struct tcp_conn *c) {
    c->pmtud.state = TCP_PMTUD_DONE;
    c->pmtud.raise_s = now_s(c) + RAISE_S;
}

/* Other connections and UDP begin with what this one has found out. */
static void share(const struct tcp_conn *c) {
    ip_pmtu_learn(c->tcp->ip, &c->remote.addr, c->pmtud.mtu);
}

static void set_mtu(struct tcp_conn *c, uint32_t mtu) {
    c->pmtud.mtu = (uint16_t)min32(max32(mtu, floor_mtu(c)), UINT16_MAX);
    tcp_opt_mss_changed(c);
}

void tcp_pmtud_init(struct tcp_conn *c) {
    uint32_t known = ip_pmtu_known(c->tcp->ip, &c->remote.addr);

    c->pmtud = (struct tcp_pmtud){0};
    if (known > 0 && known < c->path.mtu_bytes) {
        c->pmtud.mtu = (uint16_t)max32(known, floor_mtu(c));
        rest(c);
    }
}

void tcp_pmtud_established(struct tcp_conn *c) {
    if (c->tcp->cfg.mtu_probing == INL_MTU_PROBING_ALWAYS && present(c) > base_mtu(c)) {
        c->pmtud.state = TCP_PMTUD_BASE;
        set_mtu(c, base_mtu(c));
    }
}

void tcp_pmtud_path_changed(struct tcp_conn *c) {
    c->pmtud.acked = 0;
    tcp_opt_mss_changed(c);
}

/* ---- probes ---- */

/* The size to be tried now, or 0. */
static uint32_t probe_size(const struct tcp_conn *c) {
    const struct tcp_pmtud *p = &c->pmtud;
    uint32_t max = largest(c);
    uint32_t now = present(c);
    uint32_t size;

    if (p->state == TCP_PMTUD_DONE && now_s(c) >= p->raise_s) {
        size = max;
    } else if (p->state == TCP_PMTUD_TOP) {
        size = p->high > 0 ? min32(max, p->high) : max;
    } else if (p->state == TCP_PMTUD_HALVES) {
        size = now + (min32(max, p->high) - now + 1) / 2;
    } else {
        return 0;
    }
    return size > now ? size : 0;
}

uint32_t tcp_pmtud_probe_data(const struct tcp_conn *c) {
    uint32_t need;
    uint32_t size;

    if (c->pmtud.state == TCP_PMTUD_IDLE || c->pmtud.probing || !searching(c)) {
        return 0;
    }
    if (c->rec.fast || c->rec.timeout || c->rtxq.lost_bytes > 0 || c->rtxq.sacked_n > 0 ||
        tcp_opt_room(c) != c->opt.snd_mss_bytes) {
        return 0; /* RFC 4821 7.4: not while anything else is wrong */
    }
    size = probe_size(c);
    if (size == 0) {
        return 0;
    }
    size -= overhead(c);
    need = size + FOLLOWERS * c->opt.snd_mss_bytes;
    if (tcp_snd_unsent(c) < need || c->cc.cwnd_bytes < need ||
        c->snd.wnd_bytes < tcp_snd_flight(c) + need) {
        return 0;
    }
    return size;
}

void tcp_pmtud_sent(struct tcp_conn *c, const struct tcp_plan *plan) {
    struct tcp_pmtud *p = &c->pmtud;

    if (plan->cause != INL_CAUSE_TCP_PROBE_MTU) {
        return;
    }
    if (p->state == TCP_PMTUD_DONE) {
        p->state = TCP_PMTUD_TOP;
        p->high = 0;
        p->tries = 0;
    }
    p->probing = true;
    p->probe = (uint16_t)(plan->data_len + overhead(c));
    p->probe_seq = plan->seq;
    tcp_rtxq_at(&c->rtxq, c->rtxq.n - 1)->flags |= TCP_RTX_PROBE;
}

/* What passes and what does not have come close enough. If something did not pass, then that is so
 * for all who go there. */
static void search_ends(struct tcp_conn *c) {
    struct tcp_pmtud *p = &c->pmtud;
    bool lost = p->high > 0 && p->high < largest(c);

    if ((lost ? p->high : largest(c)) < present(c) + SEARCH_STEP) {
        if (lost && p->mtu > 0) {
            share(c);
        }
        rest(c);
    }
}

static void probe_arrived(struct tcp_conn *c) {
    struct tcp_pmtud *p = &c->pmtud;

    p->probing = false;
    p->tries = 0;
    p->acked = (uint16_t)max32(p->acked, p->probe);
    set_mtu(c, p->probe);
    search_ends(c);
}

/* Above that nothing passes. What to try next: that itself, or by halves. */
static void search_below(struct tcp_conn *c, uint32_t high, enum tcp_pmtud_state next) {
    c->pmtud.tries = 0;
    c->pmtud.high = (uint16_t)high;
    c->pmtud.state = (uint8_t)next;
    search_ends(c);
}

/* Its data goes again in pieces, whatever cwnd says. */
static void probe_again_in_pieces(struct tcp_conn *c) {
    struct tcp_rtx *rtx = tcp_rtxq_at(&c->rtxq, tcp_rtxq_find(&c->rtxq, c->pmtud.probe_seq));

    c->pmtud.probing = false;
    rtx->flags &= (uint8_t)~TCP_RTX_PROBE;
    tcp_rtxq_mark_lost(&c->rtxq, rtx);
    tcp_rtxq_split(&c->rtxq, &c->tcp->env->mem, c->opt.snd_mss_bytes);
    c->rec.force = TCP_FORCE_PMTU;
    tcp_tmr_clear(c, TCP_TMR_RTO); /* begins anew with the first piece */
}

bool tcp_pmtud_lost(struct tcp_conn *c, const struct tcp_rtx *rtx) {
    struct tcp_pmtud *p = &c->pmtud;

    if (!(rtx->flags & TCP_RTX_PROBE) || !p->probing) {
        return false;
    }
    probe_again_in_pieces(c);
    if (++p->tries >= MAX_PROBES) {
        search_below(c, p->probe - 1u, TCP_PMTUD_HALVES);
    }
    return true;
}

/* ---- ACKs ---- */

static bool probe_is_there(const struct tcp_conn *c) {
    const struct tcp_rtx *rtx;

    if (seq_gt(c->snd.una, c->pmtud.probe_seq)) {
        return true;
    }
    rtx = tcp_rtxq_at(&c->rtxq, tcp_rtxq_find(&c->rtxq, c->pmtud.probe_seq));
    return rtx->flags & TCP_RTX_SACKED;
}

void tcp_pmtud_ack(struct tcp_conn *c) {
    const struct tcp_cc_ack *a = &c->tcp->ack;
    struct tcp_pmtud *p = &c->pmtud;
    uint32_t each = a->delivered_bytes;

    if (a->delivered_segs == 0) {
        return;
    }
    if (a->delivered_segs > 1) { /* one needs no division */
        each /= a->delivered_segs;
    }
    p->acked = (uint16_t)max32(p->acked, min32(each + overhead(c), UINT16_MAX));
    if (p->pending > 0 && seq_gt(c->snd.una, p->pending_seq)) {
        p->pending = 0; /* it has arrived: who said that it was too big? */
    }
    if (a->acked_bytes > 0) {
        p->timeouts = 0;
        if (p->state == TCP_PMTUD_BASE) {
            p->state = TCP_PMTUD_TOP;
            p->high = 0;
            p->tries = 0;
        }
    }
    if (p->probing && probe_is_there(c)) {
        probe_arrived(c);
    }
}

/* ---- timeouts ---- */

static void shrink(struct tcp_conn *c, uint32_t mtu) {
    c->pmtud.pending = 0;
    c->pmtud.acked = 0;
    set_mtu(c, mtu);
}

/* The next size to fall to. */
static uint32_t step_down(const struct tcp_conn *c) {
    uint32_t now = present(c);
    uint32_t base = base_mtu(c);

    return max32(now > base ? base : now / 2, floor_mtu(c));
}

/* The segment that times out again and again need not be full, but larger than what we fall to. */
static bool is_black_hole(const struct tcp_conn *c) {
    uint32_t head = tcp_rtx_data(tcp_rtxq_at(&c->rtxq, 0)) + overhead(c);

    return searching(c) && c->pmtud.timeouts >= BLACK_HOLE_TIMEOUTS && head > step_down(c);
}

void tcp_pmtud_timeout(struct tcp_conn *c) {
    struct tcp_pmtud *p = &c->pmtud;

    if (p->timeouts < UINT8_MAX) {
        p->timeouts++;
    }
    if (p->probing) {
        tcp_pmtud_lost(c, tcp_rtxq_at(&c->rtxq, tcp_rtxq_find(&c->rtxq, p->probe_seq)));
    }
    if (p->pending > 0) {
        shrink(c, p->pending);
        share(c);
        rest(c);
    } else if (is_black_hole(c)) {
        shrink(c, step_down(c));
        p->state = TCP_PMTUD_BASE;
        tcp_trace_event(c, INL_TCP_EVENT_BLACK_HOLE);
    }
    tcp_rtxq_split(&c->rtxq, &c->tcp->env->mem, c->opt.snd_mss_bytes);
}

/* RFC 1191 6.3: without probes the largest size itself is the probe. */
void tcp_pmtud_age(struct tcp_conn *c) {
    if (c->pmtud.state == TCP_PMTUD_DONE && !searching(c) && now_s(c) >= c->pmtud.raise_s) {
        c->pmtud.state = TCP_PMTUD_IDLE;
        c->pmtud.mtu = 0;
        tcp_opt_mss_changed(c);
    }
}

/* ---- ICMP ---- */

enum inl_drop tcp_pmtud_icmp(struct tcp_conn *c, seq_t seq, uint32_t mtu) {
    struct tcp_pmtud *p = &c->pmtud;
    const struct tcp_rtx *rtx = tcp_rtxq_at(&c->rtxq, tcp_rtxq_find(&c->rtxq, seq));
    uint32_t size = tcp_rtx_data(rtx) + overhead(c);

    if (mtu == 0 && pmtud_is4(c)) {
        mtu = ip_pmtu_plateau(size);
    }
    if (mtu >= size || (!pmtud_is4(c) && mtu < MTU_MIN6)) {
        return INL_DROP_ICMP_BAD_MTU; /* RFC 5927 7.2; RFC 8201 4 */
    }
    if (p->probing && rtx->flags & TCP_RTX_PROBE && mtu >= present(c)) {
        probe_again_in_pieces(c);
        search_below(c, mtu, TCP_PMTUD_TOP); /* a probe tells whether it is true */
        return INL_DROP_NONE;
    }
    if (mtu >= present(c)) {
        return INL_DROP_NONE; /* old news: what is sent now is smaller */
    }
    if (mtu < p->acked) {
        p->pending = (uint16_t)max32(mtu, floor_mtu(c));
        p->pending_seq = seq;
        return INL_DROP_NONE;
    }
    if (p->probing) {
        probe_again_in_pieces(c);
    }
    shrink(c, mtu);
    share(c);
    rest(c);
    if (c->rtxq.lost_bytes > 0) {
        c->rec.force = TCP_FORCE_PMTU; /* no congestion was seen (RFC 1191 6.4) */
    }
    return INL_DROP_NONE;
}
