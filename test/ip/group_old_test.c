/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_old_test.c - groups where routers speak an older version: IGMPv2 (RFC 2236), IGMPv1
 * (RFC 1112), MLDv1 (RFC 2710); when they are spoken (RFC 3376 7.2, RFC 3810 8.2)
 */
#include "group_side.h"

/* ---- older versions ---- */

/* RFC 2236 3, 6; RFC 2710 4, 5; RFC 3376 7.2.1, RFC 3810 8.2.1 */
static void older(struct t *t) {
    const char *igmp = "igmp v2 report G1";
    const char *mld = "mld v1 report G1";

    ask(t, (struct query){.version = 2});
    quiet(t);
    must(t, &t->a, JOIN_SOURCE, 1, 5); /* filters cannot be told */
    net_advance(&t->n, 0);
    said(t, igmp, mld);
    net_advance(&t->n, 10 * INL_S);
    said(t, igmp, mld);
    silent(t, 20 * INL_S);
    must(t, &t->a, JOIN_SOURCE, 1, 6);
    silent(t, 20 * INL_S);
    ask(t, (struct query){.version = 2, .group = 1});
    net_advance(&t->n, 10 * INL_S);
    said(t, igmp, mld);
    silent(t, 20 * INL_S);
    ask(t, (struct query){.version = 3, .group = 1, .sources = 9}); /* as the older one */
    net_advance(&t->n, 10 * INL_S);
    said(t, igmp, mld);
    silent(t, INL_S);
    must(t, &t->a, LEAVE, 1, 0);
    said(t, "igmp v2 leave G1", "mld v1 leave G1");
    silent(t, 20 * INL_S);
}

/* Another member has said it, so we do not; nor do we say goodbye. */
static void older_suppressed(struct t *t) {
    struct query other = {.version = 2,
                          .group = 1,
                          .kind = t->v6 ? 131 : 0x16,
                          .dst = t->v6 ? "ff15::1" : "239.1.1.1"};

    ask(t, (struct query){.version = 2});
    must(t, &t->a, JOIN, 1, 0);
    quiet(t);
    ask(t, (struct query){.version = 2, .group = 1});
    assert_int_equal(ask(t, other), INL_DROP_NONE);
    silent(t, 20 * INL_S);
    must(t, &t->a, LEAVE, 1, 0);
    silent(t, 20 * INL_S);
    must(t, &t->a, JOIN, 1, 0); /* a report from elsewhere changes nothing */
    net_advance(&t->n, 0);
    assert_true(*heard(t));
    other.ttl = 2;
    assert_int_equal(ask(t, other), INL_DROP_GROUP_SENDER);
    net_advance(&t->n, 10 * INL_S);
    assert_true(*heard(t));
}

/* A report that waits is moved to before the time that is asked for, never to after it. */
static void older_timer(struct t *t) {
    ask(t, (struct query){.version = 2});
    must(t, &t->a, JOIN, 1, 0);
    quiet(t);
    ask(t, (struct query){.version = 2, .group = 1});
    ask(t, (struct query){.version = 2, .group = 1, .code = t->v6 ? 1000 : 10});
    net_advance(&t->n, INL_S);
    said(t, "igmp v2 report G1", "mld v1 report G1");
    silent(t, 20 * INL_S);
    ask(t, (struct query){.version = 2, .group = 1, .code = t->v6 ? 1000 : 10});
    ask(t, (struct query){.version = 2, .group = 1});
    net_advance(&t->n, INL_S);
    assert_true(*heard(t));
}

/* RFC 3376 8.12, RFC 3810 9.12: robustness times interval, and one response time. */
static void older_ends(struct t *t) {
    must(t, &t->a, JOIN, 1, 0);
    quiet(t);
    ask(t, (struct query){.version = 3, .group = 1, .qrv = 3, .qqic = 20});
    ask(t, (struct query){.version = 2});
    net_advance(&t->n, 69 * INL_S);
    while (*heard(t)) {
    }
    must(t, &t->b, JOIN, 2, 0);
    net_advance(&t->n, 0);
    said(t, "igmp v2 report G2", "mld v1 report G2");
    silent(t, INL_S); /* the other report of this one is not sent: the version is another */
    must(t, &t->b, JOIN, 3, 0);
    net_advance(&t->n, 0);
    told(t, "G3 to_ex");
}

/* What was under way ends with the version, and what nobody wants is forgotten. */
static void older_begins(struct t *t) {
    must(t, &t->a, JOIN, 1, 0);
    quiet(t);
    must(t, &t->a, LEAVE, 1, 0);
    must(t, &t->a, JOIN, 2, 0);
    ask(t, (struct query){.version = 3, .code = t->v6 ? 0x8fff : 127});
    ask(t, (struct query){.version = 2, .code = t->v6 ? 1000 : 10});
    net_advance(&t->n, 2 * INL_S);
    for (int i = 0; i < 10; i++) {
        const char *h = heard(t);

        assert_null(strstr(h, "v3"));
        assert_null(strstr(h, "mld v2"));
        assert_null(strstr(h, "G1"));
    }
}

/* IGMPv1: RFC 1112, RFC 2236 4; RFC 3376 7.2.1 */
static void test_oldest(void **state) {
    struct t t;

    (void)state;
    t_start(&t, false);
    ask(&t, (struct query){.version = 2});
    ask(&t, (struct query){.version = 1}); /* the oldest rules */
    must(&t, &t.a, JOIN, 1, 0);
    net_advance(&t.n, 0);
    assert_string_equal(heard(&t), "igmp v1 report G1");
    quiet(&t);
    ask(&t, (struct query){.version = 1, .no_alert = true});
    net_advance(&t.n, 10 * INL_S);
    assert_string_equal(heard(&t), "igmp v1 report G1");
    must(&t, &t.a, LEAVE, 1, 0); /* without a word */
    silent(&t, 20 * INL_S);
    t_stop(&t);
}

BOTH(older)
BOTH(older_suppressed)
BOTH(older_timer)
BOTH(older_ends)
BOTH(older_begins)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_older),        cmocka_unit_test(test_older_suppressed),
        cmocka_unit_test(test_older_timer),  cmocka_unit_test(test_older_ends),
        cmocka_unit_test(test_older_begins), cmocka_unit_test(test_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
