/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.c - start a lab as a process of its own
 *
 * A lab is forked twice, so that it is not a child of whoever started it: `inlet run` waits for all
 * its children, and a daemon must outlive its shell. It is a session of its own, so that a Ctrl-C
 * meant for the program does not reach it. What went wrong while it was made is told on stderr and
 * comes back as an errno through a pipe; when it is ready, that is 0.
 */
#include "host/start.h"

#include "host/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the lab's process ---- */

static void be_quiet(bool close_stderr) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0) {
        return;
    }
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (close_stderr) {
        dup2(null, STDERR_FILENO);
    }
    close(null);
}

/* A private lab ends with its client, whatever is typed; a daemon ends by SIGTERM, too, and in the
 * foreground by Ctrl-C. */
static void lab_signals(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static void on_stop_signal(struct loop_source *source, uint32_t events) {
    struct lab *lab = source->ctx;

    (void)events;
    lab->stop = true;
}

/* Has signals end the lab cleanly. */
static int watch_stop(struct lab *lab, struct loop_source *source, bool foreground) {
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    if (foreground) {
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGHUP);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

    source->fn = on_stop_signal;
    source->ctx = lab;
    return fd < 0 ? -errno : loop_add(&lab->loop, source, fd, EPOLLIN);
}

static void report(int fd, int err) {
    if (write(fd, &err, sizeof(err)) < 0) {
        /* nobody waits any more */
    }
}

static int private_main(const struct labfile *file, const struct trace_format *format, int control,
                        int ready) {
    struct lab *lab;
    int err = lab_new(file, format, &lab);

    if (err == 0) {
        lab->is_private = true;
        err = control_add(lab, control);
        if (err < 0) {
            lab_free(lab);
        }
    }
    report(ready, err);
    if (err < 0) {
        return 1;
    }
    be_quiet(false);
    err = lab_run(lab);
    lab_free(lab);
    return err < 0;
}

static int daemon_main(const struct labfile *file, const struct trace_format *format, int listener,
                       int ready, bool foreground) {
    struct loop_source stop;
    struct lab *lab;
    int err = lab_new(file, format, &lab);

    if (err == 0) {
        err = watch_stop(lab, &stop, foreground);
        err = err < 0 ? err : lab_settle(lab);
        err = err < 0 ? err : control_listen(lab, listener);
        if (err < 0) {
            lab_free(lab);
        }
    }
    if (ready >= 0) {
        report(ready, err);
        close(ready);
    }
    if (err < 0) {
        return err;
    }
    if (!foreground) {
        if (chdir("/") < 0) {
            /* then it keeps its folder busy: no harm */
        }
        be_quiet(true);
    }
    err = lab_run(lab);
    paths_remove(file->name);
    lab_free(lab);
    return err;
}

/* ---- in the caller's ---- */

/* Forks twice; 0 in the lab's process, 1 in the caller's, -errno. */
static int fork_away(void) {
    pid_t pid = fork();
    int status;

    if (pid < 0) {
        return -errno;
    }
    if (pid > 0) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : -EAGAIN;
    }
    setsid();
    pid = fork();
    if (pid != 0) {
        _exit(pid < 0);
    }
    return 0;
}

/* What the lab says of how it went. */
static int wait_ready(int fd) {
    int err = -EIO;

    return read(fd, &err, sizeof(err)) == (ssize_t)sizeof(err) ? err : -EIO;
}

int start_private(const struct labfile *file, const struct trace_format *format,
                  struct private_lab *ret) {
    int pair[2], ready[2], room = PROTO_BUFFER_BYTES;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        return -errno;
    }
    if (pipe2(ready, O_CLOEXEC) < 0) {
        int err = -errno;

        close(pair[0]);
        close(pair[1]);
        return err;
    }
    int side = fork_away();

    if (side == 0) {
        close(pair[0]);
        close(ready[0]);
        lab_signals();
        _exit(private_main(file, format, pair[1], ready[1]));
    }
    close(pair[1]);
    close(ready[1]); /* the lab's copy stays open as long as it lives */
    int err = side < 0 ? side : wait_ready(ready[0]);

    if (err < 0) {
        close(pair[0]);
        close(ready[0]);
        return err;
    }
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    ret->control_fd = pair[0];
    ret->alive_fd = ready[0];
    return 0;
}

void start_wait(struct private_lab *lab) {
    char c;

    close(lab->control_fd);
    while (read(lab->alive_fd, &c, 1) < 0 && errno == EINTR) {
    }
    close(lab->alive_fd);
}

int start_daemon(const struct labfile *file, const struct trace_format *format, bool foreground) {
    int ready[2] = {-1, -1};
    int listener = paths_listen(file->name);

    if (listener < 0) {
        fprintf(stderr, "inlet: cannot open the control socket of lab %s: %s\n", file->name,
                listener == -EADDRINUSE ? "a lab of that name runs already" : strerror(-listener));
        return listener;
    }
    if (foreground) {
        signal(SIGPIPE, SIG_IGN);
        return daemon_main(file, format, listener, -1, true);
    }
    if (pipe2(ready, O_CLOEXEC) < 0) {
        int err = -errno;

        close(listener);
        return err;
    }
    int side = fork_away();

    if (side == 0) {
        close(ready[0]);
        lab_signals();
        _exit(daemon_main(file, format, listener, ready[1], false) < 0);
    }
    close(listener);
    close(ready[1]);
    int err = side < 0 ? side : wait_ready(ready[0]);

    close(ready[0]);
    return err;
}
