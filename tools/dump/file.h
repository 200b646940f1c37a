/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - capture files on disk: opened for reading, and written
 */
#ifndef DUMP_FILE_H
#define DUMP_FILE_H

#include "tools/decode/capfile.h"

#include <stdbool.h>

struct file {
    struct capfile reader;
    void *buf;
    int fd;
    bool waits; /* no file on a disk: it may be long until there is more */
    const char *path;
    void (*idle)(void *ctx); /* called before such a wait; NULL: nothing is to do */
    void *ctx;
};

/* Opens a capture file; "-" is stdin. It ends where stop.h says so. 0, or a negative errno, told on stderr. */
int file_open(struct file *f, const char *path);
/* As capfile_next(); what is wrong is told on stderr. */
int file_next(struct file *f, struct capfile_packet *ret);
void file_close(struct file *f);

/* A pcap file that is written. */
struct file_out {
    void *stream;
    const char *path;
    bool nano, flush; /* flush: after each packet */
    bool begun;
    uint32_t link;
};

/* "-" is stdout. 0, or a negative errno, told on stderr. */
int file_create(struct file_out *f, const char *path, bool nano);
int file_put(struct file_out *f, const struct capfile_packet *p, uint32_t snap_bytes);
/* An empty file has a header, too: of @link. */
int file_finish(struct file_out *f, uint32_t link, uint32_t snap_bytes);

#endif
