/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_test.c - multicast as a host: IGMPv3 (RFC 3376), MLDv2 (RFC 3810, RFC 3590), filters of
 * sockets (RFC 3678), limits
 */
#include "group_side.h"

/* ---- changes ---- */

/* RFC 3376 5.1, RFC 3810 6.1 */
static void changes(struct t *t) {
    must(t, &t->a, JOIN, 1, 0);
    told_twice(t, "G1 to_ex");
    must(t, &t->a, BLOCK, 1, 7);
    told_twice(t, "G1 block {S7}");
    must(t, &t->a, UNBLOCK, 1, 7);
    told_twice(t, "G1 allow {S7}");
    must(t, &t->a, LEAVE, 1, 0);
    told_twice(t, "G1 to_in");
    must(t, &t->a, JOIN_SOURCE, 1, 3);
    told_twice(t, "G1 allow {S3}");
    must(t, &t->a, JOIN_SOURCE, 1, 2);
    told_twice(t, "G1 allow {S2}");
    must(t, &t->a, LEAVE_SOURCE, 1, 3);
    told_twice(t, "G1 block {S3}");
    must(t, &t->a, LEAVE_SOURCE, 1, 2);
    told_twice(t, "G1 block {S2}");
    assert_null(t->a);
}

/* All that changes at one time is one message; what is told again is told as it is by then. */
static void changes_together(struct t *t) {
    must(t, &t->a, JOIN, 1, 0);
    must(t, &t->b, JOIN_SOURCE, 2, 5);
    net_advance(&t->n, 0);
    told(t, "G1 to_ex, G2 allow {S5}");
    must(t, &t->b, JOIN_SOURCE, 2, 6);
    must(t, &t->a, BLOCK, 1, 4);
    net_advance(&t->n, 0);
    told(t, "G1 to_ex {S4}, G2 allow {S5 S6}");
    net_advance(&t->n, INL_S);
    told(t, "G1 block {S4}, G2 allow {S6}");
    silent(t, 5 * INL_S);
    must(t, &t->b, JOIN_SOURCE, 2, 9); /* and taken back before it was told again */
    net_advance(&t->n, 0);
    told(t, "G2 allow {S9}");
    must(t, &t->b, LEAVE_SOURCE, 2, 9);
    told_twice(t, "G2 block {S9}");
}

/* RFC 3376 3.2, RFC 3810 4.2: its own examples. */
static void merged(struct t *t) {
    must(t, &t->a, JOIN, 1, 0);
    must(t, &t->a, BLOCK, 1, 1);
    must(t, &t->a, BLOCK, 1, 2);
    must(t, &t->a, BLOCK, 1, 3);
    quiet(t);
    must(t, &t->b, JOIN_SOURCE, 1, 2); /* one wants what the other does not */
    told_twice(t, "G1 allow {S2}");
    must(t, &t->b, LEAVE, 1, 0);
    told_twice(t, "G1 block {S2}");
    must(t, &t->b, JOIN, 1, 0); /* one wants everything */
    told_twice(t, "G1 allow {S1 S2 S3}");
}

/* What is wanted comes in, from whom it is wanted. */
static enum inl_drop from(struct t *t, unsigned g, unsigned src) {
    struct ip4_hdr h4 = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_TCP);
    struct frame f;
    uint8_t mac[6];

    h4.src = h6.src = sender(t, src);
    h4.dst = h6.dst = group(t, g);
    if (t->v6) {
        frame_ip6(&f, h6, "01234567", 8);
    } else {
        frame_ip4(&f, h4, "01234567", 8);
    }
    eth_multicast(&h4.dst, mac);
    frame_to(&f, mac);
    return net_feed(&t->n, ETH0, &f);
}

static void filtered(struct t *t) {
    assert_int_equal(from(t, 1, 1), INL_DROP_NOT_FOR_US);
    must(t, &t->a, JOIN_SOURCE, 1, 1);
    assert_int_equal(from(t, 1, 1), INL_DROP_NONE);
    assert_true(t->n.rx.group);
    assert_int_equal(from(t, 1, 2), INL_DROP_GROUP_SOURCE);
    assert_int_equal(from(t, 2, 1), INL_DROP_NOT_FOR_US);
    must(t, &t->b, JOIN, 1, 0);
    assert_int_equal(from(t, 1, 2), INL_DROP_NONE);
    must(t, &t->b, BLOCK, 1, 2);
    assert_int_equal(from(t, 1, 2), INL_DROP_GROUP_SOURCE);
    must(t, &t->b, LEAVE, 1, 0);
    must(t, &t->a, LEAVE, 1, 0);
    assert_int_equal(from(t, 1, 1), INL_DROP_NOT_FOR_US); /* though it has yet to be told again */
}

/* ---- answers ---- */

/* RFC 3376 5.2, RFC 3810 6.2 */
static void answers(struct t *t) {
    must(t, &t->a, JOIN, 1, 0);
    must(t, &t->a, BLOCK, 1, 2);
    must(t, &t->b, JOIN_SOURCE, 2, 1);
    must(t, &t->b, JOIN_SOURCE, 2, 3);
    quiet(t);
    assert_int_equal(ask(t, (struct query){.version = 3, .group = 1}), INL_DROP_NONE);
    net_advance(&t->n, 10 * INL_S);
    told(t, "G1 is_ex {S2}");
    assert_int_equal(ask(t, (struct query){.version = 3, .group = 1, .sources = 3}), 0);
    net_advance(&t->n, 10 * INL_S);
    told(t, "G1 is_in {S1 S3}");
    /* with octets behind it that nobody knows */
    assert_int_equal(ask(t, (struct query){.version = 3, .group = 2, .sources = 2, .extra = 12}),
                     0);
    net_advance(&t->n, 10 * INL_S);
    told(t, "G2 is_in {S1}");
    must(t, &t->b, LEAVE_SOURCE, 2, 1);
    quiet(t);
    assert_int_equal(ask(t, (struct query){.version = 3, .group = 2, .sources = 2}), 0);
    silent(t, 20 * INL_S); /* nothing of that is wanted */
    assert_int_equal(ask(t, (struct query){.version = 3, .group = 9}), 0);
    silent(t, 20 * INL_S);
}

/* What waits already is not told twice: rules 1, 3, 4 and 5. */
static void answers_join(struct t *t) {
    must(t, &t->a, JOIN, 1, 0);
    quiet(t);
    ask(t, (struct query){.version = 3, .group = 1, .sources = 1}); /* then about two, then all */
    ask(t, (struct query){.version = 3, .group = 1, .sources = 2});
    net_advance(&t->n, 10 * INL_S);
    told(t, "G1 is_in {S1 S2}");
    silent(t, 20 * INL_S);
    ask(t, (struct query){.version = 3, .group = 1, .sources = 1});
    ask(t, (struct query){.version = 3, .group = 1});
    ask(t, (struct query){.version = 3, .group = 1, .sources = 2});
    net_advance(&t->n, 10 * INL_S);
    told(t, "G1 is_ex");
    silent(t, 20 * INL_S);
    ask(t, (struct query){.version = 3, .code = 1}); /* all is told soon */
    ask(t, (struct query){.version = 3, .group = 1, .code = t->v6 ? 0x8fff : 127});
    net_advance(&t->n, INL_S);
    assert_true(*heard(t));
    silent(t, 60 * INL_S);
}

/* Each group that is listened to, once; the time is chosen out of what the querier gives. */
static void answers_all(struct t *t) {
    int early = 0;
    int late = 0;

    for (int i = 0; i < 40; i++) {
        ask(t, (struct query){.version = 3});
        net_advance(&t->n, 5 * INL_S);
        early += !net_idle(&t->n);
        while (*heard(t)) {
        }
        net_advance(&t->n, 5 * INL_S + INL_MS);
        late += !net_idle(&t->n);
        while (*heard(t)) {
        }
    }
    if (t->v6) { /* the host's own solicited-node groups: a hold is told, too */
        assert_int_equal(early + late, 40);
        assert_in_range(early, 8, 32);
    } else {
        assert_int_equal(early + late, 0); /* nothing is wanted: nothing is said */
    }
}

/* However fast the questions come (SEC-59). */
static void answers_bounded(struct t *t) {
    int answers = 0;

    must(t, &t->a, JOIN, 1, 0);
    quiet(t);
    for (unsigned i = 0; i < 1000; i++) {
        ask(t, (struct query){.version = 3, .group = i % 2u, .code = 1});
        net_advance(&t->n, INL_MS);
        while (*heard(t)) {
            answers++;
        }
    }
    assert_in_range(answers, 3, 10); /* in a second, at most one of each kind in 200 ms */
}

/* Who is asked about is remembered up to a limit; beyond it the answer is about all. */
static void asked_bounded(struct t *t) {
    must(t, &t->a, JOIN, 1, 0);
    quiet(t);
    ask(t, (struct query){.version = 3, .group = 1, .sources = 8, .code = 1});
    net_advance(&t->n, INL_S);
    told(t, "G1 is_in {S1 S2 S3 S4 S5 S6 S7 S8}");
    quiet(t);
    ask(t, (struct query){.version = 3, .group = 1, .sources = 9, .code = 1});
    net_advance(&t->n, INL_S);
    told(t, "G1 is_ex");
}

/* A program that changes its mind faster than can be told: in the end what it wants is told anew. */
static void changes_bounded(struct t *t) {
    must(t, &t->a, JOIN_SOURCE, 1, 1);
    for (unsigned i = 2; i < 300; i++) {
        must(t, &t->a, JOIN_SOURCE, 1, i);
        must(t, &t->a, LEAVE_SOURCE, 1, i);
    }
    told_twice(t, "G1 to_in {S1}");
}

/* RFC 3376 4.1.12, 9.1; RFC 3810 5.1.14, 5.1.15, 6.2 */
static void forged(struct t *t) {
    const struct query bad[] = {
        {.version = 3, .ttl = 2},
        {.version = 3, .ttl = 255},
        {.version = 3, .no_alert = true},
        {.version = 2, .no_alert = true},
        {.version = 3, .dst = t->v6 ? "ff15::1" : "239.1.1.1"}, /* all are asked in one group */
        {.version = 2, .dst = t->v6 ? "ff15::1" : "239.1.1.1"},
        {.version = 3, .src = t->v6 ? "2001:db8::2" : "10.0.0.2", .ttl = t->v6 ? 1 : 3},
    };

    must(t, &t->a, JOIN, 1, 0);
    quiet(t);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ask(t, bad[i]), INL_DROP_GROUP_SENDER);
    }
    assert_int_equal(ask(t, (struct query){.version = 3, .bad_csum = true}), INL_DROP_BAD_CHECKSUM);
    silent(t, 30 * INL_S);
    if (!t->v6) { /* a switch that asks has no address (RFC 4541 2.1.1) */
        assert_int_equal(ask(t, (struct query){.version = 3, .group = 1, .src = "0.0.0.0"}), 0);
        net_advance(&t->n, 10 * INL_S);
        told(t, "G1 is_ex");
        /* version 1 has no alert */
        assert_int_equal(ask(t, (struct query){.version = 1, .no_alert = true}), 0);
    } else {
        assert_int_equal(ask(t, (struct query){.version = 3, .src = "::"}), INL_DROP_BAD_SOURCE);
    }
    /* To us alone, too */
    quiet(t);
    assert_int_equal(
        ask(t, (struct query){.version = 3, .dst = t->v6 ? "2001:db8::1" : "10.0.0.1"}), 0);
    net_advance(&t->n, 10 * INL_S);
    assert_true(*heard(t));
}

/* RFC 3376 4.1.6, 8.1: as often as the querier says. */
static void robust(struct t *t) {
    ask(t, (struct query){.version = 3, .group = 1, .qrv = 5});
    must(t, &t->a, JOIN, 1, 0);
    net_advance(&t->n, 10 * INL_S);
    for (int i = 0; i < 5; i++) {
        told(t, "G1 to_ex");
    }
    silent(t, 10 * INL_S);
    ask(t, (struct query){.version = 3, .group = 1}); /* no number: the default */
    net_advance(&t->n, 10 * INL_S);
    told(t, "G1 is_ex");
    must(t, &t->a, LEAVE, 1, 0);
    told_twice(t, "G1 to_in");
}

/* ---- what is not told, and from where ---- */

static void test_unreported(void **state) {
    static const char *const groups[] = {"224.0.0.1", "ff02::1", "ff01::5", "ff00::5"};
    struct t t;

    (void)state;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        const struct inl_addr g = addr(groups[i]);

        t_start(&t, i > 0);
        assert_int_equal(ip_member_do(t.n.ip, &t.a, JOIN, ETH0, &g, NULL), 0);
        silent(&t, 20 * INL_S);
        t_stop(&t);
    }
}

/* RFC 3590 4, RFC 3810 5.2.13: from :: as long as there is no link-local address, then again. */
static void test_no_source(void **state) {
    struct inl_addr mine;
    struct seen s;
    struct t t;

    (void)state;
    t_start(&t, true);
    mine = LIST_ENTRY(list_first(&t.n.ip->links[ETH0].addrs), struct ip_addr, link_node)->addr;
    assert_true(inl_addr_is_link_local(&mine));
    assert_int_equal(ip_addr_del(t.n.ip, ETH0, &mine), 0);
    quiet(&t);
    must(&t, &t.a, JOIN, 1, 0);
    net_advance(&t.n, 0);
    assert_true(net_take(&t.n, ETH0, &s));
    assert_true(inl_addr_is_any(&s.ip6.src));
    quiet(&t);
    assert_int_equal(ip_addr_add(t.n.ip, ETH0, &mine, 64), 0);
    net_advance(&t.n, 0);
    assert_true(net_take(&t.n, ETH0, &s));
    assert_true(inl_addr_eq(&s.ip6.src, &mine));
    net_advance(&t.n, INL_S);
    assert_true(*heard(&t)); /* and as often as any change */
    silent(&t, 20 * INL_S);
    t_stop(&t);
    /* IPv4: from 0.0.0.0 (RFC 3376 4.2.13) */
    t_start(&t, false);
    mine = addr("10.0.0.1");
    assert_int_equal(ip_addr_del(t.n.ip, ETH0, &mine), 0);
    must(&t, &t.a, JOIN, 1, 0);
    net_advance(&t.n, 0);
    assert_true(net_take(&t.n, ETH0, &s));
    assert_true(inl_addr_is_any(&s.ip4.src));
    t_stop(&t);
}

/* A link that comes up may have other routers. */
static void link_returns(struct t *t) {
    const char *h;
    int tos = 0;

    must(t, &t->a, JOIN, 1, 0);
    ask(t, (struct query){.version = 2});
    quiet(t);
    assert_int_equal(ip_link_set_up(t->n.ip, ETH0, false), 0);
    must(t, &t->a, JOIN, 2, 0);
    must(t, &t->a, JOIN, 3, 0);
    must(t, &t->a, LEAVE, 3, 0);
    silent(t, 20 * INL_S);
    assert_int_equal(ip_link_set_up(t->n.ip, ETH0, true), 0);
    net_advance(&t->n, 20 * INL_S);
    while (*(h = heard(t))) {
        tos += strstr(h, "G1 to_ex") && strstr(h, "G2 to_ex");
        assert_null(strstr(h, "G3"));
    }
    assert_int_equal(tos, 2);
}

/* ---- calls ---- */

/* RFC 3678 4.1.3, 5.1.3, and what Linux returns */
static void calls(struct t *t) {
    const struct inl_addr g = group(t, 1);
    const struct inl_addr sources[3] = {sender(t, 3), sender(t, 1), sender(t, 1)};
    const struct inl_addr bad = group(t, 2);
    struct inl_addr out[3];
    bool exclude;

    assert_int_equal(act(t, &t->a, LEAVE, 1, 0), -EADDRNOTAVAIL);
    assert_int_equal(act(t, &t->a, BLOCK, 1, 1), -EADDRNOTAVAIL);
    assert_int_equal(act(t, &t->a, LEAVE_SOURCE, 1, 1), -EADDRNOTAVAIL);
    assert_int_equal(act(t, &t->a, JOIN_SOURCE, 1, 0), -EINVAL);
    assert_int_equal(ip_member_do(t->n.ip, &t->a, JOIN, ETH0, &sources[0], NULL), -EINVAL);
    assert_int_equal(ip_member_do(t->n.ip, &t->a, JOIN, 9, &g, NULL), -ENODEV);
    assert_int_equal(ip_member_do(t->n.ip, &t->a, JOIN, -1, &g, NULL), -EINVAL);
    assert_int_equal(ip_member_do(t->n.ip, &t->a, JOIN_SOURCE, ETH0, &g, &bad), -EINVAL);
    assert_null(t->a);
    must(t, &t->a, JOIN, 1, 0);
    assert_int_equal(act(t, &t->a, JOIN, 1, 0), -EADDRINUSE);
    assert_int_equal(act(t, &t->a, JOIN_SOURCE, 1, 1), -EINVAL);
    must(t, &t->a, BLOCK, 1, 1);
    assert_int_equal(act(t, &t->a, BLOCK, 1, 1), -EADDRNOTAVAIL);
    assert_int_equal(act(t, &t->a, UNBLOCK, 1, 2), -EADDRNOTAVAIL);
    assert_int_equal(ip_member_set(t->n.ip, &t->a, ETH0, &g, false, sources, 3), 0);
    assert_int_equal(ip_member_get(t->a, ETH0, &g, &exclude, out, 3), 2);
    assert_false(exclude);
    assert_true(inl_addr_eq(&out[0], &sources[1]) && inl_addr_eq(&out[1], &sources[0]));
    assert_int_equal(act(t, &t->a, JOIN_SOURCE, 1, 1), -EADDRNOTAVAIL);
    assert_int_equal(act(t, &t->a, BLOCK, 1, 1), -EINVAL);
    assert_int_equal(ip_member_set(t->n.ip, &t->a, ETH0, &g, true, NULL, 0), 0);
    assert_int_equal(ip_member_get(t->a, 0, &g, &exclude, out, 3), 0);
    assert_true(exclude);
    assert_int_equal(ip_member_set(t->n.ip, &t->a, ETH0, &g, false, NULL, 0), 0);
    assert_null(t->a);
    /* The link that the default route leads to. */
    assert_int_equal(ip_member_do(t->n.ip, &t->a, JOIN, 0, &g, NULL), 0);
    assert_true(ip_group_joined(t->n.ip, ETH0, &g));
    assert_false(ip_group_joined(t->n.ip, ETH1, &g));
}

/* config.groups: 4 a socket, 300 a link, 8 senders. */
static void limits(struct t *t) {
    struct ip_members *many[80] = {0};
    size_t before = t->n.env.mem.used_bytes;
    int groups = 0;
    int err = 0;

    for (unsigned i = 0; i < 4; i++) {
        must(t, &t->a, JOIN, 10 + i, 0);
    }
    assert_int_equal(act(t, &t->a, JOIN, 1, 0), -ENOBUFS);
    ip_members_free(t->n.ip, &t->a);
    for (unsigned i = 1; i <= 8; i++) {
        must(t, &t->a, JOIN_SOURCE, 1, i);
    }
    assert_int_equal(act(t, &t->a, JOIN_SOURCE, 1, 9), -ENOBUFS);
    ip_members_free(t->n.ip, &t->a);
    for (unsigned i = 0; i < 8; i++) { /* all together: four times 8 */
        for (unsigned k = 1; k <= 8 && !err; k++) {
            err = act(t, &many[i], JOIN_SOURCE, 1, 8 * i + k);
            groups += !err;
        }
    }
    assert_int_equal(err, -ENOBUFS);
    assert_int_equal(groups, 32);
    for (unsigned i = 0; i < 8; i++) {
        ip_members_free(t->n.ip, &many[i]);
    }
    quiet(t);
    err = 0;
    for (unsigned i = 0; i < 80; i++) {
        for (unsigned k = 0; k < 4 && !err; k++) {
            err = act(t, &many[i], JOIN, 10 + 4 * i + k, 0);
        }
    }
    assert_int_equal(err, -ENOBUFS);
    must(t, &many[0], LEAVE, 10, 0); /* has yet to be told, but stands in nobody's way */
    must(t, &many[0], JOIN, 9, 0);
    for (unsigned i = 0; i < 80; i++) {
        ip_members_free(t->n.ip, &many[i]);
    }
    quiet(t);
    assert_in_range(t->n.env.mem.used_bytes, 0, before + 2 * sizeof(void *) * 1024);
}

/* Every allocation may fail: each call does all or nothing, and nothing is lost. */
static void no_memory(struct t *t) {
    static const enum inl_group_op ops[] = {JOIN_SOURCE, JOIN_SOURCE, LEAVE_SOURCE, LEAVE};
    struct mem *mem = &t->n.env.mem;

    for (int fail = 0; fail < 12; fail++) {
        must(t, &t->b, JOIN_SOURCE, 1, 1);
        must(t, &t->b, JOIN_SOURCE, 1, 2);
        mem_fail_after(mem, fail);
        for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
            int err = act(t, &t->a, ops[i], 1, ops[i] == LEAVE ? 0 : 3 + (unsigned)i % 2);

            assert_true(err == 0 || err == -ENOMEM || err == -EADDRNOTAVAIL);
            ask(t, (struct query){.version = 3, .group = 1, .sources = 5});
            net_advance(&t->n, 3 * INL_S);
        }
        mem_fail_after(mem, -1);
        quiet(t);
        assert_int_equal(from(t, 1, 1), INL_DROP_NONE);
        ip_members_free(t->n.ip, &t->a);
        ip_members_free(t->n.ip, &t->b);
        quiet(t);
        assert_int_equal(from(t, 1, 1), INL_DROP_NOT_FOR_US);
    }
}

/* What does not fit in a packet goes on in another one. */
static void large(struct t *t) {
    struct ip_members *many[75] = {0};
    int packets = 0;
    int groups = 0;
    const char *h;

    for (unsigned i = 0; i < 75; i++) {
        for (unsigned k = 0; k < 4; k++) {
            if (act(t, &many[i], JOIN, 10 + 4 * i + k, 0) == 0) {
                groups++;
            }
        }
    }
    net_advance(&t->n, 0);
    while (*(h = heard(t))) {
        packets++;
        while ((h = strstr(h, "to_ex"))) {
            groups--;
            h++;
        }
    }
    assert_int_equal(groups, 0);
    assert_in_range(packets, 2, 5);
    for (unsigned i = 0; i < 75; i++) {
        ip_members_free(t->n.ip, &many[i]);
    }
}

BOTH(changes)
BOTH(changes_together)
BOTH(merged)
BOTH(filtered)
BOTH(answers)
BOTH(answers_join)
BOTH(answers_all)
BOTH(answers_bounded)
BOTH(asked_bounded)
BOTH(changes_bounded)
BOTH(forged)
BOTH(robust)
BOTH(link_returns)
BOTH(calls)
BOTH(limits)
BOTH(no_memory)
BOTH(large)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),       cmocka_unit_test(test_changes_together),
        cmocka_unit_test(test_merged),        cmocka_unit_test(test_filtered),
        cmocka_unit_test(test_answers),       cmocka_unit_test(test_answers_join),
        cmocka_unit_test(test_answers_all),   cmocka_unit_test(test_answers_bounded),
        cmocka_unit_test(test_asked_bounded), cmocka_unit_test(test_changes_bounded),
        cmocka_unit_test(test_forged),        cmocka_unit_test(test_robust),
        cmocka_unit_test(test_link_returns),  cmocka_unit_test(test_calls),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_large),         cmocka_unit_test(test_unreported),
        cmocka_unit_test(test_no_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
