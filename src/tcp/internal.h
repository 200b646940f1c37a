/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - the map of tcp/: what each file offers to the others
 *
 * Nothing outside tcp/ includes this. A segment's way through these files:
 *
 *     in    demux.c -> input.c -> ack.c (rtxq, sack, rack, sndq, rto, undo, recovery, tlp, cc) ->
 * rcvq.c (delack) -> close.c out   output.c (what) -> build.c (how) -> ip_out(); replies without a
 * connection: reply.c
 *
 * Each event on a connection ends in tcp_conn_settle() (or, in a burst of segments, in
 * tcp_conn_touch(), which settles in tcp_rx_done()): it looks at what is to be sent and which
 * deadlines follow from the state. So no other place arms timers for fear of forgetting one.
 * A connection is freed only by tcp_reap() at the end of a call from outside: pointers stay
 * good throughout an event.
 */
#ifndef TCP_INTERNAL_H
#define TCP_INTERNAL_H

#include "ip/stamp.h"
#include "tcp/conn.h"
#include "tcp/ecn_paths.h"
#include "tcp/frame.h"
#include "tcp/loss.h"
#include "tcp/rate.h"
#include "tcp/rest.h"
#include "tcp/srcroute.h"
#include "tcp/tfo.h"
#include "tcp/twtab.h"
#include "tcp/window.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"

#define TCP_MSS_MIN 64 /* smaller offers of a peer count as this (SEC: tiny-MSS floods) */
#define TCP_SMALL_BUF_BYTES (16u << 10) /* to send, of a new connection under memory pressure */
#define TCP_R1_RTX 3 /* RFC 9293 3.8.3, SHLD-10: retransmissions until the path is in doubt */
#define TCP_TS_OPT_BYTES 12u      /* timestamps with their padding */
#define TCP_OOO_RANGES 256        /* separate pieces beyond a hole: so many at least, */
#define TCP_OOO_RANGES_MAX 16384  /* at most, */
#define TCP_OOO_RANGE_BYTES 1024  /* and one for so much of the receive buffer */
#define TCP_SWS_NS (200 * INL_MS) /* RFC 1122 4.2.3.4: 0.1 to 1 s */

struct tcp {
    struct env *env;
    struct ip *ip;
    struct ports *ports;
    struct inl_tcp_config cfg;
    uint8_t ttl;
    bool transparent;
    bool long_ways; /* no connection counts as plain (tests) */
    uint8_t hash_key[16];
    uint8_t isn_key[16];
    uint8_t cookie_key[16];
    inl_time cookie_sent; /* the last one */
    struct htab conns;
    struct htab rests; /* struct tcp_rest */
    struct htab syns;
    struct tcp_twtab tw;
    struct htab listeners;
    struct list all;            /* every struct tcp_conn that is not in dead */
    struct list dead;           /* to be freed by tcp_reap() */
    struct tcp_train train;     /* of the connection `last` */
    struct tcp_conn *last;      /* demux.c: whom the last segment was for, while in the table */
    struct ip_stamp stamp;      /* plain_out.c: the headers of the connection stamp_of */
    struct tcp_conn *stamp_of;  /* who sent last on the short way, while in the table */
    bool scattered;             /* demux.c: and the one before it was for another of many */
    struct list listener_list;  /* every listener */
    struct list touched;        /* got a segment in this burst */
    struct list half_open_list; /* connections in SYN-RECEIVED of listeners, oldest first */
    struct list syn_list;       /* the same as entries: struct tcp_syn */
    struct list ready[INL_LINKS_MAX];
    struct timer tw_timer;
    struct tcp_cc_ack ack;        /* the ACK that is worked on; owner of these: rate.c */
    struct tcp_rtx_rate ack_rate; /* of the delivered segment that was sent last */
    bool ack_again;               /* it was sent more than once */
    inl_time ack_sent;            /* when that was; NEVER: nothing delivered yet */
    uint32_t conn_count;          /* of all, and of those at rest */
    tcp_moved_fn moved;           /* NULL: connections do not rest */
    struct tcp_rest_opts *rest_opts[TCP_REST_OPTS]; /* used last */
    unsigned rest_opts_turn;
    uint32_t half_open;
    uint32_t orphans;
    size_t mem_bytes; /* of all buffers: see memory.c */
    uint64_t mem_refused;
    uint32_t curr_estab; /* in ESTABLISHED or CLOSE-WAIT */
    uint64_t in_errs;    /* segments that were damaged */
    uint64_t active_opens, passive_opens, attempt_fails, estab_resets;
    uint64_t in_segs, out_segs, retrans_segs, out_rsts;
    uint64_t sack_discards, sack_reneges, dsacks_in, undos, loss_probes;
    uint64_t cookies_sent, cookies_good, cookies_failed;
    struct tcp_tfo tfo;
    struct tcp_ecn_paths ecn_paths;
    uint64_t listen_overflows, listen_drops;
    struct tcp_routes routes;
};

struct tcp_listener {
    struct hnode node;
    struct list all;
    struct tcp *tcp;
    struct list accept_queue; /* established, not accepted */
    uint32_t accept_n;
    uint32_t half_n;  /* in SYN-RECEIVED */
    struct list syns; /* of these, the entries */
    int backlog;
    uint64_t salt; /* among those that share the port; else 0 */
    struct inl_sockaddr local;
    struct port_bind *bind;
    struct evnode ev;
    void *user;
    struct tcp_sock_opts opts;
};

/* What a SYN said. */
struct tcp_syn_said {
    seq_t seq;
    uint32_t ts_val;
    uint16_t win;
    uint16_t flags;
    uint16_t mss;
    uint8_t wscale;
    uint8_t present; /* enum tcp_opt_has */
    uint8_t tos;     /* of its IP header */
};

/* A SYN that was answered: half of a connection (synq.c). */
struct tcp_syn {
    struct hnode node;
    struct timer timer;
    struct list order; /* tcp->syn_list */
    struct list siblings;
    struct tcp_listener *listener;
    inl_time since;
    struct inl_addr local;
    struct inl_addr remote;
    uint16_t scope; /* a link's number */
    uint16_t lport;
    uint16_t rport;
    uint16_t chal_period; /* since it began, modulo 2^16 */
    seq_t iss;
    struct tcp_syn_said said;
    uint32_t rcvbuf_bytes; /* the listener's, when the SYN came */
    uint8_t chal_n;
    uint8_t rtx;     /* times that the timer expired */
    bool again : 1;  /* the SYN-ACK was sent more than once */
    bool no_ecn : 1; /* the SYN came again without asking for ECN */
    bool give : 1;   /* the first SYN-ACK carries a Fast Open cookie */
    bool low : 1;    /* the lowest bits of our TSval shall be ts_low */
    uint8_t ts_low;
};

/* A received segment: host order, and without the parts that were cut off it. */
struct tcp_seg {
    const struct ip_rx *rx;
    const uint8_t *data;
    uint32_t data_len;
    seq_t seq;
    seq_t ack;
    uint32_t win; /* as on the wire */
    uint16_t flags;
    uint16_t urg; /* pointer, as on the wire */
    uint16_t sport;
    uint16_t dport;
    struct tcp_opts o; /* only what `present` names is set */
};

/* SEG.LEN: data, SYN and FIN. */
static inline uint32_t tcp_seg_len(const struct tcp_seg *seg) {
    return seg->data_len + ((seg->flags & TCP_SYN) != 0) + ((seg->flags & TCP_FIN) != 0);
}

/* ---- conn.c: life ---- */
/* @c: all zero. Takes no memory: a connection can be on the C stack, see tcp_syn_replay(). */
void tcp_conn_init(struct tcp_conn *c, struct tcp *tcp);
struct tcp_conn *tcp_conn_alloc(struct tcp *tcp);
/* It is over: out of all tables; err (positive) or 0. A socket's stays as a shell in CLOSED. */
void tcp_conn_finish(struct tcp_conn *c, int err);
/* The same with a RST to the peer, if the state wants one. */
void tcp_conn_reset(struct tcp_conn *c, int err, enum inl_cause cause);
void tcp_conn_discard(struct tcp_conn *c); /* its socket lets go: free it at the next reap */
void tcp_conn_unhash(struct tcp_conn *c);
void tcp_conn_unready(struct tcp_conn *c);
void tcp_conn_event(struct tcp_conn *c, uint32_t events);
int tcp_conn_path(struct tcp_conn *c);  /* makes c->path valid */
void tcp_conn_flow(struct tcp_conn *c); /* notes its flow label there, once both ends are known */
void tcp_reap_dead(struct tcp *tcp);
static inline void tcp_reap(struct tcp *tcp) {
    if (!list_empty(&tcp->dead)) {
        tcp_reap_dead(tcp);
    }
}

/* ---- settle.c ---- */
void tcp_conn_settle(struct tcp_conn *c);         /* an event is over */
void tcp_conn_touch(struct tcp_conn *c);          /* the same, when the burst is over */
bool tcp_settle_agrees(const struct tcp_conn *c); /* its quick answers are output.c's */

/* ---- rest.c ---- */
/* How long a connection is quiet before it rests: a part of rest_ns while memory is short. */
static inline bool tcp_rest_hurries(const struct tcp *tcp) {
    return tcp->env->mem.used_bytes > tcp->env->mem.limit_bytes / 2;
}
static inline inl_dur tcp_rest_wait(const struct tcp *tcp) {
    return tcp_rest_hurries(tcp) ? tcp->cfg.rest_ns / 8 : tcp->cfg.rest_ns;
}
void tcp_rest_later(struct tcp_conn *c); /* something has happened: not before rest_ns from now */
void tcp_rest_on_timer(struct tcp_conn *c); /* c may be gone afterwards */
void tcp_rest_free_all(struct tcp *tcp);

/* ---- state.c ---- */
bool tcp_state_may(enum inl_tcp_state from, enum inl_tcp_state to);
void tcp_state_set(struct tcp_conn *c, enum inl_tcp_state to);
static inline bool tcp_state_synced(const struct tcp_conn *c) {
    return c->state >= INL_TCP_ESTABLISHED;
}

/* RFC 9293 3.10.7.4, table 6: does any of the segment lie in the window? */
bool tcp_seg_acceptable(const struct tcp_seg *seg, seq_t rcv_nxt, uint32_t wnd_bytes);

/* Opened by a SYN with data, and may send before the handshake is over: RFC 7413. */
static inline bool tcp_opened_fast(const struct tcp_conn *c) {
    return c->state == INL_TCP_SYN_RECEIVED && (c->tfo & TCP_TFO_FAST) != 0;
}

/* Taken from a listener, or to be taken, before its SYN is answered: see listen.c. */
static inline bool tcp_syn_held(const struct tcp_conn *c) {
    return c->state == INL_TCP_SYN_RECEIVED && c->passive && c->opts.hold_syn;
}

/* ---- demux.c ---- */
uint64_t tcp_tuple_hash(const struct tcp *tcp, const struct inl_addr *local, uint16_t lport,
                        const struct inl_addr *remote, uint16_t rport);
struct tcp_conn *tcp_find_conn(const struct tcp *tcp, uint64_t hash, const struct inl_addr *local,
                               uint16_t lport, const struct inl_addr *remote, uint16_t rport);
struct tcp_syn *tcp_find_syn(const struct tcp *tcp, uint64_t hash, const struct inl_addr *local,
                             uint16_t lport, const struct inl_addr *remote, uint16_t rport);
struct tcp_rest *tcp_find_rest(const struct tcp *tcp, uint64_t hash, const struct inl_addr *local,
                               uint16_t lport, const struct inl_addr *remote, uint16_t rport);
void tcp_hash_conn(struct tcp_conn *c);
void tcp_unhash_conn(struct tcp_conn *c);
/* The connection of the segment before, if this one is for it as well. */
struct tcp_conn *tcp_find_last(const struct tcp *tcp, const struct inl_addr *local, uint16_t lport,
                               const struct inl_addr *remote, uint16_t rport);
uint64_t tcp_listener_hash(const struct tcp *tcp, const struct inl_addr *addr, uint16_t port);
/* @who: tcp_tuple_hash(), which chooses among listeners that share the port */
struct tcp_listener *tcp_find_listener(const struct tcp *tcp, const struct inl_addr *local,
                                       uint16_t lport, uint64_t who);

/* ---- isn.c ---- */
/* The ISN, but above where the last connection of the tuple ended. */
seq_t tcp_isn_above(struct tcp *tcp, seq_t isn, seq_t old_nxt);
seq_t tcp_isn(const struct tcp *tcp, const struct inl_sockaddr *local,
              const struct inl_sockaddr *remote);

/* ---- open.c ---- */
/* Fills in what active and passive opens share: tuple, path, ISS, buffers. */
int tcp_open_init(struct tcp_conn *c, const struct inl_sockaddr *local,
                  const struct inl_sockaddr *remote);
enum inl_drop tcp_syn_sent_input(struct tcp_conn *c, struct tcp_seg *seg);
void tcp_established(struct tcp_conn *c, const struct tcp_seg *seg);
void tcp_established_fast(struct tcp_conn *c); /* RFC 7413: it may send before that */

/* ---- listen.c ---- */
/* @old_nxt: NULL, or our ISN must be beyond it (reopened from TIME-WAIT) */
/* ret_conn: a connection that the segment has made, and which shall have it */
enum inl_drop tcp_listen_input(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg,
                               const seq_t *old_nxt, struct tcp_conn **ret_conn);
/* A new connection does what a SYN asks for: it is in SYN-RECEIVED then, with the ISN @iss. */
int tcp_listen_take_syn(struct tcp_conn *c, const struct tcp_listener *l, const struct tcp_seg *seg,
                        seq_t iss);
void tcp_listen_adopt(struct tcp_conn *c, struct tcp_listener *l); /* counted as half-open */
bool tcp_listen_has_room(const struct tcp_listener *l);            /* in the accept queue */
/* The handshake of a passive connection is complete: false if the accept queue is full. */
bool tcp_listen_may_establish(const struct tcp_conn *c);
void tcp_listen_established(struct tcp_conn *c);
void tcp_listen_forget(struct tcp_conn *c); /* leaves its listener's counts and queues */

/* ---- synq.c ---- */
void tcp_syn_said(const struct tcp_seg *seg, struct tcp_syn_said *ret);
void tcp_syn_tuple(const struct tcp_seg *seg, struct tcp_syn *ret); /* its four-tuple */
void tcp_syn_send_synack(struct tcp *tcp, const struct tcp_syn *s, enum inl_cause cause);
/* A connection in SYN-RECEIVED whose SYN-ACK is outstanding, or NULL. The entry stays. */
struct tcp_conn *tcp_syn_connect(struct tcp *tcp, const struct tcp_syn *s);
/* What the connection would be now. @c: just initialised. */
int tcp_syn_replay(struct tcp_conn *c, struct tcp_listener *l, const struct tcp_syn *s);
enum inl_drop tcp_synq_add(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg,
                           seq_t iss, bool give);
/* ret_conn: the entry is gone, and this connection shall have the segment; else untouched */
enum inl_drop tcp_synq_input(struct tcp *tcp, struct tcp_syn *s, const struct tcp_seg *seg,
                             struct tcp_conn **ret_conn);
bool tcp_synq_error(struct tcp *tcp, struct tcp_syn *s, const struct ip_err *err, seq_t seq);
void tcp_synq_on_timer(struct tcp *tcp, struct tcp_syn *s);
void tcp_synq_free_oldest(struct tcp *tcp);
void tcp_synq_free_all(struct tcp *tcp);
void tcp_synq_reset_all(struct tcp *tcp, struct tcp_listener *l);
void tcp_syn_info(const struct tcp_syn *s, struct inl_sock_info *ret_info);

/* ---- syncookie.c ---- */
bool tcp_cookie_wanted(const struct tcp *tcp); /* a SYN is to be answered by a cookie */
void tcp_cookie_send(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg);
/* An ACK of nothing that we know. ret_conn: it was a cookie, and this connection shall have it */
enum inl_drop tcp_cookie_input(struct tcp *tcp, struct tcp_listener *l, const struct tcp_seg *seg,
                               struct tcp_conn **ret_conn);

/* ---- tfo.c, see tfo.h ---- */

/* ---- input.c ---- */
enum inl_drop tcp_segment_text(struct tcp_conn *c, struct tcp_seg *seg); /* text and FIN steps */

/* ---- ack.c ---- */
/* The ACK step from ESTABLISHED on; INL_DROP_NONE to go on with the segment's text. */
enum inl_drop tcp_ack_input(struct tcp_conn *c, const struct tcp_seg *seg);
void tcp_ack_delivered(struct tcp_conn *c, const struct tcp_rtx *rtx, uint32_t bytes,
                       struct tcp_acked *a);
void tcp_ack_new(struct tcp_conn *c, const struct tcp_seg *seg);

/* ---- sndq.c ---- */
void tcp_snd_init(struct tcp_conn *c, seq_t iss);
void tcp_snd_window(struct tcp_conn *c, seq_t seq, seq_t ack, uint32_t wnd_bytes);
void tcp_snd_acked(struct tcp_conn *c, seq_t ack);
void tcp_snd_sent(struct tcp_conn *c, uint32_t seq_len, bool fin);
void tcp_snd_fin(struct tcp_conn *c);
int tcp_snd_write(struct tcp_conn *c, const void *buf, size_t len);
void tcp_snd_wrote(struct tcp_conn *c, size_t len); /* after a loan */
void tcp_snd_want_room(struct tcp_conn *c, bool want);
void tcp_snd_purge(struct tcp_conn *c);
void tcp_snd_set_buf(struct tcp_conn *c, uint32_t bytes);
void tcp_snd_more(struct tcp_conn *c, bool more);
size_t tcp_snd_room(const struct tcp_conn *c); /* bytes that the application may add */
static inline uint64_t tcp_snd_off(const struct tcp_conn *c, seq_t seq) {
    return c->snd.una_off + (uint64_t)(int64_t)seq_diff(seq, c->snd.una);
}
/* The application has asked that incomplete segments wait. */
static inline bool tcp_snd_held(const struct tcp_conn *c) {
    return c->opts.cork || c->snd.more;
}
static inline uint32_t tcp_snd_flight(const struct tcp_conn *c) {
    return (uint32_t)seq_diff(c->snd.nxt, c->snd.una);
}
/* Bytes of data not sent yet; from ESTABLISHED on. */
static inline uint64_t tcp_snd_unsent(const struct tcp_conn *c) {
    return c->snd.fin_sent ? 0 : c->snd.end_off - tcp_snd_off(c, c->snd.nxt);
}
static inline bool tcp_snd_fin_acked(const struct tcp_conn *c) {
    return c->snd.fin_sent && seq_eq(c->snd.una, c->snd.nxt);
}

/* ---- rcvq.c ---- */
void tcp_rcv_init(struct tcp_conn *c);
void tcp_rcv_start(struct tcp_conn *c, seq_t irs);
/* Takes data of a segment that was cut to the window. */
enum inl_drop tcp_rcv_data(struct tcp_conn *c, seq_t seq, const uint8_t *data, uint32_t len);
/* Notes a FIN at seq, perhaps alone in its segment; true if it is the next thing in order: then it
 * is taken. */
bool tcp_rcv_fin(struct tcp_conn *c, seq_t seq, bool alone);
bool tcp_rcv_fin_due(struct tcp_conn *c); /* an early FIN has its turn now: it is taken */
int64_t tcp_rcv_read(struct tcp_conn *c, void *buf, size_t len, bool peek);
void tcp_rcv_consume(struct tcp_conn *c, size_t len);
void tcp_rcv_shut(struct tcp_conn *c);
void tcp_rcv_purge(struct tcp_conn *c);
void tcp_rcv_mss(struct tcp_conn *c, uint32_t mss_bytes);
size_t tcp_rcv_waiting(const struct tcp_conn *c);
bool tcp_rcv_readable(const struct tcp_conn *c); /* enough waits for the application */
void tcp_rcv_lowat(struct tcp_conn *c);          /* what is enough has changed */
static inline uint64_t tcp_rcv_off(const struct tcp_conn *c, seq_t seq) {
    return c->rcv.nxt_off + (uint64_t)(int64_t)seq_diff(seq, c->rcv.nxt);
}

/* ---- rto.c ---- */
void tcp_rtt_init(struct tcp_conn *c);
void tcp_rtt_sample(struct tcp_conn *c, inl_dur rtt_ns);
inl_dur tcp_rto_ns(const struct tcp_conn *c); /* with back-off */
void tcp_rto_backoff(struct tcp_conn *c);
void tcp_rtt_syn_rtx(struct tcp_conn *c);
void tcp_rtt_spurious(struct tcp_conn *c, inl_dur rtt_ns); /* a timeout came too early */
void tcp_rtt_established(struct tcp_conn *c);

/* ---- recovery.c, see loss.h ---- */
/* What counts as in flight, and how much may be. */
static inline uint32_t tcp_rec_pipe(const struct tcp_conn *c) {
    uint32_t flight = tcp_snd_flight(c);
    uint32_t gone = c->rtxq.lost_bytes + c->rtxq.sacked_bytes;
    return flight > gone ? flight - gone : 0;
}
uint32_t tcp_rec_cwnd(const struct tcp_conn *c); /* with limited transmit */

/* ---- output.c ---- */
enum tcp_plan_kind { TCP_PLAN_ACK, TCP_PLAN_PURE_ACK, TCP_PLAN_NEW, TCP_PLAN_RTX, TCP_PLAN_KEEP };
struct tcp_plan {
    seq_t seq;
    uint32_t data_len;
    uint16_t flags;
    uint8_t kind;
    enum inl_cause cause;
    struct tcp_rtx *rtx;
};
bool tcp_output_plan(struct tcp_conn *c, struct tcp_plan *plan);
/* The same the long way, as if nothing were plain (tcp_settle_agrees()). */
bool tcp_output_plan_asked(struct tcp_conn *c, struct tcp_plan *plan);
void tcp_output_extend_probe(struct tcp_conn *c);

/* ---- sent.c ---- */
void tcp_sent(struct tcp_conn *c, const struct tcp_plan *plan);

/* ---- reply.c: segments without a connection ---- */
struct tcp_reply {
    const struct inl_addr *src;
    const struct inl_addr *dst;
    uint16_t sport;
    uint16_t dport;
    seq_t seq;
    seq_t ack;
    uint16_t flags;
    uint16_t win;
    uint32_t scope;
    uint8_t ttl;
    uint8_t tos;
    uint64_t owner;
    enum inl_cause cause;
    struct tcp_opts opts;
};
void tcp_reply_send(struct tcp *tcp, const struct tcp_reply *reply);
/* RST for a segment that belongs to nothing (RFC 9293 3.10.7.1), unless it is a RST itself. */
void tcp_reply_rst(struct tcp *tcp, const struct tcp_seg *seg, enum inl_cause cause);

/* ---- timers.c ---- */
void tcp_tmr_init(struct tcp_conn *c);
void tcp_tmr_set(struct tcp_conn *c, enum tcp_tmr which, inl_time due);
void tcp_tmr_clear(struct tcp_conn *c, enum tcp_tmr which);
static inline bool tcp_tmr_armed(const struct tcp_conn *c, enum tcp_tmr which) {
    return !inl_time_is_never(c->tmr.due[which]);
}
void tcp_timers_stop(struct tcp_conn *c);                       /* the connection is over */
void tcp_timers_heard(struct tcp_conn *c);                      /* a segment came */
void tcp_timers_progress(struct tcp_conn *c, bool restart_rto); /* new data was acknowledged */
void tcp_timers_established(struct tcp_conn *c);
void tcp_timers_limit_changed(struct tcp_conn *c); /* the application has set another R2 */
void tcp_timers_orphaned(struct tcp_conn *c);
void tcp_timers_window_opened(struct tcp_conn *c);
void tcp_timers_probe_sent(struct tcp_conn *c);
void tcp_timers_keep_sent(struct tcp_conn *c);
static inline void tcp_timers_data_sent(struct tcp_conn *c) {
    c->tmr.sws_override = false;
}
void tcp_timers_settle(struct tcp_conn *c, bool ready); /* deadlines that follow from the state */
/* Traffic that jumps from one connection to another: the node moves to the earliest deadline now,
 * while its neighbours in the wheel are fresh, and does not fire for one that has passed into
 * nothing. */
void tcp_timers_exact(struct tcp_conn *c);
void tcp_timers_waits(struct tcp_conn *c);     /* something waits for the peer from now on */
bool tcp_wnd_closed(const struct tcp_conn *c); /* zero window: probes instead of retransmission */

/* ---- close.c ---- */
void tcp_fin_received(struct tcp_conn *c);   /* the peer's FIN was taken */
void tcp_fin_acked(struct tcp_conn *c);      /* ours was acknowledged */
void tcp_close_deferred(struct tcp_conn *c); /* just established: a FIN may have been asked for */

/* ---- timewait.c ---- */
struct tcp_tw *tcp_find_tw(const struct tcp *tcp, uint64_t hash, const struct inl_addr *local,
                           uint16_t lport, const struct inl_addr *remote, uint16_t rport);
void tcp_tw_enter(struct tcp_conn *c); /* TIME-WAIT: the connection becomes an entry */
/* The entry of a shell, or NULL: its time is over. */
struct tcp_tw *tcp_tw_of(const struct tcp_conn *c);
void tcp_tw_forget_conn(const struct tcp_conn *c);
void tcp_tw_abort(struct tcp_conn *c); /* RFC 9293 3.10.5: ends the wait */
/* Our own connect() may have the tuple: then reuse ends the entry, and says what ended below. */
bool tcp_tw_reusable(const struct tcp *tcp, const struct tcp_tw *tw);
seq_t tcp_tw_reuse(struct tcp *tcp, struct tcp_tw *tw);
/* The i-th place: false if there are not so many, ret_listed if there is something to list. */
bool tcp_tw_info(const struct tcp *tcp, bool v6, uint32_t i, bool *ret_listed,
                 struct inl_sock_info *ret_info);
/* ret_reopen: a new SYN may begin a connection; the entry is gone then, and its numbers ended
 * before ret_old_nxt. */
enum inl_drop tcp_tw_input(struct tcp *tcp, struct tcp_tw *tw, const struct tcp_seg *seg,
                           bool *ret_reopen, seq_t *ret_old_nxt);
void tcp_tw_on_timer(struct tcp *tcp);
void tcp_tw_free_all(struct tcp *tcp);

/* ---- challenge.c ---- */
bool tcp_challenge_allowed(struct tcp_conn *c);
void tcp_challenge(struct tcp_conn *c, enum inl_cause cause);

/* ---- opts.c ---- */
void tcp_opt_init(struct tcp_conn *c); /* what we offer; needs path and tuple */
void tcp_opt_from_syn(struct tcp_conn *c, const struct tcp_opts *o); /* what the peer offers */
/* The options of a segment of ours with so much data. */
void tcp_opt_fill(const struct tcp_conn *c, uint16_t flags, uint32_t data_len,
                  struct tcp_opts *ret);
/* Data that the next segment takes: less than snd_mss_bytes while there are blocks to tell. */
uint32_t tcp_opt_room(const struct tcp_conn *c);
/* Data that a full segment would take if packets had that size. */
uint32_t tcp_opt_mss_for(const struct tcp_conn *c, uint32_t mtu_bytes);
uint32_t tcp_opt_fixed(const struct tcp_conn *c); /* bytes of options that every segment has */
void tcp_opt_mss_changed(struct tcp_conn *c);     /* what we know of the path has changed */
static inline uint32_t tcp_opt_hdrs(const struct tcp_conn *c) {
    return (inl_addr_is4(&c->remote.addr) ? 20u : 40u) + TCP_HDR_BYTES;
}

/* ---- srcroute.c, see srcroute.h ---- */

/* ---- pmtud.c ---- */
void tcp_pmtud_init(struct tcp_conn *c);
void tcp_pmtud_established(struct tcp_conn *c);
void tcp_pmtud_path_changed(struct tcp_conn *c);
uint32_t tcp_pmtud_mtu(const struct tcp_conn *c);        /* the largest packet that we send */
uint32_t tcp_pmtud_probe_data(const struct tcp_conn *c); /* data of a probe to be sent now, or 0 */
void tcp_pmtud_sent(struct tcp_conn *c, const struct tcp_plan *plan);
/* True: it was a probe, and it is dealt with. The queue's entries have moved. */
bool tcp_pmtud_lost(struct tcp_conn *c, const struct tcp_rtx *rtx);
void tcp_pmtud_ack(struct tcp_conn *c);     /* an ACK was worked on (tcp->ack) */
void tcp_pmtud_timeout(struct tcp_conn *c); /* the RTO has passed */
void tcp_pmtud_age(struct tcp_conn *c);
/* A router says that the segment at seq, which is in flight, was too big. */
enum inl_drop tcp_pmtud_icmp(struct tcp_conn *c, seq_t seq, uint32_t mtu_bytes);

/* ---- ts.c ---- */
uint32_t tcp_ts_offset(const struct tcp *tcp, const struct inl_sockaddr *local,
                       const struct inl_sockaddr *remote);
void tcp_ts_init(struct tcp_conn *c);
/* What a segment of a connection that is no more carries. */
void tcp_ts_reply(const struct tcp *tcp, const struct inl_sockaddr *local,
                  const struct inl_sockaddr *remote, uint32_t recent, struct tcp_opts *ret);
#define TCP_TS_LOW_MASK 63u
void tcp_ts_set_low(struct tcp_conn *c, uint32_t bits); /* of TSval, which gets no later */
void tcp_ts_began(struct tcp_conn *c, inl_time when);   /* our first segment left before now */
void tcp_ts_from_syn(struct tcp_conn *c, const struct tcp_opts *o);
uint32_t tcp_ts_now(const struct tcp_conn *c); /* TSval */
/* Is TSecr believable, and older than that TSval of ours? */
bool tcp_ts_echo_before(const struct tcp_conn *c, const struct tcp_seg *seg, uint32_t ts);
uint32_t tcp_ts_at(const struct tcp_conn *c, inl_time t); /* TSval of a segment sent then */
void tcp_ts_fill(const struct tcp_conn *c, struct tcp_opts *ret);
/* PAWS, before the sequence number is looked at. */
enum inl_drop tcp_ts_input(struct tcp_conn *c, const struct tcp_seg *seg);
void tcp_ts_update(struct tcp_conn *c, const struct tcp_seg *seg); /* an acceptable segment */
/* The round trip by TSecr, in steps of 1 ms; false without a believable one. */
bool tcp_ts_rtt(const struct tcp_conn *c, const struct tcp_seg *seg, inl_dur *ret_rtt_ns);

/* ---- ecn.c ---- */
enum tcp_ecn_mode tcp_ecn_offered(enum inl_ecn wanted, uint16_t syn_flags);
void tcp_ecn_init(struct tcp_conn *c);
void tcp_ecn_connect(struct tcp_conn *c); /* its SYN asks for what the path lets pass */
bool tcp_ecn_refused(struct tcp_conn *c); /* a RST: is it to be tried without ECN? */
void tcp_ecn_give_up(struct tcp_conn *c); /* a handshake segment was without ECN: no ECT */
void tcp_ecn_syn(struct tcp_conn *c, const struct tcp_seg *seg);    /* a SYN of the peer */
void tcp_ecn_synack(struct tcp_conn *c, const struct tcp_seg *seg); /* a SYN-ACK of the peer */
uint16_t tcp_ecn_flags(const struct tcp_conn *c, const struct tcp_plan *plan);
uint8_t tcp_ecn_field(const struct tcp_conn *c, const struct tcp_plan *plan); /* IP header */
void tcp_ecn_sent(struct tcp_conn *c, const struct tcp_plan *plan);
void tcp_ecn_input(struct tcp_conn *c, const struct tcp_seg *seg); /* an acceptable segment */
/* An acceptable ACK, when all else that it says is worked out (tcp->ack): what it echoes. */
void tcp_ecn_ack(struct tcp_conn *c, const struct tcp_seg *seg);
void tcp_ecn_reduced(struct tcp_conn *c); /* cwnd was reduced, for whatever reason */
void tcp_ecn_on_rto(struct tcp_conn *c);  /* an RTO has passed */

/* ---- trace.c ---- */
void tcp_trace_state(const struct tcp_conn *c, enum inl_tcp_state from);
void tcp_trace_metrics(const struct tcp_conn *c); /* an ACK was taken */
void tcp_trace_event(const struct tcp_conn *c, enum inl_tcp_event event);
void tcp_ecn_handshake(struct tcp_conn *c, const struct tcp_seg *seg); /* ACK of our SYN-ACK */
void tcp_ecn_established(struct tcp_conn *c); /* the window is there: answers what was marked */
void tcp_ecn_done(struct tcp_conn *c);
/* RFC 9768 3.1.5: who asks for both kinds of feedback in one handshake is reset. */
bool tcp_ecn_contradicts(uint16_t syn_flags, uint16_t later_syn_flags);

/* ---- accecn.c: called by ecn.c; and by opts.c ---- */
bool tcp_accecn_begin(struct tcp_conn *c); /* false: no memory */
void tcp_accecn_end(struct tcp_conn *c);
uint16_t tcp_accecn_synack(const struct tcp_conn *c); /* flags of our SYN-ACK */
uint16_t tcp_accecn_flags(const struct tcp_conn *c, const struct tcp_plan *plan);
void tcp_accecn_client(struct tcp_conn *c, const struct tcp_seg *synack);
void tcp_accecn_synack_again(struct tcp_conn *c, const struct tcp_seg *seg);
bool tcp_accecn_server(struct tcp_conn *c, const struct tcp_seg *seg);
void tcp_accecn_input(struct tcp_conn *c, const struct tcp_seg *seg);
uint32_t tcp_accecn_delivered_ce(const struct tcp_conn *c);         /* packets, as the peer says */
bool tcp_accecn_ack(struct tcp_conn *c, const struct tcp_seg *seg); /* true: marks are new */
/* The option, if it is due and fits into room. */
void tcp_accecn_fill(const struct tcp_conn *c, uint16_t flags, uint32_t data_len, uint32_t room,
                     struct tcp_opts *ret);
uint32_t tcp_accecn_reserve(const struct tcp_conn *c); /* what it takes beside data */
void tcp_accecn_sent(struct tcp_conn *c, const struct tcp_plan *plan, const struct tcp_opts *o);

/* ---- sackblocks.c ---- */
void tcp_sackr_init(struct tcp_conn *c);
void tcp_sackr_arrived(struct tcp_conn *c, seq_t seq); /* beyond a hole, and is in the ranges */
void tcp_sackr_duplicate(struct tcp_conn *c, seq_t left, seq_t right);
bool tcp_sackr_due(const struct tcp_conn *c);
unsigned tcp_sackr_count(const struct tcp_conn *c); /* blocks that there are to tell */
void tcp_sackr_fill(const struct tcp_conn *c, unsigned max, struct tcp_opts *ret);
void tcp_sackr_sent(struct tcp_conn *c); /* a segment with blocks has left */

#endif
