/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status_net.c - links, addresses, routes, neighbours and multicast groups of a lab's hosts, for
 * `inlet netstat`
 *
 * A list is a snapshot of one host at one moment, which all kinds of list take
 * alike, but for the groups of programs' sockets. The gateway of a private lab is left out, as in the other lists.
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
    case PROTO_GROUPS:
        return inl_group_snapshot(stack, out, max);
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
    case PROTO_GROUPS:
        return sizeof(struct inl_group_info);
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
    case PROTO_GROUPS:
        return line->info_group.link;
    case PROTO_MEMBERS:
        return (int)line->member.link;
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

/* ---- which program has joined which group, and whom it hears there ---- */

struct members {
    struct proto_net *lines;
    size_t n, room;
};

static struct proto_net *new_line(struct members *m) {
    if (m->n == m->room) {
        size_t room = 2 * m->room + 16;
        struct proto_net *more = realloc(m->lines, room * sizeof(*more));

        if (more == NULL) {
            return NULL;
        }
        m->lines = more;
        m->room = room;
    }
    return &m->lines[m->n];
}

static void add_member(struct members *m, const struct conn *conn,
                       const struct inl_group_info *group) {
    struct proto_net *line = new_line(m);
    bool exclude;

    if (line == NULL) {
        return;
    }
    memset(line, 0, sizeof(*line));
    int n =
        inl_group_get_filter(lab_stack(conn->lab, conn->host), conn->sock, group->link,
                             &group->group, &exclude, line->member.sources, PROTO_MEMBER_SOURCES);

    if (n < 0) {
        return; /* not joined */
    }
    line->member.group = group->group;
    line->member.link = (uint32_t)group->link;
    line->member.pid = conn->pid;
    line->member.exclude = exclude;
    line->member.count = (uint32_t)n;
    memcpy(line->member.program, conn->program, sizeof(line->member.program));
    name_line(&conn->lab->file->hosts[conn->host], PROTO_MEMBERS, line);
    m->n++;
}

static void send_members(struct lab *lab, int host, uint64_t client, uint64_t id) {
    const struct inl_stack *stack = lab_stack(lab, host);
    const struct table *socks = &lab->hosts[host].socks;
    size_t max = inl_group_snapshot(stack, NULL, 0);
    struct inl_group_info *groups = calloc(max + 1, sizeof(*groups));
    size_t n = groups != NULL ? inl_group_snapshot(stack, groups, max) : 0;
    struct members m = {0};

    n = n < max ? n : max;
    for (struct table_node *node = table_any(socks); node != NULL; node = table_next(socks, node)) {
        const struct conn *conn = TABLE_ENTRY(node, struct conn, by_sock);

        for (size_t i = 0; conn->type != INL_SOCK_STREAM && i < n; i++) {
            if (groups[i].sockets > 0) {
                add_member(&m, conn, &groups[i]);
            }
        }
    }
    status_send(lab, client, id, PROTO_MEMBERS, m.lines, sizeof(*m.lines), m.n);
    free(groups);
    free(m.lines);
}

void status_net(struct lab *lab, int host, enum proto_op op, uint64_t client, uint64_t id) {
    for (int h = 0; h < inl_world_hosts(lab->world); h++) {
        if ((host < 0 || h == host) && !lab->file->hosts[h].transparent) {
            if (op == PROTO_MEMBERS) {
                send_members(lab, h, client, id);
            } else {
                send_host(lab, h, op, client, id);
            }
        }
    }
    status_end(lab, client, id, op);
}
