/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - `inlet run`: find or make a lab, say HELLO, run the program under the supervisor
 *
 * Which lab: --lab NAME is a running one; --lab FILE is the running one of that name, or else a
 * private one made from the file; --host alone means the only running one; neither means a
 * private lab with a gateway to the machine's network (private.c).
 */
#include "cli/run.h"

#include "cli/cli.h"
#include "cli/dump_line.h"
#include "cli/event_line.h"
#include "host/client.h"
#include "host/dns.h"
#include "host/start.h"
#include "host/supervisor.h"
#include "host/units.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPT_DELAY = 256, OPT_LOSS, OPT_RATE, OPT_SEED, OPT_LINK, OPT_ADDR, OPT_GATEWAY, OPT_DNS };

static void print_usage(FILE *f) {
    fputs("usage: inlet run [OPTIONS] [--] PROGRAM [ARGUMENTS]\n"
          "\n"
          "Runs PROGRAM, unmodified, with inlet's TCP/IP in place of the kernel's.\n"
          "Its exit status is PROGRAM's, 128+N if signal N killed it, 127 if it was not found, 126 "
          "if\n"
          "it could not be run, 125 if inlet itself failed. It ends when PROGRAM and everything "
          "that\n"
          "PROGRAM started have ended.\n"
          "\n"
          "On which network:\n"
          "  --host NAME       a host of a running lab\n"
          "  --lab NAME|FILE   which lab; a FILE whose lab does not run is started for this run\n"
          "  --link tap:NAME   a private host on the kernel's TAP device NAME\n"
          "  --addr ADDR/LEN   its address with --link (10.9.0.2/24, then with gateway 10.9.0.1)\n"
          "  --gateway ADDR    its default gateway with --link\n"
          "  none of these     a private host 10.0.2.15 whose gateway 10.0.2.2 reaches the "
          "machine's\n"
          "                    network through ordinary sockets; 10.0.2.2 is the machine itself\n"
          "  --dns ADDR[:PORT] the private host's nameserver, in place of the machine's\n"
          "\n"
          "The private host's link:\n"
          "  --delay 20ms      one way, in each direction: the round trip takes twice that\n"
          "  --loss 1%         share of frames lost, in each direction\n"
          "  --rate 100mbit    bits a second, in each direction\n"
          "  --seed N          makes losses repeatable\n"
          "\n"
          "Watching:\n"
          "  --dump            print each frame, and why it was sent, on stderr\n"
          "  --events FILE     write what the stacks tell to FILE, one JSON object a line\n"
          "  --write FILE      write frames to FILE in pcapng format, causes as packet comments\n",
          f);
}

/* ---- options ---- */

static int bad_value(const char *option, const char *value, const char *expected) {
    fprintf(stderr, "inlet run: --%s: found \"%s\", expected %s\n", option, value, expected);
    return -EINVAL;
}

static int parse_link(struct run_options *o, const char *value) {
    if (strncmp(value, "tap:", 4) != 0 || value[4] == '\0' || strlen(value + 4) > 15) {
        return bad_value("link", value, "tap:NAME");
    }
    o->tap = value + 4;
    return 0;
}

static int parse_value(struct run_options *o, int c, const char *value) {
    switch (c) {
    case OPT_DELAY:
        o->has_impair = true;
        return units_duration(value, &o->impair.delay_ns) < 0
                   ? bad_value("delay", value, UNITS_DURATION)
                   : 0;
    case OPT_LOSS:
        o->has_impair = true;
        return units_ratio(value, &o->impair.loss_ppm) < 0 ? bad_value("loss", value, UNITS_RATIO)
                                                           : 0;
    case OPT_RATE:
        o->has_impair = true;
        return units_rate(value, &o->impair.rate_bps) < 0 ? bad_value("rate", value, UNITS_RATE)
                                                          : 0;
    case OPT_SEED:
        o->has_seed = true;
        return units_number(value, UINT64_MAX, &o->seed) < 0 ? bad_value("seed", value, "a number")
                                                             : 0;
    case OPT_LINK:
        return parse_link(o, value);
    case OPT_ADDR:
        o->has_addr = true;
        return units_prefix(value, &o->addr.addr, &o->addr.prefix_len_bits) < 0
                   ? bad_value("addr", value, UNITS_PREFIX)
                   : 0;
    case OPT_GATEWAY:
        o->has_gateway = true;
        return inl_addr_parse(value, &o->gateway) < 0 ? bad_value("gateway", value, "an address")
                                                      : 0;
    case OPT_DNS:
        o->has_dns = true;
        return dns_parse_server(value, &o->dns) < 0 ? bad_value("dns", value, DNS_SERVER) : 0;
    default:
        return -EINVAL;
    }
}

/* Options that contradict each other. */
static int check_options(const struct run_options *o) {
    bool joins = o->host != NULL || o->lab != NULL;

    if (joins && (o->has_impair || o->has_seed || o->tap != NULL)) {
        fprintf(stderr, "inlet run: --delay, --loss, --rate, --seed and --link are for a private "
                        "host; a lab's file says what its links do\n");
        return -EINVAL;
    }
    if (o->tap == NULL && (o->has_addr || o->has_gateway)) {
        fprintf(stderr, "inlet run: --addr and --gateway go with --link\n");
        return -EINVAL;
    }
    if (o->has_dns && (joins || o->tap != NULL)) {
        fprintf(stderr, "inlet run: --dns is for a private host whose gateway is the machine\n");
        return -EINVAL;
    }
    if (o->has_gateway &&
        inl_addr_is4(&o->gateway) != (!o->has_addr || inl_addr_is4(&o->addr.addr))) {
        fprintf(stderr, "inlet run: --addr and --gateway are of different families\n");
        return -EINVAL;
    }
    return 0;
}

static int parse(int argc, char **argv, struct run_options *o) {
    static const struct option longs[] = {{"host", required_argument, NULL, 'H'},
                                          {"lab", required_argument, NULL, 'L'},
                                          {"dump", no_argument, NULL, 'd'},
                                          {"write", required_argument, NULL, 'w'},
                                          {"events", required_argument, NULL, 'e'},
                                          {"delay", required_argument, NULL, OPT_DELAY},
                                          {"loss", required_argument, NULL, OPT_LOSS},
                                          {"rate", required_argument, NULL, OPT_RATE},
                                          {"seed", required_argument, NULL, OPT_SEED},
                                          {"link", required_argument, NULL, OPT_LINK},
                                          {"addr", required_argument, NULL, OPT_ADDR},
                                          {"gateway", required_argument, NULL, OPT_GATEWAY},
                                          {"dns", required_argument, NULL, OPT_DNS},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c, err = 0;

    while (err == 0 && (c = getopt_long(argc, argv, "+h", longs, NULL)) != -1) {
        switch (c) {
        case 'H':
            o->host = optarg;
            break;
        case 'L':
            o->lab = optarg;
            break;
        case 'd':
            o->dump = true;
            break;
        case 'e':
            o->events_path = optarg;
            break;
        case 'w':
            o->write_path = optarg;
            break;
        case 'h':
            print_usage(stdout);
            return -ECANCELED;
        case '?':
            return -EINVAL;
        default:
            err = parse_value(o, c, optarg);
            break;
        }
    }
    if (err == 0 && optind >= argc) {
        print_usage(stderr);
        return -EINVAL;
    }
    return err < 0 ? err : check_options(o);
}

/* ---- the lab ---- */

struct joined {
    int fd;
    bool is_private;
    struct private_lab private;
};

static const struct trace_format format = {.line = dump_world_line, .event = event_line};

static int start_from(struct labfile *file, struct joined *ret) {
    int err = start_private(file, &format, &ret->private);

    labfile_free(file);
    if (err < 0) {
        fprintf(stderr, "inlet run: cannot start a lab: %s\n", strerror(-err));
        return err;
    }
    ret->is_private = true;
    ret->fd = ret->private.control_fd;
    return 0;
}

static int join(const struct run_options *o, struct joined *ret) {
    struct labfile *file;
    int err;

    if (o->host == NULL && o->lab == NULL) {
        err = private_lab(o, &file);
        return err < 0 ? err : start_from(file, ret);
    }
    bool is_file = o->lab != NULL && find_is_file(o->lab);

    ret->fd = find_lab(o->lab, !is_file);
    if (ret->fd == -ENOENT && is_file) {
        err = labfile_read(o->lab, &file);
        return err < 0 ? err : start_from(file, ret);
    }
    return ret->fd < 0 ? ret->fd : 0;
}

static int say_hello(const struct run_options *o, int fd) {
    int err = client_hello(fd, o->host != NULL ? o->host : "", NULL);

    if (err == -ENOENT) {
        fprintf(stderr, "inlet run: the lab has no host named %s\n", o->host);
    } else if (err == -EDESTADDRREQ) {
        fprintf(stderr, "inlet run: the lab has several hosts: choose one with --host\n");
    } else if (err < 0) {
        fprintf(stderr, "inlet run: the lab does not answer: %s\n", strerror(-err));
    }
    return err;
}

/* ---- watching ---- */

/* A process that copies lines from a pipe to stderr: a lab that others use must not wait for
 * our terminal. Returns the pipe's end for the lab; *ret_done is at its end when all is copied. */
static int start_copier(int lab_fd, int *ret_done) {
    int lines[2], done[2];

    if (pipe2(lines, O_CLOEXEC) < 0 || pipe2(done, O_CLOEXEC) < 0) {
        return -errno;
    }
    pid_t pid = fork();

    if (pid == 0) {
        if (fork() != 0) {
            _exit(0);
        }
        char buf[4096];
        ssize_t n;

        setsid();
        close(lab_fd); /* the lab must see its client go */
        close(lines[1]);
        while ((n = read(lines[0], buf, sizeof(buf))) > 0 &&
               write(STDERR_FILENO, buf, (size_t)n) == n) {
        }
        _exit(0);
    }
    close(lines[0]);
    close(done[1]);
    /* The one in between must have ended before the supervisor becomes the reaper of orphans: it
     * would wait for the copier, which waits for it. */
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    *ret_done = done[0];
    return pid < 0 ? -EAGAIN : lines[1];
}

static int watch_text(const struct joined *lab, int *ret_done) {
    enum proto_trace kind =
        dump_wants_colour(STDERR_FILENO) ? PROTO_TRACE_TEXT_COLOUR : PROTO_TRACE_TEXT;
    struct stat st;

    if (lab->is_private || (fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode))) {
        return client_trace(lab->fd, STDERR_FILENO, kind, false);
    }
    int fd = start_copier(lab->fd, ret_done);

    if (fd < 0) {
        return fd;
    }
    int err = client_trace(lab->fd, fd, kind, true);

    close(fd);
    return err;
}

static int watch_file(const struct joined *lab, const char *path, enum proto_trace kind) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0) {
        int err = -errno;

        fprintf(stderr, "inlet run: cannot write %s: %s\n", path, strerror(-err));
        return err;
    }
    int err = client_trace(lab->fd, fd, kind, false);

    close(fd);
    return err;
}

static int watch(const struct run_options *o, const struct joined *lab, int *ret_done) {
    int err = o->dump ? watch_text(lab, ret_done) : 0;

    if (err == 0 && o->write_path != NULL) {
        err = watch_file(lab, o->write_path, PROTO_TRACE_PCAPNG);
    }
    if (err == 0 && o->events_path != NULL) {
        err = watch_file(lab, o->events_path, PROTO_TRACE_EVENTS);
    }
    return err;
}

static void wait_end(int fd) {
    char c;

    if (fd >= 0) {
        while (read(fd, &c, 1) < 0 && errno == EINTR) {
        }
        close(fd);
    }
}

int cli_run(int argc, char **argv) {
    struct run_options o = {0};
    struct joined lab = {.fd = -1};
    int copied = -1;
    int err = parse(argc, argv, &o);

    if (err < 0) {
        return err == -ECANCELED ? 0 : CLI_USAGE;
    }
    if (join(&o, &lab) < 0) {
        return CLI_RUN_FAILED;
    }
    err = say_hello(&o, lab.fd);
    if (err == 0) {
        err = watch(&o, &lab, &copied);
    }
    if (err == 0) {
        struct supervisor_options run = {.argv = argv + optind, .lab_fd = lab.fd};

        err = supervisor_run(&run);
    }
    if (lab.is_private) {
        start_wait(&lab.private);
    } else {
        close(lab.fd);
    }
    wait_end(copied);
    return err < 0 ? CLI_RUN_FAILED : err;
}
