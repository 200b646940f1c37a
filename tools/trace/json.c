/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - the way as lines of JSON (docs/schema/trace.json)
 */
#include "tools/common/out.h"
#include "tools/probe/words.h"
#include "tools/trace/trace.h"

static void put(json_t *o, const char *key, json_t *value) {
    if (value != NULL && json_object_set_new(o, key, value) != 0) {
        return; /* memory is short: the line lacks a member */
    }
}

static const char *protocol_of(const struct probe_conf *conf) {
    static const char *const names[] = {
        [PROBE_ECHO] = "icmp", [PROBE_UDP] = "udp", [PROBE_TCP] = "tcp"};

    return names[conf->kind];
}

void json_start(const struct trace *t, const struct walk_conf *conf) {
    json_t *o = json_pack("{s:s, s:o, s:s, s:s, s:i}", "type", "start", "host",
                          out_json_text(t->host), "address", t->number, "protocol",
                          protocol_of(&conf->probe), "max_hops", (int)conf->last);

    if (conf->probe.kind != PROBE_ECHO) {
        put(o, "port", json_integer(conf->probe.port));
    }
    out_json(o);
}

static void put_who(const struct trace *t, json_t *o, const union names_addr *addr) {
    const char *name = t->numeric ? NULL : rdns_name(t->rdns, addr);
    const char *as = t->as_numbers ? rdns_as(t->rdns, addr) : NULL;
    char number[NAMES_ADDR_MAX];

    names_number(addr, number);
    put(o, "from", json_string(number));
    if (name != NULL) {
        put(o, "name", out_json_text(name));
    }
    if (as != NULL) {
        put(o, "as", json_string(as));
    }
}

static json_t *answer(const struct trace *t, const struct walk *w, unsigned ttl, unsigned i) {
    const struct walk_answer *a = &w->hops[ttl].answers[i];
    bool v6 = w->conf.probe.to.any.sa_family == AF_INET6;
    json_t *o = json_pack("{s:i, s:b}", "flow", (int)(i % w->conf.flows), "answered",
                          a->state == WALK_ANSWERED);
    char words[WORDS_MAX];

    if (a->state != WALK_ANSWERED) {
        return o;
    }
    put_who(t, o, &a->from);
    put(o, "rtt_ms", json_real((double)a->rtt_ns / 1e6));
    if (a->ttl >= 0) {
        put(o, "ttl", json_integer(a->ttl));
    }
    if (a->what == PROBE_ICMP) {
        words_icmp(v6, a->type, a->code, a->info, words);
        put(o, "message", json_string(words));
        put(o, "icmp_type", json_integer(a->type));
        put(o, "icmp_code", json_integer(a->code));
    } else if (w->conf.probe.kind != PROBE_ECHO) {
        put(o, "state", json_string(a->what == PROBE_CLOSED ? "closed" : "open"));
    }
    if (a->ext[0] != '\0') {
        put(o, "extensions", out_json_text(a->ext + 2));
    }
    if (a->translated) {
        put(o, "translated", json_true());
    }
    if (a->mtu_bytes != 0) {
        put(o, "mtu_bytes", json_integer(a->mtu_bytes));
    }
    return o;
}

void json_hop(const struct trace *t, const struct walk *w, unsigned ttl) {
    json_t *answers = json_array();

    for (unsigned i = 0; i < w->conf.queries; i++) {
        (void)json_array_append_new(answers, answer(t, w, ttl, i));
    }
    out_json(json_pack("{s:s, s:i, s:o}", "type", "hop", "hop", (int)ttl, "answers", answers));
}

/* Did the host itself answer, be it that its port is closed? */
static bool was_reached(const struct walk *w) {
    bool v6 = w->conf.probe.to.any.sa_family == AF_INET6;

    for (unsigned i = 0; i < w->conf.queries; i++) {
        const struct walk_answer *a = &w->hops[w->end].answers[i];

        if (walk_is_final(w, a) &&
            (a->what != PROBE_ICMP || words_is_closed(v6, a->type, a->code))) {
            return true;
        }
    }
    return false;
}

void json_end(const struct trace *t, const struct walk *w) {
    json_t *o =
        json_pack("{s:s, s:b, s:i}", "type", "end", "reached", was_reached(w), "hops", (int)w->end);

    (void)t;
    if (w->conf.mtu) {
        put(o, "mtu_bytes", json_integer(w->mtu_bytes));
    }
    out_json(o);
}

void json_rounds(const struct trace *t, const struct rounds *r) {
    for (unsigned ttl = r->conf.first; ttl <= r->end; ttl++) {
        const struct rounds_hop *h = &r->hops[ttl];
        json_t *o = json_pack("{s:s, s:i, s:I, s:I, s:f}", "type", "figures", "hop", (int)ttl,
                              "sent", (json_int_t)h->sent, "received", (json_int_t)h->received,
                              "loss_percent", rounds_loss(h));

        if (h->sent == 0) {
            json_decref(o);
            continue;
        }
        if (h->n_addrs > 0) {
            put_who(t, o, &h->addrs[0]);
            put(o, "addresses", json_integer(h->n_addrs + h->more_addrs));
            put(o, "last_ms", json_real((double)h->rtt.last_ns / 1e6));
            put(o, "avg_ms", json_real(stats_avg_ns(&h->rtt) / 1e6));
            put(o, "best_ms", json_real((double)h->rtt.min_ns / 1e6));
            put(o, "worst_ms", json_real((double)h->rtt.max_ns / 1e6));
            put(o, "stdev_ms", json_real(stats_dev_ns(&h->rtt) / 1e6));
            put(o, "jitter_ms", json_real(h->rtt.jitter_ns / 1e6));
        }
        if (h->translated) {
            put(o, "translated", json_true());
        }
        if (h->ext[0] != '\0') {
            put(o, "extensions", out_json_text(h->ext + 2));
        }
        out_json(o);
    }
}
