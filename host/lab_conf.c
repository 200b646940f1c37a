/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_conf.c - hosts of a lab that get their addresses from the network, and routers that give them
 *
 * Inside of a lab nobody can have taken an address that a server gives away, and hosts need not be
 * kept apart; so clients begin at once and do not ask whether an address is free. On a link that a
 * TAP device joins, by way of a switch perhaps, there are strangers: there they ask.
 *
 * A lab is ready when its hosts have what the lab's routers offer them (lab_conf_waits()); who
 * still has not, and why, is told (lab_conf_tell()). Nobody waits for strangers, who may never
 * come, nor for what no host of the lab offers.
 */
#include "host/lab.h"

#include <stdio.h>
#include <string.h>

/* ---- who is on a link ---- */

/* Can frames of this link reach, or come from, a TAP device? */
static bool has_strangers(const struct labfile *file, int link) {
    for (unsigned i = 0; i < file->links_n; i++) {
        if (file->links[i].domain == file->links[link].domain && file->links[i].tap[0] != '\0') {
            return true;
        }
    }
    return false;
}

bool lab_conf_strangers(const struct labfile *file, const struct labfile_host *h) {
    for (unsigned p = 0; p < h->ports_n; p++) {
        if (has_strangers(file, h->ports[p].link_index)) {
            return true;
        }
    }
    return false;
}

static bool has_range(const struct labfile_host *h, unsigned port, bool is4) {
    for (unsigned i = 0; i < h->ranges_n; i++) {
        if (h->ranges[i].port == port && inl_addr_is4(&h->ranges[i].first) == is4) {
            return true;
        }
    }
    return false;
}

/* RFC 4861 4.2: addresses come by DHCPv6. */
static bool says_managed(const struct labfile_host *h, unsigned port) {
    return h->offers.has_flags ? h->offers.managed : has_range(h, port, false);
}

/* What the lab's hosts offer on a link. */
struct offered {
    bool dhcp4, dhcp6, routers, managed, other;
};

static struct offered offered_on(const struct labfile *file, int link) {
    struct offered o = {0};

    for (unsigned i = 0; i < file->hosts_n; i++) {
        const struct labfile_host *h = &file->hosts[i];

        for (unsigned p = 0; p < h->ports_n; p++) {
            if (file->links[h->ports[p].link_index].domain != file->links[link].domain) {
                continue;
            }
            o.dhcp4 |= has_range(h, p, true);
            o.dhcp6 |= has_range(h, p, false);
            o.routers |= h->ports[p].advertise;
            o.managed |= h->ports[p].advertise && says_managed(h, p);
            o.other |= h->ports[p].advertise && h->offers.other;
        }
    }
    return o;
}

/* ---- clients ---- */

static int start_dhcp4(struct inl_stack *stack, int index, const struct labfile_host *h,
                       const struct labfile_port *port, bool strangers) {
    struct inl_dhcp4_config c;

    inl_dhcp4_config_init(&c);
    c.start_min_ns = c.start_max_ns = 0;
    c.conflict_check = strangers;
    c.link_local = port->fallback4;
    snprintf(c.hostname, sizeof(c.hostname), "%s", h->name);
    return inl_dhcp4_start(stack, index, &c);
}

static int start_dhcp6(struct inl_stack *stack, int index, const struct labfile_port *port,
                       bool strangers) {
    struct inl_dhcp6_config c;

    inl_dhcp6_config_init(&c);
    c.start_max_ns = 0;
    c.rapid_commit = true;
    c.conflict_check = strangers;
    return port->dhcp6 ? inl_dhcp6_start(stack, index, &c) : inl_dhcp6_follow(stack, index, &c);
}

int lab_conf_port(const struct labfile *file, struct inl_stack *stack, int index,
                  const struct labfile_host *h, const struct labfile_port *port) {
    const struct inl_autoconf c = {.eui64 = h->eui64, .temporary = h->temporary};
    bool strangers = has_strangers(file, port->link_index);
    int err = 0;

    if (port->slaac) {
        err = inl_autoconf_start(stack, index, &c);
    }
    if (err == 0 && port->dhcp4) {
        err = start_dhcp4(stack, index, h, port, strangers);
    }
    if (err == 0 && (port->dhcp6 || port->dhcp6_follow)) {
        err = start_dhcp6(stack, index, port, strangers);
    }
    return err == 0 && port->link_local4 ? inl_link_local4_start(stack, index) : err;
}

/* ---- servers ---- */

/* Name servers of one family: as the file says, or the host itself. Returns how many. */
static unsigned pick_dns(const struct labfile_host *h, const struct labfile_port *port, bool is4,
                         struct inl_addr out[LABFILE_OFFERS_MAX]) {
    unsigned n = 0;

    for (unsigned i = 0; i < h->offers.dns_n; i++) {
        if (inl_addr_is4(&h->offers.dns[i]) == is4) {
            out[n++] = h->offers.dns[i];
        }
    }
    for (unsigned a = 0; !h->offers.has_dns && h->name_server && n == 0 && a < port->addrs_n; a++) {
        if (inl_addr_is4(&port->addrs[a].addr) == is4) {
            out[n++] = port->addrs[a].addr;
        }
    }
    return n;
}

static unsigned search_n(const struct labfile_host *h) {
    return h->offers.has_search ? h->offers.search_n : h->name_server;
}

static const char *search_of(const struct labfile_host *h, unsigned i) {
    return h->offers.has_search ? h->offers.search[i] : "lab";
}

static int serve4(struct inl_stack *stack, int index, const struct labfile_host *h,
                  const struct labfile_range *range) {
    struct inl_dhcp4_server_config c;

    inl_dhcp4_server_config_init(&c);
    c.first = range->first;
    c.last = range->last;
    c.lease_s = h->offers.lease_s;
    c.mtu_bytes = h->offers.mtu_bytes;
    c.dns_n = pick_dns(h, &h->ports[range->port], true, c.dns);
    if (search_n(h) > 0) {
        snprintf(c.domain, sizeof(c.domain), "%s", search_of(h, 0));
    }
    return inl_dhcp4_server_start(stack, index, &c);
}

/* @range: NULL for parameters only. */
static int serve6(struct inl_stack *stack, int index, const struct labfile_host *h,
                  const struct labfile_port *port, const struct labfile_range *range) {
    struct inl_dhcp6_server_config c;

    inl_dhcp6_server_config_init(&c);
    if (range != NULL) {
        c.first = range->first;
        c.range_n = inl_addr_to4(&range->last) - inl_addr_to4(&range->first) + 1;
    }
    c.lease_s = h->offers.lease_s;
    c.dns_n = pick_dns(h, port, false, c.dns);
    if (search_n(h) > 0) {
        snprintf(c.domain, sizeof(c.domain), "%s", search_of(h, 0));
    }
    return inl_dhcp6_server_start(stack, index, &c);
}

static void add_prefixes(struct inl_ra_config *c, const struct labfile_host *h,
                         const struct labfile_port *port) {
    for (unsigned a = 0; a < port->addrs_n && c->prefix_count < INL_RA_PREFIXES_MAX; a++) {
        const struct labfile_addr *addr = &port->addrs[a];

        if (!inl_addr_is4(&addr->addr) && !inl_addr_is_link_local(&addr->addr)) {
            c->prefixes[c->prefix_count++] =
                (struct inl_ra_prefix){.prefix = addr->addr,
                                       .len_bits = (uint8_t)addr->prefix_len_bits,
                                       .not_autonomous = addr->prefix_len_bits != 64,
                                       .valid_s = h->offers.valid_s,
                                       .preferred_s = h->offers.preferred_s};
        }
    }
}

static int advertise(struct inl_stack *stack, int index, const struct labfile_host *h,
                     unsigned port) {
    const struct labfile_offers *o = &h->offers;
    struct inl_ra_config c;

    inl_ra_init(&c);
    c.max_interval_s = o->interval_s;
    c.min_interval_s = o->interval_s < 9 ? 3 : o->interval_s / 3;
    c.lifetime_s = (uint16_t)o->lifetime_s;
    c.pref = o->pref;
    c.managed = says_managed(h, port);
    c.other = o->other;
    c.mtu_bytes = o->mtu_bytes;
    c.dns_lifetime_s = 3 * o->interval_s;
    add_prefixes(&c, h, &h->ports[port]);
    for (unsigned i = 0; i < o->routes_n; i++) {
        c.routes[c.route_count++] =
            (struct inl_ra_route){.prefix = o->routes[i].prefix.addr,
                                  .len_bits = (uint8_t)o->routes[i].prefix.prefix_len_bits,
                                  .pref = o->routes[i].pref,
                                  .lifetime_s = 3 * o->interval_s};
    }
    c.dns_count = pick_dns(h, &h->ports[port], false, c.dns);
    for (unsigned i = 0; i < search_n(h); i++) {
        snprintf(c.search[c.search_count++], sizeof(c.search[0]), "%s", search_of(h, i));
    }
    return inl_ra_start(stack, index, &c);
}

int lab_conf_servers(struct inl_stack *stack, const int *index, const struct labfile_host *h) {
    int err = 0;

    for (unsigned i = 0; err == 0 && i < h->ranges_n; i++) {
        const struct labfile_range *range = &h->ranges[i];
        int link = index[range->port];

        err = inl_addr_is4(&range->first) ? serve4(stack, link, h, range)
                                          : serve6(stack, link, h, &h->ports[range->port], range);
    }
    for (unsigned p = 0; err == 0 && p < h->ports_n; p++) {
        if (!h->ports[p].advertise) {
            continue;
        }
        if (h->offers.other && !has_range(h, p, false)) {
            err = serve6(stack, index[p], h, &h->ports[p], NULL);
        }
        err = err == 0 ? advertise(stack, index[p], h, p) : err;
    }
    return err;
}

/* ---- is all there? ---- */

/* An address of that origin on a link; *ret_state: the best state that one of them has. */
static bool find_addr(const struct inl_stack *stack, int index, enum inl_addr_origin origin,
                      bool is4, enum inl_addr_state *ret_state) {
    struct inl_addr_info info[64];
    size_t n = inl_addr_snapshot(stack, info, 64);
    bool found = false;

    for (size_t i = 0; i < n && i < 64; i++) {
        if (info[i].link != index || info[i].origin != origin ||
            inl_addr_is4(&info[i].addr) != is4) {
            continue;
        }
        if (!found || info[i].state == INL_ADDR_PREFERRED) {
            *ret_state = info[i].state;
        }
        found = true;
    }
    return found;
}

struct want {
    const char *what;
    const char *why; /* it has not come */
    bool in_vain;    /* and nobody of the lab will give it */
};

static bool wants_slaac(const struct inl_stack *stack, int index, const struct offered *o,
                        struct want *ret) {
    enum inl_addr_state state = INL_ADDR_TENTATIVE;
    bool found = find_addr(stack, index, INL_ADDR_SLAAC, false, &state);

    if (found && (state == INL_ADDR_PREFERRED || state == INL_ADDR_DEPRECATED)) {
        return false;
    }
    *ret = (struct want){.what = "no address from a router", .in_vain = !o->routers};
    ret->why = !o->routers                    ? "no host of the lab advertises there"
               : !found                       ? "no router has advertised a prefix"
               : state == INL_ADDR_DUPLICATED ? "another host has it already"
                                              : "it is not known yet to be free";
    return true;
}

static bool wants_dhcp4(const struct inl_stack *stack, int index, const struct offered *o,
                        struct want *ret) {
    struct inl_dhcp4_info info;

    if (inl_dhcp4_get(stack, index, &info) < 0 || info.bound) {
        return false;
    }
    *ret = (struct want){.what = "no address by DHCP",
                         .why = o->dhcp4 ? inl_dhcp4_state_name(info.state)
                                         : "no host of the lab has a dhcp-server for IPv4 there",
                         .in_vain = !o->dhcp4};
    return true;
}

static bool wants_dhcp6(const struct inl_stack *stack, int index, const struct offered *o,
                        bool address, struct want *ret) {
    struct inl_dhcp6_info info;

    if (inl_dhcp6_get(stack, index, &info) < 0 || info.bound ||
        (!address && info.state == INL_DHCP6_INFORMED)) {
        return false;
    }
    *ret = (struct want){.what = address ? "no address by DHCPv6" : "no parameters by DHCPv6",
                         .why = o->dhcp6 || !address
                                    ? inl_dhcp6_state_name(info.state)
                                    : "no host of the lab has a dhcp-server for IPv6 there",
                         .in_vain = address && !o->dhcp6};
    return true;
}

static bool wants_link_local(const struct inl_stack *stack, int index, struct want *ret) {
    struct inl_addr addr;

    *ret = (struct want){.what = "no link-local address", .why = "it is not known yet to be free"};
    return !inl_link_local4_get(stack, index, &addr);
}

/* What a port waits for, if anything. */
static bool wants(const struct labfile *file, const struct inl_stack *stack, int index,
                  const struct labfile_port *port, struct want *ret) {
    struct offered o = offered_on(file, port->link_index);
    bool any = port->fallback4; /* "auto": what there is */

    if (has_strangers(file, port->link_index)) {
        return false;
    }
    return (port->slaac && (o.routers || !any) && wants_slaac(stack, index, &o, ret)) ||
           (port->dhcp4 && (o.dhcp4 || !any) && wants_dhcp4(stack, index, &o, ret)) ||
           (port->dhcp6 && wants_dhcp6(stack, index, &o, true, ret)) ||
           (port->dhcp6_follow && (o.managed || o.other) &&
            wants_dhcp6(stack, index, &o, o.managed, ret)) ||
           (port->link_local4 && wants_link_local(stack, index, ret));
}

bool lab_conf_waits(const struct lab *lab) {
    struct want want;

    for (unsigned i = 0; i < lab->file->hosts_n; i++) {
        const struct labfile_host *h = &lab->file->hosts[i];

        for (unsigned p = 0; p < h->ports_n; p++) {
            if (wants(lab->file, lab_stack(lab, (int)i), (int)p + 1, &h->ports[p], &want) &&
                !want.in_vain) {
                return true;
            }
        }
    }
    return false;
}

void lab_conf_tell(const struct lab *lab) {
    struct want want;

    for (unsigned i = 0; i < lab->file->hosts_n; i++) {
        const struct labfile_host *h = &lab->file->hosts[i];

        for (unsigned p = 0; p < h->ports_n; p++) {
            if (wants(lab->file, lab_stack(lab, (int)i), (int)p + 1, &h->ports[p], &want)) {
                fprintf(stderr, "inlet: host %s, link %s: %s yet: %s\n", h->name, h->ports[p].link,
                        want.what, want.why);
            }
        }
    }
}

/* ---- what there is ---- */

static void print_addr(FILE *f, const char *link, const struct inl_addr_info *a) {
    static const char *const origins[] = {[INL_ADDR_MANUAL] = "",
                                          [INL_ADDR_LINK_LOCAL] = " link-local",
                                          [INL_ADDR_SLAAC] = " by SLAAC",
                                          [INL_ADDR_TEMPORARY] = " temporary",
                                          [INL_ADDR_DHCP] = " by DHCP"};
    static const char *const states[] = {[INL_ADDR_TENTATIVE] = " tentative",
                                         [INL_ADDR_PREFERRED] = "",
                                         [INL_ADDR_DEPRECATED] = " deprecated",
                                         [INL_ADDR_DUPLICATED] = " duplicated"};
    char text[INL_ADDR_TEXT_MAX];

    inl_addr_format(&a->addr, text, sizeof(text));
    fprintf(f, " %s %s/%u%s%s,", link, text, a->prefix_len_bits, origins[a->origin],
            states[a->state]);
}

static void print_clients(FILE *f, const struct inl_stack *stack, int index,
                          const struct labfile_port *port) {
    struct inl_dhcp4_info i4;
    struct inl_dhcp6_info i6;

    if (port->dhcp4 && inl_dhcp4_get(stack, index, &i4) == 0 && !i4.bound) {
        fprintf(f, " %s DHCP %s,", port->link, inl_dhcp4_state_name(i4.state));
    }
    if ((port->dhcp6 || port->dhcp6_follow) && inl_dhcp6_get(stack, index, &i6) == 0 &&
        i6.state != INL_DHCP6_OFF && !i6.bound) {
        fprintf(f, " %s DHCPv6 %s,", port->link, inl_dhcp6_state_name(i6.state));
    }
}

void lab_conf_print(FILE *f, const struct inl_stack *stack, const struct labfile_host *h) {
    struct inl_addr_info info[LABFILE_PORTS_MAX * 32];
    const size_t max = sizeof(info) / sizeof(info[0]);
    size_t n = inl_addr_snapshot(stack, info, max);

    for (unsigned p = 0; p < h->ports_n; p++) {
        for (size_t i = 0; i < n && i < max; i++) {
            bool own = info[i].origin == INL_ADDR_LINK_LOCAL && !inl_addr_is4(&info[i].addr);

            if (info[i].link == (int)p + 1 && !own) { /* each link has one of these: no news */
                print_addr(f, h->ports[p].link, &info[i]);
            }
        }
        print_clients(f, stack, (int)p + 1, &h->ports[p]);
    }
}
