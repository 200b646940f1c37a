/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare.c - chooses how to probe, by what was asked and what we may
 */
#include "tools/scan/scan.h"

#include "tools/common/tool.h"
#include "tools/scan/connect.h"
#include "tools/scan/own_host.h"
#include "tools/scan/raw.h"
#include "tools/scan/route.h"

#include <errno.h>
#include <string.h>

static bool needs_raw(const struct scan_options *o) {
    return o->udp || (o->has_tcp && o->tcp != SCAN_CONNECT) || o->has_source ||
           (o->discovery != NULL && strcmp(o->discovery, "n") != 0);
}

int scan_prepare(struct scan_options *o) {
    bool only_connect = o->has_tcp && o->tcp == SCAN_CONNECT && !needs_raw(o);
    int err = only_connect ? 0 : raw_open(&o->raw);

    if (err < 0 && needs_raw(o)) {
        tool_say("packets of our own: %s. %s", strerror(-err),
                 err == -EPERM || err == -EACCES ? "Be root, or have CAP_NET_RAW; -sT works without"
                                                 : "-sT works without");
        return err;
    }
    if (err < 0) {
        tool_say(
            "by connect(), for packets of our own are not allowed: as root it would be quicker, "
            "find silent hosts by ARP, ND and ICMP, and UDP ports by -sU");
    }
    if (!o->has_tcp) {
        o->tcp = o->raw != NULL ? SCAN_SYN : SCAN_CONNECT;
    }
    return 0;
}

/* Does anybody answer ARP or ND for the address? The first target's way is the way there. */
static int ask_address(struct scan_options *o, const struct target *like) {
    struct target t = {.addr = o->source, .source = like->source, .link = like->link};
    struct slot slot = {0, SCAN_NEIGHBOUR};
    struct sweep sweep;
    struct job job;
    int err = job_init(&job, &t, 1, &slot, 1);

    if (err < 0) {
        return err;
    }
    sweep_init(&sweep, &job, &o->timing, 1);
    sweep.timing.retries = 1;
    err = raw_run(o->raw, &sweep, false);
    err = err == 0 && job.answers[0] != SCAN_NO_RESPONSE ? -EADDRINUSE : err;
    job_done(&job);
    return err;
}

/* All that are not on the link have to be behind one router. 0; -EXDEV: they are not; -EAFNOSUPPORT: it
 * is one of the other version of IP. */
static int find_gateway(const struct targets *targets, const struct inl_addr **ret) {
    *ret = NULL;
    for (uint32_t i = 0; i < targets->n; i++) {
        const struct target *t = &targets->list[i];

        if (t->on_link) {
            continue;
        }
        if (*ret != NULL && memcmp(*ret, &t->gateway, sizeof(t->gateway)) != 0) {
            return -EXDEV;
        }
        *ret = &t->gateway;
    }
    return *ret != NULL && inl_addr_is_any(*ret) ? -EAFNOSUPPORT : 0;
}

static const char *why_not(int err) {
    switch (err) {
    case -EADDRINUSE:
        return "somebody has this address";
    case -ENODEV:
        return "the interface there is not Ethernet";
    case -EXDEV:
        return "the targets are behind more than one router: scan them one by one";
    case -EAFNOSUPPORT:
        return "the router to the targets has no address of their version of IP";
    case -ENETUNREACH:
        return "the targets are behind a router, which has to find the way back: take an address "
               "of a network of this machine's interface there";
    default:
        return strerror(-err);
    }
}

int scan_take_source(struct scan_options *o, struct targets *targets) {
    struct target own = {.addr = o->source};
    struct target *list = targets->list;
    const struct inl_addr *gateway = NULL;
    int err = route_ask(&own, 1);

    for (uint32_t i = 0; i < targets->n && err == 0; i++) {
        if (list[i].link != list[0].link || list[i].link == 0 || list[i].is_local ||
            inl_addr_is4(&list[i].addr) != inl_addr_is4(&o->source)) {
            tool_say("--source-addr needs targets of its own version of IP behind one interface");
            return -EINVAL;
        }
    }
    err = err == 0 && own.is_local ? -EADDRINUSE : err;
    err = err == 0 ? find_gateway(targets, &gateway) : err;
    err = err == 0 ? ask_address(o, &list[0]) : err;
    err = err == 0 ? own_host_open(list[0].link, &o->source, gateway, &o->host) : err;
    if (err < 0) {
        tool_say("--source-addr: %s", why_not(err));
        return err;
    }
    raw_set_host(o->raw, o->host);
    for (uint32_t i = 0; i < targets->n; i++) {
        list[i].source = o->source;
    }
    return 0;
}

void scan_done(struct scan_options *o) {
    own_host_close(o->host);
    o->host = NULL;
    raw_close(o->raw);
    o->raw = NULL;
}

int scan_run(struct scan_options *o, struct sweep *sweep, bool one_is_enough) {
    bool connects = o->raw == NULL || sweep->job->slots[0].kind == SCAN_CONNECT;

    return connects ? connect_run(sweep) : raw_run(o->raw, sweep, one_is_enough);
}
