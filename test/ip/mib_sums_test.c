/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mib_sums_test.c - what RFC 4293 3.2.3 draws: over random packets, random sends and random time, a
 * packet goes in at one end of the diagram and comes out at exactly one other (ip/mib.h)
 */
#include "mib_net.h"

#include "base/rng.h"

static void check_sums(const struct net *n) {
    uint64_t out_left = 0;

    for (int v = 0; v < 2; v++) {
        uint64_t k[IP_MIB_MAX];

        for (int i = 0; i < IP_MIB_MAX; i++) {
            k[i] = ip_stat(n->ip, v == 0, (enum ip_mib_id)i);
        }

        assert_int_equal(k[IP_MIB_IN_RECEIVES] + k[IP_MIB_REASM_OKS],
                         k[IP_MIB_IN_HDR_ERRORS] + k[IP_MIB_IN_TRUNCATED_PKTS] +
                             k[IP_MIB_IN_ADDR_ERRORS] + k[IP_MIB_IN_DISCARDS] +
                             k[IP_MIB_IN_FORW_DATAGRAMS] + k[IP_MIB_REASM_REQDS] +
                             k[IP_MIB_IN_UNKNOWN_PROTOS] + k[IP_MIB_IN_DELIVERS]);
        assert_int_equal(k[IP_MIB_IN_FORW_DATAGRAMS],
                         k[IP_MIB_IN_NO_ROUTES] + k[IP_MIB_OUT_FORW_DATAGRAMS]);
        assert_int_equal(k[IP_MIB_OUT_FRAG_REQDS],
                         k[IP_MIB_OUT_FRAG_OKS] + k[IP_MIB_OUT_FRAG_FAILS]);
        out_left += k[IP_MIB_OUT_REQUESTS] + k[IP_MIB_OUT_FORW_DATAGRAMS] +
                    k[IP_MIB_OUT_FRAG_CREATES] - k[IP_MIB_OUT_NO_ROUTES] -
                    k[IP_MIB_OUT_FRAG_REQDS] - k[IP_MIB_OUT_DISCARDS] - k[IP_MIB_OUT_TRANSMITS];
    }
    assert_int_equal(out_left, n->ip->neighs.queued);
}

static const char *const hosts4[] = {"10.0.0.1",  "10.0.0.2",    "10.0.0.77",  "10.66.0.1",
                                     "224.0.0.1", "192.168.5.9", "10.0.0.255", "127.0.0.1"};
static const char *const hosts6[] = {"2001:db8::1",    "2001:db8::2", "2001:db8::77",
                                     "2001:db8:66::1", "ff02::1",     "2001:db8:5::9",
                                     "fe80::7",        "::1"};

static const char *some(struct rng *rng, const struct event *e) {
    return (e->v6 ? hosts6 : hosts4)[rng_below(rng, 8)];
}

static void random_packet(struct rng *rng, struct event *e) {
    static const uint8_t protos[] = {IP_PROTO_TCP, IP_PROTO_ICMP4, IP_PROTO_ICMP6, 253};
    int link = ETH0 + (int)rng_below(rng, 2);
    struct frame f;

    if (rng_below(rng, 3) == 0) {
        bool odd = rng_below(rng, 8) == 0; /* it overlaps what came */
        uint16_t off = (uint16_t)(64 * rng_below(rng, 2));

        make_piece(e, &f, odd ? off + 8 : off, 64, odd || off == 0);
    } else {
        make(e, &f, some(rng, e), some(rng, e), protos[rng_below(rng, 4)],
             (uint8_t)(rng_below(rng, 8) ? 64 : 1), rng_below(rng, 2) ? 60 : 1400);
    }
    if (rng_below(rng, 4) == 0) { /* anything, anywhere */
        f.b[ETH_BYTES + rng_below(rng, f.len - ETH_BYTES)] = (uint8_t)rng_below(rng, 256);
    }
    if (rng_below(rng, 8) == 0) {
        f.len = ETH_BYTES + rng_below(rng, f.len - ETH_BYTES);
    }
    memcpy(f.b, link == ETH0 ? MAC_HOST : MAC_HOST1, 6);
    feed_on(e, link, &f);
}

static void random_step(struct rng *rng, struct event *e) {
    struct net *n = e->n;
    struct pkt *p;

    switch (rng_below(rng, 8)) {
    case 0:
        send_own(e, some(rng, e), some(rng, e), 1 + rng_below(rng, 3000), rng_below(rng, 2));
        break;
    case 1:
        net_advance(n, (inl_dur)rng_below(rng, (uint64_t)INL_S));
        break;
    case 2:
        for (int link = 0; link <= ETH1; link++) {
            while ((p = ip_txq_pop(n->ip, link)) != NULL) {
                pkt_free(p);
            }
        }
        break;
    default:
        random_packet(rng, e);
        break;
    }
}

static void test_sums(void **state) {
    static const uint8_t seed[16] = "any packets";
    struct event e;
    struct net n;
    struct rng rng;

    (void)state;
    rng_init(&rng, seed);
    start(&n, ROUTER | SMALL);
    n.ip->reass.timeout_ns = 100 * INL_MS;
    n.ip->rp_filter = INL_RP_FILTER_STRICT;
    n.ip->links[ETH0].txq_cap = n.ip->links[ETH1].txq_cap = 6;
    for (int i = 0; i < 40000; i++) {
        e = (struct event){.n = &n, .v6 = rng_below(&rng, 2)};
        random_step(&rng, &e);
        if (i % 16 == 0) {
            check_sums(&n);
        }
    }
    check_sums(&n);
    for (int id = 0; id < IP_MIB_MAX; id++) { /* and something of everything has happened */
        if (ip_stat(n.ip, true, (enum ip_mib_id)id) == 0) {
            fail_msg("none: %s", ip_mib_name((enum ip_mib_id)id));
        }
    }
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
