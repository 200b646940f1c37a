/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_lab_line.c - what stands around a packet of a lab
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/decode/lab_line.h"

#include <string.h>

static struct decode decoder;

/* 10.0.0.1 > 10.0.0.2, an echo request without data */
static const uint8_t frame[] = {
    2,    0, 0,    0,    0, 2, 2, 0, 0,  0, 0,    1,    8,  0,                    /* Ethernet */
    0x45, 0, 0,    28,   0, 0, 0, 0, 64, 1, 0x66, 0xdf, 10, 0, 0, 1, 10, 0, 0, 2, /* IP */
    8,    0, 0xf7, 0xfd, 0, 1, 0, 1,
};
#define TEXT "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8"
#define BYTES                                                                                      \
    "\n\t0x0000:  4500 001c 0000 0000 4001 66df 0a00 0001"                                         \
    "\n\t0x0010:  0a00 0002 0800 f7fd 0001 0001"

static void expect_frame(const struct inl_world_frame *f, bool colour, const char *want) {
    char buf[1024];

    decode_init(&decoder, &lab_line_options);
    size_t n = lab_line_frame(&decoder, f, "client", f->now.ns, colour, buf, sizeof(buf));

    buf[n] = '\0';
    assert_string_equal(buf, want);
}

static struct inl_world_frame a_frame(void) {
    return (struct inl_world_frame){.now = {20113 * INL_US},
                                    .data = frame,
                                    .len_bytes = sizeof(frame),
                                    .cause = INL_CAUSE_ECHO_REQUEST};
}

static void cause_and_fate_stand_behind(void **state) {
    struct inl_world_frame f = a_frame();

    (void)state;
    expect_frame(&f, false, "0.020113 client   " TEXT "  <- the application asks for an echo");
    f.corrupted = f.duplicated = f.reordered = true;
    f.fate = INL_DROP_WORLD_LOSS;
    expect_frame(&f, false,
                 "0.020113 client   " TEXT "  <- the application asks for an echo [corrupted] "
                 "[duplicated] [reordered] [dropped: lost by the simulated link]");
    f = a_frame();
    f.cause = INL_CAUSE_NONE;
    expect_frame(&f, false, "0.020113 client   " TEXT "  <- came from beyond the lab");
}

static void colours_mean_something_and_end(void **state) {
    struct inl_world_frame f = a_frame();

    (void)state;
    expect_frame(&f, true,
                 "\033[2m0.020113\033[0m \033[36mclient\033[0m   " TEXT
                 "  <- the application asks for an echo");
    f.cause = INL_CAUSE_TCP_RTX_RTO;
    f.fate = INL_DROP_WORLD_LOSS;
    expect_frame(
        &f, true,
        "\033[2m0.020113\033[0m \033[36mclient\033[0m   " TEXT
        "\033[33m  <- retransmission: timer expired (RTO)\033[0m\033[31m [dropped: lost by "
        "the simulated link]\033[0m");
}

/* What nobody knows is dumped by a sniffer, in lines of its own. */
static void a_frame_is_one_line(void **state) {
    static const uint8_t unknown[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x99, 0x99, 1, 2, 3};
    static const uint8_t hardware[14 + 28] = {2, 0, 0, 0,    0,    2,    2,    0, 0, 0, 0,
                                              1, 8, 6, 0xbe, 0x01, 0x08, 0x00, 6, 4, 0, 0};
    struct inl_world_frame f = a_frame();

    (void)state;
    f.data = hardware;
    f.len_bytes = sizeof(hardware);
    expect_frame(&f, false,
                 "0.020113 client   ARP, Unknown (0)  <- the application asks for an echo");
    f.data = unknown;
    f.len_bytes = sizeof(unknown);
    expect_frame(&f, false,
                 "0.020113 client   02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown "
                 "(0x9999), length 17  <- the application asks for an echo");
}

static void expect_line(const struct decode_options *o, const uint8_t *data, size_t n,
                        const struct lab_line *l, const char *want) {
    struct capfile_packet p = lab_packet(INL_LINK_ETHERNET, data, n);
    char buf[1024];

    decode_init(&decoder, o);
    size_t len = lab_line(&decoder, &p, l, buf, sizeof(buf));

    buf[len] = '\0';
    assert_string_equal(buf, want);
}

static void bytes_follow_what_is_known(void **state) {
    struct decode_options o = {.numeric = true, .hex = 1};
    struct lab_line l = {.reason = "a comment", .owner = "12/ping"};

    (void)state;
    expect_line(&o, frame, sizeof(frame), &l, TEXT "  <- a comment  [12/ping]" BYTES);
    l = (struct lab_line){.sender = "a-long-name"};
    expect_line(&o, frame, sizeof(frame), &l, "a-long-name " TEXT BYTES);
}

/* Every size of buffer: nothing beyond it is touched, and what is there begins the whole line. */
static void no_buffer_is_too_small(void **state) {
    const struct inl_world_frame f = a_frame();

    (void)state;
    decode_init(&decoder, &lab_line_options);
    for (size_t cap = 1; cap < 400; cap++) {
        char *buf = test_malloc(cap);

        assert_true(lab_line_frame(&decoder, &f, "client", 0, true, buf, cap) <= cap);
        test_free(buf);
    }
}

/* lab_line() finds the fate by its bracket. */
static void no_cause_looks_like_a_fate(void **state) {
    (void)state;
    for (unsigned i = 0; i < INL_CAUSE_MAX; i++) {
        assert_null(strstr(inl_cause_text((enum inl_cause)i), " ["));
        assert_true(strlen(inl_cause_text((enum inl_cause)i)) < LAB_REASON_MAX / 2);
    }
    for (unsigned i = 0; i < INL_DROP_MAX; i++) {
        assert_true(strlen(inl_drop_text((enum inl_drop)i)) < LAB_REASON_MAX / 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cause_and_fate_stand_behind),
        cmocka_unit_test(colours_mean_something_and_end),
        cmocka_unit_test(a_frame_is_one_line),
        cmocka_unit_test(bytes_follow_what_is_known),
        cmocka_unit_test(no_buffer_is_too_small),
        cmocka_unit_test(no_cause_looks_like_a_fate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
