/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_json.c - what was found, a JSON object a line (docs/schema/scan.json)
 */
#include "tools/scan/report.h"

#include "tools/common/clean.h"
#include "tools/common/out.h"

static const char *host_of(const struct target *t, char text[INL_ADDR_TEXT_MAX]) {
    text[0] = '\0';
    inl_addr_format(&t->addr, text, INL_ADDR_TEXT_MAX);
    return text;
}

static void print_host(const struct target *t) {
    char text[INL_ADDR_TEXT_MAX];
    json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "type", "host", "host", host_of(t, text), "state",
                          "up", "reason", scan_reason_name(t->up));

    if (o != NULL && t->name != NULL) {
        json_object_set_new(o, "name", out_json_text(t->name));
    }
    out_json(o);
}

static void add_icmp(json_t *o, enum scan_reason reason, bool six) {
    int type, code;

    if (o != NULL && scan_reason_icmp(reason, six, &type, &code)) {
        json_object_set_new(o, "icmp_type", json_integer(type));
        json_object_set_new(o, "icmp_code", json_integer(code));
    }
}

static void print_port(const struct report *r, uint32_t target, uint32_t i) {
    const struct target *t = &r->job->targets[target];
    const struct slot *slot = &r->job->slots[i];
    uint64_t probe = (uint64_t)target * r->job->slots_n + i;
    enum scan_reason reason = r->job->answers[probe];
    const struct version *v = report_version(r, probe);
    const char *service = report_service(r, slot);
    char text[INL_ADDR_TEXT_MAX];
    json_t *o = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "type", "port", "host",
                          host_of(t, text), "transport", scan_transport(slot->kind), "port",
                          (int)slot->port, "probe", scan_kind_name(slot->kind), "state",
                          scan_state_name(scan_state_of(slot->kind, reason)), "reason",
                          scan_reason_name(reason));

    add_icmp(o, reason, !inl_addr_is4(&t->addr));
    if (o != NULL && service != NULL) {
        json_object_set_new(o, "service", out_json_text(service));
    }
    if (o != NULL && v != NULL) {
        if (v->service[0] != '\0') {
            json_object_set_new(o, "service", out_json_text(v->service));
        }
        json_object_set_new(o, "product", out_json_text(v->product));
        json_object_set_new(o, "banner", out_json_text(v->banner));
    }
    out_json(o);
}

static void print_ports(const struct report *r, uint32_t target) {
    struct tally t;
    char text[INL_ADDR_TEXT_MAX];

    report_tally(r, target, &t);
    for (uint32_t i = 0; i < r->job->slots_n; i++) {
        uint64_t probe = (uint64_t)target * r->job->slots_n + i;

        if (!report_hides(r, &t, scan_state_of(r->job->slots[i].kind, r->job->answers[probe]))) {
            print_port(r, target, i);
        }
    }
    for (unsigned s = 0; s < SCAN_STATES; s++) {
        for (unsigned reason = 0; report_hides(r, &t, s) && reason < SCAN_REASONS; reason++) {
            if (t.of[s][reason] > 0) {
                out_json(json_pack("{s:s, s:s, s:s, s:s, s:I}", "type", "others", "host",
                                   host_of(&r->job->targets[target], text), "state",
                                   scan_state_name(s), "reason", scan_reason_name(reason), "ports",
                                   (json_int_t)t.of[s][reason]));
            }
        }
    }
}

void report_json(const struct report *r) {
    for (uint32_t i = 0; i < r->job->targets_n; i++) {
        const struct target *t = &r->job->targets[i];

        if (t->up == 0) {
            continue;
        }
        print_host(t);
        if (!r->only_hosts) {
            print_ports(r, i);
        }
    }
    out_json(json_pack("{s:s, s:f, s:f, s:I, s:I, s:I, s:b}", "type", "summary", "began", r->began,
                       "took_s", r->ended - r->began, "hosts", (json_int_t)r->hosts, "hosts_up",
                       (json_int_t)report_up(r), "probes", (json_int_t)r->sent, "stopped",
                       (int)r->stopped));
}
