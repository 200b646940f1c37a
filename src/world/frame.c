/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.c - buffers for frames on their way
 *
 * Each segment keeps the frames that it is done with and uses the last one first, so in a steady
 * state no memory is asked for. The reserve is bounded: what a burst needed is given back.
 */
#include "world/state.h"

#define POOL_FRAMES_MAX 4096

static size_t frame_size(const struct world_segment *seg) {
    return sizeof(struct frame) + frame_cap(seg);
}

struct frame *frame_new(struct inl_world *w, struct world_segment *seg) {
    struct list *n = list_pop(&seg->pool);
    struct frame *f;

    if (n) {
        seg->pooled--;
        return LIST_ENTRY(n, struct frame, node);
    }
    f = mem_alloc(&w->mem, frame_size(seg));
    if (f) {
        list_init(&f->node);
        timer_init(&f->timer, TIMER_WORLD_FRAME);
        f->from = NULL;
        f->len_bytes = 0;
        f->cause = INL_CAUSE_NONE;
        f->owner = 0;
    }
    return f;
}

void frame_free(struct inl_world *w, struct world_segment *seg, struct frame *f) {
    timer_cancel(&w->wheel, &f->timer);
    list_del(&f->node);
    if (seg->pooled < POOL_FRAMES_MAX) {
        list_add_head(&seg->pool, &f->node);
        seg->pooled++;
    } else {
        mem_free(&w->mem, f, frame_size(seg));
    }
}

void frame_pool_done(struct inl_world *w, struct world_segment *seg) {
    struct list *n;

    while ((n = list_pop(&seg->pool))) {
        mem_free(&w->mem, LIST_ENTRY(n, struct frame, node), frame_size(seg));
    }
    seg->pooled = 0;
}
