/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expr.c - the assertions between %{ and }%
 *
 * Lines of "assert EXPRESSION [, EXPRESSION]...": integers, names, + - * /, comparisons, not,
 * and, or, parentheses; a subset of Python with its precedence. Names are
 *   tcpi_...      fields of struct inl_tcp_info of the socket that was connected or accepted last
 *                 (packetdrill's names for segments and microseconds, ours for bytes and ns)
 *   ESTABLISHED   and the other states
 *   in_STATE      how many connections of the host are in that state
 *   sent_CAUSE    how many packets left for that cause ("-" written as "_")
 *   drop_REASON   how many packets were dropped for that reason
 *   local_port    our port of the first conversation
 *   sockets, retrans_segs, out_rsts, in_segs, out_segs, attempt_fails, estab_resets,
 *   active_opens, passive_opens, listen_overflows, listen_drops, syncookies_sent, syncookies_recv,
 *   syncookies_failed, sack_discards, sack_reneges, dsacks_in, undos, loss_probes
 * A text in quotes after a comma is for people and not evaluated.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expr {
    struct run *r;
    const char *p;
    bool bad;
    unsigned depth;
};

static int64_t either(struct expr *e);

static void blank(struct expr *e) {
    while (*e->p == ' ' || *e->p == '\t' || *e->p == '\n' || *e->p == '\r') {
        e->p++;
    }
}

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool symbol(struct expr *e, const char *s) {
    size_t n = strlen(s);

    blank(e);
    if (strncmp(e->p, s, n) != 0 || (is_name(s[0]) && is_name(e->p[n]))) {
        return false;
    }
    e->p += n;
    return true;
}

static int64_t bad(struct expr *e, const char *what) {
    if (!e->bad) {
        run_fail(e->r, "in the assertion: %s", what);
    }
    e->bad = true;
    return 0;
}

/* ---- names ---- */

static bool info_name(struct expr *e, const char *name, int64_t *ret) {
    struct inl_tcp_info i;
    int64_t mss;
    int fd = e->r->last_conn_fd;

    if (fd < 0 || !e->r->fds[fd].used) {
        bad(e, "there is no connected socket for tcpi_ names");
        return false;
    }
    if (inl_tcp_info(e->r->stack, e->r->fds[fd].sock, &i) != 0) {
        bad(e, "the socket has no TCP information");
        return false;
    }
    mss = i.snd_mss_bytes ? i.snd_mss_bytes : 1;
    const struct {
        const char *name;
        int64_t value;
    } t[] = {
        {"state", i.state},
        {"snd_mss", i.snd_mss_bytes},
        {"rcv_mss", i.rcv_mss_bytes},
        {"cwnd", i.cwnd_bytes},
        {"snd_cwnd", i.cwnd_bytes / mss},
        {"ssthresh", i.ssthresh_bytes},
        {"snd_ssthresh", i.ssthresh_bytes / mss},
        {"flight", i.flight_bytes},
        {"pacing_rate", (int64_t)i.pacing_rate},
        {"delivery_rate", (int64_t)i.delivery_rate},
        {"congestion", i.congestion},
        {"sacked", i.sacked_bytes / mss},
        {"sacked_bytes", i.sacked_bytes},
        {"lost", i.lost_bytes / mss},
        {"lost_bytes", i.lost_bytes},
        {"min_rtt", i.min_rtt_ns / 1000},
        {"ca_state", i.repair},
        {"reo_wnd_mult", i.reo_wnd_mult},
        {"reord_seen", i.reordering},
        {"unacked", (i.flight_bytes + mss - 1) / mss},
        {"snd_wnd", i.snd_wnd_bytes},
        {"rcv_wnd", i.rcv_wnd_bytes},
        {"rcv_space", i.rcv_space_bytes},
        {"urgent", i.urgent_bytes},
        {"rcv_rtt", i.rcv_rtt_ns / 1000},
        {"rcvbuf", i.rcvbuf_bytes},
        {"sndbuf", i.sndbuf_bytes},
        {"srtt_ns", i.srtt_ns},
        {"rttvar_ns", i.rttvar_ns},
        {"rto_ns", i.rto_ns},
        {"rtt", i.srtt_ns / 1000},
        {"rttvar", i.rttvar_ns / 1000},
        {"rto", i.rto_ns / 1000},
        {"backoff", i.backoff},
        {"segs_out", (int64_t)i.segs_out},
        {"segs_in", (int64_t)i.segs_in},
        {"total_retrans", (int64_t)i.rtx_segs},
        {"bytes_acked", (int64_t)i.bytes_acked},
        {"bytes_received", (int64_t)i.bytes_received},
        {"snd_wscale", i.snd_wscale},
        {"rcv_wscale", i.rcv_wscale},
    };
    for (size_t k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
        if (strcmp(t[k].name, name + 5) == 0) {
            *ret = t[k].value;
            return true;
        }
    }
    return false;
}

static bool same_short_name(const char *name, const char *short_name) {
    for (; *name && *short_name; name++, short_name++) {
        if (*name != (*short_name == '-' ? '_' : *short_name)) {
            return false;
        }
    }
    return *name == *short_name;
}

static bool stats_name(struct expr *e, const char *name, int64_t *ret) {
    struct inl_stats s;

    inl_stats_get(e->r->stack, &s);
    for (int i = 0; strncmp(name, "sent_", 5) == 0 && i < INL_CAUSE_MAX; i++) {
        if (same_short_name(name + 5, inl_cause_name((enum inl_cause)i))) {
            *ret = (int64_t)s.cause[i];
            return true;
        }
    }
    for (int i = 0; strncmp(name, "drop_", 5) == 0 && i < INL_DROP_MAX; i++) {
        if (same_short_name(name + 5, inl_drop_name((enum inl_drop)i))) {
            *ret = (int64_t)s.drop[i];
            return true;
        }
    }
    const struct {
        const char *name;
        uint64_t value;
    } t[] = {
        {"local_port", e->r->tcp[0].local_port},
        {"sockets", inl_sockets_snapshot(e->r->stack, NULL, 0)},
        {"retrans_segs", s.tcp_retrans_segs},
        {"out_rsts", s.tcp_out_rsts},
        {"listen_overflows", s.tcp_listen_overflows},
        {"listen_drops", s.tcp_listen_drops},
        {"syncookies_sent", s.tcp_syncookies_sent},
        {"syncookies_recv", s.tcp_syncookies_recv},
        {"syncookies_failed", s.tcp_syncookies_failed},
        {"sack_discards", s.tcp_sack_discards},
        {"sack_reneges", s.tcp_sack_reneges},
        {"dsacks_in", s.tcp_dsacks_in},
        {"undos", s.tcp_undos},
        {"loss_probes", s.tcp_loss_probes},
        {"in_segs", s.tcp_in_segs},
        {"mem_refused", s.tcp_mem_refused},
        {"tcp_mem", s.tcp_mem_bytes},
        {"out_segs", s.tcp_out_segs},
        {"attempt_fails", s.tcp_attempt_fails},
        {"estab_resets", s.tcp_estab_resets},
        {"active_opens", s.tcp_active_opens},
        {"passive_opens", s.tcp_passive_opens},
    };
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        if (strcmp(t[i].name, name) == 0) {
            *ret = (int64_t)t[i].value;
            return true;
        }
    }
    return false;
}

static bool state_name(const char *name, enum inl_tcp_state *ret) {
    for (int i = 0; i < INL_TCP_STATES_MAX; i++) {
        const char *a = inl_tcp_state_name((enum inl_tcp_state)i);

        if (same_short_name(name, a)) {
            *ret = (enum inl_tcp_state)i;
            return true;
        }
    }
    return false;
}

static int64_t count_state(struct run *r, enum inl_tcp_state state) {
    struct inl_sock_info info[64];
    size_t n = inl_sockets_snapshot(r->stack, info, 64);
    int64_t count = 0;

    for (size_t i = 0; i < n && i < 64; i++) {
        count += info[i].type == INL_SOCK_STREAM && info[i].state == state;
    }
    return count;
}

static int64_t name_value(struct expr *e) {
    char name[40];
    char msg[80];
    size_t n = 0;
    int64_t v = 0;
    enum inl_tcp_state state;

    while (is_name(e->p[n])) {
        n++;
    }
    if (n == 0 || n >= sizeof(name)) {
        return bad(e, "expected a number or a name");
    }
    memcpy(name, e->p, n);
    name[n] = '\0';
    e->p += n;
    if (strncmp(name, "tcpi_", 5) == 0 && (info_name(e, name, &v) || e->bad)) {
        return v;
    }
    if (state_name(name, &state)) {
        return state;
    }
    if (strncmp(name, "in_", 3) == 0 && state_name(name + 3, &state)) {
        return count_state(e->r, state);
    }
    if (stats_name(e, name, &v)) {
        return v;
    }
    snprintf(msg, sizeof(msg), "unknown name '%s'", name);
    return bad(e, msg);
}

/* ---- operators, from tight to loose ---- */

static int64_t primary(struct expr *e) {
    char *end;
    int64_t v;

    blank(e);
    if (*e->p == '(') {
        if (++e->depth > 32) {
            return bad(e, "too many parentheses");
        }
        e->p++;
        v = either(e);
        e->depth--;
        return symbol(e, ")") ? v : bad(e, "expected ')'");
    }
    if (*e->p == '-') {
        e->p++;
        if (++e->depth > 32) {
            return bad(e, "too many signs");
        }
        v = -primary(e);
        e->depth--;
        return v;
    }
    if (*e->p >= '0' && *e->p <= '9') {
        v = strtoll(e->p, &end, 0);
        e->p = end;
        return v;
    }
    return name_value(e);
}

static int64_t product(struct expr *e) {
    int64_t v = primary(e);

    for (;;) {
        if (symbol(e, "*")) {
            v *= primary(e);
        } else if (symbol(e, "//") || symbol(e, "/")) {
            int64_t d = primary(e);

            v = d ? v / d : bad(e, "division by zero");
        } else {
            return v;
        }
    }
}

static int64_t sum(struct expr *e) {
    int64_t v = product(e);

    for (;;) {
        if (symbol(e, "+")) {
            v += product(e);
        } else if (symbol(e, "-")) {
            v -= product(e);
        } else {
            return v;
        }
    }
}

static int64_t comparison(struct expr *e) {
    int64_t v = sum(e);

    if (symbol(e, "==")) {
        return v == sum(e);
    }
    if (symbol(e, "!=")) {
        return v != sum(e);
    }
    if (symbol(e, "<=")) {
        return v <= sum(e);
    }
    if (symbol(e, ">=")) {
        return v >= sum(e);
    }
    if (symbol(e, "<")) {
        return v < sum(e);
    }
    if (symbol(e, ">")) {
        return v > sum(e);
    }
    return v;
}

static int64_t negation(struct expr *e) {
    bool invert = false;

    while (symbol(e, "not")) {
        invert = !invert;
    }
    return invert ? !comparison(e) : comparison(e);
}

static int64_t both(struct expr *e) {
    int64_t v = negation(e);

    while (symbol(e, "and")) {
        int64_t w = negation(e);

        v = v && w;
    }
    return v;
}

static int64_t either(struct expr *e) {
    int64_t v = both(e);

    while (symbol(e, "or")) {
        int64_t w = both(e);

        v = v || w;
    }
    return v;
}

/* The values of the names in a failed expression, which is what one wants to see. */
static void explain(struct run *r, const char *from, const char *to) {
    char seen[400] = "";
    size_t n = 0;

    for (const char *p = from; p < to && n < sizeof(seen) - 80;) {
        struct expr e = {.r = r, .p = p};
        size_t len = 0;
        int64_t v;

        while (is_name(p[len])) {
            len++;
        }
        if (len == 0 || (p[0] >= '0' && p[0] <= '9')) {
            p += len ? len : 1;
            continue;
        }
        if ((len == 3 && (memcmp(p, "and", 3) == 0 || memcmp(p, "not", 3) == 0)) ||
            (len == 2 && memcmp(p, "or", 2) == 0)) {
            p += len;
            continue;
        }
        v = name_value(&e);
        n += (size_t)snprintf(seen + n, sizeof(seen) - n, " %.*s=%lld", (int)len, p, (long long)v);
        p += len;
    }
    run_fail(r, "the assertion does not hold: %.*s\n  actual:  %s", (int)(to - from), from, seen);
}

bool assert_check(struct run *r, const char *text) {
    struct expr e = {.r = r, .p = text};

    blank(&e);
    while (*e.p && !e.bad) {
        if (!symbol(&e, "assert")) {
            bad(&e, "expected: assert EXPRESSION");
            return false;
        }
        do {
            const char *from;

            blank(&e);
            if (*e.p == '"' || *e.p == '\'') {
                const char *end = strchr(e.p + 1, *e.p);

                e.p = end ? end + 1 : e.p + strlen(e.p);
                continue;
            }
            from = e.p;
            if (!either(&e) && !e.bad) {
                explain(r, from, e.p);
                return false;
            }
        } while (!e.bad && symbol(&e, ","));
        symbol(&e, ";");
        blank(&e);
    }
    return !e.bad;
}
