/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6chain.c - extension headers as programs give and get them (ip6chain.h)
 */
#include "wire/ip6chain.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

#include <string.h>

#define UNIT_BYTES 8
#define ROUTING_TYPE0 0
#define OPT_PAD1 0
#define OPT_JUMBO 0xc2

bool ip6_chain_next(struct rd *chain, struct rd *ret_header) {
    struct rd look = *chain;

    (void)rd_u8(&look);
    *ret_header = rd_sub(chain, ((size_t)rd_u8(&look) + 1) * UNIT_BYTES);
    return !look.bad && !chain->bad;
}

/* Are these options, to their end? */
static bool options_ok(struct rd opts) {
    while (rd_left(&opts) > 0) {
        uint8_t type = rd_u8(&opts);

        if (type == OPT_JUMBO || (type != OPT_PAD1 && !rd_skip(&opts, rd_u8(&opts)))) {
            return false;
        }
    }
    return !opts.bad;
}

bool ip6_chain_check(enum inl_ip6_ext which, struct rd header) {
    struct rd all = header, one;

    if ((unsigned)which >= INL_IP6_EXTS || rd_left(&all) > INL_IP6_EXT_MAX_BYTES ||
        !ip6_chain_next(&all, &one) || rd_left(&all) > 0) {
        return false;
    }
    rd_skip(&header, 2);
    return which == INL_IP6_EXT_RTHDR ? rd_u8(&header) != ROUTING_TYPE0 && rd_u8(&header) == 0
                                      : options_ok(header);
}

bool ip6_chain_check_all(struct rd chain) {
    int before = -1;

    if (rd_left(&chain) > INL_IP6_EXT_MAX_BYTES) {
        return false;
    }
    while (rd_left(&chain) > 0) {
        struct rd header;
        int which;

        if (!ip6_chain_next(&chain, &header)) {
            return false;
        }
        which = rd_ptr(&header)[0] & ~INL_IP6_EXT_WITHOUT;
        if (which <= before || which >= INL_IP6_EXTS ||
            (which == rd_ptr(&header)[0] && !ip6_chain_check((enum inl_ip6_ext)which, header))) {
            return false;
        }
        before = which;
    }
    return true;
}

/* The first header whose first octet, without those bits, is that. */
static struct rd find(struct rd chain, unsigned which, unsigned without) {
    struct rd header;

    while (rd_left(&chain) > 0 && ip6_chain_next(&chain, &header)) {
        if ((rd_ptr(&header)[0] & ~without) == which) {
            return header;
        }
    }
    return rd_init(NULL, 0);
}

struct rd ip6_chain_find(struct rd chain, enum inl_ip6_ext which) {
    return find(chain, which, 0);
}

/* The header of a kind that counts: nothing, if the message wants none. */
static struct rd counts(struct rd own, struct rd sticky, unsigned which) {
    struct rd header = find(own, which, INL_IP6_EXT_WITHOUT);

    if (rd_left(&header) == 0) {
        return find(sticky, which, 0);
    }
    return rd_ptr(&header)[0] == which ? header : rd_init(NULL, 0);
}

struct rd ip6_chain_merge(struct rd own, struct rd sticky, uint8_t buf[INL_IP6_EXT_MAX_BYTES]) {
    struct rd routing = counts(own, sticky, INL_IP6_EXT_RTHDR);
    struct wr w = wr_init(buf, INL_IP6_EXT_MAX_BYTES);

    for (unsigned which = 0; which < INL_IP6_EXTS; which++) {
        struct rd header = counts(own, sticky, which);

        if (which != INL_IP6_EXT_RTHDRDSTOPTS || rd_left(&routing) > 0) {
            wr_put(&w, rd_ptr(&header), rd_left(&header));
        }
    }
    return (struct rd){buf, w.p, w.bad};
}

size_t ip6_chain_fixed(struct rd chain) {
    const uint8_t *start = rd_ptr(&chain);
    struct rd header;
    size_t fixed = 0;

    while (rd_left(&chain) > 0 && ip6_chain_next(&chain, &header)) {
        uint8_t which = rd_ptr(&header)[0];

        if (which == INL_IP6_EXT_HOPOPTS || which == INL_IP6_EXT_RTHDR) {
            fixed = (size_t)(rd_ptr(&chain) - start);
        }
    }
    return fixed;
}

static uint8_t proto_of(uint8_t which) {
    return which == INL_IP6_EXT_HOPOPTS ? IP_PROTO_HOPOPTS
           : which == INL_IP6_EXT_RTHDR ? IP_PROTO_ROUTING
                                        : IP_PROTO_DSTOPTS;
}

uint8_t ip6_chain_first(struct rd chain, uint8_t proto) {
    return rd_left(&chain) > 0 ? proto_of(rd_ptr(&chain)[0]) : proto;
}

void ip6_chain_emit(struct wr *w, struct rd chain, uint8_t proto) {
    struct rd header;

    while (rd_left(&chain) > 0 && ip6_chain_next(&chain, &header)) {
        (void)rd_u8(&header);
        wr_u8(w, ip6_chain_first(chain, proto));
        wr_put(w, rd_ptr(&header), rd_left(&header));
    }
}

/* Which one a header is: destination options are of two kinds, by what comes behind them. */
static enum inl_ip6_ext which_of(uint8_t proto, uint8_t next) {
    switch (proto) {
    case IP_PROTO_HOPOPTS:
        return INL_IP6_EXT_HOPOPTS;
    case IP_PROTO_ROUTING:
        return INL_IP6_EXT_RTHDR;
    default:
        return next == IP_PROTO_ROUTING ? INL_IP6_EXT_RTHDRDSTOPTS : INL_IP6_EXT_DSTOPTS;
    }
}

size_t ip6_chain_read(struct rd wire, uint8_t first, uint8_t *out, size_t max) {
    struct wr w = wr_init(out, max);
    struct rd header;

    for (uint8_t proto = first; rd_left(&wire) > 0; proto = rd_ptr(&header)[0]) {
        if (proto == IP_PROTO_FRAGMENT) {
            header = rd_sub(&wire, UNIT_BYTES);
            continue;
        }
        if (!ip6_chain_next(&wire, &header) || rd_left(&header) > wr_left(&w)) {
            break;
        }
        wr_u8(&w, (uint8_t)which_of(proto, rd_ptr(&header)[0]));
        wr_put(&w, rd_ptr(&header) + 1, rd_left(&header) - 1);
    }
    return wr_len(&w);
}
