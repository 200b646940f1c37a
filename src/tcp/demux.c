/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * demux.c - which connection, TIME-WAIT entry or listener a segment belongs to
 *
 * Four-tuples and listeners are looked up in hash tables keyed with a secret, so that nobody can
 * choose tuples which collide. A listener is sought from the most to the least specific: its
 * address and port, any address of the family, "any" of IPv6 that also takes IPv4; and on a
 * transparent stack the same for port 0, a listener on every port.
 */
#include "base/siphash.h"
#include "tcp/plain.h"
#include "tcp/quick.h"

uint64_t tcp_tuple_hash(const struct tcp *tcp, const struct inl_addr *local, uint16_t lport,
                        const struct inl_addr *remote, uint16_t rport) {
    return siphash_addrs(tcp->hash_key, local, remote, (uint32_t)lport << 16 | rport);
}

struct tuple {
    const struct inl_addr *local;
    const struct inl_addr *remote;
    uint16_t lport;
    uint16_t rport;
};

static bool conn_is(const struct tcp_conn *c, const struct tuple *t) {
    return c->local.port == t->lport && c->remote.port == t->rport &&
           inl_addr_eq(&c->remote.addr, t->remote) && inl_addr_eq(&c->local.addr, t->local);
}

static bool conn_matches(const struct hnode *n, const void *key) {
    const struct tcp_conn *c = HTAB_ENTRY(n, struct tcp_conn, node);

    quick_conn_fetch(c->tcp, c);
    return conn_is(c, key);
}

struct tcp_conn *tcp_find_last(const struct tcp *tcp, const struct inl_addr *local, uint16_t lport,
                               const struct inl_addr *remote, uint16_t rport) {
    const struct tuple t = {local, remote, lport, rport};

    return tcp->last && conn_is(tcp->last, &t) ? tcp->last : NULL;
}

struct tcp_conn *tcp_find_conn(const struct tcp *tcp, uint64_t hash, const struct inl_addr *local,
                               uint16_t lport, const struct inl_addr *remote, uint16_t rport) {
    struct tuple t = {local, remote, lport, rport};
    struct hnode *n = htab_find(&tcp->conns, hash, conn_matches, &t);

    return n ? HTAB_ENTRY(n, struct tcp_conn, node) : NULL;
}

static bool syn_matches(const struct hnode *n, const void *key) {
    const struct tcp_syn *s = HTAB_ENTRY(n, struct tcp_syn, node);
    const struct tuple *t = key;

    return s->lport == t->lport && s->rport == t->rport && inl_addr_eq(&s->remote, t->remote) &&
           inl_addr_eq(&s->local, t->local);
}

struct tcp_syn *tcp_find_syn(const struct tcp *tcp, uint64_t hash, const struct inl_addr *local,
                             uint16_t lport, const struct inl_addr *remote, uint16_t rport) {
    struct tuple t = {local, remote, lport, rport};
    struct hnode *n = htab_find(&tcp->syns, hash, syn_matches, &t);

    return n ? HTAB_ENTRY(n, struct tcp_syn, node) : NULL;
}

static bool rest_matches(const struct hnode *n, const void *key) {
    const struct tcp_rest *r = HTAB_ENTRY(n, struct tcp_rest, node);
    const struct tuple *t = key;

    return r->lport == t->lport && r->rport == t->rport && inl_addr_eq(&r->remote, t->remote) &&
           inl_addr_eq(&r->local, t->local);
}

struct tcp_rest *tcp_find_rest(const struct tcp *tcp, uint64_t hash, const struct inl_addr *local,
                               uint16_t lport, const struct inl_addr *remote, uint16_t rport) {
    struct tuple t = {local, remote, lport, rport};
    struct hnode *n = htab_find(&tcp->rests, hash, rest_matches, &t);

    return n ? HTAB_ENTRY(n, struct tcp_rest, node) : NULL;
}

void tcp_hash_conn(struct tcp_conn *c) {
    htab_insert(
        &c->tcp->conns, &c->node,
        tcp_tuple_hash(c->tcp, &c->local.addr, c->local.port, &c->remote.addr, c->remote.port));
    c->hashed = true;
}

void tcp_unhash_conn(struct tcp_conn *c) {
    htab_remove(&c->tcp->conns, &c->node);
    if (c->tcp->last == c) {
        c->tcp->last = NULL;
    }
    tcp_plain_forget(c);
}

/* ---- listeners ---- */

uint64_t tcp_listener_hash(const struct tcp *tcp, const struct inl_addr *addr, uint16_t port) {
    return siphash_addrs(tcp->hash_key, addr, &INL_ADDR_ANY, port);
}

static bool listener_matches(const struct hnode *n, const void *key) {
    const struct tcp_listener *l = HTAB_ENTRY(n, struct tcp_listener, node);
    const struct inl_sockaddr *local = key;

    return l->local.port == local->port && inl_addr_eq(&l->local.addr, &local->addr);
}

/* Of those that share the port with the one at n: they have its hash, hence its chain. */
static struct tcp_listener *listener_pick(struct hnode *n, const struct inl_sockaddr *key,
                                          uint64_t who) {
    struct tcp_listener *best = HTAB_ENTRY(n, struct tcp_listener, node);
    const uint64_t hash = n->hash;

    for (n = n->next; n; n = n->next) {
        if (n->hash == hash && listener_matches(n, key)) {
            struct tcp_listener *l = HTAB_ENTRY(n, struct tcp_listener, node);

            if (ports_pick_weight(who, l->salt) > ports_pick_weight(who, best->salt)) {
                best = l;
            }
        }
    }
    return best;
}

static struct tcp_listener *listener_at(const struct tcp *tcp, struct inl_addr addr, uint16_t port,
                                        uint64_t who) {
    struct inl_sockaddr key = {.addr = addr, .port = port};
    struct hnode *n =
        htab_find(&tcp->listeners, tcp_listener_hash(tcp, &addr, port), listener_matches, &key);

    return n ? listener_pick(n, &key, who) : NULL;
}

static struct tcp_listener *listener_on_port(const struct tcp *tcp, const struct inl_addr *local,
                                             uint16_t port, uint64_t who) {
    struct tcp_listener *l = listener_at(tcp, *local, port, who);

    if (!l && inl_addr_is4(local)) {
        l = listener_at(tcp, inl_addr_any4(), port, who);
    }
    if (!l) {
        l = listener_at(tcp, inl_addr_any6(), port, who);
        if (l && inl_addr_is4(local) && l->opts.v6only) {
            l = NULL;
        }
    }
    return l;
}

struct tcp_listener *tcp_find_listener(const struct tcp *tcp, const struct inl_addr *local,
                                       uint16_t lport, uint64_t who) {
    struct tcp_listener *l;

    if (htab_count(&tcp->listeners) == 0) {
        return NULL;
    }
    l = listener_on_port(tcp, local, lport, who);
    if (!l && tcp->transparent) {
        l = listener_on_port(tcp, local, 0, who);
    }
    return l;
}
