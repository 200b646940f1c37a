/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.c - questions and their answers in a flow of UDP
 */
#include "tools/flows/flows.h"

#include "wire/dns.h"

static struct flow_query *query_of(struct flow *flow, uint16_t id) {
    for (unsigned i = 0; i < FLOWS_QUERIES; i++) {
        if (flow->query[i].used && flow->query[i].id == id) {
            return &flow->query[i];
        }
    }
    return NULL;
}

void flow_dns(struct flow *flow, const struct packet *p, struct flow_event *e) {
    struct dns_msg m;

    if (!dns_parse(rd_init(p->data + p->payload_off, p->payload_bytes), &m)) {
        return;
    }
    e->marks |= FLOW_DNS;
    struct flow_query *q = query_of(flow, m.hdr.id);

    if (!m.hdr.response) {
        if (q == NULL) { /* asked again, it keeps its first time */
            q = &flow->query[flow->queries % FLOWS_QUERIES];
            *q = (struct flow_query){.id = m.hdr.id, .used = true, .time_ns = p->time_ns};
        }
        flow->queries++;
        return;
    }
    flow->answers++;
    if (q != NULL) {
        e->rtt_ns = p->time_ns - q->time_ns;
        flow_times_add(&flow->answer, e->rtt_ns);
        q->used = false;
    }
}
