/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socks_linux.c - sockets in the layout of net-tools' netstat
 *
 * The same columns at the same places; only what is too long is not cut off, and a listener's
 * Send-Q says how many connections may wait, as ss does. In a lab, the host stands first.
 */
#include "tools/common/clean.h"
#include "tools/netstat/netstat.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>

void linux_head(const struct netstat_options *o) {
    const char *which = netstat_which(o);

    if (o->has_lab) {
        printf("Sockets of the lab's hosts (%s)\n%-10s ", which, "Host");
    } else {
        printf("Active Internet connections (%s)\n", which);
    }
    printf(
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State      %s%s%s\n",
        o->extend ? " User       Inode     " : "", o->programs ? " PID/Program name    " : "",
        o->timers ? " Timer" : "");
}

static void print_user(const struct netstat_options *o, const struct sock *s) {
    const struct passwd *pw = o->numeric ? NULL : getpwuid(s->uid);

    if (pw != NULL) {
        printf(" %-10s", pw->pw_name);
    } else {
        printf(" %-10" PRIu32, s->uid);
    }
    printf(" %-10" PRIu64, s->inode);
}

static void print_program(const struct sock *s) {
    char program[4 * sizeof(s->program) + 1], owner[sizeof(program) + 16] = "-";

    if (s->pid != 0) {
        clean_text(s->program, program, sizeof(program));
        snprintf(owner, sizeof(owner), "%" PRIu32 "/%s", s->pid, program);
    }
    printf(" %s%*s", owner, clean_blanks(owner, 20), "");
}

static void print_timer(const struct sock *s) {
    static const char *const names[SOCK_TIMERS] = {"off", "on", "keepalive", "timewait", "probe"};

    printf(" %s (%2.2f/%" PRIu32 "/%" PRIu32 ")", names[s->timer],
           s->timer != SOCK_TIMER_OFF ? (double)s->timer_ns / 1e9 : 0.0, s->retrans, s->probes);
}

/* ---- what a connection says of itself ---- */

static double ms(inl_dur ns) {
    return (double)ns / 1e6;
}

static void print_rate(const char *name, uint64_t bytes_per_s) {
    if (bytes_per_s != 0) {
        printf(" %s:%.3gMbit/s", name, (double)bytes_per_s * 8 / 1e6);
    }
}

static void print_windows(const struct sock_tcp *t) {
    uint64_t mss = t->mss_bytes > 0 ? t->mss_bytes : 1;

    printf(" rtt:%.3f/%.3fms rto:%.0fms", ms(t->srtt_ns), ms(t->rttvar_ns), ms(t->rto_ns));
    if (t->min_rtt_ns != 0) {
        printf(" minrtt:%.3fms", ms(t->min_rtt_ns));
    }
    printf(" mss:%" PRIu32 " pmtu:%" PRIu32 " cwnd:%" PRIu64, t->mss_bytes, t->pmtu_bytes,
           t->cwnd_bytes / mss);
    if (t->ssthresh_bytes != 0) {
        printf(" ssthresh:%" PRIu64, t->ssthresh_bytes / mss);
    }
}

static void print_details(const struct sock *s) {
    const struct sock_tcp *t = &s->tcp;

    printf("        %s%s%s%s", t->congestion, t->timestamps ? " ts" : "", t->sack ? " sack" : "",
           t->ecn ? " ecn" : "");
    if (t->wscale) {
        printf(" wscale:%u,%u", t->snd_wscale, t->rcv_wscale);
    }
    print_windows(t);
    printf(" retrans:%" PRIu32 "/%" PRIu64 " unacked:%" PRIu32 " lost:%" PRIu32 " sacked:%" PRIu32,
           t->rtx_now, t->rtx_segs, t->flight_segs, t->lost_segs, t->sacked_segs);
    printf(" bytes_acked:%" PRIu64 " bytes_received:%" PRIu64 " segs_out:%" PRIu64
           " segs_in:%" PRIu64 " notsent:%" PRIu64,
           t->bytes_acked, t->bytes_received, t->segs_out, t->segs_in, t->notsent_bytes);
    print_rate("pacing", t->pacing_rate);
    print_rate("delivery", t->delivery_rate);
    putchar('\n');
}

void linux_line(const struct netstat_options *o, const struct sock *s) {
    char local[SOCK_END_MAX], remote[SOCK_END_MAX];
    unsigned flags = o->numeric ? 0 : SOCK_SERVICES;

    sk_end_text(s, &s->local, flags, local);
    sk_end_text(s, &s->remote, flags, remote);
    if (o->has_lab) {
        printf("%-10s ", s->host);
    }
    printf("%-5s %6" PRIu64 " %6" PRIu64 " %-23s %-23s %-11s", sk_proto(s), s->rcvq, s->sndq, local,
           remote, sk_state(s));
    if (o->extend) {
        print_user(o, s);
    }
    if (o->programs) {
        print_program(s);
    }
    if (o->timers) {
        print_timer(s);
    }
    putchar('\n');
    if (o->info && s->has_tcp && s->state != INL_TCP_LISTEN) {
        print_details(s);
    }
}
