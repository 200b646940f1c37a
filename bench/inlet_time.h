/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inlet_time.h - the benchmarks' clock as inlet takes it
 */
#ifndef BENCH_INLET_TIME_H
#define BENCH_INLET_TIME_H

#include "bench.h"

#include <inlet/types.h>

static inline inl_time bench_now(void) {
    return (inl_time){(int64_t)bench_now_ns()};
}

#endif
