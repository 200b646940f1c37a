/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socks_json.c - sockets as objects (docs/schema/netstat.json)
 */
#include "tools/common/out.h"
#include "tools/common/ports.h"
#include "tools/netstat/netstat.h"

static json_t *ms(inl_dur ns) {
    return ns != 0 ? json_real((double)ns / 1e6) : json_null();
}

static json_t *number(uint64_t n) {
    return json_integer((json_int_t)n);
}

static json_t *tcp_object(const struct sock_tcp *t) {
    json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o}", "congestion", t->congestion, "rtt_ms",
                          ms(t->srtt_ns), "rttvar_ms", ms(t->rttvar_ns), "rto_ms", ms(t->rto_ns),
                          "min_rtt_ms", ms(t->min_rtt_ns));

    json_object_set_new(o, "mss_bytes", number(t->mss_bytes));
    json_object_set_new(o, "pmtu_bytes", number(t->pmtu_bytes));
    json_object_set_new(o, "cwnd_bytes", number(t->cwnd_bytes));
    json_object_set_new(o, "ssthresh_bytes",
                        t->ssthresh_bytes != 0 ? number(t->ssthresh_bytes) : json_null());
    json_object_set_new(o, "flight_segs", number(t->flight_segs));
    json_object_set_new(o, "lost_segs", number(t->lost_segs));
    json_object_set_new(o, "sacked_segs", number(t->sacked_segs));
    json_object_set_new(o, "retransmitted_segs", number(t->rtx_segs));
    json_object_set_new(o, "bytes_acked", number(t->bytes_acked));
    json_object_set_new(o, "bytes_received", number(t->bytes_received));
    json_object_set_new(o, "segs_out", number(t->segs_out));
    json_object_set_new(o, "segs_in", number(t->segs_in));
    json_object_set_new(o, "notsent_bytes", number(t->notsent_bytes));
    json_object_set_new(o, "pacing_bytes_per_s", number(t->pacing_rate));
    json_object_set_new(o, "delivery_bytes_per_s", number(t->delivery_rate));
    json_object_set_new(o, "window_scaling", json_boolean(t->wscale));
    json_object_set_new(o, "timestamps", json_boolean(t->timestamps));
    json_object_set_new(o, "sack", json_boolean(t->sack));
    json_object_set_new(o, "ecn", json_boolean(t->ecn));
    return o;
}

static json_t *service(const struct sock *s, uint16_t port) {
    const char *name = s->kind < SK_RAW && port != 0
                           ? ports_name(port, s->kind == SK_TCP ? PORTS_TCP : PORTS_UDP)
                           : NULL;

    return name != NULL ? json_string(name) : json_null();
}

/* What a lab does not know of its sockets. */
static void add_machine(json_t *o, const struct sock *s) {
    static const char *const timers[SOCK_TIMERS] = {"off", "rto", "keepalive", "timewait", "probe"};

    json_object_set_new(o, "uid", number(s->uid));
    json_object_set_new(o, "inode", number(s->inode));
    json_object_set_new(o, "timer", json_string(timers[s->timer]));
    json_object_set_new(o, "timer_ms", s->timer != SOCK_TIMER_OFF ? ms(s->timer_ns) : json_null());
    json_object_set_new(o, "retransmissions", number(s->retrans));
    json_object_set_new(o, "probes", number(s->probes));
}

void json_line(const struct netstat_options *options, const struct sock *s) {
    char local[SOCK_END_MAX], remote[SOCK_END_MAX];

    sk_end_text(s, &s->local, SOCK_BRACKETS, local);
    sk_end_text(s, &s->remote, SOCK_BRACKETS, remote);
    json_t *o =
        json_pack("{s:s, s:o, s:s, s:I, s:I, s:s, s:s, s:s, s:o, s:o, s:I, s:o}", "type", "socket",
                  "host", s->host[0] != '\0' ? out_json_text(s->host) : json_null(), "proto",
                  sk_proto(s), "recv_q", (json_int_t)s->rcvq, "send_q", (json_int_t)s->sndq,
                  "local", local, "foreign", remote, "state", sk_state_rfc(s), "local_service",
                  service(s, s->local.port), "foreign_service", service(s, s->remote.port), "pid",
                  (json_int_t)s->pid, "program", out_json_text(s->program));

    if (o != NULL && s->host[0] == '\0') {
        add_machine(o, s);
    }
    if (o != NULL && options->info && s->has_tcp) {
        json_object_set_new(o, "tcp", tcp_object(&s->tcp));
    }
    out_json(o);
}
