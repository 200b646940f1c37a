/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.c - ping's lines as everybody knows them: scripts read them, so the words stay
 */
#include "tools/common/out.h"
#include "tools/common/tool.h"
#include "tools/ping/ping.h"
#include "tools/ping/say.h"
#include "tools/probe/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define WRONG_FROM 16 /* the namesake has its clock before that */

/* In the first line stands what was typed, if it was a name. */
static bool is_named(const struct target *t) {
    return !t->opts->numeric && !who_is_number(t->host);
}

static bool colour(void) {
    static int on = -1;

    on = on < 0 ? out_wants_colour(STDOUT_FILENO) : on;
    return on > 0;
}

/* "name (number)" or "number". */
static void print_who(const struct target *t, const union names_addr *addr) {
    bool itself = names_same(addr, &t->addr) && is_named(t);
    char who[WHO_MAX];

    if (t->named) {
        who_say(t->opts->who, addr, itself ? t->host : NULL, who);
    } else {
        names_number(addr, who);
    }
    fputs(who, stdout);
}

static void print_date(const struct target *t) {
    struct timeval now;

    if (t->opts->dates) {
        gettimeofday(&now, NULL);
        printf("[%lld.%06ld] ", (long long)now.tv_sec, (long)now.tv_usec);
    }
}

void say_ms(int64_t ns, char buf[SAY_MS_MAX]) {
    double ms = (double)ns / 1e6;

    snprintf(buf, SAY_MS_MAX, "%.*f", ms >= 99.95 ? 0 : ms >= 9.995 ? 1 : ms >= 0.9995 ? 2 : 3, ms);
}

static void print_source(const struct target *t) {
    const struct probe_conf *conf = &t->opts->conf;
    char number[NAMES_ADDR_MAX];
    struct probe_conf here = *conf;
    union names_addr from;

    here.to = t->addr;
    if ((conf->link == NULL && conf->from.any.sa_family == 0 && !t->opts->same_source) ||
        probe_source(&here, &from) != 0) {
        return;
    }
    names_number(&from, number);
    printf(" from %s %s:", number, conf->link != NULL ? conf->link : "");
}

static void text_start(const struct target *t) {
    const struct probe_conf *conf = &t->opts->conf;
    bool v6 = t->addr.any.sa_family == AF_INET6;

    if (conf->pattern_bytes > 0) {
        printf("PATTERN: 0x");
        for (size_t i = 0; i < conf->pattern_bytes; i++) {
            printf("%02x", conf->pattern[i]);
        }
        putchar('\n');
    }
    if (conf->kind != PROBE_ECHO) {
        printf("%s PING %s (%s) port %u", conf->kind == PROBE_TCP ? "TCP" : "UDP", t->host,
               t->number, conf->port);
        print_source(t);
        putchar('\n');
    } else if (v6) {
        printf(is_named(t) ? "PING %s(%s (%s))" : "PING %s(%s)", t->host,
               is_named(t) ? t->host : t->number, t->number);
        print_source(t);
        printf(" %zu data bytes\n", conf->data_bytes);
    } else {
        printf("PING %s (%s)", t->host, t->number);
        print_source(t);
        printf(" %zu(%zu) bytes of data.\n", conf->data_bytes,
               conf->data_bytes + 28 + (conf->record_route ? 40 : 0));
    }
    if (t->opts->verbose) {
        tool_say("%s: by %s", t->host, probe_how(t->probe));
    }
    fflush(stdout);
}

static void text_sent(struct target *t) {
    if (t->opts->flood && !t->opts->quiet) {
        putchar('.');
        fflush(stdout);
    }
}

static void print_hops(const struct target *t, const uint8_t *data, size_t pointer) {
    const char *before = "\nRR: ";

    for (size_t at = 3; at + 4 <= pointer - 1; at += 4) {
        union names_addr addr = {.v4.sin_family = AF_INET};

        memcpy(&addr.v4.sin_addr, data + at, 4);
        printf("%s\t", before);
        print_who(t, &addr);
        before = "\n";
    }
    putchar('\n');
}

/* Routes recorded (RFC 791 3.1), unless it is that of the last time. */
static void print_options(struct target *t, const struct probe_event *e) {
    if (e->opts_len == 0) {
        return;
    }
    if (t->route_len == e->opts_len && memcmp(t->route, e->opts, e->opts_len) == 0) {
        printf("\t(same route)");
        return;
    }
    memcpy(t->route, e->opts, e->opts_len);
    t->route_len = e->opts_len;
    for (size_t at = 0; at < e->opts_len && e->opts[at] != IPOPT_EOL;) {
        size_t left = e->opts_len - at;
        size_t len = e->opts[at] == IPOPT_NOP ? 1 : left >= 2 ? e->opts[at + 1] : 0;

        if (len == 0 || len > left || (len < 3 && e->opts[at] != IPOPT_NOP)) {
            return;
        }
        if (e->opts[at] == IPOPT_RR && e->opts[at + 2] <= len + 1 && e->opts[at + 2] >= 4) {
            print_hops(t, e->opts + at, e->opts[at + 2]);
        }
        at += len;
    }
}

/* The first octet that is not as it was sent, and all of them, so that one sees a pattern. */
static void print_wrong(const struct target *t, const struct probe_event *e) {
    size_t first = e->differs_at < WRONG_FROM ? 0 : WRONG_FROM;
    struct rd data = e->data;

    printf("\nwrong data byte #%u should be 0x%x but was 0x%x", e->differs_at, e->expected, e->was);
    for (size_t i = 0; i < t->opts->conf.data_bytes && rd_left(&data) > 0; i++) {
        uint8_t byte = rd_u8(&data);

        if (i >= first) {
            if (i % 32 == first) {
                printf("\n#%zu\t", i);
            }
            printf("%x ", byte);
        }
    }
}

static void print_reply(struct target *t, const struct reply *r) {
    const struct probe_event *e = r->event;
    char ms[SAY_MS_MAX];

    print_date(t);
    if (t->opts->conf.kind == PROBE_ECHO || (e->what == PROBE_REPLY && e->bytes > 0)) {
        printf("%u bytes from ", e->bytes);
    } else {
        printf("%s%s%s from ", out_sgr(colour(), e->what == PROBE_CLOSED ? OUT_WARN : OUT_GOOD),
               e->what == PROBE_CLOSED ? "closed" : "open", out_sgr(colour(), OUT_PLAIN));
    }
    print_who(t, &e->from);
    if (t->opts->conf.kind != PROBE_ECHO) {
        printf(" port %u", t->opts->conf.port);
    }
    printf(": %s=%u", target_seq_name(t), e->seq);
    if (e->ttl >= 0) {
        printf(" ttl=%d", e->ttl);
    }
    if (t->opts->conf.kind == PROBE_ECHO && e->bytes < t->opts->conf.data_bytes + 8) {
        printf(" %s(truncated)%s\n", out_sgr(colour(), OUT_BAD), out_sgr(colour(), OUT_PLAIN));
        return;
    }
    say_ms(r->rtt_ns, ms);
    printf(" time=%s ms", ms);
    if (r->duplicate) {
        printf(" %s(DUP!)%s", out_sgr(colour(), OUT_WARN), out_sgr(colour(), OUT_PLAIN));
    }
    if (e->csum_bad) {
        printf(" %s(BAD CHECKSUM!)%s", out_sgr(colour(), OUT_BAD), out_sgr(colour(), OUT_PLAIN));
    }
    if (e->differs) {
        print_wrong(t, e);
    }
    print_options(t, e);
    putchar('\n');
    fflush(stdout);
}

static void text_reply(struct target *t, const struct reply *r) {
    if (t->opts->quiet) {
        return;
    }
    if (t->opts->flood) {
        fputs(r->event->csum_bad ? "\bC" : "\b \b", stdout);
        fflush(stdout);
        return;
    }
    if (t->opts->audible && !r->duplicate) {
        putchar('\a');
    }
    print_reply(t, r);
}

static void text_error(const struct target *t, const struct probe_event *e) {
    char words[WORDS_MAX];

    if (t->opts->flood && !t->opts->quiet) {
        fputs("\bE", stdout);
        fflush(stdout);
        return;
    }
    if (t->opts->quiet && !t->opts->verbose) {
        return;
    }
    print_date(t);
    if (e->what == PROBE_FAILED) {
        printf("%s: %s=%u %s\n", t->host, target_seq_name(t), e->seq, strerror(e->err));
    } else {
        words_icmp(t->addr.any.sa_family == AF_INET6, e->type, e->code, e->info, words);
        printf("From ");
        print_who(t, &e->from);
        if (e->has_seq) {
            printf(" %s=%u", target_seq_name(t), e->seq);
        }
        printf(" %s%s%s%s\n", out_sgr(colour(), OUT_BAD), words, e->ext,
               out_sgr(colour(), OUT_PLAIN));
    }
    fflush(stdout);
}

static void text_silence(const struct target *t, uint16_t seq) {
    print_date(t);
    printf("no answer yet for %s=%u\n", target_seq_name(t), seq);
    fflush(stdout);
}

static void text_failed(const struct target *t, int err) {
    if (t->opts->quiet) {
        return;
    }
    if (err == -EMSGSIZE) {
        unsigned mtu = probe_mtu(&t->addr);

        tool_say(mtu != 0 ? "local error: message too long, mtu=%u"
                          : "local error: message too long",
                 mtu);
    } else {
        tool_say("%s: sending: %s", t->host, strerror(-err));
    }
}

static void print_rtt(const struct target *t) {
    const struct stats *s = &t->rtt;

    if (s->n > 0) {
        printf("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms", (double)s->min_ns / 1e6,
               stats_avg_ns(s) / 1e6, (double)s->max_ns / 1e6, stats_dev_ns(s) / 1e6);
    }
    if (t->pipe > 1) {
        printf("%spipe %llu", s->n > 0 ? ", " : "", (unsigned long long)t->pipe);
    }
    if (t->received > 0 && t->sent > 1 &&
        (t->opts->flood || t->opts->adaptive || t->opts->interval_ns == 0)) {
        printf(", ipg/ewma %.3f/%.3f ms",
               (double)(t->last_ns - t->first_ns) / (double)(t->sent - 1) / 1e6, s->ewma_ns / 1e6);
    }
    putchar('\n');
}

static void text_summary(const struct target *t) {
    printf("\n--- %s ping statistics ---\n", t->host);
    printf("%llu packets transmitted, %llu received", (unsigned long long)t->sent,
           (unsigned long long)t->received);
    if (t->duplicates > 0) {
        printf(", +%llu duplicates", (unsigned long long)t->duplicates);
    }
    if (t->corrupted > 0) {
        printf(", +%llu corrupted", (unsigned long long)t->corrupted);
    }
    if (t->errors > 0) {
        printf(", +%llu errors", (unsigned long long)t->errors);
    }
    if (t->sent > 0) {
        printf(", %g%% packet loss, time %lldms", stats_loss(t->sent, t->received),
               (long long)((t->last_ns - t->first_ns) / 1000000));
    }
    putchar('\n');
    print_rtt(t);
    fflush(stdout);
}

const struct voice ping_text = {text_start,   text_sent,   text_reply,  text_error,
                                text_silence, text_failed, text_summary};
