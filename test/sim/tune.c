/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tune.c - buffers that tune themselves against buffers that are large from the start
 *
 * Two hosts, one link without loss whose queue holds one bandwidth-delay product. One transfer
 * with the default buffers, and one with fixed buffers of the largest size: tuning may cost a
 * tenth of the goodput at most. A reader that is slower than the link must keep a small buffer. All
 * in virtual time; no machine matters.
 */
#include "bulk.h"

#include <inttypes.h>
#include <stdio.h>

#define LARGE_BYTES (6 << 20)
#define SECONDS 60

struct cell {
    uint64_t rate_bps;
    int rtt_ms;
    uint64_t bytes;
};

static const struct cell cells[] = {
    {10000000, 20, 10000000},    {100000000, 1, 20000000},   {100000000, 20, 40000000},
    {100000000, 100, 80000000},  {1000000000, 1, 100000000}, {1000000000, 20, 200000000},
    {1000000000, 40, 400000000},
};

/* Payload in kbit/s of virtual time; what the buffers came to. */
static uint64_t run_all(const struct cell *c, bool fixed, uint64_t read_bps,
                        struct inl_tcp_info *ret_snd, struct inl_tcp_info *ret_rcv) {
    const struct bulk_config config = {
        .seed = 1,
        .data = {.delay_ns = c->rtt_ms * INL_MS / 2,
                 .rate_bps = c->rate_bps,
                 .queue_bytes = (uint32_t)(c->rate_bps / 8 * (uint64_t)c->rtt_ms / 1000) + 65536},
        .acks = {.delay_ns = c->rtt_ms * INL_MS / 2},
        .flows = 1,
        .window_bytes = fixed ? LARGE_BYTES : 0,
        .read_bps = read_bps,
        .congestion = {-1},
    };
    struct bulk *b = bulk_new(&config);
    uint64_t kbps;

    bulk_run(b, (inl_time){SECONDS * INL_S}, c->bytes);
    kbps = bulk_received_all(b) * 8 / (uint64_t)(bulk_now(b).ns / INL_MS);
    bulk_info(b, 0, ret_snd);
    bulk_info_receiver(b, 0, ret_rcv);
    bulk_free(b);
    return kbps;
}

static bool compare(const struct cell *c) {
    struct inl_tcp_info snd;
    struct inl_tcp_info rcv;
    uint64_t large = run_all(c, true, 0, &snd, &rcv);
    uint64_t small = run_all(c, false, 0, &snd, &rcv);
    bool ok = small * 10 >= large * 9 && rcv.rcvbuf_bytes <= LARGE_BYTES &&
              snd.sndbuf_bytes <= LARGE_BYTES;

    printf("%4" PRIu64 " Mbit/s %3d ms: %7" PRIu64 " kbit/s, fixed %7" PRIu64
           ", receive buffer %7u, send buffer %7u%s\n",
           c->rate_bps / 1000000, c->rtt_ms, small, large, rcv.rcvbuf_bytes, snd.sndbuf_bytes,
           ok ? "" : "  FAIL");
    return ok;
}

/* A reader of 1 Mbit/s at 20 ms needs 5 KB; what it has is what it began with. */
static bool slow_reader(void) {
    const struct cell c = {100000000, 20, 2000000};
    struct inl_tcp_info snd;
    struct inl_tcp_info rcv;
    uint64_t kbps = run_all(&c, false, 1000000, &snd, &rcv);
    bool ok = rcv.rcvbuf_bytes <= 256 << 10 && kbps >= 900;

    printf("slow reader: %" PRIu64 " kbit/s, receive buffer %u%s\n", kbps, rcv.rcvbuf_bytes,
           ok ? "" : "  FAIL");
    return ok;
}

int main(void) {
    bool ok = slow_reader();

    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        ok &= compare(&cells[i]);
    }
    return ok ? 0 : 1;
}
