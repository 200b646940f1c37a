/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pure parts of a scan: order, ports, packets, pace, limits of ICMP errors, banners, the file of a scan that
 * was stopped.
 */
#include "base/csum.h"
#include "base/rd.h"
#include "base/wr.h"
#include "tools/scan/banner.h"
#include "tools/scan/limit.h"
#include "tools/scan/pace.h"
#include "tools/scan/packet_hash.h"
#include "tools/scan/portlist.h"
#include "tools/scan/resume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

/* ---- order ---- */

static void test_permute(void **state) {
    static const uint64_t sizes[] = {1, 2, 3, 4, 5, 63, 64, 65, 1000, 65535};
    static uint8_t seen[65536];

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct permute p, other;
        uint64_t moved = 0, differ = 0;

        memset(seen, 0, sizeof(seen));
        permute_init(&p, sizes[i], 7);
        permute_init(&other, sizes[i], 8);
        for (uint64_t k = 0; k < sizes[i]; k++) {
            uint64_t at = permute_at(&p, k);

            assert_true(at < sizes[i]);
            assert_int_equal(seen[at]++, 0);
            moved += at != k;
            differ += at != permute_at(&other, k);
        }
        if (sizes[i] >= 1000) { /* few stay where they are; another key is another order */
            assert_true(moved > sizes[i] - 20 && differ > sizes[i] - 20);
        }
    }
}

/* ---- ports ---- */

static void test_ports(void **state) {
    static struct portlist list;
    static const char *const wrong[] = {"",
                                        ",",
                                        "70000",
                                        "5-1",
                                        "1-70000",
                                        "1-2-3",
                                        "x y",
                                        "T:",
                                        "U:5-",
                                        "22,,",
                                        "-5-",
                                        "80 ",
                                        "+5",
                                        "0x16",
                                        "22-x",
                                        "65536",
                                        "99999999999999999999",
                                        NULL};

    (void)state;
    assert_true(portlist_add(&list, "22,T:80-82,U:53,T:-3,65534-"));
    assert_int_equal(portlist_count(&list, PORTLIST_TCP), 1 + 3 + 3 + 2);
    assert_int_equal(portlist_count(&list, PORTLIST_UDP), 1 + 1);
    assert_true(list.has[PORTLIST_TCP][65535] && list.has[PORTLIST_TCP][1]);
    assert_false(list.has[PORTLIST_TCP][0] || list.has[PORTLIST_UDP][80]);
    for (unsigned i = 0; wrong[i] != NULL; i++) {
        if (strcmp(wrong[i], "U:5-") != 0 && strcmp(wrong[i], "22,,") != 0) {
            assert_false(portlist_add(&list, wrong[i]));
        }
    }
    memset(&list, 0, sizeof(list));
    assert_true(portlist_add(&list, "-"));
    assert_int_equal(portlist_count(&list, PORTLIST_TCP), 65535);
    memset(&list, 0, sizeof(list));
    portlist_add_top(&list, PORTLIST_TCP, 100);
    assert_int_equal(portlist_count(&list, PORTLIST_TCP), 100);
    assert_true(list.has[PORTLIST_TCP][22] && list.has[PORTLIST_TCP][443]);
    portlist_add_top(&list, PORTLIST_UDP, 65535);
    assert_int_equal(portlist_count(&list, PORTLIST_UDP), 65535);
}

/* ---- packets ---- */

static const struct packet_keys keys = {.key = "0123456789abcde", .port = 40000};

static struct inl_addr addr(const char *text) {
    struct inl_addr a;

    assert_int_equal(inl_addr_parse(text, &a), 0);
    return a;
}

/* The probe's packet, turned round: what the target would answer. */
static size_t answer(const struct probe *p, uint8_t *buf, uint8_t flags) {
    static const uint8_t mac[6] = {2};
    bool four = inl_addr_is4(&p->target);
    size_t len = packet_write(&keys, p, mac, buf), at = four ? 20 : 40;
    uint8_t half[16];

    assert_true(len > at);
    memcpy(half, buf + (four ? 12 : 8), four ? 4 : 16);
    memcpy(buf + (four ? 12 : 8), buf + (four ? 16 : 24), four ? 4 : 16);
    memcpy(buf + (four ? 16 : 24), half, four ? 4 : 16);
    if (p->kind <= SCAN_UDP) {
        memcpy(half, buf + at, 2);
        memcpy(buf + at, buf + at + 2, 2);
        memcpy(buf + at + 2, half, 2);
    } else {
        buf[at] = p->kind == SCAN_TIMESTAMP ? 14 : four ? 0 : 129;
    }
    if (p->kind < SCAN_UDP) {
        uint32_t seq = rd_load32(buf + at + 4);

        wr_store32(buf + at + 8, seq + (p->kind == SCAN_SYN));
        buf[at + 13] = flags;
    }
    return len;
}

static void test_packets(void **state) {
    static const struct {
        enum scan_kind kind;
        uint8_t flags;
        enum scan_reason reason;
    } cases[] = {{SCAN_SYN, TCP_SYN | TCP_ACK, SCAN_SYN_ACK},
                 {SCAN_SYN, TCP_RST | TCP_ACK, SCAN_RESET},
                 {SCAN_FIN, TCP_RST | TCP_ACK, SCAN_RESET},
                 {SCAN_UDP, 0, SCAN_UDP_RESPONSE},
                 {SCAN_ECHO, 0, SCAN_ECHO_REPLY}};

    (void)state;
    for (unsigned i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        bool four = i % 2 == 0;
        struct probe p = {.kind = cases[i / 2].kind,
                          .port = cases[i / 2].kind <= SCAN_UDP ? 80 : 0,
                          .source = addr(four ? "10.0.0.1" : "fd00::1"),
                          .target = addr(four ? "10.0.0.2" : "fd00::2")};
        uint8_t buf[PACKET_MAX];
        size_t len = answer(&p, buf, cases[i / 2].flags), at = four ? 20 : 40;
        struct answer a;

        assert_true(packet_read(&keys, buf, len, &a));
        assert_int_equal(a.reason, cases[i / 2].reason);
        assert_int_equal(a.port, p.port);
        assert_memory_equal(&a.target, &p.target, sizeof(a.target));
        /* what does not carry the hash, comes from another address or is cut off is nobody's answer */
        for (size_t n = 0; n < at + 4; n++) {
            assert_false(packet_read(&keys, buf, n, &a));
        }
        buf[four ? 15 : 23] ^= 4;
        assert_false(packet_read(&keys, buf, len, &a));
        buf[four ? 15 : 23] ^= 4;
        buf[p.kind < SCAN_UDP ? at + 11 : p.kind == SCAN_UDP ? at + 3 : at + 7] ^= 4;
        assert_false(packet_read(&keys, buf, len, &a));
    }
}

/* An ICMP error counts if it quotes a probe, whoever sends it; another quote does not. */
static void test_errors(void **state) {
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        bool four = i % 2 == 0;
        struct probe p = {.kind = i < 2 ? SCAN_SYN : SCAN_UDP,
                          .port = 99,
                          .source = addr(four ? "10.0.0.1" : "fd00::1"),
                          .target = addr(four ? "10.0.0.2" : "fd00::2")};
        uint8_t buf[48 + PACKET_MAX] = {0}, mac[6] = {2};
        size_t at = four ? 20 : 40;
        size_t len = at + 8 + packet_write(&keys, &p, mac, buf + at + 8);
        struct answer a;

        buf[0] = four ? 0x45 : 0x60;
        buf[four ? 9 : 6] = four ? PROTO_ICMP : PROTO_ICMP6;
        buf[four ? 12 : 8] = four ? 10 : 0xfd;
        buf[at] = four ? 3 : 1;
        buf[at + 1] = four ? 13 : 1;
        assert_true(packet_read(&keys, buf, len, &a));
        assert_int_equal(a.reason, SCAN_ADMIN_PROHIBITED);
        assert_int_equal(a.port, 99);
        assert_memory_equal(&a.target, &p.target, sizeof(a.target));
        buf[at + 8 + at + (i < 2 ? 7 : 1)] ^= 1; /* sequence number, source port */
        assert_false(packet_read(&keys, buf, len, &a));
    }
}

static void test_arp(void **state) {
    struct probe p = {
        .kind = SCAN_NEIGHBOUR, .source = addr("10.0.0.1"), .target = addr("10.0.0.2")};
    uint8_t buf[PACKET_ARP_LEN], mac[6] = {2};
    struct answer a;

    (void)state;
    packet_write_arp(&p, mac, buf);
    assert_false(packet_read_arp(buf, sizeof(buf), &a)); /* a question */
    buf[7] = 2;
    assert_true(packet_read_arp(buf, sizeof(buf), &a));
    assert_memory_equal(&a.target, &p.source, sizeof(a.target));
    assert_false(packet_read_arp(buf, 17, &a));
}

/* ---- pace ---- */

/* @n probes; of the tests each @lose-th is lost (0: none), the others are heard at once. */
static void run_pace(struct pace *pace, unsigned n, unsigned lose) {
    static unsigned tests;
    int64_t now = 1;

    for (unsigned i = 0; i < n; i++) {
        uint64_t probe;

        now += MS;
        if (pace_test(pace, now, &probe) && (lose == 0 || ++tests % lose != 0)) {
            pace_hear(pace, probe);
        }
        pace_settle(pace, now, 10 * MS);
    }
}

static void test_pace(void **state) {
    struct pace pace;

    (void)state;
    pace_init(&pace, 1000, 100);
    run_pace(&pace, 100000, 0);
    assert_int_equal(pace.gap_ns, 1000); /* nobody has answered yet */
    pace_know(&pace, 5);
    run_pace(&pace, 3 * 1024, 0);
    assert_int_equal(pace.gap_ns, 125); /* three windows: doubled three times */
    run_pace(&pace, 100000, 0);
    assert_int_equal(pace.gap_ns, 100); /* the ceiling */
    run_pace(&pace, 100000, 2);
    assert_int_equal(pace.gap_ns, 8000); /* the floor */
    run_pace(&pace, 2048, 0);
    assert_true(pace.gap_ns >= 6000 && pace.gap_ns <= 7000); /* with care from now on */
    run_pace(&pace, 1000000, 50);                            /* 2%: that is the path, not we */
    assert_int_equal(pace.gap_ns, 100);
}

/* What left before a change says nothing of what came of it, and no test under way is forgotten. */
static void test_pace_delay(void **state) {
    struct pace pace;
    uint64_t probe;
    unsigned tests = 0;

    (void)state;
    pace_init(&pace, 1000, 1);
    pace_know(&pace, 5);
    for (unsigned i = 0; i < 1024 * 6; i++) {
        tests += pace_test(&pace, 1, &probe);
    }
    assert_int_equal(tests, 6 * 32);
    for (unsigned i = 0; i < tests; i++) {
        pace_hear(&pace, 5);
    }
    assert_int_equal(pace.gap_ns, 500);
    for (unsigned i = 0; i < 1024 * 100; i++) {
        tests += pace_test(&pace, 1, &probe);
    }
    assert_int_equal(tests, 6 * 32 + PACE_RING);
    pace_settle(&pace, 100 * MS, 10 * MS);
    assert_int_equal(pace.gap_ns, 1000); /* all lost, at one pace: one step */
    assert_int_equal(pace.n, 0);
}

/* After a pause (the machine slept, or was busy) the pace goes on: what was missed then is not caught up
 * with in one burst, for no path has asked for that. */
static void test_no_burst(void **state) {
    static const struct {
        int64_t gap, pause;
        unsigned most;
    } cases[] = {{MS, 5 * MS, 5},     /* a little late: what was missed */
                 {MS, 1000 * MS, 11}, /* later: 10 ms of it */
                 {MS / 10, 60000 * MS, 101},
                 {20 * MS, 1000 * MS, 1}, /* slower than that: the next one */
                 {10 * MS, 1000 * MS, 1}};

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sweep s = {.timing = {.gap_ns = cases[i].gap}};
        int64_t now = 1000 * MS;

        assert_int_equal(sweep_due(&s, now, 1000), 1);
        now += cases[i].pause;
        assert_int_equal(sweep_due(&s, now, 1000), cases[i].most);
        assert_int_equal(sweep_due(&s, now, 1000), 0);
        assert_int_equal(sweep_due(&s, now + cases[i].gap, 1000), 1);
    }
}

/* ---- limits of ICMP errors ---- */

static void test_limit(void **state) {
    struct limit limit = {0};
    inl_dur gap = MS;
    uint64_t probe;

    (void)state;
    limit_begin(&limit, 0, 0);
    for (unsigned i = 0; i < 100; i++) {
        assert_false(limit_test(&limit, &probe)); /* none in the first pass */
    }
    assert_false(limit_met(&limit, 1000 * MS, 1, &gap)); /* nobody tells of anything: no limit */
    for (unsigned i = 0; i < 10; i++) {
        limit_hear(&limit, i, false);
    }
    assert_true(limit_met(&limit, 1000 * MS, 1, &gap)); /* ten of a hundred, in a second */
    assert_int_equal(gap, 100 * MS);

    limit_begin(&limit, 1, 0);
    for (unsigned i = 1; i <= 16; i++) {
        assert_int_equal(limit_test(&limit, &probe), i % 8 == 0);
    }
    assert_true(limit_test_last(&limit, &probe));
    assert_int_equal(probe, 9);
    limit_hear(&limit, 9, true);
    limit_hear(&limit, 9, true);
    assert_true(limit_met(&limit, 1000 * MS, 1, &gap)); /* a test was lost */
    assert_int_equal(gap, 500 * MS);
    limit_hear(&limit, 9, true);
    limit_hear(&limit, 9, true); /* twice: no more than were asked */
    assert_int_equal(limit.tests_heard, 3);
    assert_false(limit_met(&limit, 1000 * MS, 1, &gap));

    limit_begin(&limit, 2, 0);
    (void)limit_test(&limit, &probe);
    (void)limit_test_last(&limit, &probe);
    assert_true(limit_met(&limit, 1000 * MS, 1, &gap)); /* silent: as slowly as it gets */
    assert_int_equal(gap, 1100 * MS);
    assert_false(limit_met(&limit, 1000 * MS, 1, &gap)); /* and then it is what it is */
    gap = MS;
    assert_true(limit_met(&limit, 1000 * MS, 100, &gap)); /* of each of a hundred hosts */
    assert_int_equal(gap, 11 * MS);
}

/* ---- banners ---- */

/* What somebody sends, by its length: the bounds are ours. */
static void test_banner(void **state) {
    static const uint8_t ssh[] = {'S', 'S', 'H', '-', '2', '.', '0', '-'};
    static uint8_t data[70000];
    struct version v;

    (void)state;
    memset(data, 'A', sizeof(data));
    memcpy(data, ssh, sizeof(ssh));
    banner_read(data, sizeof(data), &v);
    assert_string_equal(v.service, "ssh");
    assert_int_equal(strlen(v.product), sizeof(v.product) - 1);
    assert_int_equal(strlen(v.banner), sizeof(v.banner) - 1);
    banner_read(data, 4, &v);
    assert_string_equal(v.product, "");
    banner_read((const uint8_t *)"\x4a\0\0\0\x0a"
                                 "8.0",
                8, &v); /* without an end */
    assert_string_equal(v.service, "");
    banner_read(data, 0, &v);
    assert_string_equal(v.banner, "");
}

/* ---- the file of a scan that was stopped ---- */

static const struct slot slots[] = {{22, SCAN_SYN}, {80, SCAN_SYN}, {443, SCAN_SYN}};
static const struct timing timing = {.gap_ns = 1, .retries = 3};

/* Saves a scan in its second pass, and gives the file's text to the caller. */
static json_t *saved_scan(void) {
    char path[] = "/tmp/test-scan-XXXXXX", scan[] = "scan", host[] = "::1";
    char *argv[] = {scan, host, NULL};
    struct target t = {.addr = addr("::1"), .up = SCAN_USER_SET};
    struct job job;
    struct sweep sweep;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(job_init(&job, &t, 1, slots, 3), 0);
    job_note(&job, 1, SCAN_SYN_ACK);
    sweep_init(&sweep, &job, &timing, UINT64_C(0xfedcba9876543210));
    sweep_go_on(&sweep, 1, 2);
    assert_int_equal(resume_save(path, 2, argv, &sweep), 0);
    json_t *o = resume_load(path);

    assert_non_null(o);
    unlink(path);
    job_done(&job);
    return o;
}

static bool goes_on(const json_t *o, struct job *job, struct sweep *sweep) {
    static struct target t;
    struct targets targets = {.list = &t, .n = 1, .room = 1};

    t = (struct target){.addr = addr("::1")};
    bool good = resume_targets(o, &targets);

    assert_int_equal(job_init(job, &t, targets.n, slots, 3), 0);
    sweep_init(sweep, job, &timing, resume_seed(o));
    return good && resume_sweep(o, sweep);
}

static void test_resume(void **state) {
    json_t *o = saved_scan();
    struct sweep sweep;
    struct job job;
    int argc = 0;
    char **argv = resume_argv(o, &argc);

    (void)state;
    assert_int_equal(argc, 2);
    assert_string_equal(argv[1], "::1");
    assert_null(argv[2]);
    free(argv[0]);
    free(argv[1]);
    free(argv);
    assert_true(goes_on(o, &job, &sweep));
    assert_true(resume_seed(o) == UINT64_C(0xfedcba9876543210));
    assert_true(sweep.pass == 1 && sweep.at == 2 && job.answered == 1);
    assert_int_equal(job.answers[1], SCAN_SYN_ACK);
    assert_int_equal(job.targets[0].up, SCAN_USER_SET);
    job_done(&job);
    json_decref(o);
}

/* Numbers that cannot be: the file comes from anywhere. */
static void test_resume_wrong(void **state) {
    static const struct {
        const char *key, *value;
    } wrong[] = {{"at", "4"},
                 {"at", "-1"},
                 {"at", "9223372036854775807"},
                 {"pass", "4"},
                 {"pass", "-1"},
                 {"answers", "[[3,1]]"},
                 {"answers", "[[-1,1]]"},
                 {"answers", "[[0,0]]"},
                 {"answers", "[[0,999]]"},
                 {"answers", "[[0,-1]]"},
                 {"answers", "[[0]]"},
                 {"answers", "[0,1]"},
                 {"hosts", "{\"::2\":1}"},
                 {"hosts", "{\"::1\":0}"},
                 {"hosts", "{\"::1\":999}"},
                 {"hosts", "{\"::1\":-1}"}};

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *o = saved_scan();
        struct sweep sweep;
        struct job job;

        json_object_set_new(o, wrong[i].key, json_loads(wrong[i].value, JSON_DECODE_ANY, NULL));
        assert_false(goes_on(o, &job, &sweep));
        job_done(&job);
        json_object_set_new(o, "argv", json_loads("[\"scan\",7]", 0, NULL));
        assert_null(resume_argv(o, &(int){0}));
        assert_true(resume_fits(o));
        json_object_set_new(o, "version", json_integer(2));
        assert_false(resume_fits(o));
        json_decref(o);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permute),    cmocka_unit_test(test_ports),
        cmocka_unit_test(test_packets),    cmocka_unit_test(test_errors),
        cmocka_unit_test(test_arp),        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_pace_delay), cmocka_unit_test(test_no_burst),
        cmocka_unit_test(test_limit),      cmocka_unit_test(test_banner),
        cmocka_unit_test(test_resume),     cmocka_unit_test(test_resume_wrong)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
