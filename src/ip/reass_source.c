/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass_source.c - who holds how much of the memory for datagrams that wait
 *
 * A source is an IPv4 address, an IPv6 prefix of 64 bits, or a link-local address. Who passes his
 * own cap loses his oldest datagram. At the common cap the oldest one of the heaviest source goes;
 * "heaviest" counts in powers of two, which makes it one look at a bitmap. Sources that hold less
 * than a 32nd of the common cap are all light: if there are only such ones, the oldest datagram of all
 * goes. By default that leaves room for one of the largest. Else a flood of small fragments from
 * invented sources, in which anybody else is the heaviest, would let no large datagram through; so
 * theirs go, which are older. And the many who have a small one open are in no list, in which they
 * would touch each other.
 *
 * Invariants: bytes is the sum of the cost of all datagrams; a source has at least one.
 */
#include "base/siphash.h"
#include "ip/reass_datagram.h"
#include "ip/state.h"

#include <string.h>

#define LIGHT_SHARE 32 /* of the common cap: 128 KiB of 4 MiB */
#define SOURCE_BYTES mem_round(sizeof(struct reass_source))

static uint32_t log2_of(uint64_t n) {
    return 63u - (uint32_t)__builtin_clzll(n | 1);
}

static void heavy_leave(struct ip_reass *r, struct reass_source *s) {
    if (s->class > 0) {
        list_del(&s->heavy);
        if (list_empty(&r->heavy[s->class])) {
            r->heavy_map &= ~((uint64_t)1 << s->class);
        }
    }
}

static void source_place(struct ip_reass *r, struct reass_source *s) {
    uint32_t class = s->bytes < r->max_bytes / LIGHT_SHARE ? 0 : log2_of(s->bytes);

    if (class == s->class) {
        return;
    }
    heavy_leave(r, s);
    s->class = class;
    if (class > 0) {
        list_add_tail(&r->heavy[class], &s->heavy);
        r->heavy_map |= (uint64_t)1 << class;
    }
}

void reass_source_free(struct ip *ip, struct reass_source *s) {
    heavy_leave(&ip->reass, s);
    htab_remove(&ip->reass.sources, &s->node);
    mem_quick_free(&ip->env->mem, s, SOURCE_BYTES);
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

uint64_t reass_source_hash(const struct ip *ip, const struct inl_addr *addr) {
    return siphash_addrs(ip->hash_key, addr, &INL_ADDR_ANY, 0);
}

struct reass_source *reass_source_find(const struct ip *ip, const struct inl_addr *addr,
                                       uint64_t hash) {
    struct hnode *n = htab_find(&ip->reass.sources, hash, source_match, addr);

    return n ? HTAB_ENTRY(n, struct reass_source, node) : NULL;
}

struct reass_source *reass_source_new(struct ip *ip, const struct inl_addr *addr, uint64_t hash) {
    struct reass_source *s = mem_quick_alloc(&ip->env->mem, SOURCE_BYTES);

    if (s) {
        *s = (struct reass_source){.addr = *addr};
        list_init(&s->datagrams);
        htab_insert(&ip->reass.sources, &s->node, hash);
    }
    return s;
}

void reass_account(struct ip_reass *r, struct reass *d, size_t cost) {
    r->bytes = r->bytes - d->cost + cost;
    d->source->bytes = d->source->bytes - d->cost + cost;
    d->cost = (uint32_t)cost;
    source_place(r, d->source);
}

void reass_source_join(struct reass_source *s, struct reass *d) {
    d->source = s;
    list_add_tail(&s->datagrams, &d->by_source);
    s->count++;
}

void reass_source_leave(struct ip *ip, struct reass *d) {
    struct reass_source *s = d->source;

    list_del(&d->by_source);
    if (--s->count == 0) {
        ip->reass.bytes -= d->cost;
        reass_source_free(ip, s);
    } else {
        reass_account(&ip->reass, d, 0);
    }
}

static struct reass *oldest_of(const struct reass_source *s) {
    return LIST_ENTRY(list_first(&s->datagrams), struct reass, by_source);
}

static bool source_has_room(const struct ip_reass *r, const struct reass_source *s, size_t bytes,
                            uint32_t datagrams) {
    return s->bytes + bytes <= r->max_source_bytes &&
           s->count + datagrams <= r->max_source_datagrams;
}

bool reass_has_room(const struct ip_reass *r, const struct reass_source *s, size_t bytes,
                    uint32_t datagrams) {
    static const struct reass_source none;

    return source_has_room(r, s ? s : &none, bytes, datagrams) &&
           r->bytes + bytes <= r->max_bytes &&
           htab_count(&r->table) + datagrams <= r->max_datagrams;
}

struct reass *reass_victim(const struct ip_reass *r, const struct reass_source *s, size_t bytes,
                           uint32_t datagrams) {
    if (s && !source_has_room(r, s, bytes, datagrams)) {
        return oldest_of(s);
    }
    if (r->heavy_map != 0) {
        const struct list *top = &r->heavy[log2_of(r->heavy_map)];

        return oldest_of(LIST_ENTRY(list_first(top), struct reass_source, heavy));
    }
    return list_empty(&r->waiting) ? NULL
                                   : LIST_ENTRY(list_first(&r->waiting), struct reass, waiting);
}
