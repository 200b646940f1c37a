/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * say.h - what ping's voices share
 */
#ifndef TOOLS_PING_SAY_H
#define TOOLS_PING_SAY_H

#include <stdint.h>

#define SAY_MS_MAX 32

/* A time in milliseconds with three digits that count: "0.023", "1.23", "12.3", "123". */
void say_ms(int64_t ns, char buf[SAY_MS_MAX]);

#endif
