/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uto.c - the user timeout option (RFC 5482)
 *
 * Owns tcp_conn.uto. A peer suggests how long both ends should keep a connection over which
 * nothing gets through. Off unless the application says so (ENABLED). The names of the RFC:
 *
 *   ADV_UTO       opts.uto_adv_s, or the default R2: what we suggest
 *   REMOTE_UTO    uto.remote_s: what the peer suggested last
 *   CHANGEABLE    !opts.uto_fixed: whether that may change ours; ends when the application
 *                 sets INL_OPT_TCP_USER_TIMEOUT_NS
 *   USER_TIMEOUT  tcp_uto_ns(): min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)), once the
 *                 peer has spoken; before that, or if not changeable, timers.c's own R2
 *
 * The option goes on SYNs, on the first segment after them, and when what we use or suggest
 * changes; always in the next segment that has room, never in one for its own sake. It is not
 * repeated when that segment is lost (3.2). A segment of full size has no room.
 *
 * Does not do: remember the option of a SYN that a listener got (3 says that the first segment
 * after it carries it again, for the sake of such hosts).
 */
#include "tcp/internal.h"

#define UTO_MINUTES 0x8000u
#define UTO_VALUE 0x7fffu
#define UTO_MINUTE_S 60u
#define UTO_BYTES 4u

void tcp_uto_init(struct tcp_conn *c) {
    c->uto = (struct tcp_uto){.due = c->opts.uto};
}

void tcp_uto_changed(struct tcp_conn *c) {
    c->uto.due = c->opts.uto;
    tcp_timers_limit_changed(c);
}

static uint32_t uto_adv_s(const struct tcp_conn *c) {
    inl_dur r2 = c->tcp->cfg.give_up_ns / INL_S;

    if (c->opts.uto_adv_s > 0) {
        return c->opts.uto_adv_s;
    }
    return r2 < 1 ? 1 : r2 > INL_UTO_MAX_S ? INL_UTO_MAX_S : (uint32_t)r2;
}

inl_dur tcp_uto_ns(const struct tcp_conn *c) {
    const struct inl_tcp_config *cfg = &c->tcp->cfg;
    inl_dur low = c->rtt.rto_ns + INL_S; /* 3.1: L_LIMIT is beyond the RTO, always */
    uint32_t s = uto_adv_s(c);
    inl_dur ns;

    if (!c->opts.uto || c->opts.uto_fixed || c->uto.remote_s == 0 || !tcp_state_synced(c)) {
        return 0;
    }
    s = s > c->uto.remote_s ? s : c->uto.remote_s;
    ns = s * INL_S;
    ns = ns > cfg->uto_min_ns ? ns : cfg->uto_min_ns;
    ns = ns > low ? ns : low;
    return ns < cfg->uto_max_ns ? ns : cfg->uto_max_ns;
}

void tcp_uto_input(struct tcp_conn *c, const struct tcp_opts *o) {
    inl_dur before = tcp_uto_ns(c);
    uint32_t value;

    if (!(o->present & TCP_HAS_UTO) || !c->opts.uto || (o->uto & UTO_VALUE) == 0) {
        return; /* 3.4: zero is reserved */
    }
    value = o->uto & UTO_VALUE;
    c->uto.remote_s = o->uto & UTO_MINUTES ? value * UTO_MINUTE_S : value;
    if (tcp_uto_ns(c) != before) {
        tcp_uto_changed(c);
    }
}

void tcp_uto_fill(const struct tcp_conn *c, bool syn, uint32_t data_len, struct tcp_opts *ret) {
    uint32_t used = (uint32_t)tcp_opts_len(ret) - (c->ts.ok && !syn ? TCP_TS_OPT_BYTES : 0);
    uint32_t s = uto_adv_s(c);

    if (!c->opts.uto || !(syn || c->uto.due) ||
        tcp_opts_len(ret) + UTO_BYTES > TCP_OPTS_MAX_BYTES ||
        (data_len > 0 && data_len + used + UTO_BYTES > c->opt.snd_mss_bytes)) {
        return;
    }
    ret->uto = (uint16_t)(s <= UTO_VALUE ? s : UTO_MINUTES | (s + UTO_MINUTE_S - 1) / UTO_MINUTE_S);
    ret->present |= TCP_HAS_UTO;
}

void tcp_uto_sent(struct tcp_conn *c, bool syn) {
    c->uto.due &= syn;
}
