/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tx.c - the driver pulls what wants to leave
 *
 * Two sources share a link: its queue of finished frames (ICMP, ARP, UDP, forwarded packets), and
 * the TCP connections that are ready on it. They take turns, so neither starves the other.
 * A queued frame is copied out; a TCP segment is built right in the driver's buffer. What the link
 * completes or cuts itself (inlet/offload.h) is described by the frame.
 */
#include "base/prefetch.h"
#include "stack/state.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

void stack_tx_frame(struct inl_stack *stack, int link, const struct inl_tx_frame *frame) {
    struct env *env = &stack->env;

    stack->tx_frames++;
    stack->tx_bytes += frame->len_bytes;
    env_cause(env, frame->cause);
    if (env->trace) {
        const struct inl_trace t = {
            .kind = INL_TRACE_TX,
            .now = env->now,
            .link = link,
            .frame = (int)ip_link_kind(stack->ip, link),
            .data = frame->data,
            .len_bytes = frame->len_bytes,
            .cause = frame->cause,
            .owner = frame->owner,
            .offload = frame->offload.flags ? &frame->offload : NULL,
        };
        env->trace(env->trace_ctx, &t);
    }
}

/* Meta data of a packet that lies in the driver's buffer. */
static void tx_describe(const struct pkt *pkt, struct inl_tx_frame *out) {
    out->len_bytes = pkt->len;
    out->cause = pkt->cause;
    out->owner = pkt->owner;
    out->offload = (struct inl_offload){0};
    if (pkt->flags & PKT_CSUM_PARTIAL) {
        size_t start = pkt->len - pkt->l4.len_bytes;

        out->offload = (struct inl_offload){
            .flags = INL_OFFLOAD_CSUM_PARTIAL,
            .gso_size_bytes = pkt->l4.gso_size_bytes,
            .hdr_len_bytes = (uint16_t)(start + pkt->l4.hdr_len_bytes),
            .csum_start_bytes = (uint16_t)start,
            .csum_off_bytes = pkt->l4.csum_off_bytes,
        };
    }
}

/* Of the next packet in a queue: its struct, and where it begins. */
#define TX_AHEAD_BYTES 192

static bool pull_queued(struct ip_txq *q, struct inl_tx_frame *out) {
    struct pkt *pkt = ip_txq_take(q);

    if (!pkt) {
        return false;
    }
    prefetch_block(q->packets.next, TX_AHEAD_BYTES);
    memcpy(out->data, pkt_data(pkt), pkt->len);
    tx_describe(pkt, out);
    pkt_free(pkt);
    return true;
}

bool stack_tcp_pull(struct inl_stack *stack, int link, uint8_t *buf, size_t cap_bytes,
                    struct pkt *ret_pkt) {
    pkt_borrow(ret_pkt, buf, cap_bytes, 0);
    ret_pkt->link = (uint16_t)link;
    if (!tcp_pull(stack->tcp, link, ret_pkt)) {
        return false;
    }
    if (ret_pkt->off > 0) {
        /* More headroom than the headers needed: the frame begins where the driver expects it. */
        memmove(buf, pkt_data(ret_pkt), ret_pkt->len);
        ret_pkt->off = 0;
    }
    return true;
}

static bool pull_tcp(struct inl_stack *stack, int link, struct inl_tx_frame *out) {
    struct pkt pkt;

    if (!tcp_ready(stack->tcp, link) ||
        !stack_tcp_pull(stack, link, out->data, out->cap_bytes, &pkt)) {
        return false;
    }
    tx_describe(&pkt, out);
    return true;
}

/* The next frame of a link from the source whose turn it is, else from the other one. */
static bool pull_one(struct inl_stack *stack, int link, struct ip_txq *q,
                     struct inl_tx_frame *out) {
    if (stack->turn++ & 1) {
        return pull_tcp(stack, link, out) || pull_queued(q, out);
    }
    if (pull_queued(q, out)) {
        return true;
    }
    /* TCP may leave something in the queue: a question for the neighbour's address */
    return tcp_ready(stack->tcp, link) && (pull_tcp(stack, link, out) || pull_queued(q, out));
}

int inl_tx(struct inl_stack *stack, int link, struct inl_tx_frame *out, size_t max, inl_time now) {
    size_t need_bytes = ip_link_mtu(stack->ip, link) + INL_FRAME_OVERHEAD;
    struct ip_txq *q;
    size_t n = 0;

    stack_set_now(stack, now);
    if (link == STACK_LOOPBACK_LINK || !ip_link_exists(stack->ip, link)) {
        return -ENODEV;
    }
    if (!ip_link_is_up(stack->ip, link)) {
        return 0;
    }
    q = ip_txq(stack->ip, link);
    while (n < max && n < INT_MAX) {
        if (out[n].cap_bytes < need_bytes) {
            return n > 0 ? (int)n : -EMSGSIZE;
        }
        if (!pull_one(stack, link, q, &out[n])) {
            break;
        }
        stack_tx_frame(stack, link, &out[n]);
        n++;
    }
    return (int)n;
}

bool inl_tx_pending(const struct inl_stack *stack, int link) {
    return link != STACK_LOOPBACK_LINK && ip_link_is_up(stack->ip, link) &&
           (ip_txq_pending(stack->ip, link) || tcp_ready(stack->tcp, link));
}
