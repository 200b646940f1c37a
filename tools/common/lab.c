/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.c - which lab is meant
 */
#include "tools/common/lab.h"

#include "host/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool lab_is_file(const char *lab) {
    size_t len = strlen(lab);

    return strchr(lab, '/') != NULL || (len > 4 && strcmp(lab + len - 4, ".ini") == 0);
}

/* A lab file's name without folder and suffix, as labfile_read() makes it. */
static void name_of(const char *lab, char *buf, size_t cap) {
    const char *slash = strrchr(lab, '/');

    snprintf(buf, cap, "%s", slash != NULL ? slash + 1 : lab);
    if (lab_is_file(lab)) {
        char *dot = strrchr(buf, '.');

        if (dot != NULL && dot != buf) {
            *dot = '\0';
        }
    }
}

static int find_only(bool tell) {
    char names[PATHS_LABS_MAX][PATHS_NAME_MAX];
    int n = paths_running(names);

    if (n == 1) {
        return paths_connect(names[0]);
    }
    if (n == 0) {
        if (tell) {
            fprintf(stderr, "inlet: no lab runs; start one with: inlet lab up FILE\n");
        }
        return -ENOENT;
    }
    fprintf(stderr, "inlet: several labs run; choose one with --lab:");
    for (int i = 0; i < n; i++) {
        fprintf(stderr, " %s", names[i]);
    }
    fputc('\n', stderr);
    return -EINVAL;
}

int lab_find(const char *lab, bool tell) {
    char name[PATHS_NAME_MAX];

    if (lab == NULL) {
        return find_only(tell);
    }
    name_of(lab, name, sizeof(name));
    int fd = paths_connect(name);

    if (fd == -ENOENT || fd == -ECONNREFUSED) {
        if (tell) {
            fprintf(stderr, "inlet: no lab named %s runs; start it with: inlet lab up FILE\n",
                    name);
        }
        return -ENOENT;
    }
    if (fd < 0) {
        fprintf(stderr, "inlet: cannot reach lab %s: %s\n", name, strerror(-fd));
    }
    return fd;
}

const char *lab_error(int err) {
    switch (err) {
    case -ENOENT:
        return "the lab has no such host";
    case -ETIMEDOUT:
        return "the lab does not answer";
    case -ECONNRESET:
    case -EPIPE:
        return "the lab has ended";
    case -EPROTO:
        return "what answers is no lab of this version of inlet";
    case -E2BIG:
        return "the lab's list does not come to an end";
    default:
        return strerror(-err);
    }
}
