/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h - between segments and frames: what build.c, gso.c and gro.c offer
 *
 * On the way out one frame may be worth several segments that follow each other (gso.c), on the way
 * in several segments may be taken as one, or a device has joined them (gro.c). The rest of tcp/
 * speaks of segments. Included by internal.h, which is the map.
 */
#ifndef TCP_FRAME_H
#define TCP_FRAME_H

#include "base/pkt.h"
#include "base/seq.h"
#include "base/wr.h"

#include <inlet/cause.h>

#include <stdbool.h>
#include <stdint.h>

struct tcp;
struct tcp_conn;
struct tcp_plan;
struct tcp_seg;

/* Owner: gro.c. What the last segment's header said, while others of its burst may continue it. */
struct tcp_train {
    seq_t ack;
    uint32_t win; /* as on the wire */
    uint32_t ts_val;
    uint32_t ts_ecr;
    bool has_ts;
    bool on;
};

/* ---- build.c ---- */
/* A segment on its way into a buffer: its header stands, its data does not yet. */
struct tcp_frame {
    struct pkt *pkt;
    struct wr w; /* over the header */
    enum inl_cause cause;
    seq_t seq;
    uint32_t hdr_len;
    uint32_t data_len;
    uint32_t gso_size; /* payload of each segment but the last; 0: it is one segment */
    uint16_t flags;    /* as in the header so far */
    uint8_t ecn;       /* of the IP header: the same for all */
};
/* All flags: the plan's, and those of ECN and of urgent data. */
uint16_t tcp_build_flags(const struct tcp_conn *c, const struct tcp_plan *plan);
/* The header of what plan says. -ENOBUFS: the buffer is too small. */
int tcp_build_begin(struct tcp_conn *c, const struct tcp_plan *plan, struct pkt *pkt,
                    struct tcp_frame *ret_frame);
/* The data, the checksum, and off to IP. Result as ip_out(). */
int tcp_build_end(struct tcp_conn *c, struct tcp_frame *frame);
/* Both, for one segment. */
int tcp_build(struct tcp_conn *c, const struct tcp_plan *plan, struct pkt *pkt);

/* ---- gro.c ---- */
/* A segment went the long way, with that result: may others continue it? */
void tcp_gro_note(struct tcp *tcp, const struct tcp_conn *c, const struct tcp_seg *seg,
                  enum inl_drop drop);
/* Takes a segment that continues the train; false: it does not. */
bool tcp_gro_take(struct tcp_conn *c, const struct tcp_seg *seg, enum inl_drop *ret_drop);
void tcp_gro_end(struct tcp *tcp);
uint32_t tcp_gro_segs(const struct tcp_seg *seg); /* how many segments it is worth */
void tcp_gro_super(struct tcp_conn *c, const struct tcp_seg *seg);  /* before its steps */
void tcp_gro_beyond(struct tcp_conn *c, const struct tcp_seg *seg); /* it lies beyond a hole */

/* ---- gso.c ---- */
/* How many bytes of data the frame may have; 0: one segment only. */
uint32_t tcp_gso_room(const struct tcp_conn *c, const struct tcp_frame *frame);
/* Adds the segment to the frame if it continues it. */
bool tcp_gso_join(const struct tcp_conn *c, struct tcp_frame *frame, const struct tcp_plan *next,
                  uint32_t room);
/* Adds n segments that are like the first. */
void tcp_gso_add(struct tcp_frame *frame, uint32_t n);
bool tcp_gso_open(const struct tcp_frame *frame); /* may another segment follow? */

#endif
