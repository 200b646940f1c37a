/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diag_end.c - ends a connection of the machine by SOCK_DESTROY
 *
 * The cookie goes along: a new socket with the same addresses and ports is not hit.
 */
#include "tools/socks/diag.h"
#include "tools/socks/socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>

static void put_end(const struct sock_end *end, bool six, uint32_t addr[4], uint16_t *port) {
    *port = htons(end->port);
    if (six) {
        memcpy(addr, &end->addr, sizeof(end->addr));
    } else {
        addr[0] = htonl(inl_addr_to4(&end->addr));
    }
}

static int ask(struct mnl_socket *nl, struct nlmsghdr *nlh) {
    _Alignas(struct nlmsghdr) char buf[8192];

    if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
        return -errno;
    }
    ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

    if (n < 0 || mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl), NULL, NULL) < 0) {
        return -errno;
    }
    return 0;
}

int diag_end(const struct sock *s) {
    _Alignas(struct nlmsghdr) char buf[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

    nlh->nlmsg_type = SOCK_DESTROY;
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    nlh->nlmsg_seq = 1;
    struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

    req->sdiag_family = s->six ? AF_INET6 : AF_INET;
    req->sdiag_protocol = diag_protocols[s->kind];
    req->idiag_states = UINT32_MAX;
    put_end(&s->local, s->six, req->id.idiag_src, &req->id.idiag_sport);
    put_end(&s->remote, s->six, req->id.idiag_dst, &req->id.idiag_dport);
    req->id.idiag_if = s->local.scope;
    req->id.idiag_cookie[0] = (uint32_t)s->cookie;
    req->id.idiag_cookie[1] = (uint32_t)(s->cookie >> 32);
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);

    if (nl == NULL) {
        return -errno;
    }
    int err = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : ask(nl, nlh);

    mnl_socket_close(nl);
    return err;
}
