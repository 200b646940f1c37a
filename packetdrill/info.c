/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * info.c - the kernel's struct tcp_info, filled from the engine's
 *
 * The whole structure is given, since the tool hands every field to its scripts; what the engine
 * does not have stays 0.
 */
#include "packetdrill/plug.h"

#include <errno.h>
#include <linux/tcp.h>
#include <string.h>

/* The engine begins with a threshold that no window reaches; Linux has another such number. */
#define SSTHRESH_UNSET (1u << 30)

/* The kernel's numbers of the states. */
static uint8_t state_number(enum inl_tcp_state state) {
    static const uint8_t numbers[INL_TCP_STATES_MAX] = {
        [INL_TCP_ESTABLISHED] = 1, [INL_TCP_SYN_SENT] = 2,   [INL_TCP_SYN_RECEIVED] = 3,
        [INL_TCP_FIN_WAIT_1] = 4,  [INL_TCP_FIN_WAIT_2] = 5, [INL_TCP_TIME_WAIT] = 6,
        [INL_TCP_CLOSED] = 7,      [INL_TCP_CLOSE_WAIT] = 8, [INL_TCP_LAST_ACK] = 9,
        [INL_TCP_LISTEN] = 10,     [INL_TCP_CLOSING] = 11,
    };

    return (unsigned)state < INL_TCP_STATES_MAX ? numbers[state] : 7;
}

static uint32_t us(inl_dur ns) {
    return (uint32_t)(ns / INL_US);
}

static uint32_t ceil_div(uint64_t a, uint32_t b) {
    return (uint32_t)((a + b - 1) / b);
}

int plug_tcp_info(struct plug *p, const struct plug_fd *f, void *out, socklen_t *len) {
    struct inl_tcp_info i;
    struct tcp_info t = {0};
    uint32_t mss;
    int rc = inl_tcp_info(p->stack, f->sock, &i);

    if (rc) {
        return rc;
    }
    mss = i.snd_mss_bytes ? i.snd_mss_bytes : 1;
    t.tcpi_state = state_number(i.state);
    t.tcpi_backoff = (uint8_t)i.backoff;
    t.tcpi_snd_wscale = i.snd_wscale & 0xfu;
    t.tcpi_rcv_wscale = i.rcv_wscale & 0xfu;
    t.tcpi_rto = us(i.rto_ns);
    t.tcpi_snd_mss = i.snd_mss_bytes;
    t.tcpi_rcv_mss = i.rcv_mss_bytes;
    t.tcpi_unacked = ceil_div(i.flight_bytes, mss);
    t.tcpi_rtt = us(i.srtt_ns);
    t.tcpi_rttvar = us(i.rttvar_ns);
    t.tcpi_snd_cwnd = i.cwnd_bytes / mss;
    t.tcpi_snd_ssthresh = i.ssthresh_bytes >= SSTHRESH_UNSET ? 0x7fffffff : i.ssthresh_bytes / mss;
    t.tcpi_total_retrans = (uint32_t)i.rtx_segs;
    t.tcpi_bytes_acked = i.bytes_acked;
    t.tcpi_bytes_received = i.bytes_received;
    t.tcpi_segs_out = (uint32_t)i.segs_out;
    t.tcpi_segs_in = (uint32_t)i.segs_in;
    t.tcpi_ca_state = (uint8_t)i.repair; /* the same numbers */
    t.tcpi_retransmits = (uint8_t)i.backoff;
    t.tcpi_sacked = ceil_div(i.sacked_bytes, mss);
    t.tcpi_lost = ceil_div(i.lost_bytes, mss);
    t.tcpi_min_rtt = i.min_rtt_ns ? us(i.min_rtt_ns) : UINT32_MAX;
    t.tcpi_rcv_rtt = us(i.rcv_rtt_ns);
    t.tcpi_pacing_rate = i.pacing_rate ? i.pacing_rate : UINT64_MAX;
    t.tcpi_max_pacing_rate = UINT64_MAX;
    t.tcpi_delivery_rate = i.delivery_rate;
    t.tcpi_notsent_bytes = (uint32_t)i.notsent_bytes;
    t.tcpi_pmtu = i.pmtu_bytes;
    t.tcpi_advmss = i.adv_mss_bytes;
    t.tcpi_options =
        (uint8_t)((i.timestamps ? TCPI_OPT_TIMESTAMPS : 0) | (i.sack ? TCPI_OPT_SACK : 0) |
                  (i.window_scaling ? TCPI_OPT_WSCALE : 0));
    t.tcpi_snd_wnd = i.snd_wnd_bytes;
    t.tcpi_rcv_space = i.rcv_space_bytes;
    t.tcpi_options =
        (uint8_t)((i.timestamps ? TCPI_OPT_TIMESTAMPS : 0) | (i.sack ? TCPI_OPT_SACK : 0) |
                  (i.window_scaling ? TCPI_OPT_WSCALE : 0) | (i.ecn != 0 ? TCPI_OPT_ECN : 0));
    *len = *len < sizeof(t) ? *len : (socklen_t)sizeof(t);
    memcpy(out, &t, *len);
    return 0;
}
