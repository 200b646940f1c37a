/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare.c - chooses how to probe, by what was asked and what we may
 */
#include "tools/scan/scan.h"

#include "tools/common/tool.h"
#include "tools/scan/connect.h"
#include "tools/scan/raw.h"

#include <errno.h>
#include <string.h>

static bool needs_raw(const struct scan_options *o) {
    return o->udp || (o->has_tcp && o->tcp != SCAN_CONNECT) ||
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

void scan_done(struct scan_options *o) {
    raw_close(o->raw);
    o->raw = NULL;
}

int scan_run(struct scan_options *o, struct sweep *sweep, bool one_is_enough) {
    bool connects = o->raw == NULL || sweep->job->slots[0].kind == SCAN_CONNECT;

    return connects ? connect_run(sweep) : raw_run(o->raw, sweep, one_is_enough);
}
