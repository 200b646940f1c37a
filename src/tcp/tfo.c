/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tfo.c - TCP Fast Open (RFC 7413): data in the SYN
 *
 * Owns tcp_conn.tfo and struct tcp_tfo.
 *
 * Server: a listener that allows it (INL_OPT_TCP_FASTOPEN) gives a cookie to who asks: a keyed hash
 * of both addresses and a number that changes every day; today's and yesterday's are good. A SYN
 * with a good one becomes a connection in SYN-RECEIVED at once (listen.c), whose data can be read,
 * and answered, before the handshake is over. At most so many are
 * pending in the whole stack as the listener says; one that came to nothing counts for a minute
 * more (5.1: else resets would make room for a flood). Beyond
 * that, and with a bad cookie, the handshake is the common one, data in the SYN is dropped, and a
 * good cookie given.
 *
 * Client: what a server has said is remembered by source and destination address and port: its
 * cookie and MSS, or that Fast Open failed: then there is none for an hour, twice as long each
 * time. fastopen_cache entries at most, the one that was used longest ago gives way. connect()
 * with INL_OPT_TCP_FASTOPEN_CONNECT and a cookie sends nothing: the first write goes with the SYN.
 * A SYN that is sent again has neither data nor option (4.2.2).
 *
 * Does not do: cookies for several servers' common use.
 */
#include "base/siphash.h"
#include "tcp/internal.h"

#include <string.h>

#define COOKIE_BYTES 8
#define DAY_NS (86400 * INL_S)
#define RESET_COUNTS_NS (60 * INL_S)
#define BAD_SHIFT_MAX 6
#define MSS_MAX4 1460u /* 4.1.3: what the cache remembers at most */
#define MSS_MAX6 1440u

struct tfo_server {
    struct hnode node;
    struct list order; /* used longest ago first */
    struct inl_addr src;
    struct inl_addr dst;
    uint16_t port;
    uint16_t mss;
    uint8_t cookie[TCP_TFO_COOKIE_MAX_BYTES];
    uint8_t cookie_len;
    uint8_t failures; /* in a row */
    inl_time not_before;
};

/* ---- the server's cookies ---- */

static uint64_t cookie_of(const struct tcp *tcp, const struct inl_addr *client,
                          const struct inl_addr *server, uint64_t day) {
    struct {
        struct inl_addr client, server;
        uint64_t day;
    } key = {*client, *server, day};

    return siphash(tcp->tfo.key, &key, sizeof(key));
}

static void cookie_bytes(uint64_t cookie, uint8_t ret[COOKIE_BYTES]) {
    for (unsigned i = 0; i < COOKIE_BYTES; i++) {
        ret[i] = (uint8_t)(cookie >> 8 * i);
    }
}

static uint64_t today(const struct tcp *tcp) {
    return (uint64_t)(tcp->env->now.ns / DAY_NS);
}

static bool cookie_good(const struct tcp *tcp, const struct tcp_seg *seg) {
    uint64_t day = today(tcp);

    for (uint64_t ago = 0; ago < 2 && seg->o.tfo_len == COOKIE_BYTES && ago <= day; ago++) {
        uint8_t good[COOKIE_BYTES];

        cookie_bytes(cookie_of(tcp, &seg->rx->src, &seg->rx->dst, day - ago), good);
        if (memcmp(good, seg->o.tfo, COOKIE_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- the server ---- */

static bool pending_has_room(struct tcp *tcp, const struct tcp_listener *l) {
    if (!inl_time_before(tcp->env->now, tcp->tfo.resets_until)) {
        tcp->tfo.resets = 0;
    }
    return tcp->tfo.pending + tcp->tfo.resets < l->opts.fastopen;
}

enum tcp_tfo_verdict tcp_tfo_syn(struct tcp *tcp, const struct tcp_listener *l,
                                 const struct tcp_seg *seg) {
    if (l->opts.fastopen == 0 || !(seg->o.present & TCP_HAS_TFO)) {
        return TCP_TFO_NO;
    }
    if (seg->o.tfo_len == 0) {
        tcp->tfo.asked++;
        return TCP_TFO_GIVE_COOKIE;
    }
    if (!cookie_good(tcp, seg)) {
        tcp->tfo.passive_fails++;
        return TCP_TFO_GIVE_COOKIE;
    }
    if (!pending_has_room(tcp, l)) {
        tcp->tfo.overflows++;
        return TCP_TFO_NO;
    }
    return TCP_TFO_OPEN_FAST;
}

void tcp_tfo_opened(struct tcp_conn *c) {
    c->tfo |= TCP_TFO_FAST;
    c->tcp->tfo.pending++;
    c->tcp->tfo.passive++;
}

void tcp_tfo_settled(struct tcp_conn *c, bool established) {
    struct tcp *tcp = c->tcp;

    if (!(c->tfo & TCP_TFO_FAST)) {
        return;
    }
    c->tfo &= (uint8_t) ~(unsigned)TCP_TFO_FAST;
    tcp->tfo.pending--;
    if (!established) {
        tcp->tfo.resets++;
        tcp->tfo.resets_until = inl_time_add(tcp->env->now, RESET_COUNTS_NS);
    }
}

/* ---- the client's memory ---- */

struct server_key {
    const struct inl_addr *src;
    const struct inl_addr *dst;
    uint16_t port;
};

static bool server_matches(const struct hnode *n, const void *key) {
    const struct tfo_server *s = HTAB_ENTRY(n, struct tfo_server, node);
    const struct server_key *k = key;

    return s->port == k->port && inl_addr_eq(&s->src, k->src) && inl_addr_eq(&s->dst, k->dst);
}

static uint64_t server_hash(const struct tcp *tcp, const struct tcp_conn *c) {
    return siphash_addrs(tcp->hash_key, &c->local.addr, &c->remote.addr, c->remote.port);
}

static struct tfo_server *server_find(const struct tcp_conn *c) {
    const struct server_key key = {&c->local.addr, &c->remote.addr, c->remote.port};
    struct hnode *n = htab_find(&c->tcp->tfo.servers, server_hash(c->tcp, c), server_matches, &key);

    return n ? HTAB_ENTRY(n, struct tfo_server, node) : NULL;
}

static void server_free(struct tcp *tcp, struct tfo_server *s) {
    htab_remove(&tcp->tfo.servers, &s->node);
    list_del(&s->order);
    mem_free(&tcp->env->mem, s, sizeof(*s));
}

/* The one of this connection, as the last one used; NULL without memory. */
static struct tfo_server *server_take(const struct tcp_conn *c) {
    struct tcp *tcp = c->tcp;
    struct tfo_server *s = server_find(c);

    if (s) {
        list_del(&s->order);
        list_add_tail(&tcp->tfo.order, &s->order);
        return s;
    }
    while (htab_count(&tcp->tfo.servers) > 0 &&
           htab_count(&tcp->tfo.servers) >= tcp->cfg.fastopen_cache) {
        server_free(tcp, LIST_ENTRY(list_first(&tcp->tfo.order), struct tfo_server, order));
    }
    s = tcp->cfg.fastopen_cache > 0 ? mem_zalloc(&tcp->env->mem, sizeof(*s)) : NULL;
    if (s) {
        s->src = c->local.addr;
        s->dst = c->remote.addr;
        s->port = c->remote.port;
        list_init(&s->order);
        list_add_tail(&tcp->tfo.order, &s->order);
        htab_insert(&tcp->tfo.servers, &s->node, server_hash(tcp, c));
    }
    return s;
}

void tcp_tfo_init(struct tcp *tcp) {
    htab_init(&tcp->tfo.servers, &tcp->env->mem);
    list_init(&tcp->tfo.order);
    rng_bytes(&tcp->env->rng, tcp->tfo.key, sizeof(tcp->tfo.key));
}

void tcp_tfo_done(struct tcp *tcp) {
    struct list *n;

    while ((n = list_first(&tcp->tfo.order))) {
        server_free(tcp, LIST_ENTRY(n, struct tfo_server, order));
    }
    htab_done(&tcp->tfo.servers);
}

/* ---- the client ---- */

void tcp_tfo_connect(struct tcp_conn *c) {
    const struct tfo_server *s = server_find(c);

    c->tfo = 0;
    if (!c->opts.fastopen_connect || (s && inl_time_before(c->tcp->env->now, s->not_before))) {
        return;
    }
    if (!s || s->cookie_len == 0) {
        c->tfo = TCP_TFO_ASK;
        return;
    }
    c->tfo = TCP_TFO_USE | TCP_TFO_WAIT;
}

bool tcp_tfo_waits(const struct tcp_conn *c) {
    return (c->tfo & TCP_TFO_WAIT) != 0;
}

void tcp_tfo_go(struct tcp_conn *c) {
    c->tfo &= (uint8_t) ~(unsigned)TCP_TFO_WAIT;
}

static void fill_cookie(struct tcp_opts *ret, const uint8_t *cookie, uint8_t len) {
    if (len > 0) {
        memcpy(ret->tfo, cookie, len);
    }
    ret->tfo_len = len;
    ret->present |= TCP_HAS_TFO;
    if (tcp_opts_len(ret) > TCP_OPTS_MAX_BYTES) {
        ret->present &= (uint8_t) ~(unsigned)TCP_HAS_TFO; /* no room: a common handshake */
    }
}

void tcp_tfo_fill(const struct tcp_conn *c, struct tcp_opts *ret) {
    uint8_t cookie[COOKIE_BYTES];
    const struct tfo_server *s;

    if (c->tfo & TCP_TFO_ASK) {
        fill_cookie(ret, NULL, 0);
    } else if (c->tfo & TCP_TFO_USE) {
        s = server_find(c);
        if (s) {
            fill_cookie(ret, s->cookie, s->cookie_len);
        }
    } else if (c->tfo & TCP_TFO_GIVE) {
        cookie_bytes(cookie_of(c->tcp, &c->remote.addr, &c->local.addr, today(c->tcp)), cookie);
        fill_cookie(ret, cookie, sizeof(cookie));
    }
}

uint32_t tcp_tfo_syn_data(const struct tcp_conn *c) {
    const struct tfo_server *s = c->tfo & TCP_TFO_USE ? server_find(c) : NULL;
    struct tcp_opts opts;
    uint32_t room;

    if (!s) {
        return 0;
    }
    tcp_opt_fill(c, TCP_SYN, 0, &opts);
    if (!(opts.present & TCP_HAS_TFO)) {
        return 0;
    }
    room = s->mss < c->opt.adv_mss_bytes ? s->mss : c->opt.adv_mss_bytes;
    room = room > tcp_opts_len(&opts) ? room - (uint32_t)tcp_opts_len(&opts) : 0;
    return c->snd.end_off < room ? (uint32_t)c->snd.end_off : room;
}

void tcp_tfo_timeout(struct tcp_conn *c) {
    if (c->tfo & (TCP_TFO_ASK | TCP_TFO_USE)) {
        c->tfo = TCP_TFO_LOST | (c->tfo & TCP_TFO_USE ? TCP_TFO_LOST_DATA : 0);
    }
    c->tfo &= (uint8_t) ~(unsigned)TCP_TFO_GIVE;
}

/* 4.1.3.1: not again for a while, and longer each time. */
static void tfo_failed(struct tcp_conn *c) {
    struct tfo_server *s = server_take(c);

    c->tcp->tfo.active_fails++;
    if (s) {
        unsigned shift = s->failures < BAD_SHIFT_MAX ? s->failures : BAD_SHIFT_MAX;

        s->not_before =
            inl_time_add(c->tcp->env->now, c->tcp->cfg.fastopen_retry_ns * ((inl_dur)1 << shift));
        s->failures = (uint8_t)(s->failures < UINT8_MAX ? s->failures + 1 : UINT8_MAX);
        s->cookie_len = 0;
    }
}

static void tfo_remember(struct tcp_conn *c, const struct tcp_seg *seg) {
    uint32_t max = inl_addr_is4(&c->remote.addr) ? MSS_MAX4 : MSS_MAX6;
    struct tfo_server *s = server_take(c);

    if (s) {
        memcpy(s->cookie, seg->o.tfo, seg->o.tfo_len);
        s->cookie_len = seg->o.tfo_len;
        s->mss = (uint16_t)(c->opt.peer_mss_bytes < max ? c->opt.peer_mss_bytes : max);
        s->not_before = (inl_time){0};
    }
}

void tcp_tfo_synack(struct tcp_conn *c, const struct tcp_seg *seg) {
    bool cookie = (seg->o.present & TCP_HAS_TFO) && seg->o.tfo_len >= TCP_TFO_COOKIE_MIN_BYTES;
    bool taken = seq_gt(seg->ack, seq_add(c->snd.iss, 1));
    bool data = seq_gt(c->snd.nxt, seq_add(c->snd.iss, 1));
    struct tfo_server *s = server_find(c);

    if (c->tfo == 0) {
        return;
    }
    if (cookie) {
        tfo_remember(c, seg);
    }
    if (taken && data) {
        c->tcp->tfo.active++;
        if (s) {
            s->failures = 0;
        }
    } else if (!cookie && (data || c->tfo & TCP_TFO_LOST)) {
        tfo_failed(c);
    }
    c->tfo = 0;
}

void tcp_tfo_refused(struct tcp_conn *c) {
    if (c->tfo & (TCP_TFO_USE | TCP_TFO_LOST)) {
        tfo_failed(c);
    }
    c->tfo = 0;
}

void tcp_tfo_stats(const struct tcp *tcp, struct inl_stats *stats) {
    stats->tcp_fastopen_active += tcp->tfo.active;
    stats->tcp_fastopen_active_fail += tcp->tfo.active_fails;
    stats->tcp_fastopen_passive += tcp->tfo.passive;
    stats->tcp_fastopen_passive_fail += tcp->tfo.passive_fails;
    stats->tcp_fastopen_overflow += tcp->tfo.overflows;
    stats->tcp_fastopen_cookie_reqd += tcp->tfo.asked;
}
