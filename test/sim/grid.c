/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grid.c - how near does one flow come to what its path allows?
 *
 * usage: sim-grid GOLDEN [--quick | --all] [--every N] [--new] [--update] [--cell TEXT]
 *
 * A cell is a rate, a round-trip time, a queue (in bandwidth-delay products), and what goes wrong:
 * nothing, or some share of the data segments is lost one by one, lost in runs, overtakes, or comes
 * twice. One flow runs in virtual time until it has seen enough of its path; after a warm-up its
 * goodput is measured and held against the model:
 *
 *     fluid limit     rate * payload / frame
 *     with losses     min(that, max(Reno, CUBIC)): Reno 1.22 / sqrt(p) segments a round trip,
 *                     CUBIC 1.054 * (RTT / p)^(3/4) (RFC 9438 5.2 with C = 0.4, beta = 0.7), where
 * p counts events: a run of losses is one
 *
 * The golden file has a line for each cell. A cell that has moved by more than a tolerance is a
 * change of behaviour that somebody must look at and confirm with --update; a cell below 90% of the
 * model must have a reason there, a letter that the head of the file explains. --all also runs the
 * long cells, in which much is sent, or in flight; --quick only those in which little is sent, a
 * third of the rest. In the long ones frames have 9000 bytes, as on such paths: a sixth of the
 * work. A segment is larger then, and the model, which counts in them, with it. --new leaves out
 * what the golden file has already, --every 3 two of three; --update writes the file after each
 * cell.
 */
#include "bulk.h"
#include "net.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 15 /* percent */
#define ENOUGH 90    /* percent of the model below which a reason is asked for */
#define EVENTS 150   /* losses that a measurement should see */
#define SEGMENTS_LONG 500000
#define SEGMENTS_QUICK 60000
#define BURST 4
#define QUEUE_MAX ((uint64_t)1 << 30) /* of the world; and no window of TCP is larger */
#define MTU 1500
#define MTU_LONG 9000
#define FRAME_OVER_MTU (BULK_FRAME_BYTES - MTU)
#define SEGMENT_UNDER_MTU (MTU - BULK_SEGMENT_BYTES)

enum pattern { CLEAN, RANDOM, RUNS, REORDER, DUPLICATE, PATTERNS };

static const char *const pattern_names[] = {"clean", "loss", "loss-runs", "reorder", "duplicate"};
static const uint64_t rates_mbit[] = {10, 1000, 10000};
static const int rtts_ms[] = {1, 20, 100, 300};
static const unsigned queues_pct[] = {50, 100, 400};
static const uint32_t shares_ppm[] = {1000, 10000, 30000, 50000};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CELLS (COUNT(rates_mbit) * COUNT(rtts_ms) * COUNT(queues_pct) * (1 + 4 * COUNT(shares_ppm)))

struct cell {
    uint64_t rate_mbit;
    int rtt_ms;
    unsigned queue_pct;
    enum pattern pattern;
    uint32_t share_ppm;
    double goodput, model; /* bit/s */
    char reason;           /* '-': none needed */
    bool done;
};

/* ---- model ---- */

static double model_at(const struct cell *c, uint32_t mtu) {
    double payload = mtu - SEGMENT_UNDER_MTU;
    double fluid = (double)c->rate_mbit * 1e6 * payload / (mtu + FRAME_OVER_MTU);
    double rtt = c->rtt_ms / 1e3;
    double p = c->share_ppm / 1e6;
    double reno, cubic, most;

    if (c->pattern != RANDOM && c->pattern != RUNS) {
        return fluid;
    }
    p = c->pattern == RUNS ? p / BURST : p;
    reno = sqrt(1.5 / p);
    cubic = 1.054 * pow(rtt / p, 0.75);
    most = (reno > cubic ? reno : cubic) * payload * 8 / rtt;
    return most < fluid ? most : fluid;
}

/* ---- what a cell is ---- */

static double cell_bdp(const struct cell *c) {
    return (double)c->rate_mbit * 1e6 / 8 * c->rtt_ms / 1e3;
}

/* Data that may be under way */
static uint64_t cell_flight(const struct cell *c) {
    return (uint64_t)(cell_bdp(c) * (100 + c->queue_pct) / 100);
}

static bool cell_is_quick(const struct cell *c) {
    return model_at(c, MTU) <= 1e9 && cell_flight(c) < 8 << 20;
}

static uint32_t cell_mtu(const struct cell *c) {
    return cell_is_quick(c) ? MTU : MTU_LONG;
}

static double cell_model(const struct cell *c) {
    return model_at(c, cell_mtu(c));
}

/* ---- run ---- */

static struct inl_impair cell_impair(const struct cell *c) {
    uint64_t queue = (uint64_t)(cell_bdp(c) * c->queue_pct / 100);
    uint64_t least = 3 * (uint64_t)(cell_mtu(c) + FRAME_OVER_MTU);
    struct inl_impair i = {
        .delay_ns = c->rtt_ms * INL_MS / 2,
        .rate_bps = c->rate_mbit * 1000000,
        .queue_bytes = (uint32_t)(queue < QUEUE_MAX ? queue : QUEUE_MAX),
    };

    i.queue_bytes = queue < least ? (uint32_t)least : i.queue_bytes;
    switch (c->pattern) {
    case RUNS:
        i.loss_burst = BURST;
        i.loss_ppm = c->share_ppm;
        break;
    case RANDOM:
        i.loss_ppm = c->share_ppm;
        break;
    case REORDER:
        i.reorder_ppm = c->share_ppm;
        i.reorder_ns = i.delay_ns / 4;
        break;
    case DUPLICATE:
        i.dup_ppm = c->share_ppm;
        break;
    default:
        break;
    }
    return i;
}

static inl_dur longer(inl_dur a, inl_dur b) {
    return a > b ? a : b;
}

/* Enough to see the path's losses, not more than we have patience for. */
static uint64_t cell_bytes(const struct cell *c) {
    uint64_t most = cell_is_quick(c) ? SEGMENTS_QUICK : SEGMENTS_LONG;
    uint64_t want = most;

    if (c->pattern == RANDOM || c->pattern == RUNS) {
        want = (uint64_t)EVENTS * (c->pattern == RUNS ? BURST : 1) * 1000000 / c->share_ppm;
    }
    return (want < most ? want : most) * (cell_mtu(c) - SEGMENT_UNDER_MTU);
}

static void cell_run(struct cell *c) {
    uint64_t window = 2 * cell_flight(c) + (4 << 20);
    struct bulk_config config = {
        .seed = 1,
        .data = cell_impair(c),
        .acks = {.delay_ns = c->rtt_ms * INL_MS / 2},
        .flows = 1,
        .mtu_bytes = cell_mtu(c),
        .window_bytes = (uint32_t)(window < QUEUE_MAX ? window : QUEUE_MAX),
        .congestion = {-1},
    };
    inl_dur warm = longer(2 * INL_S, 30 * c->rtt_ms * INL_MS);
    inl_dur span = longer(10 * INL_S, 100 * c->rtt_ms * INL_MS);
    struct bulk *b = bulk_new(&config);
    inl_time begin;
    uint64_t bytes;

    bulk_run(b, (inl_time){warm}, cell_bytes(c));
    begin = bulk_now(b);
    bytes = bulk_received_all(b);
    bulk_run(b, inl_time_add(begin, 6 * span), cell_bytes(c));
    bytes = bulk_received_all(b) - bytes;
    c->goodput = (double)bytes * 8e9 / (double)inl_time_sub(bulk_now(b), begin);
    c->done = true;
    bulk_free(b);
}

/* Little is sent; or one of a kind. */
static bool cell_is_small(const struct cell *c) {
    return cell_model(c) < 5e6 || (c->rate_mbit == 10 && c->queue_pct == 100);
}

/* ---- the table ---- */

static struct cell cells[CELLS];

static size_t cells_make(void) {
    size_t n = 0;

    for (size_t rate = 0; rate < COUNT(rates_mbit); rate++) {
        for (size_t rtt = 0; rtt < COUNT(rtts_ms); rtt++) {
            for (size_t queue = 0; queue < COUNT(queues_pct); queue++) {
                for (size_t what = 0; what < 1 + 4 * COUNT(shares_ppm); what++) {
                    struct cell *c = &cells[n++];

                    *c = (struct cell){rates_mbit[rate],
                                       rtts_ms[rtt],
                                       queues_pct[queue],
                                       CLEAN,
                                       0,
                                       0,
                                       0,
                                       '-',
                                       false};
                    if (what > 0) {
                        c->pattern = (enum pattern)(1 + (what - 1) / COUNT(shares_ppm));
                        c->share_ppm = shares_ppm[(what - 1) % COUNT(shares_ppm)];
                    }
                    c->model = cell_model(c);
                }
            }
        }
    }
    return n;
}

static void cell_name(const struct cell *c, char *buf, size_t cap) {
    snprintf(buf, cap, "%5" PRIu64 " Mbit/s  %3d ms  %3u%%  %-9s  %4.1f%%", c->rate_mbit, c->rtt_ms,
             c->queue_pct, pattern_names[c->pattern], c->share_ppm / 1e4);
}

static int cell_pct(const struct cell *c) {
    return (int)(c->goodput * 100 / c->model + 0.5);
}

static void cell_write(FILE *f, const struct cell *c) {
    char name[64];

    cell_name(c, name, sizeof(name));
    if (c->done) {
        fprintf(f, "%s  %10.3f  %10.3f  %4d  %c\n", name, c->goodput / 1e6, c->model / 1e6,
                cell_pct(c), c->reason);
    } else {
        fprintf(f, "%s           -  %10.3f     -  %c\n", name, c->model / 1e6, c->reason);
    }
}

/* ---- the golden file: the head as it stands, then a line a cell ---- */

struct golden {
    char head[8192];
    double mbit[CELLS];
    char reason[CELLS];
    bool known[CELLS];
};

static void golden_read(const char *path, struct golden *g, size_t n) {
    FILE *f = fopen(path, "r");
    char line[256];
    char name[64];

    while (f && fgets(line, sizeof(line), f)) {
        if (line[0] == '#') {
            strncat(g->head, line, sizeof(g->head) - strlen(g->head) - 1);
        }
        for (size_t i = 0; i < n && line[0] != '#'; i++) {
            cell_name(&cells[i], name, sizeof(name));
            if (strncmp(line, name, strlen(name)) == 0) {
                const char *rest = line + strlen(name);
                double model, pct;

                g->known[i] =
                    sscanf(rest, "%lf %lf %lf %c", &g->mbit[i], &model, &pct, &g->reason[i]) == 4;
                if (!g->known[i]) {
                    sscanf(rest, " - %lf - %c", &model, &g->reason[i]);
                }
            }
        }
    }
    if (f) {
        fclose(f);
    }
}

static int golden_write(const char *path, const struct golden *g, size_t n) {
    FILE *f = fopen(path, "w");

    if (!f) {
        die("cannot write %s", path);
    }
    fputs(g->head, f);
    for (size_t i = 0; i < n; i++) {
        struct cell c = cells[i];

        if (!c.done && g->known[i]) {
            c.done = true;
            c.goodput = g->mbit[i] * 1e6;
        }
        cell_write(f, &c);
    }
    return fclose(f) ? 1 : 0;
}

static bool explained(const struct golden *g, char reason) {
    char line[8] = "\n#   x:";

    line[5] = reason;
    return reason != '?' && strstr(g->head, line) != NULL;
}

/* Complaints about one cell that was run. */
static int cell_judge(const struct cell *c, const struct golden *g, size_t i) {
    double was = g->mbit[i] * 1e6;
    char name[64];
    int wrong = 0;

    cell_name(c, name, sizeof(name));
    if (!g->known[i] || fabs(c->goodput - was) * 100 > was * TOLERANCE) {
        printf("changed: %s: was %.3f, is %.3f Mbit/s\n", name, was / 1e6, c->goodput / 1e6);
        wrong++;
    }
    if (cell_pct(c) < ENOUGH && !explained(g, c->reason)) {
        printf("without a reason: %s: %d%% of the model\n", name, cell_pct(c));
        wrong++;
    }
    return wrong;
}

int main(int argc, char **argv) {
    static struct golden golden;
    const char *only = NULL;
    bool quick = false;
    bool all = false;
    bool fresh = false;
    bool update = false;
    int every = 1;
    int turn = 0;
    size_t n = cells_make();
    int wrong = 0;
    int runs = 0;

    for (int i = 2; i < argc; i++) {
        quick |= strcmp(argv[i], "--quick") == 0;
        fresh |= strcmp(argv[i], "--new") == 0;
        all |= strcmp(argv[i], "--all") == 0;
        update |= strcmp(argv[i], "--update") == 0;
        if (strcmp(argv[i], "--cell") == 0 && i + 1 < argc) {
            only = argv[++i];
        } else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) {
            every = atoi(argv[++i]);
        }
    }
    if (argc < 2 || every < 1) {
        fprintf(stderr, "usage: sim-grid GOLDEN [--quick | --all] [--every N] [--new] [--update] "
                        "[--cell TEXT]\n");
        return 2;
    }
    golden_read(argv[1], &golden, n);
    for (size_t i = 0; i < n; i++) {
        struct cell *c = &cells[i];
        char name[64];

        cell_name(c, name, sizeof(name));
        c->reason = golden.reason[i] ? golden.reason[i] : '-';
        if ((!all && !cell_is_quick(c)) || (quick && !cell_is_small(c)) ||
            (fresh && golden.known[i]) || (only && !strstr(name, only)) || turn++ % every != 0) {
            continue;
        }
        cell_run(c);
        runs++;
        if (update) {
            c->reason = cell_pct(c) >= ENOUGH ? '-' : c->reason == '-' ? '?' : c->reason;
            wrong |= golden_write(argv[1], &golden, n);
        }
        cell_write(stdout, c);
        fflush(stdout);
        wrong += update ? 0 : cell_judge(c, &golden, i);
    }
    printf("%d of %zu cells run, %d complaints\n", runs, n, wrong);
    return wrong > 0;
}
