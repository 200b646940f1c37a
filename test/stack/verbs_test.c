/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verbs_test.c - the engine's verbs: configuration, rx, tx, time, traces, the loopback link, and
 * a transparent stack
 */
#include "rig.h"

/* ---- configuration ---- */

static void test_config(void **state) {
    struct heap heap = {.fail_in = -1};
    struct inl_stack *st = NULL;
    struct inl_config good, c;

    (void)state;
    inl_config_init(&good);
    assert_int_equal(good.tcp.delack_ns, 40 * INL_MS);
    assert_int_equal(good.port_first, 49152);
    assert_int_equal(inl_stack_new(&good, &st), -EINVAL); /* no allocator */
    good.alloc = heap_alloc(&heap);
#define REFUSED(field, value)                                                                      \
    c = good;                                                                                      \
    c.field = (value);                                                                             \
    assert_int_equal(inl_stack_new(&c, &st), -EINVAL)
    REFUSED(ttl, 0);
    REFUSED(port_first, 0);
    REFUSED(port_last, 100);
    REFUSED(max_sockets, 0);
    REFUSED(max_neighbours, 0);
    REFUSED(new_neighbours_per_s, 1000001);
    REFUSED(new_neighbours_burst, 0);
    REFUSED(reass_bytes, UINT32_MAX);
    REFUSED(reass_source_bytes, UINT32_MAX);
    REFUSED(reass_timeout_ns, 0);
    REFUSED(udp_rcvbuf_bytes, 0);
    REFUSED(now.ns, -1);
    REFUSED(tcp.rcvbuf_bytes, 0);
    REFUSED(tcp.sndbuf_bytes, UINT32_MAX);
    REFUSED(tcp.delack_ns, 500 * INL_MS); /* RFC 9293 MUST-40 */
    REFUSED(tcp.quickack_hole_segs, 256);
    REFUSED(tcp.rto_min_ns, 0);
    REFUSED(tcp.rto_max_ns, INL_MS);
    REFUSED(tcp.msl_ns, 0);
    REFUSED(tcp.max_conns, 0);
    REFUSED(tcp.challenge_acks, 0);
    REFUSED(tcp.challenge_ns, 0);
    REFUSED(tcp.challenge_ns, 3601 * INL_S);
    REFUSED(tcp.ecn_retry_ns, -1);
    REFUSED(tcp.ecn_retry_ns, 8 * 86400 * INL_S);
    REFUSED(tcp.fastopen_retry_ns, -1);
#undef REFUSED
    assert_null(st);
    assert_int_equal(heap.blocks, 0);
    c = good;
    c.mem_limit_bytes = 1000; /* too little for anything */
    assert_int_equal(inl_stack_new(&c, &st), -ENOMEM);
    assert_null(st);
    assert_int_equal(heap.blocks, 0);
    assert_int_equal(inl_stack_new(&good, &st), 0);
    assert_true(inl_time_is_never(inl_next_deadline(st))); /* an idle host sleeps */
    inl_stack_free(st);
    inl_stack_free(NULL);
    assert_int_equal(heap.blocks, 0);
}

/* ---- rx, tx ---- */

static void test_links(void **state) {
    static uint8_t buf[RIG_MTU + INL_FRAME_OVERHEAD];
    struct inl_tx_frame tx = {.data = buf, .cap_bytes = sizeof(buf)};
    const struct inl_rx_frame rx = {.data = buf, .len_bytes = 40};
    const struct inl_sockaddr to = at("10.0.0.2", 53);
    struct inl_stats stats;
    struct rig r;
    inl_sock s;

    (void)state;
    rig_init(&r);
    assert_int_equal(inl_tx(r.host[0], 0, &tx, 1, r.now), -ENODEV);
    assert_int_equal(inl_tx(r.host[0], 7, &tx, 1, r.now), -ENODEV);
    assert_int_equal(inl_tx(r.host[0], -1, &tx, 1, r.now), -ENODEV);
    assert_int_equal(inl_tx(r.host[0], r.link[0], &tx, 1, r.now), 0);
    assert_false(inl_tx_pending(r.host[0], 0));
    assert_false(inl_tx_pending(r.host[0], 7));
    s = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_set_owner(r.host[0], s, 99), 0);
    assert_int_equal(inl_sendto(r.host[0], s, "x", 1, 0, &to), 1);
    assert_true(inl_tx_pending(r.host[0], r.link[0]));
    tx.cap_bytes = RIG_MTU; /* no room for a link header */
    assert_int_equal(inl_tx(r.host[0], r.link[0], &tx, 1, r.now), -EMSGSIZE);
    tx.cap_bytes = sizeof(buf);
    assert_int_equal(inl_tx(r.host[0], r.link[0], &tx, 1, r.now), 1);
    assert_int_equal(tx.len_bytes, 29);
    assert_int_equal(tx.cause, INL_CAUSE_UDP_SEND);
    assert_int_equal(tx.owner, 99);
    assert_false(inl_tx_pending(r.host[0], r.link[0]));
    /* What claims to come from the loopback link, or from none, is not taken. */
    inl_rx(r.host[0], 0, &rx, 1, r.now);
    inl_rx(r.host[0], 7, &rx, 1, r.now);
    inl_rx(r.host[0], -5, &rx, 1, r.now);
    inl_stats_get(r.host[0], &stats);
    assert_int_equal(stats.drop[INL_DROP_LINK_DOWN], 3);
    assert_int_equal(stats.rx_frames, 3);
    assert_int_equal(stats.tx_frames, 1);
    assert_int_equal(stats.tx_bytes, 29);
    assert_int_equal(inl_link_set_up(r.host[0], r.link[0], false), 0);
    assert_int_equal(inl_tx(r.host[0], r.link[0], &tx, 1, r.now), 0);
    rig_done(&r);
}

/* UDP's queue and TCP take turns: neither waits until the other is done. */
static void test_sources_take_turns(void **state) {
    static uint8_t buf[RIG_MTU + INL_FRAME_OVERHEAD], data[20000];
    struct inl_tx_frame tx = {.data = buf, .cap_bytes = sizeof(buf)};
    const struct inl_sockaddr to = at("10.0.0.2", 53);
    inl_sock a, b, udp;
    int seen[2] = {0, 0};
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_pair(&r, &a, &b);
    udp = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(inl_sendto(r.host[0], udp, "x", 1, 0, &to), 1);
    }
    assert_true(inl_send(r.host[0], a, data, sizeof(data), 0) > 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(inl_tx(r.host[0], r.link[0], &tx, 1, r.now), 1);
        seen[tx.cause == INL_CAUSE_UDP_SEND]++;
    }
    assert_int_equal(seen[0], 5);
    assert_int_equal(seen[1], 5);
    rig_done(&r);
}

/* ---- time ---- */

static void test_time_does_not_go_back(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    inl_time due;
    inl_sock a;
    struct rig r;

    (void)state;
    rig_init(&r);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    inl_advance(r.host[0], inl_time_add(r.now, 5 * INL_S));
    inl_advance(r.host[0], r.now); /* counts as the later one */
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    r.cut = true;
    rig_settle(&r);
    due = inl_next_deadline(r.host[0]);
    assert_true(due.ns > r.now.ns + 5 * INL_S && due.ns <= r.now.ns + 6 * INL_S);
    rig_done(&r);
}

/* ---- traces ---- */

struct seen {
    int n[INL_TRACE_TCP_EVENT + 1];
    int events[INL_TCP_EVENT_MAX];
    uint32_t states; /* a bit for each one entered */
    enum inl_tcp_state from, state;
    uint32_t cwnd_bytes;
    enum inl_cause cause;
    enum inl_drop drop;
    uint64_t owner;
    int link;
    size_t len;
    unsigned sum;
};

static void on_trace(void *ctx, const struct inl_trace *t) {
    struct seen *seen = ctx;

    seen->n[t->kind]++;
    if (t->tcp) {
        assert_null(t->data);
        assert_true(is_addr(t->tcp->local, "10.0.0.1") || is_addr(t->tcp->local, "10.0.0.2"));
        assert_int_equal(t->tcp->local->port == 80, t->tcp->remote->port != 80);
        if (t->tcp->local->port == 80) {
            return; /* one end tells enough */
        }
        seen->states |= 1u << t->tcp->state;
        seen->from = t->tcp->from;
        seen->state = t->tcp->state;
        seen->cwnd_bytes = t->tcp->cwnd_bytes;
        seen->owner = t->owner;
        if (t->kind == INL_TRACE_TCP_EVENT) {
            seen->events[t->tcp->event]++;
        }
        return;
    }
    seen->link = t->link;
    seen->len = t->len_bytes;
    if (t->kind == INL_TRACE_RX) {
        seen->drop = t->drop;
    } else {
        seen->cause = t->cause;
        seen->owner = t->owner;
    }
    for (size_t i = 0; i < t->len_bytes; i++) {
        seen->sum += t->data[i]; /* the whole frame can be read, says ASan */
    }
}

/* A connection tells each state that it enters, what each ACK teaches, and its timeouts. */
static void test_trace_of_connections(void **state) {
    static const char data[100];
    struct seen seen = {.link = -1};
    struct inl_config config;
    uint32_t first;
    inl_sock a, b;
    struct rig r;
    char buf[200];

    (void)state;
    rig_config(&config);
    config.trace = on_trace;
    config.trace_ctx = &seen;
    rig_init_with(&r, &config);
    rig_pair(&r, &a, &b);
    assert_int_equal(inl_set_owner(r.host[0], a, 9), 0);
    assert_int_equal(seen.states, 1u << INL_TCP_SYN_SENT | 1u << INL_TCP_ESTABLISHED);
    assert_int_equal(seen.n[INL_TRACE_TCP_EVENT], 0);
    first = seen.cwnd_bytes;
    assert_true(first > 0);
    assert_int_equal(inl_send(r.host[0], a, data, sizeof(data), 0), sizeof(data));
    rig_settle(&r);
    rig_pass(&r, INL_S);
    assert_true(seen.n[INL_TRACE_TCP_METRICS] >= 1);
    assert_int_equal(seen.owner, 9);

    r.cut = true;
    assert_int_equal(inl_send(r.host[0], a, data, sizeof(data), 0), sizeof(data));
    rig_settle(&r);
    rig_pass(&r, 3 * INL_S);
    assert_true(seen.events[INL_TCP_EVENT_TIMEOUT] >= 2);
    assert_true(seen.cwnd_bytes < first);
    r.cut = false;
    rig_pass(&r, 20 * INL_S);
    assert_int_equal(seen.events[INL_TCP_EVENT_RECOVERY_END], 1);
    assert_int_equal(inl_recv(r.host[1], b, buf, sizeof(buf), 0), 2 * sizeof(data));

    assert_int_equal(inl_close(r.host[0], a), 0);
    rig_settle(&r);
    assert_int_equal(inl_close(r.host[1], b), 0);
    rig_settle(&r);
    rig_pass(&r, INL_S);
    assert_true((seen.states & 1u << INL_TCP_FIN_WAIT_1) &&
                (seen.states & 1u << INL_TCP_TIME_WAIT));
    rig_done(&r);
}

static uint64_t mib(const struct inl_stack *stack, const char *name) {
    struct inl_mib list[256];
    size_t n = inl_mib_get(stack, list, COUNT_OF(list));

    assert_true(n <= COUNT_OF(list));
    assert_int_equal(inl_mib_get(stack, NULL, 0), n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return list[i].value;
        }
    }
    fail_msg("no counter %s", name);
    return 0;
}

static void test_counters_by_mib_name(void **state) {
    uint8_t bad[40] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1};
    const struct inl_rx_frame rx = {.data = bad, .len_bytes = sizeof(bad)};
    const struct inl_sockaddr closed = at("10.0.0.2", 81);
    const struct inl_sockaddr nobody = at("10.0.0.2", 9);
    inl_sock a, b, c, u;
    uint64_t out;
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_pair(&r, &a, &b);
    assert_int_equal(mib(r.host[0], "tcpActiveOpens"), 1);
    assert_int_equal(mib(r.host[1], "tcpPassiveOpens"), 1);
    assert_int_equal(mib(r.host[0], "tcpCurrEstab"), 1);
    assert_int_equal(mib(r.host[0], "tcpRtoMin"), 200);
    c = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r.host[0], c, &closed), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(mib(r.host[0], "tcpAttemptFails"), 1);
    assert_int_equal(mib(r.host[1], "tcpOutRsts"), 1);
    u = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_sendto(r.host[0], u, "x", 1, 0, &nobody), 1);
    rig_settle(&r);
    assert_int_equal(mib(r.host[1], "udpNoPorts"), 1);
    assert_int_equal(mib(r.host[0], "udpHCOutDatagrams"), 1);

    bad[10] = 0x66; /* the header's checksum is right, the segment's is not */
    bad[11] = 0xce;
    bad[32] = 0x50;
    inl_rx(r.host[0], r.link[0], &rx, 1, r.now);
    assert_int_equal(mib(r.host[0], "tcpInErrs"), 1);

    r.cut = true;
    out = mib(r.host[0], "tcpHCOutSegs");
    assert_int_equal(inl_send(r.host[0], a, "x", 1, 0), 1);
    rig_settle(&r);
    rig_pass(&r, 3 * INL_S);
    assert_true(mib(r.host[0], "tcpRetransSegs") >= 2);
    assert_int_equal(mib(r.host[0], "tcpHCOutSegs"), out + 1); /* what went again does not count */
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_LINGER, 0), 0);
    assert_int_equal(inl_close(r.host[0], a), 0);
    assert_int_equal(mib(r.host[0], "tcpCurrEstab"), 0);
    assert_int_equal(mib(r.host[0], "tcpEstabResets"), 1);
    rig_done(&r);
}

static void test_trace(void **state) {
    static const uint8_t junk[20] = {0x45};
    const struct inl_rx_frame rx = {.data = junk, .len_bytes = sizeof(junk)};
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    struct seen seen = {.link = -1};
    struct inl_config config;
    inl_sock a;
    struct rig r;

    (void)state;
    rig_config(&config);
    config.trace = on_trace;
    config.trace_ctx = &seen;
    rig_init_with(&r, &config);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_set_owner(r.host[0], a, 7), 0);
    r.cut = true;
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    assert_int_equal(seen.n[INL_TRACE_TX], 0);
    rig_settle(&r);
    assert_int_equal(seen.n[INL_TRACE_TX], 1);
    assert_int_equal(seen.cause, INL_CAUSE_TCP_SYN);
    assert_int_equal(seen.owner, 7);
    assert_int_equal(seen.link, r.link[0]);
    inl_rx(r.host[0], r.link[0], &rx, 1, r.now);
    assert_int_equal(seen.n[INL_TRACE_RX], 1);
    assert_true(seen.drop != INL_DROP_NONE);
    assert_int_equal(seen.len, sizeof(junk));
    rig_done(&r);
}

/* ---- loopback ---- */

static void echo_over(const char *listen_addr, const char *connect_addr, enum inl_family family) {
    static uint8_t data[200000], got[200000];
    const struct inl_sockaddr to = at(connect_addr, 7);
    size_t sent = 0, read = 0;
    inl_sock l, a, b;
    struct rig r;

    rig_init(&r);
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * i >> 5);
    }
    l = rig_listen(&r, 0, listen_addr, 7, 1);
    a = inl_socket(r.host[0], family, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    /* The link turns packets round in advance(): until then, it says, it is high time. */
    assert_int_equal(inl_next_deadline(r.host[0]).ns, r.now.ns);
    assert_false(inl_tx_pending(r.host[0], r.link[0]));
    rig_settle(&r);
    b = inl_accept(r.host[0], l, NULL);
    assert_true(b >= 0);
    while (read < sizeof(data)) {
        int64_t n =
            sent < sizeof(data) ? inl_send(r.host[0], a, data + sent, sizeof(data) - sent, 0) : 0;

        sent += n > 0 ? (size_t)n : 0;
        rig_pass(&r, INL_MS);
        n = inl_recv(r.host[0], b, got, sizeof(got), 0); /* echo */
        assert_true(n > 0 || n == -EAGAIN);
        if (n > 0) {
            assert_int_equal(inl_send(r.host[0], b, got, (size_t)n, 0), n);
        }
        rig_pass(&r, INL_MS);
        n = inl_recv(r.host[0], a, got, sizeof(got), 0);
        assert_true(n > 0 || n == -EAGAIN);
        if (n > 0) {
            assert_memory_equal(got, data + read, (size_t)n);
            read += (size_t)n;
        }
    }
    assert_int_equal(inl_close(r.host[0], a), 0);
    rig_pass(&r, INL_MS);
    assert_int_equal(inl_recv(r.host[0], b, got, 1, 0), 0);
    assert_int_equal(inl_close(r.host[0], b), 0);
    rig_pass(&r, 3 * RIG_MSL_NS);
    assert_int_equal(inl_sockets_snapshot(r.host[0], NULL, 0), 1);
    rig_done(&r);
}

static void test_loopback(void **state) {
    (void)state;
    echo_over("127.0.0.1", "127.0.0.1", INL_AF_INET);
    echo_over("0.0.0.0", "127.9.9.9", INL_AF_INET);
    echo_over("::1", "::1", INL_AF_INET6);
    echo_over("::", "::1", INL_AF_INET6);
    echo_over("::", "127.0.0.1", INL_AF_INET);
    echo_over("0.0.0.0", "127.0.0.1", INL_AF_INET6); /* ::ffff:127.0.0.1 */
    echo_over("0.0.0.0", "0.0.0.0", INL_AF_INET);    /* as BSD: this host */
    echo_over("::", "::", INL_AF_INET6);
    echo_over("10.0.0.1", "10.0.0.1", INL_AF_INET); /* our own address, without the wire */
    echo_over("fd00::1", "fd00::1", INL_AF_INET6);
}

static void test_loopback_is_not_reached_from_outside(void **state) {
    inl_sock a, l;
    const struct inl_sockaddr lo = at("127.0.0.1", 80), to = at("10.0.0.2", 80);
    struct rig r;

    (void)state;
    rig_init(&r);
    l = rig_listen(&r, 1, "127.0.0.1", 80, 1);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(inl_connect(r.host[0], a, &to), -ECONNREFUSED);
    assert_int_equal(inl_connect(r.host[0], a, &lo), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(inl_connect(r.host[0], a, &lo), -ECONNREFUSED); /* not across the wire */
    assert_int_equal(inl_accept(r.host[1], l, NULL), -EAGAIN);
    rig_done(&r);
}

/* Two datagram sockets that answer each other for ever must not keep the caller. */
static void test_loopback_work_is_bounded(void **state) {
    const struct inl_sockaddr to = at("127.0.0.1", 9);
    static uint8_t byte[1];
    struct inl_stats before, after;
    inl_sock s;
    struct rig r;

    (void)state;
    rig_init(&r);
    s = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    for (int i = 0; i < 500; i++) { /* each draws a port unreachable */
        assert_int_equal(inl_sendto(r.host[0], s, byte, 1, 0, &to), 1);
    }
    inl_stats_get(r.host[0], &before);
    inl_advance(r.host[0], r.now);
    inl_stats_get(r.host[0], &after);
    assert_in_range(after.rx_frames - before.rx_frames, 1, 499);
    assert_int_equal(inl_next_deadline(r.host[0]).ns, r.now.ns);
    rig_settle(&r);
    assert_true(inl_next_deadline(r.host[0]).ns > r.now.ns);
    rig_done(&r);
}

/* ---- a gateway's stack ---- */

static void test_transparent(void **state) {
    const struct inl_sockaddr any = at("0.0.0.0", 0), far = at("198.51.100.7", 8080);
    const struct inl_sockaddr dns = at("203.0.113.5", 53);
    const struct inl_route out = {.dst = {.b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}};
    struct inl_sockaddr peer, name;
    struct inl_route route = out;
    struct inl_config config;
    inl_sock l, a, b, u, v;
    char buf[8];
    struct rig r;

    (void)state;
    rig_config(&config);
    config.transparent = true;
    rig_init_with(&r, &config);
    route.link = r.link[0];
    assert_int_equal(inl_route_add(r.host[0], &route), 0);
    l = inl_socket(r.host[1], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_bind(r.host[1], l, &any), 0);
    assert_int_equal(inl_listen(r.host[1], l, 8), 0);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r.host[0], a, &far), -EINPROGRESS);
    rig_settle(&r);
    assert_int_equal(inl_connect(r.host[0], a, &far), 0);
    b = inl_accept(r.host[1], l, &peer);
    assert_true(b >= 0);
    assert_int_equal(inl_getsockname(r.host[1], b, &name), 0);
    assert_true(is_addr(&name, "198.51.100.7") && name.port == 8080);
    assert_int_equal(inl_send(r.host[1], b, "hi", 2, 0), 2);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[0], a, buf, 8, 0), 2);

    u = inl_socket(r.host[1], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_bind(r.host[1], u, &any), 0);
    v = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_connect(r.host[0], v, &dns), 0);
    assert_int_equal(inl_send(r.host[0], v, "q", 1, 0), 1);
    rig_settle(&r);
    assert_int_equal(inl_recvfrom(r.host[1], u, buf, 8, 0, &peer, &name), 1);
    assert_true(is_addr(&name, "203.0.113.5") && name.port == 53);
    /* The answer comes from a socket that has the address which was asked. */
    u = inl_socket(r.host[1], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_bind(r.host[1], u, &name), 0);
    assert_int_equal(inl_sendto(r.host[1], u, "answer", 6, 0, &peer), 6);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[0], v, buf, 8, 0), 6);
    rig_done(&r);
}

/* Four connections that were accepted before their SYN is answered: let go on, refused, reset by
 * the peer's stack, closed without an answer. */
static void test_hold_syn(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    inl_sock l, a[4], b[4];
    int64_t err = 0;
    char buf[4];
    struct rig r;

    (void)state;
    rig_init(&r);
    l = rig_listen(&r, 1, "10.0.0.2", 80, 4);
    assert_int_equal(inl_setsockopt(r.host[1], l, INL_OPT_TCP_HOLD_SYN, 1), 0);
    for (int i = 0; i < 4; i++) {
        a[i] = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
        assert_int_equal(inl_connect(r.host[0], a[i], &to), -EINPROGRESS);
        rig_settle(&r);
        assert_int_equal(rig_events(&r, 1, l), INL_EV_ACCEPT);
        b[i] = inl_accept(r.host[1], l, NULL);
        assert_true(b[i] >= 0);
    }
    rig_pass(&r, 4 * INL_S); /* the SYNs come again, and are still not answered */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(inl_connect(r.host[0], a[i], &to), -EALREADY);
        assert_int_equal(inl_recv(r.host[1], b[i], buf, 4, 0), -EAGAIN);
        assert_int_equal(inl_send(r.host[1], b[i], "no", 2, 0), -EAGAIN);
        assert_int_equal(inl_setsockopt(r.host[1], b[i], INL_OPT_TCP_HOLD_SYN, 1), -EINVAL);
    }

    assert_int_equal(inl_setsockopt(r.host[1], b[0], INL_OPT_TCP_HOLD_SYN, 0), 0);
    rig_settle(&r);
    assert_true(rig_events(&r, 1, b[0]) & INL_EV_CONNECTED);
    assert_int_equal(inl_connect(r.host[0], a[0], &to), 0);
    assert_int_equal(inl_send(r.host[0], a[0], "hi", 2, 0), 2);
    rig_settle(&r);
    assert_int_equal(inl_recv(r.host[1], b[0], buf, 4, 0), 2);

    assert_int_equal(inl_setsockopt(r.host[1], b[1], INL_OPT_LINGER, 0), 0);
    assert_int_equal(inl_close(r.host[1], b[1]), 0);
    rig_settle(&r);
    assert_int_equal(inl_getsockopt(r.host[0], a[1], INL_OPT_ERROR, &err), 0);
    assert_int_equal(err, ECONNREFUSED);

    /* The peer has forgotten: the SYN-ACK is answered with a reset. */
    assert_int_equal(inl_close(r.host[0], a[2]), 0);
    assert_int_equal(inl_setsockopt(r.host[1], b[2], INL_OPT_TCP_HOLD_SYN, 0), 0);
    rig_settle(&r);
    assert_true(rig_events(&r, 1, b[2]) & INL_EV_ERROR);

    /* Closed without a word: the handshake, then the FIN. */
    assert_int_equal(inl_close(r.host[1], b[3]), 0);
    rig_settle(&r);
    assert_int_equal(inl_connect(r.host[0], a[3], &to), 0);
    assert_int_equal(inl_recv(r.host[0], a[3], buf, 4, 0), 0);
    rig_done(&r);
}

/* Those that nobody has accepted go with their listener, or with a reset of the peer. */
static void test_hold_syn_not_accepted(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    inl_sock l, a, b;
    int64_t err = 0;
    struct rig r;

    (void)state;
    rig_init(&r);
    l = rig_listen(&r, 1, "10.0.0.2", 80, 1);
    assert_int_equal(inl_setsockopt(r.host[1], l, INL_OPT_TCP_HOLD_SYN, 1), 0);
    a = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    b = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_connect(r.host[0], a, &to), -EINPROGRESS);
    assert_int_equal(inl_connect(r.host[0], b, &to), -EINPROGRESS);
    rig_settle(&r); /* the second finds the backlog full */
    assert_int_equal(inl_close(r.host[1], l), 0);
    rig_settle(&r);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_ERROR, &err), 0);
    assert_int_equal(err, ECONNREFUSED);
    assert_int_equal(inl_connect(r.host[0], b, &to), -EALREADY);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_sources_take_turns),
        cmocka_unit_test(test_time_does_not_go_back),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_counters_by_mib_name),
        cmocka_unit_test(test_trace_of_connections),
        cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_loopback_is_not_reached_from_outside),
        cmocka_unit_test(test_loopback_work_is_bounded),
        cmocka_unit_test(test_transparent),
        cmocka_unit_test(test_hold_syn),
        cmocka_unit_test(test_hold_syn_not_accepted),
    };

    return cmocka_run_group_tests_name("verbs", tests, NULL, NULL);
}
