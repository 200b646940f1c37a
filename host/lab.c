/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.c - makes a world from its description, and drives it by the real clock
 *
 * One round: run the world up to now; give engine events to their conns; run the world again so
 * that what they sent leaves; sleep until the world's next deadline or until a descriptor has
 * news. Nothing is polled, and nothing is late by more than the kernel's timer slack.
 */
#include "host/lab.h"

#include "host/names.h"
#include "host/nat.h"
#include "host/service.h"
#include "host/tap.h"

#include <inlet/malloc.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#define EVENT_ROUNDS_MAX 64
#define DRAIN_NS (10 * INL_S)
#define DRAIN_LOOK_NS (20 * INL_MS)

struct inl_stack *lab_stack(const struct lab *lab, int host) {
    return inl_world_stack(lab->world, host);
}

/* ---- making the world ---- */

static int fault(const char *what, const char *name, int err) {
    fprintf(stderr, "inlet: %s %s: %s\n", what, name, strerror(-err));
    return err;
}

static int add_port(struct lab *lab, int host, const struct labfile_port *port) {
    const struct labfile_link *link = &lab->file->links[port->link_index];
    int index = 0;
    int err = inl_world_attach(lab->world, host, port->link_index, &link->impair, &index);

    if (err < 0) {
        return err;
    }
    for (unsigned i = 0; i < port->addrs_n; i++) {
        err = inl_addr_add(lab_stack(lab, host), index, &port->addrs[i].addr,
                           port->addrs[i].prefix_len_bits);
        if (err < 0) {
            return err;
        }
    }
    if (port->own_rp_filter) {
        inl_link_set_rp_filter(lab_stack(lab, host), index, port->rp_filter);
    }
    err = lab_conf_port(lab->file, lab_stack(lab, host), index, &lab->file->hosts[host], port);
    return err < 0 ? err : index;
}

static int add_host(struct lab *lab, const struct labfile_host *h) {
    struct inl_config config;
    int index[LABFILE_PORTS_MAX] = {0};

    inl_config_init(&config);
    config.forward = h->forward;
    config.mss_clamp = h->mss_clamp;
    config.transparent = h->transparent;
    config.rp_filter = h->rp_filter;
    config.source_routes = h->source_routes;
    if (!lab_conf_strangers(lab->file, h)) {
        config.dad_transmits = 0; /* nobody else can have its addresses */
    }
    struct lab_host *own = &lab->hosts[inl_world_hosts(lab->world)];

    own->lab = lab;
    own->name = h->name;
    config.trace = trace_event;
    config.trace_ctx = own;
    int host = inl_world_host_add(lab->world, h->name, &config);

    if (host < 0) {
        return host;
    }
    for (unsigned p = 0; p < h->ports_n; p++) {
        index[p] = add_port(lab, host, &h->ports[p]);
        if (index[p] < 0) {
            return index[p];
        }
    }
    for (unsigned i = 0; i < h->routes_n; i++) {
        const struct labfile_route *from = &h->routes[i];
        struct inl_route route = {.dst = from->dst.addr,
                                  .prefix_len_bits = from->dst.prefix_len_bits,
                                  .gateway = from->gateway,
                                  .kind = from->kind,
                                  .weight = from->weight};

        if (from->kind == INL_ROUTE_UNICAST) {
            int port = labfile_port_of(h, &from->gateway);

            route.link = index[port < 0 ? 0 : port];
        }
        int err = inl_route_add(lab_stack(lab, host), &route);

        if (err < 0) {
            return err;
        }
    }
    int err = lab_conf_servers(lab_stack(lab, host), index, h);

    return err < 0 ? err : host;
}

static int add_switch(struct lab *lab, const struct labfile_switch *sw) {
    int index = inl_world_switch_add(lab->world, sw->name, NULL);
    int err = index;

    for (unsigned i = 0; err >= 0 && i < sw->links_n; i++) {
        err = inl_world_switch_attach(lab->world, index, sw->link_index[i],
                                      &lab->file->links[sw->link_index[i]].impair);
    }
    return err;
}

static int make_world(struct lab *lab) {
    const struct labfile *file = lab->file;
    struct inl_world_config config = {.alloc = inl_malloc(),
                                      .seed = file->seed,
                                      .now = lab->started,
                                      .on_frame = trace_frame,
                                      .on_frame_ctx = lab};

    if (!file->has_seed && getrandom(&config.seed, sizeof(config.seed), 0) < 0) {
        return -errno;
    }
    int err = inl_world_new(&config, &lab->world);

    for (unsigned i = 0; err >= 0 && i < file->links_n; i++) {
        err = inl_world_segment_add(lab->world, file->links[i].name, file->links[i].mtu_bytes);
        if (err < 0) {
            return fault("cannot make link", file->links[i].name, err);
        }
    }
    for (unsigned i = 0; err >= 0 && i < file->switches_n; i++) {
        err = add_switch(lab, &file->switches[i]);
        if (err < 0) {
            return fault("cannot make switch", file->switches[i].name, err);
        }
    }
    for (unsigned i = 0; err >= 0 && i < file->hosts_n; i++) {
        err = add_host(lab, &file->hosts[i]);
        if (err < 0) {
            return fault("cannot make host", file->hosts[i].name, err);
        }
    }
    return err < 0 ? err : 0;
}

/* Programs' sockets cost two descriptors here, and datagrams in flight count, too. */
static void raise_fd_limit(void) {
    struct rlimit lim;

    if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
        lim.rlim_cur = lim.rlim_max;
        setrlimit(RLIMIT_NOFILE, &lim);
    }
}

int lab_new(const struct labfile *file, const struct trace_format *format, struct lab **ret_lab) {
    struct lab *lab = calloc(1, sizeof(*lab));

    if (lab == NULL) {
        return -ENOMEM;
    }
    lab->file = file;
    lab->format = format;
    lab->listener.fd = -1;
    lab->started = loop_now();
    lab->drain_until = INL_TIME_NEVER;
    raise_fd_limit();
    lab->hosts = calloc(file->hosts_n, sizeof(struct lab_host));
    int err = loop_init(&lab->loop);

    if (err == 0 && lab->hosts == NULL) {
        err = -ENOMEM;
    }
    if (err == 0) {
        err = make_world(lab);
    }
    if (err == 0) {
        err = taps_open(lab);
    }
    if (err == 0) {
        err = nat_open(lab);
    }
    if (err == 0) {
        err = names_open(lab);
    }
    if (err < 0) {
        lab_free(lab);
        return err;
    }
    *ret_lab = lab;
    return 0;
}

void lab_free(struct lab *lab) {
    control_done(lab);
    names_close(lab);
    nat_close(lab);
    conns_done(lab);
    table_done(&lab->conns);
    for (unsigned i = 0; lab->hosts != NULL && i < lab->file->hosts_n; i++) {
        table_done(&lab->hosts[i].socks);
        table_done(&lab->hosts[i].services);
    }
    taps_close(lab);
    trace_remove(lab, 0);
    inl_world_free(lab->world);
    loop_done(&lab->loop);
    free(lab->hosts);
    free(lab);
}

/* ---- driving it ---- */

/* Runs the world, and gives its events to their owners, until nothing more happens now. */
static void run_world(struct lab *lab) {
    nat_advance(lab, loop_now());
    names_advance(lab, loop_now());
    for (int round = 0; round < EVENT_ROUNDS_MAX; round++) {
        struct inl_event ev;
        int host;
        bool any = false;

        inl_world_advance(lab->world, loop_now());
        while (inl_world_next_event(lab->world, &host, &ev)) {
            any = true;
            if (!service_event(lab, host, &ev)) {
                conn_event(lab, host, &ev);
            }
        }
        taps_flush(lab);
        if (!any) {
            return;
        }
    }
}

/* Is there a connection whose data or FIN has not been acknowledged? */
static bool data_in_flight(struct lab *lab) {
    struct inl_sock_info info[64];

    if (lab->conns.count > 0) {
        return true; /* of programs that have ended: being read out */
    }
    for (int h = 0; h < inl_world_hosts(lab->world); h++) {
        size_t n = inl_sockets_snapshot(lab_stack(lab, h), info, 64);

        if (lab->nat != NULL && lab->file->hosts[h].transparent) {
            continue; /* the gateway's are as open as the real network keeps them: nat_busy() */
        }

        for (size_t i = 0; i < n && i < 64; i++) {
            switch (info[i].state) {
            case INL_TCP_SYN_RECEIVED:
            case INL_TCP_ESTABLISHED:
            case INL_TCP_FIN_WAIT_1:
            case INL_TCP_CLOSE_WAIT:
            case INL_TCP_CLOSING:
            case INL_TCP_LAST_ACK:
                return info[i].type == INL_SOCK_STREAM;
            default:
                break;
            }
        }
    }
    return nat_busy(lab);
}

/* A private lab ends with its client, once what was written has left. */
static inl_time private_end(struct lab *lab, inl_time now) {
    if (!lab->is_private || lab->clients.count > 0) {
        return INL_TIME_NEVER;
    }
    if (inl_time_is_never(lab->drain_until)) {
        lab->drain_until = inl_time_add(now, DRAIN_NS);
    }
    if (!inl_time_before(now, lab->drain_until) || !data_in_flight(lab)) {
        lab->stop = true;
    }
    return inl_time_add(now, DRAIN_LOOK_NS);
}

/* Socket calls happen at the time of the world's last verb: without this, what a program does
 * after a long wait would be stamped with the wait's beginning. */
static void on_wake(void *ctx) {
    struct lab *lab = ctx;

    inl_world_advance(lab->world, loop_now());
}

static inl_time next_due(struct lab *lab) {
    inl_time due = inl_time_min(inl_world_next_deadline(lab->world), nat_deadline(lab));

    return inl_time_min(due, names_deadline(lab));
}

int lab_settle(struct lab *lab) {
    inl_time end = inl_time_add(lab->started, lab->file->wait_ns);
    int err = 0;

    lab->loop.on_wake = on_wake;
    lab->loop.on_wake_ctx = lab;
    run_world(lab);
    while (err == 0 && !lab->stop && inl_time_before(loop_now(), end) && lab_conf_waits(lab)) {
        trace_flush(lab);
        err = loop_round(&lab->loop, inl_time_min(next_due(lab), end));
        run_world(lab);
    }
    lab_conf_tell(lab);
    return err;
}

int lab_run(struct lab *lab) {
    lab->loop.on_wake = on_wake;
    lab->loop.on_wake_ctx = lab;
    while (!lab->stop) {
        run_world(lab);
        trace_flush(lab);
        inl_time due = inl_time_min(next_due(lab), private_end(lab, loop_now()));

        if (lab->stop) {
            break;
        }
        int err = loop_round(&lab->loop, due);

        if (err < 0) {
            return err;
        }
    }
    return 0;
}
