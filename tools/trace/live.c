/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - the way on a terminal, while it is measured: a line a hop, with figures and curve
 *
 * As many columns are shown as the terminal has room for; the curve takes what is left. The keys are
 * those of mtr where it has the same.
 */
#include "tools/trace/live.h"

#include "tools/common/screen.h"
#include "tools/common/spark.h"

#include <curses.h>
#include <inlet/types.h>
#include <stdio.h>
#include <string.h>

#define DRAW_NS (INL_S / 10)
#define MIN_COLUMNS 40
#define MIN_LINES 5
#define HOST_LEAST 15
#define HOST_MOST 60
#define CURVE_LEAST 10
#define INTERVAL_LEAST (INL_S / 16)
#define INTERVAL_MOST (64 * INL_S)

int live_begin(struct live *l, const struct trace *t) {
    *l = (struct live){.who = t->numeric ? LIVE_NUMBERS : LIVE_NAMES};
    return screen_begin();
}

int64_t live_due_ns(const struct live *l) {
    return l->drawn_ns + DRAW_NS;
}

/* ---- keys ---- */

static void change_names(struct live *l, struct trace *t) {
    l->who = l->who == LIVE_NAMES     ? LIVE_NUMBERS
             : l->who == LIVE_NUMBERS ? LIVE_NAMES_NUMBERS
                                      : LIVE_NAMES;
    t->numeric = l->who == LIVE_NUMBERS;
}

static void change_interval(struct rounds *r, bool longer) {
    int64_t ns = longer ? r->interval_ns * 2 : r->interval_ns / 2;

    if (ns >= INTERVAL_LEAST && ns <= INTERVAL_MOST) {
        r->interval_ns = ns;
        r->next_ns = 0; /* from now on */
    }
}

static void scroll_by(struct live *l, long by) {
    long most = l->lines > l->room ? (long)(l->lines - l->room) : 0, to = (long)l->first + by;

    l->first = (unsigned)(to < 0 ? 0 : to > most ? most : to);
}

/* False: the end. */
static bool take_key(struct live *l, struct trace *t, struct rounds *r, int key) {
    bool helped = l->help;
    long by;

    l->help = false;
    switch (key) {
    case 'q':
    case 'Q':
        return false;
    case 'p':
    case ' ':
        l->paused = !l->paused;
        r->next_ns = 0;
        break;
    case 'r':
        rounds_reset(r);
        break;
    case 'd':
        l->view = l->view == LIVE_CURVE ? LIVE_BOTH : (enum live_view)(l->view + 1);
        break;
    case 's':
        l->own_scale = !l->own_scale;
        break;
    case 'e':
        l->hide_more = !l->hide_more;
        break;
    case 'n':
        change_names(l, t);
        break;
    case 'z':
        t->as_numbers = !t->as_numbers;
        break;
    case '+':
    case '-':
        change_interval(r, key == '+');
        break;
    case 'h':
    case '?':
        l->help = !helped;
        break;
    default:
        if (screen_key_moves(key, l->room > 1 ? (long)l->room - 1 : 1, WALK_HOPS_MAX * ROUNDS_ADDRS,
                             &by)) {
            scroll_by(l, by);
        }
    }
    return true;
}

bool live_keys(struct live *l, struct trace *t, struct rounds *r) {
    int key;

    while ((key = screen_key()) >= 0) {
        l->drawn_ns = 0;
        if (!take_key(l, t, r, key)) {
            return false;
        }
    }
    return true;
}

/* ---- figures ---- */

enum figure { LOSS, SENT, LAST, AVG, BEST, WORST, STDEV, JITTER, FIGURES };

#define FIGURE_COLUMNS 7 /* with the blank before it */

/* How many figures have room beside the hosts' column and, if it is wanted, the curve. */
static unsigned figures_of(const struct live *l, unsigned host) {
    unsigned taken = 5 + host + (l->view == LIVE_FIGURES ? 0 : CURVE_LEAST + 2);
    unsigned room = (unsigned)COLS > taken ? ((unsigned)COLS - taken) / FIGURE_COLUMNS : 1;

    if (l->view == LIVE_CURVE) {
        return 1;
    }
    if (l->view == LIVE_BOTH && COLS < 120) {
        room = room < 5 ? room : 5; /* the curve says the rest */
    }
    return room < FIGURES ? room : FIGURES;
}

static void put_heading(struct cells *c, unsigned host, unsigned figures, const struct live *l) {
    static const char *const names[] = {"Loss%", "Snt",  "Last",  "Avg",
                                        "Best",  "Wrst", "StDev", "Jttr"};

    cells_init(c);
    cells_text(c, "     ", 5);
    cells_field(c, "Host", host - 1, false);
    for (unsigned i = 0; i < figures; i++) {
        cells_print(c, "%*s", FIGURE_COLUMNS, names[i]);
    }
    if (l->view != LIVE_FIGURES) {
        cells_text(c, l->own_scale ? "  Curve, own scale" : "  Curve", CELLS_MAX);
    }
}

/* Four digits that count, in six columns. */
static void put_ms(struct cells *c, double ns) {
    double ms = ns / 1e6;

    cells_print(c, " %6.*f", ms < 999.995 ? 2 : ms < 99999.5 ? 1 : 0, ms);
}

static void put_figures(struct cells *c, const struct rounds_hop *h, unsigned figures) {
    const struct stats *s = &h->rtt;
    const double times[FIGURES] = {
        [LAST] = (double)s->last_ns, [AVG] = stats_avg_ns(s),   [BEST] = (double)s->min_ns,
        [WORST] = (double)s->max_ns, [STDEV] = stats_dev_ns(s), [JITTER] = s->jitter_ns};
    double loss = rounds_loss(h);

    for (unsigned i = 0; i < figures; i++) {
        if (i == LOSS) {
            c->colour = loss > 0 ? OUT_BAD : OUT_GOOD;
            cells_print(c, " %5.1f%%", loss);
            c->colour = OUT_PLAIN;
        } else if (i == SENT) {
            cells_print(c, " %6llu", (unsigned long long)h->sent);
        } else if (s->n > 0) {
            put_ms(c, times[i]);
        } else {
            cells_print(c, " %6s", "");
        }
    }
}

static unsigned curve_room(unsigned taken) {
    unsigned room = (unsigned)COLS > taken + 2 ? (unsigned)COLS - taken - 2 : 0;

    return room < STATS_CURVE ? room : STATS_CURVE;
}

static void put_curve(struct cells *c, const struct live *l, const struct stats *s, double high) {
    char line[STATS_CURVE * SPARK_CHAR_MAX + 1];
    double values[STATS_CURVE];
    unsigned n = stats_curve_get(s, values, curve_room(c->width)), before = c->n + 2;

    if (l->own_scale) {
        spark(values, n, spark_utf8(), line, sizeof(line));
    } else {
        spark_between(values, n, 0, high, spark_utf8(), line, sizeof(line));
    }
    cells_blanks(c, 2);
    cells_text(c, line, CELLS_MAX);
    for (unsigned i = before; i < c->n; i++) {
        c->colours[i] = (unsigned char)(values[i - before] < 0 ? OUT_BAD : OUT_GOOD);
    }
}

/* ---- lines ---- */

static void who_of(const struct live *l, const struct trace *t, const union names_addr *addr,
                   char buf[TRACE_WHO_MAX]) {
    const char *name = l->who == LIVE_NUMBERS ? NULL : rdns_name(t->rdns, addr);
    const char *as = t->as_numbers ? rdns_as(t->rdns, addr) : NULL;
    char prefix[80] = "", number[NAMES_ADDR_MAX];

    names_number(addr, number);
    if (t->as_numbers) {
        snprintf(prefix, sizeof(prefix), "[%s%s] ", as != NULL ? "AS" : "*", as != NULL ? as : "");
    }
    if (l->who == LIVE_NAMES_NUMBERS && name != NULL) {
        snprintf(buf, TRACE_WHO_MAX, "%s%s (%s)", prefix, name, number);
    } else {
        snprintf(buf, TRACE_WHO_MAX, "%s%s", prefix, name != NULL ? name : number);
    }
}

/* What the drawing of all lines has in common. */
struct drawing {
    const struct live *l;
    const struct trace *t;
    unsigned host, figures;
    double high_ms; /* of all curves */
    unsigned line;  /* the next one, from 0 */
    unsigned room;
};

static void show_line(struct drawing *d, const struct cells *c) {
    if (d->line >= d->l->first && d->line < d->l->first + d->room) {
        screen_show(2 + (int)(d->line - d->l->first), c, 0, SCREEN_NORMAL);
    }
    d->line++;
}

static void show_hop(struct drawing *d, unsigned ttl, const struct rounds_hop *h) {
    char who[TRACE_WHO_MAX] = "(no answer)";
    struct cells c;

    if (h->n_addrs > 0) {
        who_of(d->l, d->t, &h->addrs[0], who);
    }
    if (h->mark[0] != '\0') {
        strncat(who, " ", sizeof(who) - strlen(who) - 1);
        strncat(who, h->mark, sizeof(who) - strlen(who) - 1);
    }
    if (h->translated) {
        strncat(who, " [NAT]", sizeof(who) - strlen(who) - 1);
    }
    cells_init(&c);
    cells_print(&c, "%3u. ", ttl);
    c.colour = h->n_addrs > 0 ? OUT_NAME : OUT_DIM;
    cells_field(&c, who, d->host - 1, false);
    c.colour = OUT_PLAIN;
    put_figures(&c, h, d->figures);
    if (d->l->view != LIVE_FIGURES) {
        put_curve(&c, d->l, &h->rtt, d->high_ms);
    }
    show_line(d, &c);
}

/* Other addresses that have answered for the hop, and what it says of itself. */
static void show_more(struct drawing *d, const struct rounds_hop *h) {
    char who[TRACE_WHO_MAX];
    struct cells c;

    for (unsigned i = 1; i < h->n_addrs; i++) {
        who_of(d->l, d->t, &h->addrs[i], who);
        cells_init(&c);
        c.colour = OUT_NAME;
        cells_print(&c, "     %s", who);
        show_line(d, &c);
    }
    if (h->ext[0] != '\0') {
        cells_init(&c);
        c.colour = OUT_DIM;
        cells_print(&c, "     <%s>", h->ext + 2);
        show_line(d, &c);
    }
}

/* How high the highest of the curves in sight is. */
static void measure_curves(struct drawing *d, const struct rounds *r, unsigned last) {
    unsigned room = curve_room(5 + d->host + d->figures * FIGURE_COLUMNS);
    double values[STATS_CURVE];

    for (unsigned ttl = r->conf.first; ttl <= last; ttl++) {
        unsigned n = stats_curve_get(&r->hops[ttl].rtt, values, room);

        for (unsigned i = 0; i < n; i++) {
            d->high_ms = values[i] > d->high_ms ? values[i] : d->high_ms;
        }
    }
}

/* How wide the hosts' column has to be: at most two fifths of the terminal. */
static unsigned host_width(const struct drawing *d, const struct rounds *r, unsigned last) {
    unsigned most = (unsigned)COLS * 2 / 5, widest = HOST_LEAST;
    char who[TRACE_WHO_MAX];

    most = most < HOST_LEAST ? HOST_LEAST : most < HOST_MOST ? most : HOST_MOST;
    for (unsigned ttl = r->conf.first; ttl <= last; ttl++) {
        const struct rounds_hop *h = &r->hops[ttl];

        for (unsigned i = 0; i < h->n_addrs; i++) {
            who_of(d->l, d->t, &h->addrs[i], who);
            unsigned width =
                cells_width(who) + 2 + (unsigned)strlen(h->mark) + (h->translated ? 6 : 0);

            widest = width > widest ? width : widest;
        }
    }
    return widest < most ? widest : most;
}

static void measure(struct drawing *d, const struct rounds *r, unsigned last) {
    d->host = host_width(d, r, last);
    d->figures = figures_of(d->l, d->host);
    unsigned taken = 5 + d->host + d->figures * FIGURE_COLUMNS;

    if (d->l->view == LIVE_FIGURES && (unsigned)COLS > taken) {
        d->host += (unsigned)COLS - taken;
    }
    measure_curves(d, r, last);
}

static void draw_help(void) {
    static const char *const help[] = {
        "q  end, with the table          p or space  pause, go on",
        "d  figures and curve, figures, curve    s  curves' scale: all alike, each its own",
        "n  names, numbers, both         z  numbers of autonomous systems",
        "e  further addresses and MPLS labels    r  count from nothing",
        "+ -  longer, shorter interval   arrows, Page, Home, End  move",
        "",
        "In a curve ! is a lost probe. Any key goes on.",
    };

    screen_show_lines(2, help, sizeof(help) / sizeof(help[0]));
}

static void draw_title(const struct live *l, const struct trace *t, const struct rounds *r) {
    static const char *const by[] = {
        [PROBE_ECHO] = "ICMP", [PROBE_UDP] = "UDP", [PROBE_TCP] = "TCP"};
    struct cells c;

    cells_init(&c);
    if (l->paused) {
        c.colour = OUT_WARN;
        cells_text(&c, "PAUSED  ", 8);
        c.colour = OUT_PLAIN;
    }
    cells_print(&c, "inlet trace to %s", t->host);
    if (strcmp(t->host, t->number) != 0) {
        cells_print(&c, " (%s)", t->number);
    }
    cells_print(&c, " by %s, round %llu, every %g s", by[r->conf.probe.kind],
                (unsigned long long)r->round, (double)r->interval_ns / 1e9);
    screen_show(0, &c, 0, SCREEN_BOLD);
}

static void draw_lines(struct live *l, const struct trace *t, const struct rounds *r) {
    unsigned last = rounds_last(r);
    struct drawing d = {.l = l, .t = t, .room = (unsigned)LINES - 3};
    struct cells c;

    measure(&d, r, last);
    put_heading(&c, d.host, d.figures, l);
    screen_show(1, &c, 0, SCREEN_REVERSE);
    l->room = d.room;
    for (unsigned ttl = r->conf.first; ttl <= last; ttl++) {
        show_hop(&d, ttl, &r->hops[ttl]);
        if (!l->hide_more) {
            show_more(&d, &r->hops[ttl]);
        }
    }
    l->lines = d.line;
}

void live_draw(struct live *l, const struct trace *t, const struct rounds *r, int64_t now_ns) {
    if (now_ns < live_due_ns(l)) {
        return;
    }
    l->drawn_ns = now_ns;
    erase();
    if (screen_has_room(MIN_COLUMNS, MIN_LINES)) {
        draw_title(l, t, r);
        if (l->help) {
            draw_help();
        } else {
            draw_lines(l, t, r);
            scroll_by(l, 0); /* after a resize there may be room for more */
        }
        screen_show_text(LINES - 1, "q quit  p pause  d display  n names  s scale  r reset  ? help",
                         SCREEN_NORMAL);
    }
    refresh();
}
