/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view_json.c - fields and flows as lines of JSON
 */
#include "tools/dump/view_json.h"

#include "tools/common/out.h"
#include "tools/flows/report.h"

#include <jansson.h>

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
