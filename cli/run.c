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
#include "cli/lab_lines.h"
#include "host/client.h"
#include "host/dns.h"
#include "host/start.h"
#include "host/supervisor.h"
#include "host/units.h"
#include "tools/common/lab.h"
#include "tools/common/opt.h"
#include "tools/common/out.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- options ---- */

static int set_link(void *to, const char *value) {
    struct run_options *o = to;

    if (strncmp(value, "tap:", 4) != 0 || value[4] == '\0' || strlen(value + 4) > 15) {
        return -EINVAL;
    }
    o->tap = value + 4;
    return 0;
}

static int set_delay(void *to, const char *value) {
    struct run_options *o = to;

    o->has_impair = true;
    return units_duration(value, &o->impair.delay_ns);
}

static int set_loss(void *to, const char *value) {
    struct run_options *o = to;

    o->has_impair = true;
    return units_ratio(value, &o->impair.loss_ppm);
}

static int set_rate(void *to, const char *value) {
    struct run_options *o = to;

    o->has_impair = true;
    return units_rate(value, &o->impair.rate_bps);
}

static int set_seed(void *to, const char *value) {
    struct run_options *o = to;

    o->has_seed = true;
    return units_number(value, UINT64_MAX, &o->seed);
}

static int set_addr(void *to, const char *value) {
    struct run_options *o = to;

    o->has_addr = true;
    return units_prefix(value, &o->addr.addr, &o->addr.prefix_len_bits);
}

static int set_gateway(void *to, const char *value) {
    struct run_options *o = to;

    o->has_gateway = true;
    return inl_addr_parse(value, &o->gateway);
}

static int set_dns(void *to, const char *value) {
    struct run_options *o = to;

    o->has_dns = true;
    return dns_parse_server(value, &o->dns);
}

/* What is wrong about options together; NULL: nothing. */
static const char *contradiction(const struct run_options *o) {
    bool joins = o->host != NULL || o->lab != NULL;

    if (joins && (o->has_impair || o->has_seed || o->tap != NULL)) {
        return "--delay, --loss, --rate, --seed and --link are for a private host; a lab's file "
               "says what its links do";
    }
    if (o->tap == NULL && (o->has_addr || o->has_gateway)) {
        return "--addr and --gateway go with --link";
    }
    if (o->has_dns && (joins || o->tap != NULL)) {
        return "--dns is for a private host whose gateway is the machine";
    }
    if (o->has_gateway &&
        inl_addr_is4(&o->gateway) != (!o->has_addr || inl_addr_is4(&o->addr.addr))) {
        return "--addr and --gateway are of different families";
    }
    return NULL;
}

static const struct opt_command command = {
    .name = "run",
    .usage = "[OPTIONS] [--] PROGRAM [ARGUMENTS]",
    .about = "Runs PROGRAM, unmodified, with inlet's TCP/IP in place of the kernel's.\n"
             "Its exit status is PROGRAM's, 128+N if signal N killed it, 127 if it was not found, "
             "126 if\n"
             "it could not be run, 125 if inlet itself failed. It ends when PROGRAM and "
             "everything that\n"
             "PROGRAM started have ended.",
    .more = "Without --host, --lab and --link the program runs on a private host 10.0.2.15, whose\n"
            "gateway 10.0.2.2 reaches the machine's network through ordinary sockets; 10.0.2.2 is\n"
            "the machine itself.",
    .stop_at_operand = true,
    .operands = "command",
};

/* Index of the program, or what opt_parse() says. */
static int parse(int argc, char **argv, struct run_options *o) {
    const struct opt opts[] = {
        {OPT_TITLE, .help = "On which network:"},
        {OPT_TEXT, 0, "host", "NAME", "a host of a running lab", &o->host},
        {OPT_TEXT, 0, "lab", "NAME|FILE",
         "which lab; a FILE whose lab does not run is started for this run", &o->lab},
        {OPT_CALL, 0, "link", "tap:NAME", "a private host on the kernel's TAP device NAME", o,
         .call = set_link, .expected = "tap:NAME"},
        {OPT_CALL, 0, "addr", "ADDR/LEN",
         "its address with --link (10.9.0.2/24, then with gateway 10.9.0.1)", o, .call = set_addr,
         .expected = UNITS_PREFIX},
        {OPT_CALL, 0, "gateway", "ADDR", "its default gateway with --link", o, .call = set_gateway,
         .expected = "an address"},
        {OPT_CALL, 0, "dns", "ADDR[:PORT]",
         "the private host's nameserver, in place of the machine's", o, .call = set_dns,
         .expected = DNS_SERVER},
        {OPT_TITLE, .help = "The private host's link:"},
        {OPT_CALL, 0, "delay", "TIME",
         "one way, in each direction, like 20ms: the round trip takes twice that", o,
         .call = set_delay, .expected = UNITS_DURATION},
        {OPT_CALL, 0, "loss", "SHARE", "share of frames lost, in each direction, like 1%", o,
         .call = set_loss, .expected = UNITS_RATIO},
        {OPT_CALL, 0, "rate", "RATE", "bits a second, in each direction, like 100mbit", o,
         .call = set_rate, .expected = UNITS_RATE},
        {OPT_CALL, 0, "seed", "N", "makes losses repeatable", o, .call = set_seed,
         .expected = "a number"},
        {OPT_TITLE, .help = "Watching:"},
        {OPT_FLAG, 0, "dump", NULL, "print each frame, and why it was sent, on stderr", &o->dump},
        {OPT_TEXT, 0, "events", "FILE", "what the stacks tell, one JSON object a line",
         &o->events_path},
        {OPT_TEXT, 0, "write", "FILE", "frames in pcapng format, causes as packet comments",
         &o->write_path},
    };
    int first = opt_parse(&command, opts, OPT_N(opts), argc, argv);
    const char *wrong = first < 0 ? NULL : contradiction(o);

    if (first >= 0 && first >= argc) {
        wrong = "which program?";
    }
    if (wrong != NULL) {
        tool_usage("%s", wrong);
        return OPT_WRONG;
    }
    return first;
}

/* ---- the lab ---- */

struct joined {
    int fd;
    bool is_private;
    struct private_lab private;
};

static int start_from(struct labfile *file, struct joined *ret) {
    int err = start_private(file, lab_lines(), &ret->private);

    labfile_free(file);
    if (err < 0) {
        tool_say("cannot start a lab: %s", strerror(-err));
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
    bool is_file = o->lab != NULL && lab_is_file(o->lab);

    ret->fd = lab_find(o->lab, !is_file);
    if (ret->fd == -ENOENT && is_file) {
        err = labfile_read(o->lab, &file);
        return err < 0 ? err : start_from(file, ret);
    }
    return ret->fd < 0 ? ret->fd : 0;
}

static int say_hello(const struct run_options *o, int fd) {
    int err = client_hello(fd, o->host != NULL ? o->host : "", NULL);

    if (err == -ENOENT) {
        tool_say("the lab has no host named %s", o->host);
    } else if (err == -EDESTADDRREQ) {
        tool_say("the lab has several hosts: choose one with --host");
    } else if (err < 0) {
        tool_say("the lab does not answer: %s", strerror(-err));
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
        out_wants_colour(STDERR_FILENO) ? PROTO_TRACE_TEXT_COLOUR : PROTO_TRACE_TEXT;
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

        tool_say("cannot write %s: %s", path, strerror(-err));
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
    int first = parse(argc, argv, &o);

    if (first < 0) {
        return opt_status(first);
    }
    if (join(&o, &lab) < 0) {
        return CLI_RUN_FAILED;
    }
    int err = say_hello(&o, lab.fd);

    if (err == 0) {
        err = watch(&o, &lab, &copied);
    }
    if (err == 0) {
        struct supervisor_options run = {.argv = argv + first, .lab_fd = lab.fd};

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
