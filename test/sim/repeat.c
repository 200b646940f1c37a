/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * repeat.c - the same seed gives the same frames at the same times, another seed others
 *
 * The capture of a run is chained into one hash: each frame with its time, its ports, its fate
 * and its cause. Pointers, uninitialised bytes or an unordered table anywhere in the engine
 * would show here.
 */
#include "sim.h"

#include "base/siphash.h"
#include "net.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CONNECTIONS 300

struct capture {
    uint64_t hash;
    uint64_t frames;
};

static void on_frame(void *ctx, const struct inl_world_frame *f) {
    struct capture *cap = ctx;
    uint64_t head[8] = {
        cap->hash,
        (uint64_t)f->now.ns,
        (uint64_t)f->segment << 32 | (uint64_t)f->from_port,
        (uint64_t)f->fate,
        (uint64_t)f->cause,
        f->owner,
        (uint64_t)f->corrupted << 2 | (uint64_t)f->duplicated << 1 | (uint64_t)f->reordered,
        f->len_bytes,
    };
    uint8_t key[16];

    memset(key, 0, sizeof(key));
    head[0] ^= siphash(key, f->data, f->len_bytes);
    cap->hash = siphash(key, head, sizeof(head));
    cap->frames++;
}

static struct capture run(uint64_t seed) {
    struct capture cap = {0};
    struct sim_result r;
    const struct sim_config c = {
        .seed = seed,
        .connections = CONNECTIONS,
        .concurrency = 50,
        .trace = -1,
        .on_frame = on_frame,
        .on_frame_ctx = &cap,
    };

    sim_run(&c, &r);
    printf("seed %" PRIu64 ": %" PRIu64 " frames, hash %016" PRIx64 "\n", seed, cap.frames,
           cap.hash);
    return cap;
}

int main(void) {
    struct capture first = run(7);
    struct capture again = run(7);
    struct capture other = run(8);

    if (first.frames == 0 || first.frames != again.frames || first.hash != again.hash) {
        die("the same seed gave another capture");
    }
    if (other.hash == first.hash) {
        die("another seed gave the same capture");
    }
    return 0;
}
