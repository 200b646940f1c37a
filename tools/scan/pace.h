/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pace.h - how fast probes leave: by what the path carries
 */
#ifndef TOOLS_SCAN_PACE_H
#define TOOLS_SCAN_PACE_H

#include <inlet/types.h>
#include <stdbool.h>
#include <stdint.h>

#define PACE_EVERY 32  /* one test for so many probes */
#define PACE_WINDOW 32 /* tests, for a decision */
#define PACE_RING 256  /* tests under way, at most */

struct pace {
    inl_dur gap_ns, fastest_ns, slowest_ns; /* between probes */
    bool doubling;                          /* nothing was lost yet */
    bool known;                             /* there is a probe to test with */
    uint64_t probe;
    unsigned since, heard, lost;
    uint32_t epoch; /* tests that left before the last change do not count */
    struct pace_test {
        uint64_t probe;
        int64_t sent; /* 0: settled */
        uint32_t epoch;
    } ring[PACE_RING];
    unsigned oldest, n;
};

/* Begins at @gap_ns, never faster than @fastest_ns. */
void pace_init(struct pace *pace, inl_dur gap_ns, inl_dur fastest_ns);

/* The target itself has answered this probe, and would again. */
void pace_know(struct pace *pace, uint64_t probe);

/* A probe leaves. True: so does *@ret_probe, once more, as a test. */
bool pace_test(struct pace *pace, int64_t now, uint64_t *ret_probe);

/* An answer to a probe that had one. */
void pace_hear(struct pace *pace, uint64_t probe);

/* Tests older than @patience are lost. Then gap_ns may change. */
void pace_settle(struct pace *pace, int64_t now, inl_dur patience);

#endif
