/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass.c - reassembly of both IP versions (RFC 791 3.2, RFC 815, RFC 1122 3.3.2, RFC 8200 4.5,
 * RFC 5722, RFC 3168 5.3)
 *
 * A fragment is copied to its place in one buffer (fragbuf.h), which knows what is there. As nothing
 * may overlap, counting octets tells when all is there. So a fragment costs a hash lookup and its own
 * length, whatever came before it in whatever order: there is no list that could be made long
 * (CVE-2018-5391).
 *
 * The first fragment gets a buffer of its size, in one block with the entry. One that is too small
 * grows by doubling; only the last fragment wants no more than the whole. So of the usual datagram, of
 * two fragments, no more than the first waits, and a flood of small ones takes little.
 *
 * Overlaps discard the datagram, in IPv4 too: no honest sender makes them, and whose bytes should
 * win is a question that attackers like (RFC 5722, RFC 1858). The entry stays until its time is
 * over, so that what is still to come of it is dropped as well. A fragment that came before, octet by
 * octet, is ignored (RFC 8200 4.5).
 *
 * A datagram has 60 s from its first arrival; then its source is told, if the first fragment has
 * come. Caps: datagrams and bytes of one source, and of all (reass_source.c).
 *
 * Congestion marks (RFC 3168 5.3): CE in one fragment is CE of the whole, unless another is not
 * ECN-capable; then the datagram is dropped.
 *
 * Invariants: an entry is in the table, in its source's list and in that of all, oldest first; if that
 * is not empty the timer is armed for its first one, or for an earlier one that has left.
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

#define SMALL_BYTES (MEM_SPARE_BYTES / 2) /* of such blocks spare ones are kept */
#define MAX_BYTES 65535u

/* ---- life of a datagram ---- */

/* Takes it out of everything; it keeps its buffer. */
static void reass_leave(struct ip *ip, struct reass *d) {
    list_del(&d->waiting);
    htab_remove(&ip->reass.table, &d->node);
    reass_source_leave(ip, d);
}

/* A buffer that is not part of the entry's block. */
static size_t buf_bytes(const struct fragbuf *b) {
    size_t bytes = fragbuf_bytes(b);

    return bytes <= SMALL_BYTES ? mem_round(bytes) : bytes;
}

static void *buf_alloc(struct ip *ip, const struct fragbuf *b) {
    size_t bytes = buf_bytes(b);

    return bytes <= SMALL_BYTES ? mem_quick_alloc(&ip->env->mem, bytes)
                                : mem_alloc(&ip->env->mem, bytes);
}

static void buf_free(struct ip *ip, struct reass *d) {
    size_t bytes = buf_bytes(&d->buf);

    if (d->buf.map && !reass_buf_inside(d)) {
        if (bytes <= SMALL_BYTES) {
            mem_quick_free(&ip->env->mem, d->buf.map, bytes);
        } else {
            mem_free(&ip->env->mem, d->buf.map, bytes);
        }
    }
    d->buf = (struct fragbuf){0};
}

void ip_reass_free(struct ip *ip, struct reass *whole) {
    buf_free(ip, whole);
    mem_quick_free(&ip->env->mem, whole, whole->block_bytes);
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
    buf_free(ip, d);
    reass_account(&ip->reass, d, d->block_bytes);
    return why;
}

/*
 * Makes room for a new datagram of @addr, or for more of @grows. False: there is none; @grows is
 * gone. Sources come and go with what they have, so each time this one is looked for again.
 */
static bool make_room(struct ip *ip, const struct inl_addr *addr, struct reass *grows,
                      size_t bytes) {
    const struct ip_reass *r = &ip->reass;
    uint64_t hash = reass_source_hash(ip, addr);
    uint32_t datagrams = grows ? 0 : 1;
    const struct reass_source *s = reass_source_find(ip, addr, hash);
    struct reass *d = grows;

    while (bytes <= r->max_bytes && bytes <= r->max_source_bytes) {
        if (reass_has_room(r, s, bytes, datagrams)) {
            return true;
        }
        d = reass_victim(r, s, bytes, datagrams);
        if (!d || d == grows) {
            break;
        }
        reass_evict(ip, d);
        d = grows;
        s = reass_source_find(ip, addr, hash);
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

/* What was found before the turn of this frame, if it is about this datagram: nearly always. */
static const struct ip_ahead *ahead_of(const struct ip *ip, const struct reass_key *k) {
    const struct ip_ahead *a = ip->ahead;

    return a && a->what == AHEAD_FRAGMENT && a->id == ip_reass_id(k->id, k->proto) &&
                   inl_addr_eq(&a->src, &k->src) && inl_addr_eq(&a->dst, &k->dst)
               ? a
               : NULL;
}

/* The rest of the block, its neighbours, its source and the bucket of that. */
void ip_reass_fetch(const struct ip *ip, const struct hnode *node) {
    const struct reass *d = HTAB_ENTRY(node, struct reass, node);

    htab_ahead(&ip->reass.sources, d->source_hash);
    prefetch_block((const uint8_t *)d + 2 * PREFETCH_LINE_BYTES,
                   d->block_bytes - 2 * PREFETCH_LINE_BYTES);
    prefetch_block(d->source, sizeof(*d->source));
    prefetch_line(d->waiting.next);
    prefetch_line(d->waiting.prev);
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

/* ---- pieces ---- */

static uint32_t piece_end(const struct reass_piece *p) {
    return p->off_bytes + (uint32_t)rd_left(&p->data);
}

static uint32_t piece_hdr_len(const struct reass_piece *p) {
    return (uint32_t)(rd_ptr(&p->data) - p->rx->packet);
}

/* The headers that the buffer has to have room for: these, those that are there, or not known. */
static uint32_t wanted_room(const struct reass *d, const struct reass_piece *p) {
    return p->off_bytes == 0 ? piece_hdr_len(p) : d ? d->hdr_len : 0;
}

/* How much data it should hold. Where more is to come, at least twice as much as before. */
static uint32_t wanted_cap(const struct reass *d, const struct reass_piece *p) {
    uint32_t end = piece_end(p);
    uint32_t twice = 2 * d->buf.cap < MAX_BYTES ? 2 * d->buf.cap : MAX_BYTES;

    if (end <= d->buf.cap) {
        return d->buf.cap;
    }
    if (!p->more) {
        return end;
    }
    if (d->total_bytes > 0) {
        return d->total_bytes;
    }
    return end > twice ? end : twice;
}

/* An entry with a buffer for its first piece, unless that is large: then without. */
static struct reass *reass_new(struct ip *ip, const struct reass_piece *p,
                               const struct reass_key *key, struct reass_source *s,
                               const struct fragbuf *plan, size_t bytes) {
    struct reass *d = mem_quick_alloc(&ip->env->mem, bytes);

    if (!d) {
        return NULL;
    }
    *d = (struct reass){.key = *key};
    d->block_bytes = (uint32_t)bytes;
    d->link = p->rx->link;
    d->home = p->rx->home;
    d->due = inl_time_add(ip->env->now, ip->reass.timeout_ns);
    if (bytes >= sizeof(*d) + fragbuf_bytes(plan)) {
        d->buf = *plan;
        fragbuf_at(&d->buf, d + 1);
    }
    reass_source_join(s, d);
    reass_account(&ip->reass, d, bytes);
    if (list_empty(&ip->reass.waiting) && !timer_armed(&ip->reass.timer)) {
        timer_arm(&ip->env->wheel, &ip->reass.timer, d->due);
    }
    list_add_tail(&ip->reass.waiting, &d->waiting);
    return d;
}

/* Another buffer, which was planned: false: no memory. */
static bool reass_rebuild(struct ip *ip, struct reass *d, struct fragbuf *to) {
    void *block = buf_alloc(ip, to);

    if (!block) {
        return false;
    }
    fragbuf_at(to, block);
    if (d->buf.map) {
        fragbuf_move(to, &d->buf, d->hdr_len, d->end_bytes);
        buf_free(ip, d);
    }
    d->buf = *to;
    return true;
}

static bool fits(const struct reass *d, const struct reass_piece *p) {
    return d->buf.map && piece_end(p) <= d->buf.cap && wanted_room(d, p) <= d->buf.room;
}

/* Given up for want of memory. */
static enum inl_drop reass_fail(struct ip *ip, struct reass *d) {
    reass_leave(ip, d);
    ip_reass_free(ip, d);
    return INL_DROP_NO_MEMORY;
}

/* Makes the buffer large enough for a piece: NONE, or d is gone. */
static enum inl_drop reass_fit(struct ip *ip, struct reass *d, const struct reass_piece *p) {
    struct fragbuf b;
    size_t bytes, cost;

    if (fits(d, p)) {
        return INL_DROP_NONE;
    }
    b = fragbuf_plan(wanted_cap(d, p), wanted_room(d, p));
    bytes = d->block_bytes + buf_bytes(&b);
    cost = bytes > d->cost ? bytes - d->cost : 0;
    if (!reass_has_room(&ip->reass, d->source, cost, 0)) {
        const struct inl_addr addr = d->source->addr;

        if (!make_room(ip, &addr, d, cost)) {
            return INL_DROP_FRAG_LIMIT;
        }
    }
    if (!reass_rebuild(ip, d, &b)) {
        return reass_fail(ip, d);
    }
    reass_account(&ip->reass, d, bytes);
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

/* What it says beside its data. */
static void piece_note(struct reass *d, const struct reass_piece *p) {
    uint32_t end = piece_end(p);
    uint32_t len = (uint32_t)rd_left(&p->data);

    d->got_bytes += len;
    d->end_bytes = end > d->end_bytes ? end : d->end_bytes;
    d->total_bytes = p->more ? d->total_bytes : end;
    d->ecn_seen |= (uint8_t)(1u << (p->rx->tos & IP_ECN_MASK));
    d->group |= p->rx->group;
    if (p->off_bytes == 0) {
        d->hdr_len = piece_hdr_len(p);
        d->first_len = len;
        d->next_field_off = p->next_field_off;
        d->ecn_first = p->rx->tos & IP_ECN_MASK;
        memcpy(fragbuf_data(&d->buf) - d->hdr_len, p->rx->packet, d->hdr_len);
    }
}

/* ---- the whole ---- */

/* Nothing else is missing. */
static bool completes(const struct reass *d, const struct reass_piece *p) {
    return d->got_bytes + rd_left(&p->data) == (p->more ? d->total_bytes : piece_end(p));
}

/* May it be, with this last piece? */
static enum inl_drop reass_allowed(const struct reass *d, const struct reass_piece *p) {
    size_t total = p->more ? d->total_bytes : piece_end(p);
    size_t len = total + wanted_room(d, p);
    uint8_t ecn = d->ecn_seen | (uint8_t)(1u << (p->rx->tos & IP_ECN_MASK));

    if (ecn & 1u << IP_ECN_CE && ecn & 1u << IP_ECN_NOT_ECT) {
        return INL_DROP_FRAG_ECN;
    }
    len -= inl_addr_is4(&d->key.src) ? 0 : REASS_FRAG_HDR_BYTES + IP6_HDR_BYTES;
    return len > MAX_BYTES ? INL_DROP_BAD_LENGTH : INL_DROP_NONE;
}

/*
 * The last piece, with which it leaves. If there is no place in the buffer it is put together in
 * another one. That is not one of those that wait, and is free again at once: it lies in the caches
 * still, which the rest of a buffer for all, filled now for the first time, would not.
 */
static enum inl_drop reass_complete(struct ip *ip, struct reass *d, const struct reass_piece *p,
                                    struct reass **ret_whole) {
    enum inl_drop why = reass_allowed(d, p);

    if (why) {
        return reass_discard(ip, d, why);
    }
    if (!fits(d, p)) {
        struct fragbuf b = fragbuf_plan(p->more ? d->total_bytes : piece_end(p), wanted_room(d, p));

        if (!reass_rebuild(ip, d, &b)) {
            return reass_fail(ip, d);
        }
    }
    fragbuf_put_last(&d->buf, p->off_bytes, rd_ptr(&p->data), rd_left(&p->data));
    piece_note(d, p);
    reass_leave(ip, d);
    reass_finish(d);
    *ret_whole = d;
    return INL_DROP_NONE;
}

/* A piece of a datagram of which there was none: it gets an entry. */
static enum inl_drop reass_begin(struct ip *ip, const struct reass_piece *p,
                                 const struct reass_key *key, uint64_t hash, struct reass **ret) {
    const struct inl_addr addr = reass_source_addr(&key->src);
    const struct fragbuf plan = fragbuf_plan(piece_end(p), wanted_room(NULL, p));
    size_t all = sizeof(struct reass) + fragbuf_bytes(&plan);
    size_t bytes = mem_round(all <= SMALL_BYTES ? all : sizeof(struct reass));
    uint64_t source_hash = reass_source_hash(ip, &addr);
    struct reass_source *s = reass_source_find(ip, &addr, source_hash);
    bool new_source;

    if (!reass_has_room(&ip->reass, s, bytes, 1)) {
        if (!make_room(ip, &addr, NULL, bytes)) {
            return INL_DROP_FRAG_LIMIT;
        }
        s = reass_source_find(ip, &addr, source_hash);
    }
    new_source = !s;
    s = s ? s : reass_source_new(ip, &addr, source_hash);
    *ret = s ? reass_new(ip, p, key, s, &plan, bytes) : NULL;
    if (*ret) {
        (*ret)->source_hash = source_hash;
        htab_insert(&ip->reass.table, &(*ret)->node, hash);
    } else if (s && new_source) {
        reass_source_free(ip, s);
    }
    return *ret ? INL_DROP_NONE : INL_DROP_NO_MEMORY;
}

/* Is anything there in its place? */
static enum inl_drop piece_look(struct ip *ip, struct reass *d, const struct reass_piece *p) {
    switch (fragbuf_look(&d->buf, p->off_bytes, rd_ptr(&p->data), rd_left(&p->data))) {
    case FRAGBUF_SAME:
        return INL_DROP_FRAG_DUPLICATE;
    case FRAGBUF_OVERLAP:
        return reass_discard(ip, d, INL_DROP_FRAG_OVERLAP);
    case FRAGBUF_FREE:
        break;
    }
    return INL_DROP_NONE;
}

enum inl_drop ip_reass_add(struct ip *ip, const struct reass_piece *p, struct reass **ret_whole) {
    const struct reass_key key = key_of(p);
    const struct ip_ahead *ahead = ahead_of(ip, &key);
    uint64_t hash =
        ahead ? ahead->hash : ip_reass_hash(ip, &key.src, &key.dst, ip_reass_id(key.id, key.proto));
    struct reass *d = reass_find(ip, &key, hash);
    enum inl_drop why = INL_DROP_NONE;

    *ret_whole = NULL;
    if (!d) {
        why = reass_begin(ip, p, &key, hash, &d);
    } else if (d->dead) {
        why = INL_DROP_FRAG_OVERLAP;
    } else if (piece_contradicts(d, p)) {
        why = reass_discard(ip, d, INL_DROP_FRAG_OVERLAP);
    } else {
        why = piece_look(ip, d, p);
    }
    if (why) {
        return why;
    }
    if (completes(d, p)) {
        return reass_complete(ip, d, p, ret_whole);
    }
    why = reass_fit(ip, d, p);
    if (!why) {
        fragbuf_put(&d->buf, p->off_bytes, rd_ptr(&p->data), rd_left(&p->data));
        piece_note(d, p);
    }
    return why;
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

/* They all have the same time, so the oldest one is the first whose time is over. */
static struct reass *reass_oldest(const struct ip_reass *r) {
    return list_empty(&r->waiting) ? NULL
                                   : LIST_ENTRY(list_first(&r->waiting), struct reass, waiting);
}

static void reass_expire(struct ip *ip, struct reass *d) {
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

/* Of one that is whole by now the timer may be left over. */
void ip_reass_timer(struct ip *ip) {
    struct reass *d = reass_oldest(&ip->reass);

    if (d && !inl_time_before(ip->env->now, d->due)) {
        reass_expire(ip, d);
        d = reass_oldest(&ip->reass);
    }
    if (d) {
        timer_arm(&ip->env->wheel, &ip->reass.timer, d->due);
    }
}

void ip_reass_init(struct ip *ip, const struct inl_config *config) {
    struct ip_reass *r = &ip->reass;

    htab_init_sparse(&r->table, &ip->env->mem);
    htab_init_sparse(&r->sources, &ip->env->mem);
    list_init(&r->waiting);
    timer_init(&r->timer, TIMER_IP_REASS);
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
    struct reass *d;

    while ((d = reass_oldest(&ip->reass)) != NULL) {
        reass_leave(ip, d);
        ip_reass_free(ip, d);
    }
    timer_cancel(&ip->env->wheel, &ip->reass.timer);
    htab_done(&ip->reass.table);
    htab_done(&ip->reass.sources);
}
