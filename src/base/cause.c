/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cause.c - names and texts of causes and drops
 *
 * The tables are in <inlet/cause.h>; this file turns them into arrays once.
 */
#include <inlet/cause.h>
#include <inlet/trace.h>

#include <stddef.h>

struct label {
    const char *name;
    const char *text;
};

#define INL_X(sym, name, text) {name, text},
static const struct label causes[] = {INL_CAUSE_TABLE(INL_X)};
static const struct label drops[] = {INL_DROP_TABLE(INL_X)};
#undef INL_X

static const struct label tcp_events[] = {
#define INL_X(sym, name, text) [INL_TCP_EVENT_##sym] = {name, text},
    INL_TCP_EVENT_TABLE(INL_X)
#undef INL_X
};

static const struct label unknown = {"?", "?"};

static const struct label *cause_label(enum inl_cause cause) {
    return (size_t)cause < INL_CAUSE_MAX ? &causes[cause] : &unknown;
}

static const struct label *drop_label(enum inl_drop drop) {
    return (size_t)drop < INL_DROP_MAX ? &drops[drop] : &unknown;
}

const char *inl_cause_name(enum inl_cause cause) {
    return cause_label(cause)->name;
}

const char *inl_cause_text(enum inl_cause cause) {
    return cause_label(cause)->text;
}

const char *inl_drop_name(enum inl_drop drop) {
    return drop_label(drop)->name;
}

const char *inl_drop_text(enum inl_drop drop) {
    return drop_label(drop)->text;
}

static const struct label *tcp_event_label(enum inl_tcp_event event) {
    return (size_t)event < INL_TCP_EVENT_MAX ? &tcp_events[event] : &unknown;
}

const char *inl_tcp_event_name(enum inl_tcp_event event) {
    return tcp_event_label(event)->name;
}

const char *inl_tcp_event_text(enum inl_tcp_event event) {
    return tcp_event_label(event)->text;
}
