/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mib.c - counters under the names that management tools know (RFC 4022, RFC 4113)
 *
 * The numbers are those of inl_stats_get(); here is only what they are called, and the two places
 * where a MIB counts otherwise: tcpOutSegs leaves out what was only sent again, and segments that
 * were damaged are among tcpInSegs.
 *
 * Does not do: the tables of connections (inl_sockets_snapshot() is that), and IP's counters.
 */
#include "stack/state.h"

#include <inlet/info.h>

#define RTO_ALGORITHM_RFC2988 5 /* RFC 6298 took its place: the same algorithm */

struct list_out {
    struct inl_mib *out;
    size_t max, n;
};

static void put(struct list_out *l, const char *name, uint64_t value) {
    if (l->n < l->max) {
        l->out[l->n] = (struct inl_mib){name, value};
    }
    l->n++;
}

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

size_t inl_mib_get(const struct inl_stack *stack, struct inl_mib *out, size_t max) {
    struct list_out l = {.out = out, .max = max};
    struct inl_stats stats;

    inl_stats_get(stack, &stats);
    put_tcp(&l, stack, &stats);
    put_tcp_more(&l, &stats);
    put(&l, "udpHCInDatagrams", stats.udp_in_datagrams);
    put(&l, "udpHCOutDatagrams", stats.udp_out_datagrams);
    put(&l, "udpNoPorts", stats.udp_no_ports);
    put(&l, "udpInErrors", stats.udp_in_errors);
    return l.n;
}
