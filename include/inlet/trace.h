/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.h - what the engine tells about each packet, and about each turn of a TCP connection
 *
 * One call a packet: when it has left through inl_tx() (with the cause) and when inl_rx() is
 * done with it (with the drop reason, INL_DROP_NONE if it was used). Beside that, one call for each
 * change of a connection's state, for each event of its loss recovery, and for what it knows of the
 * path after each acknowledgement. Everything that is pointed to is lent for the duration of
 * the call. The callback must not call back into the same stack.
 */
#ifndef INLET_TRACE_H
#define INLET_TRACE_H

#include <inlet/addr.h>
#include <inlet/cause.h>
#include <inlet/export.h>
#include <inlet/info.h>
#include <inlet/offload.h>
#include <inlet/types.h>
#include <stddef.h>
#include <stdint.h>

enum inl_trace_kind {
    INL_TRACE_TX,          /* a frame left the stack: cause, owner */
    INL_TRACE_RX,          /* a frame entered and was used, or dropped for the reason in drop */
    INL_TRACE_DROP,        /* a packet was dropped on its way out (no buffer, no neighbour, ...) */
    INL_TRACE_TCP_STATE,   /* a connection goes from one state to another */
    INL_TRACE_TCP_METRICS, /* an ACK was taken: window, round trip, what is in flight */
    INL_TRACE_TCP_EVENT,   /* loss and its repair: enum inl_tcp_event */
};

/* X(SYMBOL, "short-name", "text for people") */
#define INL_TCP_EVENT_TABLE(X)                                                                     \
    X(RECOVERY_BEGIN, "recovery-begin", "a loss was found: recovery begins")                       \
    X(RECOVERY_END, "recovery-end", "all that was sent before the loss is acknowledged")           \
    X(TIMEOUT, "timeout", "the retransmission timer expired")                                      \
    X(UNDO, "undo", "the retransmission was not needed: the window is as it was")                  \
    X(PROBE_TAIL, "tail-loss-probe", "nothing was heard of the tail: it is probed")                \
    X(RENEGED, "reneged", "the peer has dropped what it had reported as received")                 \
    X(BLACK_HOLE, "black-hole", "large segments vanish: smaller ones are sent")                    \
    X(PATH_MTU, "path-mtu", "segments have another size from now on")

enum inl_tcp_event {
#define INL_X(sym, name, text) INL_TCP_EVENT_##sym,
    INL_TCP_EVENT_TABLE(INL_X)
#undef INL_X
        INL_TCP_EVENT_MAX
};

/* Short stable name; "?" for a value out of range. */
INL_API const char *inl_tcp_event_name(enum inl_tcp_event event);
INL_API const char *inl_tcp_event_text(enum inl_tcp_event event);

/* A connection at that moment. */
struct inl_trace_tcp {
    const struct inl_sockaddr *local;
    const struct inl_sockaddr *remote;
    enum inl_tcp_state from;  /* STATE: the state before */
    enum inl_tcp_state state; /* now */
    enum inl_tcp_event event; /* EVENT */
    uint32_t iss, irs;        /* initial sequence numbers: ours, and the peer's */
    uint32_t snd_una, snd_nxt, rcv_nxt;
    uint32_t cwnd_bytes, ssthresh_bytes, pipe_bytes;
    uint32_t snd_wnd_bytes, rcv_wnd_bytes;
    uint32_t mss_bytes;
    inl_dur srtt_ns, rttvar_ns, rto_ns; /* srtt 0: no sample */
    uint64_t retransmissions;
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
    const struct inl_trace_tcp *tcp; /* TCP_*: the connection; all but kind, now, owner is empty */
    const struct inl_offload *offload; /* RX, TX: NULL, or what sets it apart from a wire's frame */
};

typedef void (*inl_trace_fn)(void *ctx, const struct inl_trace *trace);

#endif
