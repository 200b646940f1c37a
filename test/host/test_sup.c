/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sup.c - parts of the supervisor that need no program: control data of any length, and when
 * it looks after its calls
 */
#include "host/sup.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A call that waits costs a look now and then, not all the time. */
static void test_sweep(void **state) {
    static struct sup sup;
    static struct call waiting = {.deadline = {INT64_MAX}};
    const inl_time now = {5 * INL_S};

    (void)state;
    waiting.deadline = INL_TIME_NEVER;
    sup.calls.next = &sup.calls;
    sup.calls.prev = &sup.calls;
    assert_true(inl_time_is_never(notify_deadline(&sup, now)));
    notify_sweep(&sup, now);
    sup.calls.next = &waiting;
    sup.calls.prev = &waiting;
    waiting.next = &sup.calls;
    waiting.prev = &sup.calls;
    inl_dur left = inl_time_sub(notify_deadline(&sup, now), now);

    assert_true(left >= 100 * INL_MS && left <= INL_S);
    waiting.deadline = inl_time_add(now, INL_MS);
    assert_true(inl_time_sub(notify_deadline(&sup, now), now) == INL_MS);
}

/* Every length that an element of control data can claim, over every length of all of it: taken or
 * refused, and never read beyond (the buffer is as long as what is there, for sanitizers). */
static void test_control_lengths(void **state) {
    static const struct {
        int level, type;
        size_t len; /* what is taken */
    } kinds[] = {
        {IPPROTO_IP, IP_TTL, sizeof(int)},
        {IPPROTO_IP, IP_TOS, 1},
        {IPPROTO_IP, IP_PKTINFO, sizeof(struct in_pktinfo)},
        {IPPROTO_IP, IP_RETOPTS, PROTO_IPOPTS_MAX},
        {IPPROTO_IPV6, IPV6_HOPLIMIT, sizeof(int)},
        {IPPROTO_IPV6, IPV6_TCLASS, sizeof(int)},
        {IPPROTO_IPV6, IPV6_PKTINFO, sizeof(struct in6_pktinfo)},
        {IPPROTO_IPV6, IPV6_HOPOPTS, 0},
        {IPPROTO_IPV6, IPV6_DSTOPTS, 16},
    };
    static const size_t huge[] = {SIZE_MAX,        SIZE_MAX - 7, SIZE_MAX - 15,
                                  (size_t)1 << 63, UINT32_MAX,   INT32_MAX};

    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (size_t total = 0; total <= 64; total++) {
            for (size_t claim = 0; claim <= 70 + sizeof(huge) / sizeof(huge[0]); claim++) {
                struct cmsghdr c = {.cmsg_len = claim <= 70 ? claim : huge[claim - 71],
                                    .cmsg_level = kinds[k].level,
                                    .cmsg_type = kinds[k].type};
                uint8_t *buf = test_malloc(total > 0 ? total : 1);
                uint8_t ext[INL_IP6_EXT_MAX_BYTES];
                struct proto_msg msg = {0};

                memset(buf, 0, total);
                if (total > CMSG_LEN(0)) {
                    buf[CMSG_LEN(0)] = 1; /* a TTL must not be zero */
                }
                if (total > CMSG_LEN(1)) {
                    buf[CMSG_LEN(1)] = kinds[k].type == IPV6_DSTOPTS; /* so many units more */
                }
                memcpy(buf, &c, total < sizeof(c) ? total : sizeof(c));
                int err = cmsg_to_send(buf, total, &msg, ext);

                if (total < sizeof(c)) {
                    assert_int_equal(err, 0); /* too short for any */
                } else if (c.cmsg_len < sizeof(c) || c.cmsg_len > total) {
                    assert_int_equal(err, -EINVAL);
                } else if (c.cmsg_len == CMSG_LEN(kinds[k].len) &&
                           total - CMSG_ALIGN(c.cmsg_len) < sizeof(c)) {
                    assert_int_equal(err, 0);
                }
                test_free(buf);
            }
        }
    }
}

/* What goes back of options that came: of any length, from anybody. */
static void test_echo_options(void **state) {
    static const uint8_t mixed[] = {1,  7, 7, 8, 10, 0, 0, 1, 148, 4, 0, 0,
                                    68, 8, 9, 0, 1,  2, 3, 4, 0,   7, 7, 7};
    static const uint8_t back[] = {7, 7, 8, 10, 0, 0, 1, 68, 8, 9, 0, 1, 2, 3, 4, 0};
    uint8_t out[PROTO_IPOPTS_MAX], *in;

    (void)state;
    assert_int_equal(cmsg_echo_options(mixed, sizeof(mixed), out), sizeof(back));
    assert_memory_equal(out, back, sizeof(back));
    for (size_t len = 0; len <= PROTO_IPOPTS_MAX; len++) {
        for (unsigned claim = 0; claim < 256; claim++) {
            in = test_malloc(len > 0 ? len : 1);
            memset(in, IPOPT_NOP, len);
            for (size_t at = 0; at + 1 < len; at += 5) {
                in[at] = IPOPT_RR;
                in[at + 1] = (uint8_t)claim;
            }
            assert_true(cmsg_echo_options(in, len, out) <= ((len + 3) & ~(size_t)3));
            test_free(in);
        }
    }
}

/* Of all values a message can carry, only possible ones travel on. */
static void test_control_values(void **state) {
    static const struct {
        int level, type, value, err;
    } cases[] = {
        {IPPROTO_IP, IP_TTL, 0, -EINVAL},          {IPPROTO_IP, IP_TTL, 255, 0},
        {IPPROTO_IP, IP_TTL, 256, -EINVAL},        {IPPROTO_IP, IP_TTL, -1, -EINVAL},
        {IPPROTO_IP, IP_TOS, 256, -EINVAL},        {IPPROTO_IP, IP_TOS, -1, -EINVAL},
        {IPPROTO_IP, IP_HDRINCL, 1, -EINVAL},      {IPPROTO_IPV6, IPV6_HOPLIMIT, -2, -EINVAL},
        {IPPROTO_IPV6, IPV6_HOPLIMIT, -1, 0},      {IPPROTO_IPV6, IPV6_HOPLIMIT, 256, -EINVAL},
        {IPPROTO_IPV6, IPV6_TCLASS, 256, -EINVAL}, {SOL_SOCKET, SCM_RIGHTS, 1, -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct cmsghdr c = {CMSG_LEN(sizeof(int)), cases[i].level, cases[i].type};
        uint8_t buf[CMSG_SPACE(sizeof(int))] = {0}, ext[INL_IP6_EXT_MAX_BYTES];
        struct proto_msg msg = {0};

        memcpy(buf, &c, sizeof(c));
        memcpy(buf + CMSG_LEN(0), &cases[i].value, sizeof(int));
        assert_int_equal(cmsg_to_send(buf, sizeof(buf), &msg, ext), cases[i].err);
        assert_true(msg.arg[0] >= 0 && msg.arg[0] <= 255 && msg.arg[1] >= 0 && msg.arg[1] <= 256);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_control_lengths),
        cmocka_unit_test(test_control_values),
        cmocka_unit_test(test_echo_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
