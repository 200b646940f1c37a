/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rx.c - frames arrive
 *
 * A burst is taken frame by frame; when it is over, TCP says what acknowledgements the burst as
 * a whole asks for (RFC 9293 MUST-58, MUST-59). Nothing is copied or kept here: what needs to
 * stay is stored by the layer that wants it.
 */
#include "stack/state.h"

void stack_rx_frame(struct inl_stack *stack, int link, const uint8_t *data, size_t len_bytes) {
    struct env *env = &stack->env;
    enum inl_drop why = ip_rx_frame(stack->ip, link, data, len_bytes);

    stack->rx_frames++;
    stack->rx_bytes += len_bytes;
    if (env->trace) {
        const struct inl_trace t = {
            .kind = INL_TRACE_RX,
            .now = env->now,
            .link = link,
            .frame = (int)ip_link_kind(stack->ip, link),
            .data = data,
            .len_bytes = len_bytes,
            .drop = why,
        };
        env->trace(env->trace_ctx, &t);
    }
}

void inl_rx(struct inl_stack *stack, int link, const struct inl_rx_frame *frames, size_t n,
            inl_time now) {
    stack_set_now(stack, now);
    for (size_t i = 0; i < n; i++) {
        /* Nobody outside has an end of the loopback link. */
        int from = link == STACK_LOOPBACK_LINK ? -1 : link;

        stack_rx_frame(stack, from, frames[i].data, frames[i].len_bytes);
    }
    tcp_rx_done(stack->tcp);
}
