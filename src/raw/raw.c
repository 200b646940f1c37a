/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw.c - raw and ping sockets: life, addresses, questions (raw.h)
 */
#include "base/siphash.h"
#include "ip/group_member.h"
#include "raw/internal.h"
#include "wire/ipproto.h"

#include <errno.h>
#include <string.h>

/* ---- which ping socket has an identifier ---- */

static uint64_t ping_hash(const struct raw *raw, uint8_t proto, uint16_t id) {
    const uint8_t b[3] = {proto, (uint8_t)(id >> 8), (uint8_t)id};

    return siphash(raw->hash_key, b, sizeof(b));
}

struct ping_key {
    uint8_t proto;
    uint16_t id;
};

static bool ping_match(const struct hnode *n, const void *key) {
    const struct raw_pcb *pcb = HTAB_ENTRY(n, struct raw_pcb, hash);
    const struct ping_key *k = key;

    return pcb->proto == k->proto && pcb->local.port == k->id;
}

struct raw_pcb *raw_ping_find(const struct raw *raw, uint8_t proto, uint16_t id) {
    const struct ping_key key = {proto, id};
    struct hnode *n = htab_find(&raw->pings, ping_hash(raw, proto, id), ping_match, &key);

    return n ? HTAB_ENTRY(n, struct raw_pcb, hash) : NULL;
}

struct raw_pcb *raw_ping_next(const struct raw_pcb *pcb) {
    const struct ping_key key = {pcb->proto, pcb->local.port};
    struct hnode *n = pcb->hash.next;

    while (n && (n->hash != pcb->hash.hash || !ping_match(n, &key))) {
        n = n->next;
    }
    return n ? HTAB_ENTRY(n, struct raw_pcb, hash) : NULL;
}

/* ---- life ---- */

int raw_new(struct env *env, struct ip *ip, struct ports *ports, const struct inl_config *config,
            struct raw **ret_raw) {
    struct raw *raw = mem_zalloc(&env->mem, sizeof(*raw));

    if (!raw) {
        return -ENOMEM;
    }
    raw->env = env;
    raw->ip = ip;
    raw->ports = ports;
    raw->rcvbuf_bytes = config->udp_rcvbuf_bytes;
    rng_bytes(&env->rng, raw->hash_key, sizeof(raw->hash_key));
    htab_init(&raw->pings, &env->mem);
    list_init(&raw->unbound);
    for (int i = 0; i < RAW_LISTS; i++) {
        list_init(&raw->protos[i]);
    }
    *ret_raw = raw;
    return 0;
}

void raw_free(struct raw *raw) {
    if (!raw) {
        return;
    }
    while (!list_empty(&raw->unbound)) {
        raw_pcb_free(raw, LIST_ENTRY(list_first(&raw->unbound), struct raw_pcb, node));
    }
    for (int i = 0; i < RAW_LISTS; i++) {
        while (!list_empty(&raw->protos[i])) {
            raw_pcb_free(raw, LIST_ENTRY(list_first(&raw->protos[i]), struct raw_pcb, node));
        }
    }
    htab_done(&raw->pings);
    mem_free(&raw->env->mem, raw, sizeof(*raw));
}

void raw_register(struct raw *raw) {
    const struct ip_proto ping = {raw_ping_input, raw_ping_error, raw};
    const struct ip_raw hook = {.input = raw_input, .error = raw_error, .ctx = raw};

    ip_proto_set(raw->ip, IP_PROTO_ICMP4, &ping);
    ip_proto_set(raw->ip, IP_PROTO_ICMP6, &ping);
    ip_raw_set(raw->ip, &hook);
}

int raw_pcb_new(struct raw *raw, void *user, enum inl_family family, uint8_t proto, bool ping,
                struct raw_pcb **ret_pcb) {
    struct raw_pcb *pcb = mem_zalloc(&raw->env->mem, sizeof(*pcb));

    if (!pcb) {
        return -ENOMEM;
    }
    msgq_init(&pcb->q);
    evnode_init(&pcb->evnode, user);
    pcb->family = (uint8_t)family;
    pcb->proto = proto;
    pcb->ping = ping;
    msg_opts_init(&pcb->opts.msg, raw->rcvbuf_bytes);
    pcb->opts.csum_off = family == INL_AF_INET6 && proto == IP_PROTO_ICMP6 ? 2 : -1;
    if (family == INL_AF_INET) {
        pcb->local.addr = inl_addr_any4();
    }
    pcb->bound = pcb->local;
    if (ping) {
        list_add_tail(&raw->unbound, &pcb->node);
    } else {
        list_add_tail(&raw->protos[proto % RAW_LISTS], &pcb->node);
        ip_raw_want(raw->ip, proto, true);
    }
    *ret_pcb = pcb;
    return 0;
}

/* The last one of its protocol has gone: packets need not be shown to us any more. */
static void unwant(struct raw *raw, uint8_t proto) {
    struct list *l;

    LIST_FOREACH(l, &raw->protos[proto % RAW_LISTS]) {
        if (LIST_ENTRY(l, struct raw_pcb, node)->proto == proto) {
            return;
        }
    }
    ip_raw_want(raw->ip, proto, false);
}

void raw_pcb_free(struct raw *raw, struct raw_pcb *pcb) {
    msgq_done(&pcb->q, &raw->env->mem);
    ip_members_free(raw->ip, &pcb->opts.msg.groups);
    msg_opts_done(&pcb->opts.msg, &raw->env->mem);
    if (pcb->bind) {
        htab_remove(&raw->pings, &pcb->hash);
        ports_put(raw->ports, pcb->bind);
    }
    evnode_cancel(&pcb->evnode);
    list_del(&pcb->node);
    if (!pcb->ping) {
        unwant(raw, pcb->proto);
    }
    mem_free(&raw->env->mem, pcb, sizeof(*pcb));
}

struct raw_opts *raw_pcb_opts(struct raw_pcb *pcb) {
    return &pcb->opts;
}

struct evnode *raw_pcb_evnode(struct raw_pcb *pcb) {
    return &pcb->evnode;
}

void raw_pcb_set_owner(struct raw_pcb *pcb, uint64_t owner) {
    pcb->owner = owner;
}

uint8_t raw_pcb_proto(const struct raw_pcb *pcb) {
    return pcb->proto;
}

bool raw_pcb_is_ping(const struct raw_pcb *pcb) {
    return pcb->ping;
}

/* ---- addresses ---- */

void raw_bind(struct raw_pcb *pcb, const struct inl_addr *addr) {
    pcb->bound.addr = *addr;
    pcb->local.addr = *addr;
}

void raw_bind_ping(struct raw *raw, struct raw_pcb *pcb, struct port_bind *bind) {
    pcb->bind = bind;
    pcb->local.addr = bind->addr;
    pcb->local.port = bind->port;
    pcb->bound = pcb->local;
    htab_insert(&raw->pings, &pcb->hash, ping_hash(raw, pcb->proto, bind->port));
}

int raw_connect(struct raw *raw, struct raw_pcb *pcb, const struct inl_sockaddr *peer) {
    struct ip_path path;
    int err;

    if (inl_addr_is_any(&peer->addr)) {
        pcb->connected = false;
        pcb->local.addr = pcb->bound.addr;
        pcb->peer = (struct inl_sockaddr){0};
        return 0;
    }
    err = ip_path_find(raw->ip, &peer->addr, &pcb->bound.addr, peer->scope, &path);
    if (err) {
        return err;
    }
    pcb->connected = true;
    pcb->peer = *peer;
    pcb->local.addr = path.src;
    return 0;
}

/* ---- questions ---- */

int64_t raw_recv(struct raw *raw, struct raw_pcb *pcb, struct inl_msg *msg, int flags) {
    if (flags & INL_MSG_ERRQUEUE) {
        return msgq_take_error(&pcb->q, &raw->env->mem, msg, flags);
    }
    if (pcb->error) {
        return -raw_take_error(pcb);
    }
    return msgq_take(&pcb->q, &raw->env->mem, msg, flags);
}

int64_t raw_path_mtu(struct raw *raw, struct raw_pcb *pcb) {
    int err = pcb->connected ? raw_path(raw, pcb, &pcb->peer, NULL) : -ENOTCONN;

    return err ? err : (int64_t)ip_path_mtu(raw->ip, &pcb->path, &pcb->peer.addr);
}

unsigned raw_poll(const struct raw_pcb *pcb) {
    return INL_EV_WRITABLE | (msgq_empty(&pcb->q) ? 0u : INL_EV_READABLE) |
           (pcb->error || msgq_has_error(&pcb->q) ? INL_EV_ERROR : 0u);
}

int raw_take_error(struct raw_pcb *pcb) {
    int err = pcb->error;

    pcb->error = 0;
    return err;
}

void raw_info(const struct raw_pcb *pcb, struct inl_sock_info *ret_info) {
    *ret_info = (struct inl_sock_info){
        .sock = -1,
        .type = pcb->ping ? INL_SOCK_PING : INL_SOCK_RAW,
        .family = (enum inl_family)pcb->family,
        .local = pcb->local,
        .remote = pcb->peer,
        .state = pcb->connected ? INL_TCP_ESTABLISHED : INL_TCP_CLOSED,
        .rcvq = pcb->q.bytes,
        .owner = pcb->owner,
    };
}

const struct inl_sockaddr *raw_local(const struct raw_pcb *pcb) {
    return &pcb->local;
}

const struct inl_sockaddr *raw_peer(const struct raw_pcb *pcb) {
    return pcb->connected ? &pcb->peer : NULL;
}
