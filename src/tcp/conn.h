/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conn.h - what one connection consists of
 *
 * Each sub-struct has one file that writes it; the others read it or call that file. The names
 * are those of RFC 9293 3.3.1.
 *
 * Sequence numbers and stream offsets. The wire counts modulo 2^32 and SYN and FIN take a number
 * each; rings count bytes of data in 64 bits from 0. The two are tied together at snd.una and
 * rcv.nxt: una has offset una_off, so sequence number s lies at una_off + (s - una). The SYN
 * itself lies at offset 2^64 - 1, which comes out right because all of it is modulo 2^64.
 *
 * Invariants (tcp_check()): una <= nxt; the ring holds exactly the data of [una, end of stream);
 * rtxq covers exactly [una, nxt); out-of-order ranges lie between rcv.nxt and the right edge.
 *
 * Hot fields come first: what a segment in order touches lies in the first cache lines.
 */
#ifndef TCP_CONN_H
#define TCP_CONN_H

#include "base/evq.h"
#include "base/htab.h"
#include "base/ranges.h"
#include "base/ring.h"
#include "base/seq.h"
#include "tcp/cc.h"
#include "tcp/tcp.h"
#include "wire/tcpopt.h"

/* The kinds of timers that the stack hands to tcp_timer(). */
enum tcp_timer_kind {
    TIMER_TCP_CONN = TIMER_TCP + 1, /* the one timer of a connection */
    TIMER_TCP_TIME_WAIT,            /* the one timer of all TIME-WAIT entries */
    TIMER_TCP_SYN,                  /* of a half-open entry */
    TIMER_TCP_REST,                 /* a connection may have been quiet for long: see rest.c */
};

/* Owner: sndq.c. The send stream: what the application gave, and how far it is sent. */
struct tcp_snd {
    seq_t una;
    seq_t nxt;
    uint64_t una_off;
    uint64_t end_off;   /* one past the last byte that the application has written */
    uint32_t wnd_bytes; /* what the peer allows beyond una */
    uint32_t max_wnd_bytes;
    seq_t wl1;
    seq_t wl2;
    seq_t iss;
    bool fin_wanted; /* a FIN follows the last byte */
    bool fin_sent;
    bool want_room;        /* the application was refused room: tell it when there is some */
    bool more;             /* it has said that more follows (INL_MSG_MORE) */
    bool fixed;            /* the application has set the size of the buffer */
    uint32_t sndbuf_bytes; /* how much the application may have in the ring */
    struct ring ring;      /* head is the offset of una (of the first byte before that) */
};

/* Owner: rcvq.c. The received stream: in order up to nxt, ranges beyond. */
struct tcp_rcv {
    seq_t nxt;
    seq_t irs;
    uint64_t nxt_off;
    bool fin_got;       /* the FIN was taken: nxt is past it */
    bool fin_early;     /* a FIN came ahead of a hole; it stands at fin_off */
    bool shut;          /* the application reads no more: data is taken and forgotten */
    uint32_t mss_bytes; /* full-sized segments of the peer, for "every second" */
    uint64_t fin_off;
    struct ring ring; /* head: first byte that the application has not read */
    struct ranges ooo;
};

/* Owner: rwnd.c. Times are in us and wrap. */
struct tcp_rwnd {
    seq_t edge;           /* right edge of the window: promised, never taken back */
    uint32_t buf_bytes;   /* receive buffer */
    uint32_t space_bytes; /* the most that the application has read in a round trip */
    uint32_t read_us;     /* counting began then, */
    uint32_t read_off;    /* at this offset (modulo 2^32) */
    uint32_t rtt_us;      /* as the receiver sees it; 0: not known */
    uint32_t rtt_at_us;   /* without timestamps: a window began to be filled then, */
    seq_t rtt_edge;       /* and this is its end; with them: the last TSecr that was used */
    uint32_t left_us;     /* since then the application has left data unread */
    uint8_t scale;        /* ours */
    bool left;            /* it has */
    bool fixed;           /* the application has set the size */
};

/* Owner: delack.c. Which acknowledgements are due. Runs: pure ACKs that must go out one each. */
#define TCP_ACK_RUNS 4
struct tcp_ackd {
    seq_t last_sent; /* the last acknowledgement number that we sent */
    uint8_t now;     /* enum inl_cause: one ACK is due now, may ride on data; 0: none */
    uint8_t runs;
    bool delayed : 1;  /* data waits for the delayed-ACK timer */
    bool got : 1;      /* data came, and none was sent since */
    bool pingpong : 1; /* both ends talk: ACKs find data to ride on */
    uint8_t quick;     /* so many data segments more are acknowledged at once */
    struct {
        uint8_t cause;
        uint8_t count;
    } run[TCP_ACK_RUNS];
};

/*
 * Owner: rtxq.c (and rtxlist.c, its lists). Segments sent and not acknowledged, oldest first, in a
 * growable ring array.
 */
enum tcp_rtx_flags {
    TCP_RTX_SYN = 1,     /* takes a sequence number in front of the data */
    TCP_RTX_FIN = 2,     /* takes a sequence number behind the data */
    TCP_RTX_LOST = 4,    /* to be sent again; not counted as in flight */
    TCP_RTX_AGAIN = 8,   /* was sent again: gives no RTT sample (Karn) */
    TCP_RTX_PSH = 16,    /* was the last of what the application had written */
    TCP_RTX_PROBE = 128, /* longer than others: tries a larger path MTU */
    TCP_RTX_SACKED = 32, /* the peer has it, beyond a hole; never LOST at the same time */
    TCP_RTX_TOLD = 64,   /* was SACKED, which is not believed any more: no news if it comes again */
};

/* Owner: rate.c. What there was when a segment was sent (again). */
struct tcp_rtx_rate {
    uint32_t delivered; /* counts of tcp_rate, modulo 2^32 */
    uint32_t lost;
    uint32_t in_flight : 31; /* the segment included */
    uint32_t app_limited : 1;
    uint32_t since_first_ns; /* UINT32_MAX: too long */
    uint32_t since_delivered_ns;
};

#define TCP_RTX_NIL UINT32_MAX

struct tcp_rtx {
    inl_time sent; /* the last time */
    seq_t seq;
    uint32_t len;  /* in sequence numbers: SYN and FIN count */
    uint32_t next; /* slot of the next in its list; SACKED: so many entries from here on are, too */
    uint32_t prev;
    struct tcp_rtx_rate rate;
    uint8_t flags;
};

struct tcp_rtx_list {
    uint32_t first; /* slots, or TCP_RTX_NIL */
    uint32_t last;
};

#define TCP_RTXQ_SMALL 1
struct tcp_rtxq {
    struct tcp_rtx *v; /* NULL while small is enough */
    uint32_t head;
    uint32_t n;
    uint32_t cap; /* power of two */
    uint32_t lost_bytes;
    uint32_t sacked_bytes;
    uint32_t sacked_n;
    struct tcp_rtx_list flight; /* neither LOST nor SACKED, by time of sending */
    struct tcp_rtx_list lost;   /* LOST, by turn */
    uint32_t lost_mark;         /* the last of those in lost that go before the others */
    uint16_t cuts;              /* entries cut at edges of SACK blocks, less what was paid back */
    struct tcp_rtx small[TCP_RTXQ_SMALL];
};

/* Owner: rto.c. RFC 6298. */
struct tcp_rtt {
    inl_dur srtt_ns; /* 0: no sample yet */
    inl_dur rttvar_ns;
    inl_dur rto_ns;     /* without back-off */
    inl_dur min_ns;     /* least sample of some minutes (RFC 8985 6.2 step 1); 0: none */
    inl_dur min_new_ns; /* the same since min_since */
    inl_time min_since;
    uint8_t backoff;
    uint8_t syn_rtx; /* retransmissions of the SYN (RFC 6298 5.7, RFC 6928 2) */
};

/* Owner: pace.c. */
struct tcp_pace {
    inl_time next; /* not before */
    bool waits;    /* something could go, but for that */
};

/* Owner: rate.c. Delivery rate; counts in sequence numbers, modulo 2^32. */
struct tcp_rate {
    inl_time delivered_at; /* when `delivered` last grew */
    inl_time first_sent;   /* when the segment was sent that was last delivered */
    inl_dur shown_ns;      /* the last sample that was not app-limited, or the first */
    uint32_t shown_bytes;  /* 0: none */
    uint32_t delivered;
    uint32_t lost;
    uint32_t app_limited_end; /* `delivered` then: what is sent before is app-limited */
    bool app_limited;
};

/* Owner: recovery.c. Loss recovery episodes. */
enum tcp_force {
    TCP_FORCE_NONE,
    TCP_FORCE_RTO,       /* the timer expired */
    TCP_FORCE_FAST,      /* third duplicate ACK */
    TCP_FORCE_PARTIAL,   /* partial ACK in fast recovery */
    TCP_FORCE_RACK,      /* RACK found the first loss of an episode */
    TCP_FORCE_PMTU,      /* the path MTU got smaller */
    TCP_FORCE_WINDOW,    /* the window opened after probes */
    TCP_FORCE_SYN_DUP,   /* the peer's SYN came again */
    TCP_FORCE_SYN_BOTH,  /* simultaneous open */
    TCP_FORCE_SYN_PLAIN, /* a RST met the SYN that asked for ECN */
    TCP_FORCE_SYN_DATA,  /* the data in our SYN was not taken */
};

struct tcp_recovery {
    seq_t recover;    /* RFC 6582, plus one: snd.nxt when the last episode began */
    seq_t before_lt;  /* snd.nxt at the first duplicate ACK: limited transmit is not counted */
    seq_t rto_una;    /* snd.una at the last timeout */
    uint32_t dupacks; /* in a row */
    uint8_t force;    /* enum tcp_force: the first lost segment goes out whatever cwnd says */
    bool fast;        /* in fast recovery */
    bool timeout;     /* in recovery after a timeout, until recover is acknowledged */
    bool had_partial;
    uint32_t prr_delivered; /* RFC 6937 3: in this fast recovery */
    uint32_t prr_out;
    uint32_t prr_flight; /* RecoverFS */
};

/* Owner: undo.c. Was the last episode a false alarm? */
enum tcp_frto {
    TCP_FRTO_OFF,
    TCP_FRTO_RESENT, /* RFC 5682 step 2: the oldest segment went again, alone */
    TCP_FRTO_PROBE,  /* step 3: up to two new segments go, and the next ACK decides */
};

#define TCP_UNDO_AGAIN 4
struct tcp_undo {
    seq_t until;       /* once the episode is over: D-SACKs come until this is acknowledged */
    seq_t frto_point;  /* RFC 5682's RecoveryPoint */
    uint32_t first_ts; /* TSval of the first retransmission */
    seq_t again[TCP_UNDO_AGAIN]; /* retransmissions that no D-SACK has called needless */
    uint8_t resent;              /* of again */
    uint8_t frto;                /* enum tcp_frto */
    uint8_t frto_new;            /* new segments that may go in step 3 */
    bool open;                   /* there is something to undo */
    bool has_first;              /* first_ts is set */
    bool eifel;                  /* the next ACK of new data tells by its timestamp */
    bool counted;                /* again has all of them */
};

/* Owner: rack.c (the names are RFC 8985's), and tlp.c for tlp_*. */
struct tcp_rack {
    inl_time xmit; /* when RACK.segment was sent, if valid */
    inl_dur rtt_ns;
    seq_t end_seq;
    seq_t fack;
    seq_t dsack_round;   /* if in_dsack_round */
    seq_t tlp_end;       /* if tlp_out */
    uint32_t tlp_flight; /* what was in flight with it */
    uint8_t reo_mult;
    uint8_t reo_persist;
    bool valid;
    bool reordering;
    bool in_dsack_round;
    bool tlp_due;   /* a probe goes out next */
    bool tlp_out;   /* one is not acknowledged */
    bool tlp_again; /* it was a retransmission */
    bool tlp_rtt;   /* there was an RTT sample since the last probe */
};

/* Owner: challenge.c. RFC 5961 7: so many in a period. */
struct tcp_chal {
    inl_time since; /* the period began, if count is not 0 */
    uint16_t count;
};

/* Owner: timers.c. */
enum tcp_tmr {
    TCP_TMR_RACK, /* reordering: what is late now is lost (before RTO: it moves that) */
    TCP_TMR_TLP,  /* tail loss probe (the same) */
    TCP_TMR_RTO,
    TCP_TMR_PERSIST, /* zero-window probe, or the sender's SWS override */
    TCP_TMR_DELACK,
    TCP_TMR_KEEPALIVE,
    TCP_TMR_GIVE_UP,
    TCP_TMR_FIN_WAIT2,
    TCP_TMR_PACE, /* tokens for what waits (pace.c) */
    TCP_TMR_MAX
};

struct tcp_tmrs {
    inl_time due[TCP_TMR_MAX];
    inl_time heard;    /* last segment from the peer */
    inl_time progress; /* when the oldest thing that waits for the peer began to wait */
    struct timer node;
    struct timer rest; /* owner: rest.c, as of the next */
    inl_time rest_at;
    uint8_t persist_shift;
    uint8_t keep_sent;
    bool probe;        /* a window probe is due */
    bool keep_probe;   /* a keep-alive probe is due */
    bool sws_override; /* a small segment may go */
};

/* Owner: opts.c. What was negotiated. */
struct tcp_opt {
    uint32_t snd_mss_bytes;  /* effective: data that a segment takes at most, beside timestamps */
    uint32_t peer_mss_bytes; /* from the peer's SYN, or the default */
    uint16_t adv_mss_bytes;  /* what our SYN says */
    uint8_t snd_scale;       /* the peer's: shift of windows that arrive */
    bool wscale_ok;          /* both ends offered it */
    bool sack_ok;            /* both ends offered SACK */
};

/* Owner: pmtud.c. Sizes of IP packets. */
enum tcp_pmtud_state {
    TCP_PMTUD_IDLE,   /* nothing is known to be wrong */
    TCP_PMTUD_DONE,   /* until raise_s */
    TCP_PMTUD_BASE,   /* has stepped down: does anything pass? */
    TCP_PMTUD_TOP,    /* to try: the largest that may be */
    TCP_PMTUD_HALVES, /* to try: the middle */
};

struct tcp_pmtud {
    uint16_t mtu;     /* what was learnt; 0: nothing, the link's holds */
    uint16_t high;    /* the largest that is not ruled out; 0: nothing is */
    uint16_t probe;   /* size of the last probe */
    uint16_t acked;   /* this large a packet has arrived */
    uint16_t pending; /* an ICMP error waits for a timeout to confirm it; 0: none */
    uint8_t state;    /* enum tcp_pmtud_state */
    uint8_t tries;    /* probes of this size that were lost */
    uint8_t timeouts; /* in a row */
    bool probing;     /* a probe is on its way */
    seq_t probe_seq;
    seq_t pending_seq; /* what it quoted */
    uint32_t raise_s;  /* larger sizes are tried again then */
};

/* Owner: ts.c. */
struct tcp_ts {
    uint32_t off;      /* what this connection adds to the clock */
    uint32_t first;    /* TSval when it began: none of ours is older */
    uint32_t recent;   /* TS.Recent */
    uint32_t recent_s; /* when it was taken, in seconds */
    bool ok;           /* both ends offered timestamps */
};

/* Owner: sackblocks.c. What the next ACK tells about data beyond a hole. */
#define TCP_SACKR_RECENT 4
struct tcp_sackr {
    seq_t recent[TCP_SACKR_RECENT]; /* segments beyond a hole, one a range, the last one first */
    struct tcp_sack_block dup;      /* D-SACK, if has_dup */
    uint8_t n;                      /* of recent */
    uint8_t turn;                   /* ACKs since something arrived */
    bool has_dup;
};

/* Owner: ecn.c. */
enum tcp_ecn_mode { TCP_ECN_NONE, TCP_ECN_CLASSIC, TCP_ECN_ACCURATE };

/* Owner: accecn.c. The counters are those of RFC 9768 3.2: r_ what came here, s_ what the peer
 * says came there. In this order: bytes with ECT(0), CE, ECT(1). */
struct tcp_accecn {
    uint32_t r_cep;
    uint32_t s_cep;
    uint32_t option_cep; /* s_cep at the last option that came */
    uint32_t acked_cep;  /* r_cep on the last segment that was sent */
    uint32_t r_count[3];
    uint32_t s_count[3];
    seq_t test_seq;         /* our first data with the option, while testing */
    uint32_t ack_pkts;      /* packets that an ACK covers, smoothed, fixed point */
    uint8_t ever;           /* bits of r_count that ever changed */
    uint8_t news;           /* and since the last option */
    bool last_ce : 1;       /* the last packet had CE */
    bool handshake_ack : 1; /* the next pure ACK tells of the SYN-ACK's ECN field */
    bool option_test : 1;   /* the first data shall have an option */
    bool testing : 1;       /* it has, and is not acknowledged */
    bool option_off : 1;    /* the path does not like options: send none */
    bool option_bad : 1;    /* the peer's options are wiped: do not read them */
    bool deaf : 1;          /* the peer's flags are wiped: do not read them */
};

struct tcp_ecn {
    struct tcp_accecn *acc; /* mode accurate, from ESTABLISHED on */
    seq_t reduced_end;      /* snd.nxt when cwnd was last reduced */
    uint8_t mode;           /* enum tcp_ecn_mode */
    uint8_t asked;          /* the same: what our first SYN asks for */
    uint8_t syn_field;      /* the ECN field of the latest SYN or SYN-ACK that came */
    bool decided : 1;       /* mode is the handshake's result and does not change any more */
    bool no_ect : 1;        /* what we send is not ECN-capable */
    bool echo : 1;          /* classic: ECE on every segment until CWR comes */
    bool cwr_due : 1;       /* classic: CWR on the next new data */
    bool reduced : 1;       /* until an ACK beyond reduced_end no mark counts */
    bool syn_marked : 1;    /* a handshake segment of ours was: to be answered when established */
    bool again : 1;         /* this SYN-ACK is not the first one */
    bool hold : 1;          /* cwnd cannot get smaller: no new data before an RTO has passed */
};

/* Owner: uto.c. */
struct tcp_uto {
    uint32_t remote_s; /* what the peer suggested last; 0: nothing */
    bool due;          /* the option is to go with the next segment that has room */
};

/* Owner: urgent.c. */
struct tcp_urg {
    seq_t snd_up; /* SND.UP: one past the last urgent octet */
    seq_t rcv_up; /* RCV.UP */
    bool sending; /* it is not acknowledged yet */
    bool pending; /* the application has not read up to it */
};

/* Fast Open: where this connection stands. */
enum tcp_tfo_flags {
    TCP_TFO_ASK = 1,        /* our SYN asks for a cookie */
    TCP_TFO_USE = 2,        /* our SYN has one, and data */
    TCP_TFO_WAIT = 4,       /* it waits for the first write */
    TCP_TFO_LOST = 8,       /* it was sent again, without */
    TCP_TFO_LOST_DATA = 16, /* and there was data in it */
    TCP_TFO_GIVE = 32,      /* our SYN-ACK gives a cookie */
    TCP_TFO_FAST = 64,      /* the peer's SYN had one: may be read and written already */
};

struct tcp_conn {
    struct hnode node; /* in tcp->conns while it has a tuple and lives */
    struct tcp *tcp;
    uint8_t state;       /* enum inl_tcp_state; owner: state.c */
    bool owned;          /* by a socket */
    bool orphan;         /* closed by its socket */
    bool passive;        /* began as an incoming SYN */
    bool hashed;         /* node is in the table */
    bool in_ready;       /* turn is in a ready list (otherwise, if linked, in tcp->touched) */
    bool opened;         /* connect() or a listener has given it a tuple */
    bool half_open;      /* counted in tcp->half_open */
    int err;             /* pending errno, positive */
    int soft_err;        /* the last soft ICMP error since data was acknowledged */
    uint8_t tfo;         /* enum tcp_tfo_flags; owner: tfo.c */
    uint8_t route_bytes; /* IP options that all segments have; owner: srcroute.c */
    bool plain;          /* nothing about it is unusual; owner: settle.c, see plain.h */
    uint32_t mem_bytes;  /* what its buffers hold; owner: memory.c */
    struct list turn;    /* ready list of its link, or tcp->touched */
    struct inl_sockaddr remote;
    struct inl_sockaddr local;
    uint64_t pseudo;    /* checksum of the pseudo-header without the length */
    inl_time last_sent; /* data (RFC 5681 4.1) */

    struct tcp_tmrs tmr;
    struct tcp_rcv rcv;
    struct tcp_rwnd rwnd;
    struct tcp_ackd ackd;
    struct tcp_snd snd;
    struct tcp_rtxq rtxq;
    struct tcp_cc cc;
    struct tcp_rate rate;
    struct tcp_pace pace;
    struct tcp_rtt rtt;
    struct tcp_recovery rec;
    struct tcp_rack rack;
    struct tcp_opt opt;
    struct tcp_pmtud pmtud;
    struct tcp_ts ts;
    struct tcp_sackr sackr;
    struct tcp_ecn ecn;
    struct ip_path path;
    struct evnode ev;
    uint64_t segs_out;
    uint64_t segs_in;
    struct tcp_sock_opts opts;

    /* with the second part of opts: what TCP_CONN_HOT_BYTES leaves out */
    struct tcp_undo undo;
    struct tcp_urg urg;
    struct tcp_uto uto;
    struct tcp_chal chal;
    struct list all;   /* tcp->all, or tcp->dead */
    struct list queue; /* listener's accept queue, or tcp->half_open_list */
    struct port_bind *bind;
    struct tcp_listener *listener; /* not accepted yet */
    void *user;
    uint64_t rtx_segs;
};

/* What a segment or a call touches; so much is fetched ahead. */
#define TCP_CONN_HOT_BYTES offsetof(struct tcp_conn, opts.linger_s)

#endif
