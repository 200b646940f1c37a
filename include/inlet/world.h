/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - a network in one process: many hosts, links with impairments, one clock
 *
 * A world owns stacks and segments. A segment is an Ethernet-like medium with any number of
 * ports; a frame that enters at one port is impaired as that port says, and delivered to the
 * port that has its destination address, or to all others if none has. Switches join segments. A
 * port belongs to a link of one of the world's hosts, or is external: a driver (TAP, a test) puts
 * frames in and takes them out.
 *
 * All randomness comes from one seed: the same seed and the same calls give the same bytes at
 * the same times. Time is a parameter, so the clock is whatever the caller says: real time
 * (host/ does that) or virtual time (tests).
 */
#ifndef INLET_WORLD_H
#define INLET_WORLD_H

#include <inlet/alloc.h>
#include <inlet/export.h>
#include <inlet/stack.h>
#include <inlet/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inl_world;

/*
 * What a segment does to frames that enter at a port. All zero: a perfect link. In this order: a
 * frame that finds no room in the queue is dropped; then it takes its time at the rate; then it
 * may be lost; what arrives arrives after delay and jitter. Impossible values are -EINVAL, and so
 * is reorder_ppm where there is neither delay nor jitter, for there is nothing to overtake.
 *
 * Losses are independent, or, with loss_burst, come in runs whose mean length that is, as a fading
 * link loses them (Gilbert's model); loss_ppm remains the share that is lost. A run ends as well
 * when no frame came for 20 ms.
 */
struct inl_impair {
    inl_dur delay_ns;        /* one way */
    inl_dur jitter_ns;       /* added: uniform in [0, jitter_ns]; does not reorder by itself */
    uint32_t loss_ppm;       /* parts per million: 10000 is 1% */
    uint32_t dup_ppm;        /* delivered twice */
    uint32_t loss_burst;     /* mean length of a run of losses; 0 or 1: independent; at most 1000 */
    uint32_t reorder_ppm;    /* overtakes: delivered without the delay of those before it */
    inl_dur reorder_ns;      /* overtakes by that much only; 0: by all of the delay */
    uint32_t corrupt_ppm;    /* one bit flipped */
    uint64_t rate_bps;       /* bits per second, of the frame as it is handed over; 0: unlimited */
    uint32_t queue_bytes;    /* waiting for the rate limit: 0 means 256 KiB, at most 1 GiB */
    uint32_t ecn_mark_bytes; /* of the queue: who finds more waiting, and is ECN-capable, is
                                marked (RFC 3168); 0: nobody */
    uint32_t black_hole_bytes; /* longer frames vanish, and nobody is told; 0: none */
    bool codel;                /* the queue is managed by CoDel (RFC 8289): 5 ms, 100 ms */
};

/* Each frame that enters a segment, told at that moment. */
struct inl_world_frame {
    inl_time now;
    int segment;
    int from_port;
    int from_host;       /* -1: external, or from a switch */
    int from_switch;     /* -1: not from a switch */
    const uint8_t *data; /* lent; with the flipped bit if corrupted */
    size_t len_bytes;
    enum inl_cause cause; /* INL_CAUSE_NONE for external frames */
    enum inl_drop fate;   /* INL_DROP_NONE, INL_DROP_WORLD_LOSS, INL_DROP_WORLD_QUEUE */
    bool corrupted, duplicated, reordered;
    uint64_t owner; /* tag of the sending socket */
};
typedef void (*inl_world_frame_fn)(void *ctx, const struct inl_world_frame *frame);

struct inl_world_config {
    struct inl_alloc alloc;
    uint64_t seed;
    inl_time now;
    inl_world_frame_fn on_frame; /* NULL: none */
    void *on_frame_ctx;
};

/* 0, -EINVAL, -ENOMEM. Freed with inl_world_free(), which frees the hosts too. */
INL_API int inl_world_new(const struct inl_world_config *config, struct inl_world **ret_world);
INL_API void inl_world_free(struct inl_world *world);

/* Adds a host. @config: NULL for defaults; its alloc, seed and now are set by the world. Returns
 * its index (0 or more), -ENOMEM, -EINVAL. The name is copied, at most 31 characters. */
INL_API int inl_world_host_add(struct inl_world *world, const char *name,
                               const struct inl_config *config);
INL_API struct inl_stack *inl_world_stack(struct inl_world *world, int host);
INL_API const char *inl_world_host_name(const struct inl_world *world, int host);
INL_API int inl_world_hosts(const struct inl_world *world);

/* Adds a segment: its index, or -ENOMEM, -EINVAL (MTU not in 68 .. 65535). */
INL_API int inl_world_segment_add(struct inl_world *world, const char *name, uint32_t mtu_bytes);

/* Connects a host to a segment: makes an Ethernet link in its stack, with a MAC address derived
 * from the indexes (02:00:00:00:hh:pp). Returns the port's index in the world; ret_link (may be
 * NULL) is the link's index in the stack. -EINVAL, -ENOSPC, -ENOMEM. */
INL_API int inl_world_attach(struct inl_world *world, int host, int segment,
                             const struct inl_impair *impair, int *ret_link);

/* Connects the outside: frames go in by inl_world_port_rx(), and come out by
 * inl_world_port_tx(). Unicast frames to no known port go to external ports. */
INL_API int inl_world_attach_external(struct inl_world *world, int segment,
                                      const struct inl_impair *impair);
INL_API void inl_world_port_rx(struct inl_world *world, int port, const uint8_t *data,
                               size_t len_bytes, inl_time now);
/* The next frame for the outside whose time has come: its length, or 0. -EMSGSIZE if cap_bytes is
 * too small (the frame is dropped). */
INL_API int64_t inl_world_port_tx(struct inl_world *world, int port, uint8_t *buf, size_t cap_bytes,
                                  inl_time now);

/* A switch joins segments: it learns behind which of its ports an address lives, and sends a
 * frame there alone; to groups and unknown addresses it sends to all. */
struct inl_switch_config {
    uint32_t max_macs; /* addresses that it remembers: 0 means 1,024. When full, new ones are not
                          learned, and what goes to them goes to all */
    inl_dur age_ns;    /* not heard for so long, an address is forgotten: 0 means 300 s */
};

/* Adds a switch: its index, or -ENOMEM, -EINVAL. @config: NULL for the defaults. */
INL_API int inl_world_switch_add(struct inl_world *world, const char *name,
                                 const struct inl_switch_config *config);
INL_API const char *inl_world_switch_name(const struct inl_world *world, int sw);

/* Connects a switch to a segment; @impair is for what it sends. The port's index in the world, or
 * -EINVAL, -ENOMEM, -ELOOP (there is a way between the two already). */
INL_API int inl_world_switch_attach(struct inl_world *world, int sw, int segment,
                                    const struct inl_impair *impair);

/* What a switch has learned, longest ago first: how many there are; at most @max are filled in. */
struct inl_switch_mac {
    uint8_t mac[6];
    int port;
    inl_dur age_ns;
};
INL_API size_t inl_world_switch_macs(struct inl_world *world, int sw, struct inl_switch_mac *out,
                                     size_t max);

/* Changes what a port does from now on. 0 or -EINVAL. */
INL_API int inl_world_impair(struct inl_world *world, int port, const struct inl_impair *impair);

/* Runs all hosts and segments up to and including `now`, in order of time; with INL_TIME_NEVER as
 * long as anything happens by itself, and time then stays with the last event. Socket calls on the
 * stacks are allowed between calls; call inl_world_advance() again afterwards so that what they
 * sent is pulled. */
INL_API void inl_world_advance(struct inl_world *world, inl_time now);
INL_API inl_time inl_world_next_deadline(const struct inl_world *world);

/* Takes the next socket event of any host; false if none. */
struct inl_event;
INL_API bool inl_world_next_event(struct inl_world *world, int *ret_host,
                                  struct inl_event *ret_event);

/* At rest, delivered == frames - lost - queue_dropped + duplicated, unless an external port was not
 * emptied: what exceeds its limit of 4,096 frames is counted in queue_dropped, too. */
struct inl_world_stats {
    uint64_t frames, bytes, delivered, lost, queue_dropped, corrupted, duplicated, reordered;
    uint64_t marked;          /* by ecn_mark_bytes */
    uint64_t switch_floods;   /* frames that switches sent to all ports */
    uint64_t switch_moves;    /* addresses that were heard behind another port */
    uint64_t switch_full;     /* times that an address was not learned: no room */
    uint64_t switch_too_long; /* frames for a segment with a smaller MTU */
};
INL_API void inl_world_stats_get(const struct inl_world *world, struct inl_world_stats *ret_stats);

#endif
