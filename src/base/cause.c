/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cause.c - names and texts of causes and drops
 *
 * The tables are in <inlet/cause.h>; this file turns them into arrays once.
 */
#include <inlet/cause.h>

#include <stddef.h>

struct label {
    const char *name;
    const char *text;
};

#define INL_X(sym, name, text) {name, text},
static const struct label causes[] = {INL_CAUSE_TABLE(INL_X)};
static const struct label drops[] = {INL_DROP_TABLE(INL_X)};
#undef INL_X

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
