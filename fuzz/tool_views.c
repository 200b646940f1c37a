/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tool_views.c - fuzz target: a capture's packets, explained one by one and followed as flows
 *
 * The input is records of {link type, milliseconds, length, bytes}; the last one takes the rest.
 */
#include "fuzz.h"

#include "tools/decode/packet.h"
#include "tools/explain/explain.h"
#include "tools/flows/flows.h"
#include "tools/flows/report.h"

static const uint32_t links[] = {CAPFILE_ETHERNET, CAPFILE_RAW,  CAPFILE_SLL,
                                 CAPFILE_SLL2,     CAPFILE_NULL, 147};
#define LINKS_N (sizeof(links) / sizeof(links[0]))

static FILE *nowhere;
static struct explain explained;

static void check_explained(size_t captured) {
    for (size_t i = 0; i < explained.layers_n; i++) {
        const struct explain_layer *l = &explained.layers[i];

        FUZZ_CHECK(l->first + l->len_bytes <= captured);
        FUZZ_CHECK(l->field + l->fields_n <= explained.fields_n);
        for (size_t j = 0; j < l->fields_n; j++) {
            const struct explain_field *f = &explained.fields[l->field + j];

            FUZZ_CHECK((f->bit + f->bits + 7) / 8 <= l->first + l->len_bytes);
        }
    }
}

static void check_flow(const struct flow *flow) {
    for (unsigned side = 0; side < 2; side++) {
        const struct flow_side *s = &flow->side[side];

        FUZZ_CHECK(s->seen_n <= FLOWS_HOLES && s->sent_n <= FLOWS_SENT);
        for (unsigned i = 0; i < s->seen_n; i++) {
            FUZZ_CHECK(s->seen[i].lo < s->seen[i].hi);
            FUZZ_CHECK(s->seen[i].lo > (i > 0 ? s->seen[i - 1].hi : s->whole));
        }
    }
}

static void show(struct flows *flows) {
    flows_end(flows);
    report_table(nowhere, flows, true);
    for (const struct flow *flow = flows->first; flow != NULL; flow = flow->next) {
        report_flow(nowhere, flow, true);
        report_ladder(nowhere, flow, false);
    }
    report_svg(nowhere, flows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct flows_options options = {.max = 8, .events = 40};
    struct rd r = rd_init(data, size);
    struct capfile_packet p = {.time_ns = 1};
    struct packet packet;
    struct flows flows;

    if (nowhere == NULL) {
        nowhere = fopen("/dev/null", "w");
        FUZZ_CHECK(nowhere != NULL);
    }
    FUZZ_CHECK(flows_begin(&flows, &options) == 0);
    for (uint64_t number = 1; rd_left(&r) > 4; number++) {
        p.link = links[rd_u8(&r) % LINKS_N];
        p.time_ns += (int64_t)rd_u8(&r) * 1000000;
        size_t len = rd_be16(&r);

        len = len < rd_left(&r) ? len : rd_left(&r);
        p.cap_bytes = (uint32_t)len;
        p.len_bytes = (uint32_t)len + (p.link == CAPFILE_NULL ? 100 : 0);
        uint8_t *exact = fuzz_exact(rd_take(&r, len), len);

        p.data = exact;
        explain_packet(&explained, exact, len, p.len_bytes, (enum explain_link)p.link);
        check_explained(len);
        explain_text(nowhere, &explained, number % 2 == 0);
        packet_parse(&packet, &p);
        flows_packet(&flows, &packet, number, "why", number % 3);
        for (const struct flow *flow = flows.first; flow != NULL; flow = flow->next) {
            check_flow(flow);
        }
        fuzz_exact_free(exact, len);
    }
    show(&flows);
    flows_done(&flows);
    return 0;
}
