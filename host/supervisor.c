/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * supervisor.c - start a program under the filter, and stay until its last descendant ends
 *
 * Start: fork; the child installs the filter and writes the listener's descriptor number into a
 * pipe; the parent takes a copy with pidfd_getfd() and writes a byte back; only then does the
 * child exec. (The listener is not sent over a socket: sendmsg() would be the first call that the
 * filter stops, with nobody there to answer.)
 *
 * What allows the parent to read the program's memory and copy its descriptors is that it is the
 * same user and an ancestor (Yama's ptrace_scope 1 asks for that). As a child subreaper it stays
 * an ancestor of daemons whose own parent has ended.
 *
 * End: when no descendant is left. A program that leaves a background process behind would lose
 * its network if the supervisor went with the program itself, so `inlet run` waits for that, too.
 *
 * Signals: SIGINT and SIGQUIT from the terminal reach the program by themselves, and are ignored
 * here; SIGTERM and SIGHUP are passed on.
 */
#include "host/supervisor.h"

#include "host/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void signal_set(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGQUIT);
}

/* ---- the child, before exec ---- */

static void child_main(const struct supervisor_options *options, const sigset_t *mask,
                       int to_parent, int from_parent) {
    char go;
    int fd;

    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a program without its supervisor has no network */
    fd = filter_install();

    if (write(to_parent, &fd, sizeof(fd)) != (ssize_t)sizeof(fd) ||
        read(from_parent, &go, 1) != 1) {
        _exit(125);
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(options->argv[0], options->argv);
    int err = errno;

    fprintf(stderr, "inlet: cannot run %s: %s\n", options->argv[0], strerror(err));
    _exit(err == ENOENT ? 127 : 126);
}

/* ---- the parent ---- */

static const char *filter_fault(int err) {
    switch (err) {
    case -EBUSY:
        return "this process is under a supervisor already (inlet run inside inlet run?)";
    case -ENOSYS:
    case -EINVAL:
    case -EOPNOTSUPP:
        return "this kernel has no seccomp user notification (Linux 5.14 or later is needed)";
    default:
        return strerror(-err);
    }
}

/* Takes the listener from the child: its descriptor or -errno. */
static int take_listener(pid_t child, int from_child) {
    int number = -EIO;

    if (read(from_child, &number, sizeof(number)) != (ssize_t)sizeof(number) || number < 0) {
        fprintf(stderr, "inlet: cannot install the system-call filter: %s\n", filter_fault(number));
        return number < 0 ? number : -EIO;
    }
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
    int err = errno;

    if (pidfd >= 0) {
        close(pidfd);
    }
    if (fd < 0) {
        fprintf(stderr,
                "inlet: cannot take part in the program's descriptors: %s\n"
                "inlet: if /proc/sys/kernel/yama/ptrace_scope is 2 or 3, set it to 1\n",
                strerror(err));
        return -err;
    }
    return fd;
}

/* Forks the program. Returns the listener, or -errno. The child waits for a byte on ret_go. */
static int start_child(struct sup *sup, const struct supervisor_options *options,
                       const sigset_t *mask, int *ret_go) {
    int up[2], down[2];

    if (pipe2(up, O_CLOEXEC) < 0) {
        return -errno;
    }
    if (pipe2(down, O_CLOEXEC) < 0) {
        int err = -errno;

        close(up[0]);
        close(up[1]);
        return err;
    }
    sup->child = fork();
    if (sup->child == 0) {
        close(up[0]);
        close(down[1]); /* or it would wait for itself when the parent gives up */
        child_main(options, mask, up[1], down[0]);
    }
    int err = sup->child < 0 ? -errno : 0;

    close(up[1]);
    close(down[0]);
    if (err == 0) {
        err = take_listener(sup->child, up[0]);
    }
    close(up[0]);
    if (err < 0) {
        close(down[1]); /* the child reads the end of it, and leaves */
        return err;
    }
    *ret_go = down[1];
    return err;
}

static void reap(struct sup *sup) {
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == sup->child) {
            sup->child_status = status;
        }
    }
    if (pid < 0 && errno == ECHILD) {
        sup->stop = true;
    }
}

static void on_signal(struct loop_source *source, uint32_t events) {
    struct sup *sup = source->ctx;
    struct signalfd_siginfo si;

    (void)events;
    while (read(source->fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
        if (si.ssi_signo == SIGCHLD) {
            reap(sup);
            notify_sweep(sup, loop_now());
        } else if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGHUP) {
            kill(sup->child, (int)si.ssi_signo);
        }
    }
}

static int watch_signals(struct sup *sup, const sigset_t *set) {
    int fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);

    if (fd < 0) {
        return -errno;
    }
    sup->signals.fn = on_signal;
    sup->signals.ctx = sup;
    return loop_add(&sup->loop, &sup->signals, fd, EPOLLIN);
}

static int run(struct sup *sup, int go) {
    if (write(go, "", 1) != 1) {
        return -EIO;
    }
    while (!sup->stop) {
        inl_time due = notify_deadline(sup, loop_now());
        int err = loop_round(&sup->loop, due);

        if (err < 0) {
            return err;
        }
        if (!inl_time_before(loop_now(), due)) {
            notify_sweep(sup, loop_now());
        }
    }
    return WIFSIGNALED(sup->child_status) ? 128 + WTERMSIG(sup->child_status)
                                          : WEXITSTATUS(sup->child_status);
}

static int set_up_and_run(struct sup *sup, const struct supervisor_options *options,
                          const sigset_t *set, const sigset_t *mask) {
    int go = -1;
    int err = loop_init(&sup->loop);

    if (err == 0) {
        err = watch_signals(sup, set);
    }
    if (err == 0) {
        err = ask_init(sup, options->lab_fd);
    }
    if (err < 0) {
        return err;
    }
    int listener = start_child(sup, options, mask, &go);

    if (listener < 0) {
        return listener;
    }
    err = notify_init(sup, listener);
    if (err == 0) {
        err = run(sup, go);
    }
    close(go);
    notify_done(sup);
    close(listener);
    return err;
}

int supervisor_run(const struct supervisor_options *options) {
    struct sup *sup = calloc(1, sizeof(*sup));
    sigset_t set, mask;

    if (sup == NULL) {
        return -ENOMEM;
    }
    sup->signals.fd = -1;
    sup->notify.fd = -1;
    sup->lab.fd = -1;
    sup->loop.epoll_fd = -1;
    sup->calls.prev = &sup->calls;
    sup->calls.next = &sup->calls;
    signal_set(&set);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    sigprocmask(SIG_BLOCK, &set, &mask);
    int status = set_up_and_run(sup, options, &set, &mask);
    int signals = sup->signals.fd;

    ask_done(sup);
    loop_del(&sup->loop, &sup->signals);
    if (signals >= 0) {
        close(signals);
    }
    loop_done(&sup->loop);
    free(sup);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return status;
}
