/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route.c - how this machine reaches a target: rtnetlink(7), RTM_GETROUTE for each; and what its interfaces are
 */
#include "tools/scan/route.h"

#include <errno.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct question {
    struct nlmsghdr head;
    struct rtmsg route;
    struct rtattr dst;
    uint8_t addr[16];
    struct rtattr oif;
    int link;
};

static int ask(int fd, const struct target *t) {
    bool four = inl_addr_is4(&t->addr);
    struct question q = {
        .head = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
        .route = {.rtm_family = four ? AF_INET : AF_INET6, .rtm_dst_len = four ? 32 : 128},
        .dst = {.rta_type = RTA_DST, .rta_len = (unsigned short)RTA_LENGTH(four ? 4 : 16)},
        .oif = {.rta_type = RTA_OIF, .rta_len = RTA_LENGTH(sizeof(int))},
        .link = (int)t->scope,
    };
    size_t len = offsetof(struct question, addr) + (four ? 4 : 16);

    memcpy(q.addr, t->addr.b + (four ? 12 : 0), four ? 4 : 16);
    if (!four && t->scope != 0) {
        len = sizeof(q);
    }
    q.head.nlmsg_len = (uint32_t)len;
    return send(fd, &q, len, 0) < 0 ? -errno : 0;
}

static void take_addr(const struct nlattr *a, bool four, struct inl_addr *ret) {
    *ret = four ? INL_ADDR_ANY4 : INL_ADDR_ANY;
    if (mnl_attr_get_payload_len(a) >= (four ? 4u : 16u)) {
        memcpy(ret->b + (four ? 12 : 0), mnl_attr_get_payload(a), four ? 4 : 16);
    }
}

static int take_attr(const struct nlattr *a, void *to) {
    struct target *t = to;
    uint16_t type = mnl_attr_get_type(a);

    if (type == RTA_OIF && mnl_attr_get_payload_len(a) >= sizeof(t->link)) {
        memcpy(&t->link, mnl_attr_get_payload(a), sizeof(t->link));
    } else if (type == RTA_PREFSRC) {
        take_addr(a, inl_addr_is4(&t->addr), &t->source);
    } else if (type == RTA_GATEWAY || type == RTA_VIA) {
        t->on_link = false;
        if (type == RTA_GATEWAY) {
            take_addr(a, inl_addr_is4(&t->addr), &t->gateway);
        }
    }
    return MNL_CB_OK;
}

static int read_answer(const struct nlmsghdr *head, struct target *t) {
    const struct rtmsg *route = mnl_nlmsg_get_payload(head);

    t->on_link = true;
    t->is_local = route->rtm_type == RTN_LOCAL;
    return mnl_attr_parse(head, sizeof(*route), take_attr, t) < 0 ? -EBADMSG : 0;
}

int route_ask(struct target *targets, uint32_t n) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int err = fd < 0 ? -errno : 0;

    for (uint32_t i = 0; i < n && err == 0; i++) {
        union {
            struct nlmsghdr head;
            char bytes[4096];
        } buf;

        err = ask(fd, &targets[i]);
        ssize_t len = err == 0 ? recv(fd, &buf, sizeof(buf), 0) : 0;

        if (len < 0) {
            err = -errno;
        } else if (NLMSG_OK(&buf.head, (size_t)len) &&
                   buf.head.nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)) &&
                   buf.head.nlmsg_type == RTM_NEWROUTE) {
            err = read_answer(&buf.head, &targets[i]);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return err;
}

/* How long the prefix is; -1: one address is outside the other's. */
static int common_bits(const uint8_t *ours, const uint8_t *mask, const uint8_t *addr, size_t n) {
    int bits = 0;

    for (size_t i = 0; i < n; i++) {
        if (((ours[i] ^ addr[i]) & mask[i]) != 0) {
            return -1;
        }
        bits += __builtin_popcount(mask[i]);
    }
    return bits;
}

int route_prefix(int link, const struct inl_addr *addr) {
    bool four = inl_addr_is4(addr);
    struct ifaddrs *all = NULL;
    int best = -1;

    if (getifaddrs(&all) < 0) {
        return -errno;
    }
    for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
        if (a->ifa_addr != NULL && a->ifa_netmask != NULL &&
            a->ifa_addr->sa_family == (four ? AF_INET : AF_INET6) &&
            (int)if_nametoindex(a->ifa_name) == link) {
            const uint8_t *ours =
                four ? (const uint8_t *)&((struct sockaddr_in *)(void *)a->ifa_addr)->sin_addr
                     : ((struct sockaddr_in6 *)(void *)a->ifa_addr)->sin6_addr.s6_addr;
            const uint8_t *mask =
                four ? (const uint8_t *)&((struct sockaddr_in *)(void *)a->ifa_netmask)->sin_addr
                     : ((struct sockaddr_in6 *)(void *)a->ifa_netmask)->sin6_addr.s6_addr;
            int bits = common_bits(ours, mask, addr->b + (four ? 12 : 0), four ? 4 : 16);

            best = bits > best ? bits : best;
        }
    }
    freeifaddrs(all);
    return best >= 0 ? best : -ENETUNREACH;
}

bool route_mac(int link, uint8_t mac[6]) {
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && if_indextoname((unsigned)link, request.ifr_name) != NULL &&
                ioctl(fd, SIOCGIFHWADDR, &request) == 0 &&
                request.ifr_hwaddr.sa_family == ARPHRD_ETHER;

    if (good) {
        memcpy(mac, request.ifr_hwaddr.sa_data, 6);
    }
    if (fd >= 0) {
        close(fd);
    }
    return good;
}
