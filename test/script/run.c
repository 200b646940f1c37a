/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - runs one script in one variant, in virtual time
 *
 * The loop takes the script's events in order. Before each it lets time pass: the engine is
 * advanced from deadline to deadline, and after every input of any kind all that wants to leave
 * is pulled and stamped with the time, and inl_check() looks at every invariant. A packet that left
 * must be asked for by the script before time passes it: otherwise it is unexpected. An expected
 * packet must leave exactly at its time, give or take the tolerance (0 unless set).
 *
 * A blocking call is repeated after each step until it succeeds, which must be at its end time;
 * other calls may not come before that.
 *
 * When the script is over nothing may be left that it did not ask for, and freeing the stack
 * must give back every byte.
 */
#include "run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- failures and the trace ---- */

static void report_add(struct run *r, const char *fmt, va_list ap) {
    int n = vsnprintf(r->report + r->report_len, r->report_cap - r->report_len, fmt, ap);

    if (n > 0) {
        r->report_len += (size_t)n;
        if (r->report_len >= r->report_cap) {
            r->report_len = r->report_cap - 1;
        }
    }
}

void run_note(struct run *r, const char *fmt, ...) {
    va_list ap;

    va_start(ap, fmt);
    report_add(r, fmt, ap);
    va_end(ap);
}

/* Only the first failure of a run is told. */
bool run_fail(struct run *r, const char *fmt, ...) {
    va_list ap;

    if (r->failed || r->quiet) {
        return false;
    }
    r->failed = true;
    run_note(r, "%s:%d: at %.6f s: ", r->script->file, r->event ? r->event->line : 0,
             (double)inl_time_sub(r->now, r->start) / 1e9);
    va_start(ap, fmt);
    report_add(r, fmt, ap);
    va_end(ap);
    run_note(r, "\n");
    return false;
}

static void trace_line(struct run *r, inl_time when, const char *text) {
    char line[480];
    size_t n;

    snprintf(line, sizeof(line), "    %.6f %s\n", (double)inl_time_sub(when, r->start) / 1e9, text);
    n = strlen(line);
    if (r->opt.verbose) {
        fputs(line + 4, stdout);
    }
    while (r->trace_len + n >= sizeof(r->trace)) {
        char *nl = memchr(r->trace, '\n', r->trace_len);
        size_t gone = nl ? (size_t)(nl - r->trace) + 1 : r->trace_len;

        memmove(r->trace, r->trace + gone, r->trace_len - gone);
        r->trace_len -= gone;
    }
    memcpy(r->trace + r->trace_len, line, n);
    r->trace_len += n;
}

/* Text of a frame that left, relative as far as its flow is known. */
static void frame_text(struct run *r, const struct ps_frame *f, char *buf, size_t cap) {
    struct ps_packet pk;
    const uint8_t *payload;
    struct ps_flow *flow;

    r->quiet = true;
    if (!packet_decode(r, f, &pk, &payload)) {
        snprintf(buf, cap, "> (malformed, %zu bytes)", f->len);
    } else {
        flow = flow_of(r, pk.proto, (uint16_t)pk.sport, (uint16_t)pk.dport);
        if (flow && pk.proto == PS_TCP) {
            struct ps_flow copy = *flow;

            if (!flow->isn_known && (pk.flags & PS_SYN)) {
                flow->local_isn = pk.seq;
            }
            packet_relative(r, flow, &pk);
            *flow = copy;
        }
        snprintf(pk.why, sizeof(pk.why), "%s", inl_cause_name(f->cause));
        packet_text(r, &pk, buf, cap);
    }
    r->quiet = false;
}

/* ---- the engine ---- */

/* A frame that left, as the script is to see it. */
static bool note_out(struct run *r, const struct ps_frame *f) {
    struct ps_frame *copy;
    char text[400];

    if (r->out_n == PS_OUT_MAX) {
        return run_fail(r, "more than %d packets left at once", PS_OUT_MAX);
    }
    copy = malloc(sizeof(*copy));
    if (!copy) {
        return run_fail(r, "out of memory");
    }
    memcpy(copy->data, f->data, f->len);
    copy->len = f->len;
    copy->when = r->now;
    copy->cause = f->cause;
    copy->offload = f->offload;
    r->out[r->out_n++] = copy;
    frame_text(r, copy, text, sizeof(text));
    trace_line(r, r->now, text);
    return true;
}

/*
 * Cuts what the link was handed into what its wire carries. A script that wants to see the whole
 * gets that, with its checksum completed. All pieces but the last left for the same cause.
 */
static bool note_cut(struct run *r, const struct inl_tx_frame *tx) {
    static struct ps_frame f;
    struct inl_offload whole = tx->offload;
    size_t pos = 0;
    int n;

    f.offload = r->opt.gso == PS_GSO_WHOLE ? tx->offload : (struct inl_offload){0};
    while ((n = inl_gso_cut(INL_LINK_IP, tx->data, tx->len_bytes, &tx->offload, &pos, f.data,
                            sizeof(f.data))) > 0) {
        f.len = (size_t)n;
        f.cause = pos == SIZE_MAX ? tx->cause : INL_CAUSE_TCP_DATA;
        if (f.len > r->opt.mtu) {
            return run_fail(r, "a packet of %zu bytes left, the MTU is %u", f.len, r->opt.mtu);
        }
        if (r->opt.gso != PS_GSO_WHOLE && !note_out(r, &f)) {
            return false;
        }
    }
    if (n < 0) {
        return run_fail(r, "inl_gso_cut() gave %s", ps_errno_name(-n));
    }
    if (r->opt.gso != PS_GSO_WHOLE) {
        return true;
    }
    whole.gso_size_bytes = 0;
    pos = 0;
    n = inl_gso_cut(INL_LINK_IP, tx->data, tx->len_bytes, &whole, &pos, f.data, sizeof(f.data));
    f.len = n > 0 ? (size_t)n : 0;
    f.cause = tx->cause;
    return note_out(r, &f);
}

/* For assertions, and for edges of epoll. */
static void count_event(struct run *r, const struct inl_event *ev) {
    for (unsigned bit = 0; bit < sizeof(r->events) / sizeof(r->events[0]); bit++) {
        r->events[bit] += ev->events >> bit & 1;
    }
    for (int i = 0; i < PS_FDS; i++) {
        struct ps_fd *fd = &r->fds[i];

        if (fd->used && fd->kind == PS_FD_SOCKET && fd->sock == ev->sock) {
            fd->events_in += (ev->events & ~(uint32_t)(INL_EV_WRITABLE | INL_EV_CONNECTED)) != 0;
            fd->events_out += (ev->events & ~(uint32_t)(INL_EV_READABLE | INL_EV_ACCEPT)) != 0;
        }
    }
}

static bool pull(struct run *r) {
    static uint8_t buf[65536 + INL_FRAME_OVERHEAD];
    struct inl_event ev;
    const char *problem;

    for (;;) {
        struct inl_tx_frame f = {.data = buf, .cap_bytes = sizeof(buf)};
        int n = inl_tx(r->stack, r->link, &f, 1, r->now);

        if (n < 0) {
            return run_fail(r, "inl_tx() gave %s", ps_errno_name(-n));
        }
        if (n == 0) {
            break;
        }
        if (r->opt.gso == PS_GSO_OFF && f.offload.flags) {
            return run_fail(r, "the link was handed what it cannot complete");
        }
        if (!note_cut(r, &f)) {
            return false;
        }
    }
    if (inl_tx_pending(r->stack, r->link)) {
        return run_fail(r, "inl_tx_pending() is true after inl_tx() gave nothing");
    }
    while (inl_next_event(r->stack, &ev)) {
        count_event(r, &ev);
    }
    problem = inl_check(r->stack);
    if (problem) {
        return run_fail(r, "inl_check() found: %s", problem);
    }
    return !r->failed;
}

static bool call_result(struct run *r, const struct ps_call *c, int64_t got) {
    char text[160];
    char a[40];
    char b[40];

    if (r->failed) {
        return false;
    }
    snprintf(text, sizeof(text), "%s() = %lld %s", c->name, (long long)(got < 0 ? -1 : got),
             got < 0 ? ps_errno_name((int)-got) : "");
    trace_line(r, r->now, text);
    if (c->any_result || got == c->result) {
        return true;
    }
    snprintf(a, sizeof(a), "%lld %s", (long long)(c->result < 0 ? -1 : c->result),
             c->result < 0 ? ps_errno_name((int)-c->result) : "");
    snprintf(b, sizeof(b), "%lld %s", (long long)(got < 0 ? -1 : got),
             got < 0 ? ps_errno_name((int)-got) : "");
    return run_fail(r, "%s() gave another result\n  expected: %s\n  actual:   %s", c->name, a, b);
}

/* Tries the blocking call again. */
static bool pending_try(struct run *r) {
    const struct ps_event *e = r->pending;
    bool again;
    int64_t got;

    if (!e || r->failed) {
        return !r->failed;
    }
    got = call_do(r, &e->u.call, &again);
    if (r->failed || !pull(r)) {
        return false;
    }
    if (again) {
        return true;
    }
    r->pending = NULL;
    r->event = e;
    if (!call_result(r, &e->u.call, got)) {
        return false;
    }
    if (llabs(inl_time_sub(r->now, r->pending_end)) > r->opt.tolerance_ns) {
        return run_fail(r, "%s() returned at another time than %.6f s", e->u.call.name,
                        (double)inl_time_sub(r->pending_end, r->start) / 1e9);
    }
    return true;
}

static bool step(struct run *r) {
    inl_advance(r->stack, r->now);
    return pull(r) && pending_try(r);
}

/* Lets time pass up to and including @until; ends early when a packet has left and @watch. */
static bool run_until(struct run *r, inl_time until, bool watch) {
    unsigned spins = 0;

    while (!(watch && r->out_n)) {
        inl_time due = inl_next_deadline(r->stack);

        if (inl_time_before(until, due)) {
            break;
        }
        if (inl_time_before(r->now, due)) {
            r->now = due;
            spins = 0;
        } else if (++spins > 1000) {
            return run_fail(r, "the engine's deadline stays at or before now");
        }
        if (!step(r)) {
            return false;
        }
    }
    if (watch && r->out_n) {
        return true;
    }
    if (inl_time_before(r->now, until)) {
        r->now = until;
    }
    return step(r);
}

/* ---- events ---- */

static bool unexpected(struct run *r, const struct ps_frame *f) {
    char text[400];

    frame_text(r, f, text, sizeof(text));
    return run_fail(r, "a packet left at %.6f s that the script does not expect\n  actual:   %s",
                    (double)inl_time_sub(f->when, r->start) / 1e9, text);
}

static void shift_out(struct run *r) {
    free(r->out[0]);
    r->out_n--;
    memmove(r->out, r->out + 1, r->out_n * sizeof(r->out[0]));
}

/* Time passes up to an event that is not an outgoing packet. */
static bool reach(struct run *r, inl_time t) {
    if (inl_time_before(t, r->now)) {
        return run_fail(r, "this event lies %.6f s in the past",
                        (double)inl_time_sub(r->now, t) / 1e9);
    }
    if (!run_until(r, t, false)) {
        return false;
    }
    if (r->out_n && inl_time_sub(t, r->out[0]->when) > r->opt.tolerance_ns) {
        return unexpected(r, r->out[0]);
    }
    if (r->pending && inl_time_sub(t, r->pending_end) > r->opt.tolerance_ns) {
        return run_fail(r, "%s() of line %d has not returned", r->pending->u.call.name,
                        r->pending->line);
    }
    return true;
}

/* A flow on which the remote side speaks first gets its ports here. */
static void flow_bind(struct run *r, const struct ps_packet *pk) {
    struct ps_flow *f = pk->proto == PS_UDP ? &r->udp[pk->flow] : &r->tcp[pk->flow];

    if (pk->proto != PS_ICMP && !f->bound) {
        f->bound = true;
        f->local_port = (uint16_t)r->opt.bind_port;
        f->remote_port = (uint16_t)(40000 + pk->flow);
    }
}

static bool packet_in(struct run *r, const struct ps_packet *pk) {
    struct inl_rx_frame frames[8];
    struct ps_frame *f;
    char text[400];
    size_t keep;

    if (r->burst_n == 8) {
        return run_fail(r, "more than 8 packets in a burst");
    }
    flow_bind(r, pk);
    f = &r->burst[r->burst_n];
    if (!packet_build(r, pk, f)) {
        return false;
    }
    f->offload = (struct inl_offload){0};
    if (pk->ip.gso > 0 || pk->ip.csum_partial) {
        f->offload.flags = pk->ip.csum_partial ? INL_OFFLOAD_CSUM_PARTIAL : INL_OFFLOAD_CSUM_OK;
        f->offload.gso_size_bytes = pk->ip.gso > 0 ? (uint16_t)pk->ip.gso : 0;
    }
    packet_text(r, pk, text, sizeof(text));
    trace_line(r, r->now, text);
    keep = f->len < sizeof(r->last_in[0]) ? f->len : sizeof(r->last_in[0]);
    memcpy(r->last_in[r->last_in_next], f->data, keep);
    r->last_in_len[r->last_in_next] = keep;
    r->last_in_next = (r->last_in_next + 1) % PS_IN_KEPT;
    r->burst_n++;
    if (pk->burst) {
        return true;
    }
    for (unsigned i = 0; i < r->burst_n; i++) {
        frames[i] = (struct inl_rx_frame){
            .data = r->burst[i].data,
            .len_bytes = r->burst[i].len,
            .offload = r->burst[i].offload,
        };
    }
    inl_rx(r->stack, r->link, frames, r->burst_n, r->now);
    r->burst_n = 0;
    return pull(r) && pending_try(r);
}

static bool packet_out(struct run *r, const struct ps_event *e, inl_time lo, inl_time hi) {
    bool ok;

    if (!run_until(r, inl_time_add(hi, r->opt.tolerance_ns), true)) {
        return false;
    }
    if (r->out_n == 0) {
        char text[400];

        packet_text(r, &e->u.packet, text, sizeof(text));
        return run_fail(r, "no packet left\n  expected: %s", text);
    }
    if (e->time.kind != PS_TIME_ANY && (inl_time_sub(lo, r->out[0]->when) > r->opt.tolerance_ns ||
                                        inl_time_sub(r->out[0]->when, hi) > r->opt.tolerance_ns)) {
        char a[400];
        char b[400];

        packet_text(r, &e->u.packet, a, sizeof(a));
        frame_text(r, r->out[0], b, sizeof(b));
        return run_fail(r,
                        "a packet left at another time\n  expected: %.6f %s\n  actual:   %.6f %s",
                        (double)inl_time_sub(lo, r->start) / 1e9, a,
                        (double)inl_time_sub(r->out[0]->when, r->start) / 1e9, b);
    }
    r->event_time = e->time.kind != PS_TIME_ANY && lo.ns == hi.ns ? lo : r->out[0]->when;
    ok = match_packet(r, &e->u.packet, r->out[0]);
    shift_out(r);
    return ok;
}

static bool make_call(struct run *r, const struct ps_event *e, inl_time base) {
    const struct ps_call *c = &e->u.call;
    bool again;
    int64_t got;

    if (r->pending) {
        return run_fail(r, "%s() of line %d has not returned yet", r->pending->u.call.name,
                        r->pending->line);
    }
    if (c->blocking) {
        r->pending = e;
        r->pending_done = 0;
        r->pending_end = inl_time_add(c->end.kind == PS_TIME_AFTER ? base : r->start, c->end.lo_ns);
        return pending_try(r);
    }
    got = call_do(r, c, &again);
    if (r->failed) {
        return false;
    }
    return call_result(r, c, got) && pull(r);
}

static bool run_event(struct run *r, const struct ps_event *e) {
    inl_time base = e->time.kind == PS_TIME_AFTER ? r->event_time : r->start;
    inl_time before = r->event_time;
    inl_time lo = inl_time_add(base, e->time.lo_ns);
    inl_time hi = inl_time_add(base, e->time.hi_ns);

    r->event = e;
    if (e->time.kind == PS_TIME_ANY) {
        lo = r->now;
        hi = inl_time_add(r->now, 24 * 3600 * INL_S);
    }
    if (e->kind == PS_PACKET && !e->u.packet.in) {
        return packet_out(r, e, lo, hi);
    }
    if (!reach(r, lo)) {
        return false;
    }
    r->event_time = lo;
    switch (e->kind) {
    case PS_PACKET:
        return packet_in(r, &e->u.packet);
    case PS_CALL:
        return make_call(r, e, before);
    case PS_ASSERT:
        return assert_check(r, e->u.text);
    }
    return false;
}

static bool finish(struct run *r) {
    if (r->pending && !run_until(r, r->pending_end, false)) {
        return false;
    }
    if (r->pending) {
        return run_fail(r, "%s() of line %d has not returned", r->pending->u.call.name,
                        r->pending->line);
    }
    return r->out_n == 0 || unexpected(r, r->out[0]);
}

int ps_run(const struct ps_script *script, const struct ps_variant *var,
           const struct ps_options *opt, char *report, size_t report_cap, uint32_t *ret_first_isn) {
    struct run *r = calloc(1, sizeof(*r));
    bool ok;
    int rc;

    if (!r) {
        return -ENOMEM;
    }
    r->script = script;
    r->var = *var;
    r->opt = *opt;
    r->v6 = var->ip == PS_IPV6;
    r->last_conn_fd = -1;
    r->report = report;
    r->report_cap = report_cap;
    report[0] = '\0';
    ok = setup_stack(r) && step(r);
    for (unsigned i = 0; ok && i < script->nevents; i++) {
        ok = run_event(r, &script->events[i]);
    }
    ok = ok && finish(r);
    inl_stack_free(r->stack);
    if (ok && r->alloc_bytes != 0) {
        ok = run_fail(r, "%zu bytes were not freed with the stack", r->alloc_bytes);
    }
    if (!ok) {
        run_note(r, "  the packets and calls so far:\n%.*s", (int)r->trace_len, r->trace);
    }
    if (ret_first_isn && r->first_isn_known) {
        *ret_first_isn = r->first_isn;
    }
    while (r->out_n) {
        shift_out(r);
    }
    rc = ok ? (r->first_isn_known ? 1 : 0) : -1;
    free(r);
    return rc;
}
