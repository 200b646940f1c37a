/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * targets.c - whom to scan: names, addresses, prefixes, ranges; and who has to be asked first
 *
 * Addresses stand in the registries of special purposes (RFC 6890 and what updates it), or they are
 * public: a scan of those needs the consent of people whom we do not know.
 */
#include "tools/scan/targets.h"

#include "tools/common/grow.h"
#include "tools/common/names.h"
#include "tools/common/tool.h"
#include "tools/scan/wordfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct special {
    const char *prefix;
    unsigned bits;
    const char *what;
    bool never;
} specials[] = {
    {"0.0.0.0", 8, "this network", true},
    {"10.0.0.0", 8, "private", false},
    {"100.64.0.0", 10, "shared address space", false},
    {"127.0.0.0", 8, "loopback", false},
    {"169.254.0.0", 16, "link-local", false},
    {"172.16.0.0", 12, "private", false},
    {"192.0.0.0", 24, "protocol assignments", false},
    {"192.0.2.0", 24, "documentation", false},
    {"192.168.0.0", 16, "private", false},
    {"198.18.0.0", 15, "benchmarking", false},
    {"198.51.100.0", 24, "documentation", false},
    {"203.0.113.0", 24, "documentation", false},
    {"224.0.0.0", 4, "multicast", true},
    {"255.255.255.255", 32, "broadcast", true},
    {"::", 128, "unspecified", true},
    {"::1", 128, "loopback", false},
    {"64:ff9b:1::", 48, "local translation", false},
    {"100::", 64, "discard-only", false},
    {"2001:2::", 48, "benchmarking", false},
    {"2001:db8::", 32, "documentation", false},
    {"3fff::", 20, "documentation", false},
    {"fc00::", 7, "unique local", false},
    {"fe80::", 10, "link-local", false},
    {"ff00::", 8, "multicast", true},
};

const char *targets_class(const struct inl_addr *addr, bool *ret_never) {
    *ret_never = false;
    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        struct inl_addr prefix = INL_ADDR_ANY;

        if (inl_addr_parse(specials[i].prefix, &prefix) < 0) {
            continue;
        }
        unsigned bits = specials[i].bits + (inl_addr_is4(&prefix) ? 96 : 0);

        if (inl_addr_is4(&prefix) == inl_addr_is4(addr) && inl_addr_match(addr, &prefix, bits)) {
            *ret_never = specials[i].never;
            return specials[i].what;
        }
    }
    return NULL;
}

static int add(struct targets *t, const struct inl_addr *addr, uint32_t scope, const char *name) {
    if (scope == 0 && !inl_addr_is4(addr) && inl_addr_is_link_local(addr)) {
        tool_usage("a link-local address needs its interface, as in fe80::1%%eth0");
        return -EINVAL;
    }
    if (t->n == TARGETS_MAX) {
        tool_say("more than %u hosts: scan them in parts", (unsigned)TARGETS_MAX);
        return -E2BIG;
    }
    struct target *list = grow(t->list, t->n, &t->room, sizeof(*list));

    if (list == NULL) {
        tool_say("memory is short");
        return -ENOMEM;
    }
    t->list = list;
    t->list[t->n++] = (struct target){.addr = *addr, .scope = scope, .name = name};
    return 0;
}

/* The next address. */
static void step(struct inl_addr *a) {
    for (unsigned i = 16; i-- > 0 && ++a->b[i] == 0;) {
    }
}

static int add_count(struct targets *t, struct inl_addr first, uint64_t n) {
    int err = n > TARGETS_MAX ? -E2BIG : 0;

    if (err < 0) {
        tool_say("more than %u hosts: scan them in parts", (unsigned)TARGETS_MAX);
    }
    for (; n > 0 && err == 0; n--) {
        err = add(t, &first, 0, NULL);
        step(&first);
    }
    return err;
}

/* Of a network of IPv4 its own address and its broadcast are no hosts. */
static int add_prefix(struct targets *t, struct inl_addr a, unsigned bits, unsigned width) {
    unsigned left = width - bits;
    bool edges = width == 32 && left >= 2;
    uint64_t n = left < 40 ? UINT64_C(1) << left : UINT64_C(1) << 40;

    for (unsigned i = 0; i < left; i++) {
        a.b[15 - i / 8] &= (uint8_t) ~(1u << (i % 8));
    }
    if (edges) {
        step(&a);
    }
    return add_count(t, a, edges ? n - 2 : n);
}

static int wrong(const char *word) {
    tool_usage("%s: expected a host, 10.0.0.0/24, 10.0.0.1-20 or fd00::/120", word);
    return -EINVAL;
}

static bool read_number(const char *text, unsigned long max, unsigned *ret) {
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    *ret = (unsigned)n;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && n <= max;
}

/* "ADDR/BITS", "A.B.C.D-LAST" or an address alone. */
struct many {
    struct inl_addr addr;
    char sign; /* '/', '-', or the end of the word */
    unsigned number;
};

/* 0, -ENOENT (may be a name) or -EINVAL. */
static int read_many(const char *word, struct many *ret) {
    size_t n = strcspn(word, "/-");
    char text[INL_ADDR_TEXT_MAX];

    if (n >= sizeof(text)) {
        return -ENOENT;
    }
    memcpy(text, word, n);
    text[n] = '\0';
    ret->sign = word[n];
    if (inl_addr_parse(text, &ret->addr) < 0) {
        return ret->sign == '/' ? -EINVAL : -ENOENT; /* names may have a dash */
    }
    bool four = inl_addr_is4(&ret->addr);
    unsigned most = ret->sign == '-' ? 255 : four ? 32 : 128;

    if (ret->sign == '\0') {
        return 0;
    }
    if (!read_number(word + n + 1, most, &ret->number) ||
        (ret->sign == '-' && (!four || ret->number < ret->addr.b[15]))) {
        return -EINVAL;
    }
    return 0;
}

int targets_range(const char *word, struct range *ret) {
    struct many many;
    int err = read_many(word, &many);

    if (err < 0) {
        return err;
    }
    ret->first = ret->last = many.addr;
    if (many.sign == '-') {
        ret->last.b[15] = (uint8_t)many.number;
    } else if (many.sign == '/') {
        unsigned left = (inl_addr_is4(&many.addr) ? 32 : 128) - many.number;

        for (unsigned i = 0; i < left; i++) {
            ret->first.b[15 - i / 8] &= (uint8_t) ~(1u << (i % 8));
            ret->last.b[15 - i / 8] |= (uint8_t)(1u << (i % 8));
        }
    }
    return 0;
}

/* Adds "ADDR/BITS" or "A.B.C.D-LAST"; -ENOENT: neither. */
static int add_many(struct targets *t, const char *word, int family) {
    struct many many;
    int err = read_many(word, &many);

    if (err == -EINVAL) {
        return wrong(word);
    }
    if (err < 0 || many.sign == '\0') {
        return -ENOENT;
    }
    bool four = inl_addr_is4(&many.addr);

    if ((family == AF_INET && !four) || (family == AF_INET6 && four)) {
        tool_usage("%s: the other version of IP was asked for", word);
        return -EINVAL;
    }
    return many.sign == '/' ? add_prefix(t, many.addr, many.number, four ? 32 : 128)
                            : add_count(t, many.addr, many.number - many.addr.b[15] + 1u);
}

int targets_add(struct targets *targets, const char *word, int family) {
    union names_addr found;
    struct inl_addr addr;
    int err = add_many(targets, word, family);

    if (err != -ENOENT) {
        return err;
    }
    err = names_lookup(word, family, &found);
    if (err < 0) {
        return err;
    }
    bool number = inl_addr_parse(word, &addr) == 0;

    if (found.any.sa_family == AF_INET) {
        addr = INL_ADDR_ANY4;
        memcpy(addr.b + 12, &found.v4.sin_addr, 4);
        return add(targets, &addr, 0, number ? NULL : word);
    }
    memcpy(addr.b, &found.v6.sin6_addr, 16);
    return add(targets, &addr, found.v6.sin6_scope_id, number ? NULL : word);
}

/* Targets are called what their words were. */
struct target_name {
    struct target_name *next;
    char text[];
};

struct adding {
    struct targets *targets;
    int family;
};

static int add_word(void *ctx, const char *word) {
    const struct adding *a = ctx;
    size_t bytes = strlen(word) + 1;
    struct target_name *name = malloc(sizeof(*name) + bytes);

    if (name == NULL) {
        tool_say("memory is short");
        return -ENOMEM;
    }
    memcpy(name->text, word, bytes);
    name->next = a->targets->names;
    a->targets->names = name;
    return targets_add(a->targets, name->text, a->family);
}

int targets_add_file(struct targets *targets, const char *path, int family) {
    struct adding a = {targets, family};

    return wordfile_read(path, NULL, add_word, &a);
}

static int compare(const void *a, const void *b) {
    return memcmp(&((const struct target *)a)->addr, &((const struct target *)b)->addr,
                  sizeof(struct inl_addr));
}

void targets_finish(struct targets *targets) {
    uint32_t n = 0;

    if (targets->n == 0) {
        return;
    }
    qsort(targets->list, targets->n, sizeof(targets->list[0]), compare);
    for (uint32_t i = 1; i < targets->n; i++) {
        if (compare(&targets->list[n], &targets->list[i]) != 0) {
            targets->list[++n] = targets->list[i];
        }
    }
    targets->n = n + 1;
}

void targets_free(struct targets *targets) {
    for (struct target_name *next; targets->names != NULL; targets->names = next) {
        next = targets->names->next;
        free(targets->names);
    }
    free(targets->list);
    *targets = (struct targets){0};
}

int64_t targets_find(const struct target *list, uint32_t n, const struct inl_addr *addr) {
    uint32_t low = 0, high = n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = memcmp(addr, &list[middle].addr, sizeof(*addr));

        if (order == 0) {
            return middle;
        }
        if (order > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -1;
}
