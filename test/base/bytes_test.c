/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes_test.c - reader, writer, sequence numbers, time, text and addresses
 */
#include "base_test.h"

#include "base/rd.h"
#include "base/seq.h"
#include "base/text.h"
#include "base/wr.h"

#include <errno.h>

static const uint8_t bytes[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc,
                                0xba, 0x98, 0x76, 0x54, 0x32, 0x10, 0x11, 0x22, 0x33};

static void rd_reads_big_endian(void **state) {
    uint8_t *p = exact(bytes, 18);
    struct rd r = rd_init(p, 18);

    (void)state;
    assert_int_equal(rd_u8(&r), 0x01);
    assert_int_equal(rd_be16(&r), 0x2345);
    assert_int_equal(rd_be24(&r), 0x6789ab);
    assert_int_equal(rd_be32(&r), 0xcdeffedc);
    assert_int_equal(rd_left(&r), 8);
    assert_true(rd_be64(&r) == 0xba98765432101122);
    assert_int_equal(rd_left(&r), 0);
    assert_false(r.bad);
    assert_int_equal(rd_u8(&r), 0);
    assert_true(r.bad);
    free(p);
}

/* Each read at every distance from the end: right if it fits, else 0, sticky and empty */
static void rd_is_sticky(void **state) {
    (void)state;
    for (size_t len = 0; len <= 9; len++) {
        for (size_t want = 1; want <= 9; want++) {
            uint8_t *p = exact(bytes, len);
            struct rd r = rd_init(p, len);
            uint8_t out[9] = {0xee};
            bool fits = want <= len;

            switch (want) {
            case 1:
                assert_int_equal(rd_u8(&r), fits ? 0x01 : 0);
                break;
            case 2:
                assert_int_equal(rd_be16(&r), fits ? 0x0123 : 0);
                break;
            case 3:
                assert_int_equal(rd_be24(&r), fits ? 0x012345 : 0);
                break;
            case 4:
                assert_int_equal(rd_be32(&r), fits ? 0x01234567 : 0);
                break;
            case 8:
                assert_true(rd_be64(&r) == (fits ? 0x0123456789abcdef : 0));
                break;
            case 5:
                assert_int_equal(rd_skip(&r, want), fits);
                break;
            case 6:
                assert_ptr_equal(rd_take(&r, want), fits ? p : NULL);
                break;
            default:
                assert_int_equal(rd_copy(&r, out, want), fits);
                assert_int_equal(out[0], fits ? 0x01 : 0);
                break;
            }
            assert_int_equal(r.bad, !fits);
            assert_int_equal(rd_left(&r), fits ? len - want : 0);
            if (!fits) {
                assert_int_equal(rd_u8(&r), 0);
                assert_null(rd_take(&r, 0));
                assert_true(r.bad);
            }
            free(p);
        }
    }
}

static void rd_sub_stays_inside(void **state) {
    uint8_t *p = exact(bytes, 8);
    struct rd r = rd_init(p, 8);
    struct rd sub = rd_sub(&r, 3);
    struct rd none;
    struct rd over;

    (void)state;
    assert_int_equal(rd_left(&r), 5);
    assert_int_equal(rd_be16(&sub), 0x0123);
    assert_int_equal(rd_be16(&sub), 0); /* one byte was left: nothing of the parent is read */
    assert_true(sub.bad);
    assert_false(r.bad);
    none = rd_sub(&r, 0);
    assert_false(none.bad);
    assert_int_equal(rd_left(&none), 0);
    over = rd_sub(&r, 6);
    assert_true(over.bad);
    assert_true(r.bad);
    assert_int_equal(rd_left(&over), 0);
    over = rd_sub(&r, 0);
    assert_true(over.bad); /* a bad reader has only bad parts */
    r = rd_init(p, 8);
    (void)rd_u8(&r);
    sub = rd_rest(&r);
    assert_int_equal(rd_left(&sub), 7);
    assert_int_equal(rd_left(&r), 0);
    over = rd_sub(&sub, SIZE_MAX);
    assert_true(over.bad);
    none = rd_init(NULL, 0);
    assert_int_equal(rd_left(&none), 0);
    assert_int_equal(rd_be32(&none), 0);
    assert_true(none.bad);
    free(p);
}

static void wr_writes_big_endian(void **state) {
    uint8_t p[sizeof(bytes)];
    struct wr w = wr_init(p, sizeof(bytes));
    struct rd r;

    (void)state;
    wr_u8(&w, 0x01);
    wr_be16(&w, 0x2345);
    wr_be24(&w, 0xff6789ab);
    wr_be32(&w, 0xcdeffedc);
    wr_be64(&w, 0xba98765432101122);
    assert_int_equal(wr_len(&w), 18);
    assert_int_equal(wr_left(&w), 1);
    wr_zero(&w, 1);
    assert_false(w.bad);
    assert_memory_equal(p, bytes, 18);
    assert_int_equal(p[18], 0);
    wr_set_u8(&w, 18, 0x33);
    wr_set_be16(&w, 16, 0x1122);
    assert_false(w.bad);
    assert_memory_equal(p, bytes, sizeof(bytes));
    r = rd_init(p, wr_len(&w));
    assert_int_equal(rd_be32(&r), 0x01234567);
}

static void wr_is_sticky(void **state) {
    (void)state;
    for (size_t cap = 0; cap <= 8; cap++) {
        uint8_t *p = malloc(cap);
        struct wr w = wr_init(p, cap);

        wr_put(&w, bytes, cap);
        assert_false(w.bad);
        wr_put(&w, bytes, 0);
        assert_false(w.bad);
        wr_u8(&w, 0xee);
        assert_true(w.bad);
        assert_int_equal(wr_left(&w), 0);
        assert_int_equal(wr_len(&w), cap);
        w = wr_init(p, cap);
        wr_be64(&w, 0);
        assert_int_equal(w.bad, cap < 8);
        assert_int_equal(wr_len(&w), cap < 8 ? 0 : 8); /* all or nothing */
        wr_put(&w, bytes, 1);
        assert_true(w.bad);
        assert_null(wr_take(&w, 0));
        free(p);
    }
}

static void wr_set_only_what_is_written(void **state) {
    uint8_t p[4];
    const size_t off[] = {1, 2, 3, SIZE_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(off); i++) {
        struct wr w = wr_init(p, sizeof(p));

        wr_be16(&w, 0xaaaa);
        wr_set_be16(&w, off[i], 1);
        assert_true(w.bad);
        w = wr_init(p, sizeof(p));
        wr_be16(&w, 0xaaaa);
        wr_set_u8(&w, off[i], 1);
        assert_int_equal(w.bad, off[i] > 1);
    }
}

/* Around 0, 2^31 and 2^32 - 1, the circle must look the same as anywhere */
static void seq_on_the_circle(void **state) {
    const uint32_t bases[] = {0, 1, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 123456789};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bases); i++) {
        seq_t b = seq_mk(bases[i]);
        seq_t next = seq_add(b, 1);
        seq_t far = seq_add(b, 0x7fffffff);

        assert_true(seq_lt(b, next) && seq_gt(next, b) && seq_le(b, next) && seq_ge(next, b));
        assert_true(seq_lt(b, far) && seq_gt(far, b));
        assert_false(seq_lt(b, b) || seq_gt(b, b));
        assert_true(seq_le(b, b) && seq_ge(b, b) && seq_eq(b, b));
        assert_int_equal(seq_diff(next, b), 1);
        assert_int_equal(seq_diff(b, next), -1);
        assert_int_equal(seq_diff(far, b), INT32_MAX);
        assert_int_equal(seq_diff(seq_add(b, 0x80000000), b), INT32_MIN);
        assert_true(seq_eq(seq_sub(next, 1), b));
        assert_true(seq_eq(seq_max(b, next), next) && seq_eq(seq_max(next, b), next));
        assert_true(seq_eq(seq_min(b, next), b) && seq_eq(seq_min(next, b), b));
        assert_true(seq_in(b, b, 1) && !seq_in(b, b, 0) && !seq_in(next, b, 1));
        assert_true(seq_in(seq_add(b, 65534), b, 65535) && !seq_in(seq_add(b, 65535), b, 65535));
        assert_false(seq_in(seq_sub(b, 1), b, 65535));
        assert_true(seq_in(seq_sub(b, 2), b, UINT32_MAX));
        assert_false(seq_in(seq_sub(b, 1), b, UINT32_MAX));
    }
}

static void time_saturates(void **state) {
    inl_time t = {5 * INL_S};

    (void)state;
    assert_true(inl_time_add(t, 3 * INL_MS).ns == 5003000000);
    assert_true(inl_time_add(t, -6 * INL_S).ns == -INL_S);
    assert_true(inl_time_is_never(inl_time_add(INL_TIME_NEVER, -1)));
    assert_true(inl_time_is_never(inl_time_add(t, INT64_MAX)));
    assert_true(inl_time_add((inl_time){-2}, INT64_MIN).ns == INT64_MIN);
    assert_true(inl_time_sub(t, (inl_time){INL_S}) == 4 * INL_S);
    assert_true(inl_time_before(t, INL_TIME_NEVER));
    assert_false(inl_time_before(t, t));
    assert_true(inl_time_min(t, INL_TIME_NEVER).ns == t.ns);
    assert_true(inl_time_max(t, (inl_time){0}).ns == t.ns);
}

static void text_writes_numbers(void **state) {
    const uint8_t mac[6] = {2, 0, 0, 0xab, 0xc, 1};
    char buf[256];
    struct text t = text_init(buf, sizeof(buf));

    (void)state;
    text_u64(&t, 0);
    text_chr(&t, ' ');
    text_u64(&t, UINT64_MAX);
    text_chr(&t, ' ');
    text_i64(&t, INT64_MIN);
    text_chr(&t, ' ');
    text_hex(&t, 0, 1);
    text_chr(&t, ' ');
    text_hex(&t, 0xbeef, 8);
    text_chr(&t, ' ');
    text_hex(&t, UINT64_MAX, 99);
    assert_string_equal(buf, "0 18446744073709551615 -9223372036854775808 0 0000beef "
                             "ffffffffffffffff");
    t = text_init(buf, sizeof(buf));
    text_fixed(&t, 12345, 3);
    text_chr(&t, ' ');
    text_fixed(&t, -5, 3);
    text_chr(&t, ' ');
    text_fixed(&t, 7, 0);
    text_chr(&t, ' ');
    text_fixed(&t, INT64_MIN, 99);
    text_chr(&t, ' ');
    text_time(&t, (inl_time){1500000999});
    text_chr(&t, ' ');
    text_time(&t, INL_TIME_NEVER);
    text_chr(&t, ' ');
    text_mac(&t, mac);
    text_chr(&t, ' ');
    text_mem(&t, "a\0\n~\x80", 5);
    assert_string_equal(buf, "12.345 -0.005 7 -9.223372036854775808 1.500000 never "
                             "02:00:00:ab:0c:01 a..~.");
    assert_int_equal(t.len, strlen(buf));
    assert_false(t.cut);
}

static void text_truncates(void **state) {
    (void)state;
    for (size_t cap = 0; cap <= 12; cap++) {
        char *buf = malloc(cap);
        struct text t = text_init(buf, cap);

        text_str(&t, "hello ");
        text_u64(&t, 12345);
        assert_int_equal(t.cut, cap < 12);
        if (cap > 0) {
            assert_int_equal(strlen(buf), cap - 1);
            assert_memory_equal(buf, "hello 12345", cap - 1);
        }
        free(buf);
    }
}

static void addr_text_round_trips(void **state) {
    const char *const same[] = {
        "0.0.0.0",
        "255.255.255.255",
        "192.0.2.1",
        "10.20.30.40",
        "::",
        "::1",
        "1::",
        "fe80::1",
        "2001:db8::1",
        "2001:db8:0:1:1:1:1:1",
        "::2:0:0:3:4:5",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:0",
        "0:2:3:4:5:6:7:8",
        "2001:db8::1:0:0:1",
        "2001:0:0:1::1",
        "ff02::1:ff00:1",
        "::fffe:102:304",
    };
    struct inl_addr a;
    char buf[INL_ADDR_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        assert_int_equal(inl_addr_parse(same[i], &a), 0);
        assert_int_equal(inl_addr_format(&a, buf, sizeof(buf)), strlen(same[i]));
        assert_string_equal(buf, same[i]);
    }
    assert_int_equal(inl_addr_parse("::FFFF:1.2.3.4", &a), 0);
    assert_true(inl_addr_is4(&a) && inl_addr_to4(&a) == 0x01020304);
    assert_int_equal(inl_addr_parse("1:2:3:4:5:6:1.2.3.4", &a), 0);
    inl_addr_format(&a, buf, sizeof(buf));
    assert_string_equal(buf, "1:2:3:4:5:6:102:304");
    assert_int_equal(inl_addr_parse("1:2:3:4:5:6:7::", &a), 0);
    assert_int_equal(inl_addr_format(&a, buf, 5), -ENOSPC);
}

static void addr_refuses_nonsense(void **state) {
    const char *const bad[] = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1..2.3",
        "1.2.3.",
        "1.2.3.-4",
        "a.b.c.d",
        ":",
        ":::",
        "1:",
        ":1",
        "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::g",
        "::1%eth0",
        "::1.2.3",
        "::1.2.3.4:1",
        "1.2.3.4::",
        "::/0",
        "1:2:3:4:5:6:7:",
        "1.2.3.00",
        "1.2.3.1000",
    };
    struct inl_addr a = INL_ADDR_ANY4;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (inl_addr_parse(bad[i], &a) != -EINVAL) {
            fail_msg("accepted \"%s\"", bad[i]);
        }
        assert_true(inl_addr_is_any(&a)); /* untouched on failure */
    }
}

static struct inl_addr parsed(const char *text) {
    struct inl_addr a;

    assert_int_equal(inl_addr_parse(text, &a), 0);
    return a;
}

static void addr_knows_its_kind(void **state) {
    struct {
        const char *text;
        bool any, mcast, bcast, loop, local;
    } const rows[] = {
        {"0.0.0.0", true, false, false, false, false},
        {"::", true, false, false, false, false},
        {"127.255.0.1", false, false, false, true, false},
        {"128.0.0.1", false, false, false, false, false},
        {"::1", false, false, false, true, false},
        {"224.0.0.1", false, true, false, false, false},
        {"239.255.255.255", false, true, false, false, false},
        {"240.0.0.0", false, false, false, false, false},
        {"255.255.255.255", false, false, true, false, false},
        {"ff02::1", false, true, false, false, false},
        {"fe80::1", false, false, false, false, true},
        {"febf::1", false, false, false, false, true},
        {"fec0::1", false, false, false, false, false},
        {"169.254.3.4", false, false, false, false, true},
        {"169.255.3.4", false, false, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct inl_addr a = parsed(rows[i].text);

        assert_int_equal(inl_addr_is_any(&a), rows[i].any);
        assert_int_equal(inl_addr_is_multicast(&a), rows[i].mcast);
        assert_int_equal(inl_addr_is_broadcast(&a), rows[i].bcast);
        assert_int_equal(inl_addr_is_loopback(&a), rows[i].loop);
        assert_int_equal(inl_addr_is_link_local(&a), rows[i].local);
    }
}

static void addr_matches_prefixes(void **state) {
    struct inl_addr a = parsed("192.0.2.129");
    struct inl_addr b = parsed("192.0.2.1");
    struct inl_addr any6 = inl_addr_any6();
    struct inl_addr m;

    (void)state;
    for (unsigned bits = 0; bits <= 140; bits++) {
        struct inl_addr ma = inl_addr_mask(&a, bits);
        struct inl_addr mb = inl_addr_mask(&b, bits);

        assert_int_equal(inl_addr_match(&a, &b, bits), bits <= 120);
        assert_int_equal(inl_addr_eq(&ma, &mb), bits <= 120);
    }
    m = inl_addr_mask(&a, 96 + 24);
    assert_true(inl_addr_to4(&m) == 0xc0000200);
    m = inl_addr_mask(&a, 0);
    assert_true(inl_addr_eq(&m, &any6));
    assert_false(inl_addr_match(&any6, &a, 81));
    assert_true(inl_addr_match(&any6, &a, 80));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rd_reads_big_endian),   cmocka_unit_test(rd_is_sticky),
        cmocka_unit_test(rd_sub_stays_inside),   cmocka_unit_test(wr_writes_big_endian),
        cmocka_unit_test(wr_is_sticky),          cmocka_unit_test(wr_set_only_what_is_written),
        cmocka_unit_test(seq_on_the_circle),     cmocka_unit_test(time_saturates),
        cmocka_unit_test(text_writes_numbers),   cmocka_unit_test(text_truncates),
        cmocka_unit_test(addr_text_round_trips), cmocka_unit_test(addr_refuses_nonsense),
        cmocka_unit_test(addr_knows_its_kind),   cmocka_unit_test(addr_matches_prefixes),
    };

    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
