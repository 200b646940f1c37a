/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expr.c - the assertions between %{ and }%
 *
 * A subset of Python: lines (or parts between ";") of "assert EXPRESSION [, MESSAGE]". Expressions
 * have integers, names, True, False, + - * / // %, << >> & ^ |, comparisons (also in a chain,
 * "1 <= x <= 3"), in and not in with a list, not, and, or, parentheses, abs(), min(), max(), int();
 * with Python's precedence. What follows a comma is another assertion if it compares something, and
 * a message otherwise: a text, or a value that is only shown. print and import are passed over.
 * Names are
 *   tcpi_...      fields of struct inl_tcp_info of the socket that was connected or accepted last
 *                 (packetdrill's names for segments and microseconds, ours for bytes and ns)
 *   ESTABLISHED   and the other states, also as TCP_ESTABLISHED; TCP_CA_Open, TCPI_OPT_SACK and the
 * like in_STATE      how many connections of the host are in that state sent_CAUSE    how many
 * packets left for that cause ("-" written as "_") drop_REASON   how many packets were dropped for
 * that reason event_NAME    how often an application was told of that event (enum inl_events)
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

#define LIST_MAX 16

struct expr {
    struct run *r;
    const char *p;
    bool bad;
    bool compared; /* the expression is a condition, not just a value */
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
        {"snd_ssthresh", i.ssthresh_bytes >= 1u << 30 ? 0x7fffffff : i.ssthresh_bytes / mss},
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
        {"soft_error", i.soft_error},
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
        {"ecn", i.ecn},
        {"delivered_ce", i.delivered_ce},
        {"snd_wscale", i.snd_wscale},
        {"retransmits", i.backoff},
        {"notsent_bytes", (int64_t)i.notsent_bytes},
        {"pmtu", i.pmtu_bytes},
        {"advmss", i.adv_mss_bytes},
        {"options", (i.timestamps ? 1 : 0) | (i.sack ? 2 : 0) | (i.window_scaling ? 4 : 0)},
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
        {"fastopen_active", s.tcp_fastopen_active},
        {"fastopen_active_fail", s.tcp_fastopen_active_fail},
        {"fastopen_passive", s.tcp_fastopen_passive},
        {"fastopen_passive_fail", s.tcp_fastopen_passive_fail},
        {"fastopen_overflow", s.tcp_fastopen_overflow},
        {"fastopen_cookie_reqd", s.tcp_fastopen_cookie_reqd},
        {"ecn_fallbacks", s.tcp_ecn_fallbacks},
        {"ecn_spared", s.tcp_ecn_spared},
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
        {"tcp_resting", (uint64_t)s.tcp_resting},
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

/* Linux's numbers, for assertions about tcpi_ca_state and tcpi_options. */
static bool constant(const char *name, int64_t *ret) {
    static const struct {
        const char *name;
        int64_t value;
    } t[] = {
        {"TCP_CA_Open", 0},     {"TCP_CA_Disorder", 1}, {"TCP_CA_CWR", 2},
        {"TCP_CA_Recovery", 3}, {"TCP_CA_Loss", 4},     {"TCPI_OPT_TIMESTAMPS", 1},
        {"TCPI_OPT_SACK", 2},   {"TCPI_OPT_WSCALE", 4}, {"TCP_INFINITE_SSTHRESH", 0x7fffffff},
    };

    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        if (strcmp(t[i].name, name) == 0) {
            *ret = t[i].value;
            return true;
        }
    }
    return false;
}

static bool event_name(const struct run *r, const char *name, int64_t *ret) {
    static const char *const names[] = {"readable", "writable", "accept", "connected", "rdhup",
                                        "closed",   "error",    "sent",   "urgent",    "trouble"};

    for (unsigned i = 0; strncmp(name, "event_", 6) == 0 && i < 10; i++) {
        if (strcmp(name + 6, names[i]) == 0) {
            *ret = r->events[i];
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
    if (strncmp(name, "TCP_", 4) == 0 && state_name(name + 4, &state)) {
        return state;
    }
    if (constant(name, &v) || event_name(e->r, name, &v) || stats_name(e, name, &v)) {
        return v;
    }
    snprintf(msg, sizeof(msg), "unknown name '%s'", name);
    return bad(e, msg);
}

/* ---- operators, from tight to loose ---- */

/* The list behind "abs(" and the like: how many values. */
static unsigned list_of(struct expr *e, int64_t v[LIST_MAX], const char *end) {
    unsigned n = 0;

    if (symbol(e, end)) {
        return 0;
    }
    do {
        if (n == LIST_MAX) {
            bad(e, "the list is too long");
            return 0;
        }
        v[n++] = either(e);
    } while (!e->bad && symbol(e, ","));
    if (!symbol(e, end)) {
        bad(e, "the list has no end");
        return 0;
    }
    return n;
}

static bool function(struct expr *e, int64_t *ret) {
    int64_t v[LIST_MAX] = {0};
    const char *from = e->p;
    bool smallest = symbol(e, "min");
    bool largest = !smallest && symbol(e, "max");
    bool positive = !smallest && !largest && symbol(e, "abs");
    unsigned n;

    if (!(smallest || largest || positive || symbol(e, "int")) || !symbol(e, "(")) {
        e->p = from;
        return false;
    }
    n = list_of(e, v, ")");
    if (n == 0 || (n > 1 && !smallest && !largest)) {
        bad(e, "a function has another number of values");
    }
    *ret = positive && v[0] < 0 ? -v[0] : v[0];
    for (unsigned i = 1; i < n; i++) {
        *ret = (smallest ? v[i] < *ret : v[i] > *ret) ? v[i] : *ret;
    }
    return true;
}

static int64_t primary(struct expr *e) {
    char *end;
    int64_t v;

    blank(e);
    if (++e->depth > 32) {
        return bad(e, "too many parentheses and signs");
    }
    if (*e->p == '(') {
        e->p++;
        v = either(e);
        v = symbol(e, ")") ? v : bad(e, "expected ')'");
    } else if (*e->p == '-') {
        e->p++;
        v = -primary(e);
    } else if (*e->p == '~') {
        e->p++;
        v = ~primary(e);
    } else if (*e->p >= '0' && *e->p <= '9') {
        v = strtoll(e->p, &end, 0);
        e->p = end;
    } else if (symbol(e, "True")) {
        v = 1;
    } else if (symbol(e, "False")) {
        v = 0;
    } else if (!function(e, &v)) {
        v = name_value(e);
    }
    e->depth--;
    return v;
}

/* As Python divides: the remainder has the sign of the divisor. */
static int64_t divide(struct expr *e, int64_t v, int64_t d, bool remainder) {
    int64_t m;

    if (d == 0) {
        return bad(e, "division by zero");
    }
    m = v % d;
    m += m != 0 && (m < 0) != (d < 0) ? d : 0;
    return remainder ? m : (v - m) / d;
}

static int64_t product(struct expr *e) {
    int64_t v = primary(e);

    for (;;) {
        if (symbol(e, "*")) {
            v *= primary(e);
        } else if (symbol(e, "//") || symbol(e, "/")) {
            v = divide(e, v, primary(e), false);
        } else if (symbol(e, "%")) {
            v = divide(e, v, primary(e), true);
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

static int64_t shift(struct expr *e) {
    int64_t v = sum(e);

    for (;;) {
        if (symbol(e, "<<")) {
            v = (int64_t)((uint64_t)v << (sum(e) & 63));
        } else if (symbol(e, ">>")) {
            v >>= sum(e) & 63;
        } else {
            return v;
        }
    }
}

/* & binds tighter than ^, and that tighter than |. */
static int64_t bits(struct expr *e, unsigned level) {
    static const char *const ops[] = {"&", "^", "|"};
    int64_t v = level == 0 ? shift(e) : bits(e, level - 1);

    while (symbol(e, ops[level])) {
        int64_t w = level == 0 ? shift(e) : bits(e, level - 1);

        v = level == 0 ? (v & w) : level == 1 ? (v ^ w) : (v | w);
    }
    return v;
}

static int64_t operand(struct expr *e) {
    return bits(e, 2);
}

/* "in (1, 2)" or "in [1, 2]", behind the word. */
static bool is_in(struct expr *e, int64_t v) {
    int64_t list[LIST_MAX];
    bool square = symbol(e, "[");
    unsigned n;

    if (!square && !symbol(e, "(")) {
        bad(e, "expected a list after in");
        return false;
    }
    n = list_of(e, list, square ? "]" : ")");
    for (unsigned i = 0; i < n; i++) {
        if (list[i] == v) {
            return true;
        }
    }
    return false;
}

/* One link of a chain of comparisons: false if there is none. */
static bool compare(struct expr *e, int64_t *v, bool *holds) {
    static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">"};
    const char *from = e->p;

    for (unsigned i = 0; i < 6; i++) {
        if (symbol(e, ops[i])) {
            int64_t a = *v;
            int64_t b = operand(e);
            const bool results[] = {a == b, a != b, a <= b, a >= b, a<b, a> b};

            *holds = *holds && results[i];
            *v = b;
            return true;
        }
    }
    if (symbol(e, "in")) {
        *holds = *holds && is_in(e, *v);
        return true;
    }
    if (symbol(e, "not") && symbol(e, "in")) {
        *holds = *holds && !is_in(e, *v);
        return true;
    }
    e->p = from;
    return false;
}

static int64_t comparison(struct expr *e) {
    int64_t v = operand(e);
    bool holds = true;
    bool any = false;

    while (!e->bad && compare(e, &v, &holds)) {
        any = true;
    }
    e->compared = e->compared || any;
    return any ? holds : v;
}

static int64_t negation(struct expr *e) {
    bool invert = false;
    int64_t v;

    while (symbol(e, "not")) {
        invert = !invert;
        e->compared = true;
    }
    v = comparison(e);
    return invert ? !v : v;
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

static bool is_word(const char *p, size_t len) {
    static const char *const words[] = {"and",   "or",  "not", "in",  "True",
                                        "False", "abs", "min", "max", "int"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i]) == len && memcmp(words[i], p, len) == 0) {
            return true;
        }
    }
    return false;
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
        if (is_word(p, len)) {
            p += len;
            continue;
        }
        v = name_value(&e);
        n += (size_t)snprintf(seen + n, sizeof(seen) - n, " %.*s=%lld", (int)len, p, (long long)v);
        p += len;
    }
    run_fail(r, "the assertion does not hold: %.*s\n  actual:  %s", (int)(to - from), from, seen);
}

static void to_line_end(struct expr *e) {
    e->p += strcspn(e->p, "\n");
}

/* A text, and what formats it: "%d" % x, "...".format(x). */
static bool message(struct expr *e) {
    blank(e);
    if (*e->p == 'f' && (e->p[1] == '"' || e->p[1] == '\'')) {
        e->p++;
    }
    if (*e->p != '"' && *e->p != '\'') {
        return false;
    }
    to_line_end(e);
    return true;
}

/* Behind "assert". */
static bool statement(struct run *r, struct expr *e) {
    bool first = true;

    do {
        const char *from;
        int64_t v;

        if (message(e)) {
            break;
        }
        blank(e);
        from = e->p;
        e->compared = false;
        v = either(e);
        if (!v && !e->bad && (first || e->compared)) {
            explain(r, from, e->p);
            return false;
        }
        first = false;
    } while (!e->bad && symbol(e, ","));
    return !e->bad;
}

bool assert_check(struct run *r, const char *text) {
    struct expr e = {.r = r, .p = text};

    blank(&e);
    while (*e.p && !e.bad) {
        if (symbol(&e, "print") || symbol(&e, "import") || symbol(&e, "#")) {
            to_line_end(&e);
        } else if (!symbol(&e, "assert")) {
            bad(&e, "expected: assert EXPRESSION");
            return false;
        } else if (!statement(r, &e)) {
            return false;
        }
        symbol(&e, ";");
        blank(&e);
    }
    return !e.bad;
}
