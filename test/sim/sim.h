/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim.h - many connections over a bad network, in virtual time
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "plan.h"

#include <inlet/world.h>

struct sim_config {
    uint64_t seed;
    uint32_t connections;
    uint32_t concurrency; /* at a time */
    bool progress;
    int64_t trace;               /* print the frames of this connection; -1: of none */
    inl_world_frame_fn on_frame; /* or NULL */
    void *on_frame_ctx;
};

struct sim_result {
    uint64_t kinds[PLAN_KINDS];
    uint64_t bytes;     /* received and right */
    uint64_t complete;  /* connections of which every byte came, and both ends */
    uint64_t resets;    /* ends that saw a reset, as planned */
    uint64_t segs, rtx; /* TCP segments sent, of these retransmitted */
    inl_time end;       /* all done, no connection left */
    struct inl_world_stats world;
};

/* Runs all of it; ends the program if anything is not as planned. */
void sim_run(const struct sim_config *config, struct sim_result *ret_result);

#endif
