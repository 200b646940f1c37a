/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.h - the leases of a server: a fixed number of addresses, and who has them
 *
 * An address is a number here, 0 and up; the server says what it means. An
 * entry remembers its client when the lease has ended, so that who comes again
 * gets the same one. The free entries are a list, the one that was free longest
 * first. Clients are found by a hash of their identifier.
 *
 *   FREE --> OFFERED --> LEASED --> FREE           each but FREE has an end, which a timer keeps
 *                          +--> DECLINED --> FREE  and forgotten
 *
 * All memory is taken when the pool is made; nothing that a client does makes
 * it larger.
 */
#ifndef CONF_POOL_H
#define CONF_POOL_H

#include "base/env.h"
#include "base/htab.h"
#include "base/list.h"

#define POOL_ID_BYTES 136 /* a DUID and an IAID */

enum pool_state {
    POOL_FREE,
    POOL_OFFERED,
    POOL_LEASED,
    POOL_DECLINED,
};

struct pool_id {
    uint8_t len;
    uint8_t b[POOL_ID_BYTES];
};

struct pool;

struct pool_entry {
    struct hnode node; /* in pool.clients, if @known */
    struct list free;  /* in pool.free, if FREE and not @fixed */
    struct timer timer;
    struct pool *pool;
    inl_time expires;
    enum pool_state state;
    bool known; /* it is, or was, the client's */
    bool fixed; /* given to nobody by pool_any() */
    uint8_t mac[6];
    struct pool_id id;
};

struct pool {
    struct env *env;
    struct pool_entry *entries;
    uint32_t n;
    uint8_t hash_key[16];
    struct htab clients;
    struct list free;
};

/* 0 or -ENOMEM. @timer_kind: of the entries' timers, which end in pool_timer().
 */
int pool_init(struct pool *p, struct env *env, uint32_t n, unsigned timer_kind);
void pool_done(struct pool *p);
void pool_timer(struct timer *timer);

/* Takes an entry out of what everybody can get. */
void pool_fix(struct pool_entry *e);

static inline uint32_t pool_index(const struct pool_entry *e) {
    return (uint32_t)(e - e->pool->entries);
}

bool pool_is_of(const struct pool_entry *e, const struct pool_id *id);
struct pool_entry *pool_of_client(const struct pool *p, const struct pool_id *id); /* or NULL */
struct pool_entry *pool_any(const struct pool *p);                                 /* or NULL */

/* The entry is the client's, for so long. @mac: may be NULL. */
void pool_give(struct pool_entry *e, const struct pool_id *id, const uint8_t *mac,
               enum pool_state state, inl_dur ns);
/* Nobody gets it for some time: somebody uses it already. */
void pool_decline(struct pool_entry *e);
/* Free again, but it is remembered whose it was. */
void pool_release(struct pool_entry *e);

#endif
