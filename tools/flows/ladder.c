/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ladder.c - the packets of a flow as arrows between two lines of life, in text and as SVG
 *
 *     0.000000 |-- S seq 0 win 64240 ------------------------------>|
 *     0.020113 |<------------------- S. seq 0 ack 1 win 65160 ------|
 */
#include "tools/flows/report.h"

#include "tools/common/colour.h"
#include "tools/common/xml.h"

#include <inttypes.h>
#include <string.h>

#define ARROW 66 /* columns between the lines */
#define NS_PER_S 1000000000.0

static void print_arrow(FILE *f, bool right, const char *text) {
    size_t len = strlen(text), dashes = len + 4 < ARROW ? ARROW - len - 4 : 0;

    if (right) {
        fprintf(f, "|-- %.*s ", (int)(ARROW - 5), text);
        for (size_t i = 0; i < dashes; i++) {
            fputc(i + 1 < dashes ? '-' : '>', f);
        }
        fputc('|', f);
        return;
    }
    fputs("|", f);
    for (size_t i = 0; i < dashes; i++) {
        fputc(i > 0 ? '-' : '<', f);
    }
    fprintf(f, " %.*s --|", (int)(ARROW - 5), text);
}

void report_ladder(FILE *f, const struct flow *flow, bool colour) {
    char a[REPORT_END_MAX], b[REPORT_END_MAX], segment[128], marks[256];

    report_end(&flow->side[0], a);
    report_end(&flow->side[1], b);
    fprintf(f, "%12s%-*s%s\n", "", ARROW + 2 - (int)strlen(b) / 2, a, b);
    for (size_t i = 0; i < flow->events_n; i++) {
        const struct flow_event *e = &flow->events[i];

        report_segment(flow, e, segment, sizeof(segment));
        report_marks(e->marks, marks, sizeof(marks));
        fprintf(f, "%11.6f ", (double)(e->time_ns - flow->first_ns) / NS_PER_S);
        print_arrow(f, e->side == 0, segment);
        if (marks[0] != '\0') {
            fprintf(f, "  %s%s%s", out_sgr(colour, OUT_WARN), marks, out_sgr(colour, OUT_PLAIN));
        }
        if (e->text != NULL) {
            fprintf(f, "  %s%s%s", out_sgr(colour, OUT_DIM), e->text, out_sgr(colour, OUT_PLAIN));
        }
        fputc('\n', f);
    }
    if (flow->events_left_out > 0) {
        fprintf(f, "%12s%zu more packets are not drawn: --ladder-max sets how many are\n", "",
                flow->events_left_out);
    }
    fputc('\n', f);
}

/* ---- SVG ---- */

#define SVG_WIDTH 1000
#define SVG_LEFT 160
#define SVG_RIGHT 700
#define SVG_ROW 22
#define SVG_TOP 60
#define SVG_TEXT_MAX 256

/* Text from captures may hold any byte. */
static void put_text(FILE *f, const char *text) {
    char clean[SVG_TEXT_MAX];
    size_t n = 0;

    for (; text[n] != '\0' && n < sizeof(clean) - 1; n++) {
        clean[n] = text[n] >= ' ' && text[n] < 0x7f ? text[n] : '.';
    }
    clean[n] = '\0';
    xml_put(f, clean);
}

static void svg_text(FILE *f, double x, double y, const char *anchor, const char *class,
                     const char *text) {
    fprintf(f, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\" class=\"%s\">", x, y, anchor, class);
    put_text(f, text);
    fputs("</text>\n", f);
}

static double svg_flow(FILE *f, const struct flow *flow, double y) {
    char a[REPORT_END_MAX], b[REPORT_END_MAX], text[SVG_TEXT_MAX];
    double bottom = y + SVG_TOP + SVG_ROW * (double)flow->events_n;

    report_end(&flow->side[0], a);
    report_end(&flow->side[1], b);
    svg_text(f, SVG_LEFT, y + 24, "middle", "end", a);
    svg_text(f, SVG_RIGHT, y + 24, "middle", "end", b);
    for (int x = SVG_LEFT; x <= SVG_RIGHT; x += SVG_RIGHT - SVG_LEFT) {
        fprintf(f, "<line x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\" class=\"life\"/>\n", x,
                y + 34, x, bottom);
    }
    for (size_t i = 0; i < flow->events_n; i++) {
        const struct flow_event *e = &flow->events[i];
        double row = y + SVG_TOP + SVG_ROW * (double)i;
        bool again = (e->marks & (FLOW_AGAIN | FLOW_GAP | FLOW_LATE)) != 0;
        int from = e->side == 0 ? SVG_LEFT : SVG_RIGHT, to = SVG_LEFT + SVG_RIGHT - from;

        fprintf(f,
                "<line x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\" class=\"%s\" "
                "marker-end=\"url(#tip)\"/>\n",
                from, row - 4, to, row + 6, again ? "arrow again" : "arrow");
        snprintf(text, sizeof(text), "%.6f", (double)(e->time_ns - flow->first_ns) / NS_PER_S);
        svg_text(f, SVG_LEFT - 10, row + 4, "end", "time", text);
        report_segment(flow, e, text, sizeof(text));
        svg_text(f, (SVG_LEFT + SVG_RIGHT) / 2.0, row - 3, "middle", "segment", text);
        report_marks(e->marks, text, sizeof(text));
        if (e->text != NULL && strlen(text) + 2 < sizeof(text)) {
            size_t n = strlen(text);

            snprintf(text + n, sizeof(text) - n, "%s%s", n > 0 ? "; " : "", e->text);
        }
        svg_text(f, SVG_RIGHT + 10, row + 4, "start", "mark", text);
    }
    return bottom + SVG_ROW;
}

void report_svg(FILE *f, const struct flows *flows) {
    double height = 0;

    for (const struct flow *flow = flows->first; flow != NULL; flow = flow->next) {
        height += SVG_TOP + SVG_ROW * ((double)flow->events_n + 1);
    }
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
            "viewBox=\"0 0 %d %.0f\">\n"
            "<style>text{font:12px monospace}.end{font-weight:bold}.time,.mark{fill:#555}"
            ".mark{font-size:11px}.segment{font-size:11px}.life{stroke:#888;stroke-width:2}"
            ".arrow{stroke:#246}.again{stroke:#c40;stroke-width:1.5}</style>\n"
            "<defs><marker id=\"tip\" orient=\"auto\" markerWidth=\"8\" markerHeight=\"8\" "
            "refX=\"8\" refY=\"4\"><path d=\"M0,1 L8,4 L0,7 z\" fill=\"#246\"/></marker></defs>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            SVG_WIDTH + 300, height, SVG_WIDTH + 300, height);
    double y = 0;

    for (const struct flow *flow = flows->first; flow != NULL; flow = flow->next) {
        y = svg_flow(f, flow, y);
    }
    fputs("</svg>\n", f);
}
