/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mib.c - which counter of RFC 4293 a refused packet belongs to (see mib.h)
 *
 * RFC 4293 knows three kinds of refusal: the header is wrong, it is not for us, or we would if we
 * could. Each reason of a drop is one of these. Addresses that cannot be count with the second
 * kind whichever of the two it is, except sources that are no host's: these are an error in the
 * header, since the address that InAddrErrors is about is the destination's.
 */
#include "ip/mib.h"
#include "ip/ip.h"
#include "ip/state.h"

const char *ip_mib_name(enum ip_mib_id id) {
    static const char *const names[] = {
#define IP_MIB_X(sym, name) name,
        IP_MIB_TABLE(IP_MIB_X)
#undef IP_MIB_X
    };

    return names[id];
}

enum inl_drop ip_mib_refuse(struct ip_mib *m, enum inl_drop why) {
    switch (why) {
    case INL_DROP_NONE:
        break;
    case INL_DROP_NOT_FOR_US:
    case INL_DROP_BAD_DESTINATION:
    case INL_DROP_MARTIAN:
    case INL_DROP_ADDR_TENTATIVE:
    case INL_DROP_SOURCE_ROUTE_FAILED:
        m->n[IP_MIB_IN_ADDR_ERRORS]++;
        break;
    case INL_DROP_GROUP_SOURCE:
    case INL_DROP_REVERSE_PATH: /* nothing is wrong with it by itself */
    case INL_DROP_NO_MEMORY:
        m->n[IP_MIB_IN_DISCARDS]++;
        break;
    default:
        m->n[IP_MIB_IN_HDR_ERRORS]++;
        break;
    }
    return why;
}

void ip_mib_icmp_in(struct ip_icmp_mib *m, enum inl_drop why) {
    m->in_msgs++;
    switch (why) {
    case INL_DROP_TRUNCATED:
    case INL_DROP_BAD_LENGTH:
    case INL_DROP_BAD_VERSION:
    case INL_DROP_BAD_CHECKSUM:
    case INL_DROP_BAD_OPTION:
    case INL_DROP_BAD_HOP_LIMIT:
    case INL_DROP_BAD_SOURCE:
    case INL_DROP_BAD_DESTINATION:
    case INL_DROP_FRAGMENT:
        m->in_errors++;
        break;
    default:
        break;
    }
}

/* ---- for whoever reads them ---- */

uint64_t ip_stat_link(const struct ip *ip, int link, bool is4, enum ip_mib_id id) {
    return ip->mibs[link][is4 ? 0 : 1].n[id];
}

uint64_t ip_stat(const struct ip *ip, bool is4, enum ip_mib_id id) {
    uint64_t sum = 0;

    for (int link = 0; link < IP_MIB_LINKS; link++) {
        sum += ip_stat_link(ip, link, is4, id);
    }
    return sum;
}

const struct ip_icmp_mib *ip_stat_icmp(const struct ip *ip, bool is4) {
    return &ip->icmp_mibs[is4 ? 0 : 1];
}

void ip_no_route(struct ip *ip, bool is4) {
    struct ip_mib *m = ip_mib(ip, IP_MIB_NO_LINK, is4);

    m->n[IP_MIB_OUT_REQUESTS]++;
    m->n[IP_MIB_OUT_NO_ROUTES]++;
}

void ip_icmp_sent(struct ip *ip, bool is4, uint8_t type) {
    ip_mib_icmp_out(&ip->icmp_mibs[is4 ? 0 : 1], type);
}
