/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_dump_line.c - the line that the dump prints for a packet
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/dump_line.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 10.0.0.1 > 10.0.0.2, an echo request without data */
static const uint8_t packet[] = {
    0x45, 0, 0,  28, 0, 0, 0, 0, 64,   1,    0x66, 0xdf, 10, 0,
    0,    1, 10, 0,  0, 2, 8, 0, 0xf7, 0xfd, 0,    1,    0,  1,
};
#define PACKET_TEXT "10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8"

static void expect(const struct dump_frame *f, bool colour, const char *want) {
    char buf[DUMP_LINE_MAX];
    struct text t = text_init(buf, sizeof(buf));

    dump_line(&t, f, colour);
    assert_string_equal(buf, want);
}

static void expect_reason(const struct dump_frame *f, const char *want) {
    char buf[DUMP_LINE_MAX];
    struct text t = text_init(buf, sizeof(buf));

    dump_reason(&t, f);
    assert_string_equal(buf, want);
}

static void a_trace_becomes_a_line(void **state) {
    struct inl_trace trace = {
        .kind = INL_TRACE_TX,
        .now = {5 * INL_S + 20113 * INL_US},
        .frame = INL_LINK_IP,
        .data = packet,
        .len_bytes = sizeof(packet),
        .cause = INL_CAUSE_ECHO_REQUEST,
        .drop = INL_DROP_NO_SOCKET, /* means nothing when sending */
    };
    inl_time start = {5 * INL_S};
    struct dump_frame f = dump_frame_of_trace(&trace, NULL, start);

    (void)state;
    expect(&f, false, "0.020113 out      " PACKET_TEXT "  <- the application asks for an echo");
    trace.kind = INL_TRACE_RX;
    f = dump_frame_of_trace(&trace, NULL, start);
    expect(&f, false, "0.020113 in       " PACKET_TEXT " [dropped: nobody listens on the port]");
    trace.drop = INL_DROP_NONE;
    f = dump_frame_of_trace(&trace, "a-long-name", start);
    expect(&f, false, "0.020113 a-long-name " PACKET_TEXT);
    expect_reason(&f, "");
}

static void a_world_frame_becomes_a_line(void **state) {
    uint8_t frame[14 + sizeof(packet)] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
    struct inl_world_frame wf = {
        .now = {INL_MS},
        .data = frame,
        .len_bytes = sizeof(frame),
        .cause = INL_CAUSE_ECHO_REQUEST,
        .fate = INL_DROP_WORLD_LOSS,
        .corrupted = true,
        .duplicated = true,
        .reordered = true,
    };
    struct dump_frame f;

    (void)state;
    memcpy(frame + 14, packet, sizeof(packet));
    f = dump_frame_of_world(&wf, "client", (inl_time){0});
    expect(&f, false,
           "0.001000 client   " PACKET_TEXT "  <- the application asks for an echo [corrupted] "
           "[duplicated] [reordered] [dropped: lost by the simulated link]");
    expect_reason(&f, "the application asks for an echo [corrupted] [duplicated] [reordered] "
                      "[dropped: lost by the simulated link]");
    f.cause = INL_CAUSE_NONE;
    f.duplicated = f.reordered = false;
    f.drop = INL_DROP_NONE;
    expect_reason(&f, "[corrupted]");
}

static void colours_are_closed(void **state) {
    struct dump_frame f = {
        .who = "c",
        .kind = INL_LINK_IP,
        .data = packet,
        .len_bytes = sizeof(packet),
        .cause = INL_CAUSE_TCP_RTX_RTO,
        .drop = INL_DROP_WORLD_LOSS,
    };

    (void)state;
    expect(&f, true,
           "\033[2m0.000000\033[0m\033[1m c       \033[0m " PACKET_TEXT
           "\033[33m  <- retransmission: timer expired (RTO)\033[31m [dropped: lost by the "
           "simulated link]\033[0m");
}

static void colour_needs_a_terminal(void **state) {
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_false(dump_wants_colour(fds[1]));
    close(fds[0]);
    close(fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_becomes_a_line),
        cmocka_unit_test(a_world_frame_becomes_a_line),
        cmocka_unit_test(colours_are_closed),
        cmocka_unit_test(colour_needs_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
