/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass_source.c - who holds how much of the memory for datagrams that wait
 *
 * A source is an IPv4 address, an IPv6 prefix of 64 bits, or a link-local address. Who passes his
 * own cap loses his oldest datagram. At the common cap the oldest one of the heaviest source goes;
 * "heaviest" counts in powers of two, which makes it one look at a bitmap.
 *
 * Invariants: bytes is the sum of the cost of all datagrams; a source has at least one.
 */
#include "base/siphash.h"
#include "ip/reass_datagram.h"
#include "ip/state.h"

#include <string.h>

static uint32_t class_of(size_t bytes) {
    return 63u - (uint32_t)__builtin_clzll((unsigned long long)bytes | 1);
}

static void source_place(struct ip_reass *r, struct reass_source *s) {
    uint32_t class = class_of(s->bytes);

    if (class == s->class && !list_empty(&s->heavy)) {
        return;
    }
    list_del(&s->heavy);
    if (list_empty(&r->heavy[s->class])) {
        r->heavy_map &= ~((uint64_t)1 << s->class);
    }
    s->class = class;
    list_add_tail(&r->heavy[class], &s->heavy);
    r->heavy_map |= (uint64_t)1 << class;
}

static void source_free(struct ip *ip, struct reass_source *s) {
    struct ip_reass *r = &ip->reass;

    list_del(&s->heavy);
    if (list_empty(&r->heavy[s->class])) {
        r->heavy_map &= ~((uint64_t)1 << s->class);
    }
    htab_remove(&r->sources, &s->node);
    mem_free(&ip->env->mem, s, sizeof(*s));
}

struct inl_addr reass_source_addr(const struct inl_addr *src) {
    struct inl_addr a = *src;

    if (!inl_addr_is4(src) && !inl_addr_is_link_local(src)) {
        memset(a.b + 8, 0, 8);
    }
    return a;
}

static bool source_match(const struct hnode *n, const void *key) {
    return inl_addr_eq(&HTAB_ENTRY(n, struct reass_source, node)->addr, key);
}

static struct reass_source *source_find(const struct ip *ip, const struct inl_addr *addr) {
    struct hnode *n =
        htab_find(&ip->reass.sources, siphash_addrs(ip->hash_key, addr, &INL_ADDR_ANY, 0),
                  source_match, addr);

    return n ? HTAB_ENTRY(n, struct reass_source, node) : NULL;
}

static struct reass_source *source_new(struct ip *ip, const struct inl_addr *addr) {
    struct reass_source *s = mem_zalloc(&ip->env->mem, sizeof(*s));

    if (s) {
        s->addr = *addr;
        list_init(&s->heavy);
        list_init(&s->datagrams);
        htab_insert(&ip->reass.sources, &s->node,
                    siphash_addrs(ip->hash_key, addr, &INL_ADDR_ANY, 0));
        source_place(&ip->reass, s);
    }
    return s;
}

void reass_account(struct ip_reass *r, struct reass *d, size_t cost) {
    r->bytes = r->bytes - d->cost + cost;
    d->source->bytes = d->source->bytes - d->cost + cost;
    d->cost = cost;
    source_place(r, d->source);
}

struct reass_source *reass_source_get(struct ip *ip, const struct inl_addr *addr) {
    struct reass_source *s = source_find(ip, addr);

    return s ? s : source_new(ip, addr);
}

void reass_source_join(struct reass_source *s, struct reass *d) {
    d->source = s;
    list_init(&d->by_source);
    list_add_tail(&s->datagrams, &d->by_source);
    s->count++;
}

void reass_source_leave(struct ip *ip, struct reass *d) {
    struct reass_source *s = d->source;

    reass_account(&ip->reass, d, 0);
    list_del(&d->by_source);
    if (--s->count == 0) {
        source_free(ip, s);
    }
}

static struct reass *oldest_of(struct reass_source *s) {
    return LIST_ENTRY(list_first(&s->datagrams), struct reass, by_source);
}

struct reass *reass_victim(const struct ip *ip, const struct inl_addr *addr, size_t bytes,
                           uint32_t datagrams) {
    const struct ip_reass *r = &ip->reass;
    struct reass_source *s = source_find(ip, addr);

    if (s && (s->bytes + bytes > r->max_source_bytes ||
              s->count + datagrams > r->max_source_datagrams)) {
        return oldest_of(s);
    }
    if (r->heavy_map != 0 &&
        (r->bytes + bytes > r->max_bytes || htab_count(&r->table) + datagrams > r->max_datagrams)) {
        const struct list *top = &r->heavy[class_of(r->heavy_map)];

        return oldest_of(LIST_ENTRY(list_first(top), struct reass_source, heavy));
    }
    return NULL;
}
