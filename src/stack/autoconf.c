/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * autoconf.c - the public calls of inlet/conf.h
 */
#include "stack/state.h"

bool inl_conf_next_event(struct inl_stack *stack, struct inl_conf_event *ret_event) {
    return conf_next_event(stack->conf, ret_event);
}

int inl_dhcp4_start(struct inl_stack *stack, int link, const struct inl_dhcp4_config *config) {
    stack_called(stack);
    return conf_dhcp4_start(stack->conf, link, config);
}

int inl_dhcp4_stop(struct inl_stack *stack, int link, bool release) {
    stack_called(stack);
    return conf_dhcp4_stop(stack->conf, link, release);
}

int inl_dhcp4_get(const struct inl_stack *stack, int link, struct inl_dhcp4_info *ret) {
    return conf_dhcp4_get(stack->conf, link, ret);
}

int inl_dhcp6_start(struct inl_stack *stack, int link, const struct inl_dhcp6_config *config) {
    stack_called(stack);
    return conf_dhcp6_start(stack->conf, link, config);
}

int inl_dhcp6_follow(struct inl_stack *stack, int link, const struct inl_dhcp6_config *config) {
    stack_called(stack);
    return conf_dhcp6_follow(stack->conf, link, config);
}

int inl_dhcp6_stop(struct inl_stack *stack, int link, bool release) {
    stack_called(stack);
    return conf_dhcp6_stop(stack->conf, link, release);
}

int inl_dhcp6_get(const struct inl_stack *stack, int link, struct inl_dhcp6_info *ret) {
    return conf_dhcp6_get(stack->conf, link, ret);
}

int inl_dhcp4_server_start(struct inl_stack *stack, int link,
                           const struct inl_dhcp4_server_config *config) {
    stack_called(stack);
    return conf_dhcp4_server_start(stack->conf, link, config);
}

int inl_dhcp4_server_stop(struct inl_stack *stack, int link) {
    stack_called(stack);
    return conf_dhcp4_server_stop(stack->conf, link);
}

size_t inl_dhcp4_server_leases(const struct inl_stack *stack, int link, struct inl_dhcp_lease *out,
                               size_t max) {
    return conf_dhcp4_server_leases(stack->conf, link, out, max);
}

int inl_dhcp6_server_start(struct inl_stack *stack, int link,
                           const struct inl_dhcp6_server_config *config) {
    stack_called(stack);
    return conf_dhcp6_server_start(stack->conf, link, config);
}

int inl_dhcp6_server_stop(struct inl_stack *stack, int link) {
    stack_called(stack);
    return conf_dhcp6_server_stop(stack->conf, link);
}

size_t inl_dhcp6_server_leases(const struct inl_stack *stack, int link, struct inl_dhcp_lease *out,
                               size_t max) {
    return conf_dhcp6_server_leases(stack->conf, link, out, max);
}

int inl_link_local4_start(struct inl_stack *stack, int link) {
    stack_called(stack);
    return conf_ll4_start(stack->conf, link);
}

int inl_link_local4_stop(struct inl_stack *stack, int link) {
    stack_called(stack);
    return conf_ll4_stop(stack->conf, link);
}

bool inl_link_local4_get(const struct inl_stack *stack, int link, struct inl_addr *ret_addr) {
    return conf_ll4_get(stack->conf, link, ret_addr);
}
