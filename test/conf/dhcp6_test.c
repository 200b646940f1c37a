/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6_test.c - the DHCP client for IPv6, whose server is the test (RFC
 * 8415 18.2)
 */
#include "lan.h"

#include "ip/neigh.h"
#include "stack/state.h"
#include "wire/dhcp6.h"

#define SERVER "fe80::fe"
#define MINE "2001:db8::7"

static const struct dhcp6_duid DUID_A = {.len = 4, .b = {0, 9, 'A', 'A'}};
static const struct dhcp6_duid DUID_B = {.len = 4, .b = {0, 9, 'B', 'B'}};

struct answer {
    uint8_t type;
    const struct dhcp6_duid *server; /* NULL: none */
    const char *addr;                /* NULL: no IA */
    uint32_t t1_s, t2_s, preferred_s, valid_s;
    uint16_t status, ia_status;
    int preference; /* 0: not told */
    bool rapid_commit, wrong_xid, short_client, other_client;
    uint32_t refresh_s, sol_max_rt_s;
    bool params;
};

static const struct answer OFFER = {.type = DHCP6_ADVERTISE,
                                    .server = &DUID_A,
                                    .addr = MINE,
                                    .t1_s = 500,
                                    .t2_s = 800,
                                    .preferred_s = 1000,
                                    .valid_s = 2000};

static struct answer answer_of(uint8_t type) {
    struct answer a = OFFER;

    a.type = type;
    return a;
}

static void put_params(struct wr *w) {
    struct inl_addr dns = lan_addr("2001:db8::53");

    dhcp6_put(w, DHCP6_OPT_DNS, dns.b, 16);
    dhcp6_put_domain(w, "lab.test");
}

static enum inl_drop answer(struct lan *l, const struct answer *a, const struct dhcp6_msg *q) {
    struct dhcp6_ia ia = {.iaid = q->has_ia ? q->ia.iaid : 1,
                          .t1_s = a->t1_s,
                          .t2_s = a->t2_s,
                          .status = a->ia_status};
    struct dhcp6_duid client = q->client;
    uint8_t b[600];
    struct wr w = wr_init(b, sizeof(b));

    dhcp6_emit(&w, a->type, q->xid ^ (a->wrong_xid ? 1u : 0u));
    if (a->server) {
        dhcp6_put(&w, DHCP6_OPT_SERVER_ID, a->server->b, a->server->len);
    }
    client.b[client.len - 1] ^= a->other_client;
    dhcp6_put(&w, DHCP6_OPT_CLIENT_ID, client.b, client.len - (a->short_client ? 1u : 0u));
    if (a->addr) {
        ia.addrs_n = 1;
        ia.addrs[0] = (struct dhcp6_ia_addr){
            .addr = lan_addr(a->addr), .preferred_s = a->preferred_s, .valid_s = a->valid_s};
    }
    if (a->addr || a->ia_status) {
        dhcp6_put_ia(&w, &ia);
    }
    if (a->status) {
        dhcp6_put_status(&w, a->status);
    }
    if (a->preference) {
        uint8_t p = (uint8_t)a->preference;

        dhcp6_put(&w, DHCP6_OPT_PREFERENCE, &p, 1);
    }
    if (a->rapid_commit) {
        dhcp6_put(&w, DHCP6_OPT_RAPID_COMMIT, NULL, 0);
    }
    if (a->refresh_s) {
        dhcp6_put_u32(&w, DHCP6_OPT_REFRESH, a->refresh_s);
    }
    if (a->sol_max_rt_s) {
        dhcp6_put_u32(&w, DHCP6_OPT_SOL_MAX_RT, a->sol_max_rt_s);
    }
    if (a->params) {
        put_params(&w);
    }
    assert_false(w.bad);
    return lan_feed(l, SERVER, 547, "fe80::ff:fe00:1", 546, b, wr_len(&w));
}

static struct inl_dhcp6_info info(const struct lan *l) {
    struct inl_dhcp6_info i;

    assert_int_equal(inl_dhcp6_get(l->stack, LAN_LINK, &i), 0);
    return i;
}

static void start(struct lan *l, bool address, bool rapid_commit, bool check) {
    struct inl_dhcp6_config c;

    lan_start(l);
    lan_run(l, 5 * INL_S); /* until the link-local address is proven */
    inl_dhcp6_config_init(&c);
    assert_true(c.address && c.conflict_check && c.start_max_ns == INL_S);
    c.start_max_ns = 0;
    c.address = address;
    c.rapid_commit = rapid_commit;
    c.conflict_check = check;
    assert_int_equal(inl_dhcp6_start(l->stack, LAN_LINK, &c), 0);
}

/* The next message, which must be of this type; each goes to all servers, from
 * the link-local address, with our DUID. */
static struct dhcp6_msg expect(struct lan *l, enum dhcp6_type type, inl_dur within,
                               struct lan_msg *m) {
    const struct inl_addr all = DHCP6_ALL_SERVERS;
    struct dhcp6_msg d;
    struct rd r;

    assert_true(lan_next(l, within, m));
    assert_int_equal(m->sport, 546);
    assert_int_equal(m->dport, 547);
    assert_true(inl_addr_eq(&m->dst, &all) && inl_addr_is_link_local(&m->src));
    assert_memory_equal(m->eth_dst, ((uint8_t[]){0x33, 0x33, 0, 1, 0, 2}), 6);
    r = rd_init(m->payload, m->payload_len);
    assert_int_equal(dhcp6_parse(&r, 0, &d), INL_DROP_NONE);
    assert_int_equal(d.type, type);
    assert_int_equal(d.client.len, 10);
    assert_memory_equal(d.client.b + 4, LAN_MAC, 6);
    return d;
}

/* The elapsed time of a message, in hundredths of a second. */
static unsigned elapsed(const struct lan_msg *m) {
    struct rd r = rd_init(m->payload, m->payload_len);

    rd_skip(&r, 4);
    while (rd_left(&r) > 0) {
        uint16_t code = rd_be16(&r);
        struct rd value = rd_sub(&r, rd_be16(&r));

        if (code == DHCP6_OPT_ELAPSED) {
            return rd_be16(&value);
        }
    }
    fail();
    return 0;
}

static void bind_with(struct lan *l, const struct answer *how) {
    struct answer offer = *how;
    struct lan_msg m;
    struct dhcp6_msg q = expect(l, DHCP6_SOLICIT, INL_S, &m);

    offer.type = DHCP6_ADVERTISE;
    offer.preference = 255;
    assert_int_equal(answer(l, &offer, &q), INL_DROP_NONE);
    q = expect(l, DHCP6_REQUEST, 0, &m);
    assert_int_equal(answer(l, how, &q), INL_DROP_NONE);
}

static void bound(struct lan *l) {
    struct answer a = answer_of(DHCP6_REPLY);
    struct inl_conf_event ev;

    start(l, true, false, false);
    bind_with(l, &a);
    assert_int_equal(info(l).state, INL_DHCP6_BOUND);
    assert_true(lan_has_addr(l, MINE));
    assert_true(inl_conf_next_event(l->stack, &ev));
    assert_int_equal(ev.what, INL_CONF_DHCP6);
}

static inl_dur since(const struct lan_msg *m, inl_time t) {
    return inl_time_sub(m->at, t);
}

/* Four messages; the advertisements of the first second and a bit are collected
 * (18.2.1). */
static void test_obtain(void **state) {
    struct answer a = OFFER, b = OFFER, yes = answer_of(DHCP6_REPLY);
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;
    inl_time asked;

    (void)state;
    start(&l, true, false, false);
    q = expect(&l, DHCP6_SOLICIT, INL_S, &m);
    asked = m.at;
    assert_true(q.has_ia && q.ia.addrs_n == 0);
    assert_int_equal(q.server.len, 0);
    assert_false(q.rapid_commit);
    a.server = &DUID_B;
    a.addr = "2001:db8::b";
    assert_int_equal(answer(&l, &a, &q), INL_DROP_NONE);
    b.preference = 7;
    assert_int_equal(answer(&l, &b, &q), INL_DROP_NONE);
    q = expect(&l, DHCP6_REQUEST, 2 * INL_S, &m);
    assert_in_range(since(&m, asked), INL_S + 1, INL_S + INL_S / 10);
    assert_int_equal(q.server.len, DUID_A.len);
    assert_memory_equal(q.server.b, DUID_A.b, DUID_A.len);
    assert_int_equal(q.ia.addrs_n, 1);
    assert_true(
        inl_addr_eq(&q.ia.addrs[0].addr, &(struct inl_addr){{0x20, 1, 0x0d, 0xb8, [15] = 7}}));
    yes.params = true;
    a.type = DHCP6_REPLY; /* not the one who was asked */
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP6_BOUND);
    assert_true(info(&l).bound && lan_has_addr(&l, MINE));
    assert_int_equal(inl_time_sub(info(&l).renew, l.now), 500 * INL_S);
    assert_int_equal(inl_time_sub(info(&l).rebind, l.now), 800 * INL_S);
    assert_int_equal(inl_time_sub(info(&l).expires, l.now), 2000 * INL_S);
    assert_int_equal(info(&l).dns_n, 1);
    assert_string_equal(info(&l).domain, "lab.test");
    assert_int_equal(inl_dhcp6_start(l.stack, LAN_LINK, NULL), -EEXIST);
    lan_stop(&l);
}

/* Section 15: RT is 1 s, then doubles, each random by a tenth; up to
 * SOL_MAX_RT, which a server may set. */
static void test_solicit_again(void **state) {
    struct answer no = {.type = DHCP6_ADVERTISE,
                        .server = &DUID_A,
                        .ia_status = DHCP6_NO_ADDRS,
                        .sol_max_rt_s = 60};
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;
    inl_time last;
    inl_dur rt = 0, wait;

    (void)state;
    start(&l, true, false, false);
    q = expect(&l, DHCP6_SOLICIT, INL_S, &m);
    last = m.at;
    inl_time first = m.at;

    assert_int_equal(elapsed(&m), 0);
    for (int i = 0; i < 6; i++) {
        struct dhcp6_msg again = expect(&l, DHCP6_SOLICIT, 100 * INL_S, &m);

        wait = since(&m, last);
        assert_int_equal(again.xid, q.xid);
        assert_int_equal(elapsed(&m), since(&m, first) / (INL_S / 100));
        if (i == 0) {
            assert_in_range(wait, INL_S + 1, INL_S * 11 / 10);
        } else {
            assert_in_range(wait, rt * 19 / 10 - 1, rt * 21 / 10 + 1);
        }
        rt = wait;
        last = m.at;
    }
    for (unsigned out = 0; out < 2; out++) { /* 21.24: out of range says nothing */
        struct answer odd = no;

        odd.sol_max_rt_s = out ? 86401 : 59;
        assert_int_equal(answer(&l, &odd, &q), INL_DROP_DHCP_BAD_LEASE);
        expect(&l, DHCP6_SOLICIT, 1000 * INL_S, &m);
        assert_in_range(since(&m, last), rt * 19 / 10 - 1, rt * 21 / 10 + 1);
        rt = since(&m, last);
        last = m.at;
    }
    assert_int_equal(answer(&l, &no, &q), INL_DROP_DHCP_BAD_LEASE);
    expect(&l, DHCP6_SOLICIT, 1000 * INL_S, &m);
    for (int i = 0; i < 5; i++) {
        last = m.at;
        expect(&l, DHCP6_SOLICIT, 200 * INL_S, &m);
        assert_in_range(since(&m, last), 54 * INL_S, 66 * INL_S);
    }
    /* later than the first wait, the first answer is taken */
    assert_int_equal(answer(&l, &OFFER, &q), INL_DROP_NONE);
    expect(&l, DHCP6_REQUEST, 0, &m);
    lan_stop(&l);
}

static void test_strangers(void **state) {
    struct answer a = OFFER;
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;

    (void)state;
    start(&l, true, false, false);
    q = expect(&l, DHCP6_SOLICIT, INL_S, &m);
    a.wrong_xid = true;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = OFFER;
    a.server = NULL;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = OFFER;
    a.other_client = true;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = OFFER;
    a.short_client = true;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = answer_of(DHCP6_REPLY); /* without Rapid Commit */
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a.rapid_commit = true; /* which we did not ask for */
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = answer_of(DHCP6_SOLICIT);
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_UNASKED);
    a = OFFER;
    a.t1_s = 900; /* T1 > T2: the IA is not looked at (21.4) */
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_BAD_LEASE);
    a = OFFER;
    a.preferred_s = 3000; /* longer than valid (21.6) */
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_BAD_LEASE);
    a = OFFER;
    a.valid_s = a.preferred_s = 0;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_BAD_LEASE);
    static const char *const bad[] = {"ff02::1", "::", "::1", "fe80::9", "10.0.0.1"};

    for (size_t i = 0; i < 5; i++) {
        a = OFFER;
        a.addr = bad[i];
        assert_int_equal(answer(&l, &a, &q), INL_DROP_DHCP_BAD_LEASE);
    }
    assert_int_equal(info(&l).state, INL_DHCP6_SOLICITING);
    lan_stop(&l);
}

/* Two messages, if both want that. */
static void test_rapid_commit(void **state) {
    struct answer a = answer_of(DHCP6_REPLY);
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;

    (void)state;
    start(&l, true, true, false);
    q = expect(&l, DHCP6_SOLICIT, INL_S, &m);
    assert_true(q.rapid_commit);
    a.rapid_commit = true;
    assert_int_equal(answer(&l, &a, &q), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP6_BOUND);
    lan_stop(&l);
}

/* 18.2.2: ten requests, then from the beginning; so too when the server has no
 * address. */
static void test_request_fails(void **state) {
    struct answer no = {.type = DHCP6_REPLY, .server = &DUID_A, .ia_status = DHCP6_NO_ADDRS};
    struct answer offer = OFFER;
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;

    (void)state;
    offer.preference = 255;
    start(&l, true, false, false);
    q = expect(&l, DHCP6_SOLICIT, INL_S, &m);
    answer(&l, &offer, &q);
    for (int i = 0; i < 10; i++) {
        expect(&l, DHCP6_REQUEST, 40 * INL_S, &m);
    }
    q = expect(&l, DHCP6_SOLICIT, 40 * INL_S, &m);
    answer(&l, &offer, &q);
    q = expect(&l, DHCP6_REQUEST, 0, &m);
    assert_int_equal(answer(&l, &no, &q), INL_DROP_NONE);
    assert_false(lan_next(&l, INL_S - 1, &m)); /* not at once */
    q = expect(&l, DHCP6_SOLICIT, 2 * INL_S, &m);
    answer(&l, &offer, &q);
    q = expect(&l, DHCP6_REQUEST, 0, &m);
    no.ia_status = 0;
    no.status = DHCP6_NOT_ON_LINK;
    assert_int_equal(answer(&l, &no, &q), INL_DROP_NONE);
    expect(&l, DHCP6_SOLICIT, 2 * INL_S, &m);
    lan_stop(&l);
}

/* T1: Renew to its server; T2: Rebind to any; at the end the address goes. */
static void test_renew_rebind_expire(void **state) {
    struct answer yes = answer_of(DHCP6_REPLY);
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;
    inl_time t0;
    int renews = 0;

    (void)state;
    bound(&l);
    t0 = l.now;
    q = expect(&l, DHCP6_RENEW, 501 * INL_S, &m);
    assert_int_equal(since(&m, t0), 500 * INL_S);
    assert_int_equal(q.server.len, DUID_A.len);
    yes.server = &DUID_B;
    assert_int_equal(answer(&l, &yes, &q), INL_DROP_DHCP_UNASKED);
    yes.server = &DUID_A;
    assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP6_BOUND);
    t0 = l.now;
    assert_int_equal(inl_time_sub(info(&l).expires, t0), 2000 * INL_S);
    for (;;) { /* nobody answers: 10, 20, 40 ... seconds, up to T2 */
        assert_true(lan_next(&l, 700 * INL_S, &m));
        struct rd r = rd_init(m.payload, m.payload_len);

        assert_int_equal(dhcp6_parse(&r, 0, &q), INL_DROP_NONE);
        if (q.type == DHCP6_REBIND) {
            break;
        }
        assert_int_equal(q.type, DHCP6_RENEW);
        renews++;
    }
    assert_in_range(renews, 4, 6);
    assert_int_equal(since(&m, t0), 800 * INL_S);
    assert_int_equal(q.server.len, 0);
    yes.server = &DUID_B; /* anybody may answer now */
    assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
    t0 = l.now;
    lan_run(&l, 1999 * INL_S);
    l.msgs = 0;
    assert_true(lan_has_addr(&l, MINE));
    lan_run(&l, 2 * INL_S);
    assert_false(lan_has_addr(&l, MINE));
    assert_int_equal(info(&l).state, INL_DHCP6_SOLICITING);
    lan_stop(&l);
}

/* A server that knows nothing of the lease: it is asked for anew; one that
 * takes the address away: it goes (18.2.10.1). */
static void test_renew_refused(void **state) {
    struct answer no = {.type = DHCP6_REPLY, .server = &DUID_A, .ia_status = DHCP6_NO_BINDING};
    struct answer gone = answer_of(DHCP6_REPLY), yes = answer_of(DHCP6_REPLY);
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;

    (void)state;
    bound(&l);
    q = expect(&l, DHCP6_RENEW, 501 * INL_S, &m);
    assert_int_equal(answer(&l, &no, &q), INL_DROP_NONE);
    assert_true(lan_has_addr(&l, MINE));
    q = expect(&l, DHCP6_REQUEST, 0, &m);
    assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP6_BOUND);
    q = expect(&l, DHCP6_RENEW, 501 * INL_S, &m);
    gone.preferred_s = gone.valid_s = 0;
    assert_int_equal(answer(&l, &gone, &q), INL_DROP_NONE);
    assert_false(lan_has_addr(&l, MINE));
    lan_stop(&l);
}

/* T1 and T2 of 0 are ours to choose; infinite lifetimes are never renewed. */
static void test_times(void **state) {
    struct answer a = answer_of(DHCP6_REPLY);
    struct lan l;

    (void)state;
    a.t1_s = a.t2_s = 0;
    start(&l, true, false, false);
    bind_with(&l, &a);
    assert_int_equal(inl_time_sub(info(&l).renew, l.now), 500 * INL_S);
    assert_int_equal(inl_time_sub(info(&l).rebind, l.now), 800 * INL_S);
    lan_stop(&l);

    a.preferred_s = a.valid_s = UINT32_MAX;
    start(&l, true, false, false);
    bind_with(&l, &a);
    assert_true(inl_time_is_never(info(&l).renew));
    assert_true(inl_time_is_never(info(&l).expires));
    lan_stop(&l);

    a.t1_s = 0; /* a second of life: renewals are not made a flood */
    a.preferred_s = 1;
    a.valid_s = 1000;
    start(&l, true, false, false);
    bind_with(&l, &a);
    assert_int_equal(inl_time_sub(info(&l).renew, l.now), INL_DHCP6_T1_MIN_S * INL_S);
    lan_stop(&l);
}

/* Duplicate address detection finds somebody: Decline, then again later. */
static void test_decline(void **state) {
    struct answer yes = answer_of(DHCP6_REPLY);
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;

    (void)state;
    start(&l, true, false, true);
    bind_with(&l, &yes);
    assert_int_equal(info(&l).state, INL_DHCP6_PROVING);
    assert_false(info(&l).bound);
    lan_run(&l, 5 * INL_S); /* free */
    assert_int_equal(info(&l).state, INL_DHCP6_BOUND);
    lan_stop(&l);

    start(&l, true, false, true);
    bind_with(&l, &yes);
    l.dup = lan_addr(MINE);
    l.has_dup = true;
    q = expect(&l, DHCP6_DECLINE, 4 * INL_S, &m);
    assert_int_equal(q.server.len, DUID_A.len);
    assert_int_equal(q.ia.addrs_n, 1);
    assert_false(lan_has_addr(&l, MINE));
    expect(&l, DHCP6_DECLINE, 2 * INL_S, &m); /* again, until it is answered */
    yes.addr = NULL;
    assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
    assert_false(lan_next(&l, 10 * INL_S - 1, &m));
    expect(&l, DHCP6_SOLICIT, 1, &m);
    lan_stop(&l);
}

/* 18.2.7: the address goes at once; the release is said up to four times. */
static void test_release(void **state) {
    struct answer done = {.type = DHCP6_REPLY, .server = &DUID_A};
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;

    (void)state;
    bound(&l);
    assert_int_equal(inl_dhcp6_stop(l.stack, LAN_LINK, true), 0);
    assert_false(lan_has_addr(&l, MINE));
    for (int i = 0; i < 4; i++) {
        q = expect(&l, DHCP6_RELEASE, 10 * INL_S, &m);
        assert_int_equal(q.ia.addrs_n, 1);
    }
    assert_false(lan_next(&l, 100 * INL_S, &m));
    assert_int_equal(info(&l).state, INL_DHCP6_OFF);
    lan_stop(&l);

    bound(&l);
    assert_int_equal(inl_dhcp6_stop(l.stack, LAN_LINK, true), 0);
    q = expect(&l, DHCP6_RELEASE, 0, &m);
    assert_int_equal(answer(&l, &done, &q), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP6_OFF);
    assert_int_equal(inl_dhcp6_stop(l.stack, LAN_LINK, true), -ENOENT);
    lan_stop(&l);
}

/* 18.2.3: after the link was down. */
static void test_confirm(void **state) {
    struct answer yes = {.type = DHCP6_REPLY, .server = &DUID_B};
    struct answer no = {.type = DHCP6_REPLY, .server = &DUID_B, .status = DHCP6_NOT_ON_LINK};
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;

    (void)state;
    for (int way = 0; way < 3; way++) {
        bound(&l);
        assert_int_equal(inl_link_set_up(l.stack, LAN_LINK, false), 0);
        lan_run(&l, 10 * INL_S);
        assert_int_equal(inl_link_set_up(l.stack, LAN_LINK, true), 0);
        q = expect(&l, DHCP6_CONFIRM, 5 * INL_S, &m);
        assert_int_equal(q.server.len, 0);
        assert_int_equal(q.ia.addrs_n, 1);
        if (way == 0) {
            assert_int_equal(answer(&l, &yes, &q), INL_DROP_NONE);
            assert_int_equal(info(&l).state, INL_DHCP6_BOUND);
        } else if (way == 1) {
            assert_int_equal(answer(&l, &no, &q), INL_DROP_NONE);
            assert_false(lan_has_addr(&l, MINE));
        } else { /* nobody: goes on with what it has, after ten seconds */
            lan_run(&l, 11 * INL_S);
            assert_int_equal(info(&l).state, INL_DHCP6_BOUND);
        }
        lan_stop(&l);
    }
}

/* Stateless: parameters only, refreshed after the time that the server says,
 * but not sooner than ten minutes (21.23). */
static void test_inform(void **state) {
    struct answer a = {.type = DHCP6_REPLY, .server = &DUID_A, .params = true, .refresh_s = 1};
    struct lan_msg m;
    struct dhcp6_msg q;
    struct lan l;
    inl_time t;

    (void)state;
    start(&l, false, false, false);
    q = expect(&l, DHCP6_INFORMATION, INL_S, &m);
    assert_false(q.has_ia);
    assert_int_equal(answer(&l, &a, &q), INL_DROP_NONE);
    assert_int_equal(info(&l).state, INL_DHCP6_INFORMED);
    assert_int_equal(info(&l).dns_n, 1);
    assert_string_equal(info(&l).domain, "lab.test");
    t = l.now;
    q = expect(&l, DHCP6_INFORMATION, 700 * INL_S, &m);
    assert_int_equal(since(&m, t), 600 * INL_S);
    a.refresh_s = 0; /* a day */
    assert_int_equal(answer(&l, &a, &q), INL_DROP_NONE);
    t = l.now;
    expect(&l, DHCP6_INFORMATION, 100000 * INL_S, &m);
    assert_int_equal(since(&m, t), 86400 * INL_S);
    lan_stop(&l);
}

/* Each message, cut at each byte, to a client in each state: nothing is read
 * beyond its end. */
static void test_cuts(void **state) {
    uint8_t b[400];
    struct wr w;
    struct lan_msg m;
    struct dhcp6_msg q;
    struct dhcp6_ia ia = {.t1_s = 1, .t2_s = 2, .addrs_n = 1, .status = 1};
    struct lan l;

    (void)state;
    start(&l, true, false, false);
    q = expect(&l, DHCP6_SOLICIT, INL_S, &m);
    ia.iaid = q.ia.iaid;
    ia.addrs[0] = (struct dhcp6_ia_addr){.addr = lan_addr(MINE), .preferred_s = 10, .valid_s = 20};
    w = wr_init(b, sizeof(b));
    dhcp6_emit(&w, DHCP6_ADVERTISE, q.xid);
    dhcp6_put(&w, DHCP6_OPT_SERVER_ID, DUID_A.b, DUID_A.len);
    dhcp6_put(&w, DHCP6_OPT_CLIENT_ID, q.client.b, q.client.len);
    dhcp6_put_ia(&w, &ia);
    put_params(&w);
    for (size_t n = 0; n < wr_len(&w); n++) {
        enum inl_drop why = lan_feed(&l, SERVER, 547, "fe80::ff:fe00:1", 546, b, n);

        assert_true(why != INL_DROP_NONE);
    }
    assert_int_equal(info(&l).state, INL_DHCP6_SOLICITING);
    lan_stop(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_obtain),        cmocka_unit_test(test_solicit_again),
        cmocka_unit_test(test_strangers),     cmocka_unit_test(test_rapid_commit),
        cmocka_unit_test(test_request_fails), cmocka_unit_test(test_renew_rebind_expire),
        cmocka_unit_test(test_renew_refused), cmocka_unit_test(test_times),
        cmocka_unit_test(test_decline),       cmocka_unit_test(test_release),
        cmocka_unit_test(test_confirm),       cmocka_unit_test(test_inform),
        cmocka_unit_test(test_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
