/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_group.c - getsockopt and setsockopt about multicast groups
 *
 * Three generations of one thing: IP_ADD_MEMBERSHIP and its like (IPv4), IPV6_JOIN_GROUP, and the
 * calls of RFC 3678 for both. Each becomes one struct proto_group. An interface is a link's index,
 * or for the oldest calls one of its addresses, which the lab looks up.
 */
#include "host/sup.h"

#include <errno.h>
#include <inlet/group.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

/* In what form the arguments come. */
enum form {
    FORM_NONE,
    FORM_MREQ,         /* struct ip_mreq or ip_mreqn */
    FORM_MREQ_SOURCE,  /* struct ip_mreq_source */
    FORM_MREQ6,        /* struct ipv6_mreq */
    FORM_GROUP,        /* struct group_req */
    FORM_GROUP_SOURCE, /* struct group_source_req */
    FORM_FILTER4,      /* struct ip_msfilter */
    FORM_FILTER,       /* struct group_filter */
    FORM_LINK,         /* IP_MULTICAST_IF: struct in_addr, ip_mreq or ip_mreqn */
};

struct what {
    int level, name;
    enum form form;
    int op;
};

static const struct what *find(int level, int name) {
    static const struct what table[] = {
        {IPPROTO_IP, IP_ADD_MEMBERSHIP, FORM_MREQ, INL_GROUP_JOIN},
        {IPPROTO_IP, IP_DROP_MEMBERSHIP, FORM_MREQ, INL_GROUP_LEAVE},
        {IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, FORM_MREQ_SOURCE, INL_GROUP_JOIN_SOURCE},
        {IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, FORM_MREQ_SOURCE, INL_GROUP_LEAVE_SOURCE},
        {IPPROTO_IP, IP_BLOCK_SOURCE, FORM_MREQ_SOURCE, INL_GROUP_BLOCK},
        {IPPROTO_IP, IP_UNBLOCK_SOURCE, FORM_MREQ_SOURCE, INL_GROUP_UNBLOCK},
        {IPPROTO_IP, IP_MSFILTER, FORM_FILTER4, PROTO_GROUP_SET},
        {IPPROTO_IP, IP_MULTICAST_IF, FORM_LINK, PROTO_GROUP_LINK},
        {IPPROTO_IPV6, IPV6_JOIN_GROUP, FORM_MREQ6, INL_GROUP_JOIN},
        {IPPROTO_IPV6, IPV6_LEAVE_GROUP, FORM_MREQ6, INL_GROUP_LEAVE},
    };
    static const struct what both[] = {
        {0, MCAST_JOIN_GROUP, FORM_GROUP, INL_GROUP_JOIN},
        {0, MCAST_LEAVE_GROUP, FORM_GROUP, INL_GROUP_LEAVE},
        {0, MCAST_JOIN_SOURCE_GROUP, FORM_GROUP_SOURCE, INL_GROUP_JOIN_SOURCE},
        {0, MCAST_LEAVE_SOURCE_GROUP, FORM_GROUP_SOURCE, INL_GROUP_LEAVE_SOURCE},
        {0, MCAST_BLOCK_SOURCE, FORM_GROUP_SOURCE, INL_GROUP_BLOCK},
        {0, MCAST_UNBLOCK_SOURCE, FORM_GROUP_SOURCE, INL_GROUP_UNBLOCK},
        {0, MCAST_MSFILTER, FORM_FILTER, PROTO_GROUP_SET},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].level == level && table[i].name == name) {
            return &table[i];
        }
    }
    for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
        if ((level == IPPROTO_IP || level == IPPROTO_IPV6) && both[i].name == name) {
            return &both[i];
        }
    }
    return NULL;
}

bool is_group_option(int level, int name) {
    return find(level, name) != NULL;
}

/* ---- reading what the program says ---- */

static struct inl_addr addr4(struct in_addr a) {
    return inl_addr_from4(ntohl(a.s_addr));
}

static int take_any(const struct sockaddr_storage *ss, struct inl_addr *ret) {
    struct proto_addr a;
    int err = proto_addr_from_kernel(ss, sizeof(*ss), &a);

    if (err == 0) {
        *ret = proto_addr_to(&a).addr;
    }
    return err;
}

static int take(const struct call *call, void *buf, size_t len) {
    if ((uint32_t)call->args[4] < len) {
        return -EINVAL;
    }
    return call_read(call, call->args[3], buf, len) < 0 ? -EFAULT : 0;
}

/* An address or a link: the longer struct can say both. */
static int read_mreq(const struct call *call, struct proto_group *g, bool link_only) {
    struct ip_mreqn m = {0};
    size_t given = (uint32_t)call->args[4];
    size_t len = given >= sizeof(m) ? sizeof(m) : sizeof(struct ip_mreq);
    int err;

    if (link_only && given < sizeof(struct ip_mreq)) {
        err = take(call, &m.imr_address, sizeof(m.imr_address));
        g->via = addr4(m.imr_address);
        return err;
    }
    err = take(call, &m, len);
    g->group = addr4(m.imr_multiaddr);
    g->via = addr4(m.imr_address);
    g->link = (uint32_t)m.imr_ifindex;
    return err;
}

static int read_mreq_source(const struct call *call, struct proto_group *g) {
    struct ip_mreq_source m;
    int err = take(call, &m, sizeof(m));

    if (err == 0) {
        g->group = addr4(m.imr_multiaddr);
        g->via = addr4(m.imr_interface);
        g->sources[0] = addr4(m.imr_sourceaddr);
        g->count = 1;
    }
    return err;
}

static int read_mreq6(const struct call *call, struct proto_group *g) {
    struct ipv6_mreq m;
    int err = take(call, &m, sizeof(m));

    if (err == 0) {
        g->group = inl_addr_from6(m.ipv6mr_multiaddr.s6_addr);
        g->link = m.ipv6mr_interface;
    }
    return err;
}

static int read_group(const struct call *call, struct proto_group *g, bool with_source) {
    struct group_source_req m;
    int err = take(call, &m, with_source ? sizeof(m) : sizeof(struct group_req));

    if (err != 0) {
        return err;
    }
    g->link = m.gsr_interface; /* both begin alike */
    err = take_any(&m.gsr_group, &g->group);
    if (err == 0 && with_source) {
        err = take_any(&m.gsr_source, &g->sources[0]);
        g->count = 1;
    }
    return err;
}

/* @with_sources: the senders behind the head, too; not for getsockopt, whose room they are. */
static int read_filter4(const struct call *call, struct proto_group *g, bool with_sources) {
    struct in_addr list[PROTO_GROUP_SOURCES_MAX];
    struct ip_msfilter m;
    size_t head = offsetof(struct ip_msfilter, imsf_slist);

    if (call_read(call, call->args[3], &m, head) < 0) {
        return -EFAULT;
    }
    g->group = addr4(m.imsf_multiaddr);
    g->via = addr4(m.imsf_interface);
    g->exclude = m.imsf_fmode == MCAST_EXCLUDE;
    g->count = m.imsf_numsrc;
    if (!with_sources) {
        return 0;
    }
    if (g->count > PROTO_GROUP_SOURCES_MAX) {
        return -ENOBUFS;
    }
    if ((uint32_t)call->args[4] < head + g->count * sizeof(list[0])) {
        return -EINVAL;
    }
    if (call_read(call, call->args[3] + head, list, g->count * sizeof(list[0])) < 0) {
        return -EFAULT;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        g->sources[i] = addr4(list[i]);
    }
    return 0;
}

static int read_filter(const struct call *call, struct proto_group *g, bool with_sources) {
    struct group_filter m;
    struct sockaddr_storage ss;
    size_t head = offsetof(struct group_filter, gf_slist);
    int err;

    if (call_read(call, call->args[3], &m, head) < 0) {
        return -EFAULT;
    }
    g->link = m.gf_interface;
    g->exclude = m.gf_fmode == MCAST_EXCLUDE;
    g->count = m.gf_numsrc;
    err = take_any(&m.gf_group, &g->group);
    if (err != 0 || !with_sources) {
        return err;
    }
    if (g->count > PROTO_GROUP_SOURCES_MAX) {
        return -ENOBUFS;
    }
    if ((uint32_t)call->args[4] < head + g->count * sizeof(ss)) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < g->count && err == 0; i++) {
        err = call_read(call, call->args[3] + head + i * sizeof(ss), &ss, sizeof(ss)) < 0
                  ? -EFAULT
                  : take_any(&ss, &g->sources[i]);
    }
    return err;
}

static int read_form(const struct call *call, enum form form, struct proto_group *g) {
    switch (form) {
    case FORM_MREQ:
        return read_mreq(call, g, false);
    case FORM_MREQ_SOURCE:
        return read_mreq_source(call, g);
    case FORM_MREQ6:
        return read_mreq6(call, g);
    case FORM_GROUP:
        return read_group(call, g, false);
    case FORM_GROUP_SOURCE:
        return read_group(call, g, true);
    case FORM_FILTER4:
        return (uint32_t)call->args[4] < offsetof(struct ip_msfilter, imsf_slist)
                   ? -EINVAL
                   : read_filter4(call, g, true);
    case FORM_FILTER:
        return (uint32_t)call->args[4] < offsetof(struct group_filter, gf_slist)
                   ? -EINVAL
                   : read_filter(call, g, true);
    case FORM_LINK:
        return read_mreq(call, g, true);
    default:
        return -ENOPROTOOPT;
    }
}

int64_t set_group(struct sup *sup, struct call *call) {
    const struct what *what = find((int)call->args[1], (int)call->args[2]);
    struct proto_group g = {.op = what->op};
    struct proto_msg msg;
    int err;

    if (call->type == INL_SOCK_STREAM) {
        return -ENOPROTOOPT;
    }
    err = read_form(call, what->form, &g);
    if (err != 0) {
        return err;
    }
    proto_init(&msg, PROTO_GROUP);
    return ask(sup, call, &msg, &g, sizeof(g), -1, ask_result);
}

/* ---- what the lab says ---- */

static int write_len(const struct call *call, size_t len) {
    int32_t n = (int32_t)len;

    return call_write(call, call->args[4], &n, sizeof(n));
}

static int64_t give_filter4(const struct call *call, const struct proto_group *g, uint32_t room) {
    struct in_addr list[PROTO_GROUP_SOURCES_MAX];
    uint32_t n = g->count < room ? g->count : room;
    struct ip_msfilter m = {
        .imsf_multiaddr.s_addr = htonl(inl_addr_to4(&g->group)),
        .imsf_interface.s_addr = htonl(inl_addr_to4(&g->via)),
        .imsf_fmode = g->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE,
        .imsf_numsrc = g->count,
    };
    size_t head = offsetof(struct ip_msfilter, imsf_slist);

    for (uint32_t i = 0; i < n; i++) {
        list[i].s_addr = htonl(inl_addr_to4(&g->sources[i]));
    }
    if (call_write(call, call->args[3], &m, head) < 0 ||
        call_write(call, call->args[3] + head, list, n * sizeof(list[0])) < 0) {
        return -EFAULT;
    }
    return write_len(call, head + n * sizeof(list[0]));
}

static struct sockaddr_storage kernel_addr(const struct inl_addr *a) {
    const enum inl_family family = inl_addr_is4(a) ? INL_AF_INET : INL_AF_INET6;
    const struct inl_sockaddr sa = {.addr = *a};
    const struct proto_addr pa = proto_addr_from(&sa, family);
    struct sockaddr_storage ss = {0};

    proto_addr_to_kernel(&pa, family, &ss);
    return ss;
}

static int64_t give_filter(const struct call *call, const struct proto_group *g, uint32_t room) {
    uint32_t n = g->count < room ? g->count : room;
    struct group_filter m = {
        .gf_interface = g->link,
        .gf_group = kernel_addr(&g->group),
        .gf_fmode = g->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE,
        .gf_numsrc = g->count,
    };
    size_t head = offsetof(struct group_filter, gf_slist);

    if (call_write(call, call->args[3], &m, head) < 0) {
        return -EFAULT;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct sockaddr_storage ss = kernel_addr(&g->sources[i]);

        if (call_write(call, call->args[3] + head + i * sizeof(ss), &ss, sizeof(ss)) < 0) {
            return -EFAULT;
        }
    }
    return write_len(call, head + n * sizeof(struct sockaddr_storage));
}

static int64_t get_answer(struct sup *sup, struct call *call, const struct proto_msg *msg,
                          const void *payload) {
    const struct what *what = find((int)call->args[1], (int)call->args[2]);
    struct proto_group g;

    (void)sup;
    if (msg->result < 0 || msg->payload_len != sizeof(g)) {
        return msg->result < 0 ? msg->result : -EPROTO;
    }
    memcpy(&g, payload, sizeof(g));
    g.count = g.count < PROTO_GROUP_SOURCES_MAX ? g.count : PROTO_GROUP_SOURCES_MAX;
    if (what->form == FORM_LINK) {
        const struct in_addr a = {.s_addr = htonl(inl_addr_to4(&g.via))};

        return call_write(call, call->args[3], &a, sizeof(a)) < 0 ? -EFAULT
                                                                  : write_len(call, sizeof(a));
    }
    return (what->form == FORM_FILTER4 ? give_filter4 : give_filter)(call, &g,
                                                                     (uint32_t)call->value[0]);
}

int64_t get_group(struct sup *sup, struct call *call) {
    const struct what *what = find((int)call->args[1], (int)call->args[2]);
    struct proto_group g = {.op = PROTO_GROUP_GET};
    size_t head = what->form == FORM_FILTER4  ? offsetof(struct ip_msfilter, imsf_slist)
                  : what->form == FORM_FILTER ? offsetof(struct group_filter, gf_slist)
                                              : sizeof(struct in_addr);
    struct proto_msg msg;
    int32_t room;
    int err = 0;

    if (call->type == INL_SOCK_STREAM ||
        (what->form != FORM_FILTER4 && what->form != FORM_FILTER && what->form != FORM_LINK)) {
        return -ENOPROTOOPT;
    }
    if (call_read(call, call->args[4], &room, sizeof(room)) < 0) {
        return -EFAULT;
    }
    if (room < 0 || (size_t)room < head) {
        return -EINVAL;
    }
    if (what->form == FORM_LINK) {
        g.op = PROTO_GROUP_GET_LINK;
    } else {
        size_t one = what->form == FORM_FILTER4 ? 4 : sizeof(struct sockaddr_storage);
        uint32_t fits = (uint32_t)(((size_t)room - head) / one);

        err = (what->form == FORM_FILTER4 ? read_filter4 : read_filter)(call, &g, false);
        call->value[0] = g.count < fits ? g.count : fits; /* as many as the program has room for */
        g.count = 0;
    }
    if (err != 0) {
        return err;
    }
    proto_init(&msg, PROTO_GROUP);
    return ask(sup, call, &msg, &g, sizeof(g), -1, get_answer);
}
