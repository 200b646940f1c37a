/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext_test.c - extension headers of IPv6 where only the whole way of a packet shows whether a rule is
 * kept (RFC 8200 4, 4.2, 4.5)
 */
#include "net.h"

static const uint8_t DATA[24] = "twenty-three bytes here";

/* PEER sends that behind a fixed header. */
static enum inl_drop come(struct net *n, uint8_t next, const void *b, size_t len) {
    struct frame f;

    frame_ip6(&f, hdr6(next), b, len);
    return net_feed(n, ETH0, &f);
}

/* 4: code 1, and the pointer at the field that names it, wherever that stands. */
static void test_unknown_next_header(void **state) {
    static const uint8_t behind_options[16] = {253, 0, 1, 4};
    struct net n;
    struct seen s;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    assert_int_equal(come(&n, 253, DATA, sizeof(DATA)), INL_DROP_UNKNOWN_PROTOCOL);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.type, ICMP6_PARAM_PROBLEM);
    assert_int_equal(s.icmp6.code, ICMP6_PARAM_NEXT_HEADER);
    assert_int_equal(s.icmp6.pointer, 6);
    assert_int_equal(come(&n, IP_PROTO_DSTOPTS, behind_options, sizeof(behind_options)),
                     INL_DROP_UNKNOWN_PROTOCOL);
    assert_true(net_take(&n, ETH0, &s));
    assert_int_equal(s.icmp6.code, ICMP6_PARAM_NEXT_HEADER);
    assert_int_equal(s.icmp6.pointer, 40);
    net_stop(&n);
}

/* 4.2: padding is no option that counts. */
static void test_padding(void **state) {
    uint8_t b[2 + 38 + 24] = {IP_PROTO_TCP, 4};
    struct net n;

    (void)state;
    net_start(&n, 0);
    for (size_t i = 2; i < 40; i += 2) {
        b[i] = 1; /* PadN of two octets */
    }
    assert_int_equal(come(&n, IP_PROTO_DSTOPTS, b, sizeof(b)), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    assert_int_equal(n.payload_len, 24);
    net_stop(&n);
}

/* 4.5: reserved bits mean nothing, so this is all of a packet, whatever waits under its number. */
static void test_reserved_bits_in(void **state) {
    uint8_t first[8 + 24] = {IP_PROTO_TCP, 0, 0, 1, 0, 0, 0, 9};
    uint8_t whole[8 + 24] = {IP_PROTO_TCP, 0xff, 0, 6, 0, 0, 0, 9};
    struct net n;

    (void)state;
    net_start(&n, 0);
    first[8 + 12] = whole[8 + 12] = 0x50; /* TCP's header is all there */
    assert_int_equal(come(&n, IP_PROTO_FRAGMENT, first, sizeof(first)), INL_DROP_NONE);
    assert_int_equal(n.inputs, 0);
    assert_int_equal(come(&n, IP_PROTO_FRAGMENT, whole, sizeof(whole)), INL_DROP_NONE);
    assert_int_equal(n.inputs, 1);
    net_stop(&n);
}

/* Sends what is cut in two; the identification. */
static uint32_t cut(struct net *n) {
    struct pkt *p = pkt_new(&n->env.mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + 2000);
    const struct ip_tx tx = {.dst = addr("2001:db8::2"), .proto = IP_PROTO_UDP};
    uint32_t id[2];

    memset(pkt_put(p, 2000), 0, 2000);
    assert_int_equal(ip_out(n->ip, p, &tx), IP_OUT_QUEUED);
    for (int i = 0; i < 2; i++) {
        struct seen s;
        struct rd r;

        assert_true(net_take(n, ETH0, &s));
        assert_int_equal(s.ip6.next, IP_PROTO_FRAGMENT);
        r = s.ip6.payload;
        assert_int_equal(rd_u8(&r), IP_PROTO_UDP);
        assert_int_equal(rd_u8(&r), 0);
        assert_int_equal(rd_be16(&r) & 7, i == 0);
        id[i] = rd_be32(&r);
    }
    assert_int_equal(id[0], id[1]);
    return id[0];
}

/* 4.5: reserved bits are zero; a packet's identification is not that of the one before. */
static void test_sent(void **state) {
    uint32_t before;
    struct net n;

    (void)state;
    net_start(&n, 0);
    net_resolve(&n);
    before = cut(&n);
    for (int i = 0; i < 20; i++) {
        uint32_t now = cut(&n);

        assert_true(now != before && now != before + 1); /* nor to be guessed (RFC 7739) */
        before = now;
    }
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_next_header),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_reserved_bits_in),
        cmocka_unit_test(test_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
