/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * env.c - what the layers of one stack share (see env.h)
 */
#include "base/env.h"

#include <string.h>

void env_init(struct env *e, const struct inl_alloc *alloc, size_t limit_bytes,
              const uint8_t seed[16], inl_time now) {
    memset(e, 0, sizeof(*e));
    mem_init(&e->mem, alloc, limit_bytes);
    rng_init(&e->rng, seed);
    wheel_init(&e->wheel, now);
    evq_init(&e->evq);
    e->now = now;
    e->place = ENV_NOWHERE;
}
