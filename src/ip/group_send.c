/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_send.c - packets of IGMP and MLD (group.h)
 *
 * All have a TTL or hop limit of 1 and the router alert (RFC 2236 2, RFC 3376 4, RFC 3810 5; RFC
 * 2113, RFC 2711). IPv4 says precedence internetwork control. The source is an address of the link,
 * in IPv6 a link-local one that is known to be ours; without one it is none at all (RFC 3376
 * 4.2.13, RFC 3590 4).
 *
 * A record that does not fit goes on in another one; what excludes senders is cut instead (RFC 3376
 * 4.2.16, RFC 3810 5.2.15): more would be excluded than is wanted otherwise.
 */
#include "ip/addr.h"
#include "ip/group_state.h"
#include "ip/io.h"
#include "ip/link.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

#define IP4_ALERT_BYTES 4
#define IP6_ALERT_BYTES 8
#define IP4_TOS_CONTROL 0xc0
#define GROUP_PACKET_MAX 1500 /* longer ones save nothing */

static const uint8_t alert4[IP4_ALERT_BYTES] = {IP4_OPT_ALERT, 4, 0, 0};
/* Hop-by-hop options: router alert 0 (MLD), and two bytes of padding. */
static const uint8_t alert6[IP6_ALERT_BYTES] = {IP_PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0};

static const struct inl_addr routers6 = {{0xff, 2, [15] = 2}};
static const struct inl_addr reports6 = {{0xff, 2, [15] = 0x16}};

static struct inl_addr send_source(const struct ip *ip, const struct ip_group_link *on) {
    const struct list *it;

    LIST_FOREACH(it, &ip->links[on->link].addrs) {
        const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (a->kind == IP_ADDR_UNICAST &&
            (on->v6 ? !inl_addr_is4(&a->addr) && inl_addr_is_link_local(&a->addr)
                    : inl_addr_is4(&a->addr))) {
            return a->addr;
        }
    }
    return on->v6 ? inl_addr_any6() : inl_addr_any4();
}

/* An empty message with room for so much, and what goes before it in IPv6. */
static struct pkt *send_begin(struct ip *ip, struct ip_group_link *on, size_t room, struct wr *w) {
    size_t headroom = IP_HEADROOM_BYTES + IP4_ALERT_BYTES;
    struct pkt *pkt = pkt_new(&ip->env->mem, headroom, headroom + IP6_ALERT_BYTES + room);

    if (!pkt) {
        env_drop(ip->env, INL_DROP_NO_MEMORY);
        return NULL;
    }
    if (on->v6) {
        memcpy(pkt_put(pkt, sizeof(alert6)), alert6, sizeof(alert6));
    }
    *w = wr_init(pkt_data(pkt) + pkt->len, room);
    return pkt;
}

static void send_end(struct ip *ip, struct ip_group_link *on, struct pkt *pkt, const struct wr *w,
                     const struct inl_addr *src, const struct inl_addr *dst, enum inl_cause cause) {
    const struct ip_tx tx = {
        .src = *src,
        .dst = *dst,
        .cause = cause,
        .proto = on->v6 ? IP_PROTO_HOPOPTS : IP_PROTO_IGMP,
        .ttl = 1,
        .tos = on->v6 ? 0 : IP4_TOS_CONTROL,
        .dont_fragment = true,
        .opts = on->v6 ? rd_init(NULL, 0) : rd_init(alert4, sizeof(alert4)),
    };

    if (on->v6 && inl_addr_is_any(src)) {
        on->sourceless = true;
    }
    pkt_put(pkt, wr_len(w));
    pkt->cause = cause;
    ip_mib(ip, on->link, !on->v6)->n[IP_MIB_OUT_REQUESTS]++;
    if (on->v6) {
        ip_mib_icmp_out(ip_icmp_mib(ip, false), w->start[0]);
        ip6_push(ip, pkt, &tx, src);
    } else {
        ip4_push(ip, pkt, &tx, src);
    }
    ip_link_output(ip, pkt, on->link, dst, true);
}

void ip_group_send_old(struct ip *ip, struct ip_group *g, enum group_kind kind,
                       enum inl_cause cause) {
    struct ip_group_link *on = g->on;
    const struct inl_addr src = send_source(ip, on);
    struct inl_addr dst = g->group;
    struct wr w;
    struct pkt *pkt = send_begin(ip, on, GROUP_MSG_BYTES_MAX, &w);

    if (!pkt) {
        return;
    }
    if (kind == GROUP_LEAVE) {
        dst = on->v6 ? routers6 : inl_addr_from4(0xe0000002u);
    }
    group_emit(&w, on->v6, kind, on->level, &g->group);
    group_emit_end(&w, on->v6, 0, &src, &dst);
    send_end(ip, on, pkt, &w, &src, &dst, cause);
}

/* ---- records ---- */

static bool report_begin(struct group_report *r) {
    size_t mtu = ip_link_mtu(r->ip, r->on->link);
    size_t hdrs =
        r->on->v6 ? IP6_HDR_BYTES + IP6_ALERT_BYTES : (size_t)IP4_HDR_BYTES + IP4_ALERT_BYTES;

    mtu = mtu > GROUP_PACKET_MAX ? GROUP_PACKET_MAX : mtu;
    r->pkt = send_begin(r->ip, r->on, mtu - hdrs, &r->w);
    r->records = 0;
    if (r->pkt) {
        group_emit_begin(&r->w, r->on->v6);
    }
    return r->pkt != NULL;
}

void ip_group_report_end(struct group_report *r) {
    const struct inl_addr src = send_source(r->ip, r->on);
    const struct inl_addr dst = r->on->v6 ? reports6 : inl_addr_from4(0xe0000016u);

    if (r->pkt) {
        group_emit_end(&r->w, r->on->v6, r->records, &src, &dst);
        send_end(r->ip, r->on, r->pkt, &r->w, &src, &dst, r->cause);
        r->pkt = NULL;
    }
}

/* How many senders a record can have that comes next; -1: there is no room for any record. */
static int report_room(const struct group_report *r) {
    size_t addr = r->on->v6 ? 16 : 4;
    size_t left = wr_left(&r->w);

    return left < 4 + addr ? -1 : (int)((left - 4 - addr) / addr);
}

void ip_group_report_add(struct group_report *r, enum group_record_type type,
                         const struct inl_addr *group, const struct inl_addr *sources,
                         uint16_t count) {
    bool cut = type == GROUP_IS_EXCLUDE || type == GROUP_TO_EXCLUDE;
    uint16_t done = 0;

    do {
        uint16_t n = (uint16_t)(count - done);
        int room;

        if (r->pkt && report_room(r) < (int)n) { /* a fresh one has the most */
            ip_group_report_end(r);
        }
        if (!r->pkt && !report_begin(r)) {
            return;
        }
        room = report_room(r);
        if (room < (int)n) {
            n = room > 0 ? (uint16_t)room : 0;
        }
        group_emit_record(&r->w, r->on->v6, type, group, count ? sources + done : NULL, n);
        r->records++;
        done = (uint16_t)(done + n);
        if (n == 0) {
            break;
        }
    } while (done < count && !cut);
}
