/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - what a world is made of: hosts, segments, ports, frames on their way
 *
 * One timer wheel orders everything: a frame's timer is the moment at which it comes out of its
 * segment, a host's timer is the moment at which its stack wants to be run. Timers with the same
 * deadline expire in the order in which they were armed, which makes the order of all events a
 * function of the seed and the calls.
 *
 * Who writes: hosts and the clock world.c and host.c, frames frame.c, a port's `path` impair.c,
 * segments and the other port fields segment.c, switches switch.c. Nothing here is moved in memory
 * once it is made.
 */
#ifndef WORLD_STATE_H
#define WORLD_STATE_H

#include "base/htab.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/timer.h"
#include "stack/state.h"

#include <inlet/world.h>

#define WORLD_NAME_BYTES 32
#define WORLD_MAC_BYTES 6
#define MAC_GROUP_BIT 1 /* of the first octet of an address */

enum world_timer {
    TIMER_WORLD_FRAME = TIMER_WORLD + 1,
    TIMER_WORLD_HOST,
};

/* A frame, from the moment at which it enters a segment until it is handed out. */
struct frame {
    struct list node;   /* on the segment's free list, or in an external port's queue */
    struct timer timer; /* on its way: due when it comes out */
    struct port *from;
    size_t len_bytes;
    enum inl_cause cause;
    uint64_t owner;
    uint8_t data[]; /* frame_cap() bytes */
};

/* What a port does to the frames that enter, and what it remembers of those before. */
/* codel.c */
struct codel {
    inl_time above_since; /* plus the interval: then dropping begins; never: below the target */
    inl_time drop_next;
    uint32_t count; /* drops since dropping began */
    uint32_t last_count;
    bool dropping;
};

struct path {
    struct inl_impair impair;
    struct rng rng;    /* of this port alone: traffic elsewhere does not change its draws */
    uint64_t frames;   /* that have entered: the number that the draws are taken from */
    inl_time idle_at;  /* the rate limiter has sent all that it was given */
    uint64_t rest;     /* of the last division by the rate, so that no ns is lost */
    inl_time last_due; /* of the last frame in order */
    bool losing;       /* in a run of losses */
    inl_time lost_at;  /* a run met a frame last */
    struct codel codel;
};

struct port {
    struct world_segment *segment;
    struct world_host *host; /* NULL: external, or of a switch */
    struct world_switch *sw;
    struct list sw_node; /* in the switch's list of ports */
    struct list node;    /* in the segment's list of ports */
    int index;
    int link; /* in the host's stack */
    struct path path;
    struct list out; /* external: frames whose time has come */
    size_t out_frames;
};

struct world_segment {
    char name[WORLD_NAME_BYTES];
    struct list ports;
    struct list pool; /* free frames */
    size_t pooled;
    uint32_t mtu_bytes;
    unsigned switch_ports;
    int index;
    int domain; /* the same for all segments that switches join */
};

struct world_switch {
    char name[WORLD_NAME_BYTES];
    struct list ports;
    struct htab macs; /* struct learned: who is behind which port */
    struct list age;  /* the same, heard longest ago first */
    uint32_t max_macs;
    inl_dur age_ns;
    int index;
    int domain; /* -1: has no port yet */
};

struct world_host {
    char name[WORLD_NAME_BYTES];
    struct inl_stack *stack;
    struct port *ports[INL_LINKS_MAX]; /* by link */
    struct timer timer;
    struct stack_driver driver; /* its node is in world.touched: to be pulled and re-armed */
    struct list news;           /* in world.news: may have socket events */
    int index;
    int links_max; /* links 1 .. links_max have ports */
};

/* An array of pointers that grows. */
struct ptrs {
    void **v;
    size_t n, cap;
};

#define RX_BATCH_MAX 32

/* Frames that come out at the same moment for the same port of a host. */
struct rx_batch {
    struct port *to;
    size_t n;
    struct inl_rx_frame rx[RX_BATCH_MAX];
    struct frame *frames[RX_BATCH_MAX];
};

struct inl_world {
    struct mem mem;
    struct wheel wheel;
    inl_time now;
    uint8_t key[16];
    struct ptrs hosts, segments, ports, switches;
    struct list touched, news;
    struct rx_batch batch;
    struct inl_world_stats stats;
    inl_world_frame_fn on_frame;
    void *on_frame_ctx;
};

/* ---- frame.c ---- */

static inline size_t frame_cap(const struct world_segment *seg) {
    return (size_t)seg->mtu_bytes + INL_FRAME_OVERHEAD;
}

/* An empty frame, or NULL. */
struct frame *frame_new(struct inl_world *w, struct world_segment *seg);
void frame_free(struct inl_world *w, struct world_segment *seg, struct frame *f);
/* Frees what the segment keeps in reserve. */
void frame_pool_done(struct inl_world *w, struct world_segment *seg);

/* ---- mark.c ---- */

/* Sets Congestion Experienced if the packet is ECN-capable: true. */
bool frame_mark(uint8_t *data, size_t len_bytes);

/* ---- impair.c ---- */

/* What happens to one frame. */
struct verdict {
    enum inl_drop fate; /* INL_DROP_NONE, _WORLD_LOSS, _WORLD_QUEUE */
    inl_time due;       /* when it comes out */
    size_t flip_bit;    /* if corrupted: which */
    bool corrupted, duplicated, reordered;
    bool congested; /* the queue is longer than it should be: to be marked */
};

/* Are these values possible? */
bool impair_ok(const struct inl_impair *impair);
/* A new path; @key and @index say which numbers it draws. */
void path_init(struct path *p, const struct inl_impair *impair, const uint8_t key[16], int index);
/* Decides on a frame that enters at @now. */
struct verdict path_enter(struct path *p, size_t len_bytes, inl_time now);

/* ---- codel.c ---- */

void codel_init(struct codel *c);
/* A frame gets its turn at @now after waiting so long. True: it is dropped instead. */
bool codel_drops(struct codel *c, inl_dur sojourn_ns, inl_time now);

/* ---- segment.c ---- */

/* A frame of a port enters its segment, which takes it. */
void segment_enter(struct inl_world *w, struct port *from, struct frame *f, inl_time now);
/* A frame comes out of its segment. Those for hosts may wait in the batch. */
void segment_deliver(struct inl_world *w, struct frame *f);
/* Hands the batch to its host. */
void batch_flush(struct inl_world *w);
void segment_free(struct inl_world *w, struct world_segment *seg);
/* A port that belongs to nobody yet; -EINVAL, -ENOMEM. */
int port_new(struct inl_world *w, int segment, const struct inl_impair *impair,
             struct port **ret_port);
void port_free(struct inl_world *w, struct port *port);

/* ---- switch.c ---- */

/* A frame has come out of the segment of a switch's port. */
void switch_input(struct inl_world *w, struct port *in, const struct frame *f);
void switch_free(struct inl_world *w, struct world_switch *sw);

/* ---- host.c ---- */

/* The MAC address of a host's link: 02:00, three bytes of host, one of link; and back. */
void host_mac(int host, int link, uint8_t ret_mac[WORLD_MAC_BYTES]);
struct port *host_port_by_mac(const struct inl_world *w, const struct world_segment *seg,
                              const uint8_t mac[WORLD_MAC_BYTES]);
/* Something has happened to the host: it is looked after before time goes on. */
void host_touch(struct inl_world *w, struct world_host *h);
/* Pulls what the touched hosts want to send, and notes their deadlines. */
void hosts_serve(struct inl_world *w);
void host_free(struct inl_world *w, struct world_host *h);

/* ---- world.c ---- */

/* Makes room for one more. 0 or -ENOMEM. */
int ptrs_reserve(struct mem *mem, struct ptrs *a);
void name_set(char dst[WORLD_NAME_BYTES], const char *name);
struct world_segment *world_segment(const struct inl_world *w, int segment);
struct port *world_port(const struct inl_world *w, int port);
struct world_host *world_host(const struct inl_world *w, int host);

#endif
