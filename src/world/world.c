/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.c - the clock of a world, and the order of its events
 *
 * Time goes from event to event. All frames that come out and all hosts that are due at one
 * moment are handled first, then the hosts that this touched send; what they send takes its way
 * and may come out at the same moment on a perfect link, so the loop goes on until nothing is
 * due any more. No host is called with a time other than the event's, however far the caller
 * jumps.
 *
 * The cost of an event does not depend on the number of hosts that sleep.
 */
#include "world/state.h"

#include <errno.h>
#include <string.h>

#define PTRS_FIRST 8

/* ---- tables ---- */

int ptrs_reserve(struct mem *mem, struct ptrs *a) {
    size_t cap = a->cap ? 2 * a->cap : PTRS_FIRST;
    void **v;

    if (a->n < a->cap) {
        return 0;
    }
    v = mem_alloc(mem, cap * sizeof(*v));
    if (!v) {
        return -ENOMEM;
    }
    if (a->n > 0) {
        memcpy(v, a->v, a->n * sizeof(*v));
    }
    mem_free(mem, a->v, a->cap * sizeof(*v));
    a->v = v;
    a->cap = cap;
    return 0;
}

static void ptrs_done(struct mem *mem, struct ptrs *a) {
    mem_free(mem, a->v, a->cap * sizeof(*a->v));
    *a = (struct ptrs){0};
}

static void *ptrs_at(const struct ptrs *a, int i) {
    return i >= 0 && (size_t)i < a->n ? a->v[i] : NULL;
}

void name_set(char dst[WORLD_NAME_BYTES], const char *name) {
    size_t n = name ? strlen(name) : 0;

    n = n < WORLD_NAME_BYTES ? n : WORLD_NAME_BYTES - 1;
    memset(dst, 0, WORLD_NAME_BYTES);
    if (n > 0) {
        memcpy(dst, name, n); /* NOLINT(bugprone-not-null-terminated-result): see memset() */
    }
}

struct world_segment *world_segment(const struct inl_world *w, int segment) {
    return ptrs_at(&w->segments, segment);
}

struct port *world_port(const struct inl_world *w, int port) {
    return ptrs_at(&w->ports, port);
}

struct world_host *world_host(const struct inl_world *w, int host) {
    return ptrs_at(&w->hosts, host);
}

/* ---- life ---- */

int inl_world_new(const struct inl_world_config *config, struct inl_world **ret_world) {
    struct inl_world *w;

    if (!config->alloc.alloc || !config->alloc.free || config->now.ns < 0) {
        return -EINVAL;
    }
    w = config->alloc.alloc(config->alloc.ctx, sizeof(*w));
    if (!w) {
        return -ENOMEM;
    }
    memset(w, 0, sizeof(*w));
    mem_init(&w->mem, &config->alloc, 0);
    wheel_init(&w->wheel, config->now);
    w->now = config->now;
    for (int i = 0; i < 8; i++) {
        w->key[i] = (uint8_t)(config->seed >> (8 * i));
    }
    memcpy(w->key + 8, "inlworld", 8); /* the seed has only half a key */
    list_init(&w->touched);
    list_init(&w->news);
    w->on_frame = config->on_frame;
    w->on_frame_ctx = config->on_frame_ctx;
    *ret_world = w;
    return 0;
}

/* Frames on their way are known to the wheel alone. */
static void frames_free_all(struct inl_world *w) {
    struct timer *t;

    while ((t = wheel_pop(&w->wheel, (inl_time){INT64_MAX - 1}))) {
        if (t->kind == TIMER_WORLD_FRAME) {
            struct frame *f = TIMER_ENTRY(t, struct frame, timer);

            frame_free(w, f->from->segment, f);
        }
    }
}

void inl_world_free(struct inl_world *w) {
    struct inl_alloc alloc;

    if (!w) {
        return;
    }
    frames_free_all(w);
    for (size_t i = 0; i < w->hosts.n; i++) {
        host_free(w, w->hosts.v[i]);
    }
    for (size_t i = 0; i < w->switches.n; i++) {
        switch_free(w, w->switches.v[i]);
    }
    for (size_t i = 0; i < w->ports.n; i++) {
        port_free(w, w->ports.v[i]);
    }
    for (size_t i = 0; i < w->segments.n; i++) {
        segment_free(w, w->segments.v[i]);
    }
    ptrs_done(&w->mem, &w->hosts);
    ptrs_done(&w->mem, &w->ports);
    ptrs_done(&w->mem, &w->switches);
    ptrs_done(&w->mem, &w->segments);
    alloc = w->mem.alloc;
    alloc.free(alloc.ctx, w, sizeof(*w));
}

/* ---- time ---- */

static void run_timer(struct inl_world *w, struct timer *t) {
    if (t->kind == TIMER_WORLD_FRAME) {
        segment_deliver(w, TIMER_ENTRY(t, struct frame, timer));
    } else {
        struct world_host *h = TIMER_ENTRY(t, struct world_host, timer);

        batch_flush(w); /* a frame and a deadline at the same moment: in the order of arming */
        inl_advance(h->stack, w->now);
        host_touch(w, h);
    }
}

/* Everything that is due at one moment; then the hosts that this touched may send. */
static void run_moment(struct inl_world *w, inl_time moment) {
    struct timer *t;

    w->now = inl_time_max(w->now, moment);
    while ((t = wheel_pop(&w->wheel, w->now))) {
        run_timer(w, t);
    }
    batch_flush(w);
    hosts_serve(w);
}

void inl_world_advance(struct inl_world *w, inl_time now) {
    inl_time moment;

    now = inl_time_max(now, w->now);
    hosts_serve(w);
    while (moment = wheel_next(&w->wheel),
           !inl_time_before(now, moment) && !inl_time_is_never(moment)) {
        run_moment(w, moment);
    }
    if (!inl_time_is_never(now)) {
        w->now = now; /* else: the time of the last event */
    }
}

inl_time inl_world_next_deadline(const struct inl_world *w) {
    return list_empty(&w->touched) ? wheel_next(&w->wheel) : w->now;
}

void inl_world_stats_get(const struct inl_world *w, struct inl_world_stats *ret_stats) {
    *ret_stats = w->stats;
}
