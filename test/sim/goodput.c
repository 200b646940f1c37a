/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * goodput.c - how fast one connection is, by round-trip time and loss, against a golden table
 *
 *     sim-goodput GOLDEN [--update]             with the default congestion control
 *     sim-goodput NAME GOLDEN [--update]        with another
 *
 * Two hosts, one link of 100 Mbit/s each way with a queue of 256 KiB; loss hits data and ACKs
 * alike. A cell is the payload that arrived in BYTES or SECONDS of virtual time, whichever ends
 * first, the mean of SEEDS runs, because with loss a single run is a matter of luck. The numbers
 * depend on no machine: a change of more than a tenth in any cell, to the better too, is a
 * change of behaviour that somebody must look at, and confirm with --update.
 */
#include "bulk.h"
#include "net.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_BPS 100000000
#define BUFFER_BYTES (4 << 20) /* more than rate times the longest round trip */
#define BYTES 20000000
#define SECONDS 60
#define SEEDS 10     /* without loss there is nothing to draw: one */
#define TOLERANCE 10 /* percent */
#define HEAD_LINES 3 /* of the table's file */

static const int rtts_ms[] = {1, 20, 100};
static const uint32_t losses_ppm[] = {0, 1000, 10000, 30000};

#define RTTS (sizeof(rtts_ms) / sizeof(rtts_ms[0]))
#define LOSSES (sizeof(losses_ppm) / sizeof(losses_ppm[0]))

static enum inl_cc_algo congestion = INL_CC_ALGOS_MAX; /* the default */

/* ---- one run ---- */

/* Payload in bits per second of virtual time. */
static uint64_t run_measure(uint64_t seed, int rtt_ms, uint32_t loss_ppm) {
    const struct inl_impair path = {
        .delay_ns = rtt_ms * INL_MS / 2,
        .loss_ppm = loss_ppm,
        .rate_bps = RATE_BPS,
    };
    const struct bulk_config config = {
        .seed = seed,
        .data = path,
        .acks = path,
        .flows = 1,
        .window_bytes = BUFFER_BYTES,
        .congestion = {congestion == INL_CC_ALGOS_MAX ? -1 : (int64_t)congestion},
    };
    struct bulk *b = bulk_new(&config);
    uint64_t bits_per_s;

    bulk_run(b, (inl_time){SECONDS * INL_S}, BYTES);
    bits_per_s = bulk_received_all(b) * 8 * 1000 / (uint64_t)(bulk_now(b).ns / INL_MS);
    bulk_free(b);
    return bits_per_s;
}

static uint64_t cell_measure(int rtt_ms, uint32_t loss_ppm) {
    uint64_t runs = loss_ppm > 0 ? SEEDS : 1;
    uint64_t sum = 0;

    for (uint64_t seed = 1; seed <= runs; seed++) {
        sum += run_measure(seed, rtt_ms, loss_ppm);
    }
    return sum / runs / 1000;
}

/* ---- the table ---- */

struct table {
    uint64_t kbps[RTTS][LOSSES];
};

static void table_write(FILE *f, const struct table *t) {
    fprintf(f, "# SPDX-License-Identifier: BSD-2-Clause\n");
    fprintf(f, "# kbit/s of payload over 100 Mbit/s; rows: round-trip time, columns: loss\n");
    fprintf(f, "%-8s", "rtt");
    for (size_t l = 0; l < LOSSES; l++) {
        fprintf(f, " %5" PRIu32 ".%" PRIu32 "%%", losses_ppm[l] / 10000, losses_ppm[l] / 1000 % 10);
    }
    fprintf(f, "\n");
    for (size_t r = 0; r < RTTS; r++) {
        fprintf(f, "%3d ms  ", rtts_ms[r]);
        for (size_t l = 0; l < LOSSES; l++) {
            fprintf(f, " %8" PRIu64, t->kbps[r][l]);
        }
        fprintf(f, "\n");
    }
}

/* False if the file is not a table of this shape. */
static bool table_read(const char *path, struct table *ret_table) {
    char line[256];
    FILE *f = fopen(path, "r");
    bool ok = f != NULL;

    for (int i = 0; ok && i < HEAD_LINES; i++) {
        ok = fgets(line, sizeof(line), f) != NULL;
    }
    for (size_t r = 0; ok && r < RTTS; r++) {
        int rtt = 0;

        ok = fscanf(f, "%d ms", &rtt) == 1 && rtt == rtts_ms[r];
        for (size_t l = 0; ok && l < LOSSES; l++) {
            ok = fscanf(f, "%" SCNu64, &ret_table->kbps[r][l]) == 1;
        }
    }
    if (f) {
        fclose(f);
    }
    return ok;
}

static bool is_near(uint64_t now, uint64_t golden) {
    uint64_t off = now > golden ? now - golden : golden - now;

    return off * 100 <= golden * TOLERANCE;
}

/* How many cells have changed; says which. */
static int table_compare(const struct table *now, const struct table *golden) {
    int changed = 0;

    for (size_t r = 0; r < RTTS; r++) {
        for (size_t l = 0; l < LOSSES; l++) {
            if (!is_near(now->kbps[r][l], golden->kbps[r][l])) {
                printf("changed: rtt %d ms, loss %" PRIu32 " ppm: was %" PRIu64 ", is %" PRIu64
                       " kbit/s\n",
                       rtts_ms[r], losses_ppm[l], golden->kbps[r][l], now->kbps[r][l]);
                changed++;
            }
        }
    }
    return changed;
}

static int update(const char *path, const struct table *t) {
    FILE *f = fopen(path, "w");

    if (!f) {
        die("cannot write %s", path);
    }
    table_write(f, t);
    return fclose(f) ? 1 : 0;
}

/* True if the name is that of an algorithm: it is used then. */
static bool choose(const char *name) {
    for (int i = 0; inl_cc_name((enum inl_cc_algo)i); i++) {
        if (strcmp(inl_cc_name((enum inl_cc_algo)i), name) == 0) {
            congestion = (enum inl_cc_algo)i;
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv) {
    int skip = argc > 2 && choose(argv[1]) ? 1 : 0;
    bool updating;
    struct table now, golden;

    argc -= skip;
    argv += skip;
    updating = argc == 3 && strcmp(argv[2], "--update") == 0;
    if (argc != 2 && !updating) {
        fprintf(stderr, "usage: sim-goodput [NAME] GOLDEN [--update]\n");
        return 2;
    }
    for (size_t r = 0; r < RTTS; r++) {
        for (size_t l = 0; l < LOSSES; l++) {
            now.kbps[r][l] = cell_measure(rtts_ms[r], losses_ppm[l]);
        }
    }
    table_write(stdout, &now);
    if (updating) {
        return update(argv[1], &now);
    }
    if (!table_read(argv[1], &golden)) {
        die("%s is not a table of this shape: make it with --update", argv[1]);
    }
    if (table_compare(&now, &golden) > 0) {
        die("goodput has changed by more than %d%%: if that is meant, --update", TOLERANCE);
    }
    return 0;
}
