/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exclude.c - takes those out of the targets who are not to be scanned
 *
 * The exclusions are sorted by their first address, as the targets are: one walk along both lists is
 * enough. An address is excluded if the farthest end of what began before it reaches it. IPv4 has a
 * walk of its own, as its addresses stand within those of IPv6 (::/0 does not mean them).
 */
#include "tools/scan/exclude.h"

#include "tools/common/grow.h"
#include "tools/scan/wordfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BETWEEN ", \t\r\n"

static int add(struct exclude *e, const struct range *range) {
    struct range *list = grow(e->list, e->n, &e->room, sizeof(*list));

    if (list == NULL) {
        return -ENOMEM;
    }
    e->list = list;
    e->list[e->n++] = *range;
    return 0;
}

int exclude_add(struct exclude *e, const char *words) {
    for (const char *p = words; *(p += strspn(p, BETWEEN)) != '\0';) {
        char word[2 * INL_ADDR_TEXT_MAX];
        size_t len = strcspn(p, BETWEEN);
        struct range range;

        if (len >= sizeof(word)) {
            return -EINVAL;
        }
        memcpy(word, p, len);
        word[len] = '\0';
        if (targets_range(word, &range) < 0) {
            return -EINVAL;
        }
        int err = add(e, &range);

        if (err < 0) {
            return err;
        }
        p += len;
    }
    return 0;
}

static int add_word(void *ctx, const char *word) {
    return exclude_add(ctx, word);
}

int exclude_add_file(struct exclude *e, const char *path) {
    return wordfile_read(path, EXCLUDE_EXPECTED, add_word, e);
}

static int compare(const void *a, const void *b) {
    return memcmp(&((const struct range *)a)->first, &((const struct range *)b)->first,
                  sizeof(struct inl_addr));
}

void exclude_from(struct exclude *e, struct targets *targets) {
    struct inl_addr reach[2] = {INL_ADDR_ANY, INL_ADDR_ANY};
    uint32_t next = 0, kept = 0;

    if (e->n == 0) {
        return;
    }
    qsort(e->list, e->n, sizeof(e->list[0]), compare);
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct inl_addr *addr = &targets->list[i].addr;

        for (; next < e->n && memcmp(&e->list[next].first, addr, sizeof(*addr)) <= 0; next++) {
            struct inl_addr *far = &reach[inl_addr_is4(&e->list[next].first)];

            if (memcmp(&e->list[next].last, far, sizeof(*far)) > 0) {
                *far = e->list[next].last;
            }
        }
        if (memcmp(addr, &reach[inl_addr_is4(addr)], sizeof(*addr)) > 0) {
            targets->list[kept++] = targets->list[i];
        }
    }
    targets->n = kept;
}

void exclude_free(struct exclude *e) {
    free(e->list);
    *e = (struct exclude){0};
}
