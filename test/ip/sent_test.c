/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sent_test.c - who says that a packet was too big must have seen it (RFC 5927 4.1 and 7, SEC-14)
 */
#include "net.h"

#define SIZE 1400
#define PROTO 99 /* any but TCP */

static uint8_t big[SIZE];

/* A datagram of that length to PEER leaves; its frame is in *s. */
static void send_one(struct net *n, bool v6, size_t len, struct seen *s) {
    const struct ip_tx tx = {
        .dst = addr(v6 ? "2001:db8::2" : "10.0.0.2"),
        .cause = INL_CAUSE_UDP_SEND,
        .proto = PROTO,
        .df_if_fits = true,
    };
    struct pkt *p = pkt_new(&n->env.mem, 64, 64 + len);

    memset(pkt_put(p, len), 0x5a, len);
    assert_int_equal(ip_out(n->ip, p, &tx), IP_OUT_QUEUED);
    assert_true(net_take(n, ETH0, s));
}

/* A router says so of the packet in a frame that left, of which it quotes 48 or 64 octets. */
static void too_big(struct net *n, bool v6, const struct seen *s) {
    struct rd quote = rd_init(s->b + 14, v6 ? 64 : 48);
    struct frame f;

    if (v6) {
        struct icmp6_msg m = {.type = ICMP6_TOO_BIG, .mtu_bytes = 1300, .data = quote};

        frame_icmp6(&f, hdr6(IP_PROTO_ICMP6), m);
    } else {
        struct icmp4_msg m = {.type = ICMP4_UNREACH,
                              .code = ICMP4_UNREACH_FRAG_NEEDED,
                              .mtu_bytes = 1300,
                              .data = quote};

        frame_icmp4(&f, hdr4(IP_PROTO_ICMP4), m);
    }
    net_feed(n, ETH0, &f);
}

static uint32_t known(struct net *n, bool v6) {
    struct inl_addr d = addr(v6 ? "2001:db8::2" : "10.0.0.2");

    return ip_pmtu_known(n->ip, &d);
}

/* What a transport of datagrams does with such an error. */
static enum inl_drop error(void *ctx, const struct ip_err *err) {
    struct net *n = ctx;

    return ip_pmtu_claim(n->ip, err);
}

static void start(struct net *n) {
    net_start(n, 0);
    net_resolve(n);
    ip_proto_set(n->ip, PROTO, &(struct ip_proto){.error = error, .ctx = n});
}

/* Each byte that is quoted of what is not the header has to be right. */
static void test_quote(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        size_t l4 = 14 + (v6 ? 40 : 20);
        struct net n;
        struct seen s;

        start(&n);
        send_one(&n, v6, SIZE, &s);
        for (size_t i = l4; i < l4 + 8; i++) {
            s.b[i] ^= 1;
            too_big(&n, v6, &s);
            assert_int_equal(known(&n, v6), 0);
            s.b[i] ^= 1;
        }
        s.b[l4 - 1] ^= 4; /* another destination */
        too_big(&n, v6, &s);
        s.b[l4 - 1] ^= 4;
        assert_int_equal(htab_count(&n.ip->pmtus.table), 0);
        assert_int_equal(n.env.drop[INL_DROP_ICMP_NO_MATCH], 9);
        too_big(&n, v6, &s);
        assert_int_equal(known(&n, v6), 1300);
        net_stop(&n);
    }
}

/* Of what every path takes nobody says so. */
static void test_small(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct net n;
        struct seen s;

        start(&n);
        send_one(&n, v6, v6 ? 1280 - 40 : 576 - 20, &s);
        s.b[v6 ? 14 + 4 : 14 + 2] = 5; /* says that it was longer */
        too_big(&n, v6, &s);
        assert_int_equal(known(&n, v6), 0);
        assert_int_equal(n.env.drop[INL_DROP_ICMP_NO_MATCH], 1);
        net_stop(&n);
    }
}

/* A minute later nobody says so any more. */
static void test_age(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        for (int late = 0; late < 2; late++) {
            struct net n;
            struct seen s;

            start(&n);
            send_one(&n, v6, SIZE, &s);
            net_advance(&n, (60 + late) * INL_S);
            too_big(&n, v6, &s);
            assert_int_equal(known(&n, v6), late ? 0 : 1300);
            net_stop(&n);
        }
    }
}

static void ask(struct net *n, bool v6) {
    struct frame f;

    if (v6) {
        frame_icmp6(&f, hdr6(IP_PROTO_ICMP6),
                    (struct icmp6_msg){.type = ICMP6_ECHO_REQUEST, .data = rd_init(big, SIZE)});
    } else {
        frame_icmp4(&f, hdr4(IP_PROTO_ICMP4),
                    (struct icmp4_msg){.type = ICMP4_ECHO_REQUEST, .data = rd_init(big, SIZE)});
    }
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_NONE);
}

/* Answers to echo requests have no socket: the layer itself learns that they do not fit. */
static void test_echo(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct net n;
        struct seen s = {0}, more = {0};

        start(&n);
        ask(&n, v6);
        assert_true(net_take(&n, ETH0, &s));
        assert_true(s.len > SIZE && net_idle(&n));
        s.b[14 + (v6 ? 40 : 20) + 2] ^= 1; /* its checksum: never sent */
        too_big(&n, v6, &s);
        assert_int_equal(known(&n, v6), 0);
        s.b[14 + (v6 ? 40 : 20) + 2] ^= 1;
        too_big(&n, v6, &s);
        assert_int_equal(known(&n, v6), 1300);
        ask(&n, v6);
        assert_true(net_take(&n, ETH0, &s) && net_take(&n, ETH0, &more));
        assert_true(s.len <= 1314 && more.len < 300 && net_idle(&n));
        net_stop(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_echo),
    };

    return cmocka_run_group_tests_name("sent", tests, NULL, NULL);
}
