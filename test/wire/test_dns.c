/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_dns.c - messages of the domain name system
 */
#include "bytes.h"

#include "wire/dns.h"

#include <stdio.h>

static struct rd rd_of(const struct bytes *b) {
    return rd_init(b->p, b->len);
}

static const char *text_of_name(const struct dns_name *name) {
    static char buf[1100];
    struct text t = text_init(buf, sizeof(buf));

    dns_name_text(&t, name);
    return buf;
}

static struct dns_name name_of(const char *text) {
    struct dns_name name;

    assert_true(dns_name_set(&name, text));
    return name;
}

/* "12 34 | query with recursion | one question: www.example.com A IN", built by hand. */
#define QUESTION                                                                                   \
    "03777777076578616d706c6503636f6d00"                                                           \
    "00010001"
#define QUERY                                                                                      \
    "1234"                                                                                         \
    "0100"                                                                                         \
    "0001"                                                                                         \
    "0000"                                                                                         \
    "0000"                                                                                         \
    "0000" QUESTION
/* The answer to it: a CNAME to ftp.example.com, compressed, and that one's address. */
#define ANSWER                                                                                     \
    "1234"                                                                                         \
    "8580"                                                                                         \
    "0001"                                                                                         \
    "0002"                                                                                         \
    "0000"                                                                                         \
    "0000" QUESTION "c00c"                                                                         \
    "0005"                                                                                         \
    "0001"                                                                                         \
    "0000003c"                                                                                     \
    "0006"                                                                                         \
    "03667470c010"                                                                                 \
    "c02d"                                                                                         \
    "0001"                                                                                         \
    "0001"                                                                                         \
    "00000e10"                                                                                     \
    "0004"                                                                                         \
    "c0000201"

static void query_is_read(void **state) {
    struct bytes b = bytes_hex(QUERY);
    struct dns_question q;
    struct dns_msg m;
    struct dns_rr rr;

    (void)state;
    assert_true(dns_parse(rd_of(&b), &m));
    assert_int_equal(m.hdr.id, 0x1234);
    assert_true(m.hdr.recursion_desired);
    assert_false(m.hdr.response);
    assert_true(dns_next_question(&m, &q));
    assert_string_equal(text_of_name(&q.name), "www.example.com.");
    assert_int_equal(q.type, DNS_A);
    assert_int_equal(q.qclass, DNS_CLASS_IN);
    assert_false(dns_next_question(&m, &q));
    assert_false(dns_next_rr(&m, &rr));
    bytes_free(&b);
}

static void compressed_answer_is_read(void **state) {
    struct bytes b = bytes_hex(ANSWER);
    struct dns_question q;
    struct dns_msg m;
    struct dns_rr rr;
    struct dns_name target;
    struct inl_addr addr;

    (void)state;
    assert_true(dns_parse(rd_of(&b), &m));
    assert_true(m.hdr.response && m.hdr.authoritative && m.hdr.recursion_available);
    assert_true(dns_next_question(&m, &q));
    assert_true(dns_next_rr(&m, &rr));
    assert_string_equal(text_of_name(&rr.name), "www.example.com.");
    assert_int_equal(rr.type, DNS_CNAME);
    assert_int_equal(rr.ttl_s, 60);
    assert_false(dns_rr_addr(&rr, &addr));
    assert_true(dns_name_parse(&m.all, &rr.data, &target));
    assert_string_equal(text_of_name(&target), "ftp.example.com.");
    assert_true(dns_next_rr(&m, &rr));
    assert_true(dns_name_eq(&rr.name, &target));
    assert_true(dns_rr_addr(&rr, &addr));
    assert_true(inl_addr_to4(&addr) == 0xc0000201);
    assert_false(dns_next_rr(&m, &rr));
    bytes_free(&b);
}

/* Reads all there is. True if all of the message was good. */
static bool read_all(const struct bytes *b) {
    struct dns_question q;
    struct dns_msg m;
    struct dns_rr rr;

    if (!dns_parse(rd_of(b), &m)) {
        return false;
    }
    for (unsigned i = m.hdr.questions; i > 0; i--) {
        if (!dns_next_question(&m, &q)) {
            return false;
        }
    }
    for (unsigned i = m.hdr.answers; i > 0; i--) {
        if (!dns_next_rr(&m, &rr)) {
            return false;
        }
    }
    return rd_left(&m.at) == 0;
}

static void every_prefix_is_refused(void **state) {
    struct bytes whole = bytes_hex(ANSWER);

    (void)state;
    assert_true(read_all(&whole));
    for (size_t len = 0; len < whole.len; len++) {
        struct bytes cut = whole;

        cut.len = len;
        assert_false(read_all(&cut));
    }
    bytes_free(&whole);
}

/* One question whose name is given in hex, at offset 12. */
static bool name_is_read(const char *hex) {
    char all[1400];
    struct bytes b;
    struct dns_question q;
    struct dns_msg m;

    snprintf(all, sizeof(all), "000000000001000000000000%s00010001", hex);
    b = bytes_hex(all);
    assert_true(dns_parse(rd_of(&b), &m));
    bool good = dns_next_question(&m, &q);

    bytes_free(&b);
    return good;
}

/* RFC 9267: pointers that never end, or lead where no name is. */
static void bad_pointers_are_refused(void **state) {
    (void)state;
    assert_true(name_is_read("0161"
                             "00"));
    assert_false(name_is_read("c00c"));     /* to itself */
    assert_false(name_is_read("0161c00c")); /* to its own beginning: a circle */
    assert_false(name_is_read("0161c00e")); /* into its own middle */
    assert_false(name_is_read("0161c010")); /* forwards, right behind itself */
    assert_false(name_is_read("0161ffff")); /* out of the message */
    assert_true(name_is_read("c000"));      /* backwards: the header's zeros are a root */
    assert_false(name_is_read("4161"
                              "00")); /* kinds of labels that do not exist */
    assert_false(name_is_read("8161"
                              "00"));
}

/* A chain of pointers, each to an earlier one, is a name as long as it stays within 255 bytes. */
static void name_lengths_are_held(void **state) {
    struct dns_name name;
    char text[300];
    char hex[1200] = "";

    (void)state;
    for (int i = 0; i < 3; i++) { /* three labels of 63 and one of 61: 255 bytes with the root */
        memset(text + (size_t)i * 64, 'x', 63);
        text[i * 64 + 63] = '.';
    }
    memset(text + 192, 'y', 61);
    text[253] = '\0';
    assert_true(dns_name_set(&name, text));
    assert_int_equal(name.len, 255);
    memcpy(text + 253, "y", 2);
    assert_false(dns_name_set(&name, text));
    memset(text, 'z', 64);
    text[64] = '\0';
    assert_false(dns_name_set(&name, text));
    for (int i = 0; i < 127; i++) {
        memcpy(hex + 4 * (size_t)i, "0161", 5);
    }
    memcpy(hex + 508, "00", 3);
    assert_true(name_is_read(hex)); /* 127 labels of one letter, and the root */
    memcpy(hex + 508, "016100", 7);
    assert_false(name_is_read(hex));
}

static void names_from_text(void **state) {
    struct dns_name name;

    (void)state;
    assert_true(dns_name_set(&name, "a.b."));
    assert_string_equal(text_of_name(&name), "a.b.");
    assert_true(dns_name_set(&name, "."));
    assert_string_equal(text_of_name(&name), ".");
    assert_false(dns_name_set(&name, "a..b"));
    assert_false(dns_name_set(&name, ".a"));
}

static void case_does_not_matter(void **state) {
    struct dns_name a = name_of("WWW.Example.com"), b = name_of("www.eXAMPLE.COM");
    struct dns_name suffix = name_of("EXAMPLE.com"), whole = name_of("com"),
                    tail = name_of("le.com");

    (void)state;
    assert_true(dns_name_eq(&a, &b));
    assert_false(dns_name_eq(&a, &suffix));
    assert_false(dns_name_cut(&a, &tail)); /* not at the beginning of a label */
    assert_true(dns_name_cut(&a, &suffix));
    assert_string_equal(text_of_name(&a), "WWW.");
    assert_true(dns_name_cut(&whole, &whole));
    assert_string_equal(text_of_name(&whole), ".");
}

static void odd_bytes_are_escaped(void **state) {
    struct dns_name name = {.len = 6, .b = {4, '.', '\\', 7, 0xff, 0}};

    (void)state;
    assert_string_equal(text_of_name(&name), "\\.\\\\\\007\\255.");
}

static void check_reverse(const char *addr, const char *want) {
    struct inl_addr a, back;
    struct dns_name name;

    assert_int_equal(inl_addr_parse(addr, &a), 0);
    dns_name_reverse(&name, &a);
    assert_string_equal(text_of_name(&name), want);
    assert_true(dns_name_addr(&name, &back));
    assert_true(inl_addr_eq(&a, &back));
}

static bool is_reverse(const char *text) {
    struct dns_name name = name_of(text);
    struct inl_addr addr;

    return dns_name_addr(&name, &addr);
}

static void reverse_names(void **state) {
    (void)state;
    check_reverse("10.0.200.1", "1.200.0.10.in-addr.arpa.");
    check_reverse("2001:db8::1:b", "b.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
                                   "8.b.d.0.1.0.0.2.ip6.arpa.");
    assert_true(is_reverse("1.0.0.10.IN-ADDR.ARPA"));
    assert_false(is_reverse("0.0.10.in-addr.arpa"));
    assert_false(is_reverse("5.1.0.0.10.in-addr.arpa"));
    assert_false(is_reverse("256.0.0.10.in-addr.arpa"));
    assert_false(is_reverse("01.0.0.10.in-addr.arpa"));
    assert_false(is_reverse("in-addr.arpa"));
    assert_false(is_reverse("b.0.0.0.ip6.arpa"));
    assert_false(is_reverse("www.example.com"));
    assert_false(is_reverse("g.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
                            "8.b.d.0.1.0.0.2.ip6.arpa."));
}

static void what_is_written_is_read(void **state) {
    static const uint8_t addr[4] = {192, 0, 2, 1};
    const struct dns_hdr h = {.id = 7,
                              .response = true,
                              .authoritative = true,
                              .truncated = true,
                              .opcode = 2,
                              .rcode = DNS_NXDOMAIN,
                              .questions = 1,
                              .answers = 1};
    const struct dns_question q = {.name = name_of("a.lab"), .type = DNS_A, .qclass = 1};
    const struct dns_rr rr = {
        .name = q.name, .type = DNS_A, .rclass = 1, .ttl_s = 5, .data = rd_init(addr, 4)};
    uint8_t buf[64], again[DNS_HDR_BYTES];
    struct wr w = wr_init(buf, sizeof(buf)), w2 = wr_init(again, sizeof(again));
    struct dns_question q2;
    struct dns_msg m;
    struct dns_rr rr2;
    struct inl_addr a;

    (void)state;
    dns_hdr_emit(&w, &h);
    dns_question_emit(&w, &q);
    dns_rr_emit(&w, &rr);
    assert_false(w.bad);
    assert_true(dns_parse(rd_init(buf, wr_len(&w)), &m));
    dns_hdr_emit(&w2, &m.hdr);
    assert_memory_equal(buf, again, sizeof(again));
    assert_int_equal(m.hdr.rcode, DNS_NXDOMAIN);
    assert_false(dns_next_rr(&m, &rr2)); /* the question comes first */
    assert_true(dns_next_question(&m, &q2));
    assert_true(dns_name_eq(&q2.name, &q.name));
    assert_true(dns_next_rr(&m, &rr2));
    assert_int_equal(rr2.ttl_s, 5);
    assert_true(dns_rr_addr(&rr2, &a) && inl_addr_to4(&a) == 0xc0000201);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_is_read),           cmocka_unit_test(compressed_answer_is_read),
        cmocka_unit_test(every_prefix_is_refused), cmocka_unit_test(bad_pointers_are_refused),
        cmocka_unit_test(name_lengths_are_held),   cmocka_unit_test(names_from_text),
        cmocka_unit_test(case_does_not_matter),    cmocka_unit_test(odd_bytes_are_escaped),
        cmocka_unit_test(reverse_names),           cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
