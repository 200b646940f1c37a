/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_shell.c - shell commands between backquotes, as far as they are settings
 *
 * No command is run. Linux's scripts use them for sysctls; those lines become settings
 * (struct ps_setting, "sysctl", "net.ipv4.tcp_x=1"), which setup.c maps to the configuration:
 *
 *   sysctl -q net.ipv4.tcp_x=1        also -w, and several of them
 *   ./set_sysctls.py /proc/sys/net/ipv4/tcp_x=1
 *   echo 1 > /proc/sys/net/ipv4/tcp_x
 *   ../common/defaults.sh             the profile linux
 *
 * A value of several numbers stands in quotation marks and becomes a list with commas. Everything
 * else is a mistake.
 */
#include "lex.h"

#include <stdio.h>
#include <string.h>

#define WORDS 16
#define LINE 256

static bool keep(struct parser *ps, const char *name, const char *value) {
    struct ps_script *s = ps->out;
    struct ps_setting *st = &s->settings[s->nsettings];

    if (s->nsettings == sizeof(s->settings) / sizeof(s->settings[0])) {
        return lex_fail(ps, "too many settings");
    }
    if (strlen(value) >= sizeof(st->value)) {
        return lex_fail(ps, "the setting is too long: %s", value);
    }
    st->line = ps->line;
    snprintf(st->name, sizeof(st->name), "%s", name);
    snprintf(st->value, sizeof(st->value), "%s", value);
    s->nsettings++;
    return true;
}

/* Of a path below /proc/sys, or a name with dots: "net.ipv4.tcp_x". */
static bool keep_sysctl(struct parser *ps, const char *name, const char *value) {
    static const char proc[] = "/proc/sys/";
    char text[128];

    if (strncmp(name, proc, sizeof(proc) - 1) == 0) {
        name += sizeof(proc) - 1;
    }
    snprintf(text, sizeof(text), "%s%s%s", name, *value ? "=" : "", value);
    for (char *p = text; *p && *p != '='; p++) {
        *p = *p == '/' ? '.' : *p;
    }
    if (strncmp(text, "net.", 4) != 0 || !strchr(text, '=')) {
        return lex_fail(ps, "expected net.ipv4.NAME=VALUE, found '%s'", text);
    }
    return keep(ps, "sysctl", text);
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text);
    size_t m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool command(struct parser *ps, char *words[WORDS], unsigned n) {
    if (n == 1 && ends_with(words[0], "defaults.sh")) {
        return keep(ps, "profile", "linux");
    }
    if (n == 4 && strcmp(words[0], "echo") == 0 && strcmp(words[2], ">") == 0) {
        return keep_sysctl(ps, words[3], words[1]);
    }
    if (n >= 2 && (ends_with(words[0], "sysctl") || ends_with(words[0], "set_sysctls.py"))) {
        for (unsigned i = 1; i < n; i++) {
            if (words[i][0] != '-' && !keep_sysctl(ps, words[i], "")) {
                return false;
            }
        }
        return true;
    }
    return lex_fail(ps,
                    "the shell command '%s' is not run: only sysctl, set_sysctls.py, echo N > "
                    "/proc/sys/... and defaults.sh say something here",
                    words[0]);
}

/* One line, in words; quotation marks around a value fall away. */
static bool line(struct parser *ps, const char *from, size_t len) {
    char text[LINE];
    char *words[WORDS];
    unsigned n = 0;
    char *rest = text;
    char *out = text;
    bool quote = false;

    if (len >= sizeof(text)) {
        return lex_fail(ps, "the shell command is too long");
    }
    memcpy(text, from, len);
    text[len] = '\0';
    text[strcspn(text, "#")] = '\0';
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\'') { /* several numbers of one value */
            quote = !quote;
        } else {
            bool blank = *p == ' ' || *p == '\t' || *p == '\r';

            *out++ = !blank ? *p : quote ? ',' : ' ';
        }
    }
    *out = '\0';
    while (rest) {
        char *word = strsep(&rest, " ");

        if (*word == '\0') {
            continue;
        }
        if (n == WORDS) {
            return lex_fail(ps, "the shell command has too many words");
        }
        words[n++] = word;
    }
    return n == 0 || command(ps, words, n);
}

/* Between a backquote and the next; lines end at the end of a line, at ";" and at "&&". */
bool parse_shell(struct parser *ps) {
    const char *end = strchr(++ps->p, '`');

    if (!end) {
        return lex_fail(ps, "the shell command has no end: expected `");
    }
    while (ps->p < end) {
        size_t n = strcspn(ps->p, "\n;&`");

        if (!line(ps, ps->p, n)) {
            return false;
        }
        ps->p += n;
        ps->line += *ps->p == '\n';
        ps->p += ps->p < end;
    }
    ps->p = end + 1;
    return true;
}
