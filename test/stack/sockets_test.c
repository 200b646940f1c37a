/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockets_test.c - the socket API: handles, bind, listen, accept, connect
 *
 * What each call answers in each situation, as socket.h says. What TCP does on the wire is the
 * packet scripts' business.
 */
#include "rig.h"

/* ---- handles ---- */

static void check_all_badf(struct inl_stack *st, inl_sock s) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    struct inl_sockaddr sa;
    struct inl_tcp_info info;
    struct inl_piece pieces[2];
    int64_t v;
    char b[4];

    assert_int_equal(inl_bind(st, s, &to), -EBADF);
    assert_int_equal(inl_listen(st, s, 1), -EBADF);
    assert_int_equal(inl_connect(st, s, &to), -EBADF);
    assert_int_equal(inl_accept(st, s, NULL), -EBADF);
    assert_int_equal(inl_send(st, s, "x", 1, 0), -EBADF);
    assert_int_equal(inl_sendto(st, s, "x", 1, 0, &to), -EBADF);
    assert_int_equal(inl_recv(st, s, b, 4, 0), -EBADF);
    assert_int_equal(inl_recvfrom(st, s, b, 4, 0, NULL, NULL), -EBADF);
    assert_int_equal(inl_recv_loan(st, s, pieces), -EBADF);
    assert_int_equal(inl_recv_done(st, s, 0), -EBADF);
    assert_int_equal(inl_send_loan(st, s, pieces), -EBADF);
    assert_int_equal(inl_send_commit(st, s, 0), -EBADF);
    assert_int_equal(inl_shutdown(st, s, INL_SHUT_WR), -EBADF);
    assert_int_equal(inl_close(st, s), -EBADF);
    assert_int_equal(inl_setsockopt(st, s, INL_OPT_REUSEADDR, 1), -EBADF);
    assert_int_equal(inl_getsockopt(st, s, INL_OPT_ERROR, &v), -EBADF);
    assert_int_equal(inl_getsockname(st, s, &sa), -EBADF);
    assert_int_equal(inl_getpeername(st, s, &sa), -EBADF);
    assert_int_equal(inl_set_owner(st, s, 1), -EBADF);
    assert_int_equal(inl_poll(st, s), -EBADF);
    assert_int_equal(inl_tcp_info(st, s, &info), -EBADF);
}

static void test_stale_handles(void **state) {
    struct rig r;
    inl_sock s, again;

    (void)state;
    rig_init(&r);
    check_all_badf(r.host[0], -1);
    check_all_badf(r.host[0], 0);
    check_all_badf(r.host[0], INT64_MAX);
    check_all_badf(r.host[0], INT64_MIN);
    s = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    check_all_badf(r.host[0], s ^ 1);
    check_all_badf(r.host[0], s ^ ((int64_t)1 << 32));
    check_all_badf(r.host[0], s + 64); /* a place in a page that is not there */
    assert_int_equal(inl_close(r.host[0], s), 0);
    check_all_badf(r.host[0], s);
    again = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM); /* takes the same place */
    assert_int_not_equal(again, s);
    check_all_badf(r.host[0], s);
    assert_int_equal(inl_close(r.host[0], again), 0);
    rig_done(&r);
}

static void test_many_handles(void **state) {
    enum { N = 1000 };
    static inl_sock s[N];
    struct inl_stats before, after;
    struct rig r;

    (void)state;
    rig_init(&r);
    inl_stats_get(r.host[0], &before);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            s[i] = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
            assert_true(s[i] >= 0);
            assert_int_equal(inl_set_owner(r.host[0], s[i], (uint64_t)i), 0);
        }
        assert_int_equal(inl_sockets_snapshot(r.host[0], NULL, 0), N);
        for (int i = 0; i < N; i += 2) { /* holes in every page, filled again */
            assert_int_equal(inl_close(r.host[0], s[i]), 0);
        }
        for (int i = 0; i < N; i += 2) {
            inl_sock t = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_DGRAM);

            assert_true(t >= 0 && t != s[i]);
            check_all_badf(r.host[0], s[i]);
            s[i] = t;
        }
        for (int i = 0; i < N; i++) {
            assert_int_equal(inl_close(r.host[0], s[i]), 0);
        }
        inl_stats_get(r.host[0], &after);
        assert_int_equal(after.mem_used_bytes, before.mem_used_bytes);
    }
    rig_done(&r);
}

static void test_socket_limits(void **state) {
    struct inl_config config;
    inl_sock s[3];
    struct rig r;

    (void)state;
    rig_config(&config);
    config.max_sockets = 2;
    rig_init_with(&r, &config);
    assert_int_equal(inl_socket(r.host[0], (enum inl_family)5, INL_SOCK_STREAM), -EAFNOSUPPORT);
    assert_int_equal(inl_socket(r.host[0], INL_AF_INET, (enum inl_sock_type)3), -EPROTONOSUPPORT);
    s[0] = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    s[1] = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_DGRAM);
    assert_int_equal(inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM), -EMFILE);
    inl_close(r.host[0], s[0]);
    s[2] = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_true(s[2] >= 0);
    rig_done(&r);
}

/* ---- bind, names ---- */

static int bind_to(struct rig *r, inl_sock s, const char *addr, uint16_t port) {
    const struct inl_sockaddr sa = at(addr, port);

    return inl_bind(r->host[0], s, &sa);
}

static void test_bind(void **state) {
    struct inl_sockaddr name;
    inl_sock a, b, six;
    struct rig r;

    (void)state;
    rig_init(&r);
    for (int type = INL_SOCK_STREAM; type <= INL_SOCK_DGRAM; type++) {
        a = inl_socket(r.host[0], INL_AF_INET, (enum inl_sock_type)type);
        b = inl_socket(r.host[0], INL_AF_INET, (enum inl_sock_type)type);
        six = inl_socket(r.host[0], INL_AF_INET6, (enum inl_sock_type)type);
        assert_int_equal(inl_getsockname(r.host[0], a, &name), 0);
        assert_true(inl_addr_is4(&name.addr) && inl_addr_is_any(&name.addr) && name.port == 0);
        assert_int_equal(bind_to(&r, a, "10.0.0.99", 80), -EADDRNOTAVAIL);
        assert_int_equal(bind_to(&r, a, "224.0.0.1", 80), -EADDRNOTAVAIL);
        assert_int_equal(bind_to(&r, a, "fd00::1", 80), -EAFNOSUPPORT);
        assert_int_equal(bind_to(&r, a, "10.0.0.1", 80), 0);
        assert_int_equal(bind_to(&r, a, "10.0.0.1", 81), -EINVAL);
        assert_int_equal(inl_getsockname(r.host[0], a, &name), 0);
        assert_true(is_addr(&name, "10.0.0.1") && name.port == 80);
        assert_int_equal(inl_getpeername(r.host[0], a, &name), -ENOTCONN);
        assert_int_equal(bind_to(&r, b, "0.0.0.0", 80), -EADDRINUSE);
        assert_int_equal(bind_to(&r, six, "::", 80), -EADDRINUSE);
        assert_int_equal(inl_setsockopt(r.host[0], six, INL_OPT_V6ONLY, 1), 0);
        assert_int_equal(bind_to(&r, six, "::ffff:10.0.0.1", 81), -EAFNOSUPPORT);
        assert_int_equal(bind_to(&r, six, "::", 80), 0);
        assert_int_equal(inl_setsockopt(r.host[0], six, INL_OPT_V6ONLY, 0), -EINVAL);
        assert_int_equal(bind_to(&r, b, "127.0.0.1", 0), 0);
        assert_int_equal(inl_getsockname(r.host[0], b, &name), 0);
        assert_in_range(name.port, 49152, 65535);
        assert_int_equal(inl_close(r.host[0], a), 0);
        a = inl_socket(r.host[0], INL_AF_INET, (enum inl_sock_type)type);
        assert_int_equal(bind_to(&r, a, "10.0.0.1", 80), 0); /* the port is free again */
        assert_int_equal(inl_close(r.host[0], a), 0);
        assert_int_equal(inl_close(r.host[0], b), 0);
        assert_int_equal(inl_close(r.host[0], six), 0);
    }
    rig_done(&r);
}

/* ---- listen, accept ---- */

static void test_listen(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    struct inl_sockaddr name;
    inl_sock l, other, udp;
    int64_t v;
    struct rig r;

    (void)state;
    rig_init(&r);
    l = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_accept(r.host[0], l, NULL), -EINVAL);
    assert_int_equal(inl_listen(r.host[0], l, 0), 0); /* binds by itself */
    assert_int_equal(inl_getsockname(r.host[0], l, &name), 0);
    assert_in_range(name.port, 49152, 65535);
    assert_int_equal(inl_listen(r.host[0], l, 5), 0); /* a new backlog */
    assert_int_equal(inl_accept(r.host[0], l, NULL), -EAGAIN);
    assert_int_equal(inl_poll(r.host[0], l), 0);
    assert_int_equal(inl_connect(r.host[0], l, &to), -EOPNOTSUPP);
    assert_int_equal(inl_send(r.host[0], l, "x", 1, 0), -ENOTCONN);
    assert_int_equal(inl_recv(r.host[0], l, &v, 1, 0), -ENOTCONN);
    assert_int_equal(inl_shutdown(r.host[0], l, INL_SHUT_WR), -ENOTCONN);
    assert_int_equal(bind_to(&r, l, "10.0.0.1", 81), -EINVAL);
    assert_int_equal(inl_getsockopt(r.host[0], l, INL_OPT_ACCEPTCONN, &v), 0);
    assert_int_equal(v, 1);
    other = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(bind_to(&r, other, "0.0.0.0", name.port), -EADDRINUSE);
    udp = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_listen(r.host[0], udp, 1), -EOPNOTSUPP);
    assert_int_equal(inl_accept(r.host[0], udp, NULL), -EOPNOTSUPP);
    rig_done(&r);
}

static void test_two_listeners(void **state) {
    inl_sock a, b;
    struct rig r;

    (void)state;
    rig_init(&r);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    b = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    inl_setsockopt(r.host[0], a, INL_OPT_REUSEADDR, 1);
    inl_setsockopt(r.host[0], b, INL_OPT_REUSEADDR, 1);
    assert_int_equal(bind_to(&r, a, "0.0.0.0", 80), 0);
    assert_int_equal(bind_to(&r, b, "0.0.0.0", 80), 0);
    assert_int_equal(inl_listen(r.host[0], a, 1), 0);
    assert_int_equal(inl_listen(r.host[0], b, 1), -EADDRINUSE);
    assert_int_equal(inl_close(r.host[0], a), 0);
    assert_int_equal(inl_listen(r.host[0], b, 1), 0);
    rig_done(&r);
}

static void test_accept(void **state) {
    struct inl_sockaddr peer, name, from;
    inl_sock a, b, l;
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    int64_t v;
    struct rig r;

    (void)state;
    rig_init(&r);
    l = rig_listen(&r, 1, "::", 80, 8); /* takes IPv4 too */
    assert_int_equal(inl_set_owner(r.host[1], l, 77), 0);
    assert_int_equal(inl_setsockopt(r.host[1], l, INL_OPT_TCP_NODELAY, 1), 0);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(inl_send(r.host[0], a, "early", 5, 0), 5);
    rig_settle(&r);
    assert_int_equal(inl_poll(r.host[1], l), INL_EV_ACCEPT);
    assert_int_equal(rig_events(&r, 1, l), INL_EV_ACCEPT);
    b = inl_accept(r.host[1], l, &peer);
    assert_true(b >= 0);
    assert_true(is_addr(&peer, "10.0.0.1"));
    assert_int_equal(inl_getsockname(r.host[0], a, &name), 0);
    assert_int_equal(name.port, peer.port);
    assert_true(inl_addr_eq(&name.addr, &peer.addr));
    assert_int_equal(inl_getpeername(r.host[1], b, &name), 0);
    assert_true(inl_addr_eq(&name.addr, &peer.addr) && name.port == peer.port);
    assert_int_equal(inl_getsockname(r.host[1], b, &name), 0);
    assert_true(inl_addr_eq(&name.addr, &to.addr) && name.port == 80);
    /* What came before accept() is told after it. */
    assert_true(rig_events(&r, 1, b) & INL_EV_READABLE);
    assert_int_equal(inl_recvfrom(r.host[1], b, &v, sizeof(v), 0, &from, &name), 5);
    assert_true(from.port == peer.port && name.port == 80);
    assert_int_equal(inl_getsockopt(r.host[1], b, INL_OPT_TCP_NODELAY, &v), 0);
    assert_int_equal(v, 1); /* inherited */
    assert_int_equal(inl_accept(r.host[1], l, NULL), -EAGAIN);
    assert_int_equal(inl_poll(r.host[1], l), 0);
    rig_done(&r);
}

/* A connection that nobody accepted dies with its listener. */
static void test_close_with_waiting_connection(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    inl_sock a, l;
    int64_t v;
    struct rig r;

    (void)state;
    rig_init(&r);
    l = rig_listen(&r, 1, "0.0.0.0", 80, 8);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(inl_close(r.host[1], l), 0);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[0], a, &v, 1, 0), -ECONNRESET);
    assert_int_equal(inl_sockets_snapshot(r.host[1], NULL, 0), 0);
    rig_done(&r);
}

/* ---- connect ---- */

static void test_connect_progress(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    struct inl_sockaddr name;
    inl_sock a;
    char b[1];
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_listen(&r, 1, "0.0.0.0", 80, 8);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), -ENOTCONN);
    assert_int_equal(inl_recv(r.host[0], a, b, 1, 0), -ENOTCONN);
    assert_int_equal(inl_shutdown(r.host[0], a, INL_SHUT_RDWR), -ENOTCONN);
    assert_int_equal(inl_poll(r.host[0], a), 0);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EALREADY);
    assert_int_equal(inl_getsockname(r.host[0], a, &name), 0);
    assert_true(is_addr(&name, "10.0.0.1") && name.port >= 49152);
    assert_int_equal(inl_getpeername(r.host[0], a, &name), -ENOTCONN);
    assert_int_equal(inl_listen(r.host[0], a, 1), -EINVAL);
    assert_int_equal(bind_to(&r, a, "10.0.0.1", 81), -EINVAL);
    assert_int_equal(inl_recv(r.host[0], a, b, 1, 0), -EAGAIN);
    assert_int_equal(rig_events(&r, 0, a), 0);
    rig_settle(&r);
    assert_int_equal(rig_events(&r, 0, a), INL_EV_CONNECTED | INL_EV_WRITABLE);
    assert_int_equal(inl_connect(r.host[0], a, &to), 0);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EISCONN);
    assert_int_equal(inl_sendto(r.host[0], a, "x", 1, 0, &to), -EISCONN);
    assert_int_equal(inl_getpeername(r.host[0], a, &name), 0);
    assert_true(inl_addr_eq(&name.addr, &to.addr) && name.port == 80);
    assert_int_equal(inl_recv(r.host[0], a, b, 1, 0), -EAGAIN);
    rig_done(&r);
}

static int connect_to(struct rig *r, inl_sock s, const char *addr, uint16_t port) {
    const struct inl_sockaddr sa = at(addr, port);

    return inl_connect(r->host[0], s, &sa);
}

static void test_connect_errors(void **state) {
    inl_sock a, six;
    struct rig r;

    (void)state;
    rig_init(&r);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    six = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_STREAM);
    assert_int_equal(connect_to(&r, a, "192.0.2.1", 80), -ENETUNREACH);
    assert_int_equal(connect_to(&r, a, "fd00::2", 80), -EAFNOSUPPORT);
    assert_int_equal(connect_to(&r, a, "10.0.0.2", 0), -EINVAL);
    assert_int_equal(connect_to(&r, a, "10.0.0.255", 80), -EINVAL);
    assert_int_equal(connect_to(&r, a, "255.255.255.255", 80), -EINVAL);
    assert_int_equal(connect_to(&r, a, "224.0.0.1", 80), -EINVAL);
    assert_int_equal(inl_setsockopt(r.host[0], six, INL_OPT_V6ONLY, 1), 0);
    assert_int_equal(connect_to(&r, six, "10.0.0.2", 80), -EAFNOSUPPORT);
    /* None of these has bound it. */
    assert_int_equal(bind_to(&r, a, "127.0.0.1", 5000), 0);
    assert_int_equal(connect_to(&r, a, "10.0.0.2", 80), -EADDRNOTAVAIL);
    rig_done(&r);
}

static void test_refused_and_again(void **state) {
    inl_sock a;
    int64_t v;
    struct rig r;

    (void)state;
    rig_init(&r);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(bind_to(&r, a, "10.0.0.1", 5000), 0);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_TTL, 7), 0);
    assert_int_equal(connect_to(&r, a, "10.0.0.2", 80), -EINPROGRESS);
    rig_settle(&r);
    assert_true(rig_events(&r, 0, a) & INL_EV_ERROR);
    assert_true(inl_poll(r.host[0], a) & INL_EV_ERROR);
    assert_int_equal(connect_to(&r, a, "10.0.0.2", 80), -ECONNREFUSED);
    rig_listen(&r, 1, "0.0.0.0", 80, 8);
    assert_int_equal(connect_to(&r, a, "10.0.0.2", 80), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(connect_to(&r, a, "10.0.0.2", 80), 0);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_TTL, &v), 0);
    assert_int_equal(v, 7);
    rig_done(&r);
}

static void test_refused_by_so_error(void **state) {
    inl_sock a;
    int64_t v;
    struct rig r;

    (void)state;
    rig_init(&r);
    a = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_STREAM);
    assert_int_equal(connect_to(&r, a, "fd00::2", 80), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_ERROR, &v), 0);
    assert_int_equal(v, ECONNREFUSED);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_ERROR, &v), 0);
    assert_int_equal(v, 0);
    rig_done(&r);
}

/* The range is used up by connections to one peer; another peer is still reachable. */
static void test_ephemeral_ports_run_out(void **state) {
    struct inl_config config;
    inl_sock s[5];
    struct rig r;

    (void)state;
    rig_config(&config);
    config.port_first = 50000;
    config.port_last = 50003;
    rig_init_with(&r, &config);
    rig_listen(&r, 1, "0.0.0.0", 80, 8);
    rig_listen(&r, 1, "0.0.0.0", 81, 8);
    for (int i = 0; i < 5; i++) {
        s[i] = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
        assert_int_equal(connect_to(&r, s[i], "10.0.0.2", 80),
                         i < 4 ? -EINPROGRESS : -EADDRNOTAVAIL);
    }
    assert_int_equal(connect_to(&r, s[4], "10.0.0.2", 81), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(connect_to(&r, s[4], "10.0.0.2", 81), 0);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stale_handles),
        cmocka_unit_test(test_many_handles),
        cmocka_unit_test(test_socket_limits),
        cmocka_unit_test(test_bind),
        cmocka_unit_test(test_listen),
        cmocka_unit_test(test_two_listeners),
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_close_with_waiting_connection),
        cmocka_unit_test(test_connect_progress),
        cmocka_unit_test(test_connect_errors),
        cmocka_unit_test(test_refused_and_again),
        cmocka_unit_test(test_refused_by_so_error),
        cmocka_unit_test(test_ephemeral_ports_run_out),
    };

    return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
