/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * discover.c - which of the targets are there
 *
 * A host is there if it says anything at all: a RST is as good as an answer. By connect() two ports
 * are tried that filters often leave open, 80 and 443.
 */
#include "tools/scan/scan.h"

#include "tools/common/tool.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_MAX 8

static uint32_t choose(const struct scan_options *o, struct slot slots[SLOTS_MAX]) {
    uint32_t n = 0;

    (void)o;
    slots[n++] = (struct slot){80, SCAN_CONNECT};
    slots[n++] = (struct slot){443, SCAN_CONNECT};
    return n;
}

/* Errors tell that somebody is there, but not who. A port that is unreachable is told by its host. */
static bool is_host(enum scan_reason reason) {
    return reason != SCAN_NO_RESPONSE && reason <= SCAN_PORT_UNREACH;
}

static void note_up(const struct job *job) {
    for (uint32_t i = 0; i < job->targets_n; i++) {
        for (uint32_t k = 0; k < job->slots_n && job->targets[i].up == 0; k++) {
            enum scan_reason reason = job->answers[(uint64_t)i * job->slots_n + k];

            job->targets[i].up = (uint8_t)(is_host(reason) ? reason : 0);
        }
    }
}

static void keep_up(struct targets *targets) {
    uint32_t n = 0;

    for (uint32_t i = 0; i < targets->n; i++) {
        if (targets->list[i].up != 0) {
            targets->list[n++] = targets->list[i];
        } else if (targets->n == 1) {
            tool_say("no answer from this host; -Pn scans it all the same");
        }
    }
    targets->n = n;
}

static void all_up(struct targets *targets) {
    for (uint32_t i = 0; i < targets->n; i++) {
        targets->list[i].up = SCAN_USER_SET;
    }
}

int discover(struct scan_options *o, struct targets *targets, uint64_t seed, uint64_t *sent) {
    struct slot slots[SLOTS_MAX];
    struct sweep sweep;
    struct job job;

    if (o->discovery != NULL && o->discovery[0] == 'n') {
        all_up(targets);
        return 0;
    }
    int err = job_init(&job, targets->list, targets->n, slots, choose(o, slots));

    if (err < 0) {
        tool_say("%s", err == -E2BIG ? "too many hosts: scan in parts" : "memory is short");
        return err;
    }
    sweep_init(&sweep, &job, &o->timing, ~seed);
    sweep.timing.retries = sweep.timing.retries > 2 ? 2 : sweep.timing.retries;
    sweep.what = "hosts";
    err = scan_run(o, &sweep);
    *sent += sweep.sent;
    note_up(&job);
    job_done(&job);
    keep_up(targets);
    return err;
}
