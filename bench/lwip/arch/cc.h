/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc.h - what lwIP wants to know of the compiler: its own guesses are right
 */
#ifndef BENCH_LWIP_CC_H
#define BENCH_LWIP_CC_H

#include <stdlib.h>

#define LWIP_RAND() ((u32_t)rand())

#endif
