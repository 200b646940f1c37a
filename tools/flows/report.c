/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.c - flows for people: a table, and what happened in each
 */
#include "tools/flows/report.h"

#include "base/text.h"
#include "tools/common/colour.h"
#include "wire/ipproto.h"

#include <inttypes.h>
#include <string.h>

#define NS_PER_MS 1000000.0
#define NS_PER_S 1000000000.0

/* Marks that tell of trouble. */
#define TROUBLE                                                                                    \
    (FLOW_AGAIN | FLOW_NEEDLESS | FLOW_LATE | FLOW_GAP | FLOW_ZERO_WINDOW | FLOW_BAD_SUM)

void report_end(const struct flow_side *side, char buf[REPORT_END_MAX]) {
    struct text t = text_init(buf, REPORT_END_MAX);

    text_addr(&t, &side->addr);
    text_chr(&t, '.');
    text_u64(&t, side->port);
}

void report_marks(uint32_t marks, char *buf, size_t cap) {
    size_t n = 0;

    buf[0] = '\0';
    if (marks & FLOW_NEEDLESS) {
        marks &= ~(uint32_t)FLOW_AGAIN; /* said by it */
    }
    for (unsigned bit = 0; bit < 16; bit++) {
        if ((marks >> bit & 1) != 0 && n < cap) {
            n += (size_t)snprintf(buf + n, cap - n, "%s%s", n > 0 ? ", " : "", flow_mark_text(bit));
        }
    }
}

size_t report_segment(const struct flow *flow, const struct flow_event *e, char *buf, size_t cap) {
    static const char letters[] = "FSRPAUEC";
    struct text t = text_init(buf, cap);

    if (flow->proto != IP_PROTO_TCP) {
        text_u64(&t, e->len_bytes);
        text_str(&t, " bytes");
        return t.len;
    }
    for (unsigned bit = 0; bit < 8; bit++) {
        if ((e->flags >> bit & 1) != 0 && letters[bit] != 'A') {
            text_chr(&t, letters[bit]);
        }
    }
    text_str(&t, (e->flags & FLOW_ACK) ? ". seq " : " seq ");
    text_u64(&t, e->seq);
    if (e->len_bytes > 0) {
        text_chr(&t, ':');
        text_u64(&t, e->seq + e->len_bytes);
    }
    if (e->flags & FLOW_ACK) {
        text_str(&t, " ack ");
        text_u64(&t, e->ack);
    }
    text_str(&t, " win ");
    text_u64(&t, e->window);
    return t.len;
}

static void print_bytes(FILE *f, uint64_t bytes, int width) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    unsigned unit = 0;

    while (value >= 10000 && unit < 4) {
        value /= 1000;
        unit++;
    }
    fprintf(f, unit == 0 ? "%*.0f %-2s" : "%*.1f %-2s", width, value, units[unit]);
}

/* "closed by 10.0.0.1.80" needs its name once only: client and server. */
static const char *who(int side) {
    return side == 0 ? "client" : "server";
}

static void print_end(FILE *f, const struct flow *flow, bool colour) {
    bool bad = flow->end == FLOW_RESET || flow->end == FLOW_REFUSED || flow->end == FLOW_SILENT;

    if (flow->proto != IP_PROTO_TCP) {
        if (flow->queries + flow->answers > 0) {
            fprintf(f, "%" PRIu64 " questions, %" PRIu64 " answers", flow->queries, flow->answers);
        }
        return;
    }
    fprintf(f, "%s%s", out_sgr(colour && bad, OUT_BAD), flow_end_text(flow->end));
    if (flow->closer >= 0 && flow->end != FLOW_REFUSED) {
        fprintf(f, " (%s%s)", who(flow->closer), flow->end == FLOW_RESET ? "" : " first");
    }
    fputs(out_sgr(colour && bad, OUT_PLAIN), f);
}

void report_table(FILE *f, const struct flows *flows, bool colour) {
    fprintf(f, "%5s  %-5s %-28s %-28s %8s %8s %10s %10s %10s  %s\n", "#", "proto", "client",
            "server", "packets", "back", "bytes", "back", "time", "end");
    for (const struct flow *flow = flows->first; flow != NULL; flow = flow->next) {
        const struct flow_side *a = &flow->side[0], *b = &flow->side[1];
        uint64_t again = a->marked[0] + b->marked[0];
        char end_a[REPORT_END_MAX], end_b[REPORT_END_MAX];

        report_end(a, end_a);
        report_end(b, end_b);
        fprintf(f, "%5" PRIu64 "  %-5s %-28s %-28s %8" PRIu64 " %8" PRIu64 " ", flow->id,
                flow->proto == IP_PROTO_TCP ? "tcp" : "udp", end_a, end_b, a->packets, b->packets);
        print_bytes(f, a->bytes, 7);
        fputc(' ', f);
        print_bytes(f, b->bytes, 7);
        fprintf(f, " %8.3f s  ", (double)(flow->last_ns - flow->first_ns) / NS_PER_S);
        print_end(f, flow, colour);
        if (again > 0) {
            fprintf(f, "%s, %" PRIu64 " sent again%s", out_sgr(colour, OUT_WARN), again,
                    out_sgr(colour, OUT_PLAIN));
        }
        fputc('\n', f);
    }
    if (flows->left_out > 0) {
        fprintf(f, "%" PRIu64 " packets belong to more flows than the %zu that are kept\n",
                flows->left_out, flows->o.max);
    }
    if (flows->others > 0) {
        fprintf(f, "%" PRIu64 " packets are neither TCP nor UDP, fragments, or damaged\n",
                flows->others);
    }
    if (flows->short_of_memory) {
        fputs("memory is short: this is not all\n", f);
    }
}

static void print_handshake(FILE *f, const struct flow *flow) {
    const struct flow_side *a = &flow->side[0], *b = &flow->side[1];

    if (!a->has_syn && !b->has_syn) {
        fputs("  handshake   not captured: numbers count from the first segment\n", f);
        return;
    }
    fputs("  handshake   ", f);
    if (flow->synack_ns == 0) {
        fputs("no SYN-ACK", f);
    } else if (flow->syn_ns == 0) {
        fputs("the SYN was not captured", f);
    } else {
        fprintf(f, "%.3f ms to the server and back",
                (double)(flow->synack_ns - flow->syn_ns) / NS_PER_MS);
    }
    if (flow->synack_ns != 0 && flow->ack_ns != 0) {
        fprintf(f, ", %.3f ms to the client and back",
                (double)(flow->ack_ns - flow->synack_ns) / NS_PER_MS);
    }
    fprintf(f, "\n  agreed on   MSS %u and %u", a->mss, b->mss);
    if (a->has_scale && b->has_scale) {
        fprintf(f, ", window scale %u and %u", a->scale, b->scale);
    } else {
        fputs(", no window scale", f);
    }
    fprintf(f, ", %sSACK, %stimestamps, %sECN\n", a->has_sack && b->has_sack ? "" : "no ",
            a->has_ts && b->has_ts ? "" : "no ", a->ecn && b->ecn ? "" : "no ");
}

static void print_times(FILE *f, const char *what, const struct flow_times *t) {
    if (t->n > 0) {
        fprintf(f, "  %-11s least %.3f, mean %.3f, most %.3f ms (%" PRIu64 ")\n", what,
                (double)t->min / NS_PER_MS, (double)t->sum / (double)t->n / NS_PER_MS,
                (double)t->max / NS_PER_MS, t->n);
    }
}

static void print_side(FILE *f, const struct flow *flow, unsigned side, bool colour) {
    const struct flow_side *s = &flow->side[side];
    double seconds = (double)(flow->last_ns - flow->first_ns) / NS_PER_S;

    fprintf(f, "  %-11s %" PRIu64 " packets, %" PRIu64 " bytes", who((int)side), s->packets,
            s->bytes);
    if (seconds > 0 && s->bytes > 0) {
        fprintf(f, ", %.3f Mbit/s", (double)s->bytes * 8 / seconds / 1e6);
    }
    for (unsigned bit = 0; bit < 16; bit++) {
        if (s->marked[bit] > 0) {
            bool bad = ((uint32_t)TROUBLE >> bit & 1) != 0;

            fprintf(f, ", %s%" PRIu64 " %s%s", out_sgr(colour && bad, OUT_WARN), s->marked[bit],
                    flow_mark_text(bit), out_sgr(colour && bad, OUT_PLAIN));
        }
    }
    fputc('\n', f);
}

void report_flow(FILE *f, const struct flow *flow, bool colour) {
    char a[REPORT_END_MAX], b[REPORT_END_MAX];

    report_end(&flow->side[0], a);
    report_end(&flow->side[1], b);
    fprintf(f, "%sflow %" PRIu64 ": %s %s > %s%s, %.6f s\n", out_sgr(colour, OUT_STRONG), flow->id,
            flow->proto == IP_PROTO_TCP ? "TCP" : "UDP", a, b, out_sgr(colour, OUT_PLAIN),
            (double)(flow->last_ns - flow->first_ns) / NS_PER_S);
    if (flow->proto == IP_PROTO_TCP) {
        print_handshake(f, flow);
    }
    print_side(f, flow, 0, colour);
    print_side(f, flow, 1, colour);
    print_times(f, "to server", &flow->side[1].rtt);
    print_times(f, "to client", &flow->side[0].rtt);
    print_times(f, "answers", &flow->answer);
    if (flow->proto == IP_PROTO_TCP) {
        fputs("  end         ", f);
        print_end(f, flow, colour);
        if (flow->closer >= 0) {
            fprintf(f, ", at %.6f s", (double)(flow->end_ns - flow->first_ns) / NS_PER_S);
        }
        fputc('\n', f);
    }
    fputc('\n', f);
}
