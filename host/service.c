/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.c - sockets of a lab's hosts that the lab itself serves
 *
 * Owns the table of each host that leads from the engine's handles to them. An event may find no
 * socket any more: its owner has closed it since, and nobody else has that handle.
 */
#include "host/service.h"

struct inl_stack *service_stack(const struct service_sock *s) {
    return lab_stack(s->lab, s->host);
}

int service_add(struct service_sock *s) {
    return table_insert(&s->lab->hosts[s->host].services, &s->by_sock, (uint64_t)s->sock);
}

void service_close(struct service_sock *s) {
    table_remove(&s->lab->hosts[s->host].services, &s->by_sock);
    inl_close(service_stack(s), s->sock);
}

bool service_event(struct lab *lab, int host, const struct inl_event *ev) {
    struct table_node *node = table_find(&lab->hosts[host].services, (uint64_t)ev->sock);

    if (node != NULL) {
        struct service_sock *s = TABLE_ENTRY(node, struct service_sock, by_sock);

        s->on_event(s, ev->events);
    }
    return node != NULL;
}
