/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.c - packets shown in other ways than a line each
 */
#include "tools/dump/view.h"

#include "tools/common/clean.h"
#include "tools/common/out.h"
#include "tools/common/tool.h"
#include "tools/decode/packet.h"
#include "tools/dump/view_json.h"
#include "tools/explain/explain.h"
#include "tools/flows/flows.h"
#include "tools/flows/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define DETAILS_MAX 10 /* so many flows are told of one by one without being asked */

struct view {
    struct view_options o;
    bool colour;
    int64_t first_ns;
    struct flows flows;
    struct packet packet;
    struct explain explain;
};

bool view_wanted(const struct view_options *o) {
    return o->explain || o->flows || o->ladder != VIEW_NO_LADDER;
}

struct view *view_new(const struct view_options *o) {
    struct view *v = calloc(1, sizeof(*v));
    struct flows_options flows = {.max = o->flows_max,
                                  .events = o->ladder != VIEW_NO_LADDER ? o->ladder_max : 0};

    /* without random numbers a capture made for it could make the table slow, no more */
    if (getrandom(flows.key, sizeof(flows.key), GRND_NONBLOCK) < 0) {
        flows.key[0] = (uint8_t)getpid();
    }
    if (v == NULL || flows_begin(&v->flows, &flows) < 0) {
        tool_say("memory is short");
        free(v);
        return NULL;
    }
    v->o = *o;
    v->colour = out_wants_colour(STDOUT_FILENO);
    return v;
}

static void explain(struct view *v, const struct capfile_packet *p, uint64_t number) {
    explain_packet(&v->explain, p->data, p->cap_bytes, p->len_bytes, (enum explain_link)p->link);
    if (v->o.json) {
        view_json_packet(&v->explain, p, number);
        return;
    }
    printf("%spacket %" PRIu64 ", %.6f s, %u bytes%s", out_sgr(v->colour, OUT_STRONG), number,
           (double)(p->time_ns - v->first_ns) / 1e9, p->len_bytes, out_sgr(v->colour, OUT_PLAIN));
    if (p->cap_bytes < p->len_bytes) {
        printf(", %u of them captured", p->cap_bytes);
    }
    putchar('\n');
    if (p->comment_len > 0) {
        char *comment = malloc(4 * (size_t)p->comment_len + 1);

        if (comment != NULL) {
            clean_bytes(p->comment, p->comment_len, comment, 4 * (size_t)p->comment_len + 1);
            printf("%s\n", comment);
        }
        free(comment);
    }
    putchar('\n');
    explain_text(stdout, &v->explain, v->colour);
}

void view_packet(struct view *v, const struct capfile_packet *p, uint64_t number) {
    v->first_ns = v->first_ns != 0 ? v->first_ns : p->time_ns;
    if (v->o.explain) {
        explain(v, p, number);
    }
    if (v->o.flows || v->o.ladder != VIEW_NO_LADDER) {
        packet_parse(&v->packet, p);
        flows_packet(&v->flows, &v->packet, number, p->comment, p->comment_len);
    }
}

void view_end(struct view *v) {
    if (!v->o.flows && v->o.ladder == VIEW_NO_LADDER) {
        return;
    }
    flows_end(&v->flows);
    if (v->o.json) {
        view_json_flows(&v->flows);
        return;
    }
    if (v->o.ladder == VIEW_LADDER_SVG) {
        report_svg(stdout, &v->flows);
        return;
    }
    if (v->o.flows) {
        report_table(stdout, &v->flows, v->colour);
        putchar('\n');
    }
    for (const struct flow *flow = v->flows.first; flow != NULL; flow = flow->next) {
        if (v->o.flows && (v->o.details || v->flows.n <= DETAILS_MAX)) {
            report_flow(stdout, flow, v->colour);
        }
        if (v->o.ladder == VIEW_LADDER_TEXT) {
            report_ladder(stdout, flow, v->colour);
        }
    }
}

void view_free(struct view *v) {
    if (v != NULL) {
        flows_done(&v->flows);
    }
    free(v);
}
