/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * impair.c - what a link does to a frame: rate, queue, loss, corruption, duplication, delay
 *
 * In the order in which a real link does it. A frame waits until those before it are sent; if
 * too much waits already, it is dropped at the tail. Then it takes its time on the wire, lost or
 * not. What is not lost arrives after the delay and a random part of the jitter, but never
 * before a frame that entered earlier, unless it is one of those that overtake: these skip
 * delay, jitter and order. A duplicate follows its original at the same moment.
 *
 * Draws: number k of frame n of a port is a function of the seed, the port, n and k. So changing
 * one impairment does not move what the others hit, and one that is off costs nothing.
 *
 * The rate limiter's backlog is kept as time: the moment at which it will be idle. The rest of
 * each division is carried over, so n frames back to back take exactly n times the exact time,
 * rounded down once.
 *
 * Invariants: rest < rate_bps; last_due never goes back.
 */
#include "world/state.h"

#include "base/siphash.h"

#include <string.h>

#define PPM 1000000u
#define NS_PER_S 1000000000u
#define DELAY_NS_MAX (1000000 * INL_S)
#define QUEUE_BYTES_DEFAULT (256u * 1024)
#define QUEUE_BYTES_MAX (1u << 30) /* keeps times within 63 bits at 1 bit/s */
#define LOSS_BURST_MAX 1000u
#define FADE_MAX_NS (20 * INL_MS) /* a run of losses does not wait for traffic */
#define RATE_BPS_MAX UINT64_C(1000000000000000)

/* Numbers of the draws of one frame. Room for more, because rng_below() may draw again. */
enum draw {
    DRAW_LOSS = 0,
    DRAW_CORRUPT = 2,
    DRAW_BIT = 4,
    DRAW_DUP = 6,
    DRAW_REORDER = 8,
    DRAW_JITTER = 10,
    DRAWS = 16,
};

bool impair_ok(const struct inl_impair *i) {
    bool overtakes_nothing = i->reorder_ppm > 0 && i->delay_ns == 0 && i->jitter_ns == 0;

    return i->delay_ns >= 0 && i->delay_ns <= DELAY_NS_MAX && i->jitter_ns >= 0 &&
           i->jitter_ns <= DELAY_NS_MAX && i->loss_ppm <= PPM && i->dup_ppm <= PPM &&
           i->reorder_ppm <= PPM && i->corrupt_ppm <= PPM && i->rate_bps <= RATE_BPS_MAX &&
           i->queue_bytes <= QUEUE_BYTES_MAX && i->loss_burst <= LOSS_BURST_MAX &&
           i->ecn_mark_bytes <= QUEUE_BYTES_MAX && i->reorder_ns >= 0 &&
           i->reorder_ns <= DELAY_NS_MAX && !overtakes_nothing;
}

void path_init(struct path *p, const struct inl_impair *impair, const uint8_t key[16], int index) {
    const uint8_t what[5] = {'p', (uint8_t)index, (uint8_t)(index >> 8), (uint8_t)(index >> 16),
                             (uint8_t)(index >> 24)};
    uint64_t h = siphash(key, what, sizeof(what));
    uint8_t seed[16];

    memcpy(seed, key, sizeof(seed));
    for (int i = 0; i < 8; i++) {
        seed[i] = (uint8_t)(h >> (8 * i));
    }
    *p = (struct path){.impair = *impair};
    rng_init(&p->rng, seed);
    codel_init(&p->codel);
}

static struct rng *draw(struct path *p, enum draw which) {
    p->rng.ctr = p->frames * DRAWS + (uint64_t)which;
    return &p->rng;
}

static bool chance(struct path *p, enum draw which, uint32_t ppm) {
    return ppm > 0 && rng_chance(draw(p, which), ppm);
}

/*
 * Is it lost? In runs: the good state is left so often that the share of losses comes out right,
 * and the bad one after loss_burst frames on average, or when nothing was there to be lost for a
 * while: else a sender that waits for its timer would find the same run again and again.
 */
static bool loses(struct path *p, inl_time now) {
    const struct inl_impair *i = &p->impair;
    uint32_t burst = i->loss_burst;

    if (burst <= 1 || i->loss_ppm == 0 || i->loss_ppm == PPM) {
        return chance(p, DRAW_LOSS, i->loss_ppm);
    }
    if (p->losing && inl_time_sub(now, p->lost_at) > FADE_MAX_NS) {
        p->losing = false;
    }
    p->lost_at = now;
    if (p->losing) {
        p->losing = !chance(p, DRAW_LOSS, PPM / burst);
    } else {
        uint64_t begin = (uint64_t)i->loss_ppm * PPM / ((uint64_t)burst * (PPM - i->loss_ppm));

        p->losing = chance(p, DRAW_LOSS, begin < PPM ? (uint32_t)begin : PPM);
    }
    return p->losing;
}

/* How long the rate limiter takes for so many bytes at most; they fit in QUEUE_BYTES_MAX. */
static inl_dur time_of_bytes(uint64_t bytes, uint64_t rate_bps) {
    uint64_t bits = bytes * 8;

    return (inl_dur)(bits / rate_bps * NS_PER_S + bits % rate_bps * NS_PER_S / rate_bps);
}

/*
 * The rate limiter: when the frame's last bit has left, or INL_TIME_NEVER if it found no room.
 * A frame that finds the limiter idle always fits.
 */
static inl_time transmit(struct path *p, size_t len_bytes, inl_time now) {
    const struct inl_impair *i = &p->impair;
    uint32_t queue_bytes = i->queue_bytes ? i->queue_bytes : QUEUE_BYTES_DEFAULT;
    uint64_t bit_ns;

    if (i->rate_bps == 0) {
        p->idle_at = inl_time_max(p->idle_at, now);
        return p->idle_at;
    }
    if (!inl_time_before(now, p->idle_at)) {
        p->idle_at = now;
        p->rest = 0;
    } else if (len_bytes > queue_bytes || inl_time_sub(p->idle_at, now) >
                                              time_of_bytes(queue_bytes - len_bytes, i->rate_bps)) {
        return INL_TIME_NEVER;
    }
    if (i->codel && codel_drops(&p->codel, inl_time_sub(p->idle_at, now), p->idle_at)) {
        return INL_TIME_NEVER;
    }
    bit_ns = (uint64_t)len_bytes * 8 * NS_PER_S + p->rest;
    p->rest = bit_ns % i->rate_bps;
    p->idle_at = inl_time_add(p->idle_at, (inl_dur)(bit_ns / i->rate_bps));
    return p->idle_at;
}

static bool congested(const struct path *p, inl_time now) {
    const struct inl_impair *i = &p->impair;

    return i->ecn_mark_bytes > 0 && i->rate_bps > 0 && inl_time_before(now, p->idle_at) &&
           inl_time_sub(p->idle_at, now) > time_of_bytes(i->ecn_mark_bytes, i->rate_bps);
}

static inl_time arrival(struct path *p, bool reordered, inl_time sent) {
    const struct inl_impair *i = &p->impair;
    inl_time due = inl_time_add(sent, i->delay_ns);

    if (reordered) {
        bool some = i->reorder_ns > 0 && i->reorder_ns < i->delay_ns;

        return some ? inl_time_add(sent, i->delay_ns - i->reorder_ns) : sent;
    }
    if (i->jitter_ns > 0) {
        uint64_t extra = rng_below(draw(p, DRAW_JITTER), (uint64_t)i->jitter_ns + 1);

        due = inl_time_add(due, (inl_dur)extra);
    }
    p->last_due = inl_time_max(p->last_due, due);
    return p->last_due;
}

struct verdict path_enter(struct path *p, size_t len_bytes, inl_time now) {
    const struct inl_impair *i = &p->impair;
    struct verdict v = {.fate = INL_DROP_NONE, .congested = congested(p, now)};
    inl_time sent = transmit(p, len_bytes, now);
    bool swallowed = i->black_hole_bytes > 0 && len_bytes > i->black_hole_bytes;

    if (!swallowed && inl_time_is_never(sent)) {
        v.fate = INL_DROP_WORLD_QUEUE;
    } else if (swallowed || loses(p, now)) {
        v.fate = INL_DROP_WORLD_LOSS;
    } else {
        v.reordered = chance(p, DRAW_REORDER, i->reorder_ppm);
        v.duplicated = chance(p, DRAW_DUP, i->dup_ppm);
        v.corrupted = chance(p, DRAW_CORRUPT, i->corrupt_ppm);
        if (v.corrupted) {
            v.flip_bit = (size_t)rng_below(draw(p, DRAW_BIT), (uint64_t)len_bytes * 8);
        }
        v.due = arrival(p, v.reordered, sent);
    }
    p->frames++;
    return v;
}
