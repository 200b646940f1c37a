/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capfile.c - reads capture files: pcap and pcapng
 *
 * The buffer is a window on the file. need(n) makes the next n bytes lie in it, in one piece: what
 * is left moves to the front and the rest is filled. So a record is always whole where it is read.
 */
#include "tools/decode/capfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du
#define MAGIC_NG 0x0a0d0d0au
#define MAGIC_ORDER 0x1a2b3c4du

enum block {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET_OLD = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
};

#define OPTION_END 0
#define OPTION_COMMENT 1
#define PROCESS "process "
#define OPTION_TSRESOL 9
#define OPTION_TSOFFSET 14

static int fail(struct capfile *f, int err, const char *what) {
    f->err = err;
    snprintf(f->error, sizeof(f->error), "%s (at byte %llu of the file)", what,
             (unsigned long long)f->done_bytes + f->at);
    return err;
}

/* 1: @n bytes lie at buf + at; 0: the file ends before the first of them; or an error. */
static int need_more(struct capfile *f, size_t n) {
    if (n > CAPFILE_BUFFER) {
        return fail(f, -EINVAL, "a record is larger than any that is allowed");
    }
    memmove(f->buf, f->buf + f->at, f->have - f->at);
    f->done_bytes += f->at;
    f->have -= f->at;
    f->at = 0;
    while (f->have < n && !f->ended) {
        int64_t got = f->fill(f->ctx, f->buf + f->have, CAPFILE_BUFFER - f->have);

        if (got < 0) {
            return fail(f, (int)got, strerror((int)-got));
        }
        f->ended = got == 0;
        f->have += (size_t)got;
    }
    if (f->have >= n) {
        return 1;
    }
    if (f->have == 0) {
        return 0;
    }
    char text[96];

    snprintf(text, sizeof(text), "truncated: %zu bytes of a record are missing", n - f->have);
    return fail(f, -ENODATA, text);
}

static inline int need(struct capfile *f, size_t n) {
    return f->have - f->at >= n ? 1 : need_more(f, n);
}

static inline uint32_t load32(const struct capfile *f, const uint8_t *p) {
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return f->swap ? __builtin_bswap32(v) : v;
}

static inline uint16_t load16(const struct capfile *f, const uint8_t *p) {
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return f->swap ? __builtin_bswap16(v) : v;
}

/* Options of a block from @p to @end: the place of number @want, or NULL. */
static const uint8_t *option(const struct capfile *f, const uint8_t *p, const uint8_t *end,
                             uint16_t want, uint16_t *ret_len) {
    while (end - p >= 4) {
        uint16_t code = load16(f, p), len = load16(f, p + 2);

        p += 4;
        if (code == OPTION_END || len > end - p) {
            return NULL;
        }
        if (code == want) {
            *ret_len = len;
            return p;
        }
        if (end - p < ((len + 3) & ~3)) {
            return NULL;
        }
        p += (len + 3) & ~3;
    }
    return NULL;
}

static uint64_t power(uint64_t base, unsigned exponent) {
    uint64_t v = 1;

    while (exponent-- > 0) {
        v *= base;
    }
    return v;
}

static int add_interface(struct capfile *f, const uint8_t *p, const uint8_t *end) {
    uint16_t len;

    if (end - p < 8) {
        return fail(f, -EINVAL, "an interface description is too short");
    }
    if (f->interfaces == CAPFILE_INTERFACES_MAX) {
        return fail(f, -EINVAL, "more than 256 interfaces in one section");
    }
    struct capfile_interface *i = &f->interface[f->interfaces];

    *i = (struct capfile_interface){
        .link = load16(f, p), .snap_bytes = load32(f, p + 4), .ticks_per_s = 1000000};
    const uint8_t *o = option(f, p + 8, end, OPTION_TSRESOL, &len);

    if (o != NULL && len == 1) {
        bool two = (*o & 0x80) != 0;
        unsigned exponent = *o & 0x7f;

        if (exponent > (two ? 40u : 18u)) {
            return fail(f, -EINVAL, "timestamps of an interface are finer than can be told");
        }
        i->ticks_per_s = power(two ? 2 : 10, exponent);
    }
    o = option(f, p + 8, end, OPTION_TSOFFSET, &len);
    if (o != NULL && len == 8) {
        uint64_t a = load32(f, o), b = load32(f, o + 4);
        const uint16_t one = 1;
        uint8_t low;

        memcpy(&low, &one, 1);
        i->offset_s = (int64_t)((low == 1) != f->swap ? b << 32 | a : a << 32 | b);
    }
    if (f->interfaces++ == 0) {
        f->link = i->link;
        f->snap_bytes = i->snap_bytes;
    }
    return 0;
}

static int64_t ticks_to_ns(const struct capfile_interface *i, uint64_t ticks) {
    uint64_t s = ticks / i->ticks_per_s, rest = ticks % i->ticks_per_s;
    unsigned __int128 ns = (unsigned __int128)rest * 1000000000u / i->ticks_per_s;

    /* beyond the year 2262 nobody is told the truth */
    if (s > 9000000000u || i->offset_s > 9000000000 || i->offset_s < -9000000000) {
        return 0;
    }
    int64_t sum = (int64_t)s + i->offset_s;

    return sum < 0 || sum > 9000000000 ? 0 : sum * 1000000000 + (int64_t)ns;
}

/* The first is what the capture says of the packet; a lab says in the second one who has sent it. */
static void take_comments(const struct capfile *f, const uint8_t *p, const uint8_t *end,
                          struct capfile_packet *ret) {
    const uint8_t *first, *second;
    uint16_t len;

    first = option(f, p, end, OPTION_COMMENT, &len);
    if (first == NULL) {
        return;
    }
    ret->comment = (const char *)first;
    ret->comment_len = len;
    if (end - first < ((len + 3) & ~3)) {
        return;
    }
    second = option(f, first + ((len + 3) & ~3), end, OPTION_COMMENT, &len);
    if (second != NULL && len > sizeof(PROCESS) - 1 &&
        memcmp(second, PROCESS, sizeof(PROCESS) - 1) == 0) {
        ret->process = (const char *)second + sizeof(PROCESS) - 1;
        ret->process_len = len - (uint32_t)(sizeof(PROCESS) - 1);
    }
}

/* A packet's bytes: @p to @end is what the block has for data and options. */
static int give(struct capfile *f, struct capfile_packet *ret, const uint8_t *p, const uint8_t *end,
                uint32_t interface) {
    if (interface >= f->interfaces) {
        return fail(f, -EINVAL, "a packet of an interface that was not described");
    }
    if (ret->cap_bytes > CAPFILE_PACKET_MAX || (size_t)(end - p) < ret->cap_bytes) {
        return fail(f, -EINVAL, "a packet is longer than its block");
    }
    ret->data = p;
    ret->link = f->interface[interface].link;
    ret->interface = interface;
    if (ret->len_bytes < ret->cap_bytes) {
        ret->len_bytes = ret->cap_bytes;
    }
    size_t padded = ((size_t)ret->cap_bytes + 3) & ~(size_t)3;

    ret->comment = ret->process = NULL;
    ret->comment_len = ret->process_len = 0;
    if ((size_t)(end - p) > padded) {
        take_comments(f, p + padded, end, ret);
    }
    return 1;
}

/* The old packet block has the drop count where the enhanced one has half of the interface. */
static int enhanced(struct capfile *f, struct capfile_packet *ret, const uint8_t *p,
                    const uint8_t *end, bool old) {
    if (end - p < 20) {
        return fail(f, -EINVAL, "a packet block is too short");
    }
    uint32_t interface = old ? load16(f, p) : load32(f, p);
    uint64_t ticks = (uint64_t)load32(f, p + 4) << 32 | load32(f, p + 8);

    ret->cap_bytes = load32(f, p + 12);
    ret->len_bytes = load32(f, p + 16);
    int got = give(f, ret, p + 20, end, interface);

    if (got == 1) {
        ret->time_ns = ticks_to_ns(&f->interface[interface], ticks);
    }
    return got;
}

static int simple(struct capfile *f, struct capfile_packet *ret, const uint8_t *p,
                  const uint8_t *end) {
    if (end - p < 4) {
        return fail(f, -EINVAL, "a packet block is too short");
    }
    ret->len_bytes = load32(f, p);
    ret->cap_bytes = ret->len_bytes;
    ret->time_ns = 0;
    if (f->interfaces > 0 && f->interface[0].snap_bytes != 0 &&
        ret->cap_bytes > f->interface[0].snap_bytes) {
        ret->cap_bytes = f->interface[0].snap_bytes;
    }
    return give(f, ret, p + 4, end, 0);
}

/* A section header: its own byte order says how to read the rest. @p is the block's beginning. */
static int begin_section(struct capfile *f) {
    int got = need(f, 12);

    if (got != 1) {
        return got;
    }
    const uint8_t *p = f->buf + f->at;

    f->swap = false;
    f->swap = load32(f, p + 8) != MAGIC_ORDER;
    if (load32(f, p + 8) != MAGIC_ORDER) {
        return fail(f, -EINVAL, "a section's byte order mark is wrong");
    }
    f->interfaces = 0;
    return 1;
}

/* The next block, whole in the buffer: 1 and its type, body and end. */
static int next_block(struct capfile *f, uint32_t *ret_type, const uint8_t **ret_p,
                      const uint8_t **ret_end) {
    int got = need(f, 8);

    if (got != 1) {
        return got;
    }
    if (load32(f, f->buf + f->at) == MAGIC_NG && (got = begin_section(f)) != 1) {
        return got;
    }
    *ret_type = load32(f, f->buf + f->at);
    uint32_t len = load32(f, f->buf + f->at + 4);

    if (len < 12 || len % 4 != 0) {
        return fail(f, -EINVAL, "a block has a length that cannot be");
    }
    if ((got = need(f, len)) != 1) {
        return got;
    }
    const uint8_t *p = f->buf + f->at;

    if (load32(f, p + len - 4) != len) {
        return fail(f, -EINVAL, "a block ends in another length than it began with");
    }
    *ret_p = p + 8;
    *ret_end = p + len - 4;
    f->at += len;
    return 1;
}

/* Reads on to the next packet; with @ret NULL to the first interface. */
static int next_ng(struct capfile *f, struct capfile_packet *ret) {
    for (;;) {
        uint32_t type;
        const uint8_t *p, *end;
        int got = next_block(f, &type, &p, &end);

        if (got != 1) {
            return got;
        }
        if (type == BLOCK_INTERFACE) {
            if ((got = add_interface(f, p, end)) < 0) {
                return got;
            }
            if (ret == NULL) {
                return 0;
            }
        } else if (type == BLOCK_ENHANCED || type == BLOCK_PACKET_OLD || type == BLOCK_SIMPLE) {
            if (ret == NULL) {
                return fail(f, -EINVAL, "a packet before any interface was described");
            }
            return type == BLOCK_SIMPLE ? simple(f, ret, p, end)
                                        : enhanced(f, ret, p, end, type == BLOCK_PACKET_OLD);
        }
    }
}

static int next_pcap(struct capfile *f, struct capfile_packet *ret) {
    int got = need(f, 16);

    if (got != 1) {
        return got;
    }
    const uint8_t *p = f->buf + f->at;
    uint32_t cap = load32(f, p + 8);

    if (cap > CAPFILE_PACKET_MAX) {
        return fail(f, -EINVAL, "a packet has more bytes than any can have: the file is damaged");
    }
    if ((got = need(f, 16 + (size_t)cap)) != 1) {
        return got;
    }
    p = f->buf + f->at;
    ret->time_ns = (int64_t)load32(f, p) * 1000000000 + (int64_t)load32(f, p + 4) * f->ns_per_tick;
    ret->cap_bytes = cap;
    ret->len_bytes = load32(f, p + 12);
    if (ret->len_bytes < cap) {
        ret->len_bytes = cap;
    }
    ret->data = p + 16;
    ret->link = f->link;
    ret->interface = 0;
    ret->comment = ret->process = NULL;
    ret->comment_len = ret->process_len = 0;
    f->at += 16 + (size_t)cap;
    return 1;
}

int capfile_next(struct capfile *f, struct capfile_packet *ret) {
    if (f->err < 0) {
        return f->err;
    }
    return f->ng ? next_ng(f, ret) : next_pcap(f, ret);
}

static int begin_pcap(struct capfile *f, uint32_t magic) {
    int got = need(f, 24);

    if (got != 1) {
        return got == 0 ? fail(f, -EINVAL, "not a capture file: too short") : got;
    }
    f->swap = magic != MAGIC_US && magic != MAGIC_NS;
    magic = load32(f, f->buf);
    f->ns_per_tick = magic == MAGIC_NS ? 1 : 1000;
    if (load16(f, f->buf + 4) != 2) {
        return fail(f, -EINVAL, "a pcap file of a version that is not known");
    }
    f->snap_bytes = load32(f, f->buf + 16);
    f->link = load32(f, f->buf + 20) & 0x03ffffff; /* above: the frame check sequence */
    f->at = 24;
    return 0;
}

int capfile_begin(struct capfile *f, void *buf, capfile_fill_fn *fill, void *ctx) {
    memset(f, 0, offsetof(struct capfile, interface));
    f->fill = fill;
    f->ctx = ctx;
    f->buf = buf;
    f->err = 0;
    f->error[0] = '\0';
    int got = need(f, 4);

    if (got < 0 && got != -ENODATA) {
        return got;
    }
    if (got != 1) {
        return fail(f, -EINVAL, "not a capture file: too short");
    }
    uint32_t magic = load32(f, f->buf);
    uint32_t other = __builtin_bswap32(magic);

    if (magic == MAGIC_US || magic == MAGIC_NS || other == MAGIC_US || other == MAGIC_NS) {
        return begin_pcap(f, magic);
    }
    if (magic != MAGIC_NG) {
        return fail(f, -EINVAL, "not a capture file: neither pcap nor pcapng");
    }
    f->ng = true;
    return next_ng(f, NULL);
}

static const struct {
    uint32_t link;
    const char *name, *text;
} links[] = {
    {CAPFILE_NULL, "NULL", "BSD loopback"},
    {CAPFILE_ETHERNET, "EN10MB", "Ethernet"},
    {CAPFILE_RAW_BSD, "RAW", "Raw IP"},
    {CAPFILE_RAW, "RAW", "Raw IP"},
    {CAPFILE_LOOP, "LOOP", "OpenBSD loopback"},
    {CAPFILE_SLL, "LINUX_SLL", "Linux cooked v1"},
    {CAPFILE_IP4, "IPV4", "Raw IPv4"},
    {CAPFILE_IP6, "IPV6", "Raw IPv6"},
    {CAPFILE_SLL2, "LINUX_SLL2", "Linux cooked v2"},
};

const char *capfile_link_name(uint32_t link) {
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (links[i].link == link) {
            return links[i].name;
        }
    }
    return "";
}

const char *capfile_link_text(uint32_t link) {
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (links[i].link == link) {
            return links[i].text;
        }
    }
    return "";
}
