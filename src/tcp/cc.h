/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc.h - congestion control as a table of functions
 *
 * cc.c keeps what every algorithm has: cwnd and ssthresh in bytes, slow start, the window during
 * and after losses, the way back after a false alarm. An algorithm says how cwnd grows in
 * congestion avoidance and how far it falls, or, if it has a model of the path (OWN_CWND), sets
 * cwnd and the pacing rate itself at each ACK. Integers only. It knows no connection: everything
 * comes in through the calls below.
 *
 * Who calls:
 *   rate.c      tcp_cc_on_ack() once for each ACK, when all else is done; tcp_cc_on_lost()
 *   recovery.c  enter_recovery, set_cwnd (PRR), exit_recovery, timeout, undo; without SACK also
 *               fast, inflate, partial, recovered
 *   output.c    limited, idle
 *   ecn.c       ecn
 */
#ifndef TCP_CC_H
#define TCP_CC_H

#include "base/mem.h"

#include <inlet/socket.h>
#include <inlet/stack.h>

#include <stdbool.h>
#include <stdint.h>

struct tcp_cc;

/* In which phase of recovery an ACK came. */
enum tcp_cc_phase {
    TCP_CC_OPEN,     /* nothing is being repaired: cwnd may grow */
    TCP_CC_RECOVERY, /* fast recovery: recovery.c sets cwnd */
    TCP_CC_LOSS,     /* slow start after a timeout */
};

/**
 * struct tcp_rate_sample - delivery rate, measured over about a round trip (rate.c)
 * @bytes_per_s:     0: this ACK gave no sample, or the algorithm has no model (own_cwnd)
 * @interval_ns:     over which it was measured
 * @delivered_bytes: delivered in it
 * @prior_delivered: the count of delivered bytes when the segment of the sample was sent
 * @lost_bytes:      found lost since then
 * @in_flight_bytes: in flight when it was sent, itself included
 * @app_limited:     the sender had nothing to send at some time in it: too low
 */
struct tcp_rate_sample {
    uint64_t bytes_per_s;
    inl_dur interval_ns;
    uint32_t delivered_bytes;
    uint32_t prior_delivered;
    uint32_t lost_bytes;
    uint32_t in_flight_bytes;
    bool app_limited;
};

/**
 * struct tcp_cc_ack - what one ACK said
 * @acked_bytes:     by the acknowledgement number; 0 for a duplicate
 * @delivered_bytes: newly known to have arrived: @acked that no SACK had told of, and newly SACKed
 * @delivered_segs:  the same in segments
 * @lost_bytes:      newly marked lost
 * @prior_bytes:     in flight before this ACK
 * @flight_bytes:    in flight now
 * @delivered:       count of delivered bytes, modulo 2^32
 * @una, @nxt:       as numbers, for those who count rounds by sequence numbers
 * @rtt_ns:          measured by this ACK; 0: none
 * @srtt_ns:         0: none yet
 * @ce_bytes:        of @delivered, marked by the network
 * @ece:             the peer echoes congestion
 * @phase:           enum tcp_cc_phase
 */
struct tcp_cc_ack {
    inl_time now;
    uint32_t acked_bytes;
    uint32_t delivered_bytes;
    uint32_t delivered_segs;
    uint32_t lost_bytes;
    uint32_t prior_bytes;
    uint32_t flight_bytes;
    uint32_t delivered;
    uint32_t una;
    uint32_t nxt;
    inl_dur rtt_ns;
    inl_dur srtt_ns;
    uint32_t ce_bytes;
    bool ece;
    uint8_t phase;
    struct tcp_rate_sample rate;
};

/* What happens to an algorithm besides ACKs. */
enum tcp_cc_event {
    TCP_CC_EV_START,     /* cwnd is the initial window */
    TCP_CC_EV_RECOVERED, /* recovery is over */
    TCP_CC_EV_TIMEOUT,
    TCP_CC_EV_SAVE, /* an episode begins: what undo needs */
    TCP_CC_EV_UNDO, /* it was a false alarm; cwnd and ssthresh are back already */
    TCP_CC_EV_CALM, /* slow start has ended without a loss (HyStart++) */
    TCP_CC_EV_IDLE, /* sends again after more than an RTO */
};

/* A segment that was marked lost. */
struct tcp_cc_loss {
    uint32_t len;
    uint32_t in_flight;  /* when it was sent, itself included */
    uint32_t lost_since; /* bytes found lost since then, these included */
    bool app_limited;    /* it was sent when there was too little to send */
};

/**
 * struct tcp_cc_ops - an algorithm; what may be NULL says so
 * @name:        for people and for TCP_CONGESTION
 * @algo:        its number
 * @state_bytes: state too large for the union: allocated for who uses it, u.bbr
 * @hystart:     wants HyStart++ in its first slow start
 * @own_cwnd:    has a model: @on_ack sets cwnd, and slow start, PRR and ssthresh do not
 * @exact_ecn:   uses ECN, and as a receiver lets ECE follow CE exactly (RFC 8257 3.2)
 * @on_ack:      each ACK, before cwnd grows; NULL
 * @avoid:       @acked bytes were acknowledged in congestion avoidance: grow cwnd
 * @ssthresh:    the window that a loss leaves, given what was in flight
 * @marked:      the cwnd that an ECN mark leaves; NULL: what a loss does
 * @on_lost:     a segment was marked lost: its length, the flight when it was sent, and the bytes
 *               lost since then, itself included; NULL
 * @event:       enum tcp_cc_event
 * @pacing_rate: bytes a second; NULL: does not care
 */
struct tcp_cc_ops {
    const char *name;
    enum inl_cc_algo algo;
    uint32_t state_bytes;
    bool hystart;
    bool own_cwnd;
    bool exact_ecn;
    void (*on_ack)(struct tcp_cc *cc, const struct tcp_cc_ack *ack);
    void (*avoid)(struct tcp_cc *cc, const struct tcp_cc_ack *ack, uint32_t acked_bytes);
    uint32_t (*ssthresh)(struct tcp_cc *cc, uint32_t flight_bytes);
    uint32_t (*marked)(struct tcp_cc *cc);
    void (*on_lost)(struct tcp_cc *cc, const struct tcp_cc_loss *loss);
    void (*event)(struct tcp_cc *cc, enum tcp_cc_event event);
    uint64_t (*pacing_rate)(const struct tcp_cc *cc);
};

/* Owner: cc_hystart.c. Times in us; UINT32_MAX is infinity. */
struct tcp_hystart {
    uint32_t window_end;  /* the round ends when this is acknowledged */
    uint32_t last_min_us; /* of the round before */
    uint32_t min_us;      /* of this round */
    uint32_t css_base_us; /* RTT at which conservative slow start began */
    uint8_t samples;      /* of this round, at most eight */
    uint8_t css_rounds;   /* begun in conservative slow start */
    bool on;              /* the first slow start is not over */
    bool css;
    bool begun; /* window_end is known */
};

/* Owner: cc_cubic.c. Bytes; K in 1/1024 s. */
struct tcp_cubic_epoch {
    inl_time begin; /* moved by times in which the application was the limit */
    uint64_t w_est; /* Reno's window: bytes * 2^14 */
    uint32_t w_max; /* 0: no loss yet */
    uint32_t k;
    uint32_t prior_bytes; /* cwnd when ssthresh was last set */
    bool running;         /* false: the next ACK in congestion avoidance begins it */
    bool flat;            /* after a timeout or without a loss: begins with K = 0 */
};

struct tcp_cubic {
    struct tcp_cubic_epoch now;
    struct tcp_cubic_epoch saved; /* for undo */
    inl_time last_ack;
    uint32_t credit; /* of growth, in 1/cwnd bytes */
    bool paused;     /* nothing was sent for long */
};

/* Owner: cc_cwv.c. */
struct tcp_cwv {
    inl_time half_began; /* the half of the sampling period that runs */
    inl_time since;      /* the window is unproven, or was last halved */
    inl_dur srtt_ns;
    uint32_t max_now;    /* samples of this half */
    uint32_t max_before; /* and of the one before */
    uint32_t acked_bytes;
    uint32_t round_end;
    uint32_t cut_from;   /* this recovery began with an unproven window, from so much */
    uint32_t lost_bytes; /* in it */
    bool counting;       /* a round runs, until round_end */
    bool known;          /* pipeACK is defined */
    bool unproven;       /* the non-validated phase */
};

/* Owner: cc_dctcp.c. */
struct tcp_dctcp {
    uint32_t alpha; /* 2^-20 */
    uint32_t window_end;
    uint32_t acked_bytes;
    uint32_t marked_bytes;
    uint32_t credit;
    bool begun;
};

enum tcp_bbr_state {
    TCP_BBR_STARTUP,
    TCP_BBR_DRAIN,
    TCP_BBR_DOWN, /* PROBE_BW from here */
    TCP_BBR_CRUISE,
    TCP_BBR_REFILL,
    TCP_BBR_UP, /* to here */
    TCP_BBR_PROBE_RTT,
    TCP_BBR_STATES,
};

/* Which part of a probe do the ACKs tell of that arrive now? */
enum tcp_bbr_acks {
    TCP_BBR_ACKS_INIT,
    TCP_BBR_ACKS_REFILLING,
    TCP_BBR_ACKS_STARTING,
    TCP_BBR_ACKS_FEEDBACK,
    TCP_BBR_ACKS_STOPPING,
};

/* Owner: cc_bbr.c. Rates in bytes a second; counts of delivered bytes modulo 2^32. */
struct tcp_bbr {
    inl_time now; /* of the last ACK */
    uint64_t pacing_rate;
    uint64_t bw;        /* what counts */
    uint64_t max_bw[2]; /* of the cycle before, and of this one */
    uint64_t bw_lo;     /* UINT64_MAX: none */
    uint64_t bw_latest; /* the most in this loss round */
    uint64_t full_bw;   /* what a plateau is measured from */
    uint64_t saved_bw_lo;
    inl_dur min_rtt_ns; /* 0: none */
    inl_time min_rtt_at;
    inl_dur probe_min_ns; /* of the last 5 s */
    inl_time probe_min_at;
    inl_time probe_done_at; /* NEVER: the flight is not down yet */
    inl_time cycle_at;      /* DOWN began */
    inl_dur probe_wait_ns;
    inl_time agg_at; /* an interval of ACKs in heaps began */
    uint32_t agg_bytes;
    uint32_t extra[2]; /* extra_acked: the most of the rounds before, and of these */
    uint32_t extra_round;
    uint32_t inflight_hi; /* UINT32_MAX: none */
    uint32_t inflight_lo;
    uint32_t inflight_latest;
    uint32_t saved_inflight_hi;
    uint32_t saved_inflight_lo;
    uint32_t prior_cwnd;
    uint32_t delivered;
    uint32_t next_round; /* count at which the round is over */
    uint32_t loss_round;
    uint32_t round_count;
    uint32_t rounds_since_probe;
    uint32_t probe_up_cnt; /* delivered bytes for one byte of inflight_hi */
    uint32_t probe_up_acked;
    uint8_t state; /* enum tcp_bbr_state */
    uint8_t acks;  /* enum tcp_bbr_acks */
    uint8_t probe_up_rounds;
    uint8_t full_bw_count;
    uint8_t losses; /* segments lost in this loss round */
    bool full_bw_reached;
    bool full_bw_now;
    bool round_start;
    bool loss_round_start;
    bool loss_in_round;
    bool marked_in_round;
    bool probe_samples; /* losses now are due to the probe */
    bool probe_round_done;
    bool probe_rtt_due;
    bool idle_restart;
    bool agg_restart;
    bool loss_noted;      /* since the last ACK */
    bool probe_too_high;  /* the last probe had too many losses */
    bool probe_careful;   /* this one ended before it could */
    uint8_t undo_state;   /* what a loss has ended: STARTUP, UP, or TCP_BBR_STATES: nothing */
    uint32_t drain_round; /* the round in which DRAIN began */
};

union tcp_cc_own {
    struct {
        uint32_t acked_bytes; /* towards the next segment (byte counting) */
    } newreno;
    struct tcp_cubic cubic;
    struct tcp_dctcp dctcp;
    struct tcp_bbr *bbr;
};

struct tcp_cc {
    const struct tcp_cc_ops *ops;
    uint32_t cwnd_bytes;
    uint32_t ssthresh_bytes;
    uint32_t mss_bytes;
    uint32_t initial_bytes; /* initial window, also after idle */
    uint32_t saved_cwnd;    /* before the present episode; 0: nothing to undo */
    uint32_t saved_ssthresh;
    uint32_t abc_limit_segs; /* config */
    bool limited;            /* cwnd was what stopped the sender: only then may it grow */
    bool hystart_wanted;     /* config */
    bool validate;           /* config: RFC 7661 */
    bool hold_back;          /* sends less than it could, to learn: samples are app-limited */
    struct tcp_hystart hystart;
    struct tcp_cwv cwv;
    union tcp_cc_own u;
};

extern const struct tcp_cc_ops tcp_cc_newreno;
extern const struct tcp_cc_ops tcp_cc_cubic;
extern const struct tcp_cc_ops tcp_cc_dctcp;
extern const struct tcp_cc_ops tcp_cc_bbr;

/* NULL: no such algorithm. */
const struct tcp_cc_ops *tcp_cc_ops_of(enum inl_cc_algo algo);

/* A new connection: initial window (RFC 6928), ssthresh without bound. */
void tcp_cc_init(struct tcp_cc *cc, const struct inl_tcp_config *cfg);
/* Goes on with another algorithm, cwnd and ssthresh as they are. -ENOMEM: with the old one. */
int tcp_cc_use(struct tcp_cc *cc, struct mem *mem, const struct tcp_cc_ops *ops);
void tcp_cc_done(struct tcp_cc *cc, struct mem *mem); /* frees; the algorithm is the default's */
/* The MSS and so the initial window are known: @segs segments of @mss. */
void tcp_cc_start(struct tcp_cc *cc, uint32_t mss_bytes, uint32_t segs);
/* The MSS has changed. */
void tcp_cc_mss(struct tcp_cc *cc, uint32_t mss_bytes);

/* Each ACK, when all that it says is worked out. Grows cwnd, unless it came in fast recovery. */
void tcp_cc_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack);
void tcp_cc_on_lost(struct tcp_cc *cc, const struct tcp_cc_loss *loss);

/* ---- cc_newreno.c ---- */

/* A segment for each cwnd of acknowledged bytes, which @credit gathers. */
void tcp_cc_reno_grow(struct tcp_cc *cc, uint32_t *credit, uint32_t acked_bytes);

/* ---- cc_cwv.c ---- */

void tcp_cwv_reset(struct tcp_cc *cc);
void tcp_cwv_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack);
void tcp_cwv_idle(struct tcp_cc *cc, inl_time now);
/* A loss: from what to cut. */
uint32_t tcp_cwv_cut_from(struct tcp_cc *cc, uint32_t flight_bytes);
void tcp_cwv_recovered(struct tcp_cc *cc);      /* before cwnd becomes ssthresh */
uint32_t tcp_cwv_pipe(const struct tcp_cc *cc); /* pipeACK */
/* More than an initial window may go, and nothing has proven that it fits. */
static inline bool tcp_cwv_unproven(const struct tcp_cc *cc) {
    return cc->cwv.unproven && cc->cwnd_bytes > cc->initial_bytes;
}

/* ---- cc_hystart.c ---- */

void tcp_hystart_start(struct tcp_cc *cc, bool on);
/* An ACK in slow start; true: slow start is over. */
bool tcp_hystart_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack);

/* ---- recovery with SACK ---- */

/* A loss: ssthresh falls (RFC 5681 equation 4, or the algorithm's factor). cwnd stays: it is for
 * PRR to lead it there. What there was is saved for tcp_cc_undo(). */
void tcp_cc_enter_recovery(struct tcp_cc *cc, uint32_t flight_bytes);
/* PRR's window; ignored if the algorithm has its own. */
void tcp_cc_set_cwnd(struct tcp_cc *cc, uint32_t cwnd_bytes);
/* All that was outstanding at its begin is acknowledged: cwnd = ssthresh (RFC 6937 3). */
void tcp_cc_exit_recovery(struct tcp_cc *cc);

/* ---- recovery without SACK ---- */

/* Fast retransmit: RFC 5681 3.2 steps 2 and 3. */
void tcp_cc_fast(struct tcp_cc *cc, uint32_t flight_bytes);
/* A further duplicate ACK: step 4. */
void tcp_cc_inflate(struct tcp_cc *cc);
/* RFC 6582 3.2 step 3, partial. */
void tcp_cc_partial(struct tcp_cc *cc, uint32_t acked_bytes);
/* RFC 6582 3.2 step 3, full: recovery is over. */
void tcp_cc_recovered(struct tcp_cc *cc, uint32_t flight_bytes);

/* ---- both ---- */

/* RFC 5681 3.1: @first_time for this data (ssthresh is held when it is lost again). */
void tcp_cc_timeout(struct tcp_cc *cc, uint32_t flight_bytes, bool first_time);
/* The last recovery or timeout was a false alarm: what there was before comes back (RFC 4015
 * 3.2, RFC 9438 4.9). Harmless when there is nothing to undo. */
void tcp_cc_undo(struct tcp_cc *cc);
/* There is no false alarm to come any more: what was saved is forgotten. */
void tcp_cc_undo_close(struct tcp_cc *cc);
/* The network marked instead of dropping; at most once a window of data (RFC 3168 6.1.2). */
void tcp_cc_ecn(struct tcp_cc *cc, uint32_t flight_bytes);
/* Nothing was sent for more than an RTO: RFC 5681 4.1, or RFC 7661. */
void tcp_cc_idle(struct tcp_cc *cc, inl_time now);
/* Whether cwnd was what stopped the sender just now. */
static inline void tcp_cc_limited(struct tcp_cc *cc, bool limited) {
    cc->limited = limited;
}
/* Bytes a second that the algorithm wants to send at; 0: as fast as cwnd lets. */
uint64_t tcp_cc_pacing_rate(const struct tcp_cc *cc);

#endif
