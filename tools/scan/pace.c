/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pace.c - how fast probes leave: by what the path carries
 *
 * Silence of a port says nothing of the path: it may be filtered. So with every 32nd probe one that has
 * been answered leaves once more, as a test. A test without an answer was lost, it or its answer. Of 32 tests
 * at one pace, one lost at most lets the pace double, until the first loss, and then grow by an eighth; four
 * lost (a path that loses 1% each way loses as much once in 300 times) halve it. Between the first pace and
 * an eighth of it, or the ceiling, it may be anything. Where nobody answers, it stays as it was.
 *
 * After a change only tests count that left later, so the pace changes once a round trip at most, and no
 * queue on the way is doubled into before it has told. Who answers our tests may be the target's friend or
 * foe: it can slow us to the floor, and drive us to the ceiling, no further.
 */
#include "tools/scan/pace.h"

#define FLOOR 8
#define LOST_FEW 1
#define LOST_MANY 4
#define GROW 8

void pace_init(struct pace *pace, inl_dur gap_ns, inl_dur fastest_ns) {
    *pace = (struct pace){.gap_ns = gap_ns,
                          .fastest_ns = fastest_ns < gap_ns ? fastest_ns : gap_ns,
                          .slowest_ns = FLOOR * gap_ns,
                          .doubling = true};
}

void pace_know(struct pace *pace, uint64_t probe) {
    pace->known = true;
    pace->probe = probe;
}

static void change(struct pace *pace, inl_dur gap_ns) {
    gap_ns = gap_ns < pace->fastest_ns ? pace->fastest_ns : gap_ns;
    pace->gap_ns = gap_ns > pace->slowest_ns ? pace->slowest_ns : gap_ns;
    pace->heard = pace->lost = 0;
    pace->epoch++;
}

static void decide(struct pace *pace) {
    if (pace->lost >= LOST_MANY) {
        pace->doubling = false;
        change(pace, 2 * pace->gap_ns);
    } else if (pace->heard + pace->lost >= PACE_WINDOW) {
        if (pace->lost > LOST_FEW) {
            change(pace, pace->gap_ns);
        } else {
            change(pace, pace->doubling ? pace->gap_ns / 2 : pace->gap_ns - pace->gap_ns / GROW);
        }
    }
}

static void settle(struct pace *pace, struct pace_test *test, bool heard) {
    test->sent = 0;
    if (test->epoch == pace->epoch) {
        pace->heard += heard;
        pace->lost += !heard;
    }
}

static void forget_settled(struct pace *pace) {
    while (pace->n > 0 && pace->ring[pace->oldest].sent == 0) {
        pace->oldest = (pace->oldest + 1) % PACE_RING;
        pace->n--;
    }
}

bool pace_test(struct pace *pace, int64_t now, uint64_t *ret_probe) {
    if (++pace->since < PACE_EVERY || !pace->known || pace->n == PACE_RING) {
        return false;
    }
    pace->since = 0;
    pace->ring[(pace->oldest + pace->n++) % PACE_RING] =
        (struct pace_test){.probe = pace->probe, .sent = now, .epoch = pace->epoch};
    *ret_probe = pace->probe;
    return true;
}

void pace_hear(struct pace *pace, uint64_t probe) {
    for (unsigned i = 0; i < pace->n; i++) {
        struct pace_test *test = &pace->ring[(pace->oldest + i) % PACE_RING];

        if (test->sent != 0 && test->probe == probe) {
            settle(pace, test, true);
            break;
        }
    }
    forget_settled(pace);
    decide(pace);
}

void pace_settle(struct pace *pace, int64_t now, inl_dur patience) {
    while (pace->n > 0 && now - pace->ring[pace->oldest].sent > patience) {
        settle(pace, &pace->ring[pace->oldest], false);
        forget_settled(pace);
    }
    decide(pace);
}
