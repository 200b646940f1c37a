/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slaac.c - addresses that a link makes itself (RFC 4862 5.3 to 5.5, RFC 7217)
 *
 * An interface identifier is 64 bits. By default it is a keyed hash of prefix, link name and a
 * counter, so that it is the same whenever the host is on this network, another on each other
 * network, and says nothing of the hardware. The key is the embedder's secret, or made of his seed.
 * The counter moves on when an address turns out to be another host's, IDGEN_RETRIES times.
 *
 * A prefix that is advertised again sets the lifetimes of its address, with one exception: nobody
 * can shorten what is left to less than two hours (5.5.3 e), or a false router could take our
 * addresses away.
 *
 * Does not do: temporary addresses (tempaddr.c), prefixes of another length than 64.
 */
#include "base/siphash.h"
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/ra.h"

#include <errno.h>
#include <string.h>

#define SLAAC_TWO_HOURS_S 7200u
#define SLAAC_RETRIES 3 /* IDGEN_RETRIES */

static const struct inl_addr link_local_prefix = {{0xfe, 0x80}};

static void slaac_eui64(const uint8_t mac[6], uint8_t id[8]) {
    id[0] = mac[0] ^ 2;
    id[1] = mac[1];
    id[2] = mac[2];
    id[3] = 0xff;
    id[4] = 0xfe;
    memcpy(id + 5, mac + 3, 3);
}

/* RFC 5453: the subnet-router anycast address, and those of RFC 2526. */
bool ip_slaac_reserved(const uint8_t id[8]) {
    static const uint8_t zero[8], anycast[7] = {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    return memcmp(id, zero, 8) == 0 || (memcmp(id, anycast, 7) == 0 && id[7] >= 0x80);
}

/* RFC 7217 5. */
static void slaac_stable(const struct ip *ip, const struct ip_auto *au,
                         const struct inl_addr *prefix, uint8_t *counter, uint8_t id[8]) {
    static const uint8_t none[16];
    const uint8_t *key =
        memcmp(au->config.secret, none, sizeof(none)) != 0 ? au->config.secret : ip->secret;
    uint8_t what[8 + 16 + 1];

    memcpy(what, prefix->b, 8);
    memcpy(what + 8, ip->links[au->link].config.name, 16);
    do {
        uint64_t hash;

        what[24] = *counter;
        hash = siphash(key, what, sizeof(what));
        for (int i = 0; i < 8; i++) {
            id[i] = (uint8_t)(hash >> (8 * i));
        }
    } while (ip_slaac_reserved(id) && ++*counter != 0);
}

/* An address of the prefix; a NULL entry and an errno if there can be none. */
static int slaac_make(struct ip *ip, struct ip_auto *au, const struct inl_addr *prefix,
                      enum inl_addr_origin origin, uint8_t counter, uint32_t preferred_s,
                      uint32_t valid_s) {
    struct inl_addr_config c = {.addr = *prefix,
                                .prefix_len_bits = origin == INL_ADDR_LINK_LOCAL ? 64 : 128,
                                .preferred_s = preferred_s,
                                .valid_s = valid_s,
                                .check = true,
                                .origin = origin};
    struct ip_addr *a;
    int err;

    if (au->config.eui64) {
        slaac_eui64(ip->links[au->link].config.mac, c.addr.b + 8);
    } else {
        slaac_stable(ip, au, prefix, &counter, c.addr.b + 8);
    }
    if (ip_addr_edit(ip, &c.addr, au->link)) {
        return -EEXIST; /* a person's: it stays his */
    }
    err = ip_addr_set(ip, au->link, &c);
    if (err == 0) {
        a = ip_addr_edit(ip, &c.addr, au->link);
        a->counter = counter;
    }
    return err;
}

int ip_slaac_link_local(struct ip *ip, struct ip_auto *au) {
    struct list *it, *tmp;
    int err;

    LIST_FOREACH_SAFE(it, tmp, &ip->links[au->link].addrs) { /* the one made without asking */
        struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (a->origin == INL_ADDR_LINK_LOCAL && !inl_addr_is4(&a->addr)) {
            ip_addr_del(ip, au->link, &a->addr);
        }
    }
    err = slaac_make(ip, au, &link_local_prefix, INL_ADDR_LINK_LOCAL, 0, INL_FOREVER, INL_FOREVER);
    return err == -EEXIST ? 0 : err;
}

/* 5.5.3 (e) */
static uint32_t slaac_valid(const struct ip *ip, const struct ip_addr *a, uint32_t told_s) {
    uint32_t left_s = ip_addr_left_s(ip, a->valid_until);

    if (told_s > SLAAC_TWO_HOURS_S || told_s > left_s) {
        return told_s;
    }
    return left_s <= SLAAC_TWO_HOURS_S ? left_s : SLAAC_TWO_HOURS_S;
}

static void slaac_refresh(struct ip *ip, struct ip_auto *au, struct ip_addr *a,
                          const struct ra_opt *o) {
    uint32_t valid_s = slaac_valid(ip, a, o->lifetime_s);

    if (a->origin == INL_ADDR_TEMPORARY) {
        ip_temp_refresh(ip, au, a, o->preferred_s, valid_s);
        return;
    }
    ip_addr_lifetimes(ip, a, o->preferred_s < valid_s ? o->preferred_s : valid_s, valid_s);
}

void ip_slaac_prefix(struct ip *ip, struct ip_auto *au, const struct ra_opt *o) {
    struct list *it, *tmp;
    unsigned have = 0;
    bool known = false;

    if (o->preferred_s > o->lifetime_s || o->bits != 64 || au->disabled) {
        return; /* 5.5.3 (c), (d) */
    }
    LIST_FOREACH_SAFE(it, tmp, &ip->links[au->link].addrs) {
        struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (a->origin != INL_ADDR_SLAAC && a->origin != INL_ADDR_TEMPORARY) {
            continue;
        }
        have += a->origin == INL_ADDR_SLAAC;
        if (inl_addr_match(&a->addr, &o->prefix, 64)) {
            known |= a->origin == INL_ADDR_SLAAC;
            slaac_refresh(ip, au, a, o);
        }
    }
    if (!known && have < AUTO_ADDRS_MAX) { /* a lifetime of 0 makes none: ip_addr_set() */
        slaac_make(ip, au, &o->prefix, INL_ADDR_SLAAC, 0, o->preferred_s, o->lifetime_s);
    }
    ip_temp_sustain(ip, au);
}

void ip_slaac_forget(struct ip *ip, struct ip_auto *au) {
    struct list *it, *tmp;

    LIST_FOREACH_SAFE(it, tmp, &ip->links[au->link].addrs) {
        struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (a->origin == INL_ADDR_SLAAC || a->origin == INL_ADDR_TEMPORARY) {
            ip_addr_del(ip, au->link, &a->addr);
        }
    }
}

void ip_slaac_taken(struct ip *ip, struct ip_addr *a) {
    struct ip_auto *au = ip->links[a->link].autoconf;
    struct inl_addr prefix = inl_addr_mask(&a->addr, 64);
    uint8_t counter = (uint8_t)(a->counter + 1);
    enum inl_addr_origin origin = a->origin;
    uint32_t preferred_s = ip_addr_left_s(ip, a->preferred_until);
    uint32_t valid_s = ip_addr_left_s(ip, a->valid_until);

    if (au && origin == INL_ADDR_TEMPORARY) {
        ip_temp_taken(ip, au, a);
        return;
    }
    if (!au || (origin != INL_ADDR_SLAAC && origin != INL_ADDR_LINK_LOCAL)) {
        return;
    }
    if (!au->config.eui64 && counter <= SLAAC_RETRIES) {
        ip_addr_del(ip, au->link, &a->addr);
        slaac_make(ip, au, &prefix, origin, counter, preferred_s, valid_s);
    } else if (origin == INL_ADDR_LINK_LOCAL) {
        au->disabled = true; /* RFC 4862 5.4.5: two hosts with one hardware address, perhaps */
    }
}
