/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match.c - holds a packet that left against the one that the script expects
 *
 * What a script does not state is not compared: the window, the options of a SYN, TTL and TOS.
 * A segment other than a SYN for which no options are stated must have none. The order of TCP
 * options, and padding, are free. Payload is compared always.
 *
 * A flow takes its ports from the first packet that leaves on it (or run.c gives it some when
 * the remote side speaks first), and our initial sequence number from our first SYN; "newisn"
 * in the script allows another one for a new incarnation.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ps_flow *flow_of(struct run *r, enum ps_proto proto, uint16_t local_port,
                        uint16_t remote_port) {
    struct ps_flow *flows = proto == PS_TCP ? r->tcp : r->udp;

    for (int i = 0; i < PS_FLOWS; i++) {
        if (flows[i].bound && flows[i].local_port == local_port &&
            flows[i].remote_port == remote_port) {
            return &flows[i];
        }
    }
    return NULL;
}

/* From absolute to relative numbers. A RST with SEQ 0 answers a segment without ACK (RFC 9293
 * 3.10.7.1) and is relative to nothing. */
void packet_relative(struct run *r, const struct ps_flow *flow, struct ps_packet *pk) {
    if (!(pk->flags & PS_RST) || pk->seq != 0) {
        pk->seq -= flow->local_isn;
    }
    if (pk->flags & PS_ACK) {
        pk->ack -= flow->remote_isn;
    }
    for (unsigned i = 0; i < pk->nopts; i++) {
        struct ps_opt *o = &pk->opts[i];

        for (unsigned k = 0; o->kind == PS_OPT_SACK && k < o->n; k++) {
            o->v[k] -= flow->remote_isn;
        }
        if (o->kind == PS_OPT_TS) {
            o->a -= flow->ts_off;
            o->b -= pk->flags & PS_ACK ? flow->remote_ts_off : 0;
        }
    }
    pk->flow = (int)(pk->proto == PS_TCP ? flow - r->tcp : flow - r->udp);
}

/* Timestamps may be off by as many milliseconds as the tolerance has. */
static bool same_option(const struct run *r, const struct ps_opt *a, const struct ps_opt *b) {
    if (a->kind == PS_OPT_TS && b->kind == PS_OPT_TS) {
        int32_t off = (int32_t)(b->a - a->a);

        return (a->any_a || llabs(off) <= r->opt.tolerance_ns / 1000000) &&
               (a->any_b || a->b == b->b);
    }
    if (a->kind == PS_OPT_FO && b->kind == PS_OPT_FO && a->any_a) {
        return b->n > 0;
    }
    return a->kind == b->kind && a->a == b->a && a->b == b->b && a->n == b->n &&
           memcmp(a->v, b->v, sizeof(a->v)) == 0 && memcmp(a->raw, b->raw, sizeof(a->raw)) == 0;
}

static bool same_options(const struct run *r, const struct ps_packet *want,
                         const struct ps_packet *got) {
    unsigned n = 0;

    if (want->any_opts || (!want->has_opts && (want->flags & PS_SYN))) {
        return true;
    }
    for (unsigned i = 0; i < want->nopts; i++) {
        bool found = false;

        if (want->opts[i].kind == PS_OPT_NOP || want->opts[i].kind == PS_OPT_EOL) {
            continue;
        }
        n++;
        for (unsigned k = 0; k < got->nopts && !found; k++) {
            found = same_option(r, &want->opts[i], &got->opts[k]);
        }
        if (!found) {
            return false;
        }
    }
    return n == got->nopts;
}

/* The first field that differs, or NULL. */
static const char *tcp_difference(const struct run *r, const struct ps_packet *want,
                                  const struct ps_packet *got) {
    if (want->flags != got->flags) {
        return "flags";
    }
    if (want->len != got->len) {
        return "length";
    }
    if (want->seq != got->seq) {
        return "sequence number";
    }
    if ((want->flags & PS_ACK) && want->ack != got->ack) {
        return "acknowledgement number";
    }
    if (want->has_win && want->win != got->win) {
        return "window";
    }
    if (want->has_urg && want->urg != got->urg) {
        return "urgent pointer";
    }
    return same_options(r, want, got) ? NULL : "options";
}

static bool quote_is_ours(const struct run *r, const uint8_t *payload, size_t len) {
    for (unsigned i = 0; i < PS_IN_KEPT; i++) {
        size_t n = len < r->last_in_len[i] ? len : r->last_in_len[i];

        if (n >= 28 && memcmp(payload, r->last_in[i], n) == 0) {
            return true;
        }
    }
    return false;
}

static const char *icmp_difference(const struct run *r, const struct ps_packet *want,
                                   const struct ps_packet *got, const uint8_t *payload) {
    uint8_t type = want->icmp.type_num;
    uint8_t code = want->icmp.code_num;

    if (want->icmp.type >= 0 && !ps_icmp_wire(want->icmp.type, r->v6, &type, &code)) {
        return "IP version: it has no such message";
    }
    if (type != got->icmp.type_num || code != got->icmp.code_num) {
        return "type or code";
    }
    if (ps_icmp_is_error(r->v6, type)) {
        if (want->icmp.mtu && want->icmp.mtu != got->icmp.mtu) {
            return "MTU";
        }
        return quote_is_ours(r, payload, got->len) ? NULL : "quoted packet: it was not sent in";
    }
    if (want->icmp.id != got->icmp.id || want->icmp.seq != got->icmp.seq) {
        return "identifier or sequence number";
    }
    if (want->len != got->len) {
        return "length";
    }
    for (uint32_t i = 0; i < got->len; i++) {
        if (payload[i] != pattern_in(i)) {
            return "payload";
        }
    }
    return NULL;
}

static const char *payload_difference(const struct ps_packet *got, const uint8_t *payload) {
    for (uint32_t i = 0; i < got->len; i++) {
        uint32_t off = got->proto == PS_UDP ? i : got->seq + i - (got->flags & PS_SYN ? 0 : 1);

        if (payload[i] != pattern_out(off)) {
            return "payload";
        }
    }
    return NULL;
}

static const char *ip_difference(bool v6, const struct ps_packet *want,
                                 const struct ps_packet *got) {
    if (want->ip.gso >= 0 && want->ip.gso != got->ip.gso) {
        return "size of the segments to cut";
    }
    if (want->ip.ttl >= 0 && want->ip.ttl != got->ip.ttl) {
        return "TTL";
    }
    if (v6 && want->ip.flow_label >= 0 && want->ip.flow_label != got->ip.flow_label) {
        return "flow label";
    }
    if (v6 && (want->ip.ext_len != got->ip.ext_len ||
               memcmp(want->ip.ext, got->ip.ext, got->ip.ext_len) != 0 ||
               (got->ip.ext_len > 0 && want->ip.ext_first != got->ip.ext_first))) {
        return "extension headers";
    }
    if (want->ip.ecn >= 0 && want->ip.ecn != (got->ip.tos & 3)) {
        return "ECN field";
    }
    return want->ip.tos >= 0 && want->ip.tos != got->ip.tos ? "TOS" : NULL;
}

/* Our timestamps count from the first that leaves, which is what the script calls it, or 100. */
static void learn_clock(const struct ps_packet *want, const struct ps_packet *got,
                        struct ps_flow *flow) {
    for (unsigned i = 0; i < got->nopts && !flow->ts_known; i++) {
        if (got->opts[i].kind == PS_OPT_TS) {
            uint32_t called = 100;

            for (unsigned k = 0; k < want->nopts; k++) {
                if (want->opts[k].kind == PS_OPT_TS && !want->opts[k].any_a) {
                    called = want->opts[k].a;
                }
            }
            flow->ts_known = true;
            flow->ts_off = got->opts[i].a - called;
        }
    }
}

/* Ports and initial number of the flow, learnt or checked. */
static const char *learn(struct run *r, const struct ps_packet *want, struct ps_packet *got,
                         struct ps_flow *flow) {
    if (!flow->bound) {
        if (flow_of(r, got->proto, (uint16_t)got->sport, (uint16_t)got->dport)) {
            return "flow: these ports belong to another one";
        }
        flow->bound = true;
        flow->local_port = (uint16_t)got->sport;
        flow->remote_port = (uint16_t)got->dport;
    }
    if ((want->sport >= 0 ? want->sport : flow->local_port) != got->sport ||
        (want->dport >= 0 ? want->dport : flow->remote_port) != got->dport) {
        return "ports";
    }
    if (got->proto == PS_TCP && (got->flags & PS_SYN) && (!flow->isn_known || want->new_isn)) {
        flow->isn_known = true;
        flow->local_isn = got->seq;
        flow->ts_known = false;
        /* a SYN cookie follows no clock (RFC 4987) */
        if (!r->first_isn_known && strcmp(got->why, "syn-ack-cookie") != 0) {
            r->first_isn_known = true;
            r->first_isn = got->seq;
        }
    }
    learn_clock(want, got, flow);
    return NULL;
}

static const char *difference(struct run *r, const struct ps_packet *want, struct ps_packet *got,
                              const uint8_t *payload, const struct ps_frame *frame) {
    struct ps_flow *flow = got->proto == PS_TCP ? &r->tcp[want->flow] : &r->udp[want->flow];
    const char *diff;

    if (want->proto != got->proto) {
        return "protocol";
    }
    if (want->proto == PS_ICMP) {
        diff = icmp_difference(r, want, got, payload);
    } else {
        diff = learn(r, want, got, flow);
        if (!diff && got->proto == PS_TCP) {
            packet_relative(r, flow, got);
            diff = tcp_difference(r, want, got);
        } else if (!diff && want->len != got->len) {
            diff = "length";
        }
        if (!diff) {
            diff = payload_difference(got, payload);
        }
        flow->last_out_len =
            frame->len < sizeof(flow->last_out) ? frame->len : sizeof(flow->last_out);
        memcpy(flow->last_out, frame->data, flow->last_out_len);
    }
    if (!diff) {
        diff = ip_difference(r->v6, want, got);
    }
    if (!diff && want->why[0] && strcmp(want->why, got->why) != 0) {
        diff = "cause";
    }
    return diff;
}

bool match_packet(struct run *r, const struct ps_packet *want, const struct ps_frame *frame) {
    struct ps_packet got;
    const uint8_t *payload;
    const char *diff;
    char a[400];
    char b[400];

    if (!packet_decode(r, frame, &got, &payload)) {
        return false;
    }
    snprintf(got.why, sizeof(got.why), "%s", inl_cause_name(frame->cause));
    diff = difference(r, want, &got, payload, frame);
    if (!diff) {
        return true;
    }
    packet_text(r, want, a, sizeof(a));
    packet_text(r, &got, b, sizeof(b));
    return run_fail(r,
                    "another packet than expected left: its %s differs\n  expected: %s\n  "
                    "actual:   %s",
                    diff, a, b);
}
