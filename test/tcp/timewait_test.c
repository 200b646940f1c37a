/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timewait_test.c - what a connection in TIME-WAIT costs, its port included
 *
 * The entries are made as timewait.c makes them, without the connections before them.
 */
#include "pair.h"

#include "wire/ipproto.h"

#include <string.h>

#define MANY 20000
#define PEERS 20
#define MOST_BYTES 64
#define MALLOC_BYTES 16 /* what an allocator adds to a block */

static uint64_t memory(const struct host *h) {
    return h->env.mem.used_bytes + MALLOC_BYTES * h->env.mem.blocks;
}

/* One that our end has closed first: its port is its own. */
static void enter(struct host *h, const struct inl_addr *peer, uint16_t rport) {
    const struct inl_sockaddr to = {.addr = *peer, .port = rport};
    struct tcp_tuple t = {.local = h->addr, .remote = *peer, .rport = rport};
    struct port_bind *bind;

    assert_int_equal(ports_bind_ephemeral(h->ports, IP_PROTO_TCP, &h->addr, &to, PORTS_EPHEMERAL,
                                          NULL, NULL, &bind),
                     0);
    t.lport = bind->port;
    assert_non_null(tcp_twtab_add(h->tcp, &t));
    ports_get_waiting(bind);
    ports_put(h->ports, bind);
}

static void test_bytes(void **state) {
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct pair *p = pair_new(1, v6 != 0);
        struct host *h = &p->host[0];
        uint64_t before = memory(h);
        uint64_t each;

        for (unsigned i = 0; i < MANY; i++) {
            enter(h, &p->host[1].addr, (uint16_t)(80 + i % PEERS));
        }
        assert_int_equal(tcp_twtab_live(&h->tcp->tw), MANY);
        each = (memory(h) - before) / MANY;
        print_message("%llu bytes each\n", (unsigned long long)each);
        assert_true(each < MOST_BYTES);
        tcp_tw_free_all(h->tcp);
        assert_int_equal(memory(h), before);
        pair_free(p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes)};

    return cmocka_run_group_tests_name("timewait", tests, NULL, NULL);
}
