/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_names.c - the name server of a lab: a query in, an answer out
 */
#include "host/names.h"

#include "wire/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct names_host hosts[2] = {
    {.name = "client", .addrs_n = 2},
    {.name = "www.example.com", .addrs_n = 1},
};

static int setup(void **state) {
    (void)state;
    hosts[0].addrs[0] = inl_addr_from4(0x0a000001);
    return inl_addr_parse("fd00::1", &hosts[0].addrs[1]) |
           inl_addr_parse("10.0.0.2", &hosts[1].addrs[0]);
}

struct asked {
    uint8_t query[512], answer[NAMES_REPLY_MAX];
    size_t query_len, answer_len;
    enum names_result result;
    struct dns_msg m;
};

static void ask_bytes(struct asked *a, bool forward) {
    const struct names_zone zone = {.hosts_n = 2, .hosts = hosts, .forward = forward};
    struct wr w = wr_init(a->answer, sizeof(a->answer));

    a->result = names_answer(&zone, rd_init(a->query, a->query_len), &w);
    assert_false(w.bad);
    a->answer_len = wr_len(&w);
    if (a->result == NAMES_ANSWERED) {
        assert_true(dns_parse(rd_init(a->answer, a->answer_len), &a->m));
        assert_true(a->m.hdr.response);
        assert_int_equal(a->m.hdr.id, 99);
    } else {
        assert_int_equal(a->answer_len, 0);
    }
}

static void ask_header(struct asked *a, const struct dns_hdr *h, const char *name, uint16_t type,
                       uint16_t qclass) {
    struct wr w = wr_init(a->query, sizeof(a->query));
    struct dns_question q = {.type = type, .qclass = qclass};

    assert_true(dns_name_set(&q.name, name));
    dns_hdr_emit(&w, h);
    dns_question_emit(&w, &q);
    a->query_len = wr_len(&w);
    ask_bytes(a, false);
}

static void ask(struct asked *a, const char *name, uint16_t type) {
    const struct dns_hdr h = {.id = 99, .recursion_desired = true, .questions = 1};

    ask_header(a, &h, name, type, DNS_CLASS_IN);
}

/* The question comes back, then so many records; ret_last: the last one. */
static void check(struct asked *a, enum dns_rcode rcode, unsigned answers,
                  struct dns_rr *ret_last) {
    struct dns_question q;

    assert_int_equal(a->result, NAMES_ANSWERED);
    assert_int_equal(a->m.hdr.rcode, rcode);
    assert_int_equal(a->m.hdr.answers, answers);
    assert_true(a->m.hdr.recursion_desired && a->m.hdr.recursion_available);
    assert_true(dns_next_question(&a->m, &q));
    for (unsigned i = 0; i < answers; i++) {
        assert_true(dns_next_rr(&a->m, ret_last));
        assert_true(dns_name_eq(&ret_last->name, &q.name));
        assert_int_equal(ret_last->ttl_s, 0);
    }
    assert_int_equal(rd_left(&a->m.at), 0);
}

static void check_addr(const char *name, uint16_t type, const char *want) {
    struct inl_addr addr, wanted;
    struct asked a;
    struct dns_rr rr;

    ask(&a, name, type);
    check(&a, DNS_NOERROR, 1, &rr);
    assert_true(a.m.hdr.authoritative);
    assert_int_equal(inl_addr_parse(want, &wanted), 0);
    assert_true(dns_rr_addr(&rr, &addr) && inl_addr_eq(&addr, &wanted));
}

static void check_none(const char *name, uint16_t type, enum dns_rcode rcode) {
    struct asked a;
    struct dns_rr rr;

    ask(&a, name, type);
    check(&a, rcode, 0, &rr);
}

static void hosts_have_addresses(void **state) {
    struct asked a;
    struct dns_rr rr;

    (void)state;
    check_addr("client", DNS_A, "10.0.0.1");
    check_addr("client.lab", DNS_AAAA, "fd00::1");
    check_addr("CLIENT.Lab", DNS_A, "10.0.0.1");
    check_addr("www.example.com", DNS_A, "10.0.0.2");
    check_addr("www.example.com.lab", DNS_A, "10.0.0.2");
    check_addr("localhost", DNS_A, "127.0.0.1");
    check_addr("localhost", DNS_AAAA, "::1");
    ask(&a, "client", DNS_ANY);
    check(&a, DNS_NOERROR, 2, &rr);
    check_none("www.example.com", DNS_AAAA, DNS_NOERROR); /* the name exists */
    check_none("client", DNS_MX, DNS_NOERROR);
    check_none("lab", DNS_A, DNS_NOERROR);
    check_none("client.lab.lab", DNS_A, DNS_NXDOMAIN);
    check_none("other.lab", DNS_A, DNS_NXDOMAIN);
    check_none("example.com", DNS_A, DNS_NXDOMAIN);
}

static void addresses_have_hosts(void **state) {
    struct dns_name name, want;
    struct asked a;
    struct dns_rr rr;

    (void)state;
    ask(&a, "1.0.0.10.in-addr.arpa", DNS_PTR);
    check(&a, DNS_NOERROR, 1, &rr);
    assert_true(dns_name_parse(&a.m.all, &rr.data, &name));
    assert_true(dns_name_set(&want, "client.lab") && dns_name_eq(&name, &want));
    ask(&a, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", DNS_PTR);
    check(&a, DNS_NOERROR, 1, &rr);
    check_none("1.0.0.10.in-addr.arpa", DNS_A, DNS_NOERROR);
    check_none("9.0.0.10.in-addr.arpa", DNS_PTR, DNS_NXDOMAIN);
}

static void the_rest_is_forwarded(void **state) {
    static const struct {
        const char *name;
        enum names_result result;
    } cases[] = {{"example.com", NAMES_FORWARD},
                 {"9.0.0.10.in-addr.arpa", NAMES_FORWARD},
                 {"client", NAMES_ANSWERED},
                 {"other.lab", NAMES_ANSWERED},
                 {"localhost", NAMES_ANSWERED}};
    struct asked a;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ask(&a, cases[i].name, DNS_A);
        ask_bytes(&a, true);
        assert_int_equal(a.result, cases[i].result);
    }
}

static void odd_queries(void **state) {
    const struct dns_hdr notify = {.id = 99, .opcode = 4, .questions = 1},
                         two = {.id = 99, .questions = 2}, none = {.id = 99},
                         answer = {.id = 99, .response = true, .questions = 1},
                         good = {.id = 99, .questions = 1};
    struct asked a;

    (void)state;
    ask_header(&a, &notify, "client", DNS_A, DNS_CLASS_IN);
    assert_int_equal(a.m.hdr.rcode, DNS_NOTIMP);
    ask_header(&a, &two, "client", DNS_A, DNS_CLASS_IN);
    assert_int_equal(a.m.hdr.rcode, DNS_FORMERR);
    ask_header(&a, &none, "client", DNS_A, DNS_CLASS_IN);
    assert_int_equal(a.m.hdr.rcode, DNS_FORMERR);
    ask_header(&a, &answer, "client", DNS_A, DNS_CLASS_IN);
    assert_int_equal(a.result, NAMES_DROP);
    ask_header(&a, &good, "client", DNS_A, 3);
    assert_int_equal(a.m.hdr.rcode, DNS_REFUSED);
    ask_header(&a, &good, "client", DNS_A, DNS_CLASS_IN);
    assert_int_equal(a.m.hdr.answers, 1);
    for (size_t whole = a.query_len, len = 0; len < whole; len++) { /* cut anywhere */
        a.query_len = len;
        ask_bytes(&a, false);
        assert_int_equal(a.result, len < DNS_HDR_BYTES ? NAMES_DROP : NAMES_ANSWERED);
        assert_true(a.result == NAMES_DROP || a.m.hdr.rcode == DNS_FORMERR);
    }
}

static void failures_name_the_question(void **state) {
    struct asked a;
    struct wr w = wr_init(a.answer, sizeof(a.answer));
    struct dns_msg m;

    (void)state;
    ask(&a, "example.com", DNS_A);
    assert_int_equal(names_fail(rd_init(a.query, a.query_len), DNS_SERVFAIL, &w), NAMES_ANSWERED);
    assert_true(dns_parse(rd_init(a.answer, wr_len(&w)), &m));
    assert_int_equal(m.hdr.rcode, DNS_SERVFAIL);
    assert_true(names_same_question(rd_init(a.query, a.query_len), rd_init(a.answer, wr_len(&w))));
}

/* SEC-64: what answers another question, or is no answer, is not the answer. */
static void answers_fit_their_question(void **state) {
    struct asked a, b;

    (void)state;
    ask(&a, "a.test", DNS_A);
    ask(&b, "b.test", DNS_A);
    assert_true(
        names_same_question(rd_init(a.query, a.query_len), rd_init(a.answer, a.answer_len)));
    assert_false(
        names_same_question(rd_init(a.query, a.query_len), rd_init(b.answer, b.answer_len)));
    assert_false(names_same_question(rd_init(a.query, a.query_len), rd_init(a.query, a.query_len)));
    assert_false(names_same_question(rd_init(a.query, a.query_len), rd_init(a.answer, 12)));
    ask(&b, "a.test", DNS_AAAA);
    assert_false(
        names_same_question(rd_init(a.query, a.query_len), rd_init(b.answer, b.answer_len)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_have_addresses),       cmocka_unit_test(addresses_have_hosts),
        cmocka_unit_test(the_rest_is_forwarded),      cmocka_unit_test(odd_queries),
        cmocka_unit_test(failures_name_the_question), cmocka_unit_test(answers_fit_their_question),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
