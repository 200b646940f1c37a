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
#include "tools/common/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
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

static int add_lines(struct exclude *e, const char *path, FILE *f) {
    char line[LINE_MAX_BYTES];
    unsigned number = 0;

    while (fgets(line, sizeof(line), f) != NULL) {
        size_t len = strlen(line);
        bool whole = len > 0 && (line[len - 1] == '\n' || feof(f));

        number++;
        line[strcspn(line, "#")] = '\0';
        if (!whole || exclude_add(e, line) < 0) {
            tool_say("%s, line %u: expected " EXCLUDE_EXPECTED, path, number);
            return -EINVAL;
        }
    }
    if (ferror(f)) {
        int err = errno;

        tool_say("%s: %s", path, strerror(err));
        return -err;
    }
    return 0;
}

int exclude_add_file(struct exclude *e, const char *path) {
    FILE *f = fopen(path, "re");

    if (f == NULL) {
        int err = errno;

        tool_say("%s: %s", path, strerror(err));
        return -err;
    }
    int err = add_lines(e, path, f);

    fclose(f);
    return err;
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
