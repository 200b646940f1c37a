/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_now.c - the clock of the lwIP that is built from its source, in ms
 */
#include "bench.h"

#include <lwip/sys.h>

u32_t sys_now(void) {
    return (u32_t)(bench_now_ns() / 1000000);
}
