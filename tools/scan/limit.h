/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit.h - machines that send few ICMP errors, and how slowly they have to be asked
 */
#ifndef TOOLS_SCAN_LIMIT_H
#define TOOLS_SCAN_LIMIT_H

#include <inlet/types.h>
#include <stdbool.h>
#include <stdint.h>

struct limit {
    bool known;     /* there is a port that ICMP has told of */
    uint64_t probe; /* it */
    unsigned pass;
    /* this pass */
    int64_t began;
    uint64_t asked, heard, tests, tests_heard;
};

/* A pass begins; the first one is number 0. */
void limit_begin(struct limit *limit, unsigned pass, int64_t now);

/* A UDP probe leaves; _last: none follows. True: so does *@ret_probe, once more, as a test. */
bool limit_test(struct limit *limit, uint64_t *ret_probe);
bool limit_test_last(struct limit *limit, uint64_t *ret_probe);

/* ICMP has told of this port; @again: as it had before. */
void limit_hear(struct limit *limit, uint64_t probe, bool again);

/* The pass is over. True: it met a limit, and what it did not hear of has to be asked again, at the gap that
 * is now *@gap_ns. */
bool limit_met(const struct limit *limit, int64_t now, uint32_t targets_n, inl_dur *gap_ns);

#endif
