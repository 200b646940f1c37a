/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paths.c - control sockets in the file system
 */
#include "host/paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void folder(char *buf, size_t cap) {
    const char *run = getenv("XDG_RUNTIME_DIR");
    struct stat st;

    if (run != NULL && run[0] == '/' && strlen(run) < 64 && stat(run, &st) == 0 &&
        st.st_uid == geteuid()) {
        snprintf(buf, cap, "%s/inlet", run);
    } else {
        snprintf(buf, cap, "/tmp/inlet-%u", (unsigned)geteuid());
    }
}

/* Makes the folder if wanted, and refuses one that others could write to. 0 or -errno. */
static int check_folder(bool make) {
    char dir[96];
    struct stat st;

    folder(dir, sizeof(dir));
    if (make && mkdir(dir, 0700) < 0 && errno != EEXIST) {
        return -errno;
    }
    if (lstat(dir, &st) < 0) {
        return -errno;
    }
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0077) != 0) {
        return -EPERM;
    }
    return 0;
}

void paths_of(const char *name, char *buf, size_t cap) {
    char dir[96];

    folder(dir, sizeof(dir));
    snprintf(buf, cap, "%s/%s.sock", dir, name);
}

static int fill_address(const char *name, struct sockaddr_un *un) {
    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    if (strlen(name) >= PATHS_NAME_MAX || strchr(name, '/') != NULL) {
        return -ENAMETOOLONG;
    }
    paths_of(name, un->sun_path, sizeof(un->sun_path));
    return 0;
}

int paths_connect(const char *name) {
    struct sockaddr_un un;
    int err = check_folder(false);

    if (err == 0) {
        err = fill_address(name, &un);
    }
    if (err < 0) {
        return err;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int paths_listen(const char *name) {
    struct sockaddr_un un;
    int err = check_folder(true);

    if (err == 0) {
        err = fill_address(name, &un);
    }
    if (err < 0) {
        return err;
    }
    int probe = paths_connect(name);

    if (probe >= 0) {
        close(probe);
        return -EADDRINUSE;
    }
    if (probe == -ECONNREFUSED) {
        unlink(un.sun_path);
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return -errno;
    }
    if (bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 || listen(fd, 16) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

void paths_remove(const char *name) {
    struct sockaddr_un un;

    if (fill_address(name, &un) == 0) {
        unlink(un.sun_path);
    }
}

int paths_running(char names[PATHS_LABS_MAX][PATHS_NAME_MAX]) {
    char dir[96];
    int n = 0;

    folder(dir, sizeof(dir));
    DIR *d = check_folder(false) == 0 ? opendir(dir) : NULL;

    for (struct dirent *e; d != NULL && n < PATHS_LABS_MAX && (e = readdir(d)) != NULL;) {
        size_t len = strlen(e->d_name);

        if (len <= 5 || len - 5 >= PATHS_NAME_MAX || strcmp(e->d_name + len - 5, ".sock") != 0) {
            continue;
        }
        memcpy(names[n], e->d_name, len - 5);
        names[n][len - 5] = '\0';
        int fd = paths_connect(names[n]);

        if (fd >= 0) {
            close(fd);
            n++;
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    return n;
}
