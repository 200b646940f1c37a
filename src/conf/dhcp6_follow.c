/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6_follow.c - DHCPv6 where routers say that there is a server (RFC 4861 4.2, RFC 8415 4)
 *
 * An advertisement has two flags: M, addresses come by DHCPv6, and O, other parameters do. They are
 * hints: nothing happens by itself. A link that follows them starts the client with the first one
 * that is set; M after O starts it anew, with an address. A flag that is taken back ends nothing,
 * nor does another router without it: leases have ends of their own, and whoever can send
 * advertisements must not be able to take addresses away, or to have the client begin again and
 * again. So a link starts a client twice at most.
 *
 * A client that was started otherwise stays as it is.
 *
 * What was said before the following began counts, too.
 */
#include "conf/state.h"
#include "ip/link.h"

#include <errno.h>

struct dhcp6_follow {
    struct inl_dhcp6_config config;
    bool begun;
    bool address; /* with M */
};

static void follow_begin(struct conf *c, int link, struct dhcp6_follow *f, bool address) {
    if (f->begun && (f->address || !address)) {
        return;
    }
    if (f->begun && c->dhcp6[link]) {
        dhcp6_free(c->dhcp6[link]); /* has parameters only: nothing to give back */
    }
    f->config.address = address;
    f->begun = conf_dhcp6_start(c, link, &f->config) == 0; /* if not: with the next word */
    f->address = address && f->begun;
}

void dhcp6_follow_flags(void *conf, int link, bool managed, bool other) {
    struct conf *c = conf;

    if (c->dhcp6_follow[link] && (managed || other)) {
        follow_begin(c, link, c->dhcp6_follow[link], managed);
    }
}

int conf_dhcp6_follow(struct conf *c, int link, const struct inl_dhcp6_config *config) {
    struct inl_autoconf_info heard;
    struct dhcp6_follow *f;

    if (!ip_link_exists(c->ip, link)) {
        return -ENODEV;
    }
    if (ip_link_kind(c->ip, link) != INL_LINK_ETHERNET ||
        (config && (config->start_max_ns < 0 || config->start_max_ns > CONF_START_MAX_NS))) {
        return -EINVAL;
    }
    if (c->dhcp6_follow[link]) {
        return -EEXIST;
    }
    f = mem_zalloc(&c->env->mem, sizeof(*f));
    if (!f) {
        return -ENOMEM;
    }
    inl_dhcp6_config_init(&f->config);
    if (config) {
        f->config = *config;
    }
    c->dhcp6_follow[link] = f;
    if (ip_autoconf_get(c->ip, link, &heard) == 0) {
        dhcp6_follow_flags(c, link, heard.managed, heard.other);
    }
    return 0;
}

bool dhcp6_follow_end(struct conf *c, int link) {
    struct dhcp6_follow *f = c->dhcp6_follow[link];

    if (f) {
        mem_free(&c->env->mem, f, sizeof(*f));
        c->dhcp6_follow[link] = NULL;
    }
    return f != NULL;
}
