/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * undo.c - was it a false alarm? (RFC 3522, 3708, 4015, 5682)
 *
 * Owns tcp_conn.undo. A timeout, or a fast recovery, takes the window down because something
 * seemed lost. Three witnesses may say later that nothing was:
 *
 *   Eifel   the first ACK of new data after a retransmission echoes a timestamp older than it: the
 *           original has arrived (RFC 3522)
 *   D-SACK  the peer reports as duplicates just those segments that were sent again (RFC 3708). A
 *           network that duplicates makes D-SACKs as well, so it is not enough to count them: up
 *           to TCP_UNDO_AGAIN retransmissions are remembered; after more, D-SACKs prove nothing
 *   F-RTO   after a timeout only the oldest segment goes again, then up to two new ones; if the
 *           ACKs of both go on as if nothing had happened, nothing has (RFC 5682, 2.1 and 3.1)
 *
 * Then cwnd and ssthresh are what they were, segments that wait to go again do not, and the
 * episode is over (RFC 4015 3.2). After a spurious timeout the RTO is made to fit the delay.
 *
 * An episode can be undone until what was sent during it is acknowledged.
 */
#include "tcp/internal.h"

#define FRTO_NEW_SEGS 2
#define FRTO_CWND_SEGS 3

void tcp_undo_begin(struct tcp_conn *c) {
    c->undo = (struct tcp_undo){
        .until = c->snd.nxt,
        .open = true,
        .eifel = true,
        .counted = true,
    };
}

void tcp_undo_over(struct tcp_conn *c) {
    c->undo.until = c->snd.nxt;
    c->undo.frto = TCP_FRTO_OFF;
    c->undo.eifel = false;
}

void tcp_undo_close(struct tcp_conn *c) {
    c->undo.open = false;
    tcp_cc_undo_close(&c->cc);
}

void tcp_undo_resent(struct tcp_conn *c, seq_t seq) {
    struct tcp_undo *u = &c->undo;

    if (!u->open) {
        return;
    }
    if (!u->has_first) {
        u->has_first = true;
        u->first_ts = tcp_ts_now(c);
    }
    if (u->resent < TCP_UNDO_AGAIN) {
        u->again[u->resent++] = seq;
    } else {
        u->counted = false;
    }
}

void tcp_undo_new_sent(struct tcp_conn *c) {
    if (c->undo.frto_new > 0) {
        c->undo.frto_new--;
    }
}

/* ---- F-RTO ---- */

/* Step 1. Until the ACK comes, frto_point is the end of the segment that goes again. */
void tcp_undo_frto(struct tcp_conn *c) {
    const struct tcp_rtx *rtx = tcp_rtxq_at(&c->rtxq, 0);

    c->undo.frto = TCP_FRTO_RESENT;
    c->undo.frto_point = seq_add(rtx->seq, rtx->len);
}

void tcp_undo_frto_end(struct tcp_conn *c) {
    c->undo.frto = TCP_FRTO_OFF;
    c->undo.frto_new = 0;
}

static bool can_send_new(const struct tcp_conn *c) {
    return tcp_snd_unsent(c) > 0 && c->snd.wnd_bytes > tcp_snd_flight(c);
}

/* The window of the ACK that began step 3 may not allow what its number did. */
void tcp_undo_window(struct tcp_conn *c) {
    if (tcp_undo_probing(c) && c->undo.frto_new == FRTO_NEW_SEGS && !can_send_new(c)) {
        tcp_undo_frto_end(c);
    }
}

/* Step 2 */
static void frto_first(struct tcp_conn *c, const struct tcp_acked *a) {
    if (a->acked == 0) {
        if (a->dup && !c->opt.sack_ok) {
            tcp_undo_frto_end(c);
        }
        return; /* with SACK the scoreboard takes it in, and we wait */
    }
    if (seq_ge(c->snd.una, c->rec.recover) || seq_lt(c->snd.una, c->undo.frto_point) ||
        !can_send_new(c)) {
        tcp_undo_frto_end(c);
        return;
    }
    c->undo.frto = TCP_FRTO_PROBE;
    c->undo.frto_new = FRTO_NEW_SEGS;
    c->undo.frto_point = c->snd.nxt;
}

/* Step 3 */
static bool frto_second(struct tcp_conn *c, const struct tcp_acked *a) {
    if (a->acked == 0 && a->sacked == 0 && !a->dup) {
        return false; /* neither a new ACK nor a duplicate */
    }
    tcp_undo_frto_end(c);
    if (a->delivered > 0 && seq_le(a->high, c->undo.frto_point)) {
        return true;
    }
    tcp_cc_set_cwnd(&c->cc, FRTO_CWND_SEGS * c->opt.snd_mss_bytes); /* two round trips are over */
    return false;
}

/* ---- the witnesses ---- */

static bool by_timestamp(struct tcp_conn *c, const struct tcp_acked *a) {
    if (!c->undo.eifel || !c->undo.has_first || a->acked == 0) {
        return false;
    }
    c->undo.eifel = false; /* the first ACK only */
    return tcp_ts_echo_before(c, a->seg, c->undo.first_ts);
}

static bool by_dsack(struct tcp_conn *c, const struct tcp_acked *a) {
    struct tcp_undo *u = &c->undo;
    const struct tcp_sack_block *b = &a->dsack_block;
    uint8_t left = 0;

    if (!a->dsack || !u->counted || u->resent == 0) {
        return false;
    }
    for (uint8_t i = 0; i < u->resent; i++) {
        if (seq_lt(u->again[i], b->left) || seq_ge(u->again[i], b->right)) {
            u->again[left++] = u->again[i];
        }
    }
    u->resent = left;
    return left == 0;
}

static bool by_frto(struct tcp_conn *c, const struct tcp_acked *a) {
    switch (c->undo.frto) {
    case TCP_FRTO_RESENT:
        frto_first(c, a);
        return false;
    case TCP_FRTO_PROBE:
        return frto_second(c, a);
    default:
        return false;
    }
}

bool tcp_undo_ack(struct tcp_conn *c, const struct tcp_acked *a) {
    inl_dur rtt;

    if (!c->undo.open) {
        return false;
    }
    if (!by_timestamp(c, a) && !by_dsack(c, a) && !by_frto(c, a)) {
        if (!c->rec.fast && !c->rec.timeout && seq_gt(c->snd.una, c->undo.until)) {
            tcp_undo_close(c);
        }
        return false;
    }
    c->undo.open = false;
    c->undo.frto = TCP_FRTO_OFF;
    c->tcp->undos++;
    if (c->rec.timeout && !a->dsack && tcp_ts_rtt(c, a->seg, &rtt)) {
        tcp_rtt_spurious(c, rtt);
    }
    tcp_cc_undo(&c->cc);
    return true;
}
