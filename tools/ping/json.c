/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - ping as lines of JSON (docs/schema/ping.json)
 */
#include "tools/common/out.h"
#include "tools/ping/ping.h"
#include "tools/probe/words.h"

#include <string.h>
#include <sys/time.h>

static double now_s(void) {
    struct timeval now;

    gettimeofday(&now, NULL);
    return (double)now.tv_sec + (double)now.tv_usec / 1e6;
}

static json_t *line(const char *type, const struct target *t) {
    json_t *o = json_pack("{s:s, s:f, s:o, s:s}", "type", type, "time", now_s(), "host",
                          out_json_text(t->host), "address", t->number);

    return o;
}

static void put(json_t *o, const char *key, json_t *value) {
    if (value != NULL && json_object_set_new(o, key, value) != 0) {
        return; /* memory is short: the line lacks a member, and the test of its schema tells */
    }
}

static const char *protocol_of(const struct target *t) {
    static const char *const names[] = {
        [PROBE_ECHO] = "icmp", [PROBE_UDP] = "udp", [PROBE_TCP] = "tcp"};

    return names[t->opts->conf.kind];
}

static void json_start(const struct target *t) {
    json_t *o = line("start", t);

    put(o, "protocol", json_string(protocol_of(t)));
    put(o, "data_bytes", json_integer((json_int_t)t->opts->conf.data_bytes));
    if (t->opts->conf.kind != PROBE_ECHO) {
        put(o, "port", json_integer(t->opts->conf.port));
    }
    out_json(o);
}

static void json_sent(struct target *t) {
    (void)t;
}

static void put_from(json_t *o, const struct target *t, const union names_addr *from) {
    const char *name = t->named ? who_name(t->opts->who, from) : NULL;
    char number[NAMES_ADDR_MAX];

    names_number(from, number);
    put(o, "from", json_string(number));
    if (name != NULL) {
        put(o, "name", out_json_text(name));
    }
}

static void json_reply(struct target *t, const struct reply *r) {
    const struct probe_event *e = r->event;

    if (t->opts->quiet) {
        return;
    }
    json_t *o = line("reply", t);

    put_from(o, t, &e->from);
    put(o, "seq", json_integer(e->seq));
    put(o, "bytes", json_integer(e->bytes));
    if (e->ttl >= 0) {
        put(o, "ttl", json_integer(e->ttl));
    }
    put(o, "rtt_ms", json_real((double)r->rtt_ns / 1e6));
    if (t->opts->conf.kind != PROBE_ECHO) {
        put(o, "state", json_string(e->what == PROBE_CLOSED ? "closed" : "open"));
    }
    if (r->duplicate) {
        put(o, "duplicate", json_true());
    }
    if (e->csum_bad) {
        put(o, "bad_checksum", json_true());
    }
    if (e->differs) {
        put(o, "wrong_data_at", json_integer(e->differs_at));
    }
    out_json(o);
}

static void json_error(const struct target *t, const struct probe_event *e) {
    char words[WORDS_MAX];

    if (t->opts->quiet) {
        return;
    }
    json_t *o = line("error", t);

    if (e->has_seq) {
        put(o, "seq", json_integer(e->seq));
    }
    if (e->what == PROBE_FAILED) {
        put(o, "error", json_string(strerror(e->err)));
    } else {
        words_icmp(t->addr.any.sa_family == AF_INET6, e->type, e->code, e->info, words);
        put_from(o, t, &e->from);
        put(o, "error", json_string(words));
        put(o, "icmp_type", json_integer(e->type));
        put(o, "icmp_code", json_integer(e->code));
        if (e->ext[0] != '\0') {
            put(o, "extensions", out_json_text(e->ext + 2));
        }
    }
    out_json(o);
}

static void json_silence(const struct target *t, uint16_t seq) {
    json_t *o = line("silence", t);

    put(o, "seq", json_integer(seq));
    out_json(o);
}

static void json_failed(const struct target *t, int err) {
    struct probe_event e = {.what = PROBE_FAILED, .has_seq = true, .err = -err};

    e.seq = (uint16_t)t->sent;
    json_error(t, &e);
}

static void json_summary(const struct target *t) {
    const struct stats *s = &t->rtt;
    json_t *o = line("summary", t);

    put(o, "sent", json_integer((json_int_t)t->sent));
    put(o, "received", json_integer((json_int_t)t->received));
    put(o, "duplicates", json_integer((json_int_t)t->duplicates));
    put(o, "corrupted", json_integer((json_int_t)t->corrupted));
    put(o, "errors", json_integer((json_int_t)t->errors));
    put(o, "loss_percent", json_real(stats_loss(t->sent, t->received)));
    put(o, "duration_ms", json_real((double)(t->last_ns - t->first_ns) / 1e6));
    if (s->n > 0) {
        put(o, "rtt_min_ms", json_real((double)s->min_ns / 1e6));
        put(o, "rtt_avg_ms", json_real(stats_avg_ns(s) / 1e6));
        put(o, "rtt_max_ms", json_real((double)s->max_ns / 1e6));
        put(o, "rtt_mdev_ms", json_real(stats_dev_ns(s) / 1e6));
        put(o, "jitter_ms", json_real(s->jitter_ns / 1e6));
    }
    out_json(o);
}

const struct voice ping_json = {json_start,   json_sent,   json_reply,  json_error,
                                json_silence, json_failed, json_summary};
