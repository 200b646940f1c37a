/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl_map.c - Linux's settings of TCP/IP, as fields of struct inl_config
 *
 * docs/packetdrill.md has the same list for people, with the reasons of those that change nothing.
 */
#include "packetdrill/sysctl_map.h"

#include <inlet/socket.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES_LEAST 256
#define BUFFER_BYTES_MOST (1 << 30)

/* Numbers of a value; how many, up to three. */
static int numbers(const char *value, long long ret[3]) {
    int n = 0;

    while (n < 3) {
        char *end;

        ret[n] = strtoll(value, &end, 0);
        if (end == value) {
            break;
        }
        n++;
        value = end + strspn(end, ", \t\n");
    }
    return *value ? 0 : n;
}

static enum sysctl_result set_bool(bool *field, const char *value) {
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 0) {
        return SYSCTL_BAD;
    }
    *field = v[0] != 0;
    return SYSCTL_SET;
}

static enum sysctl_result set_seconds(inl_dur *field, const char *value) {
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 1 || v[0] > 1000000) {
        return SYSCTL_BAD;
    }
    *field = v[0] * INL_S;
    return SYSCTL_SET;
}

static uint32_t clamp_bytes(long long v) {
    return v < BUFFER_BYTES_LEAST  ? BUFFER_BYTES_LEAST
           : v > BUFFER_BYTES_MOST ? BUFFER_BYTES_MOST
                                   : (uint32_t)v;
}

static enum sysctl_result set_sack(struct inl_config *c, const char *value) {
    return set_bool(&c->tcp.sack, value);
}

static enum sysctl_result set_dsack(struct inl_config *c, const char *value) {
    return set_bool(&c->tcp.dsack, value);
}

static enum sysctl_result set_timestamps(struct inl_config *c, const char *value) {
    return set_bool(&c->tcp.timestamps, value); /* 1 and 2 differ in the offset, which is random */
}

static enum sysctl_result set_scaling(struct inl_config *c, const char *value) {
    return set_bool(&c->tcp.window_scaling, value);
}

/* Linux: 0 off, 1 asks and answers, 2 answers, 3 asks for accurate, 4 answers that, 5 as 4. */
static enum sysctl_result set_ecn(struct inl_config *c, const char *value) {
    static const enum inl_ecn modes[] = {INL_ECN_OFF,      INL_ECN_ON,     INL_ECN_SERVER,
                                         INL_ECN_ACCURATE, INL_ECN_SERVER, INL_ECN_SERVER};
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 0 || v[0] > 5) {
        return SYSCTL_BAD;
    }
    c->tcp.ecn = modes[v[0]];
    return SYSCTL_SET;
}

static enum sysctl_result set_congestion(struct inl_config *c, const char *value) {
    size_t n = strcspn(value, " \t\n");

    for (unsigned i = 0; inl_cc_name((enum inl_cc_algo)i); i++) {
        const char *name = inl_cc_name((enum inl_cc_algo)i);
        /* Linux's NewReno is called so */
        bool reno = i == INL_CC_NEWRENO && n == 4 && memcmp(value, "reno", 4) == 0;

        if (reno || (strlen(name) == n && memcmp(name, value, n) == 0)) {
            c->tcp.congestion = (uint8_t)i;
            return SYSCTL_SET;
        }
    }
    return SYSCTL_BAD;
}

/* Least, first and most. */
static enum sysctl_result set_rmem(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 3) {
        return SYSCTL_BAD;
    }
    c->tcp.rcvbuf_bytes = clamp_bytes(v[1]);
    c->tcp.rcvbuf_max_bytes = clamp_bytes(v[2] > v[1] ? v[2] : v[1]);
    return SYSCTL_SET;
}

static enum sysctl_result set_wmem(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 3) {
        return SYSCTL_BAD;
    }
    c->tcp.sndbuf_bytes = clamp_bytes(v[1]);
    c->tcp.sndbuf_max_bytes = clamp_bytes(v[2] > v[1] ? v[2] : v[1]);
    return SYSCTL_SET;
}

static enum sysctl_result set_cookies(struct inl_config *c, const char *value) {
    static const enum inl_syn_cookies modes[] = {INL_SYN_COOKIES_NEVER, INL_SYN_COOKIES_ON_OVERFLOW,
                                                 INL_SYN_COOKIES_ALWAYS};
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 0 || v[0] > 2) {
        return SYSCTL_BAD;
    }
    c->tcp.syn_cookies = (uint8_t)modes[v[0]];
    return SYSCTL_SET;
}

static enum sysctl_result set_backlog(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 1 || v[0] > 1 << 26) {
        return SYSCTL_BAD;
    }
    c->tcp.max_half_open = (uint32_t)v[0];
    return SYSCTL_SET;
}

static enum sysctl_result set_orphans(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 0 || v[0] > 1 << 26) {
        return SYSCTL_BAD;
    }
    c->tcp.max_orphans = (uint32_t)v[0];
    return SYSCTL_SET;
}

static enum sysctl_result set_time_waits(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 0 || v[0] > 1 << 26) {
        return SYSCTL_BAD;
    }
    c->tcp.max_time_wait = (uint32_t)v[0];
    return SYSCTL_SET;
}

static enum sysctl_result set_fin_timeout(struct inl_config *c, const char *value) {
    return set_seconds(&c->tcp.fin_wait2_ns, value);
}

/* On: cwnd starts again after an idle time (RFC 5681 4.1); off: it is kept. */
static enum sysctl_result set_after_idle(struct inl_config *c, const char *value) {
    bool restart;
    enum sysctl_result result = set_bool(&restart, value);

    if (result == SYSCTL_SET) {
        c->tcp.cwnd_validation = !restart;
    }
    return result;
}

/* Tries, as the time that they take with doubling from @first up to @most. */
static inl_dur tries_ns(long long tries, inl_dur first, inl_dur most) {
    inl_dur sum = first;

    for (inl_dur rto = first; tries > 0; tries--) {
        rto = 2 * rto < most ? 2 * rto : most;
        sum += rto;
    }
    return sum;
}

static enum sysctl_result set_syn_retries(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 0 || v[0] > 127) {
        return SYSCTL_BAD;
    }
    c->tcp.syn_give_up_ns = tries_ns(v[0], c->tcp.rto_initial_ns, c->tcp.rto_max_ns);
    return SYSCTL_SET;
}

static enum sysctl_result set_retries2(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 0 || v[0] > 255) {
        return SYSCTL_BAD;
    }
    c->tcp.give_up_ns = tries_ns(v[0], c->tcp.rto_min_ns, c->tcp.rto_max_ns);
    return SYSCTL_SET;
}

static enum sysctl_result set_ports(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 2 || v[0] < 1 || v[1] < v[0] || v[1] > 65535) {
        return SYSCTL_BAD;
    }
    c->port_first = (uint16_t)v[0];
    c->port_last = (uint16_t)v[1];
    return SYSCTL_SET;
}

static enum sysctl_result set_ttl(struct inl_config *c, const char *value) {
    long long v[3];

    if (numbers(value, v) != 1 || v[0] < 1 || v[0] > 255) {
        return SYSCTL_BAD;
    }
    c->ttl = (uint8_t)v[0];
    return SYSCTL_SET;
}

static enum sysctl_result set_forward(struct inl_config *c, const char *value) {
    return set_bool(&c->forward, value);
}

static const struct {
    const char *name;
    enum sysctl_result (*set)(struct inl_config *c, const char *value);
} table[] = {
    {"ipv4.tcp_sack", set_sack},
    {"ipv4.tcp_dsack", set_dsack},
    {"ipv4.tcp_timestamps", set_timestamps},
    {"ipv4.tcp_window_scaling", set_scaling},
    {"ipv4.tcp_ecn", set_ecn},
    {"ipv4.tcp_congestion_control", set_congestion},
    {"ipv4.tcp_rmem", set_rmem},
    {"ipv4.tcp_wmem", set_wmem},
    {"ipv4.tcp_syncookies", set_cookies},
    {"ipv4.tcp_max_syn_backlog", set_backlog},
    {"ipv4.tcp_max_orphans", set_orphans},
    {"ipv4.tcp_max_tw_buckets", set_time_waits},
    {"ipv4.tcp_fin_timeout", set_fin_timeout},
    {"ipv4.tcp_slow_start_after_idle", set_after_idle},
    {"ipv4.tcp_syn_retries", set_syn_retries},
    {"ipv4.tcp_retries2", set_retries2},
    {"ipv4.ip_local_port_range", set_ports},
    {"ipv4.ip_default_ttl", set_ttl},
    {"ipv4.ip_forward", set_forward},
};

#define TABLE (sizeof(table) / sizeof(table[0]))

/* How Linux cuts and paces for a device, what it remembers between connections, limits that are
 * fixed or in other units here: see docs/packetdrill.md. */
static const char *const nothing[] = {
    "ipv4.tcp_min_tso_segs",
    "ipv4.tcp_tso_win_divisor",
    "ipv4.tcp_tso_rtt_log",
    "ipv4.tcp_no_metrics_save",
    "ipv4.tcp_autocorking",
    "ipv4.tcp_limit_output_bytes",
    "ipv4.tcp_pacing_ss_ratio",
    "ipv4.tcp_pacing_ca_ratio",
    "ipv4.tcp_early_retrans",
    "ipv4.tcp_recovery",
    "ipv4.tcp_frto",
    "ipv4.tcp_moderate_rcvbuf",
    "ipv4.tcp_workaround_signed_windows",
    "ipv4.tcp_adv_win_scale",
    "ipv4.tcp_thin_linear_timeouts",
    "ipv4.tcp_invalid_ratelimit",
    "ipv4.tcp_challenge_ack_limit",
    "ipv4.tcp_app_win",
    "ipv4.tcp_reordering",
    "ipv4.tcp_max_reordering",
    "ipv4.tcp_retrans_collapse",
    "ipv4.tcp_fastopen", /* each socket says so itself */
    "core.netdev_max_backlog",
    "core.rmem_max",
    "core.wmem_max",
    "core.default_qdisc",
};

enum sysctl_result sysctl_apply(struct inl_config *config, const char *name, const char *value) {
    for (size_t i = 0; i < TABLE; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return table[i].set(config, value);
        }
    }
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        if (strcmp(nothing[i], name) == 0) {
            return SYSCTL_NOTHING;
        }
    }
    return SYSCTL_UNKNOWN;
}

const char *sysctl_name(unsigned i) {
    return i < TABLE ? table[i].name : NULL;
}
