/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.h - the frame of the loop benchmarks: clock, options and JSON
 *
 * A stack under test offers four measurements (struct subject); bench_main() runs them in the
 * same order with the same amounts for every stack and prints one JSON object. Each measurement
 * moves real bytes through a whole stack twice: out of one host and into the other, joined by
 * memory, in one thread.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_MTU_BYTES 1500

struct subject {
    const char *name;    /* "inlet", "lwip" */
    const char *version; /* of the stack */
    void (*setup)(void);
    /* Moves that many bytes from client to server; returns frames with a full payload. */
    uint64_t (*bulk)(uint64_t bytes);
    /* n times one byte there and one byte back, on one connection. */
    void (*pingpong)(unsigned n);
    /* n times connect, accept, close by both ends, until both ends see the close. */
    void (*connections)(unsigned n);
    /* Opens n connections and leaves them idle; returns bytes of memory an end. */
    double (*idle)(unsigned n);
};

uint64_t bench_now_ns(void);
/* Prints to stderr and exits with 1. */
_Noreturn void bench_die(const char *what);
int bench_main(const struct subject *subject, int argc, char **argv);

#endif
