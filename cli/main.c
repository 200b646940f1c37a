/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - the program `inlet`: finds the subcommand
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#ifndef INLET_VERSION
#error "the build defines INLET_VERSION"
#endif

static int cmd_version(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        fprintf(stderr, "inlet version: takes no arguments\n");
        return CLI_USAGE;
    }
    printf("inlet %s\n", INLET_VERSION);
    return 0;
}

static int cmd_help(int argc, char **argv);

static const struct command {
    const char *name;
    int (*fn)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"run", cli_run, "run a program on inlet's own TCP/IP, without root"},
    {"lab", cli_lab, "start, stop and look at a network of hosts and links"},
    {"netstat", cli_netstat, "list the sockets of a lab's hosts"},
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

static void print_help(FILE *f) {
    fprintf(f, "usage: inlet COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        fprintf(f, "  %-8s  %s\n", commands[i].name, commands[i].text);
    }
    fprintf(f, "\n`inlet help COMMAND` tells more.\n");
}

static int cmd_help(int argc, char **argv) {
    char *help[] = {NULL, (char[]){"--help"}, NULL};

    if (argc < 2) {
        print_help(stdout);
        return 0;
    }
    const struct command *c = find(argv[1]);

    if (c == NULL || argc > 2) {
        fprintf(stderr, "inlet help: no such command: %s\n", argv[1]);
        return CLI_USAGE;
    }
    if (c->fn == cmd_help || c->fn == cmd_version) {
        printf("inlet %s: %s\n", c->name, c->text);
        return 0;
    }
    help[0] = argv[1];
    return c->fn(2, help);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    const char *name = argv[1];

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    const struct command *c = find(name);

    if (c == NULL) {
        fprintf(stderr, "inlet: no such command: %s (see inlet help)\n", argv[1]);
        return CLI_USAGE;
    }
    return c->fn(argc - 1, argv + 1);
}
