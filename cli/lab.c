/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.c - `inlet lab up`, `down` and `status`
 */
#include "cli/cli.h"

#include "cli/lab_lines.h"
#include "host/client.h"
#include "host/paths.h"
#include "host/start.h"
#include "tools/common/lab.h"
#include "tools/common/opt.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *plural(unsigned n) {
    return n == 1 ? "" : "s";
}

static int lab_up(const char *path, bool foreground) {
    struct labfile *file;
    char socket_path[128];

    if (labfile_read(path, &file) < 0) {
        return TOOL_FAILED;
    }
    paths_of(file->name, socket_path, sizeof(socket_path));
    if (foreground) {
        fprintf(stderr, "lab %s: %u host%s, %u link%s; control socket %s; Ctrl-C ends it\n",
                file->name, file->hosts_n, plural(file->hosts_n), file->links_n,
                plural(file->links_n), socket_path);
    }
    int err = start_daemon(file, lab_lines(), foreground);

    if (err == 0 && !foreground) {
        printf("lab %s is up: %u host%s, %u link%s; control socket %s\n"
               "go on with: inlet run --host %s -- PROGRAM, inlet lab status, inlet lab down\n",
               file->name, file->hosts_n, plural(file->hosts_n), file->links_n,
               plural(file->links_n), socket_path, file->hosts[0].name);
    }
    labfile_free(file);
    return err < 0 ? TOOL_FAILED : 0;
}

static int lab_down(const char *lab) {
    int fd = lab_find(lab, true);

    if (fd < 0) {
        return TOOL_FAILED;
    }
    int err = client_ask(fd, PROTO_DOWN, NULL, NULL);

    if (err == 0) { /* it closes the connection when all is done */
        struct pollfd pfd = {.fd = fd, .events = POLLIN};

        while (poll(&pfd, 1, -1) < 0 && errno == EINTR) {
        }
    }
    close(fd);
    if (err < 0) {
        tool_say("cannot stop the lab: %s", strerror(-err));
        return TOOL_FAILED;
    }
    return 0;
}

static int on_text(void *ctx, const void *data, size_t len) {
    (void)ctx;
    fwrite(data, 1, len, stdout);
    return 0;
}

static int lab_status(const char *lab) {
    int fd = lab_find(lab, true);

    if (fd < 0) {
        return TOOL_FAILED;
    }
    int err = client_ask(fd, PROTO_STATUS, on_text, NULL);

    close(fd);
    if (err < 0) {
        tool_say("%s", strerror(-err));
        return TOOL_FAILED;
    }
    return 0;
}

/* The table says what is taken; what does not fit is told there. */
static int wrong(void) {
    return tool_usage("expected up FILE, down [NAME|FILE] or status [NAME|FILE]");
}

int cli_lab(int argc, char **argv) {
    bool foreground = false;
    const struct opt opts[] = {
        {OPT_FLAG, 0, "foreground", NULL, "up: do not return before the lab ends", &foreground},
    };
    static const struct opt_command command = {
        .name = "lab",
        .usage = "up [--foreground] FILE    start the lab that FILE describes\n"
                 "down [NAME|FILE]          stop it\n"
                 "status [NAME|FILE]        show hosts, links, totals and programs",
        .about = "A lab is a network of hosts and links in one process, which runs until it is "
                 "stopped.\n"
                 "Its name is the file's name without its suffix. Programs join with inlet run "
                 "--host NAME.\n"
                 "\n"
                 "A lab file has sections [lab], [host NAME] and [link NAME]; see "
                 "examples/demo.ini and\n"
                 "inlet-lab(1). The NAME may be left out when only one lab runs.",
        .operands = "file",
    };
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);

    if (first < 0) {
        return opt_status(first);
    }
    const char *verb = first < argc ? argv[first] : "";
    const char *arg = first + 1 < argc ? argv[first + 1] : NULL;

    if (first + 2 < argc || (foreground && strcmp(verb, "up") != 0)) {
        return wrong();
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
    return wrong();
}
