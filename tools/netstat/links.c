/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * links.c - the machine's interfaces in net-tools' layout, their addresses, and neighbours
 */
#include "tools/common/out.h"
#include "tools/netstat/netstat.h"
#include "tools/netstat/rtnl.h"
#include "tools/socks/attr.h"

#include <inttypes.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#define MAC_MAX 100 /* InfiniBand's have 20 bytes, others up to 32 */

/* ---- interfaces ---- */

struct link {
    char name[IF_NAMESIZE], mac[MAC_MAX];
    unsigned flags;
    uint32_t mtu_bytes;
    struct rtnl_link_stats64 stats;
};

/* The letters of net-tools, in its order. */
static void flags_text(unsigned flags, char buf[12]) {
    static const struct {
        unsigned flag;
        char letter;
    } letters[] = {
        {IFF_ALLMULTI, 'A'}, {IFF_BROADCAST, 'B'},  {IFF_DEBUG, 'D'},   {IFF_LOOPBACK, 'L'},
        {IFF_PROMISC, 'M'},  {IFF_NOTRAILERS, 'N'}, {IFF_NOARP, 'O'},   {IFF_POINTOPOINT, 'P'},
        {IFF_SLAVE, 's'},    {IFF_MASTER, 'm'},     {IFF_RUNNING, 'R'}, {IFF_UP, 'U'},
    };
    size_t n = 0;

    /* M stands for multicast as well, which nearly all have */
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        bool on = flags & letters[i].flag;

        if (letters[i].letter == 'M') {
            on = flags & (IFF_PROMISC | IFF_MULTICAST);
        }
        if (on && n < 11) {
            buf[n++] = letters[i].letter;
        }
    }
    buf[n] = '\0';
}

static void link_line(const struct link *l) {
    const struct rtnl_link_stats64 *s = &l->stats;
    char flags[12];

    flags_text(l->flags, flags);
    printf("%-15s %5" PRIu32 " %8llu %6llu %6llu %-6llu %8llu %6llu %6llu %6llu %s\n", l->name,
           l->mtu_bytes, s->rx_packets, s->rx_errors, s->rx_dropped + s->rx_missed_errors,
           s->rx_fifo_errors, s->tx_packets, s->tx_errors, s->tx_dropped, s->tx_fifo_errors,
           flags[0] != '\0' ? flags : "[NO FLAGS]");
}

static void json_link(const struct link *l) {
    const struct rtnl_link_stats64 *s = &l->stats;
    json_t *o = json_pack("{s:s, s:n, s:o, s:b, s:I, s:s}", "type", "interface", "host", "link",
                          out_json_text(l->name), "up", (l->flags & IFF_UP) != 0, "mtu",
                          (json_int_t)l->mtu_bytes, "mac", l->mac);
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"rx_packets", s->rx_packets}, {"rx_bytes", s->rx_bytes},     {"rx_errors", s->rx_errors},
        {"rx_dropped", s->rx_dropped}, {"tx_packets", s->tx_packets}, {"tx_bytes", s->tx_bytes},
        {"tx_errors", s->tx_errors},   {"tx_dropped", s->tx_dropped},
    };

    for (size_t i = 0; o != NULL && i < sizeof(counts) / sizeof(counts[0]); i++) {
        json_object_set_new(o, counts[i].name, json_integer((json_int_t)counts[i].value));
    }
    out_json(o);
}

static void on_link(void *ctx, const struct nlmsghdr *nlh) {
    const struct netstat_options *o = ctx;
    const struct ifinfomsg *m = mnl_nlmsg_get_payload(nlh);
    struct link l = {.flags = m->ifi_flags};
    const struct nlattr *a, *mac = NULL;

    ATTR_EACH_OF(a, nlh, sizeof(*m)) {
        size_t len = mnl_attr_get_payload_len(a);

        switch (mnl_attr_get_type(a)) {
        case IFLA_IFNAME:
            snprintf(l.name, sizeof(l.name), "%.*s", (int)len,
                     (const char *)mnl_attr_get_payload(a));
            break;
        case IFLA_MTU:
            l.mtu_bytes = rtnl_u32(a);
            break;
        case IFLA_ADDRESS:
            mac = a;
            break;
        case IFLA_STATS64:
            memcpy(&l.stats, mnl_attr_get_payload(a),
                   len < sizeof(l.stats) ? len : sizeof(l.stats));
            break;
        default:
            break;
        }
    }
    rtnl_mac(mac, l.mac, sizeof(l.mac));
    if (o->json) {
        json_link(&l);
    } else if (o->all || (l.flags & IFF_UP)) {
        link_line(&l);
    }
}

/* ---- addresses ---- */

static void on_addr(void *ctx, const struct nlmsghdr *nlh) {
    const struct netstat_options *o = ctx;
    const struct ifaddrmsg *m = mnl_nlmsg_get_payload(nlh);
    struct inl_addr addr = INL_ADDR_ANY;
    const struct nlattr *a;
    uint32_t flags = m->ifa_flags;
    bool local = false;
    char text[INL_ADDR_TEXT_MAX + 5], name[IF_NAMESIZE];

    if (m->ifa_family != AF_INET && m->ifa_family != AF_INET6) {
        return;
    }
    ATTR_EACH_OF(a, nlh, sizeof(*m)) {
        unsigned type = mnl_attr_get_type(a);

        if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local)) {
            addr = rtnl_addr(m->ifa_family, a); /* of a tunnel, IFA_ADDRESS is the peer's */
            local |= type == IFA_LOCAL;
        } else if (type == IFA_FLAGS) {
            flags = rtnl_u32(a);
        }
    }
    inl_addr_format(&addr, text, INL_ADDR_TEXT_MAX);
    snprintf(text + strlen(text), 5, "/%u", m->ifa_prefixlen);
    const char *state = (flags & IFA_F_DADFAILED)    ? "duplicated"
                        : (flags & IFA_F_TENTATIVE)  ? "tentative"
                        : (flags & IFA_F_DEPRECATED) ? "deprecated"
                                                     : "preferred";

    rtnl_name(m->ifa_index, name);
    if (o->json) {
        out_json(json_pack("{s:s, s:n, s:o, s:s, s:s}", "type", "address", "host", "link",
                           out_json_text(name), "address", text, "state", state));
    } else {
        printf("%-15s %-43s %s\n", name, text, state);
    }
}

int print_machine_links(const struct netstat_options *o) {
    struct netstat_options copy = *o;

    if (!o->json) {
        printf("Kernel Interface table\n%-15s   MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR "
               "TX-DRP TX-OVR Flg\n",
               "Iface");
    }
    int err = rtnl_dump(RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), on_link, &copy);

    if (err < 0 || (!o->extend && !o->json)) {
        return err;
    }
    if (!o->json) {
        printf("\n%-15s %-43s %s\n", "Iface", "Address", "State");
    }
    int family = o->four == o->six ? AF_UNSPEC : o->six ? AF_INET6 : AF_INET;

    return rtnl_dump(RTM_GETADDR, family, sizeof(struct ifaddrmsg), on_addr, &copy);
}

/* ---- neighbours ---- */

static const char *state_of(unsigned state) {
    static const struct {
        unsigned state;
        const char *name;
    } names[] = {
        {NUD_INCOMPLETE, "INCOMPLETE"}, {NUD_REACHABLE, "REACHABLE"}, {NUD_STALE, "STALE"},
        {NUD_DELAY, "DELAY"},           {NUD_PROBE, "PROBE"},         {NUD_FAILED, "FAILED"},
        {NUD_PERMANENT, "PERMANENT"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (state & names[i].state) {
            return names[i].name;
        }
    }
    return "NONE";
}

static void on_neigh(void *ctx, const struct nlmsghdr *nlh) {
    const struct netstat_options *o = ctx;
    const struct ndmsg *m = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *a, *mac = NULL;
    struct inl_addr addr = INL_ADDR_ANY;
    char text[INL_ADDR_TEXT_MAX], name[IF_NAMESIZE], mac_text[MAC_MAX];
    bool six = m->ndm_family == AF_INET6;

    if ((!six && m->ndm_family != AF_INET) || (m->ndm_state & NUD_NOARP) ||
        (o->four != o->six && o->six != six)) {
        return; /* NOARP: what needs no question, as groups and ourselves */
    }
    ATTR_EACH_OF(a, nlh, sizeof(*m)) {
        if (mnl_attr_get_type(a) == NDA_DST) {
            addr = rtnl_addr(m->ndm_family, a);
        } else if (mnl_attr_get_type(a) == NDA_LLADDR) {
            mac = a;
        }
    }
    inl_addr_format(&addr, text, sizeof(text));
    rtnl_name((unsigned)m->ndm_ifindex, name);
    rtnl_mac(mac, mac_text, sizeof(mac_text));
    bool router = m->ndm_flags & NTF_ROUTER;

    if (o->json) {
        out_json(json_pack("{s:s, s:n, s:o, s:s, s:s, s:s, s:b}", "type", "neighbour", "host",
                           "link", out_json_text(name), "address", text, "mac",
                           mac != NULL ? mac_text : "", "state", state_of(m->ndm_state), "router",
                           router));
    } else {
        printf("%-15s %-39s %-17s %-11s %s\n", name, text, mac_text, state_of(m->ndm_state),
               router ? "router" : "-");
    }
}

int print_machine_neighbours(const struct netstat_options *o) {
    struct netstat_options copy = *o;

    if (!o->json) {
        printf("%-15s %-39s %-17s %-11s %s\n", "Iface", "Address", "MAC", "State", "Role");
    }
    return rtnl_dump(RTM_GETNEIGH, AF_UNSPEC, sizeof(struct ndmsg), on_neigh, &copy);
}
