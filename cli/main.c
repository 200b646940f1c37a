/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - the program `inlet`: finds the subcommand
 */
#include "cli/cli.h"
#include "tools/common/near.h"
#include "tools/common/opt.h"
#include "tools/common/tool.h"
#include "tools/tools.h"

#include <stdio.h>
#include <string.h>

#ifndef INLET_VERSION
#error "the build defines INLET_VERSION"
#endif

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

static const struct command {
    const char *name;
    int (*fn)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"run", cli_run, "run a program on inlet's own TCP/IP, without root"},
    {"lab", cli_lab, "start, stop and look at a network of hosts and links"},
    {"dump", tool_dump, "show packets: of files, of interfaces, of labs"},
    {"netstat", tool_netstat, "sockets, routes, interfaces and counters of this machine or a lab"},
    {"pathping", tool_pathping, "find out where on the way to a host packets are lost"},
    {"ping", tool_ping, "ask whether hosts are there, by ICMP, TCP or UDP"},
    {"scan", tool_scan, "find hosts and their open ports"},
    {"services", tool_services, "look up a port or a service by number, name or text"},
    {"top", tool_top, "sockets live, with programs, states, rates and round trips"},
    {"trace", tool_trace, "show which way packets take to a host, hop by hop"},
    {"help", cmd_help, "say what a command does"},
    {"version", cmd_version, "say which version this is"},
};

static const struct command *find(const char *name) {
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

/* For behind "no such command: NAME". */
static const char *meant(const char *name) {
    static char text[64];
    struct near near = near_begin(name);

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        near_try(&near, commands[i].name);
    }
    if (near.found != NULL) {
        snprintf(text, sizeof(text), "; did you mean %s?", near.found);
    }
    return text;
}

static void print_help(FILE *f) {
    fprintf(f, "usage: inlet COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        fprintf(f, "  %-8s  %s\n", commands[i].name, commands[i].text);
    }
    fprintf(f, "\n`inlet help COMMAND` tells more.\n");
}

/* For completion/: name and what it does, a line each. */
static void print_list(void) {
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        printf("%s\t%s\n", commands[i].name, commands[i].text);
    }
}

static int cmd_version(int argc, char **argv) {
    static const struct opt_command command = {
        .name = "version", .usage = "", .about = "Says which version of inlet this is."};
    int first = opt_parse(&command, NULL, 0, argc, argv);

    if (first < 0) {
        return opt_status(first);
    }
    if (first < argc) {
        return tool_usage("takes no arguments");
    }
    printf("inlet %s\n", INLET_VERSION);
    return 0;
}

static int cmd_help(int argc, char **argv) {
    static const struct opt_command command = {.name = "help",
                                               .usage = "[COMMAND]",
                                               .about = "Says what a command does.",
                                               .operands = "command"};
    bool list = false;
    const struct opt opts[] = {
        {OPT_FLAG, 0, "list", NULL, "the commands, a line each, for programs", &list},
    };
    char *help[] = {NULL, (char[]){"--help"}, NULL};
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);

    if (first < 0) {
        return opt_status(first);
    }
    if (list) {
        print_list();
        return 0;
    }
    if (first >= argc) {
        print_help(stdout);
        return 0;
    }
    const struct command *c = find(argv[first]);

    if (c == NULL || argc > first + 1) {
        return tool_usage("no such command: %s%s", argv[first], meant(argv[first]));
    }
    help[0] = argv[first];
    return c->fn(2, help);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return TOOL_USAGE;
    }
    const char *name = argv[1];

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    const struct command *c = find(name);

    if (c == NULL) {
        fprintf(stderr, "inlet: no such command: %s%s (see inlet help)\n", argv[1], meant(argv[1]));
        return TOOL_USAGE;
    }
    tool_begin(c->name);
    return tool_end(c->fn(argc - 1, argv + 1));
}
