/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labfile_conf.c - keys of a lab file about addresses that the network gives: who takes them, who
 * gives them away
 *
 * A host says at its link what it takes (labfile_conf_word()); a router says, in keys of its own,
 * what it advertises and leases (labfile_conf_key()). What these mean together can be seen only at
 * the end (labfile_conf_check()): ranges lie in prefixes, advertising needs a router with a prefix,
 * times have an order. The meanings stand in labfile.h.
 */
#include "host/labfile_reader.h"

#include "host/units.h"

#include <errno.h>
#include <inlet/conf.h>
#include <stdlib.h>
#include <string.h>

#define RANGE_6_FIRST 0x1000u /* of "dhcp-server = yes" */

/* ---- what a host takes ---- */

static bool rp_filter_word(struct labfile_port *port, const char *word) {
    static const char *const names[] = {[INL_RP_FILTER_OFF] = "reverse-path-off",
                                        [INL_RP_FILTER_LOOSE] = "reverse-path-loose",
                                        [INL_RP_FILTER_STRICT] = "reverse-path-strict"};

    for (int i = INL_RP_FILTER_OFF; i <= INL_RP_FILTER_STRICT; i++) {
        if (strcmp(word, names[i]) == 0) {
            port->own_rp_filter = true;
            port->rp_filter = (enum inl_rp_filter)i;
            return true;
        }
    }
    return false;
}

bool labfile_conf_word(struct labfile_port *port, const char *word) {
    if (strcmp(word, "auto") == 0) {
        port->dhcp4 = port->dhcp6_follow = port->slaac = port->fallback4 = true;
    } else if (strcmp(word, "dhcp") == 0) {
        port->dhcp4 = true;
    } else if (strcmp(word, "dhcp6") == 0) {
        port->dhcp6 = true;
    } else if (strcmp(word, "slaac") == 0) {
        port->slaac = true;
    } else if (strcmp(word, "link-local") == 0) {
        port->link_local4 = true;
    } else {
        return rp_filter_word(port, word);
    }
    return true;
}

/* ---- ranges ---- */

/* "FIRST-LAST" */
static int parse_range(char *text, struct labfile_range *range) {
    char *dash = strchr(text, '-');

    if (dash == NULL) {
        return -EINVAL;
    }
    *dash = '\0';
    if (inl_addr_parse(labfile_trim(text), &range->first) < 0 ||
        inl_addr_parse(labfile_trim(dash + 1), &range->last) < 0 ||
        inl_addr_is4(&range->first) != inl_addr_is4(&range->last)) {
        return -EINVAL;
    }
    /* Not more than 2^12 addresses, so they differ in the last three bytes only. */
    uint32_t first = inl_addr_to4(&range->first), last = inl_addr_to4(&range->last);

    return memcmp(range->first.b, range->last.b, 12) == 0 && first <= last &&
                   last - first < INL_DHCP_SERVER_RANGE_MAX
               ? 0
               : -EINVAL;
}

static void read_range(struct reader *r, unsigned line, struct labfile_host *h, const char *value) {
    char buf[LINE_MAX_BYTES];

    if (strcmp(value, "yes") == 0 || strcmp(value, "no") == 0) {
        h->serve_all_line = value[0] == 'y' ? line : 0;
        return;
    }
    if (h->ranges_n == LABFILE_RANGES_MAX) {
        labfile_mistake(r, line, value, "at most 16 ranges per host");
        return;
    }
    snprintf(buf, sizeof(buf), "%s", value);
    if (parse_range(buf, &h->ranges[h->ranges_n]) < 0) {
        labfile_mistake(r, line, value,
                        "dhcp-server to be like 10.0.0.100-10.0.0.199 or fd00::100-fd00::1ff (at "
                        "most 4096 addresses), or yes or no");
        return;
    }
    h->ranges[h->ranges_n++].line = line;
}

/* ---- lists ---- */

typedef bool (*take_fn)(struct labfile_offers *o, char *word);

/* "A, B, C": each word is given to @take; "none" is the empty list. */
static void read_list(struct reader *r, unsigned line, struct labfile_offers *o, const char *value,
                      take_fn take, const char *expected) {
    char buf[LINE_MAX_BYTES];

    snprintf(buf, sizeof(buf), "%s", value);
    if (strcmp(buf, "none") == 0) {
        return;
    }
    for (char *rest = buf, *piece; (piece = strsep(&rest, ",")) != NULL;) {
        piece = labfile_trim(piece);
        if (!take(o, piece)) {
            labfile_mistake(r, line, piece, expected);
        }
    }
}

static bool take_dns(struct labfile_offers *o, char *word) {
    struct inl_addr addr;

    if (o->dns_n == LABFILE_OFFERS_MAX || inl_addr_parse(word, &addr) < 0 ||
        inl_addr_is_any(&addr) || inl_addr_is_multicast(&addr)) {
        return false;
    }
    o->dns[o->dns_n++] = addr;
    return true;
}

static bool take_search(struct labfile_offers *o, char *word) {
    if (o->search_n == LABFILE_OFFERS_MAX || strlen(word) >= sizeof(o->search[0]) ||
        !labfile_is_domain(word)) {
        return false;
    }
    snprintf(o->search[o->search_n++], sizeof(o->search[0]), "%s", word);
    return true;
}

static bool take_flag(struct labfile_offers *o, char *word) {
    o->managed |= strcmp(word, "managed") == 0;
    o->other |= strcmp(word, "other") == 0;
    return strcmp(word, "managed") == 0 || strcmp(word, "other") == 0;
}

static bool take_link(struct labfile_offers *o, char *word) {
    if (!labfile_is_name(word) || o->links_n == LABFILE_PORTS_MAX) {
        return false;
    }
    snprintf(o->links[o->links_n++], LABFILE_NAME_MAX, "%s", word);
    return true;
}

/* ---- what a router says ---- */

static bool parse_pref(const char *word, uint8_t *ret) {
    static const char *const names[] = {
        [INL_ROUTER_MEDIUM] = "medium", [INL_ROUTER_HIGH] = "high", [INL_ROUTER_LOW] = "low"};

    for (uint8_t i = 0; i < 3; i++) {
        if (strcmp(word, names[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* "fd00:9::/48" or "fd00:9::/48 high" */
static bool parse_offered_route(char *text, struct labfile_offered_route *route) {
    char *space = strchr(text, ' ');
    struct inl_addr net;

    if (space != NULL) {
        *space = '\0';
        if (!parse_pref(labfile_trim(space + 1), &route->pref)) {
            return false;
        }
    }
    if (units_prefix(text, &route->prefix.addr, &route->prefix.prefix_len_bits) < 0) {
        return false;
    }
    net = inl_addr_mask(&route->prefix.addr, route->prefix.prefix_len_bits);
    return !inl_addr_is4(&net) && inl_addr_eq(&net, &route->prefix.addr) &&
           !inl_addr_is_link_local(&net) && !inl_addr_is_multicast(&net);
}

static void read_offered_route(struct reader *r, unsigned line, struct labfile_offers *o,
                               const char *value) {
    char buf[LINE_MAX_BYTES];
    struct labfile_offered_route route = {.pref = INL_ROUTER_MEDIUM};

    snprintf(buf, sizeof(buf), "%s", value);
    if (o->routes_n == INL_RA_ROUTES_MAX) {
        labfile_mistake(r, line, value, "at most 8 of ra-route");
    } else if (!parse_offered_route(buf, &route)) {
        labfile_mistake(r, line, value,
                        "ra-route to be like fd00:9::/48 or fd00:9::/48 high (medium, low; no bits "
                        "set behind the prefix)");
    } else {
        o->routes[o->routes_n++] = route;
    }
}

static bool read_seconds(struct reader *r, unsigned line, const char *key, const char *value,
                         uint32_t least, uint32_t most, uint32_t *ret) {
    uint32_t v = 0;
    char text[96];

    if (units_seconds(value, &v) < 0 || v < least || v > most) {
        snprintf(text, sizeof(text), "%s to be a time from %us to %us, or like 2h or 1d", key,
                 least, most);
        labfile_mistake(r, line, value, text);
        return false;
    }
    *ret = v;
    return true;
}

/* "1d" or "1d 4h": for how long a prefix is valid, and preferred. */
static void read_prefix_lifetime(struct reader *r, unsigned line, struct labfile_offers *o,
                                 const char *value) {
    char buf[LINE_MAX_BYTES];
    uint32_t valid = 0, preferred;

    snprintf(buf, sizeof(buf), "%s", value);
    char *space = strchr(buf, ' ');

    if (space != NULL) {
        *space++ = '\0';
    }
    bool ok = units_seconds(buf, &valid) == 0;

    preferred = valid;
    ok = ok && (space == NULL || units_seconds(labfile_trim(space), &preferred) == 0);
    if (!ok || preferred > valid) {
        labfile_mistake(
            r, line, value,
            "ra-prefix-lifetime to be like 1d, or 1d 4h: valid, preferred (not longer)");
        return;
    }
    o->valid_s = valid;
    o->preferred_s = preferred;
}

static bool ra_key(struct reader *r, unsigned line, struct labfile_offers *o, const char *key,
                   const char *value) {
    if (strcmp(key, "ra-interval") == 0) {
        read_seconds(r, line, key, value, 4, 1800, &o->interval_s);
    } else if (strcmp(key, "ra-lifetime") == 0) {
        o->lifetime_line = read_seconds(r, line, key, value, 0, 9000, &o->lifetime_s) ? line : 0;
    } else if (strcmp(key, "ra-prefix-lifetime") == 0) {
        read_prefix_lifetime(r, line, o, value);
    } else if (strcmp(key, "ra-preference") == 0) {
        if (!parse_pref(value, &o->pref)) {
            labfile_mistake(r, line, value, "ra-preference to be high, medium or low");
        }
    } else if (strcmp(key, "ra-flags") == 0) {
        o->has_flags = true;
        read_list(r, line, o, value, take_flag, "ra-flags to be managed, other, both, or none");
    } else if (strcmp(key, "ra-route") == 0) {
        read_offered_route(r, line, o, value);
    } else {
        return false;
    }
    return true;
}

static bool offer_key(struct reader *r, unsigned line, struct labfile_offers *o, const char *key,
                      const char *value) {
    uint64_t mtu = 0;

    if (strcmp(key, "offer-dns") == 0) {
        o->has_dns = true;
        read_list(r, line, o, value, take_dns,
                  "offer-dns to be none, or up to 4 addresses with commas between");
    } else if (strcmp(key, "offer-search") == 0) {
        o->has_search = true;
        read_list(r, line, o, value, take_search,
                  "offer-search to be none, or up to 4 domains with commas between");
    } else if (strcmp(key, "offer-mtu") == 0) {
        o->mtu_line = line;
        if (units_number(value, 65535, &mtu) < 0 || mtu < 1280) {
            labfile_mistake(r, line, value, "offer-mtu to be a number from 1280 to 65535");
        }
        o->mtu_bytes = (uint32_t)mtu;
    } else {
        return false;
    }
    return true;
}

static void read_advertise(struct reader *r, unsigned line, struct labfile_offers *o,
                           const char *value) {
    o->links_n = 0;
    o->advertise_line = strcmp(value, "no") == 0 ? 0 : line;
    o->all_links = strcmp(value, "yes") == 0;
    if (o->advertise_line != 0 && !o->all_links) {
        read_list(r, line, o, value, take_link, "advertise to be yes, no, or names of links");
    }
}

static void read_ids(struct reader *r, unsigned line, struct labfile_host *h, const char *value) {
    h->eui64 = strcmp(value, "mac") == 0;
    if (!h->eui64 && strcmp(value, "stable") != 0) {
        labfile_mistake(r, line, value, "interface-ids to be stable or mac");
    }
}

bool labfile_conf_key(struct reader *r, unsigned line, struct labfile_host *h, const char *key,
                      const char *value) {
    if (strcmp(key, "dhcp-server") == 0) {
        read_range(r, line, h, value);
    } else if (strcmp(key, "dhcp-lease") == 0) {
        read_seconds(r, line, key, value, 10, 86400 * 365, &h->offers.lease_s);
    } else if (strcmp(key, "advertise") == 0) {
        read_advertise(r, line, &h->offers, value);
    } else if (strcmp(key, "temporary-addresses") == 0) {
        if (units_bool(value, &h->temporary) < 0) {
            labfile_mistake(r, line, value, "temporary-addresses to be " UNITS_BOOL);
        }
    } else if (strcmp(key, "interface-ids") == 0) {
        read_ids(r, line, h, value);
    } else {
        return ra_key(r, line, &h->offers, key, value) ||
               offer_key(r, line, &h->offers, key, value);
    }
    return true;
}

/* ---- what they mean together ---- */

static unsigned full_bits(const struct labfile_addr *addr) {
    return addr->prefix_len_bits + (inl_addr_is4(&addr->addr) ? 96 : 0);
}

/* The port of a host whose prefix has both ends of a range; -1: none. */
static int range_port(const struct labfile_host *h, const struct labfile_range *range) {
    for (unsigned p = 0; p < h->ports_n; p++) {
        for (unsigned a = 0; a < h->ports[p].addrs_n; a++) {
            const struct labfile_addr *addr = &h->ports[p].addrs[a];

            if (inl_addr_is4(&addr->addr) == inl_addr_is4(&range->first) &&
                inl_addr_match(&addr->addr, &range->first, full_bits(addr)) &&
                inl_addr_match(&addr->addr, &range->last, full_bits(addr))) {
                return (int)p;
            }
        }
    }
    return -1;
}

/* The upper half of a prefix of IPv4, ::1000 to ::1fff of one of IPv6; false: it is too small. */
static bool range_of(const struct labfile_addr *addr, struct labfile_range *ret) {
    struct inl_addr net = inl_addr_mask(&addr->addr, full_bits(addr));
    unsigned host_bits = 128 - full_bits(addr);

    ret->first = ret->last = net;
    if (!inl_addr_is4(&addr->addr)) {
        ret->first.b[14] |= RANGE_6_FIRST >> 8;
        ret->last.b[14] |= (RANGE_6_FIRST >> 8) + 0xf;
        ret->last.b[15] = 0xff;
        return host_bits >= 16;
    }
    if (host_bits < 2) {
        return false;
    }
    uint32_t half = UINT32_C(1) << (host_bits - 1), first = inl_addr_to4(&net) + half;

    ret->first = inl_addr_from4(first);
    half = half > INL_DHCP_SERVER_RANGE_MAX ? INL_DHCP_SERVER_RANGE_MAX + 1 : half;
    ret->last = inl_addr_from4(first + half - 2);
    return true;
}

static bool has_range(const struct labfile_host *h, unsigned port, bool is4) {
    for (unsigned i = 0; i < h->ranges_n; i++) {
        if (h->ranges[i].port == port && inl_addr_is4(&h->ranges[i].first) == is4) {
            return true;
        }
    }
    return false;
}

/* "dhcp-server = yes": a range of each link's first prefix of either family that has none. */
static void serve_all(struct reader *r, struct labfile_host *h) {
    unsigned before = h->ranges_n;

    for (unsigned p = 0; p < h->ports_n; p++) {
        for (unsigned a = 0; a < h->ports[p].addrs_n; a++) {
            const struct labfile_addr *addr = &h->ports[p].addrs[a];
            struct labfile_range range = {.line = h->serve_all_line, .port = p};

            if (!has_range(h, p, inl_addr_is4(&addr->addr)) && range_of(addr, &range) &&
                h->ranges_n < LABFILE_RANGES_MAX) {
                h->ranges[h->ranges_n++] = range;
            }
        }
    }
    if (h->ranges_n == before) {
        labfile_mistake(r, h->serve_all_line, "yes",
                        "a host with an address of its own, in a prefix with room for others");
    }
}

static void check_ranges(struct reader *r, struct labfile_host *h) {
    for (unsigned k = 0; k < h->ranges_n; k++) {
        struct labfile_range *range = &h->ranges[k];
        int port = range_port(h, range);
        char text[INL_ADDR_TEXT_MAX] = "?";

        inl_addr_format(&range->first, text, sizeof(text));
        if (port < 0) {
            labfile_mistake(r, range->line, text,
                            "a range in the prefix of one of the host's own addresses");
            continue;
        }
        range->port = (unsigned)port;
        for (unsigned o = 0; o < k; o++) {
            if (h->ranges[o].port == range->port &&
                inl_addr_is4(&h->ranges[o].first) == inl_addr_is4(&range->first)) {
                labfile_mistake(r, range->line, text, "one range for each link and family");
            }
        }
    }
    if (h->serve_all_line != 0) {
        serve_all(r, h);
    }
}

static bool has_prefix6(const struct labfile_port *port) {
    for (unsigned a = 0; a < port->addrs_n; a++) {
        if (!inl_addr_is4(&port->addrs[a].addr) && !inl_addr_is_link_local(&port->addrs[a].addr)) {
            return true;
        }
    }
    return false;
}

static bool named(const struct labfile_offers *o, const char *link) {
    for (unsigned i = 0; i < o->links_n; i++) {
        if (strcmp(o->links[i], link) == 0) {
            return true;
        }
    }
    return o->all_links;
}

/* Marks the links on which the host advertises. */
static void check_advertise(struct reader *r, struct labfile_host *h) {
    const struct labfile_offers *o = &h->offers;
    unsigned found = 0;

    if (!h->forward) {
        labfile_mistake(r, o->advertise_line, "advertise",
                        "forward = yes: only a router advertises");
    }
    for (unsigned p = 0; p < h->ports_n; p++) {
        h->ports[p].advertise = has_prefix6(&h->ports[p]) && named(o, h->ports[p].link);
        found += h->ports[p].advertise;
    }
    if (found == 0 || (!o->all_links && found < o->links_n)) {
        labfile_mistake(r, o->advertise_line, o->all_links ? "yes" : "links",
                        "links on which the host has an IPv6 address: its prefix is advertised");
    }
    if (o->lifetime_line != 0 && o->lifetime_s != 0 && o->lifetime_s < o->interval_s) {
        labfile_mistake(r, o->lifetime_line, "ra-lifetime",
                        "0s, or not less than ra-interval (600s if not given)");
    }
}

static void check_port(struct reader *r, const struct labfile_host *h,
                       const struct labfile_port *port) {
    uint32_t mtu = port->link_index < 0 ? 1500 : r->file->links[port->link_index].mtu_bytes;

    if (h->forward && (port->slaac || port->dhcp6_follow)) {
        labfile_mistake(r, port->line, "slaac or auto",
                        "a host that does not forward: routers believe no router");
    }
    if (mtu < 1280 && (has_prefix6(port) || port->slaac || port->dhcp6)) {
        labfile_mistake(r, port->line, port->link,
                        "a link with an mtu of 1280 at least, for IPv6 needs that");
    }
    if (h->offers.mtu_bytes > mtu && (port->advertise || h->ranges_n > 0)) {
        labfile_mistake(r, h->offers.mtu_line, "offer-mtu", "not more than the mtu of the links");
    }
}

void labfile_conf_check(struct reader *r, struct labfile_host *h) {
    if (h->offers.lifetime_line == 0) {
        h->offers.lifetime_s = 3 * h->offers.interval_s;
    }
    check_ranges(r, h);
    if (h->offers.advertise_line != 0) {
        check_advertise(r, h);
    }
    for (unsigned p = 0; p < h->ports_n; p++) {
        check_port(r, h, &h->ports[p]);
    }
}

void labfile_conf_init(struct labfile_host *h) {
    h->offers = (struct labfile_offers){
        .interval_s = 600, .valid_s = 86400, .preferred_s = 14400, .lease_s = 3600};
}
