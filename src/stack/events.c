/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events.c - which sockets changed
 *
 * Transports post into the environment's queue, where each socket stands at most once and
 * collects its flags. A node whose owner is NULL belongs to a connection that no socket holds (not
 * accepted yet, or closed): there is nobody to tell. inl_close() takes the node off.
 */
#include "stack/state.h"

bool inl_next_event(struct inl_stack *stack, struct inl_event *ret_event) {
    struct evnode *node;

    while ((node = evq_pop(&stack->env.evq)) != NULL) {
        uint32_t flags = evnode_take(node);
        const struct sock *s = node->owner;

        if (s && flags) {
            ret_event->sock = socktab_handle(s);
            ret_event->events = flags;
            return true;
        }
    }
    return false;
}
