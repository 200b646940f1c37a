/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate.c - limits on packets that nobody's connection asked for: ICMP errors (RFC 1812 4.3.2.8,
 * RFC 4443 2.4 (f)) and TCP resets for segments of no connection
 *
 * A token bucket for each destination, found by a keyed hash, and one for all. Errors and resets do
 * not share. Of IPv6 a destination is a /64: that is what one host has at its will.
 *
 * What is common to all destinations can be measured: whoever empties the common bucket and counts
 * his own answers learns whether something was sent to others in the same moment, and so finds open
 * ports and connections of others (CVE-2020-25705). So the common price is rare and high: one
 * packet in PRICE costs PRICE tokens, the others nothing. On average that is a token a packet;
 * but of a single packet it says nothing, 31 times of 32, and the one time drowns in the noise
 * of the others (sd 90 packets where 256 empty the bucket).
 *
 * Destinations that share one of the 256 buckets can see each other in it, and who has hundreds of
 * addresses finds one that shares with his victim's peer. So the hash changes each minute, and what
 * he has found is worth nothing then; the price is that a destination may begin a full burst anew.
 */
#include "ip/rate.h"
#include "base/siphash.h"
#include "ip/state.h"

#include <string.h>

#define REKEY_NS (60 * INL_S)
#define PRICE 32u
#define ALL_BURST 256u
#define ALL_INTERVAL_NS (2500 * INL_US) /* 400 a second */

/* Resets refuse connections that programs try in parallel: more of them are honest. */
static const struct rate_limit {
    uint32_t burst;
    inl_dur interval_ns;
} limits[IP_RATE_KINDS] = {
    [IP_RATE_ERRORS] = {10, 100 * INL_MS},
    [IP_RATE_RESETS] = {100, 10 * INL_MS},
};

void ip_rate_init(struct ip_rate *rate, enum ip_rate_kind kind, inl_time now) {
    for (int i = 0; i < RATE_BUCKETS; i++) {
        rate->to[i] = (struct rate_bucket){now, limits[kind].burst};
    }
    rate->all = (struct rate_bucket){now, ALL_BURST};
}

static void bucket_fill(struct rate_bucket *b, inl_time now, inl_dur interval_ns, uint32_t burst) {
    int64_t n = inl_time_sub(now, b->filled) / interval_ns;

    if (n + b->tokens >= burst) {
        b->tokens = burst;
        b->filled = now;
    } else if (n > 0) {
        b->tokens += (uint32_t)n;
        b->filled = inl_time_add(b->filled, n * interval_ns);
    }
}

bool rate_take(struct rate_bucket *b, inl_time now, inl_dur interval_ns, uint32_t burst) {
    bucket_fill(b, now, interval_ns, burst);
    if (b->tokens == 0) {
        return false;
    }
    b->tokens--;
    return true;
}

static struct rate_bucket *bucket_of(struct ip *ip, struct ip_rate *rate,
                                     const struct inl_addr *dst) {
    const struct inl_addr net = inl_addr_is4(dst) ? *dst : inl_addr_mask(dst, 64);
    uint64_t w[3];

    memcpy(w, net.b, sizeof(net.b));
    w[2] = (uint64_t)(ip->env->now.ns / REKEY_NS);
    return &rate->to[siphash_words(ip->hash_key, w, 3, 0) % RATE_BUCKETS];
}

bool ip_rate_ok(struct ip *ip, enum ip_rate_kind kind, const struct inl_addr *dst) {
    const struct rate_limit *limit = &limits[kind];
    struct ip_rate *rate = &ip->rates[kind];
    struct rate_bucket *one = bucket_of(ip, rate, dst);
    struct rate_bucket *all = &rate->all;

    bucket_fill(one, ip->env->now, limit->interval_ns, limit->burst);
    bucket_fill(all, ip->env->now, ALL_INTERVAL_NS, ALL_BURST);
    if (one->tokens == 0 || all->tokens < PRICE) {
        env_drop(ip->env, INL_DROP_RATE_LIMITED);
        return false;
    }
    one->tokens--;
    if (rng_below(&ip->env->rng, PRICE) == 0) {
        all->tokens -= PRICE;
    }
    return true;
}
