/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim.c - many connections over a bad network (see sim.h)
 *
 * Time goes from one moment at which anything happens to the next: in the world, or in the
 * application (a connection starts, a reader ends its rest). Afterwards nothing may be left: only
 * TIME-WAIT, then no connection, and the stacks' memory as it was before the first connection
 * but for caches. An hour without progress is a deadlock.
 */
#include "sim.h"

#include "net.h"
#include "side.h"
#include "stack/state.h"
#include "tools/decode/lab_line.h"

#include <inlet/malloc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STUCK_NS (3600 * INL_S)
#define SETTLE_NS (600 * INL_S) /* orphans have said farewell */
#define TWO_MSL_NS (60 * INL_S)
#define CACHE_BYTES (96 * 1024) /* a stack may keep: neighbours, paths, tables that have grown */
#define CHECK_EVERY 256         /* steps between two checks of all invariants */
#define SPINS_MAX 1000000       /* steps without time passing */
#define SOCKETS_MAX 65536

/* ---- the loop ---- */

static bool sim_is_busy(const struct sim *sim) {
    return sim->active > 0 || sim->anonymous > 0 || sim->started < sim->config->connections;
}

static void app_timers(struct sim *sim) {
    struct timer *t;

    while ((t = wheel_pop(&sim->wheel, sim->now))) {
        if (t->kind == TIMER_APP_RESUME) {
            side_pump(TIMER_ENTRY(t, struct side, resume));
        } else if (sim->active < sim->config->concurrency &&
                   sim->started < sim->config->connections) {
            connection_start(sim);
            timer_arm(&sim->wheel, &sim->start,
                      inl_time_add(sim->now, sim->conns[sim->started - 1].plan.gap_ns));
        }
    }
}

static void events(struct sim *sim) {
    struct inl_event ev;
    int host;

    while (inl_world_next_event(sim->net.world, &host, &ev)) {
        struct side *s;

        if (host < NET_HOSTS && ev.sock == sim->listeners[host]) {
            listener_accept(sim, host);
            continue;
        }
        s = side_find(sim, host, ev.sock);
        if (!s) {
            die("seed %" PRIu64 ": an event for a socket of host %d that was closed",
                sim->config->seed, host);
        }
        side_pump(s);
    }
}

static void check_all(struct sim *sim) {
    for (int host = 0; host < NET_HOSTS; host++) {
        const char *problem = inl_check(net_stack(&sim->net, host));

        if (problem) {
            die("host %d at %lld us: %s", host, (long long)(sim->now.ns / INL_US), problem);
        }
    }
}

/* One step: to the next moment at which anything happens, at most to `end`. */
static void step(struct sim *sim, inl_time end) {
    inl_time next = inl_time_min(inl_world_next_deadline(sim->net.world), wheel_next(&sim->wheel));

    sim->spins = inl_time_before(sim->now, next) ? 0 : sim->spins + 1;
    if (sim->spins > SPINS_MAX) {
        die("seed %" PRIu64 ": time stands still at %" PRId64 " ns", sim->config->seed,
            sim->now.ns);
    }
    sim->now = inl_time_max(sim->now, inl_time_min(next, end));
    inl_world_advance(sim->net.world, sim->now);
    app_timers(sim);
    events(sim);
}

/* The sockets and connections of one host. */
static size_t snapshot(const struct sim *sim, int host, const struct inl_sock_info **ret_infos) {
    static struct inl_sock_info infos[SOCKETS_MAX];
    size_t n = inl_sockets_snapshot(net_stack(&sim->net, host), infos, SOCKETS_MAX);

    if (n > SOCKETS_MAX) {
        die("more connections on host %d than were ever made", host);
    }
    *ret_infos = infos;
    return n;
}

/* Connections of all hosts that are neither listeners nor, if @but_time_wait, in TIME-WAIT. */
static size_t connections_left(const struct sim *sim, bool but_time_wait) {
    size_t left = 0;

    for (int host = 0; host < NET_HOSTS; host++) {
        const struct inl_sock_info *infos;
        size_t n = snapshot(sim, host, &infos);

        for (size_t i = 0; i < n; i++) {
            left += infos[i].state != INL_TCP_LISTEN &&
                    !(but_time_wait && infos[i].state == INL_TCP_TIME_WAIT);
        }
    }
    return left;
}

static void list_stuck(struct sim *sim) {
    for (struct hnode *n = htab_first(&sim->sides); n; n = htab_next(&sim->sides, n)) {
        side_print(HTAB_ENTRY(n, const struct side, node));
    }
    for (int host = 0; host < NET_HOSTS; host++) {
        const struct inl_sock_info *infos;
        size_t n = snapshot(sim, host, &infos);

        for (size_t i = 0; i < n; i++) {
            if (infos[i].sock < 0) {
                fprintf(stderr,
                        "orphan: connection %" PRIu64 " on h%d: %s, %" PRIu64 " to read, %" PRIu64
                        " to send\n",
                        infos[i].owner - 1, host, inl_tcp_state_name(infos[i].state), infos[i].rcvq,
                        infos[i].sndq);
            }
        }
    }
}

static void progress(struct sim *sim, uint32_t *tenths) {
    uint32_t done = sim->started - sim->active;

    if (sim->config->progress &&
        (uint64_t)done * 10 >= (uint64_t)(*tenths + 1) * sim->config->connections) {
        ++*tenths;
        printf("%u%%: %u connections, %" PRIu64 " bytes verified, %" PRId64 " s of virtual time\n",
               *tenths * 10, done, sim->r.bytes, sim->now.ns / INL_S);
        fflush(stdout);
    }
}

static void run_connections(struct sim *sim) {
    uint64_t steps = 0;
    uint32_t tenths = 0;

    timer_arm(&sim->wheel, &sim->start, sim->now);
    while (sim_is_busy(sim)) {
        step(sim, inl_time_add(sim->last_progress, STUCK_NS));
        if (inl_time_sub(sim->now, sim->last_progress) >= STUCK_NS) {
            list_stuck(sim);
            die("seed %" PRIu64 ": nothing moves: %u connections, %u accepted and unknown",
                sim->config->seed, sim->active, sim->anonymous);
        }
        if (++steps % CHECK_EVERY == 0) {
            check_all(sim);
        }
        progress(sim, &tenths);
    }
}

/* ---- afterwards ---- */

static void run_until(struct sim *sim, inl_time end) {
    while (inl_time_before(sim->now, end)) {
        step(sim, end);
    }
}

static void settle(struct sim *sim) {
    inl_time end = inl_time_add(sim->now, SETTLE_NS);
    size_t left;

    while ((left = connections_left(sim, true)) > 0) {
        if (!inl_time_before(sim->now, end)) {
            die("seed %" PRIu64 ": %zu connections do not end", sim->config->seed, left);
        }
        run_until(sim, inl_time_add(sim->now, INL_S));
    }
    run_until(sim, inl_time_add(sim->now, TWO_MSL_NS + INL_S));
    left = connections_left(sim, false);
    if (left > 0) {
        die("seed %" PRIu64 ": %zu connections are left after 2 MSL", sim->config->seed, left);
    }
}

static void check_memory(struct sim *sim) {
    for (int host = 0; host <= NET_ROUTER; host++) {
        struct inl_stats st;

        inl_stats_get(net_stack(&sim->net, host), &st);
        if (st.mem_used_bytes > sim->baseline_bytes[host] + CACHE_BYTES) {
            die("seed %" PRIu64 ": host %d holds %zu bytes, before the first connection %zu",
                sim->config->seed, host, st.mem_used_bytes, sim->baseline_bytes[host]);
        }
        sim->r.segs += st.tcp_out_segs;
        sim->r.rtx += st.tcp_retrans_segs;
    }
}

static void trace_frame(void *ctx, const struct inl_world_frame *f) {
    const struct sim *sim = ctx;
    static struct decode decode;
    char line[1024];

    if (sim->config->on_frame) {
        sim->config->on_frame(sim->config->on_frame_ctx, f);
    }
    if (sim->config->trace < 0 || f->owner != (uint64_t)sim->config->trace + 1) {
        return;
    }
    decode_init(&decode, &lab_line_options);
    size_t len = lab_line_frame(
        &decode, f, f->from_host < 0 ? "?" : inl_world_host_name(sim->net.world, f->from_host),
        f->now.ns, false, line, sizeof(line));

    printf("%.*s\n", (int)len, line);
}

static void sim_init(struct sim *sim, const struct sim_config *config) {
    const struct inl_alloc heap = inl_malloc();

    memset(sim, 0, sizeof(*sim));
    sim->config = config;
    sim->conns = calloc(config->connections, sizeof(*sim->conns));
    if (!sim->conns) {
        die("no memory for the test");
    }
    mem_init(&sim->mem, &heap, 0);
    htab_init(&sim->sides, &sim->mem);
    wheel_init(&sim->wheel, sim->now);
    timer_init(&sim->start, TIMER_APP_START);
    net_init(&sim->net, config->seed, trace_frame, sim);
    for (int host = 0; host <= NET_ROUTER; host++) {
        struct inl_stats st;

        if (host < NET_HOSTS) {
            listener_open(sim, host);
        }
        inl_stats_get(net_stack(&sim->net, host), &st);
        sim->baseline_bytes[host] = st.mem_used_bytes;
    }
}

void sim_run(const struct sim_config *config, struct sim_result *ret_result) {
    static struct sim sim;

    sim_init(&sim, config);
    run_connections(&sim);
    settle(&sim);
    check_memory(&sim);
    sim.r.end = sim.now;
    inl_world_stats_get(sim.net.world, &sim.r.world);
    net_done(&sim.net);
    htab_done(&sim.sides);
    free(sim.conns);
    *ret_result = sim.r;
}
