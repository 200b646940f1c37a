/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status_net.c - links, addresses, routes and neighbours of a lab's hosts, for `inlet netstat`
 *
 * A list is a snapshot of one host at one moment, which all four kinds of list take
 * alike. The gateway of a private lab is left out, as in the other lists.
 */
#include "host/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INFO_AT offsetof(struct proto_net, info_link) /* as all members of that union */

/* As inl_link_snapshot(), of what the operation asks for. */
static size_t snapshot(const struct inl_stack *stack, enum proto_op op, void *out, size_t max) {
    switch (op) {
    case PROTO_LINKS:
        return inl_link_snapshot(stack, out, max);
    case PROTO_ADDRS:
        return inl_addr_snapshot(stack, out, max);
    case PROTO_ROUTES:
        return inl_route_snapshot(stack, out, max);
    default:
        return inl_neigh_snapshot(stack, out, max);
    }
}

static size_t info_bytes(enum proto_op op) {
    switch (op) {
    case PROTO_LINKS:
        return sizeof(struct inl_link_info);
    case PROTO_ADDRS:
        return sizeof(struct inl_addr_info);
    case PROTO_ROUTES:
        return sizeof(struct inl_route_info);
    default:
        return sizeof(struct inl_neigh_info);
    }
}

static int link_of(const struct proto_net *line, enum proto_op op) {
    switch (op) {
    case PROTO_LINKS:
        return line->info_link.link;
    case PROTO_ADDRS:
        return line->info_addr.link;
    case PROTO_ROUTES:
        return line->info_route.kind == INL_ROUTE_UNICAST ? line->info_route.link : -1;
    default:
        return line->info_neigh.link;
    }
}

static void name_line(const struct labfile_host *h, enum proto_op op, struct proto_net *line) {
    int link = link_of(line, op);
    const char *name = link == 0                                  ? "lo"
                       : link > 0 && (unsigned)link <= h->ports_n ? h->ports[link - 1].link
                                                                  : "-";

    snprintf(line->host, sizeof(line->host), "%s", h->name);
    snprintf(line->link, sizeof(line->link), "%s", name);
}

static void send_host(struct lab *lab, int host, enum proto_op op, uint64_t client, uint64_t id) {
    const struct inl_stack *stack = lab_stack(lab, host);
    size_t max = snapshot(stack, op, NULL, 0), each = info_bytes(op);
    uint8_t *info = calloc(max + 1, each);
    struct proto_net *lines = calloc(max + 1, sizeof(*lines));

    if (info != NULL && lines != NULL) {
        size_t n = snapshot(stack, op, info, max);

        n = n < max ? n : max;
        for (size_t i = 0; i < n; i++) {
            memcpy((uint8_t *)&lines[i] + INFO_AT, info + i * each, each);
            name_line(&lab->file->hosts[host], op, &lines[i]);
        }
        status_send(lab, client, id, op, lines, sizeof(*lines), n);
    }
    free(info);
    free(lines);
}

void status_net(struct lab *lab, int host, enum proto_op op, uint64_t client, uint64_t id) {
    for (int h = 0; h < inl_world_hosts(lab->world); h++) {
        if ((host < 0 || h == host) && !lab->file->hosts[h].transparent) {
            send_host(lab, h, op, client, id);
        }
    }
    status_end(lab, client, id, op);
}
