/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_lists.c - links, addresses, routes, neighbours and groups as lines of text or of JSON (net_lists.h)
 *
 * Each list has a heading, a function for a line of text and one for a JSON object; both show the
 * same. A time without an end is "forever", and null in JSON.
 */
#include "tools/netstat/lab_lists.h"

#include "host/client.h"
#include "tools/common/clean.h"
#include "tools/common/out.h"

#include <errno.h>
#include <inlet/stack.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct list {
    const char *heading;
    void (*line)(const struct proto_net *n);
    json_t *(*object)(const struct proto_net *n);
    void (*tidy)(struct proto_net *n); /* what is no value of its type becomes one */
};

struct printing {
    const struct list *list;
    bool json;
};

/* ---- words ---- */

static const char *word(const char *const *words, size_t n, size_t at) {
    return at < n ? words[at] : "?";
}

#define WORD(words, at) word(words, sizeof(words) / sizeof((words)[0]), at)

static const char *const addr_states[] = {[INL_ADDR_TENTATIVE] = "tentative",
                                          [INL_ADDR_PREFERRED] = "preferred",
                                          [INL_ADDR_DEPRECATED] = "deprecated",
                                          [INL_ADDR_DUPLICATED] = "duplicated"};
static const char *const addr_origins[] = {[INL_ADDR_MANUAL] = "static",
                                           [INL_ADDR_LINK_LOCAL] = "link-local",
                                           [INL_ADDR_SLAAC] = "slaac",
                                           [INL_ADDR_TEMPORARY] = "temporary",
                                           [INL_ADDR_DHCP] = "dhcp"};
static const char *const route_origins[] = {[INL_ROUTE_MANUAL] = "static",
                                            [INL_ROUTE_CONNECTED] = "connected",
                                            [INL_ROUTE_ROUTER] = "ra",
                                            [INL_ROUTE_DHCP] = "dhcp"};
static const char *const route_kinds[] = {[INL_ROUTE_UNICAST] = "unicast",
                                          [INL_ROUTE_BLACKHOLE] = "blackhole",
                                          [INL_ROUTE_UNREACHABLE] = "unreachable",
                                          [INL_ROUTE_PROHIBIT] = "prohibit"};
static const char *const prefs[] = {
    [INL_ROUTER_MEDIUM] = "medium", [INL_ROUTER_HIGH] = "high", [INL_ROUTER_LOW] = "low"};
static const char *const neigh_states[] = {
    [INL_NEIGH_INCOMPLETE] = "INCOMPLETE", [INL_NEIGH_REACHABLE] = "REACHABLE",
    [INL_NEIGH_STALE] = "STALE",           [INL_NEIGH_DELAY] = "DELAY",
    [INL_NEIGH_PROBE] = "PROBE",           [INL_NEIGH_UNREACHABLE] = "UNREACHABLE",
    [INL_NEIGH_FAILED] = "FAILED",         [INL_NEIGH_PERMANENT] = "PERMANENT"};

#define TIME_MAX 16
#define MAC_MAX 18
#define PREFIX_MAX (INL_ADDR_TEXT_MAX + 4)

static const char *time_text(uint32_t s, char buf[TIME_MAX]) {
    if (s == INL_FOREVER) {
        return "forever";
    }
    snprintf(buf, TIME_MAX, "%" PRIu32 "s", s);
    return buf;
}

static json_t *time_json(uint32_t s) {
    return s == INL_FOREVER ? json_null() : json_integer(s);
}

static const char *mac_text(const uint8_t m[6], char buf[MAC_MAX]) {
    snprintf(buf, MAC_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
    return buf;
}

static const char *prefix_text(const struct inl_addr *addr, unsigned bits, char buf[PREFIX_MAX]) {
    char text[INL_ADDR_TEXT_MAX] = "?";

    inl_addr_format(addr, text, sizeof(text));
    snprintf(buf, PREFIX_MAX, "%s/%u", text, bits);
    return buf;
}

/* ---- links ---- */

static const char *link_role(const struct inl_link_info *l) {
    return l->configures ? "host" : l->advertises ? "router" : "-";
}

static void link_line(const struct proto_net *n) {
    const struct inl_link_info *l = &n->info_link;
    char mac[MAC_MAX];

    printf("%-10s %-10s %-5s %6u %6u %-17s %s\n", n->host, n->link, l->up ? "up" : "down",
           l->mtu_bytes, l->mtu6_bytes, l->ethernet ? mac_text(l->mac, mac) : "-", link_role(l));
}

static json_t *link_object(const struct proto_net *n) {
    const struct inl_link_info *l = &n->info_link;
    char mac[MAC_MAX];

    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s, s:b, s:b}", "type", "link", "host",
                     n->host, "link", n->link, "up", l->up, "mtu", (json_int_t)l->mtu_bytes, "mtu6",
                     (json_int_t)l->mtu6_bytes, "mac", l->ethernet ? mac_text(l->mac, mac) : "",
                     "autoconf", l->configures, "advertises", l->advertises);
}

/* ---- addresses ---- */

static void addr_line(const struct proto_net *n) {
    const struct inl_addr_info *a = &n->info_addr;
    char addr[PREFIX_MAX], preferred[TIME_MAX], valid[TIME_MAX];

    printf("%-10s %-10s %-43s %-10s %-10s %-10s %s\n", n->host, n->link,
           prefix_text(&a->addr, a->prefix_len_bits, addr), WORD(addr_states, a->state),
           WORD(addr_origins, a->origin), time_text(a->preferred_s, preferred),
           time_text(a->valid_s, valid));
}

static json_t *addr_object(const struct proto_net *n) {
    const struct inl_addr_info *a = &n->info_addr;
    char addr[PREFIX_MAX];

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "type", "address", "host", n->host,
                     "link", n->link, "address", prefix_text(&a->addr, a->prefix_len_bits, addr),
                     "state", WORD(addr_states, a->state), "origin", WORD(addr_origins, a->origin),
                     "preferred_s", time_json(a->preferred_s), "valid_s", time_json(a->valid_s));
}

/* ---- routes ---- */

static const char *gateway_text(const struct inl_route_info *r, char buf[INL_ADDR_TEXT_MAX]) {
    if (r->kind != INL_ROUTE_UNICAST) {
        return WORD(route_kinds, r->kind);
    }
    if (inl_addr_is_any(&r->gateway)) {
        return "on-link";
    }
    inl_addr_format(&r->gateway, buf, INL_ADDR_TEXT_MAX);
    return buf;
}

static const char *pref_text(const struct inl_route_info *r) {
    return r->origin == INL_ROUTE_ROUTER ? WORD(prefs, r->pref) : "-";
}

static void route_line(const struct proto_net *n) {
    const struct inl_route_info *r = &n->info_route;
    char dst[PREFIX_MAX], gateway[INL_ADDR_TEXT_MAX], expires[TIME_MAX];

    printf("%-10s %-43s %-30s %-10s %6u %6u %-9s %-6s %s\n", n->host,
           prefix_text(&r->dst, r->prefix_len_bits, dst), gateway_text(r, gateway), n->link,
           r->metric, r->weight, WORD(route_origins, r->origin), pref_text(r),
           time_text(r->expires_s, expires));
}

static json_t *route_object(const struct proto_net *n) {
    const struct inl_route_info *r = &n->info_route;
    char dst[PREFIX_MAX], gateway[INL_ADDR_TEXT_MAX];
    bool via = r->kind == INL_ROUTE_UNICAST && !inl_addr_is_any(&r->gateway);

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:o}", "type", "route",
                     "host", n->host, "destination", prefix_text(&r->dst, r->prefix_len_bits, dst),
                     "kind", WORD(route_kinds, r->kind), "gateway",
                     via ? gateway_text(r, gateway) : "", "link", n->link, "metric",
                     (json_int_t)r->metric, "weight", (json_int_t)r->weight, "origin",
                     WORD(route_origins, r->origin), "preference", pref_text(r), "expires_s",
                     time_json(r->expires_s));
}

/* ---- neighbours ---- */

static bool has_mac(const struct inl_neigh_info *i) {
    return i->state != INL_NEIGH_INCOMPLETE && i->state != INL_NEIGH_FAILED;
}

static void neigh_line(const struct proto_net *n) {
    const struct inl_neigh_info *i = &n->info_neigh;
    char addr[INL_ADDR_TEXT_MAX] = "?", mac[MAC_MAX];

    inl_addr_format(&i->addr, addr, sizeof(addr));
    printf("%-10s %-10s %-39s %-17s %-11s %s\n", n->host, n->link, addr,
           has_mac(i) ? mac_text(i->mac, mac) : "-", WORD(neigh_states, i->state),
           i->router ? "router" : "-");
}

static json_t *neigh_object(const struct proto_net *n) {
    const struct inl_neigh_info *i = &n->info_neigh;
    char addr[INL_ADDR_TEXT_MAX] = "?", mac[MAC_MAX];

    inl_addr_format(&i->addr, addr, sizeof(addr));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "type", "neighbour", "host", n->host,
                     "link", n->link, "address", addr, "mac",
                     has_mac(i) ? mac_text(i->mac, mac) : "", "state", WORD(neigh_states, i->state),
                     "router", i->router);
}

/* ---- groups ---- */

static const char *mode(bool exclude) {
    return exclude ? "EXCLUDE" : "INCLUDE";
}

static void group_line(const struct proto_net *n) {
    const struct inl_group_info *i = &n->info_group;
    char addr[INL_ADDR_TEXT_MAX] = "?", version[16];

    inl_addr_format(&i->group, addr, sizeof(addr));
    snprintf(version, sizeof(version), "%s%u", inl_addr_is4(&i->group) ? "IGMPv" : "MLDv",
             i->version);
    printf("%-10s %-10s %-39s %7u %-8s %7u %s\n", n->host, n->link, addr, i->sockets,
           mode(i->exclude), i->sources, version);
}

static json_t *group_object(const struct proto_net *n) {
    const struct inl_group_info *i = &n->info_group;
    char addr[INL_ADDR_TEXT_MAX] = "?";

    inl_addr_format(&i->group, addr, sizeof(addr));
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:i}", "type", "group", "host", n->host,
                     "link", n->link, "group", addr, "sockets", (json_int_t)i->sockets, "mode",
                     mode(i->exclude), "sources", (json_int_t)i->sources, "version",
                     (int)i->version);
}

/* How many senders are told by name. */
static uint32_t named(const struct proto_member *m) {
    return m->count < PROTO_MEMBER_SOURCES ? m->count : PROTO_MEMBER_SOURCES;
}

static void member_line(const struct proto_net *n) {
    const struct proto_member *m = &n->member;
    char addr[INL_ADDR_TEXT_MAX] = "?", program[4 * sizeof(m->program) + 1];

    clean_bytes(m->program, strnlen(m->program, sizeof(m->program)), program, sizeof(program));
    inl_addr_format(&m->group, addr, sizeof(addr));
    printf("%-10s %-10s %-39s %7u/%-15s %-8s", n->host, n->link, addr, m->pid, program,
           mode(m->exclude != 0));
    for (uint32_t i = 0; i < named(m); i++) {
        inl_addr_format(&m->sources[i], addr, sizeof(addr));
        printf("%s%s", i > 0 ? "," : " ", addr);
    }
    printf("%s\n", m->count > named(m) ? ",..." : "");
}

static json_t *member_object(const struct proto_net *n) {
    const struct proto_member *m = &n->member;
    char addr[INL_ADDR_TEXT_MAX] = "?", program[sizeof(m->program) + 1] = "";
    json_t *sources = json_array();

    memcpy(program, m->program, sizeof(m->program));
    for (uint32_t i = 0; i < named(m); i++) {
        inl_addr_format(&m->sources[i], addr, sizeof(addr));
        json_array_append_new(sources, json_string(addr));
    }
    inl_addr_format(&m->group, addr, sizeof(addr));
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:s, s:I, s:o}", "type", "member", "host",
                     n->host, "link", n->link, "group", addr, "pid", (json_int_t)m->pid, "program",
                     out_json_text(program), "mode", mode(m->exclude != 0), "count",
                     (json_int_t)m->count, "sources", sources);
}

/* ---- what a stranger may have sent ---- */

/* A byte that is neither 0 nor 1 is no bool: reading it as one is undefined. */
static void tidy_bool(bool *flag) {
    unsigned char byte;

    memcpy(&byte, flag, 1);
    *flag = byte != 0;
}

static void tidy_link(struct proto_net *n) {
    struct inl_link_info *l = &n->info_link;

    tidy_bool(&l->ethernet);
    tidy_bool(&l->up);
    tidy_bool(&l->configures);
    tidy_bool(&l->advertises);
}

static void tidy_neigh(struct proto_net *n) {
    tidy_bool(&n->info_neigh.router);
}

static void tidy_group(struct proto_net *n) {
    tidy_bool(&n->info_group.exclude);
}

static void tidy_nothing(struct proto_net *n) {
    (void)n;
}

/* ---- all ---- */

static const struct list *list_of(enum proto_op op) {
    static const struct list links = {
        "Host       Link       State    MTU  MTUv6 MAC               Role\n", link_line,
        link_object, tidy_link};
    static const struct list addrs = {
        "Host       Link       Address                                     State      Origin     "
        "Preferred  Valid\n",
        addr_line, addr_object, tidy_nothing};
    static const struct list routes = {
        "Host       Destination                                 Gateway                        "
        "Link       Metric Weight Origin    Pref   Expires\n",
        route_line, route_object, tidy_nothing};
    static const struct list neighs = {"Host       Link       Address                              "
                                       "   MAC               State       "
                                       "Role\n",
                                       neigh_line, neigh_object, tidy_neigh};
    static const struct list groups = {
        "Host       Link       Group                                   Sockets Mode     Sources "
        "Version\n",
        group_line, group_object, tidy_group};
    static const struct list members = {
        "Host       Link       Group                                       PID/Program         "
        "Mode     Sources\n",
        member_line, member_object, tidy_nothing};

    switch (op) {
    case PROTO_GROUPS:
        return &groups;
    case PROTO_MEMBERS:
        return &members;
    case PROTO_LINKS:
        return &links;
    case PROTO_ADDRS:
        return &addrs;
    case PROTO_ROUTES:
        return &routes;
    default:
        return &neighs;
    }
}

static int on_lines(void *ctx, const void *data, size_t len) {
    struct printing *p = ctx;
    struct proto_net n;

    while (client_next(&data, &len, &n, sizeof(n))) {
        clean_name(n.host, sizeof(n.host));
        clean_name(n.link, sizeof(n.link));
        p->list->tidy(&n);
        if (p->json) {
            out_json(p->list->object(&n));
        } else {
            p->list->line(&n);
        }
    }
    return 0;
}

int print_net_list(int fd, enum proto_op op, bool json) {
    struct printing p = {.list = list_of(op), .json = json};

    if (!json) {
        fputs(p.list->heading, stdout);
    }
    return client_ask(fd, op, on_lines, &p);
}
