/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.h - in which order, how fast, and how often a job's probes are sent
 */
#ifndef TOOLS_SCAN_SWEEP_H
#define TOOLS_SCAN_SWEEP_H

#include "tools/scan/job.h"
#include "tools/scan/permute.h"

struct timing {
    inl_dur gap_ns;     /* between probes, of all hosts together */
    inl_dur fastest_ns; /* what this may become, while nothing is lost */
    inl_dur timeout_ns; /* for how long an answer is waited for, at most */
    unsigned parallel;  /* connect(): at once, at most */
    unsigned retries;   /* further passes, at most */
};

struct sweep {
    struct job *job;
    struct timing timing;
    struct permute order;
    uint64_t seed;
    /* Where we are: a file can hold it, and another run can go on from it. */
    unsigned pass;
    uint64_t at;
    uint64_t answered_before; /* this pass */
    uint64_t sent;
    bool unsure;  /* this pass has met a limit: who was silent may not have been asked */
    int64_t next; /* when the next probe is due */
    int64_t began, told;
    const char *what; /* for progress; NULL: be quiet */
    bool done;
};

void sweep_init(struct sweep *sweep, struct job *job, const struct timing *timing, uint64_t seed);

/* Goes on at a place of a pass, where an earlier run was stopped. */
void sweep_go_on(struct sweep *sweep, unsigned pass, uint64_t at);

/* The next probe of this pass without an answer. False: the pass is over. */
bool sweep_next(struct sweep *sweep, uint64_t *ret_probe);

/* Is another pass worth it? Then it begins. */
bool sweep_again(struct sweep *sweep);

/* How many probes may leave now. */
unsigned sweep_due(struct sweep *sweep, int64_t now, unsigned max);

/* A line on stderr now and then: share, answers, time left. @now_please: SIGQUIT asked. */
void sweep_tell(struct sweep *sweep, int64_t now, bool now_please);
/* Takes the line away. */
void sweep_quiet(struct sweep *sweep);

#endif
