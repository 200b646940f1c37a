/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * private.c - the lab of an `inlet run` that joins none
 *
 * Without --link: a host and a gateway, which maps what the host sends to ordinary kernel sockets
 * of the lab's process (host/nat.c):
 *
 *     host 10.0.2.15/24, fd00:2::15/64  ---- net0 ----  gateway 10.0.2.2, fd00:2::2 and, for
 *                                                       names, 10.0.2.3, fd00:2::3
 *
 * With --link tap:NAME: the host alone on a link that the kernel joins through its TAP device.
 */
#include "cli/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct inl_addr addr_of(const char *text) {
    struct inl_addr a = INL_ADDR_ANY;

    (void)inl_addr_parse(text, &a); /* only literals of this file come here */
    return a;
}

static int add_tap_host(struct labfile *file, const struct run_options *o, int host, int link) {
    struct inl_addr addr = o->has_addr ? o->addr.addr : addr_of("10.9.0.2");
    unsigned len = o->has_addr ? o->addr.prefix_len_bits : 24;
    int port = labfile_port_add(file, host, link);

    snprintf(file->links[link].tap, sizeof(file->links[link].tap), "%s", o->tap);
    int err = labfile_addr_add(file, host, port, &addr, len);

    if (err == 0 && o->has_gateway) {
        err = labfile_default_route_add(file, host, &o->gateway);
    } else if (err == 0 && !o->has_addr) {
        struct inl_addr gateway = addr_of("10.9.0.1");

        err = labfile_default_route_add(file, host, &gateway);
    }
    return err;
}

static int add_addrs(struct labfile *file, int host, int port, const char *four, const char *six) {
    struct inl_addr a4 = addr_of(four), a6 = addr_of(six);
    int err = port < 0 ? port : labfile_addr_add(file, host, port, &a4, 24);

    return err < 0 ? err : labfile_addr_add(file, host, port, &a6, 64);
}

static int add_nat(struct labfile *file, int host, int link) {
    struct inl_addr g4 = addr_of("10.0.2.2"), g6 = addr_of("fd00:2::2");
    int gateway = labfile_host_add(file, "gateway");
    int port = labfile_port_add(file, host, link);
    int err = gateway < 0 ? gateway : add_addrs(file, host, port, "10.0.2.15", "fd00:2::15");

    if (err == 0) {
        file->hosts[gateway].transparent = true;
        port = labfile_port_add(file, gateway, link);
        err = add_addrs(file, gateway, port, "10.0.2.2", "fd00:2::2");
    }
    if (err == 0) {
        err = add_addrs(file, gateway, port, "10.0.2.3", "fd00:2::3");
    }
    if (err == 0) {
        err = labfile_default_route_add(file, host, &g4);
    }
    return err < 0 ? err : labfile_default_route_add(file, host, &g6);
}

int private_lab(const struct run_options *options, struct labfile **ret_file) {
    struct labfile *file;
    int err = labfile_new("private", &file);

    if (err < 0) {
        return err;
    }
    int host = labfile_host_add(file, "host");
    int link = labfile_link_add(file, "net0");

    file->has_seed = options->has_seed;
    file->seed = options->seed;
    file->has_dns = options->has_dns;
    file->dns = options->dns;
    file->links[link].impair = options->impair;
    err =
        options->tap != NULL ? add_tap_host(file, options, host, link) : add_nat(file, host, link);
    if (err < 0) {
        labfile_free(file);
        return err;
    }
    *ret_file = file;
    return 0;
}
