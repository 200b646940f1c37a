/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * routes.c - the machine's routes in net-tools' layout, one table for each version of IP
 *
 * Routes with several next hops take a line for each. Without -a only the main table; the kernel's
 * own ones about its addresses and broadcasts are left out.
 */
#include "tools/common/out.h"
#include "tools/netstat/netstat.h"
#include "tools/netstat/rtnl.h"
#include "tools/socks/attr.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

struct route {
    struct inl_addr dst, gateway;
    bool six, has_gateway;
    uint8_t prefix_bits, type, protocol;
    uint32_t metric, table, mss, window, rtt;
    unsigned link;
};

struct printing {
    const struct netstat_options *o;
    int family;
};

static void flags_text(const struct route *r, char buf[8]) {
    size_t n = 0;

    buf[n++] = r->type == RTN_UNREACHABLE || r->type == RTN_PROHIBIT || r->type == RTN_BLACKHOLE
                   ? '!'
                   : 'U';
    if (r->has_gateway) {
        buf[n++] = 'G';
    }
    if (r->prefix_bits == (r->six ? 128 : 32)) {
        buf[n++] = 'H';
    }
    if (r->protocol == RTPROT_REDIRECT) {
        buf[n++] = 'D';
    }
    if (r->protocol == RTPROT_RA && r->six) {
        buf[n++] = 'A';
    }
    buf[n] = '\0';
}

static void line_four(const struct netstat_options *o, const struct route *r, const char *flags) {
    char dst[INL_ADDR_TEXT_MAX], gateway[INL_ADDR_TEXT_MAX], mask[INL_ADDR_TEXT_MAX];
    char name[IF_NAMESIZE];
    uint32_t bits = r->prefix_bits == 0 ? 0 : UINT32_MAX << (32 - r->prefix_bits);
    struct inl_addr mask_addr = inl_addr_from4(bits);

    inl_addr_format(&r->dst, dst, sizeof(dst));
    inl_addr_format(&r->gateway, gateway, sizeof(gateway));
    inl_addr_format(&mask_addr, mask, sizeof(mask));
    printf("%-15s %-15s %-15s %-5s ", dst, gateway, mask, flags);
    if (o->extend) {
        printf("%-6" PRIu32 " %-6d %2d %s\n", r->metric, 0, 0, rtnl_name(r->link, name));
    } else {
        printf("%5" PRIu32 " %-5" PRIu32 "  %4" PRIu32 " %s\n", r->mss, r->window, r->rtt,
               rtnl_name(r->link, name));
    }
}

static void line_six(const struct route *r, const char *flags) {
    char dst[INL_ADDR_TEXT_MAX + 5], gateway[INL_ADDR_TEXT_MAX], name[IF_NAMESIZE];

    inl_addr_format(&r->dst, dst, INL_ADDR_TEXT_MAX);
    snprintf(dst + strlen(dst), 5, "/%u", r->prefix_bits);
    inl_addr_format(&r->gateway, gateway, sizeof(gateway));
    printf("%-30s %-26s %-4s %-4" PRIu32 " %-4d %5d %s\n", dst, gateway, flags, r->metric, 1, 0,
           rtnl_name(r->link, name));
}

static void json_route(const struct route *r, const char *flags) {
    char dst[INL_ADDR_TEXT_MAX + 5], gateway[INL_ADDR_TEXT_MAX], name[IF_NAMESIZE];

    inl_addr_format(&r->dst, dst, INL_ADDR_TEXT_MAX);
    snprintf(dst + strlen(dst), 5, "/%u", r->prefix_bits);
    inl_addr_format(&r->gateway, gateway, sizeof(gateway));
    out_json(json_pack("{s:s, s:n, s:s, s:s, s:s, s:s, s:I, s:I}", "type", "route", "host",
                       "destination", dst, "gateway", r->has_gateway ? gateway : "", "link",
                       rtnl_name(r->link, name), "flags", flags, "metric", (json_int_t)r->metric,
                       "table", (json_int_t)r->table));
}

static void print_route(const struct printing *p, const struct route *r) {
    char flags[8];

    flags_text(r, flags);
    if (p->o->json) {
        json_route(r, flags);
    } else if (r->six) {
        line_six(r, flags);
    } else {
        line_four(p->o, r, flags);
    }
}

static void read_metrics(struct route *r, const struct nlattr *nest) {
    const struct nlattr *a;

    ATTR_EACH_IN(a, nest) {
        switch (mnl_attr_get_type(a)) {
        case RTAX_ADVMSS:
            r->mss = rtnl_u32(a);
            break;
        case RTAX_WINDOW:
            r->window = rtnl_u32(a);
            break;
        case RTAX_RTT:
            r->rtt = rtnl_u32(a);
            break;
        default:
            break;
        }
    }
}

static void read_gateway(struct route *r, int family, const struct nlattr *a) {
    if (mnl_attr_get_type(a) == RTA_GATEWAY) {
        r->gateway = rtnl_addr(family, a);
        r->has_gateway = true;
    } else if (mnl_attr_get_type(a) == RTA_VIA &&
               mnl_attr_get_payload_len(a) >= sizeof(struct rtvia) + 16) {
        const struct rtvia *via = mnl_attr_get_payload(a); /* IPv4 by a router of IPv6 */
        uint8_t bytes[16];

        memcpy(bytes, via->rtvia_addr, sizeof(bytes));
        r->gateway = inl_addr_from6(bytes);
        r->has_gateway = true;
    }
}

/* Several next hops: each is a line of its own. */
static void print_hops(const struct printing *p, struct route *r, const struct nlattr *nest) {
    const struct rtnexthop *hop = mnl_attr_get_payload(nest);
    size_t left = mnl_attr_get_payload_len(nest);

    while (left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left) {
        const char *end = (const char *)hop + hop->rtnh_len;
        const struct nlattr *a;

        r->link = (unsigned)hop->rtnh_ifindex;
        r->has_gateway = false;
        r->gateway = r->six ? INL_ADDR_ANY : INL_ADDR_ANY4;
        ATTR_EACH(a, hop + 1, end) {
            read_gateway(r, p->family, a);
        }
        print_route(p, r);
        size_t step = (hop->rtnh_len + 3u) & ~3u;

        left -= step < left ? step : left;
        hop = (const struct rtnexthop *)((const char *)hop + step);
    }
}

static void on_route(void *ctx, const struct nlmsghdr *nlh) {
    const struct printing *p = ctx;
    const struct rtmsg *m = mnl_nlmsg_get_payload(nlh);
    struct route r = {.six = p->family == AF_INET6,
                      .prefix_bits = m->rtm_dst_len,
                      .type = m->rtm_type,
                      .protocol = m->rtm_protocol,
                      .table = m->rtm_table};
    const struct nlattr *a, *hops = NULL;

    if (m->rtm_family != p->family || (m->rtm_flags & RTM_F_CLONED)) {
        return;
    }
    r.dst = r.gateway = r.six ? INL_ADDR_ANY : INL_ADDR_ANY4;
    ATTR_EACH_OF(a, nlh, sizeof(*m)) {
        switch (mnl_attr_get_type(a)) {
        case RTA_DST:
            r.dst = rtnl_addr(p->family, a);
            break;
        case RTA_OIF:
            r.link = rtnl_u32(a);
            break;
        case RTA_PRIORITY:
            r.metric = rtnl_u32(a);
            break;
        case RTA_TABLE:
            r.table = rtnl_u32(a);
            break;
        case RTA_METRICS:
            read_metrics(&r, a);
            break;
        case RTA_MULTIPATH:
            hops = a;
            break;
        default:
            read_gateway(&r, p->family, a);
            break;
        }
    }
    if (!p->o->all && r.table != RT_TABLE_MAIN) {
        return;
    }
    if (hops != NULL) {
        print_hops(p, &r, hops);
    } else {
        print_route(p, &r);
    }
}

static int print_table(const struct netstat_options *o, int family) {
    struct printing p = {o, family};

    if (!o->json && family == AF_INET) {
        printf(
            "Kernel IP routing table\nDestination     Gateway         Genmask         Flags %s\n",
            o->extend ? "Metric Ref    Use Iface" : "  MSS Window  irtt Iface");
    } else if (!o->json) {
        printf("Kernel IPv6 routing table\n%-30s %-26s Flag Met Ref  Use If\n", "Destination",
               "Next Hop");
    }
    return rtnl_dump(RTM_GETROUTE, family, sizeof(struct rtmsg), on_route, &p);
}

int print_machine_routes(const struct netstat_options *o) {
    int err = o->six && !o->four ? 0 : print_table(o, AF_INET);

    if (err == 0 && !o->json && o->four == o->six) {
        putchar('\n');
    }
    return err < 0 || (o->four && !o->six) ? err : print_table(o, AF_INET6);
}
