/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp.c - UDP: life of a socket's half, its peer, what it is asked
 *
 * The way of a datagram stands in table.c, input.c and output.c.
 */
#include "ip/group_member.h"
#include "udp/internal.h"

#include <errno.h>
#include <string.h>

/* ---- life ---- */

int udp_new(struct env *env, struct ip *ip, struct ports *ports, const struct inl_config *config,
            uint8_t proto, struct udp **ret_udp) {
    struct udp *udp = mem_zalloc(&env->mem, sizeof(*udp));

    if (!udp) {
        return -ENOMEM;
    }
    udp->env = env;
    udp->ip = ip;
    udp->ports = ports;
    udp->proto = proto;
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
    pcb->home = udp;
    msgq_init(&pcb->q);
    evnode_init(&pcb->evnode, user);
    pcb->user = user;
    msg_opts_init(&pcb->opts, udp->rcvbuf_bytes);
    list_add_tail(&udp->all, &pcb->all);
    *ret_pcb = pcb;
    return 0;
}

void udp_pcb_free(struct udp *udp, struct udp_pcb *pcb) {
    msgq_done(&pcb->q, &udp->env->mem);
    ip_members_free(udp->ip, &pcb->opts.groups);
    msg_opts_done(&pcb->opts, &udp->env->mem);
    if (pcb->bind) {
        udp_table_leave(udp, pcb);
        ports_put(udp->ports, pcb->bind);
    }
    evnode_cancel(&pcb->evnode);
    list_del(&pcb->all);
    mem_free(&udp->env->mem, pcb, sizeof(*pcb));
}

/* Who asks may change them. */
struct msg_opts *udp_pcb_opts(struct udp_pcb *pcb) {
    ip_stamp_drop(&pcb->stamp);
    return &pcb->opts;
}

struct udp *udp_pcb_home(const struct udp_pcb *pcb) {
    return pcb->home;
}

uint8_t udp_pcb_proto(const struct udp_pcb *pcb) {
    return pcb->home->proto;
}

void *udp_pcb_user(const struct udp_pcb *pcb) {
    return pcb->user;
}

struct evnode *udp_pcb_evnode(struct udp_pcb *pcb) {
    return &pcb->evnode;
}

void udp_pcb_set_owner(struct udp_pcb *pcb, uint64_t owner) {
    ip_stamp_drop(&pcb->stamp);
    pcb->owner = owner;
}

void udp_bind(struct udp *udp, struct udp_pcb *pcb, struct port_bind *bind) {
    pcb->bind = bind;
    pcb->local.addr = bind->addr;
    pcb->local.port = bind->port;
    pcb->salt = bind->flags & PORTS_SHARE ? rng_u64(&udp->env->rng) : 0;
    udp_table_place(udp, pcb, false);
}

int udp_connect(struct udp *udp, struct udp_pcb *pcb, const struct inl_sockaddr *peer) {
    struct inl_addr src = pcb->bind->addr;
    struct ip_path path;
    int err;

    ip_stamp_drop(&pcb->stamp);
    if (peer->port == 0) {
        pcb->connected = false;
        pcb->local.addr = pcb->bind->addr;
        memset(&pcb->peer, 0, sizeof(pcb->peer));
        udp_table_place(udp, pcb, true);
        return 0;
    }
    err = ip_path_find(udp->ip, &peer->addr, &src, peer->scope, &path);
    if (err) {
        return err;
    }
    pcb->connected = true;
    pcb->peer = *peer;
    pcb->local.addr = path.src;
    udp_table_place(udp, pcb, true);
    return 0;
}

int64_t udp_recv(struct udp *udp, struct udp_pcb *pcb, struct inl_msg *msg, int flags) {
    if (flags & INL_MSG_ERRQUEUE) {
        return msgq_take_error(&pcb->q, &udp->env->mem, msg, flags);
    }
    if (pcb->error) {
        return -udp_take_error(pcb);
    }
    return msgq_take(&pcb->q, &udp->env->mem, msg, flags);
}

int64_t udp_recv_next(struct udp_pcb *pcb, void *buf, size_t len_bytes,
                      struct inl_sockaddr *ret_from, struct inl_sockaddr *ret_to) {
    return pcb->error ? -EAGAIN
                      : msgq_next(&pcb->q, &pcb->home->env->mem, buf, len_bytes, ret_from, ret_to);
}

/* ---- questions ---- */

unsigned udp_poll(const struct udp_pcb *pcb) {
    return INL_EV_WRITABLE | (msgq_empty(&pcb->q) ? 0u : INL_EV_READABLE) |
           (pcb->error || msgq_has_error(&pcb->q) ? INL_EV_ERROR : 0u);
}

int udp_take_error(struct udp_pcb *pcb) {
    int err = pcb->error;

    pcb->error = 0;
    return err;
}

void udp_info(const struct udp_pcb *pcb, struct inl_sock_info *ret_info) {
    *ret_info = (struct inl_sock_info){
        .sock = -1,
        .type = udp_is_lite(pcb->home) ? INL_SOCK_UDPLITE : INL_SOCK_DGRAM,
        .family = inl_addr_is4(&pcb->local.addr) ? INL_AF_INET : INL_AF_INET6,
        .local = pcb->local,
        .remote = pcb->peer,
        .state = pcb->connected ? INL_TCP_ESTABLISHED : INL_TCP_CLOSED,
        .rcvq = pcb->q.bytes,
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
    if (udp_is_lite(udp)) {
        stats->udplite_in_datagrams += udp->in_datagrams;
        stats->udplite_in_partial += udp->in_partial;
        stats->udplite_out_datagrams += udp->out_datagrams;
        stats->udplite_out_partial += udp->out_partial;
        stats->udplite_no_ports += udp->no_ports;
        stats->udplite_in_errors += udp->in_errors;
        return;
    }
    stats->udp_in_datagrams += udp->in_datagrams;
    stats->udp_out_datagrams += udp->out_datagrams;
    stats->udp_no_ports += udp->no_ports;
    stats->udp_in_errors += udp->in_errors;
}
