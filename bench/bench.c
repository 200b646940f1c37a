/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.c - the rows of the table, and what runs one of them
 */
#include "bench.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define ROUND_TRIPS 400000
#define OPEN_BESIDE 10 /* datagrams that are open beside a router's table */

enum what {
    BULK,
    TRIPS,
    CONNECTIONS,
    DATAGRAMS,
    FORWARD,
    REASSEMBLY,
    REASSEMBLY_BESIDE,
    IDLE_BYTES,
    HALF_OPEN_BYTES,
    TIME_WAIT_BYTES
};

struct row {
    const char *name;
    enum what what;
    uint64_t amount; /* bytes, trips, connections, datagrams */
    uint64_t quick;  /* the same for --quick */
    uint32_t param;  /* open connections; bytes of a datagram; entries of a router's table */
    uint32_t among;  /* connections that are used; the kind of that table */
    struct setting setting;
};

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)
#define MTU1500(window, zc)                                                                        \
    { 1500, window, 64, zc }
#define MTU65535(zc)                                                                               \
    { 65535, 1 << 20, 64, zc }
#define CONNS(n)                                                                                   \
    { 1500, 65535, (n) + 64, false }

static const struct row rows[] = {
    {"bulk-64k", BULK, 2 * GIB, 16 * MIB, 0, 0, MTU1500(65535, false)},
    {"bulk-1m", BULK, 2 * GIB, 16 * MIB, 0, 0, MTU1500(1 << 20, false)},
    {"bulk-4m", BULK, 2 * GIB, 16 * MIB, 0, 0, MTU1500(4 << 20, false)},
    {"bulk-zc", BULK, 2 * GIB, 16 * MIB, 0, 0, MTU1500(65535, true)},
    {"bulk-mtu65535", BULK, 4 * GIB, 16 * MIB, 0, 0, MTU65535(false)},
    {"bulk-mtu65535-zc", BULK, 4 * GIB, 16 * MIB, 0, 0, MTU65535(true)},
    {"trips", TRIPS, ROUND_TRIPS, 2000, 1, 1, CONNS(1)},
    {"connections", CONNECTIONS, 12000, 500, 0, 0, CONNS(1)},
    {"udp-64", DATAGRAMS, 2000000, 5000, 64, 0, CONNS(1)},
    {"udp-1400", DATAGRAMS, 1000000, 5000, 1400, 0, CONNS(1)},
    {"random-10", TRIPS, ROUND_TRIPS, 2000, 10, 10, CONNS(10)},
    {"random-1k", TRIPS, ROUND_TRIPS, 2000, 1000, 1000, CONNS(1000)},
    {"random-10k", TRIPS, ROUND_TRIPS, 2000, 10000, 10000, CONNS(10000)},
    {"random-100k", TRIPS, ROUND_TRIPS, 2000, 100000, 100000, CONNS(100000)},
    {"random-1m", TRIPS, ROUND_TRIPS, 2000, 1000000, 1000000, CONNS(1000000)},
    {"busy-100k", TRIPS, ROUND_TRIPS, 2000, 100000, 1, CONNS(100000)},
    {"busy-1m", TRIPS, ROUND_TRIPS, 2000, 1000000, 1, CONNS(1000000)},
    {"forward-10", FORWARD, 1000000, 6400, 10, BENCH_ROUTES, CONNS(1)},
    {"forward-1k", FORWARD, 1000000, 6400, 1000, BENCH_ROUTES, CONNS(1)},
    {"forward-100k", FORWARD, 1000000, 6400, 100000, BENCH_ROUTES, CONNS(1)},
    {"forward6-10", FORWARD, 1000000, 6400, 10, BENCH_ROUTES6, CONNS(1)},
    {"forward6-100k", FORWARD, 1000000, 6400, 100000, BENCH_ROUTES6, CONNS(1)},
    {"neigh-10", FORWARD, 1000000, 6400, 10, BENCH_NEIGHBOURS, CONNS(1)},
    {"neigh-1k", FORWARD, 1000000, 6400, 1000, BENCH_NEIGHBOURS, CONNS(1)},
    {"neigh-100k", FORWARD, 1000000, 6400, 100000, BENCH_NEIGHBOURS, CONNS(1)},
    {"reass-1", REASSEMBLY, 500000, 3200, 1, 0, CONNS(1)},
    {"reass-10", REASSEMBLY, 500000, 3200, 10, 0, CONNS(1)},
    {"reass-1k", REASSEMBLY, 500000, 3200, 1000, 0, CONNS(1)},
    {"reass-10k", REASSEMBLY, 500000, 3200, 10000, 0, CONNS(1)},
    {"reass-routes-10", REASSEMBLY_BESIDE, 500000, 3200, 10, BENCH_ROUTES, CONNS(1)},
    {"reass-routes-100k", REASSEMBLY_BESIDE, 500000, 3200, 100000, BENCH_ROUTES, CONNS(1)},
    {"reass-neigh-10", REASSEMBLY_BESIDE, 500000, 3200, 10, BENCH_NEIGHBOURS, CONNS(1)},
    {"reass-neigh-100k", REASSEMBLY_BESIDE, 500000, 3200, 100000, BENCH_NEIGHBOURS, CONNS(1)},
    {"bytes-idle", IDLE_BYTES, 20000, 200, 0, 0, CONNS(20000)},
    {"bytes-half-open", HALF_OPEN_BYTES, 20000, 200, 0, 0, CONNS(20000)},
    {"bytes-time-wait", TIME_WAIT_BYTES, 12000, 200, 0, 0, CONNS(20000)},
};

static const char *const units[] = {
    [BULK] = "Gbit/s",
    [TRIPS] = "round trips/s",
    [CONNECTIONS] = "connections/s",
    [DATAGRAMS] = "datagrams/s",
    [FORWARD] = "packets/s",
    [REASSEMBLY] = "datagrams/s",
    [REASSEMBLY_BESIDE] = "datagrams/s",
    [IDLE_BYTES] = "bytes/endpoint",
    [HALF_OPEN_BYTES] = "bytes/connection",
    [TIME_WAIT_BYTES] = "bytes/connection",
};

uint64_t bench_now_ns(void) {
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

/* xorshift: the same sequence for every stack */
uint32_t bench_random(uint32_t below) {
    static uint64_t state = 0x9e3779b97f4a7c15U;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) * below >> 32);
}

void bench_die(const char *what) {
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

void *bench_room(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size);

    if (!p) {
        bench_die("out of memory");
    }
    return p;
}

/* What malloc has handed out, with what it needs for itself. */
static uint64_t heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static bool can(const struct subject *subject, enum what what) {
    switch (what) {
    case BULK:
        return subject->bulk != NULL;
    case TRIPS:
        return subject->open && subject->trips;
    case IDLE_BYTES:
        return subject->open != NULL;
    case CONNECTIONS:
    case TIME_WAIT_BYTES:
        return subject->connections != NULL;
    case DATAGRAMS:
        return subject->datagrams != NULL;
    case FORWARD:
        return subject->router && subject->forward;
    case REASSEMBLY:
        return subject->reass_open && subject->reass;
    case REASSEMBLY_BESIDE:
        return subject->reass_beside && subject->reass;
    default:
        return subject->half_open != NULL;
    }
}

/* The measured part. Not inlined: valgrind counts what happens inside. */
__attribute__((noinline)) void bench_measured(const struct subject *subject, const struct row *row,
                                              uint64_t amount);
void bench_measured(const struct subject *subject, const struct row *row, uint64_t amount) {
    uint32_t n = (uint32_t)amount;

    switch (row->what) {
    case BULK:
        subject->bulk(amount);
        break;
    case TRIPS:
        subject->trips(n, row->among);
        break;
    case CONNECTIONS:
    case TIME_WAIT_BYTES:
        subject->connections(n);
        break;
    case DATAGRAMS:
        subject->datagrams(n, row->param);
        break;
    case FORWARD:
        subject->forward(n, row->param);
        break;
    case REASSEMBLY:
        subject->reass(n, row->param);
        break;
    case REASSEMBLY_BESIDE:
        subject->reass(n, OPEN_BESIDE);
        break;
    case IDLE_BYTES:
        subject->open(n);
        if (subject->wait) {
            subject->wait();
        }
        break;
    case HALF_OPEN_BYTES:
        subject->half_open(n);
        break;
    }
}

static void warm_up(const struct subject *subject, const struct row *row, uint64_t amount) {
    if (row->what == TRIPS) {
        subject->open(row->param);
        bench_measured(subject, row, amount / 16);
    } else if (row->what == FORWARD) {
        subject->router((enum bench_table)row->among, row->param);
        bench_measured(subject, row, amount / 16);
    } else if (row->what == REASSEMBLY) {
        subject->reass_open(row->param);
        bench_measured(subject, row, amount / 16);
    } else if (row->what == REASSEMBLY_BESIDE) {
        subject->reass_beside((enum bench_table)row->among, row->param, OPEN_BESIDE);
        bench_measured(subject, row, amount / 16);
    } else if (row->what == BULK || row->what == DATAGRAMS) {
        bench_measured(subject, row, amount / 16);
    } else if (row->what == IDLE_BYTES || row->what == TIME_WAIT_BYTES) {
        bench_measured(subject, row, 4); /* what the first connections bring along */
    }
}

static double value_of(enum what what, uint64_t amount, double seconds, double bytes) {
    switch (what) {
    case BULK:
        return (double)amount * 8 / seconds / 1e9;
    case IDLE_BYTES:
        return bytes / (2.0 * (double)amount);
    case HALF_OPEN_BYTES:
    case TIME_WAIT_BYTES:
        return bytes / (double)amount;
    default:
        return (double)amount / seconds;
    }
}

/* What malloc does by GLIBC_TUNABLES for its blocks, for all static memory: lwIP's pools are some. */
static void huge_pages(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    uintptr_t from, to;
    char rights[5];
    char line[512];

    while (maps && fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, rights) == 3 &&
            strcmp(rights, "rw-p") == 0) {
            (void)madvise((void *)from, to - from, MADV_HUGEPAGE); /* no: small ones */
        }
    }
    if (maps) {
        fclose(maps);
    }
}

static int run(const struct subject *subject, const struct row *row, bool quick) {
    uint64_t amount = quick ? row->quick : row->amount;
    uint64_t start, bytes;
    double seconds;

    printf("{\"stack\": \"%s\", \"version\": \"%s\", \"row\": \"%s\", \"unit\": \"%s\", ",
           subject->name, subject->version, row->name, units[row->what]);
    fflush(stdout);
    if (!can(subject, row->what) || !subject->setup(&row->setting)) {
        printf("\"value\": null}\n");
        return 0;
    }
    warm_up(subject, row, amount);
    bytes = heap_bytes();
    start = bench_now_ns();
    bench_measured(subject, row, amount);
    seconds = (double)(bench_now_ns() - start) / 1e9;
    bytes = heap_bytes() - bytes;
    printf("\"amount\": %llu, \"seconds\": %.6f, \"value\": %.6g}\n", (unsigned long long)amount,
           seconds, value_of(row->what, amount, seconds, (double)bytes));
    return 0;
}

int bench_main(const struct subject *subject, int argc, char **argv) {
    bool quick = argc == 3 && strcmp(argv[2], "--quick") == 0;

    if (getenv("BENCH_HUGE_PAGES")) {
        huge_pages();
    }

    for (size_t i = 0; (argc == 2 || quick) && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(argv[1], "--rows") == 0) {
            puts(rows[i].name);
        } else if (strcmp(argv[1], rows[i].name) == 0) {
            return run(subject, &rows[i], quick);
        }
    }
    if (argc == 2 && strcmp(argv[1], "--rows") == 0) {
        return 0;
    }
    fprintf(stderr, "usage: %s ROW [--quick]\n       %s --rows\n", argv[0], argv[0]);
    return 2;
}
