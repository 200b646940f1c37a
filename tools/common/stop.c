/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stop.c - Ctrl-C asks a tool to come to its end
 *
 * The handler writes a byte into a pipe: unlike a signalfd that leaves the signal unblocked, so
 * that programs started by a tool are born as usual.
 */
#include "tools/common/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int stop_pipe[2] = {-1, -1};
static bool stop_was_asked;

static void on_signal(int signal_number) {
    int saved = errno;
    char byte = signal_number == SIGQUIT ? 'r' : 's';

    if (write(stop_pipe[1], &byte, 1) < 0 || byte == 's') {
        signal(signal_number, SIG_DFL); /* once more, and it ends us */
    }
    errno = saved;
}

int stop_begin(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    if (stop_pipe[0] >= 0) {
        return 0;
    }
    if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) < 0) {
        return -errno;
    }
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (sigaction(signals[i], &action, NULL) < 0) {
            return -errno;
        }
    }
    return 0;
}

int stop_fd(void) {
    return stop_pipe[0];
}

enum stop_wish stop_read(void) {
    enum stop_wish wish = STOP_NONE;
    char byte;

    while (stop_pipe[0] >= 0 && read(stop_pipe[0], &byte, 1) == 1) {
        if (byte == 's') {
            stop_was_asked = true;
        } else if (wish == STOP_NONE) {
            wish = STOP_REPORT;
        }
    }
    return stop_was_asked ? STOP_NOW : wish;
}

bool stop_asked(void) {
    return stop_read() == STOP_NOW;
}
