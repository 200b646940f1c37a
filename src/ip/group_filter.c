/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_filter.c - lists of senders to a group (group_filter.h)
 *
 * Lists are short (config.groups.max_sources), so they are arrays, searched by halves.
 */
#include "ip/group_filter.h"

#include <string.h>

#define ROOM_FIRST 4

void group_filter_done(struct group_filter *f, struct mem *mem) {
    mem_free(mem, f->sources, f->room * sizeof(f->sources[0]));
    *f = (struct group_filter){0};
}

/* Where it is, or where it would have to be. */
static uint16_t filter_place(const struct group_filter *f, const struct inl_addr *source,
                             bool *ret_found) {
    uint16_t low = 0;
    uint16_t high = f->count;

    while (low < high) {
        uint16_t mid = (uint16_t)((low + high) / 2);
        int order = memcmp(source->b, f->sources[mid].b, sizeof(source->b));

        if (order == 0) {
            *ret_found = true;
            return mid;
        }
        if (order < 0) {
            high = mid;
        } else {
            low = (uint16_t)(mid + 1);
        }
    }
    *ret_found = false;
    return low;
}

bool group_filter_names(const struct group_filter *f, const struct inl_addr *source) {
    bool found;

    filter_place(f, source, &found);
    return found;
}

bool group_filter_eq(const struct group_filter *a, const struct group_filter *b) {
    return a->exclude == b->exclude && a->count == b->count &&
           (a->count == 0 || memcmp(a->sources, b->sources, a->count * sizeof(a->sources[0])) == 0);
}

static bool filter_grow(struct group_filter *f, struct mem *mem, uint16_t room) {
    struct inl_addr *more = mem_alloc(mem, room * sizeof(*more));

    if (!more) {
        return false;
    }
    if (f->count) {
        memcpy(more, f->sources, f->count * sizeof(*more));
    }
    mem_free(mem, f->sources, f->room * sizeof(f->sources[0]));
    f->sources = more;
    f->room = room;
    return true;
}

bool group_filter_add(struct group_filter *f, struct mem *mem, const struct inl_addr *source) {
    bool found;
    uint16_t at = filter_place(f, source, &found);

    if (found) {
        return true;
    }
    if (f->count == UINT16_MAX / 2) {
        return false;
    }
    if (f->count == f->room &&
        !filter_grow(f, mem, f->room ? (uint16_t)(f->room * 2) : ROOM_FIRST)) {
        return false;
    }
    memmove(f->sources + at + 1, f->sources + at, (size_t)(f->count - at) * sizeof(*source));
    f->sources[at] = *source;
    f->count++;
    return true;
}

void group_filter_remove(struct group_filter *f, const struct inl_addr *source) {
    bool found;
    uint16_t at = filter_place(f, source, &found);

    if (found) {
        f->count--;
        memmove(f->sources + at, f->sources + at + 1, (size_t)(f->count - at) * sizeof(*source));
    }
}

bool group_filter_copy(struct group_filter *f, struct mem *mem, const struct group_filter *src) {
    if (src->count > f->room) {
        struct group_filter fresh = {0};

        if (!filter_grow(&fresh, mem, src->count)) {
            return false;
        }
        group_filter_done(f, mem);
        *f = fresh;
    }
    if (src->count) {
        memcpy(f->sources, src->sources, src->count * sizeof(src->sources[0]));
    }
    f->count = src->count;
    f->exclude = src->exclude;
    return true;
}

void group_filter_keep(struct group_filter *f, const struct group_filter *other, bool named) {
    uint16_t n = 0;

    for (uint16_t i = 0; i < f->count; i++) {
        if (group_filter_names(other, &f->sources[i]) == named) {
            f->sources[n++] = f->sources[i];
        }
    }
    f->count = n;
}
