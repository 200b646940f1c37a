/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * groups.c - groups as sockets see them (inlet/group.h); what they mean says src/ip/group.h
 */
#include "ip/group.h"
#include "ip/group_member.h"
#include "stack/sockets.h"

/* The socket, if it can have groups, and the group is of its family: 0 or -errno. */
static int group_sock(struct inl_stack *stack, inl_sock handle, const struct inl_addr *group,
                      struct msg_opts **ret_opts) {
    const struct sock *s = sock_find(stack, handle);

    if (!s) {
        return sock_missing(stack, handle);
    }
    if (!sock_is_messages(s)) {
        return -EOPNOTSUPP;
    }
    *ret_opts = msg_opts(s);
    return !inl_addr_is4(group) && s->family == INL_AF_INET ? -EINVAL : 0;
}

int inl_group(struct inl_stack *stack, inl_sock handle, enum inl_group_op op, int link,
              const struct inl_addr *group, const struct inl_addr *source) {
    struct msg_opts *o;
    int err = group_sock(stack, handle, group, &o);

    return err ? err : ip_member_do(stack->ip, &o->groups, op, link, group, source);
}

int inl_group_set_filter(struct inl_stack *stack, inl_sock handle, int link,
                         const struct inl_addr *group, bool exclude, const struct inl_addr *sources,
                         size_t count) {
    struct msg_opts *o;
    int err = group_sock(stack, handle, group, &o);

    return err ? err : ip_member_set(stack->ip, &o->groups, link, group, exclude, sources, count);
}

int inl_group_get_filter(struct inl_stack *stack, inl_sock handle, int link,
                         const struct inl_addr *group, bool *ret_exclude, struct inl_addr *out,
                         size_t max) {
    struct msg_opts *o;
    int err = group_sock(stack, handle, group, &o);

    return err ? err : ip_member_get(o->groups, link, group, ret_exclude, out, max);
}

size_t inl_group_snapshot(const struct inl_stack *stack, struct inl_group_info *out, size_t max) {
    return ip_group_snapshot(stack->ip, out, max);
}
