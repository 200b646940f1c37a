/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass.c - reassembly of both IP versions (RFC 791 3.2, RFC 815, RFC 1122 3.3.2, RFC 8200 4.5,
 * RFC 5722, RFC 3168 5.3)
 *
 * A fragment is copied to its final place in one buffer (fragbuf.h), which knows what is there. As
 * nothing may overlap, counting octets tells when all is there. So a fragment costs a hash lookup
 * and its own length, whatever came before it in whatever order: there is no list that could be
 * made long (CVE-2018-5391). A buffer that is too small grows by doubling.
 *
 * Overlaps discard the datagram, in IPv4 too: no honest sender makes them, and whose bytes should
 * win is a question that attackers like (RFC 5722, RFC 1858). The entry stays until its time is
 * over, without a buffer, so that what is still to come of it is dropped as well. A fragment that
 * came before, octet by octet, is ignored (RFC 8200 4.5).
 *
 * A datagram has 60 s from its first arrival; then its source is told, if the first fragment has
 * come. Caps: datagrams and bytes of one source, and of all (reass_source.c).
 *
 * Congestion marks (RFC 3168 5.3): CE in one fragment is CE of the whole, unless another is not
 * ECN-capable; then the datagram is dropped.
 *
 * Invariant: an entry is in the table, in its source's list, and has its timer armed.
 */
#include "ip/reass.h"
#include "base/prefetch.h"
#include "base/siphash.h"
#include "ip/ahead.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/reass_datagram.h"
#include "ip/state.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipproto.h"

#include <string.h>

#define MIN_CAP_BYTES 1536u /* with the maps and headers no more than 2 KB */
#define MAX_BYTES 65535u

/* ---- life of a datagram ---- */

/* Takes it out of everything; it keeps its buffer. */
static void reass_leave(struct ip *ip, struct reass *d) {
    timer_cancel(&ip->env->wheel, &d->timer);
    htab_remove(&ip->reass.table, &d->node);
    reass_source_leave(ip, d);
}

void ip_reass_free(struct ip *ip, struct reass *whole) {
    fragbuf_free(&ip->env->mem, &whole->buf);
    mem_quick_free(&ip->env->mem, whole, REASS_BYTES);
}

/* Given up while nobody waits for an answer. */
static void reass_count(struct ip *ip, const struct reass *d) {
    ip_mib(ip, d->home, inl_addr_is4(&d->key.src))->n[IP_MIB_REASM_FAILS]++;
}

static void reass_evict(struct ip *ip, struct reass *d) {
    if (!d->dead) {
        env_drop(ip->env, INL_DROP_FRAG_LIMIT);
        reass_count(ip, d);
    }
    reass_leave(ip, d);
    ip_reass_free(ip, d);
}

/* What is still to come of it is dropped too (RFC 5722 4). */
static enum inl_drop reass_discard(struct ip *ip, struct reass *d, enum inl_drop why) {
    d->dead = true;
    fragbuf_free(&ip->env->mem, &d->buf);
    reass_account(&ip->reass, d, REASS_BYTES);
    return why;
}

/* Makes room for a new datagram, or for more of @grows. False: there is none; @grows is gone. */
static bool make_room(struct ip *ip, const struct inl_addr *addr, struct reass *grows,
                      size_t bytes) {
    const struct ip_reass *r = &ip->reass;
    struct reass *d = grows;

    if (bytes <= r->max_bytes && bytes <= r->max_source_bytes) {
        while ((d = reass_victim(ip, addr, bytes, grows ? 0 : 1)) != NULL && d != grows) {
            reass_evict(ip, d);
        }
        if (!d) {
            return true;
        }
    }
    if (d) {
        reass_evict(ip, d);
    }
    return false;
}

/* ---- finding ---- */

static bool key_match(const struct hnode *n, const void *key) {
    const struct reass_key *a = &HTAB_ENTRY(n, struct reass, node)->key;
    const struct reass_key *b = key;

    return a->id == b->id && a->scope == b->scope && a->proto == b->proto &&
           inl_addr_eq(&a->src, &b->src) && inl_addr_eq(&a->dst, &b->dst);
}

uint64_t ip_reass_hash(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                       uint32_t id) {
    return siphash_addrs(ip->hash_key, src, dst, id);
}

/* Nearly always it is that of the frame whose turn it is. */
static uint64_t key_hash(const struct ip *ip, const struct reass_key *k) {
    const struct ip_ahead *a = ip->ahead;
    uint32_t id = ip_reass_id(k->id, k->proto);

    return a && a->what == AHEAD_FRAGMENT && a->id == id && inl_addr_eq(&a->src, &k->src) &&
                   inl_addr_eq(&a->dst, &k->dst)
               ? a->hash
               : ip_reass_hash(ip, &k->src, &k->dst, id);
}

/* What a fragment touches beside the entry; there the lists name their neighbours. */
static void reass_fetch_parts(const struct reass *d) {
    if (d->buf.map) {
        prefetch_block(d->buf.map, fragbuf_bytes(&d->buf));
    }
    prefetch_block(d->source, sizeof(*d->source));
    prefetch_block(d->timer.node.next, sizeof(struct list));
    prefetch_block(d->timer.node.prev, sizeof(struct list));
}

void ip_reass_fetch(const struct ip *ip, uint64_t hash, int step) {
    const struct htab *t = &ip->reass.table;
    const struct hnode *n = NULL;

    if (step == 0) {
        htab_ahead(t, hash);
    } else {
        n = step == 1 ? htab_first_of(t, hash) : htab_likely(t, hash);
    }
    if (n && step < 3) {
        prefetch_block(n, step == 1 ? sizeof(*n) : sizeof(struct reass));
    } else if (n && n->hash == hash) {
        reass_fetch_parts(HTAB_ENTRY(n, struct reass, node));
    }
}

static struct reass_key key_of(const struct reass_piece *p) {
    const struct ip_rx *rx = p->rx;
    bool scoped = !inl_addr_is4(&rx->src) &&
                  (inl_addr_is_link_local(&rx->src) || inl_addr_is_link_local(&rx->dst));

    return (struct reass_key){
        .src = rx->src,
        .dst = rx->dst,
        .id = p->id,
        .scope = scoped ? (uint32_t)rx->link : 0,
        .proto = p->proto,
    };
}

static struct reass *reass_find(struct ip *ip, const struct reass_key *key, uint64_t hash) {
    struct hnode *n = htab_find(&ip->reass.table, hash, key_match, key);

    return n ? HTAB_ENTRY(n, struct reass, node) : NULL;
}

static struct reass *reass_new(struct ip *ip, const struct reass_piece *p,
                               const struct reass_key *key, uint64_t hash) {
    const struct inl_addr addr = reass_source_addr(&key->src);
    struct reass *d = mem_quick_alloc(&ip->env->mem, REASS_BYTES);
    struct reass_source *s = d ? reass_source_get(ip, &addr) : NULL;

    if (!d || !s) {
        if (d) {
            mem_quick_free(&ip->env->mem, d, REASS_BYTES);
        }
        return NULL;
    }
    *d = (struct reass){.key = *key};
    d->link = p->rx->link;
    d->home = p->rx->home;
    reass_source_join(s, d);
    reass_account(&ip->reass, d, REASS_BYTES);
    timer_init(&d->timer, TIMER_IP_REASS);
    timer_arm(&ip->env->wheel, &d->timer, inl_time_add(ip->env->now, ip->reass.timeout_ns));
    htab_insert(&ip->reass.table, &d->node, hash);
    return d;
}

/* ---- pieces ---- */

static uint32_t piece_end(const struct reass_piece *p) {
    return p->off_bytes + (uint32_t)rd_left(&p->data);
}

static uint32_t piece_hdr_len(const struct reass_piece *p) {
    return (uint32_t)(rd_ptr(&p->data) - p->rx->packet);
}

/* How much data the buffer should hold. Where more is to come, at least as much again. */
static size_t wanted_cap(const struct reass *d, const struct reass_piece *p) {
    uint32_t len = (uint32_t)rd_left(&p->data);
    uint32_t end = piece_end(p);
    size_t cap = MIN_CAP_BYTES;

    if (!p->more) {
        return end;
    }
    if (d->total_bytes > 0 && end <= d->total_bytes) {
        return d->total_bytes;
    }
    while (cap < end + len) {
        cap *= 2;
    }
    return cap;
}

/* Makes the buffer large enough for a piece: NONE, or d is gone. */
static enum inl_drop reass_fit(struct ip *ip, struct reass *d, const struct reass_piece *p) {
    size_t hdr_len = p->off_bytes == 0 ? piece_hdr_len(p) : 0;
    size_t cap = fragbuf_cap(&d->buf);
    const struct inl_addr addr = d->source->addr;
    struct fragbuf b;

    if (d->buf.map && piece_end(p) <= cap && hdr_len <= d->buf.room) {
        return INL_DROP_NONE;
    }
    b = fragbuf_plan(piece_end(p) > cap ? wanted_cap(d, p) : cap, hdr_len);
    if (!make_room(ip, &addr, d, fragbuf_bytes(&b) - (d->cost - REASS_BYTES))) {
        return INL_DROP_FRAG_LIMIT;
    }
    if (!fragbuf_grow(&ip->env->mem, &d->buf, &b, d->hdr_len, d->end_bytes)) {
        reass_leave(ip, d);
        ip_reass_free(ip, d);
        return INL_DROP_NO_MEMORY;
    }
    reass_account(&ip->reass, d, REASS_BYTES + fragbuf_bytes(&d->buf));
    return INL_DROP_NONE;
}

/* Does it say something about the end that others have denied? */
static bool piece_contradicts(const struct reass *d, const struct reass_piece *p) {
    uint32_t end = piece_end(p);

    if (!p->more) {
        return end < d->end_bytes || (d->total_bytes > 0 && d->total_bytes != end);
    }
    return d->total_bytes > 0 && end >= d->total_bytes;
}

/* Nothing of it is there yet. */
static void piece_store(struct reass *d, const struct reass_piece *p) {
    uint32_t end = piece_end(p);
    size_t len = rd_left(&p->data);

    fragbuf_put(&d->buf, p->off_bytes, rd_ptr(&p->data), len);
    d->got_bytes += (uint32_t)len;
    d->end_bytes = end > d->end_bytes ? end : d->end_bytes;
    d->total_bytes = p->more ? d->total_bytes : end;
    d->ecn_seen |= (uint8_t)(1u << (p->rx->tos & IP_ECN_MASK));
    d->group |= p->rx->group;
    if (p->off_bytes == 0) {
        d->hdr_len = piece_hdr_len(p);
        d->first_len = (uint32_t)len;
        d->next_field_off = p->next_field_off;
        d->ecn_first = p->rx->tos & IP_ECN_MASK;
        memcpy(fragbuf_data(&d->buf) - d->hdr_len, p->rx->packet, d->hdr_len);
    }
}

/* ---- the whole ---- */

/* All is there: may it be? */
static enum inl_drop reass_complete(struct ip *ip, struct reass *d, struct reass **ret_whole) {
    bool is4 = inl_addr_is4(&d->key.src);
    size_t len = is4 ? d->hdr_len + d->total_bytes
                     : d->hdr_len - REASS_FRAG_HDR_BYTES - IP6_HDR_BYTES + d->total_bytes;

    if (d->ecn_seen & 1u << IP_ECN_CE && d->ecn_seen & 1u << IP_ECN_NOT_ECT) {
        return reass_discard(ip, d, INL_DROP_FRAG_ECN);
    }
    if (len > MAX_BYTES) {
        return reass_discard(ip, d, INL_DROP_BAD_LENGTH);
    }
    reass_leave(ip, d);
    reass_finish(d);
    *ret_whole = d;
    return INL_DROP_NONE;
}

/* The entry that the piece belongs to, perhaps a new one. */
static enum inl_drop reass_get(struct ip *ip, const struct reass_piece *p, struct reass **ret) {
    const struct reass_key key = key_of(p);
    const struct inl_addr addr = reass_source_addr(&key.src);
    uint64_t hash = key_hash(ip, &key);
    struct reass *d = reass_find(ip, &key, hash);

    if (!d && !make_room(ip, &addr, NULL, REASS_BYTES)) {
        return INL_DROP_FRAG_LIMIT;
    }
    d = d ? d : reass_new(ip, p, &key, hash);
    if (!d) {
        return INL_DROP_NO_MEMORY;
    }
    *ret = d;
    return INL_DROP_NONE;
}

enum inl_drop ip_reass_add(struct ip *ip, const struct reass_piece *p, struct reass **ret_whole) {
    struct reass *d = NULL;
    enum inl_drop why = reass_get(ip, p, &d);

    *ret_whole = NULL;
    if (why) {
        return why;
    }
    if (d->dead) {
        return INL_DROP_FRAG_OVERLAP;
    }
    if (piece_contradicts(d, p)) {
        return reass_discard(ip, d, INL_DROP_FRAG_OVERLAP);
    }
    why = reass_fit(ip, d, p);
    if (why) {
        return why;
    }
    switch (fragbuf_look(&d->buf, p->off_bytes, rd_ptr(&p->data), rd_left(&p->data))) {
    case FRAGBUF_SAME:
        return INL_DROP_FRAG_DUPLICATE;
    case FRAGBUF_OVERLAP:
        return reass_discard(ip, d, INL_DROP_FRAG_OVERLAP);
    case FRAGBUF_FREE:
        break;
    }
    piece_store(d, p);
    return d->got_bytes == d->total_bytes ? reass_complete(ip, d, ret_whole) : INL_DROP_NONE;
}

/* ---- the end of waiting ---- */

/* Tells the source, if the first fragment is there to be quoted. */
static void reass_tell(struct ip *ip, const struct reass *d) {
    bool is4 = inl_addr_is4(&d->key.src);
    const struct ip_icmp_error e = {
        .type = is4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED,
        .code = is4 ? ICMP4_TIME_REASSEMBLY : ICMP6_TIME_REASSEMBLY,
        .cause = INL_CAUSE_ICMP_REASSEMBLY,
    };
    const struct ip_rx rx = {
        .src = d->key.src,
        .dst = d->key.dst,
        .packet = fragbuf_data(&d->buf) - d->hdr_len,
        .packet_len = d->hdr_len + d->first_len,
        .link = d->link,
        .group = d->group,
    };

    ip_icmp_error(ip, &rx, &e);
}

void ip_reass_timer(struct ip *ip, struct timer *timer) {
    struct reass *d = TIMER_ENTRY(timer, struct reass, timer);

    reass_leave(ip, d);
    if (!d->dead) {
        env_drop(ip->env, INL_DROP_FRAG_TIMEOUT);
        reass_count(ip, d);
        if (d->hdr_len > 0) {
            reass_tell(ip, d);
        }
    }
    ip_reass_free(ip, d);
}

void ip_reass_init(struct ip *ip, const struct inl_config *config) {
    struct ip_reass *r = &ip->reass;

    htab_init(&r->table, &ip->env->mem);
    htab_init(&r->sources, &ip->env->mem);
    for (int i = 0; i < REASS_CLASSES; i++) {
        list_init(&r->heavy[i]);
    }
    r->max_bytes = config->reass_bytes;
    r->max_source_bytes = config->reass_source_bytes;
    r->max_datagrams = config->reass_datagrams;
    r->max_source_datagrams = config->reass_source_datagrams;
    r->timeout_ns = config->reass_timeout_ns;
}

void ip_reass_done(struct ip *ip) {
    struct hnode *n;

    while ((n = htab_first(&ip->reass.table)) != NULL) {
        struct reass *d = HTAB_ENTRY(n, struct reass, node);

        reass_leave(ip, d);
        ip_reass_free(ip, d);
    }
    htab_done(&ip->reass.table);
    htab_done(&ip->reass.sources);
}
