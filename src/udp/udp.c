/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.c - UDP: life of a socket's half, demultiplexing, both directions
 *
 * One hash table holds all sockets under one key: local address, local port, peer address, peer
 * port. A connected socket stands under all four, an unconnected one under its local half with
 * the rest zero. A datagram looks under four keys at most, the most specific first:
 * (dst, port, src, port), (dst, port), (any of the family, port), (any of both, port); in a
 * transparent stack also (any, 0), who takes every port. Datagrams for a group go to all who
 * stand under the keys without a peer.
 *
 * The receive queue is bounded by bytes, each datagram counted with its overhead. A newcomer that
 * does not fit is dropped.
 *
 * Sections: RFC 768; RFC 1122 4.1 (checksums 4.1.3.4, errors 4.1.3.3, addresses 4.1.3.5 and
 * 4.1.3.6); RFC 8200 8.1.
 *
 * Does not do: fragmentation of what exceeds the MTU (-EMSGSIZE), membership in groups, UDP-Lite.
 */
#include "udp/udp.h"
#include "base/csum.h"
#include "base/siphash.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/udp.h"

#include <errno.h>
#include <string.h>

#define UDP_HEADROOM_BYTES 64
#define UDP_MAX_BYTES 65535
#define UDP_KEYS_MAX 5

struct udp {
    struct env *env;
    struct ip *ip;
    struct ports *ports;
    struct htab table; /* bound sockets */
    uint32_t peers;    /* how many of them have a peer */
    struct list all;   /* every socket */
    uint32_t rcvbuf_bytes;
    bool transparent;
    uint8_t hash_key[16];
    uint64_t in_datagrams;
    uint64_t no_ports;  /* nobody is bound: RFC 4113 udpNoPorts */
    uint64_t in_errors; /* every other reason */
    uint64_t out_datagrams;
};

/* What a socket stands under in the table; zero means "whoever". No padding: it is compared. */
struct udp_key {
    struct inl_addr local;
    struct inl_addr peer;
    uint16_t local_port;
    uint16_t peer_port;
};

struct udp_pcb {
    struct hnode node;
    struct list all;
    struct list rcvq; /* struct dgram */
    struct evnode evnode;
    void *user;
    uint64_t owner;
    struct udp_key key;
    struct port_bind *bind; /* NULL: not bound */
    uint64_t salt;          /* among those that share the port */
    struct inl_sockaddr local;
    struct inl_sockaddr peer;
    struct inl_addr path_dst; /* what `path` leads to */
    struct inl_addr path_src; /* what was asked for */
    struct ip_path path;
    struct udp_opts opts;
    size_t rcvq_bytes; /* payload that waits */
    size_t rcvq_cost;  /* with overhead */
    int error;
    bool connected;
};

struct dgram {
    struct list node;
    struct inl_sockaddr from;
    struct inl_sockaddr to;
    size_t len;
    uint8_t data[];
};

static size_t dgram_bytes(size_t len) {
    return mem_round(sizeof(struct dgram) + len);
}

/* ---- the table ---- */

static uint64_t key_hash(const struct udp *udp, const struct udp_key *key) {
    return siphash_addrs(udp->hash_key, &key->local, &key->peer,
                         (uint32_t)key->local_port << 16 | key->peer_port);
}

static bool key_match(const struct hnode *n, const void *key) {
    const struct udp_pcb *pcb = HTAB_ENTRY(n, struct udp_pcb, node);

    return memcmp(&pcb->key, key, sizeof(pcb->key)) == 0;
}

static struct udp_pcb *table_find(const struct udp *udp, const struct udp_key *key) {
    struct hnode *n = htab_find(&udp->table, key_hash(udp, key), key_match, key);

    return n ? HTAB_ENTRY(n, struct udp_pcb, node) : NULL;
}

/* The next socket under the same key: they share a hash, so they are in the same chain. */
static struct udp_pcb *table_next(const struct udp_pcb *pcb) {
    struct hnode *n = pcb->node.next;

    while (n && (n->hash != pcb->node.hash || !key_match(n, &pcb->key))) {
        n = n->next;
    }
    return n ? HTAB_ENTRY(n, struct udp_pcb, node) : NULL;
}

static void table_leave(struct udp *udp, struct udp_pcb *pcb) {
    htab_remove(&udp->table, &pcb->node);
    udp->peers -= pcb->key.peer_port != 0;
}

/* Puts the socket where its local half and peer say. */
static void table_place(struct udp *udp, struct udp_pcb *pcb, bool placed) {
    if (placed) {
        table_leave(udp, pcb);
    }
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

/* ---- life ---- */

int udp_new(struct env *env, struct ip *ip, struct ports *ports, const struct inl_config *config,
            struct udp **ret_udp) {
    struct udp *udp = mem_zalloc(&env->mem, sizeof(*udp));

    if (!udp) {
        return -ENOMEM;
    }
    udp->env = env;
    udp->ip = ip;
    udp->ports = ports;
    udp->rcvbuf_bytes = config->udp_rcvbuf_bytes;
    udp->transparent = config->transparent;
    rng_bytes(&env->rng, udp->hash_key, sizeof(udp->hash_key));
    htab_init(&udp->table, &env->mem);
    list_init(&udp->all);
    *ret_udp = udp;
    return 0;
}

void udp_free(struct udp *udp) {
    if (!udp) {
        return;
    }
    while (!list_empty(&udp->all)) {
        udp_pcb_free(udp, LIST_ENTRY(list_first(&udp->all), struct udp_pcb, all));
    }
    htab_done(&udp->table);
    mem_free(&udp->env->mem, udp, sizeof(*udp));
}

int udp_pcb_new(struct udp *udp, void *user, struct udp_pcb **ret_pcb) {
    struct udp_pcb *pcb = mem_zalloc(&udp->env->mem, sizeof(*pcb));

    if (!pcb) {
        return -ENOMEM;
    }
    list_init(&pcb->rcvq);
    evnode_init(&pcb->evnode, user);
    pcb->user = user;
    pcb->opts.rcvbuf_bytes = udp->rcvbuf_bytes;
    list_add_tail(&udp->all, &pcb->all);
    *ret_pcb = pcb;
    return 0;
}

static void rcvq_pop(struct udp *udp, struct udp_pcb *pcb) {
    struct dgram *d = LIST_ENTRY(list_pop(&pcb->rcvq), struct dgram, node);

    pcb->rcvq_bytes -= d->len;
    pcb->rcvq_cost -= dgram_bytes(d->len);
    mem_free(&udp->env->mem, d, dgram_bytes(d->len));
}

void udp_pcb_free(struct udp *udp, struct udp_pcb *pcb) {
    while (!list_empty(&pcb->rcvq)) {
        rcvq_pop(udp, pcb);
    }
    if (pcb->bind) {
        table_leave(udp, pcb);
        ports_put(udp->ports, pcb->bind);
    }
    evnode_cancel(&pcb->evnode);
    list_del(&pcb->all);
    mem_free(&udp->env->mem, pcb, sizeof(*pcb));
}

struct udp_opts *udp_pcb_opts(struct udp_pcb *pcb) {
    return &pcb->opts;
}

void *udp_pcb_user(const struct udp_pcb *pcb) {
    return pcb->user;
}

struct evnode *udp_pcb_evnode(struct udp_pcb *pcb) {
    return &pcb->evnode;
}

void udp_pcb_set_owner(struct udp_pcb *pcb, uint64_t owner) {
    pcb->owner = owner;
}

void udp_bind(struct udp *udp, struct udp_pcb *pcb, struct port_bind *bind) {
    pcb->bind = bind;
    pcb->local.addr = bind->addr;
    pcb->local.port = bind->port;
    pcb->salt = bind->flags & PORTS_SHARE ? rng_u64(&udp->env->rng) : 0;
    table_place(udp, pcb, false);
}

int udp_connect(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *peer) {
    struct inl_addr src = pcb->bind->addr;
    struct ip_path path;
    int err;

    if (peer->port == 0) {
        pcb->connected = false;
        pcb->local.addr = pcb->bind->addr;
        memset(&pcb->peer, 0, sizeof(pcb->peer));
        table_place(udp, pcb, true);
        return 0;
    }
    err = ip_path_find(udp->ip, &peer->addr, &src, peer->scope, &path);
    if (err) {
        return err;
    }
    pcb->connected = true;
    pcb->peer = *peer;
    pcb->local.addr = path.src;
    table_place(udp, pcb, true);
    return 0;
}

/* ---- out ---- */

/* The path to a destination, kept for the next datagram. 0 or as ip_path_find(). */
static int send_path(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *to) {
    const struct inl_addr *src = &pcb->local.addr;

    if (pcb->path.gen == ip_path_gen(udp->ip) && inl_addr_eq(&pcb->path_dst, &to->addr) &&
        inl_addr_eq(&pcb->path_src, src) && to->scope == 0) {
        return 0;
    }
    pcb->path.gen = 0;
    pcb->path_dst = to->addr;
    pcb->path_src = *src;
    return ip_path_find(udp->ip, &to->addr, src, to->scope, &pcb->path);
}

static int send_check(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *to,
                      size_t len_bytes) {
    size_t ip_hdr = inl_addr_is4(&to->addr) ? 20 : 40;
    int err;

    if (to->port == 0) {
        return -EINVAL;
    }
    err = send_path(udp, pcb, to);
    if (err) {
        return err;
    }
    if (pcb->path.group && !inl_addr_is_multicast(&to->addr) && !pcb->opts.broadcast) {
        return -EACCES;
    }
    if (len_bytes > UDP_MAX_BYTES - UDP_HDR_BYTES - ip_hdr ||
        len_bytes + UDP_HDR_BYTES + ip_hdr > pcb->path.mtu_bytes) {
        return -EMSGSIZE;
    }
    return 0;
}

static struct pkt *send_build(struct udp *udp, const struct udp_pcb *pcb,
                              const struct inl_sockaddr *to, const void *buf, size_t len_bytes) {
    struct udp_hdr h = {
        .sport = pcb->local.port,
        .dport = to->port,
        .len_bytes = (uint16_t)(UDP_HDR_BYTES + len_bytes),
    };
    size_t len = UDP_HDR_BYTES + len_bytes;
    struct pkt *pkt = pkt_new(&udp->env->mem, UDP_HEADROOM_BYTES, UDP_HEADROOM_BYTES + len);
    uint64_t acc;
    struct wr w;

    if (!pkt) {
        return NULL;
    }
    w = wr_init(pkt_put(pkt, len), len);
    acc = l4_pseudo_csum(&pcb->path.src, &to->addr, IP_PROTO_UDP, (uint32_t)len);
    acc = csum_add16(csum_add16(csum_add16(acc, h.sport), h.dport), h.len_bytes);
    if (len_bytes) {
        acc = csum_copy(pkt_data(pkt) + UDP_HDR_BYTES, buf, len_bytes, acc);
    }
    h.csum = udp_csum_field(acc);
    udp_emit(&w, &h);
    return pkt;
}

int64_t udp_send(struct udp *udp, struct udp_pcb *pcb, const void *buf, size_t len_bytes,
                 const struct inl_sockaddr *to) {
    struct ip_tx tx = {
        .path = &pcb->path,
        .owner = pcb->owner,
        .cause = INL_CAUSE_UDP_SEND,
        .proto = IP_PROTO_UDP,
        .ttl = pcb->opts.ttl,
        .tos = pcb->opts.tos,
    };
    struct pkt *pkt;
    int err;

    if (pcb->error) {
        return -udp_take_error(pcb);
    }
    if (!to && !pcb->connected) {
        return -EDESTADDRREQ;
    }
    to = to ? to : &pcb->peer;
    err = send_check(udp, pcb, to, len_bytes);
    if (err) {
        return err;
    }
    pkt = send_build(udp, pcb, to, buf, len_bytes);
    if (!pkt) {
        return -ENOBUFS;
    }
    tx.src = pcb->path.src;
    tx.dst = to->addr;
    if (inl_addr_is_multicast(&to->addr) && tx.ttl == 0) {
        tx.ttl = 1; /* RFC 1112 6.1 */
    }
    err = ip_out(udp->ip, pkt, &tx);
    if (err < 0) {
        return err;
    }
    udp->out_datagrams++;
    return (int64_t)len_bytes;
}

/* ---- in ---- */

/* Queues one datagram at one socket. */
static enum inl_drop rcvq_push(struct udp *udp, struct udp_pcb *pcb, const struct ip_rx *rx,
                               const struct udp_hdr *h) {
    size_t len = rd_left(&h->payload);
    size_t cost = dgram_bytes(len);
    struct dgram *d;

    if (pcb->rcvq_cost + cost > pcb->opts.rcvbuf_bytes) {
        return INL_DROP_SOCKET_FULL;
    }
    d = mem_alloc(&udp->env->mem, cost);
    if (!d) {
        return INL_DROP_NO_MEMORY;
    }
    list_init(&d->node);
    d->from = (struct inl_sockaddr){.addr = rx->src, .port = h->sport};
    d->to = (struct inl_sockaddr){.addr = rx->dst, .port = h->dport};
    if (inl_addr_is_link_local(&rx->src)) {
        d->from.scope = (uint32_t)rx->link;
    }
    d->len = len;
    if (len) {
        memcpy(d->data, rd_ptr(&h->payload), len);
    }
    list_add_tail(&pcb->rcvq, &d->node);
    pcb->rcvq_bytes += len;
    pcb->rcvq_cost += cost;
    evq_post(&udp->env->evq, &pcb->evnode, INL_EV_READABLE);
    return INL_DROP_NONE;
}

/* The keys without a peer that a datagram may be found under, most specific first. */
static int bound_keys(const struct udp *udp, const struct ip_rx *rx, const struct udp_hdr *h,
                      struct udp_key keys[UDP_KEYS_MAX]) {
    bool is4 = inl_addr_is4(&rx->dst);
    int n = 0;

    keys[n++] = (struct udp_key){.local = rx->dst, .local_port = h->dport};
    if (is4) {
        keys[n++] = (struct udp_key){.local = inl_addr_any4(), .local_port = h->dport};
    }
    keys[n++] = (struct udp_key){.local_port = h->dport}; /* :: takes both families */
    if (udp->transparent && is4) {
        keys[n++] = (struct udp_key){.local = inl_addr_any4()};
    }
    if (udp->transparent) {
        keys[n++] = (struct udp_key){0};
    }
    return n;
}

/* Does a socket that was found want it? :: with V6ONLY stands where IPv4 looks, too. */
static bool pcb_wants(const struct udp_pcb *pcb, const struct ip_rx *rx) {
    return !(inl_addr_is4(&rx->dst) && pcb->opts.v6only && !inl_addr_is4(&pcb->local.addr));
}

/* Of those that share the port with this one (SO_REUSEPORT), whose the peer is. */
static struct udp_pcb *pick_shared(const struct udp *udp, struct udp_pcb *pcb,
                                   const struct ip_rx *rx, const struct udp_hdr *h) {
    const struct udp_key full = {rx->dst, rx->src, h->dport, h->sport};
    uint64_t who = key_hash(udp, &full);
    struct udp_pcb *best = pcb;

    while ((pcb = table_next(pcb))) {
        bool more = ports_pick_weight(who, pcb->salt) > ports_pick_weight(who, best->salt);

        best = more && pcb_wants(pcb, rx) ? pcb : best;
    }
    return best;
}

static struct udp_pcb *find_unicast(const struct udp *udp, const struct ip_rx *rx,
                                    const struct udp_hdr *h) {
    const struct udp_key full = {rx->dst, rx->src, h->dport, h->sport};
    struct udp_pcb *pcb = udp->peers > 0 ? table_find(udp, &full) : NULL;
    struct udp_key keys[UDP_KEYS_MAX];
    int n = pcb ? 0 : bound_keys(udp, rx, h, keys);

    for (int i = 0; !pcb && i < n; i++) {
        pcb = table_find(udp, &keys[i]);
        while (pcb && !pcb_wants(pcb, rx)) {
            pcb = table_next(pcb);
        }
        if (pcb && pcb->bind->flags & PORTS_SHARE) {
            pcb = pick_shared(udp, pcb, rx, h);
        }
    }
    return pcb;
}

static enum inl_drop input_group(struct udp *udp, const struct ip_rx *rx, const struct udp_hdr *h) {
    struct udp_key keys[UDP_KEYS_MAX];
    int n = bound_keys(udp, rx, h, keys);
    enum inl_drop why = INL_DROP_NO_SOCKET;

    for (int i = 0; i < n; i++) {
        for (struct udp_pcb *pcb = table_find(udp, &keys[i]); pcb; pcb = table_next(pcb)) {
            if (pcb_wants(pcb, rx)) {
                enum inl_drop one = rcvq_push(udp, pcb, rx, h);

                why = why == INL_DROP_NONE ? why : one;
            }
        }
    }
    return why;
}

static enum inl_drop udp_deliver(struct udp *udp, const struct ip_rx *rx) {
    struct rd r = rx->payload;
    struct rd datagram = rx->payload;
    struct udp_hdr h;
    struct udp_pcb *pcb;
    enum inl_drop why = udp_parse(&r, &h);

    if (why) {
        return why;
    }
    if (!rx->csum_done && !udp_csum_ok(&rx->src, &rx->dst, rd_sub(&datagram, h.len_bytes))) {
        return INL_DROP_BAD_CHECKSUM;
    }
    if (rx->group) {
        why = h.dport ? input_group(udp, rx, &h) : INL_DROP_NO_SOCKET;
    } else {
        pcb = h.dport ? find_unicast(udp, rx, &h) : NULL;
        if (!pcb) {
            ip_icmp_unreach(udp->ip, rx, IP_UNREACH_PORT);
            return INL_DROP_NO_SOCKET;
        }
        why = rcvq_push(udp, pcb, rx, &h);
    }
    return why;
}

enum inl_drop udp_input(void *ctx, const struct ip_rx *rx) {
    struct udp *udp = ctx;
    enum inl_drop why = udp_deliver(udp, rx);

    udp->in_datagrams += why == INL_DROP_NONE;
    udp->no_ports += why == INL_DROP_NO_SOCKET;
    udp->in_errors += why != INL_DROP_NONE && why != INL_DROP_NO_SOCKET;
    return why;
}

/* Connected sockets are told of every error about what they sent (RFC 1122 4.1.3.3); an
 * unconnected one could not say which of its datagrams is meant. */
void udp_error(void *ctx, const struct ip_err *err) {
    struct udp *udp = ctx;
    struct rd r = err->quoted;
    struct udp_key key;
    struct udp_pcb *pcb;

    memset(&key, 0, sizeof(key));
    key.local = err->src;
    key.peer = err->dst;
    key.local_port = rd_be16(&r);
    key.peer_port = rd_be16(&r);
    pcb = table_find(udp, &key);
    if (!pcb || r.bad) {
        return;
    }
    pcb->error = err->err;
    evq_post(&udp->env->evq, &pcb->evnode, INL_EV_ERROR);
}

int64_t udp_recv(struct udp *udp, struct udp_pcb *pcb, void *buf, size_t len_bytes, int flags,
                 struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to) {
    struct dgram *d;
    size_t n, whole;

    if (pcb->error) {
        return -udp_take_error(pcb);
    }
    if (list_empty(&pcb->rcvq)) {
        return -EAGAIN;
    }
    d = LIST_ENTRY(list_first(&pcb->rcvq), struct dgram, node);
    whole = d->len;
    n = whole < len_bytes ? whole : len_bytes;
    if (n) {
        memcpy(buf, d->data, n);
    }
    if (ret_from) {
        *ret_from = d->from;
    }
    if (ret_to) {
        *ret_to = d->to;
    }
    if (!(flags & INL_MSG_PEEK)) {
        rcvq_pop(udp, pcb);
    }
    return (int64_t)(flags & INL_MSG_TRUNC ? whole : n);
}

/* ---- questions ---- */

unsigned udp_poll(const struct udp_pcb *pcb) {
    return INL_EV_WRITABLE | (list_empty(&pcb->rcvq) ? 0u : INL_EV_READABLE) |
           (pcb->error ? INL_EV_ERROR : 0u);
}

int udp_take_error(struct udp_pcb *pcb) {
    int err = pcb->error;

    pcb->error = 0;
    return err;
}

void udp_info(const struct udp_pcb *pcb, struct inl_sock_info *ret_info) {
    *ret_info = (struct inl_sock_info){
        .sock = -1,
        .type = INL_SOCK_DGRAM,
        .family = inl_addr_is4(&pcb->local.addr) ? INL_AF_INET : INL_AF_INET6,
        .local = pcb->local,
        .remote = pcb->peer,
        .state = pcb->connected ? INL_TCP_ESTABLISHED : INL_TCP_CLOSED,
        .rcvq = pcb->rcvq_bytes,
        .owner = pcb->owner,
    };
}

const struct inl_sockaddr *udp_local(const struct udp_pcb *pcb) {
    return &pcb->local;
}

const struct inl_sockaddr *udp_peer(const struct udp_pcb *pcb) {
    return pcb->connected ? &pcb->peer : NULL;
}

void udp_stats(const struct udp *udp, struct inl_stats *stats) {
    stats->udp_in_datagrams += udp->in_datagrams;
    stats->udp_out_datagrams += udp->out_datagrams;
    stats->udp_no_ports += udp->no_ports;
    stats->udp_in_errors += udp->in_errors;
}
