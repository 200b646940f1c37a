/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loss.h - the part of tcp/'s map about what is outstanding and what is lost
 *
 * internal.h includes it; nobody else does. An ACK's way: ack.c takes what it covers off the queue
 * (rtxq.c), sack.c marks what lies beyond a hole, rack.c learns from each segment that arrived,
 * undo.c asks whether the last alarm was false, recovery.c begins and ends episodes.
 */
#ifndef TCP_LOSS_H
#define TCP_LOSS_H

#include "tcp/conn.h"

struct tcp_seg;

/* What one ACK does to the queue, while it is worked on. */
struct tcp_acked {
    const struct tcp_seg *seg;
    inl_time sent;      /* the oldest of what it delivers, sent once; NEVER: none */
    uint32_t acked;     /* bytes that SND.UNA moved */
    uint32_t sacked;    /* bytes that SACK blocks cover for the first time */
    uint32_t delivered; /* both, without what SACK had told of before */
    seq_t high;         /* end of the latest segment delivered, if any */
    bool again;         /* something of it was sent more than once (Karn) */
    bool dup;           /* RFC 5681 2: a duplicate ACK */
    bool dsack;         /* the first block reports a duplicate: dsack_block */
    struct tcp_sack_block dsack_block;
};

/* ---- rtxq.c ---- */
void tcp_rtxq_init(struct tcp_rtxq *q);
void tcp_rtxq_done(struct tcp_rtxq *q, struct mem *mem);
int tcp_rtxq_reserve_two(struct tcp_rtxq *q, struct mem *mem);           /* a SYN and its data */
int tcp_rtxq_reserve(struct tcp_rtxq *q, struct mem *mem, uint32_t max); /* room for one more */
void tcp_rtxq_push(struct tcp_rtxq *q, seq_t seq, uint32_t len, unsigned flags, inl_time now);
void tcp_rtxq_cut_head(struct tcp_rtxq *q, seq_t ack);   /* the ACK ends inside the first entry */
void tcp_rtxq_pop(struct tcp_rtxq *q);                   /* the first entry goes */
void tcp_rtxq_trim(struct tcp_rtxq *q, struct mem *mem); /* gives memory back, if empty */
uint32_t tcp_rtxq_find(const struct tcp_rtxq *q, seq_t seq); /* the first that ends beyond seq */
void tcp_rtxq_mark_lost(struct tcp_rtxq *q, struct tcp_rtx *rtx);
void tcp_rtxq_mark_sacked(struct tcp_rtxq *q, struct tcp_rtx *rtx);
void tcp_rtxq_mark_head(struct tcp_rtxq *q); /* LOST, and the first to go */
void tcp_rtxq_mark_all(struct tcp_rtxq *q);  /* LOST, but for those that are SACKED */
/* Takes back the flags (LOST, SACKED) from all entries. */
void tcp_rtxq_unmark_all(struct tcp_rtxq *q, unsigned flags);
/* The only entry grows by bytes that follow it. */
void tcp_rtxq_extend(struct tcp_rtxq *q, uint32_t bytes, bool push);
void tcp_rtxq_resent(struct tcp_rtxq *q, struct tcp_rtx *rtx, inl_time now);
/* Cuts entry i behind its first bytes; -ENOBUFS, -ENOMEM: it stays whole. Pointers turn bad. */
int tcp_rtxq_cut(struct tcp_rtxq *q, struct mem *mem, uint32_t i, uint32_t bytes);
/* Cuts entries with more than mss bytes of data; -ENOMEM, -ENOBUFS: they stay as they are. */
int tcp_rtxq_split(struct tcp_rtxq *q, struct mem *mem, uint32_t mss);

/* ---- rtxlist.c: the lists inside it ---- */
static inline struct tcp_rtx *tcp_rtxq_array(const struct tcp_rtxq *q) {
    const struct tcp_rtx *v = q->v ? q->v : q->small;

    return (struct tcp_rtx *)(uintptr_t)v; /* the queue's: only the pointer to it was const */
}

static inline uint32_t tcp_rtxq_slot(const struct tcp_rtxq *q, const struct tcp_rtx *rtx) {
    return (uint32_t)(rtx - tcp_rtxq_array(q));
}

static inline struct tcp_rtx *tcp_rtxq_in_slot(const struct tcp_rtxq *q, uint32_t slot) {
    return slot == TCP_RTX_NIL ? NULL : &tcp_rtxq_array(q)[slot];
}

static inline struct tcp_rtx *tcp_rtxq_at(const struct tcp_rtxq *q, uint32_t i) {
    return &tcp_rtxq_array(q)[(q->head + i) & (q->cap - 1)];
}

static inline struct tcp_rtx *tcp_rtxq_next_lost(const struct tcp_rtxq *q) {
    return tcp_rtxq_in_slot(q, q->lost.first);
}

/* Sent the longest ago. */
static inline struct tcp_rtx *tcp_rtxq_flight_first(const struct tcp_rtxq *q) {
    return tcp_rtxq_in_slot(q, q->flight.first);
}

/* The first, if the ACK covers it. */
static inline struct tcp_rtx *tcp_rtxq_covered(const struct tcp_rtxq *q, seq_t ack) {
    struct tcp_rtx *rtx = tcp_rtxq_at(q, 0);

    return q->n > 0 && seq_le(seq_add(rtx->seq, rtx->len), ack) ? rtx : NULL;
}

/* tcp_rtxq_pop() of an entry that is in flight, and the only one. */
static inline void tcp_rtxq_pop_only(struct tcp_rtxq *q) {
    q->flight = (struct tcp_rtx_list){TCP_RTX_NIL, TCP_RTX_NIL};
    q->head = (q->head + 1) & (q->cap - 1);
    q->n = 0;
    if (q->cuts > 0) {
        q->cuts--;
    }
}

void tcp_rtxl_init(struct tcp_rtxq *q);
void tcp_rtxl_remove(struct tcp_rtxq *q, struct tcp_rtx *rtx); /* from the list it is in, if any */
void tcp_rtxl_add_flight(struct tcp_rtxq *q, struct tcp_rtx *rtx);
void tcp_rtxl_add_lost(struct tcp_rtxq *q, struct tcp_rtx *rtx, bool first);
void tcp_rtxl_rebuild(struct tcp_rtxq *q); /* from the flags and times */
/* The entries lie in v now, from its begin on; the queue's head and size are still the old ones. */
void tcp_rtxl_moved(struct tcp_rtxq *q, struct tcp_rtx *v);
static inline uint32_t tcp_rtx_data(const struct tcp_rtx *rtx) {
    return rtx->len - ((rtx->flags & TCP_RTX_SYN) != 0) - ((rtx->flags & TCP_RTX_FIN) != 0);
}

/* ---- sack.c ---- */
/* Marks what the SACK blocks of an ACK cover, and finds D-SACK. */
void tcp_sack_input(struct tcp_conn *c, struct tcp_acked *a);
/* The ACK stops where a SACK had told of data: the peer has thrown it away. */
void tcp_sack_renege(struct tcp_conn *c);

/* ---- rack.c ---- */
void tcp_rack_init(struct tcp_conn *c);
void tcp_rack_delivered(struct tcp_conn *c, const struct tcp_rtx *rtx, const struct tcp_seg *seg);
/* Marks what is lost, and arms the timer for what may be so later; bytes marked. */
uint32_t tcp_rack_detect(struct tcp_conn *c);
void tcp_rack_on_ack(struct tcp_conn *c, const struct tcp_acked *a); /* D-SACK: the window adapts */
void tcp_rack_recovered(struct tcp_conn *c);                         /* an episode is over */
void tcp_rack_forget(struct tcp_conn *c); /* RACK.segment, after a false alarm */
void tcp_rack_mark_on_rto(struct tcp_conn *c);

/* ---- tlp.c ---- */
void tcp_tlp_init(struct tcp_conn *c); /* also when an episode begins */
void tcp_tlp_schedule(struct tcp_conn *c);
void tcp_tlp_settle(struct tcp_conn *c);
void tcp_tlp_on_timer(struct tcp_conn *c);
void tcp_tlp_sent(struct tcp_conn *c, bool again);
void tcp_tlp_rtt(struct tcp_conn *c); /* an RTT sample was taken */
/* True if this ACK tells that the probe has repaired a loss. */
bool tcp_tlp_ack(struct tcp_conn *c, const struct tcp_acked *a);

/* ---- undo.c ---- */
void tcp_undo_begin(struct tcp_conn *c); /* cwnd is about to fall */
void tcp_undo_over(struct tcp_conn *c);  /* the episode is */
void tcp_undo_close(struct tcp_conn *c); /* nothing is undone any more */
void tcp_undo_resent(struct tcp_conn *c, seq_t seq);
void tcp_undo_new_sent(struct tcp_conn *c);
void tcp_undo_frto(struct tcp_conn *c); /* a timeout that may be spurious */
void tcp_undo_frto_end(struct tcp_conn *c);
void tcp_undo_window(struct tcp_conn *c); /* the ACK's window is known, too */
/* True if this ACK shows that the last episode was a false alarm; then it is forgotten. */
bool tcp_undo_ack(struct tcp_conn *c, const struct tcp_acked *a);
static inline bool tcp_undo_probing(const struct tcp_conn *c) {
    return c->undo.frto == TCP_FRTO_PROBE;
}

/* ---- recovery.c ---- */
void tcp_rec_init(struct tcp_conn *c);
void tcp_rec_ack(struct tcp_conn *c, const struct tcp_acked *a, bool *ret_restart_rto);
void tcp_rec_timeout(struct tcp_conn *c);
void tcp_rec_on_rack_timer(struct tcp_conn *c);
void tcp_rec_quiet(struct tcp_conn *c); /* what waited for reports of duplicates waits no more */
void tcp_rec_force(struct tcp_conn *c, enum tcp_force why); /* send the oldest segment again */
void tcp_rec_forced(struct tcp_conn *c);                    /* done */
void tcp_rec_resent(struct tcp_conn *c, const struct tcp_rtx *rtx);
void tcp_rec_sent(struct tcp_conn *c, uint32_t bytes); /* data, new or again */

#endif
