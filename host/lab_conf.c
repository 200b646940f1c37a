/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_conf.c - hosts of a lab that get their addresses from a server, and hosts that serve them
 *
 * Inside of a lab nobody can have taken an address that a server gives away, and hosts need not be
 * kept apart; so the clients begin at once and do not ask whether an address is free. On a link
 * with a TAP device there are strangers: there they ask.
 *
 * The lab is ready before they have their addresses: a server outside may never come. Within a lab
 * it takes a few times the delay of the link.
 */
#include "host/lab.h"

#include <stdio.h>

int lab_conf_port(struct inl_stack *stack, int index, const struct labfile_host *h,
                  const struct labfile_port *port, bool strangers) {
    struct inl_dhcp4_config c4;
    struct inl_dhcp6_config c6;
    int err = 0;

    inl_dhcp4_config_init(&c4);
    c4.start_min_ns = c4.start_max_ns = 0;
    c4.conflict_check = strangers;
    snprintf(c4.hostname, sizeof(c4.hostname), "%s", h->name);
    inl_dhcp6_config_init(&c6);
    c6.start_max_ns = 0;
    c6.rapid_commit = true;
    c6.conflict_check = strangers;
    if (port->dhcp4) {
        err = inl_dhcp4_start(stack, index, &c4);
    }
    if (err == 0 && port->dhcp6) {
        err = inl_dhcp6_start(stack, index, &c6);
    }
    return err;
}

static int serve4(struct inl_stack *stack, int index, const struct labfile_range *range) {
    struct inl_dhcp4_server_config c;

    inl_dhcp4_server_config_init(&c);
    c.first = range->first;
    c.last = range->last;
    return inl_dhcp4_server_start(stack, index, &c);
}

static int serve6(struct inl_stack *stack, int index, const struct labfile_range *range) {
    struct inl_dhcp6_server_config c;

    inl_dhcp6_server_config_init(&c);
    c.first = range->first;
    c.range_n = inl_addr_to4(&range->last) - inl_addr_to4(&range->first) + 1;
    return inl_dhcp6_server_start(stack, index, &c);
}

int lab_conf_servers(struct inl_stack *stack, const int *index, const struct labfile_host *h) {
    for (unsigned i = 0; i < h->ranges_n; i++) {
        const struct labfile_range *range = &h->ranges[i];
        int link = index[range->port];
        int err =
            inl_addr_is4(&range->first) ? serve4(stack, link, range) : serve6(stack, link, range);

        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static void print_addr(FILE *f, const char *link, const struct inl_addr *addr, unsigned bits) {
    char text[INL_ADDR_TEXT_MAX];

    inl_addr_format(addr, text, sizeof(text));
    fprintf(f, " %s %s/%u by DHCP,", link, text, bits);
}

void lab_conf_print(FILE *f, const struct inl_stack *stack, int index,
                    const struct labfile_port *port) {
    struct inl_dhcp4_info i4;
    struct inl_dhcp6_info i6;

    if (port->dhcp4 && inl_dhcp4_get(stack, index, &i4) == 0) {
        if (i4.bound) {
            print_addr(f, port->link, &i4.addr, i4.prefix_len_bits);
        } else {
            fprintf(f, " %s DHCP %s,", port->link, inl_dhcp4_state_name(i4.state));
        }
    }
    if (port->dhcp6 && inl_dhcp6_get(stack, index, &i6) == 0) {
        if (i6.bound) {
            print_addr(f, port->link, &i6.addr, 128);
        } else {
            fprintf(f, " %s DHCPv6 %s,", port->link, inl_dhcp6_state_name(i6.state));
        }
    }
}
