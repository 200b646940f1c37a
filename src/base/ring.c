/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.c - paged byte ring (see ring.h)
 *
 * Page number = offset / RING_PAGE_BYTES. All held pages lie within `slots` consecutive page
 * numbers from head's, so "number modulo slots" is unique.
 */
#include "base/ring.h"

#include "base/csum.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define TABLE_MIN 4u

/* What is rare stands in functions of its own, so that what is not saves no registers for it. */
#define LONG_WAY __attribute__((noinline))

static uint64_t page_of(uint64_t off) {
    return off / RING_PAGE_BYTES;
}

static uint8_t **slot_of(const struct ring *r, uint64_t page) {
    uint8_t *const *table = r->slots > 1 ? r->table : &r->one;

    /* the table belongs to the ring: only the pointer to it was made const by the caller's */
    return (uint8_t **)(uintptr_t)&table[page & (r->slots - 1)];
}

/* The page's bytes, or NULL when it is not held */
static uint8_t *page_at(const struct ring *r, uint64_t page) {
    return page - page_of(r->head) < r->slots ? *slot_of(r, page) : NULL;
}

static uint32_t cap_of(size_t cap_bytes) {
    return cap_bytes < UINT32_MAX ? (uint32_t)cap_bytes : UINT32_MAX;
}

void ring_init(struct ring *r, struct mem *m, size_t cap_bytes) {
    *r = (struct ring){.mem = m, .cap_bytes = cap_of(cap_bytes), .slots = 1};
}

void ring_done(struct ring *r) {
    ring_clear(r);
}

void ring_set_cap(struct ring *r, size_t cap_bytes) {
    r->cap_bytes = cap_of(cap_bytes);
}

/* No page is held. */
static void table_drop(struct ring *r) {
    if (r->slots > 1) {
        mem_free(r->mem, r->table, r->slots * sizeof(*r->table));
        r->one = NULL;
        r->slots = 1;
    }
}

/* Makes the table large enough for pages up to @last. */
static int table_reach(struct ring *r, uint64_t last) {
    uint64_t first = page_of(r->head);
    uint32_t slots = r->slots;
    uint8_t **table;

    if (last - first < slots) {
        return 0;
    }
    slots = slots < TABLE_MIN ? TABLE_MIN : slots;
    while (last - first >= slots) {
        slots *= 2;
    }
    table = mem_zalloc(r->mem, slots * sizeof(*table));
    if (!table) {
        return -ENOMEM;
    }
    for (uint64_t page = first; page < first + r->slots; page++) {
        table[page & (slots - 1)] = *slot_of(r, page);
    }
    if (r->slots > 1) {
        mem_free(r->mem, r->table, r->slots * sizeof(*r->table));
    }
    r->table = table;
    r->slots = slots;
    return 0;
}

_Static_assert(RING_PAGE_BYTES == MEM_SPARE_BYTES, "pages come from the spares");

static void page_drop(struct ring *r, uint64_t page) {
    uint8_t **slot = slot_of(r, page);

    if (*slot) {
        mem_page_free(r->mem, *slot);
        *slot = NULL;
        r->pages--;
    }
}

/* The page is not held; false: no memory. */
static bool page_take(struct ring *r, uint8_t **slot) {
    *slot = mem_page_alloc(r->mem);
    r->pages += *slot != NULL;
    return *slot != NULL;
}

/*
 * Takes all missing pages of [first, last], or none. Each new page remembers the one that was
 * taken before it in its own first bytes, so that undoing needs no list.
 */
static int pages_take(struct ring *r, uint64_t first, uint64_t last) {
    uint64_t taken = UINT64_MAX;

    for (uint64_t page = first; page <= last; page++) {
        uint8_t **slot = slot_of(r, page);

        if (*slot) {
            continue;
        }
        if (!page_take(r, slot)) {
            while (taken != UINT64_MAX) {
                page = taken;
                memcpy(&taken, *slot_of(r, page), sizeof(taken));
                page_drop(r, page);
            }
            return -ENOMEM;
        }
        memcpy(*slot, &taken, sizeof(taken));
        taken = page;
    }
    return 0;
}

int ring_reserve(struct ring *r, uint64_t off, size_t len) {
    int err;

    if (off < r->head || off - r->head > r->cap_bytes || len > r->cap_bytes - (off - r->head)) {
        return -ENOBUFS;
    }
    if (len == 0) {
        return 0;
    }
    if (len <= RING_PAGE_BYTES - off % RING_PAGE_BYTES &&
        page_of(off) - page_of(r->head) < r->slots) {
        uint8_t **slot = slot_of(r, page_of(off));

        if (!*slot && !page_take(r, slot)) {
            return -ENOMEM;
        }
        r->tail = off + len > r->tail ? off + len : r->tail;
        return 0; /* one page, which has its place in the table */
    }
    err = table_reach(r, page_of(off + len - 1));
    if (err == 0) {
        err = pages_take(r, page_of(off), page_of(off + len - 1));
    }
    if (err < 0) {
        if (r->pages == 0) {
            table_drop(r);
        }
        return err;
    }
    if (off + len > r->tail) {
        r->tail = off + len;
    }
    return 0;
}

/* Bytes from @off to the end of its page, at most @len */
static size_t piece_len(uint64_t off, size_t len) {
    size_t left = RING_PAGE_BYTES - (size_t)(off % RING_PAGE_BYTES);

    return len < left ? len : left;
}

/* Copies one piece; *odd says whether it begins at an odd place of the whole. */
static void piece_copy(uint8_t *dst, const uint8_t *src, size_t n, uint64_t *csum_acc, bool *odd) {
    if (!csum_acc) {
        mem_copy(dst, src, n);
        return;
    }
    *csum_acc = *odd ? csum_join(*csum_acc, csum_copy(dst, src, n, 0), true)
                     : csum_copy(dst, src, n, *csum_acc);
    *odd ^= n % 2;
}

/* Nearly every piece lies in one page, and the page has its place in the table. */
static inline bool is_short(const struct ring *r, uint64_t off, size_t len) {
    return off >= r->head && len - 1 < RING_PAGE_BYTES - off % RING_PAGE_BYTES &&
           page_of(off) - page_of(r->head) < r->slots;
}

static LONG_WAY int write_pieces(struct ring *r, uint64_t off, const void *src, size_t len,
                                 uint64_t *csum_acc) {
    const uint8_t *s = src;
    bool odd = false;
    int err = ring_reserve(r, off, len);

    if (err < 0) {
        return err;
    }
    while (len > 0) {
        size_t n = piece_len(off, len);

        piece_copy(*slot_of(r, page_of(off)) + off % RING_PAGE_BYTES, s, n, csum_acc, &odd);
        s += n;
        off += n;
        len -= n;
    }
    return 0;
}

int ring_write_at(struct ring *r, uint64_t off, const void *src, size_t len, uint64_t *csum_acc) {
    uint8_t **slot;

    if (!is_short(r, off, len) || off - r->head + len > r->cap_bytes || csum_acc) {
        return write_pieces(r, off, src, len, csum_acc);
    }
    slot = slot_of(r, page_of(off));
    if (!*slot && !page_take(r, slot)) {
        return -ENOMEM;
    }
    r->tail = off + len > r->tail ? off + len : r->tail;
    mem_copy(*slot + off % RING_PAGE_BYTES, src, len);
    return 0;
}

size_t ring_peek(const struct ring *r, uint64_t off, size_t len, struct ring_span *out,
                 size_t max) {
    size_t spans = 0;

    if (off < r->head) {
        return 0;
    }
    while (len > 0 && spans < max) {
        uint8_t *page = page_at(r, page_of(off));
        size_t n = piece_len(off, len);

        if (!page) {
            break;
        }
        out[spans++] = (struct ring_span){page + off % RING_PAGE_BYTES, n};
        off += n;
        len -= n;
    }
    return spans;
}

/* Are all pages of [off, off + len) held? */
static bool pages_held(const struct ring *r, uint64_t off, size_t len) {
    if (off < r->head || len > UINT64_MAX - off) {
        return false;
    }
    while (len > 0) {
        size_t n = piece_len(off, len);

        if (!page_at(r, page_of(off))) {
            return false;
        }
        off += n;
        len -= n;
    }
    return true;
}

static LONG_WAY int read_pieces(const struct ring *r, uint64_t off, void *dst, size_t len,
                                uint64_t *csum_acc) {
    uint8_t *d = dst;
    bool odd = false;

    if (!pages_held(r, off, len)) {
        return -ENOENT;
    }
    while (len > 0) {
        size_t n = piece_len(off, len);

        piece_copy(d, page_at(r, page_of(off)) + off % RING_PAGE_BYTES, n, csum_acc, &odd);
        d += n;
        off += n;
        len -= n;
    }
    return 0;
}

int ring_read_at(const struct ring *r, uint64_t off, void *dst, size_t len, uint64_t *csum_acc) {
    const uint8_t *page = is_short(r, off, len) ? *slot_of(r, page_of(off)) : NULL;

    if (!page) {
        return read_pieces(r, off, dst, len, csum_acc);
    }
    page += off % RING_PAGE_BYTES;
    if (csum_acc) {
        *csum_acc = csum_copy(dst, page, len, *csum_acc);
    } else {
        mem_copy(dst, page, len);
    }
    return 0;
}

/* The only page that there can be. */
static void page_drop_one(struct ring *r) {
    mem_page_free(r->mem, r->one);
    r->one = NULL;
    r->pages = 0;
}

void ring_clear(struct ring *r) {
    if (r->slots == 1) {
        if (r->one) {
            page_drop_one(r);
        }
        r->tail = r->head;
        return;
    }
    for (uint64_t page = page_of(r->head); r->pages > 0; page++) {
        page_drop(r, page);
    }
    table_drop(r);
    r->tail = r->head;
}

/* Some pages go, and there is a table. */
static LONG_WAY void release_pages(struct ring *r, uint64_t new_head) {
    uint64_t page = page_of(r->head);
    uint64_t end = page + r->slots;

    if (new_head >= r->tail) {
        ring_clear(r);
        r->head = new_head;
        r->tail = new_head;
        return;
    }
    if (page_of(new_head) < end) {
        end = page_of(new_head);
    }
    for (; page < end; page++) {
        page_drop(r, page);
    }
    r->head = new_head;
    if (r->pages == 0) {
        table_drop(r);
    }
}

void ring_release(struct ring *r, uint64_t new_head) {
    if (new_head <= r->head) {
        return;
    }
    if (new_head < r->tail && page_of(new_head) == page_of(r->head)) {
        r->head = new_head; /* the page is still in use */
    } else if (r->slots > 1) {
        release_pages(r, new_head);
    } else {
        if (r->one) {
            page_drop_one(r);
        }
        r->head = new_head;
        r->tail = new_head > r->tail ? new_head : r->tail;
    }
}

void ring_trim(struct ring *r, uint64_t new_tail) {
    uint64_t first = page_of(r->head);

    if (new_tail >= r->tail) {
        return;
    }
    if (new_tail <= r->head) {
        ring_clear(r);
        return;
    }
    for (uint64_t page = page_of(new_tail - 1) + 1; page < first + r->slots; page++) {
        page_drop(r, page);
    }
    r->tail = new_tail;
    if (r->pages == 0) {
        table_drop(r);
    }
}
