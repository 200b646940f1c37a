/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp.c - TCP as a whole: life, timers' way in, bursts, listings
 *
 * Everything that is of one connection is elsewhere. See internal.h for the map.
 */
#include "tcp/plain.h"

#include <errno.h>

static void tcp_lists_init(struct tcp *t) {
    list_init(&t->all);
    list_init(&t->dead);
    list_init(&t->listener_list);
    list_init(&t->touched);
    list_init(&t->half_open_list);
    list_init(&t->syn_list);
    for (int i = 0; i < INL_LINKS_MAX; i++) {
        list_init(&t->ready[i]);
    }
}

int tcp_new(struct env *env, struct ip *ip, struct ports *ports, const struct inl_config *config,
            struct tcp **ret_tcp) {
    struct tcp *t = mem_zalloc(&env->mem, sizeof(*t));

    if (!t) {
        return -ENOMEM;
    }
    t->env = env;
    t->ip = ip;
    t->ports = ports;
    t->cfg = config->tcp;
    t->ttl = config->ttl;
    t->transparent = config->transparent;
    rng_bytes(&env->rng, t->hash_key, sizeof(t->hash_key));
    rng_bytes(&env->rng, t->isn_key, sizeof(t->isn_key));
    rng_bytes(&env->rng, t->cookie_key, sizeof(t->cookie_key));
    htab_init(&t->conns, &env->mem);
    htab_init(&t->rests, &env->mem);
    htab_init(&t->syns, &env->mem);
    tcp_twtab_init(&t->tw);
    tcp_tfo_init(t);
    tcp_ecn_paths_init(t);
    tcp_routes_init(t);
    htab_init(&t->listeners, &env->mem);
    timer_init(&t->tw_timer, TIMER_TCP_TIME_WAIT);
    tcp_lists_init(t);
    *ret_tcp = t;
    return 0;
}

static void tcp_free_listeners(struct tcp *tcp) {
    struct list *n;

    while ((n = list_pop(&tcp->listener_list))) {
        struct tcp_listener *l = LIST_ENTRY(n, struct tcp_listener, all);

        evnode_cancel(&l->ev);
        ports_put(tcp->ports, l->bind);
        mem_free(&tcp->env->mem, l, sizeof(*l));
    }
}

void tcp_free(struct tcp *tcp) {
    struct list *n;

    if (!tcp) {
        return;
    }
    while ((n = list_first(&tcp->all))) {
        struct tcp_conn *c = LIST_ENTRY(n, struct tcp_conn, all);

        c->owned = false;
        tcp_conn_finish(c, 0);
    }
    tcp_reap(tcp);
    tcp_rest_free_all(tcp);
    tcp_synq_free_all(tcp);
    tcp_tw_free_all(tcp);
    tcp_tfo_done(tcp);
    tcp_ecn_paths_done(tcp);
    tcp_routes_done(tcp);
    tcp_free_listeners(tcp);
    htab_done(&tcp->conns);
    htab_done(&tcp->rests);
    htab_done(&tcp->syns);
    htab_done(&tcp->listeners);
    mem_free(&tcp->env->mem, tcp, sizeof(*tcp));
}

void tcp_on_moved(struct tcp *tcp, tcp_moved_fn moved) {
    tcp->moved = moved;
}

bool tcp_ready(const struct tcp *tcp, int link) {
    return link >= 0 && link < INL_LINKS_MAX && !list_empty(&tcp->ready[link]);
}

/* Apart, so that a call that finds nothing to do is short. */
static __attribute__((noinline)) void settle_touched(struct tcp *tcp) {
    struct list *n;

    while ((n = list_pop(&tcp->touched))) {
        struct tcp_conn *c = LIST_ENTRY(n, struct tcp_conn, turn);

        if (c->plain) {
            tcp_plain_settle(c);
        } else {
            tcp_conn_settle(c);
        }
    }
}

void tcp_rx_done(struct tcp *tcp) {
    tcp_gro_end(tcp);
    if (!list_empty(&tcp->touched)) {
        settle_touched(tcp);
    }
    tcp_reap(tcp);
}

bool tcp_tuple_used(const struct tcp *tcp, const struct inl_sockaddr *local,
                    const struct inl_sockaddr *remote) {
    uint64_t hash = tcp_tuple_hash(tcp, &local->addr, local->port, &remote->addr, remote->port);
    const struct tcp_tw *tw =
        tcp_find_tw(tcp, hash, &local->addr, local->port, &remote->addr, remote->port);

    return tcp_find_conn(tcp, hash, &local->addr, local->port, &remote->addr, remote->port) ||
           tcp_find_rest(tcp, hash, &local->addr, local->port, &remote->addr, remote->port) ||
           tcp_find_syn(tcp, hash, &local->addr, local->port, &remote->addr, remote->port) ||
           (tw && !tcp_tw_reusable(tcp, tw));
}

void tcp_stats(const struct tcp *tcp, struct inl_stats *stats) {
    stats->tcp_active_opens += tcp->active_opens;
    stats->tcp_passive_opens += tcp->passive_opens;
    stats->tcp_attempt_fails += tcp->attempt_fails;
    stats->tcp_estab_resets += tcp->estab_resets;
    stats->tcp_curr_estab += tcp->curr_estab;
    stats->tcp_in_errs += tcp->in_errs;
    stats->tcp_in_segs += tcp->in_segs;
    stats->tcp_out_segs += tcp->out_segs;
    stats->tcp_retrans_segs += tcp->retrans_segs;
    stats->tcp_out_rsts += tcp->out_rsts;
    stats->tcp_sack_discards += tcp->sack_discards;
    stats->tcp_sack_reneges += tcp->sack_reneges;
    stats->tcp_dsacks_in += tcp->dsacks_in;
    stats->tcp_undos += tcp->undos;
    stats->tcp_loss_probes += tcp->loss_probes;
    stats->tcp_resting += htab_count(&tcp->rests);
    stats->tcp_mem_bytes += tcp->mem_bytes;
    stats->tcp_mem_refused += tcp->mem_refused;
    tcp_tfo_stats(tcp, stats);
    tcp_ecn_paths_stats(tcp, stats);
    stats->tcp_listen_overflows += tcp->listen_overflows;
    stats->tcp_listen_drops += tcp->listen_drops;
    stats->tcp_syncookies_sent += tcp->cookies_sent;
    stats->tcp_syncookies_recv += tcp->cookies_good;
    stats->tcp_syncookies_failed += tcp->cookies_failed;
}
