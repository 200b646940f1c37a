/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp.c - what a segment means in its connection
 *
 * Positions are 64-bit offsets from a side's SYN. What a side sent is known by `whole` (all below
 * was seen) and `seen` (ranges beyond the first hole); what the peer has of it by `acked`.
 */
#include "tools/flows/flows.h"

#include "base/rd.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"

#include <string.h>

#define DUP_ACKS 3 /* RFC 5681 3.2 */

/* The offset of a sequence number: the one nearest to where the side is. */
static uint64_t offset(const struct flow_side *s, uint32_t seq) {
    uint32_t low = seq - s->isn;
    int64_t distance = (int32_t)(low - (uint32_t)s->next);
    int64_t at = (int64_t)s->next + distance;

    return at > 0 ? (uint64_t)at : 0;
}

uint8_t flow_tcp_flags(const struct packet *p) {
    const struct packet_layer *tcp = packet_layer(p, PACKET_TCP);

    return tcp != NULL && tcp->len_bytes >= 20 ? p->data[tcp->off_bytes + 13] : 0;
}

bool flow_is_over(const struct flow *flow, const struct packet *p) {
    const struct packet_layer *tcp = packet_layer(p, PACKET_TCP);

    if ((flow_tcp_flags(p) & (FLOW_SYN | FLOW_ACK)) != FLOW_SYN) {
        return false;
    }
    bool from0 = flow->side[0].port == p->src_port && inl_addr_eq(&flow->side[0].addr, &p->src);
    const struct flow_side *s = &flow->side[from0 ? 0 : 1];
    bool ended = flow->end != FLOW_OPEN || flow->side[0].has_fin || flow->side[1].has_fin;

    return ended && s->has_seq && s->isn != rd_load32(p->data + tcp->off_bytes + 4);
}

/* ---- what was seen ---- */

/* All of [lo, hi)? */
static bool was_seen(const struct flow_side *s, uint64_t lo, uint64_t hi) {
    if (hi <= s->whole) {
        return true;
    }
    for (unsigned i = 0; i < s->seen_n; i++) {
        if ((lo >= s->seen[i].lo || s->seen[i].lo <= s->whole) && hi <= s->seen[i].hi) {
            return lo >= s->seen[i].lo;
        }
    }
    return false;
}

static void add_seen(struct flow_side *s, uint64_t lo, uint64_t hi) {
    struct flow_range *r = s->seen;
    unsigned i = 0, n;

    lo = lo < s->whole ? s->whole : lo;
    if (lo >= hi) {
        return;
    }
    while (i < s->seen_n && r[i].hi < lo) {
        i++;
    }
    for (n = i; n < s->seen_n && r[n].lo <= hi; n++) {
        lo = r[n].lo < lo ? r[n].lo : lo;
        hi = r[n].hi > hi ? r[n].hi : hi;
    }
    if (n == i && s->seen_n == FLOWS_HOLES) { /* the oldest hole is given up */
        s->whole = r[0].hi;
        memmove(r, r + 1, (FLOWS_HOLES - 1) * sizeof(*r));
        s->seen_n--;
        i = i > 0 ? i - 1 : 0;
        n = i;
    }
    memmove(r + i + 1, r + n, (s->seen_n - n) * sizeof(*r));
    s->seen_n = s->seen_n - (n - i) + 1;
    r[i] = (struct flow_range){lo, hi};
    if (r[0].lo <= s->whole) {
        s->whole = r[0].hi > s->whole ? r[0].hi : s->whole;
        memmove(r, r + 1, (s->seen_n - 1) * sizeof(*r));
        s->seen_n--;
    }
}

/* ---- round trips ---- */

static void remember_sent(struct flow_side *s, uint64_t hi, int64_t time_ns) {
    unsigned at = (s->sent_at + s->sent_n) % FLOWS_SENT;

    if (s->sent_n == FLOWS_SENT) { /* the oldest makes room: its ACK gives no sample */
        s->sent_at = (s->sent_at + 1) % FLOWS_SENT;
        s->sent_n--;
    }
    s->sent[at] = (struct flow_sent){.hi = hi, .time_ns = time_ns};
    s->sent_n++;
}

/* Karn's rule: what went out twice gives no sample. */
static void forget_sent(struct flow_side *s, uint64_t lo) {
    for (unsigned i = 0; i < s->sent_n; i++) {
        struct flow_sent *sent = &s->sent[(s->sent_at + i) % FLOWS_SENT];

        sent->again |= sent->hi > lo;
    }
}

/* The round trip that an acknowledgment ends; 0: none. */
static int64_t take_sample(struct flow_side *s, uint64_t acked, int64_t now_ns) {
    int64_t rtt_ns = 0;

    while (s->sent_n > 0 && s->sent[s->sent_at].hi <= acked) {
        const struct flow_sent *sent = &s->sent[s->sent_at];

        rtt_ns = sent->again ? rtt_ns : now_ns - sent->time_ns;
        s->sent_at = (s->sent_at + 1) % FLOWS_SENT;
        s->sent_n--;
    }
    return rtt_ns > 0 ? rtt_ns : 0;
}

/* ---- a segment ---- */

static void learn_syn(struct flow *flow, unsigned side, const struct tcp_hdr *h,
                      const struct tcp_opts *o, int64_t now_ns) {
    struct flow_side *s = &flow->side[side];

    if (!s->has_syn || s->isn != h->seq.v) {
        s->isn = h->seq.v;
        s->next = s->whole = s->acked = 0;
        s->seen_n = s->sent_n = 0;
        s->has_seq = s->has_syn = true;
    }
    s->mss = o->present & TCP_HAS_MSS ? o->mss : 0;
    s->has_scale = (o->present & TCP_HAS_WSCALE) != 0;
    s->scale = o->wscale;
    s->has_sack = (o->present & TCP_HAS_SACK_OK) != 0;
    s->has_ts = (o->present & TCP_HAS_TS) != 0;
    s->ecn = (h->flags & (FLOW_ECE | FLOW_CWR)) != 0;
    if (!(h->flags & FLOW_ACK)) {
        flow->syn_ns = flow->syn_ns != 0 ? flow->syn_ns : now_ns;
    } else if (flow->synack_ns == 0) {
        flow->synack_ns = now_ns;
    }
}

/* What a segment that fills a hole is: sent again, or only late. */
static uint32_t judge_hole(const struct flow_side *s, const struct flow_side *peer, uint64_t hi,
                           int64_t now_ns) {
    int64_t young_ns = s->rtt.n > 0 ? s->rtt.min : FLOWS_REORDER_NS;

    if (s->rtt.n > 0 && peer->rtt.n > 0) {
        young_ns += peer->rtt.min;
    }
    int64_t age_ns = now_ns - s->next_time_ns;

    if (peer->dup_acks >= DUP_ACKS) {
        return FLOW_AGAIN; /* RFC 5681: the sender has had its sign */
    }
    if (peer->sack_edge > hi && age_ns >= young_ns / 2) {
        return FLOW_AGAIN;
    }
    return age_ns < young_ns ? FLOW_LATE : FLOW_AGAIN;
}

static void judge_data(struct flow_side *s, const struct flow_side *peer, struct flow_event *e,
                       uint64_t lo, uint64_t hi) {
    bool control = (e->flags & (FLOW_SYN | FLOW_FIN)) != 0;

    if (!control && hi - lo <= 1 && hi == s->next && s->next > 0 && hi <= s->acked) {
        e->marks |= FLOW_KEEPALIVE;
        return;
    }
    if (peer->has_ack && !control && peer->window == 0 && hi - lo == 1) {
        e->marks |= FLOW_PROBE;
        s->probed = hi; /* the peer may take it or not: it is not counted as sent */
        return;
    }
    if (peer->has_ack && peer->edge > 0 && hi >= peer->edge && peer->window > 0) {
        e->marks |= FLOW_FULL;
    }
    if (was_seen(s, lo, hi)) {
        e->marks |= FLOW_AGAIN | (hi <= s->acked ? FLOW_NEEDLESS : 0u);
    } else if (hi <= s->next) {
        e->marks |= judge_hole(s, peer, hi, e->time_ns);
    } else if (lo > s->next) {
        e->marks |= FLOW_GAP;
    } else if (lo < s->next && lo < s->whole) {
        e->marks |= FLOW_AGAIN; /* old bytes and new ones in one */
    }
    if (e->marks & FLOW_AGAIN) {
        forget_sent(s, lo);
    }
    add_seen(s, lo, hi);
    if (hi > s->next) {
        s->next = hi;
        s->next_time_ns = e->time_ns;
        if (!(e->marks & FLOW_AGAIN)) {
            remember_sent(s, hi, e->time_ns);
        }
    }
}

static void judge_sack(struct flow_side *s, const struct flow_side *peer, struct flow_event *e,
                       const struct tcp_opts *o) {
    if (o->sack_n == 0) {
        return;
    }
    uint64_t right = offset(peer, o->sack[0].right.v);

    e->marks |= right <= e->ack ? FLOW_DSACK : FLOW_SACK;
    for (unsigned i = 0; i < o->sack_n; i++) {
        right = offset(peer, o->sack[i].right.v);
        s->sack_edge = right > s->sack_edge ? right : s->sack_edge;
    }
}

/* @s acknowledges what @peer has sent. @alone: nothing else stands in the segment. */
static void judge_ack(struct flow *flow, struct flow_side *s, struct flow_side *peer,
                      struct flow_event *e, uint64_t window, bool alone) {
    uint64_t ack = e->ack;

    if (ack > peer->next) {
        e->marks |= peer->has_seq && ack > peer->probed ? FLOW_UNSEEN : 0u;
        peer->next = ack;
        peer->whole = ack;
        peer->seen_n = 0;
    }
    if (s->has_ack && alone && ack == peer->acked) {
        if (window != s->window) {
            e->marks |= window == 0 ? 0u : FLOW_WINDOW;
        } else if (peer->next > ack) {
            e->marks |= FLOW_DUP_ACK;
            s->dup_acks++;
        }
    }
    if (ack > peer->acked) {
        s->dup_acks = 0;
        e->rtt_ns = take_sample(peer, ack, e->time_ns);
        if (e->rtt_ns > 0) {
            flow_times_add(&s->rtt, e->rtt_ns);
        }
        peer->acked = ack;
        if (ack > peer->whole) {
            peer->whole = ack;
            while (peer->seen_n > 0 && peer->seen[0].lo <= ack) {
                peer->whole = peer->seen[0].hi > ack ? peer->seen[0].hi : peer->whole;
                memmove(peer->seen, peer->seen + 1, --peer->seen_n * sizeof(peer->seen[0]));
            }
        }
    }
    peer->fin_acked |= peer->has_fin && ack >= peer->next;
    if (flow->synack_ns != 0 && flow->ack_ns == 0 && s == &flow->side[0]) {
        flow->ack_ns = e->time_ns;
    }
    s->has_ack = true;
    s->window = window;
    s->edge = ack >= peer->acked ? ack + window : s->edge;
}

static void judge_reset(struct flow *flow, unsigned side, int64_t now_ns) {
    const struct flow_side *peer = &flow->side[1 - side];

    if (flow->end != FLOW_OPEN || (flow->side[0].fin_acked && flow->side[1].fin_acked)) {
        return;
    }
    flow->end = side == 1 && peer->has_syn && !flow->side[1].has_syn ? FLOW_REFUSED : FLOW_RESET;
    if (flow->end == FLOW_RESET || flow->closer < 0) {
        flow->closer = (int)side;
        flow->end_ns = now_ns;
    }
}

/* The first segment that was captured of a side stands for its SYN. */
static void begin_in_the_middle(struct flow_side *s, uint32_t seq) {
    if (!s->has_seq) {
        s->isn = seq - 1;
        s->next = s->whole = s->acked = 1;
        s->has_seq = true;
    }
}

static bool is_ce(const struct packet *p) {
    const struct packet_layer *ip = packet_layer(p, p->ip_version == 4 ? PACKET_IP4 : PACKET_IP6);

    if (ip == NULL || ip->len_bytes < 2) {
        return false;
    }
    uint8_t b = p->data[ip->off_bytes + 1];

    return (p->ip_version == 4 ? b & 3 : b >> 4 & 3) == 3;
}

void flow_tcp(struct flow *flow, unsigned side, const struct packet *p, struct flow_event *e) {
    const struct packet_layer *layer = packet_layer(p, PACKET_TCP);
    struct rd r = rd_init(p->data + layer->off_bytes, layer->len_bytes);
    struct flow_side *s = &flow->side[side], *peer = &flow->side[1 - side];
    struct tcp_hdr h;
    struct tcp_opts o;

    if (tcp_parse(&r, &h) != INL_DROP_NONE) {
        return;
    }
    tcp_opts_parse(h.opts, &o);
    e->flags = (uint8_t)h.flags;
    e->marks |= is_ce(p) ? FLOW_CE : 0u;
    if (h.flags & FLOW_SYN) {
        learn_syn(flow, side, &h, &o, e->time_ns);
    } else if (!(h.flags & FLOW_RST)) {
        begin_in_the_middle(s, h.seq.v);
    }
    bool scaled = !(h.flags & FLOW_SYN) && s->has_scale && peer->has_scale;
    uint64_t lo = s->has_seq ? offset(s, h.seq.v) : 0;
    uint64_t hi =
        lo + p->payload_wire_bytes + ((h.flags & FLOW_SYN) != 0) + ((h.flags & FLOW_FIN) != 0);

    e->seq = lo;
    e->window = (uint64_t)h.win << (scaled ? s->scale : 0);
    if (h.win == 0 && !(h.flags & (FLOW_RST | FLOW_SYN | FLOW_FIN))) {
        e->marks |= FLOW_ZERO_WINDOW;
    }
    if (h.flags & FLOW_ACK) {
        if (!(h.flags & FLOW_RST)) {
            begin_in_the_middle(peer, h.ack.v);
        }
        e->ack = offset(peer, h.ack.v);
        judge_sack(s, peer, e, &o);
    }
    if (h.flags & FLOW_RST) {
        judge_reset(flow, side, e->time_ns);
        return;
    }
    if (hi > lo) {
        judge_data(s, peer, e, lo, hi);
    }
    if (h.flags & FLOW_ACK) {
        judge_ack(flow, s, peer, e, e->window, hi == lo);
    }
    if ((h.flags & FLOW_FIN) && !s->has_fin) {
        s->has_fin = true;
        if (flow->closer < 0) {
            flow->closer = (int)side;
            flow->end_ns = e->time_ns;
        }
    }
}
