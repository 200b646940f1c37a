/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcroute_test.c - connections and datagrams by source routes, through routers (RFC 1122 3.2.1.8 c
 * and 4.2.3.8, RFC 9293 MUST-51 to MUST-53 and SHLD-24)
 *
 * Client 10.0.0.1 and server 10.1.0.1 have two routers between them, .11 and .12 on both sides.
 * Both use the first one, but for what goes by a route through the second.
 */
#include "rig.h"

#include <inlet/world.h>

#define PORT 80
#define IP_OFF 14 /* behind the Ethernet header */

enum { CLIENT, SERVER, ROUTER1, ROUTER2, HOSTS };

static const uint8_t by_router2[] = {131, 7, 4, 10, 0, 0, 12};
static const uint8_t by_router1[] = {131, 7, 4, 10, 0, 0, 11};
static const uint8_t back_by_router2[] = {131, 7, 4, 10, 1, 0, 12};
static const uint8_t back_by_router1[] = {131, 7, 4, 10, 1, 0, 11};

struct lab {
    struct heap heap;
    struct inl_world *world;
    struct inl_stack *host[HOSTS];
    int passed[HOSTS]; /* IPv4 packets that this router has sent on, since the last look */
    int plain;         /* of these, without options */
    inl_time now;
};

static void on_frame(void *ctx, const struct inl_world_frame *f) {
    struct lab *l = ctx;
    bool is4 = f->len_bytes > IP_OFF + 20 && f->data[12] == 8 && f->data[13] == 0;

    if (is4 && f->cause == INL_CAUSE_FORWARDED) {
        l->passed[f->from_host]++;
        l->plain += f->data[IP_OFF] == 0x45;
    }
}

static void join(struct lab *l, int host, int segment, const char *addr) {
    const struct inl_sockaddr a = at(addr, 0);
    int link;

    assert_true(inl_world_attach(l->world, host, segment, NULL, &link) >= 0);
    assert_int_equal(inl_addr_add(l->host[host], link, &a.addr, 24), 0);
}

static void default_by(struct lab *l, int host, const char *gateway) {
    const struct inl_route r = {.dst = INL_ADDR_ANY4, .gateway = at(gateway, 0).addr, .link = 1};

    assert_int_equal(inl_route_add(l->host[host], &r), 0);
}

static void begin(struct lab *l, struct inl_config *config) {
    struct inl_world_config wc = {.seed = 7, .on_frame = on_frame, .on_frame_ctx = l};
    int net[2];

    memset(l, 0, sizeof(*l));
    l->heap.fail_in = -1;
    wc.alloc = heap_alloc(&l->heap);
    assert_int_equal(inl_world_new(&wc, &l->world), 0);
    net[0] = inl_world_segment_add(l->world, "net0", 1500);
    net[1] = inl_world_segment_add(l->world, "net1", 1500);
    for (int i = 0; i < HOSTS; i++) {
        struct inl_config c = *config;

        c.source_routes = config->source_routes || i != SERVER;
        c.forward = i >= ROUTER1;
        assert_int_equal(inl_world_host_add(l->world, "h", &c), i);
        l->host[i] = inl_world_stack(l->world, i);
    }
    join(l, CLIENT, net[0], "10.0.0.1");
    join(l, SERVER, net[1], "10.1.0.1");
    join(l, ROUTER1, net[0], "10.0.0.11");
    join(l, ROUTER1, net[1], "10.1.0.11");
    join(l, ROUTER2, net[0], "10.0.0.12");
    join(l, ROUTER2, net[1], "10.1.0.12");
    default_by(l, CLIENT, "10.0.0.11");
    default_by(l, SERVER, "10.1.0.11");
}

static void config_init(struct inl_config *config) {
    inl_config_init(config);
    config->source_routes = true;
}

static void pass(struct lab *l, inl_dur d) {
    struct inl_event e;
    int host;

    l->now = inl_time_add(l->now, d);
    inl_world_advance(l->world, l->now);
    while (inl_world_next_event(l->world, &host, &e)) {
    }
}

static void end(struct lab *l) {
    inl_world_free(l->world);
    assert_int_equal(l->heap.blocks, 0);
}

static inl_sock listens(struct lab *l) {
    const struct inl_sockaddr local = at("0.0.0.0", PORT);
    inl_sock s = inl_socket(l->host[SERVER], INL_AF_INET, INL_SOCK_STREAM);

    assert_int_equal(inl_bind(l->host[SERVER], s, &local), 0);
    assert_int_equal(inl_listen(l->host[SERVER], s, 5), 0);
    return s;
}

/* A connection of the client, by that route. */
static inl_sock connects(struct lab *l, const uint8_t *route, size_t len) {
    const struct inl_sockaddr to = at("10.1.0.1", PORT);
    inl_sock s = inl_socket(l->host[CLIENT], INL_AF_INET, INL_SOCK_STREAM);

    assert_int_equal(inl_set_ip_options(l->host[CLIENT], s, route, len), 0);
    assert_int_equal(inl_connect(l->host[CLIENT], s, &to), -EINPROGRESS);
    pass(l, INL_S);
    return s;
}

static inl_sock accepts(struct lab *l, inl_sock listener) {
    struct inl_sockaddr from;

    return inl_accept(l->host[SERVER], listener, &from);
}

/* So many bytes go from one to the other, and are taken out. */
static void talk(struct lab *l, int from, inl_sock a, int to, inl_sock b, size_t bytes) {
    static uint8_t buf[1 << 16];
    size_t got = 0;

    assert_int_equal(inl_send(l->host[from], a, buf, bytes, 0), bytes);
    for (int i = 0; i < 100 && got < bytes; i++) {
        int64_t n;

        pass(l, 100 * INL_MS);
        while ((n = inl_recv(l->host[to], b, buf, sizeof(buf), 0)) > 0) {
            got += (size_t)n;
        }
    }
    assert_int_equal(got, bytes);
    pass(l, INL_S);
}

/* All went by the routers that the test says since the last time, and with options. */
static void went(struct lab *l, bool by1, bool by2, bool plain) {
    assert_true((l->passed[ROUTER1] > 0) == by1);
    assert_true((l->passed[ROUTER2] > 0) == by2);
    assert_true((l->plain > 0) == plain);
    l->passed[ROUTER1] = l->passed[ROUTER2] = l->plain = 0;
}

static void has_route(struct lab *l, int host, inl_sock s, const uint8_t *route) {
    uint8_t got[40];

    assert_int_equal(inl_get_ip_options(l->host[host], s, got, sizeof(got)), route ? 7 : 0);
    if (route) {
        assert_memory_equal(got, route, 7);
    }
}

/* MUST-51, MUST-53: from the first SYN to the last ACK, both ways, with full segments. */
static void test_connection(void **state) {
    struct inl_config config;
    struct lab l;
    struct inl_stats stats;
    inl_sock listener, a, b;

    (void)state;
    config_init(&config);
    begin(&l, &config);
    listener = listens(&l);
    a = connects(&l, by_router2, sizeof(by_router2));
    b = accepts(&l, listener);
    assert_true(b >= 0);
    has_route(&l, CLIENT, a, by_router2);
    has_route(&l, SERVER, b, back_by_router2);
    talk(&l, CLIENT, a, SERVER, b, 60000);
    talk(&l, SERVER, b, CLIENT, a, 60000);
    pass(&l, 200 * INL_S); /* a connection with a route does not rest */
    inl_stats_get(l.host[CLIENT], &stats);
    assert_int_equal(stats.tcp_resting, 0);
    talk(&l, CLIENT, a, SERVER, b, 60000);
    assert_int_equal(inl_close(l.host[CLIENT], a), 0);
    pass(&l, INL_S);
    assert_int_equal(inl_close(l.host[SERVER], b), 0);
    went(&l, false, true, false);
    pass(&l, INL_S);
    for (int i = 0; i < HOSTS; i++) {
        inl_stats_get(l.host[i], &stats);
        assert_int_equal(stats.drop[INL_DROP_TOO_BIG], 0);
    }
    end(&l);
}

/* By default nobody takes them. */
static void test_refused(void **state) {
    struct inl_config config;
    struct inl_stats stats;
    struct lab l;
    inl_sock listener, u;

    (void)state;
    inl_config_init(&config);
    begin(&l, &config);
    listener = listens(&l);
    connects(&l, by_router2, sizeof(by_router2));
    assert_int_equal(accepts(&l, listener), -EAGAIN);
    inl_stats_get(l.host[SERVER], &stats);
    assert_true(stats.drop[INL_DROP_SOURCE_ROUTED] > 0);
    u = inl_socket(l.host[SERVER], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], u, by_router2, 7), -EINVAL);
    end(&l);
}

/* What a program may set of a stream: a route, and nothing else; an IPv6 connection has none. */
static void test_set(void **state) {
    static const uint8_t record[] = {7, 7, 4, 0, 0, 0, 0}, nops[] = {1, 1, 1};
    static const uint8_t behind_nop[] = {1, 131, 7, 4, 10, 0, 0, 2};
    const struct inl_sockaddr to6 = at("::1", PORT);
    struct inl_config config;
    struct lab l;
    inl_sock listener, s;

    (void)state;
    config_init(&config);
    begin(&l, &config);
    listener = listens(&l);
    s = inl_socket(l.host[SERVER], INL_AF_INET6, INL_SOCK_STREAM);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], listener, by_router2, 7), -EOPNOTSUPP);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], s, record, 7), -EINVAL);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], s, nops, 3), -EINVAL);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], s, behind_nop, 8), 0);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], s, by_router2, 7), 0);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], s, NULL, 0), 0);
    has_route(&l, SERVER, s, NULL);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], s, by_router2, 7), 0);
    assert_int_equal(inl_connect(l.host[SERVER], s, &to6), -EINPROGRESS);
    has_route(&l, SERVER, s, NULL);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], s, by_router2, 7), -EINVAL);
    s = inl_socket(l.host[SERVER], INL_AF_INET, INL_SOCK_STREAM);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], s, by_router2, 7), 0);
    assert_int_equal(inl_close(l.host[SERVER], s), 0); /* never opened */
    end(&l);
}

/* SHLD-24: the peer changes its way in the middle, and the answers follow. */
static void test_later_route(void **state) {
    struct inl_config config;
    struct lab l;
    inl_sock listener, a, b;

    (void)state;
    config_init(&config);
    begin(&l, &config);
    listener = listens(&l);
    a = connects(&l, by_router2, sizeof(by_router2));
    b = accepts(&l, listener);
    went(&l, false, true, false);
    assert_int_equal(inl_set_ip_options(l.host[CLIENT], a, by_router1, 7), 0);
    talk(&l, CLIENT, a, SERVER, b, 100);
    has_route(&l, SERVER, b, back_by_router1);
    went(&l, true, false, false);
    talk(&l, SERVER, b, CLIENT, a, 5000);
    went(&l, true, false, false);
    end(&l);
}

/* MUST-52: what the program says counts more, at either end. */
static void test_own_route_wins(void **state) {
    struct inl_config config;
    struct lab l;
    inl_sock listener, a, b;

    (void)state;
    config_init(&config);
    begin(&l, &config);
    listener = listens(&l);
    a = connects(&l, by_router2, sizeof(by_router2));
    b = accepts(&l, listener);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], b, back_by_router1, 7), 0);
    talk(&l, CLIENT, a, SERVER, b, 5000);
    has_route(&l, SERVER, b, back_by_router1);
    has_route(&l, CLIENT, a, by_router2);
    went(&l, true, true, false);
    end(&l);
}

/* A stream socket of its own takes the route by the second router, or there is no room for one. */
static int set_route(struct lab *l, int host) {
    inl_sock s = inl_socket(l->host[host], INL_AF_INET, INL_SOCK_STREAM);

    return inl_set_ip_options(l->host[host], s, by_router2, 7);
}

/* No more than max_source_routes: the oldest of a peer gives way, and goes on without. */
static void test_limit(void **state) {
    struct inl_config config;
    struct lab l;
    inl_sock listener, a1, b1, a2, b2;

    (void)state;
    config_init(&config);
    config.tcp.max_source_routes = 2;
    begin(&l, &config);
    listener = listens(&l);
    a1 = connects(&l, by_router2, 7);
    b1 = accepts(&l, listener);
    a2 = connects(&l, by_router2, 7);
    b2 = accepts(&l, listener);
    assert_int_equal(inl_set_ip_options(l.host[SERVER], b2, back_by_router2, 7), 0);
    has_route(&l, SERVER, b1, back_by_router2);
    went(&l, false, true, false);
    assert_int_equal(inl_close(l.host[CLIENT], a2), 0);
    assert_int_equal(inl_close(l.host[SERVER], b2), 0);
    pass(&l, 120 * INL_S);
    has_route(&l, SERVER, b1, back_by_router2);
    connects(&l, by_router2, 7); /* the other one has left its place */
    b2 = accepts(&l, listener);
    has_route(&l, SERVER, b1, back_by_router2);
    has_route(&l, SERVER, b2, back_by_router2);
    went(&l, false, true, false);
    assert_int_equal(set_route(&l, CLIENT), -ENOBUFS); /* all are the program's */
    assert_int_equal(set_route(&l, SERVER), 0);
    has_route(&l, SERVER, b1, NULL);
    talk(&l, SERVER, b1, CLIENT, a1, 100);
    went(&l, true, true, true);
    end(&l);
}

static void test_none_remembered(void **state) {
    struct inl_config config;
    struct lab l;
    inl_sock listener, b;

    (void)state;
    config_init(&config);
    config.tcp.max_source_routes = 0;
    begin(&l, &config);
    listener = listens(&l);
    assert_int_equal(set_route(&l, CLIENT), -ENOBUFS);
    connects(&l, NULL, 0);
    b = accepts(&l, listener);
    has_route(&l, SERVER, b, NULL);
    end(&l);
}

/* A cookie keeps no route, but its SYN-ACK goes by one, and the connection has that of the ACK. */
static void test_cookie(void **state) {
    struct inl_config config;
    struct lab l;
    inl_sock listener, a, b;

    (void)state;
    config_init(&config);
    config.tcp.syn_cookies = INL_SYN_COOKIES_ALWAYS;
    begin(&l, &config);
    listener = listens(&l);
    a = connects(&l, by_router2, 7);
    b = accepts(&l, listener);
    has_route(&l, SERVER, b, back_by_router2);
    talk(&l, CLIENT, a, SERVER, b, 5000);
    went(&l, false, true, false);
    end(&l);
}

/* A SYN that becomes nothing leaves no route behind; and a refusal goes back by it, too. */
static void test_given_up(void **state) {
    struct inl_config config;
    struct lab l;
    inl_sock listener, a;

    (void)state;
    config_init(&config);
    config.tcp.max_source_routes = 1;
    begin(&l, &config);
    listener = listens(&l);
    assert_int_equal(inl_link_set_up(l.host[SERVER], 1, true), 0);
    a = connects(&l, by_router2, 7);
    assert_int_equal(inl_close(l.host[SERVER], listener), 0); /* before it was accepted: reset */
    pass(&l, INL_S);
    went(&l, false, true, false);
    assert_true(inl_recv(l.host[CLIENT], a, &(char){0}, 1, 0) == -ECONNRESET);
    assert_int_equal(set_route(&l, SERVER), 0);
    end(&l);
}

/* RFC 1122 3.2.1.8 c: a datagram's route comes up as it was recorded. */
static void test_datagram(void **state) {
    static const uint8_t recorded[8] = {131, 7, 8, 10, 1, 0, 12, 0};
    const struct inl_sockaddr to = at("10.1.0.1", 7);
    uint8_t opts[40];
    uint8_t b[8];
    struct inl_msg msg = {.buf = b, .len_bytes = sizeof(b), .opts = opts, .opts_len = 40};
    struct inl_config config;
    struct lab l;
    inl_sock a, s;

    (void)state;
    config_init(&config);
    begin(&l, &config);
    a = inl_socket(l.host[CLIENT], INL_AF_INET, INL_SOCK_DGRAM);
    s = inl_socket(l.host[SERVER], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(inl_bind(l.host[SERVER], s, &to), 0);
    assert_int_equal(inl_set_ip_options(l.host[CLIENT], a, by_router2, 7), 0);
    assert_int_equal(inl_sendto(l.host[CLIENT], a, "text", 4, 0, &to), 4);
    pass(&l, INL_S);
    went(&l, false, true, false);
    assert_int_equal(inl_recvmsg(l.host[SERVER], s, &msg, 0), 4);
    assert_int_equal(msg.opts_len, 8);
    assert_memory_equal(opts, recorded, 8);
    end(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_later_route),
        cmocka_unit_test(test_own_route_wins),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_none_remembered),
        cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_datagram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
