/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6ext_test.c - extension headers of sockets: up to the program and down from it (RFC 3542 4, 7 to
 * 9, 12; RFC 8200 4.1, 4.5; RFC 5095)
 */
#include "rig.h"

#define PORT 7000

enum { NONE = 59, HOP = 0, DST = 60, RTH = 43, FRAGMENT = 44, UDP = 17, TCP = 6, ICMP6 = 58 };

/* An option to be skipped; router alert; a segment routing header whose way is over. */
static const uint8_t dst[8] = {0xee, 0, 0x1e, 4, 1, 2, 3, 4};
static const uint8_t dst2[16] = {0xee, 1, 0x1e, 12, 9, 9};
static const uint8_t hop[8] = {0xee, 0, 5, 2, 0, 0, 1, 0};
static const uint8_t rth[8] = {0xee, 0, 4, 0, 0, 0, 0, 0};

struct wire {
    uint8_t b[2048];
    size_t len;
};

static bool catch (struct rig *r, struct wire *w) {
    struct inl_tx_frame tx = {.data = w->b, .cap_bytes = sizeof(w->b)};
    int n = inl_tx(r->host[0], r->link[0], &tx, 1, r->now);

    w->len = n > 0 ? tx.len_bytes : 0;
    return n > 0;
}

static void deliver(struct rig *r, const struct wire *w) {
    const struct inl_rx_frame rx = {.data = w->b, .len_bytes = w->len};

    inl_rx(r->host[1], r->link[1], &rx, 1, r->now);
}

static void begin(struct rig *r, inl_sock *ret_from, inl_sock *ret_to) {
    const struct inl_sockaddr to = at("fd00::2", PORT);

    rig_init(r);
    *ret_from = inl_socket(r->host[0], INL_AF_INET6, INL_SOCK_DGRAM);
    *ret_to = inl_socket(r->host[1], INL_AF_INET6, INL_SOCK_DGRAM);
    assert_int_equal(inl_bind(r->host[1], *ret_to, &to), 0);
    assert_int_equal(inl_connect(r->host[0], *ret_from, &to), 0);
}

static int set(struct rig *r, inl_sock s, enum inl_ip6_ext which, const void *h, size_t len) {
    return inl_set_ip6_ext(r->host[0], s, which, h, len);
}

static void has(struct rig *r, inl_sock s, enum inl_ip6_ext which, const uint8_t *h, size_t len) {
    uint8_t got[INL_IP6_EXT_MAX_BYTES];

    assert_int_equal(inl_get_ip6_ext(r->host[0], s, which, got, sizeof(got)), len);
    if (len > 0) {
        assert_int_equal(got[0], 0);
        assert_memory_equal(got + 1, h + 1, len - 1);
    }
}

/* The next-header values of what leaves next, up to one that is no option and no routing header. */
static void leaves(struct rig *r, struct wire *w, const uint8_t *chain) {
    size_t at = 40;

    assert_true(catch (r, w));
    assert_int_equal(w->b[6], chain[0]);
    for (; *chain == HOP || *chain == DST || *chain == RTH; chain++) {
        assert_int_equal(w->b[at], chain[1]);
        at += ((size_t)w->b[at + 1] + 1) * 8;
    }
    assert_int_equal(w->b[4] << 8 | w->b[5], (int)(w->len - 40));
}

#define LEAVES(r, w, ...) leaves((r), (w), (const uint8_t[]){__VA_ARGS__})

static void put(uint8_t **at, unsigned which, const uint8_t *h, size_t len) {
    memcpy(*at, h, len);
    (*at)[0] = (uint8_t)which;
    *at += len;
}

/* The next message, and its headers in so much room. */
static size_t take(struct rig *r, inl_sock s, uint8_t *ext, size_t room) {
    uint8_t b[16];
    struct inl_msg msg = {.buf = b, .len_bytes = sizeof(b), .ext = ext, .ext_len = room};

    assert_int_equal(inl_recvmsg(r->host[1], s, &msg, 0), 4);
    assert_memory_equal(b, "text", 4);
    return msg.ext_len;
}

static void test_of_socket(void **state) {
    uint8_t all[40], *end = all, got[64];
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    has(&r, a, INL_IP6_EXT_DSTOPTS, NULL, 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, dst2, sizeof(dst2)), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_HOPOPTS, hop, sizeof(hop)), 0);
    has(&r, a, INL_IP6_EXT_DSTOPTS, dst2, sizeof(dst2));
    has(&r, a, INL_IP6_EXT_HOPOPTS, hop, sizeof(hop));
    for (int i = 0; i < 3; i++) { /* the short ways for what is like the last one, too */
        assert_int_equal(inl_send(r.host[0], a, "text", 4, 0), 4);
        LEAVES(&r, &w, HOP, DST, UDP);
        assert_memory_equal(w.b + 41, hop + 1, 7);
        assert_memory_equal(w.b + 49, dst2 + 1, 15);
        assert_int_equal(w.len, 40 + 8 + 16 + 8 + 4);
        deliver(&r, &w);
    }
    put(&end, INL_IP6_EXT_HOPOPTS, hop, sizeof(hop));
    put(&end, INL_IP6_EXT_DSTOPTS, dst2, sizeof(dst2));
    assert_int_equal(take(&r, b, got, sizeof(got)), 24);
    assert_memory_equal(got, all, 24);
    got[8] = 0xcc;
    assert_int_equal(take(&r, b, got, 23), 8); /* whole ones only */
    assert_int_equal(got[8], 0xcc);
    assert_int_equal(take(&r, b, NULL, 7), 7); /* nobody wants them */
    assert_int_equal(set(&r, a, INL_IP6_EXT_HOPOPTS, NULL, 0), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, NULL, 0), 0);
    has(&r, a, INL_IP6_EXT_HOPOPTS, NULL, 0);
    assert_int_equal(inl_send(r.host[0], a, "text", 4, 0), 4);
    LEAVES(&r, &w, UDP);
    deliver(&r, &w);
    assert_int_equal(take(&r, b, got, sizeof(got)), 0);
    rig_done(&r);
}

/* 9.2, 12: the order is RFC 8200's, and options for stages need a routing header. */
static void test_order(void **state) {
    uint8_t got[64];
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, dst2, sizeof(dst2)), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_RTHDRDSTOPTS, dst, sizeof(dst)), 0);
    assert_int_equal(inl_send(r.host[0], a, "text", 4, 0), 4);
    LEAVES(&r, &w, DST, UDP);
    assert_int_equal(set(&r, a, INL_IP6_EXT_RTHDR, rth, sizeof(rth)), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_HOPOPTS, hop, sizeof(hop)), 0);
    assert_int_equal(inl_send(r.host[0], a, "text", 4, 0), 4);
    LEAVES(&r, &w, HOP, DST, RTH, DST, UDP);
    deliver(&r, &w);
    assert_int_equal(take(&r, b, got, sizeof(got)), 40);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(got[8 * i], i);
    }
    rig_done(&r);
}

/* 4.2: a message's own count more, each than the socket's of its kind. */
static void test_of_message(void **state) {
    uint8_t ext[32], *end = ext;
    struct inl_msg msg = {.buf = (char[]){"text"}, .len_bytes = 4, .tos = -1, .ext = ext};
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, dst2, sizeof(dst2)), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_HOPOPTS, hop, sizeof(hop)), 0);
    put(&end, INL_IP6_EXT_RTHDR, rth, sizeof(rth));
    put(&end, INL_IP6_EXT_DSTOPTS, dst, sizeof(dst));
    msg.ext_len = 16;
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), 4);
    LEAVES(&r, &w, HOP, RTH, DST, UDP);
    assert_memory_equal(w.b + 57, dst + 1, 7);
    end = ext;
    put(&end, INL_IP6_EXT_WITHOUT + INL_IP6_EXT_HOPOPTS, (const uint8_t[8]){0}, 8);
    msg.ext_len = 8;
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), 4);
    LEAVES(&r, &w, DST, UDP);
    msg.ext = NULL;
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), 4);
    LEAVES(&r, &w, HOP, DST, UDP);
    rig_done(&r);
}

static void test_refused(void **state) {
    static const uint8_t type0[8] = {0, 0, 0, 0}, to_go[24] = {0, 2, 4, 1};
    static const uint8_t jumbo[8] = {0, 0, 0xc2, 4}, over[8] = {0, 0, 0x1e, 5};
    uint8_t big[INL_IP6_EXT_MAX_BYTES + 8] = {0, INL_IP6_EXT_MAX_BYTES / 8};
    uint8_t ext[16], *end = ext;
    struct inl_msg msg = {.buf = ext, .len_bytes = 4, .tos = -1, .ext = ext, .ext_len = 16};
    struct rig r;
    inl_sock a, b, c;

    (void)state;
    begin(&r, &a, &b);
    assert_int_equal(set(&r, a, INL_IP6_EXT_RTHDR, type0, 8), -EINVAL); /* RFC 5095 */
    assert_int_equal(set(&r, a, INL_IP6_EXT_RTHDR, to_go, 24), -EINVAL);
    assert_int_equal(set(&r, a, INL_IP6_EXT_HOPOPTS, jumbo, 8), -EINVAL);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, over, 8), -EINVAL);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, dst2, 8), -EINVAL);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, dst, 1), -EINVAL);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, big, sizeof(big)), -EINVAL);
    assert_int_equal(set(&r, a, INL_IP6_EXTS, dst, 8), -EINVAL);
    big[1]--; /* as long as it may be: nothing else fits beside it */
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, big, sizeof(big) - 8), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_HOPOPTS, hop, 8), -EINVAL);
    put(&end, INL_IP6_EXT_HOPOPTS, hop, 8);
    msg.ext_len = 8;
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), -EMSGSIZE);
    put(&end, INL_IP6_EXT_HOPOPTS, hop, 8); /* twice */
    msg.ext_len = 16;
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), -EINVAL);
    msg.ext_len = 7;
    assert_int_equal(inl_sendmsg(r.host[0], a, &msg), -EINVAL);
    c = inl_socket(r.host[0], INL_AF_INET, INL_SOCK_DGRAM);
    assert_int_equal(set(&r, c, INL_IP6_EXT_DSTOPTS, dst, 8), -EOPNOTSUPP);
    assert_int_equal(inl_get_ip6_ext(r.host[0], c, INL_IP6_EXT_DSTOPTS, NULL, 0), -EOPNOTSUPP);
    c = rig_listen(&r, 0, "fd00::1", 81, 1);
    assert_int_equal(set(&r, c, INL_IP6_EXT_DSTOPTS, dst, 8), -EOPNOTSUPP);
    assert_int_equal(set(&r, -1, INL_IP6_EXT_DSTOPTS, dst, 8), -EBADF);
    rig_done(&r);
}

/* They are IPv6's: to a peer of IPv4 the same socket sends none. Ping and raw sockets send them. */
static void test_others(void **state) {
    const struct inl_sockaddr four = at("10.0.0.2", 9), six = at("fd00::2", 0);
    static const uint8_t echo[8] = {128};
    struct wire w;
    struct rig r;

    (void)state;
    rig_init(&r);
    inl_sock u = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_DGRAM);
    inl_sock p = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_PING);
    inl_sock raw = inl_socket_raw(r.host[0], INL_AF_INET6, NONE);

    assert_int_equal(set(&r, u, INL_IP6_EXT_DSTOPTS, dst, 8), 0);
    assert_int_equal(inl_sendto(r.host[0], u, "text", 4, 0, &four), 4);
    assert_true(catch (&r, &w));
    assert_int_equal(w.len, 20 + 8 + 4);
    assert_int_equal(set(&r, p, INL_IP6_EXT_HOPOPTS, hop, 8), 0);
    assert_int_equal(inl_sendto(r.host[0], p, echo, 8, 0, &six), 8);
    LEAVES(&r, &w, HOP, ICMP6);
    deliver(&r, &w);
    assert_int_equal(inl_tx(r.host[1], r.link[1],
                            &(struct inl_tx_frame){.data = w.b, .cap_bytes = 2048}, 1, r.now),
                     1);
    assert_int_equal(w.b[40], 129); /* its checksum does not count them */
    assert_int_equal(set(&r, raw, INL_IP6_EXT_DSTOPTS, dst, 8), 0);
    assert_int_equal(inl_sendto(r.host[0], raw, "text", 4, 0, &six), 4);
    LEAVES(&r, &w, DST, NONE);
    rig_done(&r);
}

/* RFC 8200 4.5: what is cut. Headers up to the routing header stand in each fragment. */
static void test_fragments(void **state) {
    static uint8_t big[65535], back[4000];
    uint8_t got[64];
    struct inl_msg msg = {.buf = back, .len_bytes = sizeof(back), .ext = got, .ext_len = 64};
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    for (size_t i = 0; i < sizeof(big); i++) {
        big[i] = (uint8_t)(i * 7 >> 3);
    }
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_MTU_DISCOVER, INL_PMTUD_DO), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, dst2, sizeof(dst2)), 0);
    assert_int_equal(inl_send(r.host[0], a, big, 1500 - 56 - 8 + 1, 0), -EMSGSIZE);
    assert_int_equal(inl_send(r.host[0], a, big, 1500 - 56 - 8, 0), 1500 - 56 - 8);
    LEAVES(&r, &w, DST, UDP);
    assert_int_equal(w.len, 1500);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_MTU_DISCOVER, INL_PMTUD_DONT), 0);
    assert_int_equal(inl_send(r.host[0], a, big, 65535, 0), -EMSGSIZE);
    assert_int_equal(inl_send(r.host[0], a, big, 3000, 0), 3000);
    for (int i = 0; i < 3; i++) { /* 16 + 8 + 3000 in pieces of 1448 */
        LEAVES(&r, &w, FRAGMENT);
        assert_int_equal(w.b[40], DST);
        assert_int_equal(w.len, i < 2 ? 1496 : 48 + 3024 - 2 * 1448);
        deliver(&r, &w);
    }
    assert_int_equal(inl_recvmsg(r.host[1], b, &msg, 0), 3000);
    assert_memory_equal(back, big, 3000);
    assert_int_equal(msg.ext_len, 16);
    assert_int_equal(got[0], INL_IP6_EXT_DSTOPTS);
    assert_memory_equal(got + 1, dst2 + 1, 15);

    assert_int_equal(set(&r, a, INL_IP6_EXT_HOPOPTS, hop, sizeof(hop)), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_RTHDR, rth, sizeof(rth)), 0);
    assert_int_equal(set(&r, a, INL_IP6_EXT_RTHDRDSTOPTS, dst, sizeof(dst)), 0);
    assert_int_equal(inl_send(r.host[0], a, big, 3000, 0), 3000);
    while (inl_tx(r.host[0], r.link[0], &(struct inl_tx_frame){.data = w.b, .cap_bytes = 2048}, 1,
                  r.now) > 0) {
        w.len = 40 + ((size_t)w.b[4] << 8 | w.b[5]);
        assert_int_equal(w.b[6], HOP);
        assert_int_equal(w.b[40], DST);
        assert_int_equal(w.b[48], RTH);
        assert_int_equal(w.b[56], FRAGMENT);
        assert_int_equal(w.b[64], DST);
        deliver(&r, &w);
    }
    msg.ext_len = 64;
    assert_int_equal(inl_recvmsg(r.host[1], b, &msg, 0), 3000);
    assert_memory_equal(back, big, 3000);
    assert_int_equal(msg.ext_len, 40);
    rig_done(&r);
}

/* RFC 4443: an error about a packet with headers, which nobody else understood, is known for ours. */
static void test_error(void **state) {
    static const uint8_t strange[8] = {0, 0, 0x9e, 4}; /* to be answered, if unknown */
    int64_t err = 0;
    struct wire w;
    struct rig r;
    inl_sock a, b;

    (void)state;
    begin(&r, &a, &b);
    assert_int_equal(set(&r, a, INL_IP6_EXT_DSTOPTS, strange, 8), 0);
    assert_int_equal(inl_setsockopt(r.host[0], a, INL_OPT_RECVERR, 1), 0);
    assert_int_equal(inl_send(r.host[0], a, "text", 4, 0), 4);
    rig_settle(&r);
    assert_int_equal(inl_getsockopt(r.host[0], a, INL_OPT_ERROR, &err), 0);
    assert_int_equal(err, EPROTO);
    assert_true(!catch (&r, &w));
    rig_done(&r);
}

/* 4.1: all segments have them, and less data for it. */
static void test_stream(void **state) {
    static uint8_t data[2 * 1412], got[sizeof(data)];
    const struct inl_sockaddr to = at("fd00::2", 80);
    struct inl_tcp_info info;
    struct wire w;
    struct rig r;
    inl_sock l, c, s;

    (void)state;
    rig_init(&r);
    l = rig_listen(&r, 1, "fd00::2", 80, 5);
    c = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_STREAM);
    assert_int_equal(set(&r, c, INL_IP6_EXT_DSTOPTS, dst2, sizeof(dst2)), 0);
    assert_int_equal(inl_connect(r.host[0], c, &to), -EINPROGRESS);
    LEAVES(&r, &w, DST, TCP);
    deliver(&r, &w);
    rig_pass(&r, INL_S);
    s = inl_accept(r.host[1], l, NULL);
    assert_true(s >= 0);
    has(&r, c, INL_IP6_EXT_DSTOPTS, dst2, sizeof(dst2));
    assert_int_equal(inl_tcp_info(r.host[0], c, &info), 0);
    assert_int_equal(info.snd_mss_bytes, 1500 - 40 - 16 - 32);
    assert_int_equal(inl_send(r.host[0], c, data, sizeof(data), 0), sizeof(data));
    LEAVES(&r, &w, DST, TCP);
    assert_int_equal(w.len, 1500);
    deliver(&r, &w);
    rig_pass(&r, INL_S);
    assert_int_equal(inl_recv(r.host[1], s, got, sizeof(got), 0), sizeof(got));
    /* with others from now on; without a routing header, none in front of it */
    assert_int_equal(set(&r, c, INL_IP6_EXT_RTHDRDSTOPTS, dst, sizeof(dst)), 0);
    assert_int_equal(set(&r, c, INL_IP6_EXT_HOPOPTS, hop, sizeof(hop)), 0);
    assert_int_equal(inl_send(r.host[0], c, data, 10, 0), 10);
    LEAVES(&r, &w, HOP, DST, TCP);
    deliver(&r, &w);
    rig_pass(&r, INL_S);
    assert_int_equal(set(&r, c, INL_IP6_EXT_HOPOPTS, NULL, 0), 0);
    assert_int_equal(set(&r, c, INL_IP6_EXT_DSTOPTS, NULL, 0), 0);
    assert_int_equal(inl_send(r.host[0], c, data, 10, 0), 10);
    LEAVES(&r, &w, TCP);
    deliver(&r, &w);
    rig_pass(&r, INL_S);
    assert_int_equal(inl_recv(r.host[1], s, got, sizeof(got), 0), 20);
    rig_done(&r);
}

/* 13: they say nothing about IPv4, and go with a socket that turns out to be of that. */
static void test_stream4(void **state) {
    const struct inl_sockaddr to = at("10.0.0.2", 80);
    struct wire w;
    struct rig r;
    inl_sock c;

    (void)state;
    rig_init(&r);
    c = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_STREAM);
    assert_int_equal(set(&r, c, INL_IP6_EXT_DSTOPTS, dst, sizeof(dst)), 0);
    assert_int_equal(inl_connect(r.host[0], c, &to), -EINPROGRESS);
    assert_true(catch (&r, &w));
    assert_int_equal(w.b[0], 0x45);
    assert_int_equal(set(&r, c, INL_IP6_EXT_DSTOPTS, dst, sizeof(dst)), -EINVAL);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_socket),  cmocka_unit_test(test_order),
        cmocka_unit_test(test_of_message), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_others),     cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_error),      cmocka_unit_test(test_stream),
        cmocka_unit_test(test_stream4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
