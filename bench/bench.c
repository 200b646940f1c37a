/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.c - runs the measurements of one stack and prints them as one JSON object
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct amounts {
    uint64_t bulk_bytes;
    unsigned trips;
    unsigned connections;
    unsigned idle;
};

static const struct amounts full_amounts = {UINT64_C(2) << 30, 200000, 5000, 5000};
static const struct amounts quick_amounts = {UINT64_C(16) << 20, 2000, 200, 200};

uint64_t bench_now_ns(void) {
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

void bench_die(const char *what) {
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static double seconds_since(uint64_t start_ns) {
    return (double)(bench_now_ns() - start_ns) / 1e9;
}

int bench_main(const struct subject *subject, int argc, char **argv) {
    const struct amounts *amounts = &full_amounts;
    double bulk_s, trips_s, connections_s, idle_bytes;
    uint64_t start, segments;

    if (argc == 2 && strcmp(argv[1], "--quick") == 0) {
        amounts = &quick_amounts;
    } else if (argc != 1) {
        fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
        return 2;
    }
    subject->setup();
    idle_bytes = subject->idle(amounts->idle);
    subject->bulk(amounts->bulk_bytes / 16); /* warm up */
    start = bench_now_ns();
    segments = subject->bulk(amounts->bulk_bytes);
    bulk_s = seconds_since(start);
    start = bench_now_ns();
    subject->pingpong(amounts->trips);
    trips_s = seconds_since(start);
    start = bench_now_ns();
    subject->connections(amounts->connections);
    connections_s = seconds_since(start);
    if (segments == 0) {
        bench_die("no full segment was seen");
    }
    printf("{\"stack\": \"%s\", \"version\": \"%s\", \"mtu_bytes\": %d, "
           "\"goodput_gbps\": %.3f, \"ns_per_segment\": %.1f, \"round_trips_per_s\": %.0f, "
           "\"connections_per_s\": %.0f, \"bytes_per_idle_connection\": %.0f}\n",
           subject->name, subject->version, BENCH_MTU_BYTES,
           (double)amounts->bulk_bytes * 8 / bulk_s / 1e9, bulk_s * 1e9 / (double)segments,
           (double)amounts->trips / trips_s, (double)amounts->connections / connections_s,
           idle_bytes);
    return 0;
}
