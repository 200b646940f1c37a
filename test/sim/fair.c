/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fair.c - do flows share a path, and does it stay usable under load?
 *
 * usage: sim-fair [--all | --every N]
 *
 * Fairness: 2 to 100 flows over one bottleneck, started one after the other. Jain's index of what
 * each receives, (sum x)^2 / (n * sum x^2), is 1 when all get the same and 1/n when one gets all.
 * Flows of one algorithm must reach a bound. Where two algorithms meet, the table says what share
 * the first one gets; here the bound is that neither starves.
 *
 * Latency: the smoothed round-trip time that one sender sees while it fills the path, with a long
 * queue that drops at its tail, and with the same queue under CoDel (RFC 8289).
 *
 * Everything runs in virtual time from one seed. --all adds the runs that take long; --every 3 leaves
 * out two of three, for builds that are slow.
 */
#include "bulk.h"
#include "net.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scene {
    const char *name;
    int flows;
    int64_t first, second; /* algorithms: the first half of the flows, the other half */
    uint64_t rate_mbit;
    int rtt_ms;
    int seconds;
    double jain_min;  /* of all flows */
    double share_min; /* of either half, against its fair share */
    bool slow;
};

#define CUBIC INL_CC_CUBIC
#define RENO INL_CC_NEWRENO
#define BBR INL_CC_BBR

static const struct scene scenes[] = {
    {"2 cubic", 2, CUBIC, CUBIC, 50, 20, 60, 0.90, 0, false},
    {"10 cubic", 10, CUBIC, CUBIC, 100, 20, 60, 0.90, 0, false},
    {"100 cubic", 100, CUBIC, CUBIC, 1000, 20, 40, 0.85, 0, true},
    {"2 newreno", 2, RENO, RENO, 50, 20, 60, 0.90, 0, false},
    {"10 newreno", 10, RENO, RENO, 100, 20, 60, 0.90, 0, false},
    {"100 newreno", 100, RENO, RENO, 1000, 20, 40, 0.85, 0, true},
    {"2 bbr", 2, BBR, BBR, 50, 20, 60, 0.80, 0, false},
    {"10 bbr", 10, BBR, BBR, 100, 20, 60, 0.80, 0, false},
    {"5 cubic, 5 newreno", 10, CUBIC, RENO, 100, 20, 60, 0, 0.20, false},
    {"5 cubic, 5 bbr", 10, CUBIC, BBR, 100, 20, 60, 0, 0.10, false},
    {"5 newreno, 5 bbr", 10, RENO, BBR, 100, 20, 60, 0, 0.10, false},
};

static double jain(const double *x, int n) {
    double sum = 0;
    double squares = 0;

    for (int i = 0; i < n; i++) {
        sum += x[i];
        squares += x[i] * x[i];
    }
    return squares > 0 ? sum * sum / (n * squares) : 0;
}

static uint32_t bdp_bytes(uint64_t rate_mbit, int rtt_ms) {
    return (uint32_t)(rate_mbit * 1000 / 8 * (uint64_t)rtt_ms);
}

static int scene_run(const struct scene *s) {
    struct bulk_config config = {
        .seed = 7,
        .data = {.delay_ns = s->rtt_ms * INL_MS / 2,
                 .rate_bps = s->rate_mbit * 1000000,
                 .queue_bytes = bdp_bytes(s->rate_mbit, s->rtt_ms)},
        .acks = {.delay_ns = s->rtt_ms * INL_MS / 2},
        .flows = s->flows,
        .window_bytes = 4 << 20,
        .start_gap_ns = 50 * INL_MS,
    };
    double x[BULK_FLOWS_MAX];
    double half[2] = {0, 0};
    double sum, share, index;
    struct bulk *b;
    inl_time begin;
    bool good;

    for (int i = 0; i < s->flows; i++) {
        config.congestion[i] = i < s->flows / 2 ? s->first : s->second;
    }
    b = bulk_new(&config);
    bulk_run(b, (inl_time){s->seconds * INL_S / 3}, UINT64_MAX);
    begin = bulk_now(b);
    for (int i = 0; i < s->flows; i++) {
        x[i] = -(double)bulk_received(b, i);
    }
    bulk_run(b, (inl_time){s->seconds * INL_S}, UINT64_MAX);
    for (int i = 0; i < s->flows; i++) {
        x[i] += (double)bulk_received(b, i);
        half[i >= s->flows / 2] += x[i];
    }
    sum = half[0] + half[1];
    share = half[0] / sum;
    index = jain(x, s->flows);
    good = index >= s->jain_min && 2 * share >= s->share_min && 2 * (1 - share) >= s->share_min;
    printf("%-22s %5" PRIu64 " Mbit/s %3d ms  %8.2f Mbit/s  jain %.3f  first half %5.1f%%  %s\n",
           s->name, s->rate_mbit, s->rtt_ms, sum * 8e3 / (double)inl_time_sub(bulk_now(b), begin),
           index, share * 100, good ? "ok" : "NOT FAIR");
    fflush(stdout);
    bulk_free(b);
    return good ? 0 : 1;
}

/* The mean of the smoothed round-trip time from the fifth second on, in ms; and the goodput. */
static double latency(int64_t congestion, bool codel, double *ret_mbit) {
    const int rtt_ms = 20;
    struct bulk_config config = {
        .seed = 7,
        .data = {.delay_ns = rtt_ms * INL_MS / 2,
                 .rate_bps = 20000000,
                 .queue_bytes = 8 * bdp_bytes(20, rtt_ms),
                 .codel = codel},
        .acks = {.delay_ns = rtt_ms * INL_MS / 2},
        .flows = 1,
        .window_bytes = 4 << 20,
        .congestion = {congestion},
    };
    struct bulk *b = bulk_new(&config);
    double sum = 0;
    int n = 0;
    uint64_t bytes;

    bulk_run(b, (inl_time){5 * INL_S}, UINT64_MAX);
    bytes = bulk_received_all(b);
    for (inl_time t = {5 * INL_S}; t.ns < 35 * INL_S; t.ns += 10 * INL_MS) {
        struct inl_tcp_info info;

        bulk_run(b, t, UINT64_MAX);
        bulk_info(b, 0, &info);
        sum += (double)info.srtt_ns / 1e6;
        n++;
    }
    *ret_mbit = (double)(bulk_received_all(b) - bytes) * 8 / 30e6;
    bulk_free(b);
    return sum / n;
}

static int latencies(void) {
    static const struct {
        const char *name;
        int64_t congestion;
    } who[] = {{"cubic", CUBIC}, {"newreno", RENO}, {"bbr", BBR}};
    int wrong = 0;

    for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
        double mbit[2];
        double tail = latency(who[i].congestion, false, &mbit[0]);
        double codel = latency(who[i].congestion, true, &mbit[1]);
        bool good = codel < 20 + 15 && mbit[1] > 20 * 0.75;

        printf("round trip under load, %-8s tail drop %6.1f ms (%.1f Mbit/s), CoDel %5.1f ms "
               "(%.1f Mbit/s)  %s\n",
               who[i].name, tail, mbit[0], codel, mbit[1], good ? "ok" : "TOO LONG");
        fflush(stdout);
        wrong += !good;
    }
    return wrong;
}

/*
 * An attacker shuts the path for 150 ms in every second, in time with the timer of those who wait
 * a second ("shrew"). What is left to a flow, as a share of the goodput without him?
 */
static int pulses(void) {
    struct bulk_config config = {
        .seed = 7,
        .data = {.delay_ns = 10 * INL_MS, .rate_bps = 20000000, .queue_bytes = bdp_bytes(20, 20)},
        .acks = {.delay_ns = 10 * INL_MS},
        .flows = 1,
        .window_bytes = 1 << 20,
        .congestion = {CUBIC},
    };
    struct inl_impair shut = config.data;
    struct bulk *b = bulk_new(&config);
    uint64_t before;
    double share;

    shut.loss_ppm = 1000000;
    bulk_run(b, (inl_time){10 * INL_S}, UINT64_MAX);
    before = bulk_received_all(b);
    for (int s = 10; s < 40; s++) {
        bulk_impair(b, &shut);
        bulk_run(b, (inl_time){s * INL_S + 150 * INL_MS}, UINT64_MAX);
        bulk_impair(b, &config.data);
        bulk_run(b, (inl_time){(s + 1) * INL_S}, UINT64_MAX);
    }
    share = (double)(bulk_received_all(b) - before) / ((double)before * 3);
    printf("under pulses of 150 ms each second: %.0f%% of the goodput without them  %s\n",
           share * 100, share > 0.3 ? "ok" : "TOO LITTLE");
    bulk_free(b);
    return share > 0.3 ? 0 : 1;
}

int main(int argc, char **argv) {
    bool all = argc == 2 && strcmp(argv[1], "--all") == 0;
    bool some = argc == 3 && strcmp(argv[1], "--every") == 0 && atoi(argv[2]) > 0;
    int every = some ? atoi(argv[2]) : 1;
    int n = 0;
    int wrong = 0;

    if (argc > 1 && !all && !some) {
        fprintf(stderr, "usage: sim-fair [--all | --every N]\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        if (all || (!scenes[i].slow && n++ % every == 0)) {
            wrong += scene_run(&scenes[i]);
        }
    }
    wrong += latencies();
    wrong += pulses();
    return wrong > 0;
}
