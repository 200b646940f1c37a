/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.c - the leases of a server (see pool.h)
 */
#include "conf/pool.h"

#include "base/siphash.h"

#include <errno.h>
#include <string.h>

#define DECLINED_NS (600 * INL_S)

static uint64_t id_hash(const struct pool *p, const struct pool_id *id) {
    return siphash(p->hash_key, id->b, id->len);
}

bool pool_is_of(const struct pool_entry *e, const struct pool_id *id) {
    return e->known && e->id.len == id->len && memcmp(e->id.b, id->b, id->len) == 0;
}

static bool id_match(const struct hnode *n, const void *key) {
    return pool_is_of(HTAB_ENTRY(n, struct pool_entry, node), key);
}

struct pool_entry *pool_of_client(const struct pool *p, const struct pool_id *id) {
    struct hnode *n = htab_find(&p->clients, id_hash(p, id), id_match, id);

    return n ? HTAB_ENTRY(n, struct pool_entry, node) : NULL;
}

struct pool_entry *pool_any(const struct pool *p) {
    struct list *n = list_first(&p->free);

    return n ? LIST_ENTRY(n, struct pool_entry, free) : NULL;
}

static void forget(struct pool_entry *e) {
    if (e->known) {
        htab_remove(&e->pool->clients, &e->node);
        e->known = false;
    }
}

static void set(struct pool_entry *e, enum pool_state state, inl_dur ns) {
    struct env *env = e->pool->env;

    list_del(&e->free);
    e->state = state;
    e->expires = inl_time_add(env->now, ns);
    timer_arm(&env->wheel, &e->timer, e->expires);
}

void pool_give(struct pool_entry *e, const struct pool_id *id, const uint8_t *mac,
               enum pool_state state, inl_dur ns) {
    if (!pool_is_of(e, id)) {
        struct pool_entry *other = pool_of_client(e->pool, id);

        if (other) {
            forget(other); /* one entry a client */
        }
        forget(e);
        e->id = *id;
        e->known = true;
        htab_insert(&e->pool->clients, &e->node, id_hash(e->pool, id));
    }
    if (mac) {
        memcpy(e->mac, mac, sizeof(e->mac));
    }
    set(e, state, ns);
}

void pool_decline(struct pool_entry *e) {
    forget(e);
    set(e, POOL_DECLINED, DECLINED_NS);
}

void pool_release(struct pool_entry *e) {
    timer_cancel(&e->pool->env->wheel, &e->timer);
    e->state = POOL_FREE;
    list_del(&e->free);
    if (!e->fixed) {
        list_add_tail(&e->pool->free, &e->free);
    }
}

void pool_timer(struct timer *timer) {
    pool_release(TIMER_ENTRY(timer, struct pool_entry, timer));
}

void pool_fix(struct pool_entry *e) {
    e->fixed = true;
    list_del(&e->free);
}

int pool_init(struct pool *p, struct env *env, uint32_t n, unsigned timer_kind) {
    memset(p, 0, sizeof(*p));
    p->env = env;
    p->n = n;
    p->entries = mem_zalloc(&env->mem, n * sizeof(struct pool_entry));
    if (!p->entries) {
        return -ENOMEM;
    }
    htab_init(&p->clients, &env->mem);
    list_init(&p->free);
    rng_bytes(&env->rng, p->hash_key, sizeof(p->hash_key));
    for (uint32_t i = 0; i < n; i++) {
        struct pool_entry *e = &p->entries[i];

        e->pool = p;
        list_init(&e->free);
        timer_init(&e->timer, timer_kind);
        list_add_tail(&p->free, &e->free);
    }
    return 0;
}

void pool_done(struct pool *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        timer_cancel(&p->env->wheel, &p->entries[i].timer);
    }
    htab_done(&p->clients);
    mem_free(&p->env->mem, p->entries, p->n * sizeof(struct pool_entry));
}
