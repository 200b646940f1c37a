/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh.c - attacks on address resolution: malformed neighbour discovery, advertisements from
 * afar, unasked answers, floods and scans that want to fill the cache
 */
#include "lab.h"
#include "wire/eth.h"

static uint8_t P[65536];

static const uint8_t honest_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t evil_mac[6] = {2, 0, 0, 0, 0, 0x66};

static void arp(struct lab *lab, unsigned op, const char *spa, const uint8_t sha[6],
                const char *tpa) {
    const struct inl_addr s = ip(spa), t = ip(tpa);
    uint8_t f[42] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x66, 8, 6, 0, 1, 8, 0, 6, 4};

    put16(f + 20, op);
    memcpy(f + 22, sha, 6);
    memcpy(f + 28, s.b + 12, 4);
    memcpy(f + 38, t.b + 12, 4);
    lab_frame(lab, f, sizeof(f));
}

static const struct neigh *entry(const struct lab *lab, const char *addr) {
    const struct inl_addr a = ip(addr);

    return ip_neigh_get(lab->victim->ip, lab->link, &a);
}

/* A neighbour message of @type with @opts behind its fixed part of @fixed bytes */
static void nd(struct lab *lab, const char *from, uint8_t hops, uint8_t type, uint32_t rest,
               const void *body, size_t len) {
    const struct inl_addr src = ip(from), dst = ip(VICTIM6);

    lab_packet(lab, P, make_icmp(P, &src, &dst, hops, type, 0, rest, body, len));
}

/* The victim has talked with the honest host in both families. */
static struct lab *acquainted(void) {
    struct lab *lab = lab_new_ether();

    lab_serves(lab);
    assert_non_null(entry(lab, HONEST4));
    assert_memory_equal(entry(lab, HONEST4)->mac, honest_mac, 6);
    assert_memory_equal(entry(lab, HONEST6)->mac, honest_mac, 6);
    lab_mark(lab);
    return lab;
}

/* ---- SEC-54, SEC-55 ---- */

static void sec54_options(void **state) {
    struct lab *lab = acquainted();
    const struct inl_addr target = ip(VICTIM6);
    uint8_t body[80];

    (void)state;
    lab->resolves = false;
    for (uint8_t type = 133; type <= 137; type++) {
        size_t fixed = type == 133 ? 0 : type == 134 ? 8 : type == 137 ? 32 : 16;

        for (unsigned kind = 0; kind < 32; kind++) {
            for (unsigned len = 0; len < 8; len++) {
                for (size_t have = 1; have <= 32; have += have < 9 ? 1 : 8) {
                    memset(body, 0, sizeof(body));
                    memcpy(body, target.b, 16);
                    body[fixed] = (uint8_t)kind;
                    body[fixed + 1] = (uint8_t)len;
                    memset(body + fixed + 2, 0xff, 30);
                    lab_mark(lab);
                    nd(lab, EVIL6, 255, type, type == 136 ? 0x60000000u : 0, body, fixed + have);
                    assert_in_range(lab->n, 0, 1);
                    if (len == 0 || len * 8 > have) {
                        assert_int_equal(lab->n, 0);
                    }
                }
            }
        }
    }
    assert_memory_equal(entry(lab, HONEST6)->mac, honest_mac, 6);
    lab->resolves = true;
    lab_free(lab);
}

static void sec55_authenticity(void **state) {
    struct lab *lab = acquainted();
    const struct inl_addr honest = ip(HONEST6), us = ip(VICTIM6), evil = ip(EVIL6);
    uint8_t body[24], frag[100];
    size_t n;

    (void)state;
    memcpy(body, honest.b, 16);
    body[16] = 2;
    body[17] = 1;
    memcpy(body + 18, evil_mac, 6);
    for (unsigned hops = 0; hops < 255; hops++) {
        nd(lab, HONEST6, (uint8_t)hops, 136, 0x60000000u, body, 24);
        nd(lab, HONEST6, (uint8_t)hops, 134, 0, body, 8);
        nd(lab, HONEST6, (uint8_t)hops, 137, 0, body, 24);
    }
    /* the same, from next door, as an atomic fragment and as a first one */
    for (unsigned more = 0; more < 2; more++) {
        n = make_icmp(P, &honest, &us, 255, 136, 0, 0x60000000u, body, 24);
        memset(frag, 0, 8);
        frag[0] = 58;
        frag[3] = (uint8_t)more;
        memcpy(frag + 8, P + 40, n - 40);
        lab_packet(lab, P, make_ip(P, &honest, &us, 44, 255, frag, n - 32));
    }
    assert_memory_equal(entry(lab, HONEST6)->mac, honest_mac, 6);
    assert_int_equal(lab->n, 0);
    lab_pass(lab, 61 * INL_S); /* the rest of the fragment does not come */
    lab_mark(lab);
    /* who claims to be us is not believed */
    memcpy(body, us.b, 16);
    nd(lab, EVIL6, 255, 136, 0x20000000u, body, 24);
    (void)evil;
    assert_null(entry(lab, VICTIM6));
    lab_free(lab);
}

/* Somebody says that he is the honest host, and confirms it when he is asked. */
static void parasite_says(struct lab *lab, bool v6, bool answer) {
    const struct inl_addr honest = ip(HONEST6);
    uint8_t body[24] = {[16] = 2, 1};

    memcpy(body, honest.b, 16);
    memcpy(body + 18, evil_mac, 6);
    if (v6) {
        nd(lab, HONEST6, 255, 136, answer ? 0x60000000u : 0x20000000u, body, 24);
    } else {
        arp(lab, answer ? 2 : 1, HONEST4, evil_mac, VICTIM4);
    }
    assert_memory_equal(entry(lab, v6 ? HONEST6 : HONEST4)->mac, evil_mac, 6);
}

/* What the victim asks of the one it believes in. */
static unsigned probes(const struct lab *lab) {
    const uint64_t *n = lab->victim->env.cause;

    return (unsigned)(n[INL_CAUSE_ARP_REQUEST] + n[INL_CAUSE_ARP_RETRY] + n[INL_CAUSE_NS_SOLICIT] +
                      n[INL_CAUSE_NS_RETRY]);
}

/* Such a lie cannot be told from the truth. But once nobody confirms it, a connection that stands
 * still has the neighbour asked at each retransmission beyond R1 (RFC 1122 4.2.3.5 b: "reaches or
 * exceeds"), not at the first alone, and the truth is back before the lie would have been doubted
 * for its age. */
static void sec55_parasite(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct lab *lab = acquainted();
        const struct neigh *e = entry(lab, v6 ? HONEST6 : HONEST4);
        const struct inl_sockaddr to = at(v6 ? VICTIM6 : VICTIM4, OPEN_PORT);
        inl_sock a = inl_socket(lab->honest, v6 ? INL_AF_INET6 : INL_AF_INET, INL_SOCK_STREAM), b;
        uint8_t byte = 7;
        inl_time told;
        unsigned asked;

        assert_int_equal(inl_connect(lab->honest, a, &to), -EINPROGRESS);
        lab_pass(lab, INL_S);
        b = lab_accept(lab);
        assert_true(b >= 0);
        parasite_says(lab, v6, false);
        assert_int_equal(inl_send(lab->victim, b, &byte, 1, 0), 1);
        asked = probes(lab);
        for (int i = 0; i < 200 && probes(lab) == asked; i++) {
            lab_pass(lab, 100 * INL_MS);
        }
        assert_int_equal(probes(lab), asked + 1);
        parasite_says(lab, v6, true);
        assert_int_equal(e->state, NEIGH_REACHABLE);
        told = lab->now;
        for (int i = 0; i < 600 && memcmp(e->mac, honest_mac, 6) != 0; i++) {
            lab_pass(lab, 100 * INL_MS);
        }
        assert_memory_equal(e->mac, honest_mac, 6);
        assert_in_range(inl_time_sub(lab->now, told), INL_S, 8 * INL_S);
        lab_pass(lab, 10 * INL_S);
        byte = 0;
        assert_int_equal(inl_recv(lab->honest, a, &byte, 1, 0), 1);
        assert_int_equal(byte, 7);
        assert_int_equal(inl_close(lab->honest, a), 0);
        lab_pass(lab, INL_S);
        assert_int_equal(inl_close(lab->victim, b), 0);
        lab_free(lab);
    }
}

/* ---- SEC-57, SEC-58: unasked answers, floods, scans ---- */

static void sec58_arp(void **state) {
    struct lab *lab = acquainted();
    size_t used;

    (void)state;
    arp(lab, 2, HONEST4, evil_mac, VICTIM4);
    arp(lab, 2, HONEST4, evil_mac, HONEST4);
    arp(lab, 2, EVIL4, evil_mac, VICTIM4);
    arp(lab, 1, HONEST4, evil_mac, HONEST4); /* gratuitous */
    arp(lab, 1, VICTIM4, evil_mac, VICTIM4); /* our own address */
    arp(lab, 2, VICTIM4, evil_mac, VICTIM4);
    arp(lab, 1, "255.255.255.255", evil_mac, VICTIM4);
    arp(lab, 1, "10.0.0.255", evil_mac, VICTIM4);
    arp(lab, 1, "127.0.0.1", evil_mac, VICTIM4);
    arp(lab, 1, EVIL4, (const uint8_t[]){255, 255, 255, 255, 255, 255}, VICTIM4);
    assert_int_equal(lab->n, 1); /* our own address is defended, once in ten seconds */
    assert_int_equal(lab_last(lab)->cause, INL_CAUSE_ARP_DEFEND);
    assert_memory_equal(entry(lab, HONEST4)->mac, honest_mac, 6);
    assert_null(entry(lab, VICTIM4));
    used = lab->victim->env.mem.used_bytes;
    for (uint32_t i = 0; i < 20000; i++) { /* unasked answers of everybody */
        const struct inl_addr a = inl_addr_from4(0x0a000000u + i % 65536);
        char text[40];

        inl_addr_format(&a, text, sizeof(text));
        if (i % 256 != 1) {
            arp(lab, 2, text, evil_mac, VICTIM4);
        }
    }
    assert_int_equal(lab->victim->env.mem.used_bytes, used);
    for (uint32_t i = 3; i < 255; i++) { /* questions of everybody make entries, so many at most */
        const struct inl_addr a = inl_addr_from4(0x0a000000u + i);
        char text[40];

        inl_addr_format(&a, text, sizeof(text));
        arp(lab, 1, text, evil_mac, VICTIM4);
    }
    assert_in_range(htab_count(&lab->victim->ip->neighs.table), 1, 1024);
    lab_free(lab);
}

/* Echo requests from each address of a prefix: the victim asks for each of them. */
static void sec57_scan(void **state) {
    struct lab *lab = acquainted();
    const struct inl_addr dst = ip(VICTIM6);
    size_t used = lab->victim->env.mem.used_bytes;

    (void)state;
    lab->resolves = false;
    for (uint32_t i = 0; i < 50000; i++) {
        struct inl_addr src = ip("fd00::1:0:0");

        put32(src.b + 12, i * 2654435761u);
        lab_queue(lab, P, make_icmp(P, &src, &dst, 64, 128, 0, 0, "x", 1));
        if (i % 64 == 63) {
            lab_settle(lab);
            assert_in_range(htab_count(&lab->victim->ip->neighs.table), 1,
                            lab->config.max_neighbours ? lab->config.max_neighbours : 1024);
            assert_in_range(lab->victim->env.mem.used_bytes - used, 0, 1 << 20);
        }
        if (i % 5000 == 0) {
            lab_pass(lab, 100 * INL_MS);
        }
    }
    /* one second: the questions do not grow with the flood (256 at once, 256 a second) */
    assert_in_range(lab->victim->env.cause[INL_CAUSE_NS_SOLICIT], 256, 2 * 256 + 8);
    assert_in_range(lab->victim->env.drop[INL_DROP_NEIGH_RATE], 40000, 50000);
    assert_non_null(entry(lab, HONEST6)); /* who is known stays known */
    assert_non_null(entry(lab, HONEST4));
    lab->resolves = true;
    lab_pass(lab, 20 * INL_S);
    lab_free(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec54_options),  cmocka_unit_test(sec55_authenticity),
        cmocka_unit_test(sec55_parasite), cmocka_unit_test(sec57_scan),
        cmocka_unit_test(sec58_arp),
    };

    return cmocka_run_group_tests_name("attack: neighbours", tests, NULL, NULL);
}
