/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit.c - machines that send few ICMP errors, and how slowly they have to be asked
 *
 * That a UDP port is closed is told by an ICMP error, and of these many machines send few (RFC 1812 4.3.2.8,
 * RFC 4443 2.4 f; Linux: one a second to each destination, after six). Asked too fast, closed ports are as
 * silent as open ones. The first pass goes at full speed, since ports that answer by themselves know no
 * limit. From the second one on, with each eighth probe, and after the last, a port leaves once more that
 * ICMP had told of: if that is silent now, so may others be, and the pass has not said anything of them.
 *
 * How fast the machine does tell, the pass has shown: as many answers as came in its time. At that pace, at
 * half the last one at most, the next pass goes, down to less than one probe a second and host, which all
 * that we know of can bear.
 */
#include "tools/scan/limit.h"

#define EVERY 8
#define SLOWEST_NS INT64_C(1100000000)

void limit_begin(struct limit *limit, unsigned pass, int64_t now) {
    limit->pass = pass;
    limit->began = now;
    limit->asked = limit->heard = limit->tests = limit->tests_heard = 0;
}

bool limit_test_last(struct limit *limit, uint64_t *ret_probe) {
    if (!limit->known || limit->pass == 0 || limit->asked == 0) {
        return false;
    }
    limit->tests++;
    *ret_probe = limit->probe;
    return true;
}

bool limit_test(struct limit *limit, uint64_t *ret_probe) {
    return ++limit->asked % EVERY == 0 && limit_test_last(limit, ret_probe);
}

void limit_hear(struct limit *limit, uint64_t probe, bool again) {
    if (again) {
        limit->tests_heard += limit->tests_heard < limit->tests;
    } else {
        limit->heard++;
        limit->known = true;
        limit->probe = probe;
    }
}

bool limit_met(const struct limit *limit, int64_t now, uint32_t targets_n, inl_dur *gap_ns) {
    inl_dur slowest = SLOWEST_NS / targets_n, gap = slowest;
    uint64_t all = limit->heard + limit->tests_heard;
    bool few = limit->pass == 0 && limit->heard < limit->asked / 2;

    if (!limit->known || *gap_ns >= slowest || (!few && limit->tests_heard == limit->tests)) {
        return false;
    }
    if (all > 0) {
        gap = (now - limit->began) / (int64_t)all;
        gap = gap < 2 * *gap_ns ? 2 * *gap_ns : gap;
    }
    *gap_ns = gap < slowest ? gap : slowest;
    return true;
}
