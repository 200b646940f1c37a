/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile_test.c - DHCP messages for IPv4 that nobody sends in good faith (SEC-62)
 *
 * Each message is handed over in a block of exactly its length, so that a read beyond its end is
 * found by the sanitizer.
 */
#include "dhcp4_side.h"

#include "stack/state.h"

static enum inl_drop feed(struct lan *l, const uint8_t *b, size_t len) {
    return lan_feed(l, SERVER, 67, ALL, 68, b, len);
}

/* An OFFER that would be taken, with options in all three fields. */
static size_t whole_offer(const struct dhcp4_msg *q, uint8_t *b, size_t cap) {
    struct wr w = wr_init(b, cap);
    struct dhcp4_msg m = {.op = DHCP4_BOOTREPLY,
                          .type = DHCP4_OFFER,
                          .xid = q->xid,
                          .ciaddr = inl_addr_any4(),
                          .yiaddr = lan_addr(MINE),
                          .siaddr = inl_addr_any4(),
                          .giaddr = inl_addr_any4()};
    const uint8_t overload = 3;
    struct inl_addr server = lan_addr(SERVER);

    memcpy(m.chaddr, q->chaddr, 6);
    dhcp4_emit(&w, &m);
    dhcp4_put(&w, DHCP4_OPT_OVERLOAD, &overload, 1);
    dhcp4_put_addr(&w, DHCP4_OPT_SERVER, &server);
    wr_u8(&w, DHCP4_OPT_END);
    assert_false(w.bad);
    memcpy(b + 108, (uint8_t[]){DHCP4_OPT_LEASE, 4, 0, 0, 0x0e, 0x10, 255}, 7);  /* file */
    memcpy(b + 44, (uint8_t[]){DHCP4_OPT_MASK, 4, 255, 255, 255, 0, 0, 255}, 8); /* sname */
    return wr_len(&w);
}

/* Cut at each byte: dropped, or read as what is left says, but never beyond. */
static void test_cuts(void **state) {
    uint8_t b[600];
    struct dhcp4_msg q;
    struct lan_msg m;
    struct lan l;
    size_t len;

    (void)state;
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    len = whole_offer(&q, b, sizeof(b));
    for (size_t n = 0; n + 1 < len; n++) { /* but for the end option, which we can do without */
        assert_int_not_equal(feed(&l, b, n), INL_DROP_NONE);
    }
    assert_int_equal(info(&l).state, INL_DHCP4_SELECTING);
    assert_int_equal(feed(&l, b, len), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP4_REQUESTING);
    lan_stop(&l);
}

/* Each length byte in turn says too much; each field is looked at for itself. */
static void test_lengths(void **state) {
    static const size_t at[] = {241, 244, 247, 109, 45}; /* of the five options */
    uint8_t b[600];
    struct dhcp4_msg q;
    struct lan_msg m;
    struct lan l;
    size_t len;

    (void)state;
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        len = whole_offer(&q, b, sizeof(b));
        b[at[i]] = 200;
        assert_int_equal(feed(&l, b, len), INL_DROP_BAD_OPTION);
    }
    assert_int_equal(info(&l).state, INL_DHCP4_SELECTING);
    lan_stop(&l);
}

/* Option 52 counts in the options field only, once, with 1, 2 or 3: so it leads in no circle. */
static void test_overload(void **state) {
    uint8_t b[600];
    struct dhcp4_msg q;
    struct lan_msg m;
    struct lan l;
    size_t len;

    (void)state;
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    for (unsigned v = 0; v < 256; v++) {
        len = whole_offer(&q, b, sizeof(b));
        b[245] = (uint8_t)v;
        if (v == 0 || v > 3) {
            assert_int_equal(feed(&l, b, len), INL_DROP_BAD_OPTION);
        } else if (v == 2) { /* the lease time stands in the other field */
            assert_int_equal(feed(&l, b, len), INL_DROP_DHCP_BAD_LEASE);
        }
    }
    len = whole_offer(&q, b, sizeof(b)); /* and again inside of `file` */
    memcpy(b + 108, (uint8_t[]){DHCP4_OPT_OVERLOAD, 1, 3, DHCP4_OPT_LEASE, 4, 0, 0, 9, 9, 255}, 10);
    assert_int_equal(feed(&l, b, len), INL_DROP_NONE);
    lan_stop(&l);
}

/* No cookie, no message type, two of them, an unknown one, another hardware. */
static void test_forms(void **state) {
    static const struct {
        size_t at;
        uint8_t value;
        enum inl_drop why;
    } bad[] = {
        {236, 98, INL_DROP_BAD_OPTION}, {242, 0, INL_DROP_BAD_OPTION},
        {242, 9, INL_DROP_BAD_OPTION},  {240, 1, INL_DROP_BAD_OPTION},
        {243, 53, INL_DROP_BAD_OPTION}, {1, 6, INL_DROP_BAD_LENGTH},
        {2, 16, INL_DROP_BAD_LENGTH},   {2, 0, INL_DROP_BAD_LENGTH},
        {0, 3, INL_DROP_BAD_LENGTH},
    };
    uint8_t b[600];
    struct dhcp4_msg q;
    struct lan_msg m;
    struct lan l;
    size_t len;

    (void)state;
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        len = whole_offer(&q, b, sizeof(b));
        b[bad[i].at] = bad[i].value;
        assert_int_equal(feed(&l, b, len), bad[i].why);
    }
    lan_stop(&l);
}

/* A flood of answers with guessed numbers: none is taken, and nothing is kept of them. */
static void test_guesses(void **state) {
    struct answer a = OFFER;
    struct dhcp4_msg q;
    struct lan_msg m;
    struct lan l;
    size_t used;

    (void)state;
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    used = l.stack->env.mem.used_bytes;
    for (uint32_t i = 1; i <= 5000; i++) {
        struct dhcp4_msg guess = q;

        guess.xid ^= i * 2654435761u;
        assert_int_equal(answer(&l, &a, &guess), INL_DROP_DHCP_UNASKED);
    }
    assert_int_equal(l.stack->env.mem.used_bytes, used);
    assert_int_equal(answer(&l, &a, &q), INL_DROP_NONE);
    lan_stop(&l);
}

/* Long lists, in many pieces: what there is room for is taken. */
static void test_long_lists(void **state) {
    uint8_t extra[900];
    struct wr w = wr_init(extra, sizeof(extra));
    struct answer a = ack();
    struct dhcp4_msg q;
    struct lan_msg m;
    struct lan l;

    (void)state;
    for (uint8_t i = 0; i < 50; i++) {
        const uint8_t route[] = {24, 192, 0, i, 10, 0, 0, 1};
        const uint8_t dns[] = {9, 9, 9, i};

        dhcp4_put(&w, DHCP4_OPT_ROUTES, route, sizeof(route));
        dhcp4_put(&w, DHCP4_OPT_DNS, dns, sizeof(dns));
    }
    assert_false(w.bad);
    a.extra = extra;
    a.extra_len = wr_len(&w);
    start(&l, false);
    q = expect(&l, DHCP4_DISCOVER, 1, &m);
    answer(&l, &OFFER, &q);
    q = expect(&l, DHCP4_REQUEST, 0, &m);
    assert_int_equal(answer(&l, &a, &q), INL_DROP_NONE);
    assert_int_equal(info(&l).routes_n, INL_DHCP_ROUTES_MAX);
    assert_int_equal(info(&l).dns_n, INL_DHCP_DNS_MAX);
    lan_stop(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),     cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_overload), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_guesses),  cmocka_unit_test(test_long_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
