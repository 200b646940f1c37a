/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_json.c - fields and flows as lines of JSON
 */
#include "tools/dump/view_json.h"

#include "tools/common/clean.h"
#include "tools/common/out.h"
#include "tools/flows/report.h"

#include <jansson.h>
#include <stdlib.h>

#define NS_PER_S 1e9
#define NS_PER_MS 1e6
#define TCP_NUMBER 6

static json_t *fields_of(const struct explain *e, const struct explain_layer *l) {
    json_t *list = json_array();

    for (size_t i = 0; i < l->fields_n; i++) {
        const struct explain_field *f = &e->fields[l->field + i];

        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:I, s:o, s:o, s:b}", "name", f->name, "bit",
                                        (json_int_t)f->bit, "bits", (json_int_t)f->bits, "value",
                                        out_json_text(f->value), "meaning",
                                        out_json_text(f->meaning), "wrong", f->wrong));
    }
    return list;
}

void view_json_packet(const struct explain *e, const struct capfile_packet *p, uint64_t number) {
    json_t *layers = json_array();

    for (size_t i = 0; i < e->layers_n; i++) {
        const struct explain_layer *l = &e->layers[i];

        json_array_append_new(layers,
                              json_pack("{s:s, s:s, s:I, s:I, s:b, s:b, s:o}", "name", l->name,
                                        "source", l->source, "first_byte", (json_int_t)l->first,
                                        "bytes", (json_int_t)l->len_bytes, "cut", l->cut, "quoted",
                                        l->quoted, "fields", fields_of(e, l)));
    }
    out_json(json_pack("{s:s, s:I, s:f, s:I, s:I, s:b, s:o}", "type", "explanation", "number",
                       (json_int_t)number, "time", (double)p->time_ns / NS_PER_S, "bytes",
                       (json_int_t)p->len_bytes, "captured", (json_int_t)p->cap_bytes, "incomplete",
                       e->full, "layers", layers));
}

/* ---- packets ---- */

static const char *checksum_of(const struct packet_layer *l) {
    return l->flags & PACKET_SUM_BAD    ? "wrong"
           : l->flags & PACKET_SUM_OK   ? "right"
           : l->flags & PACKET_SUM_NONE ? "none"
                                        : "unknown";
}

static json_t *layers_of(const struct packet *packet) {
    json_t *list = json_array();

    for (unsigned i = 0; i < packet->n; i++) {
        const struct packet_layer *l = &packet->layer[i];
        json_t *layer = json_pack("{s:s, s:I, s:I, s:b, s:b, s:s}", "name",
                                  packet_kind_text((enum packet_kind)l->kind), "first_byte",
                                  (json_int_t)l->off_bytes, "bytes", (json_int_t)l->len_bytes,
                                  "cut", (l->flags & PACKET_CUT) != 0, "bad",
                                  (l->flags & PACKET_BAD) != 0, "checksum", checksum_of(l));

        if (l->flags & PACKET_SUM_BAD) {
            json_object_set_new(layer, "expected", json_integer(l->sum_expected));
        }
        json_array_append_new(list, layer);
    }
    return list;
}

static json_t *addr_of(const struct packet *packet, const struct inl_addr *addr) {
    char text[INL_ADDR_TEXT_MAX];

    if (packet->ip_version == 0 || inl_addr_format(addr, text, sizeof(text)) < 0) {
        return json_null();
    }
    return json_string(text);
}

static json_t *comment_of(const struct capfile_packet *p) {
    size_t cap = 4 * (size_t)p->comment_len + 1;
    char *text = p->comment_len > 0 ? malloc(cap) : NULL;

    if (text == NULL) {
        return json_null();
    }
    clean_bytes(p->comment, p->comment_len, text, cap);
    json_t *comment = out_json_text(text);

    free(text);
    return comment;
}

void view_json_line(const struct packet *packet, const struct capfile_packet *p, uint64_t number,
                    const char *text, const char *owner) {
    bool ports = packet->src_port != 0 || packet->dst_port != 0;

    out_json(
        json_pack("{s:s, s:I, s:f, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                  "type", "packet", "number", (json_int_t)number, "time",
                  (double)p->time_ns / NS_PER_S, "link", (json_int_t)p->link, "bytes",
                  (json_int_t)p->len_bytes, "captured", (json_int_t)p->cap_bytes, "source",
                  addr_of(packet, &packet->src), "destination", addr_of(packet, &packet->dst),
                  "source_port", ports ? json_integer(packet->src_port) : json_null(),
                  "destination_port", ports ? json_integer(packet->dst_port) : json_null(),
                  "protocol", packet->ip_version != 0 ? json_integer(packet->proto) : json_null(),
                  "layers", layers_of(packet), "text", out_json_text(text), "reason", comment_of(p),
                  "owner", owner != NULL ? out_json_text(owner) : json_null()));
}

/* ---- flows ---- */

static json_t *times_of(const struct flow_times *t) {
    if (t->n == 0) {
        return json_null();
    }
    return json_pack(
        "{s:I, s:f, s:f, s:f}", "count", (json_int_t)t->n, "min_ms", (double)t->min / NS_PER_MS,
        "mean_ms", (double)t->sum / (double)t->n / NS_PER_MS, "max_ms", (double)t->max / NS_PER_MS);
}

static json_t *side_of(const struct flow_side *s) {
    char end[REPORT_END_MAX];
    json_t *marks = json_object();

    for (unsigned bit = 0; bit < 16; bit++) {
        if (s->marked[bit] > 0) {
            json_object_set_new(marks, flow_mark_name(bit),
                                json_integer((json_int_t)s->marked[bit]));
        }
    }
    report_end(s, end);
    return json_pack("{s:s, s:I, s:I, s:o, s:o}", "end", end, "packets", (json_int_t)s->packets,
                     "bytes", (json_int_t)s->bytes, "marks", marks, "rtt", times_of(&s->rtt));
}

static const char *word_of(enum flow_end end) {
    static const char *const words[] = {
        [FLOW_OPEN] = "open",   [FLOW_CLOSED] = "closed",   [FLOW_CLOSING] = "closing",
        [FLOW_RESET] = "reset", [FLOW_REFUSED] = "refused", [FLOW_SILENT] = "silent",
    };

    return words[end];
}

static json_t *handshake_of(const struct flow *flow) {
    const struct flow_side *a = &flow->side[0], *b = &flow->side[1];

    if (flow->proto != TCP_NUMBER || flow->syn_ns == 0 || flow->synack_ns == 0) {
        return json_null();
    }
    return json_pack(
        "{s:f, s:o, s:[i,i], s:b, s:b, s:b, s:b}", "server_ms",
        (double)(flow->synack_ns - flow->syn_ns) / NS_PER_MS, "client_ms",
        flow->ack_ns != 0 ? json_real((double)(flow->ack_ns - flow->synack_ns) / NS_PER_MS)
                          : json_null(),
        "mss", (int)a->mss, (int)b->mss, "window_scale", a->has_scale && b->has_scale, "sack",
        a->has_sack && b->has_sack, "timestamps", a->has_ts && b->has_ts, "ecn", a->ecn && b->ecn);
}

static void print_flow(const struct flow *flow) {
    json_t *closer =
        flow->closer < 0 ? json_null() : json_string(flow->closer == 0 ? "client" : "server");

    out_json(json_pack(
        "{s:s, s:I, s:s, s:f, s:f, s:o, s:o, s:o, s:s, s:o, s:I, s:I, s:o}", "type", "flow", "flow",
        (json_int_t)flow->id, "protocol", flow->proto == TCP_NUMBER ? "tcp" : "udp", "time",
        (double)flow->first_ns / NS_PER_S, "duration_s",
        (double)(flow->last_ns - flow->first_ns) / NS_PER_S, "client", side_of(&flow->side[0]),
        "server", side_of(&flow->side[1]), "handshake", handshake_of(flow), "state",
        word_of(flow->end), "closer", closer, "dns_questions", (json_int_t)flow->queries,
        "dns_answers", (json_int_t)flow->answers, "dns_times", times_of(&flow->answer)));
}

static void print_segment(const struct flow *flow, const struct flow_event *e) {
    json_t *marks = json_array();

    for (unsigned bit = 0; bit < 16; bit++) {
        if ((e->marks >> bit & 1) != 0) {
            json_array_append_new(marks, json_string(flow_mark_name(bit)));
        }
    }
    out_json(
        json_pack("{s:s, s:I, s:I, s:f, s:s, s:i, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "type",
                  "segment", "flow", (json_int_t)flow->id, "number", (json_int_t)e->number, "time",
                  (double)e->time_ns / NS_PER_S, "from", e->side == 0 ? "client" : "server",
                  "flags", (int)e->flags, "seq", (json_int_t)e->seq, "ack", (json_int_t)e->ack,
                  "window", (json_int_t)e->window, "bytes", (json_int_t)e->len_bytes, "rtt_ms",
                  e->rtt_ns > 0 ? json_real((double)e->rtt_ns / NS_PER_MS) : json_null(), "marks",
                  marks, "reason", e->text != NULL ? out_json_text(e->text) : json_null()));
}

void view_json_flows(const struct flows *flows) {
    for (const struct flow *flow = flows->first; flow != NULL; flow = flow->next) {
        print_flow(flow);
    }
    for (const struct flow *flow = flows->first; flow != NULL; flow = flow->next) {
        for (size_t i = 0; i < flow->events_n; i++) {
            print_segment(flow, &flow->events[i]);
        }
    }
}
