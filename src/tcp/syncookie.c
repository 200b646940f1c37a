/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syncookie.c - listening without memory (RFC 4987 3.6)
 *
 * When the table of half-open connections is full (or always, if configured so) a SYN leaves
 * nothing behind. The SYN-ACK's sequence number is a cookie, and the ACK brings it back plus one:
 *
 *     bit  31 ......................... 4   3 2 1   0
 *          keyed hash over the four-tuple,   MSS     epoch
 *          the peer's ISN, the epoch and     (one
 *          all that the cookie carries       of 8)
 *
 * An epoch is 64 s; the present one and the one before are good, so a cookie lives for 64 to 128 s,
 * and one guess in 2^28 hits. The MSS is the largest of a short table that the peer can take. If
 * the peer sends timestamps, the lowest six bits of our TSval come back in TSecr and carry window
 * scale (15: none), SACK and ECN; they are under the hash too. Without timestamps none of these is
 * offered. When a cookie proves good, what the SYN said is put together again and goes the way of
 * every other half-open connection (synq.c).
 *
 * ACKs are tried as cookies only while one that we sent may be on its way: else nobody gets to
 * guess.
 *
 * What a cookie costs: an ACK that is lost is not asked for again, a listener's buffer that is set
 * anew in between changes our window scale behind the peer's back, and the ISN is not above that of
 * the tuple's last connection; so a SYN that would begin a new connection from TIME-WAIT gets none.
 */
#include "base/siphash.h"
#include "tcp/internal.h"

#define EPOCH_NS (64 * INL_S)
#define EPOCH_BITS 1
#define MSS_BITS 3
#define MSS_VALUES (1u << MSS_BITS)
#define HASH_SHIFT (EPOCH_BITS + MSS_BITS)
#define WSCALE_NONE 15u
#define WSCALE_MASK 15u
#define TS_SACK 16u
#define TS_ECN 32u
#define ECN_SETUP (TCP_ECE | TCP_CWR)

/* What links carry: smallest to largest, each first one our floor. */
static const uint16_t cookie_mss4[MSS_VALUES] = {
    TCP_MSS_MIN, 536, 1000, 1300, 1400, 1440, 1460, 8960,
};
static const uint16_t cookie_mss6[MSS_VALUES] = {
    TCP_MSS_MIN, 536, 1000, 1220, 1340, 1420, 1440, 8940,
};

static const uint16_t *cookie_table(const struct tcp_syn *s) {
    return inl_addr_is4(&s->remote) ? cookie_mss4 : cookie_mss6;
}

static uint32_t cookie_epoch(const struct tcp *tcp) {
    return (uint32_t)(tcp->env->now.ns / EPOCH_NS);
}

bool tcp_cookie_wanted(const struct tcp *tcp) {
    switch (tcp->cfg.syn_cookies) {
    case INL_SYN_COOKIES_NEVER:
        return false;
    case INL_SYN_COOKIES_ALWAYS:
        return true;
    default:
        return tcp->half_open >= tcp->cfg.max_half_open;
    }
}

static uint32_t cookie_make(const struct tcp *tcp, const struct tcp_syn *s, uint32_t epoch,
                            uint32_t mss_index) {
    struct {
        struct inl_addr local, remote;
        uint16_t lport, rport;
        uint32_t irs, epoch;
        uint32_t carries;
    } key = {s->local,
             s->remote,
             s->lport,
             s->rport,
             s->said.seq.v,
             epoch,
             mss_index | (uint32_t)s->ts_low << 8 | (uint32_t)s->said.present << 16};
    uint32_t hash = (uint32_t)siphash(tcp->cookie_key, &key, sizeof(key));

    return hash << HASH_SHIFT | mss_index << EPOCH_BITS | (epoch & 1);
}

/* ---- a SYN ---- */

/* Rounds what the SYN said down to what a cookie can carry. */
static uint32_t cookie_reduce(const struct tcp *tcp, struct tcp_syn *s) {
    const uint16_t *table = cookie_table(s);
    struct tcp_syn_said *said = &s->said;
    uint32_t mss =
        said->present & TCP_HAS_MSS ? said->mss : table[inl_addr_is4(&s->remote) ? 1 : 3];
    uint32_t i = MSS_VALUES - 1;
    bool ts = tcp->cfg.timestamps && (said->present & TCP_HAS_TS);

    while (i > 0 && table[i] > mss) {
        i--;
    }
    said->mss = table[i];
    said->present = (uint8_t)(TCP_HAS_MSS | (ts ? said->present : 0));
    said->win = 0; /* the ACK brings another one */
    said->flags = ts && (said->flags & ECN_SETUP) == ECN_SETUP ? TCP_SYN | ECN_SETUP : TCP_SYN;
    said->tos = 0;
    if (ts) {
        s->ts_low = (uint8_t)((said->present & TCP_HAS_WSCALE ? said->wscale : WSCALE_NONE) |
                              (said->present & TCP_HAS_SACK_OK ? TS_SACK : 0) |
                              (said->flags & TCP_ECE ? TS_ECN : 0));
        s->low = true;
    }
    return i;
}

void tcp_cookie_send(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg) {
    struct tcp_syn s = {
        .listener = l, .since = tcp->env->now, .rcvbuf_bytes = l->opts.rcvbuf_bytes};
    uint32_t mss_index;

    tcp_syn_tuple(seg, &s);
    tcp_syn_said(seg, &s.said);
    mss_index = cookie_reduce(tcp, &s);
    s.iss = seq_mk(cookie_make(tcp, &s, cookie_epoch(tcp), mss_index));
    tcp->cookie_sent = tcp->env->now;
    tcp->cookies_sent++;
    tcp_syn_send_synack(tcp, &s, INL_CAUSE_TCP_SYNACK_COOKIE);
}

/* ---- the ACK ---- */

static void cookie_restore(struct tcp_syn *s, const struct tcp_seg *seg, uint32_t mss_index) {
    struct tcp_syn_said *said = &s->said;

    said->seq = seq_sub(seg->seq, 1);
    said->flags = TCP_SYN;
    said->mss = cookie_table(s)[mss_index];
    said->present = TCP_HAS_MSS;
    if (!(seg->o.present & TCP_HAS_TS)) {
        return;
    }
    s->ts_low = seg->o.ts_ecr & TCP_TS_LOW_MASK;
    said->ts_val = seg->o.ts_val;
    said->present |= TCP_HAS_TS;
    said->wscale = s->ts_low & WSCALE_MASK;
    if (said->wscale != WSCALE_NONE) {
        said->present |= TCP_HAS_WSCALE;
    }
    if (s->ts_low & TS_SACK) {
        said->present |= TCP_HAS_SACK_OK;
    }
    if (s->ts_low & TS_ECN) {
        said->flags |= ECN_SETUP;
    }
}

static bool cookie_expected(const struct tcp *tcp) {
    return tcp->cookies_sent > 0 && inl_time_sub(tcp->env->now, tcp->cookie_sent) <= 2 * EPOCH_NS;
}

/* Puts together the half-open connection that the ACK belongs to, if it brings a good cookie. */
static bool cookie_open(const struct tcp *tcp, const struct tcp_seg *seg, struct tcp_syn *ret) {
    uint32_t cookie = seq_sub(seg->ack, 1).v;
    uint32_t now = cookie_epoch(tcp);
    uint32_t epoch = now - ((now ^ cookie) & 1);
    uint32_t mss_index = cookie >> EPOCH_BITS & (MSS_VALUES - 1);
    inl_dur age = 2 * EPOCH_NS;

    tcp_syn_tuple(seg, ret);
    cookie_restore(ret, seg, mss_index);
    ret->iss = seq_mk(cookie);
    ret->again = true; /* nobody knows when it was sent: no sample of the round trip by that */
    ret->since = (inl_time){tcp->env->now.ns > age ? tcp->env->now.ns - age : 0};
    return cookie_make(tcp, ret, epoch, mss_index) == cookie;
}

enum inl_drop tcp_cookie_input(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg,
                               struct tcp_conn **ret_conn) {
    struct tcp_syn s = {.listener = l, .rcvbuf_bytes = l->opts.rcvbuf_bytes};

    if (!cookie_expected(tcp)) {
        return INL_DROP_TCP_ACK_UNSENT;
    }
    if (!cookie_open(tcp, seg, &s)) {
        tcp->cookies_failed++;
        return INL_DROP_TCP_BAD_COOKIE;
    }
    if (!tcp_listen_has_room(l)) {
        tcp->listen_overflows++;
        return INL_DROP_TCP_BACKLOG_FULL;
    }
    *ret_conn = tcp_syn_connect(tcp, &s);
    if (!*ret_conn) {
        return INL_DROP_NO_MEMORY;
    }
    tcp->cookies_good++;
    tcp->passive_opens++;
    return INL_DROP_NONE;
}
