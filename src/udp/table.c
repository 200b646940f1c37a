/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c - which socket a datagram belongs to
 *
 * One hash table holds all sockets under one key: local address, local port, peer address, peer
 * port. A connected socket stands under all four, an unconnected one under its local half with
 * the rest zero. A datagram looks under four keys at most, the most specific first:
 * (dst, port, src, port), (dst, port), (any of the family, port), (any of both, port); in a
 * transparent stack also (any, 0), who takes every port.
 *
 * Datagrams come in trains: the answer for the last one is remembered until the table changes.
 * (Nothing else that the answer depends on changes while a socket stands in the table.)
 */
#include "base/siphash.h"
#include "udp/internal.h"
#include "wire/pseudo.h"

#include <string.h>

static uint64_t key_hash(const struct udp *udp, const struct udp_key *key) {
    return siphash_addrs(udp->hash_key, &key->local, &key->peer,
                         (uint32_t)key->local_port << 16 | key->peer_port);
}

static bool key_match(const struct hnode *n, const void *key) {
    const struct udp_pcb *pcb = HTAB_ENTRY(n, struct udp_pcb, node);

    return memcmp(&pcb->key, key, sizeof(pcb->key)) == 0;
}

struct udp_pcb *udp_table_find(const struct udp *udp, const struct udp_key *key) {
    struct hnode *n = htab_find(&udp->table, key_hash(udp, key), key_match, key);

    return n ? HTAB_ENTRY(n, struct udp_pcb, node) : NULL;
}

/* They share a hash, so they are in the same chain. */
struct udp_pcb *udp_table_next(const struct udp_pcb *pcb) {
    struct hnode *n = pcb->node.next;

    while (n && (n->hash != pcb->node.hash || !key_match(n, &pcb->key))) {
        n = n->next;
    }
    return n ? HTAB_ENTRY(n, struct udp_pcb, node) : NULL;
}

void udp_table_leave(struct udp *udp, struct udp_pcb *pcb) {
    udp->memo.pcb = NULL;
    htab_remove(&udp->table, &pcb->node);
    udp->peers -= pcb->key.peer_port != 0;
}

void udp_table_place(struct udp *udp, struct udp_pcb *pcb, bool placed) {
    if (placed) {
        udp_table_leave(udp, pcb);
    }
    udp->memo.pcb = NULL;
    memset(&pcb->key, 0, sizeof(pcb->key));
    pcb->key.local = pcb->local.addr;
    pcb->key.local_port = pcb->local.port;
    if (pcb->connected) {
        pcb->key.peer = pcb->peer.addr;
        pcb->key.peer_port = pcb->peer.port;
    }
    udp->peers += pcb->connected;
    htab_insert(&udp->table, &pcb->node, key_hash(udp, &pcb->key));
}

int udp_bound_keys(const struct udp *udp, const struct inl_addr *local, uint16_t port,
                   struct udp_key keys[UDP_KEYS_MAX]) {
    bool is4 = inl_addr_is4(local);
    int n = 0;

    keys[n++] = (struct udp_key){.local = *local, .local_port = port};
    if (is4) {
        keys[n++] = (struct udp_key){.local = inl_addr_any4(), .local_port = port};
    }
    keys[n++] = (struct udp_key){.local_port = port}; /* :: takes both families */
    if (udp->transparent && is4) {
        keys[n++] = (struct udp_key){.local = inl_addr_any4()};
    }
    if (udp->transparent) {
        keys[n++] = (struct udp_key){0};
    }
    return n;
}

bool udp_pcb_wants(const struct udp_pcb *pcb, const struct inl_addr *local) {
    return !(inl_addr_is4(local) && pcb->opts.v6only && !inl_addr_is4(&pcb->local.addr));
}

/* Of those that share the port with this one (SO_REUSEPORT), whose the peer is. */
static struct udp_pcb *pick_shared(const struct udp *udp, struct udp_pcb *pcb,
                                   const struct ip_rx *rx, const struct udp_hdr *h) {
    const struct udp_key full = {rx->dst, rx->src, h->dport, h->sport};
    uint64_t who = key_hash(udp, &full);
    struct udp_pcb *best = pcb;

    while ((pcb = udp_table_next(pcb))) {
        bool more = ports_pick_weight(who, pcb->salt) > ports_pick_weight(who, best->salt);

        best = more && udp_pcb_wants(pcb, &rx->dst) ? pcb : best;
    }
    return best;
}

static struct udp_pcb *find_anew(const struct udp *udp, const struct udp_key *full,
                                 const struct ip_rx *rx, const struct udp_hdr *h) {
    struct udp_pcb *pcb = udp->peers > 0 ? udp_table_find(udp, full) : NULL;
    struct udp_key keys[UDP_KEYS_MAX];
    int n = pcb ? 0 : udp_bound_keys(udp, &rx->dst, h->dport, keys);

    for (int i = 0; !pcb && i < n; i++) {
        pcb = udp_table_find(udp, &keys[i]);
        while (pcb && !udp_pcb_wants(pcb, &rx->dst)) {
            pcb = udp_table_next(pcb);
        }
        if (pcb && pcb->bind->flags & PORTS_SHARE) {
            pcb = pick_shared(udp, pcb, rx, h);
        }
    }
    return pcb;
}

struct udp_pcb *udp_find_unicast(struct udp *udp, const struct ip_rx *rx, const struct udp_hdr *h) {
    struct udp_memo *m = &udp->memo;

    if (!udp_memo_is(m, rx, h->sport, h->dport)) {
        m->key = (struct udp_key){rx->dst, rx->src, h->dport, h->sport};
        m->pcb = find_anew(udp, &m->key, rx, h);
        m->pseudo = l4_pseudo_csum(&rx->src, &rx->dst, udp->proto, 0);
    }
    return m->pcb;
}
