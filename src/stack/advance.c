/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * advance.c - time passes: timers, and the loopback link
 *
 * Each expired timer goes to the layer that its kind names, in order of deadlines. What wants to
 * leave through the loopback link comes in again right here, a bounded number of packets a
 * call, so that two sockets of one host cannot keep the caller for ever; while packets wait, the
 * next deadline is now.
 *
 * Spare pages that nobody has needed for a second go back (base/mem.h).
 *
 * A segment to ourselves is built in one scratch frame that is taken when the first is needed. If
 * there is no memory for it, the link rests for LO_RETRY_NS: that is loss to TCP, nothing worse.
 */
#include "stack/state.h"

#define LO_BURST_PACKETS 16
#define LO_BURSTS_PER_CALL 16
#define LO_RETRY_NS (10 * INL_MS)
#define MEM_SETTLE_NS INL_S

static void timers_run(struct inl_stack *stack) {
    struct timer *t;

    while ((t = wheel_pop(&stack->env.wheel, stack->env.now)) != NULL) {
        switch (timer_layer(t)) {
        case TIMER_IP:
            ip_timer(stack->ip, t);
            break;
        case TIMER_TCP:
            tcp_timer(stack->tcp, t);
            break;
        case TIMER_CONF:
            conf_timer(stack->conf, t);
            break;
        case TIMER_STACK:
        case TIMER_UDP:
        case TIMER_WORLD:
            break; /* these have none in a stack's wheel */
        }
    }
    tcp_rx_done(stack->tcp); /* a neighbour that does not answer is news for TCP */
}

/* ---- loopback ---- */

static bool lo_waits(const struct inl_stack *stack) {
    return ip_txq_pending(stack->ip, STACK_LOOPBACK_LINK) ||
           tcp_ready(stack->tcp, STACK_LOOPBACK_LINK);
}

static bool lo_has_frame(struct inl_stack *stack) {
    struct loopback *lo = &stack->lo;
    size_t need_bytes = ip_link_mtu(stack->ip, STACK_LOOPBACK_LINK) + INL_FRAME_OVERHEAD;

    if (lo->frame) {
        return true;
    }
    if (inl_time_before(stack->env.now, lo->retry)) {
        return false;
    }
    lo->frame = mem_alloc(&stack->env.mem, need_bytes);
    lo->frame_bytes = lo->frame ? need_bytes : 0;
    lo->retry = inl_time_add(stack->env.now, LO_RETRY_NS);
    return lo->frame != NULL;
}

static void lo_turn_round(struct inl_stack *stack, const struct pkt *pkt) {
    const struct inl_tx_frame out = {
        .data = pkt_data(pkt), .len_bytes = pkt->len, .cause = pkt->cause, .owner = pkt->owner};
    const struct inl_rx_frame in = {.data = pkt_data(pkt), .len_bytes = pkt->len};

    stack_tx_frame(stack, STACK_LOOPBACK_LINK, &out);
    if (pkt->proto) { /* group_loop.c */
        stack_rx_looped(stack, pkt->proto, &in);
    } else {
        stack_rx_frame(stack, STACK_LOOPBACK_LINK, &in);
    }
}

static bool lo_queued(struct inl_stack *stack) {
    struct pkt *pkt = ip_txq_pop(stack->ip, STACK_LOOPBACK_LINK);

    if (!pkt) {
        return false;
    }
    lo_turn_round(stack, pkt);
    pkt_free(pkt);
    return true;
}

static bool lo_tcp(struct inl_stack *stack) {
    struct pkt pkt;

    if (!tcp_ready(stack->tcp, STACK_LOOPBACK_LINK) || !lo_has_frame(stack) ||
        !stack_tcp_pull(stack, STACK_LOOPBACK_LINK, stack->lo.frame, stack->lo.frame_bytes, &pkt)) {
        return false;
    }
    lo_turn_round(stack, &pkt);
    return true;
}

/* One burst there and back. False if nothing moved. */
static bool lo_burst(struct inl_stack *stack) {
    bool moved = false;

    for (int i = 0; i < LO_BURST_PACKETS; i++) {
        bool queued = lo_queued(stack);
        bool segment = lo_tcp(stack);

        if (!queued && !segment) {
            break;
        }
        moved = true;
    }
    if (moved) {
        tcp_rx_done(stack->tcp);
    }
    return moved;
}

/* Memory that was kept for a burst goes when bursts have ceased; nobody is woken for that. */
static void stack_settle_memory(struct inl_stack *stack) {
    if (!inl_time_before(stack->env.now, stack->mem_due)) {
        mem_settle(&stack->env.mem);
        stack->mem_due = inl_time_add(stack->env.now, MEM_SETTLE_NS);
    }
}

/* Apart, so that a call with nothing to do is short. */
static __attribute__((noinline)) void lo_run(struct inl_stack *stack) {
    for (int i = 0; i < LO_BURSTS_PER_CALL && lo_waits(stack) && lo_burst(stack); i++) {
    }
}

void inl_advance(struct inl_stack *stack, inl_time now) {
    stack_set_now(stack, now);
    timers_run(stack);
    stack_settle_memory(stack);
    if (lo_waits(stack)) {
        lo_run(stack);
    }
}

inl_time inl_next_deadline(const struct inl_stack *stack) {
    inl_time next = wheel_next(&stack->env.wheel);

    if (lo_waits(stack)) {
        /* Without its frame the link waits for memory, unless there are finished packets. */
        bool rests = !stack->lo.frame && !ip_txq_pending(stack->ip, STACK_LOOPBACK_LINK);

        next = inl_time_min(next,
                            rests ? inl_time_max(stack->env.now, stack->lo.retry) : stack->env.now);
    }
    return next;
}
