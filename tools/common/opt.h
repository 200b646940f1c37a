/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opt.h - the options of a subcommand, as a table
 *
 * One table says what an option is called, what it takes, where its value goes and what it is good
 * for. Reading the command line, the text of --help and what shells complete all come from it, so
 * none of them can lag behind the others.
 *
 *     struct { uint64_t count; bool quiet; } o = {.count = 0};
 *     const struct opt opts[] = {
 *         {OPT_NUMBER, 'c', "count", "N", "stop after N requests", &o.count, .min = 1, .max = 99},
 *         {OPT_FLAG, 'q', "quiet", NULL, "only the summary", &o.quiet},
 *     };
 *     int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);
 *
 *     if (first < 0) {
 *         return opt_status(first);
 *     }
 *
 * Letters may be joined (-nnvr FILE), long names shortened while they stay unique, values joined by
 * "=" to long names. "--" ends the options. Every command knows -h (if it has no -h of its own),
 * --help and --list-options, which is what the files in completion/ ask.
 */
#ifndef TOOLS_COMMON_OPT_H
#define TOOLS_COMMON_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_kind {
    OPT_TITLE,   /* no option: a line in --help, `help` */
    OPT_FLAG,    /* bool: becomes true */
    OPT_COUNT,   /* unsigned: one more each time */
    OPT_TEXT,    /* const char * */
    OPT_NUMBER,  /* uint64_t: decimal, from min to max */
    OPT_SECONDS, /* inl_dur: "0.2" are seconds, "200ms" is possible, too; min and max in ns */
    OPT_CALL,    /* call(to, value): 0, or -errno and the value was not as `expected` */
};

struct opt {
    enum opt_kind kind;
    char letter;      /* 0: none */
    const char *name; /* without dashes; NULL: none */
    const char *arg; /* what it takes, for --help; NULL: nothing; "[X]": joined to it, or nothing */
    const char *help; /* one sentence without a full stop; '\n' breaks the line */
    void *to;
    uint64_t min, max;                        /* of OPT_NUMBER and OPT_SECONDS; max 0: no limit,
                                               * but one hour */
    int (*call)(void *to, const char *value); /* value NULL: the option stood without */
    const char *expected;                     /* of OPT_CALL, for the message: "a port, or 80-90" */
};

#define OPT_N(opts) (sizeof(opts) / sizeof((opts)[0]))

/* Rows that mean the same everywhere; @to is where the flag goes. */
#define OPT_IPV4(to)                                                                               \
    { OPT_FLAG, '4', "ipv4", NULL, "only IPv4", (to) }
#define OPT_IPV6(to)                                                                               \
    { OPT_FLAG, '6', "ipv6", NULL, "only IPv6", (to) }
#define OPT_NUMERIC(to)                                                                            \
    { OPT_FLAG, 'n', "numeric", NULL, "addresses and ports as numbers", (to) }
#define OPT_JSON(to)                                                                               \
    { OPT_FLAG, 0, "json", NULL, "one JSON object a line", (to) }
#define OPT_LAB(to)                                                                                \
    { OPT_TEXT, 0, "lab", "NAME", "which lab; needed only if several run", (to) }
#define OPT_HOST(to)                                                                               \
    { OPT_TEXT, 0, "host", "NAME", "one host of the lab; all if not given", (to) }

struct opt_command {
    const char *name;
    const char *usage;    /* behind "usage: inlet NAME "; further ways of use behind '\n' */
    const char *about;    /* what it does, in lines; NULL: nothing */
    const char *more;     /* what stands behind the options; NULL: nothing */
    bool stop_at_operand; /* what follows the first operand is not ours */
    const char *operands; /* what shells complete: "host", "file", "command" or NULL */
};

#define OPT_DONE (-1)  /* --help was asked and answered */
#define OPT_WRONG (-2) /* told on stderr */

/* Reads the command line. Returns the index of the first operand, or OPT_DONE, OPT_WRONG. Operands
 * are moved behind the options unless `stop_at_operand`. */
int opt_parse(const struct opt_command *command, const struct opt *opts, size_t n, int argc,
              char **argv);

/* The exit status of a command whose opt_parse() gave OPT_DONE or OPT_WRONG. */
int opt_status(int first);

#endif
