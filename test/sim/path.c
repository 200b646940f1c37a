/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path.c - transfers over paths that say things in ways of their own
 *
 * Black holes: a link in the middle swallows frames above a size, and nobody is told. Each transfer
 * must come through, and find out what fits. Marks: a queue marks instead of dropping. Who has
 * ECN must fill the link without a single loss, and with a queue that stays near the mark.
 */
#include "bulk.h"
#include "net.h"

#include <inttypes.h>
#include <stdio.h>

#define RATE_BPS 50000000
#define QUEUE_BYTES (256u << 10)
#define MARK_BYTES (40u << 10)
#define WINDOW_BYTES (1u << 20)
#define RTT_NS (20 * INL_MS)
#define ETH_BYTES 14u
#define HDRS_BYTES 52u /* IPv4, TCP, timestamps */

static void check(bool ok, const char *name, const char *what) {
    if (!ok) {
        die("%s: %s", name, what);
    }
}

static struct bulk_config path_config(const struct inl_impair *more) {
    struct bulk_config c = {
        .seed = 7, .data = *more, .flows = 1, .window_bytes = WINDOW_BYTES, .congestion = {-1}};

    c.data.delay_ns = RTT_NS / 2;
    c.data.rate_bps = RATE_BPS;
    c.data.queue_bytes = QUEUE_BYTES;
    c.acks = (struct inl_impair){.delay_ns = RTT_NS / 2, .rate_bps = RATE_BPS};
    return c;
}

/* ---- black holes ---- */

static void always(struct inl_config *config) {
    config->tcp.mtu_probing = INL_MTU_PROBING_ALWAYS;
}

static void black_hole(uint32_t packet_bytes, bool from_small) {
    const struct inl_impair hole = {.black_hole_bytes = packet_bytes + ETH_BYTES};
    struct bulk_config config = path_config(&hole);
    struct inl_tcp_info info;
    struct bulk *b;
    char name[64];

    config.tune = from_small ? always : NULL;
    snprintf(name, sizeof(name), "black hole above %" PRIu32 "%s", packet_bytes,
             from_small ? ", begun with small packets" : "");
    b = bulk_new(&config);
    bulk_run(b, (inl_time){60 * INL_S}, 20000000);
    bulk_info(b, 0, &info);
    printf("%s: %" PRIu64 " bytes in %" PRId64 " ms, segments of %" PRIu32 "\n", name,
           bulk_received(b, 0), bulk_now(b).ns / INL_MS, info.snd_mss_bytes);
    check(bulk_received(b, 0) >= 20000000, name, "the transfer stalls");
    check(info.snd_mss_bytes + HDRS_BYTES <= packet_bytes, name, "segments are too long");
    if (packet_bytes > 1200) {
        check(info.snd_mss_bytes + HDRS_BYTES + 16 >= packet_bytes, name,
              "the search ended before what fits was found");
    }
    bulk_free(b);
}

/* A path that gets better: what a router's MTU was, is not for ever. */
static void hole_goes(void) {
    const struct inl_impair hole = {.black_hole_bytes = 1300 + ETH_BYTES};
    struct bulk_config config = path_config(&hole);
    struct inl_impair better;
    struct inl_tcp_info info;
    struct bulk *b;

    config.data.rate_bps = RATE_BPS / 25;
    better = config.data;
    b = bulk_new(&config);
    bulk_run(b, (inl_time){20 * INL_S}, UINT64_MAX);
    better.black_hole_bytes = 0;
    bulk_impair(b, &better);
    bulk_run(b, (inl_time){700 * INL_S}, UINT64_MAX);
    bulk_info(b, 0, &info);
    printf("hole goes: segments of %" PRIu32 " after ten minutes\n", info.snd_mss_bytes);
    check(info.snd_mss_bytes + HDRS_BYTES == 1500, "hole goes", "larger sizes are not tried again");
    bulk_free(b);
}

/* ---- marks ---- */

static void classic(struct inl_config *config) {
    config->tcp.ecn = INL_ECN_ON;
}

static void accurate(struct inl_config *config) {
    config->tcp.ecn = INL_ECN_ACCURATE;
}

static void marks(const char *name, void (*tune)(struct inl_config *), int64_t congestion) {
    const struct inl_impair mark = {.ecn_mark_bytes = MARK_BYTES};
    struct bulk_config config = path_config(&mark);
    struct inl_world_stats stats;
    struct inl_tcp_info info;
    uint64_t before;
    uint64_t share;
    struct bulk *b;

    config.tune = tune;
    config.congestion[0] = congestion;
    b = bulk_new(&config);
    bulk_run(b, (inl_time){5 * INL_S}, UINT64_MAX);
    before = bulk_received(b, 0);
    bulk_run(b, (inl_time){25 * INL_S}, UINT64_MAX);
    bulk_info(b, 0, &info);
    inl_world_stats_get(bulk_world(b), &stats);
    share = (bulk_received(b, 0) - before) * 8 * 100 / (20 * (uint64_t)RATE_BPS);
    printf("%s: %" PRIu64 "%% of the rate, %" PRIu64 " marks, %" PRIu64 " drops, %" PRIu64
           " sent again, srtt %" PRId64 " us\n",
           name, share, stats.marked, stats.queue_dropped, info.rtx_segs, info.srtt_ns / INL_US);
    if (!tune) {
        check(stats.marked == 0, name, "marked, and nobody said ECT");
        bulk_free(b);
        return;
    }
    check(stats.marked > 0, name, "nothing was marked");
    check(stats.queue_dropped == 0 && info.rtx_segs == 0, name, "a loss, in spite of the marks");
    check(share >= 85, name, "the link is not filled");
    check(info.srtt_ns < RTT_NS + 25 * INL_MS, name, "the queue is longer than the mark allows");
    bulk_free(b);
}

int main(void) {
    black_hole(1450, false);
    black_hole(1300, false);
    black_hole(1220, false);
    black_hole(1100, false);
    black_hole(600, false);
    black_hole(1400, true);
    hole_goes();
    marks("not ECN-capable", NULL, INL_CC_CUBIC);
    marks("RFC 3168, NewReno", classic, INL_CC_NEWRENO);
    marks("RFC 3168, CUBIC", classic, INL_CC_CUBIC);
    marks("RFC 3168, DCTCP", classic, INL_CC_DCTCP);
    marks("RFC 9768, NewReno", accurate, INL_CC_NEWRENO);
    marks("RFC 9768, CUBIC", accurate, INL_CC_CUBIC);
    marks("RFC 9768, DCTCP", accurate, INL_CC_DCTCP);
    return 0;
}
