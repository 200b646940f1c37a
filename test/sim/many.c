/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * many.c - thousands of connections with faults, every byte verified
 *
 *     sim-many [--seed N] [--connections N] [--concurrency N] [--trace NUMBER]
 *
 * A failure prints the line that replays it.
 */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void) {
    fprintf(stderr, "usage: sim-many [--seed N] [--connections N] [--concurrency N] "
                    "[--trace NUMBER]\n");
    return 2;
}

static int parse(int argc, char **argv, struct sim_config *c) {
    for (int i = 1; i < argc; i += 2) {
        char *end = NULL;
        unsigned long long v = i + 1 < argc ? strtoull(argv[i + 1], &end, 0) : 0;

        if (!end || *end || end == argv[i + 1]) {
            return -1;
        }
        if (strcmp(argv[i], "--seed") == 0) {
            c->seed = v;
        } else if (strcmp(argv[i], "--connections") == 0 && v > 0 && v <= 10000000) {
            c->connections = (uint32_t)v;
        } else if (strcmp(argv[i], "--concurrency") == 0 && v > 0 && v <= 100000) {
            c->concurrency = (uint32_t)v;
        } else if (strcmp(argv[i], "--trace") == 0) {
            c->trace = (int64_t)v;
        } else {
            return -1;
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    struct sim_config c = {
        .seed = 1,
        .connections = 10000,
        .concurrency = 200,
        .progress = true,
        .trace = -1,
    };
    struct sim_result r;

    if (parse(argc, argv, &c)) {
        return usage();
    }
    printf("seed %" PRIu64 ", %u connections, %u at a time\n", c.seed, c.connections,
           c.concurrency);
    sim_run(&c, &r);
    for (unsigned kind = 0; kind < PLAN_KINDS; kind++) {
        printf("%s %" PRIu64 ", ", plan_kind_name((enum plan_kind)kind), r.kinds[kind]);
    }
    printf("resets seen %" PRIu64 "\n", r.resets);
    printf("ok: seed %" PRIu64 ": %" PRIu64 " bytes verified, %" PRIu64 " segments (%" PRIu64
           " again), %" PRIu64 " frames (%" PRIu64 " lost, %" PRIu64 " queue, %" PRIu64
           " corrupted, %" PRIu64 " twice, %" PRIu64 " overtook), %" PRId64 " s of virtual time\n",
           c.seed, r.bytes, r.segs, r.rtx, r.world.frames, r.world.lost, r.world.queue_dropped,
           r.world.corrupted, r.world.duplicated, r.world.reordered, r.end.ns / INL_S);
    return 0;
}
