/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.c - what was found: sums, and text for people
 */
#include "tools/scan/report.h"

#include "tools/common/clean.h"
#include "tools/common/out.h"
#include "tools/common/ports.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_MAX 25 /* of a state other than open; above it, the sum only */

void report_tally(const struct report *r, uint32_t target, struct tally *ret) {
    const struct job *job = r->job;
    const uint8_t *answers = job->answers + (uint64_t)target * job->slots_n;

    memset(ret, 0, sizeof(*ret));
    for (uint32_t i = 0; i < job->slots_n; i++) {
        enum scan_state state = scan_state_of(job->slots[i].kind, answers[i]);

        ret->of[state][answers[i]]++;
        ret->states[state]++;
    }
}

bool report_hides(const struct report *r, const struct tally *tally, enum scan_state state) {
    return !r->all && state != SCAN_OPEN && tally->states[state] > SHOWN_MAX;
}

static int compare(const void *key, const void *element) {
    uint64_t a = *(const uint64_t *)key, b = ((const struct version *)element)->probe;

    return a < b ? -1 : a > b;
}

const struct version *report_version(const struct report *r, uint64_t probe) {
    return r->versions_n == 0
               ? NULL
               : bsearch(&probe, r->versions, r->versions_n, sizeof(*r->versions), compare);
}

const char *report_service(const struct report *r, const struct slot *slot) {
    return r->numeric ? NULL
                      : ports_name(slot->port, slot->kind == SCAN_UDP ? PORTS_UDP : PORTS_TCP);
}

uint32_t report_up(const struct report *r) {
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->job->targets_n; i++) {
        n += r->job->targets[i].up != 0;
    }
    return n;
}

/* ---- for people ---- */

static enum out_colour colour_of(enum scan_state state) {
    return state == SCAN_OPEN ? OUT_GOOD : state == SCAN_CLOSED ? OUT_BAD : OUT_WARN;
}

static void print_port(const struct report *r, bool colour, uint64_t probe) {
    const struct slot *slot = &r->job->slots[probe % r->job->slots_n];
    enum scan_state state = scan_state_of(slot->kind, r->job->answers[probe]);
    const char *service = report_service(r, slot);
    const struct version *v = report_version(r, probe);
    char port[16], name[64], said[4 * REPORT_BANNER_MAX + 1] = "";

    snprintf(port, sizeof(port), "%u/%s", slot->port, scan_transport(slot->kind));
    clean_text(v != NULL && v->service[0] != '\0' ? v->service
               : service != NULL                  ? service
                                                  : "-",
               name, sizeof(name));
    if (v != NULL) {
        clean_text(v->product[0] != '\0' ? v->product : v->banner, said, sizeof(said));
    }
    printf("%-10s %s%-13s%s %-16s %s%s%s\n", port, out_sgr(colour, colour_of(state)),
           scan_state_name(state), out_sgr(colour, OUT_PLAIN), name,
           scan_reason_name(r->job->answers[probe]), said[0] != '\0' ? "  " : "", said);
}

static void print_hidden(const struct report *r, const struct tally *t) {
    bool any = false;

    for (unsigned s = 0; s < SCAN_STATES; s++) {
        for (unsigned reason = 0; report_hides(r, t, s) && reason < SCAN_REASONS; reason++) {
            if (t->of[s][reason] > 0) {
                printf("%s%u %s (%s)", any ? ", " : "not shown: ", t->of[s][reason],
                       scan_state_name(s), scan_reason_name(reason));
                any = true;
            }
        }
    }
    if (any) {
        putchar('\n');
    }
}

static void print_ports(const struct report *r, bool colour, uint32_t target) {
    const struct job *job = r->job;
    struct tally t;
    bool header = false;

    report_tally(r, target, &t);
    print_hidden(r, &t);
    for (uint32_t i = 0; i < job->slots_n; i++) {
        uint64_t probe = (uint64_t)target * job->slots_n + i;

        if (report_hides(r, &t, scan_state_of(job->slots[i].kind, job->answers[probe]))) {
            continue;
        }
        if (!header) {
            printf("%-10s %-13s %-16s %s\n", "PORT", "STATE", "SERVICE", "REASON");
            header = true;
        }
        print_port(r, colour, probe);
    }
}

void report_text(const struct report *r) {
    bool colour = out_wants_colour(STDOUT_FILENO);
    const struct job *job = r->job;

    for (uint32_t i = 0; i < job->targets_n; i++) {
        const struct target *t = &job->targets[i];
        char text[INL_ADDR_TEXT_MAX] = "?", name[256] = "";

        if (t->up == 0) {
            continue;
        }
        inl_addr_format(&t->addr, text, sizeof(text));
        if (t->name != NULL) {
            clean_text(t->name, name, sizeof(name));
        }
        printf("%s%s%s%s%s%s: up (%s)\n", out_sgr(colour, OUT_NAME), text,
               name[0] != '\0' ? " (" : "", name, name[0] != '\0' ? ")" : "",
               out_sgr(colour, OUT_PLAIN), scan_reason_name(t->up));
        if (!r->only_hosts) {
            print_ports(r, colour, i);
            putchar('\n');
        }
    }
    printf("%u of %u hosts up, %.2f s%s\n", report_up(r), r->hosts, r->ended - r->began,
           r->stopped ? "; stopped before the end" : "");
}
