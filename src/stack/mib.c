/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mib.c - counters under the names that management tools know (RFC 4293, RFC 4022, RFC 4113)
 *
 * The numbers are those of inl_stats_get() and of ip/mib.h; here is only what they are called, and
 * the two places where a MIB counts otherwise: tcpOutSegs leaves out what was only sent again, and
 * segments that were damaged are among tcpInSegs. Of a counter that exists with 32 and with 64
 * bits, the one with 64 is here. A name ends in its index: the IP version (1: IPv4, 2: IPv6), the
 * type of ICMP message, the link.
 *
 * Behind them stand what Linux counts beyond the MIBs, and each reason of a drop and cause of a
 * packet that has happened.
 *
 * Does not do: the tables of connections, addresses and neighbours (inl_sockets_snapshot(),
 * inl_addr_snapshot(), inl_neigh_snapshot() are these).
 */
#include "stack/state.h"

#include "base/text.h"

#include <inlet/info.h>

#define RTO_ALGORITHM_RFC2988 5 /* RFC 6298 took its place: the same algorithm */

struct list_out {
    struct inl_mib *out;
    size_t max, n;
};

/* Numbers behind the name: negative for none. */
static void put_indexed(struct list_out *l, const char *prefix, const char *name, int a, int b,
                        uint64_t value) {
    const int index[] = {a, b};

    if (l->n < l->max) {
        struct inl_mib *m = &l->out[l->n];
        struct text t = text_init(m->name, sizeof(m->name));

        text_str(&t, prefix);
        text_str(&t, name);
        for (int i = 0; i < 2 && index[i] >= 0; i++) {
            text_chr(&t, '.');
            text_u64(&t, (uint64_t)index[i]);
        }
        m->value = value;
    }
    l->n++;
}

static void put(struct list_out *l, const char *name, uint64_t value) {
    put_indexed(l, name, "", -1, -1, value);
}

/* ---- RFC 4293 ---- */

static void put_ip(struct list_out *l, const struct inl_stack *stack) {
    const struct inl_config *cfg = &stack->config;
    uint8_t ttl = cfg->ttl ? cfg->ttl : 64;

    put(l, "ipForwarding", cfg->forward ? 1 : 2);
    put(l, "ipDefaultTTL", ttl);
    put(l, "ipReasmTimeout", (uint64_t)(cfg->reass_timeout_ns / INL_S));
    put(l, "ipv6IpForwarding", cfg->forward ? 1 : 2);
    put(l, "ipv6IpDefaultHopLimit", ttl);
    for (int version = 1; version <= 2; version++) {
        for (int id = 0; id < IP_MIB_MAX; id++) {
            put_indexed(l, "ipSystemStats", ip_mib_name((enum ip_mib_id)id), version, -1,
                        ip_stat(stack->ip, version == 1, (enum ip_mib_id)id));
        }
    }
}

static void put_icmp(struct list_out *l, const struct inl_stack *stack) {
    for (int version = 1; version <= 2; version++) {
        const struct ip_icmp_mib *m = ip_stat_icmp(stack->ip, version == 1);

        put_indexed(l, "icmpStatsInMsgs", "", version, -1, m->in_msgs);
        put_indexed(l, "icmpStatsInErrors", "", version, -1, m->in_errors);
        put_indexed(l, "icmpStatsOutMsgs", "", version, -1, m->out_msgs);
        put_indexed(l, "icmpStatsOutErrors", "", version, -1, m->out_errors);
    }
}

/* The rows of icmpMsgStatsTable that there are. */
static void put_icmp_types(struct list_out *l, const struct inl_stack *stack) {
    for (int version = 1; version <= 2; version++) {
        const struct ip_icmp_mib *m = ip_stat_icmp(stack->ip, version == 1);

        for (int type = 0; type < 256; type++) {
            if (m->in_type[type] || m->out_type[type]) {
                put_indexed(l, "icmpMsgStatsInPkts", "", version, type, m->in_type[type]);
                put_indexed(l, "icmpMsgStatsOutPkts", "", version, type, m->out_type[type]);
            }
        }
    }
}

/* ---- RFC 4022, RFC 4113, Linux ---- */

static void put_tcp(struct list_out *l, const struct inl_stack *stack, const struct inl_stats *s) {
    const struct inl_tcp_config *cfg = &stack->config.tcp;

    put(l, "tcpRtoAlgorithm", RTO_ALGORITHM_RFC2988);
    put(l, "tcpRtoMin", (uint64_t)(cfg->rto_min_ns / INL_MS));
    put(l, "tcpRtoMax", (uint64_t)(cfg->rto_max_ns / INL_MS));
    put(l, "tcpMaxConn", cfg->max_conns);
    put(l, "tcpActiveOpens", s->tcp_active_opens);
    put(l, "tcpPassiveOpens", s->tcp_passive_opens);
    put(l, "tcpAttemptFails", s->tcp_attempt_fails);
    put(l, "tcpEstabResets", s->tcp_estab_resets);
    put(l, "tcpCurrEstab", s->tcp_curr_estab);
    put(l, "tcpHCInSegs", s->tcp_in_segs);
    put(l, "tcpHCOutSegs", s->tcp_out_segs - s->tcp_retrans_segs);
    put(l, "tcpRetransSegs", s->tcp_retrans_segs);
    put(l, "tcpInErrs", s->tcp_in_errs);
    put(l, "tcpOutRsts", s->tcp_out_rsts);
}

static void put_tcp_more(struct list_out *l, const struct inl_stats *s) {
    put(l, "TcpExtListenOverflows", s->tcp_listen_overflows);
    put(l, "TcpExtListenDrops", s->tcp_listen_drops);
    put(l, "TcpExtSyncookiesSent", s->tcp_syncookies_sent);
    put(l, "TcpExtSyncookiesRecv", s->tcp_syncookies_recv);
    put(l, "TcpExtSyncookiesFailed", s->tcp_syncookies_failed);
    put(l, "TcpExtTCPFastOpenActive", s->tcp_fastopen_active);
    put(l, "TcpExtTCPFastOpenActiveFail", s->tcp_fastopen_active_fail);
    put(l, "TcpExtTCPFastOpenPassive", s->tcp_fastopen_passive);
    put(l, "TcpExtTCPFastOpenPassiveFail", s->tcp_fastopen_passive_fail);
    put(l, "TcpExtTCPFastOpenListenOverflow", s->tcp_fastopen_overflow);
    put(l, "TcpExtTCPFastOpenCookieReqd", s->tcp_fastopen_cookie_reqd);
    put(l, "TcpExtTCPSACKDiscard", s->tcp_sack_discards);
    put(l, "TcpExtTCPSACKReneging", s->tcp_sack_reneges);
    put(l, "TcpExtTCPDSACKRecv", s->tcp_dsacks_in);
    put(l, "TcpExtTCPLossProbes", s->tcp_loss_probes);
    put(l, "TcpExtPAWSEstab", s->drop[INL_DROP_TCP_PAWS]);
}

static void put_udp(struct list_out *l, const struct inl_stats *s) {
    put(l, "udpHCInDatagrams", s->udp_in_datagrams);
    put(l, "udpNoPorts", s->udp_no_ports);
    put(l, "udpInErrors", s->udp_in_errors);
    put(l, "udpHCOutDatagrams", s->udp_out_datagrams);
}

/* RFC 5097, where these are counted. */
static void put_udplite(struct list_out *l, const struct inl_stats *s) {
    put(l, "udpliteInDatagrams", s->udplite_in_datagrams);
    put(l, "udpliteInPartialCov", s->udplite_in_partial);
    put(l, "udpliteNoPorts", s->udplite_no_ports);
    put(l, "udpliteInErrors", s->udplite_in_errors);
    put(l, "udpliteOutDatagrams", s->udplite_out_datagrams);
    put(l, "udpliteOutPartialCov", s->udplite_out_partial);
}

static void put_reasons(struct list_out *l, const struct inl_stats *s) {
    for (int i = 0; i < INL_DROP_MAX; i++) {
        if (s->drop[i]) {
            put_indexed(l, "drop.", inl_drop_name((enum inl_drop)i), -1, -1, s->drop[i]);
        }
    }
    for (int i = 0; i < INL_CAUSE_MAX; i++) {
        if (s->cause[i]) {
            put_indexed(l, "sent.", inl_cause_name((enum inl_cause)i), -1, -1, s->cause[i]);
        }
    }
}

size_t inl_mib_get(const struct inl_stack *stack, struct inl_mib *out, size_t max) {
    struct list_out l = {.out = out, .max = max};
    struct inl_stats stats;

    inl_stats_get(stack, &stats);
    put_ip(&l, stack);
    put_icmp(&l, stack);
    put_tcp(&l, stack, &stats);
    put_udp(&l, &stats);
    put_udplite(&l, &stats);
    put_tcp_more(&l, &stats);
    put_icmp_types(&l, stack);
    put_reasons(&l, &stats);
    return l.n;
}

size_t inl_mib_link_get(const struct inl_stack *stack, int link, struct inl_mib *out, size_t max) {
    struct list_out l = {.out = out, .max = max};

    if (!ip_link_exists(stack->ip, link)) {
        return 0;
    }
    for (int version = 1; version <= 2; version++) {
        for (int i = 0; i < IP_MIB_MAX; i++) {
            enum ip_mib_id id = (enum ip_mib_id)i;

            if (id != IP_MIB_OUT_NO_ROUTES) { /* what has no route has no link */
                put_indexed(&l, "ipIfStats", ip_mib_name(id), version, link,
                            ip_stat_link(stack->ip, link, version == 1, id));
            }
        }
    }
    for (int i = 0; i < INL_DROP_MAX; i++) {
        if (stack->env.drop_at[link][i]) {
            put_indexed(&l, "drop.", inl_drop_name((enum inl_drop)i), link, -1,
                        stack->env.drop_at[link][i]);
        }
    }
    return l.n;
}
