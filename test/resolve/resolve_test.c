/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resolve_test.c - the DNS client against name servers of all kinds, in virtual time
 *
 * Three hosts on one segment: the client (10.0.0.1), a name server (10.0.0.2) and another one
 * (10.0.0.3), whose answers depend on the name that is asked for. c-ares reads the machine's clock;
 * this program has its own clock_gettime(), which tells the world's time.
 */
#include <inlet/inlet.h>
#include <inlet/malloc.h>
#include <inlet/resolve.h>

#include "wire/dns.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static inl_time now;

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *ts) {
    (void)id;
    ts->tv_sec = 1000 + now.ns / INL_S;
    ts->tv_nsec = now.ns % INL_S;
    return 0;
}

/* ---- the name servers ---- */

struct server {
    inl_sock udp, listener, stream;
    unsigned asked;
    struct dns_name last;
};

struct rig {
    struct inl_world *world;
    struct server servers[2];
    struct inl_resolver *resolver;
    uint16_t ports[8]; /* of the client's sockets that asked by UDP */
    unsigned ports_n;
};

static struct inl_stack *stack_of(const struct rig *r, int host) {
    return inl_world_stack(r->world, host);
}

static struct inl_addr host_addr(int host) {
    return inl_addr_from4(0x0a000001U + (uint32_t)host);
}

struct answer {
    struct dns_hdr hdr;
    struct dns_question q;
    uint8_t buf[2 + 4096];
    struct wr w; /* behind the place of TCP's length */
};

static void answer_begin(struct answer *a) {
    a->w = wr_init(a->buf + 2, sizeof(a->buf) - 2);
    dns_hdr_emit(&a->w, &a->hdr);
    dns_question_emit(&a->w, &a->q);
}

static void add(struct answer *a, const char *name, uint16_t type, const void *data, size_t len) {
    struct dns_rr rr = {
        .type = type, .rclass = DNS_CLASS_IN, .ttl_s = 60, .data = rd_init(data, len)};

    assert_true(dns_name_set(&rr.name, name));
    dns_rr_emit(&a->w, &rr);
    wr_set_be16(&a->w, 6, ++a->hdr.answers);
}

static void add_name(struct answer *a, const char *name, uint16_t type, const char *target) {
    struct dns_name to;

    assert_true(dns_name_set(&to, target));
    add(a, name, type, to.b, to.len);
}

static void add_four(struct answer *a, const char *name, uint8_t last) {
    const uint8_t addr[4] = {10, 0, 0, last};

    if (a->q.type == DNS_A) {
        add(a, name, DNS_A, addr, 4);
    }
}

static void udp_send(struct rig *r, int host, const struct answer *a,
                     const struct inl_sockaddr *to) {
    inl_sendto(stack_of(r, host), r->servers[host - 1].udp, a->buf + 2, wr_len(&a->w), 0, to);
}

static bool asks(const struct answer *a, const char *name) {
    struct dns_name n;

    assert_true(dns_name_set(&n, name));
    return dns_name_eq(&n, &a->q.name);
}

/* Lies that an attacker who does not see the question can tell, and some that he cannot. */
static void tell_lies(struct rig *r, const struct answer *truth, const struct inl_sockaddr *to) {
    struct answer a = *truth;

    a.hdr.id ^= 1;
    answer_begin(&a);
    add_four(&a, "lies.test", 66);
    udp_send(r, 1, &a, to); /* another id */
    a = *truth;
    assert_true(dns_name_set(&a.q.name, "pies.test"));
    answer_begin(&a);
    add_four(&a, "pies.test", 66);
    udp_send(r, 1, &a, to); /* another question */
    a = *truth;
    answer_begin(&a);
    add_four(&a, "lies.test", 66);
    udp_send(r, 2, &a, to); /* another host */
}

/* What the server at @host says. False: nothing. */
static bool answer(struct rig *r, int host, struct answer *a, bool tcp,
                   const struct inl_sockaddr *from) {
    static const uint8_t six[16] = {0xfd, [15] = 9};

    a->hdr.response = true;
    a->hdr.recursion_available = true;
    answer_begin(a);
    if (asks(a, "short.search.test")) {
        add_four(a, "short.search.test", 9);
    } else if (asks(a, "a.test")) {
        add_four(a, "a.test", 9);
        if (a->q.type == DNS_AAAA) {
            add(a, "a.test", DNS_AAAA, six, 16);
        }
    } else if (asks(a, "alias.test")) {
        add_name(a, "alias.test", DNS_CNAME, "a.test");
        add_four(a, "a.test", 9);
    } else if (asks(a, "big.test")) {
        a->hdr.truncated = !tcp;
        answer_begin(a);
        for (uint8_t i = 1; tcp && i <= 60; i++) {
            add_four(a, "big.test", i);
        }
    } else if (asks(a, "nodata.test")) {
        return true;
    } else if (asks(a, "9.0.0.10.in-addr.arpa")) {
        add_name(a, "9.0.0.10.in-addr.arpa", DNS_PTR, "a.test");
    } else if (asks(a, "fail.test")) {
        a->hdr.rcode = DNS_SERVFAIL;
        answer_begin(a);
    } else if (asks(a, "silent.test") || (asks(a, "first.test") && host == 1)) {
        return false;
    } else if (asks(a, "first.test")) {
        add_four(a, "first.test", 7);
    } else if (asks(a, "lies.test")) {
        if (from != NULL) {
            tell_lies(r, a, from);
        }
        add_four(a, "lies.test", 5);
    } else if (asks(a, "loop.test")) { /* a record whose name is a pointer to itself */
        size_t at = wr_len(&a->w);

        wr_be16(&a->w, (uint16_t)(0xc000 | at));
        wr_be16(&a->w, DNS_A);
        wr_zero(&a->w, 20);
        wr_set_be16(&a->w, 6, 1);
    } else if (asks(a, "counts.test")) { /* claims records that are not there */
        wr_set_be16(&a->w, 6, 65535);
    } else {
        a->hdr.rcode = DNS_NXDOMAIN;
        answer_begin(a);
    }
    return true;
}

static bool parse_query(struct rig *r, int host, const uint8_t *buf, size_t len,
                        struct answer *ret) {
    struct dns_msg m;

    memset(ret, 0, sizeof(*ret));
    if (!dns_parse(rd_init(buf, len), &m) || !dns_next_question(&m, &ret->q)) {
        return false;
    }
    ret->hdr = (struct dns_hdr){.id = m.hdr.id, .questions = 1};
    r->servers[host - 1].asked++;
    r->servers[host - 1].last = ret->q.name;
    return true;
}

static void serve_udp(struct rig *r, int host) {
    uint8_t buf[600];
    struct inl_sockaddr from;
    struct answer a;
    int64_t n;

    while ((n = inl_recvfrom(stack_of(r, host), r->servers[host - 1].udp, buf, sizeof(buf), 0,
                             &from, NULL)) >= 0) {
        if (r->ports_n < 8) {
            r->ports[r->ports_n++] = from.port;
        }
        if (parse_query(r, host, buf, (size_t)n, &a) && answer(r, host, &a, false, &from)) {
            udp_send(r, host, &a, &from);
        }
    }
}

static void serve_tcp(struct rig *r, int host) {
    struct server *s = &r->servers[host - 1];
    uint8_t buf[600];
    struct answer a;

    if (s->stream < 0) {
        s->stream = inl_accept(stack_of(r, host), s->listener, NULL);
    }
    int64_t n =
        s->stream >= 0 ? inl_recv(stack_of(r, host), s->stream, buf, sizeof(buf), 0) : -EAGAIN;

    if (n > 2 && parse_query(r, host, buf + 2, (size_t)n - 2, &a) &&
        answer(r, host, &a, true, NULL)) {
        size_t len = wr_len(&a.w);

        wr_store16(a.buf, (uint16_t)len);
        assert_int_equal(inl_send(stack_of(r, host), s->stream, a.buf, 2 + len, 0), 2 + len);
    } else if (n == 0) {
        inl_close(stack_of(r, host), s->stream);
        s->stream = -1;
    }
}

/* ---- the rig ---- */

static void server_open(struct rig *r, int host) {
    const struct inl_sockaddr any = {.addr = inl_addr_any4(), .port = 53};
    struct inl_stack *s = stack_of(r, host);
    struct server *server = &r->servers[host - 1];

    server->udp = inl_socket(s, INL_AF_INET, INL_SOCK_DGRAM);
    server->listener = inl_socket(s, INL_AF_INET, INL_SOCK_STREAM);
    server->stream = -1;
    assert_int_equal(inl_bind(s, server->udp, &any), 0);
    assert_int_equal(inl_bind(s, server->listener, &any), 0);
    assert_int_equal(inl_listen(s, server->listener, 4), 0);
}

static void rig_init(struct rig *r, unsigned servers, bool serving) {
    const struct inl_world_config world = {.alloc = inl_malloc(), .seed = 1};
    const struct inl_impair delay = {.delay_ns = INL_MS};
    static const char *const search[] = {"nowhere.test", "search.test"};
    struct inl_sockaddr at[2] = {{.addr = host_addr(1)}, {.addr = host_addr(2)}};
    const struct inl_resolve_config config = {
        .servers = at, .servers_n = servers, .search = search, .search_n = 2};
    struct inl_config host_config;

    memset(r, 0, sizeof(*r));
    now.ns = 0;
    inl_config_init(&host_config);
    assert_int_equal(inl_world_new(&world, &r->world), 0);
    assert_int_equal(inl_world_segment_add(r->world, "net", 1500), 0);
    for (int host = 0; host < 3; host++) {
        struct inl_addr addr = host_addr(host);
        int link;

        assert_int_equal(inl_world_host_add(r->world, "host", &host_config), host);
        assert_true(inl_world_attach(r->world, host, 0, &delay, &link) >= 0);
        assert_int_equal(inl_addr_add(stack_of(r, host), link, &addr, 24), 0);
        if (host > 0 && serving) {
            server_open(r, host);
        }
    }
    assert_int_equal(inl_resolver_new(stack_of(r, 0), &config, &r->resolver), 0);
}

static void rig_done(struct rig *r) {
    inl_resolver_free(r->resolver);
    inl_world_free(r->world);
}

struct result {
    unsigned calls;
    int err;
    size_t n;
    struct inl_addr addrs[64];
    char name[256];
};

static void on_addrs(void *ctx, int err, const struct inl_addr *addrs, size_t n) {
    struct result *res = ctx;

    res->calls++;
    res->err = err;
    res->n = n;
    for (size_t i = 0; i < n && i < 64; i++) {
        res->addrs[i] = addrs[i];
    }
}

static void on_name(void *ctx, int err, const char *name) {
    struct result *res = ctx;

    res->calls++;
    res->err = err;
    if (name != NULL) {
        strncpy(res->name, name, sizeof(res->name) - 1);
    }
}

/* From event to event, until there is a result. */
static void run(struct rig *r, struct result *res) {
    for (int i = 0; i < 10000 && res->calls == 0; i++) {
        struct inl_event ev;
        inl_dur wait = inl_resolver_wait_ns(r->resolver);
        int host;

        if (wait < 0) {
            wait = INL_S;
        }
        now = inl_time_min(inl_world_next_deadline(r->world), inl_time_add(now, wait));
        inl_world_advance(r->world, now);
        while (inl_world_next_event(r->world, &host, &ev)) {
            if (host == 0) {
                inl_resolver_event(r->resolver, &ev);
            } else if (ev.sock == r->servers[host - 1].udp) {
                serve_udp(r, host);
            } else {
                serve_tcp(r, host);
            }
        }
        inl_resolver_advance(r->resolver);
    }
    assert_int_equal(res->calls, 1);
    assert_int_equal(inl_resolver_wait_ns(r->resolver), -1);
}

static struct result ask(struct rig *r, const char *name, int family) {
    struct result res = {0};

    assert_int_equal(inl_resolve_name(r->resolver, name, family, on_addrs, &res), 0);
    assert_int_equal(res.calls, 0); /* never from within the question */
    run(r, &res);
    return res;
}

static void check_one(struct rig *r, const char *name, uint32_t want) {
    struct result res = ask(r, name, INL_AF_INET);

    assert_int_equal(res.err, 0);
    assert_int_equal(res.n, 1);
    assert_true(inl_addr_to4(&res.addrs[0]) == want);
}

static void check_err(struct rig *r, const char *name, int err) {
    struct result res = ask(r, name, INL_AF_INET);

    assert_int_equal(res.err, err);
    assert_int_equal(res.n, 0);
}

/* ---- tests ---- */

static void names_and_addresses(void **state) {
    const struct inl_addr nine = host_addr(8);
    struct result res = {0};
    struct rig r;

    (void)state;
    rig_init(&r, 1, true);
    check_one(&r, "a.test", 0x0a000009);
    check_one(&r, "alias.test", 0x0a000009);
    check_one(&r, "10.1.2.3", 0x0a010203); /* an address needs no server */
    assert_int_equal(ask(&r, "a.test", INL_AF_INET6).n, 1);
    res = ask(&r, "a.test", 0);
    assert_int_equal(res.n, 2); /* there is no way to the other one: RFC 6724 6, rule 1 */
    assert_true(inl_addr_is4(&res.addrs[0]) && !inl_addr_is4(&res.addrs[1]));
    memset(&res, 0, sizeof(res));
    check_err(&r, "none.test", -ENOENT);
    check_err(&r, "nodata.test", -ENODATA);
    assert_int_equal(inl_resolve_addr(r.resolver, &nine, on_name, &res), 0);
    run(&r, &res);
    assert_int_equal(res.err, 0);
    assert_string_equal(res.name, "a.test");
    rig_done(&r);
}

static void search_list(void **state) {
    struct rig r;

    (void)state;
    rig_init(&r, 1, true);
    check_one(&r, "short", 0x0a000009);
    assert_int_equal(r.servers[0].asked, 2); /* short.nowhere.test first */
    rig_done(&r);
}

static void cut_answers_are_fetched_by_tcp(void **state) {
    struct result res;
    struct rig r;

    (void)state;
    rig_init(&r, 1, true);
    res = ask(&r, "big.test", INL_AF_INET);
    assert_int_equal(res.err, 0);
    assert_int_equal(res.n, 60);
    rig_done(&r);
}

static void silence_ends(void **state) {
    struct rig r;

    (void)state;
    rig_init(&r, 2, true);
    check_err(&r, "silent.test", -ETIMEDOUT);
    assert_int_equal(r.servers[0].asked, 3);
    assert_int_equal(r.servers[1].asked, 3);
    assert_in_range(now.ns, 2 * (2 + 4 + 8) * INL_S - INL_S, 2 * (2 + 4 + 8) * INL_S + INL_S);
    rig_done(&r);
}

static void the_next_server_is_asked(void **state) {
    struct rig r;

    (void)state;
    rig_init(&r, 2, true);
    check_one(&r, "first.test", 0x0a000007);
    assert_in_range(now.ns, 2 * INL_S, 3 * INL_S);
    check_err(&r, "fail.test", -ECONNREFUSED);
    assert_int_equal(r.servers[0].asked + r.servers[1].asked, 4);
    rig_done(&r);
}

static void closed_ports_are_told(void **state) {
    struct rig r;

    (void)state;
    rig_init(&r, 2, false);
    check_err(&r, "a.test", -ECONNREFUSED);
    assert_true(now.ns < INL_S);
    rig_done(&r);
}

/* SEC-64: any field that does not fit, and it is not the answer. */
static void lies_are_not_believed(void **state) {
    struct rig r;

    (void)state;
    rig_init(&r, 1, true);
    check_one(&r, "lies.test", 0x0a000005);
    rig_done(&r);
}

/* RFC 5452: each question comes from another port. */
static void ports_differ(void **state) {
    struct rig r;

    (void)state;
    rig_init(&r, 1, true);
    for (int i = 0; i < 8; i++) {
        check_one(&r, "a.test", 0x0a000009);
    }
    assert_int_equal(r.ports_n, 8);
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned k = 0; k < i; k++) {
            assert_int_not_equal(r.ports[i], r.ports[k]);
        }
    }
    rig_done(&r);
}

/* SEC-63: no answer ends the program or goes on for ever. */
static void nonsense_is_an_error(void **state) {
    struct rig r;

    (void)state;
    rig_init(&r, 1, true);
    assert_int_not_equal(ask(&r, "loop.test", INL_AF_INET).err, 0);
    assert_int_not_equal(ask(&r, "counts.test", INL_AF_INET).err, 0);
    check_err(&r, "a..test", -EINVAL);
    check_one(&r, "a.test", 0x0a000009); /* it goes on */
    rig_done(&r);
}

static void freeing_cancels(void **state) {
    struct result a = {0}, b = {0};
    const struct inl_addr nine = host_addr(8);
    struct rig r;

    (void)state;
    rig_init(&r, 1, true);
    assert_int_equal(inl_resolve_name(r.resolver, "a.test", 0, on_addrs, &a), 0);
    assert_int_equal(inl_resolve_addr(r.resolver, &nine, on_name, &b), 0);
    rig_done(&r);
    assert_int_equal(a.calls, 1);
    assert_int_equal(a.err, -ECANCELED);
    assert_int_equal(b.calls, 1);
    assert_int_equal(b.err, -ECANCELED);
}

static void bad_configs(void **state) {
    struct inl_sockaddr at = {.addr = INL_ADDR_ANY};
    struct inl_resolve_config config = {.servers = &at};
    struct inl_resolver *resolver;
    struct rig r;
    struct result res = {0};

    (void)state;
    rig_init(&r, 1, true);
    assert_int_equal(inl_resolver_new(stack_of(&r, 0), &config, &resolver), -EINVAL);
    config.servers_n = 1;
    assert_int_equal(inl_resolver_new(stack_of(&r, 0), &config, &resolver), -EINVAL);
    at.addr = host_addr(1);
    config.timeout_ns = -1;
    assert_int_equal(inl_resolver_new(stack_of(&r, 0), &config, &resolver), -EINVAL);
    assert_int_equal(inl_resolve_name(r.resolver, "a", 5, on_addrs, &res), -EINVAL);
    assert_int_equal(inl_resolve_name(r.resolver, NULL, 0, on_addrs, &res), -EINVAL);
    assert_int_equal(inl_resolve_name(r.resolver, "a", 0, NULL, &res), -EINVAL);
    rig_done(&r);
    assert_int_equal(res.calls, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_addresses),
        cmocka_unit_test(search_list),
        cmocka_unit_test(cut_answers_are_fetched_by_tcp),
        cmocka_unit_test(silence_ends),
        cmocka_unit_test(the_next_server_is_asked),
        cmocka_unit_test(closed_ports_are_told),
        cmocka_unit_test(lies_are_not_believed),
        cmocka_unit_test(ports_differ),
        cmocka_unit_test(nonsense_is_an_error),
        cmocka_unit_test(freeing_cancels),
        cmocka_unit_test(bad_configs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
