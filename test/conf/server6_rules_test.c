/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server6_rules_test.c - what the DHCP server for IPv6 answers to whom, message by message
 * (RFC 8415 16 and 18.3)
 */
#include "lan.h"

#include "stack/state.h"
#include "wire/dhcp6.h"

#define CLIENT "fe80::aa"
#define ALL "ff02::1:2"
#define HERE "2001:db8::ff"   /* of the range */
#define FREE "2001:db8::77"   /* on the link, but nobody's */
#define AWAY "2001:db8:99::5" /* not on the link */

enum named { NOBODY, US, ANOTHER };

struct ask {
    enum dhcp6_type type;
    enum named server;
    const char *addr; /* NULL: none in the IA */
    bool ia, no_client, rapid;
    uint8_t who; /* which client: the last octet of its DUID */
};

struct rig6 {
    struct lan l;
    struct dhcp6_duid server;
};

static enum inl_drop tell_to(struct rig6 *r, const struct ask *a, const char *dst) {
    struct dhcp6_duid me = {.len = 4, .b = {0, 9, 'C', a->who}};
    struct dhcp6_duid other = {.len = 4, .b = {0, 9, 'S', 'S'}};
    const struct dhcp6_duid *server = a->server == US ? &r->server : &other;
    struct dhcp6_ia ia = {.iaid = 5};
    uint8_t b[300];
    struct wr w = wr_init(b, sizeof(b));

    dhcp6_emit(&w, (uint8_t)a->type, 0x1234);
    if (!a->no_client) {
        dhcp6_put(&w, DHCP6_OPT_CLIENT_ID, me.b, me.len);
    }
    if (a->server != NOBODY) {
        dhcp6_put(&w, DHCP6_OPT_SERVER_ID, server->b, server->len);
    }
    if (a->rapid) {
        dhcp6_put(&w, DHCP6_OPT_RAPID_COMMIT, NULL, 0);
    }
    if (a->addr) {
        ia.addrs_n = 1;
        ia.addrs[0].addr = lan_addr(a->addr);
    }
    if (a->ia || a->addr) {
        dhcp6_put_ia(&w, &ia);
    }
    assert_false(w.bad);
    return lan_feed(&r->l, CLIENT, 546, dst, 547, b, wr_len(&w));
}

static enum inl_drop tell(struct rig6 *r, struct ask a) {
    return tell_to(r, &a, ALL);
}

static bool heard(struct rig6 *r, struct lan_msg *m, struct dhcp6_msg *d) {
    struct rd p;

    if (!lan_next(&r->l, 10 * INL_MS, m)) {
        return false;
    }
    p = rd_init(m->payload, m->payload_len);
    assert_int_equal(dhcp6_parse(&p, 5, d), INL_DROP_NONE);
    assert_int_equal(d->xid, 0x1234);
    return true;
}

/* What comes back, which must be something. */
static struct dhcp6_msg answer(struct rig6 *r, struct ask a, enum dhcp6_type type) {
    static struct lan_msg m; /* the message points into it */
    struct dhcp6_msg d = {0};

    tell(r, a);
    assert_true(heard(r, &m, &d));
    assert_int_equal(d.type, type);
    return d;
}

static bool silent(struct rig6 *r) {
    struct lan_msg m;
    struct dhcp6_msg d;

    return !heard(r, &m, &d);
}

static size_t leases(const struct rig6 *r) {
    return inl_dhcp6_server_leases(r->l.stack, LAN_LINK, NULL, 0);
}

static void start(struct rig6 *r, uint32_t range_n) {
    const struct inl_addr ours = lan_addr("2001:db8::1"), client = lan_addr(CLIENT);
    struct inl_dhcp6_server_config c;

    lan_start(&r->l);
    lan_run(&r->l, 5 * INL_S);
    assert_int_equal(inl_addr_add(r->l.stack, LAN_LINK, &ours, 64), 0);
    assert_int_equal(inl_neigh_add(r->l.stack, LAN_LINK, &client, LAN_SERVER_MAC), 0);
    inl_dhcp6_server_config_init(&c);
    c.first = lan_addr(HERE);
    c.range_n = range_n;
    assert_int_equal(inl_dhcp6_server_start(r->l.stack, LAN_LINK, &c), 0);
    r->server = answer(r, (struct ask){.type = DHCP6_INFORMATION}, DHCP6_REPLY).server;
    assert_true(r->server.len > 2);
}

/* 16: who must be named, who must not; 18.4: to all servers only. */
static void test_identifiers(void **state) {
    static const struct {
        enum dhcp6_type type;
        bool named; /* we have to be */
    } t[] = {{DHCP6_SOLICIT, false}, {DHCP6_CONFIRM, false}, {DHCP6_REBIND, false},
             {DHCP6_REQUEST, true},  {DHCP6_RENEW, true},    {DHCP6_RELEASE, true},
             {DHCP6_DECLINE, true}};

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        struct ask good = {.type = t[i].type, .server = t[i].named ? US : NOBODY, .addr = AWAY};
        struct ask bad = good;
        struct rig6 r;

        start(&r, 3);
        for (int named = NOBODY; named <= ANOTHER; named++) {
            bad.server = (enum named)named;
            if (bad.server != good.server) {
                assert_int_equal(tell(&r, bad), INL_DROP_DHCP_UNASKED);
            }
        }
        bad = good;
        bad.no_client = true;
        assert_int_equal(tell(&r, bad), INL_DROP_DHCP_UNASKED);
        assert_int_equal(tell_to(&r, &good, "2001:db8::1"), INL_DROP_DHCP_UNASKED);
        assert_true(silent(&r));
        tell(&r, good);
        assert_false(silent(&r));
        lan_stop(&r.l);
    }
}

/* 16.12, 18.3.6 */
static void test_inform(void **state) {
    struct rig6 r;

    (void)state;
    start(&r, 3);
    assert_int_equal(tell(&r, (struct ask){.type = DHCP6_INFORMATION, .server = ANOTHER}),
                     INL_DROP_DHCP_UNASKED);
    assert_int_equal(tell(&r, (struct ask){.type = DHCP6_INFORMATION, .ia = true}),
                     INL_DROP_DHCP_UNASKED);
    assert_true(silent(&r));
    answer(&r, (struct ask){.type = DHCP6_INFORMATION, .server = US}, DHCP6_REPLY);
    answer(&r, (struct ask){.type = DHCP6_INFORMATION, .no_client = true}, DHCP6_REPLY);
    lan_stop(&r.l);
}

/* 18.3.1, 18.3.2 */
static void test_obtain(void **state) {
    const struct inl_addr here = lan_addr(HERE);
    struct dhcp6_msg d;
    struct rig6 r;

    (void)state;
    start(&r, 1);
    d = answer(&r, (struct ask){.type = DHCP6_REQUEST, .server = US, .addr = AWAY}, DHCP6_REPLY);
    assert_int_equal(d.ia.status, DHCP6_NOT_ON_LINK);
    assert_int_equal(d.ia.addrs_n, 0);
    assert_int_equal(leases(&r), 0);
    d = answer(&r, (struct ask){.type = DHCP6_SOLICIT, .ia = true}, DHCP6_ADVERTISE);
    assert_int_equal(d.ia.addrs_n, 1);
    assert_int_equal(leases(&r), 0);
    d = answer(&r, (struct ask){.type = DHCP6_REQUEST, .server = US, .ia = true}, DHCP6_REPLY);
    assert_int_equal(d.ia.status, DHCP6_SUCCESS);
    assert_true(d.ia.addrs_n == 1 && inl_addr_eq(&d.ia.addrs[0].addr, &here));
    assert_int_equal(leases(&r), 1);
    d = answer(&r, (struct ask){.type = DHCP6_REQUEST, .server = US, .ia = true, .who = 1},
               DHCP6_REPLY);
    assert_int_equal(d.ia.status, DHCP6_NO_ADDRS);
    for (int rapid = 0; rapid < 2; rapid++) {
        d = answer(&r, (struct ask){.type = DHCP6_SOLICIT, .ia = true, .who = 1, .rapid = rapid},
                   DHCP6_ADVERTISE);
        assert_int_equal(d.ia.status, DHCP6_NO_ADDRS);
        assert_false(d.rapid_commit);
    }
    lan_stop(&r.l);
}

/* 18.3.4, 18.3.5 */
static void test_renew(void **state) {
    struct dhcp6_msg d;
    struct rig6 r;

    (void)state;
    start(&r, 3);
    d = answer(&r, (struct ask){.type = DHCP6_RENEW, .server = US, .addr = FREE}, DHCP6_REPLY);
    assert_int_equal(d.ia.status, DHCP6_NO_BINDING);
    assert_int_equal(tell(&r, (struct ask){.type = DHCP6_REBIND, .addr = FREE}),
                     INL_DROP_DHCP_UNASKED);
    assert_true(silent(&r));
    for (int rebind = 0; rebind < 2; rebind++) {
        struct ask a = {.type = DHCP6_RENEW, .server = US, .addr = AWAY};

        if (rebind) {
            a = (struct ask){.type = DHCP6_REBIND, .addr = AWAY};
        }
        d = answer(&r, a, DHCP6_REPLY);
        assert_int_equal(d.ia.addrs_n, 1);
        assert_int_equal(d.ia.addrs[0].valid_s, 0);
    }
    answer(&r, (struct ask){.type = DHCP6_REQUEST, .server = US, .ia = true}, DHCP6_REPLY);
    lan_run(&r.l, 3000 * INL_S);
    d = answer(&r, (struct ask){.type = DHCP6_RENEW, .server = US, .addr = HERE}, DHCP6_REPLY);
    assert_int_equal(d.ia.addrs[0].valid_s, 3600);
    lan_run(&r.l, 3000 * INL_S);
    d = answer(&r, (struct ask){.type = DHCP6_REBIND, .addr = HERE}, DHCP6_REPLY);
    assert_int_equal(d.ia.addrs[0].valid_s, 3600);
    lan_run(&r.l, 3000 * INL_S);
    assert_int_equal(leases(&r), 1);
    lan_run(&r.l, 700 * INL_S);
    assert_int_equal(leases(&r), 0);
    lan_stop(&r.l);
}

/* 18.3.3 */
static void test_confirm(void **state) {
    struct dhcp6_msg d;
    struct rig6 r;

    (void)state;
    start(&r, 3);
    d = answer(&r, (struct ask){.type = DHCP6_CONFIRM, .addr = FREE}, DHCP6_REPLY);
    assert_int_equal(d.status, DHCP6_SUCCESS);
    d = answer(&r, (struct ask){.type = DHCP6_CONFIRM, .addr = AWAY}, DHCP6_REPLY);
    assert_int_equal(d.status, DHCP6_NOT_ON_LINK);
    assert_int_equal(tell(&r, (struct ask){.type = DHCP6_CONFIRM, .ia = true}),
                     INL_DROP_DHCP_UNASKED);
    assert_int_equal(tell(&r, (struct ask){.type = DHCP6_CONFIRM}), INL_DROP_DHCP_UNASKED);
    assert_true(silent(&r));
    lan_stop(&r.l);
}

/* 18.3.7, 18.3.8: of one address; it is released for the next one, but a declined one is kept. */
static void test_end(void **state) {
    (void)state;
    for (int decline = 0; decline < 2; decline++) {
        struct ask a = {.type = decline ? DHCP6_DECLINE : DHCP6_RELEASE, .server = US};
        struct dhcp6_msg d;
        struct rig6 r;

        start(&r, 1);
        a.addr = HERE;
        d = answer(&r, a, DHCP6_REPLY); /* he has none */
        assert_true(d.has_ia && d.ia.status == DHCP6_NO_BINDING);
        answer(&r, (struct ask){.type = DHCP6_REQUEST, .server = US, .ia = true}, DHCP6_REPLY);
        a.addr = FREE;
        d = answer(&r, a, DHCP6_REPLY);
        assert_true(d.has_ia && d.ia.status == DHCP6_NO_BINDING);
        assert_int_equal(leases(&r), 1);
        a.addr = HERE;
        d = answer(&r, a, DHCP6_REPLY);
        assert_int_equal(d.status, DHCP6_SUCCESS);
        assert_false(d.has_ia);
        assert_int_equal(leases(&r), 0);
        d = answer(&r, (struct ask){.type = DHCP6_REQUEST, .server = US, .ia = true, .who = 1},
                   DHCP6_REPLY);
        assert_int_equal(d.ia.status, decline ? DHCP6_NO_ADDRS : DHCP6_SUCCESS);
        lan_stop(&r.l);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifiers), cmocka_unit_test(test_inform),
        cmocka_unit_test(test_obtain),      cmocka_unit_test(test_renew),
        cmocka_unit_test(test_confirm),     cmocka_unit_test(test_end),
    };

    return cmocka_run_group_tests_name("DHCPv6 server", tests, NULL, NULL);
}
