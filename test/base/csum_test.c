/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum_test.c - the Internet checksum against its slow definition
 */
#include "base_test.h"

#include "base/csum.h"
#include "base/csum_blocks.h"

static void rfc1071_example(void **state) {
    const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

    (void)state;
    assert_int_equal(csum_fold(csum_add(0, data, sizeof(data))), 0x220d);
    assert_int_equal(csum_ref(data, sizeof(data), 0), 0x220d);
    assert_int_equal(csum_fold(csum_add16(csum_add32(csum_add16(0, 1), 0xf203f4f5), 0xf6f7)),
                     0x220d);
    /* an odd last byte is the high half of a word */
    assert_int_equal(csum_fold(csum_add(0, data, 3)), (uint16_t)~0xf201);
    assert_int_equal(csum_fold(0), 0xffff);
}

/* Every length 0..600 at every alignment 0..8 of source and target, random and extreme bytes */
static void all_lengths_and_alignments(void **state) {
    struct rng g = test_rng(1);

    (void)state;
    for (size_t len = 0; len <= 600; len++) {
        for (size_t align = 0; align <= 8; align++) {
            uint8_t *src = malloc(align + len);
            uint8_t *dst = malloc(8 - align + len);
            uint16_t want;

            rng_bytes(&g, src, align + len);
            if (len % 3 == 1) {
                memset(src, 0xff, align + len);
            }
            want = csum_ref(src + align, len, 0);
            assert_int_equal(csum_fold(csum_add(0, src + align, len)), want);
            assert_int_equal(csum_fold(csum_copy(dst + 8 - align, src + align, len, 0)), want);
            assert_memory_equal(dst + 8 - align, src + align, len);
            free(src);
            free(dst);
        }
    }
}

/* The inner loop that this machine takes and the one for any machine: blocks of every kind, any
 * alignment, and sums that reach the top */
static void blocks_by_both_loops(void **state) {
    struct rng g = test_rng(5);

    (void)state;
    for (size_t n = 0; n <= 40; n++) {
        for (size_t align = 0; align <= 33; align += 3) {
            size_t len = n * CSUM_BLOCK_BYTES;
            uint8_t *src = malloc(align + len);
            uint8_t *dst = malloc(40 + len);
            uint16_t want;

            rng_bytes(&g, src, align + len);
            if (n % 4 == 3) {
                memset(src, 0xff, align + len);
            }
            want = csum_ref(src + align, len, 0);
            assert_int_equal(csum_fold(csum_blocks(src + align, n)), want);
            assert_int_equal(csum_fold(csum_lanes_loop(false, NULL, src + align, n)), want);
            assert_int_equal(csum_fold(csum_blocks_copy(dst + 40 - align, src + align, n)), want);
            assert_memory_equal(dst + 40 - align, src + align, len);
            memset(dst, 0, 40 + len);
            assert_int_equal(csum_fold(csum_lanes_loop(true, dst + 40 - align, src + align, n)),
                             want);
            assert_memory_equal(dst + 40 - align, src + align, len);
            free(src);
            free(dst);
        }
    }
}

/* A message cut anywhere, even at odd places, sums to the same */
static void pieces_join(void **state) {
    struct rng g = test_rng(2);
    uint8_t data[200];

    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t len = rng_below(&g, sizeof(data) + 1);
        size_t at = 0;
        uint64_t acc = 0;

        rng_bytes(&g, data, sizeof(data));
        while (at < len) {
            size_t n = 1 + rng_below(&g, len - at);

            acc = csum_join(acc, csum_add(0, data + at, n), at % 2);
            at += n;
        }
        assert_int_equal(csum_fold(acc), csum_ref(data, len, 0));
    }
}

static void long_sums_do_not_overflow(void **state) {
    size_t len = 1 << 20;
    uint8_t *data = malloc(len);
    uint64_t acc = 0;

    (void)state;
    memset(data, 0xff, len);
    for (int i = 0; i < 64; i++) {
        acc = csum_add(acc, data, len);
    }
    assert_int_equal(csum_fold(acc), 0);
    assert_true(csum_ok(acc));
    data[len / 2] = 0xfe;
    acc = csum_add(acc, data, len);
    assert_int_equal(csum_fold(acc), 0x0100);
    /* an accumulator may be anything */
    assert_int_equal(csum_fold(UINT64_MAX), 0);
    assert_int_equal(csum_fold(UINT64_C(0xffff0000ffff0000)), 0);
    free(data);
}

static void ok_sees_every_flipped_bit(void **state) {
    struct rng g = test_rng(3);
    uint8_t data[40];

    (void)state;
    for (int round = 0; round < 500; round++) {
        uint16_t sum;

        rng_bytes(&g, data, sizeof(data));
        data[10] = data[11] = 0;
        sum = csum_fold(csum_add(0, data, sizeof(data)));
        data[10] = (uint8_t)(sum >> 8);
        data[11] = (uint8_t)sum;
        assert_true(csum_ok(csum_add(0, data, sizeof(data))));
        data[rng_below(&g, sizeof(data))] ^= (uint8_t)(1u << rng_below(&g, 8));
        assert_false(csum_ok(csum_add(0, data, sizeof(data))));
    }
}

/* RFC 1624: the old equation gave 0xffff where 0x0000 is right */
static void replace_corner(void **state) {
    (void)state;
    assert_int_equal(csum_replace16(0xdd2f, 0x5555, 0x3285), 0x0000);
    assert_int_equal(csum_replace16(0x0000, 0x3285, 0x5555), 0xdd2f);
    assert_int_equal(csum_replace16(0x1234, 0x4242, 0x4242), 0x1234);
}

static void replace_equals_recompute(void **state) {
    struct rng g = test_rng(4);
    uint8_t data[20];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint16_t sum, old, new_;
        uint32_t old32, new32;

        rng_bytes(&g, data, sizeof(data));
        data[0] = 0x45; /* never all zero, as no header is */
        if (rng_chance(&g, 300000)) {
            memset(data + 4, rng_chance(&g, 500000) ? 0xff : 0, 8);
        }
        sum = csum_ref(data, sizeof(data), 0);
        old = (uint16_t)(data[4] << 8 | data[5]);
        new_ = rng_chance(&g, 200000) ? (uint16_t)(0 - rng_below(&g, 2)) : (uint16_t)rng_u32(&g);
        data[4] = (uint8_t)(new_ >> 8);
        data[5] = (uint8_t)new_;
        sum = csum_replace16(sum, old, new_);
        assert_int_equal(sum, csum_ref(data, sizeof(data), 0));

        old32 =
            (uint32_t)data[8] << 24 | (uint32_t)data[9] << 16 | (uint32_t)data[10] << 8 | data[11];
        new32 = rng_u32(&g);
        for (int i = 0; i < 4; i++) {
            data[8 + i] = (uint8_t)(new32 >> (24 - 8 * i));
        }
        assert_int_equal(csum_replace32(sum, old32, new32), csum_ref(data, sizeof(data), 0));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc1071_example),
        cmocka_unit_test(all_lengths_and_alignments),
        cmocka_unit_test(blocks_by_both_loops),
        cmocka_unit_test(pieces_join),
        cmocka_unit_test(long_sums_do_not_overflow),
        cmocka_unit_test(ok_sees_every_flipped_bit),
        cmocka_unit_test(replace_corner),
        cmocka_unit_test(replace_equals_recompute),
    };

    return cmocka_run_group_tests_name("csum", tests, NULL, NULL);
}
