/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4_side.c - a DHCP server for tests of the client (see dhcp4_side.h)
 */
#include "dhcp4_side.h"

const struct answer OFFER = {.type = DHCP4_OFFER,
                             .yiaddr = MINE,
                             .server = SERVER,
                             .lease_s = 3600,
                             .mask = 0xffffff00,
                             .router = SERVER};

struct answer ack(void) {
    struct answer a = OFFER;

    a.type = DHCP4_ACK;
    return a;
}

struct dhcp4_msg parsed(const struct lan_msg *m) {
    struct rd r = rd_init(m->payload, m->payload_len);
    struct dhcp4_msg d;

    assert_int_equal(dhcp4_parse(&r, &d), INL_DROP_NONE);
    return d;
}

static void emit_answer(struct wr *w, const struct answer *a, const struct dhcp4_msg *q) {
    struct inl_addr any = inl_addr_any4();
    struct dhcp4_msg m = {.op = a->request_op ? DHCP4_BOOTREQUEST : DHCP4_BOOTREPLY,
                          .type = a->type,
                          .xid = q->xid ^ (a->wrong_xid ? 1u : 0u),
                          .ciaddr = any,
                          .yiaddr = a->yiaddr ? lan_addr(a->yiaddr) : any,
                          .siaddr = any,
                          .giaddr = any};

    memcpy(m.chaddr, q->chaddr, 6);
    m.chaddr[5] ^= a->wrong_mac;
    dhcp4_emit(w, &m);
    if (a->server) {
        struct inl_addr s = lan_addr(a->server);

        dhcp4_put_addr(w, DHCP4_OPT_SERVER, &s);
    }
    if (a->lease_s) {
        dhcp4_put_u32(w, DHCP4_OPT_LEASE, a->lease_s);
    }
    if (a->t1_s) {
        dhcp4_put_u32(w, DHCP4_OPT_T1, a->t1_s);
    }
    if (a->t2_s) {
        dhcp4_put_u32(w, DHCP4_OPT_T2, a->t2_s);
    }
    if (a->mask) {
        dhcp4_put_u32(w, DHCP4_OPT_MASK, a->mask);
    }
    if (a->router) {
        struct inl_addr r = lan_addr(a->router);

        dhcp4_put_addr(w, DHCP4_OPT_ROUTERS, &r);
    }
    if (a->mtu) {
        uint8_t b[2] = {(uint8_t)(a->mtu >> 8), (uint8_t)a->mtu};

        dhcp4_put(w, DHCP4_OPT_MTU, b, 2);
    }
    if (a->extra_len) {
        wr_put(w, a->extra, a->extra_len);
    }
    dhcp4_end(w);
    assert_false(w->bad);
}

enum inl_drop answer_to(struct lan *l, const struct answer *a, const struct dhcp4_msg *q,
                        const char *dst) {
    uint8_t b[1400];
    struct wr w = wr_init(b, sizeof(b));

    emit_answer(&w, a, q);
    return lan_feed(l, SERVER, 67, dst, 68, b, wr_len(&w));
}

enum inl_drop answer(struct lan *l, const struct answer *a, const struct dhcp4_msg *q) {
    return answer_to(l, a, q, ALL);
}

struct inl_dhcp4_info info(const struct lan *l) {
    struct inl_dhcp4_info i;

    assert_int_equal(inl_dhcp4_get(l->stack, LAN_LINK, &i), 0);
    return i;
}

void start(struct lan *l, bool conflict_check) {
    struct inl_dhcp4_config c;

    lan_start(l);
    inl_dhcp4_config_init(&c);
    c.start_min_ns = c.start_max_ns = 0;
    c.conflict_check = conflict_check;
    assert_int_equal(inl_dhcp4_start(l->stack, LAN_LINK, &c), 0);
}

/* The next message, which must be of this type. */
struct dhcp4_msg expect(struct lan *l, enum dhcp4_type type, inl_dur within, struct lan_msg *m) {
    assert_true(lan_next(l, within, m));
    assert_int_equal(m->dport, 67);
    assert_int_equal(m->sport, 68);
    struct dhcp4_msg d = parsed(m);

    assert_int_equal(d.type, type);
    assert_int_equal(d.op, DHCP4_BOOTREQUEST);
    assert_memory_equal(d.chaddr, LAN_MAC, 6);
    return d;
}
