/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.h - what the engine tells about each packet
 *
 * One call a packet: when it has left through inl_tx() (with the cause) and when inl_rx() is
 * done with it (with the drop reason, INL_DROP_NONE if it was used). The bytes are lent for
 * the duration of the call. The callback must not call back into the same stack.
 */
#ifndef INLET_TRACE_H
#define INLET_TRACE_H

#include <inlet/cause.h>
#include <inlet/offload.h>
#include <inlet/types.h>
#include <stddef.h>
#include <stdint.h>

enum inl_trace_kind {
    INL_TRACE_TX,   /* a frame left the stack: cause, owner */
    INL_TRACE_RX,   /* a frame entered and was used, or dropped for the reason in drop */
    INL_TRACE_DROP, /* a packet was dropped on its way out (no buffer, no neighbour, ...) */
};

struct inl_trace {
    enum inl_trace_kind kind;
    inl_time now;
    int link;             /* link index; 0 is the loopback link */
    int frame;            /* enum inl_link_kind: how data begins (Ethernet header or IP header) */
    const uint8_t *data;  /* the frame, lent; whole */
    size_t len_bytes;     /* of data */
    enum inl_cause cause; /* TX, DROP: why it was sent */
    enum inl_drop drop;   /* RX, DROP: why it was dropped */
    uint64_t owner;       /* TX: tag of the socket it belongs to (inl_set_owner()), else 0 */
    const struct inl_offload *offload; /* RX, TX: NULL, or what sets it apart from a wire's frame */
};

typedef void (*inl_trace_fn)(void *ctx, const struct inl_trace *trace);

#endif
