/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the way to a host believes of those who answer (tools/trace/walk.c, rounds.c).
 *
 * The probes are ours: each is taken, and the answers are what a case has put into `answers`.
 */
#include "host/loop.h"
#include "tools/trace/rounds.h"
#include "tools/trace/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct probe_event answers[32];
static unsigned answers_n, answers_at;
static size_t sent_bytes; /* data of the newest probe */

static inl_time clock_now;

inl_time loop_now(void) {
    return clock_now;
}

int probe_open(const struct probe_conf *conf, struct probe **ret) {
    (void)conf;
    *ret = NULL;
    return 0;
}

void probe_close(struct probe *p) {
    (void)p;
}

int probe_send(struct probe *p, const struct probe_shot *shot) {
    (void)p;
    sent_bytes = shot->data_bytes;
    return 0;
}

int probe_read(struct probe *p, struct probe_event *ret) {
    (void)p;
    if (answers_at == answers_n) {
        return 0;
    }
    *ret = answers[answers_at++];
    return 1;
}

static bool has_quotes; /* raw sockets: SYNs of our own */

bool probe_has_quotes(const struct probe *p) {
    (void)p;
    return has_quotes;
}

unsigned probe_mtu(const union names_addr *to) {
    (void)to;
    return 1500;
}

static struct walk_conf conf_of(int family) {
    struct walk_conf conf = {.probe = {.kind = PROBE_UDP},
                             .first = 1,
                             .last = 1,
                             .queries = 1,
                             .flows = 1,
                             .in_flight = 16,
                             .wait_ns = 10 * INL_S};

    conf.probe.to.any.sa_family = (sa_family_t)family;
    answers_n = answers_at = 0;
    has_quotes = false;
    clock_now.ns = INL_S;
    return conf;
}

/* A router says that the packet is too big: what it then goes on with, in octets of IP. */
static unsigned after_hint(int family, uint32_t mtu) {
    struct walk_conf conf = conf_of(family);
    bool v6 = family == AF_INET6;
    struct walk *w = NULL;

    conf.mtu = true;
    assert_int_equal(walk_open(&conf, &w), 0);
    walk_work(w, 1);
    assert_int_equal(sent_bytes, 1500 - walk_headers(&conf.probe));
    answers[answers_n++] = (struct probe_event){.what = PROBE_ICMP,
                                                .has_seq = true,
                                                .seq = w->seq,
                                                .type = v6 ? 2 : 3,
                                                .code = v6 ? 0 : 4,
                                                .info = mtu};
    walk_hear(w, 1);
    unsigned found = w->mtu_bytes;

    /* it is asked once more, or that was its answer */
    assert_int_equal(w->hops[1].answers[0].state, found < 1500 ? WALK_UNSENT : WALK_ANSWERED);
    walk_close(w);
    return found;
}

/* RFC 791 3.2: every link takes 68 octets. Who says less, or no less than we sent, is not believed. */
static void test_mtu_hint(void **state) {
    static const int families[] = {AF_INET, AF_INET6};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(after_hint(families[i], 1400), 1400);
        assert_int_equal(after_hint(families[i], 68), 68);
        assert_int_equal(after_hint(families[i], 67), 1500);
        assert_int_equal(after_hint(families[i], 0), 1500);
        assert_int_equal(after_hint(families[i], 1500), 1500);
        assert_int_equal(after_hint(families[i], 9000), 1500);
    }
}

/* A hop that answers from ever new addresses: so many are kept, and that there are more. */
static void test_addresses_of_a_hop(void **state) {
    struct walk_conf conf = conf_of(AF_INET);
    struct rounds *r = NULL;

    (void)state;
    assert_int_equal(rounds_open(&conf, &r), 0);
    r->count = 20;
    rounds_work(r, 1);
    assert_int_equal(r->hops[1].sent, 20);
    for (unsigned i = 0; i < 20; i++) {
        struct probe_event *e = &answers[answers_n++];

        *e = (struct probe_event){
            .what = PROBE_ICMP, .has_seq = true, .seq = (uint16_t)(i + 1), .type = 11};
        e->from.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(i)}};
        if (i == ROUNDS_ADDRS) {
            *e = answers[0]; /* one that is known */
            e->seq = (uint16_t)(i + 1);
        }
        assert_true(rounds_hear(r));
        assert_int_equal(r->hops[1].n_addrs, i < ROUNDS_ADDRS ? i + 1 : ROUNDS_ADDRS);
        assert_int_equal(r->hops[1].more_addrs, i > ROUNDS_ADDRS);
    }
    assert_int_equal(r->hops[1].received, 20);
    assert_int_equal(r->hops[1].addrs[ROUNDS_ADDRS - 1].v4.sin_addr.s_addr,
                     htonl(ROUNDS_ADDRS - 1));
    rounds_close(r);
}

/* A port answers the SYN with that number. */
static void answer_syn(struct walk *w, uint16_t seq) {
    answers[answers_n++] =
        (struct probe_event){.what = PROBE_REPLY, .has_seq = true, .seq = seq, .ttl = -1};
    walk_hear(w, 1);
}

/* After some time: how many probes have been sent by then. */
static unsigned after(struct walk *w, int64_t ns) {
    clock_now.ns += ns;
    walk_work(w, clock_now.ns);
    return w->seq;
}

/* An open port answers one SYN of a flow: the next goes once more, then again until that is answered,
 * but not for ever; then the others have waited long enough, too. */
static void test_open_port(void **state) {
    struct walk_conf conf = conf_of(AF_INET);
    const struct walk_answer *of;
    struct walk *w = NULL;

    (void)state;
    conf.probe.kind = PROBE_TCP;
    conf.queries = 4;
    has_quotes = true;
    assert_int_equal(walk_open(&conf, &w), 0);
    of = w->hops[1].answers;
    assert_int_equal(after(w, 0), 4);
    answer_syn(w, 1);
    assert_int_equal(of[0].state, WALK_ANSWERED);
    assert_int_equal(after(w, 0), 5); /* the second, once more */
    assert_int_equal(after(w, INL_S / 20), 5);
    assert_int_equal(after(w, INL_S / 20), 6);
    answer_syn(w, 5); /* nobody knows what that was for */
    assert_int_equal(of[1].state, WALK_WAITING);
    answer_syn(w, 6);
    assert_int_equal(of[1].state, WALK_ANSWERED);
    assert_int_equal(after(w, 0), 7);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(walk_due_ns(w), clock_now.ns + INL_S / 10);
        assert_int_equal(after(w, INL_S / 10), 8 + i);
    }
    assert_int_equal(after(w, INL_S), 11); /* no more */
    assert_int_equal(of[2].state, WALK_WAITING);
    assert_int_equal(after(w, 10 * INL_S), 11);
    assert_int_equal(of[2].state, WALK_LOST);
    assert_int_equal(of[3].state, WALK_LOST);
    assert_true(walk_is_done(w));
    walk_close(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mtu_hint),
        cmocka_unit_test(test_addresses_of_a_hop),
        cmocka_unit_test(test_open_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
