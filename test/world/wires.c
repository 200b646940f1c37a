/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wires.c - a world for tests (see wires.h)
 */
#include "wires.h"

#define FRAME_MAX 2048

static void *count_alloc(void *ctx, size_t size) {
    ++*(int64_t *)ctx;
    return malloc(size);
}

static void count_free(void *ctx, void *ptr, size_t size) {
    (void)size;
    --*(int64_t *)ctx;
    free(ptr);
}

static void on_frame(void *ctx, const struct inl_world_frame *f) {
    struct wires *x = ctx;

    x->told++;
    x->told_lost += f->fate == INL_DROP_WORLD_LOSS;
    x->told_queue += f->fate == INL_DROP_WORLD_QUEUE;
}

void wires_init(struct wires *x, const struct inl_impair *impair) {
    struct inl_world_config c = {
        .alloc = {count_alloc, count_free, &x->blocks},
        .seed = WIRES_SEED,
        .on_frame = on_frame,
        .on_frame_ctx = x,
    };

    *x = (struct wires){0};
    assert_int_equal(inl_world_new(&c, &x->world), 0);
    x->segment = inl_world_segment_add(x->world, "wire", 1500);
    assert_int_equal(x->segment, 0);
    x->in = inl_world_attach_external(x->world, x->segment, impair);
    x->out = inl_world_attach_external(x->world, x->segment, NULL);
    assert_true(x->in >= 0 && x->out >= 0);
}

void wires_done(struct wires *x) {
    inl_world_free(x->world);
    assert_int_equal(x->blocks, 0);
}

void wires_frame(uint8_t *buf, size_t len_bytes, uint32_t number, const uint8_t *dst) {
    static const uint8_t head[14] = {2, 0xee, 0, 0, 0, 1, 2, 0xee, 0, 0, 0, 2, 0x88, 0xb5};

    for (size_t i = 0; i < len_bytes; i++) {
        buf[i] = (uint8_t)(i * 7 + number);
    }
    memcpy(buf, head, sizeof(head));
    if (dst) {
        memcpy(buf, dst, 6);
    }
    memcpy(buf + sizeof(head), &number, sizeof(number));
}

void wires_send(struct wires *x, uint32_t number, size_t len_bytes, inl_time now) {
    uint8_t buf[FRAME_MAX];

    wires_frame(buf, len_bytes, number, NULL);
    inl_world_port_rx(x->world, x->in, buf, len_bytes, now);
}

/* Compares with what was sent. A frame whose number is hit is told by its other bytes. */
static struct arrived arrived_of(const uint8_t *got, size_t len_bytes, inl_time at) {
    struct arrived a = {.at = at, .len_bytes = len_bytes};
    uint8_t sent[FRAME_MAX];

    memcpy(&a.number, got + 14, sizeof(a.number));
    wires_frame(sent, len_bytes, a.number, NULL);
    for (size_t bit = 0; bit < len_bytes * 8; bit++) {
        if (((got[bit / 8] ^ sent[bit / 8]) >> (bit % 8)) & 1) {
            a.flipped_bits++;
            a.flipped_at = bit;
        }
    }
    return a;
}

size_t wires_collect(struct wires *x, inl_time end, struct arrived *ret, size_t max) {
    uint8_t buf[FRAME_MAX];
    size_t n = 0;

    for (;;) {
        inl_time next = inl_world_next_deadline(x->world);
        int64_t len;

        if (inl_time_before(end, next)) {
            return n;
        }
        inl_world_advance(x->world, next);
        while ((len = inl_world_port_tx(x->world, x->out, buf, sizeof(buf), next)) > 0) {
            assert_true(n < max);
            ret[n++] = arrived_of(buf, (size_t)len, next);
        }
        assert_int_equal(len, 0);
    }
}
