/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain_out.c - new data of a plain connection, and the ACKs that ride on it (plain.h)
 *
 * Three moments: the application adds bytes, the link asks for a segment, and an event is over. In
 * all of them the question is the same: may new data go now? quick_data() (quick.h) answers it; if
 * it does not say yes, the long way is asked (output.c, sndq.c, settle.c).
 *
 * A segment here has 20 bytes of header and perhaps the timestamps, is new data or an ACK alone,
 * and stays alone in its frame. So its header is written by stores of fixed size, and of all that
 * tcp_sent() asks there is left: the queue, the delivery rate, the tail loss probe, pacing after a
 * pause, the ACK that it carries.
 *
 * Who sends two such segments in a row, with none of another connection between them, gets a stamp
 * (ip/stamp.h): the headers in front of the third are a copy. There is one for all connections, as
 * segments come in trains. It is forgotten when the connection leaves the table, or when somebody
 * may change its options.
 *
 * Owns tcp.stamp, tcp.stamp_of.
 */
#include "tcp/plain.h"
#include "tcp/quick.h"

#include "base/csum.h"
#include "wire/ipproto.h"

#include <errno.h>
#include <string.h>

/* ---- an event is over ---- */

static void plain_ready(struct tcp_conn *c) {
    if (c->path.gen != ip_path_gen(c->tcp->ip)) {
        (void)tcp_conn_path(c);
    }
    list_del(&c->turn);
    list_add_tail(&c->tcp->ready[c->path.link], &c->turn);
    c->in_ready = true;
}

/* It is not in a ready list: shall it be? False: ask the long way. */
static inline bool plain_offer(struct tcp_conn *c) {
    uint64_t unsent = tcp_snd_unsent(c);

    if (c->snd.wnd_bytes == 0 || (unsent > 0 && quick_data(c, unsent) == 0)) {
        return false;
    }
    quick_work_notes(c);
    if (unsent > 0 || c->ackd.now != INL_CAUSE_NONE) {
        plain_ready(c);
    }
    quick_tmr_clear(c, TCP_TMR_PACE);
    quick_tmr_clear(c, TCP_TMR_PERSIST);
    return true;
}

/* The deadlines that follow from what is in flight, but for the probe's (tlp.c). */
static inline void plain_deadlines(struct tcp_conn *c) {
    if (!tcp_tmr_armed(c, TCP_TMR_RTO) && !tcp_tmr_armed(c, TCP_TMR_RACK)) {
        quick_tmr_in(c, TCP_TMR_RTO, tcp_rto_ns(c));
    }
    if (!tcp_tmr_armed(c, TCP_TMR_GIVE_UP)) {
        tcp_timers_waits(c);
    }
}

static inline void plain_exact(struct tcp_conn *c) {
    if (c->tcp->scattered && timer_armed(&c->tmr.node)) {
        tcp_timers_exact(c);
    }
}

void tcp_plain_settle(struct tcp_conn *c) {
    if (!c->in_ready && !plain_offer(c)) {
        tcp_conn_settle(c);
        return;
    }
    if (c->rtxq.n > 0) {
        plain_deadlines(c);
    } else {
        quick_tmr_clear(c, TCP_TMR_RTO);
        quick_tmr_clear(c, TCP_TMR_RACK);
        quick_tmr_clear(c, TCP_TMR_TLP);
        quick_tmr_clear(c, TCP_TMR_GIVE_UP);
    }
    plain_exact(c);
    quick_mem_update(c);
    quick_rest_later(c);
}

/* ---- the application adds bytes ---- */

bool tcp_plain_send(struct tcp_conn *c, const void *buf, size_t len) {
    uint64_t used = c->snd.end_off - ring_head(&c->snd.ring);

    if (len >= c->snd.sndbuf_bytes || used + len >= c->snd.sndbuf_bytes || /* some room stays */
        tcp_mem_left(c->tcp) < len + RING_PAGE_BYTES || c->snd.ring.tail > c->snd.end_off ||
        ring_write_at(&c->snd.ring, c->snd.end_off, buf, len, NULL) < 0) {
        return false;
    }
    c->snd.end_off += len;
    c->snd.want_room = false;
    if (!c->in_ready && !plain_offer(c)) {
        tcp_conn_settle(c);
        return true;
    }
    quick_mem_update(c);
    quick_rest_later(c);
    return true;
}

/* ---- the link asks for a segment ---- */

static enum inl_cause plain_cause(const struct tcp_conn *c, uint32_t len, bool all) {
    if (len == 0) {
        return (enum inl_cause)c->ackd.now;
    }
    if (len >= c->opt.snd_mss_bytes) {
        return all ? INL_CAUSE_TCP_DATA_PUSH : INL_CAUSE_TCP_DATA;
    }
    return tcp_snd_flight(c) == 0 ? INL_CAUSE_TCP_DATA_SMALL : INL_CAUSE_TCP_DATA_NODELAY;
}

/* The header, with its checksum. @acc: sum of the data; @len: of all. */
static void plain_header(struct tcp_conn *c, uint32_t hdr_len, uint16_t flags, uint64_t acc,
                         uint32_t len, uint8_t *p) {
    uint32_t hlen_flags = hdr_len / 4 << 12 | flags;

    acc += csum_add16(c->pseudo, (uint16_t)len);
    acc = csum_put32(acc, p, (uint32_t)c->local.port << 16 | c->remote.port);
    acc = csum_put32(acc, p + 4, c->snd.nxt.v);
    acc = csum_put32(acc, p + 8, c->rcv.nxt.v);
    acc = csum_put32(acc, p + 12, hlen_flags << 16 | tcp_rwnd_advertise(c, false));
    if (c->ts.ok) {
        acc = csum_put32(acc, p + 20, TCP_TS_ALONE);
        acc = csum_put32(acc, p + 24, tcp_ts_now(c));
        acc = csum_put32(acc, p + 28, c->ts.recent);
    }
    wr_store32(p + TCP_CSUM_OFF, (uint32_t)csum_fold(acc) << 16); /* no urgent data */
}

/* What tcp_sent() comes to. */
static void plain_sent(struct tcp_conn *c, uint32_t len, bool all) {
    inl_time now = c->tcp->env->now;

    c->segs_out++;
    c->tcp->out_segs++;
    if (len > 0) {
        tcp_rtxq_push(&c->rtxq, c->snd.nxt, len, all ? TCP_RTX_PSH : 0, now);
        tcp_snd_sent(c, len, false);
        tcp_rate_sent(c, tcp_rtxq_at(&c->rtxq, c->rtxq.n - 1));
        tcp_tlp_schedule(c);
        c->last_sent = now;
        quick_pace_sent(c, len);
        tcp_ackd_data_sent(c);
    }
    tcp_ackd_sent(c);
    tcp_sackr_sent(c);
}

/* The first segment of a train goes by ip_out(); the second, too, and makes a stamp. */
static __attribute__((noinline)) int plain_out_anew(struct tcp_conn *c, struct pkt *pkt,
                                                    enum inl_cause cause) {
    struct tcp *tcp = c->tcp;
    bool again = tcp->stamp_of == c;
    uint8_t start[IP_STAMP_START_BYTES]; /* the ports, from which a flow label may follow */
    int placed;
    const struct ip_tx tx = {
        .src = c->local.addr,
        .dst = c->remote.addr,
        .path = &c->path,
        .owner = c->opts.owner,
        .cause = cause,
        .proto = IP_PROTO_TCP,
        .ttl = c->opts.ttl,
        .tos = c->opts.tos,
        .dont_fragment = true,
        .any_mtu = true, /* pmtud.c */
    };

    memcpy(start, pkt_data(pkt), sizeof(start));
    tcp->stamp_of = c;
    ip_stamp_drop(&tcp->stamp);
    placed = ip_out(tcp->ip, pkt, &tx);
    if (again && placed == IP_OUT_PLACED) {
        (void)ip_stamp_make(tcp->ip, &tcp->stamp, &tx, start);
    }
    return placed;
}

static inline int plain_out(struct tcp_conn *c, struct pkt *pkt, enum inl_cause cause) {
    struct tcp *tcp = c->tcp;

    if (tcp->stamp_of != c || !ip_stamp_put(tcp->ip, &tcp->stamp, pkt)) {
        return plain_out_anew(c, pkt, cause);
    }
    pkt->cause = cause;
    pkt->owner = c->opts.owner;
    return IP_OUT_PLACED;
}

/* RFC 5681 4.1: it sends again after a pause (output.c). */
static bool was_idle(const struct tcp_conn *c) {
    return c->rtxq.n == 0 && c->last_sent.ns > 0 &&
           inl_time_sub(c->tcp->env->now, c->last_sent) > tcp_rto_ns(c);
}

int tcp_plain_pull(struct tcp_conn *c, int link, struct pkt *pkt) {
    uint64_t unsent = tcp_snd_unsent(c);
    uint32_t len = unsent > 0 ? quick_data(c, unsent) : 0;
    bool all = len > 0 && len == unsent;
    uint32_t hdr_len = TCP_HDR_BYTES + (c->ts.ok ? TCP_TS_OPT_BYTES : 0);
    enum inl_cause cause = plain_cause(c, len, all);
    size_t off = c->path.headroom_bytes;
    uint64_t acc = 0;
    uint8_t *p;
    int placed;

    if (cause == INL_CAUSE_NONE || (len == 0 && unsent > 0) || c->path.link != link ||
        c->path.gen != ip_path_gen(c->tcp->ip) || c->path.tx_csum ||
        (cause == INL_CAUSE_TCP_DATA && ip_link_gso_max(c->tcp->ip, link) > 0) ||
        off + hdr_len + len > pkt->cap || was_idle(c)) {
        return -EAGAIN;
    }
    p = pkt->buf + off;
    if (len > 0 && ring_read_at(&c->snd.ring, tcp_snd_off(c, c->snd.nxt), p + hdr_len, len, &acc)) {
        return -EAGAIN; /* cannot be: see tcp_check() */
    }
    plain_header(c, hdr_len, all ? TCP_ACK | TCP_PSH : TCP_ACK, acc, hdr_len + len, p);
    pkt->off = off;
    pkt->len = hdr_len + len;
    plain_sent(c, len, all);
    placed = plain_out(c, pkt, cause);
    if (!plain_offer(c)) {
        tcp_conn_settle(c);
    } else if (len > 0) { /* what an ACK alone leaves was settled when its cause came */
        plain_deadlines(c);
        plain_exact(c);
    }
    return placed;
}
