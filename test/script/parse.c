/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.c - from the text of a packet script to its events: times, calls, assertions, settings
 *
 * A recursive-descent reader; depth is bounded by the grammar, which does not nest.
 */
#include "lex.h"

#include <stdlib.h>
#include <string.h>

/* ---- times ---- */

/* Seconds with up to nine decimals, as ns: exact, hence not a double. */
static bool seconds(struct parser *ps, int64_t *ret_ns) {
    int64_t ns = 0;
    int64_t unit = 100000000;
    bool any = false;
    char fb[24];

    while (lex_is_digit(*ps->p)) {
        if (ns > 1000000) {
            return lex_fail(ps, "the time is too long");
        }
        ns = ns * 10 + (*ps->p++ - '0');
        any = true;
    }
    ns *= 1000000000;
    if (ps->p[0] == '.' && lex_is_digit(ps->p[1])) {
        for (ps->p++; lex_is_digit(*ps->p); ps->p++) {
            ns += unit * (*ps->p - '0');
            unit /= 10;
        }
        any = true;
    }
    if (!any) {
        return lex_fail(ps, "expected a time such as 0.1, +.1 or *, found %s", lex_found(ps, fb));
    }
    *ret_ns = ns;
    return true;
}

static bool time_of(struct parser *ps, struct ps_time *t) {
    memset(t, 0, sizeof(*t));
    if (lex_take(ps, '*')) {
        t->kind = PS_TIME_ANY;
        return true;
    }
    t->kind = lex_take(ps, '+') ? PS_TIME_AFTER : PS_TIME_AT;
    if (!seconds(ps, &t->lo_ns)) {
        return false;
    }
    t->hi_ns = t->lo_ns;
    if (lex_take(ps, '~')) {
        if (t->kind == PS_TIME_AFTER) {
            lex_take(ps, '+');
        }
        lex_skip(ps);
        if (!seconds(ps, &t->hi_ns)) {
            return false;
        }
        if (t->hi_ns < t->lo_ns) {
            return lex_fail(ps, "the range of time ends before it begins");
        }
    }
    return true;
}

/* ---- calls ---- */

static bool result(struct parser *ps, struct ps_call *c) {
    if (!lex_expect(ps, '=', "before the expected result")) {
        return false;
    }
    if (lex_take(ps, '?')) {
        c->any_result = true;
    } else if (lex_take(ps, '-')) {
        uint64_t one;
        char name[32];
        int err;

        if (!lex_number(ps, 1, &one, "-1 and the name of an error") ||
            !lex_word(ps, name, sizeof(name), "the name of an error after -1")) {
            return false;
        }
        if (!ps_errno_value(name, &err)) {
            return lex_fail(ps, "unknown error '%s'", name);
        }
        c->result = -err;
    } else if (!parse_int(ps, &c->result)) {
        return false;
    }
    if (lex_take(ps, '(')) { /* text for people */
        while (*ps->p && *ps->p != ')' && *ps->p != '\n') {
            ps->p++;
        }
        return lex_expect(ps, ')', "after the text");
    }
    return true;
}

static bool call(struct parser *ps, struct ps_call *c) {
    if (!lex_word(ps, c->name, sizeof(c->name), "a packet (< or >), a call or %{ assert")) {
        return false;
    }
    if (!lex_expect(ps, '(', "after the name of the call")) {
        return false;
    }
    if (!lex_take(ps, ')')) {
        do {
            if (c->nargs == PS_ARGS) {
                return lex_fail(ps, "too many arguments");
            }
            if (!parse_argument(ps, &c->args[c->nargs])) {
                return false;
            }
            c->nargs++;
        } while (lex_take(ps, ','));
        if (!lex_expect(ps, ')', "after the arguments")) {
            return false;
        }
    }
    return result(ps, c);
}

/* ---- the whole ---- */

static bool assertion(struct parser *ps, char **ret_text) {
    const char *begin = ps->p + 2;
    const char *end = strstr(begin, "}%");
    size_t n;

    if (!end) {
        return lex_fail(ps, "%%{ has no end: expected }%%");
    }
    n = (size_t)(end - begin);
    *ret_text = malloc(n + 1);
    if (!*ret_text) {
        return lex_fail(ps, "out of memory");
    }
    memcpy(*ret_text, begin, n);
    (*ret_text)[n] = '\0';
    for (const char *q = begin; q < end; q++) {
        ps->line += *q == '\n';
    }
    ps->p = end + 2;
    return true;
}

static struct ps_event *event_new(struct parser *ps) {
    struct ps_script *s = ps->out;

    if (s->nevents == ps->events_cap) {
        unsigned cap = ps->events_cap ? ps->events_cap * 2 : 32;
        struct ps_event *e = realloc(s->events, cap * sizeof(*e));

        if (!e) {
            lex_fail(ps, "out of memory");
            return NULL;
        }
        s->events = e;
        ps->events_cap = cap;
    }
    memset(&s->events[s->nevents], 0, sizeof(s->events[0]));
    s->events[s->nevents].line = ps->line;
    return &s->events[s->nevents];
}

static bool event(struct parser *ps) {
    struct ps_event *e;
    struct ps_time end;
    bool blocking = false;

    lex_skip(ps);
    e = event_new(ps);
    if (!e || !time_of(ps, &e->time)) {
        return false;
    }
    lex_skip(ps);
    if (strncmp(ps->p, "...", 3) == 0) {
        ps->p += 3;
        lex_take(ps, '+');
        lex_skip(ps);
        memset(&end, 0, sizeof(end));
        end.kind = e->time.kind;
        if (!seconds(ps, &end.lo_ns)) {
            return false;
        }
        end.hi_ns = end.lo_ns;
        blocking = true;
    }
    switch (lex_peek(ps)) {
    case '<':
    case '>':
        e->kind = PS_PACKET;
        if (blocking) {
            return lex_fail(ps, "a packet has no end time");
        }
        if (*ps->p == '<' && (e->time.kind == PS_TIME_ANY || e->time.lo_ns != e->time.hi_ns)) {
            return lex_fail(ps, "a packet that is sent in needs an exact time");
        }
        if (!parse_packet(ps, &e->u.packet)) {
            return false;
        }
        break;
    case '%':
        e->kind = PS_ASSERT;
        if (ps->p[1] != '{' || !assertion(ps, &e->u.text)) {
            return lex_fail(ps, "expected %%{ assert ... }%%");
        }
        break;
    case '`': /* before the first packet or call: see ps_parse() */
        return lex_fail(ps,
                        "shell commands stand before all events: the stack has its settings then");
    default:
        e->kind = PS_CALL;
        if (e->time.kind == PS_TIME_ANY || e->time.lo_ns != e->time.hi_ns) {
            return lex_fail(ps, "a call needs an exact time");
        }
        if (!call(ps, &e->u.call)) {
            return false;
        }
        e->u.call.blocking = blocking;
        e->u.call.end = end;
        break;
    }
    ps->out->nevents++;
    return true;
}

/* --name=value, up to the end of the line or a space */
static bool setting(struct parser *ps) {
    struct ps_script *s = ps->out;
    struct ps_setting *st = &s->settings[s->nsettings];
    size_t n = 0;

    if (s->nsettings == sizeof(s->settings) / sizeof(s->settings[0])) {
        return lex_fail(ps, "too many settings");
    }
    st->line = ps->line;
    ps->p += 2;
    if (!lex_word(ps, st->name, sizeof(st->name), "the name of a setting") ||
        !lex_expect(ps, '=', "after the name of the setting")) {
        return false;
    }
    while (ps->p[n] && !strchr(" \t\r\n", ps->p[n])) {
        n++;
    }
    if (n == 0 || n >= sizeof(st->value)) {
        return lex_fail(ps, "expected a value for --%s", st->name);
    }
    memcpy(st->value, ps->p, n);
    st->value[n] = '\0';
    ps->p += n;
    s->nsettings++;
    return true;
}

/* Settings, and shell commands with the time 0 or none: they stand before the first event. */
static bool at_head(struct parser *ps) {
    const char *p = ps->p;

    while (*p == '0' || *p == '.' || *p == '+' || *p == ' ' || *p == '\t') {
        p++;
    }
    if (*p == '`') {
        ps->p = p;
    }
    return *ps->p == '`' || (ps->p[0] == '-' && ps->p[1] == '-');
}

int ps_parse(const char *file, const char *text, struct ps_script *ret_script, char *err,
             size_t err_cap) {
    struct parser ps = {.file = file, .p = text, .line = 1, .err = err, .err_cap = err_cap};

    memset(ret_script, 0, sizeof(*ret_script));
    ps.out = ret_script;
    ret_script->file = strdup(file);
    if (!ret_script->file) {
        lex_fail(&ps, "out of memory");
    }
    lex_skip(&ps);
    while (!ps.failed && at_head(&ps)) {
        if (*ps.p == '`') {
            parse_shell(&ps);
        } else {
            setting(&ps);
        }
        lex_skip(&ps);
    }
    while (!ps.failed && *ps.p) {
        event(&ps);
        lex_skip(&ps);
    }
    if (!ps.failed && ret_script->nevents == 0) {
        lex_fail(&ps, "the script has no events");
    }
    return ps.failed ? -1 : 0;
}

void ps_script_free(struct ps_script *script) {
    for (unsigned i = 0; i < script->nevents; i++) {
        if (script->events[i].kind == PS_ASSERT) {
            free(script->events[i].u.text);
        }
    }
    free(script->events);
    free(script->file);
    memset(script, 0, sizeof(*script));
}
