/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_line.c - what a stack tells, as one line of JSON (see event_line.h)
 *
 * Where a packet's headers lie the decoder finds (tools/decode/packet.h); of TCP follows what a
 * sequence plot needs, with relative numbers left to the reader: the state event of a connection has
 * both initial ones. What is no TCP has the decoder's line.
 */
#include "cli/event_line.h"

#include "tools/decode/lab_line.h"
#include "tools/decode/packet.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"

#include <inlet/stack.h>

#include <jansson.h>
#include <string.h>

#define TEXT_MAX 1024

static double ms(inl_dur ns) {
    return (double)ns / (double)INL_MS;
}

static void set(json_t *o, const char *key, json_t *value) {
    json_object_set_new(o, key, value);
}

static void set_int(json_t *o, const char *key, uint64_t value) {
    set(o, key, json_integer((json_int_t)value));
}

static void set_sockaddr(json_t *o, const char *key, const struct inl_sockaddr *addr) {
    char text[INL_ADDR_TEXT_MAX];

    inl_addr_format(&addr->addr, text, sizeof(text));
    set(o, key,
        json_sprintf(inl_addr_is4(&addr->addr) ? "%s:%u" : "[%s]:%u", text, (unsigned)addr->port));
}

/* ---- packets ---- */

struct segment {
    struct inl_sockaddr from, to;
    struct tcp_hdr tcp;
};

/* A segment of TCP, whole and right as far as its header goes? */
static bool segment_parse(const struct capfile_packet *raw, struct segment *ret) {
    struct packet p;

    packet_parse(&p, raw);
    const struct packet_layer *l = packet_layer(&p, PACKET_TCP);

    if (l == NULL) {
        return false;
    }
    struct rd r = rd_init(p.data + l->off_bytes, l->len_bytes + p.payload_bytes);

    ret->from = (struct inl_sockaddr){.addr = p.src, .port = p.src_port};
    ret->to = (struct inl_sockaddr){.addr = p.dst, .port = p.dst_port};
    return tcp_parse(&r, &ret->tcp) == INL_DROP_NONE;
}

static json_t *sack_blocks(const struct tcp_opts *o) {
    json_t *list = json_array();

    for (unsigned i = 0; i < o->sack_n; i++) {
        json_array_append_new(list, json_pack("[I,I]", (json_int_t)o->sack[i].left.v,
                                              (json_int_t)o->sack[i].right.v));
    }
    return list;
}

static void tcp_fields(json_t *data, const struct segment *p) {
    char flags[PACKET_FLAGS_MAX];
    struct tcp_opts opts;

    packet_flags_text(p->tcp.flags, flags);
    tcp_opts_parse(p->tcp.opts, &opts);
    set_sockaddr(data, "from", &p->from);
    set_sockaddr(data, "to", &p->to);
    set(data, "flags", json_string(flags));
    set_int(data, "seq", p->tcp.seq.v);
    if (p->tcp.flags & TCP_ACK) {
        set_int(data, "ack", p->tcp.ack.v);
    }
    set_int(data, "win", p->tcp.win);
    set_int(data, "length", rd_left(&p->tcp.payload));
    if (opts.present & TCP_HAS_SACK) {
        set(data, "sack", sack_blocks(&opts));
    }
}

static const char *packet_event(const struct inl_trace *t, bool tcp) {
    if (t->kind == INL_TRACE_TX) {
        return tcp ? "tcp:packet_sent" : "ip:packet_sent";
    }
    if (t->drop != INL_DROP_NONE) {
        return tcp ? "tcp:packet_dropped" : "ip:packet_dropped";
    }
    return tcp ? "tcp:packet_received" : "ip:packet_received";
}

static const char *packet_fields(struct decode *d, const struct inl_trace *t, json_t *data) {
    struct capfile_packet raw = lab_packet((enum inl_link_kind)t->frame, t->data, t->len_bytes);
    struct segment s;
    bool tcp = segment_parse(&raw, &s);

    if (tcp) {
        tcp_fields(data, &s);
    } else {
        char text[TEXT_MAX];

        set(data, "text", json_stringn(text, decode_packet(d, &raw, text, sizeof(text))));
    }
    set_int(data, "frame_length", t->len_bytes);
    if (t->kind != INL_TRACE_RX) {
        set(data, "cause", json_string(inl_cause_name(t->cause)));
    }
    if (t->drop != INL_DROP_NONE) {
        set(data, "drop", json_string(inl_drop_name(t->drop)));
    }
    return packet_event(t, tcp);
}

/* ---- connections ---- */

static void metrics_fields(json_t *data, const struct inl_trace_tcp *tcp) {
    set_int(data, "cwnd", tcp->cwnd_bytes);
    set_int(data, "ssthresh", tcp->ssthresh_bytes);
    set_int(data, "pipe", tcp->pipe_bytes);
    set_int(data, "snd_wnd", tcp->snd_wnd_bytes);
    set_int(data, "rcv_wnd", tcp->rcv_wnd_bytes);
    set_int(data, "mss", tcp->mss_bytes);
    set_int(data, "snd_una", tcp->snd_una);
    set_int(data, "snd_nxt", tcp->snd_nxt);
    set_int(data, "rcv_nxt", tcp->rcv_nxt);
    if (tcp->srtt_ns > 0) {
        set(data, "srtt", json_real(ms(tcp->srtt_ns)));
        set(data, "rttvar", json_real(ms(tcp->rttvar_ns)));
    }
    set(data, "rto", json_real(ms(tcp->rto_ns)));
    set_int(data, "retransmissions", tcp->retransmissions);
}

static const char *tcp_event_fields(const struct inl_trace *t, json_t *data) {
    const struct inl_trace_tcp *tcp = t->tcp;

    set_sockaddr(data, "local", tcp->local);
    set_sockaddr(data, "remote", tcp->remote);
    switch (t->kind) {
    case INL_TRACE_TCP_STATE:
        set(data, "old", json_string(inl_tcp_state_name(tcp->from)));
        set(data, "new", json_string(inl_tcp_state_name(tcp->state)));
        set_int(data, "iss", tcp->iss);
        set_int(data, "irs", tcp->irs);
        return "tcp:state_updated";
    case INL_TRACE_TCP_EVENT:
        set(data, "event", json_string(inl_tcp_event_name(tcp->event)));
        set(data, "text", json_string(inl_tcp_event_text(tcp->event)));
        metrics_fields(data, tcp);
        return "recovery:event";
    default:
        metrics_fields(data, tcp);
        return "recovery:metrics_updated";
    }
}

size_t event_line(struct decode *d, const struct inl_trace *trace, const char *host, inl_dur since,
                  char *buf, size_t cap) {
    json_t *line = json_object();
    json_t *data = json_object();
    const char *name;
    size_t n;

    name = trace->tcp ? tcp_event_fields(trace, data) : packet_fields(d, trace, data);
    set(line, "time", json_real(ms(since)));
    set(line, "host", json_string(host));
    set(line, "name", json_string(name));
    if (trace->owner != 0) {
        set_int(data, "owner", trace->owner);
    }
    set(line, "data", data);
    n = json_dumpb(line, buf, cap, JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(line);
    return n <= cap ? n : 0;
}
