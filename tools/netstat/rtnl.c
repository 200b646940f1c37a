/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnl.c - lists that rtnetlink(7) gives
 */
#include "tools/netstat/rtnl.h"

#include "tools/common/tool.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct dump {
    int type; /* of the messages: one below the question's */
    size_t header_bytes;
    void (*fn)(void *ctx, const struct nlmsghdr *nlh);
    void *ctx;
};

static int on_message(const struct nlmsghdr *nlh, void *data) {
    const struct dump *d = data;

    if (nlh->nlmsg_type == d->type && mnl_nlmsg_get_payload_len(nlh) >= d->header_bytes) {
        d->fn(d->ctx, nlh);
    }
    return MNL_CB_OK;
}

bool rtnl_settle(void *buf, size_t n) {
    struct nlmsghdr *nlh = buf;
    int left = (int)n;
    bool moved = false;

    for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
        moved |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
        nlh->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
    }
    return moved;
}

static int ask(struct mnl_socket *nl, int type, int family, struct dump *d) {
    _Alignas(struct nlmsghdr) char buf[1 << 15];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
    bool moved = false;
    ssize_t n;
    int err;

    nlh->nlmsg_type = (uint16_t)type;
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    nlh->nlmsg_seq = 1;
    /* the longest header, struct ifinfomsg; the kernel looks at the family only */
    uint8_t *header = mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));

    header[0] = (uint8_t)family;
    if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
        return -errno;
    }
    do {
        n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
        moved |= n > 0 && rtnl_settle(buf, (size_t)n);
        err = n < 0 ? -1 : mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl), on_message, d);
    } while (err > 0 || (n < 0 && errno == EINTR));
    if (err == 0 && moved) {
        tool_say("the list has changed while it was read: ask again for one that fits together");
    }
    return err < 0 ? -errno : 0;
}

int rtnl_dump(int type, int family, size_t header_bytes,
              void (*fn)(void *ctx, const struct nlmsghdr *nlh), void *ctx) {
    struct dump d = {type - 2, header_bytes, fn, ctx};
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

    if (nl == NULL) {
        return -errno;
    }
    int err = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : ask(nl, type, family, &d);

    mnl_socket_close(nl);
    return err;
}

struct inl_addr rtnl_addr(int family, const struct nlattr *attr) {
    uint8_t bytes[16] = {0};
    uint32_t four;
    size_t want = family == AF_INET6 ? sizeof(bytes) : sizeof(four);

    if (attr != NULL && mnl_attr_get_payload_len(attr) >= want) {
        memcpy(bytes, mnl_attr_get_payload(attr), want);
    }
    if (family == AF_INET6) {
        return inl_addr_from6(bytes);
    }
    memcpy(&four, bytes, sizeof(four));
    return inl_addr_from4(ntohl(four));
}

uint32_t rtnl_u32(const struct nlattr *attr) {
    uint32_t n = 0;

    if (attr != NULL && mnl_attr_get_payload_len(attr) >= sizeof(n)) {
        memcpy(&n, mnl_attr_get_payload(attr), sizeof(n));
    }
    return n;
}

const char *rtnl_name(unsigned index, char buf[IF_NAMESIZE]) {
    return index != 0 && if_indextoname(index, buf) != NULL ? buf : "-";
}

void rtnl_mac(const struct nlattr *attr, char *buf, size_t cap) {
    size_t len = attr != NULL ? mnl_attr_get_payload_len(attr) : 0;
    const uint8_t *bytes = len > 0 ? mnl_attr_get_payload(attr) : NULL;
    size_t n = 0;

    snprintf(buf, cap, "-");
    for (size_t i = 0; i < len && n + 4 <= cap; i++) {
        n += (size_t)snprintf(buf + n, cap - n, "%s%02x", i > 0 ? ":" : "", bytes[i]);
    }
}
