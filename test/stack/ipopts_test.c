/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipopts_test.c - IP options of messages: up to the program and down from it (RFC 1122 4.1.3.2)
 */
#include "rig.h"

#define PORT 7000

/* Record route for two, and one octet of padding that is IP's to add. */
static const uint8_t route[] = {7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t stamp[] = {68, 8, 5, 0, 0, 0, 0, 0};

struct wire {
    uint8_t b[2048];
    size_t len;
};

static void catch (struct rig *r, struct wire *w) {
    struct inl_tx_frame tx = {.data = w->b, .cap_bytes = sizeof(w->b)};

    assert_int_equal(inl_tx(r->host[0], r->link[0], &tx, 1, r->now), 1);
    w->len = tx.len_bytes;
}

static void deliver(struct rig *r, const struct wire *w) {
    const struct inl_rx_frame rx = {.data = w->b, .len_bytes = w->len};

    inl_rx(r->host[1], r->link[1], &rx, 1, r->now);
}

static void begin(struct rig *r, inl_sock *ret_from, inl_sock *ret_to) {
    const struct inl_sockaddr to = at("10.0.0.2", PORT);

    rig_init(r);
    *ret_from = inl_socket(r->host[0], INL_AF_INET, INL_SOCK_DGRAM);
    *ret_to = inl_socket(r->host[1], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_bind(r->host[1], *ret_to, &to), 0);
    assert_int_equal(inl_connect(r->host[0], *ret_from, &to), 0);
}

/* The options of the next message, in so much room. */
static size_t take(struct rig *r, inl_sock s, uint8_t *opts, size_t room) {
    uint8_t b[16];
    struct inl_msg msg = {.buf = b, .len_bytes = sizeof(b), .opts = opts, .opts_len = room};

    assert_int_equal(inl_recvmsg(r->host[1], s, &msg, 0), 4);
    assert_memory_equal(b, "text", 4);
    return msg.opts_len;
}

/* inl_recvfrom() has no place for options; what lay on the stack before must not become one. */
static int64_t recv_with_dirt(struct rig *r, inl_sock s) {
    volatile uint8_t dirt[4096];
    struct inl_sockaddr from;
    uint8_t b[16];

    for (size_t i = 0; i < sizeof(dirt); i++) {
        dirt[i] = 0x5a;
    }
    return inl_recvfrom(r->host[1], s, b, sizeof(b), 0, &from, NULL);
}

static void test_of_socket(void **state) {
    uint8_t got[40];
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    assert_int_equal(inl_set_ip_options(r.host[0], a, route, sizeof(route)), 0);
    assert_int_equal(inl_get_ip_options(r.host[0], a, got, sizeof(got)), sizeof(route));
    assert_memory_equal(got, route, sizeof(route));
    assert_int_equal(inl_get_ip_options(r.host[0], a, NULL, 0), sizeof(route));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(inl_send(r.host[0], a, "text", 4, 0), 4);
        catch (&r, &w);
        assert_int_equal(w.b[0], 0x48);
        assert_memory_equal(w.b + 20, route, sizeof(route));
        assert_int_equal(w.b[31], 0);
        assert_int_equal(w.len, 32 + 8 + 4);
        deliver(&r, &w);
    }
    memset(got, 0xee, sizeof(got));
    assert_int_equal(take(&r, b, got, sizeof(got)), 12);
    assert_memory_equal(got, route, sizeof(route));
    assert_int_equal(got[11], 0);
    assert_int_equal(got[12], 0xee);
    memset(got, 0xee, sizeof(got));
    assert_int_equal(take(&r, b, got, 5), 5); /* no more than there is room for */
    assert_int_equal(got[5], 0xee);
    assert_int_equal(take(&r, b, NULL, 7), 7); /* nobody wants them */
    deliver(&r, &w);
    assert_int_equal(recv_with_dirt(&r, b), 4);
    assert_int_equal(inl_set_ip_options(r.host[0], a, NULL, 0), 0);
    assert_int_equal(inl_send(r.host[0], a, "text", 4, 0), 4);
    catch (&r, &w);
    assert_int_equal(w.b[0], 0x45);
    deliver(&r, &w);
    assert_int_equal(take(&r, b, got, sizeof(got)), 0);
    rig_done(&r);
}

static void test_of_message(void **state) {
    uint8_t opts[sizeof(stamp)];
    struct inl_msg msg = {.buf = (char[]){"text"}, .len_bytes = 4, .tos = -1};
    uint8_t got[40];
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    memcpy(opts, stamp, sizeof(stamp));
    assert_int_equal(inl_set_ip_options(r.host[0], a, route, sizeof(route)), 0);
    msg.opts = opts;
    msg.opts_len = sizeof(opts);
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), 4);
    catch (&r, &w);
    assert_int_equal(w.b[0], 0x47);
    deliver(&r, &w);
    assert_int_equal(take(&r, b, got, sizeof(got)), sizeof(stamp));
    assert_memory_equal(got, stamp, sizeof(stamp));
    msg.opts_len = 0; /* none this time */
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), 4);
    catch (&r, &w);
    assert_int_equal(w.b[0], 0x45);
    msg.opts = NULL; /* the socket's */
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), 4);
    catch (&r, &w);
    assert_int_equal(w.b[0], 0x48);
    rig_done(&r);
}

/* Options count against what a packet can be, and a path can take. */
static void test_lengths(void **state) {
    static uint8_t big[65535];
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_MTU_DISCOVER, INL_PMTUD_DO), 0);
    assert_int_equal(inl_set_ip_options(r.host[0], a, route, sizeof(route)), 0);
    assert_int_equal(inl_send(r.host[0], a, big, 1500 - 32 - 8 + 1, 0), -EMSGSIZE);
    assert_int_equal(inl_send(r.host[0], a, big, 1500 - 32 - 8, 0), 1500 - 32 - 8);
    catch (&r, &w);
    assert_int_equal(w.len, 1500);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_MTU_DISCOVER, INL_PMTUD_DONT), 0);
    assert_int_equal(inl_send(r.host[0], a, big, 65535 - 32 - 8 + 1, 0), -EMSGSIZE);
    assert_int_equal(inl_send(r.host[0], a, big, 65535 - 32 - 8, 0), 65535 - 32 - 8);
    rig_done(&r);
}

static void test_refused(void **state) {
    static const uint8_t loose[] = {131, 7, 4, 10, 0, 0, 9};
    static const uint8_t broken[] = {7, 40, 4, 0};
    uint8_t many[41] = {1};
    struct inl_msg msg = {.buf = many, .len_bytes = 4, .tos = -1, .opts = many, .opts_len = 41};
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    memset(many, 1, sizeof(many));
    assert_int_equal(inl_set_ip_options(r.host[0], a, route, sizeof(route)), 0);
    assert_int_equal(inl_set_ip_options(r.host[0], a, loose, sizeof(loose)), -EINVAL);
    assert_int_equal(inl_set_ip_options(r.host[0], a, broken, sizeof(broken)), -EINVAL);
    assert_int_equal(inl_set_ip_options(r.host[0], a, many, 41), -EINVAL);
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), -EINVAL);
    assert_int_equal(inl_get_ip_options(r.host[0], a, NULL, 0), sizeof(route)); /* as it was */
    assert_int_equal(inl_set_ip_options(r.host[0], a, many, 40), 0);
    assert_int_equal(inl_send(r.host[0], a, "text", 4, 0), 4);
    catch (&r, &w);
    assert_int_equal(w.b[0], 0x4f);

    inl_sock tcp = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_set_ip_options(r.host[0], tcp, route, sizeof(route)), -EINVAL);
    assert_int_equal(inl_get_ip_options(r.host[0], tcp, NULL, 0), 0);
    assert_int_equal(inl_set_ip_options(r.host[0], -1, NULL, 0), -EBADF);
    rig_done(&r);
}

/* They are IPv4's: to a peer of IPv6 the same socket sends none. Ping sends them, too. */
static void test_others(void **state) {
    const struct inl_sockaddr six = at("fd00::2", 9), four = at("10.0.0.2", 0);
    static const uint8_t echo[8] = {8};
    struct wire w;
    struct rig r;

    (void)state;
    rig_init(&r);
    inl_sock u = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_DGRAM);
    inl_sock p = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_PING);

    assert_int_equal(inl_set_ip_options(r.host[0], u, route, sizeof(route)), 0);
    assert_int_equal(inl_sendto(r.host[0], u, "text", 4, 0, &six), 4);
    catch (&r, &w);
    assert_int_equal(w.len, 40 + 8 + 4);
    assert_int_equal(inl_set_ip_options(r.host[0], p, route, sizeof(route)), 0);
    assert_int_equal(inl_sendto(r.host[0], p, echo, sizeof(echo), 0, &four), sizeof(echo));
    catch (&r, &w);
    assert_int_equal(w.b[0], 0x48);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_socket), cmocka_unit_test(test_of_message),
        cmocka_unit_test(test_lengths),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
