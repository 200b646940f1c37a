/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bulk.h - transfers without end between two hosts over one path, in virtual time
 *
 * Host 0 writes as much as it can on every flow, host 1 reads as it comes. What the path does to
 * data is one struct inl_impair, what it does to acknowledgements another.
 */
#ifndef SIM_BULK_H
#define SIM_BULK_H

#include <inlet/info.h>
#include <inlet/socket.h>
#include <inlet/world.h>

#define BULK_FLOWS_MAX 100
#define BULK_FRAME_BYTES 1514 /* a full frame, and the payload in it beside timestamps */
#define BULK_SEGMENT_BYTES 1448

struct bulk_config {
    uint64_t seed;
    struct inl_impair data;
    struct inl_impair acks;
    int flows;
    uint32_t mtu_bytes;                      /* 0: 1500 */
    uint32_t window_bytes;                   /* socket buffers, both ends */
    uint64_t read_bps;                       /* how fast host 1 reads, each 10 ms; 0: at once */
    int64_t congestion[BULK_FLOWS_MAX];      /* enum inl_cc_algo; -1: the default */
    inl_dur start_gap_ns;                    /* between the starts of flows */
    void (*tune)(struct inl_config *config); /* or NULL */
};

struct bulk;

struct bulk *bulk_new(const struct bulk_config *config);
void bulk_free(struct bulk *b);
/* Goes on until that time, or until the flows have received that much more together. */
void bulk_run(struct bulk *b, inl_time end, uint64_t bytes);
/* From now on the path does that to data. */
void bulk_impair(struct bulk *b, const struct inl_impair *data);
inl_time bulk_now(const struct bulk *b);
struct inl_world *bulk_world(const struct bulk *b);
uint64_t bulk_received(const struct bulk *b, int flow);
uint64_t bulk_received_all(const struct bulk *b);
void bulk_info(const struct bulk *b, int flow, struct inl_tcp_info *ret_info); /* the sender's */
/* The receiver's; of the flow that was accepted as number @i. */
void bulk_info_receiver(const struct bulk *b, int i, struct inl_tcp_info *ret_info);

#endif
