/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target.c - one target of ping: sends, counts, and decides when enough was heard
 *
 * As the namesake: with -c alone it stops after so many were sent, and waits for the rest twice the
 * longest round trip; if nothing ever came, for -W. With -w it goes on until so many have come.
 */
#include "host/loop.h"
#include "tools/common/tool.h"
#include "tools/ping/ping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FLOOD_NS (INL_S / 100) /* at least a hundred a second */
#define SEQS 65536

const char *target_seq_name(const struct target *t) {
    static const char *const names[] = {
        [PROBE_ECHO] = "icmp_seq", [PROBE_UDP] = "udp_seq", [PROBE_TCP] = "tcp_seq"};

    return names[t->opts->conf.kind];
}

int target_open(struct target *t, const struct ping_opts *opts, const char *host) {
    struct probe_conf conf = opts->conf;
    int err = names_lookup(host,
                           opts->ipv6   ? AF_INET6
                           : opts->ipv4 ? AF_INET
                                        : opts->conf.from.any.sa_family,
                           &t->addr);

    if (err != 0) {
        return err;
    }
    t->opts = opts;
    t->host = host;
    conf.to = t->addr;
    t->named = !opts->numeric && (opts->lookup || !who_is_number(host));
    names_number(&t->addr, t->number);
    if (conf.record_route && conf.to.any.sa_family == AF_INET6) {
        tool_say("%s: IPv6 cannot record routes; -R needs -4", host);
        return -EINVAL;
    }
    conf.broadcast = false;
    if (opts->conf.broadcast && probe_reach(&conf) == -EACCES) {
        tool_say("warning: %s is a broadcast address: many may answer", host);
    }
    conf.broadcast = opts->conf.broadcast;
    if (opts->same_source) {
        (void)probe_source(&conf, &conf.from); /* if there is none, sending tells why */
    }
    t->sent_at = calloc(SEQS, sizeof(t->sent_at[0]));
    t->answered = calloc(SEQS / 8, 1);
    if (t->sent_at == NULL || t->answered == NULL) {
        tool_say("%s: memory is short", host);
        return -ENOMEM;
    }
    err = probe_open(&conf, &t->probe);
    err = err == 0 && !conf.no_route ? probe_reach(&conf) : err;
    if (err != 0) {
        probe_tell(&conf, host, err);
    }
    return err;
}

void target_close(struct target *t) {
    probe_close(t->probe);
    free(t->sent_at);
    free(t->answered);
}

static bool was_answered(const struct target *t, uint16_t seq) {
    return (t->answered[seq / 8] >> seq % 8 & 1) != 0;
}

static int64_t interval(const struct target *t) {
    int64_t ns = t->opts->interval_ns;

    if (t->opts->adaptive && t->rtt.n > 0) {
        ns = (int64_t)t->rtt.ewma_ns; /* about one probe is under way */
    }
    return ns;
}

/* How long the last probe is waited for. */
static int64_t patience(const struct target *t) {
    int64_t twice = 2 * t->rtt.max_ns;

    if (t->received == 0) {
        return t->opts->wait_ns == 0 ? INT64_MAX / 2 : t->opts->wait_ns;
    }
    return twice > t->opts->interval_ns ? twice : t->opts->interval_ns;
}

static bool all_sent(const struct target *t) {
    return t->opts->count != 0 && t->opts->deadline_ns == 0 && t->sent >= t->opts->count;
}

static void send_one(struct target *t, int64_t now_ns) {
    uint16_t seq = (uint16_t)(t->sent + 1), last = (uint16_t)t->sent;
    struct probe_shot shot = {.seq = seq};

    if (t->sent > 0 && !was_answered(t, last)) {
        stats_curve(&t->rtt, -1);
        if (t->opts->outstanding && !t->opts->quiet) {
            t->voice->silence(t, last);
        }
    }
    t->answered[seq / 8] &= (uint8_t) ~(1U << seq % 8);
    t->sent_at[seq] = loop_now().ns;
    int err = probe_send(t->probe, &shot);

    t->next_ns = now_ns + interval(t);
    if (err == -EAGAIN || err == -ENOBUFS) {
        t->next_ns = now_ns + INL_S / 1000; /* it did not leave: once more */
        return;
    }
    t->first_ns = t->sent == 0 ? now_ns : t->first_ns;
    t->last_ns = now_ns;
    t->sent++;
    if (err != 0) {
        t->errors++;
        t->failed |= err == -EPERM || err == -EACCES;
        t->voice->failed(t, err);
    } else {
        t->voice->sent(t);
    }
}

static bool is_over(const struct target *t, int64_t now_ns) {
    uint64_t heard = t->received + t->errors;

    if (t->opts->count != 0 && t->opts->deadline_ns == 0 && t->sent >= t->opts->count &&
        heard >= t->opts->count) {
        return true;
    }
    if (t->opts->deadline_ns != 0 && t->sent > 0 &&
        ((t->opts->count != 0 && heard >= t->opts->count) || t->errors > 0 ||
         now_ns - t->first_ns >= t->opts->deadline_ns)) {
        return true;
    }
    return all_sent(t) && now_ns - t->last_ns >= patience(t);
}

void target_work(struct target *t, int64_t now_ns) {
    t->done = t->done || is_over(t, now_ns);
    if (t->done || all_sent(t) || now_ns < t->next_ns) {
        return;
    }
    do {
        send_one(t, now_ns);
    } while (t->sent < t->opts->preload && !all_sent(t));
    t->done = is_over(t, now_ns);
}

int64_t target_due_ns(const struct target *t) {
    int64_t due = all_sent(t) ? t->last_ns + patience(t) : t->next_ns;
    int64_t end =
        t->opts->deadline_ns != 0 && t->sent > 0 ? t->first_ns + t->opts->deadline_ns : INT64_MAX;

    return due < end ? due : end;
}

static void count_reply(struct target *t, const struct probe_event *e) {
    struct reply r = {.event = e};
    uint64_t behind = (uint16_t)((uint16_t)t->sent - e->seq);

    r.duplicate = was_answered(t, e->seq);
    if (t->sent_at[e->seq] != 0) {
        r.rtt_ns = loop_now().ns - (t->opts->user_latency ? 0 : e->age_ns) - t->sent_at[e->seq];
        r.rtt_ns = r.rtt_ns > 0 ? r.rtt_ns : 0;
        r.has_time = true;
    } else {
        return; /* we never sent that */
    }
    if (e->csum_bad) {
        t->corrupted++;
    } else if (r.duplicate) {
        t->duplicates++;
        stats_add(&t->rtt, r.rtt_ns);
    } else {
        t->received++;
        t->answered[e->seq / 8] |= (uint8_t)(1U << e->seq % 8);
        stats_add(&t->rtt, r.rtt_ns);
        stats_curve(&t->rtt, (double)r.rtt_ns / 1e6);
    }
    t->pipe = behind + 1 > t->pipe ? behind + 1 : t->pipe;
    t->voice->reply(t, &r);
    if ((t->opts->flood && !t->opts->has_interval) || t->opts->adaptive) {
        int64_t soon = t->last_ns + (t->opts->adaptive ? interval(t) : 0);

        t->next_ns = soon < t->next_ns ? soon : t->next_ns;
    }
}

static void count_error(struct target *t, const struct probe_event *e) {
    if (e->what == PROBE_ICMP && e->type == 5 && t->addr.any.sa_family == AF_INET) {
        t->voice->error(t, e); /* a redirect: the probe went on */
        return;
    }
    t->errors++;
    if (e->has_seq) {
        t->answered[e->seq / 8] |= (uint8_t)(1U << e->seq % 8);
        stats_curve(&t->rtt, -1);
    }
    t->voice->error(t, e);
}

void target_hear(struct target *t) {
    struct probe_event e;

    for (int i = 0; i < 1000 && probe_read(t->probe, &e) > 0; i++) {
        if (e.what == PROBE_REPLY || e.what == PROBE_CLOSED) {
            count_reply(t, &e);
        } else if (t->opts->conf.kind == PROBE_UDP && e.what == PROBE_ICMP && e.has_seq &&
                   names_same(&e.from, &t->addr)) {
            e.what = PROBE_CLOSED; /* nobody at that port, says the host: it is there */
            count_reply(t, &e);
        } else {
            count_error(t, &e);
        }
    }
}

int target_status(const struct target *t) {
    if (t->failed) {
        return TOOL_USAGE;
    }
    if (t->received == 0 || (t->opts->deadline_ns != 0 && t->received < t->opts->count)) {
        return TOOL_FAILED;
    }
    return TOOL_OK;
}
