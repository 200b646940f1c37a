/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pair.c - two hosts joined by a wire (see pair.h)
 */
#include "pair.h"

#include <inlet/malloc.h>

#include <errno.h>
#include <string.h>

static struct inl_config pair_config(unsigned seed, int which) {
    struct inl_config cfg = {
        .alloc = inl_malloc(),
        .mem_limit_bytes = (size_t)1 << 30,
        .max_sockets = 1000,
        .max_neighbours = 16,
        .groups = {.report = true, .max_per_socket = 8, .max_per_link = 64, .max_sources = 8},
        .port_first = 49152,
        .port_last = 65535,
        .ttl = 64,
        .tcp =
            {
                .rcvbuf_bytes = 1 << 20,
                .sndbuf_bytes = 1 << 20,
                .rcvbuf_max_bytes = 1 << 20,
                .sndbuf_max_bytes = 1 << 20,
                .mem_bytes = (size_t)1 << 28,
                .max_conns = 10000,
                .max_half_open = 16,
                .challenge_acks = 10,
                .challenge_ns = INL_S,
                .max_orphans = 100,
                .max_time_wait = 100,
                .initial_window_segs = 10,
                .congestion = INL_CC_CUBIC,
                .hystart = true,
                .cwnd_validation = true,
                .rto_initial_ns = INL_S,
                .rto_min_ns = 200 * INL_MS,
                .rto_max_ns = 60 * INL_S,
                .delack_ns = 40 * INL_MS,
                .msl_ns = 30 * INL_S,
                .syn_give_up_ns = 180 * INL_S,
                .give_up_ns = 900 * INL_S,
                .fin_wait2_ns = 60 * INL_S,
                .orphan_ns = 120 * INL_S,
                .uto_min_ns = 100 * INL_S,
                .uto_max_ns = 3600 * INL_S,
                .keep_idle_ns = 7200 * INL_S,
                .keep_intvl_ns = 75 * INL_S,
                .keep_count = 9,
                .window_scaling = true,
                .timestamps = true,
                .sack = true,
                .dsack = true,
            },
    };

    memset(cfg.seed, (int)(seed * 2 + (unsigned)which + 1), sizeof(cfg.seed));
    cfg.now = (inl_time){INL_S};
    return cfg;
}

static void host_new(struct host *h, unsigned seed, int which, bool v6) {
    struct inl_config cfg = pair_config(seed, which);
    struct inl_link_config link = {.kind = INL_LINK_IP, .name = "p0", .mtu_bytes = 1500};
    struct ip_proto proto = {.input = tcp_input, .error = tcp_error};
    char text[40];

    snprintf(text, sizeof(text), v6 ? "2001:db8::%d" : "192.0.2.%d", which + 1);
    assert_int_equal(inl_addr_parse(text, &h->addr), 0);
    env_init(&h->env, &cfg.alloc, cfg.mem_limit_bytes, cfg.seed, cfg.now);
    assert_int_equal(ip_new(&h->env, &cfg, &h->ip), 0);
    assert_int_equal(ports_new(&h->env, &cfg, &h->ports), 0);
    assert_int_equal(tcp_new(&h->env, h->ip, h->ports, &cfg, &h->tcp), 0);
    proto.ctx = h->tcp;
    ip_proto_set(h->ip, 6, &proto);
    h->link = ip_link_add(h->ip, &link);
    assert_true(h->link > 0);
    assert_int_equal(ip_addr_add(h->ip, h->link, &h->addr, v6 ? 64 : 24), 0);
}

struct pair *pair_new(unsigned seed, bool v6) {
    struct pair *p = calloc(1, sizeof(*p));
    uint8_t key[16] = {(uint8_t)seed, (uint8_t)(seed >> 8), 77};

    assert_non_null(p);
    p->now = (inl_time){INL_S};
    p->delay_ns = 10 * INL_MS;
    rng_init(&p->rng, key);
    host_new(&p->host[0], seed, 0, v6);
    host_new(&p->host[1], seed, 1, v6);
    return p;
}

void pair_free(struct pair *p) {
    for (int i = 0; i < 2; i++) {
        tcp_free(p->host[i].tcp);
        ip_free(p->host[i].ip);
        ports_free(p->host[i].ports);
        assert_int_equal(p->host[i].env.mem.used_bytes, 0);
    }
    for (size_t i = 0; i < p->n; i++) {
        free(p->fly[i]);
    }
    free(p);
}

static void pair_send(struct pair *p, int from, const struct pkt *pkt) {
    struct flying *f;

    p->sent[from]++;
    p->last_cause[from] = pkt->cause;
    if ((p->drop && p->drop(p, from, pkt)) || rng_chance(&p->rng, p->loss_ppm)) {
        return;
    }
    assert_true(p->n < PAIR_FLIGHT_MAX);
    f = malloc(sizeof(*f));
    assert_non_null(f);
    f->at = inl_time_add(p->now, p->delay_ns);
    f->order = p->order++;
    f->to = !from;
    f->len = pkt->len;
    assert_true(pkt->len <= sizeof(f->data));
    memcpy(f->data, pkt_data(pkt), pkt->len);
    p->fly[p->n++] = f;
}

static bool host_pull(struct pair *p, int i) {
    struct host *h = &p->host[i];
    uint8_t buf[1600];
    struct pkt pkt;
    struct pkt *own;
    bool any = false;

    while ((own = ip_txq_pop(h->ip, h->link))) {
        pair_send(p, i, own);
        pkt_free(own);
        any = true;
    }
    for (;;) {
        pkt_borrow(&pkt, buf, sizeof(buf), 0);
        pkt.link = (uint16_t)h->link;
        if (!tcp_pull(h->tcp, h->link, &pkt)) {
            break;
        }
        assert_int_equal(pkt.off, 0);
        pair_send(p, i, &pkt);
        any = true;
    }
    tcp_check(h->tcp, NULL);
    return any;
}

static bool host_timers(struct host *h) {
    struct timer *t;
    bool any = false;

    while ((t = wheel_pop(&h->env.wheel, h->env.now))) {
        if (timer_layer(t) == TIMER_TCP) {
            tcp_timer(h->tcp, t);
        } else {
            ip_timer(h->ip, t);
        }
        any = true;
    }
    return any;
}

/* Hands over all that has arrived, as one burst a host. */
static bool pair_deliver(struct pair *p) {
    bool any = false;
    size_t keep = 0;

    for (size_t i = 0; i < p->n; i++) {
        struct flying *f = p->fly[i];

        if (f->at.ns > p->now.ns) {
            p->fly[keep++] = f;
            continue;
        }
        ip_rx_frame(p->host[f->to].ip, p->host[f->to].link, f->data, f->len, NULL);
        free(f);
        any = true;
    }
    p->n = keep;
    tcp_rx_done(p->host[0].tcp);
    tcp_rx_done(p->host[1].tcp);
    return any;
}

static inl_time pair_next(const struct pair *p) {
    inl_time next =
        inl_time_min(wheel_next(&p->host[0].env.wheel), wheel_next(&p->host[1].env.wheel));

    for (size_t i = 0; i < p->n; i++) {
        next = inl_time_min(next, p->fly[i]->at);
    }
    return next;
}

void pair_run(struct pair *p, inl_time until) {
    for (;;) {
        inl_time next;
        bool any = pair_deliver(p);

        any |= host_timers(&p->host[0]);
        any |= host_timers(&p->host[1]);
        any |= host_pull(p, 0);
        any |= host_pull(p, 1);
        if (any) {
            continue;
        }
        next = pair_next(p);
        if (next.ns > until.ns) {
            break;
        }
        p->now = inl_time_max(next, p->now);
        p->host[0].env.now = p->now;
        p->host[1].env.now = p->now;
    }
    p->now = until;
    p->host[0].env.now = p->now;
    p->host[1].env.now = p->now;
}

struct tcp_listener *pair_listen(struct pair *p, int host, uint16_t port, int backlog) {
    struct host *h = &p->host[host];
    struct inl_sockaddr local = {.addr = h->addr, .port = port};
    struct tcp_sock_opts opts;
    struct tcp_listener *l;
    struct port_bind *bind;

    tcp_sock_opts_init(h->tcp, &opts);
    assert_int_equal(ports_bind(h->ports, 6, &h->addr, port, PORTS_LISTEN, &bind), 0);
    assert_int_equal(tcp_listen(h->tcp, bind, &local, &opts, backlog, NULL, &l), 0);
    return l;
}

struct tcp_conn *pair_connect(struct pair *p, int host, uint16_t port) {
    struct host *h = &p->host[host];
    struct inl_sockaddr local = {.addr = h->addr};
    struct inl_sockaddr remote = {.addr = p->host[!host].addr, .port = port};
    struct port_bind *bind;
    struct tcp_conn *c;

    assert_int_equal(tcp_conn_new(h->tcp, NULL, &c), 0);
    assert_int_equal(
        ports_bind_ephemeral(h->ports, 6, &h->addr, &remote, PORTS_EPHEMERAL, NULL, NULL, &bind),
        0);
    assert_int_equal(tcp_connect(h->tcp, c, bind, &local, &remote), 0);
    return c;
}

void pair_join(struct pair *p, struct tcp_listener *l, uint16_t port, struct tcp_conn *out[2]) {
    out[0] = pair_connect(p, 0, port);
    for (int i = 0; i < 600 && !(out[1] = tcp_accept(p->host[1].tcp, l, NULL)); i++) {
        pair_run_for(p, 100 * INL_MS);
    }
    assert_non_null(out[1]);
    assert_int_equal(tcp_state(out[0]), INL_TCP_ESTABLISHED);
    assert_int_equal(tcp_state(out[1]), INL_TCP_ESTABLISHED);
}
