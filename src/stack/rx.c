/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rx.c - frames arrive
 *
 * A burst is taken frame by frame; when it is over, TCP says what acknowledgements the burst as
 * a whole asks for (RFC 9293 MUST-58, MUST-59). Nothing is copied or kept here: what needs to
 * stay is stored by the layer that wants it.
 *
 * A host takes super-frames as they are. A router hands packets on to links that may be unable to
 * cut, so it cuts at the entrance (inlet/offload.h): a piece is then what a wire would have
 * brought, and MTUs, hop limits and queues count packets.
 */
#include "base/prefetch.h"
#include "ip/ahead.h"
#include "stack/state.h"

#define RX_GROUP ((size_t)16) /* frames that are looked at together */
#define RX_GROUP_MIN ((size_t)4)

static void rx_taken(struct inl_stack *stack, int link, const struct inl_rx_frame *frame,
                     const struct inl_offload *offload, enum inl_drop why) {
    struct env *env = &stack->env;

    stack->rx_frames++;
    stack->rx_bytes += frame->len_bytes;
    if (env->trace) {
        const struct inl_trace t = {
            .kind = INL_TRACE_RX,
            .now = env->now,
            .link = link,
            .frame = (int)ip_link_kind(stack->ip, link),
            .data = frame->data,
            .len_bytes = frame->len_bytes,
            .drop = why,
            .offload = offload,
        };
        env->trace(env->trace_ctx, &t);
    }
}

void stack_rx_frame(struct inl_stack *stack, int link, const struct inl_rx_frame *frame) {
    const struct inl_offload *offload =
        frame->offload.flags | frame->offload.gso_size_bytes ? &frame->offload : NULL;

    stack->env.place = ip_link_exists(stack->ip, link) ? (unsigned)link : ENV_NOWHERE;
    rx_taken(stack, link, frame, offload,
             ip_rx_frame(stack->ip, link, frame->data, frame->len_bytes, offload));
    stack->env.place = ENV_NOWHERE;
}

void stack_rx_looped(struct inl_stack *stack, int via, const struct inl_rx_frame *frame) {
    stack->env.place = (unsigned)via;
    rx_taken(stack, STACK_LOOPBACK_LINK, frame, NULL,
             ip_rx_looped(stack->ip, via, frame->data, frame->len_bytes));
    stack->env.place = ENV_NOWHERE;
}

/* A frame of a router's link: whole. */
static void rx_cut(struct inl_stack *stack, int link, const struct inl_rx_frame *frame) {
    struct env *env = &stack->env;
    uint8_t *buf = mem_alloc(&env->mem, frame->len_bytes);
    size_t pos = 0;
    int n;

    if (!buf) {
        env_drop(env, INL_DROP_NO_MEMORY);
        return;
    }
    while ((n = inl_gso_cut(ip_link_kind(stack->ip, link), frame->data, frame->len_bytes,
                            &frame->offload, &pos, buf, frame->len_bytes)) > 0) {
        const struct inl_rx_frame piece = {.data = buf, .len_bytes = (size_t)n};

        stack_rx_frame(stack, link, &piece);
    }
    if (n < 0) {
        env_drop(env, INL_DROP_BAD_OFFLOAD);
    }
    mem_free(&env->mem, buf, frame->len_bytes);
}

static bool rx_needs_cut(const struct inl_stack *stack, const struct inl_rx_frame *frame) {
    const struct inl_offload *o = &frame->offload;

    return stack->config.forward && frame->len_bytes > 0 &&
           (o->gso_size_bytes > 0 || o->flags & INL_OFFLOAD_CSUM_PARTIAL);
}

static void rx_one(struct inl_stack *stack, int link, const struct inl_rx_frame *frame) {
    if (rx_needs_cut(stack, frame)) {
        rx_cut(stack, link, frame);
    } else {
        stack_rx_frame(stack, link, frame);
    }
}

/* The same for a burst, where those behind are looked at before their turn. */
static void rx_burst(struct inl_stack *stack, int link, const struct inl_rx_frame *frames,
                     size_t n) {
    struct ip_ahead ahead[RX_GROUP];

    for (size_t done = 0; done < n; done += RX_GROUP) {
        size_t group = n - done < RX_GROUP ? n - done : RX_GROUP;

        ip_ahead(stack->ip, link, frames + done, group, ahead);
        for (size_t i = 0; i < group; i++) {
            prefetch_line(frames[done + i + 1 < n ? done + i + 1 : done + i].data);
            ip_ahead_turn(stack->ip, &ahead[i]);
            rx_one(stack, link, &frames[done + i]);
        }
    }
    ip_ahead_turn(stack->ip, NULL);
}

void inl_rx(struct inl_stack *stack, int link, const struct inl_rx_frame *frames, size_t n,
            inl_time now) {
    /* Nobody outside has an end of the loopback link. */
    int from = link == STACK_LOOPBACK_LINK ? -1 : link;

    stack_set_now(stack, now);
    if (n >= RX_GROUP_MIN && from >= 0 && ip_ahead_pays(stack->ip)) {
        rx_burst(stack, from, frames, n);
    } else {
        for (size_t i = 0; i < n; i++) {
            prefetch_line(frames[i + 1 < n ? i + 1 : i].data);
            rx_one(stack, from, &frames[i]);
        }
    }
    tcp_rx_done(stack->tcp);
}
