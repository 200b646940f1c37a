/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link_test.c - each impairment alone and exactly, then together
 *
 * Frames go in at one external port and come out at another, so only the segment is tested.
 * Times are exact to the ns. Shares are checked within four standard deviations; the
 * numbers are the same in each run, because the seed is.
 */
#include "wires.h"

#define MANY 20000

static struct arrived got[2 * MANY];

/* Is k of n within four standard deviations of a share of ppm? Squared, to stay in integers. */
static bool share_is(uint64_t k, uint64_t n, uint64_t ppm) {
    int64_t off = (int64_t)(k * 1000000) - (int64_t)(n * ppm);
    double var = (double)n * (double)ppm * (double)(1000000 - ppm);

    return (double)off * (double)off <= 16.0 * var;
}

/* Sends `n` frames of 100 bytes with a pause between, and runs until they are through. */
static size_t stream(struct wires *x, uint32_t n, inl_dur pause_ns) {
    inl_time now = {0};

    for (uint32_t i = 0; i < n; i++) {
        wires_send(x, i, 100, now);
        now = inl_time_add(now, pause_ns);
    }
    return wires_collect(x, inl_time_add(now, 100 * INL_S), got, sizeof(got) / sizeof(got[0]));
}

static void perfect(void **state) {
    struct wires x;

    (void)state;
    wires_init(&x, NULL);
    assert_true(inl_time_is_never(inl_world_next_deadline(x.world)));
    wires_send(&x, 7, 60, US(3));
    assert_int_equal(wires_collect(&x, MS(1), got, 1), 1);
    assert_int_equal(got[0].number, 7);
    assert_int_equal(got[0].at.ns, US(3).ns);
    assert_int_equal(got[0].len_bytes, 60);
    assert_int_equal(got[0].flipped_bits, 0);
    wires_done(&x);
}

static void black_hole(void **state) {
    const struct inl_impair impair = {.black_hole_bytes = 500};
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    wires_send(&x, 1, 500, US(1));
    wires_send(&x, 2, 501, US(2));
    wires_send(&x, 3, 60, US(3));
    assert_int_equal(wires_collect(&x, MS(1), got, 10), 2);
    assert_int_equal(got[0].number, 1);
    assert_int_equal(got[1].number, 3);
    wires_done(&x);
}

/* Sends a packet with this ECN field behind others that wait; returns the field that comes out. */
static unsigned field_behind(bool v6, unsigned field, int waiting) {
    const struct inl_impair impair = {.rate_bps = 1000000, .ecn_mark_bytes = 1000};
    uint8_t frame[200] = {[12] = v6 ? 0x86 : 0x08, [13] = v6 ? 0xdd : 0x00};
    uint8_t *ip = frame + 14;
    struct inl_world_stats stats;
    uint8_t out[200] = {0};
    struct wires x;
    unsigned after;

    ip[0] = v6 ? 0x60 | (uint8_t)(field >> 4) : 0x45;
    ip[1] = (uint8_t)(v6 ? field << 4 : field);
    wires_init(&x, &impair);
    for (int i = 0; i < waiting; i++) {
        wires_send(&x, (uint32_t)i, 500, US(1));
    }
    inl_world_port_rx(x.world, x.in, frame, sizeof(frame), US(1));
    inl_world_advance(x.world, MS(100));
    while (inl_world_port_tx(x.world, x.out, out, sizeof(out), MS(100)) != sizeof(out)) {
    }
    after = v6 ? (out[14] & 15u) << 4 | out[15] >> 4 : out[15];
    if (!v6) {
        unsigned sum = (unsigned)(out[14] << 8 | out[15]) + (unsigned)(out[24] << 8 | out[25]);

        /* the words and the checksum still add up to what they did before */
        assert_int_equal((sum + (sum >> 16)) & 0xffff, 0x4500 | field);
    }
    inl_world_stats_get(x.world, &stats);
    assert_int_equal(stats.marked, after != field);
    wires_done(&x);
    return after;
}

static void marks(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        assert_int_equal(field_behind(v6, 0xb8 | 2, 1), 0xb8 | 2);
        assert_int_equal(field_behind(v6, 0xb8 | 2, 4), 0xb8 | 3);
        assert_int_equal(field_behind(v6, 1, 4), 3);
        assert_int_equal(field_behind(v6, 0, 4), 0);
        assert_int_equal(field_behind(v6, 3, 4), 3);
    }
}

static void delay(void **state) {
    const struct inl_impair impair = {.delay_ns = 20 * INL_MS + 1};
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    for (uint32_t i = 0; i < 10; i++) {
        wires_send(&x, i, 1514, US(i));
    }
    assert_int_equal(wires_collect(&x, MS(100), got, 10), 10);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(got[i].number, i);
        assert_int_equal(got[i].at.ns, US(i).ns + impair.delay_ns);
    }
    wires_done(&x);
}

static void rate(void **state) {
    const struct inl_impair impair = {.rate_bps = 7000000};
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    for (uint32_t i = 0; i < 7; i++) {
        wires_send(&x, i, 1000, MS(5));
    }
    assert_int_equal(wires_collect(&x, MS(100), got, 7), 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(got[i].at.ns, MS(5).ns + (i + 1) * 8000 * INL_S / 7000000);
    }
    assert_int_equal(got[6].at.ns, MS(5 + 8).ns); /* the thirds of a ns have not got lost */
    wires_send(&x, 7, 1000, MS(50));              /* after a rest it begins anew */
    assert_int_equal(wires_collect(&x, MS(100), got, 1), 1);
    assert_int_equal(got[0].at.ns, MS(50).ns + 8000 * INL_S / 7000000);
    wires_done(&x);
}

static void queue(void **state) {
    const struct inl_impair impair = {.rate_bps = 8000000, .queue_bytes = 3000}; /* 1 ms a kB */
    struct inl_world_stats stats;
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    for (uint32_t i = 0; i < 5; i++) {
        wires_send(&x, i, 1000, MS(0)); /* three fit */
    }
    wires_send(&x, 5, 1000, (inl_time){INL_MS - 1}); /* 1 ns too early */
    wires_send(&x, 6, 1000, MS(1));
    wires_send(&x, 7, 14, MS(1)); /* full again, even for a small one */
    assert_int_equal(wires_collect(&x, MS(100), got, 8), 4);
    assert_int_equal(got[2].number, 2);
    assert_int_equal(got[3].number, 6);
    assert_int_equal(got[3].at.ns, MS(4).ns);
    inl_world_stats_get(x.world, &stats);
    assert_int_equal(stats.frames, 8);
    assert_int_equal(stats.queue_dropped, 4);
    assert_int_equal(stats.delivered, 4);
    assert_int_equal(x.told, 8);
    assert_int_equal(x.told_queue, 4);
    wires_done(&x);
}

/* One that is larger than the whole queue passes when nothing waits: the link is not shut. */
static void queue_smaller_than_frame(void **state) {
    const struct inl_impair impair = {.rate_bps = 8000000, .queue_bytes = 100};
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    wires_send(&x, 0, 1000, MS(0));
    wires_send(&x, 1, 1000, US(999));
    wires_send(&x, 2, 1000, MS(1));
    assert_int_equal(wires_collect(&x, MS(100), got, 3), 2);
    assert_int_equal(got[1].number, 2);
    wires_done(&x);
}

static void jitter_keeps_order(void **state) {
    const struct inl_impair impair = {.delay_ns = INL_MS, .jitter_ns = 5 * INL_MS};
    uint64_t late = 0;
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    assert_int_equal(stream(&x, MANY, 100 * INL_US), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        inl_dur took = inl_time_sub(got[i].at, US(100 * (int64_t)i));

        assert_int_equal(got[i].number, i);
        assert_true(took >= impair.delay_ns && took <= impair.delay_ns + impair.jitter_ns);
        late += took > impair.delay_ns + impair.jitter_ns / 2;
    }
    assert_true(late > MANY / 2); /* they wait for those before them */
    wires_done(&x);
}

/* Frames far apart see the draw itself: uniform over the whole range. */
static void jitter_is_uniform(void **state) {
    const struct inl_impair impair = {.jitter_ns = 4 * INL_MS};
    uint64_t bins[4] = {0};
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    assert_int_equal(stream(&x, MANY, 10 * INL_MS), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        inl_dur took = inl_time_sub(got[i].at, MS(10 * (int64_t)i));

        bins[took >= impair.jitter_ns ? 3 : took / INL_MS]++;
    }
    for (int b = 0; b < 4; b++) {
        assert_true(share_is(bins[b], MANY, 250000));
    }
    wires_done(&x);
}

static void loss(void **state) {
    const struct inl_impair impair = {.loss_ppm = 30000};
    struct inl_world_stats stats;
    struct wires x;
    size_t n;

    (void)state;
    wires_init(&x, &impair);
    n = stream(&x, MANY, INL_US);
    inl_world_stats_get(x.world, &stats);
    assert_int_equal(stats.lost, MANY - n);
    assert_int_equal(x.told_lost, stats.lost);
    assert_true(share_is(stats.lost, MANY, 30000));
    for (size_t i = 1; i < n; i++) {
        assert_true(got[i].number > got[i - 1].number);
    }
    wires_done(&x);
}

static void loss_of_all_and_none(void **state) {
    struct inl_impair impair = {.loss_ppm = 1000000};
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    assert_int_equal(stream(&x, 1000, INL_US), 0);
    impair.loss_ppm = 0;
    assert_int_equal(inl_world_impair(x.world, x.in, &impair), 0);
    wires_send(&x, 1, 100, MS(900000));
    assert_int_equal(wires_collect(&x, MS(900000), got, 1), 1);
    wires_done(&x);
}

static void duplicates(void **state) {
    const struct inl_impair impair = {.dup_ppm = 100000, .delay_ns = INL_MS};
    uint64_t twice = 0;
    struct wires x;
    size_t n;

    (void)state;
    wires_init(&x, &impair);
    n = stream(&x, MANY, INL_US);
    for (size_t i = 1; i < n; i++) {
        if (got[i].number == got[i - 1].number) {
            assert_int_equal(got[i].at.ns, got[i - 1].at.ns);
            assert_int_equal(got[i].flipped_bits, 0);
            twice++;
        } else {
            assert_int_equal(got[i].number, got[i - 1].number + 1);
        }
    }
    assert_int_equal(twice, n - MANY);
    assert_true(share_is(twice, MANY, 100000));
    wires_done(&x);
}

/* The share is kept, and the runs are as long as asked for. */
static void losses_in_runs(void **state) {
    const struct inl_impair impair = {.loss_ppm = 50000, .loss_burst = 5};
    struct wires x;
    uint64_t runs = 0;
    uint64_t lost;
    size_t n;

    (void)state;
    wires_init(&x, &impair);
    n = stream(&x, MANY, INL_MS);
    lost = MANY - n;
    for (size_t i = 1; i < n; i++) {
        runs += got[i].number > got[i - 1].number + 1;
    }
    assert_in_range(lost, MANY * 35 / 1000, MANY * 65 / 1000);
    assert_in_range(lost / runs, 4, 6);
    wires_done(&x);
}

/* With reorder_ns a frame comes earlier by that much and no more. */
static void reorder_by_a_little(void **state) {
    const struct inl_impair impair = {
        .reorder_ppm = 50000, .delay_ns = 10 * INL_MS, .reorder_ns = 3 * INL_MS};
    uint64_t early = 0;
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    assert_int_equal(stream(&x, MANY, INL_MS), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        inl_dur took = got[i].at.ns - MS((int64_t)got[i].number).ns;

        assert_true(took == 10 * INL_MS || took == 7 * INL_MS);
        early += took == 7 * INL_MS;
    }
    assert_true(share_is(early, MANY, 50000));
    wires_done(&x);
}

/* A load of 120% for two seconds: tail drop lets the queue stand, CoDel does not. */
static void codel_keeps_the_queue_short(void **state) {
    const size_t len = 1250; /* 1 ms at 10 Mbit/s; one each 5/6 ms */
    struct inl_impair impair = {.rate_bps = 10000000, .queue_bytes = 1 << 20};
    inl_dur wait[2] = {0, 0};
    uint64_t drops[2];

    (void)state;
    for (int codel = 0; codel < 2; codel++) {
        struct wires x;
        size_t n;

        impair.codel = codel == 1;
        wires_init(&x, &impair);
        for (uint32_t i = 0; i < 9600; i++) {
            wires_send(&x, i, len, (inl_time){(int64_t)i * 5 * INL_MS / 6});
        }
        n = wires_collect(&x, MS(20000), got, MANY);
        drops[codel] = x.told_queue;
        assert_int_equal(n + drops[codel], 9600);
        wait[codel] = got[n - 1].at.ns - (int64_t)got[n - 1].number * 5 * INL_MS / 6;
        wires_done(&x);
    }
    assert_true(wait[0] > 500 * INL_MS);
    assert_true(wait[1] < 60 * INL_MS);
    assert_in_range(drops[1], 1300, 1700); /* a sixth of the load is too much */
}

static void reorder_overtakes(void **state) {
    const struct inl_impair impair = {.reorder_ppm = 50000, .delay_ns = 10 * INL_MS};
    uint32_t last_in_order = 0;
    uint64_t early = 0;
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    assert_int_equal(stream(&x, MANY, INL_MS), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        inl_time sent = MS((int64_t)got[i].number);

        if (got[i].at.ns == sent.ns) {
            /* ten frames were on their way, some of them as fast as this one */
            assert_true(got[i].number < 10 || got[i].number > last_in_order);
            early++;
            continue;
        }
        assert_int_equal(got[i].at.ns, sent.ns + impair.delay_ns);
        assert_true(i == 0 || got[i].number > last_in_order || last_in_order == 0);
        last_in_order = got[i].number;
    }
    assert_true(share_is(early, MANY, 50000));
    wires_done(&x);
}

static void corrupts_one_bit(void **state) {
    const struct inl_impair impair = {.corrupt_ppm = 1000000};
    uint64_t in_bit[8] = {0};
    uint64_t first_half = 0;
    uint64_t known = 0;
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    /* A flip of the group bit in the destination floods, as on a real switch: it comes out, too. */
    assert_int_equal(stream(&x, MANY, INL_US), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        if (got[i].number != i) {
            continue; /* the bit was in the number: the rest of the pattern tells nothing */
        }
        assert_int_equal(got[i].flipped_bits, 1);
        in_bit[got[i].flipped_at % 8]++;
        first_half += got[i].flipped_at < 50 * 8;
        known++;
    }
    assert_true(share_is(MANY - known, MANY, 40000)); /* 4 bytes of 100 are the number */
    assert_true(share_is(first_half, known, 1000000 * 46 / 96));
    for (int b = 0; b < 8; b++) {
        assert_true(share_is(in_bit[b], known, 125000));
    }
    wires_done(&x);
}

static size_t numbers_lost(const struct inl_impair *impair, bool lost[MANY]) {
    struct wires x;
    size_t n;

    wires_init(&x, impair);
    n = stream(&x, MANY, INL_US);
    memset(lost, true, MANY);
    for (size_t i = 0; i < n; i++) {
        lost[got[i].number] = false;
    }
    wires_done(&x);
    return n;
}

/* What one impairment hits does not depend on whether another is on. */
static void draws_are_independent(void **state) {
    static bool lost_alone[MANY], lost_together[MANY];
    const struct inl_impair alone = {.loss_ppm = 50000};
    const struct inl_impair together = {.loss_ppm = 50000,
                                        .dup_ppm = 20000,
                                        .reorder_ppm = 30000,
                                        .delay_ns = INL_MS,
                                        .jitter_ns = INL_MS,
                                        .rate_bps = 10000000000};

    (void)state;
    assert_true(numbers_lost(&alone, lost_alone) < numbers_lost(&together, lost_together));
    assert_memory_equal(lost_alone, lost_together, sizeof(lost_alone));
}

static void counters_add_up(void **state) {
    const struct inl_impair impair = {.loss_ppm = 50000,
                                      .dup_ppm = 20000,
                                      .reorder_ppm = 30000,
                                      .corrupt_ppm = 10000,
                                      .delay_ns = INL_MS,
                                      .jitter_ns = INL_MS,
                                      .rate_bps = 600000000,
                                      .queue_bytes = 2000};
    struct inl_world_stats s;
    struct wires x;
    size_t n;

    (void)state;
    wires_init(&x, &impair);
    n = stream(&x, MANY, INL_US); /* 800 Mbit/s */
    inl_world_stats_get(x.world, &s);
    assert_int_equal(s.frames, MANY);
    assert_int_equal(s.bytes, 100 * MANY);
    assert_true(s.lost > 0 && s.queue_dropped > 0 && s.corrupted > 0 && s.reordered > 0);
    assert_int_equal(s.delivered, s.frames - s.lost - s.queue_dropped + s.duplicated);
    assert_int_equal(n, s.delivered);
    wires_done(&x);
}

static void refuses_nonsense(void **state) {
    const struct inl_impair bad[] = {
        {.delay_ns = -1},
        {.jitter_ns = -1},
        {.loss_ppm = 1000001},
        {.dup_ppm = 1000001},
        {.reorder_ppm = 1000001, .delay_ns = 1},
        {.reorder_ppm = 1}, /* there is nothing to overtake */
        {.corrupt_ppm = 1000001},
        {.loss_burst = 1001},
        {.reorder_ns = -1},
        {.queue_bytes = UINT32_MAX},
        {.rate_bps = UINT64_MAX},
    };
    struct wires x;

    (void)state;
    wires_init(&x, NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(inl_world_impair(x.world, x.in, &bad[i]), -EINVAL);
        assert_int_equal(inl_world_attach_external(x.world, x.segment, &bad[i]), -EINVAL);
    }
    assert_int_equal(inl_world_impair(x.world, 99, &(struct inl_impair){0}), -EINVAL);
    assert_int_equal(inl_world_impair(x.world, -1, &(struct inl_impair){0}), -EINVAL);
    assert_int_equal(inl_world_attach_external(x.world, 1, NULL), -EINVAL);
    assert_int_equal(inl_world_segment_add(x.world, "small", 67), -EINVAL);
    wires_done(&x);
}

/* A slow link with a deep queue counts in years without overflow. */
static void very_slow(void **state) {
    const struct inl_impair impair = {.rate_bps = 1, .queue_bytes = 1 << 30};
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    wires_send(&x, 0, 1514, MS(0));
    wires_send(&x, 1, 1514, MS(0));
    assert_int_equal(wires_collect(&x, (inl_time){INL_S * 3 * 8 * 1514}, got, 2), 2);
    assert_int_equal(got[1].at.ns, INL_S * 2 * 8 * 1514);
    wires_done(&x);
}

static void odd_frames_from_outside(void **state) {
    uint8_t buf[1600] = {0};
    struct wires x;

    (void)state;
    wires_init(&x, NULL);
    inl_world_port_rx(x.world, x.in, buf, 13, MS(0));
    inl_world_port_rx(x.world, x.in, buf, 1515, MS(0));
    inl_world_port_rx(x.world, 77, buf, 100, MS(0));
    assert_int_equal(x.told, 0);
    wires_send(&x, 1, 1514, MS(0));
    inl_world_advance(x.world, MS(0));
    assert_int_equal(inl_world_port_tx(x.world, x.out, buf, 1513, MS(0)), -EMSGSIZE);
    assert_int_equal(inl_world_port_tx(x.world, x.out, buf, 1600, MS(0)), 0);
    wires_done(&x);
}

/* Frames on the way and in an external queue are given back when the world ends. */
static void ends_with_frames_on_the_way(void **state) {
    const struct inl_impair impair = {.delay_ns = INL_S};
    struct wires x;

    (void)state;
    wires_init(&x, &impair);
    for (uint32_t i = 0; i < 10; i++) {
        wires_send(&x, i, 100, MS(100 * (int64_t)i));
    }
    inl_world_advance(x.world, MS(1500));
    wires_done(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perfect),
        cmocka_unit_test(black_hole),
        cmocka_unit_test(marks),
        cmocka_unit_test(delay),
        cmocka_unit_test(rate),
        cmocka_unit_test(queue),
        cmocka_unit_test(queue_smaller_than_frame),
        cmocka_unit_test(jitter_keeps_order),
        cmocka_unit_test(jitter_is_uniform),
        cmocka_unit_test(loss),
        cmocka_unit_test(loss_of_all_and_none),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(losses_in_runs),
        cmocka_unit_test(reorder_overtakes),
        cmocka_unit_test(reorder_by_a_little),
        cmocka_unit_test(codel_keeps_the_queue_short),
        cmocka_unit_test(corrupts_one_bit),
        cmocka_unit_test(draws_are_independent),
        cmocka_unit_test(counters_add_up),
        cmocka_unit_test(refuses_nonsense),
        cmocka_unit_test(very_slow),
        cmocka_unit_test(odd_frames_from_outside),
        cmocka_unit_test(ends_with_frames_on_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
