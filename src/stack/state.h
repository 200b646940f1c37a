/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - struct inl_stack: the layers of one host, side by side
 *
 * Each part is written by its own file: env.now by advance.c (stack_set_now()), socks by
 * socktab.c, lo by loopback code in advance.c, the frame counters by rx.c and tx.c.
 */
#ifndef STACK_STATE_H
#define STACK_STATE_H

#include "base/env.h"
#include "conf/conf.h"
#include "ip/ip.h"
#include "ip/ports.h"
#include "stack/socktab.h"
#include "tcp/tcp.h"
#include "udp/udp.h"
#include <inlet/stack.h>

#define STACK_LOOPBACK_LINK 0

/* The loopback link's side of the stack: where TCP builds segments to ourselves. */
struct loopback {
    uint8_t *frame; /* NULL until the first segment */
    size_t frame_bytes;
    inl_time retry; /* no memory for it: not before this time again */
};

/*
 * Who drives the stack from inside the library, a world: calls of the stack from outside happen at
 * its time, and are noticed. Without it, calls happen at the time of the last verb.
 */
struct stack_driver {
    const inl_time *now;
    struct list *called; /* the drivers whose stacks have been called */
    struct list node;    /* in it */
};

struct inl_stack {
    struct env env;
    struct stack_driver *driver; /* NULL: none */
    struct inl_config config;
    struct ip *ip;
    struct ports *ports;
    struct udp *udp;
    struct udp *udplite;
    struct raw *raw;
    struct tcp *tcp;
    struct conf *conf;
    struct socktab socks;
    struct loopback lo;
    inl_time mem_due; /* when spare memory is looked at again (advance.c) */
    uint32_t turn;    /* odd: TCP is next on a link, even: the link's queue */
    uint64_t rx_frames, rx_bytes;
    uint64_t tx_frames, tx_bytes;
};

/* Time goes forward only: an earlier one counts as the last one. */
static inline void stack_set_now(struct inl_stack *stack, inl_time now) {
    stack->env.now = inl_time_max(stack->env.now, now);
}

/* Somebody outside calls: sockets, addresses, routes. */
static inline void stack_called(struct inl_stack *stack) {
    struct stack_driver *d = stack->driver;

    if (d) {
        stack_set_now(stack, *d->now);
        if (list_empty(&d->node)) {
            list_add_tail(d->called, &d->node);
        }
    }
}

/* One frame in: to the Internet layer, counted and traced. */
void stack_rx_frame(struct inl_stack *stack, int link, const struct inl_rx_frame *frame);

/* The same for one to a group that has come round the loopback link after leaving through `via`. */
void stack_rx_looped(struct inl_stack *stack, int via, const struct inl_rx_frame *frame);

/* One frame has left: counted and traced. */
void stack_tx_frame(struct inl_stack *stack, int link, const struct inl_tx_frame *frame);

/* Lets TCP build its next segment for a link in a buffer, from its first byte on. False if
 * there is none. */
bool stack_tcp_pull(struct inl_stack *stack, int link, uint8_t *buf, size_t cap_bytes,
                    struct pkt *ret_pkt);

#endif
