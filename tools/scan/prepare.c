/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare.c - chooses how to probe, by what was asked and what we may
 */
#include "tools/scan/scan.h"

#include "tools/common/tool.h"
#include "tools/scan/connect.h"

#include <errno.h>

int scan_prepare(struct scan_options *o) {
    if (o->udp || (o->has_tcp && o->tcp != SCAN_CONNECT)) {
        tool_usage("-s: only T and n work so far");
        return -EINVAL;
    }
    return 0;
}

void scan_done(struct scan_options *o) {
    (void)o;
}

int scan_run(struct scan_options *o, struct sweep *sweep) {
    (void)o;
    return connect_run(sweep);
}
