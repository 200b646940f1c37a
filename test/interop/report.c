/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.c - what a stack holds, as lines for tests: see driver.h
 */
#include "driver.h"

#include <stdio.h>

#define ADDRS_MAX 64
#define NEIGH_MAX 4096

static const char *text_of(const struct inl_addr *addr, char buf[INL_ADDR_TEXT_MAX]) {
    (void)inl_addr_format(addr, buf, INL_ADDR_TEXT_MAX);
    return buf;
}

static void report_addresses(const struct inl_stack *stack) {
    static const char *const states[] = {"tentative", "preferred", "deprecated", "duplicated"};
    struct inl_addr_info all[ADDRS_MAX];
    size_t n = inl_addr_snapshot(stack, all, ADDRS_MAX);
    char buf[INL_ADDR_TEXT_MAX];

    printf("\"addresses\": {");
    for (size_t i = 0; i < n && i < ADDRS_MAX; i++) {
        printf("%s\"%s\": \"%s\"", i ? ", " : "", text_of(&all[i].addr, buf), states[all[i].state]);
    }
    printf("}, \"address_count\": %zu, ", n);
}

static void report_neighbours(const struct inl_stack *stack) {
    static struct inl_neigh_info all[NEIGH_MAX];
    size_t n = inl_neigh_snapshot(stack, all, NEIGH_MAX);
    char buf[INL_ADDR_TEXT_MAX];

    printf("\"neighbours\": {");
    for (size_t i = 0; i < n && i < NEIGH_MAX; i++) {
        const uint8_t *m = all[i].mac;

        printf("%s\"%s\": \"%02x:%02x:%02x:%02x:%02x:%02x\"", i ? ", " : "",
               text_of(&all[i].addr, buf), m[0], m[1], m[2], m[3], m[4], m[5]);
    }
    printf("}, \"neighbour_count\": %zu, ", n);
}

static void report_routers(const struct driver *d) {
    struct inl_autoconf_info info;
    char buf[INL_ADDR_TEXT_MAX];

    if (inl_autoconf_get(d->stack, d->link, &info) != 0) {
        return;
    }
    printf("\"routers\": [");
    for (unsigned i = 0; i < info.router_count; i++) {
        printf("%s\"%s\"", i ? ", " : "", text_of(&info.routers[i].addr, buf));
    }
    printf("], \"mtu\": %u, \"hop_limit\": %u, \"dns\": %u, ", info.mtu_bytes, info.hop_limit,
           info.dns_count);
}

static void report_counters(const struct inl_stack *stack) {
    struct inl_stats s;
    const char *broken = inl_check(stack);
    const char *comma = "";

    inl_stats_get(stack, &s);
    printf("\"rx\": %llu, \"tx\": %llu, \"mem\": %zu, \"peak\": %zu, \"established\": %llu, ",
           (unsigned long long)s.rx_frames, (unsigned long long)s.tx_frames, s.mem_used_bytes,
           s.mem_peak_bytes, (unsigned long long)s.tcp_curr_estab);
    printf("\"broken\": \"%s\", \"drops\": {", broken ? broken : "");
    for (int i = 1; i < INL_DROP_MAX; i++) {
        if (s.drop[i]) {
            printf("%s\"%s\": %llu", comma, inl_drop_name((enum inl_drop)i),
                   (unsigned long long)s.drop[i]);
            comma = ", ";
        }
    }
    printf("}, \"causes\": {");
    comma = "";
    for (int i = 1; i < INL_CAUSE_MAX; i++) {
        if (s.cause[i]) {
            printf("%s\"%s\": %llu", comma, inl_cause_name((enum inl_cause)i),
                   (unsigned long long)s.cause[i]);
            comma = ", ";
        }
    }
    printf("}");
}

void report_state(const struct driver *d) {
    printf("{");
    report_addresses(d->stack);
    report_neighbours(d->stack);
    report_routers(d);
    report_counters(d->stack);
    printf("}\n");
    fflush(stdout);
}

/* The address that was made of a router's prefix, if it may be used. */
static bool own_address(const struct inl_stack *stack, struct inl_addr *ret) {
    struct inl_addr_info all[ADDRS_MAX];
    size_t n = inl_addr_snapshot(stack, all, ADDRS_MAX);

    for (size_t i = 0; i < n && i < ADDRS_MAX; i++) {
        if (all[i].origin == INL_ADDR_SLAAC && all[i].state == INL_ADDR_PREFERRED) {
            *ret = all[i].addr;
            return true;
        }
    }
    return false;
}

void report_autoconf(const struct driver *d) {
    static enum { NOTHING, ALL, GONE } said;
    char own[INL_ADDR_TEXT_MAX], router[INL_ADDR_TEXT_MAX], dns[INL_ADDR_TEXT_MAX];
    struct inl_autoconf_info info;
    struct inl_addr addr;

    if (inl_autoconf_get(d->stack, d->link, &info) != 0) {
        return;
    }
    if (said == ALL && info.router_count == 0) {
        printf("gone\n");
        said = GONE;
    }
    if (said == NOTHING && info.router_count && info.dns_count && info.search_count &&
        own_address(d->stack, &addr)) {
        printf("auto %s %s %u %s %s\n", text_of(&addr, own), text_of(&info.routers[0].addr, router),
               info.mtu_bytes, text_of(&info.dns[0].addr, dns), info.search[0].name);
        said = ALL;
    }
    fflush(stdout);
}
