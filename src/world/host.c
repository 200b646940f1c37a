/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.c - stacks in a world: their clock, their frames, their events
 *
 * A host that sleeps costs nothing, however many there are. It is touched when a frame has arrived,
 * its deadline has come, or somebody outside has called its sockets (the stack itself puts its
 * driver into the world's list). Touched hosts are served before time goes on: all that their
 * links want to send enters the segments, and their timers are set anew.
 *
 * A sleeping host's stack does not see time pass; it looks at the world's clock when it is called.
 */
#include "world/state.h"

#include "base/siphash.h"

#include <errno.h>
#include <inlet/socket.h>
#include <string.h>

#define PULL_FRAMES 16
#define MAC_PREFIX 0x02 /* locally administered, unicast */
#define HOSTS_MAX (1 << 24)
#define NO_MEMORY_RETRY_NS (10 * INL_MS)

/* ---- addresses ---- */

void host_mac(int host, int link, uint8_t ret_mac[WORLD_MAC_BYTES]) {
    ret_mac[0] = MAC_PREFIX;
    ret_mac[1] = 0;
    ret_mac[2] = (uint8_t)(host >> 16);
    ret_mac[3] = (uint8_t)(host >> 8);
    ret_mac[4] = (uint8_t)host;
    ret_mac[5] = (uint8_t)link;
}

struct port *host_port_by_mac(const struct inl_world *w, const struct world_segment *seg,
                              const uint8_t mac[WORLD_MAC_BYTES]) {
    const struct world_host *h;
    struct port *p;

    if (mac[0] != MAC_PREFIX || mac[1] != 0 || mac[5] >= INL_LINKS_MAX) {
        return NULL;
    }
    h = world_host(w, mac[2] << 16 | mac[3] << 8 | mac[4]);
    p = h ? h->ports[mac[5]] : NULL;
    return p && p->segment == seg ? p : NULL;
}

/* ---- life ---- */

static void seed_derive(const struct inl_world *w, int host, uint8_t ret_seed[16]) {
    for (int half = 0; half < 2; half++) {
        const uint8_t what[6] = {'h',
                                 (uint8_t)half,
                                 (uint8_t)host,
                                 (uint8_t)(host >> 8),
                                 (uint8_t)(host >> 16),
                                 (uint8_t)(host >> 24)};
        uint64_t v = siphash(w->key, what, sizeof(what));

        for (int i = 0; i < 8; i++) {
            ret_seed[8 * half + i] = (uint8_t)(v >> (8 * i));
        }
    }
}

static int stack_make(const struct inl_world *w, int index, const struct inl_config *config,
                      struct inl_stack **ret_stack) {
    struct inl_config c;

    if (config) {
        c = *config;
    } else {
        inl_config_init(&c);
    }
    c.alloc = w->mem.alloc;
    c.now = w->now;
    seed_derive(w, index, c.seed);
    return inl_stack_new(&c, ret_stack);
}

int inl_world_host_add(struct inl_world *w, const char *name, const struct inl_config *config) {
    struct world_host *h;
    int err;

    if (w->hosts.n >= HOSTS_MAX || ptrs_reserve(&w->mem, &w->hosts)) {
        return -ENOMEM;
    }
    h = mem_zalloc(&w->mem, sizeof(*h));
    if (!h) {
        return -ENOMEM;
    }
    h->index = (int)w->hosts.n;
    timer_init(&h->timer, TIMER_WORLD_HOST);
    h->driver = (struct stack_driver){.now = &w->now, .called = &w->touched};
    list_init(&h->driver.node);
    list_init(&h->news);
    name_set(h->name, name);
    err = stack_make(w, h->index, config, &h->stack);
    if (err) {
        mem_free(&w->mem, h, sizeof(*h));
        return err;
    }
    h->stack->driver = &h->driver;
    w->hosts.v[w->hosts.n++] = h;
    return h->index;
}

void host_free(struct inl_world *w, struct world_host *h) {
    timer_cancel(&w->wheel, &h->timer);
    inl_stack_free(h->stack);
    mem_free(&w->mem, h, sizeof(*h));
}

struct inl_stack *inl_world_stack(struct inl_world *w, int host) {
    struct world_host *h = world_host(w, host);

    return h ? h->stack : NULL;
}

const char *inl_world_host_name(const struct inl_world *w, int host) {
    const struct world_host *h = world_host(w, host);

    return h ? h->name : NULL;
}

int inl_world_hosts(const struct inl_world *w) {
    return (int)w->hosts.n;
}

/* ---- work ---- */

void host_touch(struct inl_world *w, struct world_host *h) {
    if (list_empty(&h->driver.node)) {
        list_add_tail(&w->touched, &h->driver.node);
    }
}

/*
 * Lets a port's link send. The engine writes into frames from the pool; those that it does not
 * need go back. False if there was no memory for a frame.
 */
static bool port_pull(struct inl_world *w, struct port *p) {
    struct inl_tx_frame out[PULL_FRAMES];
    struct frame *frames[PULL_FRAMES];
    size_t room = 0;
    int n;

    while (room < PULL_FRAMES && (frames[room] = frame_new(w, p->segment))) {
        out[room] = (struct inl_tx_frame){
            .data = frames[room]->data,
            .cap_bytes = frame_cap(p->segment),
        };
        room++;
    }
    n = room > 0 ? inl_tx(p->host->stack, p->link, out, room, w->now) : 0;
    for (size_t i = 0; i < room; i++) {
        if ((int)i >= n) {
            frame_free(w, p->segment, frames[i]);
            continue;
        }
        frames[i]->len_bytes = out[i].len_bytes;
        frames[i]->cause = out[i].cause;
        frames[i]->owner = out[i].owner;
        segment_enter(w, p, frames[i], w->now);
    }
    return room > 0;
}

static void host_serve(struct inl_world *w, struct world_host *h) {
    inl_time due;
    bool starved = false;

    for (int link = 1; link <= h->links_max; link++) {
        while (!starved && inl_tx_pending(h->stack, link)) {
            starved = !port_pull(w, h->ports[link]);
        }
    }
    due = inl_next_deadline(h->stack);
    if (starved) {
        due = inl_time_min(due, inl_time_add(w->now, NO_MEMORY_RETRY_NS));
    }
    if (!timer_armed(&h->timer) || h->timer.due.ns != due.ns) {
        timer_arm(&w->wheel, &h->timer, due);
    }
    if (list_empty(&h->news)) {
        list_add_tail(&w->news, &h->news);
    }
}

void hosts_serve(struct inl_world *w) {
    struct list *n;

    while ((n = list_pop(&w->touched))) {
        host_serve(w, LIST_ENTRY(n, struct world_host, driver.node));
    }
}

bool inl_world_next_event(struct inl_world *w, int *ret_host, struct inl_event *ret_event) {
    struct list *n;

    while ((n = list_first(&w->news))) {
        struct world_host *h = LIST_ENTRY(n, struct world_host, news);

        if (inl_next_event(h->stack, ret_event)) {
            *ret_host = h->index;
            return true;
        }
        list_del(n);
    }
    return false;
}
