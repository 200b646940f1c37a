/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status_net.c - links, addresses, routes and neighbours of a lab's hosts, for `inlet netstat`
 *
 * A list is a snapshot of one host at one moment, sent in messages of LINES_A_MESSAGE. The gateway
 * of a private lab is left out, as in the other lists.
 */
#include "host/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_A_MESSAGE (PROTO_PAYLOAD_MAX / 2 / sizeof(struct proto_net))

static size_t list_links(const struct inl_stack *stack, struct proto_net *out, size_t max) {
    struct inl_link_info info[INL_LINKS_MAX];
    size_t n = inl_link_snapshot(stack, info, INL_LINKS_MAX);

    for (size_t i = 0; i < n && i < max; i++) {
        out[i].info_link = info[i];
    }
    return n;
}

static size_t list_addrs(const struct inl_stack *stack, struct proto_net *out, size_t max) {
    struct inl_addr_info *info = calloc(max + 1, sizeof(*info));
    size_t n = info != NULL ? inl_addr_snapshot(stack, info, max) : 0;

    for (size_t i = 0; i < n && i < max; i++) {
        out[i].info_addr = info[i];
    }
    free(info);
    return n;
}

static size_t list_routes(const struct inl_stack *stack, struct proto_net *out, size_t max) {
    struct inl_route_info *info = calloc(max + 1, sizeof(*info));
    size_t n = info != NULL ? inl_route_snapshot(stack, info, max) : 0;

    for (size_t i = 0; i < n && i < max; i++) {
        out[i].info_route = info[i];
    }
    free(info);
    return n;
}

static size_t list_neighs(const struct inl_stack *stack, struct proto_net *out, size_t max) {
    struct inl_neigh_info *info = calloc(max + 1, sizeof(*info));
    size_t n = info != NULL ? inl_neigh_snapshot(stack, info, max) : 0;

    for (size_t i = 0; i < n && i < max; i++) {
        out[i].info_neigh = info[i];
    }
    free(info);
    return n;
}

static size_t list(const struct inl_stack *stack, enum proto_op op, struct proto_net *out,
                   size_t max) {
    switch (op) {
    case PROTO_LINKS:
        return list_links(stack, out, max);
    case PROTO_ADDRS:
        return list_addrs(stack, out, max);
    case PROTO_ROUTES:
        return list_routes(stack, out, max);
    default:
        return list_neighs(stack, out, max);
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

static void send_lines(struct lab *lab, uint64_t client, uint64_t id, enum proto_op op,
                       const struct proto_net *lines, size_t n, bool more) {
    struct proto_msg msg;

    proto_init(&msg, op);
    msg.arg[0] = more;
    control_answer(lab, client, id, &msg, lines, n * sizeof(*lines));
}

static void send_host(struct lab *lab, int host, enum proto_op op, uint64_t client, uint64_t id) {
    const struct inl_stack *stack = lab_stack(lab, host);
    size_t max = list(stack, op, NULL, 0);
    struct proto_net *lines = calloc(max + 1, sizeof(*lines));

    if (lines == NULL) {
        return;
    }
    size_t n = list(stack, op, lines, max);

    n = n < max ? n : max;
    for (size_t i = 0; i < n; i++) {
        name_line(&lab->file->hosts[host], op, &lines[i]);
    }
    for (size_t i = 0; i < n; i += LINES_A_MESSAGE) {
        send_lines(lab, client, id, op, lines + i,
                   n - i < LINES_A_MESSAGE ? n - i : LINES_A_MESSAGE, true);
    }
    free(lines);
}

void status_net(struct lab *lab, int host, enum proto_op op, uint64_t client, uint64_t id) {
    for (int h = 0; h < inl_world_hosts(lab->world); h++) {
        if ((host < 0 || h == host) && !lab->file->hosts[h].transparent) {
            send_host(lab, h, op, client, id);
        }
    }
    send_lines(lab, client, id, op, NULL, 0, false);
}
