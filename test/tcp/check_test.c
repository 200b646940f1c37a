/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_test.c - tcp_problem() finds what it is there for
 *
 * A connection is taken apart by hand, one thing at a time, looked at, and put together again. A
 * self-check that never says anything would pass all other tests.
 */
#include "pair.h"

#include <string.h>

static void expect(const struct tcp_conn *c, const char *begins) {
    const char *p = tcp_problem(c->tcp, c);

    assert_non_null(p);
    if (strncmp(p, begins, strlen(begins)) != 0) {
        fail_msg("found \"%s\" instead of \"%s\"", p, begins);
    }
}

static bool drop_all(struct pair *p, int from, const struct pkt *pkt) {
    (void)p;
    (void)from;
    (void)pkt;
    return true;
}

static void no_timer(struct tcp_conn *c, enum tcp_tmr keep) {
    for (int i = 0; i < TCP_TMR_MAX; i++) {
        if (i != (int)keep) {
            c->tmr.due[i] = INL_TIME_NEVER;
        }
    }
}

static void test_idle(void **state) {
    struct pair *p = pair_new(71, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    struct tcp_conn saved;

    (void)state;
    pair_join(p, l, 80, c);
    pair_run_for(p, INL_S);
    assert_null(tcp_problem(p->host[0].tcp, c[0]));
    assert_null(tcp_problem(p->host[0].tcp, NULL));
    saved = *c[0];
    c[0]->opts.keepalive = true;
    expect(c[0], "stalled: keep-alive");
    *c[0] = saved;
    c[0]->ackd.now = INL_CAUSE_TCP_ACK_QUICK;
    expect(c[0], "stalled: an ACK is due");
    *c[0] = saved;
    c[0]->ackd.delayed = true;
    expect(c[0], "stalled: a delayed ACK");
    *c[0] = saved;
    c[0]->snd.fin_wanted = true;
    expect(c[0], "stalled: work");
    *c[0] = saved;
    c[0]->snd.end_off += 10; /* written, and never looked at */
    expect(c[0], "stalled: work");
    *c[0] = saved;
    c[0]->rwnd.edge = c[0]->rcv.nxt;
    expect(c[0], "stalled: the window is closed");
    *c[0] = saved;
    c[0]->snd.nxt = seq_add(c[0]->snd.nxt, 1);
    expect(c[0], "broken: ");
    *c[0] = saved;
    c[0]->mem_bytes++;
    expect(c[0], "broken: ");
    *c[0] = saved;
    assert_null(tcp_problem(p->host[0].tcp, NULL));
    pair_free(p);
}

static void test_waiting(void **state) {
    struct pair *p = pair_new(72, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    struct tcp_conn saved;

    (void)state;
    pair_join(p, l, 80, c);
    p->drop = drop_all;
    tcp_send(p->host[0].tcp, c[0], "abc", 3, 0);
    pair_run_for(p, 10 * INL_MS);
    assert_null(tcp_problem(p->host[0].tcp, c[0]));
    saved = *c[0];
    no_timer(c[0], TCP_TMR_GIVE_UP);
    expect(c[0], "stalled: work");
    *c[0] = saved;
    c[0]->tmr.due[TCP_TMR_GIVE_UP] = INL_TIME_NEVER;
    expect(c[0], "stalled: waits for the peer for ever");
    *c[0] = saved;
    pair_free(p);
}

static void test_orphan(void **state) {
    struct pair *p = pair_new(73, false);
    struct tcp_listener *l = pair_listen(p, 1, 80, 5);
    struct tcp_conn *c[2];
    struct tcp_conn saved;

    (void)state;
    pair_join(p, l, 80, c);
    tcp_close(p->host[0].tcp, c[0]);
    pair_run_for(p, INL_S);
    assert_int_equal(c[0]->state, INL_TCP_FIN_WAIT_2);
    assert_null(tcp_problem(p->host[0].tcp, c[0]));
    saved = *c[0];
    no_timer(c[0], TCP_TMR_MAX);
    expect(c[0], "stalled: an orphan");
    *c[0] = saved;
    pair_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_orphan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
