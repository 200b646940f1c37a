/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet_text.c - a packet as one line in the language of the scripts, so that it can be pasted
 * back
 */
#include "run.h"

#include <stdarg.h>
#include <stdio.h>

struct out {
    char *p;
    size_t cap, n;
};

static void add(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct out *o, const char *fmt, ...) {
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(o->p + o->n, o->cap - o->n, fmt, ap);
    va_end(ap);
    if (n > 0) {
        o->n = o->n + (size_t)n < o->cap ? o->n + (size_t)n : o->cap - 1;
    }
}

static void add_option(struct out *o, const struct ps_opt *op) {
    static const char *const ecn[] = {"e0b", "ceb", "e1b"};

    switch (op->kind) {
    case PS_OPT_EOL:
        add(o, "eol");
        return;
    case PS_OPT_NOP:
        add(o, "nop");
        return;
    case PS_OPT_MSS:
        add(o, "mss %u", op->a);
        return;
    case PS_OPT_WSCALE:
        add(o, "wscale %u", op->a);
        return;
    case PS_OPT_SACK_OK:
        add(o, "sackOK");
        return;
    case PS_OPT_SACK:
        add(o, "sack");
        for (unsigned i = 0; i + 1 < op->n; i += 2) {
            add(o, " %u:%u", op->v[i], op->v[i + 1]);
        }
        return;
    case PS_OPT_TS:
        add(o, op->any_a ? "TS val *" : "TS val %u", op->a);
        add(o, op->any_b ? " ecr *" : " ecr %u", op->b);
        return;
    case PS_OPT_ACCECN0:
    case PS_OPT_ACCECN1:
        add(o, "ECN");
        for (unsigned i = 0; i < op->n; i++) {
            add(o, " %s %u", ecn[op->kind == PS_OPT_ACCECN0 ? i : 2 - i], op->v[i]);
        }
        return;
    case PS_OPT_FO:
    case PS_OPT_RAW:
        add(o, op->kind == PS_OPT_FO ? "FO " : "raw ");
        for (unsigned i = 0; i < op->n; i++) {
            add(o, "%02x", op->raw[i]);
        }
        return;
    }
}

static void add_tcp(struct out *o, const struct ps_packet *pk) {
    static const char letters[] = "FSRP.UEWA";

    for (unsigned i = 0; i < 9; i++) {
        if (pk->flags >> i & 1) {
            add(o, "%c", letters[i]);
        }
    }
    add(o, "%s %u:%u(%u)", pk->flags ? "" : "-", pk->seq, pk->seq + pk->len, pk->len);
    if (pk->flags & PS_ACK) {
        add(o, " ack %u", pk->ack);
    }
    if (pk->has_win) {
        add(o, " win %u", pk->win);
    }
    if (pk->has_urg) {
        add(o, " urg %u", pk->urg);
    }
    if (pk->any_opts) {
        add(o, " <...>");
    } else if (pk->nopts) {
        for (unsigned i = 0; i < pk->nopts; i++) {
            add(o, i ? "," : " <");
            add_option(o, &pk->opts[i]);
        }
        add(o, ">");
    }
}

void packet_text(const struct run *r, const struct ps_packet *pk, char *buf, size_t cap) {
    static const char *const ecn[] = {"noecn", "ect1", "ect0", "ce"};
    struct out o = {buf, cap, 0};
    uint8_t type = pk->icmp.type_num;
    uint8_t code = pk->icmp.code_num;

    buf[0] = '\0';
    add(&o, "%c ", pk->in ? '<' : '>');
    if (pk->flow) {
        add(&o, "@%d ", pk->flow);
    }
    if (pk->ip.ecn > 0 || (!pk->in && pk->ip.tos > 0)) {
        add(&o, "[%s] ", ecn[(pk->ip.ecn > 0 ? pk->ip.ecn : pk->ip.tos) & 3]);
    }
    if (pk->ip.gso > 0) {
        add(&o, "[gso %d] ", pk->ip.gso);
    }
    switch (pk->proto) {
    case PS_TCP:
        add_tcp(&o, pk);
        break;
    case PS_UDP:
        add(&o, "udp (%u)", pk->len);
        break;
    case PS_ICMP:
        if (pk->icmp.type >= 0) {
            ps_icmp_wire(pk->icmp.type, r->v6, &type, &code);
        }
        add(&o, "icmp %s (type %u code %u)", ps_icmp_name(r->v6, type, code), type, code);
        if (!ps_icmp_is_error(r->v6, type)) {
            add(&o, " id %u seq %u (%u)", pk->icmp.id, pk->icmp.seq, pk->len);
        }
        break;
    }
    if (pk->why[0]) {
        add(&o, " why %s", pk->why);
    }
}
