/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * data_test.c - the socket API: data, events, shutdown, datagrams, options, snapshots
 *
 * What each call answers in each situation, as socket.h says.
 */
#include "rig.h"

/* ---- data, events ---- */

static void test_events_are_edges(void **state) {
    inl_sock a, b;
    char buf[8];
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_send(r.host[0], a, "abc", 3, 0), 3);
    rig_settle(&r);
    assert_int_equal(rig_events(&r, 1, b), INL_EV_READABLE);
    assert_int_equal(rig_events(&r, 1, b), 0); /* told once */
    assert_true(inl_poll(r.host[1], b) & INL_EV_READABLE);
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, INL_MSG_PEEK), 3);
    assert_int_equal(inl_recv(r.host[1], b, buf, 2, 0), 2);
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, 0), 1);
    assert_int_equal(buf[0], 'c');
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, 0), -EAGAIN);
    assert_false(inl_poll(r.host[1], b) & INL_EV_READABLE);
    assert_true(inl_poll(r.host[1], b) & INL_EV_WRITABLE);
    rig_pass(&r, INL_S);
    assert_true(rig_events(&r, 0, a) & INL_EV_SENT);
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, INL_MSG_TRUNC), -EINVAL);
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, 64), -EINVAL);
    assert_int_equal(inl_send(r.host[1], b, buf, 1, 1), -EINVAL);
    /* An event of a socket that is closed before it is taken is not told. */
    assert_int_equal(inl_send(r.host[0], a, "abc", 3, 0), 3);
    rig_settle(&r);
    assert_int_equal(inl_close(r.host[1], b), 0);
    assert_int_equal(rig_events(&r, 1, b), 0);
    rig_done(&r);
}

static void test_half_close(void **state) {
    inl_sock a, b;
    char buf[8];
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_shutdown(r.host[0], a, (enum inl_shutdown_how)3), -EINVAL);
    assert_int_equal(inl_send(r.host[0], a, "last", 4, 0), 4);
    assert_int_equal(inl_shutdown(r.host[0], a, INL_SHUT_WR), 0);
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), -EPIPE);
    rig_settle(&r);
    assert_true((rig_events(&r, 1, b) & (INL_EV_READABLE | INL_EV_RDHUP)) ==
                (INL_EV_READABLE | INL_EV_RDHUP));
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, 0), 4);
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, 0), 0);
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, 0), 0);
    assert_int_equal(inl_send(r.host[1], b, "answer", 6, 0), 6);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), 6);
    assert_int_equal(inl_close(r.host[1], b), 0);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), 0);
    assert_int_equal(inl_close(r.host[0], a), 0);
    rig_pass(&r, 3 * RIG_MSL_NS);
    assert_int_equal(inl_sockets_snapshot(r.host[0], NULL, 0), 0);
    assert_int_equal(inl_sockets_snapshot(r.host[1], NULL, 0), 0);
    rig_done(&r);
}

static void test_reset(void **state) {
    inl_sock a, b;
    char buf[8];
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_setsockopt(r.host[1], b, INL_OPT_LINGER, 0), 0);
    assert_int_equal(inl_close(r.host[1], b), 0);
    rig_settle(&r);
    assert_true(rig_events(&r, 0, a) & INL_EV_ERROR);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), -ECONNRESET);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), 0); /* told once */
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), -EPIPE);
    assert_int_equal(inl_sockets_snapshot(r.host[1], NULL, 0), 0);
    rig_done(&r);
}

/* More than the buffers hold: back-pressure, and an event when there is room again. */
static void test_back_pressure(void **state) {
    static uint8_t chunk[10000], got[10000];
    size_t sent = 0, read = 0;
    inl_sock a, b;
    int64_t n;
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_pair(&r, &a, &b);
    for (size_t i = 0; i < sizeof(chunk); i++) {
        chunk[i] = (uint8_t)(i * 7);
    }
    while ((n = inl_send(r.host[0], a, chunk + sent % sizeof(chunk),
                         sizeof(chunk) - sent % sizeof(chunk), 0)) > 0) {
        sent += (size_t)n;
        rig_settle(&r);
    }
    assert_int_equal(n, -EAGAIN);
    assert_in_range(sent, 200 << 10, 3 << 20);
    assert_false(inl_poll(r.host[0], a) & INL_EV_WRITABLE);
    rig_events(&r, 0, a);
    while (read < sent) {
        n = inl_recv(r.host[1], b, got, sizeof(got), 0);
        if (n == -EAGAIN) {
            rig_pass(&r, 100 * INL_MS);
            continue;
        }
        assert_true(n > 0);
        for (int64_t i = 0; i < n; i++) {
            assert_int_equal(got[i], chunk[(read + (size_t)i) % sizeof(chunk)]);
        }
        read += (size_t)n;
    }
    rig_pass(&r, INL_S);
    assert_true(rig_events(&r, 0, a) & INL_EV_WRITABLE);
    rig_done(&r);
}

static void test_loans(void **state) {
    struct inl_piece p[2];
    inl_sock a, b, udp;
    struct rig r;

    (void)state;
    rig_init(&r);
    udp = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_recv_loan(r.host[0], udp, p), -EOPNOTSUPP);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_send_loan(r.host[0], a, p), -ENOTCONN);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_recv_loan(r.host[1], b, p), -EAGAIN);
    assert_true(inl_send_loan(r.host[0], a, p) > 0);
    assert_true(p[0].len_bytes >= 5);
    memcpy(p[0].data, "hello", 5);
    assert_int_equal(inl_send_commit(r.host[0], a, 5), 0);
    rig_settle(&r);
    assert_int_equal(inl_recv_loan(r.host[1], b, p), 1);
    assert_int_equal(p[0].len_bytes, 5);
    assert_memory_equal(p[0].data, "hello", 5);
    assert_int_equal(inl_recv_done(r.host[1], b, 3), 0);
    assert_int_equal(inl_recv_loan(r.host[1], b, p), 1);
    assert_int_equal(p[0].len_bytes, 2);
    assert_int_equal(inl_recv_done(r.host[1], b, 2), 0);
    assert_int_equal(inl_shutdown(r.host[0], a, INL_SHUT_WR), 0);
    rig_settle(&r);
    assert_int_equal(inl_recv_loan(r.host[1], b, p), 0);
    rig_done(&r);
}

static inl_sock connect_fast(struct rig *r, int result) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    inl_sock s = inl_socket(r->host[0], INL_AF_INET, INL_SOCK_STREAM);

    assert_int_equal(inl_setsockopt(r->host[0], s, INL_OPT_TCP_FASTOPEN_CONNECT, 1), 0);
    assert_int_equal(inl_connect(r->host[0], s, &to), result);
    rig_settle(r);
    return s;
}

/* Fast Open: room that is lent and given back sends no SYN; what is committed goes with it. */
static void test_loans_open_fast(void **state) {
    struct inl_piece p[2] = {{0}};
    struct inl_stats stats;
    inl_sock a, l;
    struct rig r;

    (void)state;
    rig_init(&r);
    l = rig_listen(&r, 1, "0.0.0.0", 80, 8);
    assert_int_equal(inl_setsockopt(r.host[1], l, INL_OPT_TCP_FASTOPEN, 5), 0);
    assert_int_equal(inl_close(r.host[0], connect_fast(&r, -EINPROGRESS)), 0);
    assert_int_equal(inl_close(r.host[1], inl_accept(r.host[1], l, NULL)), 0);
    rig_settle(&r);

    a = connect_fast(&r, 0);
    assert_true(inl_send_loan(r.host[0], a, p) > 0);
    assert_int_equal(inl_send_commit(r.host[0], a, 0), 0);
    rig_settle(&r);
    assert_int_equal(inl_accept(r.host[1], l, NULL), -EAGAIN);
    assert_true(inl_send_loan(r.host[0], a, p) > 0);
    memcpy(p[0].data, "hello", 5);
    assert_int_equal(inl_send_commit(r.host[0], a, 5), 0);
    rig_settle(&r);
    inl_stats_get(r.host[0], &stats);
    assert_int_equal(stats.tcp_fastopen_active, 1); /* its data was acknowledged with the SYN */
    l = inl_accept(r.host[1], l, NULL);
    assert_true(l >= 0);
    assert_int_equal(inl_recv_loan(r.host[1], l, p), 1);
    assert_int_equal(p[0].len_bytes, 5);
    rig_done(&r);
}

/* ---- a server is started again ---- */

static void test_restart_with_time_wait(void **state) {
    const struct inl_sockaddr any = at("0.0.0.0", 80);
    inl_sock a, b, l;
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_close(r.host[1], b), 0); /* the server closes first: TIME-WAIT is here */
    rig_settle(&r);
    assert_int_equal(inl_close(r.host[0], a), 0);
    rig_settle(&r);
    assert_int_equal(inl_sockets_snapshot(r.host[1], NULL, 0), 1);
    l = inl_socket(r.host[1], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_bind(r.host[1], l, &any), -EADDRINUSE);
    assert_int_equal(inl_setsockopt(r.host[1], l, INL_OPT_REUSEADDR, 1), 0);
    assert_int_equal(inl_bind(r.host[1], l, &any), 0);
    assert_int_equal(inl_listen(r.host[1], l, 1), 0);
    assert_int_equal(inl_close(r.host[1], l), 0);
    rig_pass(&r, 3 * RIG_MSL_NS);
    assert_int_equal(inl_sockets_snapshot(r.host[1], NULL, 0), 0);
    l = inl_socket(r.host[1], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_bind(r.host[1], l, &any), 0);
    rig_done(&r);
}

/* ---- UDP ---- */

static void test_udp(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 53), none = at("0.0.0.0", 0);
    struct inl_sockaddr from, dst, name;
    static uint8_t big[2000];
    inl_sock a, b;
    char buf[8];
    struct rig r;

    (void)state;
    rig_init(&r);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    b = inl_socket(r.host[1], INL_AF_INET6, INL_SOCK_DGRAM);
    assert_int_equal(inl_bind(r.host[1], b, &(struct inl_sockaddr){.port = 53}), 0);
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), -EDESTADDRREQ);
    assert_int_equal(inl_shutdown(r.host[0], a, INL_SHUT_WR), -ENOTCONN);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), -EAGAIN);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_MTU_DISCOVER, INL_PMTUD_DO), 0);
    assert_int_equal(inl_sendto(r.host[0], a, big, sizeof(big), 0, &to), -EMSGSIZE);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_MTU_DISCOVER, INL_PMTUD_DONT), 0);
    assert_int_equal(inl_sendto(r.host[0], a, "query", 5, 0, &to), 5);
    assert_int_equal(inl_sendto(r.host[0], a, "", 0, 0, &to), 0);
    assert_int_equal(inl_getsockname(r.host[0], a, &name), 0);
    assert_in_range(name.port, 49152, 65535);
    rig_settle(&r);
    assert_int_equal(rig_events(&r, 1, b), INL_EV_READABLE);
    assert_int_equal(inl_recvfrom(r.host[1], b, buf, 2, INL_MSG_PEEK | INL_MSG_TRUNC, NULL, NULL),
                     5);
    assert_int_equal(inl_recvfrom(r.host[1], b, buf, 2, 0, &from, &dst), 2);
    assert_true(from.port == name.port && is_addr(&from, "10.0.0.1"));
    assert_true(dst.port == 53 && inl_addr_eq(&dst.addr, &to.addr));
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, 0), 0); /* an empty datagram */
    assert_int_equal(inl_recv(r.host[1], b, buf, 8, 0), -EAGAIN);
    assert_int_equal(inl_sendto(r.host[1], b, "reply", 5, 0, &from), 5);
    rig_settle(&r);
    assert_int_equal(inl_connect(r.host[0], a, &to), 0);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), 5);
    assert_int_equal(inl_getpeername(r.host[0], a, &name), 0);
    assert_int_equal(name.port, 53);
    assert_int_equal(inl_connect(r.host[0], a, &none), 0);
    assert_int_equal(inl_getpeername(r.host[0], a, &name), -ENOTCONN);
    assert_int_equal(inl_sendto(r.host[0], a, "x", 1, 0, &(struct inl_sockaddr){.port = 5}),
                     -EAFNOSUPPORT);
    rig_done(&r);
}

static void test_udp_errors_and_shutdown(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 53), all = at("10.0.0.255", 53);
    inl_sock a;
    int64_t v;
    char buf[8];
    struct rig r;

    (void)state;
    rig_init(&r);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_sendto(r.host[0], a, "x", 1, 0, &all), -EACCES);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_BROADCAST, 1), 0);
    assert_int_equal(inl_sendto(r.host[0], a, "x", 1, 0, &all), 1);
    assert_int_equal(inl_connect(r.host[0], a, &to), 0);
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), 1);
    rig_settle(&r);
    assert_true(rig_events(&r, 0, a) & INL_EV_ERROR);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), -ECONNREFUSED);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_ERROR, &v), 0);
    assert_int_equal(v, 0);
    assert_int_equal(inl_shutdown(r.host[0], a, INL_SHUT_RDWR), 0);
    assert_true(rig_events(&r, 0, a) & INL_EV_RDHUP);
    assert_true(inl_poll(r.host[0], a) & INL_EV_READABLE);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), 0);
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), -EPIPE);
    rig_done(&r);
}

/* ---- options ---- */

static void test_options(void **state) {
    static const struct {
        enum inl_opt opt;
        int64_t initial, good, bad;
        bool tcp, udp;
    } rows[] = {
        {INL_OPT_REUSEADDR, 0, 1, 2, true, true},
        {INL_OPT_V6ONLY, 0, 1, -1, true, true},
        {INL_OPT_RCVBUF, -1, 65536, 0, true, true},
        {INL_OPT_SNDBUF, 128 << 10, 65536, (int64_t)1 << 31, true, false},
        {INL_OPT_LINGER, -1, 5, -2, true, false},
        {INL_OPT_KEEPALIVE, 0, 1, 2, true, false},
        {INL_OPT_TTL, 64, 255, 256, true, true},
        {INL_OPT_TOS, 0, 0xb8, 256, true, true},
        {INL_OPT_BROADCAST, 0, 1, 2, false, true},
        {INL_OPT_TCP_NODELAY, 0, 1, 2, true, false},
        {INL_OPT_TCP_MAXSEG, 0, 536, 63, true, false},
        {INL_OPT_TCP_KEEPIDLE_NS, 7200 * INL_S, INL_S, 0, true, false},
        {INL_OPT_TCP_KEEPINTVL_NS, 75 * INL_S, INL_S, 0, true, false},
        {INL_OPT_TCP_KEEPCNT, 9, 3, 0, true, false},
        {INL_OPT_TCP_USER_TIMEOUT_NS, 0, INL_S, -1, true, false},
        {INL_OPT_TCP_HOLD_SYN, 0, 1, 2, true, false},
        {INL_OPT_RCVLOWAT, 1, 100, -1, true, false},
        {INL_OPT_TCP_NOTSENT_LOWAT, 0, 100, -1, true, false},
        {INL_OPT_TCP_CORK, 0, 1, 2, true, false},
        {INL_OPT_OOBINLINE, 1, 1, 0, true, false},
        {INL_OPT_TCP_QUICKACK, 1, 0, 2, true, false},
    };
    struct rig r;

    (void)state;
    rig_init(&r);
    for (int type = INL_SOCK_STREAM; type <= INL_SOCK_DGRAM; type++) {
        inl_sock s = inl_socket(r.host[0], INL_AF_INET6, (enum inl_sock_type)type);
        int64_t v = 12345;

        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            if (!(type == INL_SOCK_STREAM ? rows[i].tcp : rows[i].udp)) {
                assert_int_equal(inl_setsockopt(r.host[0], s, rows[i].opt, rows[i].good),
                                 -ENOPROTOOPT);
                assert_int_equal(inl_getsockopt(r.host[0], s, rows[i].opt, &v), -ENOPROTOOPT);
                continue;
            }
            assert_int_equal(inl_getsockopt(r.host[0], s, rows[i].opt, &v), 0);
            if (rows[i].opt == INL_OPT_RCVBUF) {
                assert_int_equal(v, type == INL_SOCK_STREAM ? 128 << 10 : 256 << 10);
            } else {
                assert_int_equal(v, rows[i].initial);
            }
            assert_int_equal(inl_setsockopt(r.host[0], s, rows[i].opt, rows[i].bad), -EINVAL);
            assert_int_equal(inl_setsockopt(r.host[0], s, rows[i].opt, rows[i].good), 0);
            assert_int_equal(inl_getsockopt(r.host[0], s, rows[i].opt, &v), 0);
            assert_int_equal(v, rows[i].good);
        }
        v = inl_setsockopt(r.host[0], s, INL_OPT_TCP_CONGESTION, INL_CC_ALGOS_MAX);
        assert_int_equal(v, type == INL_SOCK_STREAM ? -ENOENT : -ENOPROTOOPT);
        assert_int_equal(inl_getsockopt(r.host[0], s, INL_OPT_TYPE, &v), 0);
        assert_int_equal(v, type);
        assert_int_equal(inl_getsockopt(r.host[0], s, INL_OPT_ACCEPTCONN, &v), 0);
        assert_int_equal(v, 0);
        assert_int_equal(inl_setsockopt(r.host[0], s, INL_OPT_TYPE, 1), -ENOPROTOOPT);
        assert_int_equal(inl_setsockopt(r.host[0], s, (enum inl_opt)0, 1), -ENOPROTOOPT);
        assert_int_equal(inl_getsockopt(r.host[0], s, (enum inl_opt)99, &v), -ENOPROTOOPT);
    }
    rig_done(&r);
}

static void test_options_of_connections(void **state) {
    inl_sock a, b, four;
    int64_t v;
    struct rig r;

    (void)state;
    rig_init(&r);
    four = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_setsockopt(r.host[0], four, INL_OPT_V6ONLY, 1), -ENOPROTOOPT);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_TCP_MAXSEG, 536), -EINVAL);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_TCP_MAXSEG, &v), 0);
    assert_in_range(v, 1400, 1460);
    assert_int_equal(inl_send(r.host[0], a, "12345", 5, 0), 5);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_SNDQ, &v), 0);
    assert_int_equal(v, 5);
    rig_settle(&r);
    assert_int_equal(inl_getsockopt(r.host[1], b, INL_OPT_RCVQ, &v), 0);
    assert_int_equal(v, 5);
    rig_pass(&r, INL_S);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_SNDQ, &v), 0);
    assert_int_equal(v, 0);
    rig_done(&r);
}

/* ---- snapshots ---- */

static const struct inl_sock_info *info_of(const struct inl_sock_info *v, size_t n, inl_sock s) {
    for (size_t i = 0; i < n; i++) {
        if (v[i].sock == s) {
            return &v[i];
        }
    }
    return NULL;
}

static void test_snapshot(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    struct inl_sock_info v[8] = {0};
    const struct inl_sock_info *i;
    struct inl_tcp_info info;
    struct inl_stats stats;
    inl_sock l, udp, fresh, a;
    struct rig r;

    (void)state;
    rig_init(&r);
    l = rig_listen(&r, 1, "0.0.0.0", 80, 8);
    udp = inl_socket(r.host[1], INL_AF_INET, INL_SOCK_DGRAM);
    fresh = inl_socket(r.host[1], INL_AF_INET6, INL_SOCK_STREAM);
    assert_int_equal(inl_set_owner(r.host[1], udp, 42), 0);
    assert_int_equal(inl_set_owner(r.host[1], fresh, 43), 0);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(inl_sockets_snapshot(r.host[1], v, 2), 4); /* more than fit */
    assert_int_equal(inl_sockets_snapshot(r.host[1], v, 8), 4);
    i = info_of(v, 4, l);
    assert_true(i && i->state == INL_TCP_LISTEN && i->local.port == 80 && i->rcvq == 1);
    i = info_of(v, 4, udp);
    assert_true(i && i->type == INL_SOCK_DGRAM && i->owner == 42);
    i = info_of(v, 4, fresh);
    assert_true(i && i->state == INL_TCP_CLOSED && i->family == INL_AF_INET6 && i->owner == 43);
    i = info_of(v, 4, -1); /* not accepted yet */
    assert_true(i && i->state == INL_TCP_ESTABLISHED && i->local.port == 80);
    assert_int_equal(inl_tcp_info(r.host[1], udp, &info), -EOPNOTSUPP);
    assert_int_equal(inl_tcp_info(r.host[1], l, &info), 0);
    assert_int_equal(info.state, INL_TCP_LISTEN);
    assert_int_equal(inl_tcp_info(r.host[0], a, &info), 0);
    assert_int_equal(info.state, INL_TCP_ESTABLISHED);
    inl_stats_get(r.host[0], &stats);
    assert_int_equal(stats.tcp_active_opens, 1);
    assert_int_equal(stats.cause[INL_CAUSE_TCP_SYN], 1);
    assert_int_equal(stats.cause[INL_CAUSE_TCP_HANDSHAKE_ACK], 1);
    assert_int_equal(stats.tx_frames, 2);
    assert_int_equal(stats.rx_frames, 1);
    inl_stats_get(r.host[1], &stats);
    assert_int_equal(stats.tcp_passive_opens, 1);
    assert_string_equal(inl_tcp_state_name(INL_TCP_FIN_WAIT_2), "FIN-WAIT-2");
    assert_string_equal(inl_tcp_state_name((enum inl_tcp_state)99), "?");
    rig_done(&r);
}

/* How many connections rest after two seconds of silence, with rest_ns of eight. */
static uint64_t resting(size_t mem_limit_bytes, size_t *ret_used) {
    struct inl_config config;
    struct inl_stats stats;
    struct rig r;
    inl_sock a, b;

    rig_config(&config);
    config.tcp.rest_ns = 8 * INL_S;
    config.mem_limit_bytes = mem_limit_bytes;
    rig_init_with(&r, &config);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), 1);
    rig_pass(&r, INL_MS);
    assert_int_equal(inl_recv(r.host[1], b, &(char){0}, 1, 0), 1);
    rig_pass(&r, 100 * INL_MS);
    rig_events(&r, 0, a);
    rig_events(&r, 1, b);
    rig_pass(&r, 2 * INL_S);
    inl_stats_get(r.host[0], &stats);
    *ret_used = stats.mem_used_bytes;
    rig_done(&r);
    return stats.tcp_resting;
}

/* include/inlet/socket.h (inl_poll): a connection at rest is asked without being woken, so that
 * the answer needs no memory; a call that has to wake it says that there is none. */
static void test_poll_at_rest(void **state) {
    const int idle = INL_EV_CONNECTED | INL_EV_SENT | INL_EV_WRITABLE;
    struct inl_config config;
    struct inl_stats stats;
    struct rig r;
    inl_sock a, b;

    (void)state;
    rig_config(&config);
    config.tcp.rest_ns = 8 * INL_S;
    rig_init_with(&r, &config);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_poll(r.host[0], a), idle);
    rig_pass(&r, 10 * INL_S);
    r.heap.fail_in = 0;
    r.heap.fail_run = 100;
    assert_int_equal(inl_poll(r.host[0], a), idle);
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), -ENOBUFS);
    assert_int_equal(inl_poll(r.host[0], a), idle);
    r.heap.fail_in = -1;
    assert_int_equal(inl_poll(r.host[0], a), idle);
    inl_stats_get(r.host[0], &stats);
    assert_int_equal(stats.tcp_resting, 1);
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), 1);
    rig_done(&r);
}

/* include/inlet/stack.h (rest_ns): a connection rests sooner while memory is short. */
static void test_rest_while_memory_is_short(void **state) {
    size_t used;

    (void)state;
    assert_int_equal(resting(0, &used), 0);
    assert_int_equal(resting(used * 8, &used), 0);
    assert_int_equal(resting(used * 3 / 2, &used), 1);
}

/* One byte there and one back. */
static void trip(struct rig *r, inl_sock a, inl_sock b) {
    char byte = 'x';

    assert_int_equal(inl_send(r->host[0], a, &byte, 1, 0), 1);
    rig_settle(r);
    assert_int_equal(inl_recv(r->host[1], b, &byte, 1, 0), 1);
    assert_int_equal(inl_send(r->host[1], b, &byte, 1, 0), 1);
    rig_settle(r);
    assert_int_equal(inl_recv(r->host[0], a, &byte, 1, 0), 1);
    rig_settle(r);
}

/* src/tcp/timers.c: among many connections a deadline that has passed into nothing leaves the
 * wheel: what is left after a round trip is one ACK, and after that nothing. */
static void test_deadlines_among_many(void **state) {
    enum { PAIRS = 600 };
    static inl_sock a[PAIRS], b[PAIRS];
    struct inl_config config;
    inl_time begin;
    struct rig r;

    (void)state;
    rig_config(&config);
    config.tcp.rest_ns = 0;
    rig_init_with(&r, &config);
    for (int i = 0; i < PAIRS; i++) {
        rig_pair(&r, &a[i], &b[i]);
    }
    for (int i = 0; i < PAIRS; i++) {
        trip(&r, a[i], b[i]);
    }
    begin = r.now;
    trip(&r, a[0], b[0]);
    trip(&r, a[1], b[1]);
    assert_int_equal(inl_time_sub(inl_next_deadline(r.host[0]), begin), config.tcp.delack_ns);
    rig_pass(&r, config.tcp.delack_ns);
    assert_true(inl_time_is_never(inl_next_deadline(r.host[0])));
    assert_true(inl_time_is_never(inl_next_deadline(r.host[1])));
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_edges),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_loans),
        cmocka_unit_test(test_loans_open_fast),
        cmocka_unit_test(test_restart_with_time_wait),
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_udp_errors_and_shutdown),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_options_of_connections),
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_poll_at_rest),
        cmocka_unit_test(test_rest_while_memory_is_short),
        cmocka_unit_test(test_deadlines_among_many),
    };

    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
