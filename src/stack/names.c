/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c - the states' names as RFC 9293 3.3.2 spells them, and those of congestion control
 */
#include "tcp/cc.h"
#include <inlet/info.h>

const char *inl_cc_name(enum inl_cc_algo algo) {
    const struct tcp_cc_ops *ops = tcp_cc_ops_of(algo);

    return ops ? ops->name : NULL;
}

const char *inl_tcp_state_name(enum inl_tcp_state state) {
    static const char *const names[INL_TCP_STATES_MAX] = {
        [INL_TCP_CLOSED] = "CLOSED",           [INL_TCP_LISTEN] = "LISTEN",
        [INL_TCP_SYN_SENT] = "SYN-SENT",       [INL_TCP_SYN_RECEIVED] = "SYN-RECEIVED",
        [INL_TCP_ESTABLISHED] = "ESTABLISHED", [INL_TCP_FIN_WAIT_1] = "FIN-WAIT-1",
        [INL_TCP_FIN_WAIT_2] = "FIN-WAIT-2",   [INL_TCP_CLOSE_WAIT] = "CLOSE-WAIT",
        [INL_TCP_CLOSING] = "CLOSING",         [INL_TCP_LAST_ACK] = "LAST-ACK",
        [INL_TCP_TIME_WAIT] = "TIME-WAIT",
    };

    return (unsigned)state < INL_TCP_STATES_MAX ? names[state] : "?";
}
