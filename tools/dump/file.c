/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.c - capture files on disk: opened for reading, and written
 *
 * Written is pcap in this machine's byte order, which every tool reads; one file, one kind of link.
 */
#include "tools/dump/file.h"

#include "tools/common/stop.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* False: told to stop. */
static bool wait_for(const struct file *f) {
    struct pollfd fds[2] = {{.fd = f->fd, .events = POLLIN}, {.fd = stop_fd(), .events = POLLIN}};

    if (poll(fds, 2, 0) == 0) {
        if (f->idle != NULL) {
            f->idle(f->ctx);
        }
        while (poll(fds, 2, -1) < 0 && errno == EINTR) {
        }
    }
    return !stop_asked();
}

static int64_t fill(void *ctx, void *buf, size_t n) {
    const struct file *f = ctx;

    if (f->waits && !wait_for(f)) {
        return 0;
    }
    /* what fits the processor's cache is still there when it is decoded */
    size_t chunk = n < 262144 ? n : 262144;
    ssize_t got;

    do {
        got = read(f->fd, buf, chunk);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int file_open(struct file *f, const char *path) {
    bool in = strcmp(path, "-") == 0;

    f->path = in ? "the standard input" : path;
    f->fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0) {
        int err = -errno;

        tool_say("%s: %s", path, strerror(-err));
        return err;
    }
    struct stat what;

    f->waits = fstat(f->fd, &what) == 0 && !S_ISREG(what.st_mode) && !S_ISDIR(what.st_mode);
    f->buf = malloc(CAPFILE_BUFFER);
    if (f->buf == NULL) {
        tool_say("memory is short");
        file_close(f);
        return -ENOMEM;
    }
    int err = capfile_begin(&f->reader, f->buf, fill, f);

    if (err < 0) {
        if (!stop_asked()) {
            tool_say("%s: %s", f->path, f->reader.error);
        }
        file_close(f);
    }
    return err;
}

int file_next(struct file *f, struct capfile_packet *ret) {
    int got = capfile_next(&f->reader, ret);

    if (got < 0 && stop_asked()) {
        return 0; /* the rest of the packet was not waited for */
    }
    if (got < 0) {
        tool_say("%s: %s", f->path, f->reader.error);
    }
    return got;
}

void file_close(struct file *f) {
    if (f->fd > STDIN_FILENO) {
        close(f->fd);
    }
    free(f->buf);
    f->buf = NULL;
    f->fd = -1;
}

static int lost(const struct file_out *f) {
    int err = errno != 0 ? -errno : -EIO;

    tool_say("%s: %s", f->path, strerror(-err));
    return err;
}

int file_create(struct file_out *f, const char *path, bool nano) {
    bool out = strcmp(path, "-") == 0;

    *f = (struct file_out){.path = path, .nano = nano};
    f->stream = out ? stdout : fopen(path, "we");
    return f->stream != NULL ? 0 : lost(f);
}

static int begin(struct file_out *f, uint32_t link, uint32_t snap_bytes) {
    struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t zone, accuracy, snap, link;
    } h = {f->nano ? 0xa1b23c4d : 0xa1b2c3d4, 2, 4, 0, 0, snap_bytes, link};

    f->begun = true;
    f->link = link;
    return fwrite(&h, sizeof(h), 1, f->stream) == 1 ? 0 : lost(f);
}

int file_put(struct file_out *f, const struct capfile_packet *p, uint32_t snap_bytes) {
    if (!f->begun) {
        int err = begin(f, p->link, snap_bytes);

        if (err < 0) {
            return err;
        }
    }
    if (p->link != f->link) {
        tool_say("%s: a packet of another kind of link does not fit into a pcap file", f->path);
        return -EINVAL;
    }
    uint32_t rest = (uint32_t)(p->time_ns % 1000000000);
    const uint32_t h[4] = {(uint32_t)(p->time_ns / 1000000000), f->nano ? rest : rest / 1000,
                           p->cap_bytes, p->len_bytes};

    if (fwrite(h, sizeof(h), 1, f->stream) != 1 ||
        (p->cap_bytes > 0 && fwrite(p->data, p->cap_bytes, 1, f->stream) != 1) ||
        (f->flush && fflush(f->stream) != 0)) {
        return lost(f);
    }
    return 0;
}

int file_finish(struct file_out *f, uint32_t link, uint32_t snap_bytes) {
    int err = f->begun ? 0 : begin(f, link, snap_bytes);

    errno = 0;
    if (err == 0 && (f->stream == stdout ? fflush(stdout) : fclose(f->stream)) != 0) {
        err = lost(f);
    }
    return err;
}
