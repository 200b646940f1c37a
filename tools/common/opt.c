/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opt.c - the options of a subcommand, as a table
 *
 * getopt_long() walks over the command line: what it is asked is made from the table. A letter
 * stands for its option; options without one get numbers from OPT_FIRST_LONG on.
 */
#include "tools/common/opt.h"

#include "host/units.h"
#include "tools/common/near.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPT_MAX 96
#define OPT_FIRST_LONG 0x100
#define OPT_HELP 0x1000
#define OPT_LIST 0x1001
#define HELP_COLUMN 24
#define NS_PER_S 1000000000u
#define SECONDS_MAX_NS (3600 * (uint64_t)NS_PER_S) /* where the table has no limit */

/* ---- what getopt_long() is asked ---- */

struct question {
    char letters[2 + 3 * OPT_MAX + 2]; /* behaviour, "x::" each, 'h', end */
    struct option longs[OPT_MAX + 3];
};

/* 0: takes nothing, 1: takes a value, 2: may take one: getopt's numbers. */
static int takes(const struct opt *o) {
    return o->arg == NULL ? no_argument : o->arg[0] == '[' ? optional_argument : required_argument;
}

static void ask(struct question *q, const struct opt_command *command, const struct opt *opts,
                size_t n) {
    char *c = q->letters;
    struct option *l = q->longs;
    bool own_h = false;

    if (command->stop_at_operand) {
        *c++ = '+';
    }
    *c++ = ':';
    for (size_t i = 0; i < n; i++) {
        const struct opt *o = &opts[i];

        if (o->letter != 0) {
            *c++ = o->letter;
            for (int colons = takes(o); colons > 0; colons--) {
                *c++ = ':';
            }
            own_h |= o->letter == 'h';
        }
        if (o->name != NULL) {
            *l++ = (struct option){o->name, takes(o), NULL, OPT_FIRST_LONG + (int)i};
        }
    }
    if (!own_h) {
        *c++ = 'h';
    }
    *c = '\0';
    *l++ = (struct option){"help", no_argument, NULL, OPT_HELP};
    *l++ = (struct option){"list-options", no_argument, NULL, OPT_LIST};
    *l = (struct option){NULL, 0, NULL, 0};
}

static const struct opt *of_answer(const struct opt *opts, size_t n, int c) {
    if (c >= OPT_FIRST_LONG && (size_t)(c - OPT_FIRST_LONG) < n) {
        return &opts[c - OPT_FIRST_LONG];
    }
    for (size_t i = 0; i < n; i++) {
        if (opts[i].kind != OPT_TITLE && opts[i].letter != 0 && opts[i].letter == c) {
            return &opts[i];
        }
    }
    return NULL;
}

/* ---- help ---- */

/* Writes text; each line after the first begins with `indent` blanks. */
static void print_lines(FILE *f, const char *text, int indent) {
    const char *end;

    while ((end = strchr(text, '\n')) != NULL) {
        fprintf(f, "%.*s\n%*s", (int)(end - text), text, indent, "");
        text = end + 1;
    }
    fprintf(f, "%s\n", text);
}

static void name_of(const struct opt *o, char *buf, size_t cap) {
    char letter[4] = "  ";
    char value[64] = "";

    if (o->letter != 0) {
        snprintf(letter, sizeof(letter), "-%c", o->letter);
    }
    if (o->arg != NULL) {
        bool joined = o->arg[0] == '[';
        const char *between = !joined ? " " : o->name != NULL ? "[=" : "[";

        snprintf(value, sizeof(value), "%s%s", between, joined ? o->arg + 1 : o->arg);
    }
    snprintf(buf, cap, "%s%s%s%s%s", letter,
             o->name == NULL  ? ""
             : o->letter == 0 ? "  "
                              : ", ",
             o->name != NULL ? "--" : "", o->name != NULL ? o->name : "", value);
}

static void print_help(FILE *f, const struct opt_command *command, const struct opt *opts,
                       size_t n) {
    const char *line = command->usage;
    const char *end;
    const char *before = "usage:";

    while (line != NULL) {
        end = strchr(line, '\n');
        fprintf(f, "%s inlet %s%s%.*s\n", before, command->name, line[0] != '\0' ? " " : "",
                end != NULL ? (int)(end - line) : (int)strlen(line), line);
        line = end != NULL ? end + 1 : NULL;
        before = "      ";
    }
    if (command->about != NULL) {
        fprintf(f, "\n%s\n", command->about);
    }
    if (n > 0 && opts[0].kind != OPT_TITLE) {
        fputc('\n', f);
    }
    for (size_t i = 0; i < n; i++) {
        char name[128];

        if (opts[i].kind == OPT_TITLE) {
            fprintf(f, "\n%s\n", opts[i].help);
            continue;
        }
        name_of(&opts[i], name, sizeof(name));
        if (strlen(name) + 2 < HELP_COLUMN) {
            fprintf(f, "  %-*s", HELP_COLUMN - 2, name);
        } else {
            fprintf(f, "  %s\n%*s", name, HELP_COLUMN, "");
        }
        print_lines(f, opts[i].help, HELP_COLUMN);
    }
    if (command->more != NULL) {
        fprintf(f, "\n%s\n", command->more);
    }
}

/* For completion/: letter, name, what it takes, what it is good for (its first line), by tabs; what
 * operands are stands in the first line. */
static void print_list(const struct opt_command *command, const struct opt *opts, size_t n) {
    printf("operands\t%s\n", command->operands != NULL ? command->operands : "");
    for (size_t i = 0; i < n; i++) {
        const struct opt *o = &opts[i];
        char letter[2] = {o->letter, '\0'};

        if (o->kind != OPT_TITLE) {
            printf("%s\t%s\t%s\t%.*s\n", letter, o->name != NULL ? o->name : "",
                   o->arg != NULL ? o->arg : "", (int)strcspn(o->help, "\n"), o->help);
        }
    }
}

/* ---- values ---- */

static void print_seconds(char *buf, size_t cap, uint64_t ns) {
    snprintf(buf, cap, "%" PRIu64 ".%09" PRIu64, ns / NS_PER_S, ns % NS_PER_S);
    char *end = buf + strlen(buf);

    while (end[-1] == '0') {
        *--end = '\0';
    }
    if (end[-1] == '.') {
        end[-1] = '\0';
    }
}

static int wrong_value(const struct opt *o, const char *value) {
    char expected[128];
    char min[40], max[40];
    char name[80];

    if (o->name != NULL) {
        snprintf(name, sizeof(name), "--%s", o->name);
    } else {
        snprintf(name, sizeof(name), "-%c", o->letter);
    }
    if (o->kind == OPT_NUMBER && o->max != 0) {
        snprintf(expected, sizeof(expected), "a number from %" PRIu64 " to %" PRIu64, o->min,
                 o->max);
    } else if (o->kind == OPT_NUMBER) {
        snprintf(expected, sizeof(expected), "a number of at least %" PRIu64, o->min);
    } else if (o->kind == OPT_SECONDS) {
        print_seconds(min, sizeof(min), o->min);
        print_seconds(max, sizeof(max), o->max != 0 ? o->max : SECONDS_MAX_NS);
        snprintf(expected, sizeof(expected), "seconds from %s to %s, or a time like 200ms", min,
                 max);
    } else {
        snprintf(expected, sizeof(expected), "%s",
                 o->expected != NULL ? o->expected : "something else");
    }
    tool_usage("%s: found \"%s\", expected %s", name, value != NULL ? value : "", expected);
    return OPT_WRONG;
}

/* "1.5" and "1.5s", "200ms". */
static int seconds(const char *value, uint64_t max_ns, inl_dur *ret_ns) {
    char with_unit[40];
    size_t len = strlen(value);

    if (len == 0 || len + 3 > sizeof(with_unit)) {
        return -EINVAL;
    }
    bool bare = value[len - 1] >= '0' && value[len - 1] <= '9';

    snprintf(with_unit, sizeof(with_unit), "%s%s%s", value[0] == '.' ? "0" : "", value,
             bare ? "s" : "");
    return units_duration_to(with_unit, (inl_dur)max_ns, ret_ns);
}

static bool in_range(const struct opt *o, uint64_t number) {
    return number >= o->min && (o->max == 0 || number <= o->max);
}

static int take(const struct opt *o, const char *value) {
    uint64_t number;
    inl_dur ns;

    switch (o->kind) {
    case OPT_FLAG:
        *(bool *)o->to = true;
        return 0;
    case OPT_COUNT:
        *(unsigned *)o->to += 1;
        return 0;
    case OPT_TEXT:
        *(const char **)o->to = value;
        return 0;
    case OPT_NUMBER:
        if (units_number(value, UINT64_MAX, &number) < 0 || !in_range(o, number)) {
            return wrong_value(o, value);
        }
        *(uint64_t *)o->to = number;
        return 0;
    case OPT_SECONDS:
        if (seconds(value, o->max != 0 ? o->max : SECONDS_MAX_NS, &ns) < 0 ||
            !in_range(o, (uint64_t)ns)) {
            return wrong_value(o, value);
        }
        *(inl_dur *)o->to = ns;
        return 0;
    case OPT_CALL:
        return o->call(o->to, value) < 0 ? wrong_value(o, value) : 0;
    case OPT_TITLE:
        break;
    }
    return 0;
}

/* The option that a long name may have meant; NULL: none is like it. */
static const char *near_option(const struct opt *opts, size_t n, const char *word) {
    char name[64];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
    struct near near = near_begin(name);

    for (size_t i = 0; i < n; i++) {
        if (opts[i].name != NULL) {
            near_try(&near, opts[i].name);
        }
    }
    return near.found;
}

/* What stands on the command line is not in the table, or lacks its value. */
static int wrong_option(const struct opt *opts, size_t n, int c, const char *word) {
    const struct opt *o = of_answer(opts, n, optopt);

    if (c == ':' && o != NULL) {
        tool_usage("%s needs a value: %s", word, o->arg);
    } else if (o != NULL) {
        tool_usage("%s: --%s takes no value", word, o->name);
    } else if (optopt != 0) {
        tool_usage("there is no option -%c", optopt);
    } else {
        const char *near = word[0] == '-' && word[1] == '-' ? near_option(opts, n, word) : NULL;

        tool_usage("there is no option %s, or it is short for several%s%s%s", word,
                   near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
    }
    return OPT_WRONG;
}

int opt_parse(const struct opt_command *command, const struct opt *opts, size_t n, int argc,
              char **argv) {
    struct question q;
    int c, err = 0;

    tool_begin(command->name);
    if (n > OPT_MAX) {
        abort();
    }
    ask(&q, command, opts, n);
    optind = 0; /* begin anew, whoever asked before */
    opterr = 0;
    while (err == 0 && (c = getopt_long(argc, argv, q.letters, q.longs, NULL)) != -1) {
        const struct opt *o = of_answer(opts, n, c);

        if (c == '?' || c == ':') {
            err = wrong_option(opts, n, c, argv[optind > 0 ? optind - 1 : 0]);
        } else if (o != NULL) {
            err = take(o, optarg);
        } else if (c == OPT_LIST) {
            print_list(command, opts, n);
            err = OPT_DONE;
        } else {
            print_help(stdout, command, opts, n);
            err = OPT_DONE;
        }
    }
    return err < 0 ? err : optind;
}

int opt_status(int first) {
    return first == OPT_DONE ? TOOL_OK : TOOL_USAGE;
}
