/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udplite_test.c - how much of a datagram the checksum covers: a part with UDP-Lite (RFC 3828),
 * none with UDP where a program asks for that (RFC 1122 4.1.3.4, RFC 6935, RFC 6936)
 */
#include "rig.h"

#define PORT 7000
#define TEXT "sixteen letters."
#define LEN 16

static uint64_t dropped(const struct rig *r, enum inl_drop why) {
    static struct inl_stats stats;

    inl_stats_get(r->host[1], &stats);
    return stats.drop[why];
}

/* What host 0 sends next, on its way. */
struct wire {
    uint8_t b[2048];
    size_t len, hdr_len; /* of IP */
};

static void catch (struct rig *r, struct wire *w, bool v6) {
    struct inl_tx_frame tx = {.data = w->b, .cap_bytes = sizeof(w->b)};

    assert_int_equal(inl_tx(r->host[0], r->link[0], &tx, 1, r->now), 1);
    w->len = tx.len_bytes;
    w->hdr_len = v6 ? 40 : 20;
}

static void deliver(struct rig *r, const struct wire *w) {
    const struct inl_rx_frame rx = {.data = w->b, .len_bytes = w->len};

    inl_rx(r->host[1], r->link[1], &rx, 1, r->now);
}

static unsigned field(const struct wire *w, size_t off) {
    return (unsigned)w->b[w->hdr_len + off] << 8 | w->b[w->hdr_len + off + 1];
}

static void set_field(struct wire *w, size_t off, unsigned value) {
    w->b[w->hdr_len + off] = (uint8_t)(value >> 8);
    w->b[w->hdr_len + off + 1] = (uint8_t)value;
}

/* Changes the coverage, and the checksum by as much: both are words of what is summed. */
static void set_cover(struct wire *w, unsigned cover) {
    uint32_t sum = (~field(w, 6) & 0xffff) + (~field(w, 4) & 0xffff) + cover;

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    set_field(w, 6, ~sum & 0xffff);
    set_field(w, 4, cover);
}

struct pair {
    struct rig r;
    inl_sock from, to;
    bool v6;
};

static struct inl_sockaddr peer(bool v6, uint16_t port) {
    return at(v6 ? "fd00::2" : "10.0.0.2", port);
}

static void begin(struct pair *p, bool v6, enum inl_sock_type type) {
    const struct inl_sockaddr to = peer(v6, PORT);

    rig_init(&p->r);
    p->v6 = v6;
    p->from = inl_socket(p->r.host[0], v6 ? INL_AF_INET6 : INL_AF_INET, type);
    p->to = inl_socket(p->r.host[1], v6 ? INL_AF_INET6 : INL_AF_INET, type);
    assert_int_equal(inl_bind(p->r.host[1], p->to, &to), 0);
}

static void send_text(struct pair *p, uint16_t port, struct wire *w) {
    const struct inl_sockaddr to = peer(p->v6, port);

    assert_int_equal(inl_sendto(p->r.host[0], p->from, TEXT, LEN, 0, &to), LEN);
    catch (&p->r, w, p->v6);
}

static bool arrives(struct pair *p, const struct wire *w) {
    uint8_t b[64];

    deliver(&p->r, w);
    int64_t n = inl_recv(p->r.host[1], p->to, b, sizeof(b), 0);

    assert_true(n == LEN || n == -EAGAIN);
    return n == LEN;
}

static bool refused(struct pair *p, const struct wire *w, enum inl_drop why) {
    uint64_t before = dropped(&p->r, why);

    return !arrives(p, w) && dropped(&p->r, why) == before + 1 &&
           !inl_tx_pending(p->r.host[1], p->r.link[1]);
}

static void set_from(struct pair *p, enum inl_opt opt, int64_t value) {
    assert_int_equal(inl_setsockopt(p->r.host[0], p->from, opt, value), 0);
}

static void set_to(struct pair *p, enum inl_opt opt, int64_t value) {
    assert_int_equal(inl_setsockopt(p->r.host[1], p->to, opt, value), 0);
}

static uint64_t counter(const struct inl_stack *stack, const char *name) {
    static struct inl_mib list[512];
    size_t n = inl_mib_get(stack, list, COUNT_OF(list));

    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return list[i].value;
        }
    }
    fail_msg("no %s", name);
    return 0;
}

/* RFC 3828 3.3: unless somebody asks, all is covered, and UDP-Lite is UDP. */
static void test_whole(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct pair p;
        struct wire w;
        int64_t value;

        begin(&p, v6, INL_SOCK_UDPLITE);
        assert_int_equal(inl_getsockopt(p.r.host[0], p.from, INL_OPT_PROTOCOL, &value), 0);
        assert_int_equal(value, 136);
        /* the ports of UDP are others */
        inl_sock udp = inl_socket(p.r.host[1], v6 ? INL_AF_INET6 : INL_AF_INET, INL_SOCK_DGRAM);
        const struct inl_sockaddr same = peer(v6, PORT);
        assert_int_equal(inl_bind(p.r.host[1], udp, &same), 0);

        send_text(&p, PORT, &w);
        assert_int_equal(w.b[v6 ? 6 : 9], 136);
        assert_int_equal(field(&w, 4), 8 + LEN);
        assert_true(arrives(&p, &w));
        set_cover(&w, 0); /* means all, too */
        assert_true(arrives(&p, &w));
        w.b[w.len - 1] ^= 1;
        assert_true(refused(&p, &w, INL_DROP_BAD_CHECKSUM));
        assert_int_equal(inl_recv(p.r.host[1], udp, &w, 1, 0), -EAGAIN);
        assert_int_equal(counter(p.r.host[1], "udpliteInDatagrams"), 2);
        assert_int_equal(counter(p.r.host[1], "udpliteInErrors"), 1);
        assert_int_equal(counter(p.r.host[1], "udpliteInPartialCov"), 0);
        assert_int_equal(counter(p.r.host[1], "udpHCInDatagrams"), 0);
        assert_int_equal(counter(p.r.host[0], "udpliteOutPartialCov"), 0);
        rig_done(&p.r);
    }
}

static void test_partial(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct pair p;
        struct wire w;

        begin(&p, v6, INL_SOCK_UDPLITE);
        set_from(&p, INL_OPT_UDPLITE_SEND_COVER, 13); /* odd: padded with zero, virtually */
        send_text(&p, PORT, &w);
        assert_int_equal(field(&w, 4), 13);
        assert_true(refused(&p, &w, INL_DROP_NO_CHECKSUM)); /* nobody has asked for it */
        set_to(&p, INL_OPT_UDPLITE_RECV_COVER, 14);
        assert_true(refused(&p, &w, INL_DROP_NO_CHECKSUM));
        set_to(&p, INL_OPT_UDPLITE_RECV_COVER, 13);
        assert_true(arrives(&p, &w));
        w.b[w.hdr_len + 13] ^= 0xff;
        assert_true(arrives(&p, &w));
        w.b[w.hdr_len + 12] ^= 1;
        assert_true(refused(&p, &w, INL_DROP_BAD_CHECKSUM));
        w.b[w.hdr_len + 12] ^= 1;
        w.b[w.hdr_len + 1] ^= 1; /* the header always is */
        assert_true(refused(&p, &w, INL_DROP_BAD_CHECKSUM));
        assert_int_equal(counter(p.r.host[0], "udpliteOutPartialCov"), 1);
        assert_int_equal(counter(p.r.host[1], "udpliteInPartialCov"), 2);
        /* no more than there is */
        set_from(&p, INL_OPT_UDPLITE_SEND_COVER, 500);
        send_text(&p, PORT, &w);
        assert_int_equal(field(&w, 4), 8 + LEN);
        assert_true(arrives(&p, &w));
        rig_done(&p.r);
    }
}

/* RFC 3828 3.1: coverage of 1 to 7, or more than there is; a checksum of zero. */
static void test_wrong_cover(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct pair p;
        struct wire w;

        begin(&p, v6, INL_SOCK_UDPLITE);
        set_to(&p, INL_OPT_UDPLITE_RECV_COVER, 8);
        set_from(&p, INL_OPT_UDPLITE_SEND_COVER, 8);
        send_text(&p, PORT, &w);
        assert_int_equal(field(&w, 4), 8);
        for (unsigned cover = 1; cover < 8; cover++) {
            set_cover(&w, cover);
            assert_true(refused(&p, &w, INL_DROP_BAD_LENGTH));
        }
        set_cover(&w, 8 + LEN + 1);
        assert_true(refused(&p, &w, INL_DROP_BAD_LENGTH));
        set_cover(&w, 8);
        assert_true(arrives(&p, &w));
        set_field(&w, 6, 0);
        assert_true(refused(&p, &w, INL_DROP_BAD_CHECKSUM));
        rig_done(&p.r);
    }
}

static void test_options(void **state) {
    static const enum inl_opt lite[] = {INL_OPT_UDPLITE_SEND_COVER, INL_OPT_UDPLITE_RECV_COVER};
    static const enum inl_opt udp[] = {INL_OPT_UDP_NO_CHECK, INL_OPT_UDP_WANT_CHECK,
                                       INL_OPT_UDP_NO_CHECK6_TX, INL_OPT_UDP_NO_CHECK6_RX};
    struct rig r;
    int64_t value;

    (void)state;
    rig_init(&r);
    inl_sock l = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_UDPLITE);
    inl_sock u = inl_socket(r.host[0], INL_AF_INET6, INL_SOCK_DGRAM);

    for (size_t i = 0; i < COUNT_OF(lite); i++) {
        assert_int_equal(inl_getsockopt(r.host[0], l, lite[i], &value), 0);
        assert_int_equal(value, 0);
        assert_int_equal(inl_setsockopt(r.host[0], l, lite[i], 7), -EINVAL);
        assert_int_equal(inl_setsockopt(r.host[0], l, lite[i], 65536), -EINVAL);
        assert_int_equal(inl_setsockopt(r.host[0], l, lite[i], 9), 0);
        assert_int_equal(inl_getsockopt(r.host[0], l, lite[i], &value), 0);
        assert_int_equal(value, 9);
        assert_int_equal(inl_setsockopt(r.host[0], u, lite[i], 9), -ENOPROTOOPT);
    }
    for (size_t i = 0; i < COUNT_OF(udp); i++) {
        assert_int_equal(inl_getsockopt(r.host[0], u, udp[i], &value), 0);
        assert_int_equal(value, 0);
        assert_int_equal(inl_setsockopt(r.host[0], u, udp[i], 1), 0);
        assert_int_equal(inl_getsockopt(r.host[0], u, udp[i], &value), 0);
        assert_int_equal(value, 1);
        assert_int_equal(inl_setsockopt(r.host[0], l, udp[i], 1), -ENOPROTOOPT);
    }
    rig_done(&r);
}

/* Port unreachable, and what became of it. */
static void test_error(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        const struct inl_sockaddr nobody = peer(v6, 9);
        struct pair p;

        begin(&p, v6, INL_SOCK_UDPLITE);
        assert_int_equal(inl_connect(p.r.host[0], p.from, &nobody), 0);
        assert_int_equal(inl_send(p.r.host[0], p.from, TEXT, LEN, 0), LEN);
        rig_settle(&p.r);
        assert_int_equal(inl_send(p.r.host[0], p.from, TEXT, LEN, 0), -ECONNREFUSED);
        assert_int_equal(counter(p.r.host[1], "udpliteNoPorts"), 1);
        rig_done(&p.r);
    }
}

/* RFC 1122 4.1.3.4: IPv4 may do without, and a receiver may insist. */
static void test_none4(void **state) {
    struct pair p;
    struct wire w;

    (void)state;
    begin(&p, false, INL_SOCK_DGRAM);
    set_from(&p, INL_OPT_UDP_NO_CHECK6_TX, 1); /* is about the other version */
    send_text(&p, PORT, &w);
    assert_int_not_equal(field(&w, 6), 0);
    set_from(&p, INL_OPT_UDP_NO_CHECK, 1);
    send_text(&p, PORT, &w);
    assert_int_equal(field(&w, 6), 0);
    assert_true(arrives(&p, &w));
    set_to(&p, INL_OPT_UDP_WANT_CHECK, 1);
    assert_true(refused(&p, &w, INL_DROP_NO_CHECKSUM));
    rig_done(&p.r);
}

/* RFC 6935 5, RFC 6936 4: IPv6 only where both ends have asked, and else without a word. */
static void test_none6(void **state) {
    struct pair p;
    struct wire w;

    (void)state;
    begin(&p, true, INL_SOCK_DGRAM);
    set_from(&p, INL_OPT_UDP_NO_CHECK, 1);
    send_text(&p, PORT, &w);
    assert_int_not_equal(field(&w, 6), 0);
    set_from(&p, INL_OPT_UDP_NO_CHECK6_TX, 1);
    send_text(&p, PORT, &w);
    assert_int_equal(field(&w, 6), 0);
    assert_true(refused(&p, &w, INL_DROP_NO_CHECKSUM));
    set_to(&p, INL_OPT_UDP_NO_CHECK6_RX, 1);
    assert_true(arrives(&p, &w));
    set_from(&p, INL_OPT_UDP_NO_CHECK6_TX, 0); /* those with a checksum still come */
    send_text(&p, PORT, &w);
    assert_true(arrives(&p, &w));
    w.b[w.len - 1] ^= 1; /* and it is looked at */
    assert_true(refused(&p, &w, INL_DROP_BAD_CHECKSUM));
    set_from(&p, INL_OPT_UDP_NO_CHECK6_TX, 1);
    send_text(&p, 9, &w); /* nobody is there: not even an error */
    assert_true(refused(&p, &w, INL_DROP_NO_CHECKSUM));
    rig_done(&p.r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_partial),
        cmocka_unit_test(test_options), cmocka_unit_test(test_wrong_cover),
        cmocka_unit_test(test_error),   cmocka_unit_test(test_none4),
        cmocka_unit_test(test_none6),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
