/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.c - `inlet lab up`, `down` and `status`
 */
#include "cli/cli.h"

#include "cli/dump_line.h"
#include "cli/event_line.h"
#include "host/client.h"
#include "host/paths.h"
#include "host/start.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_usage(FILE *f) {
    fputs("usage: inlet lab up [--foreground] FILE    start the lab that FILE describes\n"
          "       inlet lab down [NAME|FILE]          stop it\n"
          "       inlet lab status [NAME|FILE]        show hosts, links, totals and programs\n"
          "\n"
          "A lab is a network of hosts and links in one process, which runs until it is stopped.\n"
          "Its name is the file's name without its suffix. Programs join with inlet run --host "
          "NAME.\n"
          "\n"
          "A lab file has sections [lab], [host NAME] and [link NAME]; see examples/demo.ini and\n"
          "inlet-lab(1). The NAME may be left out when only one lab runs.\n",
          f);
}

static const char *plural(unsigned n) {
    return n == 1 ? "" : "s";
}

static const struct trace_format format = {.line = dump_world_line, .event = event_line};

static int lab_up(const char *path, bool foreground) {
    struct labfile *file;
    char socket_path[128];

    if (labfile_read(path, &file) < 0) {
        return CLI_FAILED;
    }
    paths_of(file->name, socket_path, sizeof(socket_path));
    if (foreground) {
        fprintf(stderr, "lab %s: %u host%s, %u link%s; control socket %s; Ctrl-C ends it\n",
                file->name, file->hosts_n, plural(file->hosts_n), file->links_n,
                plural(file->links_n), socket_path);
    }
    int err = start_daemon(file, &format, foreground);

    if (err == 0 && !foreground) {
        printf("lab %s is up: %u host%s, %u link%s; control socket %s\n"
               "go on with: inlet run --host %s -- PROGRAM, inlet lab status, inlet lab down\n",
               file->name, file->hosts_n, plural(file->hosts_n), file->links_n,
               plural(file->links_n), socket_path, file->hosts[0].name);
    }
    labfile_free(file);
    return err < 0 ? CLI_FAILED : 0;
}

static int lab_down(const char *lab) {
    int fd = find_lab(lab, true);

    if (fd < 0) {
        return CLI_FAILED;
    }
    int err = client_ask(fd, PROTO_DOWN, NULL, NULL);

    if (err == 0) { /* it closes the connection when all is done */
        struct pollfd pfd = {.fd = fd, .events = POLLIN};

        while (poll(&pfd, 1, -1) < 0 && errno == EINTR) {
        }
    }
    close(fd);
    if (err < 0) {
        fprintf(stderr, "inlet lab: cannot stop the lab: %s\n", strerror(-err));
        return CLI_FAILED;
    }
    return 0;
}

static void on_text(void *ctx, const void *data, size_t len) {
    (void)ctx;
    fwrite(data, 1, len, stdout);
}

static int lab_status(const char *lab) {
    int fd = find_lab(lab, true);

    if (fd < 0) {
        return CLI_FAILED;
    }
    int err = client_ask(fd, PROTO_STATUS, on_text, NULL);

    close(fd);
    if (err < 0) {
        fprintf(stderr, "inlet lab: %s\n", strerror(-err));
        return CLI_FAILED;
    }
    return 0;
}

int cli_lab(int argc, char **argv) {
    static const struct option longs[] = {{"foreground", no_argument, NULL, 'f'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    bool foreground = false;
    int c;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (c == 'f') {
            foreground = true;
        } else {
            print_usage(c == 'h' ? stdout : stderr);
            return c == 'h' ? 0 : CLI_USAGE;
        }
    }
    const char *verb = optind < argc ? argv[optind] : "";
    const char *arg = optind + 1 < argc ? argv[optind + 1] : NULL;

    if (optind + 2 < argc || (foreground && strcmp(verb, "up") != 0)) {
        print_usage(stderr);
        return CLI_USAGE;
    }
    if (strcmp(verb, "up") == 0 && arg != NULL) {
        return lab_up(arg, foreground);
    }
    if (strcmp(verb, "down") == 0) {
        return lab_down(arg);
    }
    if (strcmp(verb, "status") == 0) {
        return lab_status(arg);
    }
    print_usage(stderr);
    return CLI_USAGE;
}
