/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * discover.c - which of the targets are there
 *
 * A host is there if it says anything at all: a RST is as good as an answer. By connect() two ports
 * are tried that filters often leave open, 80 and 443. By packets: on the link ARP and ND, which no
 * host can leave unanswered; elsewhere ICMP echo and timestamp requests, a SYN to 443, an ACK to 80.
 */
#include "tools/scan/scan.h"

#include "tools/common/stop.h"
#include "tools/common/tool.h"
#include "tools/scan/route.h"

#include <errno.h>
#include <string.h>

#define SLOTS_MAX 8

static bool has(const char *letters, char letter) {
    return strchr(letters, letter) != NULL;
}

/* The last slot is UDP's, if there is one (sweep.c). */
static uint32_t choose(const struct scan_options *o, struct slot slots[SLOTS_MAX]) {
    const char *letters = o->discovery != NULL ? o->discovery : "EPSAR";
    uint32_t n = 0;

    if (o->raw == NULL) {
        slots[n++] = (struct slot){80, SCAN_CONNECT};
        slots[n++] = (struct slot){443, SCAN_CONNECT};
        return n;
    }
    if (has(letters, 'R')) {
        slots[n++] = (struct slot){0, SCAN_NEIGHBOUR};
    }
    if (has(letters, 'E')) {
        slots[n++] = (struct slot){0, SCAN_ECHO};
    }
    if (has(letters, 'P')) {
        slots[n++] = (struct slot){0, SCAN_TIMESTAMP};
    }
    if (has(letters, 'S')) {
        slots[n++] = (struct slot){443, SCAN_SYN};
    }
    if (has(letters, 'A')) {
        slots[n++] = (struct slot){80, SCAN_ACK};
    }
    if (has(letters, 'U')) {
        slots[n++] =
            (struct slot){40125, SCAN_UDP}; /* registered for nobody: closed where it can be */
    }
    return n;
}

/* What need not be asked: a machine's own addresses; ARP and ND beyond a router, the others on the
 * link (nobody can be there without answering ARP or ND), unless the user chose them. */
static void leave_out(const struct scan_options *o, struct job *job) {
    for (uint32_t i = 0; i < job->targets_n; i++) {
        struct target *t = &job->targets[i];
        uint8_t mac[6];
        bool neighbour = t->on_link && !t->is_local && route_mac(t->link, mac);

        if (t->is_local) {
            t->up = SCAN_LOCALHOST;
        }
        for (uint32_t k = 0; k < job->slots_n; k++) {
            bool by_link = job->slots[k].kind == SCAN_NEIGHBOUR;
            bool six_stamp = job->slots[k].kind == SCAN_TIMESTAMP && !inl_addr_is4(&t->addr);

            if (t->up != 0 || t->link == 0 || six_stamp || (by_link && !neighbour) ||
                (!by_link && neighbour && o->discovery == NULL)) {
                job_note(job, (uint64_t)i * job->slots_n + k, SCAN_NOT_ASKED);
            }
        }
    }
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
        } else if (targets->n == 1 && !stop_asked()) {
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
    int routes;

    if (o->raw != NULL && (routes = route_ask(targets->list, targets->n)) < 0) {
        tool_say("the kernel does not tell its routes: %s", strerror(-routes));
        return routes;
    }
    if (o->has_source && (routes = scan_take_source(o, targets)) < 0) {
        return routes;
    }
    if (o->discovery != NULL && o->discovery[0] == 'n') {
        all_up(targets);
        return 0;
    }
    int err = job_init(&job, targets->list, targets->n, slots, choose(o, slots));

    if (err < 0) {
        tool_say("%s", err == -E2BIG ? "too many hosts: scan in parts" : "memory is short");
        return err;
    }
    if (o->raw != NULL) {
        leave_out(o, &job);
    }
    sweep_init(&sweep, &job, &o->timing, ~seed);
    sweep.timing.retries = sweep.timing.retries > 2 ? 2 : sweep.timing.retries;
    sweep.what = "hosts";
    err = scan_run(o, &sweep, true);
    *sent += sweep.sent;
    note_up(&job);
    job_done(&job);
    keep_up(targets);
    return err;
}
