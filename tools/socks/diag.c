/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diag.c - the machine's sockets by sock_diag(7)
 *
 * One dump a protocol and version of IP. What the kernel says of a connection comes as attributes
 * that are asked for by bits; struct tcp_info has grown over the years, so an older kernel sends
 * less of it, and what is missing stays 0.
 */
#include "tools/socks/diag.h"
#include "tools/socks/attr.h"
#include "tools/socks/socks.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#define NS_PER_US 1000
#define NS_PER_MS 1000000

const uint8_t diag_protocols[SK_KINDS] = {
    [SK_TCP] = IPPROTO_TCP, [SK_UDP] = IPPROTO_UDP, [SK_UDPLITE] = IPPROTO_UDPLITE,
    [SK_RAW] = IPPROTO_RAW, [SK_PING] = 0, /* the kernel does not tell */
};

struct dump {
    struct sock_list *list;
    enum sock_kind kind;
    bool six;
};

static void end_of(struct sock_end *end, const uint32_t addr[4], uint16_t port, uint32_t scope,
                   bool six) {
    uint8_t bytes[16];

    memcpy(bytes, addr, sizeof(bytes));
    end->addr = six ? inl_addr_from6(bytes) : inl_addr_from4(ntohl(addr[0]));
    end->port = ntohs(port);
    end->scope = scope;
}

static void tcp_of(struct sock *s, const struct tcp_info *i) {
    struct sock_tcp *t = &s->tcp;

    s->has_tcp = true;
    s->probes = i->tcpi_probes;
    t->srtt_ns = (inl_dur)i->tcpi_rtt * NS_PER_US;
    t->rttvar_ns = (inl_dur)i->tcpi_rttvar * NS_PER_US;
    t->rto_ns = (inl_dur)i->tcpi_rto * NS_PER_US;
    t->min_rtt_ns = i->tcpi_min_rtt != UINT32_MAX ? (inl_dur)i->tcpi_min_rtt * NS_PER_US : 0;
    t->rcv_rtt_ns = (inl_dur)i->tcpi_rcv_rtt * NS_PER_US;
    t->mss_bytes = i->tcpi_snd_mss;
    t->pmtu_bytes = i->tcpi_pmtu;
    t->cwnd_bytes = (uint64_t)i->tcpi_snd_cwnd * i->tcpi_snd_mss;
    t->ssthresh_bytes =
        i->tcpi_snd_ssthresh < 0x7fffffff ? (uint64_t)i->tcpi_snd_ssthresh * i->tcpi_snd_mss : 0;
    t->flight_segs = i->tcpi_unacked;
    t->lost_segs = i->tcpi_lost;
    t->sacked_segs = i->tcpi_sacked;
    t->bytes_acked = i->tcpi_bytes_acked;
    t->bytes_received = i->tcpi_bytes_received;
    t->segs_out = i->tcpi_segs_out;
    t->segs_in = i->tcpi_segs_in;
    t->rtx_segs = i->tcpi_total_retrans;
    t->rtx_now = i->tcpi_retrans;
    t->notsent_bytes = i->tcpi_notsent_bytes;
    t->pacing_rate = i->tcpi_pacing_rate != UINT64_MAX ? i->tcpi_pacing_rate : 0;
    t->delivery_rate = i->tcpi_delivery_rate;
    t->wscale = i->tcpi_options & TCPI_OPT_WSCALE;
    t->timestamps = i->tcpi_options & TCPI_OPT_TIMESTAMPS;
    t->sack = i->tcpi_options & TCPI_OPT_SACK;
    t->ecn = i->tcpi_options & TCPI_OPT_ECN;
    t->snd_wscale = i->tcpi_snd_wscale;
    t->rcv_wscale = i->tcpi_rcv_wscale;
}

static void attr_of(struct sock *s, const struct nlattr *attr) {
    const void *data = mnl_attr_get_payload(attr);
    size_t len = mnl_attr_get_payload_len(attr);

    switch (mnl_attr_get_type(attr)) {
    case INET_DIAG_INFO:
        if (s->kind == SK_TCP) {
            struct tcp_info info;

            memset(&info, 0, sizeof(info));
            memcpy(&info, data, len < sizeof(info) ? len : sizeof(info));
            tcp_of(s, &info);
        }
        break;
    case INET_DIAG_CONG: {
        size_t n = len < sizeof(s->tcp.congestion) - 1 ? len : sizeof(s->tcp.congestion) - 1;

        memcpy(s->tcp.congestion, data, n);
        break;
    }
    case INET_DIAG_MEMINFO: {
        struct inet_diag_meminfo mem;

        if (len >= sizeof(mem)) {
            memcpy(&mem, data, sizeof(mem));
            s->tcp.mem_bytes = (uint64_t)mem.idiag_rmem + mem.idiag_wmem;
        }
        break;
    }
    default:
        break;
    }
}

static int on_message(const struct nlmsghdr *nlh, void *data) {
    const struct dump *d = data;

    if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct inet_diag_msg)) {
        return MNL_CB_OK;
    }
    const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
    struct sock *s = sk_list_add(d->list);

    if (s == NULL) {
        errno = ENOMEM;
        return MNL_CB_ERROR;
    }
    s->kind = (uint8_t)d->kind;
    s->six = d->six;
    s->state = sk_state_of_kernel(m->idiag_state);
    end_of(&s->local, m->id.idiag_src, m->id.idiag_sport, m->id.idiag_if, d->six);
    end_of(&s->remote, m->id.idiag_dst, m->id.idiag_dport, m->id.idiag_if, d->six);
    s->timer = m->idiag_timer < SOCK_TIMERS ? m->idiag_timer : SOCK_TIMER_OFF;
    s->timer_ns = (inl_dur)m->idiag_expires * NS_PER_MS;
    s->retrans = m->idiag_timer == SOCK_TIMER_RTO ? m->idiag_retrans : 0;
    s->probes = m->idiag_timer != SOCK_TIMER_RTO ? m->idiag_retrans : 0;
    s->rcvq = m->idiag_rqueue;
    s->sndq = m->idiag_wqueue;
    s->uid = m->idiag_uid;
    s->inode = m->idiag_inode;
    s->cookie = m->id.idiag_cookie[0] | (uint64_t)m->id.idiag_cookie[1] << 32;
    const struct nlattr *attr;

    ATTR_EACH_OF(attr, nlh, sizeof(*m)) {
        attr_of(s, attr);
    }
    s->id = s->cookie != 0 ? s->cookie : sk_hash(s);
    return MNL_CB_OK;
}

/* The end of a dump carries an error: -ENOENT where a protocol has no module. */
static int on_done(const struct nlmsghdr *nlh, void *data) {
    int err = 0;

    (void)data;
    if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err)) {
        memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
    }
    if (err < 0) {
        errno = -err;
        return MNL_CB_ERROR;
    }
    return MNL_CB_STOP;
}

int diag_ask(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t fn, void *data) {
    static unsigned seq;
    _Alignas(struct nlmsghdr) char buf[1 << 16];
    mnl_cb_t control[NLMSG_MIN_TYPE] = {[NLMSG_DONE] = on_done};
    ssize_t n;
    int err;

    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    nlh->nlmsg_seq = ++seq;
    if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
        return -errno;
    }
    do {
        n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
        /* as mnl_cb_run(), with on_done() */
        err = n < 0 ? -1
                    : mnl_cb_run2(buf, (size_t)n, seq, mnl_socket_get_portid(nl), fn, data, control,
                                  NLMSG_MIN_TYPE);
    } while (err > 0 || (n < 0 && errno == EINTR));
    return err < 0 ? -errno : 0;
}

static int dump(struct mnl_socket *nl, const struct socks *want, struct dump *d) {
    _Alignas(struct nlmsghdr) char buf[256];
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

    nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

    req->sdiag_family = d->six ? AF_INET6 : AF_INET;
    req->sdiag_protocol = diag_protocols[d->kind];
    req->idiag_states = UINT32_MAX;
    if (want->details && d->kind == SK_TCP) {
        req->idiag_ext =
            1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_CONG - 1) | 1 << (INET_DIAG_MEMINFO - 1);
    }
    return diag_ask(nl, nlh, on_message, d);
}

int diag_read(const struct socks *want, struct sock_list *list) {
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
    int err = nl == NULL || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;

    for (unsigned kind = 0; err == 0 && kind < SK_KINDS; kind++) {
        for (int six = 0; err == 0 && six < 2; six++) {
            struct dump d = {list, (enum sock_kind)kind, six};

            if ((want->kinds & 1u << kind) && (six ? want->six : want->four)) {
                err = diag_protocols[kind] != 0 ? dump(nl, want, &d) : -ENOENT;
            }
            /* a protocol without a module */
            if (err == -ENOENT && kind != SK_TCP) {
                err = procnet_one(d.kind, d.six, list);
            }
        }
    }
    if (nl != NULL) {
        mnl_socket_close(nl);
    }
    return err;
}
